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
// They refuse terms that are not 0 and not in the window: see internal/kernel/few.go.
type window struct {
	*amd64
	w     width
	term  term
	words int
	limit int
	low   bool // of subnormal numbers, too
}

// place is a label in one of a kernel's windows.
func (k *window) place(name string) string {
	return fmt.Sprintf("%s%d%v", name, k.words, map[bool]string{true: "low"}[k.low])
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
	windowLeast reg = 15 // exponent, where low: 1
)

// pairs tells whether a term is two numbers.
func (k *window) pairs() bool { return k.term == product && k.w == f64 }

// With a top of less than leastTop, the error of a product may be no number; with more than mostTop, what is not finite would be in the
// window. Of numbers it is enough that a significand of 53 bits whose exponent is 0 is beyond the window: that of 0.
const mostTop = 2046

func (k *window) leastTop() int {
	if k.term == plain && k.w == f64 {
		return k.limit + 53
	}
	return 300
}

// about sums as sum does in a window that is as far above as below the exponent AX. Numbers of float64 of which the second, and products
// of which the last, is obviously not in it are refused at once.
func (k *window) about(refused, obviously string) {
	k.line("LEAQ %d(AX), DI", k.limit/2)
	k.line("LEAQ %d(DI), BX", -k.leastTop())
	k.line("CMPQ BX, $%d", mostTop-k.leastTop())
	k.line("JHI far")
	if k.term == plain && k.w == f64 {
		k.line("CMPQ CX, $2")
		k.line("JCS %s", k.place("window"))
		k.line("MOVQ 8(SI), AX")
		k.line("ADDQ AX, AX")
		k.line("JEQ %s", k.place("window"))
		k.line("SHRQ $53, AX")
		k.line("MOVQ DI, BX")
		k.line("SUBQ AX, BX")
		k.line("CMPQ BX, $%d", k.limit)
		k.line("JHI %s", obviously)
	}
	if k.pairs() { // the exponent of a product is the sum of those of its factors, or one more
		k.line("MOVWLZX -2(SI)(CX*8), AX")
		k.line("MOVWLZX -2(DX)(CX*8), R8")
		k.line("ANDL $0x7ff0, AX")
		k.line("ANDL $0x7ff0, R8")
		k.line("ADDL R8, AX")
		k.line("SHRL $4, AX")
		k.line("LEAQ 1023(DI), BX")
		k.line("SUBQ AX, BX")
		k.line("CMPQ BX, $%d", k.limit+1)
		k.line("JHI obviously")
	}
	k.sum(refused)
}

// sum adds the terms to the words. The top is in DI. It jumps to refused if one is beyond the window.
func (k *window) sum(refused string) {
	k.label(k.place("window"))
	k.line("VPBROADCASTQ DI, Z%d", windowTop)
	k.line("MOVQ $%d, AX", k.limit)
	k.line("VPBROADCASTQ AX, Z%d", windowLimit)
	for i, c := range windowConstants {
		k.line("VPBROADCASTQ windowConstants<>+%d(SB), Z%d", 8*i, c.reg)
	}
	for i := 1; i < k.words; i++ {
		k.line("VPSUBQ Z26, Z%d, Z%d", windowTop-reg(i)+1, windowTop-reg(i))
	}
	k.line("VPXORQ Z%[1]d, Z%[1]d, Z%[1]d", windowZero)
	if k.low {
		k.line("VPSUBQ Z%d, Z%d, Z%d", windowLimit, windowTop, windowLeast)
	}
	for i := range k.words {
		k.line("VPXORQ Z%[1]d, Z%[1]d, Z%[1]d", int(windowSum)+i)
	}
	k.line("MOVQ CX, R10")
	k.line("SHRQ $3, R10")
	k.line("JEQ %s", k.place("lastNear"))
	k.label(k.place("near"))
	k.vector(false, refused)
	k.line("ADDQ $%d, SI", 8*k.w.element())
	if k.term == product {
		k.line("ADDQ $%d, DX", 8*k.w.element())
	}
	k.countDown("i", k.place("near"))
	k.label(k.place("lastNear"))
	k.line("ANDQ $7, CX")
	k.line("JEQ %s", k.place("allNear"))
	k.line("MOVQ $-1, R10")
	k.line("SHLQ CX, R10")
	k.line("NOTQ R10")
	k.line("KMOVW R10, K5")
	k.vector(true, refused)
	k.label(k.place("allNear"))
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
		if !k.low { // where 0 is as any number
			k.line("VPTESTMQ Z27, Z%d, K1", p)
		}
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
	if k.low {
		k.line("VPTESTMQ Z%[1]d, Z%[1]d, K2", e)
		k.line("VPMAXSQ Z%d, Z%d, Z%[2]d", windowLeast, e)
	}
	if refused != "" {
		k.line("VPSUBQ Z%d, Z%d, Z%d", e, windowTop, t)
		k.line("VPCMPUQ $6, Z%d, Z%d, %sK1", windowLimit, t, map[bool]string{false: "K1, "}[k.low])
		k.line("KORTESTW K1, K1")
		k.line("JNE %s", refused)
	}
	if k.low {
		k.line("VPANDQ Z31, Z%[1]d, Z%[1]d", b)
		k.line("VPORQ Z29, Z%[1]d, K2, Z%[1]d", b)
	} else {
		k.line("VPTERNLOGQ $0xea, Z29, Z31, Z%d", b) // b & fraction | hidden
	}
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
	if !k.pairs() { // there may be more than 128 numbers
		for word := windowSum + reg(k.words) - 1; word > windowSum; word-- {
			k.line("VPSRAQ $56, Z%d, Z0", word)
			k.line("VPANDQ Z28, Z%[1]d, Z%[1]d", word)
			k.line("VPADDQ Z0, Z%[1]d, Z%[1]d", word-1)
		}
	}
	k.line("VPUNPCKLQDQ Z%d, Z%d, Z0", windowSum+1, windowSum)
	k.line("VPUNPCKHQDQ Z%d, Z%d, Z1", windowSum+1, windowSum)
	k.line("VPADDQ Z1, Z0, Z0")
	for bytes := 64; bytes > 16; bytes /= 2 {
		k.upper(1, 0, bytes)
		k.line("VPADDQ Z1, Z0, Z0")
	}
	k.twoWords()
	if k.words == 3 {
		k.copy(2, windowSum+2)
		k.append()
	}
}

// twoWords leaves the sum of the words of X0 in R9 and R8.
func (k *window) twoWords() {
	k.line("VMOVQ X0, R9")
	k.line("VPEXTRQ $1, X0, R8")
	k.line("LEAQ %d(DI), R12", -1075-56)
	k.line("MOVQ R8, BX")
	k.line("SARQ $63, BX")
	k.line("MOVQ R9, AX")
	k.line("SHLQ $56, AX")
	k.line("SARQ $8, R9")
	k.line("ADDQ AX, R8")
	k.line("ADCQ BX, R9")
}

// append adds the word below, whose lanes are in register 2: as it is, where there is room, also for the carry of that word, up to 2^7 in magnitude, or else as a last bit that is 1
// where the sum is between two numbers (rounding to odd).
func (k *window) append() {
	for bytes := k.bytes; bytes > 8; bytes /= 2 {
		k.upper(1, 2, bytes)
		k.line("VPADDQ %[1]s, %[2]s, %[2]s", k.v(1), k.v(2))
	}
	k.line("VMOVQ X2, R11")
	k.line("LEAQ 64(R9), AX")
	k.line("CMPQ AX, $128")
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

// unlessZero has products refused of which the last is not in the window, but if that is 0.
func (k *window) unlessZero(refused string) {
	k.label("obviously")
	for _, pointer := range []string{"SI", "DX"} {
		k.line("MOVQ -8(%s)(CX*8), AX", pointer)
		k.line("ADDQ AX, AX")
		k.line("JEQ %s", k.place("window"))
	}
	k.line("JMP %s", refused)
}

// again sums what a window of two words refused by the given one of three, at the top of which is the largest exponent, if all may be in it
// then: of numbers refused, none is farther from the middle of the first than the other is wide.
func (k *window) again(three *window, otherwise string) {
	const t, u = 4, 5 // t as number left it
	k.label(k.place("beyond"))
	k.line("MOVQ $%d, AX", three.limit-k.limit/2)
	k.line("VPBROADCASTQ AX, Z%d", u)
	k.line("VPADDQ Z%d, Z%d, Z%d", u, t, t)
	k.line("MOVQ $%d, AX", 2*three.limit)
	k.line("VPBROADCASTQ AX, Z%d", u)
	k.line("VPCMPUQ $6, Z%d, Z%d, K1, K1", u, t)
	k.line("KORTESTW K1, K1")
	k.line("JNE %s", otherwise)
	k.line("JMP again")
	k.label(k.place("obviously")) // by BX
	k.line("ADDQ $%d, BX", three.limit-k.limit/2)
	k.line("CMPQ BX, $%d", 2*three.limit)
	k.line("JHI %s", otherwise)
	k.label("again")
	k.line("MOVQ %s, SI", k.arg("x"))
	k.line("MOVQ %s, CX", k.arg("n"))
	k.line("VPBROADCASTQ windowConstants<>+%d(SB), Z27", 8*4)
	k.line("VPXORQ Z0, Z0, Z0")
	k.line("MOVQ CX, R10")
	k.line("SHRQ $3, R10") // there are 8 or more
	k.label("largest")
	k.line("VPANDQ (SI), Z27, Z1")
	k.line("VPMAXSQ Z1, Z0, Z0")
	k.line("ADDQ $64, SI")
	k.countDown("i", "largest")
	k.line("ANDQ $7, CX")
	k.line("VPANDQ -64(SI)(CX*8), Z27, Z1") // some of them again
	k.line("VPMAXSQ Z1, Z0, Z0")
	for bytes := 64; bytes > 8; bytes /= 2 {
		k.upper(1, 0, bytes)
		k.line("VPMAXSQ Z1, Z0, Z0")
	}
	k.line("VMOVQ X0, DI")
	k.line("SHRQ $52, DI")
	k.line("LEAQ %d(DI), BX", -three.leastTop())
	k.line("CMPQ BX, $%d", mostTop-three.leastTop())
	k.line("JHI %s", otherwise)
	k.line("MOVQ %s, SI", k.arg("x"))
	k.line("MOVQ %s, CX", k.arg("n"))
	k.line("JMP %s", three.place("window"))
}

func windowData() string {
	var p printer
	for i, c := range windowConstants {
		fmt.Fprintf(&p.text, "DATA windowConstants<>+%d(SB)/8, $0x%016x // %s\n", 8*i, uint64(c.value), c.name)
	}
	fmt.Fprintf(&p.text, "GLOBL windowConstants<>(SB), RODATA|NOPTR, $%d\n", 8*len(windowConstants))
	return p.source()
}
