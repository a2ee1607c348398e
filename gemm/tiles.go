package gemm

import (
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/parallel"
)

// tiles evaluates a program, in S, for all elements of a product, tile by tile: a few rows
// by the columns of a panel. It keeps its scratch for the next product.
type tiles[S, T Float] struct {
	program program
	a       leftOperand[T]
	b       rightOperand[T]

	// What becomes of the values of the nodes: put takes those of columns j, j+1, ... of row
	// i. Where it is nil, those of node 0 are finished into c.
	put    func(node, i, j int, values []S)
	whole  func(i, j int, values []S, width, rows, cols int) // or all at once, those of node 0
	finish kernel.Finish[S]
	c      Matrix[S]
	// Where narrowed has elements, they are finished into that instead, rounded to T first.
	narrow   kernel.Finish[T]
	narrowed Matrix[T]

	owner *Workspace // which the scratch belongs to, or nil

	m, n, k        int
	threads        int
	plan           plan
	tile           kernel.Tile // the largest
	high           int         // tiles of a task above one another
	each           int         // panels of a task side by side
	i0, i1, j0, j1 int         // the chunk of the product at work
	slivers        int         // to pack
	layout         layout      // of the columns
	byRows         bool        // the order of evaluation: that in which columns lie row by row
	packing        *parallel.Loop
	tasks          *parallel.Loop
	words          []uint64
	rows, columns  []S   // the chunk's packed factors
	workers        [][]S // scratch of each goroutine
}

// The sizes that caches want. A block's columns are to stay in the nearest cache while all
// tiles of a task pass by, and the rows of a task in the next.
const (
	blockTerms = 256
	rowTerms   = 32      // of a block of a matrix as it lies: whose rows are as many streams of memory
	taskHigh   = 12      // tiles above one another, at most
	taskRows   = 5 << 19 // bytes of packed rows of a task, at most
	taskPanels = 32      // panels of a task, at most
	tasksEach  = 4       // for each goroutine, if there are so many
	alone      = 1 << 15 // elements that one goroutine packs sooner than others are there
)

// chunkSize is the most elements of packed rows, and of packed columns unless they were packed
// beforehand, but for those of a few tiles.
var chunkSize = 4 << 20

// streamAhead is how many bytes ahead packed columns are asked for.
const streamAhead = 2048

// layout is how the columns of a tile lie.
type layout uint8

const (
	onePanel      layout = iota // in a panel
	severalPanels               // in several panels
	matrixRows                  // in a matrix, row by row
	matrixColumns               // in a matrix, column by column: the rows of its transpose
)

// run evaluates on so many goroutines.
func (t *tiles[S, T]) run(threads int) {
	m, n := t.a.rows(), t.b.cols()
	if m == 0 || n == 0 {
		return
	}
	t.m, t.n, t.k = m, n, t.a.cols()
	t.threads = max(1, threads)
	done := 0
	if m == 1 && kernel.Is64[S]() == kernel.Is64[T]() && kernel.Active() != kernel.Portable {
		done = t.runRow()
	}
	t.layout, t.tile = onePanel, kernel.MicroTile[S]()
	t.cut(m)
	mc, nc := m, n
	if size := max(t.k, 1); !t.local() {
		mc = min(m, max(chunkSize/size/t.tile.Rows, taskHigh)*t.tile.Rows)
		if !t.b.packed() {
			nc = min(n, max(chunkSize/size/t.tile.Cols, 1)*t.tile.Cols)
		}
	}
	for t.j0 = done; t.j0 < n; t.j0 += nc {
		t.j1 = min(t.j0+nc, n)
		for t.i0 = 0; t.i0 < m; t.i0 += mc {
			t.i1 = min(t.i0+mc, m)
			t.pack(mc < m || t.j0 == done, t.i0 == 0 && !t.b.packed() && !t.local())
			t.evaluate()
		}
	}
}

// runRow evaluates a product of one row, which is bound by the memory that columns come
// from, in tiles that read it best: over several panels of weights, or over a matrix as it lies, by
// long runs of its rows or by many columns of its transpose. It returns for how many columns that could be done.
func (t *tiles[S, T]) runRow() int {
	n := t.n
	switch w := t.b.w; {
	case w == nil && !t.b.trans:
		t.layout, t.tile = matrixRows, kernel.WideTile[S]()
	case w == nil && t.program.multipleOf(kernel.AcrossTerms):
		t.layout, t.tile = matrixColumns, kernel.AcrossTile
	case w != nil && w.tile == kernel.MicroTile[T]():
		t.layout, t.tile = severalPanels, kernel.SpreadTile[S]()
		n = w.panelCount() * w.tile.Cols
	default:
		return 0
	}
	most := 1 << 30
	if t.byRows = t.layout == matrixRows; t.byRows {
		most = rowTerms
	}
	t.plan.cut(t.program.words, most)
	t.plan.longest = 0 // no buffer
	t.i0, t.i1, t.j0, t.j1 = 0, 1, 0, min(n/t.tile.Cols*t.tile.Cols, t.n)
	if t.j1 > 0 {
		t.pack(true, false)
		t.evaluate()
	}
	return t.j1
}

// cut cuts the program into blocks: one if there is one row of tiles, which no block of
// columns needs to wait for.
func (t *tiles[S, T]) cut(m int) {
	most := blockTerms
	switch t.byRows = t.local() && !t.b.trans && m <= t.tile.Rows; {
	case t.byRows:
		most = rowTerms
	case m <= t.tile.Rows && t.b.packed():
		most = 1 << 30
	}
	t.plan.cut(t.program.words, most)
}

// local tells whether columns are packed by the task that uses them: there is no other.
func (t *tiles[S, T]) local() bool {
	return !t.b.packed() && t.m <= t.taskHigh()*t.tile.Rows
}

// taskHigh is the number of tiles of a task above one another, at most.
func (t *tiles[S, T]) taskHigh() int {
	return min(max(1, taskRows/sizeOf[S]()/(t.tile.Rows*max(t.k, 1))), taskHigh)
}

func ceil(n, by int) int { return (n + by - 1) / by }

// evaluate evaluates the chunk.
func (t *tiles[S, T]) evaluate() {
	slivers, panels := ceil(t.i1-t.i0, t.tile.Rows), ceil(t.j1-t.j0, t.tile.Cols)
	blocks := ceil(slivers, t.taskHigh())
	t.high = ceil(slivers, blocks)
	t.each = min(panels, taskPanels)
	if t.threads > 1 {
		t.each = min(max(1, blocks*panels/(t.threads*tasksEach)), taskPanels)
	}
	for len(t.workers) < t.threads {
		t.workers = append(t.workers, nil)
	}
	t.tasks.Run(t.threads, blocks*ceil(panels, t.each))
}

// scratch returns the own stacks of a task's tiles, the common stack and a buffer for a
// panel.
func (t *tiles[S, T]) scratch(worker int) (own, hot, buffer []S) {
	size := t.tile.Size()
	nOwn, nHot := t.high*t.plan.own*size, t.plan.hot*size
	if t.byRows {
		nOwn *= t.each
	}
	all := grow(&t.workers[worker], nOwn+nHot+t.plan.longest*t.tile.Cols)
	return all[:nOwn], all[nOwn : nOwn+nHot], all[nOwn+nHot:]
}

// task evaluates the task of that number: some tiles above one another in some panels.
func (t *tiles[S, T]) task(worker, number int) {
	slivers, panels := ceil(t.i1-t.i0, t.tile.Rows), ceil(t.j1-t.j0, t.tile.Cols)
	blocks := ceil(slivers, t.high)
	first, p := number%blocks*t.high, number/blocks*t.each
	last := min(first+t.high, slivers)
	own, hot, buffer := t.scratch(worker)
	p1 := min(p+t.each, panels)
	if t.byRows {
		t.rowTask(p, p1, own, hot, buffer)
		return
	}
	for ; p < p1; p++ {
		for i := range t.plan.blocks {
			t.block(&t.plan.blocks[i], first, last, p, own, hot, buffer)
		}
		for i := first; i < last; i++ {
			t.give(i, p, own[(i-first)*t.plan.own*t.tile.Size():])
		}
	}
}

// rowTask evaluates the panels [p, p1) for one row of tiles, block by block, so that what is
// read of each row of the matrix lies together.
func (t *tiles[S, T]) rowTask(p, p1 int, own, hot, buffer []S) {
	size := t.plan.own * t.tile.Size()
	for i := range t.plan.blocks {
		for q := p; q < p1; q++ {
			t.block(&t.plan.blocks[i], 0, 1, q, own[(q-p)*size:], hot, buffer)
		}
	}
	for q := p; q < p1; q++ {
		t.give(0, q, own[(q-p)*size:])
	}
}

// sliver returns the tile and the packed factors of the i-th rows of the chunk.
func (t *tiles[S, T]) sliver(i int) (kernel.Tile, []S) {
	rows := t.i1 - t.i0 - i*t.tile.Rows
	tile := t.tile
	if rows < tile.Rows {
		tile = kernel.RowTile[S](rows)
	}
	return tile, t.rows[i*t.tile.Rows*t.k:][:tile.Rows*t.k]
}

// block evaluates the block for the tiles [first, last) of the p-th panel.
func (t *tiles[S, T]) block(b *block, first, last, p int, own, hot, buffer []S) {
	words := t.program.words[b.first:b.last]
	if tile, a := t.sliver(first); last-first == 1 && t.takesStored(tile) {
		stack := kernel.Stack[float32]{Own: kernel.As[float32](own[:b.own*tile.Size()]), Hot: kernel.As[float32](hot), Depth: b.depth}
		kernel.MicroStored(tile, t.b.w.stored, stack, kernel.As[float32](a[b.lo*tile.Rows:]), storedFactors(t.b.w, t.j0+p*t.tile.Cols, b.lo, t.layout), words)
		return
	}
	factors := t.factors(p, b.lo, b.hi, buffer)
	for i := first; i < last; i++ {
		tile, a := t.sliver(i)
		stack := kernel.Stack[S]{Own: own[(i-first)*t.plan.own*t.tile.Size():][:b.own*tile.Size()], Hot: hot, Depth: b.depth}
		kernel.Micro(tile, stack, a[b.lo*tile.Rows:], factors, words)
	}
}

// give hands on the values of all nodes of a tile.
func (t *tiles[S, T]) give(sliver, p int, own []S) {
	tile, _ := t.sliver(sliver)
	i, j := t.i0+sliver*t.tile.Rows, t.j0+p*t.tile.Cols
	rows, cols := min(tile.Rows, t.i1-i), min(tile.Cols, t.j1-j)
	switch {
	case t.whole != nil:
		t.whole(i, j, own, tile.Cols, rows, cols)
		return
	case t.narrowed.Data != nil:
		t.narrow.NarrowTile(t.narrowed.Data[i*t.narrowed.Stride+j:], t.narrowed.Stride, kernel.As[float64](own), tile.Cols, rows, cols)
		return
	}
	if t.put == nil {
		t.finish.Tile(t.c.Data[i*t.c.Stride+j:], t.c.Stride, own, tile.Cols, rows, cols)
		return
	}
	for node := range t.program.nodes {
		values := own[node*tile.Size():]
		for r := range rows {
			t.put(node, i+r, j, values[r*tile.Cols:][:cols])
		}
	}
}
