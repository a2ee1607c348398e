package numfile_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/samebits/samebits/internal/numfile"
	"github.com/samebits/samebits/internal/safetensors"
	"github.com/sbinet/npyio/npy"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
)

// array makes a .npy file by the format's page: version 1, the text padded so
// that the data begin at a multiple of 64.
func array(descr, fortran, shape string, order binary.ByteOrder, v any) []byte {
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", descr, fortran, shape)
	text += strings.Repeat(" ", 63-(10+len(text))%64) + "\n"
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(text)), byte(len(text)>>8))
	b = append(b, text...)
	b, err := binary.Append(b, order, v)
	if err != nil {
		panic(err)
	}
	return b
}

var little, big binary.ByteOrder = binary.LittleEndian, binary.BigEndian

func TestNPY(t *testing.T) {
	v := []float64{1, -0.1, math.Inf(-1), 5e-324, math.Copysign(0, -1), 6}
	for _, data := range [][]byte{
		array("<f8", "False", "(6,)", little, v),
		array(">f8", "False", "(6,)", big, v),
		array("<f8", "False", "(2, 3)", little, v),
		array("<f8", "True", "(6,)", little, v),
		array("<f8", "True", "(1, 6, 1)", little, v),
	} {
		requireNumbers(t, bytes.NewReader(data), v...)
		requireNumbers(t, iotest.OneByteReader(bytes.NewReader(data)), v...)
	}
	requireNumbers(t, bytes.NewReader(array("<f8", "False", "()", little, 7.0)), 7.0)
	requireNumbers[float64](t, bytes.NewReader(array("<f4", "True", "(3, 0)", little, []float32{})))
}

// An independent writer's files, of more elements than any buffer here holds.
func TestNPYWrittenByNpyio(t *testing.T) {
	v := make([]float32, 100_003)
	for i := range v {
		v[i] = float32(i) * 0.1
	}
	var b bytes.Buffer
	require.NoError(t, npy.Write(&b, v))
	requireNumbers(t, &b, v...)

	b.Reset()
	require.NoError(t, npy.Write(&b, mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6})))
	requireNumbers(t, &b, 1.0, 2, 3, 4, 5, 6)
}

// Element (i, j, k) of the array is 100i + 10j + k; the file runs through i first.
func TestNPYFortranOrder(t *testing.T) {
	var file, want []float32
	for k := range 4 {
		for j := range 3 {
			for i := range 2 {
				file = append(file, float32(100*i+10*j+k))
			}
		}
	}
	for i := range 2 {
		for j := range 3 {
			for k := range 4 {
				want = append(want, float32(100*i+10*j+k))
			}
		}
	}
	requireNumbers(t, bytes.NewReader(array("<f4", "True", "(2, 3, 4)", little, file)), want...)
	requireNumbers(t, bytes.NewReader(array(">f4", "True", "(2, 3, 4)", big, file)), want...)
	requireNumbers(t, bytes.NewReader(array("<f4", "False", "(2, 3, 4)", little, file)), file...)
}

func TestNPYOfAnotherType(t *testing.T) {
	requireNumbers(t, bytes.NewReader(array("<f4", "False", "(1,)", little, []float32{0.1})), float64(float32(0.1)))
	requireNumbers[float32](t, bytes.NewReader(array("<f8", "False", "(1,)", little, []float64{0.5})), 0.5)
	requireNumbers(t, bytes.NewReader(array("<f2", "False", "(2,)", little, []uint16{0x3c00, 1})), 1, 0x1p-24)
	for _, v2 := range []string{"<V2", "|V2"} { // ml_dtypes.bfloat16
		requireNumbers(t, bytes.NewReader(array(v2, "False", "(3,)", little, []uint16{0x3f80, 0xff80, 1})), 1, math.Inf(-1), 0x1p-133)
	}

	for want, data := range map[string][]byte{
		"element 1 is 0.1: no float32 equals it":                    array("<f8", "False", "(2,)", little, []float64{1, 0.1}),
		"dtype is I64: floats are":                                  array("<i8", "False", "(1,)", little, []int64{1}),
		"dtype is U16: floats are":                                  array("<u2", "False", "(1,)", little, []uint16{1}),
		`dtype "<c8": want f2, f4, f8, V2 (bfloat16), i4, i8 or u2`: array("<c8", "False", "(1,)", little, []float32{1, 2}),
		`dtype "|b1": want f2`:                                      array("|b1", "False", "(1,)", little, []bool{true}),
	} {
		_, err := numfile.Read[float32](bytes.NewReader(data), "a.npy")
		require.ErrorContains(t, err, "a.npy: ")
		require.ErrorContains(t, err, want)
	}
}

func TestReadNPYKeepsShapeAndType(t *testing.T) {
	got, err := numfile.ReadNPY(bytes.NewReader(array(">i4", "False", "(2, 1)", big, []int32{-1, 258})), "ids")
	require.NoError(t, err)
	require.Equal(t, safetensors.Tensor{
		Name: "ids", DType: safetensors.I32, Shape: []int{2, 1}, Data: []byte{255, 255, 255, 255, 2, 1, 0, 0},
	}, got)
}

func TestBadNPY(t *testing.T) {
	whole := array("<f8", "False", "(2,)", little, []float64{1, 2})
	for n := 6; n < len(whole); n++ {
		_, err := numfile.Read[float64](bytes.NewReader(whole[:n]), "a.npy")
		require.ErrorContains(t, err, "truncated", n)
	}
	for want, data := range map[string][]byte{
		"truncated: 16 bytes of data, shape [3] needs 24":                 array("<f8", "False", "(3,)", little, []float64{1, 2}),
		"bytes follow the 8 that shape [1] needs":                         array("<f8", "False", "(1,)", little, []float64{1, 2}),
		"shape [-1]: negative or too large":                               array("<f8", "False", "(-1,)", little, []float64{}),
		"shape [1073741824 1073741824 1073741824]: negative or too large": array("<f8", "False", "(1073741824, 1073741824, 1073741824)", little, []float64{}),
		"invalid 'fortran_order' value (Yes)":                             array("<f8", "Yes", "(1,)", little, []float64{1}),
		"header of 4294967295 bytes exceeds the 65536":                    []byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"),
		"invalid major version number (9)":                                []byte("\x93NUMPY\x09\x00\x01\x00\x00\x00 \n"),
		"malformed or truncated header":                                   []byte("\x93NUMPY\x01\x00\x04\x00{  }"),
	} {
		_, err := numfile.Read[float64](bytes.NewReader(data), "a.npy")
		require.ErrorContains(t, err, "a.npy: ")
		require.ErrorContains(t, err, want)
	}
}
