package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// certain is the program of certified sums of 1 to 128 terms of float64: plain ones, or products, rounded or exact. It reads what it sums once: the
// terms or products p stay in registers, the ragged vector's in the first. With E such that the largest |p| is less than 2^E, at
// least 2^(E-1), and M = 1.5 * 2^52 * q, q = 2^(E-45),
//
//	h = M; for every p: t = h + p; d = t - h; h = t; l += p - d
//
// in two chains h and several l, eight lanes each. d is the multiple of q nearest to p, at most 2^45 q, and all
// sums of up to 128 of them are exact; an exact product's error e = x*y - p is added to l besides, but not where d = 0 (see
// extract: such an e may be subnormal). With s the sum of all h - M and t that of all l, the result is s + t, rounded once, if
// s + (t - b) and s + (t + b) are the same number, b = 2^(E-1) * scale: see internal/kernel/certain.go. Terms are refused
// where E is not from certainLeast to certainMost, and where one is NaN, which the search for the largest passes over, but is in h. But larger ones that are not
// exact products are multiplied by 2^-64 first, and their sum by 2^64 at last: what underflows so is nothing beside the bound.
//
// Exact products are tried in vain before chunks (see few): so their plain sum is looked at first.
type certain struct {
	*amd64
	term term
	low  int // number of l

	scales             bool   // larger terms than have an anchor
	scale              string // its place
	uncertain, refused string // labels
}

const (
	certainVectors = 16
	certainBits    = 45
	certainScale   = 85 // 2^-85 is the scale of an exact sum
	certainLeast   = -700
	certainMost    = 1000
)

// Registers: the h, which are written in turn, so that what they were is there to be subtracted; the l; the products.
const (
	certainH      reg = 0
	certainL      reg = 4
	certainP      reg = 8
	certainT      reg = 24
	certainX      reg = 25
	certainAnchor reg = 26
	certainBound  reg = 27
	certainS      reg = 28 // and the next: plain sums

	certainScaled = "R12"
)

func (k *certain) name() string { return "certain" + k.term.String() + "F64" }

func (k *certain) emit() { k.emitAs(k.sum) }

// emitAs prints a kernel that sums so.
func (k *certain) emitAs(sum func()) {
	k.enterProbingFor(k.name(), []string{"x", "y", "n", "scale"}, 16, "x", "y", "n")
	k.scale = k.arg("scale")
	sum()
	k.line("VMOVSD X3, v+32(FP)")
	k.line("MOVQ $%d, state+40(FP)", fewRounded)
	k.label("return")
	k.leaveProbed()
	k.label(k.uncertain)
	k.line("MOVQ $%d, state+40(FP)", fewNotRounded)
	k.line("JMP return")
	k.label(k.refused)
	k.line("MOVQ $%d, state+40(FP)", fewRefused)
	k.line("JMP return")
}

// scaleDown takes terms that have no anchor to be 2^-64 of them, if they are large, and has scaled say so.
func (k *certain) scaleDown() {
	k.label("outside")
	k.line("CMPQ AX, $%d", 1024-certainLeast)
	k.line("JHI %s", k.refused)
	k.line("VBROADCASTSD certainConstants<>+40(SB), Z%d", certainT)
	k.each("scale", func(j int) { // what would underflow, which processors take longer for, becomes 0
		p := certainP + reg(j)
		k.line("VPTESTMQ.BCST certainConstants<>+56(SB), Z%d, K2", p)
		k.line("VMULPD.Z Z%d, Z%d, K2, Z%[2]d", certainT, p)
	})
	k.mul(0, 0, certainT)
	k.line("MOVL $1, %s", certainScaled)
	k.line("JMP anchor")
	k.label("unscale")
	k.line("VMULSD certainConstants<>+48(SB), X3, X3")
	k.line("JMP unscaled")
}

// sum leaves the sum in X3 if it is certain.
func (k *certain) sum() {
	k.line("DECQ CX")
	k.line("MOVQ CX, R10")
	k.line("SHRQ $3, R10") // whole vectors before the last, which has 1 to 8
	k.line("MOVQ R10, R11")
	k.line("SHLQ $6, R11")
	k.line("ANDL $7, CX")
	k.line("MOVL $2, AX")
	k.line("SHLL CX, AX")
	k.line("DECL AX")
	k.line("KMOVW AX, K1")
	if k.term == product {
		k.line("TESTQ R10, R10")
		k.line("JEQ one")
	}
	k.largest()
	k.anchor()
	if k.term == product {
		k.cancelled()
		k.label("worth")
	}
	k.split()
	k.join()
	k.round(certainBound)
}

// each prints what is done with the whole vectors there are, from the last on, and then with the ragged one.
func (k *certain) each(name string, do func(j int)) {
	k.ladder(name, 0, certainVectors-1)
	for j := certainVectors - 1; j >= 0; j-- {
		k.label(fmt.Sprintf("%s%d", name, j))
		do(j)
	}
}

// ladder jumps to the label of R10, which is from first to last; it falls through to the last.
func (k *certain) ladder(name string, first, last int) {
	if first == last {
		if last < certainVectors-1 {
			k.line("JMP %s%d", name, first)
		}
		return
	}
	middle := (first + last + 1) / 2
	upper := fmt.Sprintf("%sFrom%d", name, middle)
	k.line("CMPQ R10, $%d", middle)
	k.line("JCC %s", upper)
	k.ladder(name, first, middle-1)
	k.label(upper)
	k.ladder(name, middle, last)
}

// place is that of vector j at a pointer, the mask that of its lanes.
func (k *certain) place(pointer string, j int) string {
	if j == 0 {
		return fmt.Sprintf("(%s)(R11*1)", amd64Scalar(pointer))
	}
	return fmt.Sprintf("%d(%s)", 64*(j-1), amd64Scalar(pointer))
}

// masked returns a mnemonic and the mask operand for vector j.
func masked(mnemonic string, j int) (string, string) {
	if j == 0 {
		return mnemonic + ".Z", "K1, "
	}
	return mnemonic, ""
}

// largest computes the products, and the largest magnitude in all lanes of the first register.
func (k *certain) largest() {
	for i := range reg(4) {
		k.line("VPXOR X%[1]d, X%[1]d, X%[1]d", i)
		if k.term == product && i < 2 {
			k.zero(certainS + i)
		}
	}
	k.each("product", func(j int) {
		p := certainP + reg(j)
		load, mask := masked("VMOVUPD", j)
		k.line("%s %s, %sZ%d", load, k.place("x", j), mask, p)
		if k.term != plain {
			mul, mask := masked("VMULPD", j)
			k.line("%s %s, Z%d, %sZ%d", mul, k.place("y", j), p, mask, p)
		}
		k.maxAbs(reg(j%4), p)
		if k.term == product {
			k.add(certainS+reg(j%2), certainS+reg(j%2), p)
		}
	})
	k.maxAbs(0, 1)
	k.maxAbs(2, 3)
	k.maxAbs(0, 2)
	for _, shuffle := range []string{"VSHUFF64X2 $0x4e, Z0, Z0, Z1", "VSHUFF64X2 $0xb1, Z0, Z0, Z1", "VPERMILPD $0x55, Z0, Z1"} {
		k.line("%s", shuffle)
		k.maxAbs(0, 1)
	}
}

// maxAbs sets d to the larger magnitude of d and r.
func (k *certain) maxAbs(d, r reg) { k.line("VRANGEPD $0x0b, Z%d, Z%d, Z%d", r, d, d) }

// anchor makes M and b.
func (k *certain) anchor() {
	outside := k.refused
	if k.scales {
		outside = "outside"
		k.line("XORL %[1]s, %[1]s", certainScaled)
		k.label("anchor")
	}
	k.line("VMOVQ X0, AX")
	k.line("SHRQ $52, AX")
	k.line("SUBQ $%d, AX", certainLeast+1022)
	k.line("CMPQ AX, $%d", certainMost-certainLeast)
	k.line("JHI %s", outside)
	k.line("VPANDQ.BCST certainConstants<>+0(SB), Z0, Z%d", certainBound) // 2^(E-1)
	k.line("VPADDQ.BCST certainConstants<>+8(SB), Z%d, Z%d", certainBound, certainAnchor)
	k.line("VMULSD %s, X%d, X%[2]d", k.scale, certainBound)
}

// one does what comes before split with products of one vector, in less time.
func (k *certain) one() {
	k.label("one")
	k.line("VMOVUPD.Z (SI)(R11*1), K1, Z%d", certainP)
	k.line("VMULPD.Z (DX)(R11*1), Z%d, K1, Z%[1]d", certainP)
	k.line("VPANDQ.BCST certainConstants<>+16(SB), Z%d, Z0", certainP)
	const s, t = certainS, certainS + 1
	k.line("VEXTRACTF64X4 $1, Z0, Y1")
	k.line("VEXTRACTF64X4 $1, Z%d, Y%d", certainP, t)
	k.line("VMAXPD Y1, Y0, Y0")
	k.line("VADDPD Y%d, Y%d, Y%d", certainP, t, s)
	k.line("VEXTRACTF128 $1, Y0, X1")
	k.line("VEXTRACTF64X2 $1, Y%d, X%d", s, t)
	k.line("VMAXPD X1, X0, X0")
	k.line("VADDPD X%d, X%d, X%[2]d", t, s)
	k.line("VPERMILPD $1, X0, X1")
	k.line("VPERMILPD $1, X%d, X%d", s, t)
	k.line("VMAXSD X1, X0, X0")
	k.line("VADDSD X%d, X%d, X%[2]d", t, s)
	k.line("VBROADCASTSD X0, Z0")
	k.anchor()
	k.compare()
	k.line("JMP worth")
}

// cancelled leaves a sum uncertain of which so much has cancelled that the bound is more than its last place, by a plain sum.
func (k *certain) cancelled() {
	const s, t = certainS, certainS + 1
	k.add(s, s, t)
	for _, shuffle := range []string{"VEXTRACTF64X4 $1, Z%d, Y%d", "VEXTRACTF64X2 $1, Y%d, X%d", "VPERMILPD $1, X%d, X%d"} {
		k.line(shuffle, s, t)
		k.add(s, s, t)
	}
	k.compare()
}

// compare compares that sum.
func (k *certain) compare() {
	const s, t = certainS, certainS + 1
	k.line("VPANDQ.BCST certainConstants<>+16(SB), X%d, X%[1]d", s) // |s|
	k.line("VMULSD certainConstants<>+24(SB), X%d, X%d", certainBound, t)
	k.line("VUCOMISD X%d, X%d", t, s)
	k.line("JCS %s", k.uncertain)
}

// split sums what is above q and below.
func (k *certain) split() {
	for i := range reg(4) {
		k.copy(certainH+i, certainAnchor)
		k.line("VPXOR X%[1]d, X%[1]d, X%[1]d", certainL+i)
	}
	k.each("split", func(j int) {
		from, to := certainH+reg(j%2+2), certainH+reg(j%2)
		if j/2%2 == 1 {
			from, to = to, from
		}
		p, l := certainP+reg(j), certainL+reg(j%k.low)
		k.line("VADDPD Z%d, Z%d, Z%d", p, from, to)
		k.line("VSUBPD Z%d, Z%d, Z%d", from, to, certainT)
		if k.term == product {
			k.remainder(j, p, from, to)
			k.line("VADDPD Z%d, Z%d, Z%[2]d", certainX, certainL+reg((j+k.low/2)%k.low))
		}
		k.line("VSUBPD Z%d, Z%d, Z%d", certainT, p, certainT)
		k.line("VADDPD Z%d, Z%d, Z%[2]d", certainT, l)
	})
}

// remainder sets certainX to the errors of the products p of vector j, where from and to differ.
func (k *certain) remainder(j int, p, from, to reg) {
	load, mask := masked("VMOVUPD", j)
	k.line("%s %s, %sZ%d", load, k.place("x", j), mask, certainX)
	k.line("VCMPPD $4, Z%d, Z%d, %sK2", from, to, mask)
	k.line("VFMSUB132PD.Z %s, Z%d, K2, Z%d", k.place("y", j), p, certainX)
}

// join leaves s and t in the lanes of X1.
func (k *certain) join() {
	for i := range reg(2) {
		k.sub(certainH+i, certainH+i, certainAnchor)
	}
	k.add(certainH, certainH, certainH+1)
	for n := k.low / 2; n > 0; n /= 2 {
		for i := range reg(n) {
			k.add(certainL+i, certainL+i, certainL+i+reg(n))
		}
	}
	for _, r := range []reg{certainH, certainL} {
		k.line("VEXTRACTF64X4 $1, Z%d, Y%d", r, r+1)
		k.line("VADDPD Y%d, Y%d, Y%[2]d", r+1, r)
	}
	k.line("VUNPCKLPD Y%d, Y%d, Y1", certainL, certainH)
	k.line("VUNPCKHPD Y%d, Y%d, Y2", certainL, certainH)
	k.line("VADDPD Y2, Y1, Y1")
	k.line("VEXTRACTF128 $1, Y1, X2")
	k.line("VADDPD X2, X1, X1")
}

// round rounds s + t, if that is certain.
func (k *certain) round(bound reg) {
	k.line("VPERMILPD $1, X1, X2")
	k.line("VSUBSD X%d, X2, X3", bound)
	k.line("VADDSD X%d, X2, X2", bound)
	k.line("VADDSD X1, X3, X3")
	k.line("VADDSD X1, X2, X2")
	k.line("VUCOMISD X2, X3")
	k.line("JNE %s", k.uncertain)
	k.line("JPS %s", k.refused) // no numbers
	if k.scales {
		k.line("TESTL %[1]s, %[1]s", certainScaled)
		k.line("JNE unscale")
		k.label("unscaled")
	}
}

// writeCertain writes the kernels and their declarations.
func writeCertain(out string) {
	folder := filepath.Join(out, "internal/kernel")
	a := &amd64{bytes: 64}
	a.setWidth(f64)
	declarations, none := goHeader("!purego", "kernel"), goHeader("purego || !amd64", "kernel")
	for _, of := range []term{plain, roundedProduct} {
		k := &certain{amd64: a, term: of, low: 2, scales: true, uncertain: "uncertain", refused: "refused"}
		k.emit()
		k.scaleDown()
		declaration := fmt.Sprintf("func %s%s(x, y *float64, n int, scale float64) (v float64, state int)", k.name(), a.suffix())
		declarations += "\n//go:noescape\n" + declaration + "\n"
		none += "\n" + declaration + " {\n\treturn 0, Refused\n}\n"
	}
	narrow := &amd64{bytes: 32}
	narrow.setWidth(f64)
	for _, of := range []term{plain, roundedProduct} {
		k := &shortCertain{certain{amd64: narrow, term: of, scales: true, uncertain: "uncertain", refused: "refused"}}
		k.emitAs(k.sum)
		k.scaleDown()
		declaration := fmt.Sprintf("func %s%s(x, y *float64, n int, scale float64) (v float64, state int)", k.name(), narrow.suffix())
		declarations += "\n//go:noescape\n" + declaration + "\n"
		none += "\n" + declaration + " {\n\treturn 0, Refused\n}\n"
	}
	write(filepath.Join(folder, "certain_avx2_amd64.s"), header+"\n"+certainData()+chunkTail(8)+probeData()+narrow.output())
	write(filepath.Join(folder, "certain_"+strings.ToLower(a.suffix())+"_amd64.s"), header+"\n"+certainData()+probeData()+a.output())
	write(filepath.Join(folder, "certain_amd64.go"), declarations)
	write(filepath.Join(folder, "certain_other.go"), none)
}

func certainData() string {
	var p printer
	for i, c := range []uint64{0x7ff << 52, certainAnchorUp<<52 | 1<<51, 1<<63 - 1, (1023 + 52) << 52, (1023 - certainScale) << 52, (1023 - 64) << 52, (1023 + 64) << 52, 0x7c0 << 52, 65 << 52} {
		fmt.Fprintf(&p.text, "DATA certainConstants<>+%d(SB)/8, $0x%016x\n", 8*i, c)
	}
	fmt.Fprintf(&p.text, "GLOBL certainConstants<>(SB), RODATA|NOPTR, $72\n")
	return p.source()
}

// certainAnchorUp is how much the exponent of M is above that of 2^(E-1).
const certainAnchorUp = 52 - certainBits + 1
