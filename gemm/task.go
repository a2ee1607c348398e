package gemm

import (
	"github.com/samebits/samebits/internal/kernel"
)

// taskScratch is the memory of a task.
type taskScratch[S Float] struct {
	own    []S  // the own stacks of the tiles
	hot    []S  // the stack common to all
	buffer []S  // for a panel
	sums   []S  // of leaves
	rows   []S  // the packed factors of rows
	high   int  // so many tiles of packed rows above one another
	first  int  // the first of them all
	p, p1  int  // the panels at work
	packs  bool // which are the task's to pack
}

// scratch returns the memory of a task of that goroutine, for the tiles [first, last).
func (t *tiles[S, T]) scratch(worker, first, last int) taskScratch[S] {
	size, sliver := t.tile.Size(), t.tile.Rows*t.k
	nOwn, nHot, nBuffer, nSums, nRows := t.high*t.plan.own*size*min(t.each, t.abreast), t.plan.hot*size, t.plan.longest*t.tile.Cols, t.summed(), 0
	if t.beside { // the kernel's stack is in one place
		nHot += nOwn
	}
	first = max(first, t.lying)
	high := max(0, last-first)
	if t.ownRows {
		nRows = high * sliver
	}
	all := growLarge(&t.workers[worker].scratch, nOwn+nHot+nBuffer+nSums+nRows)
	cut := func(n int) (part []S) {
		part, all = all[:n], all[n:]
		return part
	}
	s := taskScratch[S]{own: cut(nOwn), hot: cut(nHot), buffer: cut(nBuffer), sums: cut(nSums), rows: all, high: high, first: first}
	if !t.ownRows {
		s.rows, s.high, s.first = t.rows, ceil(t.i1-t.i0, t.tile.Rows)-t.lying, t.lying
	}
	return s
}

// task evaluates the task of that number: some tiles above one another in some panels.
func (t *tiles[S, T]) task(worker, number int) {
	if t.partly {
		t.sweepPart(number, t.scratch(worker, 0, 1))
		return
	}
	first, last, p, p1 := t.bounds(number)
	if t.sets > 0 {
		t.setTask(worker, p, p1)
		return
	}
	s := t.scratch(worker, first, last)
	if t.ownRows {
		for i := s.first; i < last; i++ {
			t.packSliver(i, s)
		}
	}
	groups, start := ceil(p1-p, t.abreast), 0
	if t.ownRows { // tasks that begin at the same time pack other columns
		start = number % t.threads * groups / t.threads
	}
	for i := range groups {
		s.p = p + (start+i)%groups*t.abreast
		s.p1 = min(s.p+t.abreast, p1)
		t.group(first, last, s)
	}
}

// tasks returns their number.
func (t *tiles[S, T]) tasks() int {
	if t.partly {
		return len(t.byParts.parts)
	}
	return t.mainCuts*ceil(t.mainPanels, t.each) + len(t.ends)
}

// bounds returns the tiles [first, last) of the task of that number, and its panels [p, p1).
func (t *tiles[S, T]) bounds(number int) (first, last, p, p1 int) {
	if end := number - t.mainCuts*ceil(t.mainPanels, t.each); end >= 0 {
		e := t.ends[end]
		return e.first, e.last, e.p, e.p1
	}
	i, p := number%t.mainCuts, number/t.mainCuts*t.each
	return t.cuts[i], t.cuts[i+1], p, min(p+t.each, t.mainPanels)
}

// group evaluates the tiles [first, last) of panels abreast, block by block, so that what is read of rows
// lies near for all of them, and so does what is read of each row of a matrix of columns.
func (t *tiles[S, T]) group(first, last int, s taskScratch[S]) {
	if t.ownRows && !t.b.packed() {
		state := &t.packing[s.p/t.abreast]
		if s.packs = state.take(); s.packs {
			t.packRest(first, last, s)
			defer state.Store(packed)
		}
	}
	own, size := s.own, t.high*t.plan.own*t.tile.Size()
	for i := range t.plan.blocks {
		for p := s.p; p < s.p1; p++ {
			s.own = own[(p-s.p)*size:]
			t.block(&t.plan.blocks[i], first, last, p, s)
		}
	}
	for p := s.p; p < s.p1; p++ {
		for i := first + t.finished(first, last, p); i < last; i++ {
			t.give(i, p, own[(p-s.p)*size+(i-first)*t.plan.own*t.tile.Size():])
		}
	}
}

// packRest packs the panels that no tower can copy.
func (t *tiles[S, T]) packRest(first, last int, s taskScratch[S]) {
	for p := s.p; p < s.p1; p++ {
		if !t.copies(first, last, p) {
			t.packPanel(p, 0, t.k)
		}
	}
}

// copies tells whether the tower of these tiles can copy the columns of the panel.
func (t *tiles[S, T]) copies(first, last, p int) bool {
	same := kernel.Is64[S]() == kernel.Is64[T]()
	return same && !t.b.trans && t.j0+(p+1)*t.tile.Cols <= t.j1 && t.full(first, last) > 0
}

// rowTile returns the tile of the i-th rows of the chunk.
func (t *tiles[S, T]) rowTile(i int) kernel.Tile {
	if rows := t.i1 - t.i0 - i*t.tile.Rows; rows < t.tile.Rows && !t.beside {
		return kernel.RowTile[S](rows)
	}
	return t.tile
}

// sliver returns the packed factors of the i-th rows in a block. The slivers of a block lie one after the
// other, so that a tower reads on where the tile before ended.
func (t *tiles[S, T]) sliver(b *block, i int, s taskScratch[S]) []S {
	size := (b.hi - b.lo) * t.tile.Rows
	return s.rows[b.lo*t.tile.Rows*s.high+(i-s.first)*size:][:size]
}

// block evaluates the block for the tiles [first, last) of the p-th panel.
func (t *tiles[S, T]) block(b *block, first, last, p int, s taskScratch[S]) {
	switch {
	case t.along > 0:
		t.alongTile(p, s)
		return
	case t.sweeps:
		t.sweepTile(p, s)
		return
	case t.beside:
		t.besideTile(p, s)
		return
	}
	words := t.program.words[b.first:b.last]
	if tile := t.rowTile(first); last-first == 1 && t.takesStored(tile) {
		stack := kernel.Stack[float32]{Own: kernel.As[float32](s.own[:b.own*tile.Size()]), Hot: kernel.As[float32](s.hot), Depth: b.depth}
		kernel.MicroStored(tile, t.b.w.stored, stack, kernel.As[float32](t.sliver(b, first, s)), storedFactors(t.b.w, t.m, t.j0+p*t.tile.Cols, b.lo, t.layout), words)
		return
	}
	f, from := t.factorsOf(b, first, last, p, s)
	for i := first + t.tower(b, first, last, p, s, f, from); i < last; i++ {
		tile := t.rowTile(i)
		stack := kernel.Stack[S]{Own: s.own[(i-first)*t.plan.own*t.tile.Size():][:b.own*tile.Size()], Hot: s.hot, Depth: b.depth}
		kernel.Micro(tile, stack, t.sliver(b, i, s), f, words)
	}
}

// factorsOf returns the columns of a block, and where they are if the tower of these tiles is to copy
// them from there: rows of the matrix.
func (t *tiles[S, T]) factorsOf(b *block, first, last, p int, s taskScratch[S]) (f kernel.Factors[S], from Matrix[S]) {
	if !(t.local() || s.packs) || !t.copies(first, last, p) {
		f = t.factors(p, b.lo, b.hi, s.buffer)
		if t.inMatrix {
			f.Ahead = t.aheadInMatrix(b, p, s)
		}
		return f, from
	}
	f = kernel.Factors[S]{Data: s.buffer, Stride: t.tile.Cols}
	if s.packs {
		f.Data = t.columns[(p*t.k+b.lo)*t.tile.Cols:]
	}
	f.Data = f.Data[:(b.hi-b.lo)*t.tile.Cols]
	return f, t.source(b.lo, p)
}

// aheadInMatrix is how far from the columns of a block of the p-th panel memory is prefetched in their matrix: a few panels further on,
// in the next rows where there are none, and in the first ones after the last.
func (t *tiles[S, T]) aheadInMatrix(b *block, p int, s taskScratch[S]) int {
	ahead := min(matrixAhead, s.p1-s.p) * t.tile.Cols
	switch {
	case p+matrixAhead < s.p1:
		return ahead
	case b.hi < t.k:
		return (b.hi-b.lo)*t.b.b.Stride - (s.p1-s.p)*t.tile.Cols + ahead
	}
	return ahead - b.lo*t.b.b.Stride
}

// source is where the columns of the p-th panel begin in the matrix, from the term lo on.
func (t *tiles[S, T]) source(lo, p int) Matrix[S] {
	x := t.b.b
	return Matrix[S]{Stride: x.Stride, Data: kernel.As[S](x.Data[lo*x.Stride+t.j0+p*t.tile.Cols:])}
}

// tower evaluates the block for the tower that the first of the tiles make, and returns their number.
func (t *tiles[S, T]) tower(b *block, first, last, p int, s taskScratch[S], f kernel.Factors[S], from Matrix[S]) int {
	n := t.full(first, last)
	if n == 0 {
		return 0
	}
	c := kernel.Tower[S]{
		Tiles: n, Own: s.own[:b.own*t.tile.Size()], Stride: t.plan.own * t.tile.Size(), Hot: s.hot, Depth: b.depth,
		Columns: f.Data, Source: from.Data, SourceStride: from.Stride,
		Program: t.program.words[b.first:b.last],
	}
	if first < t.lying {
		c.Rows, c.RowStride = kernel.As[S](t.a.Data[(t.i0+first*t.tile.Rows)*t.a.Stride+b.lo:]), t.a.Stride
		c.RowsStride = t.tile.Rows * c.RowStride
	} else {
		c.Rows, c.RowsStride = t.sliver(b, first, s), (b.hi-b.lo)*t.tile.Rows
	}
	c.Next, c.NextStride = t.next(b, p, s, from.Data != nil)
	if b.last == len(t.program.words) && t.finished(first, last, p) > 0 {
		c.Finish, c.CStride = &t.finish, t.c.Stride
		c.C = t.c.Data[(t.i0+first*t.tile.Rows)*t.c.Stride+t.j0+p*t.tile.Cols:]
	}
	kernel.MicroTower(&c)
	return n
}

// next returns the columns that come after those of the block of the p-th panel, where they are packed, or
// lie if these were copied.
func (t *tiles[S, T]) next(b *block, p int, s taskScratch[S], copied bool) (columns []S, stride int) {
	lo := b.lo
	if p++; p == s.p1 {
		p, lo = s.p, b.hi
	}
	if lo == t.k {
		p, lo = s.p1, 0
	}
	cols, w := t.tile.Cols, t.b.w
	switch j := t.j0 + p*cols; {
	case j >= t.j1:
	case copied:
		from := t.source(lo, p)
		return from.Data, from.Stride
	case w == nil && !t.local():
		return t.columns[(p*t.k+lo)*cols:], cols
	case w != nil && w.stored == kernel.Working && w.tile.Cols == cols:
		return kernel.As[S](w.panels[w.index(lo, j):]), cols
	}
	return nil, 0
}

// full is how many of the tiles [first, last) make a tower: those that have all rows. Few tiles
// wait for the memory that columns come from, and fare better one by one.
func (t *tiles[S, T]) full(first, last int) int {
	n := min(last, (t.i1-t.i0)/t.tile.Rows) - first
	if n < towerTiles || t.layout != onePanel || !kernel.HasTower() {
		return 0
	}
	return n
}

// finished is how many of the tiles [first, last) of the p-th panel are finished in their tower.
func (t *tiles[S, T]) finished(first, last, p int) int {
	if t.put != nil || t.whole != nil || t.narrowed.Data != nil || t.finish.Beta != 0 || t.j0+(p+1)*t.tile.Cols > t.j1 {
		return 0
	}
	return t.full(first, last)
}

// give hands on the values of all nodes of a tile.
func (t *tiles[S, T]) give(sliver, p int, own []S) {
	t.giveTile(t.rowTile(sliver), t.i0+sliver*t.tile.Rows, t.j0+p*t.tile.Cols, own)
}

// giveTile hands on the values of all nodes of a tile, from row i and column j on.
func (t *tiles[S, T]) giveTile(tile kernel.Tile, i, j int, own []S) {
	rows, cols := min(tile.Rows, t.i1-i), min(tile.Cols, t.j1-j)
	switch {
	case t.whole != nil:
		t.whole(i, j, own, tile.Cols, rows, cols)
		return
	case t.narrowed.Data != nil:
		t.narrow.NarrowTile(t.narrowed.Data[i*t.narrowed.Stride+j:], t.narrowed.Stride, kernel.As[float64](own), tile.Cols, rows, cols)
		return
	}
	if t.put == nil && rows == 1 {
		t.finish.Slice(t.c.Data[i*t.c.Stride+j:], own[:cols])
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
