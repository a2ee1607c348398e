package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// guard stands around what a kernel may write.
const guard = -77

func guarded[T Float](n int) []T {
	x := make([]T, n+64)
	for i := range x {
		x[i] = guard
	}
	return x
}

func testPack[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	cols := MicroTile[T]().Cols
	for _, rows := range []int{1, 2, 3, 4, 6, 8, 12, 16, 35, cols} {
		for _, n := range []int{0, 1, 7, 8, 16, 33, 64} {
			width, stride := rows+rng.IntN(3), max(n, cols)+rng.IntN(5)
			x := make([]T, max(rows, n)*stride+1)
			for i := range x {
				x[i] = T(rng.Float64())
			}
			gathered, copied := guarded[T](n*width), guarded[T](n*width)
			Gather(gathered, width, x[1:], stride, rows, n)
			CopyRows(copied, width, x[1:], stride, rows, n)
			for i := range gathered {
				wantGathered, wantCopied := T(guard), T(guard)
				if k, r := i/width, i%width; k < n && r < rows {
					wantGathered, wantCopied = x[1+r*stride+k], x[1+k*stride+r]
				}
				if gathered[i] != wantGathered || copied[i] != wantCopied {
					t.Fatalf("%d rows or columns, %d terms: gathered %v, copied %v at %d, want %v, %v", rows, n, gathered[i], copied[i], i, wantGathered, wantCopied)
				}
			}
		}
	}
}

// testFinish compares the tiles of Finish with its values, special ones among them, and
// looks that nothing else is written.
func testFinish[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	cols := MicroTile[T]().Cols
	special := []T{0, T(math.Copysign(0, -1)), T(math.Inf(1)), T(math.Inf(-1)), -NaN[T](), 1, 3e-45, 3e38}
	for _, factors := range [][2]T{{1, 0}, {-0.3, 0}, {1, 1}, {0.7, -2}, {T(math.Inf(1)), 0}, {1, T(math.NaN())}} {
		for _, width := range []int{1, cols - 1, cols, cols + 3, 4 * cols} {
			const rows = 3
			stride := width + 5
			s, c := make([]T, rows*width), guarded[T](rows*stride)
			for i := range s {
				s[i] = special[rng.IntN(len(special))] * T(rng.Float64())
			}
			before := make([]T, len(c))
			for i := range c {
				if i%stride < width && i < rows*stride {
					c[i] = special[rng.IntN(len(special))]
				}
				before[i] = c[i]
			}
			f := NewFinish(factors[0], factors[1])
			for n := range width {
				out := append([]T(nil), c[:n+1]...)
				f.Slice(out[:n], s[:n])
				for i := range n {
					require.Equal(t, Bits(f.Value(s[i], c[i])), Bits(out[i]), "%v, %d of %d elements", factors, i, n)
				}
				require.Equal(t, Bits(c[n]), Bits(out[n]), "after %d elements", n)
			}
			f.Tile(c, stride, s, width, rows, width)
			for i := range c {
				want := before[i]
				if r, j := i/stride, i%stride; r < rows && j < width {
					want = f.Value(s[r*width+j], before[i])
				}
				require.Equal(t, Bits(want), Bits(c[i]), "%v, %d columns: %d", factors, width, i)
			}
		}
	}
}

func TestPackBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("f64", testPack[float64])
		t.Run("f32", testPack[float32])
		t.Run("finish f64", testFinish[float64])
		t.Run("finish f32", testFinish[float32])
	})
}
