package reduce_test

import (
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// A cover that is used again gives what a new one does, and leaves what it is given as it was.
func TestCoverIsUsedAgain(t *testing.T) {
	used := reduce.NewCover[float64](reduce.Growing())
	for leaves := 1; leaves < 40; leaves++ {
		used.Reset()
		require.Empty(t, used.Nodes())
		fresh := reduce.NewCover[float64](reduce.Growing())
		width := 1 + 7*leaves%5
		var given [][]float64
		for leaf := range leaves {
			h, l := make([]float64, width), make([]float64, width)
			for i := range h {
				h[i], l[i] = 1/float64(1+leaf+i), 1e-20*float64(leaf)
			}
			if leaves%2 == 1 {
				l = nil
			}
			given = append(given, append(append([]float64{}, h...), l...), h, l)
			n := reduce.NewNode(reduce.Span{Lo: leaf, Hi: leaf + 1}, h, l)
			require.NoError(t, used.Push(n))
			require.NoError(t, fresh.Push(n))
		}
		want, err := fresh.Root()
		require.NoError(t, err)
		for range 2 { // a root is lent, and does not change the cover
			got, err := used.Root()
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Equal(t, fresh.Nodes(), used.Nodes())
		}
		for i := 0; i < len(given); i += 3 {
			require.Equal(t, given[i], append(append([]float64{}, given[i+1]...), given[i+2]...))
		}
	}
}

// A cover that is used again allocates nothing.
func TestCoverKeepsItsMemory(t *testing.T) {
	c := reduce.NewCover[float32](reduce.Halving(8))
	values := make([]float32, 100)
	require.Zero(t, testing.AllocsPerRun(10, func() {
		c.Reset()
		for leaf := range 8 {
			if err := c.Push(reduce.NewNode(reduce.Span{Lo: leaf, Hi: leaf + 1}, values, nil)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.Root(); err != nil {
			t.Fatal(err)
		}
	}))
}
