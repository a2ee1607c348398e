package gemm

import "github.com/samebits/samebits/internal/kernel"

// A row by columns that lie in a matrix one after the other goes along them, as memory does: leaves of a column
// are summed side by side (kernel.Along), then the columns of a tile are (kernel.Join).

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

// alongLeaves returns how many leaves of each column are to be summed side by side: 0 if they are too few, or not
// those of the kernel.
func (t *tiles[S, T]) alongLeaves() int {
	n, each := t.program.wholeLeaves(kernel.AlongLeaf), kernel.AlongLeaves[S]()
	if each == 0 || n < each {
		return 0
	}
	return n
}

// arranged is the elements of a row that is packed a second time, as kernel.Along takes it.
func (t *tiles[S, T]) arranged() int {
	if t.along == 0 {
		return 0
	}
	return kernel.AlongBlocks[S](t.along) * kernel.AlongLeaves[S]() * kernel.AlongLeaf
}

// summed is the elements of the sums of all leaves of a tile.
func (t *tiles[S, T]) summed() int {
	if t.along == 0 {
		return 0
	}
	return len(t.program.words) * t.tile.Cols
}

// alongTile evaluates the p-th tile.
func (t *tiles[S, T]) alongTile(p int, s taskScratch[S]) {
	cols, terms := t.tile.Cols, t.along*kernel.AlongLeaf
	sums := s.sums
	b := t.factors(p, 0, t.k, nil)
	kernel.Along(sums[:t.along*cols], s.rows[t.k:], b.Data, b.Stride)
	if rest := t.k - terms; rest > 0 {
		for j := 0; j < cols; j += kernel.AcrossColumns {
			last := kernel.Stack[S]{Own: sums[t.along*cols+j:], Hot: s.hot}
			f := kernel.Factors[S]{Data: b.Data[j*b.Stride+terms:], Stride: b.Stride, Across: true}
			kernel.Micro(kernel.AcrossTile, last, s.rows[terms:t.k], f, []uint64{kernel.Leaf(rest, 0)})
		}
	}
	kernel.Join(kernel.Stack[S]{Own: s.own, Hot: s.hot}, sums, t.program.words)
}
