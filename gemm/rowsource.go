package gemm

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/pages"
	"github.com/samebits/samebits/reduce"
)

// RowSource is a matrix that is read in pieces, once, from the first row to the last: a
// tensor of a file.
type RowSource[E any] struct {
	Rows, Cols int
	// Read sets dst to n rows from row i on, dst being n*Cols long.
	Read func(dst []E, i int) error
}

// check returns an error if the shape is impossible or does not fit the place.
func (s RowSource[E]) check(trans bool, place Contraction) error {
	shape := Matrix[float64]{Rows: s.Rows, Cols: s.Cols, Stride: s.Cols}
	if s.Rows < 0 || s.Cols < 0 {
		return shape.check("B")
	}
	if s.Cols > 0 && s.Rows > math.MaxInt/s.Cols {
		return fmt.Errorf("gemm: B is %d x %d: want no more than %d elements", s.Rows, s.Cols, math.MaxInt)
	}
	if s.Read == nil && !shape.empty() {
		return fmt.Errorf("gemm: B is %d x %d and has no function Read", s.Rows, s.Cols)
	}
	k, _ := shape.op(trans)
	return place.check(k)
}

// PackRows is Pack of a matrix that is read in pieces: what is in memory is the packed
// weights and a piece, not the matrix beside them. Errors are those of Pack, and of Read.
func (n Native[T]) PackRows(b RowSource[T], trans bool, place Contraction) (Packed[T], error) {
	if err := b.check(trans, place); err != nil {
		return nil, err
	}
	if n.order.Kind() == reduce.KindShuffled { // its terms do not lie as they are read
		whole := NewMatrix[T](b.Rows, b.Cols)
		if err := b.Read(whole.Data, 0); err != nil {
			return nil, err
		}
		return n.Pack(whole, trans, place)
	}
	w := newWeights[T](b.Rows, b.Cols, trans, place)
	w.order = packing(n.order)
	w.panels = pages.Make[T](w.panelCount() * w.tile.Cols * w.k)
	gather := func(dst, piece []T, columns int) {
		kernel.Gather(dst, w.tile.Cols, piece, w.k, columns, w.k)
	}
	return w, fillPanels(w.panels, w.k, w.tile.Cols, b, trans, gather)
}

// PackStoredRows is PackStored of a matrix that is read in pieces. Weights stay in 16 bits for
// float32 in the orders Pairwise and Sequential, whose kernels widen them: ok is false, and
// nothing read, for all others, which would widen them element by element in each product.
func (n Native[T]) PackStoredRows(of Stored, b RowSource[uint16], trans bool, place Contraction) (w Packed[T], ok bool, err error) {
	kind := n.order.Kind()
	if kernel.Is64[T]() || kind != reduce.KindPairwise && kind != reduce.KindSequential {
		return nil, false, nil
	}
	if of != BFloat16 && of != Float16 {
		return nil, true, fmt.Errorf("gemm: weights stored as type %d: want BFloat16 or Float16", of)
	}
	if err := b.check(trans, place); err != nil {
		return nil, true, err
	}
	own := newWeights[T](b.Rows, b.Cols, trans, place)
	own.order, own.stored = packing(n.order), kernel.Storage(of)
	own.halves = pages.Make[uint16](own.panelCount() * own.tile.Cols * own.k)
	gather := func(dst, piece []uint16, columns int) {
		transpose(dst, own.tile.Cols, piece, own.k, columns)
	}
	return own, true, fillPanels(own.halves, own.k, own.tile.Cols, b, trans, gather)
}

// newWeights returns weights without their numbers.
func newWeights[T Float](rows, cols int, trans bool, place Contraction) *Weights[T] {
	w := &Weights[T]{place: place, tile: kernel.MicroTile[T]()}
	w.k, w.n = Matrix[T]{Rows: rows, Cols: cols}.op(trans)
	w.compile()
	return w
}

// pieceRows is how many terms are read at once, of a matrix whose rows are terms.
const pieceRows = 16

// fillPanels packs op(b) of k terms into panels of so many columns, which are zero. gather
// transposes a piece: so many columns of k terms, one after the other, into a panel.
func fillPanels[E any](panels []E, k, cols int, b RowSource[E], trans bool, gather func(dst, piece []E, columns int)) error {
	if b.Rows == 0 || b.Cols == 0 {
		return nil
	}
	most := pieceRows
	if trans {
		most = cols
	}
	buffer := make([]E, min(most, b.Rows)*b.Cols)
	for i := 0; i < b.Rows; i += most {
		n := min(most, b.Rows-i)
		piece := buffer[:n*b.Cols]
		if err := b.Read(piece, i); err != nil {
			return err
		}
		if trans {
			gather(panels[i*k:][:k*cols], piece, n)
			continue
		}
		for j := 0; j < b.Cols; j += cols {
			for term := range n {
				copy(panels[j*k+(i+term)*cols:][:cols], piece[term*b.Cols+j:(term+1)*b.Cols])
			}
		}
	}
	return nil
}

// transpose sets dst[t*width+j] = x[j*n+t] for j < columns and t < n, some terms at a time,
// so that what is written stays near.
func transpose[E any](dst []E, width int, x []E, n, columns int) {
	const near = 64
	for lo := 0; lo < n; lo += near {
		hi := min(lo+near, n)
		for j := range columns {
			to := dst[lo*width+j:]
			for t, v := range x[j*n+lo : j*n+hi] {
				to[t*width] = v
			}
		}
	}
}
