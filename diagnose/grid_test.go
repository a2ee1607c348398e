package diagnose

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/samebits/samebits/trace"
	"github.com/stretchr/testify/require"
)

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
func (c testCase) newRun() *run { return c.runOf(c.model()) }

func (c testCase) runOf(m *randomModel) *run {
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
		r.single = false
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
