package diagnose

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/trace"
)

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

// ofStage returns the weights of a stage, converted.
func (r *replayer) ofStage(stage string) (model.Weights, error) {
	w, err := r.checkpoint.Weights(stage)
	r.convert(w.Matrix.Data)
	r.convert(w.Bias)
	return w, err
}

func (r *replayer) norm(stage string, x tensor) (operation, error) {
	w, err := r.ofStage(stage)
	if err != nil {
		return nil, err
	}
	n := norm{x: r.uncertain(x), w: w.Matrix.Data, bias: w.Bias, center: r.config.Norm == model.LayerNorm, epsilon: r.config.NormEpsilon, a: r.a}
	if _, name := split(stage); name == "attn.q_norm" || name == "attn.k_norm" {
		n.center = false
		n.x.rows, n.x.cols = n.x.rows*n.x.cols/len(n.w), len(n.w)
	}
	return n, nil
}

func (r *replayer) linear(stage string, x tensor) (operation, error) {
	w, err := r.ofStage(stage)
	if err != nil {
		return nil, err
	}
	ranks := r.parts
	if _, name := split(stage); name == "attn.out" || name == "mlp.down" {
		ranks = max(ranks, r.ranks)
	}
	return linear{x, w.Matrix, w.Bias, ranks, r.a, r.threads}, nil
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
