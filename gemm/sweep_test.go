package gemm_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// A row alone, which goes along the rows of the matrix, has the bits of the same row between others, whatever the columns and
// the goroutines are.
func TestSweepsGiveTheBitsOfTiles(t *testing.T) {
	for _, b := range kernel.Backends() {
		t.Run(b.String(), func(t *testing.T) {
			defer kernel.Use(b)()
			for _, n := range []int{1, 15, 16, 31, 32, 33, 64, 95, 129, 200, 1031} {
				for _, k := range []int{1, 7, 8, 31, 32, 33, 96, 101, 256, 330} {
					require.NoError(t, sameAsInBatch[float64](k, n, 1+n%3))
					require.NoError(t, sameAsInBatch[float32](k, n, 1+k%3))
				}
			}
			for _, k := range []int{1000, 2048, 2080} { // parts of the terms
				for threads := 2; threads <= 5 && b != kernel.Portable; threads++ {
					require.NoError(t, sameAsInBatch[float64](k, 300+threads, threads))
					require.NoError(t, sameAsInBatch[float32](k, 600, threads))
				}
			}
			for _, short := range []bool{false, true} {
				restore := kernel.UseShortSweeps(short)
				require.NoError(t, sameAsInBatch[float64](200, 1000, 1))
				require.NoError(t, sameAsInBatch[float32](200, 1000, 1))
				restore()
			}
			for _, stride := range []int{1024, 2048} { // pieces of rows
				require.NoError(t, sameAsInBatch[float64](100, stride-3, 1))
				require.NoError(t, sameAsInBatch[float32](100, stride-3, 1))
				if b != kernel.Portable { // of parts of the terms
					require.NoError(t, sameAsInBatch[float64](550, stride-3, 2))
					require.NoError(t, sameAsInBatch[float32](550, stride-3, 3))
				}
			}
			for threads := 1; threads <= 3 && b != kernel.Portable; threads++ { // several tasks
				require.NoError(t, sameAsInBatch[float64](40, 33000, threads))
				require.NoError(t, sameAsInBatch[float32](40, 66001, threads))
			}
		})
	}
}

// sameAsInBatch returns an error where the second of three rows differs from itself alone.
func sameAsInBatch[T gemm.Float](k, n, threads int) error {
	rng := rand.New(rand.NewPCG(uint64(k), uint64(n)))
	random := func(rows, cols int) gemm.Matrix[T] {
		m := gemm.Matrix[T]{Rows: rows, Cols: cols, Stride: cols + 3, Data: make([]T, rows*(cols+3))}
		for i := range m.Data {
			m.Data[i] = T(rng.NormFloat64())
		}
		return m
	}
	a, b, many := random(3, k), random(k, n), random(3, n)
	row, alone := gemm.Dense(1, k, a.Row(1)), gemm.NewMatrix[T](1, n)
	o := gemm.Options{Order: reduce.Pairwise, Threads: threads, Growing: (k+n)%3 == 0}
	for _, err := range []error{gemm.Gemm(o, false, false, 1, a, b, 0, many), gemm.Gemm(o, false, false, 1, row, b, 0, alone)} {
		if err != nil {
			return err
		}
	}
	for j, v := range many.Row(1) {
		if kernel.Bits(v) != kernel.Bits(alone.Data[j]) {
			return fmt.Errorf("%d terms, column %d of %d, %d threads: alone %x, between others %x", k, j, n, threads, kernel.Bits(alone.Data[j]), kernel.Bits(v))
		}
	}
	return nil
}
