package diagnose

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"time"

	"github.com/samebits/samebits/model/bytes24"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

// peak runs f and returns the largest live heap that collections found meanwhile, less
// that from before. With GOGC at 10 there are hundreds.
func peak(f func()) int {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	runtime.GC()
	live := func() int {
		s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(s)
		return int(s[0].Value.Uint64())
	}
	before, most := live(), 0
	var done atomic.Bool
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for !done.Load() {
			most = max(most, live())
			time.Sleep(time.Millisecond)
		}
	}()
	f()
	done.Store(true)
	<-stopped
	return most - before
}

// TestBytes24 diagnoses our own run of a model of 24 layers: rounding. Beyond the trace
// a diagnosis holds what one layer's replay takes, its values as float64 with three
// errors each, twice, and not what 24 layers do.
func TestBytes24(t *testing.T) {
	c, err := bytes24.Load()
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	tr := record[float32](t, c, program(64), reduce.Pairwise, 2, tp.NoFault)
	layer := 0
	for _, s := range tr.Stages {
		if name, _ := split(s.Name); name == "layers.0." {
			layer += 8 * len(s.Values)
		}
	}
	held := peak(func() {
		p, err := Replay(tr, c, Options{Threads: 2})
		require.NoError(t, err)
		require.Equal(t, Rounding, p.Verdict, p.Sentence)
	})
	t.Logf("%.1f MB, where the values of a layer are %.1f MB", float64(held)/1e6, float64(layer)/1e6)
	require.Less(t, held, 2*4*layer)
}
