package diagnose

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/trace"
)

// run is the test's own forward pass, stage by stage from the recorded values, with
// defects that can be switched on.
type run struct {
	*randomModel
	*machine
	tp     int
	defect defect
	ids    []int
	done   map[string][]float64
	seed   uint64

	fused, online bool // attention without scores and probs
	narrow        bool
	masked        float64 // what a masked score is recorded as
}

// is tells whether the defect is that one, at the stage.
func (r *run) is(name, stage string) bool {
	if r.defect.name != name {
		return false
	}
	layer, of := split(stage)
	return (layer == "" || r.defect.in(layer)) && (r.defect.where == "" || r.defect.where == of)
}

// forward computes all stages.
func (r *run) forward() *trace.Trace {
	c := r.checkpoint().Config
	r.done = map[string][]float64{}
	t := &trace.Trace{IDs: r.ids, Model: r.name, TP: r.tp, Device: "test"}
	for _, s := range model.StageNames(c) {
		y := r.compute(s)
		r.corrupt(s, y)
		r.done[s] = y
		if _, name := split(s); r.fused && (name == "attn.scores" || name == "attn.probs") {
			continue
		}
		dims := shape(s, len(r.ids), c)
		if s == "logits" {
			dims = []int{len(r.ids), len(y) / len(r.ids)}
		}
		t.Stages = append(t.Stages, trace.Stage{Name: s, Shape: dims, Values: y})
	}
	return t
}

func (r *run) compute(stage string) []float64 {
	layer, name := split(stage)
	x := "embed"
	if layer != "" && !strings.HasPrefix(layer, "layers.0.") {
		var i int
		_, _ = fmt.Sscanf(layer, "layers.%d.", &i)
		x = fmt.Sprintf("layers.%d.output", i-1)
	}
	in := func(s string) []float64 { return r.done[layer+s] }
	switch name {
	case "embed":
		return r.embed()
	case "attn_norm":
		return r.norm(stage, r.done[x], r.width)
	case "attn.q", "attn.k", "attn.v":
		return r.column(stage, in("attn_norm"), r.width)
	case "attn.q_norm":
		return r.norm(stage, in("attn.q"), r.size)
	case "attn.k_norm":
		return r.norm(stage, in("attn.k"), r.size)
	case "attn.q_rope", "attn.k_rope":
		from := strings.TrimSuffix(name, "_rope")
		if r.qkNorm {
			from += "_norm"
		}
		return r.rope(stage, in(from))
	case "attn.scores":
		return r.scores(stage, in(r.turned("q")), in(r.turned("k")))
	case "attn.probs":
		return r.probs(stage, in("attn.scores"))
	case "attn.context":
		return r.context(stage, in("attn.probs"), in("attn.scores"), in("attn.v"))
	case "attn.out":
		return r.row(stage, in("attn.context"), r.heads*r.size, r.size)
	case "attn_residual":
		return r.residual(stage, r.done[x], in("attn.out"), in("attn_norm"))
	case "mlp_norm":
		from := in("attn_residual")
		if r.parallel != r.is("parallel-other", stage) {
			from = r.done[x]
		}
		return r.norm(stage, from, r.width)
	case "mlp.gate", "mlp.up":
		return r.column(stage, in("mlp_norm"), r.width)
	case "mlp.act":
		return r.act(stage, in("mlp.gate"), in("mlp.up"))
	case "mlp.down":
		return r.row(stage, in("mlp.act"), r.inner, 1)
	case "output":
		return r.residual(stage, in("attn_residual"), in("mlp.down"), in("mlp_norm"))
	case "final_norm":
		return r.norm(stage, r.done[fmt.Sprintf("layers.%d.output", r.layers-1)], r.width)
	case "logits":
		return r.column(stage, r.done["final_norm"], r.width)
	}
	panic(stage)
}

func (r *run) turned(of string) string {
	switch {
	case r.turning > 0:
		return "attn." + of + "_rope"
	case r.qkNorm:
		return "attn." + of + "_norm"
	}
	return "attn." + of
}

func (r *run) position(t int, stage string) int {
	if r.defect.name == "position-off" && (stage == "embed" || r.is2("position-off", stage)) && (r.defect.where == "all" || t >= len(r.ids)-2) {
		return t + 1
	}
	return t
}

// is2 is is, whatever where says.
func (r *run) is2(name, stage string) bool {
	layer, _ := split(stage)
	return r.defect.name == name && r.defect.in(layer)
}

func (r *run) embed() []float64 {
	var y []float64
	for t, id := range r.ids {
		for j := range r.width {
			v := r.r(r.parts["tokens"].w[id][j])
			if r.turning == 0 {
				v = r.r(v + r.r(r.parts["positions"].w[r.position(t, "embed")][j]))
			}
			y = append(y, v)
		}
	}
	return y
}

// part returns the parameters of a stage as the run has them: rounded to values.
func (r *run) part(stage string) weights {
	p := r.parts[stage]
	out := weights{w: slices.Clone(p.w), bias: p.bias}
	if r.narrow {
		for i, row := range p.w {
			out.w[i] = r.rounded(row)
		}
		if p.bias != nil {
			out.bias = r.rounded(p.bias)
		}
	}
	return out
}

func (r *run) rounded(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = r.r(v)
	}
	return y
}

func (r *run) residual(stage string, x, a, h []float64) []float64 {
	y := make([]float64, len(x))
	for i := range y {
		switch {
		case r.is("residual-dropped", stage):
			y[i] = a[i]
		case r.is("residual-normed", stage):
			y[i] = r.r(h[i] + a[i])
		default:
			y[i] = r.r(x[i] + a[i])
		}
	}
	return y
}

func (r *run) act(stage string, gate, up []float64) []float64 {
	name := r.activation
	switch {
	case r.is2("gelu-other", stage):
		name = map[string]string{"gelu": "gelu_new", "gelu_new": "gelu"}[name]
	case r.is2("activation-other", stage):
		name = map[string]string{"gelu": "silu", "gelu_new": "silu", "silu": "gelu"}[name]
	}
	x := up
	if r.gated {
		x = gate
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = r.activate(name, v)
		if r.gated {
			y[i] = r.r(y[i] * up[i])
		}
	}
	return y
}

// activate evaluates an activation operation by operation.
func (r *run) activate(name string, x float64) float64 {
	switch name {
	case "gelu_new":
		cube := r.r(r.r(x*x) * x)
		z := r.r(r.sums(math.Sqrt(2/math.Pi)) * r.r(x+r.r(r.sums(0.044715)*cube)))
		return r.r(r.r(0.5*x) * r.r(1+r.r(r.f(math.Tanh(z)))))
	case "gelu":
		z := r.sums(x * r.sums(1/math.Sqrt2))
		return r.r(r.sums(r.sums(0.5*x) * r.sums(1+r.f(math.Erf(z)))))
	}
	return r.r(r.sums(x / r.sums(1+r.f(math.Exp(-x)))))
}
