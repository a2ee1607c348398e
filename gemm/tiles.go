package gemm

import (
	"sync"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/parallel"
)

// tiles evaluates a program, in S, for all elements of a product, tile by tile.
type tiles[S, T Float] struct {
	program program
	a       Matrix[T] // op(A), rows contiguous
	w       *Weights[T]
	put     func(node, i, j int, values []S) // takes values of the node: columns j, j+1, ... of row i
}

// A task is a block of rows by a group of panels: few enough rows that their packed
// factors of a block of terms stay in the second cache.
const (
	taskRows   = 96
	taskPanels = 32
	tasksEach  = 4 // for each goroutine, if there are panels enough
)

// run evaluates on so many goroutines.
func (t *tiles[S, T]) run(threads int) {
	tile := kernel.MicroTile[S]()
	rows := (t.a.Rows + taskRows - 1) / taskRows
	panels := (t.w.n + tile.Cols - 1) / tile.Cols
	each := min(max(1, rows*panels/(max(1, threads)*tasksEach)), taskPanels, max(1, panels))
	groups := (panels + each - 1) / each
	parallel.For(threads, rows*groups, func(k int) {
		i, p := k%rows*taskRows, k/rows*each
		task := task[S, T]{t, tile, i, min(i+taskRows, t.a.Rows), p, min(p+each, panels)}
		task.run()
	})
}

// task is the elements of rows [i0, i1) and of panels [p0, p1).
type task[S, T Float] struct {
	*tiles[S, T]
	tile           kernel.Tile
	i0, i1, p0, p1 int
}

// high is the number of tiles above one another.
func (t *task[S, T]) high() int { return (t.i1 - t.i0 + t.tile.Rows - 1) / t.tile.Rows }

func (t *task[S, T]) run() {
	nStacks := t.high() * (t.p1 - t.p0) * t.program.depth * t.tile.Size()
	nRows := t.high() * t.tile.Rows * t.program.longest
	scratch := take[S](nStacks + nRows + t.tile.Cols*t.program.longest)
	defer give(scratch)
	stacks, rest := (*scratch)[:nStacks], (*scratch)[nStacks:]
	for _, b := range t.program.blocks {
		t.block(b, stacks, rest[:nRows], rest[nRows:])
	}
	t.finish(stacks)
}

// stack returns the stack of the i-th tile of panel p.
func (t *task[S, T]) stack(stacks []S, i, p int) []S {
	n := t.program.depth * t.tile.Size()
	return stacks[((p-t.p0)*t.high()+i)*n:][:n]
}

// block evaluates the block of leaves.
func (t *task[S, T]) block(b block, stacks, rows, columns []S) {
	n := (b.hi - b.lo) * t.tile.Rows
	for i := range t.high() {
		packRows(rows[i*n:][:n], t.a, t.i0+i*t.tile.Rows, t.i1, b.lo, t.tile.Rows)
	}
	for p := t.p0; p < t.p1; p++ {
		factors := panelOf(t.w, t.tile.Cols, p, b.lo, b.hi, columns)
		for i := range t.high() {
			kernel.Micro(t.tile, t.stack(stacks, i, p), b.depth, rows[i*n:][:n], factors, b.words)
		}
	}
}

// finish hands on the values of all nodes.
func (t *task[S, T]) finish(stacks []S) {
	for p := t.p0; p < t.p1; p++ {
		j := p * t.tile.Cols
		cols := min(t.tile.Cols, t.w.n-j)
		for i := range t.high() {
			first := t.i0 + i*t.tile.Rows
			for node := range t.program.nodes {
				values := t.stack(stacks, i, p)[node*t.tile.Size():]
				for r := range min(t.tile.Rows, t.i1-first) {
					t.put(node, first+r, j, values[r*t.tile.Cols:][:cols])
				}
			}
		}
	}
}

// packRows packs the terms from k on of so many rows of a, from i on but not from end on,
// term by term. Rows that are absent are zeros.
func packRows[S, T Float](dst []S, a Matrix[T], i, end, k, rows int) {
	n := len(dst) / rows
	for r := range rows {
		if i+r >= end {
			for t := range n {
				dst[t*rows+r] = 0
			}
			continue
		}
		for t, v := range a.Row(i + r)[k : k+n] {
			dst[t*rows+r] = S(v)
		}
	}
}

// panelOf returns the terms [lo, hi) of the p-th panel of so many columns: as they were
// packed, or in the buffer.
func panelOf[S, T Float](w *Weights[T], cols, p, lo, hi int, buffer []S) []S {
	if kernel.Is64[S]() == kernel.Is64[T]() && w.tile.Cols == cols {
		return kernel.As[S](w.panels[(p*w.k+lo)*cols : (p*w.k+hi)*cols])
	}
	out := buffer[:(hi-lo)*cols]
	if j := p * cols; kernel.Is64[S]() && j/w.tile.Cols == (j+cols-1)/w.tile.Cols {
		kernel.Widen(kernel.As[float64](out), w.panel(j / w.tile.Cols)[lo*w.tile.Cols+j%w.tile.Cols:], cols, w.tile.Cols)
		return out
	}
	for j := range cols {
		column := p*cols + j
		if column >= w.n {
			for k := range hi - lo {
				out[k*cols+j] = 0
			}
			continue
		}
		from := w.panel(column / w.tile.Cols)[column%w.tile.Cols:]
		for k := range hi - lo {
			out[k*cols+j] = S(from[(lo+k)*w.tile.Cols])
		}
	}
	return out
}

// Scratch is kept for the next product.
var pools = [2]sync.Pool{}

// take returns scratch of n elements, of any value.
func take[T Float](n int) *[]T {
	if s, ok := pools[poolOf[T]()].Get().(*[]T); ok && cap(*s) >= n {
		*s = (*s)[:n]
		return s
	}
	s := make([]T, n)
	return &s
}

func give[T Float](s *[]T) { pools[poolOf[T]()].Put(s) }

func poolOf[T Float]() int {
	if kernel.Is64[T]() {
		return 1
	}
	return 0
}
