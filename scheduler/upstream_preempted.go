package scheduler

// preempted is the reason of the event about a victim. Who it made room for is
// its other object.
const preempted = "Preempted"
