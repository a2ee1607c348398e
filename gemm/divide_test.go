package gemm

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// Whatever the shape, each tile of each panel belongs to one task; rows that are not packed are taken by towers alone; and
// the last tasks are small.
func TestTasksAreAPartition(t *testing.T) {
	ends := [2]int{} // of products whose tasks have all rows, and whose tasks have all panels
	for _, halves := range []bool{false, true} {
		if kernel.Active() == kernel.AVX512 {
			defer kernel.UseHalves(halves)()
		}
		for _, m := range []int{2, 13, 40, 128, 200, 512, 900, 2048} {
			for _, n := range []int{1, 33, 256, 500, 1024} {
				for _, k := range []int{1, 100, 1024, 2048, 20000} {
					for threads := range 7 {
						for _, packed := range []bool{false, true} {
							x := divided(m, n, k, threads, packed)
							x.requirePartition(t, fmt.Sprint(halves, m, n, k, threads, packed))
							if len(x.ends) > 0 && x.ownRows {
								ends[1]++
							} else if len(x.ends) > 0 {
								ends[0]++
							}
						}
					}
				}
			}
		}
	}
	require.Positive(t, ends[0])
	if kernel.Active() == kernel.AVX512 {
		require.Positive(t, ends[1])
	}
}

// divided returns a product without numbers that has been divided into tasks.
func divided(m, n, k, threads int, packed bool) *tiles[float32, float32] {
	t := makeTiles[float32, float32]()
	t.a = leftOperand[float32]{Matrix: Matrix[float32]{Rows: m, Cols: k, Stride: k}}
	t.b = rightOperand[float32]{b: Matrix[float32]{Rows: k, Cols: n, Stride: n}}
	if packed {
		t.b = rightOperand[float32]{w: &Weights[float32]{k: k, n: n}}
	}
	t.program = compileRoot(nil, Whole(k, reduce.Pairwise), k)
	t.m, t.n, t.k, t.threads = m, n, k, max(1, threads)
	t.i1, t.j1 = m, n
	t.layBlocks()
	t.divide()
	return t
}

func (t *tiles[S, T]) requirePartition(tt *testing.T, name string) {
	slivers, panels := ceil(t.m, t.tile.Rows), ceil(t.n, t.tile.Cols)
	owners := make([]byte, slivers*panels)
	for number := range t.tasks() {
		first, last, p, p1 := t.bounds(number)
		if first >= last || p >= p1 || last-first > t.high || p%t.abreast != 0 || t.full(first, last) < min(last, t.lying)-first {
			require.Fail(tt, "task", "%s: tiles [%d, %d) of panels [%d, %d), %d at most, %d abreast, %d not packed", name, first, last, p, p1, t.high, t.abreast, t.lying)
		}
		for i := first; i < last; i++ {
			for q := p; q < p1; q++ {
				owners[i*panels+q]++
			}
		}
	}
	require.Equal(tt, bytes.Repeat([]byte{1}, slivers*panels), owners, name)
	if n := len(t.ends); n > 0 { // the last is half of the first of all tasks at most, and all before it are no smaller
		work := func(number int) int {
			first, last, p, p1 := t.bounds(number)
			return (last - first) * (p1 - p)
		}
		least := work(t.tasks() - 1)
		require.LessOrEqual(tt, 2*least, work(0)+1, name)
		for i := range n {
			if work(t.tasks()-n+i) < least-1 {
				require.Fail(tt, "the last task is not the smallest", name)
			}
		}
	}
}
