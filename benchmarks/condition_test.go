package benchmarks_test

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/samebits/samebits/benchmarks"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// conditionOf computes the condition number and the exact value by math/big alone.
func conditionOf[T reduce.Float](x, y []T) (condition float64, exact *big.Float) {
	sum, magnitude := new(big.Float).SetPrec(8192), new(big.Float).SetPrec(8192)
	for i := range x {
		term := new(big.Float).SetPrec(8192).SetFloat64(float64(x[i]))
		if y != nil {
			term.Mul(term, big.NewFloat(float64(y[i])))
		}
		sum.Add(sum, term)
		magnitude.Add(magnitude, term.Abs(term))
	}
	condition, _ = magnitude.Quo(magnitude, new(big.Float).Abs(sum)).Float64()
	return condition, sum
}

// checkData returns an error unless the data is what Conditioned promises.
func checkData[T reduce.Float](d benchmarks.Data[T], op benchmarks.Op, n int, want float64) error {
	condition, exact := conditionOf(d.X, d.Y)
	switch {
	case len(d.X) != n || (op == benchmarks.Dot) != (d.Y != nil) || d.Y != nil && len(d.Y) != n:
		return fmt.Errorf("%d and %d numbers, want %d", len(d.X), len(d.Y), n)
	case d.Exact.Cmp(exact) != 0:
		return fmt.Errorf("value %v, want %v", d.Exact, exact)
	case math.Abs(d.Condition/condition-1) > 1e-12:
		return fmt.Errorf("condition number %g, is %g", d.Condition, condition)
	case condition < want/2 || condition > want*2:
		return fmt.Errorf("condition number %g, want about %g", condition, want)
	}
	smallest := math.Ldexp(1, -1022)
	if !kernel.Is64[T]() {
		smallest = math.Ldexp(1, -126)
	}
	for i, v := range d.X {
		if d.Y != nil {
			v *= d.Y[i]
		}
		if m := math.Abs(float64(v)); !(m >= smallest) || math.IsInf(m, 0) {
			return fmt.Errorf("term %d, %g, is zero, subnormal or not finite", i, v)
		}
	}
	return nil
}

func testConditioned[T reduce.Float](t *testing.T) {
	for _, op := range []benchmarks.Op{benchmarks.Sum, benchmarks.Dot} {
		for _, n := range []int{benchmarks.MinTerms, 1000} {
			for _, want := range append(benchmarks.Conditions[T](), 1.5, 255, 256, 257, 3e5) {
				for seed := range uint64(3) {
					require.NoError(t, checkData(benchmarks.Conditioned[T](op, n, want, seed), op, n, want), "%s, n = %d, condition %g, seed %d", op, n, want, seed)
				}
			}
		}
	}
}

func TestConditionedHasTheConditionNumber(t *testing.T) {
	t.Run("f64", testConditioned[float64])
	t.Run("f32", testConditioned[float32])
}

func TestConditionedIsAFunctionOfItsArguments(t *testing.T) {
	first := benchmarks.Conditioned[float64](benchmarks.Dot, 200, 1e20, 1)
	require.Equal(t, first, benchmarks.Conditioned[float64](benchmarks.Dot, 200, 1e20, 1))
	require.NotEqual(t, first.X, benchmarks.Conditioned[float64](benchmarks.Dot, 200, 1e20, 2).X)
}

func TestCheckOfTheConditionNumberSeesFaults(t *testing.T) {
	fresh := func() benchmarks.Data[float64] { return benchmarks.Conditioned[float64](benchmarks.Sum, 200, 1e20, 1) }
	require.NoError(t, checkData(fresh(), benchmarks.Sum, 200, 1e20))
	require.ErrorContains(t, checkData(fresh(), benchmarks.Sum, 200, 1e19), "want about 1e+19")
	require.ErrorContains(t, checkData(fresh(), benchmarks.Sum, 201, 1e20), "want 201")
	require.ErrorContains(t, checkData(fresh(), benchmarks.Dot, 200, 1e20), "numbers")
	d := fresh()
	d.X[7] *= 1.5
	require.ErrorContains(t, checkData(d, benchmarks.Sum, 200, 1e20), "value")
	d = fresh()
	d.Condition *= 1.01
	require.ErrorContains(t, checkData(d, benchmarks.Sum, 200, 1e20), "is ")
	zero := benchmarks.Data[float64]{X: append(make([]float64, 199), 1), Exact: big.NewFloat(1), Condition: 1}
	require.ErrorContains(t, checkData(zero, benchmarks.Sum, 200, 1), "term 0")
}

func TestConditionedPanics(t *testing.T) {
	for want, f := range map[string]func(){
		"benchmarks: 99 terms of condition 10: want 100 or more, and 1 to 1e+300":    func() { benchmarks.Conditioned[float64](benchmarks.Sum, 99, 10, 1) },
		"benchmarks: 100 terms of condition 0.5: want 100 or more, and 1 to 1e+300":  func() { benchmarks.Conditioned[float64](benchmarks.Sum, 100, 0.5, 1) },
		"benchmarks: 100 terms of condition 1e+61: want 100 or more, and 1 to 1e+60": func() { benchmarks.Conditioned[float32](benchmarks.Sum, 100, 1e61, 1) },
		"benchmarks: 100 terms of condition NaN: want 100 or more, and 1 to 1e+60":   func() { benchmarks.Conditioned[float32](benchmarks.Sum, 100, math.NaN(), 1) },
	} {
		require.PanicsWithValue(t, want, f)
	}
}
