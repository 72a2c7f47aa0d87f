package config

import (
	_ "embed" // for machines.csv
	"encoding/csv"
	"strconv"
	"strings"
	"sync"
)

// Machine is a shape of the built-in catalogue.
type Machine struct {
	Cloud, Name, Arch string
	CPU, MemoryMiB    int64
	// GPUs are of the resource GPUResource, such as nvidia.com/gpu.
	GPUs        int64
	GPUResource string
	// GPUProduct and GPUMemoryMiB are what a driver reports of each of them.
	GPUProduct   string
	GPUMemoryMiB int64
	// MaxPods is the most pods that the cloud's managed Kubernetes puts on one by default.
	MaxPods int64
}

//go:embed machines.csv
var catalogue string

// Machines returns the catalogue, in the order of its file.
var Machines = sync.OnceValue(func() []Machine {
	rows, err := csv.NewReader(strings.NewReader(catalogue)).ReadAll()
	if err != nil {
		panic("machines.csv: " + err.Error()) // a test reads it
	}
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			panic("machines.csv: " + err.Error())
		}
		return n
	}
	var machines []Machine
	for _, r := range rows[1:] {
		machines = append(machines, Machine{
			Cloud: r[0], Name: r[1], Arch: r[2], CPU: number(r[3]), MemoryMiB: number(r[4]),
			GPUs: number(r[5]), GPUResource: r[6], MaxPods: number(r[7]), GPUProduct: r[8], GPUMemoryMiB: number(r[9]),
		})
	}
	return machines
})

// FindMachine returns the shape of that name.
func FindMachine(name string) (Machine, bool) {
	for _, m := range Machines() {
		if m.Name == name {
			return m, true
		}
	}
	return Machine{}, false
}
