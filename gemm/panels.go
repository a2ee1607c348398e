package gemm

import (
	"runtime"
	"sync/atomic"

	"github.com/samebits/samebits/internal/kernel"
)

// panelState is what has become of a panel of columns that tasks pack as they come to it.
type panelState struct{ atomic.Uint32 }

const (
	lies   uint32 = iota // in the matrix
	packs                // a task packs it
	packed               // all may read it
)

// take returns whether the panel is the caller's to pack. Else it waits until another task has.
func (p *panelState) take() bool {
	if p.CompareAndSwap(lies, packs) {
		return true
	}
	for p.Load() != packed {
		runtime.Gosched()
	}
	return false
}

// toPack decides what is to be packed of the chunk before tasks begin: its rows, and its columns, if so told.
// Tasks that pack their rows, of all panels, pack columns as well: whoever comes to a panel first.
func (t *tiles[S, T]) toPack(rows, columns bool) {
	t.slivers, t.groups = 0, 0
	if rows && !t.ownRows {
		t.slivers = ceil(t.i1-t.i0, t.tile.Rows) - t.lying
		growLarge(&t.rows, t.slivers*t.tile.Rows*t.k+t.along*kernel.AlongLeaf)
	}
	if columns {
		panels := ceil(t.j1-t.j0, t.tile.Cols)
		growLarge(&t.columns, panels*t.tile.Cols*t.k)
		state := lies
		if !t.ownRows {
			t.groups, state = ceil(panels, packPanels), packed
		}
		for i := range grow(&t.packing, ceil(panels, t.abreast)) {
			t.packing[i].Store(state)
		}
	}
}

// part packs a part of the chunk, or evaluates a task when all is packed. Parts are taken in
// ascending order: whoever waits waits for others at work.
func (t *tiles[S, T]) part(worker, part int) {
	packs := t.slivers + t.groups
	if part < packs {
		defer t.packed.Add(1)
		t.packPart(part)
		return
	}
	for t.packed.Load() < int64(packs) {
		runtime.Gosched()
	}
	t.task(worker, part-packs)
}

// packPart packs a sliver of rows or some panels of columns.
func (t *tiles[S, T]) packPart(part int) {
	k := t.k
	if part < t.slivers {
		t.packSliver(t.lying+part, taskScratch[S]{rows: t.rows, high: t.slivers, first: t.lying})
		return
	}
	step := packTerms
	if t.b.trans {
		step = k // column after column
	}
	first := (part - t.slivers) * packPanels
	last := min(first+packPanels, ceil(t.j1-t.j0, t.tile.Cols))
	for lo := 0; lo < k; lo += step {
		for p := first; p < last; p++ {
			t.packPanel(p, lo, min(lo+step, k))
		}
	}
}

// packPanel packs the terms [lo, hi) of the p-th panel of the chunk.
func (t *tiles[S, T]) packPanel(p, lo, hi int) {
	cols, j := t.tile.Cols, t.j0+p*t.tile.Cols
	packRows(t.columns[(p*t.k+lo)*cols:][:(hi-lo)*cols], cols, t.b.b, !t.b.trans, j, min(cols, t.j1-j), lo, hi-lo)
}

// packSliver packs the i-th rows of the chunk.
func (t *tiles[S, T]) packSliver(i int, s taskScratch[S]) {
	tile, row := t.rowTile(i), t.i0+i*t.tile.Rows
	for j := range t.plan.blocks {
		b := &t.plan.blocks[j]
		n := b.hi - b.lo
		packRows(t.sliver(b, i, s)[:tile.Rows*n], tile.Rows, t.a.Matrix, t.a.trans, row, min(tile.Rows, t.i1-row), b.lo, n)
	}
	if t.along > 0 { // one row, and one block
		kernel.ArrangeAlong(s.rows[t.k:], s.rows[:t.k], t.along)
	}
}

// packRows packs n terms from lo on of so many rows of x, from i on, or of columns where
// columns is set: term by term, width numbers each, zeros after those that there are.
func packRows[S, T Float](dst []S, width int, x Matrix[T], columns bool, i, rows, lo, n int) {
	if rows < width {
		for k := range n {
			clear(dst[k*width+rows : (k+1)*width])
		}
	}
	same := kernel.Is64[S]() == kernel.Is64[T]()
	switch {
	case n == 0:
	case columns && same:
		kernel.CopyRows(kernel.As[T](dst), width, x.Data[lo*x.Stride+i:], x.Stride, rows, n)
	case columns && rows == width && kernel.Is64[S]():
		kernel.WidenColumns(kernel.As[float64](dst), x.Data[lo*x.Stride+i:], width, x.Stride)
	case columns:
		for k := range n {
			for r, v := range x.Data[(lo+k)*x.Stride+i:][:rows] {
				dst[k*width+r] = S(v)
			}
		}
	case same:
		kernel.Gather(kernel.As[T](dst), width, x.Data[i*x.Stride+lo:], x.Stride, rows, n)
	default:
		widenRows(kernel.As[float64](dst), width, x.Data[i*x.Stride+lo:], x.Stride, rows, n)
	}
}

// widenRows is kernel.Gather into float64, by blocks of terms that stay in a cache.
func widenRows[T Float](dst []float64, width int, x []T, stride, rows, n int) {
	var buffer [64 * 32]T // zeros, and so are lanes without a row
	step := len(buffer) / width
	for k := 0; k < n; k += step {
		m := min(step, n-k)
		kernel.Gather(buffer[:m*width], width, x[k:], stride, rows, m)
		kernel.WidenColumns(dst[k*width:(k+m)*width], buffer[:m*width], width, width)
	}
}

// factors returns the terms [lo, hi) of the columns of the p-th panel of the chunk: where
// they are packed or lie as the kernel takes them, or else packed into the buffer.
func (t *tiles[S, T]) factors(p, lo, hi int, buffer []S) kernel.Factors[S] {
	cols, j := t.tile.Cols, t.j0+p*t.tile.Cols
	switch w := t.b.w; {
	case t.layout == matrixRows && (!t.inMatrix || j+cols <= t.j1):
		b := t.b.b
		return kernel.Factors[S]{Data: kernel.As[S](b.Data[lo*b.Stride+j:]), Stride: b.Stride, Ahead: cols}
	case t.layout == matrixColumns:
		b := t.b.b
		return kernel.Factors[S]{Data: kernel.As[S](b.Data[j*b.Stride+lo:]), Stride: b.Stride, Across: true}
	case t.layout == severalPanels:
		return kernel.Factors[S]{Data: kernel.As[S](w.panels[w.index(lo, j):]), Stride: w.k * w.tile.Cols, Spread: true}
	}
	f := kernel.Factors[S]{Data: buffer[:(hi-lo)*cols], Stride: cols, Ahead: kernel.PanelAhead(t.m) / sizeOf[S]()}
	same := kernel.Is64[S]() == kernel.Is64[T]()
	switch w := t.b.w; {
	case w == nil && t.local():
		packRows(f.Data, cols, t.b.b, !t.b.trans, j, min(cols, t.j1-j), lo, hi-lo)
	case w == nil:
		f.Data = t.columns[(p*t.k+lo)*cols:][:(hi-lo)*cols]
	case same && w.tile.Cols == cols && w.stored == kernel.Working:
		f.Data = kernel.As[S](w.panels[w.index(lo, j):][:(hi-lo)*cols])
	case same && w.tile.Cols == cols:
		kernel.Widen(w.stored, kernel.As[float32](f.Data), w.halves[w.index(lo, j):][:(hi-lo)*cols])
	default:
		t.convert(f.Data, j, lo, hi)
	}
	return f
}

// takesStored tells whether there is a kernel that takes the weights as they are stored.
func (t *tiles[S, T]) takesStored(tile kernel.Tile) bool {
	w := t.b.w
	return w != nil && w.stored != kernel.Working && kernel.Active() != kernel.Portable && !kernel.Is64[S]() &&
		tile.Rows <= kernel.StreamRows && w.tile == kernel.MicroTile[float32]()
}

// storedFactors returns the columns from j on, and the terms from lo on, of stored weights, for so many rows.
func storedFactors[T Float](w *Weights[T], rows, j, lo int, l layout) kernel.Factors[uint16] {
	f := kernel.Factors[uint16]{Data: w.halves[w.index(lo, j):], Stride: w.tile.Cols, Ahead: kernel.PanelAhead(rows) / 2}
	if l == severalPanels {
		f.Stride, f.Spread = w.k*w.tile.Cols, true
	}
	return f
}

// convert packs the terms [lo, hi) of the columns from first on from weights of another type or of panels of
// another size.
func (t *tiles[S, T]) convert(dst []S, first, lo, hi int) {
	w, cols := t.b.w, t.tile.Cols
	if kernel.Is64[S]() && w.stored == kernel.Working && first/w.tile.Cols == (first+cols-1)/w.tile.Cols {
		kernel.WidenColumns(kernel.As[float64](dst), w.panels[w.index(lo, first):], cols, w.tile.Cols)
		return
	}
	for j := range cols {
		column := first + j
		for k := range hi - lo {
			if column < w.n {
				dst[k*cols+j] = S(w.at(lo+k, column))
			} else {
				dst[k*cols+j] = 0
			}
		}
	}
}
