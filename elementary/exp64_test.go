package elementary

import (
	"math"
	"testing"

	"github.com/samebits/samebits/internal/fpmode"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// differ returns how many results of ExpSlice have not the bits of Exp, of n random arguments up
// to 720 in magnitude, an integer among them now and then.
func differ(n int) (count int) {
	s := splitmix64(11)
	x, y := make([]float64, n), make([]float64, n)
	for i := range x {
		x[i] = (float64(s.next()>>11)*0x1p-53 - 0.5) * math.Ldexp(1, int(s.next()%12))
		switch s.next() % 500 {
		case 0:
			x[i] *= 720 / 0x1p10
		case 1:
			x[i] = math.Round(x[i])
		}
	}
	ExpSlice(y, x)
	for i, v := range x {
		if math.Float64bits(y[i]) != math.Float64bits(Exp(v)) {
			count++
		}
	}
	return count
}

// TestExpOfFloat64 compares every backend with the scalar form: on random arguments, and for every
// length, with values that a kernel does not take, apart and in place.
func TestExpOfFloat64(t *testing.T) {
	nasty := []float64{math.NaN(), math.Float64frombits(0xfff0000000000001), inf, -inf, 0, negZero, 0x1p-1074, 708, -708, math.Nextafter(708, 0),
		-math.Nextafter(708, 0), 709.782712893384, 710, -745.13, -746, 1e300}
	s := splitmix64(4)
	eachBackend(t, func(t *testing.T) {
		require.Zero(t, differ(200*(*samples)))
		for n := range 70 {
			x := make([]float64, n+8)
			for i := range x {
				x[i] = 3 * float64(int64(s.next())) * 0x1p-63
				if s.next()%uint64(1+n) == 0 {
					x[i] = nasty[s.next()%uint64(len(nasty))]
				}
			}
			from := n % 5
			dst := make([]float64, n+8)
			want := make([]float64, n+8)
			for i := range n {
				want[from+i] = Exp(x[from+i])
			}
			ExpSlice(dst[from:from+n], x[from:from+n])
			require.Equal(t, allBits(want), allBits(dst), "%d", n)
			ExpSlice(x[from:from+n], x[from:from+n])
			require.Equal(t, allBits(want[from:from+n]), allBits(x[from:from+n]), "%d in place", n)
		}
	})
}

// TestExpOfFloat64Decides: a kernel that the backend should have runs, up to what it must leave to
// others; and it does so in any mode of the host.
func TestExpOfFloat64Decides(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		x, y := make([]float64, 64), make([]float64, 64)
		done := kernel.MapExp64(&constants, &exp2Pairs, y, x)
		if b := kernel.Active(); b != kernel.AVX2 && b != kernel.AVX512 {
			require.Zero(t, done)
			return
		}
		require.Equal(t, 64, done)
		for i := range x {
			x[i] = float64(i)*1.37 - 43
		}
		want, got := make([]float64, 64), make([]float64, 64)
		ExpSlice(want, x)
		if fpmode.With(func() { kernel.MapExp64(&constants, &exp2Pairs, got, x) }) {
			require.Equal(t, allBits(want), allBits(got))
		}
		for _, v := range []float64{708, -708, math.NaN(), inf} {
			x[37] = v
			require.Equal(t, 32, kernel.MapExp64(&constants, &exp2Pairs, y, x), v)
		}
	})
}

// TestExpOfFloat64SeesFault: with an entry of the table or a constant wrong the comparison fails.
func TestExpOfFloat64SeesFault(t *testing.T) {
	if b := kernel.Active(); b != kernel.AVX2 && b != kernel.AVX512 {
		t.Skip("no vector kernels")
	}
	saved := exp2Pairs[77]
	exp2Pairs[77][0] *= 1 + 0x1p-52
	require.Positive(t, differ(20000))
	exp2Pairs[77] = saved
	for i := range 4 {
		constants[kernel.MapExpSteps+5][i] += 1 << 30 // of 1/6
	}
	require.Positive(t, differ(20000))
	for i := range 4 {
		constants[kernel.MapExpSteps+5][i] -= 1 << 30
	}
	require.Zero(t, differ(20000))
}
