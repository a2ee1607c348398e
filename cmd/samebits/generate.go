package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/samebits/samebits/generate"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/tokenizer"
	"github.com/samebits/samebits/tp"
)

type generateCmd struct {
	source
	engine
	MaxTokens   int     `default:"64" help:"New tokens at most."`
	Temperature float64 `default:"0" help:"What logits are divided by before a token is drawn; 0 takes the likeliest."`
	TopK        int     `name:"top-k" default:"0" help:"Draw from the k likeliest tokens; 0: from all."`
	TopP        float64 `name:"top-p" default:"1" help:"Draw from the likeliest tokens that together have this probability."`
	Seed        uint64  `default:"1" help:"Seed of what is drawn, and of the order shuffled."`
	Sequence    uint64  `default:"0" help:"Number of the sample: others are other draws with the same seed."`
	Vocabulary  *int    `placeholder:"N" help:"Number of real tokens, where the model's vocabulary is padded. Default: the tokens of tokenizer.json, or else all."`
	JSON        bool    `help:"Print JSON, at the end."`
}

// generateReport is the JSON of generate.
type generateReport struct {
	Version     string  `json:"version"`
	Spec        int     `json:"spec"`
	Model       string  `json:"model"`
	Order       string  `json:"order"`
	DType       string  `json:"dtype"`
	TP          int     `json:"tp"`
	Threads     int     `json:"threads"`
	Temperature float64 `json:"temperature"`
	TopK        int     `json:"top_k"`
	TopP        float64 `json:"top_p"`
	Seed        uint64  `json:"seed"`
	Sequence    uint64  `json:"sequence"`
	Prompt      string  `json:"prompt,omitempty"`
	PromptIDs   []int   `json:"prompt_ids"`
	IDs         []int   `json:"ids"`            // the new tokens, without the one that stops
	Text        *string `json:"text,omitempty"` // theirs, where there is a tokenizer
	Finish      string  `json:"finish"`         // stop, max-tokens, context, interrupted or error
}

// Run writes the continuation as it comes.
func (c *generateCmd) Run(ctx context.Context, s streams) error { return c.onRanks(ctx, s, c.run) }

func (c *generateCmd) run(ctx context.Context, s streams) error {
	if c.MaxTokens < 1 {
		return fmt.Errorf("--max-tokens %d: want 1 or more", c.MaxTokens)
	}
	in, err := c.load()
	if err != nil {
		return err
	}
	if c.DType == "f32" {
		return continueText[float32](ctx, c, in, s)
	}
	return continueText[float64](ctx, c, in, s)
}

func continueText[T model.Float](ctx context.Context, c *generateCmd, in input, s streams) error {
	tok, err := in.tokenizer()
	if err != nil {
		return err
	}
	o, err := c.options(in, tok)
	if err != nil {
		return err
	}
	if room := in.checkpoint.Config.Context; len(in.ids) >= room {
		return fmt.Errorf("%d tokens leave no room for new ones in the model's context of %d", len(in.ids), room)
	}
	m, err := buildModel[T](&c.engine, in, c.Seed, tp.NoFault)
	if err != nil {
		return err
	}
	w := newTokenWriter(s.out, tok, c.JSON)
	finish, err := generate.Run(ctx, m.NewSession(), in.ids, o, w.token)
	switch {
	case errors.Is(err, generate.ErrContext):
		finish = "context"
	case err != nil && ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))): // nothing else went wrong meanwhile
		finish, err = "interrupted", fmt.Errorf("interrupted after %s", plural.Of(len(w.ids), "new token"))
	case err != nil:
		finish = "error"
	}
	if endErr := w.end(); err == nil {
		err = endErr
	}
	if c.JSON {
		if writeErr := writeJSON(s.out, c.report(in, m.Ranks(), w, finish)); err == nil {
			err = writeErr
		} else if writeErr != nil {
			err = fmt.Errorf("%w; %w", err, writeErr)
		}
	}
	return err
}

// options returns the options of the generation. Rows of the model that are no
// tokens never win.
func (c *generateCmd) options(in input, tok *tokenizer.Tokenizer) (o generate.Options, err error) {
	rows := in.checkpoint.Config.Vocabulary
	tokens := rows
	if c.Vocabulary != nil {
		tokens = *c.Vocabulary
	}
	if tokens < 1 || tokens > rows {
		return o, fmt.Errorf("--vocabulary %d: want 1 to the model's %d", tokens, rows)
	}
	if c.TopP == 0 {
		return o, errors.New("--top-p 0: want a probability above 0, up to 1")
	}
	if c.Temperature == 0 && (c.TopK != 0 || c.TopP != 1) {
		return o, errors.New("--top-k and --top-p: want --temperature above 0, since 0 takes the likeliest token")
	}
	o = generate.Options{MaxTokens: c.MaxTokens, Sampling: generate.Sampling{
		Temperature: c.Temperature, TopK: c.TopK, TopP: c.TopP, Seed: c.Seed, Sequence: c.Sequence,
		Real: func(id int) bool { return id < tokens && (tok == nil || tok.Has(id)) },
	}}
	if err := o.Sampling.Check(); err != nil {
		return o, err
	}
	o.Stop, err = generate.StopTokens(in.files)
	return o, err
}

func (c *generateCmd) report(in input, ranks int, w *tokenWriter, finish generate.Finish) generateReport {
	r := generateReport{
		Version: version, Spec: spec.Version, Model: in.name, Order: c.Order, DType: c.DType, TP: ranks, Threads: c.Threads,
		Temperature: c.Temperature, TopK: c.TopK, TopP: c.TopP, Seed: c.Seed, Sequence: c.Sequence,
		Prompt: in.prompt, PromptIDs: in.ids, IDs: slices.Concat([]int{}, w.ids), Finish: string(finish),
	}
	if w.stream != nil {
		text := strings.Clone(w.text.String())
		r.Text = &text
	}
	return r
}
