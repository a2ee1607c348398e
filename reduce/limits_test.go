package reduce

import (
	"math"
	"math/big"
	"math/bits"
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
		require.PanicsWithValue(t, "reduce: 1 more terms in an exact sum of 9223372036854775807: it holds 9223372036854775807", more)
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

// A number adds no more to a limb than it has made room for, and what was pending
// before, up to the limit, leaves that room.
func TestSomeAtTheirLimit(t *testing.T) {
	for _, sign := range []float64{1, -1} {
		for shift := range limbBits {
			x := sign * math.Ldexp(1-0x1p-53, 900+shift) // all ones
			var one Superaccumulator
			at := one.addNormal(math.Float64bits(x))
			for i, d := range one.limb {
				require.Less(t, max(d, -d), int64(manyPending)<<33)
				require.True(t, d == 0 || i == at || i == at+1)
			}
			const n = 3*manyTerms + 17
			all := make([]float64, n)
			for i := range all {
				all[i] = x
			}
			var a Superaccumulator
			a.Add(x)
			a.pending = maxPending
			a.limb[at+1] += int64(sign) * (1<<62 - 1<<60) // and its opposite, later
			a.widen(at, at+2)
			addSome(&a, terms[float64]{x: all})
			a.carry()
			a.addInt(-int64(sign)*(1<<62-1<<60), limbBits*(at+1)+exponent0)
			want := units(x, n+1)
			require.Zero(t, want.Cmp(valueOf(&a)), "shift %d", shift)
		}
	}
}

// Numbers that are added in another way, in between, may make the limbs carry.
func TestSomeAmongOthers(t *testing.T) {
	x := make([]float64, 5*manyTerms)
	for i := range x {
		x[i] = math.Ldexp(1, i%2000-1073) // subnormals among them
	}
	for _, pending := range []int{0, maxPending - 3, maxPending} {
		var many, singly Superaccumulator
		many.pending = pending
		addSome(&many, terms[float64]{x: x})
		addOneByOne(&singly, terms[float64]{x: x})
		require.True(t, many.Equal(&singly))
	}
}

// fill multiplies an entry of a table by tableMax.
func fill(words []uint64) {
	carry := uint64(0)
	for i, w := range words {
		hi, lo := bits.Mul64(w, tableMax)
		lo, c := bits.Add64(lo, carry, 0)
		words[i], carry = lo, hi+c
	}
	if carry != 0 {
		panic("the entry is too short")
	}
}

// A table folds to the sum of what was added, full as it may be.
func TestTableAtItsLimit(t *testing.T) {
	for _, sign := range []float64{1, -1} {
		for e := 1024 - 2*tableGroup; e <= 1024; e++ {
			x := sign * math.Ldexp(1-0x1p-53, e) // all ones
			var numbers numberTable
			numbers.add(math.Float64bits(x))
			fill(numbers[math.Float64bits(x)>>57][:])
			var a Superaccumulator
			numbers.fold(&a)
			require.Zero(t, units(x, tableMax).Cmp(valueOf(&a)), "%v", x)

			var products productTable
			largest := 1 - 0x1p-53
			products.add(math.Float64bits(x), math.Float64bits(math.Ldexp(largest, 1024)))
			for i := range products {
				fill(products[i][:])
			}
			var b, one Superaccumulator
			products.fold(&b)
			one.AddProduct(x, math.Ldexp(largest, 1024))
			require.Zero(t, new(big.Int).Mul(valueOf(&one), big.NewInt(tableMax)).Cmp(valueOf(&b)), "%v squared", x)
			for i, d := range b.limb {
				require.Less(t, max(d, -d), int64(1)<<33, "limb %d", i)
			}
		}
	}
}

// Entries of both signs are joined, whatever borrows from what.
func TestTableOfBothSigns(t *testing.T) {
	words := []uint64{0, 1, math.MaxUint64, 1 << 63, 5<<30 + 3}
	integer := func(w ...uint64) *big.Int {
		v := new(big.Int)
		for i := len(w) - 1; i >= 0; i-- {
			v.Lsh(v, 64).Add(v, new(big.Int).SetUint64(w[i]))
		}
		return v
	}
	for i := range 625 {
		w := [4]uint64{words[i%5], words[i/5%5], words[i/25%5], words[i/125]}
		var numbers numberTable
		numbers[25], numbers[64+25] = [2]uint64{w[0], w[1] >> 16}, [2]uint64{w[2], w[3] >> 16}
		var a Superaccumulator
		numbers.fold(&a)
		want := new(big.Int).Sub(integer(w[0], w[1]>>16), integer(w[2], w[3]>>16))
		require.Zero(t, want.Lsh(want, 800-1075-exponent0).Cmp(valueOf(&a)), "%x", w)

		var products productTable
		products[50], products[128+50] = [3]uint64{w[0], w[1], w[2] >> 33}, [3]uint64{w[3], w[2], w[1] >> 33}
		var b Superaccumulator
		products.fold(&b)
		want = new(big.Int).Sub(integer(w[0], w[1], w[2]>>33), integer(w[3], w[2], w[1]>>33))
		require.Zero(t, want.Lsh(want, 1600-2*1075-exponent0).Cmp(valueOf(&b)), "%x", w)
	}
}
