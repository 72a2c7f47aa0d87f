//go:build faketime

// These tests wait for instants, which takes virtual time.

package agenda

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// served is what an agenda does, in order, until it is empty.
func served(t *testing.T, a *Agenda, log *[]string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	a.Serve(ctx, func(do func()) {
		*log = append(*log, "[")
		do()
		*log = append(*log, "]")
	})
	return *log
}

func TestOrderIsThatOfInstantsThenOfAsking(t *testing.T) {
	var log []string
	a, now := New(), time.Now()
	note := func(what string) func(context.Context) {
		return func(context.Context) { log = append(log, what) }
	}
	a.At(now.Add(2*time.Second), note("late"))
	for _, what := range []string{"a", "b", "c"} {
		a.At(now.Add(time.Second), note(what))
	}
	a.At(now.Add(-time.Second), note("overdue"))
	assert.Equal(t, []string{"[", "overdue", "]", "[", "a", "b", "c", "]", "[", "late", "]"}, served(t, a, &log))
}

func TestWhatAnEntryAsksForAtItsOwnInstantHappensThen(t *testing.T) {
	var log []string
	a, at := New(), time.Now().Add(time.Second)
	a.At(at, func(context.Context) {
		log = append(log, "first")
		a.At(at, func(context.Context) { log = append(log, "third") })
	})
	a.At(at, func(context.Context) { log = append(log, "second") })
	assert.Equal(t, []string{"[", "first", "second", "third", "]"}, served(t, a, &log))
}

func TestAnEarlierEntryThatComesWhileServeWaitsIsInTime(t *testing.T) {
	var log []string
	a, start := New(), time.Now()
	var at time.Duration
	go func() {
		time.Sleep(time.Minute)
		a.At(start.Add(2*time.Minute), func(context.Context) { at = time.Since(start) })
	}()
	served(t, a, &log)
	assert.Equal(t, 2*time.Minute, at)
}

func TestCancelled(t *testing.T) {
	var log []string
	a, at := New(), time.Now().Add(time.Second)
	note := func(context.Context) { log = append(log, "done") }
	gone, stays := a.At(at, note), a.At(at, note)
	a.Cancel(nil)
	a.Cancel(gone)
	a.Cancel(gone)
	assert.Equal(t, []string{"[", "done", "]"}, served(t, a, &log))
	a.Cancel(stays) // it has run
}

func TestNextDoesNotCountWhatIsOptional(t *testing.T) {
	a, now := New(), time.Now()
	nothing := func(context.Context) {}
	a.MaybeAt(now.Add(time.Second), nothing)
	_, ok := a.Next()
	assert.False(t, ok)
	a.At(now.Add(3*time.Second), nothing)
	first := a.At(now.Add(2*time.Second), nothing)
	next, ok := a.Next()
	assert.True(t, ok)
	assert.Equal(t, now.Add(2*time.Second), next)
	a.Cancel(first)
	next, _ = a.Next()
	assert.Equal(t, now.Add(3*time.Second), next)
}
