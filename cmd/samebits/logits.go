package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/trace"
)

type logitsCmd struct {
	source
	engine
	Seed  uint64 `default:"1" help:"Seed of the order shuffled."`
	Fault string `placeholder:"NAME" help:"Make the run wrong: qkv-contiguous-shard, bias-every-rank or allreduce-race. Needs --tp 2 or more."`
	Trace bool   `help:"Write every stage of the run, not the logits alone."`
	Ranks bool   `help:"With --trace: also what each rank contributes to each all-reduce, as the stages attn.out.rank.R and mlp.down.rank.R."`
	Out   string `short:"o" required:"" placeholder:"FILE" help:"The safetensors file to write."`
}

// Run writes the logits.
func (c *logitsCmd) Run(ctx context.Context, s streams) error { return c.onRanks(ctx, s, c.run) }

func (c *logitsCmd) run(ctx context.Context, s streams) error {
	in, err := c.load()
	if err != nil {
		return err
	}
	if c.DType == "f32" {
		return writeLogits[float32](ctx, c, in, s.err)
	}
	return writeLogits[float64](ctx, c, in, s.err)
}

// newRecorder returns a recorder of the stages that are asked for, nil if it is the logits
// alone, and what is to be written.
func newRecorder[T model.Float](stages, ranks bool) (model.Recorder[T], *trace.Recorder[T], error) {
	switch {
	case ranks && !stages:
		return nil, nil, fmt.Errorf("--ranks: the ranks' shares are stages, and need --trace")
	case ranks:
		r := new(trace.RankRecorder[T])
		return r, &r.Recorder, nil
	case stages:
		r := new(trace.Recorder[T])
		return r, r, nil
	}
	return nil, new(trace.Recorder[T]), nil
}

func writeLogits[T model.Float](ctx context.Context, c *logitsCmd, in input, warnings io.Writer) error {
	if err := checkOutput("--out", c.Out); err != nil {
		return err
	}
	fault, err := parseFault(c.Fault, in.checkpoint)
	if err != nil {
		return err
	}
	m, err := buildModel[T](&c.engine, in, c.Seed, fault)
	if err != nil {
		return err
	}
	recorder, recorded, err := newRecorder[T](c.Trace, c.Ranks)
	if err != nil {
		return err
	}
	var logits gemm.Matrix[T]
	if recorder != nil {
		logits, err = m.Trace(ctx, in.ids, recorder)
	} else if logits, err = m.Logits(ctx, in.ids); err == nil {
		recorded.Record("logits", []int{logits.Rows, logits.Cols}, logits.Data)
	}
	if err != nil || !c.writes() {
		return err
	}
	if n := notFinite(logits.Data); n > 0 {
		fmt.Fprintf(warnings, "samebits: warning: %d of %d logits are not finite\n", n, len(logits.Data))
	}
	t := recorded.Trace()
	t.IDs, t.Model, t.TP, t.Device, t.SpecVersion = in.ids, in.name, m.Ranks(), "cpu", strconv.Itoa(spec.Version)
	return t.Write(c.Out)
}
