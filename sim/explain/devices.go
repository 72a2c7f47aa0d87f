package explain

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"simk.dev/simk/sim/report"
)

// Devices are those of a device class, in all nodes together.
type Devices struct {
	Class string `json:"class"`
	// Allocated is how many of them claims of pods have; Total is how many there are.
	Allocated float64 `json:"allocated"`
	Total     float64 `json:"total"`
}

// devicesAt returns the devices at an instant, by class; those of which there are none are left out. They stand in
// the timeline, as resources.
func (r *Run) devicesAt(at float64) ([]Devices, error) {
	columns, all := []string{"atSeconds"}, make([]Devices, 0, len(r.deviceClasses))
	for _, class := range r.deviceClasses {
		columns = append(columns, "requested_"+report.DevicesOf(class), "allocatable_"+report.DevicesOf(class))
		all = append(all, Devices{Class: class})
	}
	if len(all) == 0 {
		return nil, nil
	}
	err := report.ReadTable(filepath.Join(r.dir, report.TimelineFile), columns, func(cell func(string) string) error {
		if from, err := strconv.ParseFloat(cell("atSeconds"), 64); err != nil || from > at {
			return err
		}
		for i := range all {
			var err error
			d, name := &all[i], report.DevicesOf(all[i].Class)
			if d.Allocated, err = strconv.ParseFloat(cell("requested_"+name), 64); err != nil {
				return err
			}
			if d.Total, err = strconv.ParseFloat(cell("allocatable_"+name), 64); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return slices.DeleteFunc(all, func(d Devices) bool { return d.Total == 0 }), err
}

// classesIn returns the device classes among names of resources, in order.
func classesIn(resources []string) []string {
	var classes []string
	for _, name := range resources {
		if class, ok := report.DeviceClass(name); ok {
			classes = append(classes, class)
		}
	}
	slices.Sort(classes)
	return classes
}

// deviceLine tells of them: "gpu devices 3 of 6 allocated".
func deviceLine(all []Devices) string {
	var texts []string
	for _, d := range all {
		texts = append(texts, fmt.Sprintf("%s devices %.0f of %.0f allocated", d.Class, d.Allocated, d.Total))
	}
	return strings.Join(texts, ", ")
}
