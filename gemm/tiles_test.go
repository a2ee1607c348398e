package gemm_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// The bits are those of the order's definition for shapes on either side of every choice of
// the driver: tiles of all rows, one row over wide and over several panels, columns packed by
// the task and beforehand, several blocks of terms, several panels abreast, several chunks.
func TestEveryWayThroughTheDriver(t *testing.T) {
	t.Run("f32", testWays[float32])
	t.Run("f64", testWays[float64])
}

func testWays[T gemm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, shape := range [][3]int{{1, 1, 1}, {1, 300, 70}, {1, 131, 300}, {2, 40, 530}, {7, 65, 290}, {13, 33, 300}, {40, 150, 33}, {150, 20, 270}, {161, 50, 40}, {170, 300, 40}, {600, 33, 70}, {900, 70, 33}, {61, 40, 1100}} {
		m, n, k := shape[0], shape[1], shape[2]
		w := ways[T]{randomMatrix[T](rng, m, k), randomMatrix[T](rng, k, n), gemm.NewMatrix[T](m, n)}
		for i := range m {
			for j := range n {
				w.want.Row(i)[j] = kernel.Canonical(pairwiseByDefinition(w.a.Row(i), columnOf(w.b, j)) + 0)
			}
		}
		for _, name := range kernel.Backends() {
			t.Run(fmt.Sprint(shape, " ", name), func(t *testing.T) {
				defer kernel.Use(name)()
				w.multiply(t, 4<<20, 9<<17)
				w.multiply(t, 1, 9<<17)
				if m > 100 { // more rows than one task has
					w.multiply(t, 4<<20, 1)
				}
				w.packed(t)
				if m <= kernel.BesideRows && kernel.HasBeside() { // the other way through columns that lie one after the other
					defer kernel.UseBeside(!kernel.TakesBeside[T](kernel.BesideRows))()
					w.multiply(t, 4<<20, 9<<17)
				}
				if name == kernel.AVX512 && m > 30 { // towers of the other kind
					defer kernel.UseHalves(!kernel.TowerTakesRows())()
					w.multiply(t, 4<<20, 9<<17)
					w.multiply(t, 1, 1)
					w.packed(t)
				}
			})
		}
	}
}

// ways is a product, and what it is to be.
type ways[T gemm.Float] struct{ a, b, want gemm.Matrix[T] }

// multiply takes every way to it that there is with chunks of that size, and so many bytes of all rows.
func (w ways[T]) multiply(t *testing.T, chunk, wholeRows int) {
	defer gemm.SetChunkSize(chunk)()
	defer gemm.SetWholeRows(wholeRows)()
	for ways := range 4 {
		for _, threads := range []int{1, 3} {
			tA, tB := ways&1 != 0, ways&2 != 0
			if testing.Short() && (tA != tB) != (threads > 1) {
				continue // each storage once, each number of threads twice
			}
			c := gemm.NewMatrix[T](w.a.Rows, w.b.Cols)
			o := gemm.Options{Order: reduce.Pairwise, Threads: threads}
			require.NoError(t, gemm.Gemm(o, tA, tB, 1, stored(w.a, tA, 1, 2), stored(w.b, tB, 2, 1), 0, c))
			require.NoError(t, sameBits(w.want.Data, c.Data, fmt.Sprint(tA, tB, threads, chunk, wholeRows)))
		}
	}
}

// packed takes weights that are packed beforehand.
func (w ways[T]) packed(t *testing.T) {
	backend := native[T](t, reduce.Pairwise)
	weights, err := backend.Pack(w.b, false, gemm.Whole(w.b.Rows, reduce.Pairwise))
	require.NoError(t, err)
	c := gemm.NewMatrix[T](w.a.Rows, w.b.Cols)
	require.NoError(t, backend.Mul(w.a, weights, c))
	require.NoError(t, sameBits(w.want.Data, c.Data, "packed"))
}

func columnOf[T gemm.Float](m gemm.Matrix[T], j int) []T {
	c := make([]T, m.Rows)
	for i := range c {
		c[i] = m.Row(i)[j]
	}
	return c
}

// pairwiseByDefinition is the loop of the package's documentation.
func pairwiseByDefinition[T gemm.Float](a, b []T) T {
	leaves := (len(a) + 31) / 32
	if leaves <= 1 {
		var s T
		for k := range a {
			s = kernel.FMA(a[k], b[k], s)
		}
		return s
	}
	m := min((leaves+1)/2*32, len(a))
	return pairwiseByDefinition(a[:m], b[:m]) + pairwiseByDefinition(a[m:], b[m:])
}
