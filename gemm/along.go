package gemm

import (
	"github.com/samebits/samebits/internal/kernel"
)

// A row by columns that lie in a matrix one after the other goes along a few of them at a time, as memory does
// (kernel.Along). The last leaves of a tile, if any, are summed in the other way, and joined to it (kernel.Join).
// Where the leaves of a column are a whole tree, they may be summed in sets instead: see sets.go.

// wholeLeaves returns how many leaves of so many terms the program begins with, if at most one comes after them.
func (p program) wholeLeaves(terms int) int {
	n := 0
	for n < len(p.words) && int(uint32(p.words[n])) == terms {
		n++
	}
	if len(p.words) > n+1 {
		return 0
	}
	return n
}

// alongLeaves returns how many leaves of each column kernel.Along is to evaluate: 0 if they are too few, or not
// those of the kernel.
func (t *tiles[S, T]) alongLeaves() int {
	each := kernel.AlongLeaves[S]()
	if each == 0 {
		return 0
	}
	return t.program.wholeLeaves(kernel.AlongLeaf) / each * each
}

// summed is the elements of the sums of leaves of a tile that kernel.Along does not join.
func (t *tiles[S, T]) summed() int {
	if t.along == 0 {
		return 0
	}
	return (len(t.program.words) - t.along) * t.tile.Cols
}

// matrixBytes is those of the matrix of the columns.
func (t *tiles[S, T]) matrixBytes() int { return t.n * t.k * sizeOf[S]() }

// far tells whether that matrix is too large for L3.
func (t *tiles[S, T]) far() bool { return kernel.AlongFar(t.matrixBytes()) }

// alongTile evaluates the p-th tile.
func (t *tiles[S, T]) alongTile(p int, s taskScratch[S]) {
	b, words := t.factors(p, 0, t.k, nil), t.program.words
	stack := s.own[:(t.plan.own+t.plan.hot)*t.tile.Cols] // the hot one comes after it
	kernel.Along(stack, s.rows[t.k:], b.Data, b.Stride, words[:t.along], t.far())
	if t.along == len(words) {
		return
	}
	depth, cols, lo := 0, t.tile.Cols, t.along*kernel.AlongLeaf
	for _, w := range words[:t.along] {
		depth += 1 - int(w>>32)
	}
	for i, w := range words[t.along:] {
		n := int(uint32(w))
		for j := 0; j < cols; j += kernel.AcrossColumns {
			leaf := kernel.Stack[S]{Own: s.sums[i*cols+j:][:kernel.AcrossColumns]}
			f := kernel.Factors[S]{Data: b.Data[j*b.Stride+lo:], Stride: b.Stride, Across: true}
			kernel.Micro(kernel.AcrossTile, leaf, s.rows[lo:lo+n], f, []uint64{kernel.Leaf(n, 0)})
		}
		lo += n
	}
	kernel.Join(kernel.Stack[S]{Own: stack, Depth: depth}, s.sums, words[t.along:])
}
