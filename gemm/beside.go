package gemm

import "github.com/samebits/samebits/internal/kernel"

// A few rows by columns that lie in a matrix one after the other can be taken together, in the lanes of vectors, so that columns need
// not be transposed (kernel.Beside).

// takesBeside tells whether rows are taken so.
func (t *tiles[S, T]) takesBeside() bool {
	return t.b.w == nil && t.b.trans && t.k > 0 && kernel.TakesBeside[S](t.m)
}

// runBeside evaluates a product so and returns for how many columns that could be done.
func (t *tiles[S, T]) runBeside() int {
	t.way, t.tile = way{layout: matrixColumns, beside: true}, kernel.BesideTile[S]()
	t.plan.cut(t.program.words, 1<<30)
	t.plan.longest = 0 // no buffer
	return t.runTiles(0, t.n, true)
}

// besideTile evaluates the p-th tile, whose nodes the kernel has column by column.
func (t *tiles[S, T]) besideTile(p int, s taskScratch[S]) {
	b, size := t.factors(p, 0, t.k, nil), t.tile.Size()
	kernel.Beside(s.hot, s.rows[:t.k*t.tile.Rows], b.Data, b.Stride, t.program.words)
	for node := range t.program.nodes {
		kernel.Gather(s.own[node*size:][:size], t.tile.Cols, s.hot[node*size:][:size], t.tile.Rows, t.tile.Cols, t.tile.Rows)
	}
}
