package kube

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestSplitter(t *testing.T) {
	const text = "\ufeff# comment\n%YAML 1.1\n--- # first\n\na: 1\n# inside\n\n---\n---\n\n  \nb: |\n  ---\n...\n--- {c: 3,\nd: 4}\n---not a separator\n--- e"
	want := []struct {
		line int
		text string
	}{
		{5, "a: 1\n# inside\n\n"},
		{12, "b: |\n  ---\n"},
		{15, " {c: 3,\nd: 4}\n---not a separator\n"},
		{18, " e\n"},
	}
	s := splitter{r: bufio.NewReader(strings.NewReader(text)), limit: 1000}
	for _, w := range want {
		got, line, err := s.next()
		if err != nil || string(got) != w.text || line != w.line {
			t.Errorf("got %q, line %d, %v; want %q, line %d", got, line, err, w.text, w.line)
		}
	}
	if _, _, err := s.next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

// Neither one long line nor many lines make a document beyond the limit.
func TestSplitterLimit(t *testing.T) {
	for _, piece := range []string{"aaaaaaaaa", "a: b\n"} {
		s := splitter{r: bufio.NewReader(strings.NewReader(strings.Repeat(piece, 1<<20))), limit: 1 << 20}
		_, line, err := s.next()
		if err == nil || err.Error() != "longer than 1 MiB" || line != 1 {
			t.Errorf("%q: line %d, %v", piece, line, err)
		}
	}
}
