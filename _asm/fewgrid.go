package main

import "fmt"

// fewOnGrid is the program of the binned sum of 1 to 256 terms of float32, or of rounded products, that are too few to guess their grid: with AVX-512
// they stay in registers, the ragged vector's in the first, while the largest shows what that is. With M = 1.5 * 2^52 q, q being the unit of the grid,
//
//	for every term x in float64: sum += bits of x + M
//
// and so, less the bits of M as often, the sum of the terms rounded to the grid, in units: below 2^60, as a term is at most 2^51 of them. It is rounded once, to
// 24 bits: see RoundSingle in internal/kernel/binned.go. Sums that are zero are refused, and terms that are not finite.
type fewOnGrid struct{ certain }

const (
	fewGridFirst  reg = 0 // and the next three: the largest magnitudes, twice their bits; later the sums
	fewGridAnchor reg = 4
	fewGridT      reg = 24 // and the next
)

func (k *fewOnGrid) name() string { return "fewOnGrid" + k.term.String() + "F32" }

func (k *fewOnGrid) emit() {
	k.enterProbingFor(k.name(), []string{"x", "y", "n", "fold"}, 5, "x", "y", "n")
	k.line("DECQ CX")
	k.line("MOVQ CX, R10")
	k.line("SHRQ $4, R10") // whole vectors before the last, which has 1 to 16
	k.line("MOVQ R10, R11")
	k.line("SHLQ $6, R11")
	k.line("ANDL $15, CX")
	k.line("MOVL $2, AX")
	k.line("SHLL CX, AX")
	k.line("DECL AX")
	k.line("KMOVW AX, K1")
	k.clearFirst()
	k.each("term", func(j int) {
		p, t, most := certainP+reg(j), fewGridT+reg(j%4), fewGridFirst+reg(j%4)
		load, mask := masked("VMOVUPS", j)
		k.line("%s %s, %sZ%d", load, k.place("x", j), mask, p)
		if k.term != plain {
			mul, mask := masked("VMULPS", j)
			k.line("%s %s, Z%d, %sZ%d", mul, k.place("y", j), p, mask, p)
		}
		k.line("VPADDD Z%d, Z%[1]d, Z%d", p, t)
		k.line("VPMAXUD Z%d, Z%d, Z%[2]d", t, most)
	})
	k.combine("VPMAXUD")
	k.line("VPSHUFD $0xb1, X0, X1")
	k.line("VPMAXUD X1, X0, X0")
	k.line("VMOVD X0, AX")
	k.anchor()
	k.line("VPBROADCASTQ BX, Z%d", fewGridAnchor)
	k.clearFirst()
	k.each("wide", func(j int) {
		p, t := certainP+reg(j), fewGridT+reg(j%4*2)
		k.line("VCVTPS2PD Y%d, Z%d", p, t)
		k.line("VEXTRACTF64X4 $1, Z%d, Y%d", p, t+1)
		k.line("VCVTPS2PD Y%d, Z%[1]d", t+1)
		for i := range reg(2) {
			k.line("VADDPD Z%d, Z%d, Z%[2]d", fewGridAnchor, t+i)
			k.line("VPADDQ Z%d, Z%d, Z%[2]d", t+i, fewGridFirst+reg(j%2*2)+i)
		}
	})
	k.combine("VPADDQ")
	k.line("INCQ R10")
	k.line("SHLQ $4, R10")
	k.round("R10")
}

// clearFirst sets the first four registers to zero.
func (k *fewOnGrid) clearFirst() {
	for i := range reg(4) {
		k.line("VPXOR X%[1]d, X%[1]d, X%[1]d", fewGridFirst+i)
	}
}

// combine combines these in the lowest 8 bytes.
func (k *fewOnGrid) combine(how string) {
	for n := reg(2); n > 0; n /= 2 {
		for i := range n {
			k.line("%s %s, %s, %[3]s", how, k.v(i+n), k.v(i))
		}
	}
	if k.bytes == 64 {
		k.line("VEXTRACTI64X4 $1, Z0, Y1")
		k.line("%s Y1, Y0, Y0", how)
	}
	k.line("VEXTRACTI128 $1, Y0, X1")
	k.line("%s X1, X0, X0", how)
	k.line("VPSHUFD $0x4e, X0, X1")
	k.line("%s X1, X0, X0", how)
}

// anchor sets BX to the bits of M, and R8 to those of q as a float64, given twice the bits of the largest magnitude in AX. The grid is that of SingleGrid: a
// thirteenth of up to 277 is so many 79/1024.
func (k *fewOnGrid) anchor() {
	const significand, width, smallest, bias = 23, 13, -149, 1023
	k.line("SHRL $1, AX")
	k.line("DECL AX")
	k.line("CMPL AX, $0x%08x", 0xff<<significand-1)
	k.line("JCC refused")
	k.line("SHRL $%d, AX", significand)
	k.line("ADDL $%d, AX", significand)
	k.line("IMUL3Q $79, AX, AX")
	k.line("SHRQ $10, AX")
	k.line("XORL BX, BX")
	k.line("INCQ AX")
	k.line("SUBQ %s, AX", k.arg("fold"))
	k.line("CMOVQLT BX, AX")
	k.line("IMUL3Q $%d, AX, AX", width)
	k.line("LEAQ %d(AX), BX", smallest+52+bias)
	k.line("LEAQ %d(AX), R8", smallest+bias)
	k.line("SHLQ $52, BX")
	k.line("SHLQ $52, R8")
	k.line("BTSQ $51, BX")
}

// round rounds the sum in the lowest lane of the first register, of so many terms and those that fill the last vector up, and returns.
func (k *fewOnGrid) round(terms string) {
	k.line("VMOVQ X0, AX")
	k.line("IMULQ BX, %s", terms)
	k.line("SUBQ %s, AX", terms)
	k.line("JEQ refused")
	k.line("VMOVQ R8, X1")
	k.line("VCVTSI2SSQ AX, X1, X0")
	k.line("VCVTSS2SD X0, X0, X0")
	k.line("VMULSD X1, X0, X0")
	k.line("VCVTSD2SS X0, X0, X0")
	k.line("VMOVSS X0, v+32(FP)")
	k.line("MOVB $1, ok+36(FP)")
	k.label("return")
	k.leaveProbed()
	k.label("refused")
	k.line("MOVL $0, v+32(FP)")
	k.line("MOVB $0, ok+36(FP)")
	k.line("JMP return")
}

func (k *fewOnGrid) declaration() string {
	return fmt.Sprintf("func %s%s(x, y *float32, n, fold int) (v float32, ok bool)", k.name(), k.suffix())
}

// shortOnGrid is what AVX2 has of that, as vectors are shorter and registers fewer: it reads the terms twice, and multiplies twice.
type shortOnGrid struct{ fewOnGrid }

// Registers besides those of fewOnGrid: the mask of the ragged vector, and factors.
const (
	shortGridLanes reg = 5
	shortGridX     reg = 6  // and the next
	shortGridP     reg = 8  // likewise
	shortGridT     reg = 10 // and the next three
)

func (k *shortOnGrid) emit() {
	k.enterProbingFor(k.name(), []string{"x", "y", "n", "fold"}, 5, "x", "y", "n")
	k.line("LEAQ onGridTail<>+32(SB), AX")
	k.line("MOVQ CX, BX")
	k.line("ANDQ $7, BX")
	k.line("SHLQ $2, BX")
	k.line("SUBQ BX, AX")
	k.line("VMOVDQU (AX), Y%d", shortGridLanes)
	k.clearFirst()
	k.each("term", func(j reg, off int, ragged bool) {
		t := shortGridT + j
		k.terms(j, off, ragged)
		k.line("VPADDD Y%d, Y%[1]d, Y%d", shortGridP+j, t)
		k.line("VPMAXUD Y%d, Y%d, Y%[2]d", t, fewGridFirst+j)
	})
	k.combine("VPMAXUD")
	k.line("VPSHUFD $0xb1, X0, X1")
	k.line("VPMAXUD X1, X0, X0")
	k.line("VMOVD X0, AX")
	k.anchor()
	k.line("VMOVQ BX, X%d", fewGridAnchor)
	k.line("VPBROADCASTQ X%d, Y%[1]d", fewGridAnchor)
	k.clearFirst()
	for _, arg := range []string{"x", "y", "n"} {
		k.loadArg(arg, arg)
	}
	k.each("wide", func(j reg, off int, ragged bool) {
		p, t := shortGridP+j, shortGridT+2*j
		if k.term == plain && !ragged {
			k.line("VCVTPS2PD %d(SI), Y%d", off, t)
			k.line("VCVTPS2PD %d(SI), Y%d", off+16, t+1)
		} else {
			k.terms(j, off, ragged)
			k.line("VCVTPS2PD X%d, Y%d", p, t)
			k.line("VEXTRACTF128 $1, Y%d, X%d", p, t+1)
			k.line("VCVTPS2PD X%d, Y%[1]d", t+1)
		}
		for i := range reg(2) {
			k.line("VADDPD Y%d, Y%d, Y%[2]d", fewGridAnchor, t+i)
			k.line("VPADDQ Y%d, Y%d, Y%[2]d", t+i, fewGridFirst+2*j+i)
		}
	})
	k.combine("VPADDQ")
	k.line("ADDQ $7, CX")
	k.line("ANDQ $-8, CX")
	k.round("CX")
}

// each prints what is done with two vectors after the other, and with the last, of which one is ragged.
func (k *shortOnGrid) each(name string, do func(j reg, off int, ragged bool)) { k.inTwos(name, 8, do) }

// terms loads the terms of a vector.
func (k *shortOnGrid) terms(j reg, off int, ragged bool) {
	x, p := shortGridX+j, shortGridP+j
	if k.term == plain {
		x = p
	}
	if ragged {
		k.line("VMASKMOVPS %d(SI), Y%d, Y%d", off, shortGridLanes, x)
	} else {
		k.line("VMOVUPS %d(SI), Y%d", off, x)
	}
	switch {
	case k.term == plain:
	case ragged:
		k.line("VMASKMOVPS %d(DX), Y%d, Y%d", off, shortGridLanes, p)
		k.line("VMULPS Y%d, Y%d, Y%d", p, x, p)
	default:
		k.line("VMULPS %d(DX), Y%d, Y%d", off, x, p)
	}
}

// shortOnGridData is the data of masks of up to eight lanes.
func shortOnGridData() string {
	var p printer
	for i := range 8 {
		ones := int64(-1)
		if i >= 4 {
			ones = 0
		}
		fmt.Fprintf(&p.text, "DATA onGridTail<>+%d(SB)/8, $%d\n", 8*i, ones)
	}
	fmt.Fprintf(&p.text, "GLOBL onGridTail<>(SB), RODATA|NOPTR, $64\n")
	return p.source()
}
