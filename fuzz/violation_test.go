package fuzz

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

func TestLiteral(t *testing.T) {
	require.Equal(t, "[]float64{1, -3, 0x1.8p-01, float64(math.Copysign(0, -1)), float64(math.Inf(-1)), math.Float64frombits(0x7ff8000000000005)}",
		Literal([]float64{1, -3, 0.75, math.Copysign(0, -1), math.Inf(-1), nan[float64]()}))
	require.Equal(t, "[]float32{0, float32(math.Inf(1)), math.Float32frombits(0x7fc00005), 0x1p-149, 40000}",
		strings.Replace(Literal([]float32{0, float32(math.Inf(1)), nan[float32](), 0x1p-149, 40000}), "0x1.388p+15", "40000", 1))
}

func TestUlps(t *testing.T) {
	for _, c := range []struct {
		got, want float64
		steps     uint64
	}{
		{1, 1, 0}, {1, math.Nextafter(1, 2), 1}, {math.Nextafter(1, 0), math.Nextafter(1, 2), 2},
		{math.Copysign(0, -1), 0, 1}, {-0x1p-1074, 0x1p-1074, 3}, {math.MaxFloat64, math.Inf(1), 1},
		{math.Inf(-1), math.Inf(1), 2*0x7ff0000000000000 + 1},
	} {
		steps, ok := (&Violation[float64]{Got: c.got, Want: c.want}).Ulps()
		require.True(t, ok)
		require.Equal(t, c.steps, steps, "%v and %v", c.got, c.want)
	}
	_, ok := (&Violation[float32]{Got: float32(math.NaN())}).Ulps()
	require.False(t, ok)
}

// brokenAt50 drops a term of 50 or more, which a hundred others hide.
func brokenAt50(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		if v < 50 {
			s += v
		}
	}
	return s
}

func TestInputIsReduced(t *testing.T) {
	x := Uniform[float64](1, 300)
	x[217] = 0x1.9876543210fedp+06
	err := Check(brokenAt50, Contract{Within: BoundOf(reduce.Sequential)}, x)
	var v *Violation[float64]
	require.True(t, errors.As(err, &v))
	require.Len(t, v.X, 1, "%v", err)
	require.Equal(t, 300, v.From)
	require.Equal(t, 64.0, v.X[0], "the simplest number that shows it")
	require.Equal(t, 0.0, v.Got)
	require.Equal(t, 64.0, v.Want)
	require.Equal(t, `fuzz: not within the bound of sequential: 64 off the exact sum, more than 0; the absolute values sum to 64
  got  0x0p+00 (0, bits 0x0000000000000000)
  want 0x1p+06 (64, bits 0x4050000000000000), 4634204016564240384 ulp away
  1 term, reduced from 300, condition number 1
  x := []float64{64}`, err.Error())
	require.Equal(t, 0x1.9876543210fedp+06, x[217], "the caller's terms stay")
}

// A reduced input breaks the promise that the whole one broke, and no single term
// of it can go.
func TestReducedInputIsMinimal(t *testing.T) {
	c := Contract{Promises: CorrectlyRounded}
	for _, g := range Generators[float32]() {
		f := func(x []float32) float32 { return reduce.Sum(reduce.Pairwise, x) }
		err := Check(f, c, g.New(4, max(60, g.Least)))
		var v *Violation[float32]
		if !errors.As(err, &v) {
			continue
		}
		require.LessOrEqual(t, len(v.X), 8, "%s: %v", g.Name, err)
		whole := violation(func(t terms[float32]) float32 { return f(t.x) }, c, c.implied(), terms[float32]{x: v.X})
		require.NotNil(t, whole)
		require.Equal(t, v.Promise, whole.Promise)
		for i := range v.X {
			part := violation(func(t terms[float32]) float32 { return f(t.x) }, c, c.implied(), terms[float32]{x: v.X}.without(i, i+1))
			require.True(t, part == nil || part.Promise != v.Promise, "%s: term %d can go", g.Name, i)
		}
	}
}

func TestProgramIsReduced(t *testing.T) {
	start := func(index int) *reduce.Accumulator[float64] {
		a, _ := reduce.NewAccumulator[float64](reduce.Pairwise, 0) // forgets its start
		return a
	}
	x := Uniform[float64](1, 100)
	p := Program{Cuts: []int{10, 20, 30, 40}, Merges: []int{3, 2, 1, 0}}
	err := CheckCuts(start, Contract{Promises: CutInvariant}, x, p)
	var v *Violation[float64]
	require.True(t, errors.As(err, &v))
	require.Equal(t, "merged without error", v.Promise)
	require.Len(t, v.Program.Cuts, 1)
	require.Len(t, v.Program.Merges, 1)
	require.Contains(t, err.Error(), "\n  p := fuzz.Program{Cuts:[]int{")
}
