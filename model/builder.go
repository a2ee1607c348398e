package model

import (
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
)

// builder reads a rank's share of a checkpoint, and nothing else of it. It remembers
// the first error, so that the description of a model need not stop to look.
type builder[T Float] struct {
	checkpoint *Checkpoint
	options    Options[T]
	err        error
}

func (b *builder[T]) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *builder[T]) open(name string) onDisk[T] {
	s, err := open[T](b.checkpoint, name)
	b.fail(err)
	return s
}

// vector reads elements of a vector, those of the spans one after the other.
func (b *builder[T]) vector(name string, spans ...reduce.Span) []T {
	m := gemm.NewMatrix[T](total(spans), 1)
	b.rows(m, name, spans)
	return m.Data
}

func (b *builder[T]) norm(kind, name string, width int) norm[T] {
	all := reduce.Span{Lo: 0, Hi: width}
	n := norm[T]{weight: b.vector(name+".weight", all)}
	if kind == LayerNorm {
		n.bias = b.vector(name+".bias", all)
	}
	return n
}

// rows reads rows of a matrix into dst, whose rows are contiguous: those of the
// spans one after the other.
func (b *builder[T]) rows(dst gemm.Matrix[T], name string, spans []reduce.Span) {
	from, rest := b.open(name), dst.Data
	for _, s := range spans {
		if b.err == nil {
			n := s.Len() * dst.Cols
			b.fail(from.read(rest[:n], s.Lo*dst.Cols))
			rest = rest[n:]
		}
	}
}

// slabs reads columns of a matrix of so many columns into dst: those of the spans
// side by side.
func (b *builder[T]) slabs(dst gemm.Matrix[T], name string, cols int, spans []reduce.Span) {
	from := b.open(name)
	for i := range dst.Rows {
		row := dst.Row(i)
		for _, s := range spans {
			if b.err == nil {
				b.fail(from.read(row[:s.Len()], i*cols+s.Lo))
				row = row[s.Len():]
			}
		}
	}
}

func total(spans []reduce.Span) (n int) {
	for _, s := range spans {
		n += s.Len()
	}
	return n
}

// part is some units, of that size, of a linear layer.
type part struct {
	linear
	units reduce.Span
	size  int
}

// spans returns the outputs of the tensor that the units are.
func (p part) spans() []reduce.Span {
	if p.stride == p.size {
		return []reduce.Span{{Lo: p.offset + p.units.Lo*p.size, Hi: p.offset + p.units.Hi*p.size}}
	}
	var all []reduce.Span
	for u := p.units.Lo; u < p.units.Hi; u++ {
		all = append(all, reduce.Span{Lo: p.offset + u*p.stride, Hi: p.offset + u*p.stride + p.size})
	}
	return all
}

// columns returns the layer whose outputs are those of the parts, side by side.
func (b *builder[T]) columns(layer string, parts []part, inputs int) *tp.ColumnParallel[T] {
	conv1D := b.checkpoint.names.conv1D
	var bias []T
	var s strips[T]
	for _, p := range parts {
		s = append(s, b.strips(layer+p.name+".weight", p.outputs, inputs, p.spans(), conv1D)...)
		if p.bias {
			bias = append(bias, b.vector(layer+p.name+".bias", p.spans()...)...)
		}
	}
	m := stacked[T]{s, conv1D, inputs}
	return b.column(m, !conv1D, inputs, bias)
}

// column packs a column-parallel layer of the weights and the bias, nil for none.
func (b *builder[T]) column(m stacked[T], trans bool, inputs int, bias []T) *tp.ColumnParallel[T] {
	w := b.pack(m, trans, gemm.Whole(inputs, b.options.Backend.Order()))
	if b.err != nil {
		return nil
	}
	l, err := tp.ColumnParallelOf(b.options.Backend, w, bias)
	b.fail(err)
	return l
}

// row returns the layer of those inputs of a linear layer, and of all of the bias.
func (b *builder[T]) row(layer string, l linear, own reduce.Span, inputs, leaf int) *tp.RowParallel[T] {
	conv1D := b.checkpoint.names.conv1D
	m := stacked[T]{b.strips(layer+l.name+".weight", inputs, l.outputs, []reduce.Span{own}, !conv1D), !conv1D, l.outputs}
	var bias []T
	if l.bias {
		bias = b.vector(layer+l.name+".bias", reduce.Span{Lo: 0, Hi: l.outputs})
	}
	place := tp.RowPlace(gemm.Contraction{K: inputs, From: own.Lo, Leaf: leaf}, own.Len(), b.options.Fault)
	w := b.pack(m, !conv1D, place)
	if b.err != nil {
		return nil
	}
	r, err := tp.RowParallelOf(b.options.Backend, w, bias, b.options.Fault)
	b.fail(err)
	return r
}
