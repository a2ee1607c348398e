package main

import "math/bits"

// shortCertain is what AVX2 has of the program certain, as vectors are shorter and registers fewer: it reads the terms twice, and multiplies twice. A chain h takes
// 16 multiples of q in each of four lanes, at most 2^49 q, and an l as many of what is left, and of an exact product's errors.
type shortCertain struct{ certain }

// Registers: two chains h, which hold plain sums at first, two l, the anchor M, two largest magnitudes, the mask of the ragged vector.
const (
	shortH      reg = 0
	shortL      reg = 2
	shortAnchor reg = 4
	shortMost   reg = 5 // and what is d later
	shortLanes  reg = 7
	shortX      reg = 8
	shortP      reg = 10
	shortT      reg = 12
	shortAbs    reg = 14 // and factors of the ragged vector later
	shortBound  reg = 15
)

// sum leaves the sum in X3 if it is certain.
func (k *shortCertain) sum() {
	k.line("LEAQ chunkTail64<>+32(SB), AX")
	k.line("MOVQ CX, BX")
	k.line("ANDQ $3, BX")
	k.line("SHLQ $3, BX")
	k.line("SUBQ BX, AX")
	k.line("VMOVDQU (AX), Y%d", shortLanes)
	k.line("VPBROADCASTQ certainConstants<>+16(SB), Y%d", shortAbs)
	for i := range reg(2) {
		k.zero(shortH + i)
		k.zero(shortMost + i)
	}
	k.each("product", k.largest)
	k.line("VMAXPD Y%d, Y%d, Y%[2]d", shortMost+1, shortMost)
	k.line("VEXTRACTF128 $1, Y%d, X8", shortMost)
	k.line("VMAXPD X8, X%d, X%[1]d", shortMost)
	k.line("VPERMILPD $1, X%d, X8", shortMost)
	k.line("VMAXSD X8, X%d, X%[1]d", shortMost)
	k.anchor()
	for i := range reg(2) {
		k.copy(shortH+i, shortAnchor)
		k.zero(shortL + i)
	}
	for _, arg := range []string{"x", "y", "n"} {
		k.loadArg(arg, arg)
	}
	if k.scales {
		k.line("TESTL %[1]s, %[1]s", certainScaled)
		k.line("JNE scaled")
	}
	k.each("split", k.split)
	k.label("join")
	k.join()
	k.round(shortBound)
}

// scaleDown takes terms that have no anchor to be 2^-64 of them, if they are large, and has scaled say so.
func (k *shortCertain) scaleDown() {
	k.label("outside")
	k.line("CMPQ AX, $%d", 1024-certainLeast)
	k.line("JHI %s", k.refused)
	k.line("VMULSD certainConstants<>+40(SB), X%d, X%[1]d", shortMost)
	k.line("MOVL $1, %s", certainScaled)
	k.line("JMP anchor")
	k.label("scaled")
	k.each("scaledSplit", k.scaledSplit)
	k.line("JMP join")
	k.label("unscale")
	k.line("VMULSD certainConstants<>+48(SB), X3, X3")
	k.line("JMP unscaled")
}

// each prints what is done with two vectors after the other, and with the last, of which one is ragged.
func (k *shortCertain) each(name string, do func(j reg, off int, ragged bool)) { k.inTwos(name, 4, do) }

// inTwos is each, with 4 or 8 terms to a vector of 32 bytes.
func (k *certain) inTwos(name string, lanes int, do func(j reg, off int, ragged bool)) {
	one := name + map[int]string{4: "Four", 8: "Eight"}[lanes]
	k.line("MOVQ CX, R10")
	k.line("SHRQ $%d, R10", bits.Len(uint(lanes)))
	k.line("JEQ %s", one)
	k.label(name)
	k.play(k.capture(func() { do(0, 0, false) }), k.capture(func() { do(1, 32, false) }))
	k.advance(64)
	k.countDown("i", name)
	k.label(one)
	k.line("TESTQ $%d, CX", lanes)
	k.line("JEQ %sRagged", name)
	do(0, 0, false)
	k.advance(32)
	k.label(name + "Ragged")
	k.line("TESTQ $%d, CX", lanes-1)
	k.line("JEQ %sEnd", name)
	do(1, 0, true)
	k.label(name + "End")
}

func (k *certain) advance(by int) {
	k.addImm("x", by)
	if k.term != plain {
		k.addImm("y", by)
	}
}

// terms loads the terms of a vector to p, and of products the factors to x.
func (k *shortCertain) terms(x, p reg, off int, ragged bool) {
	if k.term == plain {
		x = p
	}
	switch {
	case ragged:
		k.line("VMASKMOVPD %d(SI), Y%d, Y%d", off, shortLanes, x)
	default:
		k.line("VMOVUPD %d(SI), Y%d", off, x)
	}
	switch {
	case k.term == plain:
	case ragged:
		k.line("VMASKMOVPD %d(DX), Y%d, Y%d", off, shortLanes, p)
		k.line("VMULPD Y%d, Y%d, Y%d", p, x, p)
	default:
		k.line("VMULPD %d(DX), Y%d, Y%d", off, x, p)
	}
}

// largest looks for the largest magnitude of a vector, which passes NaN over.
func (k *shortCertain) largest(j reg, off int, ragged bool) {
	x, p := shortX+j, shortP+j
	k.terms(x, p, off, ragged)
	if k.term == product {
		k.add(shortH+j, shortH+j, p)
	}
	k.and(p, shortAbs)
	k.line("VMAXPD Y%d, Y%d, Y%[1]d", shortMost+j, p)
}

// anchor makes M and b of the largest magnitude.
func (k *shortCertain) anchor() {
	outside := k.refused
	if k.scales {
		outside = "outside"
		k.line("XORL %[1]s, %[1]s", certainScaled)
		k.label("anchor")
	}
	k.line("VMOVQ X%d, AX", shortMost)
	k.line("MOVQ AX, BX")
	k.line("SHRQ $52, AX")
	k.line("MOVQ AX, R8")
	k.line("SUBQ $%d, AX", certainLeast+1022)
	k.line("CMPQ AX, $%d", certainMost-certainLeast)
	k.line("JHI %s", outside)
	k.line("SHLQ $52, R8")
	k.line("VMOVQ R8, X%d", shortBound) // 2^(E-1)
	k.line("MOVQ $%d, AX", certainAnchorUp<<52|1<<51)
	k.line("ADDQ AX, R8")
	k.line("VMOVQ R8, X%d", shortAnchor)
	k.line("VPBROADCASTQ X%d, Y%[1]d", shortAnchor)
	k.line("VMULSD %s, X%d, X%[2]d", k.scale, shortBound)
	if k.term != product {
		return
	}
	k.add(shortH, shortH, shortH+1) // see cancelled
	k.line("VEXTRACTF128 $1, Y%d, X8", shortH)
	k.line("VADDPD X8, X%d, X%[1]d", shortH)
	k.line("VPERMILPD $1, X%d, X8", shortH)
	k.line("VADDSD X8, X%d, X%[1]d", shortH)
	k.line("VANDPD X%d, X%d, X%[2]d", shortAbs, shortH)
	k.line("VMULSD certainConstants<>+24(SB), X%d, X8", shortBound)
	k.line("VUCOMISD X8, X%d", shortH)
	k.line("JCS %s", k.uncertain)
}

// split sums what is above q and below of a vector.
func (k *shortCertain) split(j reg, off int, ragged bool) {
	k.terms(shortX+j, shortP+j, off, ragged)
	k.splitTerms(j, off, ragged)
}

// scaledSplit is split of 2^-64 of the terms, which are no exact products. Those that would underflow, which processors take longer for, become 0, but NaN
// does not.
func (k *shortCertain) scaledSplit(j reg, off int, ragged bool) {
	x, p, t := shortX+j, shortP+j, shortT+j
	k.terms(x, p, off, ragged)
	k.line("VBROADCASTSD certainConstants<>+64(SB), Y%d", t)
	k.line("VANDPD Y%d, Y%d, Y%d", p, shortAbs, x)
	k.line("VCMPPD $5, Y%d, Y%d, Y%[2]d", t, x) // not less
	k.and(p, x)
	k.line("VBROADCASTSD certainConstants<>+40(SB), Y%d", t)
	k.mul(p, p, t)
	k.splitTerms(j, off, ragged)
}

// splitTerms is split of the terms in p.
func (k *shortCertain) splitTerms(j reg, off int, ragged bool) {
	x, p, t, d, h := shortX+j, shortP+j, shortT+j, shortMost+j, shortH+j
	k.add(t, h, p)
	k.sub(d, t, h)
	if k.term == product { // errors of products, but where d is 0
		k.line("VCMPPD $4, Y%d, Y%d, Y%[2]d", t, h)
		k.and(x, h)
		k.and(h, p)
		if ragged {
			k.line("VMASKMOVPD %d(DX), Y%d, Y%d", off, shortLanes, shortAbs)
			k.line("VFMSUB132PD Y%d, Y%d, Y%d", shortAbs, h, x)
		} else {
			k.line("VFMSUB132PD %d(DX), Y%d, Y%d", off, h, x)
		}
		k.add(shortL+1-j, shortL+1-j, x)
	}
	k.copy(h, t)
	k.sub(d, p, d)
	k.add(shortL+j, shortL+j, d)
}

// join leaves s and t in the lanes of X1.
func (k *shortCertain) join() {
	for i := range reg(2) {
		k.sub(shortH+i, shortH+i, shortAnchor)
	}
	k.add(shortH, shortH, shortH+1)
	k.add(shortL, shortL, shortL+1)
	k.line("VUNPCKLPD Y%d, Y%d, Y8", shortL, shortH)
	k.line("VUNPCKHPD Y%d, Y%d, Y9", shortL, shortH)
	k.add(8, 8, 9)
	k.line("VEXTRACTF128 $1, Y8, X9")
	k.line("VADDPD X9, X8, X1")
}
