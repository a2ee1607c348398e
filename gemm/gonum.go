package gemm

import (
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// Gonum is the Backend over gonum's BLAS, to compare with. Its order is gonum's
// own; the model's other sums, and the ranks' products, are folded from left to
// right. gonum leaves out zero multipliers in some cases and decides itself how
// many goroutines to use.
type Gonum[T Float] struct{}

// dense is a right operand as gonum takes it: not packed at all.
type dense[T Float] struct {
	place Contraction
	Matrix[T]
	trans bool
}

func (d *dense[T]) Dims() (k, n int)   { return d.op(d.trans) }
func (d *dense[T]) Place() Contraction { return d.place }

// Order returns Sequential: how the model is to form its other sums.
func (Gonum[T]) Order() reduce.Order { return reduce.Sequential }

// Pack keeps b as it is, sharing its memory.
func (Gonum[T]) Pack(b Matrix[T], trans bool, place Contraction) (Packed[T], error) {
	if err := b.check("B"); err != nil {
		return nil, err
	}
	rows, _ := b.op(trans)
	return &dense[T]{place, b, trans}, place.check(rows)
}

// Mul is gonum's Gemm.
func (g Gonum[T]) Mul(a Matrix[T], w Packed[T], c Matrix[T]) error {
	own, err := g.operand(a, w, c.Rows, c.Cols)
	if err != nil {
		return err
	}
	if err := checkComplete[T](w); err != nil {
		return err
	}
	return g.Product(1, a, own.Matrix, own.trans, false, c)
}

// Partial is gonum's product over the part.
func (g Gonum[T]) Partial(a Matrix[T], w Packed[T]) (*Partial[T], error) {
	own, err := packedBy[dense[T], T](w)
	if err != nil {
		return nil, err
	}
	k, n := own.Dims()
	if err := checkProduct(a, w, a.Rows, n); err != nil {
		return nil, err
	}
	c := NewMatrix[T](a.Rows, n)
	if err := g.Product(1, a, own.Matrix, own.trans, false, c); err != nil {
		return nil, err
	}
	return FromValue(g.Order(), w.Place(), k, c.Data)
}

// operand checks the operands of a product with packed weights.
func (g Gonum[T]) operand(a Matrix[T], w Packed[T], rows, cols int) (*dense[T], error) {
	own, err := packedBy[dense[T], T](w)
	if err != nil {
		return nil, err
	}
	return own, checkProduct(a, w, rows, cols)
}

// Product is gonum's Gemm with beta = 0.
func (g Gonum[T]) Product(alpha T, a, b Matrix[T], trans, _ bool, c Matrix[T]) error {
	if err := checkGemm(Options{}, false, trans, a, b, c); err != nil {
		return err
	}
	m, n, k := c.Rows, c.Cols, a.Cols
	if m == 0 || n == 0 {
		return nil
	}
	if k == 0 {
		scale(0, c)
		return nil
	}
	op := blas.NoTrans
	if trans {
		op = blas.Trans
	}
	var impl gonum.Implementation
	if kernel.Is64[T]() {
		impl.Dgemm(blas.NoTrans, op, m, n, k, float64(alpha), any(a.Data).([]float64), a.Stride, any(b.Data).([]float64), b.Stride, 0, any(c.Data).([]float64), c.Stride)
		return nil
	}
	impl.Sgemm(blas.NoTrans, op, m, n, k, float32(alpha), any(a.Data).([]float32), a.Stride, any(b.Data).([]float32), b.Stride, 0, any(c.Data).([]float32), c.Stride)
	return nil
}

// ProductFrom is gonum's Gemm over the terms that there are.
func (g Gonum[T]) ProductFrom(_ int, a, b, c Matrix[T]) error {
	return g.Product(1, a, b, false, true, c)
}
