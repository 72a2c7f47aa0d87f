package vnode

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestNextRenewal(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 3, 200, time.UTC)
	for after, want := range map[time.Duration]time.Duration{
		0: 0, time.Nanosecond: 0, time.Second: 10 * time.Second, 10 * time.Second: 10 * time.Second,
		10*time.Second + time.Microsecond: 10 * time.Second, 10*time.Second + time.Millisecond: 20 * time.Second,
		599 * time.Second: 600 * time.Second,
	} {
		got := nextRenewal(began, began.Add(after)).Sub(began.Truncate(time.Millisecond))
		assert.Equal(t, want, got, "a failure %v after the start", after)
	}
}
