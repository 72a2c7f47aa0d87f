package sktrace

import (
	"fmt"
	"math"
	"strings"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
)

// value reads any value that JSON has, as unstructured objects hold it.
func (d *decoder) value(depth int) (any, error) {
	if depth > tracer.MaxDepth {
		return nil, d.errorf("nested deeper than %d levels", tracer.MaxDepth)
	}
	code, err := d.peek()
	if err != nil {
		return nil, err
	}
	switch {
	case msgpcode.IsString(code):
		return d.text("value")
	case isMap(code):
		return d.mapValue(depth)
	case isArray(code):
		return d.arrayValue(depth)
	case isInteger(code):
		return d.numberValue(code)
	case code == msgpcode.Float, code == msgpcode.Double:
		f, err := d.msg.DecodeFloat64()
		if err != nil {
			return nil, d.failed(err)
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, d.errorf("the number %v has no form in JSON", f)
		}
		return f, d.spend(2)
	case code == msgpcode.Nil:
		if err := d.msg.DecodeNil(); err != nil {
			return nil, d.failed(err)
		}
		return nil, d.spend(5)
	case code == msgpcode.False, code == msgpcode.True:
		b, err := d.msg.DecodeBool()
		if err != nil {
			return nil, d.failed(err)
		}
		return b, d.spend(5)
	}
	return nil, d.errorf("%s, which no Kubernetes object holds", kindOf(code))
}

func (d *decoder) numberValue(code byte) (any, error) {
	if code != msgpcode.Uint64 {
		return d.integer("value")
	}
	n, err := d.msg.DecodeUint64()
	if err != nil {
		return nil, d.failed(err)
	}
	if n > math.MaxInt64 { // as JSON decoders of Kubernetes do
		return float64(n), d.spend(2)
	}
	return int64(n), d.spend(2)
}

func (d *decoder) mapValue(depth int) (any, error) {
	n, err := d.mapLen("value")
	if err != nil {
		return nil, err
	}
	m := map[string]any{}
	if err := d.spend(3); err != nil {
		return nil, err
	}
	for range n {
		key, err := d.text("key of a map")
		if err != nil {
			return nil, err
		}
		if m[key], err = d.value(depth + 1); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (d *decoder) arrayValue(depth int) (any, error) {
	n, err := d.arrayLen("value")
	if err != nil {
		return nil, err
	}
	list := []any{}
	if err := d.spend(3); err != nil {
		return nil, err
	}
	for range n {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// skip passes over a value of any kind without keeping it.
func (d *decoder) skip(depth int) error {
	if depth > tracer.MaxDepth+10 { // an object stands some levels deep in the trace
		return d.errorf("nested deeper than %d levels", tracer.MaxDepth)
	}
	code, err := d.peek()
	if err != nil {
		return err
	}
	values := 0
	switch {
	case isMap(code):
		values, err = d.mapLen("value")
		values *= 2
	case isArray(code):
		values, err = d.arrayLen("value")
	case msgpcode.IsString(code), msgpcode.IsBin(code):
		return d.skipBytes(d.msg.DecodeBytesLen())
	case msgpcode.IsExt(code):
		_, n, err := d.msg.DecodeExtHeader()
		return d.skipBytes(n, err)
	default:
		n, known := scalarLength(code)
		if !known {
			return d.errorf("found %s", kindOf(code))
		}
		return d.skipBytes(n, nil)
	}
	if err != nil {
		return err
	}
	for range values {
		if err := d.skip(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

// scalarLength is how many bytes a number, boolean or nil takes with its code.
func scalarLength(code byte) (n int, known bool) {
	switch code {
	case msgpcode.Uint8, msgpcode.Int8:
		return 2, true
	case msgpcode.Uint16, msgpcode.Int16:
		return 3, true
	case msgpcode.Uint32, msgpcode.Int32, msgpcode.Float:
		return 5, true
	case msgpcode.Uint64, msgpcode.Int64, msgpcode.Double:
		return 9, true
	case msgpcode.Nil, msgpcode.False, msgpcode.True:
		return 1, true
	}
	return 1, msgpcode.IsFixedNum(code)
}

func (d *decoder) skipBytes(n int, err error) error {
	if err == nil {
		err = d.in.discard(n)
	}
	if err != nil {
		return d.failed(err)
	}
	return nil
}

// object reads a Kubernetes object.
func (d *decoder) object() (tracer.Object, error) {
	start := d.in.n
	if err := d.expect(isMap, "a Kubernetes object"); err != nil {
		return tracer.Object{}, err
	}
	v, err := d.value(1)
	if err != nil {
		return tracer.Object{}, err
	}
	o := tracer.Object{Unstructured: &unstructured.Unstructured{Object: v.(map[string]any)}, Pos: tracer.Position{File: d.file}}
	metadata, _ := o.Object["metadata"].(map[string]any)
	version, _ := o.Object["apiVersion"].(string)
	kind, _ := o.Object["kind"].(string)
	name, _ := metadata["name"].(string)
	namespace, _ := metadata["namespace"].(string)
	if _, ok := metadata["namespace"].(string); !ok && metadata["namespace"] != nil {
		return tracer.Object{}, d.errorAt(start, "metadata.namespace is not a string")
	} else if !ok {
		delete(metadata, "namespace") // nil
	}
	return o, d.named(start, tracer.ObjectRef{APIVersion: version, Kind: kind, Namespace: namespace, Name: name})
}

// ref reads the name of an object and passes over the rest of it.
func (d *decoder) ref() (tracer.ObjectRef, error) {
	start := d.in.n
	var ref tracer.ObjectRef
	if err := d.expect(isMap, "a Kubernetes object"); err != nil {
		return ref, err
	}
	err := d.fields("a Kubernetes object", func(key string) (err error) {
		switch key {
		case "apiVersion":
			ref.APIVersion, err = d.text(key)
		case "kind":
			ref.Kind, err = d.text(key)
		case "metadata":
			return d.fields(key, func(key string) (err error) {
				switch key {
				case "name":
					ref.Name, err = d.text(key)
				case "namespace":
					ref.Namespace, err = d.optionalText(key)
				default:
					err = d.skip(2)
				}
				return err
			})
		default:
			err = d.skip(1)
		}
		return err
	})
	if err != nil {
		return ref, err
	}
	return ref, d.named(start, ref)
}

// named refuses an object without a name; it begins at that byte.
func (d *decoder) named(start int64, ref tracer.ObjectRef) error {
	for _, f := range []struct{ key, value string }{{"apiVersion", ref.APIVersion}, {"kind", ref.Kind}, {"metadata.name", ref.Name}} {
		if f.value == "" {
			return d.errorAt(start, "%s of the object is missing or not a string", f.key)
		}
	}
	if strings.Count(ref.APIVersion, "/") > 1 || strings.HasPrefix(ref.APIVersion, "/") || strings.HasSuffix(ref.APIVersion, "/") {
		return d.errorAt(start, `apiVersion %q is neither "version" nor "group/version"`, shorten(ref.APIVersion))
	}
	return nil
}

func (d *decoder) optionalText(what string) (string, error) {
	if code, err := d.peek(); err != nil || code != msgpcode.Nil {
		if err != nil {
			return "", err
		}
		return d.text(what)
	}
	return "", d.skip(0)
}

// fields reads a map with string keys, calling field before each value.
func (d *decoder) fields(what string, field func(key string) error) error {
	n, err := d.mapLen(what)
	if err != nil {
		return err
	}
	for range n {
		key, err := d.text("key of " + what)
		if err != nil {
			return err
		}
		if err := field(key); err != nil {
			return err
		}
	}
	return nil
}

// shorten keeps what is quoted from a file to a readable length.
func shorten(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s...", strings.ToValidUTF8(s[:most], ""))
}
