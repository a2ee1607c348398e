package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// The kernels of few terms return their exact sum, rounded once: by a window, or if that refuses a term, and chunks are asked for, by a
// certificate of products, or in chunks or entries, to whose kernels they jump (see chunks.go, entries.go). The sum, or a number that rounds as it does, is S * 2^e.
// Integers alone do it of float64, in whatever rounding mode: to look at that, a processor waits for all floating point before.
type few struct {
	*amd64
	w    width
	term term
}

// States of the result: it is rounded, or S and e are returned, or nothing is.
const (
	fewRounded = iota
	fewNotRounded
	fewRefused
)

// fewInThree is the number of terms that are worth a third word of a window.
const fewInThree = 16

// fewCertified is the least number of exact products of float64 that are certified where a window refuses them. (Two are summed before.)
const fewCertified = 3

// fewTiny is the number of tiny products that have a window without vectors, in less time than entries take.
const fewTiny = 5

// fewInChunks is the number of exact products of float64 that chunks hold.
const fewInChunks = 1000

// What is to be tried: a window, or chunks if that refuses, or chunks at once.
const (
	fewNear = iota
	fewAny
	fewSpread
)

var (
	fewArgs    = []string{"x", "y", "n", "how"}
	fewResults = []string{"v", "hi", "lo", "exponent", "state"}
)

func (k *few) name() string { return fmt.Sprintf("few%s%v", k.term, k.w) }

// integers tells whether no floating point is added or multiplied.
func (k *few) integers() bool { return k.term == plain && k.w == f64 }

func (k *few) emit() {
	k.begin(k.name(), fewArgs, 8*len(fewResults), 0)
	if !k.integers() {
		k.probeMode()
	}
	k.pointers()
	if k.term == product && k.w == f64 {
		k.refuseTiny("tiny")
	}
	k.line("MOVQ %s, R12", k.arg("how"))
	k.line("CMPQ R12, $%d", fewSpread)
	k.line("JEQ spread")
	k.pivot()
	k.windows()
	k.label("far")
	k.line("CMPQ %s, $%d", k.arg("how"), fewNear)
	k.line("JEQ refused")
	if k.term == product && k.w == f64 {
		k.certificate()
	}
	k.label("spread")
	if !k.integers() {
		k.line("CMPL 4(SP), $0")
		k.line("JNE undone")
		k.label("probed")
	}
	if k.term == product && k.w == f64 { // they are added faster in entries
		k.line("CMPB ·hasEntries(SB), $0")
		k.line("JEQ chunks")
		k.line("RET ·entriesDotF64AVX512(SB)")
		k.label("chunks")
	}
	k.line("RET ·%sAVX2(SB)", (&chunks{w: k.w, term: k.term}).name()) // goes on there
	if !k.integers() {
		k.label("undone")
		k.line("LDMXCSR 4(SP)")
		k.line("JMP probed")
	}
	k.label("round")
	k.round()
	k.label("return")
	k.leaveFew(k.integers())
	if k.term == product && k.w == f64 {
		k.label("tiny") // entries take such, chunks do not
		k.line("CMPQ CX, $%d", fewTiny)
		k.line("JLS refused")
		k.line("CMPQ %s, $%d", k.arg("how"), fewNear)
		k.line("JEQ refused")
		k.line("CMPB ·hasEntries(SB), $0")
		k.line("JNE spread")
	}
	k.label("refused")
	k.line("MOVQ $%d, %s", fewRefused, k.field("state"))
	k.line("JMP return")
}

// emitShort prints what AVX2 has for products of float64: no window.
func (k *few) emitShort() {
	k.begin(k.name(), fewArgs, 8*len(fewResults), 0)
	k.probeMode()
	k.pointers()
	k.refuseTiny("refused")
	k.line("CMPQ R8, $%d", 1023+300) // what is left of products far below may be subnormal, which takes microcode
	k.line("JCS spread")
	c := &shortCertain{certain{amd64: k.amd64, term: product, scale: "certainConstants<>+32(SB)", uncertain: "spread", refused: "spread"}}
	c.sum()
	k.line("VMOVSD X3, %s", k.field("v"))
	k.line("MOVQ $%d, %s", fewRounded, k.field("state"))
	k.label("return")
	k.leaveFew(false)
	k.label("spread")
	k.line("CMPL 4(SP), $0")
	k.line("JNE undone")
	k.label("probed")
	k.line("RET ·%sAVX2(SB)", (&chunks{w: k.w, term: k.term}).name()) // goes on there
	k.label("undone")
	k.line("LDMXCSR 4(SP)")
	k.line("JMP probed")
	k.label("refused")
	k.line("MOVQ $%d, %s", fewRefused, k.field("state"))
	k.line("JMP return")
}

// refuseTiny jumps if the first product is so small that its error may be no number.
func (k *few) refuseTiny(label string) {
	k.line("MOVQ (SI), AX")
	k.line("MOVQ (DX), BX")
	k.line("ADDQ AX, AX")
	k.line("ADDQ BX, BX")
	k.line("MOVQ AX, R8")
	k.line("MOVQ BX, R9")
	k.line("SHRQ $53, R8")
	k.line("SHRQ $53, R9")
	k.line("ADDQ R9, R8")
	k.line("CMPQ R8, $%d", 2*1023-960)
	k.line("JHI large")
	k.line("TESTQ AX, AX")
	k.line("JEQ large")
	k.line("TESTQ BX, BX")
	k.line("JNE %s", label)
	k.label("large")
}

// certificate returns the sum of so many terms that it is worth to be tried, if it is certain. Entries take longer.
func (k *few) certificate() {
	k.line("CMPQ DI, $300") // the top of the window: what is left of products far below may be subnormal, which takes microcode
	k.line("JCS spread")
	k.pointers()
	k.line("CMPQ CX, $%d", fewCertified)
	k.line("JCS spread")
	c := &certain{amd64: k.amd64, term: product, low: 4, scale: "certainConstants<>+32(SB)", uncertain: "spread", refused: "spread"}
	c.sum()
	k.line("VMOVSD X3, %s", k.field("v"))
	k.line("MOVQ $%d, %s", fewRounded, k.field("state"))
	k.line("JMP return")
	c.one()
}

// pivot sets AX to the biased exponent of the first term that is not 0, of a few.
func (k *few) pivot() {
	k.line("XORL BX, BX")
	k.label("pivot")
	k.element("SI", 0)
	if k.term == product {
		k.element("DX", 1)
		k.line("VMULSD X1, X0, X0")
	}
	if k.integers() {
		k.line("MOVQ (SI)(BX*8), AX")
	} else {
		k.line("VMOVQ X0, AX")
	}
	k.line("ADDQ AX, AX") // without its sign
	k.line("JNE pivoted")
	k.line("INCQ BX")
	k.line("CMPQ BX, CX")
	k.line("JCC pivoted")
	k.line("CMPQ BX, $8")
	k.line("JCS pivot")
	k.label("pivoted")
	k.line("SHRQ $53, AX")
}

// element loads a number of a pointer.
func (k *few) element(pointer string, d reg) {
	switch {
	case k.integers():
	case k.w == f64:
		k.line("VMOVSD (%s)(BX*8), X%d", pointer, d)
	default:
		k.line("VMOVSS (%s)(BX*4), X%d", pointer, d)
		k.line("VCVTSS2SD X%[1]d, X%[1]d, X%[1]d", d)
	}
}

// windows tries one window about the first term, if the second is not obviously beyond it. Few numbers are worth a third word.
func (k *few) windows() {
	window := func(words, limit int, low bool) *window {
		return &window{amd64: k.amd64, w: k.w, term: k.term, words: words, limit: limit, low: low}
	}
	switch {
	case k.term == product && k.w == f64:
		three := window(3, 56, false)
		three.about("far", "far")
		k.line("JMP round")
		three.unlessZero("far")
	case k.term == product:
		window(2, 56+5, false).about("far", "far")
		k.line("JMP round")
	case k.w == wide:
		window(2, 56+29, false).about("far", "far")
		k.line("JMP round")
	default:
		k.line("CMPQ AX, $56")
		k.line("JLS low")
		k.line("CMPQ CX, $%d", fewInThree)
		k.line("JHI two")
		three, two := window(3, 2*56, false), window(2, 56, false)
		three.about("far", "far")
		k.line("JMP round")
		k.label("two")
		two.about(two.place("beyond"), two.place("obviously"))
		k.line("JMP round")
		two.again(three, "far")
		k.label("low")
		k.line("MOVQ $57, DI")
		window(2, 56, true).sum("far")
		k.roundLow()
	}
}

func (k *few) pointers() {
	for _, arg := range fewArgs[:3] {
		k.loadArg(arg, arg)
	}
}

// field is the place of a result.
func (k *few) field(name string) string {
	for i, field := range fewResults {
		if field == name {
			return fmt.Sprintf("%s+%d(FP)", name, 8*(len(k.args)+i))
		}
	}
	panic("no result " + name)
}

// roundLow returns the sum of numbers that are few multiples S of the least, whose bits are |S|.
func (k *few) roundLow() {
	k.line("MOVQ R8, AX")
	k.line("SARQ $63, AX")
	k.line("CMPQ AX, R9")
	k.line("JNE round")
	k.line("MOVQ R8, BX")
	k.line("XORQ AX, BX")
	k.line("SUBQ AX, BX")
	k.line("JEQ round")
	k.line("MOVQ BX, CX")
	k.line("SHRQ $53, CX")
	k.line("JNE round")
	k.line("SHLQ $63, AX")
	k.line("ORQ AX, BX")
	k.line("MOVQ BX, %s", k.field("v"))
	k.line("MOVQ $%d, %s", fewRounded, k.field("state"))
	k.line("JMP return")
}

// unlessFirst jumps if the first term of float64 is 0.
func (a *amd64) unlessFirst(of term, label string) {
	args := []string{"x", "y"}
	if of == plain {
		args = args[:1]
	}
	for _, arg := range args {
		a.line("MOVQ %s, AX", a.arg(arg))
		a.line("MOVQ (AX), AX")
		a.line("ADDQ AX, AX")
		a.line("JEQ %s", label)
	}
}

// round rounds S: its leading 64 bits, the last of which is 1 if others are lost (rounding to odd), are converted to the type of
// the result and multiplied by a power of two. It returns S itself if that is 0, or the result may
// not be normal. 0 is returned if not all terms are -0 obviously, as the first is not.
func (k *few) round() {
	k.line("MOVQ R9, DI")
	k.line("MOVQ R8, SI")
	k.line("MOVQ R12, DX")
	k.line("MOVQ R9, R11")
	k.line("SARQ $63, R11")
	k.line("XORQ R9, R11") // the leading zeros of which follow the sign in S
	k.line("JEQ short")
	k.label("long")
	k.line("LZCNTQ R11, CX")
	k.line("DECQ CX")
	k.line("SHLQ CX, R8, R9")
	k.line("SHLQ CX, R8")
	k.line("SUBQ CX, R12")
	k.line("NEGQ R8") // the carry is 1 if there are others
	k.line("SBBQ R8, R8")
	k.line("NEGQ R8")
	k.line("ORQ R9, R8")
	least, most := -1000, 900
	if k.w == wide {
		least, most = -180, 60
	}
	k.line("LEAQ %d(R12), AX", 64-least)
	k.line("CMPQ AX, $%d", most-least)
	k.line("JCC notRounded")
	k.line("VXORPD X0, X0, X0")
	if k.w == wide {
		k.line("VCVTSI2SSQ.RN_SAE R8, X0, X0")
		k.line("VCVTSS2SD X0, X0, X0")
	} else {
		k.line("VCVTSI2SDQ.RN_SAE R8, X0, X0")
	}
	k.line("ADDQ $%d, R12", 1023+64)
	k.line("SHLQ $52, R12")
	k.line("VMOVQ R12, X1")
	k.line("VMULSD.RN_SAE X1, X0, X0")
	k.line("VMOVSD X0, %s", k.field("v"))
	k.line("MOVQ $%d, %s", fewRounded, k.field("state"))
	k.line("JMP return")
	k.label("short") // S * 2^63 then
	k.line("TESTQ R8, R8")
	k.line("JNE some")
	k.line("TESTQ R9, R9")
	k.line("JEQ nothing")
	k.label("some")
	k.line("SHLQ $63, R8, R9")
	k.line("SHLQ $63, R8")
	k.line("MOVQ R9, R11")
	k.line("SARQ $63, R11")
	k.line("XORQ R9, R11")
	k.line("SUBQ $63, R12")
	k.line("JMP long")
	k.label("nothing")
	if k.w == f64 {
		k.unlessFirst(k.term, "notRounded")
		k.line("MOVQ $0, %s", k.field("v"))
		k.line("MOVQ $%d, %s", fewRounded, k.field("state"))
		k.line("JMP return")
	}
	k.label("notRounded")
	k.line("MOVQ DI, %s", k.field("hi"))
	k.line("MOVQ SI, %s", k.field("lo"))
	k.line("MOVQ DX, %s", k.field("exponent"))
	k.line("MOVQ $%d, %s", fewNotRounded, k.field("state"))
}

// writeFew writes the kernels and their declarations.
func writeFew(out string) {
	folder := filepath.Join(out, "internal/kernel")
	a := &amd64{bytes: 64}
	a.setWidth(f64)
	declarations, none := goHeader("!purego", "kernel"), goHeader("purego || !amd64", "kernel")
	for _, w := range []width{f64, wide} {
		_, elements := (&tree{w: w}).types()
		for _, of := range []term{plain, product} {
			k := &few{amd64: a, w: w, term: of}
			k.emit()
			declaration := fmt.Sprintf("func %s%s(x, y *%s, n, how int) (v float64, hi int64, lo uint64, exponent, state int)",
				k.name(), a.suffix(), elements)
			declarations += "\n//go:noescape\n" + declaration + "\n"
			none += "\n" + declaration + " {\n\treturn 0, 0, 0, 0, Refused\n}\n"
		}
	}
	narrow := &amd64{bytes: 32}
	narrow.setWidth(f64)
	(&shortWindow{few{amd64: narrow, w: f64, term: plain}}).emit()
	(&few{amd64: narrow, w: f64, term: product}).emitShort()
	for _, of := range []term{plain, product} {
		name := (&few{w: f64, term: of}).name()
		declaration := fmt.Sprintf("func %s%s(x, y *float64, n, how int) (v float64, hi int64, lo uint64, exponent, state int)", name, narrow.suffix())
		declarations += "\n//go:noescape\n" + declaration + "\n"
		none += "\n" + declaration + " {\n\treturn 0, 0, 0, 0, Refused\n}\n"
	}
	write(filepath.Join(folder, "few_avx2_amd64.s"), header+"\n"+shortWindowData()+certainData()+probeData()+narrow.output())
	write(filepath.Join(folder, "few_"+strings.ToLower(a.suffix())+"_amd64.s"), header+"\n"+windowData()+certainData()+probeData()+a.output())
	write(filepath.Join(folder, "few_amd64.go"), declarations)
	write(filepath.Join(folder, "few_other.go"), none)
}
