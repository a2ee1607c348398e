package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// The kernels of few terms return their exact sum, rounded once: by a window, or if that refuses a term, and
// wide is not 0, by digits. The sum, or a number that rounds as it does, is S * 2^e.
type few struct {
	*amd64
	w     width
	term  term
	words int
}

// States of the result: it is rounded, or S and e are returned, or nothing is.
const (
	fewRounded = iota
	fewNotRounded
	fewRefused
)

var fewArgs = []string{"x", "y", "n", "top", "limit", "wide"}

func (k *few) name() string { return fmt.Sprintf("few%d%s%v", k.words, k.term, k.w) }

func (k *few) emit() {
	k.enter(k.name(), fewArgs, 40, digitFrame)
	k.alignFrame()
	pointers := func() {
		for _, arg := range fewArgs[:3] {
			k.loadArg(arg, arg)
		}
	}
	pointers()
	k.line("CMPQ %s, $0", k.arg("top"))
	k.line("JEQ far")
	(&window{amd64: k.amd64, w: k.w, term: k.term, words: k.words}).sum("far")
	k.line("JMP round")
	k.label("far")
	k.line("CMPQ %s, $0", k.arg("wide"))
	k.line("JEQ refused")
	pointers()
	table := &digits{amd64: k.amd64, w: k.w, term: k.term, places: true}
	table.add()
	k.line("CMPQ AX, $0x7ff")
	k.line("JGE refused")
	table.lead()
	k.label("round")
	k.round()
	k.label("return")
	k.epilogue()
	k.label("refused")
	k.line("MOVQ $%d, state+80(FP)", fewRefused)
	k.line("JMP return")
}

// round rounds S: |S| becomes a word of 63 bits, the last of which is 1 if others are lost (rounding to odd), which
// is converted to the type of the result and multiplied by a power of two. It returns S itself if that is 0, or the result may
// not be normal.
func (k *few) round() {
	k.line("MOVQ R9, hi+56(FP)")
	k.line("MOVQ R8, lo+64(FP)")
	k.line("MOVQ R12, exponent+72(FP)")
	k.line("MOVQ R9, R11") // the sign
	k.line("SARQ $63, R11")
	k.line("XORQ R11, R8")
	k.line("XORQ R11, R9")
	k.line("SUBQ R11, R8")
	k.line("SBBQ R11, R9")
	k.line("JNE high")
	k.line("TESTQ R8, R8")
	k.line("JEQ notRounded")
	k.line("LZCNTQ R8, CX")
	k.line("SHLQ CX, R8")
	k.line("SUBQ CX, R12")
	k.line("JMP word")
	k.label("high")
	k.line("LZCNTQ R9, CX")
	k.line("SHLQ CX, R8, R9")
	k.line("SHLQ CX, R8")
	k.line("SUBQ CX, R12")
	k.line("ADDQ $64, R12")
	k.line("NEGQ R8") // the carry is 1 if there are others
	k.line("SBBQ R8, R8")
	k.line("NEGQ R8")
	k.line("ORQ R9, R8")
	k.label("word")
	least, most := -1000, 900
	if k.w == wide {
		least, most = -180, 60
	}
	k.line("LEAQ %d(R12), AX", -least)
	k.line("CMPQ AX, $%d", most-least)
	k.line("JCC notRounded")
	k.line("MOVQ R8, AX")
	k.line("ANDQ $1, AX")
	k.line("SHRQ $1, R8")
	k.line("ORQ AX, R8")
	k.line("XORQ R11, R8")
	k.line("SUBQ R11, R8")
	k.line("VXORPD X0, X0, X0")
	if k.w == wide {
		k.line("VCVTSI2SSQ R8, X0, X0")
		k.line("VCVTSS2SD X0, X0, X0")
	} else {
		k.line("VCVTSI2SDQ R8, X0, X0")
	}
	k.line("ADDQ $1024, R12")
	k.line("SHLQ $52, R12")
	k.line("VMOVQ R12, X1")
	k.line("VMULSD X1, X0, X0")
	k.line("VMOVSD X0, v+48(FP)")
	k.line("MOVQ $%d, state+80(FP)", fewRounded)
	k.line("JMP return")
	k.label("notRounded")
	k.line("MOVQ $%d, state+80(FP)", fewNotRounded)
}

// fewKinds lists the kernels and the words of their windows.
var fewKinds = []struct {
	w     width
	term  term
	words int
}{
	{f64, plain, 2}, {f64, plain, 3}, {f64, product, 3}, {wide, plain, 2}, {wide, product, 2},
}

// writeFew writes the kernels, their declarations and the choice among them.
func writeFew(out string) {
	const args, results = "n, top, limit, wide int", "(v float64, hi int64, lo uint64, exponent, state int)"
	folder := filepath.Join(out, "internal/kernel")
	a := &amd64{bytes: 64}
	a.setWidth(f64)
	declarations := goHeader("!purego", "kernel")
	none := goHeader("purego || !amd64", "kernel")
	for _, w := range []width{f64, wide} {
		_, elements := (&tree{w: w}).types()
		begin := fmt.Sprintf("\nfunc few%v(of Terms, words int, x, y *%s, %s) %s {\n", w, elements, args, results)
		none += begin + "\treturn 0, 0, 0, 0, fewRefused\n}\n"
		choice := begin + "\tswitch {\n"
		for _, kind := range fewKinds {
			if kind.w != w {
				continue
			}
			k := &few{amd64: a, w: w, term: kind.term, words: kind.words}
			k.emit()
			name := k.name() + a.suffix()
			choice += fmt.Sprintf("\tcase active == %s && of == %s && words == %d:\n\t\treturn %s(x, y, n, top, limit, wide)\n", a.suffix(), goTerms[kind.term], kind.words, name)
			declarations += fmt.Sprintf("\n//go:noescape\nfunc %s(x, y *%s, %s) %s\n", name, elements, args, results)
		}
		declarations += choice + "\t}\n\treturn 0, 0, 0, 0, fewRefused\n}\n"
	}
	write(filepath.Join(folder, "few_"+strings.ToLower(a.suffix())+"_amd64.s"), header+"\n"+windowData()+digitData()+a.output())
	write(filepath.Join(folder, "few_amd64.go"), declarations)
	write(filepath.Join(folder, "few_other.go"), none)
}
