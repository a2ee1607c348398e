package elementary

import (
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/samebits/samebits/internal/golden"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// randomRow returns n numbers around a mean, the same on every architecture.
func randomRow[T Float](rng *rand.Rand, n int, mean float64) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(mean + 4*rng.Float64() - 2)
	}
	return x
}

// rowOrders lists the orders that apply to T and are the same in every run.
func rowOrders[T Float]() (orders []reduce.Order) {
	for _, o := range reduce.Orders(1) {
		if o != reduce.Arrival && reduce.Check[T](o) == nil {
			orders = append(orders, o)
		}
	}
	return orders
}

// bigSum is the exact sum of f over x, correctly rounded, by math/big.
func bigSum[T Float](x []T, f func(v *big.Float) *big.Float) T {
	sum := new(big.Float).SetPrec(4000)
	for _, v := range x {
		sum.Add(sum, f(new(big.Float).SetPrec(4000).SetFloat64(float64(v))))
	}
	if kernel.Is64[T]() {
		v, _ := sum.Float64()
		return T(v)
	}
	v, _ := sum.Float32()
	return T(v)
}

func itself(v *big.Float) *big.Float  { return v }
func squared(v *big.Float) *big.Float { return new(big.Float).SetPrec(4000).Mul(v, v) }

// plainLayerNorm is the doc comment of LayerNorm in order Exact, its sums by
// math/big.
func plainLayerNorm[T Float](x, weight, bias []T, eps T) []T {
	mean := bigSum(x, itself) / T(len(x))
	d, out := make([]T, len(x)), make([]T, len(x))
	for i := range x {
		d[i] = x[i] - mean
	}
	v := bigSum(d, squared)/T(len(x)) + eps
	s := T(math.Sqrt(float64(v)))
	for i := range d {
		y := T(T(d[i]/s) * weight[i])
		out[i] = y + bias[i]
	}
	return out
}

func requireSameBits[T Float](t *testing.T, want, got []T, what ...any) {
	t.Helper()
	require.Len(t, got, len(want), what...)
	for i := range want {
		require.Equal(t, kernel.Bits(want[i]), kernel.Bits(got[i]), what...)
	}
}

func testLayerNorm[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 15, 16, 17, 48, 128, 333} {
		x, w, b := randomRow[T](rng, n, 3), randomRow[T](rng, n, 1), randomRow[T](rng, n, 0)
		want := plainLayerNorm(x, w, b, 1e-5)
		got := make([]T, n)
		LayerNorm(reduce.Exact, got, x, w, b, 1e-5)
		requireSameBits(t, want, got, "n=%d", n)
		for _, o := range rowOrders[T]() {
			LayerNorm(o, got, x, w, b, 1e-5)
			u := math.Ldexp(1, -53)
			if !kernel.Is64[T]() {
				u = math.Ldexp(1, -24)
			}
			for i := range got { // the mean's error, relative to the spread, is the largest part
				require.InDelta(t, float64(want[i]), float64(got[i]), 40*float64(n)*u, "order %v n=%d", o, n)
			}
			inPlace := append([]T(nil), x...)
			LayerNorm(o, inPlace, inPlace, w, b, 1e-5)
			requireSameBits(t, got, inPlace, "in place, order %v", o)
		}
	}
	require.NotEqual(t, plainLayerNorm([]T{1, 2, 4}, []T{1, 1, 1}, []T{0, 0, 0}, 1e-5),
		plainLayerNorm([]T{1, 2, 4}, []T{1, 1, 1}, []T{0, 0, 0}, 1e-6), "the oracle must see a wrong epsilon")
}

func TestLayerNorm(t *testing.T) {
	testLayerNorm[float32](t)
	testLayerNorm[float64](t)
}

func testRMSNorm[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 2, 17, 48, 128} {
		x, w := randomRow[T](rng, n, 1), randomRow[T](rng, n, 1)
		s := T(math.Sqrt(float64(bigSum(x, squared)/T(n) + 1e-6)))
		want := make([]T, n)
		for i := range x {
			want[i] = T(x[i]/s) * w[i]
		}
		got := append([]T(nil), x...)
		RMSNorm(reduce.Exact, got, got, w, 1e-6)
		requireSameBits(t, want, got, "n=%d", n)
	}
}

func TestRMSNorm(t *testing.T) {
	testRMSNorm[float32](t)
	testRMSNorm[float64](t)
}

func testSoftmax[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{1, 2, 3, 16, 33, 100, 256} {
		x := randomRow[T](rng, n, 0)
		m := x[0]
		for _, v := range x {
			m = max(m, v)
		}
		e := make([]T, n)
		for i := range x {
			e[i] = Exp(x[i] - m)
		}
		sum := bigSum(e, itself)
		want := make([]T, n)
		for i := range e {
			want[i] = e[i] / sum
		}
		got := make([]T, n)
		Softmax(reduce.Exact, got, x)
		requireSameBits(t, want, got, "n=%d", n)
		for _, o := range rowOrders[T]() {
			Softmax(o, got, x)
			total := 0.0
			for _, v := range got {
				total += float64(v)
			}
			require.InDelta(t, 1, total, 1e-5)
			inPlace := append([]T(nil), x...)
			Softmax(o, inPlace, inPlace)
			requireSameBits(t, got, inPlace)
			shifted := make([]T, n)
			for i := range x { // softmax does not see a shift by a power of two that loses nothing
				shifted[i] = (x[i] - m)
			}
			Softmax(o, inPlace, shifted)
			requireSameBits(t, got, inPlace)
		}
	}
}

func TestSoftmax(t *testing.T) {
	testSoftmax[float32](t)
	testSoftmax[float64](t)
}

// TestSoftmaxInChunks: where SPEC.md, section 5, promises it, a prefix whose exponentials
// come in chunks has the bits of the whole row's Softmax; what is masked ahead of it, by
// -Inf, changes nothing but its place.
func TestSoftmaxInChunks(t *testing.T) {
	testSoftmaxInChunks[float32](t)
	testSoftmaxInChunks[float64](t)
}

func testSoftmaxInChunks[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	moved := 0
	for _, order := range []reduce.Order{reduce.Pairwise, reduce.DoubleDouble, reduce.Widened, reduce.Binned, reduce.Exact} {
		if reduce.Check[T](order) != nil {
			continue
		}
		for _, n := range []int{1, 7, 64, 200, 333} {
			x := randomRow[T](rng, n, 0)
			hidden := rng.IntN(n)
			for i := range hidden {
				x[i] = T(math.Inf(-1))
			}
			m := kernel.Maximum(x)
			want, e := make([]T, n), make([]T, n)
			Softmax(order, want, x)
			for i, v := range x {
				e[i] = Exp(v - m)
			}
			total, err := reduce.NewAccumulator[T](order, 0)
			require.NoError(t, err)
			for at := 0; at < n; {
				next := min(n, at+1+rng.IntN(90))
				part, err := reduce.NewAccumulator[T](order, at)
				require.NoError(t, err)
				part.Add(e[at:next]...)
				require.NoError(t, total.Merge(part))
				at = next
			}
			sum, err := total.Sum()
			require.NoError(t, err)
			for i := range e {
				e[i] /= sum
			}
			requireSameBits(t, want, e, "order %v n=%d", order, n)
			for gone := 1; order == reduce.Pairwise && gone <= hidden; gone++ { // the place of a key is part of the sum
				Softmax(order, e[gone:], x[gone:])
				if !reflect.DeepEqual(allBits(want), allBits(e)) {
					moved++
				}
			}
		}
	}
	t.Logf("%d rows that begin later have other bits", moved)
	require.Positive(t, moved, "the check must see keys that have moved")
}

func testRowSpecials[T Float](t *testing.T) {
	inf, nan := T(math.Inf(1)), kernel.NaN[T]()
	for _, c := range []struct{ in, want []T }{
		{[]T{}, []T{}},
		{[]T{-inf, 0, -inf}, []T{0, 1, 0}},
		{[]T{1e30, -1e30}, []T{1, 0}},
		{[]T{nan, 1, 2}, []T{nan, nan, nan}},
		{[]T{1, -nan, 2}, []T{nan, nan, nan}},
		{[]T{inf, 1}, []T{nan, nan}},
		{[]T{-inf, -inf}, []T{nan, nan}},
	} {
		got := make([]T, len(c.in))
		Softmax(reduce.Pairwise, got, c.in)
		if len(c.in) > 0 && c.in[0] == inf { // exp(1-Inf) = 0 over exp(NaN): all of the row
			c.want = []T{nan, nan}
		}
		requireSameBits(t, c.want, got, "%v", c.in)
	}
	got := make([]T, 2)
	LayerNorm(reduce.Pairwise, got, []T{nan, 1}, []T{1, 1}, []T{0, 0}, 1e-5)
	requireSameBits(t, []T{nan, nan}, got)
	LayerNorm(reduce.Pairwise, got, []T{5, 5}, []T{1, 1}, []T{2, 3}, 1e-5)
	requireSameBits(t, []T{2, 3}, got, "a constant row is the bias")
}

func TestRowsWithSpecialValues(t *testing.T) {
	testRowSpecials[float32](t)
	testRowSpecials[float64](t)
}

func TestRowPanicsSayTheLengths(t *testing.T) {
	require.PanicsWithValue(t, "elementary: Softmax of 2 elements into 3", func() { Softmax(reduce.Pairwise, make([]float32, 3), make([]float32, 2)) })
	require.PanicsWithValue(t, "elementary: LayerNorm of 2 elements into 2 with 1 weight and 2 biases", func() {
		LayerNorm(reduce.Pairwise, make([]float32, 2), make([]float32, 2), make([]float32, 1), make([]float32, 2), 0)
	})
	require.PanicsWithValue(t, "elementary: RMSNorm of 0 elements into 0 with 0 weights and 0 biases", func() { RMSNorm[float64](reduce.Pairwise, nil, nil, nil, 0) })
}

func addRowDigests[T Float](digests map[string]string, name string) {
	for _, o := range rowOrders[T]() {
		rng := rand.New(rand.NewPCG(7, 8))
		d := golden.New()
		for n := 1; n <= 140; n += 3 {
			x, w, b := randomRow[T](rng, n, 3), randomRow[T](rng, n, 1), randomRow[T](rng, n, 0)
			y := make([]T, n)
			LayerNorm(o, y, x, w, b, 1e-5)
			golden.Add(d, y...)
			RMSNorm(o, y, x, w, 1e-6)
			golden.Add(d, y...)
			Softmax(o, y, x)
			golden.Add(d, y...)
		}
		digests[name+" "+o.String()] = d.String()
	}
}

func TestGoldenRows(t *testing.T) {
	digests := map[string]string{}
	addRowDigests[float32](digests, "float32")
	addRowDigests[float64](digests, "float64")
	golden.Check(t, "testdata/golden_rows.json", "LayerNorm (eps 1e-5), RMSNorm (eps 1e-6) and Softmax of rows of 1, 4, ..., 139 numbers, "+
		"drawn uniformly by math/rand/v2's PCG(7, 8); written by this test with -update on linux/amd64", digests)
}
