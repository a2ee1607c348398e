package main

import (
	"fmt"
	"go/format"
	"log"
	"path/filepath"
	"strings"
)

// A mapping evaluates a function of float32 in float64 lanes, to 2^-39 or better, and
// rounds. A group of elements is two streams of instructions. Where all elements lie in
// the program's range, its fast form runs; else the whole form, if it has one, which
// takes any argument but NaN. The kernel stops ahead of the first group that no form
// takes, or in which a value comes within 2^-38 of the midpoint of two float32,
// relatively: such are for others to decide. Results below 2^-126 are not looked at:
// that they are right is known from running all of them.
//
// The constants are at p, in the order of mapConstants, each 32 bytes long.
type mapping struct {
	*amd64
	free  []reg
	off   int // of the stream's elements
	whole bool
}

// mapConstants names the constants of all programs and gives the number of each.
var mapConstants = []struct {
	name  string
	count int
}{
	{"One", 1}, {"MinusOne", 1}, {"Two", 1}, {"Half", 1}, {"MinusHalf", 1}, {"Abs64", 1},
	{"InvLn2", 1}, {"Ln2", 1}, {"Rounder", 1}, {"Rounder16", 1}, // to integers, and to multiples of 1/16
	{"ExpQuotient", 8}, {"ExpQuotient16", 4}, {"ExpTable", 4},
	{"GELUB0", 1}, {"GELUB1", 1},
	{"ErfP", 9}, {"ErfQ", 9}, {"TailP", 8}, {"TailQ", 9}, {"TailNearP", 6}, {"TailNearQ", 7}, {"TanhP", 7}, {"TanhQ", 7},
	{"LogSeries", 6}, {"Log2PerUnit", 1}, {"LogPerUnit", 1}, {"SqrtHalf64", 1}, {"Exponent64", 1}, {"Bias64", 1}, {"MinusBias", 1},
	{"InvPi", 1}, {"Pi", 1}, {"PiLow", 1}, {"SinSeries", 6},
	{"ExpSteps", exp64Constants}, // see exp64.go
	{"Third", 1}, {"CbrtGuess", 1}, {"CbrtSeries", 3},
	// Of float32 lanes.
	{"Abs32", 1}, {"Sign32", 1}, {"SqrtHalf32", 1}, {"Exponent32", 1},
	{"Window", 1}, {"Middle", 1}, // of the test for midpoints
	{"Range", 2 * 16}, // of each program: see mapProgram
	{"Tiny32", 1},     // what is below 2^-40 counts as that
	{"ExpLeast32", 1}, {"ExpMost32", 1}, {"Exp2Least32", 1}, {"Exp2Most32", 1}, {"TanhLeast32", 1}, {"TanhMost32", 1},
	{"SigmoidLeast32", 1}, {"LogisticMost32", 1}, {"SiLULeast32", 1}, {"ErfLeast32", 1}, {"ErfMost32", 1}, {"GELUMost32", 1}, {"GELULeast32", 1},
	{"GELUTanhMost32", 1}, {"GELUTanhLeast32", 1},
}

// constantBytes is the size of a constant: as many copies as AVX2 has lanes.
const constantBytes = 32

// place returns the index of a constant.
func place(name string) int {
	i := 0
	for _, c := range mapConstants {
		if c.name == name {
			return i
		}
		i += c.count
	}
	panic("no constant " + name)
}

// mapProgram is a function: emit returns its value, of the stream's elements, in
// float64.
type mapProgram struct {
	name string
	emit func(k *mapping) (y reg)
	// The fast form takes elements (or their magnitudes) between the two constants
	// of Range, exclusively.
	magnitude bool
	whole     bool // there is a whole form
	odd       bool // the result has the sign of x, if that is zero, too
}

var mapPrograms = []mapProgram{
	{name: "Exp", emit: (*mapping).exp, whole: true},
	{name: "Exp2", emit: (*mapping).exp2, whole: true},
	{name: "Expm1", emit: (*mapping).expm1, whole: true, odd: true},
	{name: "Log", emit: (*mapping).log},
	{name: "Log2", emit: (*mapping).log2},
	{name: "Log1p", emit: (*mapping).log1p, odd: true},
	{name: "Tanh", emit: (*mapping).tanh, whole: true},
	{name: "Sigmoid", emit: (*mapping).sigmoid, whole: true},
	{name: "Erf", emit: (*mapping).erf, whole: true},
	{name: "Sin", emit: (*mapping).sin},
	{name: "Cos", emit: (*mapping).cos},
	{name: "Rsqrt", emit: (*mapping).rsqrt},
	{name: "Cbrt", emit: (*mapping).cbrt, magnitude: true, odd: true},
	{name: "SiLU", emit: (*mapping).silu, magnitude: true, whole: true},
	{name: "GELU", emit: (*mapping).gelu, magnitude: true, whole: true},
	{name: "GELUTanh", emit: (*mapping).geluTanh, magnitude: true, whole: true},
}

func (k *mapping) alloc() reg {
	if len(k.free) == 0 {
		panic("out of registers")
	}
	r := k.free[len(k.free)-1]
	k.free = k.free[:len(k.free)-1]
	return r
}

func (k *mapping) release(rs ...reg) { k.free = append(k.free, rs...) }

func (a *amd64) place(name string, i int) string {
	return fmt.Sprintf("%d(R8)", constantBytes*(place(name)+i))
}

// broadcasting adds to a mnemonic that its operand in memory is for all lanes.
func (a *amd64) broadcasting(mnemonic string) string {
	if a.bytes == 64 {
		return mnemonic + ".BCST"
	}
	return mnemonic
}

// with prints d = op(b, constant) of float64 or 64-bit lanes.
func (k *mapping) with(mnemonic, name string, i int, b, d reg) {
	k.line("%s %s, %s, %s", k.broadcasting(mnemonic), k.place(name, i), k.v(b), k.v(d))
}

// with32 is with for the float32 lanes of half a register.
func (k *mapping) with32(mnemonic, name string, b, d reg) {
	k.line("%s %s, %s, %s", k.broadcasting(mnemonic), k.place(name, 0), k.half(b), k.half(d))
}

func (k *mapping) constant1(name string, i int) reg {
	d := k.alloc()
	k.line("VBROADCASTSD %s, %s", k.place(name, i), k.v(d))
	return d
}

func (k *mapping) op(mnemonic string, c, b, d reg) {
	k.line("%s %s, %s, %s", mnemonic, k.v(c), k.v(b), k.v(d))
}

// x returns the elements.
func (k *mapping) x() reg {
	d := k.alloc()
	k.line("VMOVUPS %d(SI)(R10*4), %s", k.off, k.half(d))
	return d
}

// wide returns the elements in float64.
func (k *mapping) wide() reg {
	d := k.alloc()
	k.line("VCVTPS2PD %d(SI)(R10*4), %s", k.off, k.v(d))
	return d
}

// widen turns float32 lanes into float64 ones.
func (k *mapping) widen(x reg) reg {
	k.line("VCVTPS2PD %s, %s", k.half(x), k.v(x))
	return x
}

// clamped returns the elements in float64, those of the whole form cut to a range.
func (k *mapping) clamped(least, most string) reg {
	if !k.whole {
		return k.wide()
	}
	x := k.x()
	if least != "" {
		k.with32("VMAXPS", least, x, x)
	}
	if most != "" {
		k.with32("VMINPS", most, x, x)
	}
	return k.widen(x)
}

// square returns x^2.
func (k *mapping) square(x reg) reg {
	d := k.alloc()
	k.op("VMULPD", x, x, d)
	return d
}

// polynomial returns c[0] + c[1]*x + ..., n terms: the even ones and the odd ones, each
// by Horner's scheme in z = x^2, in turns.
func (k *mapping) polynomial(name string, n int, x, z reg) reg {
	return k.polynomials(x, z, terms{name, n})[0]
}

type terms struct {
	name string
	n    int
}

// polynomials evaluates several polynomials in turns.
func (k *mapping) polynomials(x, z reg, all ...terms) (values []reg) {
	var chains [][]string
	var odds []reg
	for _, c := range all {
		for _, last := range []int{(c.n-2)/2*2 + 1, (c.n - 1) / 2 * 2} {
			chains = append(chains, k.capture(func() {
				d := k.constant1(c.name, last)
				for i := last - 2; i >= 0; i -= 2 {
					k.with("VFMADD213PD", c.name, i, z, d)
				}
				if last%2 != 0 {
					odds = append(odds, d)
				} else {
					values = append(values, d)
				}
			}))
		}
	}
	k.play(chains...)
	for i := range all {
		k.op("VFMADD231PD", odds[i], x, values[i])
	}
	k.release(odds...)
	return values
}

// tables are the registers of AVX-512 that hold ExpTable.
var tables = [2]reg{30, 31}

// power returns s and p with e^z = s + s*p, where z = r + n*ln 2, s is 2^n and r small;
// n must be rounded, and t = n + the rounder, whose last bits are those of n. It
// overwrites z, which is r, and t.
//
// AVX-512 has n in sixteenths, and a table of 2^(i/16) whose exponents are lessened by
// i/16: so adding n*2^52, of which the upper bits are lost, makes it 2^n.
func (k *mapping) power(r, t reg) (s, p reg) {
	z := k.square(r)
	if s = t; k.bytes == 64 {
		e := k.alloc()
		k.line("VPSLLQ $48, %s, %s", k.v(t), k.v(e))
		k.op("VPERMI2PD", tables[1], tables[0], t)
		k.op("VPADDQ", e, t, s)
		k.release(e)
		p = k.polynomial("ExpQuotient16", 4, r, z)
	} else {
		k.line("VPSLLQ $52, %s, %s", k.v(t), k.v(s))
		k.with("VPADDQ", "One", 0, s, s)
		p = k.polynomial("ExpQuotient", 8, r, z)
	}
	k.op("VFMADD213PD", r, z, p)
	k.release(r, z)
	return s, p
}

// rounder is what makes n, once added, a multiple of its unit.
func (k *mapping) rounder() string {
	if k.bytes == 64 {
		return "Rounder16"
	}
	return "Rounder"
}

// exponential returns s and p with e^z = s + s*p, or e^-z = s + s*p; it overwrites z.
func (k *mapping) exponential(z reg, minus bool) (s, p reg) {
	multiplied, reduced := "VFMADD231PD", "VFNMADD231PD"
	if minus {
		multiplied, reduced = "VFNMADD231PD", "VFNMSUB231PD"
	}
	t, n := k.constant1(k.rounder(), 0), k.alloc()
	k.with(multiplied, "InvLn2", 0, z, t)
	k.with("VSUBPD", k.rounder(), 0, t, n)
	k.with(reduced, "Ln2", 0, n, z)
	k.release(n)
	return k.power(z, t)
}

// whole returns s + s*p.
func (k *mapping) sum(s, p reg) reg {
	k.op("VFMADD213PD", s, s, p)
	k.release(s)
	return p
}

// lessOne returns s + s*p - 1.
func (k *mapping) lessOne(s, p reg) reg {
	t := k.alloc()
	k.with("VADDPD", "MinusOne", 0, s, t)
	k.op("VFMADD213PD", t, s, p)
	k.release(s, t)
	return p
}

func (k *mapping) exp() reg {
	return k.sum(k.exponential(k.clamped("ExpLeast32", "ExpMost32"), false))
}

// exp2 has n = x, rounded, and r = (x - n)*ln 2.
func (k *mapping) exp2() reg {
	z := k.clamped("Exp2Least32", "Exp2Most32")
	t, n := k.alloc(), k.alloc()
	k.with("VADDPD", k.rounder(), 0, z, t)
	k.with("VSUBPD", k.rounder(), 0, t, n)
	k.op("VSUBPD", n, z, z)
	k.release(n)
	k.with("VMULPD", "Ln2", 0, z, z)
	return k.sum(k.power(z, t))
}

func (k *mapping) expm1() reg {
	return k.lessOne(k.exponential(k.clamped("ExpLeast32", "ExpMost32"), false))
}

// tanh is x*P(x^2)/Q(x^2).
func (k *mapping) tanh() reg {
	return k.oddRatio(k.clamped("TanhLeast32", "TanhMost32"), terms{"TanhP", 7}, terms{"TanhQ", 7})
}

// oddRatio returns v*P(v^2)/Q(v^2), which has the sign of v.
func (k *mapping) oddRatio(v reg, numerator, denominator terms) reg {
	u := k.square(v)
	w := k.square(u)
	pq := k.polynomials(u, w, numerator, denominator)
	p, q := pq[0], pq[1]
	k.op("VMULPD", v, p, p)
	k.op("VDIVPD", q, p, p)
	k.release(q, u, v, w)
	return p
}

// logistic returns 1 + e^-z and overwrites z.
func (k *mapping) logistic(z reg) reg {
	e := k.sum(k.exponential(z, true))
	k.with("VADDPD", "One", 0, e, e)
	return e
}

func (k *mapping) sigmoid() reg {
	d := k.logistic(k.clamped("SigmoidLeast32", "LogisticMost32"))
	n := k.constant1("One", 0)
	k.op("VDIVPD", d, n, d)
	k.release(n)
	return d
}

// notTiny returns the elements in float64, where their magnitude is Tiny or more, else
// Tiny with its sign; and at most most. So a result near x/2 comes out above it, never
// equal to it: with a subnormal result x/2 may be a midpoint.
func (k *mapping) notTiny(least, most string) reg {
	if !k.whole {
		return k.wide()
	}
	x, v := k.x(), k.alloc()
	k.with32("VMAXPS", least, x, x)
	k.with32("VANDPS", "Abs32", x, v)
	k.with32("VMAXPS", "Tiny32", v, v)
	k.with32("VANDPS", "Sign32", x, x)
	k.line("VORPS %s, %s, %s", k.half(x), k.half(v), k.half(v))
	k.with32("VMINPS", most, v, v)
	k.release(x)
	return k.widen(v)
}

// over returns the elements, those of the whole form being least at least, over d.
func (k *mapping) over(least string, d reg) reg {
	n := k.clamped(least, "")
	k.op("VDIVPD", d, n, d)
	k.release(n)
	return d
}

func (k *mapping) silu() reg {
	return k.over("SiLULeast32", k.logistic(k.notTiny("SiLULeast32", "LogisticMost32")))
}

func (k *mapping) geluTanh() reg {
	z := k.notTiny("GELUTanhLeast32", "GELUTanhMost32")
	square, u := k.square(z), k.constant1("GELUB0", 0)
	k.with("VFMADD231PD", "GELUB1", 0, square, u)
	k.op("VMULPD", u, z, z)
	k.release(square, u)
	return k.over("GELUTanhLeast32", k.logistic(z))
}

// erf is x*P(x^2)/Q(x^2).
func (k *mapping) erf() reg {
	return k.oddRatio(k.clamped("ErfLeast32", "ErfMost32"), terms{"ErfP", 9}, terms{"ErfQ", 9})
}

// gelu is max(x, 0) - |x|*Q(|x|), with Q(a) = e^(-a^2/2)*P(a)/R(a), which are shorter in
// the range of the fast form.
func (k *mapping) gelu() reg {
	factor, a := k.magnitudes()
	z := k.square(a)
	ratio := []terms{{"TailNearP", 6}, {"TailNearQ", 7}}
	if k.whole {
		ratio = []terms{{"TailP", 8}, {"TailQ", 9}}
	}
	pq := k.polynomials(a, z, ratio...)
	p, q := pq[0], pq[1]
	k.op("VDIVPD", q, p, q)
	k.release(p)
	if a != factor {
		k.release(a)
	}
	k.op("VMULPD", factor, q, q)
	k.release(factor)
	k.with("VMULPD", "MinusHalf", 0, z, z)
	e := k.sum(k.exponential(z, false))
	m, zero := k.clamped("GELULeast32", ""), k.alloc()
	k.op("VXORPD", zero, zero, zero)
	k.op("VMAXPD", m, zero, m) // of two zeros, that of x
	k.op("VFNMADD213PD", m, q, e)
	k.release(zero, m, q)
	return e
}

// magnitudes returns the magnitudes of the elements, at most GELUMost, in float64; and
// those, but Tiny where they are less.
func (k *mapping) magnitudes() (factor, a reg) {
	if !k.whole {
		v := k.wide()
		k.with("VANDPD", "Abs64", 0, v, v)
		return v, v
	}
	x, y := k.x(), k.alloc()
	k.with32("VANDPS", "Abs32", x, x)
	k.with32("VMINPS", "GELUMost32", x, x)
	k.with32("VMAXPS", "Tiny32", x, y)
	return k.widen(x), k.widen(y)
}

// parts returns m, between sqrt(1/2) and sqrt(2), and n with x = m*2^(n/2^23), for positive
// normal elements.
func (k *mapping) parts() (m, n reg) {
	m, n = k.x(), k.alloc()
	k.with32("VPSUBD", "SqrtHalf32", m, n)
	k.with32("VPAND"+k.sized("D"), "Exponent32", n, n)
	k.line("VPSUBD %s, %s, %s", k.half(n), k.half(m), k.half(m))
	k.line("VCVTDQ2PD %s, %s", k.half(n), k.v(n))
	return k.widen(m), n
}

// sized returns the suffix of a bitwise operation, which AVX-512 alone has.
func (a *amd64) sized(suffix string) string {
	if a.bytes == 64 {
		return suffix
	}
	return ""
}

// artanh returns s and q with log m = s*q, where f = m - 1: s = f/(m + 1), and q is 2 +
// s^2*(2/3 + ...). It overwrites f and m.
func (k *mapping) artanh(f, m reg) (s, q reg) {
	k.with("VADDPD", "One", 0, m, m)
	k.op("VDIVPD", m, f, f)
	k.release(m)
	w := k.square(f)
	z := k.square(w)
	q = k.polynomial("LogSeries", 6, w, z)
	k.with("VFMADD213PD", "Two", 0, w, q)
	k.release(w, z)
	return f, q
}

func (k *mapping) log() reg {
	m, n := k.parts()
	f := k.alloc()
	k.with("VADDPD", "MinusOne", 0, m, f)
	s, q := k.artanh(f, m)
	k.op("VMULPD", s, q, q)
	k.with("VFMADD231PD", "LogPerUnit", 0, n, q)
	k.release(s, n)
	return q
}

func (k *mapping) log2() reg {
	m, n := k.parts()
	f := k.alloc()
	k.with("VADDPD", "MinusOne", 0, m, f)
	s, q := k.artanh(f, m)
	k.with("VMULPD", "InvLn2", 0, s, s)
	k.with("VMULPD", "Log2PerUnit", 0, n, n)
	k.op("VFMADD213PD", n, s, q)
	k.release(s, n)
	return q
}

// log1p takes u = 1 + x apart. What that rounding lost is added to f: it is not 0 only
// next to u = 1.
func (k *mapping) log1p() reg {
	f := k.wide()
	m, n, t := k.alloc(), k.alloc(), k.alloc()
	k.with("VADDPD", "One", 0, f, m)
	k.with("VADDPD", "MinusOne", 0, m, t)
	k.op("VSUBPD", t, f, f) // x - (u - 1)
	k.with("VPSUBQ", "SqrtHalf64", 0, m, n)
	k.with("VPAND"+k.sized("Q"), "Exponent64", 0, n, n)
	k.op("VPSUBQ", n, m, m)
	k.with("VADDPD", "MinusOne", 0, m, t)
	k.op("VADDPD", t, f, f)
	k.release(t)
	// The exponent, which is above -1023, becomes the last bits of 2^52 + 1023 + n.
	k.with("VPADDQ", "One", 0, n, n)
	k.line("VPSRLQ $52, %s, %s", k.v(n), k.v(n))
	k.with("VPOR"+k.sized("Q"), "Bias64", 0, n, n)
	k.with("VADDPD", "MinusBias", 0, n, n)
	s, q := k.artanh(f, m)
	k.op("VMULPD", s, q, q)
	k.with("VFMADD231PD", "Ln2", 0, n, q)
	k.release(s, n)
	return q
}

// sin has x = r + n*pi, and is sin r, or minus that where n is odd.
func (k *mapping) sin() reg {
	r, t, n := k.wide(), k.constant1("Rounder", 0), k.alloc()
	k.with("VFMADD231PD", "InvPi", 0, r, t)
	k.with("VSUBPD", "Rounder", 0, t, n)
	return k.sine(r, t, n, "VFMADD213PD")
}

// cos has x = r + (n + 1/2)*pi, and is -sin r, or sin r where n is odd.
func (k *mapping) cos() reg {
	r, t, n := k.wide(), k.constant1("MinusHalf", 0), k.alloc()
	k.with("VFMADD231PD", "InvPi", 0, r, t)
	k.with("VADDPD", "Rounder", 0, t, t)
	k.with("VSUBPD", "Rounder", 0, t, n)
	k.with("VADDPD", "Half", 0, n, n)
	return k.sine(r, t, n, "VFNMSUB213PD")
}

// sine returns the sine of r = x - n*pi, r*(1 + r^2*P(r^2)), with the sign of the last
// bit of t, where final is the instruction for 1 + ... or for minus that.
func (k *mapping) sine(r, t, n reg, final string) reg {
	k.with("VFNMADD231PD", "Pi", 0, n, r)
	k.with("VFNMADD231PD", "PiLow", 0, n, r)
	k.release(n)
	z := k.square(r)
	w := k.square(z)
	p := k.polynomial("SinSeries", 6, z, w)
	k.with(final, "One", 0, z, p)
	k.op("VMULPD", r, p, p)
	k.line("VPSLLQ $63, %s, %s", k.v(t), k.v(t))
	k.op("VXORPD", t, p, p)
	k.release(r, t, z, w)
	return p
}

func (k *mapping) rsqrt() reg {
	v, one := k.wide(), k.constant1("One", 0)
	k.line("VSQRTPD %s, %s", k.v(v), k.v(v))
	k.op("VDIVPD", v, one, v)
	k.release(one)
	return v
}

// cbrt begins with a third of the bits of a = |x|, takes Halley's step, and goes on with
// the series of (1 - r)^(-1/3), r = 1 - y^3/a.
func (k *mapping) cbrt() reg {
	a, t := k.x(), k.constant1("CbrtGuess", 0)
	k.with32("VANDPS", "Abs32", a, a)
	y := k.alloc()
	k.line("VCVTDQ2PD %s, %s", k.half(a), k.v(y))
	k.with("VFMADD231PD", "Third", 0, y, t)
	k.line("VPSLLQ $29, %s, %s", k.v(t), k.v(y))
	k.release(t)
	k.widen(a)
	c := k.cube(y)
	d := k.alloc()
	k.op("VADDPD", c, c, d)
	k.op("VADDPD", a, d, d) // 2c + a
	k.op("VADDPD", a, c, c)
	k.op("VADDPD", a, c, c) // c + 2a
	k.op("VMULPD", y, c, c)
	k.op("VDIVPD", d, c, y)
	k.release(c)
	c = k.cube(y)
	k.op("VSUBPD", c, a, c)
	k.op("VDIVPD", a, c, d) // r
	k.release(a, c)
	z := k.square(d)
	p := k.polynomial("CbrtSeries", 3, d, z)
	k.op("VMULPD", d, p, p)
	k.op("VFMADD213PD", y, y, p)
	k.release(d, y, z)
	return p
}

func (k *mapping) cube(x reg) reg {
	d := k.square(x)
	k.op("VMULPD", x, d, d)
	return d
}

// group is how many elements an iteration takes, in two streams.
func (a *amd64) group() int { return a.bytes / 4 }

// emitMapping prints the kernel of a program:
//
//	func map<name>(dst, x *float32, n int, p *uint64) (done int)
func emitMapping(a *amd64, number int) {
	program := mapPrograms[number]
	a.prologue("map"+program.name, []string{"dst", "x", "n", "p"}, 8, 0)
	if a.bytes == 64 {
		a.line("VMOVUPD %s, Z%d", a.place("ExpTable", 0), tables[0])
		a.line("VMOVUPD %s, Z%d", a.place("ExpTable", 2), tables[1])
	}
	a.line("XORQ R10, R10")
	a.label("loop")
	a.line("LEAQ %d(R10), R11", a.group())
	a.line("CMPQ R11, CX")
	a.line("JGT end")
	outside := "end"
	if program.whole {
		outside = "whole"
	}
	a.inRange(program, number, outside)
	a.evaluate(program, false)
	if program.whole {
		a.label("whole")
		a.notNaN()
		a.evaluate(program, true)
	}
	a.label("end")
	a.line("MOVQ R10, done+32(FP)")
	a.epilogue()
}

// evaluate prints a form of a program for a group, and goes to the next.
func (a *amd64) evaluate(program mapProgram, whole bool) {
	var streams [][]string
	var results, values [2]reg
	for i := range 2 {
		k := &mapping{amd64: a, off: a.bytes / 2 * i, whole: whole}
		first := reg(a.bytes / 4 * i)
		for r := first + reg(a.bytes/4) - 1; r >= first; r-- {
			if a.bytes == 32 || r < tables[0] {
				k.free = append(k.free, r)
			}
		}
		streams = append(streams, a.capture(func() { results[i], values[i] = k.stream(program) }))
	}
	a.play(streams...)
	a.decided(results, values)
	for i, r := range results {
		a.line("VMOVUPS %s, %d(DI)(R10*4)", a.half(r), a.bytes/2*i)
	}
	a.line("MOVQ R11, R10")
	a.line("JMP loop")
}

// stream evaluates the program for half a group of elements. It returns their float32
// results and their values.
func (k *mapping) stream(program mapProgram) (result, value reg) {
	y := program.emit(k)
	result = k.alloc()
	k.line("VCVTPD2PS%s %s, %s", map[int]string{64: "", 32: "Y"}[k.bytes], k.v(y), k.half(result))
	if program.odd {
		x := k.x()
		if k.bytes == 64 {
			k.line("VPTERNLOGD.BCST $0xf8, %s, %s, %s", k.place("Sign32", 0), k.half(x), k.half(result)) // result | x & sign
		} else {
			k.with32("VANDPS", "Sign32", x, x)
			k.line("VORPS %s, %s, %s", k.half(x), k.half(result), k.half(result))
		}
		k.release(x)
	}
	return result, y
}

// inRange jumps if an element is not in the range of the fast form.
func (a *amd64) inRange(program mapProgram, number int, outside string) {
	x, t := a.v(reg(a.registers()-3)), a.v(reg(a.registers()-4)) // below tables
	least, most := a.place("Range", 2*number), a.place("Range", 2*number+1)
	a.line("VMOVUPS (SI)(R10*4), %s", x)
	if program.magnitude {
		a.line("%s %s, %s, %s", a.broadcasting("VANDPS"), a.place("Abs32", 0), x, x)
	}
	const greater, less = 30, 17
	if a.bytes == 64 {
		a.line("VCMPPS.BCST $%d, %s, %s, K1", greater, least, x)
		a.line("VCMPPS.BCST $%d, %s, %s, K1, K2", less, most, x)
		a.line("KORTESTW K2, K2")
		a.line("JCC %s", outside) // not all
		return
	}
	a.line("VCMPPS $%d, %s, %s, %s", greater, least, x, t)
	a.line("VCMPPS $%d, %s, %s, %s", less, most, x, x)
	a.line("VANDPS %s, %s, %s", t, x, x)
	a.line("VMOVMSKPS %s, AX", x)
	a.line("CMPL AX, $255")
	a.line("JNE %s", outside)
}

// notNaN jumps to the end if an element is NaN.
func (a *amd64) notNaN() {
	x := a.v(0)
	a.line("VMOVUPS (SI)(R10*4), %s", x)
	if a.bytes == 64 {
		a.line("VCMPPS $3, %s, %s, K1", x, x)
		a.line("KORTESTW K1, K1")
	} else {
		a.line("VCMPPS $3, %s, %s, %s", x, x, x)
		a.line("VPTEST %s, %s", x, x)
	}
	a.line("JNE end")
}

// decided jumps to the end if a value is next to a midpoint: there the lower 29 bits of a
// float64, once Middle is added, are zero but for those that Window leaves out.
func (a *amd64) decided(results, values [2]reg) {
	t := values[0]
	a.line("VSHUFPS $0x88, %s, %s, %s", a.v(values[1]), a.v(values[0]), a.v(t)) // the lower halves
	a.line("%s %s, %s, %s", a.broadcasting("VPADDD"), a.place("Middle", 0), a.v(t), a.v(t))
	if a.bytes == 64 {
		a.line("VPTESTNMD.BCST %s, %s, K1", a.place("Window", 0), a.v(t))
		a.line("KORTESTW K1, K1")
	} else {
		zero := a.v(values[1])
		a.line("VPAND %s, %s, %s", a.place("Window", 0), a.v(t), a.v(t))
		a.line("VPXOR %s, %s, %s", zero, zero, zero)
		a.line("VPCMPEQD %s, %s, %s", zero, a.v(t), a.v(t))
		a.line("VPTEST %s, %s", a.v(t), a.v(t))
	}
	a.line("JNE end")
}

// writeMappings writes the kernels, their declarations and the choice among them.
func writeMappings(out string) {
	folder := filepath.Join(out, "internal/kernel")
	var declarations, choice strings.Builder
	for _, a := range []*amd64{{bytes: 64}, {bytes: 32}} {
		a.setWidth(f64)
		for i, p := range mapPrograms {
			emitMapping(a, i)
			name := fmt.Sprintf("map%s%s", p.name, a.suffix())
			fmt.Fprintf(&declarations, "\n//go:noescape\nfunc %s(dst, x *float32, n int, p *uint64) (done int)\n", name)
			fmt.Fprintf(&choice, "\tcase active == %s && p == Map%s:\n\t\treturn %s(d, q, n, &c[0][0])\n", a.suffix(), p.name, name)
		}
		write(filepath.Join(folder, "map_"+strings.ToLower(a.suffix())+"_amd64.s"), header+"\n"+a.output())
	}
	write(filepath.Join(folder, "map_amd64.go"), goHeader("!purego", "kernel")+"\nimport \"unsafe\"\n"+
		"\nfunc mapGroups(p Program, c *Constants, dst, x []float32) int {\n"+
		"\td, q, n := unsafe.SliceData(dst), unsafe.SliceData(x), len(x)\n\tswitch {\n"+choice.String()+"\t}\n\treturn 0\n}\n"+declarations.String())
	write(filepath.Join(folder, "map_other.go"), goHeader("purego || !amd64", "kernel")+
		"\nfunc mapGroups(p Program, c *Constants, dst, x []float32) int { return 0 }\n")
	writeMapConstants(filepath.Join(folder, "map_constants.go"))
}

// writeMapConstants writes the numbers of the programs and the places of their constants.
func writeMapConstants(file string) {
	var text strings.Builder
	text.WriteString("// Code generated by _asm. DO NOT EDIT.\n\npackage kernel\n\n// The programs.\nconst (\nMapNone Program = iota\n")
	for _, p := range mapPrograms {
		fmt.Fprintf(&text, "Map%s\n", p.name)
	}
	text.WriteString(")\n\n// The places of the constants of Map.\nconst (\n")
	i := 0
	for _, c := range mapConstants {
		fmt.Fprintf(&text, "\tMap%s = %d\n", c.name, i)
		i += c.count
	}
	fmt.Fprintf(&text, "\tMapConstants = %d\n)\n", i)
	source, err := format.Source([]byte(text.String()))
	if err != nil {
		log.Fatal(err)
	}
	write(file, string(source))
}
