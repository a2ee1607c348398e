package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/samebits/samebits/trace"
)

// split parts "layers.3.attn.q" into "layers.3." and "attn.q".
func split(stage string) (layer, name string) {
	rest, ok := strings.CutPrefix(stage, "layers.")
	if !ok {
		return "", stage
	}
	number, name, _ := strings.Cut(rest, ".")
	return "layers." + number + ".", name
}

// inputs lists the stages that a stage is computed from.
func (r *replayer) inputs(stage string) []string {
	if whole, _, ok := trace.SplitRank(stage); ok {
		stage = whole
	}
	layer, name := split(stage)
	within := func(names ...string) []string {
		for i, n := range names {
			names[i] = layer + n
		}
		return names
	}
	switch name {
	case "embed":
		return nil
	case "attn_norm":
		return []string{r.residual(layer)}
	case "attn.q_norm", "attn.k_norm":
		return []string{strings.TrimSuffix(stage, "_norm")}
	case "attn.q_rope", "attn.k_rope":
		return within(r.before(strings.TrimSuffix(name, "_rope"), false))
	case "attn.scores":
		return within(r.before("attn.q", true), r.before("attn.k", true))
	case "attn_residual":
		return []string{r.residual(layer), layer + "attn.out"}
	case "mlp_norm":
		if r.config.Parallel {
			return []string{r.residual(layer)}
		}
	case "mlp.act":
		if r.config.Gated {
			return within("mlp.gate", "mlp.up")
		}
	case "final_norm":
		return []string{fmt.Sprintf("layers.%d.output", r.config.Layers-1)}
	case "logits":
		return []string{"final_norm"}
	}
	return within(slices.Clone(inputs[name])...)
}

// inputs are those of stages that have the same ones in all families, within a layer.
var inputs = map[string][]string{
	"attn.q": {"attn_norm"}, "attn.k": {"attn_norm"}, "attn.v": {"attn_norm"},
	"attn.probs": {"attn.scores"}, "attn.context": {"attn.probs", "attn.v"}, "attn.out": {"attn.context"},
	"mlp_norm": {"attn_residual"}, "mlp.gate": {"mlp_norm"}, "mlp.up": {"mlp_norm"},
	"mlp.act": {"mlp.up"}, "mlp.down": {"mlp.act"}, "output": {"attn_residual", "mlp.down"},
}

// before is the last stage of queries or keys before the scores or, not turned, before
// their rotation.
func (r *replayer) before(of string, turned bool) string {
	switch {
	case turned && r.config.RoPE != nil:
		return of + "_rope"
	case r.config.QKNorm:
		return of + "_norm"
	}
	return of
}

// residual is the stage that enters a layer.
func (r *replayer) residual(layer string) string {
	var i int
	if _, err := fmt.Sscanf(layer, "layers.%d.", &i); err != nil || i == 0 {
		return "embed"
	}
	return fmt.Sprintf("layers.%d.output", i-1)
}

// layer returns the number of the layer of a stage.
func (r *replayer) layer(stage string) (i int) {
	layer, _ := split(stage)
	_, _ = fmt.Sscanf(layer, "layers.%d.", &i) // 0 outside layers
	return i
}
