package blas_test

import (
	"math"
	"math/big"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// evaluator is a definition of an element of a product: terms a[k]*x[k], alpha, beta and c.
type evaluator[T kernel.Float] func(order reduce.Order, growing bool, alpha T, a, x []T, beta, c T) T

// element is the definition of SPEC section 4: by the words of the specification in
// Sequential and Pairwise, by gemm.Gemm, whose tests have oracles for it, on the bare terms in
// the others.
func element[T kernel.Float](order reduce.Order, growing bool, alpha T, a, x []T, beta, c T) T {
	if alpha == 0 || len(a) == 0 {
		return scaled(beta, c)
	}
	var s T
	switch order.Kind() {
	case reduce.KindSequential:
		s = chain(a, x)
	case reduce.KindPairwise:
		var leaves []T
		for leaf := order.Leaf(); len(a) > leaf; a, x = a[leaf:], x[leaf:] {
			leaves = append(leaves, chain(a[:leaf], x[:leaf]))
		}
		leaves = append(leaves, chain(a, x))
		if growing {
			s = rounds(leaves)
		} else {
			s = halving(leaves)
		}
	default:
		k, out := len(a), []T{c}
		if err := gemm.Gemm(gemm.Options{Order: order, Growing: growing}, false, false, alpha, gemm.Dense(1, k, a), gemm.Dense(k, 1, x), beta, gemm.Dense(1, 1, out)); err != nil {
			panic(err)
		}
		return out[0]
	}
	if s == 0 {
		s = 0 // of either sign
	}
	v := T(alpha * s)
	if beta != 0 {
		w := T(beta * c)
		v += w
	}
	return kernel.Canonical(v)
}

func scaled[T kernel.Float](beta, c T) T {
	if beta == 0 {
		return 0
	}
	return kernel.Canonical(T(beta * c))
}

func chain[T kernel.Float](a, x []T) (s T) {
	for k := range a {
		s = fma(a[k], x[k], s)
	}
	return s
}

// fma is x*y + z rounded once.
func fma[T kernel.Float](x, y, z T) T {
	if kernel.Is64[T]() {
		return T(math.FMA(float64(x), float64(y), float64(z)))
	}
	plain := float64(x)*float64(y) + float64(z)
	if plain == 0 || !kernel.IsFinite(plain) {
		return T(plain) // exact: float64 has the range
	}
	// The exact value lies between the neighbours of plain; if both round to one number, so does it.
	below, above := float32(math.Nextafter(plain, math.Inf(-1))), float32(math.Nextafter(plain, math.Inf(1)))
	if below == above {
		return T(below)
	}
	v := new(big.Float).SetPrec(700).SetFloat64(float64(x))
	v.Mul(v, new(big.Float).SetFloat64(float64(y)))
	r, _ := v.Add(v, new(big.Float).SetFloat64(float64(z))).Float32()
	return T(r)
}

// halving joins ceil(n/2) values on the left with floor(n/2) on the right.
func halving[T kernel.Float](v []T) T {
	if len(v) == 1 {
		return v[0]
	}
	m := len(v) - len(v)/2
	return halving(v[:m]) + halving(v[m:])
}

// rounds pairs neighbours, carries an odd last one over, and repeats.
func rounds[T kernel.Float](v []T) T {
	for len(v) > 1 {
		var next []T
		for i := 0; i+1 < len(v); i += 2 {
			next = append(next, v[i]+v[i+1])
		}
		if len(v)%2 == 1 {
			next = append(next, v[len(v)-1])
		}
		v = next
	}
	return v[0]
}

// exact is element by exact arithmetic, rounded once: for data of which every order must find
// the exact value, zeros having the sign that the definition gives them.
func exact[T kernel.Float](order reduce.Order, _ bool, alpha T, a, x []T, beta, c T) T {
	if alpha == 0 || len(a) == 0 {
		return scaled(beta, c)
	}
	sum, total := new(big.Rat), new(big.Rat)
	rat := func(v T) *big.Rat { return new(big.Rat).SetFloat64(float64(v)) }
	for k := range a {
		sum.Add(sum, new(big.Rat).Mul(rat(a[k]), rat(x[k])))
	}
	total.Mul(rat(alpha), sum)
	if beta != 0 {
		total.Add(total, new(big.Rat).Mul(rat(beta), rat(c)))
	}
	if total.Sign() == 0 && sum.Sign() == 0 && order.Kind() != reduce.KindExact {
		var zero T
		zero = T(alpha * zero)
		if beta != 0 {
			zero += T(beta * c)
		}
		return zero
	}
	v, _ := total.Float64()
	return T(v)
}
