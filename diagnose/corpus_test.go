package diagnose

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

var (
	whole    = flag.Bool("corpus", false, "run the whole corpus of faults and controls, not a sample")
	part     = flag.Int("part", 0, "run one of the 32 parts of the corpus, 1 to 32, also with -corpus")
	named    = flag.String("case", "", "run the cases of which the name contains this")
	results_ = flag.String("results", "", "write the outcomes to this file, as JSON")
	table    = flag.Bool("table", false, "write the outcomes to CORPUS.md")
	merged   = flag.String("merge", "", "write CORPUS.md from the files of this pattern that -results wrote")
)

// parts is the number of parts into which -part divides the corpus.
const parts = 32

// models are drawn once each.
var models sync.Map

func (c testCase) model() *randomModel {
	key := fmt.Sprint(c.family, c.size, c.scale)
	once, _ := models.LoadOrStore(key, sync.OnceValue(func() *randomModel {
		m := newRandomModel(newFamily(c.family, c.size), c.scale, 5)
		m.checkpoint()
		return m
	}))
	return once.(func() *randomModel)()
}

// effect returns how large the defect is at its stage: the largest change of a value
// by it, both computed in float64 from the same recorded inputs, in units of the bound
// of the declared arithmetic.
func (c testCase) effect(r *run, t *trace.Trace) float64 {
	stage := c.stage()
	exact := newMachine("f64", "sequential", 1)
	one := *r
	one.machine = exact
	with := one.compute(stage)
	one.corrupt(stage, with)
	one.defect = defect{}
	without := one.compute(stage)
	p := newReplayer(t, r.checkpoint())
	op, err := p.operation(stage)
	if err != nil {
		return math.NaN()
	}
	e := op.replay()
	share := 0.0
	for i := range without {
		d := math.Abs(with[i] - without[i])
		if math.IsNaN(with[i]-without[i]) && with[i] != without[i] {
			return math.Inf(1)
		}
		if d > 0 {
			share = max(share, d/e.errors.proof[i])
		}
	}
	if len(with) != len(without) {
		return math.Inf(1)
	}
	return share
}

// outcome is what the diagnosis of a case came to.
type outcome struct {
	Case, Kind, Fault, Family string
	Verdict                   Verdict
	Stage, Want               string
	Cause, Hint               string
	Named                     bool   // the hint names the cause
	Share                     Number // of its bound, that a fault is that was not found
	Right                     bool
	Below                     bool // the fault is below the bound
}

// causesOf are the causes that hints to a fault may name.
var causesOf = map[string][]string{
	"qkv-contiguous": {"sharding"}, "qkv-layout": {"layout"}, "gate-up-chunked": {"sharding"}, "gate-up-swapped": {"swapped"}, "kv-swapped": {"swapped"},
	"bias-every-rank": {"bias"}, "bias-dropped": {"bias"}, "allreduce-missing": {"allreduce-missing"}, "allreduce-copy": {"allreduce-missing"},
	"allreduce-twice": {"allreduce-twice", "factor"}, "rank-missing": {"rank-missing"}, "kv-heads": {"kv-heads"}, "qk-norm-local": {"local"}, "qk-norm-missing": {"norm-missing"},
	"rms-not-divided": {"divisor"}, "rms-local": {"local"}, "eps-other": {"epsilon"}, "eps-outside": {"epsilon-outside", "epsilon"}, "eps-zero": {"epsilon"},
	"variance-unbiased": {"unbiased"}, "norm-weight-dropped": {"weight"}, "rope-interleaved": {"rope-style"}, "rope-theta": {"rope-theta"},
	"rope-scaling": {"rope-scaling"}, "rope-partial": {"rope-partial"}, "position-off": {"position"}, "gelu-other": {"activation"}, "activation-other": {"activation"},
	"scale-width": {"scale"}, "scale-missing": {"scale"}, "head-dim-ignored": {"scale"}, "head-tied": {"tied-head"}, "vocabulary-padded": {"vocabulary-padded"},
	"conv1d-transposed": {"transposed"}, "shard-missing": {"rank-missing", "allreduce-missing", "weights-missing"}, "mask-ahead": {"mask"}, "window-ignored": {"window"}, "residual-dropped": {"residual"},
	"residual-normed": {"residual"}, "parallel-other": {"input"}, "heads-permuted": {"permutation"}, "head-garbled": {"head"}, "rank-garbled": {"rank"},
	"row-garbled": {"row"}, "element": {"element"}, "nan": {"element"}, "infinity": {"element"},
	"bf16-allreduce": {"allreduce-bf16"}, "f16-allreduce": {"allreduce-f16"}, "tf32": {"product-tf32"}, "bf16-product": {"product-bf16"}, "f16-product": {"product-f16"}, "bf16-stored": {"stored-bf16"},
}

func (c testCase) run() outcome {
	r := c.newRun()
	t := c.trace(r)
	report, err := Replay(t, r.checkpoint(), Options{Threads: 2})
	o := outcome{Case: c.String(), Kind: c.kind, Fault: c.defect.name, Family: c.family}
	if err != nil {
		o.Hint = err.Error()
		return o
	}
	o.Verdict = report.Verdict
	if report.Stage != nil {
		o.Stage = *report.Stage
	}
	if len(report.Hints) > 0 {
		o.Cause, o.Hint = report.Hints[0].Cause, report.Hints[0].Text
		o.Named = slices.Contains(causesOf[c.defect.name], o.Cause)
	}
	want := map[string]Verdict{"control": Rounding, "fault": Fault, "reduced": ReducedPrecision}[c.kind]
	if c.kind == "control" {
		o.Right = report.Verdict == want
		o.Hint = report.Sentence
		return o
	}
	o.Want = c.stage()
	o.Right = report.Verdict == want && o.Stage == o.Want
	if !o.Right {
		o.Share = Number(c.effect(r, t))
		o.Below = o.Share <= 1 && report.Verdict == Rounding
	}
	return o
}

// sample is one in so many cases that the test runs without -corpus.
const sample = 151

// chosen returns the cases that the flags ask for.
func chosen(t *testing.T) []testCase {
	all := slices.DeleteFunc(readGrid(t).cases(), func(c testCase) bool {
		return !c.applies() || !strings.Contains(c.String(), *named)
	})
	every, from := sample, 7
	switch {
	case *part > 0:
		every, from = parts, *part-1
	case *whole || *named != "":
		return all
	}
	var some []testCase
	for i := from; i < len(all); i += every {
		some = append(some, all[i])
	}
	return some
}

// TestCorpus diagnoses faults and controls. No control may be called a finding; every
// fault and loss of precision must be found at its stage, unless it is below the bound.
func TestCorpus(t *testing.T) {
	all := chosen(t)
	results := make([]outcome, len(all))
	parallel.For(2, len(all), func(i int) { results[i] = all[i].run() })
	for _, o := range results {
		if *named != "" {
			t.Logf("%+v", o)
		}
		if !o.Right && !o.Below {
			t.Errorf("%s: %s at %q, want %q; %.3g of the bound; %s", o.Case, o.Verdict, o.Stage, o.Want, o.Share, o.Hint)
		}
	}
	if *results_ != "" {
		data, err := json.Marshal(results)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(*results_, data, 0o644))
	}
	if *table {
		require.NoError(t, os.WriteFile("CORPUS.md", []byte(corpusTable(results, len(readGrid(t).cases()))), 0o644))
	}
}
