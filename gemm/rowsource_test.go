package gemm_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// inPieces returns the source of a matrix, and how many elements of it were read.
func inPieces[E any](t *testing.T, rows, cols, stride int, data []E) (gemm.RowSource[E], *int) {
	read := new(int)
	return gemm.RowSource[E]{Rows: rows, Cols: cols, Read: func(dst []E, i int) error {
		require.Equal(t, i*cols, *read, "from the first row to the last, once")
		*read += len(dst)
		for k := range dst {
			dst[k] = data[(i+k/cols)*stride+k%cols]
		}
		return nil
	}}, read
}

// Weights that were read in pieces give the products of those packed at once.
func TestPackRowsIsPack(t *testing.T) {
	t.Run("float32", testPackRows[float32])
	t.Run("float64", testPackRows[float64])
}

func testPackRows[T gemm.Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for _, order := range ordersFor[T]() {
		native, err := gemm.NewNative[T](order, 1)
		require.NoError(t, err)
		for _, shape := range [][2]int{{1, 1}, {5, 70}, {70, 33}, {100, 200}, {0, 4}} {
			for _, trans := range []bool{false, true} {
				b := randomMatrix[T](rng, shape[0], shape[1])
				k, n := shape[0], shape[1]
				if trans {
					k, n = n, k
				}
				src, read := inPieces(t, b.Rows, b.Cols, b.Stride, b.Data)
				got, err := native.PackRows(src, trans, gemm.Whole(k, order))
				require.NoError(t, err)
				require.Equal(t, len(b.Data), *read)
				want, err := native.Pack(b, trans, gemm.Whole(k, order))
				require.NoError(t, err)
				require.NoError(t, sameProducts(native, rng, got, want, k, n))
			}
		}
	}
}

func sameProducts[T gemm.Float](native gemm.Backend[T], rng *rand.Rand, got, want gemm.Packed[T], k, n int) error {
	for _, m := range []int{1, 3, 14} {
		a, x, y := randomMatrix[T](rng, m, k), gemm.NewMatrix[T](m, n), gemm.NewMatrix[T](m, n)
		if err := errors.Join(native.Mul(a, got, x), native.Mul(a, want, y)); err != nil {
			return err
		}
		if err := sameBits(y.Data, x.Data, native.Order().String()); err != nil {
			return err
		}
	}
	return nil
}

// Stored weights that were read in pieces are those of PackStored.
func TestPackStoredRowsIsPackStored(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	native, err := gemm.NewNative[float32](reduce.Pairwise, 1)
	require.NoError(t, err)
	for _, of := range []gemm.Stored{gemm.BFloat16, gemm.Float16} {
		for _, trans := range []bool{false, true} {
			b, _ := storedWeights(rng, of, 130, 75)
			k, n := 130, 75
			if trans {
				k, n = n, k
			}
			src, read := inPieces(t, b.Rows, b.Cols, b.Stride, b.Data)
			got, ok, err := native.PackStoredRows(of, src, trans, gemm.Whole(k, reduce.Pairwise))
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, 130*75, *read)
			want, err := gemm.PackStored(reduce.Pairwise, 1, of, b, trans, gemm.Whole(k, reduce.Pairwise))
			require.NoError(t, err)
			require.NoError(t, sameProducts(native, rng, got, want, k, n))
		}
	}
}

func TestPackRowsErrors(t *testing.T) {
	native, err := gemm.NewNative[float32](reduce.Pairwise, 1)
	require.NoError(t, err)
	broken := errors.New("the disk is gone")
	src := gemm.RowSource[float32]{Rows: 40, Cols: 3, Read: func(_ []float32, i int) error {
		if i > 0 {
			return broken
		}
		return nil
	}}
	_, err = native.PackRows(src, false, gemm.Whole(40, reduce.Pairwise))
	require.ErrorIs(t, err, broken)
	_, err = native.PackRows(src, true, gemm.Whole(40, reduce.Pairwise))
	require.ErrorContains(t, err, "terms [0,3) of 40 are not cut between leaves of 32")
	src.Cols = -1
	_, err = native.PackRows(src, false, gemm.Whole(40, reduce.Pairwise))
	require.EqualError(t, err, "gemm: B is 40 x -1: want no negative dimension")

	many := gemm.RowSource[float32]{Rows: math.MaxInt / 32, Cols: 33, Read: src.Read}
	_, err = native.PackRows(many, false, gemm.Whole(many.Rows, reduce.Pairwise))
	require.ErrorContains(t, err, "x 33: want no more than")
	_, err = native.PackRows(gemm.RowSource[float32]{Rows: 40, Cols: 3}, false, gemm.Whole(40, reduce.Pairwise))
	require.EqualError(t, err, "gemm: B is 40 x 3 and has no function Read")
	_, err = native.PackRows(gemm.RowSource[float32]{Rows: 40}, false, gemm.Whole(40, reduce.Pairwise))
	require.NoError(t, err)

	halves := gemm.RowSource[uint16]{Rows: 4, Cols: 3}
	_, _, err = native.PackStoredRows(gemm.Float16, halves, false, gemm.Whole(4, reduce.Pairwise))
	require.EqualError(t, err, "gemm: B is 4 x 3 and has no function Read")
	_, _, err = native.PackStoredRows(9, halves, false, gemm.Whole(4, reduce.Pairwise))
	require.EqualError(t, err, "gemm: weights stored as type 9: want BFloat16 or Float16")
	shuffled, err := gemm.NewNative[float32](reduce.Shuffled(3), 1)
	require.NoError(t, err)
	_, ok, err := shuffled.PackStoredRows(gemm.BFloat16, halves, false, gemm.Whole(4, reduce.Pairwise))
	require.NoError(t, err)
	require.False(t, ok)
	wide, err := gemm.NewNative[float64](reduce.Pairwise, 1)
	require.NoError(t, err)
	_, ok, err = wide.PackStoredRows(gemm.BFloat16, halves, false, gemm.Whole(4, reduce.Pairwise))
	require.NoError(t, err)
	require.False(t, ok)
}

// Weights stay in 16 bits only where kernels widen them: other orders would widen them element
// by element in each product. Nothing is read of what does not stay so.
func TestOnlyTreesKeepHalves(t *testing.T) {
	for _, order := range ordersFor[float32]() {
		native, err := gemm.NewNative[float32](order, 1)
		require.NoError(t, err)
		source, read := inPieces(t, 3, 5, 5, make([]uint16, 15))
		_, ok, err := native.PackStoredRows(gemm.BFloat16, source, false, gemm.Whole(3, order))
		require.NoError(t, err)
		kind := order.Kind()
		require.Equal(t, kind == reduce.KindPairwise || kind == reduce.KindSequential, ok, "%v", order)
		require.Equal(t, ok, *read > 0, "%v", order)
	}
}
