package main

import "fmt"

// The kernels of windows add numbers whose exponents are near to each other as words of 56 bits, which
// begin at a fixed bit. With d, how much the exponent of a number is below that of the top, its
// significand m < 2^53 is moved down by d: the words, from the highest on, are
//
//	m >> d
//	(m << (56-d) | m >> (d-56)) & mask
//	(m << (112-d) | m >> (d-112)) & mask
//
// in which a shift by 64 or more, or by less than 0, leaves 0, as that of the processor does. The words of
// a negative number are subtracted. Products of float64 are two numbers, the rounded product and its
// error: the first and the second word, and the second and the third.
//
// They refuse terms that are not 0 and not in the window: see internal/kernel/window.go.
type window struct {
	*amd64
	w     width
	term  term
	words int
}

// windowConstants are registers that hold a number in all lanes.
var windowConstants = []struct {
	name  string
	reg   reg
	value int64
}{
	{"fraction", 31, 1<<52 - 1},
	{"exponent", 30, 0x7ff},
	{"hidden", 29, 1 << 52},
	{"mask", 28, 1<<56 - 1},
	{"absolute", 27, 1<<63 - 1},
	{"word", 26, 56},
}

// Registers in use from vector to vector.
const (
	windowZero  reg = 25
	windowLimit reg = 24
	windowTop   reg = 21 // and the tops of the words below, one less each
	windowSum   reg = 16 // and the words below, one more each
)

// pairs tells whether a term is two numbers.
func (k *window) pairs() bool { return k.term == product && k.w == f64 }

// sum adds the terms to the words. It jumps to refused if one is beyond the window.
func (k *window) sum(refused string) {
	k.line("VPBROADCASTQ %s, Z%d", k.arg("top"), windowTop)
	k.line("VPBROADCASTQ %s, Z%d", k.arg("limit"), windowLimit)
	for i, c := range windowConstants {
		k.line("VPBROADCASTQ windowConstants<>+%d(SB), Z%d", 8*i, c.reg)
	}
	for i := 1; i < k.words; i++ {
		k.line("VPSUBQ Z26, Z%d, Z%d", windowTop-reg(i)+1, windowTop-reg(i))
	}
	k.line("VPXORQ Z%[1]d, Z%[1]d, Z%[1]d", windowZero)
	for i := range k.words {
		k.line("VPXORQ Z%[1]d, Z%[1]d, Z%[1]d", int(windowSum)+i)
	}
	k.line("MOVQ CX, R10")
	k.line("SHRQ $3, R10")
	k.line("JEQ lastNear")
	k.label("near")
	k.vector(false, refused)
	k.line("ADDQ $%d, SI", 8*k.w.element())
	if k.term == product {
		k.line("ADDQ $%d, DX", 8*k.w.element())
	}
	k.countDown("i", "near")
	k.label("lastNear")
	k.line("ANDQ $7, CX")
	k.line("JEQ allNear")
	k.line("MOVQ $-1, R10")
	k.line("SHLQ CX, R10")
	k.line("NOTQ R10")
	k.line("KMOVW R10, K5")
	k.vector(true, refused)
	k.label("allNear")
	k.join()
}

// read loads a vector of numbers, or the ragged last one.
func (k *window) read(pointer string, d reg, masked bool) {
	(&digits{amd64: k.amd64, w: k.w, term: k.term}).read(pointer, d, masked)
}

func (k *window) vector(masked bool, refused string) {
	const p, e, y = 0, 1, 2
	if k.term == plain {
		k.read("x", p, masked)
		k.line("VPTESTMQ Z27, Z%d, K1", p)
		k.number(p, 0, k.words, refused)
		return
	}
	k.read("x", e, masked)
	k.read("y", y, masked)
	k.line("VMULPD Z%d, Z%d, Z%d", y, e, p)
	if k.pairs() { // a product that underflows to 0 is not 0; one of 0 and infinity is not, either
		k.line("VPTESTMQ Z27, Z%d, K2", e)
		k.line("VPTESTMQ Z27, Z%d, K2, K2", y)
		k.line("VPTESTMQ Z27, Z%d, K1", p)
		k.line("KORW K1, K2, K1")
		k.line("VFMSUB213PD Z%d, Z%d, Z%d", p, y, e) // x*y - p
	} else {
		k.line("VPTESTMQ Z27, Z%d, K1", p)
	}
	k.number(p, 0, 2, refused)
	if k.pairs() {
		k.number(e, 1, 2, "")
	}
}

// number adds the numbers b, count words of them from word first on. It refuses numbers beyond the window whose bit
// in K1 is set.
func (k *window) number(b reg, first, count int, refused string) {
	const e, t, u = 3, 4, 5
	k.line("VPSRLQ $52, Z%d, Z%d", b, e)
	k.line("VPANDQ Z30, Z%[1]d, Z%[1]d", e)
	k.line("VPMOVQ2M Z%d, K3", b)
	if refused != "" {
		k.line("VPSUBQ Z%d, Z%d, Z%d", e, windowTop, t)
		k.line("VPCMPUQ $6, Z%d, Z%d, K1, K1", windowLimit, t)
		k.line("KORTESTW K1, K1")
		k.line("JNE %s", refused)
	}
	k.line("VPTERNLOGQ $0xea, Z29, Z31, Z%d", b) // b & fraction | hidden
	for i := first; i < first+count; i++ {
		top := windowTop - reg(i)
		if i == 0 {
			k.line("VPSRLVQ Z%d, Z%d, Z%d", t, b, t)
		} else {
			k.line("VPSUBQ Z%d, Z%d, Z%d", top, e, u)
			k.line("VPSUBQ Z%d, Z%d, Z%d", e, top, t)
			k.line("VPSLLVQ Z%d, Z%d, Z%d", u, b, u)
			k.line("VPSRLVQ Z%d, Z%d, Z%d", t, b, t)
			k.line("VPTERNLOGQ $0xa8, Z28, Z%d, Z%d", u, t) // (t | u) & mask
		}
		k.line("VPSUBQ Z%[1]d, Z%[2]d, K3, Z%[1]d", t, windowZero)
		k.line("VPADDQ Z%[1]d, Z%[2]d, Z%[2]d", t, int(windowSum)+i)
	}
}

// join leaves the sum of the first two words in R9 and R8, and with a third the sum, or a
// number that rounds as it does. Its exponent, R12, is that of its last bit.
func (k *window) join() {
	k.line("VPUNPCKLQDQ Z%d, Z%d, Z0", windowSum+1, windowSum)
	k.line("VPUNPCKHQDQ Z%d, Z%d, Z1", windowSum+1, windowSum)
	k.line("VPADDQ Z1, Z0, Z0")
	for bytes := 64; bytes > 16; bytes /= 2 {
		k.upper(1, 0, bytes)
		k.line("VPADDQ Z1, Z0, Z0")
	}
	k.line("VMOVQ X0, R9")
	k.line("VPEXTRQ $1, X0, R8")
	k.line("MOVQ %s, R12", k.arg("top"))
	k.line("SUBQ $%d, R12", 1075+56)
	k.line("MOVQ R8, BX")
	k.line("SARQ $63, BX")
	k.line("MOVQ R9, AX")
	k.line("SHLQ $56, AX")
	k.line("SARQ $8, R9")
	k.line("ADDQ AX, R8")
	k.line("ADCQ BX, R9")
	if k.words == 3 {
		k.append()
	}
}

// append adds a word below: as it is, where there is room, or else as a last bit that is 1 where the
// sum is between two numbers (rounding to odd).
func (k *window) append() {
	k.copy(2, windowSum+2)
	for bytes := 64; bytes > 8; bytes /= 2 {
		k.upper(1, 2, bytes)
		k.line("VPADDQ Z1, Z2, Z2")
	}
	k.line("VMOVQ X2, R11")
	k.line("LEAQ 128(R9), AX")
	k.line("CMPQ AX, $256")
	k.line("JCC full")
	k.line("SHLQ $56, R8, R9")
	k.line("SHLQ $56, R8")
	k.line("MOVQ R11, BX")
	k.line("SARQ $63, BX")
	k.line("ADDQ R11, R8")
	k.line("ADCQ BX, R9")
	k.line("SUBQ $56, R12")
	k.line("JMP whole")
	k.label("full")
	k.line("MOVQ R11, AX")
	k.line("SARQ $56, AX")
	k.line("MOVQ AX, BX")
	k.line("SARQ $63, BX")
	k.line("ADDQ AX, R8")
	k.line("ADCQ BX, R9")
	k.line("SHLQ $8, R11")
	k.line("SETNE AX")
	k.line("MOVBLZX AX, AX")
	k.line("ORQ AX, R8")
	k.label("whole")
}

func windowData() string {
	var p printer
	for i, c := range windowConstants {
		fmt.Fprintf(&p.text, "DATA windowConstants<>+%d(SB)/8, $0x%016x // %s\n", 8*i, uint64(c.value), c.name)
	}
	fmt.Fprintf(&p.text, "GLOBL windowConstants<>(SB), RODATA|NOPTR, $%d\n", 8*len(windowConstants))
	return p.source()
}
