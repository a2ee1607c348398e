package main

import (
	"encoding/json"
	"io"

	"github.com/samebits/samebits/benchmarks"
)

// number is a float64 that survives JSON: infinities and NaN become strings.
type number = benchmarks.Number

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
