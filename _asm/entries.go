package main

import (
	"fmt"
	"path/filepath"
)

// The kernels of entries add exact products of float64 of any exponents as integers, subnormal ones as any other, in whatever rounding mode. A product is
// P * 2^(E-2150), P < 2^106, E the sum of the biased exponents, each 1 at least. With f and g the low 52 bits of the factors and 2^52 where a factor is normal,
//
//	P = f*g + 2^52 (f + g + 2^52), or less where one is subnormal
//
// of which VPMADD52LUQ and VPMADD52HUQ give the two halves of f*g. Entry E/64 of a table holds P * 2^(E%64), less than 2^170, as four lanes of 48 bits, signed:
// one addition of 32 bytes a product. Up to 2047 products leave lanes of less than 2^59.
//
// Every other product has a table of its own, so that those near to each other wait half as long for each other.
//
// The kernel of dot products clears neither: a word of marks says which entries are in use, that of E at 63 - E/64, and what is to be added to the first
// product of an entry is loaded from one that is 0 behind the last, while the other table's is set to 0. It reads those in use from the top and rounds the sum of the
// highest that is not 0 and the two below, if others cannot change that; else it goes on in chunks. The other kernel, of many products, clears a table, the second
// only where the first two products are near to each other, and returns the entries in use, marked at E/64.
type entries struct {
	*amd64
	zeros bool // K4 is not 0 if a factor is 0, as the kernel that returns entries tells
}

const (
	entryBytes  = 32
	entryCount  = 64
	entryMark   = 64  // in the frame: the marks of eight products; before them are their offsets
	entryTable  = 128 // and behind it the second
	entrySecond = entryBytes * (entryCount + 2)
	entryFours  = 16 // products whose entries are looked at one by one
	entryTwo    = 32 // products that are worth a second table if the exponents of two are near to each other
	entryFrame  = entryTable + 2*entrySecond
)

// entryConstants are registers that hold a number in all lanes.
var entryConstants = []struct {
	name  string
	reg   reg
	value uint64
}{
	{"fraction", 31, 1<<52 - 1},
	{"exponent", 30, 0x7ff << 52},
	{"hidden", 29, 1 << 52},
	{"one", 25, 1},
	{"last", 17, entryCount - 1},
}

const (
	entryZero  reg = 15
	entryMarks reg = 23
	entryMost  reg = 22
	entryAbs   reg = 28 // all but the sign

	entryPair  reg = 10 // and the next: lanes of two products each
	entryUpper reg = 7  // and twice that: the second of two

	entryBytesOf reg = 18 // and the next: which bytes of words are lanes of products 0 and 1, 2 and 3, ...
	entrySpread      = "R11"
)

// emit prints the kernel that returns the sum.
func (k *entries) emit() {
	k.begin("entriesDotF64", fewArgs, 8*len(fewResults), entryFrame)
	k.sum()
	k.highest()
	k.lead()
}

// emitTable prints the kernel that returns the entries in use, of more than eight products, and whether a factor is 0.
func (k *entries) emitTable() {
	k.begin("entriesTableF64", []string{"x", "y", "n", "table"}, 24, entryFrame)
	k.line("VPTERNLOGQ $0xff, Z%[1]d, Z%[1]d, Z%[1]d", entryAbs)
	k.line("VPSRLQ $1, Z%[1]d, Z%[1]d", entryAbs)
	k.line("KXORW K4, K4, K4")
	k.sum()
	k.line("MOVQ %s, R8", k.arg("table"))
	k.line("MOVQ DI, marks+32(FP)")
	k.label("copy")
	k.line("TZCNTQ DI, BX")
	k.entry("BX", 0)
	k.line("VMOVDQU Y0, (R8)(AX*1)")
	k.line("BLSRQ DI, DI")
	k.line("JNE copy")
	k.line("KMOVW K4, AX")
	k.line("MOVQ AX, zeros+40(FP)")
	k.line("MOVQ $%d, state+48(FP)", fewNotRounded)
	k.leave(48)
}

// leave returns, or does so with a state, at that place, that says that a factor is not finite.
func (k *entries) leave(state int) {
	k.line("VZEROUPPER")
	k.line("RET")
	k.label("refused")
	k.line("MOVQ $%d, state+%d(FP)", fewRefused, state)
	k.line("VZEROUPPER")
	k.line("RET")
}

// sum adds all products, and sets DI to the marks.
func (k *entries) sum() {
	k.alignFrame()
	for _, arg := range []string{"x", "y", "n"} {
		k.loadArg(arg, arg)
	}
	for i, c := range entryConstants {
		k.line("VPBROADCASTQ entryConstants<>+%d(SB), Z%d", 8*i, c.reg)
	}
	for _, r := range []reg{entryZero, entryMarks, entryMost} {
		k.line("VPXORQ Z%[1]d, Z%[1]d, Z%[1]d", r)
	}
	for i := range 4 {
		k.line("VMOVDQU64 entryLanes<>+%d(SB), Z%d", 64*i, entryBytesOf+reg(i))
	}
	k.line("KMOVQ entryLanes<>+256(SB), K6")
	k.line("KMOVQ entryLanes<>+264(SB), K7")
	k.line("MOVL $0x11111111, %s", entrySpread)
	k.line("MOVQ R14, R13")
	if k.zeros {
		for off := 0; off < entryBytes*entryCount; off += 64 {
			k.line("VMOVDQA64 Z%d, %d(R14)", entryZero, entryTable+off)
		}
		k.second()
	} else {
		k.line("XORL DI, DI")
		k.line("MOVL $%d, R9", entryBytes*entryCount)
		for _, off := range []int{0, entrySecond} {
			k.line("VMOVDQU Y%d, %d(R14)", entryZero, entryTable+off+entryBytes*entryCount)
		}
	}
	k.products()
	k.label("added")
	k.line("VPCMPEQQ Z30, Z%d, K1", entryMost)
	k.line("KORTESTW K1, K1")
	k.line("JNE refused")
	if k.zeros {
		k.marked()
		k.joinTables()
	}
}

// products adds all products: lanes of eight are added while words of the next are made. The last vector has one to eight, CX, which K5 has.
func (k *entries) products() {
	k.line("DECQ CX")
	k.line("MOVQ CX, R10")
	k.line("ANDL $7, CX")
	k.line("MOVL $2, AX")
	k.line("SHLL CX, AX")
	k.line("DECL AX")
	k.line("KMOVW AX, K5")
	k.line("INCL CX")
	k.line("SHRQ $3, R10")
	k.line("JNE many")
	k.arithmetic(true)
	k.offsets(true)
	k.line("JMP end")
	k.label("many")
	k.arithmetic(false)
	k.offsets(false)
	k.line("JMP next")
	k.label("eight")
	k.lanes()
	k.arithmetic(false)
	k.addEight(false)
	k.offsets(false)
	k.label("next")
	k.line("ADDQ $64, SI")
	k.line("ADDQ $64, DX")
	k.countDown("i", "eight")
	k.lanes()
	k.arithmetic(true)
	k.addEight(false)
	k.offsets(true)
	k.label("end")
	k.lanes()
	k.addEight(true)
}

// arithmetic makes words of eight products, or the last ones.
func (k *entries) arithmetic(ragged bool) {
	mask := ""
	if ragged {
		mask = "K5, "
	}
	load := map[bool]string{false: "VMOVDQU64", true: "VMOVDQU64.Z"}[ragged]
	k.line("%s (SI), %sZ0", load, mask)
	k.line("%s (DX), %sZ1", load, mask)
	for r := reg(0); k.zeros && r < 2; r++ {
		k.line("VPTESTNMQ Z%d, Z%d, %sK0", entryAbs, r, mask)
		k.line("KORW K0, K4, K4")
	}
	k.line("VPANDQ Z30, Z0, Z2")
	k.line("VPANDQ Z30, Z1, Z3")
	k.line("VPTESTMQ Z30, Z0, K1") // normal
	k.line("VPTESTMQ Z30, Z1, K2")
	for _, r := range []reg{2, 3} {
		k.line("VPMAXUQ Z%d, Z%d, Z%[2]d", r, entryMost)
		k.line("VPMAXUQ Z29, Z%[1]d, Z%[1]d", r)
	}
	k.line("VPADDQ Z2, Z3, Z2")
	k.line("VPSRLQ $52, Z2, Z2") // E
	k.line("VPXORQ Z0, Z1, Z3")
	k.line("VPMOVQ2M Z3, K0") // negative
	k.line("KMOVB K0, R8")
	k.line("PDEPL %s, R8, R8", entrySpread)
	k.line("LEAL (R8)(R8*2), R8")
	k.line("LEAL (R8)(R8*4), R8") // four bits a product; no flags, as those of an addition may be waited for
	k.line("VPSRLQ $6, Z2, Z3")
	if !k.zeros {
		k.line("VPXORQ Z17, Z3, Z3")
	}
	k.line("VPSLLVQ Z3, Z25, Z8")
	k.line("VPSLLQ $5, Z3, Z3")
	k.line("VPANDQ Z31, Z0, Z4")
	k.line("VPORQ Z29, Z4, K1, Z4")
	k.line("VPANDQ.Z Z31, Z1, K1, Z5")
	k.line("VPADDQ Z4, Z5, K2, Z5")
	k.line("VPXORQ Z6, Z6, Z6")
	k.line("VPMADD52LUQ Z1, Z0, Z6")
	k.line("VPMADD52HUQ Z1, Z0, Z5") // P = Z5 * 2^52 + Z6
	k.line("VPSLLQ $52, Z5, Z9")
	k.line("VPORQ Z9, Z6, Z6")
	k.line("VPSRLQ $12, Z5, Z5")
	k.line("VPXORQ Z9, Z9, Z9") // words of P * 2^(E%64), from the highest on: Z9, Z5, Z6
	k.line("VPSHLDVQ Z2, Z5, Z9")
	k.line("VPSHLDVQ Z2, Z6, Z5")
	k.line("VPSHLDVQ Z2, Z%d, Z6", entryZero)
}

// offsets stores those of eight products, and their marks, when those before have been read, and sets K3 to signs.
func (k *entries) offsets(ragged bool) {
	k.line("VMOVDQA64 Z3, (R14)")
	switch {
	case !k.zeros:
		k.line("VMOVDQA64 Z8, %d(R14)", entryMark)
	case ragged:
		k.line("VPORQ Z8, Z%d, K5, Z%[1]d", entryMarks)
	default:
		k.line("VPORQ Z8, Z%d, Z%[1]d", entryMarks)
	}
	k.line("KMOVD R8, K3")
}

// lanes makes lanes of words, of two products in each of four registers.
func (k *entries) lanes() {
	for pair := range 4 {
		r := entryPair + reg(pair)
		k.line("VMOVDQA64 Z%d, Z%d", entryBytesOf+reg(pair), r)
		k.line("VPERMI2B.Z Z5, Z6, K6, Z%d", r)
		k.line("VPERMB Z9, Z%d, K7, Z%d", entryBytesOf+reg(pair), r)
	}
}

// addEight adds the lanes of products.
func (k *entries) addEight(ragged bool) {
	for i := range 8 {
		r, t := entryPair+reg(i/2), entryUpper*reg(1+i/2%2)
		if i%2 == 0 {
			k.line("VPSUBQ Z%[1]d, Z%[2]d, K3, Z%[1]d", r, entryZero)
			if i < 6 {
				k.line("KSHIFTRD $8, K3, K3")
			}
			k.line("VEXTRACTI64X4 $1, Z%d, Y%d", r, t)
		} else {
			r = t
		}
		k.add(i, r)
		if ragged && i < 7 {
			k.line("DECQ CX")
			k.line("JEQ added")
		}
	}
}

// add adds the i-th product. An entry that is not marked yet has no meaning: zero is loaded instead, and stored to the other table's.
func (k *entries) add(i int, r reg) {
	k.line("MOVQ %d(R14), AX", 8*i)
	if k.zeros {
		table := []string{"R14", "R13"}[i%2]
		k.line("VPADDQ %d(%s)(AX*1), Y%d, Y%[3]d", entryTable, table, r)
		k.line("VMOVDQA Y%d, %d(%s)(AX*1)", r, entryTable, table)
		return
	}
	this, other := entryTable, entryTable+entrySecond
	if i%2 == 1 {
		this, other = other, this
	}
	k.line("MOVQ R9, BX")
	k.line("MOVQ AX, R12")
	k.line("TESTQ DI, %d(R14)", entryMark+8*i)
	k.line("CMOVQNE AX, BX")
	k.line("CMOVQNE R9, R12")
	k.line("ORQ %d(R14), DI", entryMark+8*i)
	k.line("VPADDQ %d(R14)(BX*1), Y%d, Y%[2]d", this, r)
	k.line("VMOVDQA Y%d, %d(R14)(R12*1)", entryZero, other)
	k.line("VMOVDQA Y%d, %d(R14)(AX*1)", r, this)
}

// second clears a second table, R13, for every other product, if those near to each other would wait for each other.
func (k *entries) second() {
	k.line("CMPQ CX, $%d", entryTwo)
	k.line("JCS one")
	for i, r := range []string{"AX", "BX"} { // exponents, from bit 4 on
		k.line("MOVWLZX %d(SI), %s", 8*i+6, r)
		k.line("MOVWLZX %d(DX), DI", 8*i+6)
		k.line("ANDL $0x7ff0, %s", r)
		k.line("ANDL $0x7ff0, DI")
		k.line("ADDL DI, %s", r)
	}
	k.line("SUBL BX, AX")
	k.line("ADDL $%d, AX", 64<<4)
	k.line("CMPL AX, $%d", 128<<4)
	k.line("JCC one")
	k.line("ADDQ $%d, R13", entrySecond)
	for off := 0; off < entryBytes*entryCount; off += 64 {
		k.line("VMOVDQA64 Z%d, %d(R13)", entryZero, entryTable+off)
	}
	k.label("one")
}

// joinTables adds the second table to the first, as far as entries are marked in DI.
func (k *entries) joinTables() {
	k.line("CMPQ R13, R14")
	k.line("JEQ joined")
	k.line("MOVQ DI, R8")
	k.label("join")
	k.line("BSRQ R8, BX")
	k.entry("BX", 0)
	k.line("VPADDQ %d(R13)(AX*1), Y0, Y0", entryTable)
	k.line("VMOVDQA Y0, %d(R14)(AX*1)", entryTable)
	k.line("BTRQ BX, R8")
	k.line("TESTQ R8, R8")
	k.line("JNE join")
	k.label("joined")
}

// marked sets DI to the marks.
func (k *entries) marked() {
	k.line("VEXTRACTI64X4 $1, Z%d, Y0", entryMarks)
	k.line("VPORQ Y%d, Y0, Y0", entryMarks)
	k.line("VEXTRACTI128 $1, Y0, X1")
	k.line("VPOR X1, X0, X0")
	k.line("VPSRLDQ $8, X0, X1")
	k.line("VPOR X1, X0, X0")
	k.line("VMOVQ X0, DI")
}

// highest sets BX to the highest entry that is not 0, counted from the last, and Y0 to what it holds. DI has its mark, and those of entries below.
func (k *entries) highest() {
	k.line("CMPQ %s, $%d", k.arg("n"), entryFours)
	k.line("JLS each")
	k.label("fours") // as long as they are 0; there is one more than there are marks for
	k.line("TESTQ DI, DI")
	k.line("JEQ zero")
	k.line("MOVQ DI, R10")
	for i := range 4 {
		k.line("TZCNTQ DI, AX")
		k.line("BLSRQ DI, DI")
		k.line("SHLQ $5, AX")
		k.both("AX", reg(i))
	}
	k.line("VPOR Y1, Y0, Y0")
	k.line("VPOR Y3, Y2, Y2")
	k.line("VPOR Y2, Y0, Y0")
	k.line("VPTEST Y0, Y0")
	k.line("JEQ fours")
	k.line("MOVQ R10, DI")
	k.label("each")
	k.line("TZCNTQ DI, BX")
	k.line("JCS zero")
	k.line("MOVQ BX, AX")
	k.line("SHLQ $5, AX")
	k.both("AX", 0)
	k.line("VPTEST Y0, Y0")
	k.line("JNE found")
	k.line("BLSRQ DI, DI")
	k.line("JMP each")
	k.label("found")
}

// both loads what both tables hold of the entry at an offset.
func (k *entries) both(offset string, d reg) {
	k.line("VMOVDQA %d(R14)(%s*1), Y%d", entryTable, offset, d)
	k.line("VPADDQ %d(R14)(%s*1), Y%d, Y%[3]d", entryTable+entrySecond, offset, d)
}

// entry loads an entry.
func (k *entries) entry(which string, d reg) {
	k.line("MOVQ %s, AX", which)
	k.line("SHLQ $5, AX")
	k.line("VMOVDQA %d(R14)(AX*1), Y%d", entryTable, d)
}

// lead rounds the sum of entry BX and what is below, R8 saying whether there is something below the two next to it.
func (k *entries) lead() {
	for i := 1; i <= 2; i++ { // of an entry behind the last, BTQ looks at bit 0 or 1: no mark is before that of BX
		k.line("VPXOR X%[1]d, X%[1]d, X%[1]d", i)
		k.line("LEAQ %d(BX), AX", i)
		k.line("BTQ AX, DI")
		k.line("JCC unmarked%d", i)
		k.line("SHLQ $5, AX")
		k.both("AX", reg(i))
		k.label(fmt.Sprintf("unmarked%d", i))
	}
	k.line("SHRXQ BX, DI, R8")
	k.line("SHRQ $3, R8") // marks of what is below
	k.line("JEQ three")
	k.line("VPOR Y2, Y1, Y3")
	k.line("VPTEST Y3, Y3")
	k.line("JNE three")
	k.label("below") // of entries that are not 0
	k.line("TZCNTQ R8, AX")
	k.line("JCS three")
	k.line("ADDQ BX, AX")
	k.line("SHLQ $5, AX")
	k.line("ADDQ $%d, AX", 3*entryBytes)
	k.both("AX", 3)
	k.line("VPTEST Y3, Y3")
	k.line("JNE three")
	k.line("BLSRQ R8, R8")
	k.line("JMP below")
	k.label("three")
	k.words()
	k.normal()
	k.label("rounding")
	(&few{amd64: k.amd64, w: f64, term: product}).round()
	k.label("return")
	k.line("VZEROUPPER")
	k.line("RET")
	k.label("zero")
	for _, r := range []string{"R8", "R9", "R12"} {
		k.line("XORL %s, %[1]s", r)
	}
	k.line("JMP rounding")
	k.label("uncertain") // chunks look further down
	k.line("CMPQ %s, $%d", k.arg("n"), fewInChunks)
	k.line("JHI refused")
	k.line("RET ·%sAVX2(SB)", (&chunks{w: f64, term: product}).name()) // goes on there
	k.label("refused")
	k.line("MOVQ $%d, %s", fewRefused, "state+64(FP)")
	k.line("JMP return")
}

// words sets DI, R13, R12, R11, R10 and R9 to the words of the entries Y0, Y1 and Y2, from the highest on. Each of four lanes has three words of them, which are
// moved up by 0, 48, 32 and 16 bits and added from word 0, 0, 1 and 2 on.
func (k *entries) words() {
	k.line("VPSRAQ $63, Y2, Y3")
	k.line("VPADDQ Y3, Y1, Y1")
	k.line("VPSRAQ $63, Y1, Y3")
	k.line("VPADDQ Y3, Y0, Y0")
	k.line("VMOVDQU entryUp<>+0(SB), Y4")
	k.line("VMOVDQU entryUp<>+32(SB), Y5")
	k.line("VPSRAVQ Y5, Y0, Y6")
	k.line("VPSHLDVQ Y4, Y1, Y0")
	k.line("VPSHLDVQ Y4, Y2, Y1")
	k.line("VPSLLVQ Y4, Y2, Y2")
	for i, r := range []reg{2, 1, 0, 6} {
		k.line("VMOVDQA Y%d, %d(R14)", r, 32*i)
	}
	words := []string{"R9", "R10", "R11", "R12", "R13", "DI"}
	for lane := range 4 {
		if lane == 0 {
			for i := range 4 {
				k.line("MOVQ %d(R14), %s", 32*i, words[i])
			}
			continue
		}
		first := lane - 1
		for i := range 4 {
			k.line("%s %d(R14), %s", map[bool]string{true: "ADDQ", false: "ADCQ"}[i == 0], 32*i+8*lane, words[first+i])
		}
		if first+4 < len(words) {
			k.line("MOVQ %s, %s", words[first+3], words[first+4])
			k.line("SARQ $63, %s", words[first+4])
		}
	}
}

// normal sets R9, R8 and R12 to a number and an exponent that round as the sum does, if that is certain.
//
// The three entries are S * 2^u, u = 64(place-2) - 2150, |S| < 2^309; the others less than 2^117 * 2^u together, as 2^180 2^-64 (1 + 2^-64 + ...) is. DI and R13 become the
// highest two words of S that have more than a sign: 64 bits from the first that is not the sign's on, or more. Roundings depend on 55 of them: with k those
// behind 56, and M the multiple of the last of the 56 that is S or next below, a sum of which it is certain that it is more than M and less than the next
// rounds as any other number between these: as the words do with a last bit of 1. It is certain if of the bits of S from 118 on to those k, which are included, some are 0
// and some are 1. (CX words are below R13.)
func (k *entries) normal() {
	k.line("MOVL $4, CX") // the word that R13 is
	k.label("normal")
	k.line("MOVQ R13, AX")
	k.line("SARQ $63, AX")
	k.line("CMPQ AX, DI")
	k.line("JNE leading")
	k.line("MOVQ R13, DI")
	k.line("MOVQ R12, R13")
	k.line("MOVQ R11, R12")
	k.line("MOVQ R10, R11")
	k.line("MOVQ R9, R10")
	k.line("XORL R9, R9")
	k.line("DECQ CX")
	k.line("JGE normal")
	k.line("TESTQ DI, DI")
	k.line("JNE leading")
	k.line("TESTQ R8, R8")
	k.line("JEQ zero")
	k.line("JMP uncertain")
	k.label("leading")
	k.line("TESTQ R8, R8")
	k.line("JNE others")
	k.line("ORQ R12, R11")
	k.line("ORQ R10, R9")
	k.line("ORQ R11, R9")
	k.line("NEGQ R9") // the carry is 1 if there are others
	k.line("SBBQ AX, AX")
	k.line("NEGQ AX")
	k.line("ORQ AX, R13")
	k.line("JMP known")
	k.label("others")
	k.line("MOVQ DI, AX")
	k.line("SARQ $63, AX")
	k.line("XORQ DI, AX")
	k.line("LZCNTQ AX, AX")
	k.line("MOVL $%d, DX", 64+8)
	k.line("SUBQ AX, DX")
	k.line("BZHIQ DX, R13, SI") // ones
	k.line("MOVQ R13, R8")
	k.line("NOTQ R8")
	k.line("BZHIQ DX, R8, R8") // zeros
	k.line("CMPQ CX, $2")
	k.line("JLT uncertain")
	for i, r := range []string{"R12", "R11"} {
		k.line("JEQ tens")
		k.line("ORQ %s, SI", r)
		k.line("NOTQ %s", r)
		k.line("ORQ %s, R8", r)
		k.line("MOVQ %s, R12", []string{"R11", "R10"}[i])
		if i == 0 {
			k.line("CMPQ CX, $3")
		}
	}
	k.label("tens") // bits of R12 from 118 of the sum on
	k.line("MOVQ R12, AX")
	k.line("NOTQ AX")
	k.line("SHRQ $%d, R12", 118-64)
	k.line("SHRQ $%d, AX", 118-64)
	k.line("ORQ R12, SI")
	k.line("JEQ uncertain")
	k.line("ORQ AX, R8")
	k.line("JEQ uncertain")
	k.line("ORQ $1, R13")
	k.label("known")
	k.line("MOVQ DI, R9")
	k.line("MOVQ R13, R8")
	k.line("SUBQ BX, CX")
	k.line("SHLQ $6, CX")
	k.line("LEAQ %d(CX), R12", 64*(entryCount-1-2)-2150)
}

func entryData() string {
	var p printer
	for i, c := range entryConstants {
		fmt.Fprintf(&p.text, "DATA entryConstants<>+%d(SB)/8, $0x%016x // %s\n", 8*i, c.value, c.name)
	}
	fmt.Fprintf(&p.text, "GLOBL entryConstants<>(SB), RODATA|NOPTR, $%d\n", 8*len(entryConstants))
	for i, up := range []int{0, 48, 32, 16, 64, 64 - 48, 64 - 32, 64 - 16} {
		fmt.Fprintf(&p.text, "DATA entryUp<>+%d(SB)/8, $%d\n", 8*i, up)
	}
	fmt.Fprintf(&p.text, "GLOBL entryUp<>(SB), RODATA|NOPTR, $64\n")
	return p.source() + entryLanes()
}

// entryLanes is the data of which bytes of words, of which W0 are the lowest, are lanes of each two products, and the masks of bytes of W0 and W1, and of W2.
func entryLanes() string {
	var p printer
	lower, upper := uint64(0), uint64(0)
	for pair := range 4 {
		for i := range 64 {
			place, word, at := 8*(2*pair+i/32), 0, 6*(i%32/8)+i%8 // of the 24 bytes of a product
			if i%8 < 6 {
				word = at / 8
			}
			switch b := place + at%8; {
			case i%8 >= 6:
				fmt.Fprintf(&p.text, "DATA entryLanes<>+%d(SB)/1, $0\n", 64*pair+i)
			case word == 2:
				upper |= 1 << i
				fmt.Fprintf(&p.text, "DATA entryLanes<>+%d(SB)/1, $%d\n", 64*pair+i, b)
			default:
				lower |= 1 << i
				fmt.Fprintf(&p.text, "DATA entryLanes<>+%d(SB)/1, $%d\n", 64*pair+i, 64*word+b)
			}
		}
	}
	fmt.Fprintf(&p.text, "DATA entryLanes<>+256(SB)/8, $0x%016x\n", lower)
	fmt.Fprintf(&p.text, "DATA entryLanes<>+264(SB)/8, $0x%016x\n", upper)
	fmt.Fprintf(&p.text, "GLOBL entryLanes<>(SB), RODATA|NOPTR, $272\n")
	return p.source()
}

// writeEntries writes the kernels and their declarations.
func writeEntries(out string) {
	folder := filepath.Join(out, "internal/kernel")
	a := &amd64{bytes: 64}
	a.setWidth(f64)
	(&entries{a, false}).emit()
	(&entries{a, true}).emitTable()
	dot := "func entriesDotF64AVX512(x, y *float64, n, how int) (v float64, hi int64, lo uint64, exponent, state int)"
	table := "func entriesTableF64AVX512(x, y *float64, n int, table *Entries) (marks uint64, zeros, state int)"
	write(filepath.Join(folder, "entries_avx512_amd64.s"), header+"\n"+entryData()+a.output())
	write(filepath.Join(folder, "entries_amd64.go"), goHeader("!purego", "kernel")+"\n//go:noescape\n"+dot+"\n\n//go:noescape\n"+table+"\n")
	write(filepath.Join(folder, "entries_other.go"), goHeader("purego || !amd64", "kernel")+"\nconst hasEntries = false\n\n"+dot+" {\n\treturn 0, 0, 0, 0, Refused\n}\n\n"+table+" {\n\treturn 0, 0, Refused\n}\n")
}
