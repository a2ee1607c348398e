package gemm

import (
	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/reduce"
)

// binnedRows is the number of rows that a task takes by a column.
const binnedRows = 128

// multiplyBinned sets C from binned sums: dot products of the rows, which kernels cut, and
// of copies of the columns.
func multiplyBinned[T Float](o Options, f finish[T], a leftOperand[T], b rightOperand[T], c Matrix[T]) {
	blocks := ceil(c.Rows, binnedRows)
	parallel.For(o.Threads, blocks*c.Cols, func(task int) {
		j, i0 := task/blocks, task%blocks*binnedRows
		buffer := takeFrom[T](vectorPool[T](), 2*a.cols())
		defer vectorPool[T]().Put(buffer)
		x, y := (*buffer)[:a.cols()], (*buffer)[a.cols():]
		b.column(j, y)
		for i := i0; i < min(i0+binnedRows, c.Rows); i++ {
			row := c.Row(i)
			row[j] = f.value(reduce.Dot(o.Order, a.row(i, x), y), row[j])
		}
	})
}
