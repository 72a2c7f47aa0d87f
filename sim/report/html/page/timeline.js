// What a report's timeline becomes in charts.

const points = (timeline, value) => timeline.map((p) => [axisMs(p.atSeconds), value(p)]);

// zero is where the time axis begins, in milliseconds: 0 for the trace's time, the run's start
// for the clock's, which has round values of its own.
let zero = 0;
const axisMs = (seconds) => zero + seconds * 1000;

// axisTime writes a value of the time axis, not finer than a span of milliseconds needs.
function axisTime(ms, span) {
  const unit = [1, 100, 1e3].findLast((u) => u * 600 <= span) || 1;
  const rounded = Math.round(ms / unit) * unit;
  return zero === 0 ? offset(rounded / 1000) : clock(rounded);
}

// clock writes an instant as the time of day, at midnight as the date.
function clock(ms) {
  const text = new Date(ms).toISOString();
  const [date, time] = [text.slice(5, 10), text.slice(11, 23).replace(/(:00)?\.000$/, '')];
  return time === '00:00' ? date : time;
}

// line is a series; the state at a point holds until the next one.
function line(name, values, stroke, more) {
  return {
    type: 'line', name, data: values, step: 'end', showSymbol: false, color: stroke,
    lineStyle: { width: 2 }, emphasis: { disabled: true }, ...more,
  };
}

const fill = (opacity = 0.18) => ({ areaStyle: { opacity } });

// overTime is the frame of a chart over the run's time.
function overTime({ start, end, write, writeAxis, series, names, scale, interval }) {
  const many = (names || []).length > 1;
  return {
    grid: { ...frame().grid, top: many ? 34 : 14 },
    toolbox: zoomTool(),
    legend: legend(names || []),
    xAxis: timeAxis(end),
    yAxis: valueAxis(writeAxis || compact, { minInterval: interval, ...scale }),
    tooltip: { ...tooltip(), formatter: (items) => tip(instant(start, (items[0].axisValue - zero) / 1000), items.map((i) => [i.color, i.seriesName, i.value[1] === null ? '–' : write(i.value[1])])) },
    series,
  };
}

// roundDuration is a scale up to most seconds, in spans that people count in.
function roundDuration(most) {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200];
  const step = steps.find((s) => 4 * s >= most) || 86400 * Math.ceil(most / 86400 / 4);
  return { interval: step, max: step * Math.max(Math.ceil(most / step), 1) };
}

// roundBytes is a scale up to most in powers of two, which round numbers of bytes are.
function roundBytes(most) {
  const unit = 1024 ** Math.floor(Math.log(Math.max(most, 3) / 3) / Math.log(1024));
  const step = unit * ([1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 256, 400, 512].find((n) => n * unit * 4 >= most) || 1024);
  return { interval: step, max: step * Math.ceil(most / step) };
}

// instant writes both times, the one that the axis has first.
function instant(start, seconds) {
  if (!start) return offset(seconds);
  const both = [offset(seconds), utc(start, seconds)];
  return (zero === 0 ? both : both.reverse()).join('  ·  ');
}

// ratios is the requested share of a resource at each point, in per cent.
const ratios = (timeline, resource) => points(timeline, (p) => (p.allocatable[resource] > 0 ? Math.round(1e3 * p.requested[resource] / p.allocatable[resource]) / 10 : null));

// spending is what the nodes of the groups cost in an hour.
const spending = (scaled) => (p) => Math.round(1e6 * sum(scaled.groups.map((g) => (g.pricePerHour || 0) * ((p.groups || {})[g.name] || 0)))) / 1e6;

// wanted lists the resources worth a chart: cpu, memory and what pods requested.
function wanted(reports) {
  const names = new Set(reports.flatMap((r) => Object.keys(r.utilization)));
  const peak = (name) => Math.max(...reports.map((r) => (r.utilization[name] || { peakRequested: 0 }).peakRequested));
  const order = (name) => ({ cpu: 0, memory: 1, pods: 3 })[name] ?? 2;
  return [...names].filter((n) => order(n) < 2 || peak(n) > 0).sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1)).slice(0, 8);
}
