package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// The kernels of rows: softmax and norms do these to each element, every operation
// rounded once. They stop ahead of a vector with a NaN among its results, which others
// make canonical, and of the ragged end.

// rowProgram is a function of an element x, numbers a, b and c that all share, and two other
// elements y and q. emit leaves it in register 0, where x is; registers 1, 4 and 5 hold the numbers, as many
// as are used, and register 6 zeros. Registers 2, 3 and 7 are free.
type rowProgram struct {
	name    string
	numbers int
	emit    func(a *amd64)
}

var rowPrograms = []rowProgram{
	{"Less", 1, func(a *amd64) { a.sub(0, 0, 1) }},
	{"Plus", 0, func(a *amd64) { a.three("VADD", 0, 0, a.element("y")) }},
	{"Over", 1, func(a *amd64) { a.div(0, 0, 1) }},
	{"OverTimes", 1, func(a *amd64) {
		a.div(0, 0, 1)
		a.three("VMUL", 0, 0, a.element("y"))
	}},
	{"OverTimesPlus", 1, func(a *amd64) {
		a.div(0, 0, 1)
		a.three("VMUL", 0, 0, a.element("y"))
		a.three("VADD", 0, 0, a.element("q"))
	}},
	{"Times", 1, func(a *amd64) { a.mul(0, 0, 1) }},
	{"TimesPlus", 1, func(a *amd64) {
		a.mul(0, 0, 1)
		a.three("VADD", 0, 0, a.element("y"))
	}},
	{"Fused", 1, func(a *amd64) { a.three("VFMADD213", 0, 1, a.element("y")) }},
	{"Mix", 2, func(a *amd64) {
		a.mul(0, 0, 1)
		a.three("VMUL", 3, 4, a.element("y"))
		a.add(0, 0, 3)
	}},
	{"Finish", 2, func(a *amd64) {
		a.add(0, 0, 6)
		a.mul(0, 0, 1)
		a.three("VMUL", 3, 4, a.element("y"))
		a.add(0, 0, 3)
	}},
	{"Outer", 2, func(a *amd64) {
		a.mul(0, 0, 4)
		a.add(0, 0, 6)
		a.mul(0, 0, 1)
		a.three("VADD", 0, 0, a.element("y"))
	}},
	{"OuterTwo", 3, func(a *amd64) {
		a.mul(0, 0, 4)
		a.add(0, 0, 6)
		a.three("VFMADD231", 0, 5, a.element("q"))
		a.add(0, 0, 6)
		a.mul(0, 0, 1)
		a.three("VADD", 0, 0, a.element("y"))
	}},
}

func (a *amd64) div(d, x, y reg) { a.three("VDIV", d, x, a.v(y)) }

// element is the vector at the index in the array at a pointer.
func (a *amd64) element(pointer string) string {
	return fmt.Sprintf("(%s)(R10*%d)", amd64Scalar(pointer), a.w.element())
}

// rowLoop prints a loop over vectors, of whose elements body takes care. It ends at NaN
// in register 0.
func (a *amd64) rowLoop(body, store func()) {
	a.line("XORQ R10, R10")
	a.label("loop")
	a.line("LEAQ %d(R10), R11", a.bytes/a.w.lane())
	a.line("CMPQ R11, CX")
	a.line("JGT end")
	a.line("%s %s, %s", a.p("VMOVU"), a.element("x"), a.v(0))
	body()
	if a.bytes == 64 {
		a.line("%s $3, %s, %s, K1", a.p("VCMP"), a.v(0), a.v(0))
		a.line("KORTESTW K1, K1")
	} else {
		a.line("%s $3, %s, %s, %s", a.p("VCMP"), a.v(0), a.v(0), a.v(2))
		a.line("VPTEST %s, %s", a.v(2), a.v(2))
	}
	a.line("JNE end")
	store()
	a.line("MOVQ R11, R10")
	a.line("JMP loop")
	a.label("end")
}

// emitRow prints the kernel of a program:
//
//	func row<name>(dst, x, y, q *T, n int, p *T) (done int)
func emitRow(a *amd64, program rowProgram) {
	a.prologue("row"+program.name+a.w.String(), []string{"dst", "x", "y", "q", "n", "p"}, 8, 0)
	for i, r := range []reg{1, 4, 5}[:program.numbers] {
		a.broadcast(r, at("p", i*a.w.element()))
	}
	a.zero(6)
	a.rowLoop(func() { program.emit(a) }, func() {
		a.line("%s %s, %s", a.p("VMOVU"), a.v(0), a.element("dst"))
	})
	a.line("MOVQ R10, done+48(FP)")
	a.epilogue()
}

// emitRowMax prints the kernel that takes the maximum of each lane, on from those at dst:
//
//	func rowMax(dst, x *T, n int) (done int)
func emitRowMax(a *amd64) {
	a.prologue("rowMax"+a.w.String(), []string{"dst", "x", "n"}, 8, 0)
	a.load(3, at("dst", 0))
	a.rowLoop(func() {}, func() { a.three("VMAX", 3, 3, a.v(0)) })
	a.store(at("dst", 0), 3)
	a.line("MOVQ R10, done+24(FP)")
	a.epilogue()
}

// emitRowChain prints the kernel of a single chain, whose terms are step bytes apart:
//
//	func rowChain(x, y *T, n, q int) (sum T)
func emitRowChain(a *amd64) {
	args := []string{"x", "y", "n", "q"}
	a.enterUnread("rowChain"+a.w.String(), args, a.w.element(), 0)
	for _, arg := range args {
		a.loadArg(arg, arg)
	}
	move, fused, x := "VMOVSD", "VFMADD231SD", amd64Scalar("x")
	if a.w == f32 {
		move, fused = "VMOVSS", "VFMADD231SS"
	}
	a.line("VXORPS X1, X1, X1")
	a.line("XORQ R10, R10")
	a.ifZero("n", "end")
	a.label("loop")
	a.line("%s (%s)(R10*1), X0", move, x)
	a.line("%s (%s)(R10*1), X0, X1", fused, amd64Scalar("y"))
	a.line("ADDQ R9, R10")
	a.countDown("n", "loop")
	a.label("end")
	a.modeRead()
	a.result("ret", 32, 1)
	a.leave()
}

// writeRows writes the kernels, their declarations and the choice among them.
func writeRows(out string) {
	folder := filepath.Join(out, "internal/kernel")
	var declarations strings.Builder
	choice := map[width]*strings.Builder{f64: {}, f32: {}}
	maxima := map[width]*strings.Builder{f64: {}, f32: {}}
	chains := map[width]*strings.Builder{f64: {}, f32: {}}
	for _, bytes := range []int{64, 32} {
		a := &amd64{bytes: bytes}
		for _, w := range []width{f64, f32} {
			a.setWidth(w)
			elements := map[width]string{f64: "float64", f32: "float32"}[w]
			for _, p := range rowPrograms {
				emitRow(a, p)
				name := "row" + p.name + w.String() + a.suffix()
				fmt.Fprintf(&declarations, "\n//go:noescape\nfunc %s(dst, x, y, q *%s, n int, p *%s) (done int)\n", name, elements, elements)
				fmt.Fprintf(choice[w], "\tcase active == %s && of == Row%s:\n\t\treturn %s(d, p, q, r, n, a)\n", a.suffix(), p.name, name)
			}
			emitRowMax(a)
			name := "rowMax" + w.String() + a.suffix()
			fmt.Fprintf(&declarations, "\n//go:noescape\nfunc %s(dst, x *%s, n int) (done int)\n", name, elements)
			fmt.Fprintf(maxima[w], "\tcase active == %s:\n\t\treturn %s(lanes, unsafe.SliceData(x), len(x))\n", a.suffix(), name)
			emitRowChain(a)
			name = "rowChain" + w.String() + a.suffix()
			fmt.Fprintf(&declarations, "\n//go:noescape\nfunc %s(x, y *%s, n, q int) (ret %s)\n", name, elements, elements)
			fmt.Fprintf(chains[w], "\tcase active == %s:\n\t\treturn %s(x, y, n, step), true\n", a.suffix(), name)
		}
		write(filepath.Join(folder, "rows_"+strings.ToLower(a.suffix())+"_amd64.s"), header+"\n"+a.output())
	}
	text := goHeader("!purego", "kernel") + "\nimport \"unsafe\"\n"
	none := goHeader("purego || !amd64", "kernel")
	for _, w := range []width{f64, f32} {
		elements := map[width]string{f64: "float64", f32: "float32"}[w]
		rows := fmt.Sprintf("\nfunc rows%v(of RowProgram, dst, x, y, z []%s, a *%s) int {", w, elements, elements)
		most := fmt.Sprintf("\nfunc rowsMax%v(lanes *%s, x []%s) int {", w, elements, elements)
		chain := fmt.Sprintf("\nfunc rowChain%v(x, y *%s, n, step int) (sum %s, ok bool) {", w, elements, elements)
		text += rows + "\n\td, p, q, r, n := unsafe.SliceData(dst), unsafe.SliceData(x), unsafe.SliceData(y), unsafe.SliceData(z), len(x)\n\tswitch {\n" +
			choice[w].String() + "\t}\n\treturn 0\n}\n" + most + "\n\tswitch {\n" + maxima[w].String() + "\t}\n\treturn 0\n}\n" +
			chain + "\n\tswitch {\n" + chains[w].String() + "\t}\n\treturn 0, false\n}\n"
		none += rows + " return 0 }\n" + most + " return 0 }\n" + chain + " return 0, false }\n"
	}
	write(filepath.Join(folder, "rows_amd64.go"), text+declarations.String())
	write(filepath.Join(folder, "rows_other.go"), none)
}
