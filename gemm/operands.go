package gemm

// leftOperand is op(A) as it lies.
type leftOperand[T Float] struct {
	Matrix[T]
	trans bool
}

func (l leftOperand[T]) rows() int {
	m, _ := l.op(l.trans)
	return m
}

func (l leftOperand[T]) cols() int {
	_, k := l.op(l.trans)
	return k
}

// row returns row i of op(A): as it lies, or copied to the buffer.
func (l leftOperand[T]) row(i int, buffer []T) []T {
	if !l.trans {
		return l.Row(i)
	}
	for k := range buffer {
		buffer[k] = l.Data[k*l.Stride+i]
	}
	return buffer
}

// rightOperand is op(B): weights packed beforehand, or a matrix as it lies.
type rightOperand[T Float] struct {
	w     *Weights[T]
	b     Matrix[T]
	trans bool
}

func (r rightOperand[T]) packed() bool { return r.w != nil }

func (r rightOperand[T]) cols() int {
	if r.w != nil {
		return r.w.n
	}
	_, n := r.b.op(r.trans)
	return n
}

// column copies column j of op(B).
func (r rightOperand[T]) column(j int, dst []T) {
	switch {
	case r.w != nil:
		for k := range dst {
			dst[k] = r.w.at(k, j)
		}
	case r.trans:
		copy(dst, r.b.Row(j))
	default:
		for k := range dst {
			dst[k] = r.b.Data[k*r.b.Stride+j]
		}
	}
}

// panel returns all terms of the p-th panel of so many columns: as they were packed, or in
// the buffer.
func (r rightOperand[T]) panel(cols, p int, buffer []T) []T {
	w, k := r.w, len(buffer)/cols
	switch {
	case w == nil:
		packRows(buffer, cols, r.b, !r.trans, p*cols, min(cols, r.cols()-p*cols), 0, k)
	case w.tile.Cols == cols:
		return w.panel(p, buffer)
	default:
		clear(buffer)
		for j := p * cols; j < min((p+1)*cols, w.n); j++ {
			for t := range k {
				buffer[t*cols+j-p*cols] = w.at(t, j)
			}
		}
	}
	return buffer
}

// asRow returns a product of one column, whose elements lie one after the other, as one of one row:
// the factors of a term are multiplied either way, and no panel is filled with one column.
func asRow[T Float](a leftOperand[T], b rightOperand[T], c Matrix[T]) (leftOperand[T], rightOperand[T], Matrix[T]) {
	return leftOperand[T]{b.b, !b.trans}, rightOperand[T]{b: a.Matrix, trans: !a.trans}, Dense(1, c.Rows, c.Data[:c.Rows])
}
