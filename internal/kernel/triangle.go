package kernel

import "unsafe"

// TriangleRows is the number of rows of a Triangle, at most.
const TriangleRows = 16

// Triangle is the lower triangle of some rows of a matrix, and x, which it is multiplied with. Element (r, i) is A[r*Row+i*Column],
// and element r of x is X[r*Step]. The sums of rows begin with those of Short, and end with nodes, as many as Depth.
type Triangle[T Float] struct {
	A           *T
	Row, Column int
	X           *T
	Step        int
	Rows        int // at least one
	Unit        bool
	Short       [TriangleRows]T
	Nodes       []T // TriangleRows of them a node, of which those of the rows are used
}

// Solve sets the elements of x, in ascending order:
//
//	s = Short[r]; for i < r ascending: s = FMA(A[r,i], x[i], s);  for nodes from the last on: s = node[r] + s
//	v = x[r] - (s + 0);  x[r] = v / A[r,r], or v if Unit is set
//
// A NaN is the canonical one. The caller sees to the lengths.
func (t *Triangle[T]) Solve() {
	if HasRows() {
		t.inRows(true)
		return
	}
	for r := range t.Rows {
		at := After(t.X, r*t.Step)
		v := *at - (t.sum(r, t.chain(r, r)) + 0)
		if !t.Unit {
			v /= *After(t.A, r*(t.Row+t.Column))
		}
		*at = Canonical(v)
	}
}

// Multiply sets the elements of x, in descending order:
//
//	s = Short[r]; for i <= r ascending: s = FMA(A[r,i], x[i], s), A[r,r] being 1 if Unit is set;  for nodes from the last on: s = node[r] + s
//	x[r] = s + 0
//
// A NaN is the canonical one. The caller sees to the lengths.
func (t *Triangle[T]) Multiply() {
	if HasRows() {
		t.inRows(false)
		return
	}
	for r := t.Rows - 1; r >= 0; r-- {
		at := After(t.X, r*t.Step)
		var v T
		if t.Unit {
			v = t.chain(r, r) + *at
		} else {
			v = t.chain(r, r+1)
		}
		*at = Canonical(t.sum(r, v) + 0)
	}
}

// inRows is Solve, or else Multiply, by kernels. They take distances in bytes, and the last node and how many there are.
func (t *Triangle[T]) inRows(solve bool) {
	size, unit := int(unsafe.Sizeof(*t.X)), 0
	if t.Unit {
		unit = 1
	}
	var node *T
	if n := len(t.Nodes); n > 0 {
		node = &t.Nodes[n-TriangleRows]
	}
	x, a, s, p := unsafe.Pointer(t.X), unsafe.Pointer(t.A), unsafe.Pointer(&t.Short), unsafe.Pointer(node)
	rows, row, column, step, depth := t.Rows, size*t.Row, size*t.Column, size*t.Step, len(t.Nodes)/TriangleRows
	switch is64 := Is64[T](); {
	case is64 && solve:
		solveRowsF64((*float64)(x), (*float64)(a), (*float64)(s), (*float64)(p), rows, row, column, step, depth, unit)
	case is64:
		multiplyRowsF64((*float64)(x), (*float64)(a), (*float64)(s), (*float64)(p), rows, row, column, step, depth, unit)
	case solve:
		solveRowsF32((*float32)(x), (*float32)(a), (*float32)(s), (*float32)(p), rows, row, column, step, depth, unit)
	default:
		multiplyRowsF32((*float32)(x), (*float32)(a), (*float32)(s), (*float32)(p), rows, row, column, step, depth, unit)
	}
}

// chain is the chain of a row over so many columns.
func (t *Triangle[T]) chain(r, columns int) T {
	s := t.Short[r]
	for i := range columns {
		s = FMA(*After(t.A, r*t.Row+i*t.Column), *After(t.X, i*t.Step), s)
	}
	return s
}

// sum joins the nodes of a row with what follows them.
func (t *Triangle[T]) sum(r int, v T) T {
	for k := len(t.Nodes) - TriangleRows + r; k >= 0; k -= TriangleRows {
		v = t.Nodes[k] + v
	}
	return v
}
