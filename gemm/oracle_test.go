package gemm_test

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// The oracle: each element of a product by the words of the specification, one at a
// time, with nothing of the code under test.

// element is alpha*sum(x[k]*y[k]) + beta*c in the given order.
func element[T gemm.Float](o gemm.Options, alpha T, x, y []T, beta, c T) T {
	switch {
	case alpha == 0 || len(x) == 0:
		if beta == 0 {
			return 0
		}
		return kernel.Canonical(T(beta * c))
	case o.Order.Kind() == reduce.KindExact:
		return exactElement(alpha, x, y, beta, c)
	}
	s := state(o, x, y)
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

// state is the sum of the products, rounded to T.
func state[T gemm.Float](o gemm.Options, x, y []T) T {
	n := o.Order.Leaf()
	tree := halving[T]
	pairTree, wideTree := halving[[2]T], halving[float64]
	if o.Growing {
		tree, pairTree, wideTree = rounds[T], rounds[[2]T], rounds[float64]
	}
	switch o.Order.Kind() {
	case reduce.KindPairwise:
		return tree(leaves(x, y, n, chain[T]), func(a, b T) T { return a + b })
	case reduce.KindDoubleDouble:
		v := pairTree(leaves(x, y, n, pairLeaf[T]), addPair[T])
		return finishPair(v[0], v[1])
	case reduce.KindWidened:
		return T(wideTree(leaves(x, y, n, wideLeaf[T]), func(a, b float64) float64 { return a + b }))
	case reduce.KindBinned:
		return binned(o.Order.Fold(), products(x, y))
	case reduce.KindKahan:
		return kahan(0, products(x, y))
	case reduce.KindNeumaier:
		return neumaier(0, products(x, y))
	case reduce.KindShuffled:
		x, y = shuffle(o.Order.Seed(), x, y)
	}
	return chain(x, y)
}

// leaves evaluates the runs of n terms.
func leaves[T gemm.Float, V any](x, y []T, n int, leaf func(x, y []T) V) (v []V) {
	for ; len(x) > n; x, y = x[n:], y[n:] {
		v = append(v, leaf(x[:n], y[:n]))
	}
	return append(v, leaf(x, y))
}

// halving joins ceil(n/2) values on the left with floor(n/2) on the right.
func halving[V any](v []V, add func(a, b V) V) V {
	if len(v) == 1 {
		return v[0]
	}
	m := len(v) - len(v)/2
	return add(halving(v[:m], add), halving(v[m:], add))
}

// rounds pairs neighbours, carries an odd last one over, and repeats.
func rounds[V any](v []V, add func(a, b V) V) V {
	for len(v) > 1 {
		var next []V
		for i := 0; i+1 < len(v); i += 2 {
			next = append(next, add(v[i], v[i+1]))
		}
		if len(v)%2 == 1 {
			next = append(next, v[len(v)-1])
		}
		v = next
	}
	return v[0]
}

func chain[T gemm.Float](x, y []T) (s T) {
	for k := range x {
		s = fma(x[k], y[k], s)
	}
	return s
}

// fma is x*y + z rounded once.
func fma[T gemm.Float](x, y, z T) T {
	if kernel.Is64[T]() {
		return T(math.FMA(float64(x), float64(y), float64(z)))
	}
	plain := float64(x)*float64(y) + float64(z)
	if plain == 0 || !kernel.IsFinite(plain) {
		return T(plain) // exact: float64 has the range
	}
	v := wide(float64(x))
	return roundTo[T](v.Mul(v, wide(float64(y))).Add(v, wide(float64(z))))
}

func wideLeaf[T gemm.Float](x, y []T) (s float64) {
	for k := range x {
		s = math.FMA(float64(x[k]), float64(y[k]), s)
	}
	return s
}

func pairLeaf[T gemm.Float](x, y []T) (s [2]T) {
	for k := range x {
		p := T(x[k] * y[k])
		s = addPair(s, [2]T{p, fma(x[k], y[k], -p)})
	}
	return s
}

func addPair[T gemm.Float](a, b [2]T) [2]T {
	h := a[0] + b[0]
	return [2]T{h, (a[1] + b[1]) + lost(a[0], b[0], h)}
}

// lost is what the sum h of a and b has lost: Dekker's branch, not Knuth's TwoSum.
func lost[T gemm.Float](a, b, h T) T {
	if math.Abs(float64(a)) < math.Abs(float64(b)) {
		a, b = b, a
	}
	return b - (h - a)
}

func finishPair[T gemm.Float](h, l T) T {
	if l == 0 || !kernel.IsFinite(h+l) {
		return h
	}
	return h + l
}

// products are the rounded products.
func products[T gemm.Float](x, y []T) (p []T) {
	for k := range x {
		p = append(p, x[k]*y[k])
	}
	return p
}

func plainFold[T gemm.Float](sum T, terms []T) T {
	for _, v := range terms {
		sum += v
	}
	return sum
}

func kahan[T gemm.Float](sum T, terms []T) T {
	var c T
	for _, v := range terms {
		y := v - c
		t := sum + y
		c = (t - sum) - y
		sum = t
	}
	return sum
}

func neumaier[T gemm.Float](sum T, terms []T) T {
	var c T
	for _, v := range terms {
		t := sum + v
		c += lost(sum, v, t)
		sum = t
	}
	return finishPair(sum, c)
}

// binned is the binned sum. Its slices telescope: each term counts as the nearest
// multiple, ties to even, of the lowest grid that is kept, q(top-fold+1).
func binned[T gemm.Float](fold int, terms []T) T {
	width, smallest := 40, -1074
	if !kernel.Is64[T]() {
		width, smallest = 13, -149
	}
	var special, largest float64
	for _, v := range terms {
		if !kernel.IsFinite(v) {
			special += float64(v)
			continue
		}
		largest = max(largest, math.Abs(float64(v)))
	}
	if special != 0 {
		return kernel.Canonical(T(special))
	}
	top := fold - 1
	for exponent := smallest - 1; wide(largest).Cmp(new(big.Float).SetMantExp(wide(1), exponent+width*(top+1))) > 0; {
		top++
	}
	grid := smallest + width*(top-fold+1)
	sum := wide(0)
	for _, v := range terms {
		if kernel.IsFinite(v) {
			m := new(big.Float).SetMantExp(wide(float64(v)), -grid)
			sum.Add(sum, new(big.Float).SetMantExp(nearestInt(m), grid))
		}
	}
	return roundTo[T](sum)
}

// nearestInt is the integer nearest to v, ties to even.
func nearestInt(v *big.Float) *big.Float {
	if v.MantExp(nil) < 0 {
		return wide(0) // below a half
	}
	bits := uint(v.MantExp(nil)) // before the point, in which the format below ends
	if bits == 0 {               // [1/2, 1)
		if v.Cmp(wide(0.5)) == 0 || v.Cmp(wide(-0.5)) == 0 {
			return wide(0)
		}
		return wide(float64(v.Sign()))
	}
	return new(big.Float).SetPrec(7000).Set(new(big.Float).SetPrec(bits).SetMode(big.ToNearestEven).Set(v))
}

// shuffle is the published shuffle by SplitMix64.
func shuffle[T gemm.Float](seed uint64, x, y []T) (sx, sy []T) {
	sx, sy = append(sx, x...), append(sy, y...)
	for i := len(x) - 1; i > 0; i-- {
		seed += 0x9e3779b97f4a7c15
		z := (seed ^ seed>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		j, _ := bits.Mul64(z^z>>31, uint64(i+1))
		sx[i], sx[j] = sx[j], sx[i]
		sy[i], sy[j] = sy[j], sy[i]
	}
	return sx, sy
}

// exactElement is RN(alpha*S + beta*c), with the classes of IEEE 754 for infinities
// and NaN: any order of the same operations, without overflow.
func exactElement[T gemm.Float](alpha T, x, y []T, beta, c T) T {
	sum, special := wide(0), 0.0
	add := func(to *big.Float, a, b float64) {
		if !kernel.IsFinite(a) || !kernel.IsFinite(b) {
			special += a * b
			return
		}
		p := wide(a)
		to.Add(to, p.Mul(p, wide(b)))
	}
	for k := range x {
		add(sum, float64(x[k]), float64(y[k]))
	}
	if special != 0 {
		special *= float64(alpha)
	} else if !kernel.IsFinite(alpha) {
		special = float64(alpha) * float64(sum.Sign())
	}
	total := wide(0)
	if kernel.IsFinite(alpha) {
		total.Mul(sum, wide(float64(alpha)))
	}
	if beta != 0 {
		add(total, float64(beta), float64(c))
	}
	if special != 0 {
		return kernel.Canonical(T(special))
	}
	if total.Sign() == 0 {
		return 0
	}
	return roundTo[T](total)
}

// wide is v with a precision at which sums of products of three float64 are exact.
func wide(v float64) *big.Float { return new(big.Float).SetPrec(7000).SetFloat64(v) }

func roundTo[T gemm.Float](v *big.Float) T {
	if kernel.Is64[T]() {
		f, _ := v.Float64()
		return T(f)
	}
	f, _ := v.Float32()
	return T(f)
}
