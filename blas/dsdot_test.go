package blas_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/samebits/samebits/blas"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
	gonum "gonum.org/v1/gonum/blas"
)

// widened returns the elements as float64.
func widened(x []float32) (w []float64) {
	for _, v := range x {
		w = append(w, float64(v))
	}
	return w
}

func TestDsdot(t *testing.T) {
	for call := range 300 {
		p := problem[float32]{rng: rand.New(rand.NewPCG(9, uint64(call))), value: choose(rand.New(rand.NewPCG(1, uint64(call))), plain, special), sizes: []int{1, 2, 9, 100}}
		order := choose(p.rng, ordersFor[float32]()...)
		impl := blas.Implementation{Order: order, Threads: p.rng.IntN(3)}
		n := p.size() - 1
		x, y := p.vector(n), p.vector(n)
		if order == reduce.Widened {
			order = reduce.Pairwise
		}
		want := reduce.Dot(order, widened(x.v), widened(y.v))
		require.NoError(t, (&problem[float64]{}).sameValue("dsdot", impl.Dsdot(n, x.data, x.inc, y.data, y.inc), want))
		alpha := float32(p.value(p.rng))
		sum := float32(float64(alpha) + want)
		if sum != sum {
			sum = kernel.NaN[float32]()
		}
		require.NoError(t, p.sameValue("sdsdot", impl.Sdsdot(n, alpha, x.data, x.inc, y.data, y.inc), sum))
	}
}

// Sdsdot rounds its sum once to float32: 1 + 2^-24 and 2^-50 more is above the midpoint.
func TestSdsdotAddsBeforeItRounds(t *testing.T) {
	x, y := []float32{0x1p-24, 0x1p-30}, []float32{1, 0x1p-20}
	require.Equal(t, float32(1+0x1p-23), blas.Implementation{}.Sdsdot(2, 1, x, 1, y, 1))
}

func TestDsdotPanicsAsGonum(t *testing.T) {
	ours, theirs := gonum.Float32(blas.Implementation{}), gonum.Float32(gonumImplementation{})
	for call := range 1000 {
		for i, pair := range [][2]any{{ours.Dsdot, theirs.Dsdot}, {ours.Sdsdot, theirs.Sdsdot}} {
			f, g := reflect.ValueOf(pair[0]), reflect.ValueOf(pair[1])
			args := badArguments(rand.New(rand.NewPCG(uint64(i), uint64(call))), f.Type())
			require.Equal(t, outcome(g, args), outcome(f, args))
		}
	}
}
