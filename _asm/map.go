package main

import (
	"fmt"
	"go/format"
	"log"
	"path/filepath"
	"strings"
)

// A mapping evaluates a function of float32 in float64 lanes, to about 2^-48, and
// rounds. It stops ahead of the first group of elements in which a value is NaN or
// comes within 2^-42 of the midpoint of two float32, relatively: such values are for
// others to decide. Results below 2^-126 are not looked at: that they are right is
// known from running all of them.
//
// The constants are at p, in the order of mapConstants.
type mapping struct {
	*amd64
	free []reg
}

// mapConstants names the constants of all programs and gives the number of each.
var mapConstants = []struct {
	name  string
	count int
}{
	{"InvLn2", 1}, {"Rounder", 1}, {"Ln2Hi", 1}, {"Ln2Lo", 1}, {"ExpQuotient", 9},
	{"One", 1}, {"MinusOne", 1}, {"Two", 1}, {"MinusHalf", 1}, {"Sign64", 1},
	{"Abs32", 1}, {"Sign32", 1}, // each twice a float32
	{"Window", 1}, {"Middle", 1}, // of the test for midpoints
	{"GELUB0", 1}, {"GELUB1", 1},
	{"ErfNumerator", 10}, {"ErfDenominator", 11}, {"TailNumerator", 9}, {"TailDenominator", 10},
	{"Tiny32", 1}, // what is below 2^-40 counts as that
	{"ExpLeast32", 1}, {"ExpMost32", 1}, {"TanhMost32", 1}, {"SigmoidLeast32", 1}, {"LogisticMost32", 1},
	{"SiLULeast32", 1}, {"ErfMost32", 1}, {"GELUMost32", 1}, {"GELULeast32", 1},
	{"GELUTanhMost32", 1}, {"GELUTanhLeast32", 1},
}

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

// mapProgram is a function: emit turns the float32 lanes of x into those of the result,
// by way of float64, and leaves in test what tells undecided lanes.
type mapProgram struct {
	name string
	emit func(k *mapping, x reg) (y reg)
	odd  bool // the result has the sign of x
}

var mapPrograms = []mapProgram{
	{"Exp", (*mapping).exp, false},
	{"Tanh", (*mapping).tanh, true},
	{"Sigmoid", (*mapping).sigmoid, false},
	{"Erf", (*mapping).erf, true},
	{"SiLU", (*mapping).silu, false},
	{"GELU", (*mapping).gelu, false},
	{"GELUTanh", (*mapping).geluTanh, false},
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

func (k *mapping) place(name string, i int) string {
	return fmt.Sprintf("%d(R8)", 8*(place(name)+i))
}

// with prints d = op(b, constant) of float64 or 64-bit lanes: AVX-512 broadcasts as it
// loads, AVX2 by way of its last register.
func (k *mapping) with(mnemonic, name string, i int, b, d reg) {
	if k.bytes == 64 {
		k.line("%s.BCST %s, %s, %s", mnemonic, k.place(name, i), k.v(b), k.v(d))
		return
	}
	k.line("VBROADCASTSD %s, Y15", k.place(name, i))
	k.line("%s Y15, %s, %s", mnemonic, k.v(b), k.v(d))
}

// with32 is with for the float32 lanes of half a register.
func (k *mapping) with32(mnemonic, name string, b, d reg) {
	if k.bytes == 64 {
		k.line("%s.BCST %s, %s, %s", mnemonic, k.place(name, 0), k.half(b), k.half(d))
		return
	}
	k.line("VBROADCASTSS %s, X15", k.place(name, 0))
	k.line("%s X15, %s, %s", mnemonic, k.half(b), k.half(d))
}

// bits32 is a bitwise with32, by a mask that is twice a float32.
func (k *mapping) bits32(mnemonic, name string, b, d reg) {
	if k.bytes == 64 {
		k.line("%sPD.BCST %s, %s, %s", mnemonic, k.place(name, 0), k.half(b), k.half(d))
		return
	}
	k.line("VMOVDDUP %s, X15", k.place(name, 0))
	k.line("%sPD X15, %s, %s", mnemonic, k.half(b), k.half(d))
}

func (k *mapping) constant1(name string, i int) reg {
	d := k.alloc()
	k.line("VBROADCASTSD %s, %s", k.place(name, i), k.v(d))
	return d
}

func (k *mapping) op(mnemonic string, c, b, d reg) {
	k.line("%s %s, %s, %s", mnemonic, k.v(c), k.v(b), k.v(d))
}

// widen returns the float64 lanes of float32 ones.
func (k *mapping) widen(x reg) reg {
	d := k.alloc()
	k.line("VCVTPS2PD %s, %s", k.half(x), k.v(d))
	return d
}

// polynomial returns c[from] + c[from+1]*x + ..., n terms, by Estrin's scheme;
// powers are x, x^2, x^4 and x^8.
func (k *mapping) polynomial(name string, from, n int, powers []reg) reg {
	if n == 1 {
		return k.constant1(name, from)
	}
	level := 0
	for 2<<level < n {
		level++
	}
	l := k.polynomial(name, from, 1<<level, powers)
	if n-1<<level == 1 {
		k.with("VFMADD231PD", name, from+1<<level, powers[level], l)
		return l
	}
	h := k.polynomial(name, from+1<<level, n-1<<level, powers)
	k.op("VFMADD231PD", h, powers[level], l)
	k.release(h)
	return l
}

// powers returns x, x^2, x^4 and so on, n of them.
func (k *mapping) powers(x reg, n int) []reg {
	p := []reg{x}
	for len(p) < n {
		d := k.alloc()
		last := p[len(p)-1]
		k.op("VMULPD", last, last, d)
		p = append(p, d)
	}
	return p
}

// exponential returns s and p with e^z = s + s*p, s a power of two; it overwrites z.
//
//	n = z/ln 2, rounded; r = z - n*ln 2; s = 2^n; p = r + r^2*q(r)
func (k *mapping) exponential(z reg) (s, p reg) {
	n := k.constant1("Rounder", 0)
	k.with("VFMADD231PD", "InvLn2", 0, z, n)
	s = k.alloc()
	k.line("VPSLLQ $52, %s, %s", k.v(n), k.v(s))
	k.with("VPADDQ", "One", 0, s, s)
	k.with("VSUBPD", "Rounder", 0, n, n)
	k.with("VFNMADD231PD", "Ln2Hi", 0, n, z)
	k.with("VFNMADD231PD", "Ln2Lo", 0, n, z)
	k.release(n)
	powers := k.powers(z, 4)
	// r^8 serves the last of the nine terms.
	p = k.polynomial("ExpQuotient", 0, 9, powers)
	k.op("VFMADD213PD", z, powers[1], p)
	k.release(powers...)
	return s, p
}

// expOf returns e^z and overwrites z.
func (k *mapping) expOf(z reg) reg {
	s, p := k.exponential(z)
	k.op("VFMADD213PD", s, s, p)
	k.release(s)
	return p
}

func (k *mapping) exp(x reg) reg {
	k.with32("VMAXPS", "ExpLeast32", x, x)
	k.with32("VMINPS", "ExpMost32", x, x)
	return k.expOf(k.widen(x))
}

// tanh is (e^2a - 1)/(e^2a + 1) for a = |x|.
func (k *mapping) tanh(x reg) reg {
	a := k.alloc()
	k.bits32("VAND", "Abs32", x, a)
	k.with32("VMINPS", "TanhMost32", a, a)
	z := k.widen(a)
	k.release(a)
	k.op("VADDPD", z, z, z)
	s, m := k.exponential(z)
	t := k.alloc()
	k.with("VADDPD", "MinusOne", 0, s, t)
	k.op("VFMADD213PD", t, s, m) // e^2a - 1
	k.with("VADDPD", "Two", 0, m, t)
	k.op("VDIVPD", t, m, m)
	k.release(s, t)
	return m
}

// logistic returns n/(1 + e^-z) and overwrites z; n may be one of its registers.
func (k *mapping) logistic(n, z reg) reg {
	k.with("VXORPD", "Sign64", 0, z, z)
	e := k.expOf(z)
	k.with("VADDPD", "One", 0, e, e)
	k.op("VDIVPD", e, n, e)
	return e
}

func (k *mapping) sigmoid(x reg) reg {
	k.with32("VMAXPS", "SigmoidLeast32", x, x)
	k.with32("VMINPS", "LogisticMost32", x, x)
	z := k.widen(x)
	n := k.constant1("One", 0)
	defer k.release(n)
	return k.logistic(n, z)
}

// notTiny returns x where its magnitude is Tiny or more, else Tiny with its sign. So a
// result near x/2 comes out above it, never equal to it: with a subnormal result x/2
// may be a midpoint.
func (k *mapping) notTiny(x reg) reg {
	v, sign := k.alloc(), k.alloc()
	k.bits32("VAND", "Abs32", x, v)
	k.with32("VMAXPS", "Tiny32", v, v)
	k.bits32("VAND", "Sign32", x, sign)
	k.line("VORPS %s, %s, %s", k.half(sign), k.half(v), k.half(v))
	k.release(sign)
	return v
}

func (k *mapping) silu(x reg) reg {
	k.with32("VMAXPS", "SiLULeast32", x, x)
	v := k.notTiny(x)
	k.with32("VMINPS", "LogisticMost32", v, v)
	z, n := k.widen(v), k.widen(x)
	k.release(v)
	defer k.release(n)
	return k.logistic(n, z)
}

func (k *mapping) geluTanh(x reg) reg {
	k.with32("VMAXPS", "GELUTanhLeast32", x, x)
	v := k.notTiny(x)
	k.with32("VMINPS", "GELUTanhMost32", v, v)
	z, n := k.widen(v), k.widen(x)
	k.release(v)
	defer k.release(n)
	square, u := k.alloc(), k.constant1("GELUB0", 0)
	k.op("VMULPD", z, z, square)
	k.with("VFMADD231PD", "GELUB1", 0, square, u)
	k.op("VMULPD", u, z, z)
	k.release(square, u)
	return k.logistic(n, z)
}

// erf is x*P(x^2)/Q(x^2).
func (k *mapping) erf(x reg) reg {
	a := k.alloc()
	k.bits32("VAND", "Abs32", x, a)
	k.with32("VMINPS", "ErfMost32", a, a)
	v := k.widen(a)
	k.release(a)
	u := k.alloc()
	k.op("VMULPD", v, v, u)
	powers := k.powers(u, 4)
	p := k.polynomial("ErfNumerator", 0, 10, powers)
	k.op("VMULPD", v, p, p)
	k.release(v)
	q := k.polynomial("ErfDenominator", 0, 11, powers)
	k.op("VDIVPD", q, p, p)
	k.release(q)
	k.release(powers...)
	return p
}

// gelu is max(x, 0) - |x|*Q(|x|), with Q(a) = e^(-a^2/2)*P(a)/R(a).
func (k *mapping) gelu(x reg) reg {
	a := k.alloc()
	k.with32("VMAXPS", "GELULeast32", x, x)
	k.bits32("VAND", "Abs32", x, a)
	k.with32("VMINPS", "GELUMost32", a, a)
	factor := k.widen(a)
	k.with32("VMAXPS", "Tiny32", a, a)
	v := k.widen(a)
	k.release(a)
	powers := k.powers(v, 4)
	p := k.polynomial("TailNumerator", 0, 9, powers)
	q := k.polynomial("TailDenominator", 0, 10, powers)
	k.op("VDIVPD", q, p, q)
	k.release(p)
	z := powers[1]
	k.with("VMULPD", "MinusHalf", 0, z, z)
	k.release(powers[0], powers[2], powers[3])
	e := k.expOf(z)
	k.op("VMULPD", e, q, q)
	m, zero := k.widen(x), e
	k.op("VXORPD", zero, zero, zero)
	k.op("VMAXPD", m, zero, m) // of two zeros, that of x
	k.op("VFNMADD213PD", m, factor, q)
	k.release(e, m, factor)
	return q
}

// group is how many elements an iteration takes, in two streams.
func (a *amd64) group() int { return a.bytes / 4 }

// emitMapping prints the kernel of a program:
//
//	func map<name>(dst, x *float32, n int, p *uint64) (done int)
func emitMapping(a *amd64, program mapProgram) {
	a.prologue("map"+program.name, []string{"dst", "x", "n", "p"}, 8, 0)
	a.line("XORQ R10, R10")
	a.label("loop")
	a.line("LEAQ %d(R10), R11", a.group())
	a.line("CMPQ R11, CX")
	a.line("JGT end")
	lanes := a.bytes / 8
	var streams [][]string
	var results, tests [2]reg
	for i := range 2 {
		k := &mapping{amd64: a}
		first, last := reg(16*i), reg(16*i+15)
		if a.bytes == 32 { // the second stream begins when the first has ended
			first, last = reg(2*i), 14
		}
		for r := last; r >= first; r-- {
			k.free = append(k.free, r)
		}
		results[i], tests[i] = k.alloc(), k.alloc()
		streams = append(streams, a.capture(func() { k.stream(program, 4*lanes*i, results[i], tests[i]) }))
	}
	if a.bytes == 64 {
		a.play(streams...)
	} else {
		for _, s := range streams {
			a.play(s)
		}
	}
	a.undecided(tests)
	for i, r := range results {
		a.line("VMOVUPS %s, %d(DI)(R10*4)", a.half(r), 4*lanes*i)
	}
	a.line("MOVQ R11, R10")
	a.line("JMP loop")
	a.label("end")
	a.line("MOVQ R10, done+32(FP)")
	a.epilogue()
}

// stream evaluates the program for half a group of elements at an offset. It leaves
// the float32 results and, in test, y as an integer, moved so that the bits of Window
// are zero near midpoints: with NaN among the arguments, zero.
func (k *mapping) stream(program mapProgram, off int, result, test reg) {
	x := k.alloc()
	k.line("VMOVUPS %d(SI)(R10*4), %s", off, k.half(x))
	y := program.emit(k, x)
	k.line("VCVTPD2PS%s %s, %s", map[int]string{64: "", 32: "Y"}[k.bytes], k.v(y), k.half(result))
	if program.odd {
		k.line("VMOVUPS %d(SI)(R10*4), %s", off, k.half(x))
		k.bits32("VAND", "Sign32", x, x)
		k.line("VORPS %s, %s, %s", k.half(x), k.half(result), k.half(result))
	}
	k.with("VPADDQ", "Middle", 0, y, test)
	if k.bytes == 32 { // -1 in lanes near midpoints
		k.with("VPAND", "Window", 0, test, test)
		k.op("VXORPD", y, y, y)
		k.op("VPCMPEQQ", y, test, test)
	}
}

// undecided jumps to the end if one of the lanes near a midpoint, or NaN, is there.
func (a *amd64) undecided(tests [2]reg) {
	if a.bytes == 64 {
		a.line("VMOVUPS (SI)(R10*4), Z15")
		a.line("VCMPPS $3, Z15, Z15, K3")
		for i, t := range tests {
			a.line("VPTESTNMQ.BCST %d(R8), %s, K%d", 8*place("Window"), a.v(t), i+1)
		}
		a.line("KORW K1, K2, K1")
		a.line("KORTESTW K1, K3")
		a.line("JNE end")
		return
	}
	a.line("VMOVUPS (SI)(R10*4), Y15")
	a.line("VCMPPS $3, Y15, Y15, Y15")
	for _, t := range tests {
		a.line("VORPD %s, Y15, Y15", a.v(t))
	}
	a.line("VPTEST Y15, Y15")
	a.line("JNE end")
}

// writeMappings writes the kernels, their declarations and the choice among them.
func writeMappings(out string) {
	folder := filepath.Join(out, "internal/kernel")
	var declarations, choice strings.Builder
	for _, a := range []*amd64{{bytes: 64}, {bytes: 32}} {
		a.setWidth(f64)
		for i, p := range mapPrograms {
			emitMapping(a, p)
			name := fmt.Sprintf("map%s%s", p.name, a.suffix())
			fmt.Fprintf(&declarations, "\n//go:noescape\nfunc %s(dst, x *float32, n int, p *uint64) (done int)\n", name)
			fmt.Fprintf(&choice, "\tcase active == %s && p == Map%s:\n\t\treturn %s(d, q, n, &c[0])\n", a.suffix(), mapPrograms[i].name, name)
		}
		write(filepath.Join(folder, "map_"+strings.ToLower(a.suffix())+"_amd64.s"), header+"\n"+a.output())
	}
	write(filepath.Join(folder, "map_amd64.go"), goHeader("!purego", "kernel")+"\nimport \"unsafe\"\n"+
		"\nfunc mapGroups(p Program, c *[MapConstants]uint64, dst, x []float32) int {\n"+
		"\td, q, n := unsafe.SliceData(dst), unsafe.SliceData(x), len(x)\n\tswitch {\n"+choice.String()+"\t}\n\treturn 0\n}\n"+declarations.String())
	write(filepath.Join(folder, "map_other.go"), goHeader("purego || !amd64", "kernel")+
		"\nfunc mapGroups(p Program, c *[MapConstants]uint64, dst, x []float32) int { return 0 }\n")
	var constants strings.Builder
	constants.WriteString("// Code generated by _asm. DO NOT EDIT.\n\npackage kernel\n\n// The places of the constants of Map.\nconst (\n")
	i := 0
	for _, c := range mapConstants {
		fmt.Fprintf(&constants, "\tMap%s = %d\n", c.name, i)
		i += c.count
	}
	fmt.Fprintf(&constants, "\tMapConstants = %d\n)\n", i)
	source, err := format.Source([]byte(constants.String()))
	if err != nil {
		log.Fatal(err)
	}
	write(filepath.Join(folder, "map_constants.go"), string(source))
}
