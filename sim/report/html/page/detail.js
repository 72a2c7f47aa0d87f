// The charts of one run.

const report = data.report;
const detail = data.detail;
const endSeconds = report.simulated.seconds;
const runTime = { start: report.simulated.start, end: endSeconds };

function timelineCharts() {
  const t = report.timeline;
  const steps = t.length > 1 ? duration(t[1].atSeconds - t[0].atSeconds) : '';
  return [
    addChart({
      title: 'Pods waiting for a node', linked: true, note: steps && `most at any instant of each ${steps}`,
      summary: `At most ${plural(Math.max(...detail.pendingPeak), 'pod')}; ${number(report.pods.pendingAtEnd)} at the end.`,
      build: () => overTime({ ...runTime, interval: 1, write: number, series: [line('Waiting', t.map((p, i) => [axisMs(p.atSeconds), detail.pendingPeak[i]]), color('pending'), { ...fill(), step: 'start' })] }),
    }),
    addChart({
      title: 'Pods on nodes', linked: true, note: 'bound, neither ended nor being deleted',
      summary: `${number(report.pods.runningAtEnd)} at the end.`,
      build: () => overTime({ ...runTime, interval: 1, write: number, series: [line('On nodes', points(t, (p) => p.running), color('running'), fill())] }),
    }),
    addChart({
      title: 'Nodes', linked: true, note: scaled ? 'by group, and what the autoscaler decided' : 'number that exist, and those of them not Ready',
      summary: `${number(report.nodes.atStart)} at the start, at most ${number(report.nodes.peak)}, ${number(report.nodes.atEnd)} at the end.`,
      build: scaled ? groupsChart : nodesChart,
    }),
    addChart({
      title: 'Pods that ended', linked: true, note: steps && `in each ${steps}`,
      summary: `${number(report.pods.succeeded)} succeeded, ${number(report.pods.failed)} failed.`,
      build: finishedChart,
    }),
    ...(priced() ? [costChart()] : []),
  ];
}

function nodesChart() {
  const t = report.timeline;
  const names = ['Nodes'];
  const series = [line('Nodes', points(t, (p) => p.nodes), color('node'), fill())];
  if (t.some((p) => p.readyNodes < p.nodes)) {
    names.push('Not Ready');
    series.push(line('Not Ready', points(t, (p) => p.nodes - p.readyNodes), color('bad'), fill(0.3)));
  }
  return overTime({ ...runTime, interval: 1, write: number, names, series });
}

function finishedChart() {
  const t = report.timeline;
  const gained = (value) => t.map((p, i) => [axisMs(p.atSeconds), i > 0 ? value(p) - value(t[i - 1]) : value(p)]);
  const series = [line('Succeeded', gained((p) => p.succeeded), color('good'), { ...fill(0.3), step: 'start', lineStyle: { width: 1.5 } })];
  series.push(line('Failed', gained((p) => p.failed), color('bad'), { ...fill(0.3), step: 'start', lineStyle: { width: 1.5 } }));
  return overTime({ ...runTime, interval: 1, write: number, names: ['Succeeded', 'Failed'], series });
}

function resourceCharts() {
  return wanted([report]).map((name) => {
    const u = report.utilization[name];
    const most = Math.max(...report.timeline.map((p) => Math.max(p.requested[name], p.allocatable[name])));
    const note = `${percent(u.meanRequested)} requested on average, ${percent(u.peakRequested)} at most`;
    return addChart({
      title: name === 'cpu' ? 'CPU, in cores' : label(name), note, linked: true, height: 160,
      build: () => overTime({
        ...runTime, write: (v) => amount(name, v), writeAxis: (v) => tick(name, v), names: ['Requested', 'Allocatable'], scale: isBytes(name) ? roundBytes(most) : {},
        series: [
          line('Requested', points(report.timeline, (p) => p.requested[name]), color('running'), fill(0.25)),
          line('Allocatable', points(report.timeline, (p) => p.allocatable[name]), color('muted'), { lineStyle: { width: 1.5, type: 'dashed' } }),
        ],
      }),
    });
  });
}

// waitsChart is the distribution of waiting times.
function waitsChart() {
  const d = report.pendingSeconds;
  const total = sum(detail.waits.map((w) => w.pods));
  const names = detail.waits.map((w) => (w.upToSeconds === 0 ? 'none' : w.upToSeconds > 90 * 86400 ? 'longer' : `≤ ${duration(w.upToSeconds)}`));
  let seen = 0;
  const reached = detail.waits.map((w) => {
    seen += w.pods;
    return total > 0 ? Math.round(1000 * seen / total) / 10 : 0;
  });
  return addChart({
    title: 'How long pods waited for a node', height: 240,
    note: `${plural(total, 'pod')} that were bound: bars count them, the line adds them up`,
    summary: `Median ${duration(d.p50)}, 99th percentile ${duration(d.p99)}, at most ${duration(d.max)}.`,
    build: () => ({
      grid: { ...frame().grid, right: 48, top: 26 },
      xAxis: { type: 'category', data: names, axisLabel: { color: color('muted'), hideOverlap: true, showMaxLabel: true }, axisTick: { show: false }, axisLine: { lineStyle: { color: color('line') } } },
      yAxis: [
        valueAxis(compact, { minInterval: 1 }),
        valueAxis((v) => `${v} %`, { max: 100, splitLine: { show: false }, interval: 25 }),
      ],
      tooltip: { ...tooltip(), formatter: (items) => tip(names[items[0].dataIndex] === 'none' ? 'bound at once' : `waited ${names[items[0].dataIndex]}`, [
        [color('pending'), 'pods', `${number(detail.waits[items[0].dataIndex].pods)} (${percent(detail.waits[items[0].dataIndex].pods / Math.max(total, 1))})`],
        [color('ink'), 'up to here', `${reached[items[0].dataIndex]} %`],
      ]) },
      series: [
        { type: 'bar', data: detail.waits.map((w) => w.pods), color: color('pending'), barWidth: '70%', itemStyle: { borderRadius: [3, 3, 0, 0] }, emphasis: { disabled: true }, labelLayout: { hideOverlap: true },
          label: { show: true, position: 'top', color: color('ink'), fontSize: 11, formatter: (i) => (i.value > 0 ? compact(i.value) : '') } },
        { type: 'line', yAxisIndex: 1, data: reached, color: color('ink'), showSymbol: false, lineStyle: { width: 1.5 }, emphasis: { disabled: true } },
      ],
    }),
  });
}
