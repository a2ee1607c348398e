package gemm

import (
	"sync/atomic"

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
	tile           kernel.Tile  // the largest
	cuts           []int        // of the rows, in tiles: those of a task lie above one another
	high           int          // the most tiles of a task above one another
	each           int          // panels of a task side by side
	mainCuts       int          // of the rows, whose tasks have all panels or so many as each
	mainPanels     int          // likewise
	across         bool         // the last rows are cut across panels
	ends           []piece      // the last tasks, smaller and smaller ones
	last           int          // of which so many are for whoever comes
	abreast        int          // of which so many are evaluated at a time
	i0, i1, j0, j1 int          // the chunk of the product at work
	lying          int          // tiles of rows that towers take as they lie, from the first on: see layRows
	slivers        int          // of rows that are to be packed before tasks begin, after those
	groups         int          // of panels, likewise
	packed         atomic.Int64 // of both together, so far
	way
	byParts       sweepParts[S]
	loop          *parallel.Loop
	words         []uint64
	compiled      compiled     // what is in words
	setWords      []uint64     // of nodes of sets
	together      int          // columns that are summed in sets before they are joined
	places        bool         // by kernel.LeafPlaces
	paced         bool         // or as is faster
	product       uint64       // the number of the last product by sets
	rows, columns []S          // the chunk's packed factors
	packing       []panelState // of panels abreast, where tasks pack them as they come to them
	workers       []worker[S]
}

// worker is the memory of a goroutine.
type worker[S Float] struct {
	scratch []S
	row     []S    // the factors of the row whose columns are summed in sets
	product uint64 // which these are of
	pace    pace
	_       [8]byte // the rest of a cache line
}

// way is how a product goes through its operands. The zero way is that of tiles of packed rows and columns.
type way struct {
	layout   layout // of the columns
	ownRows  bool   // a task packs its rows: no other needs them
	along    int    // leaves of a column that are summed at once
	sets     int    // that these are, if they are summed column by column: see kernel.LeafSums
	sweeps   bool   // rows of the matrix are gone along from end to end: see kernel.Sweep
	partly   bool   // tasks have parts of the terms: those of byParts
	beside   bool   // rows are lanes of vectors: see kernel.Beside
	byRows   bool   // the order of evaluation: that in which columns lie row by row
	inMatrix bool   // columns are read from there, not packed
}

// The sizes that caches want. A block's columns are to stay in L1 while all
// tiles of a task pass by, and the rows of a task in L2.
const (
	blockTerms  = 128     // of a block, at most,
	longTerms   = 1024    // or so many where towers go by halves: sums that wait between blocks cost more than columns from L2
	rowTerms    = 32      // of a block of a matrix as it lies: whose rows are as many streams of memory
	sweepRow    = 1 << 18 // bytes of a row that a task sweeps over, at most: its sums are to stay in L2
	sweepLeast  = 1 << 11 // and so many at least,
	sweepWhole  = 1 << 16 // of rows, at most, of which several goroutines have some each,
	sweepMuch   = 1 << 21 // in a matrix of so many bytes at least: of less, joining costs more than it brings
	sweepLeaves = 2       // a part has so many leaves at least,
	sweepBytes  = 1 << 20 // and about so many bytes at most, so that all end at about the same time,
	sweepMost   = 64      // but no more parts than these, as each has sums of its own, if goroutines do not want more
	sweepTasks  = 2       // where there would else be as many tasks for each of several goroutines
	taskHigh    = 12      // tiles above one another, at most
	fewTiles    = 4       // and at least, but for the last, if it packs their rows and there are several goroutines
	towerTiles  = 3       // that are worth a tower
	taskRows    = 5 << 19 // bytes of packed rows of a task, at most
	panelsEach  = 4       // for each goroutine, likewise
	taskPanels  = 32      // panels of a task, at most, unless it packs its rows
	columnTerms = 512     // of a block of columns that lie one after the other, if there is one tile of rows: long stretches of memory
	matrixTerms = 256     // of a block of a matrix whose columns several rows read where they are,
	matrixFar   = 1 << 16 // half as many if its rows are a multiple of so many bytes apart: L2 has but eight ways for those
	stripPanels = 16      // and at least, where columns are read from a matrix, if there are so many for each goroutine
	matrixAhead = 4       // panels further on in the matrix, of which memory is prefetched
	taskAbreast = 8       // panels that are evaluated at a time by a task whose rows are more than wholeRows
	rowTasks    = 16      // for each goroutine, of one tile of rows: no packed rows are read again and again
	endLevels   = 3       // of the last panels, as many as goroutines: their rows are cut in 2, those of the next in 4, 8, so that all end at about the same time
	endTiles    = 8       // above one another in such a task, at least, as the first copies the columns, or fewTiles where nobody copies them
	endPanels   = 16      // the last rows are cut across panels, down to such a part of them
	tasksEach   = 4       // for each goroutine, if there are so many
	packPanels  = 4       // that are packed together, so many terms of each
	packTerms   = 32      // in turn: rows of memory that one panel after the other is copied from
)

// chunkSize is the most elements of packed rows, and of packed columns unless they were packed
// beforehand, but for those of a few tiles.
var chunkSize = 4 << 20

// wholeRows is the most bytes of packed rows that L2 holds beside all else: half of it. If one
// task is to have all rows, they are no more. Rows that are not packed come from L3 as well: a third of it.
var wholeRows, wholeLying = 9 << 17, 9 << 20

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
	if kernel.Is64[S]() == kernel.Is64[T]() && kernel.Active() != kernel.Portable {
		switch {
		case m == 1:
			done = t.runRow()
		case t.takesBeside():
			done = t.runBeside()
		}
	}
	if done == n {
		return
	}
	t.layBlocks()
	mc, nc := m, n
	if size := max(t.k, 1); !t.local() {
		mc = min(m, max(chunkSize/size/t.tile.Rows, taskHigh)*t.tile.Rows)
		if t.ownRows {
			mc = m
		}
		if !t.b.packed() {
			nc = min(n, max(chunkSize/size/t.tile.Cols, 1)*t.tile.Cols)
		}
	}
	for t.j0 = done; t.j0 < n; t.j0 += nc {
		t.j1 = min(t.j0+nc, n)
		for t.i0 = 0; t.i0 < m; t.i0 += mc {
			t.i1 = min(t.i0+mc, m)
			t.divide()
			t.toPack(mc < m || t.j0 == done, t.i0 == 0 && !t.b.packed() && !t.local())
			t.evaluate()
		}
	}
}

// layBlocks decides on tiles of the largest size, on blocks of terms, and on who packs rows.
func (t *tiles[S, T]) layBlocks() {
	t.way, t.tile = way{}, kernel.MicroTile[S]()
	t.cut(t.m)
	t.ownRows = !t.local() && (t.threads == 1 || ceil(t.m, t.tile.Rows) >= t.threads*tasksEach*fewTiles)
}

// runRow evaluates a product of one row, which is bound by the memory that columns come
// from, in tiles that read it best: over several panels of weights, or over a matrix as it lies, by
// long runs of its rows or by many columns of its transpose. It returns for how many columns that could be done.
func (t *tiles[S, T]) runRow() int {
	n := t.n
	t.way = way{}
	switch w := t.b.w; {
	case w == nil && !t.b.trans && kernel.SweepColumns[S]() > 0:
		return t.runSweeps()
	case w == nil && !t.b.trans:
		t.layout, t.tile = matrixRows, kernel.WideTile[S]()
	case w == nil && t.program.multipleOf(kernel.AcrossTerms):
		t.layout, t.tile = matrixColumns, kernel.AcrossTile
		if t.along = t.alongLeaves(); t.along > 0 {
			t.tile, t.sets = kernel.AlongTile[S](), t.alongSets()
		}
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
	done := 0
	if t.sets > 0 {
		done = t.runSets()
	} else {
		done = t.runTiles(0, n, true)
	}
	if t.along > 0 && done < n {
		t.tile, t.along, t.sets = kernel.AcrossTile, 0, 0
		done = t.runTiles(done, n, true)
	}
	t.along, t.sets = 0, 0
	return done
}

// runTiles evaluates a product of the rows of one tile in as many whole tiles as there are from column j on. It returns
// where they end. It packs the row unless that was done for tiles before these.
func (t *tiles[S, T]) runTiles(j, n int, packs bool) int {
	t.i0, t.i1, t.j0, t.j1 = 0, t.m, j, min(j+(n-j)/t.tile.Cols*t.tile.Cols, t.n)
	if t.j1 > t.j0 {
		t.divide()
		t.toPack(packs, false)
		t.evaluate()
	}
	return t.j1
}

// cut cuts the program into blocks: one if there is one row of tiles, which no block of
// columns needs to wait for.
func (t *tiles[S, T]) cut(m int) {
	most := blockTerms
	if kernel.TowerTakesRows() && m >= towerTiles*t.tile.Rows {
		most = longTerms
	}
	t.byRows = t.local() && !t.b.trans && m <= t.tile.Rows
	t.inMatrix = t.byRows && m > 1 && kernel.InMatrix() && kernel.Is64[S]() == kernel.Is64[T]()
	switch {
	case t.inMatrix:
		t.layout, most = matrixRows, matrixTerms
		if t.b.b.Stride*sizeOf[S]()%matrixFar == 0 {
			most /= 2
		}
	case t.byRows:
		most = rowTerms
	case t.local() && m <= t.tile.Rows:
		most = columnTerms
	case m <= t.tile.Rows && t.b.packed():
		most = 1 << 30
	}
	t.plan.cut(t.program.words, most)
}

// local tells whether columns are packed by the task that uses them: there is no other.
func (t *tiles[S, T]) local() bool {
	return !t.b.packed() && t.m <= t.taskHigh()*t.tile.Rows
}

func ceil(n, by int) int { return (n + by - 1) / by }

// evaluate packs and evaluates the chunk.
func (t *tiles[S, T]) evaluate() {
	for len(t.workers) < t.threads {
		t.workers = append(t.workers, worker[S]{})
	}
	if t.slivers == 1 && t.groups == 0 { // too little for others to wait for
		t.packPart(0)
		t.slivers = 0
	}
	if t.slivers+t.groups == 0 && !t.ownRows {
		t.loop.RunApart(t.threads, t.tasks(), t.last)
		return
	}
	t.packed.Store(0)
	t.loop.Run(t.threads, t.slivers+t.groups+t.tasks())
}
