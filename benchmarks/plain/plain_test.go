package plain

import (
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

func testLoops[T kernel.Float](t *testing.T) {
	for n := 1; n < 700; n++ {
		x, y := make([]T, n+1)[1:], make([]T, n)
		sum, dot := 0, 0
		for i := range x { // small integers: any order is exact
			a, b := i%17-5, i%5-1
			x[i], y[i] = T(a), T(b)
			sum += a
			dot += a * b
		}
		require.Equal(t, T(sum), Sum(x), "%d elements", n)
		require.Equal(t, T(dot), Dot(x, y), "%d elements", n)
		Load(x)
		LoadBoth(x, y)
	}
}

func TestLoops(t *testing.T) {
	for _, b := range kernel.Backends() {
		t.Run(b.String(), func(t *testing.T) {
			defer kernel.Use(b)()
			testLoops[float64](t)
			testLoops[float32](t)
		})
	}
}
