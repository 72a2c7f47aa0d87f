package kubedump

import (
	"fmt"
	"strconv"
	"strings"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/annotation"
	"simk.dev/simk/tracer/internal/kube"
	"simk.dev/simk/tracer/internal/podspec"
)

// annotated is how an object's pods run by their annotations; ok is false where these do not
// say for how long.
func (r *record) annotated() (l tracer.Lifecycle, ok bool) {
	annotations := kube.Map(podspec.Template(r.object()), "metadata", "annotations")
	runFor, err := annotation.Duration(annotation.RunFor, kube.Str(annotations, annotation.RunFor))
	if err != nil {
		return l, false
	}
	number := func(name string) int32 {
		n, _ := strconv.ParseInt(kube.Str(annotations, name), 10, 32) // 0 where it is none
		return int32(n)
	}
	return tracer.Lifecycle{
		RunFor: runFor, HasRunFor: true,
		ExitCode: number(annotation.ExitCode), Restarts: number(annotation.Restarts),
	}, true
}

// withRunTimes gives lives of pods that still ran the run time of their annotations: a
// lifecycle without one would override it, and they would run for ever.
func (r *record) withRunTimes(lives []tracer.Lifecycle) {
	said, ok := r.annotated()
	if !ok {
		return
	}
	for i := range lives {
		if l := &lives[i]; !l.HasRunFor {
			l.RunFor, l.HasRunFor, l.ExitCode, l.Restarts = said.RunFor, true, said.ExitCode, said.Restarts
		}
	}
}

// endless tells whether an object's runs should end, and will not: none of its pods had
// ended, so that nobody knows how long they take.
func (r *record) endless(lives []tracer.Lifecycle) bool {
	if !r.Is("batch", "Job") && !r.Is("batch", "CronJob") || kube.Field(r.Object, "spec", "suspend") == true {
		return false
	}
	for _, l := range lives {
		if l.HasRunFor {
			return false
		}
	}
	_, said := r.annotated()
	return !said
}

// warnEndless tells which workloads are endless.
func (d *dump) warnEndless(all []*record) {
	const most = 3
	var names []string
	for _, r := range all[:min(len(all), most)] {
		names = append(names, r.id.String())
	}
	if len(all) > most {
		names = append(names, "...")
	}
	if len(all) > 0 {
		d.warn(fmt.Sprintf("the runs of %s will not end (%s): none of their pods had ended, and how long they take is not known. "+
			"Annotate their pod templates with %s, such as 5m",
			plural(len(all), "Job or CronJob", "Jobs or CronJobs"), strings.Join(names, ", "), annotation.RunFor))
	}
}
