package source

import "bytes"

// listEnd finds the end of a list in JSON, and the first character after it that is neither
// white space nor a comma. It need not understand what it passes, and so passes it several times
// as fast as a tokenizer.
type listEnd struct {
	depth   int  // how many lists and objects are open
	inside  bool // of a string
	escaped bool // by a backslash at the end of the text before
	key     bool // a string stands behind the list
}

// find returns where in text that character stands; negative: further on.
func (l *listEnd) find(text []byte) int {
	for at := 0; at < len(text); {
		switch {
		case l.inside:
			at = l.passString(text, at)
		case l.depth > 0:
			at = l.passBetween(text, at)
		case bytes.IndexByte([]byte(" \t\r\n,"), text[at]) < 0:
			l.key = text[at] == '"'
			return at
		default:
			at++
		}
	}
	return -1
}

// passString returns where the string ends, or the text.
func (l *listEnd) passString(text []byte, at int) int {
	if l.escaped {
		l.escaped = false
		at++
	}
	for ; at < len(text); at++ {
		switch text[at] {
		case '"':
			l.inside = false
			return at + 1
		case '\\':
			if at++; at == len(text) {
				l.escaped = true
			}
		}
	}
	return at
}

// passBetween returns where a string or the list ends, or the text.
func (l *listEnd) passBetween(text []byte, at int) int {
	for ; at < len(text); at++ {
		switch text[at] {
		case '"':
			l.inside = true
			return at + 1
		case '[', '{':
			l.depth++
		case ']', '}':
			if l.depth--; l.depth == 0 {
				return at + 1
			}
		}
	}
	return at
}
