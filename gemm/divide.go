package gemm

import (
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/parallel"
)

// A chunk of the product is divided into tasks, each some tiles above one another by some panels side by side, so that
// caches hold what a task reads again, and all goroutines end at about the same time. It cannot matter to the bits.

// taskHigh is the number of tiles of a task above one another, at most: all, if L2
// holds their rows and there are panels enough for every goroutine, as columns are then packed once,
// by the task that uses them.
func (t *tiles[S, T]) taskHigh() int {
	terms, whole := t.m*max(t.k, 1), wholeRows
	if t.liesRowByRow() {
		whole = wholeLying
	}
	if terms <= chunkSize && terms*sizeOf[S]() <= whole && ceil(t.n, t.tile.Cols) >= t.threads*panelsEach {
		return max(taskHigh, ceil(t.m, t.tile.Rows))
	}
	return min(max(1, taskRows/sizeOf[S]()/(t.tile.Rows*max(t.k, 1))), taskHigh)
}

// divide divides the chunk into tasks: of all panels, if there are enough rows for that. Such a
// task packs its rows into memory that the next will use again, and that the caches therefore hold.
func (t *tiles[S, T]) divide() {
	slivers, panels := ceil(t.i1-t.i0, t.tile.Rows), ceil(t.j1-t.j0, t.tile.Cols)
	t.cutRows(slivers, t.taskHigh())
	switch {
	case t.ownRows:
		t.each = panels
	case t.threads > 1 && t.inMatrix:
		t.each = min(max(ceil(panels, t.threads*tasksEach), stripPanels), ceil(panels, t.threads), taskPanels)
	case t.threads > 1 && slivers == 1 && !t.byRows:
		t.each = min(max(1, panels/(t.threads*rowTasks)), taskPanels)
	case t.threads > 1:
		t.each = min(max(1, (len(t.cuts)-1)*panels/(t.threads*tasksEach)), taskPanels)
	default:
		t.each = min(panels, taskPanels)
	}
	t.cutEnds(slivers, panels)
	t.last = len(t.ends)
	t.layRows()
	t.abreast = 1
	switch {
	case t.byRows:
		t.abreast = t.each
	case t.ownRows && t.lying == 0 && t.high*t.tile.Rows*t.k*sizeOf[S]() > wholeRows: // L2 does not hold them
		t.abreast = taskAbreast
	}
}

// piece is the tiles [first, last) in the panels [p, p1).
type piece struct{ first, last, p, p1 int }

// cutEnds sets the last tasks apart, which become smaller and smaller, so that all goroutines end at about the same time: the
// last panels, where a task has all rows, by parts of the rows; or the last rows, where it has all panels, across these.
func (t *tiles[S, T]) cutEnds(slivers, panels int) {
	t.mainCuts, t.mainPanels, t.ends = len(t.cuts)-1, panels, t.ends[:0]
	switch {
	case t.across:
		t.mainCuts -= t.threads
		for p, n := 0, 0; p < panels; p += n {
			n = max(ceil(panels-p, 2), min(ceil(panels, endPanels), panels-p))
			for i := t.mainCuts; i < len(t.cuts)-1; i++ {
				t.ends = append(t.ends, piece{t.cuts[i], t.cuts[i+1], p, p + n})
			}
		}
	case t.threads > 1 && !t.ownRows && !t.byRows && t.mainCuts == 1 && slivers > 1:
		t.cutLastPanels(slivers, panels)
	}
}

// cutLastPanels sets the last panels apart: for each goroutine half as many as a task has, half of that and so on, and then one whose rows are
// cut in two, in four and in eight.
func (t *tiles[S, T]) cutLastPanels(slivers, panels int) {
	wide, n, most, least := 0, min(t.threads, panels/4), 1, endTiles
	if t.liesRowByRow() {
		most = endLevels
	}
	if w := t.b.w; w != nil && w.stored == kernel.Working && kernel.Is64[S]() == kernel.Is64[T]() {
		least = fewTiles
	}
	for half := t.each / 2; half > 0; half /= 2 {
		wide += half * n
	}
	levels := 0
	for levels < most && (levels == 0 || 3*(levels+1)*n <= panels) && slivers>>(levels+1) >= least {
		levels++
	}
	t.mainPanels = panels - wide - levels*n
	p := t.mainPanels
	for half := t.each / 2; half > 0; half /= 2 {
		for range n {
			t.ends = append(t.ends, piece{0, slivers, p, p + half})
			p += half
		}
	}
	for level := 1; level <= levels; level++ {
		for range n {
			for i := range 1 << level {
				first, last := parallel.Cut(slivers, 1<<level, i)
				t.ends = append(t.ends, piece{first, last, p, p + 1})
			}
			p++
		}
	}
}

// layRows decides which rows need not be packed, as towers alone take them: those of tasks from the first on. The
// last, of fewer rows or in a task of fewer tiles, are for other kernels.
func (t *tiles[S, T]) layRows() {
	t.lying = 0
	if !t.liesRowByRow() {
		return
	}
	for i, first := range t.cuts[:len(t.cuts)-1] {
		n := t.full(first, t.cuts[i+1])
		if t.lying += n; t.lying < t.cuts[i+1] {
			break
		}
	}
	for _, e := range t.ends {
		if t.full(e.first, e.last) < min(e.last, t.lying)-e.first {
			t.lying = e.first
		}
	}
}

// liesRowByRow tells whether towers take rows as they lie.
func (t *tiles[S, T]) liesRowByRow() bool {
	return !t.a.trans && kernel.Is64[S]() == kernel.Is64[T]() && kernel.TowerTakesRows()
}

// cutRows cuts the slivers into tasks of at most so many: equal ones, or where several goroutines
// take tasks of all panels, each a part of what is left (guided self-scheduling: Polychronopoulos
// and Kuck, IEEE Transactions on Computers C-36, 1987), so that all end at about the same time: but for rows that are not packed,
// which the last tasks can share.
func (t *tiles[S, T]) cutRows(slivers, high int) {
	t.high = ceil(slivers, ceil(slivers, high))
	t.across = t.ownRows && t.threads > 1 && t.liesRowByRow() && t.high >= towerTiles && slivers >= 2*t.threads*t.high && t.j1-t.j0 > t.tile.Cols
	t.cuts = append(t.cuts[:0], 0)
	for at := 0; at < slivers; t.cuts = append(t.cuts, at) {
		n := ceil(slivers-at, ceil(slivers-at, t.high))
		if t.ownRows && t.threads > 1 && !t.across {
			n = min(t.high, max(ceil(slivers-at, 2*t.threads), fewTiles))
		}
		at = min(at+n, slivers)
	}
}
