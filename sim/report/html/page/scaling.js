// What the autoscaler did. report.autoscaling is left out where there was none.

const scaled = report.autoscaling;
const money = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
// Of each kind: its name, symbol, colour and lane above the nodes.
const decisionKinds = {
  scaleUp: ['Scale-up', 'triangle', 'accent', 3], scaleDown: ['Scale-down', 'path://M0 0H10L5 9Z', 'muted', 2], resized: ['Resized', 'rect', 'ink', 1],
  failed: ['Failed', 'diamond', 'bad', 1], scaleDownFailed: ['Scale-down failed', 'diamond', 'pending', 1], interrupted: ['Interrupted', 'circle', 'bad', 1],
};
const shownGroups = 7;

// groupSeries stacks the nodes of the groups with most node hours, then the others,
// then the nodes of no group.
function groupSeries() {
  const t = report.timeline;
  const groups = [...scaled.groups].sort((a, b) => b.nodes.nodeHours - a.nodes.nodeHours).map((g) => g.name);
  const parts = groups.slice(0, shownGroups).map((name) => [name, (p) => p.groups[name] || 0]);
  const others = groups.slice(shownGroups);
  if (others.length > 0) parts.push([plural(others.length, 'other group'), (p) => sum(others.map((name) => p.groups[name] || 0))]);
  const none = (p) => Math.max(p.nodes - sum(Object.values(p.groups)), 0);
  if (t.some((p) => none(p) > 0)) parts.push(['of no group', none]);
  return parts.map(([name, value], i) => line(name, points(t, value), palette(i), { stack: 'nodes', areaStyle: { opacity: 0.35 }, lineStyle: { width: 1 } }));
}

// markSeries puts the decisions above the nodes.
function markSeries() {
  const lane = report.nodes.peak * 0.11;
  const kinds = Object.keys(decisionKinds).filter((k) => detail.scaling.marks.some((m) => m.kind === k));
  return kinds.map((k) => {
    const [name, symbol, stroke, at] = decisionKinds[k];
    return {
      type: 'scatter', name, symbol, symbolSize: 8, color: color(stroke), z: 5,
      data: detail.scaling.marks.filter((m) => m.kind === k).map((m) => ({ value: [axisMs(report.timeline[m.point].atSeconds), report.nodes.peak + at * lane], mark: m })),
    };
  });
}

function groupsChart() {
  const nodes = groupSeries();
  const marks = markSeries();
  const option = overTime({ ...runTime, interval: 1, write: number, names: [...nodes.map((s) => s.name), ...marks.map((s) => ({ name: s.name, icon: s.symbol }))], series: [...nodes, ...marks] });
  option.tooltip.formatter = (items) => tip(instant(report.simulated.start, (items[0].axisValue - zero) / 1000), items.map((i) => {
    const m = i.data.mark;
    return [i.color, i.seriesName, m ? `${m.decisions > 1 ? `${number(m.decisions)}×, ` : ''}${plural(m.nodes, 'node')}` : number(i.value[1])];
  }));
  return option;
}

const priced = () => Boolean(scaled) && scaled.groups.some((g) => g.pricePerHour !== undefined);

function costChart() {
  return addChart({
    title: 'Cost per hour', linked: true, note: `${money.format(scaled.cost)} in all, in the currency of the prices`, summary: `${money.format(scaled.cost)} in all.`,
    build: () => overTime({ ...runTime, write: (v) => money.format(v), series: [line('Cost per hour', points(report.timeline, spending(scaled)), color('good'), fill())] }),
  });
}

function scalingSection() {
  if (!scaled) return null;
  const w = scaled.waiting;
  const up = scaled.scaleUps;
  const down = scaled.scaleDowns;
  const list = [
    card('ups', 'Scale-ups', number(up.decisions), plural(up.nodes, 'node') + (scaled.resizes.decisions > 0 ? `; ${plural(scaled.resizes.decisions, 'resize')} by schedule` : '')),
    card('downs', 'Nodes scaled down', number(down.nodes), `${number(scaled.evictions.scaleDown)} pods evicted for it; ${plural(scaled.scaleDownsFailed, 'node')} stayed after all`),
    card('for-node', 'Wait for a new node', duration(w.forNodeSeconds.max), `at most; ${plural(w.pods, 'pod')} waited for one, mean over all ${duration(w.forNodeSeconds.mean)}`),
    card('hours', 'Node hours of groups', money.format(scaled.nodeHours), scaled.unpricedNodeHours > 0 ? `${money.format(scaled.unpricedNodeHours)} of them without a price` : 'all with a price'),
  ];
  const count = (title, value) => ({ title, num: true, value, show: (g) => (value(g) > 0 ? number(value(g)) : '–') });
  const unused = (name) => ({ title: `${label(name)} unused`, num: true, value: (g) => g.unused[name]?.fraction ?? -1, show: (g) => (g.unused[name] ? percent(g.unused[name].fraction) : '–') });
  const groups = searchable({
    label: 'Groups', rows: scaled.groups, sortBy: 6, empty: 'There are no groups.',
    columns: [
      { title: 'Group', value: (g) => g.name }, { title: 'Min to max', num: true, value: (g) => g.max, show: (g) => `${number(g.min)} to ${number(g.max)}` },
      count('At start', (g) => g.nodes.atStart), count('Peak', (g) => g.nodes.peak), count('At end', (g) => g.nodes.atEnd),
      { title: 'Price per hour', num: true, value: (g) => g.pricePerHour ?? -1, show: (g) => (g.pricePerHour === undefined ? '–' : String(g.pricePerHour)) },
      { title: 'Node hours', num: true, value: (g) => g.nodes.nodeHours, show: (g) => money.format(g.nodes.nodeHours) },
      { title: 'Cost', num: true, value: (g) => g.cost, show: (g) => (g.pricePerHour === undefined ? '–' : money.format(g.cost)) },
      count('Failed', (g) => g.failed), count('Interrupted', (g) => g.interrupted), unused('cpu'), unused('memory'),
    ],
  });
  const kind = (d) => (decisionKinds[d.kind] || [d.kind])[0];
  const decisions = searchable({
    label: 'Decisions', rows: detail.scaling.decisions, empty: 'It decided nothing.',
    columns: [
      { title: 'At', num: true, value: (d) => d.atSeconds, show: (d) => at(d.atSeconds) }, { title: 'Decision', value: kind }, { title: 'Group', value: (d) => d.group },
      { title: 'Node', value: (d) => d.node || '–' }, { title: 'Nodes', num: true, value: (d) => d.delta, show: (d) => (d.delta > 0 ? `+${d.delta}` : String(d.delta)) }, { title: 'Why', wide: true, value: (d) => d.reason },
    ],
  });
  const left = detail.scaling.total - detail.scaling.decisions.length;
  return section('scaling', 'Autoscaling', `by ${scaled.mode}`, el('div', { class: 'cards' }, list),
    el('div', { class: 'panel' }, el('h3', null, 'Groups'), groups.box),
    el('div', { class: 'panel' }, el('h3', null, 'Decisions'), decisions.box, left > 0 && el('p', { class: 'note' }, `The first ${number(detail.scaling.decisions.length)} are here; all are in decisions.jsonl.`)));
}
