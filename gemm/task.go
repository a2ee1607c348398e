package gemm

import "github.com/samebits/samebits/internal/kernel"

// taskScratch is the memory of a task.
type taskScratch[S Float] struct {
	own    []S // the own stacks of the tiles
	hot    []S // the stack common to all
	buffer []S // for a panel
	rows   []S // the packed factors of the rows
}

// scratch returns the memory of a task of that goroutine, for the tiles from first on.
func (t *tiles[S, T]) scratch(worker, first int) taskScratch[S] {
	size, sliver := t.tile.Size(), t.tile.Rows*t.k
	nOwn, nHot, nBuffer, nRows := t.high*t.plan.own*size, t.plan.hot*size, t.plan.longest*t.tile.Cols, 0
	if t.byRows {
		nOwn *= t.each
	}
	if t.ownRows {
		nRows = t.high * sliver
	}
	all := grow(&t.workers[worker], nOwn+nHot+nBuffer+nRows)
	cut := func(n int) (part []S) {
		part, all = all[:n], all[n:]
		return part
	}
	s := taskScratch[S]{cut(nOwn), cut(nHot), cut(nBuffer), all}
	if !t.ownRows {
		s.rows = t.rows[first*sliver:]
	}
	return s
}

// task evaluates the task of that number: some tiles above one another in some panels.
func (t *tiles[S, T]) task(worker, number int) {
	panels, cuts := ceil(t.j1-t.j0, t.tile.Cols), len(t.cuts)-1
	first, last := t.cuts[number%cuts], t.cuts[number%cuts+1]
	p := number / cuts * t.each
	p1 := min(p+t.each, panels)
	s := t.scratch(worker, first)
	if t.ownRows {
		for i := first; i < last; i++ {
			t.packSliver(i, s.rows[(i-first)*t.tile.Rows*t.k:])
		}
	}
	if t.byRows {
		t.rowTask(p, p1, s)
		return
	}
	for ; p < p1; p++ {
		for i := range t.plan.blocks {
			t.block(&t.plan.blocks[i], first, last, p, s)
		}
		for i := first + t.finished(first, last, p); i < last; i++ {
			t.give(i, p, s.own[(i-first)*t.plan.own*t.tile.Size():])
		}
	}
}

// rowTask evaluates the panels [p, p1) for one row of tiles, block by block, so that what is
// read of each row of the matrix lies together.
func (t *tiles[S, T]) rowTask(p, p1 int, s taskScratch[S]) {
	all, size := s.own, t.plan.own*t.tile.Size()
	for i := range t.plan.blocks {
		for q := p; q < p1; q++ {
			s.own = all[(q-p)*size:]
			t.block(&t.plan.blocks[i], 0, 1, q, s)
		}
	}
	for q := p; q < p1; q++ {
		t.give(0, q, all[(q-p)*size:])
	}
}

// rowTile returns the tile of the i-th rows of the chunk.
func (t *tiles[S, T]) rowTile(i int) kernel.Tile {
	if rows := t.i1 - t.i0 - i*t.tile.Rows; rows < t.tile.Rows {
		return kernel.RowTile[S](rows)
	}
	return t.tile
}

// block evaluates the block for the tiles [first, last) of the p-th panel.
func (t *tiles[S, T]) block(b *block, first, last, p int, s taskScratch[S]) {
	words := t.program.words[b.first:b.last]
	if tile := t.rowTile(first); last-first == 1 && t.takesStored(tile) {
		stack := kernel.Stack[float32]{Own: kernel.As[float32](s.own[:b.own*tile.Size()]), Hot: kernel.As[float32](s.hot), Depth: b.depth}
		kernel.MicroStored(tile, t.b.w.stored, stack, kernel.As[float32](s.rows[b.lo*tile.Rows:]), storedFactors(t.b.w, t.j0+p*t.tile.Cols, b.lo, t.layout), words)
		return
	}
	f, from := t.factorsOf(b, first, last, p, s.buffer)
	for i := first + t.tower(b, first, last, p, s, f, from); i < last; i++ {
		tile, a := t.rowTile(i), s.rows[(i-first)*t.tile.Rows*t.k:]
		stack := kernel.Stack[S]{Own: s.own[(i-first)*t.plan.own*t.tile.Size():][:b.own*tile.Size()], Hot: s.hot, Depth: b.depth}
		kernel.Micro(tile, stack, a[b.lo*tile.Rows:], f, words)
	}
}

// factorsOf returns the columns of a block, and where they are if the tower of these tiles is to copy
// them from there: rows of the matrix.
func (t *tiles[S, T]) factorsOf(b *block, first, last, p int, buffer []S) (f kernel.Factors[S], from Matrix[S]) {
	cols, j := t.tile.Cols, t.j0+p*t.tile.Cols
	same := kernel.Is64[S]() == kernel.Is64[T]()
	if !same || !t.local() || t.b.trans || j+cols > t.j1 || t.full(first, last) == 0 {
		return t.factors(p, b.lo, b.hi, buffer), from
	}
	x := t.b.b
	from = Matrix[S]{Stride: x.Stride, Data: kernel.As[S](x.Data[b.lo*x.Stride+j:])}
	return kernel.Factors[S]{Data: buffer[:(b.hi-b.lo)*cols], Stride: cols}, from
}

// tower evaluates the block for the tower that the first of the tiles make, and returns their number.
func (t *tiles[S, T]) tower(b *block, first, last, p int, s taskScratch[S], f kernel.Factors[S], from Matrix[S]) int {
	n := t.full(first, last)
	if n == 0 {
		return 0
	}
	c := kernel.Tower[S]{
		Tiles: n, Own: s.own[:b.own*t.tile.Size()], Stride: t.plan.own * t.tile.Size(), Hot: s.hot, Depth: b.depth,
		Rows: s.rows[b.lo*t.tile.Rows:], RowsStride: t.k * t.tile.Rows,
		Columns: f.Data, Asks: !t.local(), Source: from.Data, SourceStride: from.Stride,
		Program: t.program.words[b.first:b.last],
	}
	if b.last == len(t.program.words) && t.finished(first, last, p) > 0 {
		c.Finish, c.CStride = &t.finish, t.c.Stride
		c.C = t.c.Data[(t.i0+first*t.tile.Rows)*t.c.Stride+t.j0+p*t.tile.Cols:]
	}
	kernel.MicroTower(&c)
	return n
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
	tile := t.rowTile(sliver)
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
