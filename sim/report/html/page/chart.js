// What all charts have in common: the time axis, tooltips, one zoom and one
// crosshair for all.

const charts = []; // {chart, box, cross, build, linked, follow}

// addChart makes a figure. build returns the chart's options, in the colours that
// hold now; linked charts have the run's time as their only x axis, others may
// follow their zoom in their own way.
function addChart({ title, note, summary, height = 190, linked = false, follow, build, controls }) {
  const box = el('div', { class: 'chart', role: 'img', 'aria-label': `${title}. ${summary || note || ''}` });
  box.style.height = `${height}px`;
  const cross = el('div', { class: 'cross', 'aria-hidden': 'true' });
  const figure = el('figure', null,
    el('figcaption', null, el('h3', null, title), note && el('p', { class: 'note' }, note), controls), el('div', { class: 'chart-box' }, box, linked && cross));
  charts.push({ box, cross, build, linked, follow });
  return figure;
}

// startCharts draws what is seen first, and the others when that is shown. The page
// says when, in milliseconds.
function startCharts(done) {
  redraws.push(() => charts.forEach(draw));
  const seen = (c) => c.box.getBoundingClientRect().top < window.innerHeight;
  const later = charts.filter((c) => !seen(c));
  charts.filter(seen).forEach(start);
  root.dataset.shown = String(Math.round(performance.now()));
  setTimeout(() => {
    later.forEach(start);
    done();
  }, 100);
}

function start(c) {
  c.chart = echarts.init(c.box, null, { renderer: 'canvas' });
  c.box.chart = c.chart; // for tests
  draw(c);
  c.chart.getZr().flush(); // now, not in the next frame: then it is there
  if (c.linked) link(c);
  new ResizeObserver(() => c.chart.resize()).observe(c.box);
}

function draw(c) {
  if (!c.chart) return; // its turn comes
  c.chart.setOption({ ...frame(), ...c.build() }, { notMerge: true });
  if (c.linked) c.chart.dispatchAction({ type: 'takeGlobalCursor', key: 'dataZoomSelect', dataZoomSelectActive: true });
  if (zoomed) zoom(c, zoomed);
}

const redraw = (box) => draw(charts.find((c) => c.box === box));

// frame is what every chart begins with.
function frame() {
  return {
    animation: false,
    useUTC: true,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: color('ink') },
    grid: { left: 62, right: 14, top: 14, bottom: 24, outerBoundsMode: 'none' },
    tooltip: tooltip(),
  };
}

function tooltip() {
  return {
    trigger: 'axis', confine: true, transitionDuration: 0, padding: [8, 10],
    backgroundColor: color('panel'), borderColor: color('line'), textStyle: { color: color('ink'), fontSize: 12 },
    axisPointer: { type: 'line', lineStyle: { color: color('muted'), type: 'solid', width: 1 } },
  };
}

// timeAxis is the run's time; its values are milliseconds, see axisMs. The first and the last
// instant have labels, at its ends.
function timeAxis(endSeconds) {
  return {
    type: 'time', min: axisMs(0), max: Math.max(axisMs(endSeconds), axisMs(0) + 1), splitNumber: narrow() ? 3 : 6,
    axisLabel: {
      color: color('muted'), formatter: (ms) => axisTime(ms, zoomed?.startValue === undefined ? endSeconds * 1000 : zoomed.endValue - zoomed.startValue),
      hideOverlap: true, ...endLabels,
    },
    axisLine: { lineStyle: { color: color('line') } }, axisTick: { show: false }, splitLine: { show: false },
  };
}

// endLabels has the labels at the ends of an axis shown whatever is beside them, and within the chart.
const endLabels = { showMinLabel: true, showMaxLabel: true, alignMinLabel: 'left', alignMaxLabel: 'right' };

// narrow is a phone's screen.
const narrow = () => window.innerWidth < 640;

function valueAxis(write, more) {
  return {
    type: 'value', min: 0, splitNumber: 3,
    axisLabel: { color: color('muted'), formatter: write }, splitLine: { lineStyle: { color: color('grid') } }, ...more,
  };
}

// zoomTool lets the reader choose a span by dragging.
const zoomTool = () => ({ show: true, itemSize: 0, showTitle: false, top: -20, feature: { dataZoom: { yAxisIndex: 'none', filterMode: 'none', brushStyle: { color: color('accent'), opacity: 0.15 } } } });

// legend names series; one may be an object with its icon.
function legend(names) {
  return { show: names.length > 1, type: 'scroll', data: names.map((name) => (name.name ? name : { name, icon: 'roundRect' })), top: 0, left: 0, itemWidth: 12, itemHeight: 8, textStyle: { color: color('ink') }, pageTextStyle: { color: color('muted') }, pageIconColor: color('ink'), pageIconInactiveColor: color('line') };
}

// tip is the content of a tooltip.
function tip(head, rows) {
  return el('div', { class: 'tip' }, el('strong', null, head),
    el('table', null, rows.map(([swatch, name, value]) => {
      const dot = el('span', { class: 'dot' });
      if (swatch) dot.style.background = swatch;
      return el('tr', null, el('td', null, swatch && dot, name), el('td', { class: 'num' }, value));
    })));
}

const linked = () => charts.filter((c) => c.linked && c.chart);

let zoomed = null; // {startValue, endValue} or {start, end}
let zooming = false;

function zoomAll(to) {
  zoomed = to.start === 0 && to.end === 100 ? null : to;
  zooming = true;
  charts.forEach((c) => zoom(c, to));
  zooming = false;
  root.classList.toggle('zoomed', zoomed !== null);
}

function zoom(c, to) {
  if (!c.chart || !(c.linked || c.follow)) return;
  c.chart.dispatchAction({ type: 'dataZoom', ...(c.follow && to.startValue !== undefined ? c.follow(to) : to) });
}

const unzoom = () => zoomAll({ start: 0, end: 100 });

function link(c) {
  c.chart.on('datazoom', (e) => {
    const to = (e.batch || [e])[0];
    if (zooming || to.startValue === undefined) return;
    zoomAll({ startValue: to.startValue, endValue: to.endValue });
  });
  const zr = c.chart.getZr();
  zr.on('dblclick', unzoom);
  zr.on('mousemove', (e) => {
    const at = c.chart.convertFromPixel({ xAxisIndex: 0 }, e.offsetX);
    linked().forEach((other) => {
      const x = other === c ? NaN : other.chart.convertToPixel({ xAxisIndex: 0 }, at);
      const inside = Number.isFinite(x) && other.chart.containPixel({ gridIndex: 0 }, [x, other.chart.getHeight() / 2]);
      other.cross.style.display = inside ? 'block' : 'none';
      if (inside) other.cross.style.left = `${x}px`;
    });
  });
  zr.on('globalout', () => charts.forEach((other) => { other.cross.style.display = 'none'; }));
}
