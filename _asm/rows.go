package main

import (
	"fmt"
	"math/bits"
	"path/filepath"
	"strings"
)

// The kernels of rows: softmax, norms and BLAS do these to each element, every operation
// rounded once, and a NaN becomes the canonical one.

// rowProgram is a function of an element x, numbers a, b and c that all share, and the others, y and q, which are
// elements too. emit leaves it in register 0, where x is; registers 1, 4 and 5 hold the numbers, as many
// as are used, and register 6 zeros. Registers 2, 3 and 7 are free.
type rowProgram struct {
	name    string
	numbers int
	others  string
	emit    func(a *amd64)
}

var rowPrograms = []rowProgram{
	{"Less", 1, "", func(a *amd64) { a.sub(0, 0, 1) }},
	{"Plus", 0, "y", func(a *amd64) { a.three("VADD", 0, 0, a.element("y")) }},
	{"Over", 1, "", func(a *amd64) { a.div(0, 0, 1) }},
	{"OverTimes", 1, "y", func(a *amd64) {
		a.div(0, 0, 1)
		a.three("VMUL", 0, 0, a.element("y"))
	}},
	{"OverTimesPlus", 1, "yq", func(a *amd64) {
		a.div(0, 0, 1)
		a.three("VMUL", 0, 0, a.element("y"))
		a.three("VADD", 0, 0, a.element("q"))
	}},
	{"Times", 1, "", func(a *amd64) { a.mul(0, 0, 1) }},
	{"TimesPlus", 1, "y", func(a *amd64) {
		a.mul(0, 0, 1)
		a.three("VADD", 0, 0, a.element("y"))
	}},
	{"Fused", 1, "y", func(a *amd64) { a.three("VFMADD213", 0, 1, a.element("y")) }},
	{"Mix", 2, "y", func(a *amd64) {
		a.mul(0, 0, 1)
		a.three("VMUL", 3, 4, a.element("y"))
		a.add(0, 0, 3)
	}},
	{"Scale", 1, "", func(a *amd64) {
		a.add(0, 0, 6)
		a.mul(0, 0, 1)
	}},
	{"Finish", 2, "y", func(a *amd64) {
		a.add(0, 0, 6)
		a.mul(0, 0, 1)
		a.three("VMUL", 3, 4, a.element("y"))
		a.add(0, 0, 3)
	}},
	{"Outer", 2, "y", emitOuter},
	{"OuterTwo", 3, "yq", func(a *amd64) {
		a.mul(0, 0, 4)
		a.add(0, 0, 6)
		a.three("VFMADD231", 0, 5, a.element("q"))
		a.add(0, 0, 6)
		a.mul(0, 0, 1)
		a.three("VADD", 0, 0, a.element("y"))
	}},
}

func emitOuter(a *amd64) {
	a.mul(0, 0, 4)
	a.add(0, 0, 6)
	a.mul(0, 0, 1)
	a.three("VADD", 0, 0, a.element("y"))
}

// Where a row ends within a vector, what is left is done by parts of 32, 16, 8 and 4 bytes: what a processor stores under a mask it is
// slow to read again, and some take a masked store for dozens of instructions. Chains side by side mask off what is beyond, by register 11 or
// K2: they store once after many terms.
const (
	rowNaN   reg = 8
	rowY     reg = 9
	rowQ     reg = 10
	rowMask  reg = 11
	rowSpare reg = 12
	rowSteps     = 4 // vectors in turn
)

func (a *amd64) div(d, x, y reg) { a.three("VDIV", d, x, a.v(y)) }

// element is the vector at the index in the array at a pointer, or if a part of one is at work, that of y or q, in a register.
func (a *amd64) element(pointer string) string {
	switch {
	case a.part > 0 && pointer == "y":
		return a.v(rowY)
	case a.part > 0 && pointer == "q":
		return a.v(rowQ)
	}
	return a.inArray(pointer)
}

// inArray is the place of the vector at the index in the array at a pointer.
func (a *amd64) inArray(pointer string) string {
	return fmt.Sprintf("%d(%s)(R10*1)", a.off, amd64Scalar(pointer))
}

// loadRagged and storeRagged leave absent lanes alone.
func (a *amd64) loadRagged(d reg, place string) {
	if a.bytes == 64 {
		a.line("%s.Z %s, K2, %s", a.p("VMOVU"), place, a.v(d))
	} else {
		a.line("%s %s, %s, %s", a.p("VMASKMOV"), place, a.v(rowMask), a.v(d))
	}
}

func (a *amd64) storeRagged(place string, r reg) {
	if a.bytes == 64 {
		a.line("%s %s, K2, %s", a.p("VMOVU"), a.v(r), place)
	} else {
		a.line("%s %s, %s, %s", a.p("VMASKMOV"), a.v(r), a.v(rowMask), place)
	}
}

// raggedBytes leaves the bytes of whole vectors in n and those of the rest in R15.
func (a *amd64) raggedBytes() {
	a.line("SHLQ $%d, CX", bits.Len(uint(a.w.element()))-1)
	a.line("MOVQ CX, R15")
	a.line("ANDQ $%d, R15", a.bytes-1)
	a.line("SUBQ R15, CX")
}

// raggedMask is raggedBytes and makes the mask of the rest.
func (a *amd64) raggedMask() {
	a.raggedBytes()
	if a.bytes == 32 {
		a.beginTail("", "e", 0, false)
		a.line("%s (R13), %s", a.p("VMOVU"), a.v(rowMask))
		return
	}
	a.line("MOVQ R15, R13")
	a.line("SHRQ $%d, R13", bits.Len(uint(a.w.element()))-1)
	a.line("XORL AX, AX")
	a.line("BTSQ R13, AX")
	a.line("DECQ AX")
	a.line("KMOVW AX, K2")
}

// parts prints what is done with what is left of a row, R15 bytes: with each part of so many bytes that there is.
func (a *amd64) parts(part func(bytes int)) {
	for bytes := a.bytes / 2; bytes >= a.w.element(); bytes /= 2 {
		a.line("TESTQ $%d, R15", bytes)
		a.line("JEQ no%d", bytes)
		a.shown, a.part = max(bytes, 16), bytes
		part(bytes)
		a.shown, a.part = a.bytes, 0
		a.line("ADDQ $%d, R10", bytes)
		a.label(fmt.Sprintf("no%d", bytes))
	}
}

// movePart is the instruction that moves a part of so many bytes.
func (a *amd64) movePart(bytes int) string {
	switch bytes {
	case 4:
		return "VMOVSS"
	case 8:
		return "VMOVSD"
	}
	return a.p("VMOVU")
}

// rowLoop prints a loop over vectors: four in turn, then one, then the parts of one.
func (a *amd64) rowLoop(program rowProgram) {
	whole := func() {
		a.line("%s %s, %s", a.p("VMOVU"), a.element("x"), a.v(0))
		program.emit(a)
		a.canonical(0, 2, rowNaN)
		a.line("%s %s, %s", a.p("VMOVU"), a.v(0), a.element("dst"))
	}
	a.line("XORQ R10, R10")
	a.line("LEAQ %d(CX), R11", -rowSteps*a.bytes)
	a.line("CMPQ R10, R11")
	a.line("JGT one")
	a.label("steps")
	for i := range rowSteps {
		a.off = i * a.bytes
		whole()
	}
	a.off = 0
	a.line("ADDQ $%d, R10", rowSteps*a.bytes)
	a.line("CMPQ R10, R11")
	a.line("JLE steps")
	a.label("one")
	a.line("CMPQ R10, CX")
	a.line("JGE ragged")
	whole()
	a.line("ADDQ $%d, R10", a.bytes)
	a.line("JMP one")
	a.label("ragged")
	a.line("TESTQ R15, R15")
	a.line("JEQ end")
	a.parts(func(bytes int) {
		move := a.movePart(bytes)
		a.line("%s %s, %s", move, a.inArray("x"), a.v(0))
		for _, other := range program.others {
			a.line("%s %s, %s", move, a.inArray(string(other)), a.v(map[rune]reg{'y': rowY, 'q': rowQ}[other]))
		}
		program.emit(a)
		a.canonical(0, 2, rowNaN)
		a.line("%s %s, %s", move, a.v(0), a.inArray("dst"))
	})
	a.label("end")
}

// emitRow prints the kernel of a program:
//
//	func row<name>(dst, x, y, q *T, n int, p *T)
func emitRow(a *amd64, program rowProgram) {
	args := []string{"dst", "x", "y", "q", "n", "p"}
	a.enterProbing("row"+program.name+a.w.String(), args)
	for i, r := range []reg{1, 4, 5}[:program.numbers] {
		a.broadcast(r, at("p", i*a.w.element()))
	}
	a.zero(6)
	a.broadcastFrom(rowNaN, a.constant("nan"))
	a.raggedBytes()
	a.rowLoop(program)
	a.leaveProbed()
}

// emitRowsOuter prints the kernel of RowOuter for many rows, whose factors are q bytes apart:
//
//	func rowsOuter(dst, x, u *T, n, t, s, q int, p *T)
//
//	for i < t: for j < n: dst[j] = p[0]*(u[i]*x[j]+0) + dst[j];  dst += s bytes
func emitRowsOuter(a *amd64) {
	a.enterProbing("rowsOuter"+a.w.String(), []string{"dst", "x", "u", "n", "t", "s", "q", "p"})
	a.line("MOVQ R11, R14") // the stride: R11 is the loop's
	a.broadcast(1, at("p", 0))
	a.zero(6)
	a.broadcastFrom(rowNaN, a.constant("nan"))
	a.raggedBytes()
	a.label("rows")
	a.broadcast(4, at("u", 0))
	a.line("MOVQ DI, DX")
	a.rowLoop(rowProgram{others: "y", emit: emitOuter})
	a.line("ADDQ R14, DI")
	a.line("ADDQ R9, BX")
	a.countDown("t", "rows")
	a.leaveProbed()
}

// maxLoop prints a loop over vectors up to NaN in register 0 or the ragged end.
func (a *amd64) maxLoop() {
	a.line("XORQ R10, R10")
	a.line("SHLQ $%d, CX", bits.Len(uint(a.w.element()))-1)
	a.label("loop")
	a.line("LEAQ %d(R10), R11", a.bytes)
	a.line("CMPQ R11, CX")
	a.line("JGT end")
	a.line("%s %s, %s", a.p("VMOVU"), a.element("x"), a.v(0))
	if a.bytes == 64 {
		a.line("%s $3, %s, %s, K1", a.p("VCMP"), a.v(0), a.v(0))
		a.line("KORTESTW K1, K1")
	} else {
		a.line("%s $3, %s, %s, %s", a.p("VCMP"), a.v(0), a.v(0), a.v(2))
		a.line("VPTEST %s, %s", a.v(2), a.v(2))
	}
	a.line("JNE end")
	a.three("VMAX", 3, 3, a.v(0))
	a.line("MOVQ R11, R10")
	a.line("JMP loop")
	a.label("end")
	a.line("SHRQ $%d, R10", bits.Len(uint(a.w.element()))-1)
}

// emitRowMax prints the kernel that takes the maximum of each lane, on from those at dst:
//
//	func rowMax(dst, x *T, n int) (done int)
func emitRowMax(a *amd64) {
	a.prologue("rowMax"+a.w.String(), []string{"dst", "x", "n"}, 8, 0)
	a.load(3, at("dst", 0))
	a.maxLoop()
	a.store(at("dst", 0), 3)
	a.line("MOVQ R10, done+24(FP)")
	a.epilogue()
}

// rowConstants are the data of the kernels of rows.
func rowConstants(a *amd64) string {
	var text strings.Builder
	text.WriteString(a.constants())
	data := func(name string, words ...uint64) {
		for i, w := range words {
			fmt.Fprintf(&text, "DATA %s<>+%d(SB)/8, $0x%016x\n", name, 8*i, w)
		}
		fmt.Fprintf(&text, "GLOBL %s<>(SB), RODATA|NOPTR, $%d\n", name, 8*len(words))
	}
	data("nan64", 0x7ff8000000000000)
	data("nan32", 0x7fc000007fc00000)
	return text.String()
}

// A function of rows: its name, the rest of its declaration, what prints it, and how it is called.
type rowFunction struct {
	name, parameters string
	emit             func(a *amd64)
	call             string // what is passed on by the Go function that chooses
}

var rowFunctions = []rowFunction{
	{"rowsOuter", "(dst, x, u *T, n, t, s, q int, p *T)", emitRowsOuter, "(dst, x, u, n, t, s, q, p)"},
	{"columnChains", "(dst, x, y *T, n, k, s, q, u, p int)", emitColumnChains, "(dst, x, y, n, k, s, q, u, p)"},
	{"rowChains", "(dst, x, y *T, n, t, s, q, leaf, u, room int)", emitRowChains, "(dst, x, y, n, t, s, q, leaf, u, room)"},
	{"solveRows", "(dst, x, y, p *T, n, s, q, t, u, k int)", func(a *amd64) { emitTriangle(a, true) }, "(dst, x, y, p, n, s, q, t, u, k)"},
	{"multiplyRows", "(dst, x, y, p *T, n, s, q, t, u, k int)", func(a *amd64) { emitTriangle(a, false) }, "(dst, x, y, p, n, s, q, t, u, k)"},
}

// writeRows writes the kernels, their declarations and the choice among them.
func writeRows(out string) {
	folder := filepath.Join(out, "internal/kernel")
	var declarations strings.Builder
	choice := map[width]*strings.Builder{f64: {}, f32: {}}
	maxima := map[width]*strings.Builder{f64: {}, f32: {}}
	chains := map[width]*strings.Builder{f64: {}, f32: {}}
	elements := map[width]string{f64: "float64", f32: "float32"}
	for _, bytes := range []int{64, 32} {
		a := &amd64{bytes: bytes}
		for _, w := range []width{f64, f32} {
			a.setWidth(w)
			for _, p := range rowPrograms {
				emitRow(a, p)
				name := "row" + p.name + w.String() + a.suffix()
				fmt.Fprintf(&declarations, "\n//go:noescape\nfunc %s(dst, x, y, q *%s, n int, p *%s)\n", name, elements[w], elements[w])
				fmt.Fprintf(choice[w], "\t\tcase RowProgram(%s)<<4 + Row%s:\n\t\t\t%s((*%[4]s)(d), (*%[4]s)(u), (*%[4]s)(v), (*%[4]s)(w), n, (*%[4]s)(a))\n", a.suffix(), p.name, name, elements[w])
			}
			emitRowMax(a)
			name := "rowMax" + w.String() + a.suffix()
			fmt.Fprintf(&declarations, "\n//go:noescape\nfunc %s(dst, x *%s, n int) (done int)\n", name, elements[w])
			fmt.Fprintf(maxima[w], "\tcase active == %s:\n\t\treturn %s(lanes, unsafe.SliceData(x), len(x))\n", a.suffix(), name)
			emitRowChain(a)
			name = "rowChain" + w.String() + a.suffix()
			fmt.Fprintf(&declarations, "\n//go:noescape\nfunc %s(x, y *%s, n, q int) (ret %s)\n", name, elements[w], elements[w])
			fmt.Fprintf(chains[w], "\tcase active == %s:\n\t\treturn %s(x, y, n, step), true\n", a.suffix(), name)
			for _, f := range rowFunctions {
				f.emit(a)
				fmt.Fprintf(&declarations, "\n//go:noescape\nfunc %s%v%s%s\n", f.name, w, a.suffix(), strings.ReplaceAll(f.parameters, "*T", "*"+elements[w]))
			}
		}
		write(filepath.Join(folder, "rows_"+strings.ToLower(a.suffix())+"_amd64.s"), header+"\n"+rowConstants(a)+a.output())
	}
	text := goHeader("!purego", "kernel") + "\nimport \"unsafe\"\n"
	none := goHeader("purego || !amd64", "kernel")
	rows, some := "\nfunc rows[T Float](of RowProgram, n int, dst, x, y, z *T, p *RowNumbers[T]) {\n", "some(of, from(dst, n), from(x, n), from(y, n), from(z, n), p)\n"
	none += rows + "\t" + some + "}\n"
	text += rows + "\td, u, v, w, a := unsafe.Pointer(dst), unsafe.Pointer(x), unsafe.Pointer(y), unsafe.Pointer(z), unsafe.Pointer(p)\n"
	for _, w := range []width{f64, f32} {
		text += fmt.Sprintf("\tif %sIs64[T]() {\n\t\tswitch RowProgram(active)<<4 + of {\n%s\t\tdefault:\n\t\t\t%s\t\t}\n\t}\n", map[width]string{f32: "!"}[w], choice[w].String(), some)
	}
	text += "}\n"
	for _, w := range []width{f64, f32} {
		most := fmt.Sprintf("\nfunc rowsMax%v(lanes *%s, x []%s) int {", w, elements[w], elements[w])
		chain := fmt.Sprintf("\nfunc rowChain%v(x, y *%s, n, step int) (sum %s, ok bool) {", w, elements[w], elements[w])
		text += most + "\n\tswitch {\n" + maxima[w].String() + "\t}\n\treturn 0\n}\n" +
			chain + "\n\tswitch {\n" + chains[w].String() + "\t}\n\treturn 0, false\n}\n"
		none += most + " return 0 }\n" + chain + " return 0, false }\n"
		for _, f := range rowFunctions {
			head := fmt.Sprintf("\nfunc %s%v%s {", f.name, w, strings.ReplaceAll(f.parameters, "*T", "*"+elements[w]))
			text += fmt.Sprintf("%s\n\tif active == AVX512 {\n\t\t%s%vAVX512%s\n\t} else {\n\t\t%s%vAVX2%s\n\t}\n}\n", head, f.name, w, f.call, f.name, w, f.call)
			none += head + " panic(noKernel) }\n"
		}
	}
	write(filepath.Join(folder, "rows_amd64.go"), text+declarations.String())
	write(filepath.Join(folder, "rows_other.go"), none)
}
