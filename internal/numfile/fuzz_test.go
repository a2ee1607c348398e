package numfile_test

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/numfile"
)

// FuzzRead: no input makes Read panic; numbers that were read, written down again
// in hexadecimal, are read with the same bits. An array's NaNs become the canonical one.
func FuzzRead(f *testing.F) {
	f.Add([]byte("1\n-0.1\n0x1p-1074\ninf\nNaN\n# 2\n\n1e400"))
	f.Add([]byte("0x1.fffffefp127\n1e-400\n-0\r\n  7  "))
	f.Add([]byte("1 2\n"))
	f.Add(array("<f8", "False", "(2,)", little, []float64{1, math.Inf(1)}))
	f.Add(array(">f4", "True", "(2, 2)", big, []float32{1, 2, 3, 4}))
	f.Add([]byte("\x93NUMPY\x01\x00\x04\x00}  \n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		wide, err := numfile.Read[float64](bytes.NewReader(data), "fuzz")
		if err == nil {
			requireNumbers(t, strings.NewReader(written(wide, 64)), canonical(wide)...)
		}
		narrow, err := numfile.Read[float32](bytes.NewReader(data), "fuzz")
		if err == nil {
			requireNumbers(t, strings.NewReader(written(narrow, 32)), canonical(narrow)...)
		}
	})
}

func written[T kernel.Float](v []T, bitSize int) string {
	var b strings.Builder
	for _, x := range v {
		b.WriteString(strconv.FormatFloat(float64(x), 'x', -1, bitSize) + "\n")
	}
	return b.String()
}

// canonical replaces the NaNs of v, whose payloads text does not carry.
func canonical[T kernel.Float](v []T) []T {
	for i, x := range v {
		v[i] = kernel.Canonical(x)
	}
	return v
}
