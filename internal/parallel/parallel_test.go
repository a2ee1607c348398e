package parallel

import (
	"math"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestForCallsEachPartOnceOnBoundedWorkers(t *testing.T) {
	for threads := range 6 {
		for n := range 40 {
			calls := make([]atomic.Int32, n)
			var most atomic.Int64
			ForWorker(threads, n, func(worker, part int) {
				calls[part].Add(1)
				for w := int64(worker); ; {
					seen := most.Load()
					if w <= seen || most.CompareAndSwap(seen, w) {
						return
					}
				}
			})
			for part := range calls {
				require.EqualValues(t, 1, calls[part].Load())
			}
			require.Less(t, int(most.Load()), max(1, threads))
		}
	}
}

func TestPanicReachesTheCaller(t *testing.T) {
	for _, threads := range []int{1, 3} {
		require.PanicsWithValue(t, "part 5", func() {
			For(threads, 9, func(part int) {
				if part == 5 {
					panic("part 5")
				}
			})
		})
	}
}

func TestCutIsAPartition(t *testing.T) {
	for _, n := range []int{0, 1, 7, 100, math.MaxInt32} {
		for parts := 1; parts < 9; parts++ {
			end := 0
			for k := range parts {
				lo, hi := Cut(n, parts, k)
				require.Equal(t, end, lo)
				require.InDelta(t, n/parts, hi-lo, 1)
				end = hi
			}
			require.Equal(t, n, end)
		}
	}
}
