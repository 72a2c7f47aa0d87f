package formats

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"simk.dev/simk/tracer"
)

// isOwn recognises simk's own traces by the beginning of their text, of any version and even when
// they are damaged: they have stricter errors than any importer. The order of keys means nothing,
// so that the version may stand behind a million events: then the keys that only a trace has tell.
func isOwn(prefix []byte) bool {
	prefix = bytes.TrimPrefix(prefix, []byte("\ufeff"))
	d := jsontext.NewDecoder(bytes.NewReader(prefix), jsontext.AllowDuplicateNames(true))
	if d.PeekKind() != '{' {
		return false
	}
	if _, err := d.ReadToken(); err != nil {
		return false
	}
	looksOwn := false
	for d.PeekKind() == '"' {
		key, err := d.ReadToken()
		if err != nil {
			return looksOwn
		}
		switch name := key.String(); name {
		case "apiVersion":
			version, err := d.ReadToken()
			return err == nil && version.Kind() == '"' && strings.HasPrefix(version.String(), group)
		case "items":
			return false // a List
		case "lifecycles", "duration", "objects":
			looksOwn = true
		case "events":
			if isOwnEvent(d) {
				return true
			}
		}
		if d.SkipValue() != nil { // the prefix ends, or what is damaged
			return looksOwn
		}
	}
	return looksOwn
}

var group = strings.Split(tracer.APIVersion, "/")[0] + "/"

// isOwnEvent tells whether a list of events that follows begins with one of a trace. It reads no
// further than it must.
func isOwnEvent(d *jsontext.Decoder) bool {
	for _, want := range []jsontext.Kind{'[', '{'} {
		if d.PeekKind() != want {
			return false
		}
		if _, err := d.ReadToken(); err != nil {
			return false
		}
	}
	for d.PeekKind() == '"' {
		key, err := d.ReadToken()
		if err != nil {
			return false
		}
		switch key.String() {
		case "at":
			return d.PeekKind() == '"'
		case "apply", "delete", "evict", "nodes":
			if d.SkipValue() != nil {
				return true // longer than the sample; no other format has such events
			}
		default:
			return false
		}
	}
	return false
}
