package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConvert(t *testing.T) {
	const stacks = "simk\n\tffffffff8168befa\n\t1000\n\t2000\n\nsimk\n\t1000\n\t2000\n\nother\n\t3000\n\nsimk\n\t2000\n"
	var out bytes.Buffer
	require.NoError(t, convert(strings.NewReader(stacks), &out))
	p, err := profile.Parse(&out)
	require.NoError(t, err)
	require.Len(t, p.Sample, 2)
	assert.Equal(t, []int64{2}, p.Sample[0].Value)
	assert.Equal(t, uint64(textStart+0x1000), p.Sample[0].Location[0].Address)
	assert.Equal(t, []int64{1}, p.Sample[1].Value)
	assert.Len(t, p.Location, 2)

	assert.ErrorContains(t, convert(strings.NewReader("simk\n\txyz\n"), &out), "no address")
}

func TestClean(t *testing.T) {
	f := &profile.Function{ID: 1, Name: "main.main", Filename: "/home/somebody/main.go", StartLine: 7}
	m := &profile.Mapping{ID: 1, File: "/home/somebody/simk", BuildID: "x"}
	l := &profile.Location{ID: 1, Mapping: m, Line: []profile.Line{{Function: f, Line: 9}}}
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}}, PeriodType: &profile.ValueType{},
		Mapping: []*profile.Mapping{m}, Function: []*profile.Function{f}, Location: []*profile.Location{l},
		Sample: []*profile.Sample{{Value: []int64{3}, Location: []*profile.Location{l}}},
	}
	var in, out bytes.Buffer
	require.NoError(t, p.Write(&in))
	require.NoError(t, clean(&in, &out))
	p, err := profile.Parse(&out)
	require.NoError(t, err)
	assert.NotContains(t, p.String(), "somebody")
	assert.Equal(t, int64(7), p.Function[0].StartLine)
}
