package reduce

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// regime returns n numbers, of a kind that blocks of an exact sum must be told apart by.
func regime[T Float](rng *rand.Rand, n int) []T {
	top, span := 0, 0
	lowest, highest := -1074, 1024
	if !kernel.Is64[T]() {
		lowest, highest = -149, 128
	}
	switch rng.IntN(7) {
	case 0: // one bin or two
		top, span = rng.IntN(60)-30, rng.IntN(20)
	case 1: // two or three
		top, span = rng.IntN(60)-30, 30+rng.IntN(90)
	case 2: // all exponents
		top, span = highest, highest-lowest
	case 3: // subnormal numbers
		top, span = lowest+40, 40
	case 4: // the largest
		top, span = highest, rng.IntN(60)
	case 5: // smaller than what comes before
		top, span = -60, rng.IntN(5)
	case 6: // larger
		top, span = 60, rng.IntN(5)
	}
	x := make([]T, n)
	for i := range x {
		x[i] = T(math.Ldexp(rng.Float64()*2-1, top-rng.IntN(span+1)))
		for !kernel.IsFinite(x[i]) {
			x[i] = T(math.Ldexp(rng.Float64()*2-1, top-1))
		}
	}
	zeros := rng.IntN(4)
	for i := range zeros * n / 50 {
		x[rng.IntN(n)] = T(math.Copysign(0, float64(1-2*(i%2))))
	}
	if rng.IntN(12) == 0 {
		x[rng.IntN(n)] = []T{T(math.Inf(1)), T(math.Inf(-1)), kernel.NaN[T]()}[rng.IntN(3)]
	}
	return x
}

// regimes joins several, with changes inside blocks and between them.
func regimes[T Float](rng *rand.Rand) []T {
	var x []T
	for range 1 + rng.IntN(5) {
		n := 1 + rng.IntN(300)
		if rng.IntN(3) == 0 {
			n = 1 + rng.IntN(3*kernel.MaxSliced)
		}
		x = append(x, regime[T](rng, n)...)
	}
	return x
}

// mustAgree demands that terms added in blocks leave the state of terms added singly,
// which other tests compare with exact integers.
func mustAgree[T Float](t *testing.T, add func(a *Superaccumulator, t terms[T]), rng *rand.Rand) bool {
	x := regimes[T](rng)
	v := terms[T]{x: x}
	if rng.IntN(2) == 0 {
		y := regimes[T](rng)
		n := min(len(x), len(y))
		v = terms[T]{x: x[:n], y: y[:n]}
	}
	var blocks, singly Superaccumulator
	add(&blocks, v)
	addOneByOne(&singly, v)
	return blocks.Equal(&singly)
}

func testExactBlocks[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	for i := range 300 {
		require.True(t, mustAgree(t, addExact[T], rng), "input %d", i)
	}
}

func eachBackend(t *testing.T, test func(t *testing.T)) {
	for _, b := range kernel.Backends() {
		t.Run(b.String(), func(t *testing.T) {
			defer kernel.Use(b)()
			test(t)
		})
	}
}

func TestExactBlocks(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f64", testExactBlocks[float64])
		t.Run("f32", testExactBlocks[float32])
	})
}

// The comparison must see a cutter that ignores what is left of a term, and one that
// does not count zeros.
func TestExactBlocksCatchFaults(t *testing.T) {
	if len(kernel.Backends()) == 1 {
		t.Skip("no vector kernels here")
	}
	careless := func(a *Superaccumulator, v terms[float64]) {
		for ; len(v.x) > 0; v = v.slice(min(len(v.x), kernel.MaxSliced), len(v.x)) {
			block := v.slice(0, min(len(v.x), kernel.MaxSliced))
			var c cutter[float64]
			p := profileOf(block)
			kernel.Look(&c.block, block.kind(), false, block.x, block.y)
			if !c.aim(p, kernel.Extent{Least: c.block.Most, Most: c.block.Most}, 1) {
				addOneByOne(a, block)
				continue
			}
			kernel.Cut(&c.block, &c.grid, block.kind(), block.x, block.y)
			c.take(a, len(block.x), c.block.NegZeros)
		}
	}
	countless := func(a *Superaccumulator, v terms[float64]) {
		addExact(a, v)
		a.aside[negZero] = 0
	}
	for _, fault := range []func(a *Superaccumulator, v terms[float64]){careless, countless} {
		rng, wrong := rand.New(rand.NewPCG(43, 44)), 0
		for range 50 {
			if !mustAgree(t, fault, rng) {
				wrong++
			}
		}
		require.Positive(t, wrong)
	}
}

// Sums of exact blocks do not allocate.
func TestExactBlocksAllocate(t *testing.T) {
	x := make([]float64, 5000)
	for i := range x {
		x[i] = 1 / float64(i+1)
	}
	require.Zero(t, testing.AllocsPerRun(10, func() { Sum(Exact, x) }))
	require.Zero(t, testing.AllocsPerRun(10, func() { Dot(Exact, x, x) }))
}

// Products and their errors around the least number.
func TestExactBlocksOfTinyProducts(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		for e := -1080; e < -900; e++ {
			rng := rand.New(rand.NewPCG(45, uint64(-e)))
			v := terms[float64]{x: make([]float64, 40), y: make([]float64, 40)}
			for i := range v.x {
				v.x[i] = math.Ldexp(rng.Float64()-0.5, e/2)
				v.y[i] = math.Ldexp(rng.Float64()-0.5, e-e/2)
			}
			var blocks, singly Superaccumulator
			addExact(&blocks, v)
			addOneByOne(&singly, v)
			require.True(t, blocks.Equal(&singly), "products of 2^%d", e)
		}
	})
}
