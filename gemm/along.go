package gemm

import (
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
)

// A row by columns that lie in a matrix one after the other goes along a few of them at a time, as memory does
// (kernel.Along). The last leaves of a tile, if any, are summed in the other way, and joined to it (kernel.Join).
// Where the leaves of a column are a whole tree, they may be summed in sets, column after column (kernel.LeafSums) or, from
// memory, as several interleaved streams (kernel.LeafPlaces).

// setSums is the bytes of the sums of sets that one goroutine joins at a time, at most: from L2 they come soon enough, and each
// time that the columns wait for what comes between costs as much as the sums of some.
const setSums = 1 << 15

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

// alongSets returns how many sets of kernel.LeafSums the leaves of each column are: 0 unless they are those of one tree whose halves are
// alike, of which a set is a node. Their program is left in t.setWords.
func (t *tiles[S, T]) alongSets() int {
	words, lanes := t.program.words, kernel.LeafLanes[S]()
	if n := len(words); lanes == 0 || n < lanes || n&(n-1) != 0 {
		return 0
	}
	for i, w := range words {
		if w != kernel.Leaf(kernel.AlongLeaf, bits.TrailingZeros(uint(i+1))) {
			return 0
		}
	}
	sets := grow(&t.setWords, len(words)/lanes)
	for i := range sets {
		sets[i] = kernel.Leaf(0, bits.TrailingZeros(uint(i+1)))
	}
	return len(sets)
}

// setTiles is how many AlongTiles are one tile of columns that are summed in sets.
func (t *tiles[S, T]) setTiles() int {
	if t.sets == 0 || t.threads > 1 || kernel.InPlaces(t.matrixBytes(), t.threads) {
		return 1
	}
	return max(1, setSums/(kernel.AlongTile[S]().Cols*len(t.program.words)*sizeOf[S]()))
}

// lastSets is the columns of a tile for the last so many, fewer than an AlongTile has, if they can be summed in sets as well: 0 if not.
func (t *tiles[S, T]) lastSets(cols int) int {
	if t.sets == 0 || t.sets%2 > 0 && cols%2 > 0 { // odd sets go in pairs of two columns
		return 0
	}
	lanes := kernel.LeafLanes[S]()
	return ceil(cols, lanes) * lanes
}

// summed is the elements of the sums of leaves of a tile that kernel.Along does not join.
func (t *tiles[S, T]) summed() int {
	switch {
	case t.along == 0:
		return 0
	case t.sets > 0:
		return len(t.program.words) * t.tile.Cols
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
	if t.sets > 0 {
		sum := kernel.LeafSums[S]
		if kernel.InPlaces(t.matrixBytes(), t.threads) {
			sum = kernel.LeafPlaces[S]
		}
		sum(s.sums, s.rows[t.k:], b.Data, b.Stride, min(t.tile.Cols, t.j1-t.j0-p*t.tile.Cols), t.sets)
		kernel.JoinSets(stack, s.sums, t.tile.Cols, t.setWords[:t.sets])
		return
	}
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
