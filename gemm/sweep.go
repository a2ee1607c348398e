package gemm

import "github.com/samebits/samebits/internal/kernel"

// A row by columns that lie in a matrix row by row goes along its rows from end to end, as memory does (kernel.Sweep).

// runSweeps evaluates a product of one row over such a matrix, in tasks of about as many columns, and returns for how
// many columns that could be done.
func (t *tiles[S, T]) runSweeps() int {
	t.layout, t.byRows, t.ownRows, t.sweeps = matrixRows, false, false, true
	t.plan.cut(t.program.words, 1<<30)
	t.plan.longest = 0 // no buffer
	tasks, least, done := t.sweepTasks(), kernel.SweepColumns[S](), 0
	if cols := t.n / tasks / least * least; cols > 0 {
		t.tile = kernel.Tile{Rows: 1, Cols: cols}
		done = t.runTiles(0, tasks*cols)
	}
	if rest := (t.n - done) / least * least; rest > 0 {
		t.tile = kernel.Tile{Rows: 1, Cols: rest}
		done = t.runTiles(done, t.n)
	}
	return done
}

// sweepTasks is the number of tasks.
func (t *tiles[S, T]) sweepTasks() int {
	bytes := t.n * sizeOf[S]()
	tasks := ceil(bytes, sweepRow)
	if t.threads > 1 {
		tasks = max(tasks, min(bytes/sweepLeast, t.threads*sweepTasks))
		tasks = ceil(tasks, t.threads) * t.threads
	}
	return tasks
}

// sweepTile evaluates the p-th tile.
func (t *tiles[S, T]) sweepTile(p int, s taskScratch[S]) {
	b := t.factors(p, 0, t.k, nil)
	stack := s.own[:(t.plan.own+t.plan.hot)*t.tile.Cols] // the hot one comes after it
	kernel.Sweep(stack, s.rows[:t.k], b.Data, b.Stride, t.tile.Cols, t.program.words)
}
