package reduce_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/samebits/samebits/fuzz"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// sumByBig is the correctly rounded sum by math/big.
func sumByBig(x []float64) float64 { return fuzz.RoundExact[float64](fuzz.ExactSum(x)) }

// faultySummers are the ways to get an exact sum wrong that the published vectors
// must see, with the sources that do.
var faultySummers = map[string]struct {
	sum    summer
	seenBy []string
}{
	"adds from left to right": {
		func(x []float64) float64 { return reduce.Sum(reduce.Sequential, x) },
		[]string{"cpython", "test262", "xsum"}},
	"compensates once": {
		func(x []float64) float64 { return reduce.Sum(reduce.Neumaier, x) },
		[]string{"cpython", "test262", "xsum"}},
	"adds pairs": {
		func(x []float64) float64 { return reduce.Sum(reduce.DoubleDouble, x) },
		[]string{"cpython", "test262", "xsum"}},
	"rounds towards zero": {
		rounding(big.ToZero),
		[]string{"cpython", "test262", "xsum"}},
	"rounds ties away from zero": {
		rounding(big.ToNearestAway),
		[]string{"xsum"}},
	"rounds negative sums down": { // xsum before 2024-11 misrounded some negative sums
		func(x []float64) float64 {
			if sumByBig(x) < 0 {
				return rounding(big.ToNegativeInf)(x)
			}
			return sumByBig(x)
		},
		[]string{"cpython", "test262", "xsum"}},
	"rounds twice": {
		func(x []float64) float64 {
			e := fuzz.ExactSum(x)
			e.Sum.SetPrec(64)
			return fuzz.RoundExact[float64](e)
		},
		[]string{"cpython", "test262", "xsum"}},
	"overflows on the way": {
		func(x []float64) float64 {
			if s := reduce.Sum(reduce.Sequential, x); math.IsInf(s, 0) || s != s {
				return s
			}
			return sumByBig(x)
		},
		[]string{"test262", "xsum"}},
	"flushes subnormal terms": {
		func(x []float64) float64 {
			x = slices.Clone(x)
			for i, v := range x {
				if math.Abs(v) < 0x1p-1022 {
					x[i] = math.Copysign(0, v)
				}
			}
			return sumByBig(x)
		},
		[]string{"xsum"}},
	"takes opposite infinities for the first": {
		func(x []float64) float64 {
			for _, v := range x {
				if math.IsInf(v, 0) {
					return v
				}
			}
			return sumByBig(x)
		},
		[]string{"test262", "xsum"}},
	"loses the sign of zero": {
		func(x []float64) float64 { return sumByBig(x) + 0 },
		[]string{"cpython", "test262", "xsum"}},
	"drops the last term": {
		func(x []float64) float64 { return sumByBig(x[:max(0, len(x)-1)]) },
		[]string{"cpython", "test262", "xsum"}},
}

// rounding returns the summer that rounds the exact sum in another mode.
func rounding(mode big.RoundingMode) summer {
	return func(x []float64) float64 {
		e := fuzz.ExactSum(x)
		e.Sum.SetMode(mode).SetPrec(53)
		return fuzz.RoundExact[float64](e)
	}
}

func TestPublishedSumsCatchFaults(t *testing.T) {
	for fault, f := range faultySummers {
		var seenBy []string
		for _, name := range []string{"cpython", "test262", "xsum"} {
			if slices.ContainsFunc(readPublished(t, name).all(), func(c publishedSum) bool {
				return adds(f.sum, c.terms(), float64(c.Sum), c.Name) != nil
			}) {
				seenBy = append(seenBy, name)
			}
		}
		require.Equal(t, f.seenBy, seenBy, fault)
	}
}

func TestPublishedDotsCatchFaults(t *testing.T) {
	faults := map[string]dotter{
		"drops the last product": func(x, y []float64) float64 {
			n := max(0, len(x)-1)
			return reduce.Dot(reduce.Exact, x[:n], y[:n])
		},
		"takes the magnitude of y": func(x, y []float64) float64 {
			y = slices.Clone(y)
			for i := range y {
				y[i] = math.Abs(y[i])
			}
			return reduce.Dot(reduce.Exact, x, y)
		},
		"loses the sign of zero": func(x, y []float64) float64 { return reduce.Dot(reduce.Exact, x, y) + 0 },
		"multiplies in float32": func(x, y []float64) float64 {
			a, _ := narrow(x)
			b, _ := narrow(y)
			return float64(reduce.Dot(reduce.Exact, a, b))
		},
	}
	dots := readPublished(t, "xsum").Dots
	for fault, dot := range faults {
		require.True(t, slices.ContainsFunc(dots, func(c publishedDot) bool {
			return multiplies(dot, c.X, c.Y, float64(c.Sum), c.Name) != nil
		}), fault)
	}
}
