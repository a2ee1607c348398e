package model

import (
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// unpacked is a backend that leaves weights as they are. It multiplies whole ones by the
// definition in SPEC.md, section 4, and packs parts of a contraction anew for every use.
type unpacked[T Float] struct{ gemm.Backend[T] }

// asTheyAre are weights, in the layout of the checkpoint.
type asTheyAre[T Float] struct {
	gemm.Matrix[T]
	trans bool
	place gemm.Contraction
}

func (w asTheyAre[T]) Dims() (k, n int) {
	if w.trans {
		return w.Cols, w.Rows
	}
	return w.Rows, w.Cols
}

func (w asTheyAre[T]) Place() gemm.Contraction { return w.place }

func (w asTheyAre[T]) at(k, j int) T {
	if w.trans {
		k, j = j, k
	}
	return w.Row(k)[j]
}

func (u unpacked[T]) Pack(b gemm.Matrix[T], trans bool, place gemm.Contraction) (gemm.Packed[T], error) {
	return asTheyAre[T]{b, trans, place}, nil
}

// Mul sets c[i,j] to the halving tree over leaves, each a chain of fused
// multiply-adds, in Pairwise.
func (u unpacked[T]) Mul(a gemm.Matrix[T], packed gemm.Packed[T], c gemm.Matrix[T]) error {
	w := packed.(asTheyAre[T])
	for i := range c.Rows {
		for j := range c.Cols {
			var leaves []T
			for lo := 0; lo < a.Cols; lo += w.place.Leaf {
				s := T(0)
				for k := lo; k < min(a.Cols, lo+w.place.Leaf); k++ {
					s = kernel.FMA(a.Row(i)[k], w.at(k, j), s)
				}
				leaves = append(leaves, s)
			}
			c.Row(i)[j] = halved(leaves)
		}
	}
	return nil
}

func halved[T Float](x []T) T {
	if len(x) == 1 {
		return x[0]
	}
	m := (len(x) + 1) / 2
	return halved(x[:m]) + halved(x[m:])
}

func (u unpacked[T]) Partial(a gemm.Matrix[T], packed gemm.Packed[T]) (*gemm.Partial[T], error) {
	w := packed.(asTheyAre[T])
	own, err := u.Backend.Pack(w.Matrix, w.trans, w.place)
	if err != nil {
		return nil, err
	}
	return u.Backend.Partial(a, own)
}

// Packing moves weights, and is not seen in the bits.
func TestPackingDoesNotChangeTheBits(t *testing.T) {
	t.Run("float32", testPacking[float32])
	t.Run("float64", testPacking[float64])
}

func testPacking[T Float](t *testing.T) {
	for _, family := range Families() {
		c := plain(t, family).load(t)
		ids := []int{0, 10, 7, 7, 3}
		want := bitsOf(logits(t, build[T](t, c, setup{reduce.Pairwise, 1, 2}), ids))
		native, err := gemm.NewNative[T](reduce.Pairwise, 1)
		require.NoError(t, err)
		for _, ranks := range []int{1, 2, 3} {
			m, err := New(c, Options[T]{Backend: unpacked[T]{native}, Ranks: ranks})
			require.NoError(t, err)
			require.Equal(t, want, bitsOf(logits(t, m, ids)), "%s, %d ranks", family, ranks)
		}
		// Another leaf is seen.
		wrong, err := New(c, Options[T]{Backend: otherLeaf[T]{unpacked[T]{native}}})
		require.NoError(t, err)
		require.NotEqual(t, want, bitsOf(logits(t, wrong, ids)), family)
	}
}

// otherLeaf is the fault: it packs in leaves of another size.
type otherLeaf[T Float] struct{ unpacked[T] }

func (o otherLeaf[T]) Pack(b gemm.Matrix[T], trans bool, place gemm.Contraction) (gemm.Packed[T], error) {
	place.Leaf = 8
	return o.unpacked.Pack(b, trans, place)
}
