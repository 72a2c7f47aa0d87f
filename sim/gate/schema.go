package gate

import (
	"reflect"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"

	"simk.dev/simk/sim/report"
)

// schema tells CEL the types of a report, made from the Go types, so that a
// wrong field is found before anything runs. All numbers are doubles: whether a
// figure is whole or not need not be known to whoever compares it.
type schema struct {
	*types.Registry
	fields map[string][]field // by the name of the type
	// missedType and missed are the last field that was asked for in vain.
	missedType, missed string
}

type field struct {
	name string
	kind *types.Type
}

// reportType is the name of the type of a whole report.
const reportType = "Report"

func newSchema() (*schema, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	s := &schema{Registry: registry, fields: map[string][]field{}}
	s.typeOf(reflect.TypeFor[report.Report]())
	top := s.fields[reportType]
	for i := range top { // lists to look up in become maps, see figures
		switch top[i].name {
		case "owners", "namespaces":
			top[i].kind = cel.MapType(cel.StringType, top[i].kind.Parameters()[0])
		}
	}
	return s, nil
}

// variables declares the fields of a report as variables, and a whole report as base.
func (s *schema) variables() []cel.EnvOption {
	options := []cel.EnvOption{cel.Variable(baseVariable, cel.ObjectType(reportType))}
	for _, f := range s.fields[reportType] {
		options = append(options, cel.Variable(f.name, f.kind))
	}
	return options
}

// typeOf returns CEL's type for a Go type as encoding/json writes it, and notes
// the fields of structs.
func (s *schema) typeOf(t reflect.Type) *types.Type {
	switch t.Kind() {
	case reflect.Pointer:
		return s.typeOf(t.Elem())
	case reflect.Slice:
		return cel.ListType(s.typeOf(t.Elem()))
	case reflect.Map:
		return cel.MapType(cel.StringType, s.typeOf(t.Elem()))
	case reflect.Struct:
		if _, known := s.fields[t.Name()]; !known {
			s.fields[t.Name()] = nil // before its fields: a type may hold itself
			s.fields[t.Name()] = s.fieldsOf(t)
		}
		return cel.ObjectType(t.Name())
	case reflect.String:
		return cel.StringType
	case reflect.Bool:
		return cel.BoolType
	case reflect.Interface:
		return cel.DynType
	default:
		return cel.DoubleType
	}
}

func (s *schema) fieldsOf(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			all = append(all, s.fieldsOf(f.Type)...)
		} else {
			all = append(all, field{name, s.typeOf(f.Type)})
		}
	}
	return all
}

// names are the fields of a type.
func (s *schema) names(typeName string) []string {
	var names []string
	for _, f := range s.fields[typeName] {
		names = append(names, f.name)
	}
	return names
}

// FindStructType makes the type known to CEL.
func (s *schema) FindStructType(name string) (*types.Type, bool) {
	if _, ours := s.fields[name]; ours {
		return types.NewTypeTypeWithParam(cel.ObjectType(name)), true
	}
	return s.Registry.FindStructType(name)
}

// FindStructFieldNames lists a type's fields.
func (s *schema) FindStructFieldNames(name string) ([]string, bool) {
	if _, ours := s.fields[name]; ours {
		return s.names(name), true
	}
	return s.Registry.FindStructFieldNames(name)
}

// FindStructFieldType gives a field's type. Values are maps, whose fields CEL
// finds by itself.
func (s *schema) FindStructFieldType(name, fieldName string) (*types.FieldType, bool) {
	fields, ours := s.fields[name]
	if !ours {
		return s.Registry.FindStructFieldType(name, fieldName)
	}
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == fieldName })
	if i < 0 {
		s.missedType, s.missed = name, fieldName
		return nil, false
	}
	return &types.FieldType{Type: fields[i].kind}, true
}
