package elementary

import (
	"math"
	"math/big"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

// frequencies are angles of every magnitude, and one that is a thousandth of a turn
// but for 2^-40: its steps come close to multiples of a quarter turn.
func testFrequencies() (all []number) {
	s := splitmix64(11)
	for range 40 {
		x := math.Ldexp(1+float64(s.next()>>11)*0x1p-53, -int(s.next()%24))
		all = append(all, over(newNumber(1500, x), newNumber(1500, 3)))
	}
	turn := twoTo(bigPi(1500), 1)
	near := add(over(newNumber(1500, 1), newNumber(1500, 1000)), newNumber(1500, 0x1p-40))
	return append(all, newNumber(1500, 1), product(turn, near))
}

func TestSincosSteps(t *testing.T) {
	s := splitmix64(12)
	worst := 0.0
	for i, radians := range testFrequencies() {
		f := NewFrequency(radians)
		for k := range 100 {
			n := int(s.next() >> (32 + s.next()%32) & math.MaxInt)
			if k == 0 {
				n = 250 * (i + 1)
			}
			sin, cos := bigSincosAny(product(newNumber(1500, float64(n)), radians))
			requireNearest[float64](t, f, n, sin, cos)
			requireNearest[float32](t, f, n, sin, cos)
			if n == 0 {
				continue
			}
			v := sineSum(f.after(uint64(n)))
			e, _ := over(sub(add(wide(v.h), wide(v.l)), sin), sin).Float64()
			worst = max(worst, math.Abs(e))
			requireEqual(t, sin, bigSine(f.after(uint64(n))), 90)
			requireEqual(t, cos, bigSine(f.after(uint64(n)).plusQuarter()), 90)
		}
	}
	t.Logf("sineSum errs by 2^%.1f", math.Log2(worst))
	require.Less(t, worst, 0x1p-67)
}

func requireNearest[T Float](t *testing.T, f Frequency, n int, sin, cos number) {
	t.Helper()
	s, c := SincosSteps[T](f, n)
	require.Equal(t, kernel.Bits(toNearest[T](sin)), kernel.Bits(s), "sine, %d steps of %x", n, f)
	require.Equal(t, kernel.Bits(toNearest[T](cos)), kernel.Bits(c), "cosine, %d steps of %x", n, f)
}

func toNearest[T Float](x number) T {
	if kernel.Is64[T]() {
		y, _ := x.Float64()
		return T(y)
	}
	y, _ := x.Float32()
	return T(y)
}

// TestSincosStepsUndecided: the few results that the sums leave open are decided by more
// digits, and there are such.
func TestSincosStepsUndecided(t *testing.T) {
	f := NewFrequency(newNumber(1500, 1))
	open := 0
	for n := range 40000 {
		s := sineSum(f.after(uint64(n)))
		e := math.Abs(s.h) * 0x1p-66
		if n > 0 && s.h+(s.l-e) != s.h+(s.l+e) {
			open++
			sin, cos := bigSincosAny(newNumber(1500, float64(n)))
			requireNearest[float64](t, f, n, sin, cos)
		}
	}
	require.Greater(t, open, 2)
}

// TestSincosStepsSeesFault: a wrong table is noticed.
func TestSincosStepsSeesFault(t *testing.T) {
	saved := sineTable[77].l
	defer func() { sineTable[77].l = saved }()
	sineTable[77].l += 0x1p-58
	radians := new(big.Float).SetPrec(1500).Quo(twoTo(product(bigPi(1500), newNumber(1500, 77)), 1), newNumber(1500, 1024))
	f := NewFrequency(add(radians, newNumber(1500, 0x1p-13)))
	sin, _ := bigSincosAny(add(radians, newNumber(1500, 0x1p-13)))
	v := sineSum(f.after(1))
	e, _ := over(sub(add(wide(v.h), wide(v.l)), sin), sin).Float64()
	require.Greater(t, math.Abs(e), 0x1p-66)
}

func BenchmarkSincosSteps(b *testing.B) {
	f := NewFrequency(newNumber(1500, 1))
	b.Run("type=float64", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			SincosSteps[float64](f, i)
		}
	})
	b.Run("type=float32", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			SincosSteps[float32](f, i)
		}
	})
}
