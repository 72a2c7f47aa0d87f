package sktrace

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"unicode/utf8"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"simk.dev/simk/tracer"
)

// decoder reads MessagePack values one by one. A length that the file declares
// is only a number here: memory grows with what is really read, and is charged
// as if it were JSON, because MessagePack is denser: one byte is an empty map.
type decoder struct {
	file string
	in   *counter
	msg  *msgpack.Decoder
	// what says what is being read, for errors.
	what string

	spent     int64  // what was charged so far
	part      string // what is bounded, with its limit and where that is reached
	partLimit int64
	partEnd   int64
	objectEnd int64
	limits    limits

	short  []byte            // room for a short string
	common map[string]string // short strings that came before: most do again and again
}

// limits are those of a trace, less in tests.
type limits struct{ object, event, head int64 }

var defaultLimits = limits{tracer.MaxObject, tracer.MaxEvent, tracer.MaxHead}

func newDecoder(file string, r io.Reader, l limits) *decoder {
	in := &counter{r: bufio.NewReaderSize(r, 64<<10)}
	return &decoder{file: file, in: in, msg: msgpack.NewDecoder(in), what: "the trace",
		limits: l, partEnd: math.MaxInt64, objectEnd: math.MaxInt64, short: make([]byte, maxShort), common: map[string]string{}}
}

// counter knows how many bytes were taken from a reader. Having ReadByte and
// UnreadByte it is used without another buffer.
type counter struct {
	r *bufio.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *counter) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

func (c *counter) UnreadByte() error {
	err := c.r.UnreadByte()
	if err == nil {
		c.n--
	}
	return err
}

// discard passes over that many bytes.
func (c *counter) discard(n int) error {
	done, err := c.r.Discard(n)
	c.n += int64(done)
	return err
}

// begin bounds what is read from here on; limit is in bytes of JSON.
func (d *decoder) begin(part string, limit int64) {
	d.what, d.part, d.partLimit, d.partEnd = part, part, limit, d.spent+limit
	d.objectEnd = math.MaxInt64
}

// beginObject bounds one value within that.
func (d *decoder) beginObject(what string) {
	d.what = what
	d.objectEnd = d.spent + d.limits.object
}

func (d *decoder) spend(n int) error {
	d.spent += int64(n)
	if d.spent > d.objectEnd {
		return d.errorf("a single object is longer than %d MiB, written as JSON", d.limits.object>>20)
	}
	if d.spent > d.partEnd {
		return d.errorf("%s: longer than %d MiB, written as JSON", d.part, d.partLimit>>20)
	}
	return nil
}

// errorf is an error where the decoder stands.
func (d *decoder) errorf(format string, args ...any) error {
	return d.errorAt(d.in.n, format, args...)
}

func (d *decoder) errorAt(offset int64, format string, args ...any) error {
	msg := fmt.Sprintf("byte %d: reading %s: %s", offset, d.what, fmt.Sprintf(format, args...))
	return &tracer.Error{Pos: tracer.Position{File: d.file}, Event: -1, Msg: msg}
}

// failed is an error of the input itself.
func (d *decoder) failed(err error) error {
	msg := fmt.Sprintf("byte %d: reading %s", d.in.n, d.what)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		msg += ": the file is cut off here"
		err = io.ErrUnexpectedEOF
	}
	return &tracer.Error{Pos: tracer.Position{File: d.file}, Event: -1, Msg: msg, Err: err}
}

// peek returns the code of the next value.
func (d *decoder) peek() (byte, error) {
	code, err := d.msg.PeekCode()
	if err != nil {
		return 0, d.failed(err)
	}
	return code, nil
}

// expect peeks at the next value and refuses one of another kind.
func (d *decoder) expect(is func(byte) bool, want string) error {
	code, err := d.peek()
	if err == nil && !is(code) {
		err = d.errorf("want %s, found %s", want, kindOf(code))
	}
	return err
}

// mapLen reads the beginning of a map; nil counts as an empty one.
func (d *decoder) mapLen(what string) (int, error) {
	if err := d.expect(func(c byte) bool { return isMap(c) || c == msgpcode.Nil }, "a map as "+what); err != nil {
		return 0, err
	}
	n, err := d.msg.DecodeMapLen()
	if err != nil {
		return 0, d.failed(err)
	}
	return max(n, 0), nil
}

// arrayLen is the same for an array.
func (d *decoder) arrayLen(what string) (int, error) {
	if err := d.expect(func(c byte) bool { return isArray(c) || c == msgpcode.Nil }, "an array as "+what); err != nil {
		return 0, err
	}
	n, err := d.msg.DecodeArrayLen()
	if err != nil {
		return 0, d.failed(err)
	}
	return max(n, 0), nil
}

// text reads a string.
func (d *decoder) text(what string) (string, error) {
	if err := d.expect(msgpcode.IsString, "a string as "+what); err != nil {
		return "", err
	}
	n, err := d.msg.DecodeBytesLen()
	if err != nil {
		return "", d.failed(err)
	}
	if int64(n) > d.limits.object {
		return "", d.errorf("%s: a string of %d bytes is longer than %d MiB", what, n, d.limits.object>>20)
	}
	// Charged before it is read: what is too long is not even buffered.
	if err := d.spend(n + 3); err != nil {
		return "", err
	}
	if n <= maxShort {
		return d.shortText(what, d.short[:n])
	}
	const step = 64 << 10
	b := make([]byte, 0, min(n, step))
	for len(b) < n {
		start := len(b)
		b = append(b, make([]byte, min(n-start, max(step, start)))...)
		if err := d.msg.ReadFull(b[start:]); err != nil {
			return "", d.failed(err)
		}
	}
	if !utf8.Valid(b) {
		return "", d.errorf("%s is not UTF-8 text", what)
	}
	return string(b), nil
}

// Short strings are kept once, up to so many: keys, kinds, namespaces.
const maxShort, maxCommon = 64, 4096

func (d *decoder) shortText(what string, b []byte) (string, error) {
	if err := d.msg.ReadFull(b); err != nil {
		return "", d.failed(err)
	}
	if s, known := d.common[string(b)]; known {
		return s, nil
	}
	if !utf8.Valid(b) {
		return "", d.errorf("%s is not UTF-8 text", what)
	}
	s := string(b)
	if len(d.common) < maxCommon {
		d.common[s] = s
	}
	return s, nil
}

// integer reads a whole number in any of MessagePack's forms.
func (d *decoder) integer(what string) (int64, error) {
	if err := d.expect(isInteger, "a whole number as "+what); err != nil {
		return 0, err
	}
	code, _ := d.peek()
	n, err := d.msg.DecodeInt64()
	if err != nil {
		return 0, d.failed(err)
	}
	if code == msgpcode.Uint64 && n < 0 {
		return 0, d.errorf("%s: %d is out of range", what, uint64(n))
	}
	return n, d.spend(2)
}

func isMap(c byte) bool {
	return msgpcode.IsFixedMap(c) || c == msgpcode.Map16 || c == msgpcode.Map32
}

func isArray(c byte) bool {
	return msgpcode.IsFixedArray(c) || c == msgpcode.Array16 || c == msgpcode.Array32
}

func isInteger(c byte) bool {
	return msgpcode.IsFixedNum(c) || c >= msgpcode.Uint8 && c <= msgpcode.Int64
}

// kindOf names a code for messages.
func kindOf(c byte) string {
	switch {
	case c == msgpcode.Nil:
		return "nil"
	case c == msgpcode.False, c == msgpcode.True:
		return "a boolean"
	case isInteger(c):
		return "a whole number"
	case c == msgpcode.Float, c == msgpcode.Double:
		return "a float"
	case msgpcode.IsString(c):
		return "a string"
	case msgpcode.IsBin(c):
		return "binary data"
	case isArray(c):
		return "an array"
	case isMap(c):
		return "a map"
	case msgpcode.IsExt(c):
		return "an extension type"
	}
	return fmt.Sprintf("the byte 0x%02x, which MessagePack does not use", c)
}
