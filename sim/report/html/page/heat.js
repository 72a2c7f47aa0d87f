// The heat map: nodes over time.

const levelNames = ['empty', '≤ 10 %', '≤ 20 %', '≤ 30 %', '≤ 40 %', '≤ 50 %', '≤ 60 %', '≤ 70 %', '≤ 80 %', '≤ 90 %', '≤ 100 %', '> 100 %'];

function heatSection() {
  const { heat } = detail;
  if (heat.heated.length === 0) return null;
  let resource = 0;
  let byNode = true;
  const scale = el('div', { class: 'scale' });
  const show = () => {
    scaleOf(scale, heat.heated[resource], byNode);
    redraw(box);
  };
  const controls = el('div', { class: 'controls' },
    heat.heated.length > 1 && choice('Resource', heat.heated.map((h, i) => [i, label(h.resource)]), 0, (i) => { resource = i; show(); }),
    choice('Rows', [[true, 'By node', 'Each row is a node, or some'], [false, 'By fullness', 'Each row is how full nodes were; the colour is how many']], true, (b) => { byNode = b; show(); }),
    scale);
  const bands = heat.perBand > 1 ? `${number(heat.nodes)} nodes in rows of ${heat.perBand}, together` : plural(heat.nodes, 'node');
  const figure = addChart({
    title: 'How full the nodes were', note: `${bands}: share of what they offer that pods requested`, controls,
    height: heatHeight(heat) + 40,
    follow: pointsWithin, build: () => heatOption(heat, heat.heated[resource], byNode),
  });
  const box = figure.querySelector('.chart');
  scaleOf(scale, heat.heated[0], true);
  return section('heat', 'Nodes over time', null, el('div', { class: 'panel' }, figure));
}

const heatHeight = (heat) => Math.min(Math.max(heat.bands.length * 16, 192), 520);

// ramp are the colours from empty to full.
const ramp = () => [0, 1, 2, 3, 4].map((i) => color(`heat-${i}`));

const mostNodes = (by) => Math.max(1, ...by.levels.flat());

function scaleOf(box, by, byNode) {
  const over = byNode && by.percent.some((row) => row.some((v) => v > 100));
  box.replaceChildren(byNode ? '0 %' : '1 node', el('span', { class: 'ramp' }), byNode ? '100 %' : plural(mostNodes(by), 'node'), over ? el('span', { class: 'over' }) : '', over ? 'more' : '');
}

// pointsWithin are the first and the last point of the timeline in a span.
function pointsWithin({ startValue, endValue }) {
  const inside = report.timeline.map((p, i) => [axisMs(p.atSeconds), i]).filter(([ms]) => ms >= startValue && ms <= endValue).map(([, i]) => i);
  return inside.length > 0 ? { startValue: inside[0], endValue: inside[inside.length - 1] } : { start: 0, end: 100 };
}

// roundInstants tells which instants have a label: some, on a round step, and the end.
function roundInstants() {
  const most = narrow() ? 5 : 13;
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200];
  const step = steps.find((s) => endSeconds / s <= most) || 86400 * Math.ceil(endSeconds / 86400 / most);
  const round = (seconds) => Math.abs(seconds / step - Math.round(seconds / step)) < 1e-6;
  return (seconds) => seconds === endSeconds || (round(seconds) && endSeconds - seconds > step / 2);
}

// tail is the end of a name that is too long: names of nodes begin alike.
const tail = (name, most) => (name.length > most ? `…${name.slice(1 - most)}` : name);

function heatOption(heat, by, byNode) {
  const columns = report.timeline.map((p) => axisTime(axisMs(p.atSeconds), endSeconds * 1000));
  const labelled = roundInstants();
  const rows = byNode ? heat.bands.map((b) => (b.nodes > 1 ? `${b.first} …` : b.first)) : levelNames;
  const over = color('over');
  const cells = [];
  (byNode ? by.percent : by.levels).forEach((row, y) => row.forEach((v, x) => {
    if (byNode && v > 100) cells.push({ value: [x, y, v], visualMap: false, itemStyle: { color: over } });
    else if (byNode ? v >= 0 : v > 0) cells.push([x, y, v]);
  }));
  const most = byNode ? 100 : mostNodes(by);
  return {
    grid: { ...frame().grid, left: narrow() ? 84 : 130, top: 4 },
    dataZoom: [{ type: 'inside', disabled: true, xAxisIndex: 0 }],
    xAxis: { type: 'category', data: columns, axisLabel: { color: color('muted'), hideOverlap: true, interval: (i) => labelled(report.timeline[i].atSeconds), ...endLabels }, axisTick: { show: false }, axisLine: { show: false } },
    yAxis: {
      type: 'category', data: rows, inverse: byNode, axisTick: { show: false }, axisLine: { show: false },
      axisLabel: { color: color('muted'), fontSize: 11, width: narrow() ? 74 : 118, overflow: 'truncate', formatter: (name) => tail(name, narrow() ? 10 : 17), interval: Math.ceil(16 * rows.length / heatHeight(heat)) - 1 },
    },
    visualMap: { type: 'continuous', show: false, min: byNode ? 0 : 1, max: Math.max(most, 2), inRange: { color: ramp() } },
    tooltip: {
      ...tooltip(), trigger: 'item', formatter: (item) => {
        const [x, y, v] = item.value;
        const b = heat.bands[y];
        const head = instant(report.simulated.start, report.timeline[x].atSeconds);
        if (!byNode) return tip(head, [[item.color, `nodes ${levelNames[y]} of ${label(by.resource)}`, number(v)]]);
        return tip(head, [[null, b.nodes > 1 ? `${plural(b.nodes, 'node')} from ${b.first} to ${b.last}` : b.first, ''], [item.color, `${label(by.resource)} requested`, `${v} %`]]);
      },
    },
    series: [{ type: 'heatmap', data: cells, progressive: 0, emphasis: { itemStyle: { borderColor: color('ink'), borderWidth: 1 } } }],
  };
}
