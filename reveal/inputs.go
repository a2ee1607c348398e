package reveal

import (
	"math"
	"math/rand/v2"

	"github.com/samebits/samebits/internal/kernel"
)

// input is data on which a tree is compared with the function. Products neither
// overflow nor underflow in it.
type input[T kernel.Float] struct{ x, y []T }

// kinds are the generators of terms: each on its own tells some pair of summations
// apart that the others may not.
var kinds = []func(r *rand.Rand, n, p int) []float64{
	uniform, positive, spread(1), spread(4), cancelling, layers, ties, spikes, overflowing, subnormal, mixedZeros,
}

// inputsEach returns the number of inputs of a kind. With few terms it takes more to
// meet what matters, and they cost less.
func inputsEach(n int) int { return max(3, 64/n) }

// inputs returns the data for n terms, the same for the same n; the first of every
// kind come first. In dot products all come with factors y of 1, and most with others, too.
// Without overflow, no sum of any of the terms overflows.
func inputs[T kernel.Float](n int, product, overflow bool) []input[T] {
	r := rand.New(rand.NewPCG(2, uint64(n)))
	var all []input[T]
	for range inputsEach(n) {
		for _, kind := range kinds {
			in := input[T]{x: make([]T, n)}
			for i, v := range kind(r, n, digits[T]()) {
				in.x[i] = T(v)
			}
			if !overflow && !kernel.IsFinite(largest(in.x)*T(n)) {
				continue
			}
			all = append(all, in)
			if !product {
				continue
			}
			all[len(all)-1].y = ones[T](n)
			if moderate(in.x) {
				factors := make([]T, n)
				for i := range factors {
					factors[i] = T(sign(r) * (1 + r.Float64()))
				}
				all = append(all, input[T]{in.x, factors})
			}
		}
	}
	return all
}

// moderate tells whether products of x with numbers in [1, 2) neither overflow nor
// underflow, nor do their rounding errors.
func moderate[T kernel.Float](x []T) bool {
	limit := T(math.Ldexp(1, 400))
	if !kernel.Is64[T]() {
		limit = T(math.Ldexp(1, 100))
	}
	for _, v := range x {
		if v != 0 && v < 1/limit && -v < 1/limit {
			return false
		}
	}
	return largest(x) <= limit
}

// largest returns the largest magnitude in x.
func largest[T kernel.Float](x []T) (m T) {
	for _, v := range x {
		m = max(m, v, -v)
	}
	return m
}

func sign(r *rand.Rand) float64 { return float64(1 - 2*r.IntN(2)) }

func each(n int, v func(i int) float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = v(i)
	}
	return x
}

// uniform are numbers in (-1, 1).
func uniform(r *rand.Rand, n, _ int) []float64 {
	return each(n, func(int) float64 { return sign(r) * r.Float64() })
}

// positive are numbers in [1, 2): nothing cancels, errors grow.
func positive(r *rand.Rand, n, _ int) []float64 {
	return each(n, func(int) float64 { return 1 + r.Float64() })
}

// spread returns the generator of numbers over 2*precisions*p exponents.
func spread(precisions int) func(*rand.Rand, int, int) []float64 {
	return func(r *rand.Rand, n, p int) []float64 {
		top := precisions * p
		return each(n, func(int) float64 { return sign(r) * math.Ldexp(1+r.Float64(), r.IntN(2*top)-top) })
	}
}

// cancelling are pairs that cancel but for their last bits, over p exponents, in
// random places.
func cancelling(r *rand.Rand, n, p int) []float64 {
	x := each(n, func(int) float64 { return math.Ldexp(1+r.Float64(), r.IntN(p)) })
	for i := 1; i < n; i += 2 {
		x[i] = -x[i-1] * (1 + math.Ldexp(float64(r.IntN(4)), 1-p))
	}
	r.Shuffle(n, func(i, j int) { x[i], x[j] = x[j], x[i] })
	return x
}

// layers are pairs that cancel exactly, over 3p exponents, in random places, and small
// numbers that are left: a sum in twice the precision loses them, too, but for a
// lucky order.
func layers(r *rand.Rand, n, p int) []float64 {
	x := each(n, func(i int) float64 { return math.Ldexp(1+r.Float64(), r.IntN(3*p)-2*p) })
	for i := 3; i < n; i += 2 {
		x[i] = -x[i-1]
	}
	r.Shuffle(n, func(i, j int) { x[i], x[j] = x[j], x[i] })
	return x
}

// ties are numbers 1, half a last place of 1, and something tiny that breaks the tie.
func ties(r *rand.Rand, n, p int) []float64 {
	exponents := []int{0, -p, -p, -2*p - 3}
	return each(n, func(int) float64 { return sign(r) * math.Ldexp(1, exponents[r.IntN(4)]) })
}

// spikes are ones with some numbers of either sign that swallow them.
func spikes(r *rand.Rand, n, p int) []float64 {
	return each(n, func(int) float64 {
		if r.IntN(4) == 0 {
			return sign(r) * math.Ldexp(1, p+1+r.IntN(3))
		}
		return 1 + r.Float64()
	})
}

// overflowing are numbers of which a few overflow together.
func overflowing(r *rand.Rand, n, p int) []float64 {
	top := 1023
	if p == 24 {
		top = 127
	}
	return each(n, func(int) float64 { return sign(r) * math.Ldexp(1+r.Float64()/2, top-r.IntN(3)) })
}

// subnormal are the smallest numbers.
func subnormal(r *rand.Rand, n, p int) []float64 {
	bottom := -1074
	if p == 24 {
		bottom = -149
	}
	return each(n, func(int) float64 { return sign(r) * math.Ldexp(float64(r.IntN(1<<20)), bottom) })
}

// mixedZeros are zeros of both signs and a few numbers.
func mixedZeros(r *rand.Rand, n, _ int) []float64 {
	return each(n, func(int) float64 { return math.Copysign(float64(r.IntN(3)/2), sign(r)) })
}
