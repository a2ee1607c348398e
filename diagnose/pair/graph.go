package pair

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/samebits/samebits/trace"
)

// kind is how a stage follows from its inputs.
type kind int

const (
	embedding kind = iota // from the ids
	product               // with weights
	norm                  // with a factor and perhaps an offset a column
	headNorm              // of each head
	rotation              // of each head
	sum                   // of the residual stream
	scores
	softmax
	context
	activation
)

// mapping is a stage's kind and inputs.
type mapping struct {
	kind   kind
	inputs []string
}

// mapOf returns how a stage of a model of that many layers follows from others, and
// whether its name is known. Inputs that not every model has are left to resolve.
func mapOf(stage string, layers int) (mapping, bool) {
	if whole, _, ok := trace.SplitRank(stage); ok {
		m, known := mapOf(whole, layers)
		return m, known && m.kind == product
	}
	last := fmt.Sprintf("layers.%d.output", layers-1)
	switch stage {
	case "embed":
		return mapping{embedding, nil}, true
	case "final_norm":
		return mapping{norm, []string{last}}, true
	case "logits":
		return mapping{product, []string{"final_norm"}}, true
	}
	i, ok := layerOf(stage)
	if !ok {
		return mapping{}, false
	}
	at := fmt.Sprintf("layers.%d.", i)
	before := "embed"
	if i > 0 {
		before = fmt.Sprintf("layers.%d.output", i-1)
	}
	of := func(k kind, inputs ...string) (mapping, bool) {
		for n, in := range inputs {
			if in != before {
				inputs[n] = at + in
			}
		}
		return mapping{k, inputs}, true
	}
	switch strings.TrimPrefix(stage, at) {
	case "attn_norm":
		return of(norm, before)
	case "attn.q", "attn.k", "attn.v":
		return of(product, "attn_norm")
	case "attn.q_norm":
		return of(headNorm, "attn.q")
	case "attn.k_norm":
		return of(headNorm, "attn.k")
	case "attn.q_rope":
		return of(rotation, "attn.q")
	case "attn.k_rope":
		return of(rotation, "attn.k")
	case "attn.scores":
		return of(scores, "attn.q", "attn.k")
	case "attn.probs":
		return of(softmax, "attn.scores")
	case "attn.context":
		return of(context, "attn.probs", "attn.v")
	case "attn.out":
		return of(product, "attn.context")
	case "attn_residual":
		return of(sum, before, "attn.out")
	case "mlp_norm":
		return of(norm, "attn_residual")
	case "mlp.gate", "mlp.up":
		return of(product, "mlp_norm")
	case "mlp.act":
		return of(activation, "mlp.up")
	case "mlp.down":
		return of(product, "mlp.act")
	case "output":
		return of(sum, "attn_residual", "mlp.down")
	}
	return mapping{}, false
}

// layerOf returns the layer of a stage.
func layerOf(stage string) (int, bool) {
	rest, ok := strings.CutPrefix(stage, "layers.")
	number, _, dot := strings.Cut(rest, ".")
	i, err := strconv.Atoi(number)
	return i, ok && dot && err == nil && i >= 0 && i < 1<<20
}

// resolve returns how a stage follows from others in this run: with the norms and the
// rotation of heads where there are some, and the gate.
func (r *run) resolve(stage string) (mapping, bool) {
	m, ok := mapOf(stage, r.layers)
	switch m.kind {
	case rotation:
		m.inputs[0] = r.latest(m.inputs[0], "_norm")
	case scores:
		m.inputs[0], m.inputs[1] = r.latest(m.inputs[0], "_rope", "_norm"), r.latest(m.inputs[1], "_rope", "_norm")
	case activation:
		if gate := strings.TrimSuffix(m.inputs[0], "up") + "gate"; r.has(gate) || r.other.has(gate) {
			m.inputs = append(m.inputs, gate)
		}
	}
	return m, ok
}

// latest returns the first of the stages base + suffix that is recorded in either run,
// or base: what one of them has, the model has.
func (r *run) latest(base string, suffixes ...string) string {
	for _, s := range suffixes {
		if r.has(base+s) || r.other.has(base+s) {
			return base + s
		}
	}
	return base
}

// parallel returns the norm of the MLP with what it follows from where attention and MLP
// are parallel.
func parallel(stage string, m mapping) (mapping, bool) {
	i, ok := layerOf(stage)
	if !ok || !strings.HasSuffix(stage, ".mlp_norm") {
		return m, false
	}
	m.inputs = []string{"embed"}
	if i > 0 {
		m.inputs[0] = fmt.Sprintf("layers.%d.output", i-1)
	}
	return m, true
}

func (r *run) has(stage string) bool { _, ok := r.stages[stage]; return ok }
