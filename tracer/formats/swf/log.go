package swf

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

// The fields of a line, by their place in the format's definition.
const (
	fieldJob = iota
	fieldSubmit
	fieldWait
	fieldRun
	fieldProcessors
	fieldCPUTime
	fieldMemory
	fieldProcessorsAsked
	fieldTimeAsked
	fieldMemoryAsked
	fieldStatus
	fieldUser
	fieldGroup
	fieldApplication
	fieldQueue
	fieldPartition
	fieldPrevious
	fieldThink
	fields // how many there are
)

// Values of the status.
const (
	statusFailed    = 0
	statusPartial   = 2 // and 3 and 4: parts of an execution whose whole is on a line of its own
	statusCancelled = 5
)

const (
	maxProcessors = 1_000_000
	maxKiB        = 1e12
)

// log is a job log.
type log struct {
	header header
	jobs   []job
	rows   build.Rows
}

func (l *log) read(path string, o options, notes *build.Notes) error {
	r, err := table.OpenLines(path)
	if err != nil {
		return err
	}
	defer r.Close()
	line := map[int64]int{}
	for r.Next() {
		text := strings.TrimSpace(r.Text())
		if comment, ok := strings.CutPrefix(text, ";"); ok {
			l.header.read(r, comment)
			continue
		}
		if text == "" {
			continue
		}
		words := strings.Fields(text)
		if len(words) != fields {
			r.Fail("a line has %d fields, this one %d", fields, len(words))
			break
		}
		j, ok := readJob(r, words, notes)
		if before := line[j.number]; ok && before > 0 {
			r.Fail("job %d is on line %d already", j.number, before)
		}
		if ok {
			line[j.number] = r.Line()
			l.add(r, j, o)
		}
	}
	return r.Err()
}

func (l *log) add(r *table.Lines, j job, o options) {
	row := build.Row{At: j.submit, Index: int32(len(l.jobs)), Count: 1}
	if o.pods == podPerProcessor {
		row.Count = int32(j.processors)
	}
	l.jobs = append(l.jobs, j)
	if err := l.rows.Add(row); err != nil {
		r.Fail("%v", err)
	}
	if j.cancelled {
		row.At, row.Delete = j.submit+j.wait, true
		if err := l.rows.Add(row); err != nil {
			r.Fail("%v", err)
		}
	}
}

// readJob reads a line. It is false for one that is left out, which is noted.
func readJob(r *table.Lines, words []string, notes *build.Notes) (j job, ok bool) {
	whole := func(field int, name string, least, most int64) int64 { return r.Int(name, words[field], least, most) }
	j = job{
		number: whole(fieldJob, "job number", 0, math.MaxInt64), submit: r.Seconds("submit time", words[fieldSubmit], 0),
		wait: r.Seconds("wait time", words[fieldWait], -time.Second), runFor: r.Seconds("run time", words[fieldRun], -time.Second),
		processors: whole(fieldProcessors, "allocated processors", -1, maxProcessors),
		memoryKiB:  int64(r.Float("requested memory", words[fieldMemoryAsked], -1, maxKiB)),
	}
	for i, field := range []int{fieldUser, fieldGroup, fieldQueue, fieldPartition} {
		j.ids[i] = whole(field, labels[i], -1, math.MaxInt32)
	}
	cpuTime := r.Seconds("average CPU time", words[fieldCPUTime], -time.Second)
	if asked := whole(fieldProcessorsAsked, "requested processors", -1, maxProcessors); j.processors <= 0 {
		j.processors = asked
	}
	status := whole(fieldStatus, "status", -1, statusCancelled)
	j.failed = status == statusFailed
	switch {
	case status >= statusPartial && status < statusCancelled:
		notes.Count("lines are partial executions of jobs and left out: the whole is on a line of its own")
		return j, false
	case j.processors <= 0:
		notes.Count("jobs have no number of processors and are left out")
		return j, false
	case status == statusCancelled && j.runFor <= 0 && j.wait >= 0:
		j.cancelled = true
	case j.runFor < 0 && cpuTime >= 0:
		notes.Count("jobs have no run time: their average CPU time is taken")
		j.runFor = cpuTime
	case j.runFor < 0:
		notes.Count("jobs have neither a run time nor a CPU time and are left out")
		return j, false
	}
	return j, true
}

// header is what the comments at the beginning say.
type header struct {
	start             time.Time
	nodes, processors int64
}

func (h *header) read(r *table.Lines, comment string) {
	key, value, _ := strings.Cut(comment, ":")
	value = strings.TrimSpace(value)
	switch strings.TrimSpace(key) {
	case "UnixStartTime":
		// Some logs say 0 or less for an unknown one.
		if seconds := r.Int("UnixStartTime", value, -1, math.MaxInt32*4); seconds > 0 {
			h.start = time.Unix(seconds, 0).UTC()
		}
	case "MaxNodes":
		h.nodes = leadingNumber(r, "MaxNodes", value, build.MaxNodes)
	case "MaxProcs":
		h.processors = leadingNumber(r, "MaxProcs", value, 1e9)
	}
}

// leadingNumber reads a number that archives like to explain: "240 (2 each)".
func leadingNumber(r *table.Lines, name, value string, most int64) int64 {
	word, _, _ := strings.Cut(value, " ")
	return r.Int(name, word, -1, most)
}

// looksLikeLog recognises a log by its header or by its first line.
func looksLikeLog(prefix []byte) bool {
	for line := range bytes.Lines(prefix) {
		text := strings.TrimSpace(string(line))
		switch {
		case text == "":
			continue
		case strings.HasPrefix(text, ";"):
			key, _, found := strings.Cut(strings.TrimLeft(text, "; \t"), ":")
			if found && (key == "Version" || key == "MaxJobs" || key == "UnixStartTime" || key == "MaxProcs") {
				return true
			}
			continue
		}
		return numbers(strings.Fields(text), fields)
	}
	return false
}

// looksLikeMachines recognises Alea's list: id, name, nodes, processors of each,
// speed, memory of each.
func looksLikeMachines(prefix []byte) bool {
	line, _, _ := bytes.Cut(prefix, []byte("\n"))
	words := strings.Split(strings.TrimRight(string(line), "\r"), "\t")
	return len(words) == machineFields && numbers([]string{words[0], words[2], words[3], words[4], words[5]}, 5)
}

func numbers(words []string, n int) bool {
	for _, w := range words {
		if _, err := strconv.ParseFloat(w, 64); err != nil {
			return false
		}
	}
	return len(words) == n
}
