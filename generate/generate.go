package generate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/samebits/samebits/internal/plural"
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
	room := s.Model().Config().Context
	next := prompt
	for n := 0; ; n++ {
		if tokens := s.Tokens() + len(next); tokens >= room {
			return "", fmt.Errorf("generate: %w: it holds %s, and there are %d, of which %d are new", ErrContext, plural.Of(room, "token"), tokens, n)
		}
		logits, err := read(ctx, s, next)
		if err != nil {
			return "", err
		}
		id, err := sampler.Next(logits, s.Tokens())
		if err != nil {
			return "", err
		}
		if slices.Contains(o.Stop, id) {
			return Stopped, nil
		}
		if err := emit(id); err != nil {
			return "", err
		}
		if n+1 == o.MaxTokens {
			return Full, nil
		}
		next = []int{id}
	}
}

// chunk is the number of tokens that the model reads at once. It bounds the memory that
// reading takes, and how long a cancelled run goes on; the bits do not depend on it.
const chunk = 128

// read appends the tokens to the session and returns the logits of the last one.
func read[T model.Float](ctx context.Context, s *model.Session[T], ids []int) ([]T, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := min(chunk, len(ids))
		logits, err := s.Next(ctx, ids[:n])
		if err != nil {
			return nil, err
		}
		if ids = ids[n:]; len(ids) == 0 {
			return logits, nil
		}
	}
}
