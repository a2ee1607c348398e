package benchmarks

import (
	"context"
	"math"
	"math/big"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// Conditions returns the condition numbers that errors are measured at, from 1 to
// MaxCondition: dense where the orders differ, sparse beyond.
func Conditions[T reduce.Float]() []float64 {
	step, dense, sparse, last := 1, 28, 4, 60
	if kernel.Is64[T]() {
		step, dense, sparse, last = 2, 60, 20, 300
	}
	var all []float64
	for e := 0; e <= last; e += step {
		if e >= dense {
			step = sparse
		}
		all = append(all, math.Pow10(e))
	}
	return all
}

// RelativeError returns |computed - exact| / |exact| for an exact that is not
// zero: infinite where computed is not finite.
func RelativeError[T reduce.Float](computed T, exact *big.Float) float64 {
	if !kernel.IsFinite(computed) {
		return math.Inf(1)
	}
	e := new(big.Float).SetPrec(64).Sub(big.NewFloat(float64(computed)), exact)
	e.Quo(e, exact)
	v, _ := e.Abs(e).Float64()
	return v
}

// Errors returns the largest relative error of each contender at each condition
// number, [contender][condition], over so many trials of n random terms each (see
// Conditioned). After each trial it calls done.
func Errors[T reduce.Float](ctx context.Context, op Op, contenders []Contender[T], conditions []float64, n, trials int, seed uint64, done func()) ([][]float64, error) {
	errors := make([][]float64, len(contenders))
	for i := range errors {
		errors[i] = make([]float64, len(conditions))
	}
	for j, condition := range conditions {
		for trial := range trials {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			d := Conditioned[T](op, n, condition, seed+uint64(trial))
			for i, c := range contenders {
				errors[i][j] = max(errors[i][j], RelativeError(c.Repeat(d.X, d.Y, 1), d.Exact))
			}
			done()
		}
	}
	return errors, nil
}

// HalfTheDigits is the relative error that leaves half the digits of T right: the
// square root of its unit roundoff.
func HalfTheDigits[T reduce.Float]() float64 {
	if kernel.Is64[T]() {
		return math.Sqrt(0x1p-53)
	}
	return 0x1p-12
}

// Endures returns the largest of the ascending condition numbers up to which no
// error exceeds the limit, or 0 if the first does.
func Endures(conditions, errors []float64, limit float64) float64 {
	last := 0.0
	for i, c := range conditions {
		if errors[i] > limit {
			break
		}
		last = c
	}
	return last
}
