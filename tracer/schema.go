package tracer

import _ "embed"

// SchemaJSON is the JSON Schema (draft 2020-12) of a trace. It says what can be
// said about each value alone; Check knows more.
//
//go:embed schema/trace-v1.schema.json
var SchemaJSON []byte
