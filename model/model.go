package model

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/tp"
)

// Float is a type in which samebits computes: IEEE 754 binary32 or binary64.
type Float = gemm.Float

// Options say how to run a model.
type Options[T Float] struct {
	// Backend multiplies, and its order is that of all sums: norms, softmax, and
	// what the ranks exchange.
	Backend gemm.Backend[T]
	// Ranks is the tensor-parallel size, from 1 to the number of heads. 0 means 1.
	Ranks int
	// Fault makes the model wrong in a known way, where there are two or more ranks.
	Fault tp.Fault
	// Deadline is how long a rank waits for another, which may be computing all that
	// while, before the run fails. 0 means tp.DefaultDeadline.
	Deadline time.Duration
	// World makes the ranks processes, this one of them, as many as the World has; nil
	// means that all are here. The processes hold a shard each and run the same sessions in
	// the same order; New and Forward return on all of them, with the same logits, or the
	// same error where they do not agree on order, arithmetic, configuration, weights or
	// tokens. Its deadline holds in place of Deadline.
	World *tp.World
}

// Model is a transformer, its weights divided among ranks, ready to run. It may be
// used by several goroutines, each with a Session of its own.
type Model[T Float] struct {
	config  Config
	options Options[T]
	weights weights[T]
}

// New divides and packs the weights of a checkpoint. Rows of the embedding stay
// there, until a Session wants them: the checkpoint must not be closed before. It is
// an error if a weight is not finite, or not exact in T.
func New[T Float](c *Checkpoint, o Options[T]) (*Model[T], error) {
	if kernel.Is64[T]() {
		m, err := new64(c, kernel.Cast[Options[float64]](o))
		return kernel.Cast[*Model[T]](m), err
	}
	m, err := new32(c, kernel.Cast[Options[float32]](o))
	return kernel.Cast[*Model[T]](m), err
}

// newModel is New, which running.go calls for each type.
func newModel[T Float](c *Checkpoint, o Options[T]) (*Model[T], error) {
	if o.World != nil {
		if o.Ranks != 0 && o.Ranks != o.World.Size() || o.Deadline != 0 {
			return nil, fmt.Errorf("model: %s and a deadline of %v in a World of %s, which has its own: want 0", plural.Of(o.Ranks, "rank"), o.Deadline, plural.Of(o.World.Size(), "rank"))
		}
		o.Ranks = o.World.Size()
	}
	if o.Ranks == 0 {
		o.Ranks = 1
	}
	if o.Backend == nil {
		return nil, fmt.Errorf("model: no backend: want one, such as gemm.NewNative returns")
	}
	if o.Deadline < 0 {
		return nil, fmt.Errorf("model: deadline of %v: want 0 or more", o.Deadline)
	}
	if _, err := tp.ParseFault(string(o.Fault)); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if o.Ranks < 1 || o.Ranks > c.Config.Heads {
		return nil, fmt.Errorf("model: tensor-parallel size %d: want 1 to the number of heads, %d", o.Ranks, c.Config.Heads)
	}
	if o.Fault != tp.NoFault && !slices.Contains(c.Faults(), o.Fault) {
		return nil, fmt.Errorf("model: fault %s changes nothing in this %s: want one of %v", o.Fault, c.Config.Family, c.Faults())
	}
	if o.World != nil {
		if o.Fault == tp.RaceAllReduce {
			return nil, fmt.Errorf("model: fault %s needs ranks that share memory: want no World", o.Fault)
		}
		if err := o.agree(c); err != nil {
			return nil, err
		}
	}
	all := make(shards[T], o.Ranks)
	for _, rank := range o.ranks() {
		s, err := newShard(c, o, rank)
		if err != nil {
			return nil, err
		}
		all[rank] = s
	}
	return &Model[T]{config: c.Config, options: o, weights: all}, nil
}

// Faults lists the faults that make a difference in the model: without a fused QKV
// matrix none can be cut wrongly, nor can one whose heads lie whole; without biases
// in the row-parallel layers none can be added too often.
func (c *Checkpoint) Faults() []tp.Fault {
	return slices.DeleteFunc(tp.Faults(), func(f tp.Fault) bool {
		return f == tp.ContiguousQKV && !c.names.contiguousQKV() ||
			f == tp.BiasEveryRank && !c.names.out.bias && !c.names.down.bias
	})
}

// Config returns the description of the transformer.
func (m *Model[T]) Config() Config { return m.config }

// Ranks returns the tensor-parallel size.
func (m *Model[T]) Ranks() int { return m.options.Ranks }

// Logits returns the logits of a sequence of tokens, [tokens, vocabulary]. It is an error
// if there is no token, or there are more than Config.Context, or an id is none of the
// vocabulary; if ctx ends; or if a rank fails, which the error names (*tp.RankError).
func (m *Model[T]) Logits(ctx context.Context, ids []int) (gemm.Matrix[T], error) {
	return m.NewSession().Forward(ctx, ids, nil)
}

// Trace is Logits that hands every stage to the recorder, in the order of
// StageNames. It is an error, too, if the ranks are processes.
func (m *Model[T]) Trace(ctx context.Context, ids []int, r Recorder[T]) (gemm.Matrix[T], error) {
	return m.NewSession().Forward(ctx, ids, r)
}

// Session is a sequence that grows: the tokens seen so far, as the keys and values
// of their attention, for each rank. It belongs to one goroutine.
type Session[T Float] struct {
	model    *Model[T]
	sequence sequence[T]
}

// NewSession returns the empty sequence.
func (m *Model[T]) NewSession() *Session[T] {
	return &Session[T]{m, m.weights.sequence(m)}
}

// Model returns the model that the session runs.
func (s *Session[T]) Model() *Model[T] { return s.model }

// Tokens returns the length of the sequence.
func (s *Session[T]) Tokens() int { return s.sequence.length() }

// BytesSent returns the bytes that each rank has sent to others for this session; 0 for
// those in other processes.
func (s *Session[T]) BytesSent() []int64 { return s.sequence.bytesSent() }

// Forward appends tokens to the sequence and returns their logits, [tokens,
// vocabulary]. How a sequence is cut into calls does not change the bits, in any
// order of gemm.Native but Arrival. Where the ids are refused, the session is as it
// was; after any other error it returns that error for good. A Recorder needs all ranks
// in this process.
func (s *Session[T]) Forward(ctx context.Context, ids []int, r Recorder[T]) (gemm.Matrix[T], error) {
	return s.sequence.forward(ctx, ids, r, false)
}

// Next appends tokens to the sequence and returns the logits of the last one, which it
// lends until the next call. It is Forward but for the logits that are not wanted, which
// take a good part of the time, and of the memory, where the vocabulary is large. On one
// rank it allocates nothing but the memory of keys and values, once in a while.
func (s *Session[T]) Next(ctx context.Context, ids []int) ([]T, error) {
	logits, err := s.sequence.forward(ctx, ids, nil, true)
	if err != nil {
		return nil, err
	}
	return logits.Row(0), nil
}
