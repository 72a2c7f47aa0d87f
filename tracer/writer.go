package tracer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"simk.dev/simk/tracer/interrupt"
)

// Writer writes a trace as a stream: one object, one event per line, the keys
// of objects sorted, so that equal traces are equal files. It refuses what
// Reader would refuse for its length or order, and trusts the rest.
type Writer struct {
	w     *bufio.Writer
	head  *Head
	index int
	last  time.Duration
	err   error // the first failure
}

// NewWriter writes the head of a trace to w. Close completes the trace.
func NewWriter(w io.Writer, head *Head) (*Writer, error) {
	wr := &Writer{w: bufio.NewWriterSize(w, 64<<10), head: head}
	if err := wr.writeHead(head); err != nil {
		return nil, fmt.Errorf("write the trace's head: %w", err)
	}
	return wr, nil
}

// WriteEvent writes the next event; its Index and Pos do not matter.
func (w *Writer) WriteEvent(e *Event) error {
	if w.err == nil {
		w.err = interrupt.Check()
	}
	if w.err == nil {
		if w.err = w.writeEvent(e); w.err != nil {
			w.err = fmt.Errorf("write event %d: %w", w.index, w.err)
		}
	}
	return w.err
}

// Close writes the end of the trace. It does not close what it writes to.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	if w.index > 0 {
		_, _ = w.w.WriteString("\n  ") // Flush returns its error
	}
	_, _ = w.w.WriteString("]\n}\n") // and this one's
	if w.err = w.w.Flush(); w.err != nil {
		return fmt.Errorf("write the trace's end: %w", w.err)
	}
	w.err = fmt.Errorf("the trace is closed")
	return nil
}

// FormatDuration writes a duration as traces have it: "90m" is "1h30m".
func FormatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// The parts of a trace that simk defines, as JSON.
type (
	jsonMetadata struct {
		Name        string `json:"name,omitempty"`
		Description string `json:"description,omitempty"`
		Source      string `json:"source,omitempty"`
		StartTime   string `json:"startTime,omitempty"`
	}
	jsonRef struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Namespace  string `json:"namespace,omitempty"`
		Name       string `json:"name"`
	}
	// jsonPod is a pod of an owner: a pod by its name is a jsonRef.
	jsonPod struct {
		APIVersion string  `json:"apiVersion"`
		Kind       string  `json:"kind"`
		Owner      jsonRef `json:"owner"`
		Index      int32   `json:"index"`
	}
	jsonLifecycle struct {
		StartDelay string `json:"startDelay,omitempty"`
		RunFor     string `json:"runFor,omitempty"`
		ExitCode   int32  `json:"exitCode,omitempty"`
		Restarts   int32  `json:"restarts,omitempty"`
		Node       string `json:"node,omitempty"`
		Pending    string `json:"pending,omitempty"`
	}
	jsonOwner struct {
		Owner jsonRef         `json:"owner"`
		Pods  []jsonLifecycle `json:"pods"`
	}
	jsonNodes struct {
		Fail    []string `json:"fail,omitempty"`
		Recover []string `json:"recover,omitempty"`
		Drain   []string `json:"drain,omitempty"`
	}
)

func (w *Writer) writeHead(h *Head) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"apiVersion\": %q,\n  \"kind\": %q", APIVersion, Kind)
	m := jsonMetadata{Name: h.Name, Description: h.Description, Source: h.Source}
	if !h.StartTime.IsZero() {
		m.StartTime = h.StartTime.UTC().Format(time.RFC3339Nano)
	}
	b.WriteString(",\n  \"metadata\": ")
	if err := appendJSON(&b, m); err != nil {
		return err
	}
	if h.HasDuration {
		fmt.Fprintf(&b, ",\n  \"duration\": %q", FormatDuration(h.Duration))
	}
	if _, err := w.w.Write(b.Bytes()); err != nil {
		return err
	}
	// The long lists go out piece by piece: the head may be far larger than
	// any of its objects.
	written := int64(b.Len())
	for i, o := range h.Objects {
		if err := w.writeItem("objects", i, &written, func(b *bytes.Buffer) error { return appendObject(b, o) }); err != nil {
			return err
		}
	}
	if len(h.Objects) > 0 {
		if _, err := w.w.WriteString("\n  ]"); err != nil {
			return err
		}
	}
	for i, l := range h.Lifecycles {
		if err := w.writeItem("lifecycles", i, &written, func(b *bytes.Buffer) error { return appendJSON(b, ownerJSON(l)) }); err != nil {
			return err
		}
	}
	if len(h.Lifecycles) > 0 {
		if _, err := w.w.WriteString("\n  ]"); err != nil {
			return err
		}
	}
	_, err := w.w.WriteString(",\n  \"events\": [")
	return err
}

// writeItem writes an element of one of the head's lists.
func (w *Writer) writeItem(list string, i int, written *int64, item func(*bytes.Buffer) error) error {
	var b bytes.Buffer
	if i == 0 {
		fmt.Fprintf(&b, ",\n  %q: [", list)
	} else {
		b.WriteByte(',')
	}
	b.WriteString("\n    ")
	if err := item(&b); err != nil {
		return fmt.Errorf("%s[%d]: %w", list, i, err)
	}
	if *written += int64(b.Len()); *written > MaxHead {
		return fmt.Errorf("everything before the events is longer than %s", size(MaxHead))
	}
	_, err := w.w.Write(b.Bytes())
	return err
}

func (w *Writer) writeEvent(e *Event) error {
	if e.At < w.last {
		return fmt.Errorf("events are out of order: this one is at %s, the one before it at %s", FormatDuration(e.At), FormatDuration(w.last))
	}
	if w.head.HasDuration && e.At > w.head.Duration {
		return fmt.Errorf("at %s is after the end of the trace: its duration is %s", FormatDuration(e.At), FormatDuration(w.head.Duration))
	}
	var b bytes.Buffer
	if w.index > 0 {
		b.WriteByte(',')
	}
	fmt.Fprintf(&b, "\n    {\"at\": %q", FormatDuration(e.At))
	if err := appendApply(&b, e.Apply); err != nil {
		return err
	}
	if err := appendPods(&b, e); err != nil {
		return err
	}
	if !e.Nodes.Empty() {
		b.WriteString(`, "nodes": `)
		if err := appendJSON(&b, jsonNodes(e.Nodes)); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	if b.Len() > MaxEvent {
		return fmt.Errorf("the event is longer than %s", size(MaxEvent))
	}
	if _, err := w.w.Write(b.Bytes()); err != nil {
		return err
	}
	w.index++
	w.last = e.At
	return nil
}

// appendPods writes what an event deletes, and which pods it evicts.
func appendPods(b *bytes.Buffer, e *Event) error {
	var deleted, evicted []any
	for _, r := range e.Delete {
		deleted = append(deleted, jsonRef(r))
	}
	for _, p := range e.Pods {
		var one any = jsonRef(p.Ref)
		if p.ByOwner {
			one = jsonPod{podVersion, podKind, jsonRef(p.Ref), p.Index}
		}
		if p.Evict {
			evicted = append(evicted, one)
		} else {
			deleted = append(deleted, one)
		}
	}
	for _, list := range []struct {
		key string
		all []any
	}{{"delete", deleted}, {"evict", evicted}} {
		if len(list.all) == 0 {
			continue
		}
		fmt.Fprintf(b, ", %q: ", list.key)
		if err := appendJSON(b, list.all); err != nil {
			return err
		}
	}
	return nil
}

// appendApply writes one object in the event's line, several on lines of their
// own.
func appendApply(b *bytes.Buffer, objects []Object) error {
	if len(objects) == 0 {
		return nil
	}
	before, after := "", ""
	if len(objects) > 1 {
		before, after = "\n      ", "\n    "
	}
	b.WriteString(`, "apply": [`)
	for i, o := range objects {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(before)
		if err := appendObject(b, o); err != nil {
			return fmt.Errorf("apply[%d]: %w", i, err)
		}
	}
	b.WriteString(after + "]")
	return nil
}

func appendObject(b *bytes.Buffer, o Object) error {
	if o.Unstructured == nil {
		return fmt.Errorf("no object")
	}
	if problem := badObject(o.Object); problem != "" {
		return fmt.Errorf("%s", problem)
	}
	before := b.Len()
	if err := appendJSON(b, o.Object); err != nil {
		return err
	}
	if b.Len()-before > MaxObject {
		return fmt.Errorf("%s is longer than %s", o.Ref(), size(MaxObject))
	}
	return nil
}

func appendJSON(b *bytes.Buffer, v any) error {
	before := b.Len()
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the encoder's line feed
	escapeControls(b, before)
	return nil
}

// escapeControls escapes the controls U+0080 to U+009F in JSON from an index on, which the encoder
// does not, as it does those below a space: a trace may be written to a terminal.
func escapeControls(b *bytes.Buffer, from int) {
	text := b.Bytes()[from:]
	if bytes.IndexByte(text, 0xc2) < 0 { // with which UTF-8 begins them
		return
	}
	var escaped []byte
	for _, r := range string(text) {
		if isControl(r) {
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		} else {
			escaped = utf8.AppendRune(escaped, r)
		}
	}
	b.Truncate(from)
	b.Write(escaped)
}

func isControl(r rune) bool { return r >= 0x80 && r < 0xa0 }

func ownerJSON(l OwnerLifecycles) jsonOwner {
	pods := make([]jsonLifecycle, len(l.Pods))
	for i, p := range l.Pods {
		pods[i] = jsonLifecycle{ExitCode: p.ExitCode, Restarts: p.Restarts, Node: p.Node}
		if p.StartDelay > 0 {
			pods[i].StartDelay = FormatDuration(p.StartDelay)
		}
		if p.HasRunFor {
			pods[i].RunFor = FormatDuration(p.RunFor)
		}
		if p.HasPending {
			pods[i].Pending = FormatDuration(p.Pending)
		}
	}
	return jsonOwner{jsonRef(l.Owner), pods}
}
