package generate

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/elementary"
	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// Sampling says how a token is chosen by its logit. The zero value is greedy: the
// token of the largest logit, of equal ones that of the lowest id.
type Sampling struct {
	// Temperature divides the logits. 0 is greedy, and the rest is not used then.
	Temperature float64
	// TopK keeps the tokens of the k largest logits. 0 keeps all.
	TopK int
	// TopP keeps the likeliest of those that TopK keeps, as few as together have
	// this probability. 0 and 1 keep all.
	TopP float64
	// Seed and Sequence, together with the position, decide what is drawn. Give each
	// sequence of a batch a number of its own.
	Seed, Sequence uint64
	// Real tells whether an id is one of a token. Others are never chosen: a model
	// may have more rows than its vocabulary has tokens, and these padded rows hold
	// anything. nil: all are. (*tokenizer.Tokenizer).Has is such a function.
	Real func(id int) bool
}

// Check returns an error if the numbers make no sense.
func (s Sampling) Check() error {
	switch {
	case !(s.Temperature >= 0) || math.IsInf(s.Temperature, 0):
		return fmt.Errorf("generate: temperature %v: want a number of 0 or more", s.Temperature)
	case s.TopK < 0:
		return fmt.Errorf("generate: top-k %d: want 0 or more", s.TopK)
	case !(s.TopP >= 0 && s.TopP <= 1):
		return fmt.Errorf("generate: top-p %v: want 0 to 1", s.TopP)
	}
	return nil
}

// Sampler chooses tokens. It belongs to one goroutine: it keeps the memory that it
// works in, and allocates nothing once that is large enough.
type Sampler[T kernel.Float] struct {
	Sampling
	candidates []candidate
	weights    []float64
}

// NewSampler returns a sampler, or an error if the numbers make no sense.
func NewSampler[T kernel.Float](s Sampling) (*Sampler[T], error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	return &Sampler[T]{Sampling: s}, nil
}

// Next chooses the token at a position, the number of tokens before it, by the
// logits there, one for each id. It is an error if the logit of a real token is NaN
// or +Inf, or if none is above -Inf.
//
//	x[0] >= x[1] >= ...  the logits above -Inf of real tokens; of equals the lower id first
//	keep x[0], ..., x[k-1] by TopK
//	w[i] = exp((x[i] - x[0]) / Temperature)
//	c[i] = (w[0] + w[1]) + ... + w[i]
//	s    = the Pairwise sum of w, by ascending id
//	s    = the first c[i] >= TopP*s, or if none is the last c[i], where 0 < TopP < 1
//	u    = the number in [0, 1) for Seed, Sequence and position
//	the token of the first c[i] > u*s, or if none is, of the last w[i] > 0
//
// All of it is in float64, also for float32 logits. Cost: O(V) for V ids, and O(log V)
// for each token that is passed over.
func (s *Sampler[T]) Next(logits []T, position int) (int, error) {
	if position < 0 {
		return 0, fmt.Errorf("generate: position %d: want 0 or more", position)
	}
	if err := s.gather(logits); err != nil {
		return 0, err
	}
	if s.Temperature == 0 {
		return int(s.best().id), nil
	}
	kept, total := s.weigh()
	r := ranking{kept, 0}
	r.heapify()
	if 0 < s.TopP && s.TopP < 1 {
		need := s.TopP * total
		_, total = r.walk(func(sum float64) bool { return sum >= need })
	}
	target := uniform(s.Seed, s.Sequence, uint64(position)) * total
	id, _ := r.walk(func(sum float64) bool { return sum > target })
	return int(id), nil
}

// gather takes the logits of real tokens above -Inf, by ascending id.
func (s *Sampler[T]) gather(logits []T) error {
	s.candidates = s.candidates[:0]
	for id, logit := range logits {
		x := float64(logit)
		switch {
		case s.Real != nil && !s.Real(id), math.IsInf(x, -1):
			continue
		case math.IsNaN(x) || math.IsInf(x, 1):
			return fmt.Errorf("generate: the logit of token %d is %v: want a finite number or -Inf", id, x)
		}
		s.candidates = append(s.candidates, candidate{logit: x, id: int32(id)})
	}
	if len(s.candidates) == 0 {
		return fmt.Errorf("generate: none of %s is of a real token and above -Inf", plural.Of(len(logits), "logit"))
	}
	return nil
}

// best returns the candidate of the largest logit, of equals the first.
func (s *Sampler[T]) best() candidate {
	best := s.candidates[0]
	for _, c := range s.candidates[1:] {
		if c.before(best) {
			best = c
		}
	}
	return best
}

// weigh gives the candidates that TopK keeps their weights, and returns them and the
// sum of the weights.
func (s *Sampler[T]) weigh() (kept []candidate, total float64) {
	largest, kept := s.best().logit, s.candidates
	if s.TopK > 0 && s.TopK < len(kept) {
		kept = top(kept, s.TopK)
	}
	s.weights = s.weights[:0]
	for i := range kept {
		kept[i].weight = elementary.Exp((kept[i].logit - largest) / s.Temperature)
		s.weights = append(s.weights, kept[i].weight)
	}
	return kept, reduce.Sum(reduce.Pairwise, s.weights)
}
