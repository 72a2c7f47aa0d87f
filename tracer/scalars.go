package tracer

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

func (d *decoder) mismatch(where, want string, token any) error {
	return d.errorf("%s: want %s, found %s", where, want, describe(token))
}

func (d *decoder) string(key string) (string, error) {
	token, err := d.token()
	if err != nil {
		return "", err
	}
	s, ok := token.(string)
	if !ok {
		return "", d.mismatch(key, "a string", token)
	}
	return s, nil
}

// name reads a string that may not be empty.
func (d *decoder) name(key string) (string, error) {
	s, err := d.string(key)
	if err == nil && s == "" {
		err = d.errorf("%s is empty", key)
	}
	if err == nil && hasControls(s) {
		err = d.errorf("%s", controlsIn(key, s))
	}
	return s, err
}

// hasControls tells whether a name holds characters that no name of Kubernetes has and that would
// break the line, or the terminal, on which it is shown.
func hasControls(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f { // the rare name that has such is looked at closely
			return strings.IndexFunc(s, unicode.IsControl) >= 0
		}
	}
	return false
}

func controlsIn(key, s string) string {
	return fmt.Sprintf("%s %q holds control characters, which no name in Kubernetes has", key, shorten(s))
}

func (d *decoder) names(key string) ([]string, error) {
	var all []string
	err := d.items(key, func() error {
		s, err := d.name(key)
		all = append(all, s)
		return err
	})
	return all, err
}

func (d *decoder) duration(key string) (time.Duration, error) {
	token, err := d.token()
	if err != nil {
		return 0, err
	}
	s, ok := token.(string)
	if !ok {
		return 0, d.mismatch(key, `a duration such as "1.5s"`, token)
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return 0, d.errorf(`%s: %q is not a duration such as "1.5s" or "90m"`, key, s)
	}
	if v < 0 {
		return 0, d.errorf("%s: %s is negative", key, s)
	}
	return v, nil
}

// integer reads a whole number from 0 to most.
func (d *decoder) integer(key string, most int64) (int32, error) {
	token, err := d.token()
	if err != nil {
		return 0, err
	}
	number, ok := token.(json.Number)
	if !ok {
		return 0, d.mismatch(key, "a whole number", token)
	}
	n, err := strconv.ParseInt(string(number), 10, 64)
	if err != nil || n < 0 || n > most {
		return 0, d.errorf("%s: want a whole number from 0 to %d, found %s", key, most, number)
	}
	return int32(n), nil
}

// size writes a limit for messages.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// describe names the kind of a token for messages.
func describe(token any) string {
	switch t := token.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprint(t)
	case string:
		return "the string " + strconv.Quote(shorten(t))
	case json.Number:
		return "the number " + shorten(string(t))
	case json.Delim:
		if t == '{' {
			return "an object"
		}
		return "an array"
	case map[string]any:
		return "an object"
	case []any:
		return "an array"
	}
	return fmt.Sprintf("the number %v", token)
}

// shorten keeps what is quoted from a file to a readable length.
func shorten(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
