package clock

import (
	"testing"
	"time"
)

// TestZoneIsUTC checks that times are read and written in UTC where no zone is named.
func TestZoneIsUTC(t *testing.T) {
	if got := time.Unix(0, 0).Format(time.RFC3339); got != "1970-01-01T00:00:00Z" {
		t.Errorf("the first instant is %s", got)
	}
}
