// The page of several runs: tables, and the runs drawn over each other.

const runs = data.runs.map((r, i) => ({ ...r, index: i }));
const longest = Math.max(...runs.map((r) => r.report.simulated.seconds));

// look tells runs apart by colour and, beyond the eighth, by dashes; the first
// one is the widest.
const look = (r) => ({ lineStyle: { width: r.index === 0 ? 2.6 : 1.8, type: ['solid', 'dashed', 'dotted'][Math.floor(r.index / 8) % 3] } });

function overlay(title, note, values, write, writeAxis, more) {
  return addChart({
    title, note, linked: true, height: 230, summary: `${plural(runs.length, 'run')}, drawn over each other.`,
    build: () => overTime({
      end: longest, write, writeAxis, names: runs.map((r) => r.name), ...more,
      series: runs.map((r) => line(r.name, values(r.report), palette(r.index), look(r))),
    }),
  });
}

function tables() {
  return data.tables.map((t) => el('div', { class: 'panel tables' }, el('h3', null, t.title), t.note && el('p', { class: 'note' }, t.note),
    el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t.title }, el('table', null,
      el('thead', null, el('tr', null, t.headers.map((h, i) => el('th', { scope: 'col', class: i > 0 ? 'num' : null }, h)))),
      el('tbody', null, t.rows.map((row) => el('tr', null, row.map((c, i) => el(i > 0 ? 'td' : 'th', { scope: i > 0 ? null : 'row', class: i > 0 ? 'num' : null },
        c.mark ? el('span', { class: c.mark, title: c.mark }, c.text) : c.text)))))))));
}

function waitsOfRuns() {
  const figures = [['p50', 'median'], ['mean', 'mean'], ['p90', 'p90'], ['p99', 'p99'], ['max', 'longest']];
  return addChart({
    title: 'Wait for a node', note: 'of the pods that were bound', height: 230, summary: 'Percentiles of each run.',
    build: () => ({
      grid: { ...frame().grid, top: 34 },
      legend: legend(runs.map((r) => r.name)),
      xAxis: { type: 'category', data: figures.map(([, name]) => name), axisLabel: { color: color('muted') }, axisTick: { show: false }, axisLine: { lineStyle: { color: color('line') } } },
      yAxis: valueAxis(duration, roundDuration(Math.max(...runs.map((r) => r.report.pendingSeconds.max)))),
      tooltip: { ...tooltip(), axisPointer: { type: 'shadow' }, formatter: (items) => tip(items[0].axisValue, items.map((i) => [i.color, i.seriesName, duration(i.value)])) },
      series: runs.map((r) => ({ type: 'bar', name: r.name, data: figures.map(([field]) => r.report.pendingSeconds[field]), color: palette(r.index), barMaxWidth: 34, emphasis: { disabled: true } })),
    }),
  });
}

function show(done) {
  const incomplete = runs.filter((r) => !r.report.complete);
  const traces = [...new Set(runs.map((r) => r.report.trace.name).filter(Boolean))];
  const panel = (f) => el('div', { class: 'panel' }, f);
  put(document.getElementById('app'), [
    el('header', { class: 'top' }, el('div', { class: 'inner' },
      el('div', { class: 'brand' }, el('span', { class: 'logo' }, 'simk'), `comparison of ${plural(runs.length, 'run')}`, el('span', { class: 'grow' }), themeSwitch()),
      el('h1', null, data.title),
      el('p', { class: 'facts' }, traces.map((t) => el('span', null, `trace ${t}`)), el('span', null, `${duration(longest)} of virtual time`)))),
    incomplete.length > 0 && el('div', { class: 'incomplete', role: 'alert' }, el('div', { class: 'inner' }, el('strong', null, 'Incomplete: '), incomplete.map((r) => `${r.name} (${r.report.incompleteReason})`).join(', '))),
    el('main', { class: 'inner' },
      data.tables.length > 0 && section('tables', 'What is different', null, tables()),
      section('timeline', 'Over time', 'Drag over a chart to look closer at a span, double-click for all of it.', el('div', { class: 'columns charts' }, [
        overlay('Pods waiting for a node', '', (r) => points(r.timeline, (p) => p.pending), number, compact, { interval: 1 }),
        overlay('Pods on nodes', 'bound, neither ended nor being deleted', (r) => points(r.timeline, (p) => p.running), number, compact, { interval: 1 }),
        overlay('Nodes', '', (r) => points(r.timeline, (p) => p.nodes), number, compact, { interval: 1 }),
        waitsOfRuns(),
        runs.every((r) => r.report.autoscaling) && overlay('Cost per hour', 'in the currency of the prices', (r) => points(r.timeline, spending(r.autoscaling)), (v) => threeDigits.format(v), compact),
        overlay('Pods that succeeded', 'since the start', (r) => points(r.timeline, (p) => p.succeeded), number, compact, { interval: 1 }),
        overlay('Pods that failed', 'since the start', (r) => points(r.timeline, (p) => p.failed), number, compact, { interval: 1 }),
      ].filter(Boolean).map(panel))),
      section('resources', 'Requested share of what nodes offer', null, el('div', { class: 'columns charts' },
        wanted(runs.map((r) => r.report)).map((name) => panel(overlay(label(name), '', (r) => ratios(r.timeline, name), (v) => `${v} %`, (v) => `${v} %`)))))),
    el('footer', { class: 'inner' }, 'All times are virtual. Charts by Apache ECharts.'),
    el('button', { type: 'button', class: 'unzoom', click: unzoom }, 'Show the whole run'),
  ]);
  startCharts(done);
}
