package gemm

import (
	"math/bits"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/parallel"
)

// A row by columns that lie in a matrix one after the other, each of whose leaves are a whole tree, may be summed in sets of leaves: column
// after column (kernel.LeafSums) or, from memory, as several interleaved streams (kernel.LeafPlaces); where L3 may hold them or not, in that way
// which a goroutine finds to be faster at the time (pace). Each has a share of the columns, in pieces that become smaller, so that all end at about the
// same time: whoever ends first takes the last of others'.

const (
	// setSums is the bytes of the sums of sets that one goroutine joins at a time, at most: from L2 they come soon enough, and each
	// time that the columns wait for what comes between costs as much as the sums of some.
	setSums = 1 << 15
	// setPanel is about the bytes of the columns that goroutines take at a time, at least.
	setPanel = 1 << 18
)

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

// runSets evaluates the product, and returns for how many columns: an even number where each has an odd number of sets, as these go in pairs
// of two columns.
func (t *tiles[S, T]) runSets() int {
	cols := t.n
	if t.sets%2 > 0 {
		cols -= cols % 2
	}
	if cols == 0 {
		return 0
	}
	t.product++
	t.i0, t.i1, t.j0, t.j1 = 0, 1, 0, cols
	t.divideSets()
	t.toPack(false, false)
	t.evaluate()
	return cols
}

// divideSets divides the columns into panels, and those into tasks: all for one goroutine, or for each of several as many, of about as many panels.
func (t *tiles[S, T]) divideSets() {
	t.tile = kernel.AlongTile[S]()
	t.together = max(1, setSums/(t.tile.Cols*len(t.program.words)*sizeOf[S]())) * t.tile.Cols
	t.places, t.paced = kernel.InPlaces(t.matrixBytes(), t.threads)
	if t.places {
		t.together = t.tile.Cols
	}
	for t.threads > 1 && !t.places && t.tile.Cols > kernel.LeafLanes[S]() && t.tile.Cols*t.k*sizeOf[S]() > setPanel {
		t.tile.Cols /= 2
	}
	panels := ceil(t.j1, t.tile.Cols)
	t.mainCuts, t.mainPanels, t.each, t.ends, t.last = 0, 0, 1, t.ends[:0], 0
	if t.threads == 1 {
		t.ends = append(t.ends, piece{0, 1, 0, panels})
		return
	}
	threads := min(t.threads, panels)
	most := max(t.together/t.tile.Cols, min(panels/(threads*rowTasks), taskPanels))
	for i := range threads {
		p, end := parallel.Cut(panels, threads, i)
		for left := panels / threads; left > 0; {
			n := min(most, ceil(left, 2))
			if left -= n; left == 0 {
				n = end - p
			}
			t.ends = append(t.ends, piece{0, 1, p, p + n})
			p += n
		}
	}
}

// setTask evaluates the panels [p, p1), as many columns together as their sums allow.
func (t *tiles[S, T]) setTask(worker, p, p1 int) {
	w, words := &t.workers[worker], t.program.words
	row, depth := t.arranged(w), t.plan.own+t.plan.hot
	all := growLarge(&w.scratch, (depth+len(words))*t.together)
	b, lanes := t.b.b, kernel.LeafLanes[S]()
	if t.paced {
		w.pace.start()
	}
	for j, end := p*t.tile.Cols, min(p1*t.tile.Cols, t.j1); j < end; j += t.together {
		cols := min(t.together, end-j)
		bytes := cols * t.k * sizeOf[S]()
		tile := kernel.Tile{Rows: 1, Cols: ceil(cols, lanes) * lanes}
		stack, sums := all[:depth*tile.Cols], all[depth*t.together:]
		sum, way := kernel.LeafSums[S], fromCache
		if t.paced {
			way = w.pace.way(bytes)
		}
		if t.places || way == fromMemory {
			sum = kernel.LeafPlaces[S]
		}
		sum(sums, row, kernel.As[S](b.Data[j*b.Stride:]), b.Stride, cols, t.sets)
		kernel.JoinSets(stack, sums, tile.Cols, t.setWords[:t.sets])
		t.giveTile(tile, 0, j, stack)
		if t.paced {
			w.pace.done(way, bytes)
		}
	}
}

// arranged returns the factors of the row as the kernels take them. Each goroutine arranges its own: that takes less time than to have those
// that another has just written, cache line by cache line, and nobody waits meanwhile.
func (t *tiles[S, T]) arranged(w *worker[S]) []S {
	if w.product == t.product {
		return w.row[:t.k]
	}
	w.product = t.product
	if !t.a.trans && kernel.Is64[S]() == kernel.Is64[T]() {
		kernel.ArrangeSets(grow(&w.row, t.k), kernel.As[S](t.a.Data), t.sets)
		return w.row
	}
	all := grow(&w.row, 2*t.k)
	packRows(all[t.k:], 1, t.a.Matrix, t.a.trans, 0, 1, 0, t.k)
	kernel.ArrangeSets(all, all[t.k:], t.sets)
	return all[:t.k]
}
