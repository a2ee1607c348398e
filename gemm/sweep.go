package gemm

import (
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/samebits/samebits/internal/kernel"
)

// A row by columns that lie in a matrix row by row goes along its rows from end to end, as memory does (kernel.Sweep). Several goroutines
// have some of its rows each, if these are short, and not parts of them, which are shorter runs of memory: what they sum is a node
// of the tree, and the last to end joins.

// termPart is a part of the terms, and the words of its program, of which the right child of its root begins with number at: 0 where it is
// not to be cut.
type termPart struct{ first, last, lo, hi, at int }

// sweepParts is what a sweep by parts of the terms keeps.
type sweepParts[S Float] struct {
	parts []termPart
	words []uint64       // the program, of which each part completes its own node alone
	sums  []S            // those of all columns, part by part
	ended []atomic.Int32 // how many of the two below each node above the parts have: those below i are 2i and 2i+1, and the parts come last
}

// runSweeps evaluates a product of one row over such a matrix, in tasks of about as many columns, and returns for how
// many columns that could be done.
func (t *tiles[S, T]) runSweeps() int {
	t.way = way{layout: matrixRows, sweeps: true}
	t.plan.cut(t.program.words, 1<<30)
	t.plan.longest = 0 // no buffer
	if done := t.runParts(); done > 0 {
		return done
	}
	tasks, least, done := t.sweepTasks(), kernel.SweepColumns[S](), 0
	if cols := t.n / tasks / least * least; cols > 0 {
		t.tile = kernel.Tile{Rows: 1, Cols: cols}
		done = t.runTiles(0, tasks*cols, true)
	}
	if rest := (t.n - done) / least * least; rest > 0 {
		t.tile = kernel.Tile{Rows: 1, Cols: rest}
		done = t.runTiles(done, t.n, true)
	}
	return done
}

// sweepTasks is the number of tasks.
func (t *tiles[S, T]) sweepTasks() int {
	bytes := t.n * sizeOf[S]()
	tasks := ceil(bytes, t.sweepPiece())
	if t.threads > 1 {
		tasks = max(tasks, min(bytes/sweepLeast, t.threads*sweepTasks))
		tasks = ceil(tasks, t.threads) * t.threads
	}
	return tasks
}

// sweepPiece is how many bytes of rows it goes along at a time, at most.
func (t *tiles[S, T]) sweepPiece() int {
	if piece := kernel.SweepPiece(); piece > 0 && !t.far() && t.b.b.Stride*sizeOf[S]()%piece == 0 {
		return piece
	}
	return sweepRow
}

// runParts evaluates such a product by parts of the terms, and returns for how many columns: none where that does not serve.
func (t *tiles[S, T]) runParts() int {
	least, bytes := kernel.SweepColumns[S](), t.k*t.n*sizeOf[S]()
	cols, want := t.n/least*least, max(t.threads*sweepTasks, min(bytes/sweepBytes, sweepMost))
	if t.threads == 1 || cols == 0 || bytes < sweepMuch || t.n*sizeOf[S]() > sweepWhole || !t.byParts.cut(t.program, t.k, want) {
		return 0
	}
	t.tile = kernel.Tile{Rows: 1, Cols: cols}
	growLarge(&t.byParts.sums, len(t.byParts.parts)*cols)
	t.partly = true
	t.runTiles(0, cols, true)
	t.partly = false
	t.give(0, 0, t.byParts.sums)
	return cols
}

// cut cuts a program into parts of about as many leaves: as many as are wanted, a power of two, or fewer. It returns false if there is but one.
func (s *sweepParts[S]) cut(p program, terms, want int) bool {
	s.words = append(s.words[:0], p.words...)
	s.parts = append(s.parts[:0], s.part(0, len(s.words), 0, terms))
	for n := 1; n < want && p.nodes == 1; n *= 2 {
		if slices.ContainsFunc(s.parts, func(p termPart) bool { return p.at == 0 }) {
			break
		}
		s.parts = append(s.parts, s.parts...)
		for i := n - 1; i >= 0; i-- {
			s.parts[2*i], s.parts[2*i+1] = s.children(s.parts[i])
		}
	}
	for len(s.ended) < len(s.parts) {
		s.ended = append(s.ended, atomic.Int32{})
	}
	for i := range s.parts {
		s.ended[i].Store(0)
	}
	return len(s.parts) > 1
}

// part returns the part of those words and terms.
func (s *sweepParts[S]) part(first, last, lo, hi int) termPart {
	p, n := termPart{first, last, lo, hi, 0}, last-first
	if at := rightChild(s.words[first:last]); 3*min(at, n-at) >= n && min(at, n-at) >= sweepLeaves {
		p.at = at
	}
	return p
}

// children cuts a part in two: what the root of its program joins.
func (s *sweepParts[S]) children(p termPart) (left, right termPart) {
	s.words[p.last-1] -= kernel.Leaf(0, 1) // which is not joined there
	at, mid := p.first+p.at, p.lo
	for _, w := range s.words[p.first:at] {
		mid += int(uint32(w))
	}
	return s.part(p.first, at, p.lo, mid), s.part(at, p.last, mid, p.hi)
}

// bytes is the memory of its scratch.
func (s *sweepParts[S]) bytes() int {
	return cap(s.sums)*sizeOf[S]() + 8*cap(s.words) + cap(s.parts)*int(unsafe.Sizeof(termPart{})) + 4*cap(s.ended)
}

// rightChild returns the number of the first leaf of the root's right child, in a program that evaluates a root: 0 if that is a leaf.
func rightChild(words []uint64) int {
	var starts [64]int // of the nodes that wait
	depth := 0
	for i, w := range words {
		starts[depth] = i
		depth += 1 - int(w>>32)
	}
	return starts[1]
}

// sweepPart evaluates all columns over the terms of a part, a piece of them at a time, and completes what nodes it can.
func (t *tiles[S, T]) sweepPart(part int, s taskScratch[S]) {
	of, cols := t.byParts.parts[part], t.tile.Cols
	b, piece := t.factors(0, of.lo, of.hi, nil), t.sweepPiece()/sizeOf[S]()
	for j := 0; j < cols; j += piece {
		n := min(piece, cols-j)
		stack := s.own[:(t.plan.own+t.plan.hot)*n] // the hot one comes after it
		kernel.Sweep(stack, s.rows[of.lo:of.hi], b.Data[j:], b.Stride, n, t.byParts.words[of.first:of.last], t.far())
		copy(t.byParts.sums[part*cols+j:], stack[:n])
	}
	t.byParts.join(part, cols)
}

// join completes the nodes of which this part is the last to end, each in the place of its first part.
func (s *sweepParts[S]) join(part, cols int) {
	for node, wide := len(s.parts)+part, 1; node > 1 && s.ended[node/2].Add(1) == 2; wide *= 2 {
		node /= 2
		first := (node*2*wide - len(s.parts)) * cols
		left, right := s.sums[first:][:cols], s.sums[first+wide*cols:][:cols]
		kernel.Each(kernel.RowPlus, left, left, right, nil)
	}
}

// sweepTile evaluates the p-th tile.
func (t *tiles[S, T]) sweepTile(p int, s taskScratch[S]) {
	b := t.factors(p, 0, t.k, nil)
	stack := s.own[:(t.plan.own+t.plan.hot)*t.tile.Cols] // the hot one comes after it
	kernel.Sweep(stack, s.rows[:t.k], b.Data, b.Stride, t.tile.Cols, t.program.words, t.far())
}
