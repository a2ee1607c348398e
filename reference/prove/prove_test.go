package main

import (
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/reference"
	"github.com/stretchr/testify/require"
)

// sample are the first bits of pieces that are judged in tests.
var sample = []uint32{0, 0x00010000, 0x00800000, 0x2f7f0000, 0x35000000, 0x3a210000, 0x3f800000, 0x40490000, 0x41670000,
	0x42cf0000, 0x47c30000, 0x7f800000}

// pieces calls do with arguments in order, and their negatives.
func pieces(do func(x []float32)) {
	for _, first := range sample {
		for _, sign := range []uint32{0, 1 << 31} {
			x := make([]float32, 1<<12)
			for i := range x {
				x[i] = math.Float32frombits(sign | (first + uint32(i)))
			}
			do(x)
		}
	}
}

// TestProve judges some thousands of results of each function: right ones, and the same
// where some are one unit off, which it must call wrong wherever they are.
func TestProve(t *testing.T) {
	for _, f := range functions {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			j := judge{function: f} // one for all, as it keeps what it knows of an interval
			pieces(func(x []float32) {
				var right, faulty chunk
				y := make([]float32, len(x))
				f.slice(y, x)
				j.chunk = &right
				j.piece(x, y)
				require.Zero(t, right.Wrong, right.Examples)
				for i := 7; i < len(y); i += 100 {
					b := math.Float32bits(y[i]) ^ 1
					if y[i] != y[i] {
						b = 0
					}
					y[i] = math.Float32frombits(b)
				}
				j.chunk = &faulty
				j.piece(x, y)
				require.Equalf(t, (len(y)-7+99)/100, faulty.Wrong, "from %x", x[0])
			})
		})
	}
}

// TestValues compares the fast evaluations with the function itself, to 2^-60.
func TestValues(t *testing.T) {
	for _, f := range functions {
		var c chunk
		j := judge{function: f, chunk: &c}
		for _, x := range []float32{1e-41, 0x1p-29, 1e-7, 3e-6, 0.001, 0.3, 1.0000001, 1.7, 3, 7.7, 100.5, 1e20} {
			for _, x := range []float32{x, -x} {
				if _, ok := j.far(x); ok {
					continue
				}
				v := j.value(x)
				want := f.exact(new(big.Float).SetFloat64(float64(x)), 50)
				d, _ := new(big.Float).SetPrec(200).Sub(want, new(big.Float).SetPrec(200).Add(big.NewFloat(v.h), big.NewFloat(v.l))).Float64()
				require.LessOrEqualf(t, math.Abs(d), v.err+math.Abs(v.h)*1e-48, "%s(%x)", f.name, x)
				require.LessOrEqualf(t, math.Abs(v.l), math.Abs(v.h)*0x1p-40, "%s(%x)", f.name, x)
				require.Lessf(t, v.err, math.Abs(v.h)*0x1p-50, "%s(%x)", f.name, x)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	const tie = 1 + 0x1p-24
	require.Equal(t, right, nearest(value{tie, -0x1p-60, 0x1p-70}, 1))
	require.Equal(t, wrong, nearest(value{tie, 0x1p-60, 0x1p-70}, 1))
	require.Equal(t, right, nearest(value{tie, 0x1p-60, 0x1p-70}, 1+0x1p-23))
	require.Equal(t, unclear, nearest(value{tie, 0x1p-80, 0x1p-70}, 1))
	require.Equal(t, right, nearest(value{-tie, 0x1p-60, 0x1p-70}, -1))
	require.Equal(t, wrong, nearest(value{-tie, 0x1p-60, 0x1p-70}, 1))
	require.Equal(t, right, nearest(value{0x1p128, 0, 1}, float32(inf)))
	require.Equal(t, wrong, nearest(value{0x1p128, 0, 1}, math.MaxFloat32))
	require.Equal(t, right, nearest(value{0x1.8p-150, 0, 0x1p-200}, 0x1p-149))
	require.Equal(t, wrong, nearest(value{0x1.8p-150, 0, 0x1p-200}, 0))
	require.Equal(t, wrong, nearest(value{1, 0, 0}, float32(nan)))
	require.Equal(t, float32(0x1p-149), reference.RoundTo[float32](big.NewFloat(0x1.8p-150)))
}

func TestStateResumes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	s, err := load(file)
	require.NoError(t, err)
	require.NoError(t, s.put("Exp/slice/portable", 3, chunk{Digest: "00", Wrong: 1, Examples: []string{"x"}}))
	again, err := load(file)
	require.NoError(t, err)
	require.Equal(t, s, again)
	require.True(t, again.has("Exp/slice/portable", 3))
	require.False(t, again.has("Exp/slice/portable", 4))
}

// TestStateOfAnotherVersion: chunks of other rules are not resumed from, nor what is no state.
func TestStateOfAnotherVersion(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	for text, want := range map[string]string{
		fmt.Sprintf(`{"version":%d,"runs":{}}`, spec.Version-1): fmt.Sprintf("version %d of SPEC.md, this is version %d", spec.Version-1, spec.Version),
		fmt.Sprintf(`{"version":%d,"runs":{}}`, spec.Version+1): fmt.Sprintf("version %d of SPEC.md", spec.Version+1),
		`{"runs":{}}`: "version 0 of SPEC.md",
		`{"version":`: "unexpected end of JSON",
	} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		_, err := load(file)
		require.ErrorContains(t, err, want, text)
		require.ErrorContains(t, err, file)
	}
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `{"version":%d}`, spec.Version), 0o644))
	s, err := load(file)
	require.NoError(t, err)
	require.NoError(t, s.put("Exp/slice/portable", 3, chunk{}))
}

func TestParseChunks(t *testing.T) {
	part, err := parseChunks("3e-40,b5")
	require.NoError(t, err)
	require.Equal(t, []int{0x3e, 0x3f, 0x40, 0xb5}, part)
	part, err = parseChunks("")
	require.NoError(t, err)
	require.Len(t, part, chunks)
	for _, bad := range []string{"x", "40-3e", "100", "1-", "-"} {
		_, err := parseChunks(bad)
		require.Error(t, err, bad)
	}
}
