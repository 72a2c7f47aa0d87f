// The page of one run, from the top down.

function header() {
  const s = report.simulated;
  const facts = [
    `${duration(s.seconds)} of virtual time`, `${utc(s.start, 0)} to ${utc(s.start, s.seconds)}`, `seed ${report.seed}`, `simk ${report.simkVersion}`,
  ];
  return el('header', { class: 'top' }, el('div', { class: 'inner' },
    el('div', { class: 'brand' }, el('span', { class: 'logo' }, 'simk'), 'report of a replay', el('span', { class: 'grow' }), timeSwitch(), themeSwitch()),
    el('h1', null, report.trace.name || '(trace without a name)'),
    el('p', { class: 'facts' }, facts.map((text) => el('span', null, text)))));
}

function navigation() {
  return el('nav', { 'aria-label': 'Parts of the page' }, el('div', { class: 'inner' },
    [['overview', 'Overview'], ['timeline', 'Over time'], ['resources', 'Resources'], ['waiting', 'Waiting'], ...(scaled ? [['scaling', 'Autoscaling']] : []), ['heat', 'Nodes'], ['pods', 'Pods'], ['workloads', 'Workloads'], ['run', 'The run']]
      .map(([id, text]) => el('a', { href: `#${id}`, click: (e) => { e.preventDefault(); document.getElementById(id)?.scrollIntoView(); } }, text))));
}

const card = (id, title, value, sub, state, extra) => el('div', { class: `card ${state || ''}`, id: `card-${id}` },
  el('div', { class: 'card-title' }, title), el('div', { class: 'card-value' }, value), el('div', { class: 'card-sub' }, sub), extra);

function cards() {
  const { pods: p, pendingSeconds: w, nodes: n } = report;
  const list = [
    card('pending', 'Waiting at the end', number(p.pendingAtEnd), p.pendingAtEnd > 0 ? `of ${plural(p.created, 'pod')}, without a node` : `all ${plural(p.created, 'pod')} were placed or ended`, p.pendingAtEnd > 0 ? 'warn' : 'fine'),
    card('failed', 'Failed', number(p.failed), `${number(p.succeeded)} succeeded, ${number(p.runningAtEnd)} on nodes at the end`, p.failed > 0 ? 'bad' : 'fine'),
    card('waited', 'Wait for a node, p99', duration(w.p99), `median ${duration(w.p50)}, mean ${duration(w.mean)}, longest ${duration(w.max)}`),
    card('nodes', 'Nodes at most', number(n.peak), `${number(n.atStart)} at the start, ${number(n.atEnd)} at the end, ${number(n.nodeHours)} node hours`),
  ];
  if (priced()) list.push(card('cost', 'Cost', money.format(scaled.cost), `${money.format(scaled.nodeHours)} node hours of ${plural(scaled.groups.length, 'group')}`));
  for (const name of ['cpu', 'memory']) {
    const u = report.utilization[name];
    if (u) list.push(card(name, `${label(name)} requested`, percent(u.meanRequested), `on average, ${percent(u.peakRequested)} at most`, '', meter(u)));
  }
  return el('div', { class: 'cards' }, list);
}

function meter(u) {
  const m = el('div', { class: 'meter', 'aria-hidden': 'true' }, el('span', { class: 'peak' }), el('span', { class: 'mean' }));
  m.children[0].style.width = `${Math.min(100 * u.peakRequested, 100)}%`;
  m.children[1].style.width = `${Math.min(100 * u.meanRequested, 100)}%`;
  return m;
}

// attention is what a reader should know first.
function attention() {
  const { pods: p } = report;
  const panels = [];
  if (p.pendingAtEnd > 0) {
    const rest = report.unschedulableOmitted;
    const rows = report.unschedulable.slice(0, 6).map((u) => ({ n: u.pods, what: u.reason, title: 'Show these pods', click: () => showPods('pending', u.reason) }));
    const others = sum(report.unschedulable.slice(6).map((u) => u.pods)) + rest.pods;
    if (others > 0) rows.push({ n: others, what: 'for other reasons' });
    panels.push(el('div', { class: 'panel' }, el('h3', null, 'Why pods wait at the end'), bars(rows, 'pending')));
  }
  if (p.failed > 0) {
    const failed = report.owners.filter((o) => o.failed > 0).sort((a, b) => b.failed - a.failed);
    const rows = failed.slice(0, 6).map((o) => ({ n: o.failed, what: `${o.owner === 'Pod/*' ? 'Pods without owner' : o.owner} in ${o.namespace}`, title: 'Show these pods', click: () => showPods('failed', `${o.namespace}/${o.owner === 'Pod/*' ? '' : ` ${o.owner}`}`) }));
    const others = sum(failed.slice(6).map((o) => o.failed)) + report.ownersOmitted.failed;
    if (others > 0) rows.push({ n: others, what: 'of other workloads' });
    panels.push(el('div', { class: 'panel' }, el('h3', null, 'Which pods failed'), bars(rows, 'failed')));
  }
  const more = [[p.evicted, 'evicted pod'], [p.preempted, 'preempted pod'], [report.restarts, 'container restart']].filter(([n]) => n > 0);
  return [
    panels.length > 0 ? el('div', { class: 'columns' }, panels) : el('p', { class: 'panel calm' }, 'No pod waits for a node at the end, and none failed.'),
    more.length > 0 && el('p', { class: 'chips' }, more.map(([n, what]) => el('span', { class: 'chip' }, plural(n, what)))),
    rejections(),
  ];
}

function rejections() {
  if (report.rejected === 0) return null;
  const table = searchable({
    label: 'Objects that the apiserver refused', rows: report.rejections,
    columns: [{ title: 'At', num: true, value: (x) => x.atSeconds, show: (x) => at(x.atSeconds) }, { title: 'Object', value: (x) => x.object }, { title: 'Message', wide: true, value: (x) => x.message }],
  });
  return el('details', { class: 'panel' }, el('summary', null, `${plural(report.rejected, 'object')} of the trace refused by the apiserver`), table.box,
    report.rejected > report.rejections.length && el('p', { class: 'note' }, `The first ${number(report.rejections.length)} are listed.`));
}

function fidelitySection() {
  const f = report.fidelity;
  if (!f) return null;
  const list = [];
  if (f.placement && f.placement.comparedPods > 0) {
    list.push(card('same', 'Same node as recorded', percent(f.placement.sameNodeFraction), `of ${plural(f.placement.comparedPods, 'pod')}; ${percent(f.placement.overlapFraction)} if replicas swap places`));
  }
  if (f.pending && f.pending.comparedPods > 0) {
    list.push(card('recorded', 'Mean wait here', duration(f.pending.simulatedSeconds.mean), `${duration(f.pending.recordedSeconds.mean)} recorded; a pod differs by ${duration(f.pending.meanAbsoluteDifferenceSeconds)} on average`));
  }
  list.push(card('matched', 'Recorded pods that ran', number(f.matchedPods), `of ${number(f.recordedPods)}; ${number(f.extraPods)} more than recorded`));
  return section('fidelity', 'Against the real cluster', 'what the trace recorded, and what happened here', el('div', { class: 'cards' }, list));
}

function runSection() {
  const facts = [
    ['Trace', report.trace.name || '–'], ['SHA-256 of the trace', report.trace.sha256 || '–'], ['Placements', report.placementsSHA256],
    ['Seed', String(report.seed)], ['simk', report.simkVersion || '–'], ['Start', report.simulated.start], ['End', report.simulated.end],
    ['Ended', report.complete ? 'as it should' : `before its end: ${report.incompleteReason}`],
  ];
  for (const [name, value] of Object.entries(report.options || {})) {
    facts.push([`Option ${name}`, typeof value === 'string' ? value || '–' : JSON.stringify(value)]);
  }
  return section('run', 'The run', 'Equal placements: all pods were placed alike, on the same nodes at the same instants.',
    el('dl', { class: 'panel facts-list' }, facts.map(([k, v]) => [el('dt', null, k), el('dd', null, v)])));
}

function show(done) {
  const app = document.getElementById('app');
  const reset = el('button', { type: 'button', class: 'unzoom', click: unzoom }, 'Show the whole run');
  put(app, [
    header(), navigation(),
    !report.complete && el('div', { class: 'incomplete', role: 'alert' }, el('div', { class: 'inner' }, el('strong', null, 'Incomplete. '), `The run ended before its end: ${report.incompleteReason}. All figures are those up to ${offset(endSeconds)}.`)),
    el('main', { class: 'inner' },
      section('overview', 'Overview', null, cards(), attention()),
      section('timeline', 'Over time', 'Drag over a chart to look closer at a span, double-click for all of it.', el('div', { class: 'columns charts' }, timelineCharts().map((f) => el('div', { class: 'panel' }, f)))),
      section('resources', 'Requested and allocatable', null, el('div', { class: 'columns charts' }, resourceCharts().map((f) => el('div', { class: 'panel' }, f)))),
      section('waiting', 'Waiting', null, el('div', { class: 'panel' }, waitsChart())),
      scalingSection(), heatSection(), podsSection(), workloadsSection(), fidelitySection(), runSection()),
    el('footer', { class: 'inner' }, 'All times are virtual. Charts by Apache ECharts.'),
    reset,
  ]);
  startCharts(done);
}
