package reference

import (
	"encoding/json"
	"fmt"
)

// values are the fields of a JSON object, of which null counts as missing. The
// first error is kept.
type values struct {
	fields map[string]any
	err    error
}

func (v *values) fail(err error) {
	if v.err == nil {
		v.err = err
	}
}

// get returns the first of the fields that is there.
func (v *values) get(names []string) (any, string) {
	for _, name := range names {
		if x := v.fields[name]; x != nil {
			return x, name
		}
	}
	return nil, ""
}

func read[V any](v *values, missing V, want string, names []string) V {
	x, name := v.get(names)
	if x == nil {
		return missing
	}
	y, ok := x.(V)
	if !ok {
		v.fail(fmt.Errorf("%s is %.40v, not %s", name, x, want))
		return missing
	}
	return y
}

func (v *values) text(missing string, names ...string) string {
	return read(v, missing, "a string", names)
}

func (v *values) flag(missing bool, names ...string) bool {
	return read(v, missing, "true or false", names)
}

func (v *values) number(missing json.Number, names ...string) json.Number {
	return read(v, missing, "a number", names)
}

func (v *values) integer(missing int, names ...string) int {
	x, name := v.get(names)
	if x == nil {
		return missing
	}
	n, _ := x.(json.Number)
	i, err := n.Int64()
	if err != nil || int64(int(i)) != i {
		v.fail(fmt.Errorf("%s is %.40v, not an integer", name, x))
		return missing
	}
	return int(i)
}

// object returns the first of the objects that is there, or an empty one.
func (v *values) object(names ...string) *values {
	return &values{fields: read(v, map[string]any{}, "an object", names)}
}
