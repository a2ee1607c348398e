package model

import (
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/reduce"
)

// strip is some rows of a matrix on disk or, across, some of its columns.
type strip[T Float] struct {
	onDisk[T]
	cols int // of the matrix
	span reduce.Span
}

type strips[T Float] []strip[T]

// strips opens a matrix, of which the spans are: of one side, which has so many, and the
// other has so many others.
func (b *builder[T]) strips(name string, side, others int, spans []reduce.Span, across bool) (all strips[T]) {
	from, cols := b.open(name), others
	if across {
		cols = side
	}
	for _, s := range spans {
		all = append(all, strip[T]{from, cols, s})
	}
	return all
}

// stacked is the matrix of strips: of rows, one above the other, or across, of columns, side
// by side. Strips have so many others.
type stacked[T Float] struct {
	strips strips[T]
	across bool
	others int
}

func (m stacked[T]) dims() (rows, cols int) {
	n := 0
	for _, s := range m.strips {
		n += s.span.Len()
	}
	if m.across {
		return m.others, n
	}
	return n, m.others
}

// source returns the matrix as it is read by read, a run of elements at a time. What has been
// read of mapped files is let go of, every few megabytes: it is in memory elsewhere by then.
func source[E any, T Float](m stacked[T], weights *safetensors.Folder, read func(s strip[T], dst []E, from int) error) gemm.RowSource[E] {
	const most = 4 << 20
	rows, cols := m.dims()
	pending := 0
	return gemm.RowSource[E]{Rows: rows, Cols: cols, Read: func(dst []E, i int) error {
		n := 0
		if cols > 0 {
			n = len(dst) / cols
		}
		if err := m.each(i, n, func(s strip[T], from, length int) error {
			pending += length * s.tensor.DType.Size()
			err := read(s, dst[:length], from)
			dst = dst[length:]
			return err
		}); err != nil {
			return err
		}
		if pending >= most || i+n == rows {
			pending = 0
			m.release(weights)
		}
		return nil
	}}
}

// each calls f for the runs of elements that make up n rows from row i on.
func (m stacked[T]) each(i, n int, f func(s strip[T], from, length int) error) error {
	if m.across {
		for row := i; row < i+n; row++ {
			for _, s := range m.strips {
				if err := f(s, row*s.cols+s.span.Lo, s.span.Len()); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for _, s := range m.strips {
		lo, hi := max(i, 0), min(i+n, s.span.Len())
		if lo < hi {
			if err := f(s, (s.span.Lo+lo)*s.cols, (hi-lo)*s.cols); err != nil {
				return err
			}
		}
		i -= s.span.Len()
	}
	return nil
}

// release lets go of the mapped pages of all strips.
func (m stacked[T]) release(weights *safetensors.Folder) {
	for _, s := range m.strips {
		size := s.tensor.DType.Size()
		lo, hi := s.span.Lo*s.cols*size, s.span.Hi*s.cols*size
		if m.across {
			lo, hi = 0, len(s.tensor.Data)
		}
		weights.Release(s.tensor.Name, lo, hi)
	}
}

// packer is a Backend that packs weights as they are read, as gemm.Native does. What wraps a
// Backend and is to see its weights must not have these methods.
type packer[T Float] interface {
	PackRows(b gemm.RowSource[T], trans bool, place gemm.Contraction) (gemm.Packed[T], error)
	PackStoredRows(of gemm.Stored, b gemm.RowSource[uint16], trans bool, place gemm.Contraction) (w gemm.Packed[T], ok bool, err error)
}

// pack packs the matrix, stored as it is where the backend can multiply by that.
func (b *builder[T]) pack(m stacked[T], trans bool, place gemm.Contraction) gemm.Packed[T] {
	if b.err != nil {
		return nil
	}
	p, _ := b.options.Backend.(packer[T])
	if of, ok := m.stored(); ok && p != nil {
		halves := source(m, b.checkpoint.weights, func(s strip[T], dst []uint16, from int) error { return s.halves(dst, from) })
		w, ok, err := p.PackStoredRows(of, halves, trans, place)
		if ok || err != nil {
			b.fail(err)
			return w
		}
	}
	rows := source(m, b.checkpoint.weights, func(s strip[T], dst []T, from int) error { return s.read(dst, from) })
	if p != nil {
		w, err := p.PackRows(rows, trans, place)
		b.fail(err)
		return w
	}
	whole := gemm.NewMatrix[T](rows.Rows, rows.Cols)
	if b.fail(rows.Read(whole.Data, 0)); b.err != nil {
		return nil
	}
	w, err := b.options.Backend.Pack(whole, trans, place)
	b.fail(err)
	return w
}

// stored returns the 16-bit type in which all strips are stored, if there is one.
func (m stacked[T]) stored() (of gemm.Stored, ok bool) {
	types := map[safetensors.DType]gemm.Stored{safetensors.BF16: gemm.BFloat16, safetensors.F16: gemm.Float16}
	for i, s := range m.strips {
		t, known := types[s.tensor.DType]
		if !known || i > 0 && t != of {
			return of, false
		}
		of = t
	}
	return of, len(m.strips) > 0
}
