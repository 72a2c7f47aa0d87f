package config

import (
	"encoding/json"
	"fmt"
	"time"
)

// UnmarshalJSON implements json.Unmarshaler.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		v, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is no duration: want one such as 90s, or a distribution", text)
		}
		*d = Duration{Value: v}
		return nil
	}
	type plain Duration // without this method
	return json.Unmarshal(b, (*plain)(d))
}

// MarshalJSON implements json.Marshaler.
func (d Duration) MarshalJSON() ([]byte, error) {
	if d.Distribution == DistributionFixed {
		return json.Marshal(d.Value.String())
	}
	type plain Duration // without this method
	return json.Marshal(plain(d))
}

func (d *Duration) validate(path string) error {
	if d.Value < 0 || d.Min.Duration < 0 || d.Max.Duration < 0 || d.Mean.Duration < 0 || d.StandardDeviation.Duration < 0 {
		return faultf(path, "a time is negative")
	}
	if d.Max.Duration > 0 && d.Max.Duration < d.Min.Duration {
		return faultf(path, "max, %v, is less than min, %v", d.Max.Duration, d.Min.Duration)
	}
	switch d.Distribution {
	case DistributionFixed:
		if d.Min.Duration != 0 || d.Max.Duration != 0 || d.Mean.Duration != 0 {
			return faultf(path, "distribution is missing: uniform, normal or exponential")
		}
	case DistributionUniform:
		if d.Max.Duration == 0 {
			return faultf(path, "a uniform distribution needs max")
		}
	case DistributionNormal, DistributionExponential:
		if d.Mean.Duration == 0 {
			return faultf(path, "a %s distribution needs mean", d.Distribution)
		}
	default:
		return faultf(path+".distribution", "no distribution %q; there are uniform, normal and exponential", d.Distribution)
	}
	return nil
}
