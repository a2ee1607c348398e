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
// Bit i of the marks says that entry i is in use. Of up to eight products only such entries are cleared, else all; none but such are read. One kernel returns the highest
// that is not 0 and the two below, and the marks of what is below these; if these two are 0, none but of entries that are not. The other returns all in use.
type entries struct {
	*amd64
	zeros bool // K4 is not 0 if a factor is
}

const (
	entryBytes = 32
	entryCount = 64
	entryTable = 64 // in the frame; before it are the offsets of eight products
	entryFew   = 8
	entryTwo   = 32 // products that are worth a second table if the exponents of two are near to each other
	entryFrame = entryTable + 2*entryBytes*entryCount
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
}

const (
	entryZero  reg = 24
	entryMarks reg = 23
	entryMost  reg = 22
	entryAbs   reg = 28 // all but the sign

	entryBytesOf reg = 18 // and the next: which bytes of words are lanes of products 0 and 1, 2 and 3, ...
	entrySpread      = "R11"
)

// emit prints the kernel that returns the highest entries.
func (k *entries) emit() {
	k.begin("entriesDotF64", []string{"x", "y", "n", "top"}, 24, entryFrame)
	k.sum()
	k.highest()
	k.result()
	k.leave(48)
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
	k.line("CMPQ CX, $%d", entryFew)
	k.line("JLS ragged")
	for off := 0; off < entryBytes*entryCount; off += 64 {
		k.line("VMOVDQA64 Z%d, %d(R14)", entryZero, entryTable+off)
	}
	k.second()
	k.line("MOVQ CX, R10")
	k.line("SHRQ $3, R10")
	k.label("eight")
	k.products(false)
	k.line("ADDQ $64, SI")
	k.line("ADDQ $64, DX")
	k.countDown("i", "eight")
	k.line("ANDQ $7, CX")
	k.line("JEQ added")
	k.label("ragged")
	k.line("MOVQ $-1, AX")
	k.line("BZHIQ CX, AX, AX")
	k.line("KMOVW AX, K5")
	k.products(true)
	k.label("added")
	k.line("VPCMPEQQ Z30, Z%d, K1", entryMost)
	k.line("KORTESTW K1, K1")
	k.line("JNE refused")
	k.marked()
	k.joinTables()
}

// products adds eight products, or the last that K5 has, of which there are CX.
func (k *entries) products(ragged bool) {
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
	k.line("VPMOVQ2M Z3, K3") // negative
	k.line("VPSRLQ $6, Z2, Z3")
	k.line("VPSLLVQ Z3, Z25, Z8")
	k.line("VPSLLQ $5, Z3, Z3")
	k.line("VMOVDQA64 Z3, (R14)") // offsets
	if ragged {
		k.line("VPORQ Z8, Z%d, K5, Z%[1]d", entryMarks)
	} else {
		k.line("VPORQ Z8, Z%d, Z%[1]d", entryMarks)
	}
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
	k.line("KMOVB K3, AX")
	k.line("PDEPL %s, AX, AX", entrySpread)
	k.line("IMUL3L $15, AX, AX")
	k.line("KMOVD AX, K3") // four bits a product
	if ragged {
		k.clearFew()
	}
	for pair := range 4 {
		r := reg(10 + pair)
		k.line("VMOVDQA64 Z%d, Z%d", entryBytesOf+reg(pair), r)
		k.line("VPERMI2B.Z Z5, Z6, K6, Z%d", r)
		k.line("VPERMB Z9, Z%d, K7, Z%d", entryBytesOf+reg(pair), r)
		k.line("VPSUBQ Z%[1]d, Z%[2]d, K3, Z%[1]d", r, entryZero)
		if pair < 3 {
			k.line("KSHIFTRD $8, K3, K3")
		}
	}
	for i := range 8 {
		r := reg(10 + i/2)
		if i%2 == 0 {
			k.line("VEXTRACTI64X4 $1, Z%d, Y%d", r, i/2)
		} else {
			r = reg(i / 2)
		}
		table := []string{"R14", "R13"}[i%2]
		k.line("MOVQ %d(R14), AX", 8*i)
		k.line("VPADDQ %d(%s)(AX*1), Y%d, Y%[3]d", entryTable, table, r)
		k.line("VMOVDQA Y%d, %d(%s)(AX*1)", r, entryTable, table)
		if ragged && i < 7 {
			k.line("DECQ CX")
			k.line("JEQ added")
		}
	}
}

// clearFew clears the entries of so few products that others are not.
func (k *entries) clearFew() {
	k.line("CMPQ %s, $%d", k.arg("n"), entryFew)
	k.line("JHI cleared")
	k.line("MOVQ CX, R10")
	k.label("clear")
	k.line("MOVQ -8(R14)(R10*8), AX")
	k.line("VMOVDQU64 Y%d, %d(R14)(AX*1)", entryZero, entryTable)
	k.countDown("i", "clear")
	k.label("cleared")
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
	k.line("ADDQ $%d, R13", entryBytes*entryCount)
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

// highest sets BX to the highest entry that is not 0, and Y0 to what it holds. DI has its mark, and those of entries below.
func (k *entries) highest() {
	k.label("highest")
	k.line("BSRQ DI, BX")
	k.line("JEQ nothing")
	k.entry("BX", 0)
	k.line("VPTEST Y0, Y0")
	k.line("JNE found")
	k.line("BTRQ BX, DI")
	k.line("CMPQ %s, $%d", k.arg("n"), 2*entryFew)
	k.line("JLS highest")
	k.label("blocks") // of 16 entries, as long as they are 0
	k.line("BSRQ DI, BX")
	k.line("JEQ nothing")
	k.line("ANDQ $-16, BX")
	k.line("MOVQ BX, AX")
	k.line("SHLQ $5, AX")
	for i := range 8 {
		if i < 2 {
			k.line("VMOVDQA64 %d(R14)(AX*1), Z%d", entryTable+64*i, i)
		} else {
			k.line("VPORQ %d(R14)(AX*1), Z%d, Z%[2]d", entryTable+64*i, i%2)
		}
	}
	k.line("VPORQ Z0, Z1, Z0")
	k.line("VPTESTMQ Z0, Z0, K1")
	k.line("KORTESTW K1, K1")
	k.line("JNE each")
	k.line("BZHIQ BX, DI, DI")
	k.line("JMP blocks")
	k.label("each")
	k.line("BSRQ DI, BX")
	k.line("JEQ nothing")
	k.entry("BX", 0)
	k.line("VPTEST Y0, Y0")
	k.line("JNE found")
	k.line("BTRQ BX, DI")
	k.line("JMP each")
	k.label("nothing")
	k.line("XORL BX, BX")
	k.line("VPXOR Y0, Y0, Y0")
	k.label("found")
}

// entry loads an entry.
func (k *entries) entry(which string, d reg) {
	k.line("MOVQ %s, AX", which)
	k.line("SHLQ $5, AX")
	k.line("VMOVDQA %d(R14)(AX*1), Y%d", entryTable, d)
}

// result returns entry BX and the two below, and marks of others.
func (k *entries) result() {
	k.line("MOVQ %s, R8", k.arg("top"))
	k.line("VMOVDQU Y0, (R8)")
	for i := 1; i <= 2; i++ { // no mark is above BX: none of an entry below 0
		k.line("VPXOR Y%[1]d, Y%[1]d, Y%[1]d", i)
		k.line("LEAQ -%d(BX), R9", i)
		k.line("BTQ R9, DI")
		k.line("JCC unmarked%d", i)
		k.entry("R9", reg(i))
		k.label(fmt.Sprintf("unmarked%d", i))
		k.line("VMOVDQU Y%d, %d(R8)", i, 32*i)
	}
	k.line("XORL R8, R8")
	k.line("TESTQ R9, R9")
	k.line("JLE decided")
	k.line("BZHIQ R9, DI, R8")
	k.line("VPOR Y2, Y1, Y1")
	k.line("VPTEST Y1, Y1")
	k.line("JNE decided")
	k.label("below")
	k.line("BSRQ R8, R9")
	k.line("JEQ decided")
	k.entry("R9", 0)
	k.line("VPTEST Y0, Y0")
	k.line("JNE decided")
	k.line("BTRQ R9, R8")
	k.line("JMP below")
	k.label("decided")
	k.line("MOVQ BX, place+32(FP)")
	k.line("MOVQ R8, below+40(FP)")
	k.line("MOVQ $%d, state+48(FP)", fewNotRounded)
}

func entryData() string {
	var p printer
	for i, c := range entryConstants {
		fmt.Fprintf(&p.text, "DATA entryConstants<>+%d(SB)/8, $0x%016x // %s\n", 8*i, c.value, c.name)
	}
	fmt.Fprintf(&p.text, "GLOBL entryConstants<>(SB), RODATA|NOPTR, $%d\n", 8*len(entryConstants))
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
	top := "func entriesDotF64AVX512(x, y *float64, n int, top *[3][4]int64) (place int, below uint64, state int)"
	table := "func entriesTableF64AVX512(x, y *float64, n int, table *Entries) (marks uint64, zeros, state int)"
	write(filepath.Join(folder, "entries_avx512_amd64.s"), header+"\n"+entryData()+a.output())
	write(filepath.Join(folder, "entries_amd64.go"), goHeader("!purego", "kernel")+"\n//go:noescape\n"+top+"\n\n//go:noescape\n"+table+"\n")
	write(filepath.Join(folder, "entries_other.go"), goHeader("purego || !amd64", "kernel")+"\nconst hasEntries = false\n\n"+top+" {\n\treturn 0, 0, Refused\n}\n\n"+table+" {\n\treturn 0, 0, Refused\n}\n")
}
