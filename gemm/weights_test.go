package gemm

import (
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// Goroutines do not change where packed numbers lie.
func TestPackOnThreads(t *testing.T) {
	const k, n = 300, 451
	b := NewMatrix[float32](k, n)
	for i := range b.Data {
		b.Data[i] = float32(i)
	}
	for _, rows := range [][]int{nil, reduce.Permutation(5, k)} {
		want := pack(1, b, false, Whole(k, reduce.Pairwise), rows)
		require.Equal(t, want, pack(3, b, false, Whole(k, reduce.Pairwise), rows))
		for i := range k {
			from := i
			if rows != nil {
				from = rows[i]
			}
			require.Equal(t, b.Row(from)[n-1], want.at(i, n-1))
		}
	}
}
