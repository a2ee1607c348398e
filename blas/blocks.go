package blas

import (
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
)

// A dense triangle is done sixteen rows at a time, all by what is before them, and then by each other. The terms of a
// row are those of whole leaves, which are some full nodes of the growing tree (reduce.Tree.Cover), and of a last, short
// leaf, whose chain each of the sixteen rows continues over rows before it. Rows are counted from the tip.

// blockRows is the number of rows of a block.
const blockRows = kernel.TriangleRows

// inBlocks tells whether n rows can be done so: leaves are to be chains, and to end where blocks do.
func (r routines[T]) inBlocks(n int) bool {
	if !kernel.HasRows() || !r.isChain(1) {
		return false
	}
	leaf := r.leaf(n)
	return leaf%blockRows == 0 || leaf >= n
}

// block is sixteen rows of op(A), from row first on, or those that there are. Element (i, k) of op(A) is
// a[tip + i*row + k*column], and element i of x is x[start + i*step].
type block[T kernel.Float] struct {
	a                []T
	tip, row, column int
	x                []T
	start, step      int

	first, rows int
	triangle    kernel.Triangle[T] // with the chains of their last leaves and the nodes before them, the leftmost first
}

// blocks solves or multiplies with the triangle A, of which op(A) is reversed if its tip is the last row. x lies apart from it.
func (r routines[T]) blocks(a []T, ld int, reversed, trans, unit bool, x []T, solve bool) {
	n := len(x)
	b := &block[T]{a: a, x: x, step: 1}
	b.triangle.Unit = unit
	b.tip, b.row, b.column = strides(n, ld, reversed, trans)
	if reversed {
		b.start, b.step = n-1, -1
	}
	b.triangle.Row, b.triangle.Column, b.triangle.Step = b.row, b.column, b.step
	leaf := r.leaf(n)
	deep := bits.Len(uint((n - 1) / leaf))     // of the nodes before the last row
	if !trans && deep == 0 || n <= blockRows { // no nodes, or one block
		b.each(leaf, nil, nil, solve)
		return
	}
	size := deep*blockRows + rowRoom(leaf, blockRows, n)
	if trans {
		size = deep*blockRows + n*(1+deep)
	}
	scratch := take[T](size)
	if trans {
		b.sweep(leaf, (*scratch)[:deep*blockRows], (*scratch)[deep*blockRows:], solve)
	} else {
		b.each(leaf, (*scratch)[:deep*blockRows], (*scratch)[deep*blockRows:], solve)
	}
	give(scratch)
}

// each goes from block to block.
func (b *block[T]) each(leaf int, nodes, room []T, solve bool) {
	n := len(b.x)
	if solve {
		for ; b.first < n; b.first += blockRows {
			b.along(leaf, nodes, room)
			b.solve()
		}
		return
	}
	for b.first = (n - 1) / blockRows * blockRows; b.first >= 0; b.first -= blockRows {
		b.along(leaf, nodes, room) // the rows that are left to do read no element that is done
		b.multiply()
	}
}

// along evaluates the nodes and the short leaf of the rows from the terms before the first.
func (b *block[T]) along(leaf int, nodes, room []T) {
	b.rows = min(blockRows, len(b.x)-b.first)
	clear(b.triangle.Short[:])
	b.triangle.Nodes = nil
	if b.first == 0 {
		return
	}
	at, lo, down := b.tip+b.first*b.row, 0, b.step < 0
	for left := b.first / leaf; left > 0; {
		terms := leaf << (bits.Len(uint(left)) - 1)
		copy(nodes[len(b.triangle.Nodes):], rowNode(leaf, true, down, room, b.rows, &b.a[at+lo*b.column], b.row, &b.x[b.start+lo*b.step], terms))
		b.triangle.Nodes = nodes[:len(b.triangle.Nodes)+blockRows]
		lo += terms
		left -= terms / leaf
	}
	if lo < b.first {
		kernel.RowChains(leaf, b.triangle.Short[:], b.rows, &b.a[at+lo*b.column], b.row, &b.x[b.start+lo*b.step], b.first-lo, down)
	}
}

// sweep solves or multiplies where the rows of A are the columns of op(A): sixteen of them continue the chains of all elements of
// x that are left to do. See lower.sweep.
func (b *block[T]) sweep(leaf int, nodes, scratch []T, solve bool) {
	n := len(b.x)
	chains := scratch[:n]
	clear(chains)
	stack := nodeStack[T]{n: n, data: scratch[n:]}
	for ; ; b.first += blockRows {
		b.rows = min(blockRows, n-b.first)
		b.triangle.Nodes = nodes[:stack.depth*blockRows]
		var factors [blockRows]T
		for r := range b.rows {
			at := b.start + (b.first+r)*b.step
			b.triangle.Short[r], factors[r] = chains[at], b.x[at]
			for k := range stack.depth {
				b.triangle.Nodes[k*blockRows+r] = stack.data[k*n+at]
			}
		}
		if solve {
			b.solve()
		} else {
			b.multiply()
		}
		end := b.first + b.rows
		if end == n {
			return
		}
		if solve {
			for r := range factors {
				factors[r] = b.x[b.start+(b.first+r)*b.step]
			}
		}
		from := min(b.start+end*b.step, b.start+(n-1)*b.step)
		left := chains[from:][:n-end]
		origin := b.tip + b.first*b.column - b.start + from
		c := &kernel.Columns[T]{Left: &factors[0], Step: 1, Right: &b.a[origin], Stride: b.column, N: len(left), K: blockRows}
		c.Continue(left)
		if end%leaf == 0 {
			stack.push(end/leaf, from, left)
			clear(left)
		}
	}
}

// solve sets the elements of x, the chains being continued over the rows of the block: lower.solve.
func (b *block[T]) solve() {
	b.place()
	b.triangle.Solve()
}

// multiply sets the elements of x likewise: lower.multiply.
func (b *block[T]) multiply() {
	b.place()
	b.triangle.Multiply()
}

// place says where the rows are.
func (b *block[T]) place() {
	b.triangle.A, b.triangle.X = &b.a[b.tip+b.first*(b.row+b.column)], &b.x[b.start+b.first*b.step]
	b.triangle.Rows = b.rows
}
