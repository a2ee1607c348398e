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

// vector reads n elements of a vector, those of the spans one after the other.
func (b *builder[T]) vector(name string, spans ...reduce.Span) []T {
	return b.rows(name, 1, spans).Data
}

func (b *builder[T]) norm(kind, name string, width int) norm[T] {
	all := reduce.Span{Lo: 0, Hi: width}
	n := norm[T]{weight: b.vector(name+".weight", all)}
	if kind == LayerNorm {
		n.bias = b.vector(name+".bias", all)
	}
	return n
}

// rows reads rows of a matrix of so many columns, those of the spans one after the
// other.
func (b *builder[T]) rows(name string, cols int, spans []reduce.Span) gemm.Matrix[T] {
	m := gemm.NewMatrix[T](total(spans), cols)
	from, rest := b.open(name), m.Data
	for _, s := range spans {
		if b.err == nil {
			b.fail(from.read(rest[:s.Len()*cols], s.Lo*cols))
			rest = rest[s.Len()*cols:]
		}
	}
	return m
}

// slabs reads columns of a matrix of that shape, those of the spans side by side.
func (b *builder[T]) slabs(name string, rows, cols int, spans []reduce.Span) gemm.Matrix[T] {
	m := gemm.NewMatrix[T](rows, total(spans))
	from := b.open(name)
	for i := range rows {
		row := m.Row(i)
		for _, s := range spans {
			if b.err == nil {
				b.fail(from.read(row[:s.Len()], i*cols+s.Lo))
				row = row[s.Len():]
			}
		}
	}
	return m
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
	var whole []gemm.Matrix[T]
	var bias []T
	for _, p := range parts {
		if b.checkpoint.names.conv1D {
			whole = append(whole, b.slabs(layer+p.name+".weight", inputs, p.outputs, p.spans()))
		} else {
			whole = append(whole, b.rows(layer+p.name+".weight", inputs, p.spans()))
		}
		if p.bias {
			bias = append(bias, b.vector(layer+p.name+".bias", p.spans()...)...)
		}
	}
	if b.checkpoint.names.conv1D {
		return b.column(beside(inputs, whole), false, bias)
	}
	return b.column(below(inputs, whole), true, bias)
}

// below stacks matrices of so many columns.
func below[T Float](cols int, parts []gemm.Matrix[T]) gemm.Matrix[T] {
	var data []T
	rows := 0
	for _, p := range parts {
		data = append(data, p.Data...)
		rows += p.Rows
	}
	return gemm.Dense(rows, cols, data)
}

// beside puts matrices of so many rows side by side.
func beside[T Float](rows int, parts []gemm.Matrix[T]) gemm.Matrix[T] {
	cols := 0
	for _, p := range parts {
		cols += p.Cols
	}
	m := gemm.NewMatrix[T](rows, cols)
	for i := range rows {
		row := m.Row(i)
		for _, p := range parts {
			row = row[copy(row, p.Row(i)):]
		}
	}
	return m
}

// column packs a column-parallel layer of the weights and the bias, nil for none.
func (b *builder[T]) column(w gemm.Matrix[T], trans bool, bias []T) *tp.ColumnParallel[T] {
	if b.err != nil {
		return nil
	}
	l, err := tp.NewColumnParallel(b.options.Backend, w, trans, bias)
	b.fail(err)
	return l
}

// row returns the layer of those inputs of a linear layer, and of all of the bias.
func (b *builder[T]) row(layer string, l linear, own reduce.Span, inputs, leaf int) *tp.RowParallel[T] {
	var w gemm.Matrix[T]
	var bias []T
	if b.checkpoint.names.conv1D {
		w = b.rows(layer+l.name+".weight", l.outputs, []reduce.Span{own})
	} else {
		w = b.slabs(layer+l.name+".weight", l.outputs, inputs, []reduce.Span{own})
	}
	if l.bias {
		bias = b.vector(layer+l.name+".bias", reduce.Span{Lo: 0, Hi: l.outputs})
	}
	if b.err != nil {
		return nil
	}
	place := gemm.Contraction{K: inputs, From: own.Lo, Leaf: leaf}
	r, err := tp.NewRowParallel(b.options.Backend, w, !b.checkpoint.names.conv1D, place, bias, b.options.Fault)
	b.fail(err)
	return r
}
