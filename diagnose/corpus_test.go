package diagnose

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
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
	part     = flag.Int("part", 0, "run one of the 32 parts of the corpus, 1 to 32")
	named    = flag.String("case", "", "run the cases of which the name contains this")
	results_ = flag.String("results", "", "write the outcomes to this file, as JSON")
	table    = flag.Bool("table", false, "write the outcomes to CORPUS.md")
	merged   = flag.String("merge", "", "write CORPUS.md from the files of this pattern that -results wrote")
)

// parts is the number of parts into which -part divides the corpus.
const parts = 32

// grid is testdata/grid.json.
type grid struct {
	Sizes                     []string
	Defaults                  entry
	Faults, Reduced, Controls []entry
}

type entry struct {
	Fault                          string
	Families, Where, Dtypes, Sizes []string
	Layers, TP, Seeds              []int
	Scales, Strengths              []float64
	Orders, Variants               []string
}

// testCase is one element of the grid.
type testCase struct {
	kind, family, size, dtype string
	defect                    defect
	tp                        int
	scale                     float64
	order, variant            string
	seed                      uint64
}

func (c testCase) String() string {
	s := fmt.Sprintf("%s %s %s %s scale=%g tp=%d", c.kind, c.family, c.size, c.dtype, c.scale, c.tp)
	if c.defect.name != "" {
		s += fmt.Sprintf(" %s@%d", c.defect.name, c.defect.layer)
		if c.defect.where != "" {
			s += " " + c.defect.where
		}
		if c.defect.strength != 0 {
			s += fmt.Sprintf(" strength=%g", c.defect.strength)
		}
	}
	if c.order != "" {
		s += " " + c.order
	}
	if c.variant != "" {
		s += " " + c.variant
	}
	if c.seed != 0 {
		s += fmt.Sprintf(" seed=%d", c.seed)
	}
	return s
}

func or[T any](list, other []T) []T {
	if len(list) > 0 {
		return list
	}
	if len(other) > 0 {
		return other
	}
	return make([]T, 1)
}

// cases multiplies the grid out.
func (g grid) cases() (all []testCase) {
	for kind, entries := range map[string][]entry{"fault": g.Faults, "reduced": g.Reduced, "control": g.Controls} {
		for _, e := range entries {
			d := g.Defaults
			if kind == "control" {
				d.Layers = nil
			}
			for _, family := range or(e.Families, d.Families) {
				for _, size := range or(e.Sizes, d.Sizes) {
					for _, dtype := range or(e.Dtypes, d.Dtypes) {
						for _, scale := range or(e.Scales, d.Scales) {
							for _, tp := range or(e.TP, d.TP) {
								for _, layer := range or(e.Layers, d.Layers) {
									for _, where := range or(e.Where, nil) {
										for _, strength := range or(e.Strengths, nil) {
											for _, order := range or(e.Orders, nil) {
												for _, variant := range or(e.Variants, nil) {
													for _, seed := range or(e.Seeds, nil) {
														all = append(all, testCase{kind, family, size, dtype, defect{e.Fault, where, layer, strength}, tp, scale, order, variant, uint64(seed)})
													}
												}
											}
										}
									}
								}
							}
						}
					}
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b testCase) int { return strings.Compare(a.String(), b.String()) })
	return all
}

func readGrid(t testing.TB) grid {
	data, err := os.ReadFile("testdata/grid.json")
	require.NoError(t, err)
	var g grid
	require.NoError(t, json.Unmarshal(data, &g))
	return g
}

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

// applies: the case means something for its family.
func (c testCase) applies() bool {
	f := newFamily(c.family, c.size)
	switch c.defect.name {
	case "bias-every-rank", "bias-dropped":
		return f.outBias || f.qkvBias && strings.HasPrefix(c.defect.where, "attn.") && c.defect.where != "attn.out"
	case "rope-interleaved":
		return f.turning > 2
	case "conv1d-transposed":
		return f.heads*f.size == f.width
	case "gelu-other":
		return strings.HasPrefix(f.activation, "gelu")
	case "qk-norm-local":
		return f.heads%c.tp == 0 && f.heads/c.tp > 1
	case "gate-up-chunked", "qkv-contiguous":
		return f.inner%c.tp == 0 && f.heads%c.tp == 0
	}
	return c.tp <= f.heads
}

// newRun sets the case up.
func (c testCase) newRun() *run {
	m := c.model()
	var ids []int
	rng := rand.New(rand.NewPCG(11, uint64(m.tokens)))
	for range m.tokens {
		ids = append(ids, rng.IntN(m.vocabulary))
	}
	r := &run{randomModel: m, machine: newMachine(c.dtype, c.order, c.seed+1), tp: max(c.tp, 1), defect: c.defect, ids: ids, seed: 17 + c.seed, masked: math.Inf(-1), narrow: c.dtype == "bf16" || c.dtype == "f16"}
	switch c.variant {
	case "fma":
		r.fma = true
	case "functions+4", "functions-4", "functions-random":
		r.functions = strings.TrimPrefix(strings.TrimPrefix(c.variant, "functions-"), "functions")
		if c.variant == "functions-4" {
			r.functions = "-4"
		}
	case "rope-f32":
		r.angles32 = true
	case "variance-one-pass":
		r.onePass = true
	case "reciprocal-mean":
		r.reciprocal = true
	case "fused-attention":
		r.fused = true
	case "online-softmax":
		r.fused, r.online = true, true
	case "mask-finite":
		r.masked = map[string]float64{"f32": -math.MaxFloat32, "f64": -math.MaxFloat64, "bf16": bf16.largest * -1, "f16": -65504}[c.dtype]
	case "narrow-inside":
		r.sums, r.digits = r.values, map[string]int{"bf16": 8, "f16": 11}[c.dtype]
	}
	return r
}

// trace records the case.
func (c testCase) trace(r *run) *trace.Trace {
	t := r.forward()
	t.DType = c.dtype
	drop := func(f func(layer, name string) bool) {
		t.Stages = slices.DeleteFunc(t.Stages, func(s trace.Stage) bool { return f(split(s.Name)) })
	}
	switch c.variant {
	case "outputs-only":
		drop(func(layer, name string) bool { return layer != "" && name != "output" })
	case "no-residuals":
		drop(func(_, name string) bool { return name == "attn_residual" })
	case "no-norms":
		drop(func(layer, name string) bool { return strings.HasSuffix(name, "norm") })
	case "no-metadata":
		t.DType, t.TP = "", 0
	}
	return t
}

// stage is where the defect is: the first stage that it changes.
func (c testCase) stage() string {
	f := newFamily(c.family, c.size)
	layer := fmt.Sprintf("layers.%d.", c.defect.layer)
	where := map[string]string{
		"qkv-contiguous": "attn.q", "qkv-layout": "attn.q", "gate-up-chunked": "mlp.gate", "gate-up-swapped": "mlp.gate", "kv-swapped": "attn.k",
		"qk-norm-local": "attn.q_norm", "qk-norm-missing": "attn.q_norm", "rope-interleaved": "attn.q_rope", "rope-theta": "attn.q_rope",
		"rope-scaling": "attn.q_rope", "rope-partial": "attn.q_rope", "gelu-other": "mlp.act", "activation-other": "mlp.act",
		"scale-width": "attn.scores", "scale-missing": "attn.scores", "head-dim-ignored": "attn.scores", "mask-ahead": "attn.scores",
		"window-ignored": "attn.scores", "parallel-other": "mlp_norm", "bf16-softmax": "attn.probs", "position-off": "attn.q_rope",
	}[c.defect.name]
	if where == "" {
		where = c.defect.where
	}
	switch c.defect.name {
	case "head-untied", "head-tied", "vocabulary-padded":
		return "logits"
	case "position-off":
		if f.turning == 0 {
			return "embed"
		}
	}
	if where == "final_norm" || where == "logits" {
		return where
	}
	return layer + where
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
	"conv1d-transposed": {"transposed"}, "shard-missing": {"rank-missing", "allreduce-missing"}, "mask-ahead": {"mask"}, "window-ignored": {"window"}, "residual-dropped": {"residual"},
	"residual-normed": {"residual"}, "parallel-other": {"input"}, "heads-permuted": {"permutation"}, "head-garbled": {"head"}, "rank-garbled": {"rank"},
	"row-garbled": {"row"}, "element": {"element"}, "nan": {"element"}, "infinity": {"element"},
	"bf16-allreduce": {"allreduce-bf16"}, "f16-allreduce": {"allreduce-f16"}, "tf32": {"product-tf32"}, "bf16-product": {"product-bf16"}, "f16-product": {"product-f16"}, "bf16-stored": {"stored-bf16"},
}

func (c testCase) run() outcome {
	r := c.newRun()
	t := c.trace(r)
	report, err := Replay(t, r.checkpoint(), "")
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
const sample = 79

// chosen returns the cases that the flags ask for.
func chosen(t *testing.T) []testCase {
	all := slices.DeleteFunc(readGrid(t).cases(), func(c testCase) bool {
		return !c.applies() || !strings.Contains(c.String(), *named)
	})
	every, from := sample, 7
	switch {
	case *whole || *named != "":
		return all
	case *part > 0:
		every, from = parts, *part-1
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
		require.NoError(t, os.WriteFile("CORPUS.md", []byte(corpusTable(results)), 0o644))
	}
}
