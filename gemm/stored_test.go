package gemm_test

import (
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// storedWeights returns k x n numbers of that type, those of the type that are not finite
// among them, and what they are as float32, exactly.
func storedWeights(rng *rand.Rand, of gemm.Stored, k, n int) (gemm.StoredMatrix, gemm.Matrix[float32]) {
	b := gemm.StoredMatrix{Rows: k, Cols: n, Stride: n + 3, Data: make([]uint16, k*(n+3))}
	wide := gemm.Matrix[float32]{Rows: k, Cols: n, Stride: n + 3, Data: make([]float32, k*(n+3))}
	for i := range b.Data {
		b.Data[i] = uint16(rng.Uint32())
		if rng.IntN(1000) > 0 {
			b.Data[i] &= 0xbfff // finite
		}
	}
	kernel.Widen(kernel.Storage(of), wide.Data, b.Data)
	return b, wide
}

// The bits of a product do not tell how its weights are stored.
func TestStoredWeightsAreTheWidenedOnes(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for _, order := range ordersFor[float32]() {
		backend := native[float32](t, order)
		for _, of := range []gemm.Stored{gemm.BFloat16, gemm.Float16} {
			for _, shape := range [][3]int{{1, 300, 37}, {1, 5, 200}, {3, 70, 300}, {9, 33, 65}, {14, 300, 5}} {
				m, n, k := shape[0], shape[1], shape[2]
				b, wide := storedWeights(rng, of, k, n)
				stored, err := gemm.PackStored(order, 1, of, b, false, gemm.Whole(k, order))
				if order.Kind() == reduce.KindShuffled {
					require.ErrorContains(t, err, "stored weights in order shuffled")
					continue
				}
				require.NoError(t, err)
				packed, err := backend.Pack(wide, false, gemm.Whole(k, order))
				require.NoError(t, err)
				a, got, want := randomMatrix[float32](rng, m, k), gemm.NewMatrix[float32](m, n), gemm.NewMatrix[float32](m, n)
				require.NoError(t, backend.Mul(a, stored, got))
				require.NoError(t, backend.Mul(a, packed, want))
				if order.Kind() != reduce.KindArrival {
					require.NoError(t, sameBits(want.Data, got.Data, order.String()), "%v %v", of, shape)
				}
			}
		}
	}
}

func TestStoredWeightsTransposed(t *testing.T) {
	backend := native[float32](t, reduce.Pairwise)
	b, wide := storedWeights(rand.New(rand.NewPCG(3, 4)), gemm.BFloat16, 20, 45)
	stored, err := gemm.PackStored(reduce.Pairwise, 1, gemm.BFloat16, b, true, gemm.Whole(45, reduce.Pairwise))
	require.NoError(t, err)
	a, got, want := randomMatrix[float32](rand.New(rand.NewPCG(1, 1)), 2, 45), gemm.NewMatrix[float32](2, 20), gemm.NewMatrix[float32](2, 20)
	require.NoError(t, backend.Mul(a, stored, got))
	require.NoError(t, backend.Product(1, a, wide, true, false, want))
	require.NoError(t, sameBits(want.Data, got.Data, "transposed"))
}

func TestStoredWeightsOfBadShapes(t *testing.T) {
	b := gemm.StoredMatrix{Rows: 4, Cols: 5, Stride: 5, Data: make([]uint16, 19)}
	_, err := gemm.PackStored(reduce.Pairwise, 1, gemm.BFloat16, b, false, gemm.Whole(4, reduce.Pairwise))
	require.EqualError(t, err, "gemm: B is 4 x 5 with leading dimension 5, and its data of 19 elements are too short")
	b.Data = make([]uint16, 20)
	_, err = gemm.PackStored(reduce.Pairwise, 1, 7, b, false, gemm.Whole(4, reduce.Pairwise))
	require.EqualError(t, err, "gemm: weights stored as type 7: want BFloat16 or Float16")
	_, err = gemm.PackStored(reduce.Pairwise, 1, gemm.Float16, b, false, gemm.Whole(3, reduce.Pairwise))
	require.ErrorContains(t, err, "terms")
}

// Goroutines pack what one packs, and every number of it.
func TestPackStoredOnGoroutines(t *testing.T) {
	for _, trans := range []bool{false, true} {
		b, wide := storedWeights(rand.New(rand.NewPCG(5, 6)), gemm.BFloat16, 260, 270)
		k := 260
		if trans {
			k = 270
		}
		place := gemm.Whole(k, reduce.Pairwise)
		want, err := gemm.PackStored(reduce.Pairwise, 1, gemm.BFloat16, b, trans, place)
		require.NoError(t, err)
		got, err := gemm.PackStored(reduce.Pairwise, 3, gemm.BFloat16, b, trans, place)
		require.NoError(t, err)
		require.Equal(t, want, got)
		a, c, whole := randomMatrix[float32](rand.New(rand.NewPCG(1, 1)), 2, k), gemm.NewMatrix[float32](2, 530-k), gemm.NewMatrix[float32](2, 530-k)
		backend := native[float32](t, reduce.Pairwise)
		require.NoError(t, backend.Mul(a, got, c))
		require.NoError(t, backend.Product(1, a, wide, trans, false, whole))
		require.NoError(t, sameBits(whole.Data, c.Data, "on goroutines"))
	}
	_, err := gemm.PackStored(reduce.Pairwise, -1, gemm.BFloat16, gemm.StoredMatrix{}, false, gemm.Whole(0, reduce.Pairwise))
	require.EqualError(t, err, "gemm: -1 threads: want 0 or more")
}
