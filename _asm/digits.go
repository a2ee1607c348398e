package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// The kernels of digits add the significand of a number, moved up by the low five bits of its
// exponent, to a table: its last 32 bits, and the bits above them, signed, to the two words of
// the entry that the other bits of the exponent name. Vectors are taken apart, and then their
// numbers added to the table one by one: two words at a time, in one access, so that none has
// to wait for a half of another. Where to must not come from memory as well, or a processor
// that does not know yet which words are written holds back what reads any. At last the second
// word of each entry joins the first of the next.
//
// Of products of float64 that may have errors below the least number, the smaller factor is
// multiplied by 2^1472, and exponents are less by as much. A significand may then begin
// before the table, with zeros.
//
// Exponents are counted so that an entry is a limb of the superaccumulator: see
// internal/kernel/digits.go.
type digits struct {
	*amd64
	w    width
	term term

	vectors int // so far
}

// Places in the frame: the table, with entries of zeros before it, and what is added to it for
// a vector.
const (
	digitTable  = 64
	digitCount  = 104                        // of the sums
	digitSplits = digitTable + 16*digitCount // 2 vectors
	digitFrame  = digitSplits + 2*64
	tinyShift   = 46 * 32
)

// digitConstants are registers that hold a number in all lanes.
var digitConstants = []struct {
	name  string
	reg   reg
	value int64
	pairs bool // of use for pairs alone
}{
	{"fraction", 31, 1<<52 - 1, false},
	{"exponent", 30, 0x7ff, false},
	{"hidden", 29, 1 << 52, false},
	{"shifts", 26, 31, false},
	{"digit", 25, 32, false},
	{"low", 24, 1<<32 - 1, false},
	{"entry", 23, -16, false},
	{"absolute", 22, 1<<63 - 1, true},
	{"tiny", 21, (1023 - 968) << 52, true},
	{"scale", 16, (1023 + tinyShift/2) << 52, true},
	{"tinyShift", 15, tinyShift, true},
	{"before", 14, -32, true},
	{"bias", 28, 0, false}, // that of the kernel
	{"least", 27, 0, false},
}

// Registers in use from number to number: bias and least are those of the terms at hand.
const (
	digitZero  reg = 20
	digitMost  reg = 19
	digitLeast reg = 18
	digitBias  reg = 17
)

// pairs tells whether a term is two numbers.
func (k *digits) pairs() bool { return k.term == product && k.w == f64 }

// first is the digit of the first entry of the table. Single numbers do not reach those below.
func (k *digits) first() int {
	if k.pairs() {
		return 0
	}
	return 32
}

// entries is the number of entries.
func (k *digits) entries() int {
	return digitCount - k.first()
}

// bias is added to a biased exponent: number 2^-1088 begins digit 34.
func (k *digits) bias() int {
	return 13 + 32*(34-k.first())
}

func (k *digits) name() string { return fmt.Sprintf("digits%s%v", k.term, k.w) }

func (k *digits) emit() {
	k.prologue(k.name(), []string{"dst", "x", "y", "n"}, 8, digitFrame)
	k.add()
	k.largest()
	k.line("MOVQ AX, ret+32(FP)")
	k.join()
	k.epilogue()
}

// add adds the terms to the table.
func (k *digits) add() {
	for _, r := range []reg{digitZero, digitMost} {
		k.line("VPXORQ Z%[1]d, Z%[1]d, Z%[1]d", r)
	}
	for off := 0; off < digitTable+16*k.entries(); off += 64 {
		k.line("VMOVDQU64 Z%d, %d(R14)", digitZero, off)
	}
	for i, c := range digitConstants {
		switch c.name {
		case "bias":
			k.line("MOVQ $%d, AX", k.bias())
			k.line("VPBROADCASTQ AX, Z%d", c.reg)
		case "least":
			k.line("MOVQ $%d, AX", k.bias()+1)
			k.line("VPBROADCASTQ AX, Z%d", c.reg)
		default:
			if !c.pairs || k.pairs() {
				k.line("VPBROADCASTQ digitConstants<>+%d(SB), Z%d", 8*i, c.reg)
			}
		}
	}
	k.usual()
	k.line("MOVQ CX, R10")
	k.line("SHRQ $3, R10")
	k.line("JEQ last")
	k.label("vector")
	k.vector(false)
	k.line("ADDQ $%d, SI", 8*k.w.element())
	if k.term == product {
		k.line("ADDQ $%d, DX", 8*k.w.element())
	}
	k.countDown("i", "vector")
	k.label("last")
	k.line("ANDQ $7, CX")
	k.line("JEQ end")
	k.line("MOVQ $-1, R10")
	k.line("SHLQ CX, R10")
	k.line("NOTQ R10")
	k.line("KMOVW R10, K5")
	k.vector(true)
	k.label("end")
}

// read loads a vector of numbers, or the ragged last one.
func (k *digits) read(pointer string, d reg, masked bool) {
	place := fmt.Sprintf("(%s)", amd64Scalar(pointer))
	switch {
	case k.w == f64 && masked:
		k.line("VMOVUPD.Z %s, K5, Z%d", place, d)
	case k.w == f64:
		k.line("VMOVUPD %s, Z%d", place, d)
	case masked:
		k.line("VMOVUPS.Z %s, K5, Y%d", place, d)
		k.line("VCVTPS2PD Y%[1]d, Z%[1]d", d)
	default:
		k.line("VCVTPS2PD %s, Z%d", place, d)
	}
}

// usual sets the bias and the least exponent of a number: that of a subnormal one is 1.
func (k *digits) usual() {
	k.line("VMOVDQA64 Z28, Z%d", digitBias)
	k.line("VMOVDQA64 Z27, Z%d", digitLeast)
}

// vector takes a vector of terms: products of float64 as two numbers each, the rounded product
// and its error.
func (k *digits) vector(masked bool) {
	k.read("x", 0, masked)
	if k.term == product {
		k.read("y", 10, masked)
		k.line("VMULPD Z10, Z0, Z11")
	}
	switch {
	case k.term == plain:
		k.split(0, masked)
	case !k.pairs():
		k.split(11, masked)
	default:
		small := map[bool]string{false: "small", true: "smallLast"}[masked]
		k.tiny(small)
		k.line("VFMSUB213PD Z11, Z10, Z0") // x*y - p
		k.split(11, false)
		k.split(0, false)
		k.line("KORTESTW K3, K3")
		k.line("JEQ %s", small+"Not")
		k.usual()
		k.label(small + "Not")
	}
}

// tiny scales products p = x*y that are so small that their errors may not be numbers, but
// those by 0.
func (k *digits) tiny(label string) {
	const less, differ, notLess = 1, 4, 5
	k.line("VPANDQ Z22, Z11, Z9")
	k.line("VCMPPD $%d, Z21, Z9, K3", less)
	k.line("VCMPPD $%d, Z%d, Z0, K3, K3", differ, digitZero)
	k.line("VCMPPD $%d, Z%d, Z10, K3, K3", differ, digitZero)
	k.line("KORTESTW K3, K3")
	k.line("JEQ %s", label)
	k.line("VPANDQ Z22, Z0, Z9")
	k.line("VPANDQ Z22, Z10, Z8")
	k.line("VCMPPD $%d, Z8, Z9, K3, K1", less)
	k.line("VCMPPD $%d, Z8, Z9, K3, K2", notLess)
	for range 2 {
		k.line("VMULPD Z16, Z0, K1, Z0")
		k.line("VMULPD Z16, Z10, K2, Z10")
	}
	k.line("VMULPD Z10, Z0, Z11")
	k.line("VPSUBQ Z15, Z28, K3, Z%d", digitBias)
	k.line("VMOVDQA64 Z14, K3, Z%d", digitLeast)
	k.label(label)
}

// split adds the numbers b to the table, of the last vector those there are.
func (k *digits) split(b reg, last bool) {
	k.line("VPSRLQ $52, Z%d, Z1", b)
	k.line("VPANDQ Z30, Z1, Z1")
	k.line("VPTESTMQ Z1, Z1, K1") // normal
	k.line("VPADDQ Z%d, Z1, Z1", digitBias)
	k.line("VPMAXSQ Z%d, Z1, Z1", digitLeast)
	k.line("VPSRAQ $1, Z1, Z3")
	k.line("VPANDQ Z23, Z3, Z3")
	k.line("VPMOVQW Z3, X3")
	k.line("VMOVQ X3, R11")
	k.line("VPEXTRQ $1, X3, R12")
	k.line("VPMAXSQ Z1, Z%[1]d, Z%[1]d", digitMost)
	k.line("VPMOVQ2M Z%d, K2", b) // negative
	k.line("VPANDQ Z31, Z%d, Z2", b)
	k.line("VPORQ Z29, Z2, K1, Z2")
	k.line("VPANDQ Z26, Z1, Z1")
	k.line("VPSUBQ Z1, Z25, Z4")
	k.line("VPSLLVQ Z1, Z2, Z5")
	k.line("VPSRLVQ Z4, Z2, Z6")
	k.line("VPANDQ Z24, Z5, Z5")
	k.line("VPSUBQ Z5, Z%d, K2, Z5", digitZero)
	k.line("VPSUBQ Z6, Z%d, K2, Z6", digitZero)
	if !last {
		k.together()
	}
	k.line("VPUNPCKLQDQ Z6, Z5, Z7")
	k.line("VPUNPCKHQDQ Z6, Z5, Z8")
	k.line("VMOVDQU64 Z7, %d(R14)", digitSplits)
	k.line("VMOVDQU64 Z8, %d(R14)", digitSplits+64)
	for i := range 8 {
		k.scatter(i)
		if last && i < 7 {
			k.line("DECQ CX")
			k.line("JEQ end")
		}
	}
	if !last {
		k.label(k.after())
	}
}

// after is the label behind a vector's numbers.
func (k *digits) after() string { return fmt.Sprintf("added%d", k.vectors) }

// together adds the numbers of a vector to one entry if that is the place of all. One by one, each would wait for
// the one before.
func (k *digits) together() {
	k.vectors++
	apart := fmt.Sprintf("apart%d", k.vectors)
	k.line("VPBROADCASTW X3, X7")
	k.line("VPXOR X3, X7, X7")
	k.line("VPTEST X7, X7")
	k.line("JNE %s", apart)
	k.line("VPUNPCKLQDQ Z6, Z5, Z7")
	k.line("VPUNPCKHQDQ Z6, Z5, Z8")
	k.line("VPADDQ Z8, Z7, Z7")
	for bytes := 64; bytes > 16; bytes /= 2 {
		k.upper(8, 7, bytes)
		k.line("VPADDQ Z8, Z7, Z7")
	}
	k.line("MOVWQSX R11, AX")
	k.line("VPADDQ %d(R14)(AX*1), X7, X7", digitTable)
	k.line("VMOVDQU X7, %d(R14)(AX*1)", digitTable)
	k.line("JMP %s", k.after())
	k.label(apart)
}

// scatter adds the i-th number to the table. Its place is the lowest 16 bits left in R11 or
// R12.
func (k *digits) scatter(i int) {
	from, to := []string{"R11", "R12"}[i/4], []string{"AX", "BX", "R8", "R9"}[i%4]
	t := []int{4, 5, 12, 13}[i%4]
	k.line("MOVWQSX %s, %s", from, to)
	if i%4 < 3 {
		k.line("SHRQ $16, %s", from)
	}
	k.line("VMOVDQU %d(R14)(%s*1), X%d", digitTable, to, t)
	k.line("VPADDQ %d(R14), X%d, X%[2]d", digitSplits+64*(i%2)+16*(i/2), t)
	k.line("VMOVDQU X%d, %d(R14)(%s*1)", t, digitTable, to)
}

// join stores the digits: the first words of the entries, each with the second word of the entry
// before.
func (k *digits) join() {
	for i := 0; i < k.first(); i += 8 {
		k.line("VMOVDQU64 Z%d, %d(DI)", digitZero, 8*i)
	}
	k.line("VMOVDQU64 digitEven<>(SB), Z0")
	for i := 0; i < digitCount-k.first(); i += 8 {
		k.line("VMOVDQU64 Z0, Z3")
		for half := range 2 {
			place := digitTable + 16*i + 64*half
			k.line("VMOVDQU64 %d(R14), Z%d", place, 1+half)
			k.line("VPADDQ %d(R14), Z%d, Z%[2]d", place-8, 1+half)
		}
		k.line("VPERMI2Q Z2, Z1, Z3")
		k.line("VMOVDQU64 Z3, %d(DI)", 8*(k.first()+i))
	}
}

// largest returns the largest biased exponent.
func (k *digits) largest() {
	k.copy(0, digitMost)
	for bytes := 64; bytes > 8; bytes /= 2 {
		k.upper(1, 0, bytes)
		k.line("VPMAXSQ Z1, Z0, Z0")
	}
	k.line("VMOVQ X0, AX")
	k.line("SUBQ $%d, AX", k.bias())
}

// writeDigits writes the kernels, their declarations and the choice among them.
func writeDigits(out string) {
	folder := filepath.Join(out, "internal/kernel")
	a := &amd64{bytes: 64}
	text := header + "\n" + digitData()
	declarations := goHeader("!purego", "kernel") + "\nimport \"unsafe\"\n"
	none := goHeader("purego || !amd64", "kernel")
	for _, w := range []width{f64, wide} {
		a.setWidth(f64)
		_, elements := (&tree{w: w}).types()
		begin := fmt.Sprintf("\nfunc digits%v(d *int64, of Terms, x, y []%s) (most int, ok bool) {", w, elements)
		none += begin + " return 0, false }\n"
		choice := begin + "\n\tp, q, n := unsafe.SliceData(x), unsafe.SliceData(y), len(x)\n\tswitch {\n"
		for _, of := range []term{plain, product} {
			k := &digits{amd64: a, w: w, term: of}
			k.emit()
			name := k.name() + a.suffix()
			choice += fmt.Sprintf("\tcase active == %s && of == %s:\n\t\treturn %s(d, p, q, n), true\n", a.suffix(), goTerms[of], name)
			declarations += fmt.Sprintf("\n//go:noescape\nfunc %s(dst *int64, x, y *%s, n int) int\n", name, elements)
		}
		declarations += choice + "\t}\n\treturn 0, false\n}\n"
	}
	write(filepath.Join(folder, "digits_"+strings.ToLower(a.suffix())+"_amd64.s"), text+a.output())
	write(filepath.Join(folder, "digits_amd64.go"), declarations)
	write(filepath.Join(folder, "digits_other.go"), none)
}

func digitData() string {
	var p printer
	for i, c := range digitConstants {
		fmt.Fprintf(&p.text, "DATA digitConstants<>+%d(SB)/8, $0x%016x // %s\n", 8*i, uint64(c.value), c.name)
	}
	fmt.Fprintf(&p.text, "GLOBL digitConstants<>(SB), RODATA|NOPTR, $%d\n", 8*len(digitConstants))
	for i := range 8 {
		fmt.Fprintf(&p.text, "DATA digitEven<>+%d(SB)/8, $%d\n", 8*i, 2*i)
	}
	fmt.Fprintf(&p.text, "GLOBL digitEven<>(SB), RODATA|NOPTR, $64\n")
	return p.source()
}
