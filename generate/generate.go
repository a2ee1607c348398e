package generate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/samebits/samebits/model"
)

// Options say how to continue a sequence.
type Options struct {
	Sampling
	// MaxTokens is the number of new tokens at most, at least 1.
	MaxTokens int
	// Stop holds the tokens that end the sequence; see [StopTokens].
	Stop []int
}

// Finish says why a sequence ended.
type Finish string

const (
	// Stopped: a token of Options.Stop was chosen.
	Stopped Finish = "stop"
	// Full: there are MaxTokens new tokens.
	Full Finish = "max-tokens"
)

// ErrContext is the error where the model's context is full and neither a stop token
// nor MaxTokens was reached.
var ErrContext = errors.New("the model's context is full")

// Run appends a prompt to the session and continues it, handing on each new token as
// it is chosen, but not the one that stops it. It ends with an error where emit
// returns one, where the context is full (ErrContext), where ctx is done, and where
// the model fails; what was handed on before is good.
//
// A token depends on the tokens before it, on o.Sampling and on its position alone:
// not on the session's ranks and threads, on how the prompt was cut into calls, or on
// whether the tokens before it were generated in this call. (The order of summation
// being Arrival, it depends on chance.)
func Run[T model.Float](ctx context.Context, s *model.Session[T], prompt []int, o Options, emit func(id int) error) (Finish, error) {
	if o.MaxTokens < 1 {
		return "", fmt.Errorf("generate: %d new tokens at most: want 1 or more", o.MaxTokens)
	}
	sampler, err := NewSampler[T](o.Sampling)
	if err != nil {
		return "", err
	}
	next := prompt
	for n := 1; ; n++ {
		if tokens, room := s.Tokens()+len(next), s.Model().Config().Context; tokens >= room {
			return "", fmt.Errorf("generate: %w: it holds %d tokens, and there are %d, of which %d are new", ErrContext, room, tokens, n-1)
		}
		logits, err := s.Forward(ctx, next, nil)
		if err != nil {
			return "", err
		}
		id, err := sampler.Next(logits.Row(logits.Rows-1), s.Tokens())
		if err != nil {
			return "", err
		}
		if slices.Contains(o.Stop, id) {
			return Stopped, nil
		}
		if err := emit(id); err != nil {
			return "", err
		}
		if n == o.MaxTokens {
			return Full, nil
		}
		next = []int{id}
	}
}
