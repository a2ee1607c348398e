package diagnose

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/trace"
)

// operation replays a stage from its inputs.
type operation interface{ replay() *estimate }

// The operations that are not structures of their own.
type (
	scoresOp struct {
		attention
		q, k tensor
	}
	softmaxOp struct {
		scores  tensor
		a       arithmetic
		bridged bool
	}
	contextOp struct {
		attention
		probs, v tensor
	}
	actOp struct {
		fn function
		x  tensor
		up *tensor // nil: not gated
		a  arithmetic
	}
	addOp struct {
		terms []tensor
		names []string
		a     arithmetic
	}
)

func (o scoresOp) replay() *estimate { return o.scores(o.q, o.k) }

func (o softmaxOp) replay() *estimate { return softmax(o.scores, o.a, o.bridged) }

func (o contextOp) replay() *estimate { return o.context(o.probs, o.v) }

func (o actOp) replay() *estimate { return act(o.fn, o.x, o.up, o.a) }

func (o addOp) replay() *estimate { return add(o.a, o.terms...) }

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

// operation returns what computes a stage.
func (r *replayer) operation(stage string) (operation, error) {
	if whole, rank, ok := trace.SplitRank(stage); ok {
		return r.share(stage, whole, rank)
	}
	if stage == "embed" {
		return r.embed(r.positions(0))
	}
	var in []tensor
	for _, name := range r.inputs(stage) {
		t, err := r.input(name)
		if err != nil {
			return nil, err
		}
		in = append(in, t)
	}
	_, name := split(stage)
	switch name {
	case "attn_norm", "mlp_norm", "final_norm", "attn.q_norm", "attn.k_norm":
		return r.norm(stage, in[0])
	case "attn.q", "attn.k", "attn.v", "attn.out", "mlp.gate", "mlp.up", "mlp.down", "logits":
		return r.linear(stage, in[0])
	case "attn.q_rope", "attn.k_rope":
		return r.rope(in[0]), nil
	case "attn.scores":
		o := scoresOp{r.attention(r.layer(stage)), in[0], in[1]}
		if _, ok := r.recorded[stage]; ok && r.unmasked {
			o.open = func(int, int) bool { return true }
		}
		return o, nil
	case "attn.probs":
		_, recorded := r.recorded[r.inputs(stage)[0]]
		return softmaxOp{in[0], r.a, !recorded}, nil
	case "attn.context":
		return contextOp{r.attention(r.layer(stage)), in[0], in[1]}, nil
	case "mlp.act":
		o := actOp{fn: activations[r.config.Activation], x: in[0], a: r.a}
		if r.config.Gated {
			o.up = &in[1]
		}
		return o, nil
	case "attn_residual", "output":
		return addOp{[]tensor{r.uncertain(in[0]), r.uncertain(in[1])}, r.inputs(stage), r.a}, nil
	}
	return nil, fmt.Errorf("diagnose: stage %.60q is none of this %s", stage, r.config.Family)
}

// share is what a rank adds to an all-reduce: the product of its inputs, which are
// divided in the way that is nearest to what is recorded. One of the ranks may add the
// bias, too; whether it is added once is seen in the stage that the ranks make.
func (r *replayer) share(stage, whole string, rank int) (operation, error) {
	op, err := r.operation(whole)
	if err != nil {
		return nil, err
	}
	_, name := split(whole)
	var best operation
	least := math.Inf(1)
	for _, c := range r.cuts(name) {
		if rank >= c.ranks() {
			continue
		}
		l := op.(linear).share(c.lo[rank], c.hi[rank])
		for _, l.bias = range [][]float64{nil, op.(linear).bias} {
			if share := compare(r.recorded[stage].Values, l.replay(), r.a).share; best == nil || share < least {
				best, least = l, share
			}
		}
	}
	if best == nil {
		return nil, fmt.Errorf("diagnose: stage %s: this %s cannot have so many ranks: want %d at most", stage, r.config.Family, r.config.Heads)
	}
	return best, nil
}

// layer returns the number of the layer of a stage.
func (r *replayer) layer(stage string) (i int) {
	layer, _ := split(stage)
	_, _ = fmt.Sscanf(layer, "layers.%d.", &i) // 0 outside layers
	return i
}

// positions returns those of the tokens, moved by so many.
func (r *replayer) positions(by int) []int {
	p := make([]int, len(r.trace.IDs))
	for i := range p {
		p[i] = i + by
	}
	return p
}

func (r *replayer) embed(positions []int) (operation, error) {
	tokens, err := r.checkpoint.TokenRows(r.trace.IDs)
	if err != nil {
		return nil, err
	}
	o := addOp{[]tensor{r.weights(tokens)}, []string{"the embedding of tokens"}, r.a}
	places, err := r.checkpoint.PositionRows(positions)
	if err == nil && places.Rows > 0 {
		o.terms = append(o.terms, r.weights(places))
		o.names = append(o.names, "the embedding of positions")
	}
	return o, err
}

// weights are rounded to the format of values, as a model converted to it has them.
func (r *replayer) weights(m gemm.Matrix[float64]) tensor {
	r.convert(m.Data)
	return tensor{rows: m.Rows, cols: m.Cols, x: m.Data}
}

func (r *replayer) convert(w []float64) {
	if r.stored {
		return
	}
	for i, v := range w {
		w[i] = r.a.values.roundedTo(v)
	}
}

func (r *replayer) norm(stage string, x tensor) (operation, error) {
	w, err := r.checkpoint.Weights(stage)
	if err != nil {
		return nil, err
	}
	r.convert(w.Matrix.Data)
	r.convert(w.Bias)
	n := norm{x: r.uncertain(x), w: w.Matrix.Data, bias: w.Bias, center: r.config.Norm == model.LayerNorm, epsilon: r.config.NormEpsilon, a: r.a}
	if _, name := split(stage); name == "attn.q_norm" || name == "attn.k_norm" {
		n.center = false
		n.x.rows, n.x.cols = n.x.rows*n.x.cols/len(n.w), len(n.w)
	}
	return n, nil
}

func (r *replayer) linear(stage string, x tensor) (operation, error) {
	w, err := r.checkpoint.Weights(stage)
	if err != nil {
		return nil, err
	}
	r.convert(w.Matrix.Data)
	r.convert(w.Bias)
	ranks := r.parts
	if _, name := split(stage); name == "attn.out" || name == "mlp.down" {
		ranks = max(ranks, r.ranks)
	}
	return linear{x, w.Matrix, w.Bias, ranks, r.a}, nil
}

func (r *replayer) rope(x tensor) rope {
	t := r.config.RoPE
	uncertainty := math.Log(t.Theta)
	if t.Scaling != "default" && t.Scaling != "" {
		uncertainty += 16
	}
	o := rope{x: x, size: r.config.HeadSize, frequencies: t.Frequencies(), uncertainty: uncertainty, a: r.a}
	for i := range r.trace.IDs {
		o.positions = append(o.positions, float64(i))
	}
	return o
}

func (r *replayer) attention(layer int) attention {
	c := r.config
	group := c.Heads / c.KVHeads
	return attention{
		heads: c.Heads, kvHeads: c.KVHeads, size: c.HeadSize, window: c.Window(layer), scale: 1 / math.Sqrt(float64(c.HeadSize)),
		shared: func(head int) int { return head / group }, a: r.a,
	}
}
