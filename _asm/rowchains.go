package main

import (
	"fmt"
	"math/bits"
)

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
// one another out of L1; then by 16 bytes, then by terms.
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
