package reduce

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// apartTerms is how many terms of float64 the places of these tests are from each other: two blocks and a half, so that something is left.
const apartTerms = 2*kernel.MaxSliced/kernel.Places + 256

// spread returns n terms that streams are read of, of a kind.
func spread[T Float](rng *rand.Rand, n, kind int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(math.Ldexp(rng.Float64()*2-1, 5-rng.IntN(9)))
	}
	some := func(values ...float64) {
		for _, v := range values {
			x[rng.IntN(n)] = T(v)
		}
	}
	switch kind {
	case 1:
		some(0, math.Copysign(0, -1), 0)
	case 2:
		some(1e10, -3e20, 1e30)
	case 3:
		some(1e-30, 1e-20, -1e-35)
	case 4:
		some(math.Inf(1))
	case 5:
		some(math.NaN(), 1e20)
	case 6:
		x = regime[T](rng, n)
	case 7:
		clear(x)
	case 8: // of more bits than two bins hold
		for i := range x {
			x[i] = T(math.Ldexp(rng.Float64()*2-1, -rng.IntN(90)))
		}
		for range n / 1000 {
			some(math.Copysign(0, -1), 0)
		}
	}
	return x
}

// checkApart compares what terms leave that are added as several streams with what they leave when added one by one.
func checkApart(x []float64, fold int, add func(b *Bins[float64], a *Superaccumulator, t terms[float64])) error {
	got, want := NewBins[float64](fold), NewBins[float64](fold)
	var exact, singly Superaccumulator
	add(&got, &exact, terms[float64]{x: x})
	addInGo(&want, terms[float64]{x: x})
	addOneByOne(&singly, terms[float64]{x: x})
	if got.words() != want.words() {
		return fmt.Errorf("binned sum of %d terms, fold %d: %v for %v", len(x), fold, got.words(), want.words())
	}
	if !exact.Equal(&singly) {
		return fmt.Errorf("exact sum of %d terms", len(x))
	}
	return nil
}

// Sums read as several streams leave the same states as others, of all numbers of terms about the spans and wherever they begin.
func TestReadApart(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		defer kernel.SetApart(8*apartTerms, 0)()
		const span = kernel.Places * apartTerms
		both := func(b *Bins[float64], a *Superaccumulator, t terms[float64]) {
			addTerms(b, t)
			addExact(a, t)
		}
		for kind := range 9 {
			rng := rand.New(rand.NewPCG(71, uint64(kind)))
			for i, n := range []int{span - 1, span, span + 1, span + 23, 2*span - 1, 2 * span, 2*span + 1, 3*span + 1000} {
				x := spread[float64](rng, n+i%4, kind)[i%4:]
				require.NoError(t, checkApart(x, 2+i%3, both), "kind %d", kind)
			}
		}
		if kernel.Apart[float64](kernel.Plain, span) == 0 {
			return
		}
		x := spread[float64](rand.New(rand.NewPCG(73, 74)), 2*span+5, 0)
		taken, rest := 0, 0
		r := readCut(terms[float64]{x: x})
		for lo, hi, apart, ok := r.next(); ok; lo, hi, apart, ok = r.next() {
			if apart > 0 {
				taken++
				r.done(true)
			} else {
				rest += hi - lo
			}
		}
		require.Equal(t, 2*2, taken)
		require.Equal(t, len(x)-taken*kernel.MaxSliced, rest)
		missing := func(b *Bins[float64], a *Superaccumulator, t terms[float64]) { // every other block
			c, r := binCutter[float64]{b: b}, readCut(t)
			for lo, hi, apart, ok := r.next(); ok; lo, hi, apart, ok = r.next() {
				if apart > 0 {
					taken++
					r.done(taken%2 == 0 || c.add(t.slice(lo, hi), apart))
				} else {
					c.addAll(t.slice(lo, hi))
				}
			}
			addExact(a, t)
		}
		require.ErrorContains(t, checkApart(x, 3, missing), "binned")
	})
}

// Sums of float32 and those of several goroutines are the same, too, read as several streams or not.
func TestSumsApart(t *testing.T) {
	defer func(n int) { grain = n }(grain)
	grain = 1000
	eachBackend(t, func(t *testing.T) {
		if kernel.Active() < kernel.AVX2 {
			t.Skip("no kernels that read in several places")
		}
		t.Run("f32", testSumsApart[float32])
		t.Run("f64", testSumsApart[float64])
	})
}

func testSumsApart[T Float](t *testing.T) {
	orders := []Order{Binned, BinnedFold(2), Exact}
	all := func(x, y []T, from int) (bits []uint64) {
		defer kernel.SetApart(8*apartTerms, from)()
		for _, order := range orders {
			bits = append(bits, kernel.Bits(Sum(order, x)), kernel.Bits(Dot(order, x, y)))
			for threads := 2; threads <= 3; threads++ {
				bits = append(bits, kernel.Bits(SumParallel(order, x, threads)), kernel.Bits(DotParallel(order, x, y, threads)))
			}
			bits = append(bits, kernel.Bits(whole(x).Sum(order)), kernel.Bits(NewVector((len(x)+2)/3, 3, x).Sum(order)))
		}
		return bits
	}
	const span = kernel.Places * 2 * apartTerms // of float32
	for kind := range 9 {
		rng := rand.New(rand.NewPCG(75, uint64(kind)))
		for i, n := range []int{span - 1, span, span + 1, 2*span + 100, 3 * span} {
			x, y := spread[T](rng, n+i%4, kind)[i%4:], spread[T](rng, n, i%2)
			require.Equal(t, all(x, y, math.MaxInt), all(x, y, 0), "kind %d, %d terms", kind, n)
		}
	}
}

// checkCertifiedApart certifies the sum of terms in several streams, and compares it with the exact one and with what is certified of terms side by side.
func checkCertifiedApart[T Float](of kernel.Terms, x, y []T, others func(c certified, of kernel.Terms, block int, x, y []T) (certified, bool)) error {
	block := kernel.WatchedApart(of)
	first, ok := certifyBlock(of, x[:block], y)
	if !ok {
		return fmt.Errorf("the first block is refused")
	}
	side, ok := certifySides(first, of, block, x[block:], from(y, block))
	c, ok2 := others(first, of, block, x, y)
	if !ok || !ok2 {
		return fmt.Errorf("refused: %v, %v", ok, ok2)
	}
	var exact Superaccumulator
	for i, v := range x {
		switch of {
		case kernel.Plain:
			exact.Add(float64(v))
		case kernel.Product:
			exact.AddProduct(float64(v), float64(y[i]))
		case kernel.RoundedProduct:
			exact.Add(float64(T(v * y[i])))
		}
	}
	var sum Superaccumulator
	sum.Add(c.s)
	sum.Add(c.t)
	sum.addLimbs(&exact, -1)
	if off := math.Abs(Round[float64](&sum)); off > c.error || c.error > 2*side.error || c.most < side.most {
		return fmt.Errorf("off by %g, the bound is %g, of blocks side by side %g; magnitudes below %g and %g", off, c.error, side.error, c.most, side.most)
	}
	return nil
}

func from[T Float](y []T, n int) []T {
	if y == nil {
		return nil
	}
	return y[n:]
}

// What is certified of terms in several streams is within its bound, which is that of terms side by side.
func TestCertifyApart(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		if kernel.Active() < kernel.AVX2 {
			t.Skip("no kernels that read in several places")
		}
		t.Run("f32", testCertifyApart[float32])
		t.Run("f64", testCertifyApart[float64])
	})
}

func testCertifyApart[T Float](t *testing.T) {
	const apart = 16 << 10 // bytes
	defer kernel.SetApart(apart, 0)()
	rng := rand.New(rand.NewPCG(77, 78))
	for _, of := range []kernel.Terms{kernel.Plain, kernel.Product, kernel.RoundedProduct} {
		if of == kernel.RoundedProduct && !kernel.Is64[T]() {
			continue
		}
		for kind := range 3 {
			n := 3*kernel.Places*apart/4 + rng.IntN(9999)
			x, y := spread[T](rng, n, 0), spread[T](rng, n, 0)
			if of == kernel.Plain {
				y = nil
			}
			switch kind {
			case 1: // larger ones on the way
				x[n/3], x[n/2], x[n-1] = 1e9, -3e4, 1e12
			case 2: // of many exponents
				for i := range x {
					x[i] = T(math.Ldexp(float64(x[i]), -rng.IntN(40)))
				}
			}
			require.NoError(t, checkCertifiedApart(of, x, y, certifyOthers[T]), "%v, kind %d", of, kind)
			require.Error(t, checkCertifiedApart(of, x, y, func(c certified, of kernel.Terms, block int, x, y []T) (certified, bool) {
				left := x[n-1]
				defer func() { x[n-1] = left }()
				x[n-1] += 1 << 20 // a term is another
				return certifyOthers(c, of, block, x, y)
			}), "%v, kind %d", of, kind)
		}
	}
}
