package gemm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// oneRowTerms are terms that fill no, one and several blocks of leaves, with leaves and terms left over, and sets of them, few and many.
var oneRowTerms = []int{516, 252, 256, 480, 508, 512, 513, 540, 544, 768, 1000, 1024, 4096, 1100, 1540}

// checkOneRow compares products of one row by a matrix that is stored transposed with the definition, for
// columns that fill tiles and more.
func checkOneRow[T gemm.Float](impl product[T], terms []int) error {
	rng := rand.New(rand.NewPCG(21, 22))
	for i, k := range terms {
		p := problem{m: 1, n: 64 + 16*(i%5) + rng.IntN(4)*(i%2), k: k, transA: i%2 == 0, transB: true, alpha: 1, gap: rng.IntN(3) * 2, offset: rng.IntN(4),
			values: valueSets[i%len(valueSets)]}
		if i%3 == 0 {
			p.alpha, p.beta = -2.75, 0.5
		}
		o := gemm.Options{Order: reduce.Pairwise, Growing: i%4 == 1, Threads: 1 + i%3}
		if err := checkElements(impl, o, p, uint64(i)); err != nil {
			return err
		}
	}
	return nil
}

func TestOneRowByColumnsThatLieAlong(t *testing.T) {
	for _, backend := range kernel.Backends() {
		t.Run(backend.String(), func(t *testing.T) {
			defer kernel.Use(backend)()
			terms := oneRowTerms
			if kernel.AlongLeaves[float32]() == 0 { // the way of other tests
				terms = terms[:1]
			}
			require.NoError(t, checkOneRow(gemm.Gemm[float32], terms))
			require.NoError(t, checkOneRow(gemm.Gemm[float64], terms))
		})
	}
	require.Error(t, checkOneRow(instead[float32](func(o gemm.Options) gemm.Options {
		o.Growing = !o.Growing
		return o
	}), oneRowTerms[:1]), "another tree")
}

// sameInPieces multiplies a row by so many columns that lie one after the other, at once and by a few columns at a time, and returns an
// error where the bits differ.
func sameInPieces[T gemm.Float](n, k, few, threads int, spoil func(c []T)) error {
	rng := rand.New(rand.NewPCG(23, 24))
	a, b, c, piece := gemm.NewMatrix[T](1, k), gemm.NewMatrix[T](n, k), gemm.NewMatrix[T](1, n), gemm.NewMatrix[T](1, n)
	for _, x := range [][]T{a.Data, b.Data} {
		for i := range x {
			x[i] = T(rng.Float32() - 0.5)
		}
	}
	o := gemm.Options{Order: reduce.Pairwise, Threads: threads}
	if err := gemm.Gemm(o, false, true, 1, a, b, 0, c); err != nil {
		return err
	}
	spoil(c.Data)
	for j := 0; j < n; j += few {
		cols := min(few, n-j)
		if err := gemm.Gemm(gemm.Options{Order: reduce.Pairwise}, false, true, 1, a, gemm.Dense(cols, k, b.Data[j*k:(j+cols)*k]), 0, gemm.Dense(1, cols, piece.Data[j:j+cols])); err != nil {
			return err
		}
	}
	for j, v := range c.Data {
		if kernel.Bits(v) != kernel.Bits(piece.Data[j]) {
			return fmt.Errorf("%d columns of %d terms: element %d is %v at once, %v in pieces", n, k, j, v, piece.Data[j])
		}
	}
	return nil
}

// A goroutine joins the sums of more columns at a time than there are in a piece, then those of the columns that are left. Several
// have some of the columns each, in pieces, of which the last are small, also where these are not as many for each.
func TestOneRowByManyColumns(t *testing.T) {
	for _, backend := range kernel.Backends() {
		t.Run(backend.String(), func(t *testing.T) {
			defer kernel.Use(backend)()
			for i, k := range []int{512, 1024, 2048, 4096} {
				for threads := 1; threads <= 3; threads++ {
					require.NoError(t, sameInPieces(1<<19/k+100+i*threads, k, 70, threads, func([]float32) {}))
					require.NoError(t, sameInPieces(1<<18/k+100+i*threads, k, 40, threads, func([]float64) {}))
				}
			}
		})
	}
}

// sameOfFew multiplies a row by so many columns that lie one after the other, and by those and others, and returns an error where the bits differ.
func sameOfFew[T gemm.Float](rng *rand.Rand, n, k int) error {
	const others = 128
	a, b, c, all := gemm.NewMatrix[T](1, k), gemm.NewMatrix[T](n+others, k), gemm.NewMatrix[T](1, n), gemm.NewMatrix[T](1, n+others)
	for _, x := range [][]T{a.Data, b.Data} {
		for i := range x {
			x[i] = T(rng.Float32() - 0.5)
		}
	}
	for _, c := range []gemm.Matrix[T]{c, all} {
		o := gemm.Options{Order: reduce.Pairwise, Workspace: new(gemm.Workspace)} // which has no row yet
		if err := gemm.Gemm(o, false, true, 1, a, gemm.Dense(c.Cols, k, b.Data[:c.Cols*k]), 0, c); err != nil {
			return err
		}
	}
	return sameBits(all.Data[:n], c.Data, fmt.Sprintf("%d columns of %d terms", n, k))
}

func TestOneRowByFewColumns(t *testing.T) {
	rng := rand.New(rand.NewPCG(25, 26))
	for _, k := range []int{256, 512, 1024, 1536} {
		for n := 1; n < 70; n += 3 {
			require.NoError(t, sameOfFew[float32](rng, n, k))
			require.NoError(t, sameOfFew[float64](rng, n, k))
		}
	}
}

func TestOneRowByColumnsFromMemory(t *testing.T) {
	const bytes, more = 19 << 20, 33 << 20 // two ways of the former are tried
	if kernel.LeafLanes[float32]() == 0 {
		t.Skip("no kernel for it")
	}
	defer gemm.SetPaceTrials(3)()
	for threads := 1; threads <= 2; threads++ {
		require.NoError(t, sameInPieces(more/4/1024+5, 1024, 100, threads, func([]float32) {}))
		require.NoError(t, sameInPieces(more/8/512+5, 512, 100, threads, func([]float64) {}))
		for _, k := range []int{512, 1024, 4096} {
			require.NoError(t, sameInPieces(bytes/4/k+5, k, 100, threads, func([]float32) {}))
			require.NoError(t, sameInPieces(bytes/8/k+5, k, 100, threads, func([]float64) {}))
		}
	}
	require.Error(t, sameInPieces(1000, 512, 100, 1, func(c []float32) { c[7], c[8] = c[8], c[7] }), "two columns in each other's place")
}

// The way to read columns may depend on the counter, the bits may not: if it goes on, stands still, goes back, or is that of several
// processors whose counters are far from each other.
func TestOneRowWhateverTheCounter(t *testing.T) {
	defer gemm.SetPaceTrials(3)()
	for name, step := range map[string]func(n int64) int64{
		"goes on":      func(n int64) int64 { return n },
		"stands still": func(int64) int64 { return 7 },
		"goes back":    func(n int64) int64 { return -n * n },
		"of several":   func(n int64) int64 { return n * (math.MaxInt64/5 | 1) },
	} {
		var n atomic.Int64
		restore := gemm.SetTicks(func() int64 { return step(n.Add(1)) })
		for threads := 1; threads <= 3; threads++ {
			require.NoError(t, sameInPieces(1<<22/4/512+5, 512, 100, threads, func([]float32) {}), name)
			require.NoError(t, sameInPieces(1<<22/8/1024+5, 1024, 100, threads, func([]float64) {}), name)
		}
		restore()
		require.Equal(t, kernel.LeafLanes[float32]() > 0, n.Load() > 20, name)
	}
}
