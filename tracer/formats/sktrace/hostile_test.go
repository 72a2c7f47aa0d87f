package sktrace

import (
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
)

// memory is a file of that content, without a disk that makes tests slow.
func memory(content string) input {
	return input{"t.sktrace", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

// readText imports a file of that content to the end, without looking at what comes out.
func readText(t testing.TB, content string, l limits) error {
	t.Helper()
	s, err := importLimited(memory(content), formats.Common{}, l)
	if err == nil {
		defer closing(t, s)
		_, err = drain(s)
	}
	var e *tracer.Error
	if err != nil && (!errors.As(err, &e) || e.Pos.File != "t.sktrace") {
		t.Fatalf("the error does not tell the file: %T: %v", err, err)
	}
	return err
}

func sampleText(t testing.TB) string {
	t.Helper()
	content, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestCutOffAnywhere(t *testing.T) {
	text := sampleText(t)
	for n := range len(text) {
		err := readText(t, text[:n], defaultLimits)
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "the file is cut off here") {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
}

// Whatever byte is wrong, the answer is a trace or an error that tells the file.
func TestDamagedAnywhere(t *testing.T) {
	text := sampleText(t)
	refused := 0
	for n := range len(text) {
		for _, b := range []byte{0, 0xc1, 0xdf} {
			if readText(t, text[:n]+string(b)+text[n+1:], defaultLimits) != nil {
				refused++
			}
		}
	}
	if refused < len(text) {
		t.Errorf("only %d of %d damaged files were refused", refused, 3*len(text))
	}
}

const (
	top   = "\x82\xa7version\x02\xa6events"
	begin = top + "\x91\x82\xa2ts\xce\x65\x53\xf1\x00\xacapplied_objs"
	lives = "\x83\xa7version\x02\xa6events\x90\xaepod_lifecycles"
	pod   = "\x81\x92\xa6v1.Pod\xa3a/p"
)

func TestBadFiles(t *testing.T) {
	deep := strings.Repeat("\x91", 100_000)
	for name, test := range map[string]struct{ content, want string }{
		"a number":              {"\x05", "byte 0: reading the trace: not a SimKube trace: want a MessagePack map, found a whole number"},
		"the unused byte":       {"\xc1", "found the byte 0xc1, which MessagePack does not use"},
		"no version":            {"\x81\xa6events\x90", `there is no key "version"`},
		"no events":             {"\x81\xa7version\x02", `there is no key "events"`},
		"version 1":             {"\x82\xa7version\x01\xa6events\x90", "version 1: this simk reads versions 2 and 3"},
		"version as text":       {"\x82\xa7version\xa12\xa6events\x90", "want a whole number as version, found a string"},
		"events twice":          {"\x83\xa7version\x02\xa6events\x90\xa6events\x90", `the key "events" comes twice`},
		"more behind":           {top + "\x90\xc0", "byte 18: reading the key events: there is more after the end of the trace"},
		"no ts":                 {top + "\x91\x80", "reading events[0]: the event has no ts"},
		"out of order":          {top + "\x92\x81\xa2ts\x09\x81\xa2ts\x08", "events are out of order: this one is at second 8, the one before it at 9"},
		"ts too late":           {top + "\x92\x81\xa2ts\x09\x81\xa2ts\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", "ts 9223372036854775807 is out of range"},
		"ts beyond int64":       {top + "\x91\x81\xa2ts\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "ts: 18446744073709551615 is out of range"},
		"object is a list":      {begin + "\x91\x90", "byte 41: reading events[0].applied_objs[0]: want a Kubernetes object, found an array"},
		"object without name":   {begin + "\x91\x82\xaaapiVersion\xa2v1\xa4kind\xa3Pod", "metadata.name of the object is missing or not a string"},
		"key of an object":      {begin + "\x91\x81\x91\x01\x02", "want a string as key of a map, found an array"},
		"binary data":           {begin + "\x91\x81\xa1a\xc4\x00", "binary data, which no Kubernetes object holds"},
		"extension":             {begin + "\x91\x81\xa1a\xd4\x01\x00", "an extension type, which no Kubernetes object holds"},
		"not a number":          {begin + "\x91\x81\xa1a\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", "the number NaN has no form in JSON"},
		"not UTF-8":             {begin + "\x91\x81\xa1a\xa2\xff\xfe", "value is not UTF-8 text"},
		"map32 as trace":        {"\xdf\xff\xff\xff\xff", "the file is cut off here"},
		"array32 of events":     {top + "\xdd\xff\xff\xff\xff", "the file is cut off here"},
		"str32 as key":          {"\x82\xdb\xff\xff\xff\xffa", "a string of 4294967295 bytes is longer than 16 MiB"},
		"str32 in an object":    {begin + "\x91\x81\xa1a\xdb\xff\xff\xff\xffa", "the file is cut off here"},
		"map32 in an object":    {begin + "\x91\x81\xa1a\xdf\xff\xff\xff\xff", "the file is cut off here"},
		"array32 in an object":  {begin + "\x91\x81\xa1a\xdd\xff\xff\xff\xff", "the file is cut off here"},
		"array32 of objects":    {begin + "\xdd\xff\xff\xff\xff", "the file is cut off here"},
		"bin32, passed over":    {"\x83\xa5index\xc6\xff\xff\xff\xff", "the file is cut off here"},
		"ext32, passed over":    {"\x83\xa5index\xc9\xff\xff\xff\xff\x01", "the file is cut off here"},
		"deep in an object":     {begin + "\x91\x81\xa1a" + deep, "nested deeper than 200 levels"},
		"deep maps":             {begin + "\x91" + strings.Repeat("\x81\xa1a", 100_000), "nested deeper than 200 levels"},
		"deep, passed over":     {"\x83\xa5index" + deep, "nested deeper than 200 levels"},
		"deep as a key":         {"\x83" + deep, "want a string as key of the trace, found an array"},
		"lives of a list":       {lives + "\x90", "want a map as pod_lifecycles, found an array"},
		"owner of one":          {lives + "\x81\x91\xa6v1.Pod\x80", "want an array of two strings, the owner's kind and its name, found one of 1"},
		"owner as text":         {lives + "\x81\xa6v1.Pod\x80", "want an array as key of pod_lifecycles, found a string"},
		"owner without version": {lives + "\x81\x92\xa3Pod\xa1p\x80", `"Pod" is not a kind such as apps/v1.Deployment`},
		"owner without name":    {lives + "\x81\x92\xa6v1.Pod\xa2a/\x80", `the owner's name "a/" is empty`},
		"hash as text":          {lives + pod + "\x81\xa1h\x90", "reading the pod_lifecycles of Pod a/p: want a hash, found a string"},
		"unknown state":         {lives + pod + "\x81\x01\x91\xa4Dead", `want "Empty", {"Running": start}`},
		"unknown map":           {lives + pod + "\x81\x01\x91\x81\xa4Dead\x01", `found "Dead"`},
		"two states":            {lives + pod + "\x81\x01\x91\x82", "found a map of 2 keys"},
		"end missing":           {lives + pod + "\x81\x01\x91\x81\xa8Finished\x91\x01", "want start and end of a pod, found an array of 1"},
		"start too late":        {lives + pod + "\x81\x01\x91\x81\xa7Running\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", "the start of a pod: second 9223372036854775807 is out of range"},
		"lives without end":     {lives + pod + "\x81\x01\xdd\xff\xff\xff\xff", "the file is cut off here"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := readText(t, test.content, defaultLimits)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
				t.Errorf("took %d bytes of memory", used)
			}
		})
	}
}

// One byte of MessagePack can be an empty map, so that sizes are bounded by the
// JSON they stand for.
func TestLimits(t *testing.T) {
	l := limits{object: 1 << 20, event: 2 << 20, head: 3 << 20}
	name := "\x83\xaaapiVersion\xa2v1\xa4kind\xa3Pod\xa8metadata\x82\xa4name\xa1a\xa1x"
	maps := func(n int) string {
		return "\xdd\x00" + string([]byte{byte(n >> 16), byte(n >> 8), byte(n)}) + strings.Repeat("\x80", n)
	}
	many := func(n int) string { return "\x9f" + strings.Repeat(name+maps(n), 15) }
	next := "\x92\x81\xa2ts\xce\x65\x53\xf1\x00" + "\x82\xa2ts\xce\x65\x53\xf1\x00\xacapplied_objs"
	pods := func(n int) string {
		return "\x81\x01\xdd\x00" + string([]byte{byte(n >> 16), byte(n >> 8), byte(n)}) + strings.Repeat("\xa5Empty", n)
	}
	for what, test := range map[string]struct{ content, want string }{
		"object":          {begin + "\x91" + name + maps(300_000), ""},
		"long object":     {begin + "\x91" + name + maps(400_000), "events[0].applied_objs[0]: a single object is longer than 1 MiB, written as JSON"},
		"head":            {begin + many(60_000), ""},
		"long head":       {begin + many(80_000), "events[0]: longer than 3 MiB, written as JSON"},
		"event":           {top + next + many(40_000), ""},
		"long event":      {top + next + many(60_000), "events[1]: longer than 2 MiB, written as JSON"},
		"lifecycles":      {lives + pod + pods(120_000), ""},
		"long lifecycles": {lives + pod + pods(190_000), "pod_lifecycles: longer than 3 MiB, written as JSON"},
		"string":          {begin + "\x91" + name + "\xdb\x00\x0f\xff\x00" + strings.Repeat("x", 0xfff00), ""},
		"long string":     {begin + "\x91" + name + "\xdb\x00\x10\x00\x01" + strings.Repeat("x", 0x100001), "longer than 1 MiB"},
	} {
		err := readText(t, test.content, l)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", what, err, test.want)
		}
	}
}
