package elementary

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// sumBound is the relative error of an order's sum of n positive float32, in units of
// 2^-24, as the comment of Softmax has it.
func sumBound(order reduce.Order, n int) float64 {
	switch order.Kind() {
	case reduce.KindPairwise:
		return float64(bits.Len(uint(n-1)) + 1)
	case reduce.KindKahan:
		return 2
	case reduce.KindNeumaier, reduce.KindDoubleDouble, reduce.KindWidened, reduce.KindExact:
		return 1
	case reduce.KindBinned:
		return 1 + math.Ldexp(float64(n), 24-13*(order.Fold()-1))
	}
	return float64(n - 1) // Sequential, Shuffled, Arrival
}

// TestRowBounds compares rows with their true values, in float64, whose errors do not
// count here: each error is within its bound, and some come near.
func TestRowBounds(t *testing.T) {
	const u = 0x1p-24
	rng := rand.New(rand.NewPCG(17, 18))
	for _, order := range append(rowOrders[float32](), reduce.Arrival) {
		var softmax, rms, layer float64 // the largest errors, as parts of their bounds
		for range 100 {
			n := 1 + rng.IntN(500)
			x, w, b := randomRow[float32](rng, n, 1), randomRow[float32](rng, n, 0), randomRow[float32](rng, n, 0)
			e := sumBound(order, n) * u
			y := make([]float32, n)

			Softmax(order, y, x)
			want, distance := trueSoftmax(x)
			mean := 0.0
			for i := range want {
				mean += want[i] * distance[i]
			}
			for i, v := range want {
				softmax = max(softmax, math.Abs(float64(y[i])-v)/(v*((distance[i]+mean+3)*u+e)))
			}

			RMSNorm(order, y, x, w, 1e-5)
			squares, sum, absolute := 0.0, 0.0, 0.0
			for _, v := range x {
				squares += float64(v) * float64(v)
				sum += float64(v)
				absolute += math.Abs(float64(v))
			}
			s := math.Sqrt(squares/float64(n) + float64(float32(1e-5)))
			for i, v := range x {
				want := float64(v) / s * float64(w[i])
				rms = max(rms, math.Abs(float64(y[i])-want)/(math.Abs(want)*(e/2+4.5*u)+1e-45))
			}

			LayerNorm(order, y, x, w, b, 1e-5)
			squares = 0
			for _, v := range x {
				squares += (float64(v) - sum/float64(n)) * (float64(v) - sum/float64(n))
			}
			s = math.Sqrt(squares/float64(n) + float64(float32(1e-5)))
			a := (e + 2*u) * absolute / (float64(n) * s)
			for i, v := range x {
				z := (float64(v) - sum/float64(n)) / s
				want := z*float64(w[i]) + float64(b[i])
				layer = max(layer, math.Abs(float64(y[i])-want)/(math.Abs(float64(w[i]))*(a+math.Abs(z)*(e/2+6*u))+u*math.Abs(want)+1e-45))
			}
		}
		t.Logf("%v: softmax %.2f, RMSNorm %.2f, LayerNorm %.2f of the bounds", order, softmax, rms, layer)
		for _, part := range []float64{softmax, rms, layer} {
			require.LessOrEqual(t, part, 1.001)
			require.Greater(t, part, 0.02, "the bound says nothing")
		}
	}
}

// trueSoftmax returns the softmax of x and the distances of x from its maximum.
func trueSoftmax(x []float32) (y, distance []float64) {
	m, sum := math.Inf(-1), 0.0
	for _, v := range x {
		m = max(m, float64(v))
	}
	for _, v := range x {
		y = append(y, math.Exp(float64(v)-m))
		distance = append(distance, m-float64(v))
		sum += y[len(y)-1]
	}
	for i := range y {
		y[i] /= sum
	}
	return y, distance
}
