package edit

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Script is a row of operations on a trace.
type Script struct {
	// Seed decides what chance decides.
	Seed       uint64      `json:"seed,omitempty"`
	Operations []Operation `json:"operations"`
}

// Operation is one step: exactly one field is set.
type Operation struct {
	Slice         *Slice         `json:"slice,omitempty"`
	Keep          *Keep          `json:"keep,omitempty"`
	Drop          *Drop          `json:"drop,omitempty"`
	Sample        *Sample        `json:"sample,omitempty"`
	ScaleArrivals *ScaleArrivals `json:"scaleArrivals,omitempty"`
	ScaleReplicas *ScaleReplicas `json:"scaleReplicas,omitempty"`
	ScaleRunTimes *ScaleRunTimes `json:"scaleRunTimes,omitempty"`
	Shift         *Shift         `json:"shift,omitempty"`
	Stretch       *Stretch       `json:"stretch,omitempty"`
	Set           *Set           `json:"set,omitempty"`
	Unset         *Unset         `json:"unset,omitempty"`
	Patch         *Patch         `json:"patch,omitempty"`
	Insert        *Insert        `json:"insert,omitempty"`
	Merge         *Merge         `json:"merge,omitempty"`
	AddPrefix     *AddPrefix     `json:"addPrefix,omitempty"`
	ScaleNodes    *ScaleNodes    `json:"scaleNodes,omitempty"`
	NodeShape     *NodeShape     `json:"nodeShape,omitempty"`
	NodeCapacity  *NodeCapacity  `json:"nodeCapacity,omitempty"`
	Skel          *Skel          `json:"skel,omitempty"`

	// source is where the operation was written, for errors: a flag or a line.
	source string
}

// From says where an operation was written: errors begin with it.
func (o Operation) From(source string) Operation {
	o.source = source
	return o
}

// Duration is a time as scripts have it: "1h30m".
type Duration = metav1.Duration

// After returns a duration for the fields of operations.
func After(d time.Duration) *Duration { return &Duration{Duration: d} }

// builder is what every operation can do: check itself, and become a stage.
type builder interface {
	build(*compiler) (stage, error)
}

// step returns the name of the operation, and the operation.
func (o Operation) step() (string, builder, error) {
	var name string
	var found builder
	v := reflect.ValueOf(o)
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() || v.Field(i).IsNil() {
			continue
		}
		b, ok := v.Field(i).Interface().(builder)
		if !ok {
			continue
		}
		if found != nil {
			return "", nil, fmt.Errorf("%s and %s in one operation: make two", name, tagOf(v.Type().Field(i)))
		}
		name, found = tagOf(v.Type().Field(i)), b
	}
	if found == nil {
		return "", nil, fmt.Errorf("an operation is empty")
	}
	return name, found, nil
}

func tagOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}
