// The pods worth a look, and the workloads.

const kinds = {
  pending: ['Waiting at the end', 'waited'], slowest: ['Slowest to be placed', 'waited'], failed: ['Failed', 'over'], ended: ['Evicted or preempted', 'over'],
};

const never = -1;

function podColumns(kind) {
  const why = {
    pending: { title: 'Why', wide: true, value: (p) => p.reason, show: (p) => reasonCell(p), more: (p) => p.message || '' },
    failed: { title: 'Exit code', num: true, value: (p) => p.exitCode ?? never, show: (p) => (p.exitCode === undefined ? '–' : String(p.exitCode)) },
    ended: { title: 'What', value: (p) => (p.preempted ? 'preempted' : 'evicted') },
  }[kind];
  const when = { title: kind === 'pending' || kind === 'slowest' ? 'Created' : 'Ended', num: true,
    value: (p) => (kind === 'pending' || kind === 'slowest' ? p.created : p.over ?? never),
    show: (p) => at(kind === 'pending' || kind === 'slowest' ? p.created : p.over) };
  return [
    { title: 'Pod', value: (p) => `${p.namespace}/${p.name}`, show: (p) => podName(p) },
    { title: 'Workload', value: (p) => p.owner },
    ...(kind === 'pending' ? [] : [{ title: 'Node', value: (p) => p.node || '–' }]),
    when,
    { title: kind === 'pending' ? 'Waits for' : 'Waited', num: true, value: (p) => p.waited, show: (p) => duration(p.waited) },
    ...(why ? [why] : []),
  ];
}

// at writes an instant in the time that was chosen, and has the other one on hover.
function at(seconds) {
  if (seconds === undefined) return '–';
  const both = [offset(Math.round(seconds * 10) / 10), utc(report.simulated.start, seconds)];
  const [shown, title] = zero === 0 ? both : both.reverse();
  return el('span', { title }, shown);
}
const podName = (p) => el('span', null, el('span', { class: 'ns' }, `${p.namespace}/`), p.name);
const reasonCell = (p) => (p.message ? el('details', null, el('summary', null, p.reason), el('p', null, p.message)) : p.reason);

let showPods = () => {};

function podsSection() {
  const lists = detail.pods;
  const names = Object.keys(kinds).filter((k) => lists[k].total > 0);
  if (names.length === 0) return section('pods', 'Pods', 'None waited at the end, none failed, and all were placed at once.');
  let kind = names.includes(remembers('pods')) ? remembers('pods') : names[0];
  let table;
  const panel = el('div', { class: 'panel', role: 'tabpanel', id: 'pods-panel', 'aria-labelledby': `tab-${kind}` });
  const tabs = names.map((k) => el('button', {
    type: 'button', role: 'tab', id: `tab-${k}`, 'aria-controls': 'pods-panel', click: () => choose(k), keydown: (e) => move(e, k),
  }, kinds[k][0], el('span', { class: 'badge' }, number(lists[k].total))));

  function choose(k, words) {
    const query = words ?? (table ? table.input.value : remembers('q'));
    kind = k;
    tabs.forEach((t, i) => {
      t.setAttribute('aria-selected', String(names[i] === k));
      t.tabIndex = names[i] === k ? 0 : -1;
    });
    panel.setAttribute('aria-labelledby', `tab-${k}`);
    table = searchable({
      columns: podColumns(k), rows: lists[k].pods, label: kinds[k][0], query, changed: (q) => remember('q', q), page: 50, always: true,
    });
    const left = lists[k].total - lists[k].pods.length;
    panel.replaceChildren(table.box);
    if (left > 0) panel.append(el('p', { class: 'note' }, `The page holds ${number(lists[k].pods.length)} of ${number(lists[k].total)}${k === 'pending' ? ', some of each reason' : ''}. All pods are in pods.csv.`));
  }

  function move(e, k) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    const next = names[(names.indexOf(k) + step + names.length) % names.length];
    choose(next);
    remember('pods', next);
    tabs[names.indexOf(next)].focus();
  }

  tabs.forEach((t, i) => t.addEventListener('click', () => remember('pods', names[i])));
  choose(kind);
  showPods = (k, words) => {
    if (!names.includes(k)) return;
    choose(k, words);
    remember('pods', k);
    remember('q', words);
    document.getElementById('pods').scrollIntoView({ block: 'start' });
    table.input.focus({ preventScroll: true });
  };
  document.addEventListener('keydown', (e) => {
    if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA)$/.test(e.target.tagName)) return;
    e.preventDefault();
    document.getElementById('pods').scrollIntoView({ block: 'start' });
    table.input.focus({ preventScroll: true });
  });
  return section('pods', 'Pods', ['Press ', el('kbd', null, '/'), ' to search.'], el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Kinds of pods' }, tabs), panel);
}

function workloadsSection() {
  const count = (title, field) => ({ title, num: true, value: (o) => o[field], show: (o) => (o[field] > 0 ? number(o[field]) : '–') });
  const time = (title, field) => ({ title, num: true, value: (o) => o[field], show: (o) => (o.bound > 0 ? duration(o[field]) : '–') });
  const table = searchable({
    label: 'Workloads', rows: report.owners, sortBy: 2, empty: 'There are none.',
    columns: [
      { title: 'Workload', value: (o) => o.owner, show: (o) => (o.owner === 'Pod/*' ? 'Pods without owner' : o.owner) },
      { title: 'Namespace', value: (o) => o.namespace },
      count('Pods', 'created'), count('Waiting at the end', 'pendingAtEnd'), count('Succeeded', 'succeeded'), count('Failed', 'failed'),
      time('Mean wait', 'pendingSecondsMean'), time('Longest wait', 'pendingSecondsMax'),
    ],
  });
  const rest = report.ownersOmitted;
  return section('workloads', 'Workloads', null, el('div', { class: 'panel' }, table.box,
    rest.owners > 0 && el('p', { class: 'note' }, `${plural(rest.owners, 'smaller workload')} with ${plural(rest.created, 'pod')} are not listed: ${number(rest.pendingAtEnd)} of their pods wait at the end, ${number(rest.failed)} failed.`)));
}
