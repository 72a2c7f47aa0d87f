package xray

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/validate"
)

const head = `{"apiVersion":"simk.dev/v1","kind":"Trace","duration":"1h","objects":[
{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"},"status":{"capacity":{"cpu":"4","memory":"8Gi","pods":"110"}}}],
"lifecycles":[{"owner":{"apiVersion":"apps/v1","kind":"Deployment","namespace":"shop","name":"web"},"pods":[{"runFor":"5m","exitCode":1},{"node":"n","pending":"3s"}]}],
"events":[
`

const shop = head + `{"at":"1m","apply":[{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"Cart"},"spec":{"containers":[{"name":"c","image":"i"}]}}]},
{"at":"2m","evict":[{"apiVersion":"v1","kind":"Pod","namespace":"shop","name":"Cart"}],"delete":[{"apiVersion":"v1","kind":"Pod","namespace":"shop","name":"Cart"}]},
{"at":"3m","nodes":{"drain":["n"],"fail":["n"]}}]}`

// write writes a trace to a file that tests may change.
func write(t *testing.T, text string, findings ...*validate.Finding) (Trace, string) {
	path := filepath.Join(t.TempDir(), "trace.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return Trace{
		Name: "trace.json",
		Open: func() (tracer.Source, error) { return tracer.Open(path) },
		Validate: func() ([]*validate.Report, error) {
			return []*validate.Report{{Findings: findings, Errors: len(findings)}}, nil
		},
	}, path
}

// atCart is a finding about the pod Cart in the first event.
func atCart() *validate.Finding {
	event := 0
	return &validate.Finding{
		Code: "W0110", Severity: "warning", Message: "no node fits", File: "trace.json", Line: 4, Column: 5, Count: 1,
		Event: &event, Object: &validate.Object{APIVersion: "v1", Kind: "Pod", Namespace: "shop", Name: "Cart"},
	}
}

func view(t *testing.T, trace Trace) *Model {
	m := New(trace)
	m.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
	m.Update(m.Init()())
	return m
}

func press(m *Model, code rune) tea.Cmd {
	key := tea.KeyPressMsg{Code: code}
	if code >= ' ' && code < 0x7f {
		key.Text = string(code)
	}
	_, cmd := m.Update(key)
	return cmd
}

func shown(m *Model) string { return ansi.Strip(m.View().Content) }

// Without a terminal there is a line for each thing that happens, in the order in which it does,
// with the codes of what was found about it, and then the findings.
func TestTextHasALineForEachChange(t *testing.T) {
	trace, _ := write(t, shop, atCart())
	var b strings.Builder
	require.NoError(t, WriteText(&b, trace))
	assert.Equal(t, `start        start   Node n
1m           apply   Pod shop/Cart  W0110
2m           delete  Pod shop/Cart
2m           evict   Pod shop/Cart
3m           fail    Node n
3m           drain   Node n
trace.json:4:5  W0110  no node fits
`, strings.ReplaceAll(b.String(), "  \n", "\n"))
}

// Of a trace that breaks off there is what comes before, and why there is no more.
func TestBrokenTraceIsShownUpToTheMistake(t *testing.T) {
	trace, _ := write(t, shop[:strings.Index(shop, `{"at":"2m"`)]+`{"at":"soon"}]}`)
	var b strings.Builder
	err := WriteText(&b, trace)
	require.Error(t, err)
	assert.Contains(t, b.String(), "Pod shop/Cart")
	m := view(t, trace)
	assert.Contains(t, shown(m), "Cart")
	assert.Contains(t, shown(m), "soon")
}

// What cannot be opened at all is said, and keys do no harm.
func TestTraceThatCannotBeOpened(t *testing.T) {
	m := view(t, Trace{Open: func() (tracer.Source, error) { return nil, errors.New("gone away") }})
	assert.Contains(t, shown(m), "gone away")
	for _, key := range []rune{tea.KeyEnter, '2', tea.KeyEnter, '3', tea.KeyEnter} {
		assert.Nil(t, press(m, key))
	}
}

// An object's page has what else happens to it, what was found, and the object as it is there.
func TestPageOfAnObject(t *testing.T) {
	trace, _ := write(t, shop, atCart())
	m := view(t, trace)
	press(m, tea.KeyDown)
	m.Update(press(m, tea.KeyEnter)())
	screen := shown(m)
	for _, want := range []string{"Pod shop/Cart, apply at 1m", "W0110 no node fits", "> 1m           apply", "  2m           evict", "image: i"} {
		assert.Contains(t, screen, want)
	}
}

// A page that was closed before its object was read does not come back.
func TestClosedPageStaysClosed(t *testing.T) {
	trace, _ := write(t, shop)
	m := view(t, trace)
	press(m, tea.KeyDown)
	late := press(m, tea.KeyEnter)
	assert.Contains(t, shown(m), "reading…")
	press(m, tea.KeyEscape)
	m.Update(late())
	assert.Contains(t, shown(m), "1 Events")
	assert.NotContains(t, shown(m), "image: i")
}

// Of a file that changes meanwhile, the page says so.
func TestObjectThatIsNoLongerThere(t *testing.T) {
	trace, path := write(t, shop)
	m := view(t, trace)
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(shop, "Cart", "Tray")), 0o600))
	press(m, tea.KeyDown)
	m.Update(press(m, tea.KeyEnter)())
	assert.Contains(t, shown(m), "is no longer in the trace: has the file changed?")
}

// The search goes over what happens, to what, and what was found; it does not mind capitals.
func TestSearchDoesNotMindCapitals(t *testing.T) {
	trace, _ := write(t, shop, atCart())
	for search, want := range map[string]int{"cart": 3, "CART": 3, "drain": 1, "w0110": 1, "node n": 3, "nothing": 0} {
		m := view(t, trace)
		press(m, '/')
		for _, key := range search {
			press(m, key)
		}
		assert.Len(t, m.matches, want, search)
	}
}

// Recorded lives are counted for each owner, and listed on its page; what was not recorded is
// not taken for zero.
func TestRecordedLives(t *testing.T) {
	trace, _ := write(t, shop)
	m := view(t, trace)
	press(m, '2')
	assert.Regexp(t, `Deployment shop/web +2 +1 +1 +5m`, shown(m))
	press(m, tea.KeyEnter)
	assert.Regexp(t, `0 +\? +0s +5m +1 +0`, shown(m))
	assert.Regexp(t, `1 +3s +0s +until deleted +0 +0 +n`, shown(m))
}

// A finding's page has the rule behind it.
func TestPageOfAFinding(t *testing.T) {
	trace, _ := write(t, shop, atCart())
	m := view(t, trace)
	press(m, '3')
	press(m, tea.KeyEnter)
	assert.Contains(t, shown(m), "warning: no node fits")
	assert.Contains(t, shown(m), "found 1 times, first at trace.json:4:5")
	assert.Contains(t, shown(m), "no_node_selected")
}

// The summary counts, and says when the run ends.
func TestSummary(t *testing.T) {
	trace, _ := write(t, shop, atCart())
	m := view(t, trace)
	assert.Contains(t, m.summary(), "lasts 1h; 1 objects at the start, 3 events; 1 errors, 0 warnings")
	endless, _ := write(t, strings.Replace(shop, `"duration":"1h",`, "", 1))
	assert.Contains(t, view(t, endless).summary(), "ends when nothing changes any more")
	assert.Equal(t, "reading…\n", New(trace).summary())
}

// A list is cut where nobody would scroll to, and says so; a search reaches the rest.
func TestLongListsAreCut(t *testing.T) {
	m := New(Trace{})
	x := &index{head: &tracer.Head{}}
	for n := range maxMatches + 5 {
		x.changes = append(x.changes, change{at: time.Duration(n) * time.Second, verb: "delete", ref: tracer.ObjectRef{Kind: "Pod", Name: fmt.Sprint("p-", n)}})
	}
	m.Update(readMsg{x})
	assert.Len(t, m.matches, maxMatches)
	assert.Equal(t, "the first 10000, / searches", m.note())
	for _, key := range "/p-10004" {
		press(m, key)
	}
	assert.Equal(t, "1", m.note())
}
