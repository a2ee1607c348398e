package main

import (
	"fmt"
	"path/filepath"
)

// The kernels of chunks are what AVX2 has of those of few terms: terms of float64, or of float32 and their products, which are numbers
// of float64, are added to a table of digits and read from the top, as kernels of digits do it (see digits.go and spread.go). Products of
// float64 are two numbers, and refused if they may have errors below the least number. There are no
// registers of masks, so that the sign of a number is put to its digits by an exclusive or and a subtraction. Of more than a few terms,
// each second one has another table, at R13: numbers with one exponent would wait for each other, and now wait half as long.
//
// Integers alone round the sum, in whatever rounding mode.
type chunks struct {
	*amd64
	w    width
	term term
}

// chunkConstants are registers that hold a number in all lanes.
var chunkConstants = []struct {
	name  string
	reg   reg
	value uint64
}{
	{"absolute", 15, 1<<63 - 1},
	{"one", 12, 1},
	{"hidden", 11, 1 << 52},
	{"shifts", 10, 31},
	{"low", 9, 1<<32 - 1},
	{"digit", 7, 32},
	{"tiny", 14, (1023 - 960) << 52},
}

const (
	chunkZero  reg = 8
	chunkTable     = 16 * 2048 / 32
	chunkFrame     = digitTable + 2*chunkTable
	chunkLead      = 500 // numbers that digits may be of when they are read
	chunkFew       = 8   // numbers for which only what they need is cleared
	chunkTwo       = 64  // terms that are worth a second table
)

var (
	chunkArgs    = fewArgs // so that kernels of few terms may end in one of chunks
	chunkResults = fewResults
)

func (k *chunks) name() string { return fmt.Sprintf("chunks%s%v", k.term, k.w) }

// integers tells whether no floating point is converted or multiplied.
func (k *chunks) integers() bool { return k.w == f64 && k.term == plain }

// pairs tells whether a term is two numbers.
func (k *chunks) pairs() bool { return k.w == f64 && k.term == product }

func (k *chunks) emit() {
	k.begin(k.name(), chunkArgs, 8*len(chunkResults), chunkFrame)
	if !k.integers() {
		k.probeMode()
	}
	k.alignFrame()
	for _, arg := range chunkArgs[:3] {
		k.loadArg(arg, arg)
	}
	k.prepare()
	k.add()
	k.joinTables()
	k.line("VMOVMSKPD Y%d, AX", spreadMarks)
	k.line("TESTL AX, AX")
	k.line("JNE last")
	k.label("finite")
	k.carry()
	k.lead()
	k.round()
	k.label("return")
	k.leaveFew(k.integers())
	k.nothing()
	k.last()
	if k.integers() {
		k.few()
	}
}

// leaveFew returns: what has added integers alone does not depend on the rounding mode, and has not probed it.
func (a *amd64) leaveFew(integers bool) {
	if integers {
		a.line("VZEROUPPER")
		a.line("RET")
		return
	}
	a.leaveProbed()
}

// few clears only the entries that so few numbers are added to, and three below each. What would read others, where numbers cancel but for their last bits,
// or are the middle of two, clears all and begins again. To clear the whole table takes a third of the time of eight numbers.
func (k *chunks) few() {
	k.label("few")
	k.line("MOVQ $1, 0(SP)")
	k.line("MOVQ CX, R10")
	k.line("VMOVDQU Y%d, %d(R14)", chunkZero, digitTable-48) // lanes without a number are marked as 0
	k.line("VMOVDQU Y%d, %d(R14)", chunkZero, digitTable-16)
	k.label("each")
	k.line("MOVBLZX -1(SI)(R10*8), AX")
	k.line("ANDL $0x7e, AX")
	k.line("VMOVDQU Y%d, %d(R14)(AX*8)", chunkZero, digitTable-48)
	k.line("VMOVDQU Y%d, %d(R14)(AX*8)", chunkZero, digitTable-16)
	k.countDown("i", "each")
	k.line("JMP one")
	k.label("whole")
	for _, arg := range chunkArgs[:3] {
		k.loadArg(arg, arg)
	}
	k.line("VPXOR Y%[1]d, Y%[1]d, Y%[1]d", spreadMarks)
	k.line("JMP clear")
}

// unlessFew begins again if not the whole table was cleared.
func (k *chunks) unlessFew() {
	if k.integers() {
		k.line("CMPQ 0(SP), $0")
		k.line("JNE whole")
	}
}

// returned stores a result.
func (k *chunks) returned(name, value string) {
	for i, result := range chunkResults {
		if result == name {
			k.line("MOVQ %s, %s+%d(FP)", value, name, 8*(len(chunkArgs)+i))
		}
	}
}

// prepare clears the table and sets the constants.
func (k *chunks) prepare() {
	for _, r := range []reg{chunkZero, spreadMarks} {
		k.line("VPXOR Y%[1]d, Y%[1]d, Y%[1]d", r)
	}
	k.line("MOVQ R14, R13")
	if k.integers() {
		k.line("CMPQ CX, $%d", chunkFew)
		k.line("JLS few")
		k.label("clear")
		k.line("MOVQ $0, 0(SP)")
	}
	for off := 0; off < digitTable+chunkTable; off += 32 {
		k.line("VMOVDQU Y%d, %d(R14)", chunkZero, off)
	}
	k.line("CMPQ CX, $%d", chunkTwo)
	k.line("JCS one")
	k.line("ADDQ $%d, R13", chunkTable)
	for off := 0; off < chunkTable; off += 32 {
		k.line("VMOVDQU Y%d, %d(R13)", chunkZero, digitTable+off)
	}
	k.label("one")
	for i, c := range chunkConstants {
		if c.name != "tiny" || k.pairs() {
			k.line("VPBROADCASTQ chunkConstants<>+%d(SB), Y%d", 8*i, c.reg)
		}
	}
}

// add adds the terms, four at a time.
func (k *chunks) add() {
	k.line("MOVQ CX, R10")
	k.line("SHRQ $2, R10")
	k.line("JEQ ragged")
	k.label("four")
	k.four(false)
	k.next(4)
	k.countDown("i", "four")
	k.label("ragged")
	k.line("ANDQ $3, CX")
	k.line("JEQ added")
	k.line("LEAQ chunkTail%d<>+%d(SB), AX", 8*k.w.element(), 4*k.w.element())
	k.line("LEAQ (CX*%d), BX", k.w.element())
	k.line("SUBQ BX, AX")
	if k.w == wide {
		k.line("VMOVDQU (AX), X6")
	} else {
		k.line("VMOVDQU (AX), Y6")
	}
	k.four(true)
	k.label("added")
}

func (k *chunks) next(n int) {
	k.line("ADDQ $%d, SI", n*k.w.element())
	if k.term == product {
		k.line("ADDQ $%d, DX", n*k.w.element())
	}
}

// read loads four numbers, or those that Y6 has.
func (k *chunks) read(pointer string, d reg, ragged bool) {
	full, suffix := k.v(d), "D"
	if k.w == wide {
		full, suffix = k.half(d), "S"
	}
	mask := fmt.Sprintf("%c6", full[0])
	if ragged {
		k.line("VMASKMOVP%s (%s), %s, %s", suffix, pointer, mask, full)
	} else {
		k.line("VMOVUP%s (%s), %s", suffix, pointer, full)
	}
	if k.w == wide {
		k.line("VCVTPS2PD %s, %s", full, k.v(d))
	}
}

// four adds four numbers, or the ragged last ones.
func (k *chunks) four(ragged bool) {
	k.read("SI", 0, ragged)
	if k.term == product {
		k.read("DX", 1, ragged)
	}
	switch {
	case k.pairs():
		k.line("VMULPD Y1, Y0, Y2")
		k.refuseTiny()
		k.line("VFMSUB213PD Y2, Y1, Y0") // x*y - p
		k.copy(6, 0)
		k.copy(0, 2)
		if !ragged {
			k.number(false, "")
			k.copy(0, 6)
			break
		}
		k.line("MOVQ CX, R12")
		k.number(true, "errors")
		k.label("errors")
		k.line("MOVQ R12, CX")
		k.copy(0, 6)
	case k.term == product:
		k.line("VMULPD Y1, Y0, Y0")
	}
	k.number(ragged, "added")
}

// refuseTiny refuses products Y2 of Y0 and Y1 that are so small that their errors may be no numbers, but those by 0.
func (k *chunks) refuseTiny() {
	const differ = 4
	k.line("VPAND Y15, Y2, Y3")
	k.line("VPCMPGTQ Y3, Y14, Y3")
	k.line("VCMPPD $%d, Y8, Y0, Y4", differ)
	k.line("VCMPPD $%d, Y8, Y1, Y5", differ)
	k.line("VPAND Y4, Y3, Y3")
	k.line("VPTEST Y5, Y3")
	k.line("JNE refused")
}

// number adds the numbers of Y0, as many as there are if ragged.
func (k *chunks) number(ragged bool, added string) {
	k.line("VPAND Y15, Y0, Y3")
	k.line("VPSRLQ $52, Y3, Y1")
	k.line("VPMAXUD Y12, Y1, Y1") // exponents e, from 1 on
	k.line("VPSLLQ $52, Y1, Y2")
	k.line("VPADDQ Y11, Y3, Y3")
	k.line("VPSUBQ Y2, Y3, Y3")   // |b| - (e-1) * 2^52
	k.line("VPCMPGTQ Y0, Y8, Y4") // the signs
	k.line("VPSRLQ $5, Y1, Y5")
	if !k.integers() {
		k.line("VPSLLQ $4, Y5, Y2")
		k.line("VMOVQ X2, AX")
		k.line("VPEXTRQ $1, X2, BX")
		k.line("VEXTRACTI128 $1, Y2, X2")
		k.line("VMOVQ X2, R8")
		k.line("VPEXTRQ $1, X2, R9")
	}
	k.line("VPSLLVQ Y5, Y12, Y5")
	k.line("VPOR Y5, Y%[1]d, Y%[1]d", spreadMarks)
	k.line("VPAND Y10, Y1, Y1")
	k.line("VPSLLVQ Y1, Y3, Y2")
	k.line("VPSUBQ Y1, Y7, Y1")
	k.line("VPSRLVQ Y1, Y3, Y3")
	k.line("VPAND Y9, Y2, Y2")
	for _, d := range []reg{2, 3} {
		k.line("VPXOR Y4, Y%[1]d, Y%[1]d", d)
		k.line("VPSUBQ Y4, Y%[1]d, Y%[1]d", d)
	}
	k.line("VPUNPCKLQDQ Y3, Y2, Y4")
	k.line("VPUNPCKHQDQ Y3, Y2, Y5")
	for i := range 4 {
		k.place(i)
		if ragged && i < 3 {
			k.line("DECQ CX")
			k.line("JEQ %s", added)
		}
	}
}

// place adds the i-th number to the entry that the upper six bits of its exponent name.
func (k *chunks) place(i int) {
	to, scale := []string{"AX", "BX", "R8", "R9"}[i], 1
	if k.integers() {
		k.line("MOVBLZX %d(SI), %s", 8*i+7, to)
		k.line("ANDL $0x7e, %s", to)
		scale = 8
	}
	from, t := 4+i%2, i%4
	if i >= 2 {
		k.line("VEXTRACTI128 $1, Y%d, X%d", from, t)
		from = t
	}
	table := []string{"R14", "R13"}[i%2]
	entry := fmt.Sprintf("%d(%s)(%s*%d)", digitTable, table, to, scale)
	k.line("VPADDQ %s, X%d, X%d", entry, from, t)
	k.line("VMOVDQU X%d, %s", t, entry)
}

// joinTables adds the second table to the first.
func (k *chunks) joinTables() {
	k.line("CMPQ R13, R14")
	k.line("JEQ joined")
	for off := digitTable; off < digitTable+chunkTable; off += 32 {
		t := off / 32 % 4
		k.line("VMOVDQU %d(R13), Y%d", off, t)
		k.line("VPADDQ %d(R14), Y%d, Y%[2]d", off, t)
		k.line("VMOVDQU Y%d, %d(R14)", t, off)
	}
	k.label("joined")
}

// carry makes digits of less than 2^33 where there are more numbers than lead reads otherwise: what is above 32 bits of the digit of entry k,
// a[k] + b[k-1], becomes b[k], so that what was in b[k-1] alone is in entry k, which is marked then.
func (k *chunks) carry() {
	const table, beside = digitTable, digitTable - 8
	most := chunkLead
	if k.pairs() {
		most /= 2
	}
	k.line("CMPQ %s, $%d", k.arg("n"), most)
	k.line("JLS carried")
	k.line("MOVQ $%d, R10", chunkTable-16)
	k.line("MOVQ %d(R14)(R10*1), R8", table+8) // of the last entry
	k.label("carry")
	k.line("MOVQ %d(R14)(R10*1), AX", table)
	k.line("ADDQ %d(R14)(R10*1), AX", beside)
	k.line("MOVL AX, BX")
	k.line("SARQ $32, AX")
	k.line("ADDQ R8, AX")
	k.line("XORL R8, R8")
	k.line("MOVQ BX, %d(R14)(R10*1)", table)
	k.line("MOVQ AX, %d(R14)(R10*1)", table+8)
	k.line("SUBQ $16, R10")
	k.line("JGE carry")
	k.line("VPSLLQ $1, Y%d, Y0", spreadMarks)
	k.line("VPOR Y0, Y%[1]d, Y%[1]d", spreadMarks)
	k.label("carried")
}

// round rounds S, of which R9 and R8 are the words, times 2^R12, if the result is normal, and returns S itself
// otherwise. The leading 63 bits of |S|, the last of which is 1 if others are lost, are rounded to those of the result, ties to even.
func (k *chunks) round() {
	precision, least, most := 53, 1, 2046
	if k.w == wide {
		precision, least, most = 24, 1023-126, 1023+127
	}
	k.line("MOVQ R9, R10") // the sign
	k.line("SARQ $63, R10")
	k.line("MOVQ R8, BX")
	k.line("MOVQ R9, DI")
	k.line("XORQ R10, BX")
	k.line("XORQ R10, DI")
	k.line("SUBQ R10, BX")
	k.line("SBBQ R10, DI") // |S| = DI, BX
	k.line("JNE words")
	k.line("TESTQ BX, BX")
	k.line("JEQ nothing")
	k.line("MOVQ BX, DI")
	k.line("XORL BX, BX")
	k.line("LEAQ -64(R12), AX")
	k.line("JMP word")
	k.label("words")
	k.line("MOVQ R12, AX")
	k.label("word") // (DI * 2^64 + BX) * 2^AX
	k.line("BSRQ DI, CX")
	k.line("ADDQ CX, AX")
	k.line("XORL $63, CX") // zeros before it
	k.line("SHLQ CX, BX, DI")
	k.line("SHLXQ CX, BX, BX")
	k.line("NEGQ BX")
	k.line("SBBQ BX, BX") // -1 if some are lost
	k.line("NEGQ BX")
	k.line("MOVQ DI, CX")
	k.line("SHRQ $1, DI")
	k.line("ANDL $1, CX")
	k.line("ORQ BX, DI")
	k.line("ORQ CX, DI")
	k.line("MOVQ DI, CX")
	k.line("SHRQ $%d, CX", 63-precision)
	k.line("ANDL $1, CX") // the last bit of the result
	k.line("ADDQ CX, DI")
	k.line("MOVQ $%d, CX", 1<<(62-precision)-1)
	k.line("ADDQ CX, DI")
	k.line("SHRQ $%d, DI", 63-precision)
	if precision < 53 {
		k.line("SHLQ $%d, DI", 53-precision)
	}
	// |S| is 2^(AX+64) or more.
	k.line("LEAQ %d(AX), CX", 64+1023-least)
	k.line("CMPQ CX, $%d", most-least)
	k.line("JCC notRounded")
	k.line("ADDQ $%d, AX", 64+1023-1) // the hidden bit is 1 more
	k.line("SHLQ $52, AX")
	k.line("ADDQ DI, AX")
	k.line("SHLQ $63, R10")
	k.line("ORQ R10, AX")
	k.label("rounded")
	k.returned("v", "AX")
	k.returned("state", fmt.Sprintf("$%d", fewRounded))
	k.line("JMP return")
	k.label("notRounded")
	k.returned("hi", "R9")
	k.returned("lo", "R8")
	k.returned("exponent", "R12")
	k.returned("state", fmt.Sprintf("$%d", fewNotRounded))
}

// nothing returns 0, if not all terms are -0 obviously, as the first is no zero.
func (k *chunks) nothing() {
	k.label("nothing")
	if k.w == f64 {
		k.unlessFirst(k.term, "notRounded")
		k.line("XORL AX, AX")
		k.line("JMP rounded")
		return
	}
	k.line("JMP notRounded")
}

// last looks whether a term is not finite, since one is in the last entry. Of float32 and their products, no others are; products of float64 are
// refused.
func (k *chunks) last() {
	k.label("last")
	if k.integers() {
		k.loadArg("x", "x")
		k.loadArg("n", "n")
		k.line("MOVQ $0x7ff<<53, DX")
		k.label("another")
		k.line("MOVQ (SI), AX")
		k.line("ADDQ AX, AX")
		k.line("CMPQ AX, DX")
		k.line("JCC refused")
		k.next(1)
		k.countDown("n", "another")
		k.line("JMP finite")
	}
	k.label("refused")
	k.returned("state", fmt.Sprintf("$%d", fewRefused))
	k.line("JMP return")
}

func chunkData() string {
	var p printer
	for i, c := range chunkConstants {
		fmt.Fprintf(&p.text, "DATA chunkConstants<>+%d(SB)/8, $0x%016x // %s\n", 8*i, c.value, c.name)
	}
	fmt.Fprintf(&p.text, "GLOBL chunkConstants<>(SB), RODATA|NOPTR, $%d\n", 8*len(chunkConstants))
	return p.source() + chunkTail(4) + chunkTail(8)
}

// chunkTail is the data of masks of up to four lanes of so many bytes.
func chunkTail(bytes int) string {
	var p printer
	for i := range 8 {
		fmt.Fprintf(&p.text, "DATA chunkTail%d<>+%d(SB)/%d, $%d\n", 8*bytes, bytes*i, bytes, i/4-1)
	}
	fmt.Fprintf(&p.text, "GLOBL chunkTail%d<>(SB), RODATA|NOPTR, $%d\n", 8*bytes, 8*bytes)
	return p.source()
}

// writeChunks writes the kernels and their declarations.
func writeChunks(out string) {
	folder := filepath.Join(out, "internal/kernel")
	a := &amd64{bytes: 32}
	declarations, none := goHeader("!purego", "kernel"), goHeader("purego || !amd64", "kernel")
	for _, of := range []struct {
		w    width
		term term
	}{{f64, plain}, {f64, product}, {wide, plain}, {wide, product}} {
		a.setWidth(of.w)
		_, elements := (&tree{w: of.w}).types()
		k := &chunks{amd64: a, w: of.w, term: of.term}
		k.emit()
		declaration := fmt.Sprintf("func %s%s(x, y *%s, n, how int) (v float64, hi int64, lo uint64, exponent, state int)", k.name(), a.suffix(), elements)
		declarations += "\n//go:noescape\n" + declaration + "\n"
		none += "\n" + declaration + " {\n\treturn 0, 0, 0, 0, Refused\n}\n"
	}
	write(filepath.Join(folder, "chunks_avx2_amd64.s"), header+"\n"+chunkData()+probeData()+a.output())
	write(filepath.Join(folder, "chunks_amd64.go"), declarations)
	write(filepath.Join(folder, "chunks_other.go"), none)
}
