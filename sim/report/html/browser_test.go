package html

import (
	"bytes"
	"encoding/json"
	"fmt"
	stdhtml "html"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/report"
	"simk.dev/simk/sim/report/html/browsertest"
)

// budget is how long the page's timers may run before the browser writes, in the
// page's own virtual time.
const budget = "--virtual-time-budget=4000"

// driver runs steps in the page, once it is drawn, and leaves what they return in
// the page.
const driver = `
(() => {
const all = (s) => [...document.querySelectorAll(s)];
const one = (s) => document.querySelector(s);
const text = (s) => one(s)?.textContent ?? 'no ' + s;
const press = (e, key) => e.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
const button = (name) => all('button').find((b) => b.textContent.startsWith(name));
const type = (e, words) => { e.value = words; e.dispatchEvent(new Event('input', { bubbles: true })); };
// texts are those that a chart shows, with the box of each.
const texts = (chart) => chart.getZr().storage.getDisplayList(true).filter((e) => e.type === 'tspan' && !e.ignore && !e.invisible && e.style.text && !e.__clipPaths?.length).map((e) => {
  const box = e.getBoundingRect().clone();
  if (e.transform) box.applyTransform(e.transform);
  return { text: e.style.text, box };
});
// overprinted are pairs of texts of which one is over the other, and those that leave the chart.
const overprinted = (chart) => {
  const all = texts(chart);
  const out = all.filter((a) => a.box.x < -1 || a.box.x + a.box.width > chart.getWidth() + 1).map((a) => a.text + ' outside');
  all.forEach((a, i) => all.slice(i + 1).forEach((b) => {
    const x = Math.min(a.box.x + a.box.width, b.box.x + b.box.width) - Math.max(a.box.x, b.box.x);
    const y = Math.min(a.box.y + a.box.height, b.box.y + b.box.height) - Math.max(a.box.y, b.box.y);
    if (x > 1 && y > 1) out.push(a.text + ' over ' + b.text);
  }));
  return out;
};
const extent = (chart) => chart.getModel().getComponent('xAxis').axis.scale.getExtent().map((v) => Math.round(v / 60000)).join('-');
// drawn counts the charts that have painted something.
const drawn = () => all('.chart').filter((c) => {
  const canvas = c.querySelector('canvas');
  return canvas && canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0);
}).length;
const steps = () => {%s};
const wait = () => {
  if (!document.documentElement.dataset.ready) return setTimeout(wait, 20);
  let result;
  try { result = steps(); } catch (e) { result = { threw: String(e.stack) }; }
  document.documentElement.dataset.test = JSON.stringify(result);
};
wait();
})();
`

// drive writes the page, opens it, runs the steps and returns what they returned.
// Anything on the console and anything that the page noted is an error.
func drive(t *testing.T, p page, steps string) map[string]any {
	t.Helper()
	return driveIn(t, p, "1440,900", steps)
}

// driveIn is drive in a window of some size.
func driveIn(t *testing.T, p page, size, steps string) map[string]any {
	t.Helper()
	p.extra = fmt.Sprintf(driver, steps)
	dom, console := browsertest.Open(t, file(t, p), "--dump-dom", "--window-size="+size, budget)
	if console != "" {
		t.Errorf("console:\n%s", console)
	}
	root, _, _ := strings.Cut(dom, "<head>")
	attribute := func(name string) string {
		if m := regexp.MustCompile(`(?s) data-` + name + `="(.*?)"`).FindStringSubmatch(root); m != nil {
			return stdhtml.UnescapeString(m[1])
		}
		return ""
	}
	if errors := attribute("errors"); errors != "" {
		t.Errorf("the page noted: %s", errors)
	}
	if attribute("hacked") != "" {
		t.Error("text of the trace ran as a script")
	}
	var result map[string]any
	if err := json.Unmarshal([]byte(attribute("test")), &result); err != nil {
		t.Fatalf("%v: %s", err, root)
	}
	if threw := result["threw"]; threw != nil {
		t.Fatal(threw)
	}
	return result
}

func file(t *testing.T, p page) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.write(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func check(t *testing.T, got, want map[string]any) {
	t.Helper()
	for name, w := range want {
		if g := fmt.Sprint(got[name]); g != fmt.Sprint(w) {
			t.Errorf("%s: got %s, want %v", name, g, w)
		}
	}
}

// TestBrowserReport opens a page with something of everything.
func TestBrowserReport(t *testing.T) {
	got := drive(t, reportPage(morning()), `
		const r = { pending: text('#card-pending .card-value'), failed: text('#card-failed .card-value'), cost: text('#card-cost .card-value'),
			title: text('h1'), alert: text('[role=alert]'), charts: all('.chart').length, drawn: drawn(), images: all('img').length, scripts: all('script').length,
			reasons: all('.bars.pending .what').map((e) => e.textContent).join('|'), sections: all('section').map((s) => s.id).join(' ') };
		const charts = all('.chart').map((c) => c.chart);
		r.marks = charts[2].getOption().series.map((s) => s.name).join('|');
		charts[0].dispatchAction({ type: 'dataZoom', startValue: 30 * 60000, endValue: 60 * 60000 });
		r.zoomed = extent(charts[3]);
		const columns = one('#heat .chart').chart.getModel().getComponent('xAxis').axis.scale.getExtent();
		r.heat = columns.map((i) => one('#heat .chart').chart.getOption().xAxis[0].data[i]).join('-');
		button('Show the whole run').click();
		r.whole = extent(charts[3]);
		button('By fullness').click();
		r.levels = one('#heat .chart').chart.getOption().yAxis[0].data[0];
		return r;`)
	check(t, got, map[string]any{
		"pending": 3, "failed": 9, "cost": "0.13", "title": "morning " + hostile, "charts": 10, "drawn": 10, "images": 0, "scripts": 3,
		"reasons":  "Insufficient cpu|node(s) had untolerated taint " + hostile,
		"sections": "overview timeline resources waiting scaling heat pods workloads run",
		"marks":    "late|" + hostile + "|of no group|Scale-up|Scale-down|Failed",
		"zoomed":   "30-60", "heat": "30m-1h", "whole": "0-120", "levels": "empty",
	})
	if alert := fmt.Sprint(got["alert"]); !strings.Contains(alert, "interrupted "+hostile) {
		t.Errorf("alert: %s", alert)
	}
}

// TestBrowserKeyboard searches pods without a mouse, and switches the colours.
func TestBrowserKeyboard(t *testing.T) {
	got := drive(t, reportPage(morning()), `
		const r = {};
		const count = () => text('#pods output');
		const input = () => one('#pods input');
		r.all = count();
		press(document.body, '/');
		r.focused = document.activeElement === input();
		type(input(), 'TAINT huge-2');
		r.found = count() + ' ' + all('#pods tbody tr').length;
		r.address = new URLSearchParams(location.hash.slice(1)).get('q');
		type(input(), 'no such words');
		r.none = count() + ' ' + text('#pods tbody');
		press(input(), 'Escape');
		r.again = count();
		press(one('[role=tab][aria-selected=true]'), 'ArrowRight');
		r.tab = document.activeElement.textContent;
		r.slowest = text('#pods tbody td:first-child');
		all('#pods th button')[3].click();
		r.sorted = one('#pods th[aria-sort]').textContent + one('#pods th[aria-sort]').getAttribute('aria-sort');
		all('.bars.failed button')[0].click();
		r.failed = text('[role=tab][aria-selected=true]') + ' ' + count();
		const background = () => getComputedStyle(document.body).backgroundColor;
		r.light = background();
		button('Dark').click();
		r.dark = background();
		r.drawn = drawn();
		return r;`)
	check(t, got, map[string]any{
		"all": 3, "focused": true, "found": "1 of 3 1", "address": "TAINT huge-2", "none": "0 of 3 Nothing has all these words.", "again": 3,
		"tab": "Slowest to be placed59", "slowest": "batch/nightly-59", "sorted": "Createddescending", "failed": "Failed9 1 of 9",
		"light": "rgb(245, 247, 250)", "dark": "rgb(13, 19, 26)", "drawn": 10,
	})
}

// TestBrowserTimes looks at the time axes: their last instant has a label, and they show
// the trace's time or the clock's, as the tables do.
func TestBrowserTimes(t *testing.T) {
	got := drive(t, reportPage(morning()), `
		const chart = one('#timeline .chart').chart;
		const onAxis = () => texts(chart).filter((e) => e.box.y > chart.getHeight() - 24).map((e) => e.text).join(' ');
		const start = Date.parse('2026-03-02T06:00:00Z');
		const cell = () => one('#pods tbody td span[title]');
		const r = { trace: onAxis(), cell: cell().textContent, title: cell().title, cpu: text('#resources h3') };
		button('Clock').click();
		Object.assign(r, { clock: onAxis(), clockCell: cell().textContent, clockTitle: cell().title, address: location.hash });
		chart.dispatchAction({ type: 'dataZoom', startValue: start + 30 * 60000, endValue: start + 60 * 60000 });
		r.zoomed = one('#heat .chart').chart.getModel().getComponent('xAxis').axis.scale.getExtent().map((i) => one('#heat .chart').chart.getOption().xAxis[0].data[i]).join('-');
		button('Trace time').click();
		r.again = onAxis() + location.hash;
		return r;`)
	check(t, got, map[string]any{
		"trace": "15m 30m 45m 1h15m 1h30m 1h45m 0 1h 2h", "cell": "1h40m", "title": "2026-03-02 07:40:00 UTC", "cpu": "CPU, in cores",
		"clock": "06:15 06:30 06:45 07:15 07:30 07:45 06:00 07:00 08:00", "clockCell": "2026-03-02 07:40:00 UTC", "clockTitle": "1h40m", "address": "#time=clock",
		"zoomed": "06:30-07:00", "again": "15m 30m 45m 1h15m 1h30m 1h45m 0 1h 2h",
	})
}

// TestBrowserLabels finds labels that are over each other, on a desktop and in the
// narrowest window that the browser makes.
func TestBrowserLabels(t *testing.T) {
	for _, size := range []string{"1440,900", "500,800"} {
		for name, make := range map[string]func() (*report.Report, *history.History){"morning": morning, "big": big, "burst": burst} {
			got := driveIn(t, reportPage(make()), size, `
				const all_ = all('.chart').map((c, i) => [i, overprinted(c.chart), texts(c.chart).length]);
				return { width: innerWidth, none: all_.filter(([, , n]) => n < 3).map(([i]) => i).join(' '), bad: all_.filter(([, o]) => o.length > 0).map(([i, o]) => i + ': ' + o.join(', ')).join('; '),
					wide: document.documentElement.scrollWidth - innerWidth };`)
			if got["bad"] != "" || got["none"] != "" || got["wide"] != 0.0 {
				t.Errorf("%s at %s (%v wide, %v too wide): over each other: %v; charts without labels: %v", name, size, got["width"], got["wide"], got["bad"], got["none"])
			}
		}
	}
}

// TestBrowserBig draws 10,000 nodes and 100,000 pods.
func TestBrowserBig(t *testing.T) {
	got := drive(t, reportPage(big()), `return { charts: all('.chart').length, drawn: drawn(), rows: all('#pods tbody tr').length, count: text('#pods output') };`)
	check(t, got, map[string]any{"charts": 11, "drawn": 11, "rows": 50, "count": "1,000"})
}

// burst is the shape of the burst of 7,064 pods on 1,213 nodes.
func burst() (*report.Report, *history.History) {
	h := &history.History{End: 10 * time.Minute}
	for i := range 1213 {
		h.Nodes = append(h.Nodes, node(fmt.Sprintf("openb-node-%04d", i), 0, never))
	}
	for i := range 7064 {
		at := time.Duration(i) * 50 * time.Millisecond
		h.Pods = append(h.Pods, pod(fmt.Sprintf("openb-pod-%04d", i), h.Nodes[i%1213].Name, at, at+time.Duration(i%40)*time.Second, never))
	}
	return report.Build(h, report.Meta{Version: "v0.1.0", TraceName: "burst", Start: start, Seed: 1}), h
}

// TestBrowserIsFast asks the page how long it took until all that is seen was drawn,
// from the moment it was opened, in real time. Other work on the machine may disturb
// a measurement, but not all three.
func TestBrowserIsFast(t *testing.T) {
	path := file(t, reportPage(burst()))
	if info, err := os.Stat(path); err != nil || info.Size() > 5_000_000 {
		t.Errorf("%d bytes (%v)", info.Size(), err)
	}
	least := math.MaxInt
	for range 3 {
		dom, _ := browsertest.Open(t, path, "--dump-dom", "--window-size=1440,900")
		shown := regexp.MustCompile(` data-shown="(\d+)"`).FindStringSubmatch(dom)
		if shown == nil {
			t.Fatal("the page does not say when it was shown")
		}
		if took, _ := strconv.Atoi(shown[1]); took < least {
			least = took
		}
		if least < 3000 {
			return
		}
	}
	t.Errorf("the page takes %d ms", least)
}

// TestBrowserPaints looks at pictures: the colours are those asked for, and there is
// something to see.
func TestBrowserPaints(t *testing.T) {
	path := file(t, reportPage(morning()))
	for theme, want := range map[string]string{"light": "ffffff", "dark": "151d27"} {
		for _, size := range []string{"420,900", "1920,1080"} {
			picture := filepath.Join(t.TempDir(), "picture.png")
			browsertest.Open(t, path+"#theme="+theme, budget, "--screenshot="+picture, "--window-size="+size)
			f, err := os.Open(picture)
			if err != nil {
				t.Fatal(err)
			}
			img, err := png.Decode(f)
			f.Close()
			if err != nil {
				t.Fatal(err)
			}
			colours := map[string]bool{}
			at := func(x, y int) string {
				r, g, b, _ := img.At(x, y).RGBA()
				return fmt.Sprintf("%02x%02x%02x", r>>8, g>>8, b>>8)
			}
			for y := range img.Bounds().Dy() {
				for x := range img.Bounds().Dx() {
					colours[at(x, y)] = true
				}
			}
			if got := at(2, 2); got != want || len(colours) < 100 {
				t.Errorf("%s at %s: the corner is %s, want %s; %d colours", theme, size, got, want, len(colours))
			}
		}
	}
}

func TestBrowserCompare(t *testing.T) {
	a, _ := morning()
	b, _ := big()
	p, err := comparePage(hostile, []Table{{
		Title: "Figures", Headers: []string{"figure", "base", hostile},
		Rows: [][]Cell{{{Text: hostile}, {Text: "1"}, {Text: "2", Mark: Worse}}, {{Text: "p99"}, {Text: "30s"}, {Text: "3s", Mark: Better}}},
	}}, []Run{{"base", a}, {hostile, b}})
	if err != nil {
		t.Fatal(err)
	}
	got := drive(t, p, `
		const charts = all('.chart').map((c) => c.chart);
		return { title: text('h1'), worse: text('.worse'), better: text('.better'), charts: charts.length, drawn: drawn(), images: all('img').length,
			names: charts[0].getOption().series.map((s) => s.name).join('|'), end: extent(charts[0]), alert: text('[role=alert]').startsWith('Incomplete: base (interrupted') };`)
	check(t, got, map[string]any{
		"title": hostile, "worse": 2, "better": "3s", "charts": 11, "drawn": 11, "images": 0, "names": "base|" + hostile, "end": "0-1440", "alert": true,
	})
}
