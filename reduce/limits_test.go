package reduce

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// The limbs hold maxPending additions before they must carry. These tests start
// close to that number, with limbs as full as they may then be.

// full returns an accumulator just before its carry, and its exact value: every
// limb holds maxPending-1 additions of the largest digit of that sign.
func full(sign int64) (*Superaccumulator, *big.Int) {
	a := &Superaccumulator{hi: limbCount - 4, pending: maxPending - 1, count: maxPending - 1}
	digit := sign * (maxPending - 1) * limbMask
	for i := range a.limb[:a.hi] { // leave the headroom
		a.limb[i] = digit
	}
	return a, valueOf(a)
}

// valueOf adds up the limbs, carried or not.
func valueOf(a *Superaccumulator) *big.Int {
	v := new(big.Int)
	for i, d := range a.limb {
		term := big.NewInt(d)
		v.Add(v, term.Lsh(term, uint(limbBits*i)))
	}
	return v
}

// units returns x, or the product x*y, in units of 2^exponent0.
func units(x, y float64) *big.Int {
	f := new(big.Float).SetPrec(3000).SetFloat64(x)
	f.Mul(f, new(big.Float).SetFloat64(y))
	v, _ := f.SetMantExp(f, -exponent0).Int(nil)
	return v
}

func TestAdditionsAcrossTheCarry(t *testing.T) {
	for _, sign := range []int64{1, -1} {
		a, want := full(sign)
		for k, x := range []float64{math.MaxFloat64, 1 - 0x1p-53, math.SmallestNonzeroFloat64, 1e-300, 12345.6789, -1e200} {
			x *= float64(sign)
			a.Add(x)
			want.Add(want, units(x, 1))
			a.AddProduct(x, 1-0x1p-53)
			want.Add(want, units(x, 1-0x1p-53))
			require.Zero(t, want.Cmp(valueOf(a)), "sign %d, step %d, pending %d", sign, k, a.pending)
		}
		require.Less(t, a.pending, 20, "it has carried on the way")
		for _, d := range a.limb[:limbCount-1] {
			require.Less(t, max(d, -d), int64(1)<<38, "limbs are small again")
		}
		got, err := a.Int()
		require.NoError(t, err)
		require.Zero(t, want.Cmp(got), "carrying keeps the value")
		require.Equal(t, int64(maxPending-1+12), a.Count())
	}
}

func TestMergeOfFullStates(t *testing.T) {
	for _, signs := range [][2]int64{{1, 1}, {1, -1}, {-1, -1}} {
		a, va := full(signs[0])
		b, vb := full(signs[1])
		a.Merge(b)
		require.Zero(t, valueOf(a).Cmp(va.Add(va, vb)), "signs %v", signs)
		require.Equal(t, int64(2*(maxPending-1)), a.Count())
		require.Zero(t, a.pending)
	}
}

// A limb that never carried would overflow here: the test of the test.
func TestFullLimbsAreNearTheirLimit(t *testing.T) {
	a, _ := full(1)
	require.Greater(t, a.limb[0], int64(math.MaxInt64/8), "the carry is due")
	require.Greater(t, math.MaxInt64-a.limb[0], int64(limbMask)<<2, "and there is room for it")
}

func TestCanonicalForm(t *testing.T) {
	var forward, backward Superaccumulator
	x := []float64{1e300, -3, 0x1p-1074, 7.5, -1e300, 1e16}
	for i := range x {
		forward.Add(x[i])
		backward.Add(x[len(x)-1-i])
	}
	forward.carry()
	backward.carry()
	require.Equal(t, forward, backward, "equal sums have equal limbs")
	for _, d := range forward.limb[:limbCount-1] {
		require.True(t, d >= 0 && d <= limbMask)
	}
}

// Two states with as many carries pending as there may be merge without a limb
// overflowing.
func TestMergeOfFullLimbs(t *testing.T) {
	for _, sign := range []int64{1, -1} {
		var a Superaccumulator
		a.hi, a.pending, a.count = limbCount-3, maxPending, maxPending
		for i := range a.limb[:a.hi] {
			a.limb[i] = sign * (1<<62 + 1<<32 - 1)
		}
		want, b := a, a
		want.carry()
		for range 2 {
			carried := a
			carried.carry()
			want.Merge(&carried)
			b.Merge(&a)
		}
		require.Equal(t, want, b)
	}
}
