package podspec

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEqualSpecsAreOneShape(t *testing.T) {
	made := 0
	s := NewShapes(func(map[string]any) int { made++; return made })
	get := func(text string) int {
		var spec map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &spec))
		return s.Get(spec)
	}
	first := get(`{"a":"b","c":[{"d":1,"e":true},{"d":2}]}`)
	assert.Equal(t, first, get(`{"c":[{"e":true,"d":1},{"d":2}],"a":"b"}`))
	for _, other := range []string{
		`{"a":"b","c":[{"d":2},{"d":1,"e":true}]}`, `{"a":"b","c":[{"d":1,"e":false},{"d":2}]}`, `{"b":"a","c":[{"d":1,"e":true},{"d":2}]}`,
		`{"a":"b","c":[[{"d":1,"e":true},{"d":2}]]}`, `{"a":"b","c":[{"d":1,"e":null},{"d":2}]}`, `{}`,
	} {
		assert.NotEqual(t, first, get(other), other)
	}
	assert.Equal(t, 7, made)
	for i := range 2 * MaxShapes {
		s.Get(map[string]any{"i": int64(i)})
	}
	assert.LessOrEqual(t, len(s.known), MaxShapes)
}
