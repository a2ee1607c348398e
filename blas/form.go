package blas

import (
	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"gonum.org/v1/gonum/blas"
)

// layout says where a form keeps its elements.
type layout uint8

const (
	dense       layout = iota // row i begins at i*ld
	band                      // element (i, i-below) lies at i*ld
	packedUpper               // rows [i, cols) one after another
	packedLower               // rows [0, i] one after another
)

// form is a matrix that stores, of row i, the columns [i-below, i+above] that exist. All
// matrices of level 2 are forms.
type form[T kernel.Float] struct {
	data         []T
	layout       layout
	ld           int
	rows, cols   int
	below, above int
}

// triangle is a dense triangular or symmetric matrix.
func triangle[T kernel.Float](ul blas.Uplo, n int, a []T, lda int) form[T] {
	return bandOf(ul, n, max(0, n-1), a, lda, dense)
}

// bandTriangle is a triangular or symmetric matrix with k diagonals beside the main one.
func bandTriangle[T kernel.Float](ul blas.Uplo, n, k int, a []T, lda int) form[T] {
	return bandOf(ul, n, k, a, lda, band)
}

// packed is a triangular or symmetric matrix without gaps.
func packed[T kernel.Float](ul blas.Uplo, n int, ap []T) form[T] {
	l := packedLower
	if ul == blas.Upper {
		l = packedUpper
	}
	return bandOf(ul, n, max(0, n-1), ap, 0, l)
}

func bandOf[T kernel.Float](ul blas.Uplo, n, k int, a []T, lda int, l layout) form[T] {
	f := form[T]{data: a, layout: l, ld: lda, rows: n, cols: n}
	if ul == blas.Upper {
		f.above = k
	} else {
		f.below = k
	}
	return f
}

// offset returns the o such that element (i, j) is data[o+j].
func (f *form[T]) offset(i int) int {
	switch f.layout {
	case band:
		return i*f.ld + f.below - i
	case packedUpper:
		return i*f.cols - i*(i-1)/2 - i
	case packedLower:
		return i * (i + 1) / 2
	}
	return i * f.ld
}

// row returns the stored part of row i, which begins at column lo.
func (f *form[T]) row(i int) (lo int, v []T) {
	lo, hi := max(0, i-f.below), min(f.cols, i+f.above+1)
	if lo >= hi {
		return 0, nil
	}
	o := f.offset(i)
	return lo, f.data[o+lo : o+hi]
}

// column appends the stored part of column j, which begins at row lo, to v.
func (f form[T]) column(j int, v []T) (lo int, column []T) {
	lo, hi := max(0, j-f.above), min(f.rows, j+f.below+1)
	if lo >= hi {
		return 0, v
	}
	for i := lo; i < hi; i++ {
		v = append(v, f.data[f.offset(i)+j])
	}
	return lo, v
}

// line returns the stored part of row i, or of column i, which is put into the buffer.
func (f form[T]) line(i int, trans bool, buffer []T) (lo int, v []T) {
	if trans {
		return f.column(i, buffer[:0])
	}
	return f.row(i)
}

// mirrored returns the stored part of row i of the symmetric matrix of which f stores a
// triangle, in the buffer.
func (f form[T]) mirrored(i int, buffer []T) (lo int, v []T) {
	rowLo, row := f.row(i)
	if f.above == 0 { // the column goes on where the row ends, both holding the diagonal
		_, v = f.column(i, append(buffer[:0], row[:len(row)-1]...))
		return rowLo, v
	}
	lo, v = f.column(i, buffer[:0])
	return lo, append(v, row[1:]...)
}

// symmetric returns the whole symmetric matrix of which f stores a triangle, in scratch.
func (f form[T]) symmetric() (gemm.Matrix[T], *[]T) {
	m, scratch := takeMatrix[T](f.rows, f.cols)
	for i := range f.rows {
		lo, row := f.row(i)
		copy(m.Row(i)[lo:], row)
		for j, v := range row {
			m.Data[(lo+j)*m.Stride+i] = v
		}
	}
	return m, scratch
}
