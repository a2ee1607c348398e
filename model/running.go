package model

import (
	"context"
	"fmt"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/tp"
)

// Who calls a generic function compiles it, with all that it calls, and who has a value of a generic type
// compiles its methods: a package that runs models would compile the transformer anew. Here that ends. What
// is behind these two interfaces, and what New leads to, is compiled with this package alone.

// weights are those of a model.
type weights[T Float] interface {
	sequence(m *Model[T]) sequence[T]
}

// sequence is the state of a Session.
type sequence[T Float] interface {
	forward(ctx context.Context, ids []int, r Recorder[T], last bool) (gemm.Matrix[T], error)
	length() int
	bytesSent() []int64
}

//go:noinline
func new64(c *Checkpoint, o Options[float64]) (*Model[float64], error) { return newModel(c, o) }

//go:noinline
func new32(c *Checkpoint, o Options[float32]) (*Model[float32], error) { return newModel(c, o) }

// shards are the weights by rank; nil of those in other processes.
type shards[T Float] []*shard[T]

func (all shards[T]) sequence(m *Model[T]) sequence[T] {
	s := &running[T]{model: m, sent: make([]int64, len(all)), passes: make([]*pass[T], len(all))}
	for rank, shard := range all {
		if shard != nil {
			c := newCache(shard.backend, m.config, shard.kvHeads)
			s.passes[rank] = newPass(shard, &c)
		}
	}
	if len(all) == 1 && m.options.World == nil {
		s.alone = tp.Alone()
	}
	return s
}

// running is a sequence on the ranks of this process.
type running[T Float] struct {
	model  *Model[T]
	tokens int
	passes []*pass[T] // by rank; nil of those in other processes
	sent   []int64
	broken error    // of a run that left the caches half filled
	alone  *tp.Rank // of the only rank, or nil
}

func (s *running[T]) length() int { return s.tokens }

func (s *running[T]) bytesSent() []int64 { return s.sent }

func (s *running[T]) forward(ctx context.Context, ids []int, r Recorder[T], last bool) (gemm.Matrix[T], error) {
	var none gemm.Matrix[T]
	if s.broken != nil {
		return none, fmt.Errorf("model: the session failed before: %w", s.broken)
	}
	if err := s.check(ids); err != nil {
		return none, err
	}
	o := s.model.options
	if o.World != nil && r != nil {
		return none, fmt.Errorf("model: recording the stages of a World of %s: want all ranks in one process", plural.Of(o.World.Size(), "rank"))
	}
	rec := newCollector(s.model.config, r)
	for _, p := range s.passes {
		if p != nil {
			p.rec, p.start, p.ids, p.last = rec, s.tokens, ids, last
		}
	}
	if err := s.run(ctx); err != nil {
		s.broken = err
		return none, err
	}
	s.tokens += len(ids)
	rec.flush()
	result := s.passes[s.model.home()].result
	for _, p := range s.passes {
		if p != nil {
			p.result, p.ids, p.rec = none, nil, nil // to be kept by the caller alone
		}
	}
	return result, nil
}

// run runs the passes.
func (s *running[T]) run(ctx context.Context) error {
	if s.alone != nil {
		return tp.RunAlone(ctx, s.alone, s.passes[0].step)
	}
	return s.model.options.run(ctx, func(ctx context.Context, rank *tp.Rank) error {
		p := s.passes[rank.ID()]
		if s.model.options.World != nil {
			if err := p.agreeOnTokens(ctx, rank); err != nil {
				return err
			}
		}
		err := p.run(ctx, rank)
		s.sent[rank.ID()] += rank.BytesSent()
		return err
	})
}

// home returns the rank here whose logits are taken: all have the same.
func (m *Model[T]) home() int {
	if w := m.options.World; w != nil {
		return w.ID()
	}
	return 0
}

func (s *running[T]) check(ids []int) error {
	c := s.model.config
	if len(ids) == 0 {
		return fmt.Errorf("model: no tokens: want at least 1")
	}
	if s.tokens+len(ids) > c.Context {
		return fmt.Errorf("model: %d tokens exceed the context of %d", s.tokens+len(ids), c.Context)
	}
	for i, id := range ids {
		if id < 0 || id >= c.Vocabulary {
			return fmt.Errorf("model: id %d at position %d is outside the vocabulary: want 0 to %d", id, s.tokens+i, c.Vocabulary-1)
		}
	}
	return nil
}
