package spelling

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"kind", "mode", "metadata", "pendingAtEnd", "pendingSeconds", "p99", "p50"}
	for _, tc := range []struct{ word, want string }{
		{"knd", "kind"},
		{"KIND", "kind"},
		{"metdata", "metadata"},
		{"pendingAtend", "pendingAtEnd"},
		{"pendingSecond", "pendingSeconds"},
		{"p95", "p99"},
		{"p9", "p99"},
		{"nodes", ""},
		{"", ""},
	} {
		got, ok := Nearest(tc.word, known)
		if got != tc.want || ok != (tc.want != "") {
			t.Errorf("Nearest(%q) = %q, %v; want %q", tc.word, got, ok, tc.want)
		}
	}
}
