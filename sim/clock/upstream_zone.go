package clock

import "time"

// The simulated cluster's time zone is UTC, whatever that of the machine is: the CronJob
// controller reads schedules in the local one.
func init() { time.Local = time.UTC }
