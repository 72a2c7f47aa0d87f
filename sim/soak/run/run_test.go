package run

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const dump = `goroutine 1 [running]:
main.main()
	/src/main.go:12 +0x1d

goroutine 7 [select, 3 minutes]:
net/http.(*http2serverConn).serve(0xc000123, {0x1, 0x2})
	/src/h2.go:1 +0x1
net/http.(*Server).ListenAndServe.func2(...)
	/src/server.go:2
created by net/http.(*Server).Serve in goroutine 5
	/src/server.go:3 +0x4

goroutine 8 [IO wait]:
internal/poll.runtime_pollWait(0x7f, 0x72)
	/src/poll.go:1 +0x1
net/http.(*Server).ListenAndServe.func2(...)
	/src/server.go:2
created by net/http.(*Server).Serve in goroutine 5
	/src/server.go:3 +0x4
`

// Goroutines count by what they are, wherever in it they stand.
func TestCountGoroutines(t *testing.T) {
	const server = "net/http.(*Server).ListenAndServe.func2, created by net/http.(*Server).Serve"
	counts := countGoroutines(dump)
	assert.Equal(t, map[string]int{"main.main, created by the runtime": 1, server: 2}, counts)
	assert.Empty(t, grown(counts, counts))
	assert.Empty(t, grown(counts, map[string]int{server: 1}))
	assert.Equal(t, []string{"3 instead of 2: " + server}, grown(counts, map[string]int{server: 3}))
}

func TestResourcePath(t *testing.T) {
	deployment := resource{base: "/apis/apps/v1", Name: "deployments", Namespaced: true}
	assert.Equal(t, "/apis/apps/v1/namespaces/soak/deployments", deployment.path("list", "a"))
	assert.Equal(t, "/apis/apps/v1/namespaces/soak/deployments/a", deployment.path("get", "a"))
	proxy := resource{base: "/api/v1", Name: "nodes/proxy"}
	assert.Equal(t, "/api/v1/nodes/a/proxy", proxy.path("create", "a"))
}

func TestFlat(t *testing.T) {
	const mb = 1_000_000
	at := func(minutes int, own, database int64) sample {
		return sample{at: time.Duration(minutes) * time.Minute, own: own * mb, database: database * mb}
	}
	require.NoError(t, flat([]sample{at(10, 500, 10), at(20, 1000, 100), at(30, 1050, 110), at(60, 1090, 110)}))
	err := flat([]sample{at(10, 500, 10), at(20, 1000, 100), at(60, 1110, 200)})
	assert.ErrorContains(t, err, "its own memory has grown from 1000 MB after 20m0s to 1110 MB after 1h0m0s")
	assert.ErrorContains(t, err, "etcd's file has grown from 100 MB")
}

func TestUsage(t *testing.T) {
	for want, args := range map[string][]string{
		"no arguments but flags":  {"something"},
		"two watches":             {"-watches", "1"},
		"flag provided but not":   {"-nothing"},
		"find the program to tes": {"-simk", "/nothing/simk"},
	} {
		var out, err strings.Builder
		code := Main(args, &out, &err)
		assert.Equal(t, 1, code, want)
		// A test lives in virtual time, as a wrongly built program does.
		if !strings.Contains(err.String(), want) && !strings.Contains(err.String(), "faketime") {
			t.Errorf("%q: %s", args, err.String())
		}
	}
}

func TestFigures(t *testing.T) {
	r := newFigures()
	r.visited(cut, 50)
	r.visited(killed, 50)
	r.scaled(time.Second)
	r.scaled(1500 * time.Millisecond)
	require.NoError(t, r.failure())
	for range 12 {
		r.fail(scalings, assert.AnError)
	}
	r.fail(goroutines, errors.New("one too many"))
	assert.Equal(t, strings.Repeat(assert.AnError.Error()+"\n", firstFailures)+"one too many", r.failure().Error())
	var out strings.Builder
	r.print(&out)
	assert.Contains(t, out.String(), "2 with 100 watches: 0 closed 0 dropped 1 cut off 1 killed\nscalings    2, the slowest reached its pods in 1.50 s")
	assert.Contains(t, out.String(), "failures    0 of clients 12 of scalings 0 of verbs 1 of goroutines\n")
}
