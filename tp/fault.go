package tp

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync/atomic"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/reduce"
)

// Fault is a known way to get tensor parallelism wrong, to show what it looks like
// beside rounding. All of them leave a single rank right.
type Fault string

const (
	// NoFault is how it should be.
	NoFault Fault = ""
	// ContiguousQKV cuts the fused QKV matrix into one contiguous block of columns a
	// rank, instead of cutting Q, K and V each by heads.
	ContiguousQKV Fault = "qkv-contiguous-shard"
	// BiasEveryRank adds the bias of a row-parallel layer on every rank, before the
	// all-reduce.
	BiasEveryRank Fault = "bias-every-rank"
	// RaceAllReduce lets the ranks add to a shared buffer without waiting for one
	// another: additions are lost and sums read before they are complete. What comes
	// out changes from run to run.
	RaceAllReduce Fault = "allreduce-race"
)

// Faults lists the faults.
func Faults() []Fault { return []Fault{ContiguousQKV, BiasEveryRank, RaceAllReduce} }

// ParseFault returns the fault of that name; the empty name is NoFault. Another name is an
// error, which lists them.
func ParseFault(name string) (Fault, error) {
	var names []string
	for _, f := range append(Faults(), NoFault) {
		if string(f) == name {
			return f, nil
		}
		names = append(names, string(f))
	}
	return NoFault, fmt.Errorf("unknown fault %q: want one of %s", name, strings.Join(names[:len(names)-1], ", "))
}

func (f Fault) breaksAllReduce() bool { return f == BiasEveryRank || f == RaceAllReduce }

// faulty is Forward with the layer's fault: each rank finishes its own part, and
// plain values are reduced.
func (l *RowParallel[T]) faulty(ctx context.Context, r *Rank, x, y gemm.Matrix[T], seen func(part gemm.Matrix[T])) error {
	if err := l.backend.Mul(x, l.weights, y); err != nil {
		return err
	}
	if l.fault == BiasEveryRank {
		addBias(y, l.bias)
	}
	if seen != nil {
		seen(y)
	}
	if l.fault == BiasEveryRank {
		return AllReduce(ctx, r, l.backend.Order(), y.Data)
	}
	if r.Size() > 1 {
		racyAllReduce(r, y.Data)
	}
	addBias(y, l.bias)
	return nil
}

// racyAllReduce adds x to a buffer that the ranks share and sets x to what the
// buffer holds right then. Two things are missing: a lock, or an atomic addition,
// between reading an element and writing it back, and a barrier before the result
// is read. The accesses are atomic one by one, so that this is no undefined data
// race in the language, merely a wrong program.
func racyAllReduce[T Float](r *Rank, x []T) {
	c := r.begin("racy all-reduce", reduce.Sequential, len(x), nameOf[T]())
	buffer := c.group.buffer(c.header.seq, len(x))
	for i, v := range x {
		sum := fromBits[T](buffer[i].Load())
		buffer[i].Store(toBits(sum + v))
	}
	for i := range x {
		x[i] = fromBits[T](buffer[i].Load())
	}
}

func toBits[T Float](x T) uint64 { return kernel.Bits(x) }

func fromBits[T Float](b uint64) T {
	if kernel.Is64[T]() {
		return T(math.Float64frombits(b))
	}
	return T(math.Float32frombits(uint32(b)))
}

// buffer returns the shared buffer of a collective.
func (g *group) buffer(seq, n int) []atomic.Uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shared[seq] == nil {
		g.shared[seq] = make([]atomic.Uint64, n)
	}
	return g.shared[seq]
}
