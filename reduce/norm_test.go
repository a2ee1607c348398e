package reduce

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// impliesUnscaled: where sure is sure of the sum of squares, Norm2 need not scale. It
// returns how often sure was, over vectors about both ends of the range.
func impliesUnscaled[T Float](sure func(s T, n int) bool) (times int, err error) {
	rng := rand.New(rand.NewPCG(450, 32))
	for _, end := range []int{-normRange[T](), normRange[T]()} {
		for _, n := range []int{1, 2, 30, 1000} {
			for e := end - 4; e <= end+4; e++ {
				x := make([]T, n)
				for i := range x {
					x[i] = T(math.Ldexp(1-rng.Float64()/16, e)) // below and near 2^e
				}
				m := stream[T]{x: whole(x), f: mapping[T]{kind: absolute}}.max()
				for _, o := range Orders(5) {
					if Check[T](o) != nil || !sure(SumSquares(o, x), n) {
						continue
					}
					if times++; normExponent(m) != 0 {
						return times, fmt.Errorf("%v, %d elements up to %x: sure, but to be scaled by 2^%d", o, n, m, -normExponent(m))
					}
				}
			}
		}
	}
	return times, nil
}

func testSurelyUnscaled[T Float](t *testing.T) {
	times, err := impliesUnscaled(surelyUnscaled[T])
	require.NoError(t, err)
	require.Greater(t, times, 100)
	square := T(math.Ldexp(1, 2*normRange[T]()))
	_, err = impliesUnscaled(func(s T, n int) bool { return s >= 4/square && s < square/4 })
	require.Error(t, err, "it sees a bound without n")
	_, err = impliesUnscaled(func(s T, n int) bool { return s >= 4*T(n)/square && s < 4*square })
	require.Error(t, err, "and one too high")
}

func TestSurelyUnscaled(t *testing.T) {
	t.Run("float32", testSurelyUnscaled[float32])
	t.Run("float64", testSurelyUnscaled[float64])
}

// The scaling brings the largest magnitude to [1, 2), and its inverse is a T.
func testNormExponent[T Float](t *testing.T, least, most int) {
	k := normRange[T]()
	for e := least; e <= most; e++ {
		next := math.Ldexp(1, e+1)
		below := T(next - math.Ldexp(1, max(e-23, least))) // the largest in [2^e, 2^(e+1))
		if kernel.Is64[T]() {
			below = T(math.Nextafter(next, 0))
		}
		for _, m := range []T{T(math.Ldexp(1, e)), below} {
			want := e
			if -k <= e && e < k {
				want = 0
			}
			require.Equal(t, want, normExponent(m), "%x", m)
			if want != 0 {
				y := []T{m}
				scaling[T](-want).apply(y)
				require.True(t, y[0] >= 1 && y[0] < 2, "%x", m)
				require.Equal(t, m, T(y[0]*T(math.Ldexp(1, want))), "%x", m)
			}
		}
	}
	require.Zero(t, normExponent[T](0))
}

func TestNormExponent(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testNormExponent[float32](t, -149, 127) })
	t.Run("float64", func(t *testing.T) { testNormExponent[float64](t, -1074, 1022) })
}
