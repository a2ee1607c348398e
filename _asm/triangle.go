package main

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
	a.joinTriangle(suffix)
	if solve {
		a.line("VMOV%s (R15), X1", suffix)
		a.line("VSUB%s X0, X1, X0", suffix)
		a.ifNotZero("k", "divided")
		a.line("VDIV%s (AX), X0, X0", suffix)
		a.label("divided")
	}
	a.endTriangle(solve, suffix)
	a.leaveProbed()
}

// joinTriangle joins the chain in X0 with the nodes of its row.
func (a *amd64) joinTriangle(suffix string) {
	a.line("MOVQ BX, CX")
	a.ifZero("n", "joined")
	a.line("LEAQ (R8)(R10*%d), R13", a.w.element())
	a.label("node")
	a.line("VADD%s (R13), X0, X0", suffix)
	a.line("SUBQ $%d, R13", triangleRows*a.w.element())
	a.countDown("n", "node")
	a.label("joined")
	a.line("VADD%s X5, X0, X0", suffix)
}

// endTriangle stores the element in X0, and goes on to the next row if there is one.
func (a *amd64) endTriangle(solve bool, suffix string) {
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
}
