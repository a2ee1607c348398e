package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// leadingFloat is the number, exactly.
func leadingFloat(s Leading) *big.Float {
	i := new(big.Int).Lsh(big.NewInt(s.Hi), 64)
	f := new(big.Float).SetPrec(200).SetInt(i.Add(i, new(big.Int).SetUint64(s.Lo)))
	return f.SetMantExp(f, s.Exponent)
}

// exactTerms is the exact sum of finite terms.
func exactTerms[T Float](of Terms, x, y []T) *big.Float {
	sum := new(big.Float).SetPrec(4500)
	for i, v := range x {
		f := new(big.Float).SetPrec(200).SetFloat64(float64(v))
		if of == Product {
			f.Mul(f, new(big.Float).SetFloat64(float64(y[i])))
		}
		sum.Add(sum, f)
	}
	return sum
}

// sumFew is SumFew, and SumTiny where that is left.
func sumFew[T Float](of Terms, x, y []T, how int) (v T, s Leading, state int) {
	if v, s, state = SumFew(of, x, y, how); state == Refused && how != Near {
		v, s, state = SumTiny(of, x, y)
	}
	return v, s, state
}

func roundedTo[T Float](f *big.Float) T {
	if Is64[T]() {
		v, _ := f.Float64()
		return T(v)
	}
	v, _ := f.Float32()
	return T(v)
}

// fewTerms returns terms that few kernels get right by chance: with exponents over some span about a pivot, of few bits or all,
// cancelled but for a few, and beside the middle of two numbers by something far below.
func fewTerms[T Float](rng *rand.Rand, of Terms) (x, y []T) {
	most, least := 1000, -1074
	if !Is64[T]() {
		most, least = 100, -149
	}
	if of == Product {
		most, least = most/2, least/2
	}
	n := 1 + rng.IntN([]int{4, 9, 20, 20, 128, 128, 128, MaxFew[T](of)}[rng.IntN(8)])
	x, y = make([]T, n), make([]T, n)
	span := []int{1, 20, 28, 30, 56, 58, 60, 85, 100, 112, 116, 300, 2100}[rng.IntN(13)]
	base := least + rng.IntN(most-least)
	number := func() T {
		e := base + rng.IntN(span) - span/2
		if e > most || e < least {
			e = least + rng.IntN(most-least)
		}
		m := rng.Float64() + 1
		if rng.IntN(3) == 0 {
			m = 1 + float64(rng.IntN(2))/2
		}
		return T(math.Ldexp(m*float64(1-2*rng.IntN(2)), e))
	}
	for i := range x {
		x[i], y[i] = number(), T(rng.Float64()-0.5)
		switch j := rng.IntN(i + 1); rng.IntN(5) {
		case 0, 1:
			x[i], y[i] = -x[j], y[j]
		case 2:
			x[i] = 0
		case 3:
			x[i] = T(float64(x[j]) * []float64{0x1p-24, 0x1p-53, 0x1p-54, 0x1p-100}[rng.IntN(4)])
			y[i] = y[j]
		}
		if rng.IntN(20) == 0 {
			y[i] = T(math.Copysign(0, float64(rng.IntN(2))-0.5))
		}
	}
	if of == Product && rng.IntN(4) == 0 {
		y = append([]T(nil), x...)
	}
	return x, y
}

func testFew[T Float](t *testing.T, of Terms) {
	rng := rand.New(rand.NewPCG(uint64(of), 3))
	near, far, rounded, rounds := 0, 0, 0, 10000
	switch active {
	case Portable:
		rounds = 2000
	case AVX2:
		rounds = 2000
	case NEON: // the code of Portable
		rounds = 400
	}
	for range rounds {
		x, y := fewTerms[T](rng, of)
		want := roundedTo[T](exactTerms(of, x, y))
		for _, how := range []int{Near, NearOrSpread, Spread} {
			v, s, state := sumFew(of, x, y, how)
			if state == Refused {
				require.Equal(t, Near, how, "%v %v", x, y)
				continue
			}
			got := v
			if state == Rounded {
				rounded++
			} else {
				got = roundedTo[T](leadingFloat(s))
			}
			require.Equal(t, want == 0, got == 0, "%x %x", x, y)
			require.Equal(t, Bits(want), Bits(got), "%v %v: %v", x, y, s)
			if how == Near {
				near++
			} else {
				far++
			}
		}
		var d Digits
		most, ok := SumDigits(&d, of, x, y)
		require.True(t, ok, "%d", most)
		require.Equal(t, Bits(want), Bits(roundedTo[T](leadingFloat(d.Leading(most)))), "digits of %v %v", x, y)
	}
	require.Equal(t, 2*rounds, far)
	if active == AVX512 {
		require.Greater(t, near, 1500)
		require.Greater(t, rounded, 4000)
	} else if active == AVX2 && (of == Plain || !Is64[T]()) {
		require.Greater(t, rounded, rounds)
	} else if Is64[T]() { // of float32 there are no windows of more than 32
		require.Greater(t, near, rounds/12)
	}
}

// testFewRefused: no term that is not finite, and no sum of such, is in a window or has digits.
func testFewRefused[T Float](t *testing.T, of Terms) {
	for _, n := range []int{1, 2, 3, 5, 8, 9, 16, 17, 20, 33, 40} {
		for at := range n {
			for _, odd := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
				for _, beside := range []T{1, 0, T(math.MaxFloat32)} {
					x, y := make([]T, n), make([]T, n)
					for i := range x {
						x[i], y[i] = beside, 1
					}
					x[at] = T(odd)
					if of == Product && n%2 == 0 {
						x[at], y[at] = 0, T(odd)
					}
					for _, how := range []int{NearOrSpread, Spread} {
						_, _, state := sumFew(of, x, y, how)
						require.Equal(t, Refused, state, "%v %v", x, y)
					}
				}
			}
		}
	}
}

// testFewFull: as many terms as there may be of the largest words, at every distance from the first.
func testFewFull(t *testing.T) {
	for d := -70; d <= 130; d++ {
		for _, n := range []int{16, 128, MaxFew[float64](Plain)} {
			for _, sign := range []float64{1, -1} {
				x, y := make([]float64, n), make([]float64, n)
				for i := range x {
					x[i], y[i] = math.Ldexp(sign*(2-0x1p-52), -d), []float64{2 - 0x1p-52, 1}[d&1]
				}
				x[0], x[n-1] = 1, -sign // the others decide, if it cancels
				for _, of := range []Terms{Plain, Product} {
					if n > MaxFew[float64](of) {
						continue
					}
					want := roundedTo[float64](exactTerms(of, x, y))
					for _, how := range []int{Near, NearOrSpread, Spread} {
						switch v, s, state := sumFew(of, x, y, how); state {
						case Rounded:
							require.Equal(t, want, v, "%d terms 2^%d", n, -d)
						case NotRounded:
							require.Equal(t, want, roundedTo[float64](leadingFloat(s)), "%d terms 2^%d", n, -d)
						}
					}
				}
			}
		}
	}
}

// checkFew checks all ways to a sum, and returns whether a window was one.
func checkFew(t *testing.T, x []float64) (near bool) {
	want := roundedTo[float64](exactTerms(Plain, x, nil))
	for _, how := range []int{Near, NearOrSpread, Spread} {
		v, s, state := SumFew(Plain, x, nil, how)
		if state == NotRounded {
			v = roundedTo[float64](leadingFloat(s))
		}
		if state != Refused {
			require.Equal(t, want, v, "%d of %x", how, x)
		} else {
			require.Equal(t, Near, how)
		}
		near = near || how == Near && state != Refused
	}
	return near
}

// testFewLow: numbers that are subnormal, or hardly not, have a window.
func testFewLow(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	for round := range 2000 {
		x := make([]float64, 1+rng.IntN([]int{9, 20, 130, MaxFew[float64](Plain)}[round%4]))
		bits := 1 + rng.IntN(58)
		for i := range x {
			x[i] = math.Float64frombits(rng.Uint64N(1<<52)>>rng.IntN(52) | rng.Uint64N(uint64(bits))<<52)
			if i > 0 && rng.IntN(2) == 0 {
				x[i] = -x[rng.IntN(i)]
			}
			if rng.IntN(9) == 0 {
				x[i] = math.Copysign(0, x[i])
			}
		}
		if first := math.Float64bits(x[0]) << 1 >> 53; first < 32 || active == AVX512 && first <= wordBits {
			require.True(t, checkFew(t, x) || bits == 58, "%x", x)
		}
	}
}

// testFewLeast: products whose sum is the middle of two subnormal numbers, by which another bit is rounded off, and something far below.
func testFewLeast[T Float](t *testing.T, least, tiny int) {
	for m := 1; m < 1<<16; m += 2 + m/8 {
		for _, sign := range []float64{1, -1, 0} {
			x := []T{T(math.Ldexp(float64(m), least/2)), T(math.Ldexp(sign, tiny)), T(math.Ldexp(1, -least/2)), T(math.Ldexp(-1, -least/2))}
			y := []T{T(math.Ldexp(0.5, least-least/2)), T(math.Ldexp(1, tiny)), 1, 1}
			want := roundedTo[T](exactTerms(Product, x, y))
			v, s, state := sumFew(Product, x, y, NearOrSpread)
			require.Equal(t, NotRounded, state, "%v", v)
			require.Equal(t, want, roundedTo[T](leadingFloat(s)), "%x %x", x, y)
		}
	}
}

// testFewEdges: portable windows take what is up to 32 exponents below the first and 31 above, and no more, those of three words by AVX2 up to 56.
func testFewEdges(t *testing.T) {
	low, high := -32, 31
	if active == AVX2 {
		low, high = -wordBits, wordBits
	}
	for base := -900; base <= 900; base += 300 {
		for d := -60; d <= 60; d++ {
			for _, v := range []float64{1, -1, 2 - 0x1p-52, 0} {
				x := []float64{1, math.Ldexp(v, d), 0x1p-20, -1}
				for i := range x {
					x[i] = math.Ldexp(x[i], base)
				}
				require.Equal(t, v == 0 || low <= d && d <= high, checkFew(t, x), "%x", x)
				for _, n := range []int{6, 20} { // no number that is looked at first is beyond
					z := []float64{x[0], x[2], x[1], x[3], -x[2]}
					for len(z) < n {
						z = append(z, x[3])
					}
					low, high := low, high
					if n > fewInThree && active == AVX2 {
						low, high = -wordBits/2, wordBits/2
					}
					require.Equal(t, v == 0 || low <= d && d <= high, checkFew(t, z), "%x", z)
				}
				near := v == 0 || -32 <= d && d < 32
				y := []float64{1, 1, 1.5, 1 + 0x1p-52}
				want := roundedTo[float64](exactTerms(Product, x, y))
				_, s, state := SumFew(Product, x, y, Near)
				require.Equal(t, near, state == NotRounded, "%x", x)
				require.True(t, !near || roundedTo[float64](leadingFloat(s)) == want, "%x: %v", x, s)
			}
		}
	}
}

// testFewProducts: products whose sum is beside the middle of two numbers by something 155 bits below, and infinities whose exponents
// are in the window.
func testFewProducts(t *testing.T) {
	for _, sign := range []float64{1, -1} {
		for _, tiny := range []float64{1, -1} {
			x := []float64{1, -1, 0x1p31, 0x1p-22, tiny * (1 + 0x1p-52) * 0x1p-20, -tiny * (1 + 0x1p-51) * 0x1p-20}
			y := []float64{sign, sign, sign, sign, sign * (1 + 0x1p-52), sign}
			want := roundedTo[float64](exactTerms(Product, x, y))
			_, s, state := SumFew(Product, x, y, Near)
			require.Equal(t, NotRounded, state)
			require.Equal(t, want, roundedTo[float64](leadingFloat(s)), "%x %x: %v", x, y, s)
		}
		x, y := []float64{0x1p477, 0x1p-70}, []float64{0x1p477, sign * math.Inf(1)}
		for _, how := range []int{NearOrSpread, Spread} {
			_, _, state := sumFew(Product, x, y, how)
			require.Equal(t, Refused, state)
			_, _, state = sumFew(Product, y, x, how)
			require.Equal(t, Refused, state)
		}
	}
}

// testFewSpread: as many terms as there may be, more than digits may be read of without a carry, far from each other and cancelling but for a
// few, or all in one digit.
func testFewSpread[T Float](t *testing.T, of Terms) {
	rng := rand.New(rand.NewPCG(51, uint64(of)))
	most, least := 1000, -1074
	if !Is64[T]() {
		most, least = 120, -149
	}
	if of == Product {
		least = least / 2
		most /= 2
	}
	full := T(2) - T(math.Ldexp(1, map[bool]int{true: -52, false: -23}[Is64[T]()]))
	for round := range 400 {
		n := 1 + rng.IntN(MaxSpread[T](of))
		if round%3 == 0 {
			n = MaxSpread[T](of) - rng.IntN(3)
		}
		x, y := make([]T, n), make([]T, n)
		e, sign := least+60+rng.IntN(most-least-60), T(1-2*rng.IntN(2))
		for i := range x {
			x[i], y[i] = T(math.Ldexp((1+rng.Float64())*float64(1-2*rng.IntN(2)), least+rng.IntN(most-least))), T(rng.Float64()-0.5)
			if round%2 == 0 {
				x[i], y[i] = sign*full*T(math.Ldexp(1, e-rng.IntN(1+round%4*20))), full
			} else if i >= n/2 {
				x[i], y[i] = -x[i-n/2], y[i-n/2]
			}
			if rng.IntN(n) < 4 {
				x[i] = T(math.Ldexp(1, least+rng.IntN(most-least)))
			}
		}
		want := roundedTo[T](exactTerms(of, x, y))
		v, s, state := sumFew(of, x, y, Spread)
		if state == NotRounded {
			v = roundedTo[T](leadingFloat(s))
		}
		require.True(t, state != Refused || math.IsInf(float64(want), 0) || math.Abs(float64(want)) > 1e290, "%v", want)
		require.True(t, state == Refused || Bits(want) == Bits(v), "%d terms, %v: %v, want %v", n, of, v, want)
	}
}

// testFewCarried: the middle of two numbers and something far below, beside which more numbers cancel than a digit is read of without a carry.
func testFewCarried(t *testing.T) {
	for q := -160; q <= -50; q++ {
		a := math.Ldexp(2-0x1p-52, q)
		for i := range 4 {
			sign := float64(1 - i&2)
			x := []float64{1, 0x1p-53, -1024 * sign * a, float64(1-i&1*2) * 0x1p-900}
			for range 1024 {
				x = append(x, sign*a)
			}
			want := roundedTo[float64](exactTerms(Plain, x, nil))
			if len(x) > MaxSpread[float64](Plain) {
				continue
			}
			v, s, state := SumFew(Plain, x, nil, Spread)
			if state == NotRounded {
				v = roundedTo[float64](leadingFloat(s))
			}
			require.Equal(t, want, v, "%d %d", q, i)
		}
	}
}

// testFewTiny: products of which the first is not tiny, but others have errors that are no numbers.
func testFewTiny(t *testing.T) {
	rng := rand.New(rand.NewPCG(53, 54))
	for n := 2; n < 40; n++ {
		for range 20 {
			x, y := []float64{1}, []float64{1}
			for range n {
				u, v := math.Ldexp(1+rng.Float64(), -500-rng.IntN(30)), math.Ldexp(1+rng.Float64(), -480-rng.IntN(40))
				x, y = append(x, u, -u*v), append(y, v, 1)
			}
			x, y = append(x, -1), append(y, 1)
			want := roundedTo[float64](exactTerms(Product, x, y))
			for _, how := range []int{NearOrSpread, Spread} {
				v, s, state := sumFew(Product, x, y, how)
				if state == NotRounded {
					v = roundedTo[float64](leadingFloat(s))
				}
				require.Equal(t, want, v, "%x %x", x, y)
			}
		}
	}
}

// testFewMost: as many terms as there may be, with the largest words, in every place.
func testFewMost[T Float](t *testing.T, of Terms) {
	fractionBits, most := 23, 254
	if Is64[T]() {
		fractionBits, most = 52, 2046
	}
	for e := 1; e <= most; e++ {
		v := math.Ldexp(2-math.Ldexp(1, -fractionBits), e-most/2)
		x, y := make([]T, MaxFew[T](of)), make([]T, MaxFew[T](of))
		for i := range x {
			x[i], y[i] = T(-v), T(2-math.Ldexp(1, -fractionBits))
		}
		x[1] = T(v)
		sum := exactTerms(of, x[:1], y)
		want := roundedTo[T](sum.Mul(sum, big.NewFloat(float64(len(x)-2))))
		for _, how := range []int{Near, Spread} {
			if got, s, state := sumFew(of, x, y, how); state == NotRounded {
				require.Equal(t, Bits(want), Bits(roundedTo[T](leadingFloat(s))), "%v", v)
			} else if state == Rounded {
				require.Equal(t, Bits(want), Bits(got), "%v", v)
			}
		}
	}
}

// testFewAgain: more than 16 numbers have a window if their exponents span no more than 112, wherever the first is.
func testFewAgain(t *testing.T) {
	rng := rand.New(rand.NewPCG(33, 34))
	for range 2000 {
		x := make([]float64, fewInThree+1+rng.IntN(60))
		span, base := 1+rng.IntN(113), rng.IntN(1700)-850
		for i := range x {
			x[i] = math.Ldexp(1+rng.Float64(), base+rng.IntN(span))
			if i > 0 && rng.IntN(2) == 0 {
				x[i] = -x[rng.IntN(i)]
			}
			if i > 0 && rng.IntN(9) == 0 {
				x[i] = 0
			}
		}
		require.True(t, checkFew(t, x), "%x", x)
	}
}

// testFewBeside: the sum is beside the middle of two numbers by a difference of numbers far below, in every place of the digits:
// of a number and one other, or many smaller ones, which are in digits below its own.
func testFewBeside(t *testing.T) {
	for base := range 40 {
		if base >= 32 { // so low that another bit is rounded off
			base = []int{-860, -950, -990, -1010, -1021, -1022, -1023, -1030}[base-32]
		}
		for k := 54 + (base+1080)%3; k < 140; k += 3 {
			for i, more := range []float64{0x1p-30, -0x1p-30, 0x1p-52, -0x1p-30} {
				a, parts := math.Ldexp(1, -k), 1<<(2*i)
				x := []float64{1, 0x1p-53, a, -a * more, 0x1p300, -0x1p300}
				for range parts {
					x = append(x, -a/float64(parts))
				}
				for i := range x {
					x[i] = math.Ldexp(x[i], base)
				}
				checkFew(t, x)
				want := roundedTo[float64](exactTerms(Plain, x, nil))
				var d Digits
				most, _ := SumDigits(&d, Plain, x, nil)
				require.Equal(t, want, roundedTo[float64](leadingFloat(d.Leading(most))), "%x", x)
			}
		}
	}
}

// What is below a leading part may bring it back to a middle, or a number, and past it.
func TestLeadingIsSureBesideMiddles(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	for range 20000 {
		var d Digits
		const place = 50
		word := (uint64(1)<<55 | rng.Uint64()>>9) &^ (1<<rng.IntN(6) - 1) // of the leading part, without its last 39 bits
		rest := rng.Int64N(1<<rng.IntN(28) + 1)
		if rng.IntN(2) == 0 {
			rest = -rest
		}
		d[place+2], d[place+1] = int64(word>>25), int64(word<<39>>32)&(1<<32-1)
		d[place] = int64(word<<39)&(1<<32-1) + rest
		d[place-1] = -rest<<32 + rng.Int64N(3) - 1
		d[place-2-rng.IntN(20)] += rng.Int64N(3) - 1
		if rng.IntN(2) == 0 {
			for i := range d {
				d[i] = -d[i]
			}
		}
		exact := new(big.Float).SetPrec(4500)
		for i, v := range d {
			f := new(big.Float).SetPrec(64).SetInt64(v)
			exact.Add(exact, f.SetMantExp(f, DigitsExponent+digitBits*i))
		}
		got := leadingFloat(d.Leading(0x7ff))
		for _, bits := range []uint{24, 53, 54} {
			want, rounded := new(big.Float).SetPrec(bits).Set(exact), new(big.Float).SetPrec(bits).Set(got)
			require.Zero(t, want.Cmp(rounded), "%d bits of digits %v: %v, want %v", bits, d[place-23:place+3], rounded, want)
		}
	}
}

func TestFew(t *testing.T) {
	for _, b := range Backends() {
		t.Run(b.String(), func(t *testing.T) {
			defer Use(b)()
			for _, of := range []Terms{Plain, Product} {
				t.Run("float64", func(t *testing.T) { testFew[float64](t, of); testFewRefused[float64](t, of) })
				t.Run("float32", func(t *testing.T) { testFew[float32](t, of); testFewRefused[float32](t, of) })
			}
			t.Run("beside", testFewBeside)
			t.Run("carried", testFewCarried)
			t.Run("tiny", testFewTiny)
			t.Run("spread", func(t *testing.T) {
				testFewSpread[float64](t, Plain)
				testFewSpread[float64](t, Product)
				testFewSpread[float32](t, Plain)
				testFewSpread[float32](t, Product)
			})
			t.Run("full", testFewFull)
			t.Run("low", testFewLow)
			t.Run("least", func(t *testing.T) { testFewLeast[float64](t, -1074, -560); testFewLeast[float32](t, -149, -120) })
			if b == AVX512 {
				t.Run("again", testFewAgain)
			} else {
				t.Run("edges", testFewEdges)
				t.Run("products", testFewProducts)
				t.Run("most", func(t *testing.T) {
					testFewMost[float64](t, Plain)
					testFewMost[float64](t, Product)
					testFewMost[float32](t, Plain)
					testFewMost[float32](t, Product)
				})
			}
		})
	}
}

// A sum of 0 is not rounded to +0 where all terms may be -0, whichever factor is 0.
func TestFewProductsThatAreNegativeZeros(t *testing.T) {
	for n := 1; n <= MaxFew[float64](Product); n++ {
		ones, zeros := make([]float64, n), make([]float64, n)
		for i := range ones {
			ones[i], zeros[i] = 1, math.Copysign(0, -1)
		}
		for _, how := range []int{NearOrSpread, Spread} {
			for _, f := range [][2][]float64{{ones, zeros}, {zeros, ones}} {
				_, s, state := sumFew(Product, f[0], f[1], how)
				require.NotEqual(t, Rounded, state, "%d terms", n)
				require.True(t, s.Hi == 0 && s.Lo == 0)
			}
		}
	}
}
