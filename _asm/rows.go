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

// emitColumnChains prints the kernel that continues chains side by side, over the rows of a matrix, for each
// of u rows of another:
//
//	func columnChains(dst, x, y *T, n, k, s, q, u, p int)
//
//	for h < u: for j < n: for i < k ascending: dst[h*n+j] = FMA(y[h*p+i*q], x[i*s+j], dst[h*n+j])      s, q, p in bytes
func emitColumnChains(a *amd64) {
	a.enterProbing("columnChains"+a.w.String(), []string{"dst", "x", "y", "n", "k", "s", "q", "u", "p"})
	a.raggedMask()
	a.line("MOVQ R14, R13") // the terms
	a.line("MOVQ CX, R14")  // whole vectors
	a.label("rows")
	chains := func(vectors int, ragged bool) {
		for i := range vectors {
			if place := fmt.Sprintf("%d(DI)", i*a.bytes); ragged {
				a.loadRagged(reg(i), place)
			} else {
				a.line("%s %s, %s", a.p("VMOVU"), place, a.v(reg(i)))
			}
		}
		a.line("MOVQ SI, R8")
		a.line("MOVQ DX, R10")
		a.line("MOVQ R13, R12")
		loop := fmt.Sprintf("terms%d%t", vectors, ragged)
		a.label(loop)
		a.broadcastFrom(rowSpare, "(R10)")
		for i := range vectors {
			place := fmt.Sprintf("%d(R8)", i*a.bytes)
			if ragged {
				a.loadRagged(rowY, place)
				place = a.v(rowY)
			}
			a.three("VFMADD231", reg(i), rowSpare, place)
		}
		a.line("ADDQ R11, R8")
		a.line("ADDQ R9, R10")
		a.countDown("t", loop)
		for i := range vectors {
			if place := fmt.Sprintf("%d(DI)", i*a.bytes); ragged {
				a.storeRagged(place, reg(i))
			} else {
				a.line("%s %s, %s", a.p("VMOVU"), a.v(reg(i)), place)
			}
		}
	}
	for _, vectors := range []int{8, 4, 2, 1} {
		size := vectors * a.bytes
		a.label(fmt.Sprintf("columns%d", vectors))
		a.line("CMPQ CX, $%d", size)
		a.line("JLT less%d", vectors)
		chains(vectors, false)
		a.line("ADDQ $%d, SI", size)
		a.line("ADDQ $%d, DI", size)
		a.line("SUBQ $%d, CX", size)
		a.line("JMP columns%d", vectors)
		a.label(fmt.Sprintf("less%d", vectors))
	}
	a.line("TESTQ R15, R15")
	a.line("JEQ end")
	chains(1, true)
	a.label("end")
	a.line("DECQ BX")
	a.line("JEQ done")
	a.line("ADDQ R15, DI")
	a.line("MOVQ R14, CX")
	a.line("ADDQ %s, DX", a.arg("p"))
	a.loadArg("x", "x")
	a.line("JMP rows")
	a.label("done")
	a.leaveProbed()
}

// emitRowChains prints the kernel of chains along rows, a chain for each leaf of so many terms, the last maybe short. Rows are s bytes apart, terms q,
// the size of one, or less by as much, and the sums of a leaf u from those of the leaf before:
//
//	func rowChains(dst, x, y *T, n, t, s, q, leaf, u, room int)
//
//	for i < t: for l < n/leaf: c = +0; for leaf*l <= k < leaf*(l+1) ascending: c = FMA(x[i*s+k*q], y[k*q], c); dst[l*u+i] = c
//
// Sixteen rows are done at a time, and what is left eight at a time. In room it keeps the number of terms that are left.
func emitRowChains(a *amd64) {
	a.enterProbingFor("rowChains"+a.w.String(), []string{"dst", "x", "y", "n", "t", "s", "q", "leaf", "u", "room"}, 0, "x", "t", "s", "q")
	a.line("CMPQ R12, $%d", manyRows)
	a.line("JLT rows")
	a.line("LEAQ (R11)(R11*2), R13")
	a.line("MOVQ SI, R15")
	a.label("many")
	a.beginRows()
	for i := range manyPointers[1:] {
		a.line("LEAQ (%s)(R11*4), %s", manyPointers[i], manyPointers[i+1])
	}
	a.label("manyLeaf")
	a.shown = 32
	a.nextLeaf()
	a.line("MOVQ CX, R10")
	for v := range a.manyVectors() {
		a.zero(reg(v))
	}
	a.line("TESTQ R9, R9")
	a.line("JLT down")
	a.manyTerms("up", 1)
	a.line("JMP store")
	a.label("down")
	a.manyTerms("down", -1)
	a.label("store")
	for v := range a.manyVectors() {
		a.line("VMOVUPS Y%d, %d(DI)", v, 32*v)
	}
	a.shown = a.bytes
	a.endLeaf("manyLeaf")
	a.line("ADDQ $%d, dst+0(FP)", manyRows*a.w.element())
	a.line("MOVQ R11, CX")
	a.line("SHLQ $4, CX")
	a.line("ADDQ CX, R15")
	a.line("MOVQ R15, SI")
	a.line("SUBQ $%d, R12", manyRows)
	a.line("JEQ end")
	a.line("CMPQ R12, $%d", manyRows)
	a.line("JGE many")
	a.eightRows()
	a.label("end")
	a.leaveProbed()
}

// beginRows begins with other rows.
func (a *amd64) beginRows() {
	a.loadArg("dst", "dst")
	a.loadArg("y", "y")
	a.loadArg("n", "n")
	a.line("MOVQ CX, %s", a.arg("room"))
}

// nextLeaf takes the terms of a leaf, whose number it leaves in CX, from those that are left.
func (a *amd64) nextLeaf() {
	a.line("MOVQ %s, CX", a.arg("room"))
	a.line("CMPQ CX, %s", a.arg("leaf"))
	a.line("CMOVQGT %s, CX", a.arg("leaf"))
	a.line("SUBQ CX, %s", a.arg("room"))
}

// endLeaf goes on to the next leaf if there is one.
func (a *amd64) endLeaf(next string) {
	a.line("ADDQ %s, DI", a.arg("u"))
	a.line("CMPQ %s, $0", a.arg("room"))
	a.line("JNE %s", next)
}

// Of many rows, each pointer is to four: the next are once, twice and three times s, which R13 holds, from it. Registers 0 to 3 hold chains of 32
// bytes of rows, 4 to 7 what is read of them, and 8 to 15 what that is transposed to, or numbers of y.
const manyRows = 16

var manyPointers = []string{"SI", "AX", "BX", "R8"}

func (a *amd64) manyVectors() int { return manyRows * a.w.element() / 32 }

// manyTerms goes along many rows, up or down: by lines of memory, each row's at once, as rows that are a power of two apart would drive
// one another out of the nearest cache; then by 16 bytes, then by terms.
func (a *amd64) manyTerms(name string, sign int) {
	element := a.w.element()
	move := func(by int) {
		for _, p := range append(manyPointers, "DX") {
			a.line("ADDQ $%d, %s", sign*by, p)
		}
	}
	count := func(of, mask int, next string) {
		a.line("MOVQ R10, CX")
		a.line("SHLQ $%d, CX", bits.Len(uint(element))-1)
		if mask > 0 {
			a.line("ANDQ $%d, CX", mask)
		}
		a.line("SHRQ $%d, CX", bits.Len(uint(of))-1)
		a.line("JEQ %s", next)
	}
	for i, of := range []int{line, 16} {
		label, next := fmt.Sprintf("%s%d", name, of), fmt.Sprintf("%sless%d", name, of)
		count(of, []int{0, line - 1}[i], next)
		a.label(label)
		held := a.w == f64
		for k := 0; held && k < of/element; k++ {
			a.broadcastFrom(reg(8+k), fmt.Sprintf("%d(DX)", sign*k*element))
		}
		for v := range a.manyVectors() {
			for off := 0; off < of; off += 16 {
				a.manyGroup(v, off, sign, held)
			}
		}
		move(of)
		a.countDown("n", label)
		a.label(next)
	}
	next := name + "done"
	count(element, 15, next)
	a.label(name + "term")
	a.broadcastFrom(8, "(DX)")
	for v := range a.manyVectors() {
		for part := range 2 {
			x := 4 + part
			for i := range 16 / element {
				place := a.manyRow(v, part, i, 0)
				switch {
				case i == 0:
					a.line("%s %s, X%d", a.movePart(element), place, x)
				case a.w == f64:
					a.line("VMOVHPD %s, X%d, X%d", place, x, x)
				default:
					a.line("VINSERTPS $%d, %s, X%d, X%d", 16*i, place, x, x)
				}
			}
		}
		a.line("VINSERTF128 $1, X5, Y4, Y4")
		a.fmadd(reg(v), 4, 8)
	}
	move(element)
	a.countDown("n", name+"term")
	a.label(next)
}

// manyGroup continues the chains of a vector by 16 bytes of each row.
func (a *amd64) manyGroup(v, off, sign int, held bool) {
	element := a.w.element()
	terms := 16 / element
	lowest := off
	if sign < 0 {
		lowest = element - 16 - off
	}
	for i := range terms {
		a.line("VMOVUPS %s, X%d", a.manyRow(v, 0, i, lowest), 4+i)
		a.line("VINSERTF128 $1, %s, Y%d, Y%d", a.manyRow(v, 1, i, lowest), 4+i, 4+i)
	}
	spare := reg(8)
	if held {
		spare = 6
	}
	columns := (across{a, a.w}).transpose(4, spare)
	for i := range terms {
		k, column := off/element+i, columns[i]
		if sign < 0 {
			column = columns[terms-1-i]
		}
		y := reg(8 + k)
		if !held {
			y = 12
			a.broadcastFrom(y, fmt.Sprintf("%d(DX)", sign*k*element))
		}
		a.fmadd(reg(v), column, y)
	}
}

// manyRow is the place of a row of those whose chains are in a vector: of the i-th in the lower or the upper part.
func (a *amd64) manyRow(v, part, i, off int) string {
	row := v*32/a.w.element() + part*16/a.w.element() + i
	p := manyPointers[row/4]
	return []string{fmt.Sprintf("%d(%s)", off, p), fmt.Sprintf("%d(%s)(R11*1)", off, p), fmt.Sprintf("%d(%s)(R11*2)", off, p), fmt.Sprintf("%d(%s)(R13*1)", off, p)}[row%4]
}

// eightRows prints the loop over eight rows at a time. Where there are less, the last takes the place of others.
func (a *amd64) eightRows() {
	suffix, element := "SD", a.w.element()
	if a.w == f32 {
		suffix = "SS"
	}
	rows := []string{"SI", "AX", "BX", "R8", "R13", "R14", "R15", "R11"}
	last := len(rows) - 1
	a.label("rows")
	a.beginRows()
	a.loadArg("s", "s") // R11, until that is a row
	for i, row := range rows[1:] {
		a.line("LEAQ (%s)(R11*1), %s", rows[i], row)
		a.line("CMPQ R12, $%d", i+1)
		a.line("CMOVQLE %s, %s", rows[i], row)
	}
	a.line("XORQ R10, R10")
	a.label("leaf")
	for i := range rows {
		a.line("VXORPS X%d, X%d, X%d", i, i, i)
	}
	a.nextLeaf()
	a.label("terms")
	a.line("VMOV%s (DX)(R10*1), X8", suffix)
	for i, row := range rows {
		a.line("VFMADD231%s (%s)(R10*1), X8, X%d", suffix, row, i)
	}
	a.line("ADDQ R9, R10")
	a.countDown("n", "terms")
	for i := range rows {
		a.line("VMOV%s X%d, %d(DI)", suffix, i, i*element)
		if i < last {
			a.line("CMPQ R12, $%d", i+1)
			a.line("JEQ stored")
		}
	}
	a.label("stored")
	a.endLeaf("leaf")
	a.line("SUBQ $%d, R12", len(rows))
	a.line("JLE end")
	a.loadArg("s", "s")
	a.line("LEAQ (SI)(R11*8), SI")
	a.line("ADDQ $%d, dst+0(FP)", len(rows)*element)
	a.line("JMP rows")
}

// triangleRows is kernel.TriangleRows.
const triangleRows = 16

// emitTriangle prints the kernel that solves or multiplies with the triangle of n rows of a matrix, one row after the other:
//
//	func solveRows, multiplyRows(dst, x, y, p *T, n, s, q, t, u, k int)
//
//	solve:    for r = 0, ..., n-1:  c = y[r]; for i < r ascending:  c = FMA(x[r*s+i*q], dst[i*t], c); c = c joined with nodes
//	          v = dst[r*t] - (c + 0); dst[r*t] = v / x[r*(s+q)], or v where k is 1
//	multiply: for r = n-1, ..., 0:  c = y[r]; for i <= r ascending: likewise, the factor x[r*(s+q)] being 1 where k is
//	          dst[r*t] = c + 0
//
// s, q and t are in bytes. Of u nodes p[r] is the last, and others are before it, triangleRows numbers from one to the next: c = node + c, from the last on.
func emitTriangle(a *amd64, solve bool) {
	name, suffix, element := "multiplyRows", "SD", a.w.element()
	if solve {
		name = "solveRows"
	}
	if a.w == f32 {
		suffix = "SS"
	}
	args := []string{"dst", "x", "y", "p", "n", "s", "q", "t", "u", "k"}
	a.enterProbingFor(name+a.w.String(), args, 0, "dst", "x", "y", "p", "s", "q", "t", "u", "k")
	a.line("VXORPS X5, X5, X5")
	if solve {
		a.line("XORQ R10, R10")
	} else {
		a.line("MOVQ %s, R10", a.arg("n"))
		a.line("DECQ R10")
		a.line("MOVQ R10, AX")
		a.line("IMULQ R11, AX")
		a.line("ADDQ AX, SI")
	}
	a.label("row")
	a.line("VMOV%s (DX)(R10*%d), X0", suffix, element)
	a.line("MOVQ SI, AX")
	a.line("MOVQ DI, R15")
	a.line("MOVQ R10, CX")
	a.ifZero("n", "chained")
	if solve { // what was solved last is still on its way to memory
		a.countOut("n", "last")
	}
	a.label("term")
	a.line("VMOV%s (AX), X1", suffix)
	a.line("VFMADD231%s (R15), X1, X0", suffix)
	a.line("ADDQ R9, AX")
	a.line("ADDQ R12, R15")
	a.countDown("n", "term")
	if solve {
		a.label("last")
		a.line("VFMADD231%s (AX), X2, X0", suffix)
		a.line("ADDQ R9, AX")
		a.line("ADDQ R12, R15")
	}
	a.label("chained")
	if !solve {
		a.ifNotZero("k", "unit")
		a.line("VMOV%s (AX), X1", suffix)
		a.line("VFMADD231%s (R15), X1, X0", suffix)
		a.line("JMP diagonal")
		a.label("unit")
		a.line("VADD%s (R15), X0, X0", suffix)
		a.label("diagonal")
	}
	a.line("MOVQ BX, CX")
	a.ifZero("n", "joined")
	a.line("LEAQ (R8)(R10*%d), R13", element)
	a.label("node")
	a.line("VADD%s (R13), X0, X0", suffix)
	a.line("SUBQ $%d, R13", triangleRows*element)
	a.countDown("n", "node")
	a.label("joined")
	a.line("VADD%s X5, X0, X0", suffix)
	if solve {
		a.line("VMOV%s (R15), X1", suffix)
		a.line("VSUB%s X0, X1, X0", suffix)
		a.ifNotZero("k", "divided")
		a.line("VDIV%s (AX), X0, X0", suffix)
		a.label("divided")
	}
	a.line("VUCOMI%s X0, X0", suffix)
	a.line("JPS nan")
	a.label("finish")
	a.line("VMOV%s X0, (R15)", suffix)
	if solve {
		a.line("VMOVAPS X0, X2")
		a.line("ADDQ R11, SI")
		a.line("INCQ R10")
		a.line("CMPQ R10, %s", a.arg("n"))
		a.line("JLT row")
	} else {
		a.line("SUBQ R11, SI")
		a.line("DECQ R10")
		a.line("JGE row")
	}
	a.line("JMP end")
	a.label("nan")
	a.line("VMOV%s %s, X0", suffix, a.constant("nan"))
	a.line("JMP finish")
	a.label("end")
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
		text += fmt.Sprintf("\tif Is64[T]() == %t {\n\t\tswitch RowProgram(active)<<4 + of {\n%s\t\tdefault:\n\t\t\t%s\t\t}\n\t}\n", w == f64, choice[w].String(), some)
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
