package reduce

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
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

// The capacity holds however the terms came together.
func TestCapacity(t *testing.T) {
	const most = math.MaxInt64
	a := Superaccumulator{count: most - 2}
	a.Add(1)
	a.AddProduct(-1, 0x1p-1074)
	require.Equal(t, int64(most), a.Count())
	before := a
	for _, more := range []func(){
		func() { a.Add(1) }, func() { a.Add(0) }, func() { a.Add(math.Inf(1)) }, func() { a.AddProduct(2, 3) }, func() { a.AddProduct(0, -3) },
		func() { addExact(&a, terms[float64]{x: []float64{5}}) },
	} {
		require.PanicsWithValue(t, "reduce: 1 more term in an exact sum of 9223372036854775807: it holds 9223372036854775807", more)
		require.Equal(t, before, a, "a refused addition changes nothing")
	}
	a.Sub(1)
	require.PanicsWithValue(t, "reduce: 2 more terms in an exact sum of 9223372036854775806: it holds 9223372036854775807", func() { a.Merge(&Superaccumulator{count: 2}) })
	a.Merge(&Superaccumulator{count: 1})
	require.Equal(t, int64(most), a.Count())
	state, err := a.MarshalBinary()
	require.NoError(t, err)
	var again Superaccumulator
	require.NoError(t, again.UnmarshalBinary(state))
	require.True(t, a.Equal(&again))
	b := Superaccumulator{count: most - 5}
	require.PanicsWithValue(t, "reduce: 600 more terms in an exact sum of 9223372036854775802: it holds 9223372036854775807", func() { addExact(&b, terms[float64]{x: ones(600)}) })
}

// So does that of binned sums.
func TestCapacityOfBins(t *testing.T) {
	b := NewBins[float64](3)
	b.count = math.MaxInt64 - 1
	b.Add([]float64{1})
	require.Equal(t, int64(math.MaxInt64), b.Count())
	before, one, two := b, NewBins[float64](3), []float64{1, 0x1p900}
	one.Add(two[1:])
	for _, more := range []func(){
		func() { b.Add(two[1:]) }, func() { b.AddProducts(two[1:], two, 2) }, func() { b.Merge(&one) },
	} {
		require.PanicsWithValue(t, "reduce: 1 more term in a binned sum of 9223372036854775807: it holds 9223372036854775807", more)
		require.Equal(t, before, b, "a refused addition changes nothing")
	}
	b.Add(nil)
	b.count--
	require.PanicsWithValue(t, "reduce: 2 more terms in a binned sum of 9223372036854775806: it holds 9223372036854775807", func() { b.Add(two) })
	one.count = math.MaxInt64
	require.PanicsWithValue(t, "reduce: 9223372036854775807 more terms in a binned sum of 9223372036854775806: it holds 9223372036854775807", func() { b.Merge(&one) })
	b.Merge(&Bins[float64]{top: 2, fold: 3, count: 1})
	require.Equal(t, int64(math.MaxInt64), b.Count())
}

func ones(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

// The largest sum of the most terms fits, and the largest beyond is refused.
func TestLimbsSufficeForTheCapacity(t *testing.T) {
	for _, sign := range []float64{1, -1} {
		var a Superaccumulator
		a.AddProduct(math.MaxFloat64, sign*math.MaxFloat64)
		for range 62 { // 2^62 terms
			a.Merge(&a)
		}
		largest := units(math.MaxFloat64, sign*math.MaxFloat64)
		require.Zero(t, valueOf(&a).Cmp(largest.Lsh(largest, 62)))
		require.Equal(t, math.Inf(int(sign)), Round[float64](&a))
		_, err := a.MarshalBinary()
		require.NoError(t, err)
		a.count = 1
		_, err = a.MarshalBinary()
		require.EqualError(t, err, "reduce: no sum has this state: a sum of 2^2109 of 1 ordinary terms of type any: want less than 2^2048")
		require.PanicsWithValue(t, "reduce: exact sum of 2 terms is beyond 2^2144: others were removed than had been added", func() {
			for {
				a.count = 1
				a.Merge(&a)
			}
		})
	}
}

// addInt takes every exponent whose limbs there are, and any integer.
func TestAddInt(t *testing.T) {
	for e := exponent0; e <= 1984; e += 31 {
		var a Superaccumulator
		want := new(big.Int)
		for _, m := range []int64{1, -1, math.MaxInt64, math.MinInt64, math.MinInt64 + 1, 0, 1<<53 - 1, -(1 << 62), 0x123456789abcdef} {
			a.addInt(m, e)
			term := big.NewInt(m)
			want.Add(want, term.Lsh(term, uint(e-exponent0)))
			require.Zero(t, want.Cmp(valueOf(&a)), "%d * 2^%d", m, e)
		}
		a.carry()
		require.Zero(t, want.Cmp(valueOf(&a)), "carried, 2^%d", e)
		require.Zero(t, a.Count())
	}
}

// The canonical form of any limbs: one sign, digits of 32 bits, trimmed, and the
// same value. For a negative power of 2^32, the negation carries out of the digits.
func TestCarryIsCanonical(t *testing.T) {
	check := func(a Superaccumulator) {
		t.Helper()
		want := valueOf(&a)
		a.carry()
		require.Zero(t, want.Cmp(valueOf(&a)))
		for i, d := range a.limb {
			require.True(t, d*int64(want.Sign()) >= 0 && max(d, -d) <= limbMask, "limb %d is %x", i, d)
			require.True(t, d == 0 || a.lo <= i && i < a.hi, "limb %d outside [%d,%d)", i, a.lo, a.hi)
		}
		if want.Sign() == 0 {
			require.Zero(t, a.hi)
			return
		}
		require.NotZero(t, a.limb[a.lo])
		require.NotZero(t, a.limb[a.hi-1])
	}
	values := []int64{0, 1, -1, limbMask, -limbMask, 1 << 32, -1 << 32, 1 << 40, -1 << 62, 1<<62 + 5, -(1<<40 + 1)}
	for _, x := range values {
		for _, y := range values {
			for _, z := range values {
				a := Superaccumulator{lo: 2, hi: 6}
				a.limb[2], a.limb[3], a.limb[5] = x, y, z
				check(a)
			}
		}
	}
}

// Digits as full as they get leave limbs that a carry can take, and the limb above them.
func TestDigitsAtTheirLimit(t *testing.T) {
	for _, sign := range []int64{1, -1} {
		for _, pending := range []int{0, maxPending - 1, maxPending} {
			for _, width := range []int{1, 2, 8, 9, len(kernel.Digits{})} {
				var d kernel.Digits
				want := new(big.Int)
				for i := len(d) - width; i < len(d); i++ {
					d[i] = sign * 2047 * (1<<52 + 1<<32)
					want.Add(want, new(big.Int).Lsh(big.NewInt(d[i]), uint(limbBits*i)))
				}
				var a Superaccumulator
				a.pending = pending
				a.addDigits(&d)
				for i, l := range a.limb {
					require.Less(t, max(l, -l), int64(1)<<32, "limb %d", i)
					require.True(t, l == 0 || a.lo <= i && i < a.hi)
				}
				require.Equal(t, (pending+1)%(maxPending+1), a.pending)
				require.Zero(t, want.Cmp(valueOf(&a)), "%d digits", width)
			}
		}
	}
}

// A block of terms that no digits take is added all the same, and -0 are counted.
func TestManyAmongOthers(t *testing.T) {
	inf, negative := math.Inf(1), math.Copysign(0, -1)
	for _, odd := range [][2]float64{{inf, 1}, {-inf, 1}, {math.NaN(), 1}, {negative, 1}, {0, -1}, {0, 1}, {0x1p-1074, 0x1p-1074}, {-0x1p-1074, 0x1p-500}, {0x1p1023, -0x1p1000}} {
		x, y := make([]float64, 5000), make([]float64, 5000)
		for i := range x {
			x[i], y[i] = math.Ldexp(1, i%2000-1073), 1 // subnormals among them
		}
		x[3000], y[3000] = odd[0], odd[1]
		for _, v := range []terms[float64]{{x: x}, {x: x, y: y}} {
			var many, singly Superaccumulator
			addMany(&many, v)
			addOneByOne(&singly, v)
			require.True(t, many.Equal(&singly), "%v", odd)
		}
	}
}

// Blocks of products of all exponents, and what is left after them, have the state of one after the other.
func TestManyProducts(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 15))
	for range 60 {
		n := 1 + rng.IntN(3*kernel.MaxEntries)
		v := terms[float64]{x: make([]float64, n), y: make([]float64, n)}
		for i := range n {
			v.x[i] = math.Ldexp(rng.Float64()*2-1, rng.IntN(2090)-1070)
			v.y[i] = math.Ldexp(rng.Float64()*2-1, rng.IntN(2090)-1070)
		}
		for range rng.IntN(4) {
			v.x[rng.IntN(n)] = math.Copysign(0, rng.Float64()-0.5)
		}
		var many, singly Superaccumulator
		addMany(&many, v)
		addOneByOne(&singly, v)
		require.True(t, many.Equal(&singly))
	}
}
