package diagnose

import (
	"fmt"
	"math"
	"slices"
)

// normFaults are the faults of a norm.
func (r *replayer) normFaults(stage string, o norm, c *comparison) []hypothesis {
	var list []hypothesis
	add := func(cause, text string, change func(n *norm)) {
		n := o
		change(&n)
		list = append(list, hypothesis{cause, text, "the norm, so changed", "", n.replay, false})
	}
	for _, e := range r.epsilons(o, c) {
		add("epsilon", fmt.Sprintf("epsilon is %.3g, not %.3g", e, o.epsilon), func(n *norm) { n.epsilon = e })
		list[len(list)-1].fitted = !slices.Contains(epsilons, e)
	}
	n := float64(o.x.cols)
	add("epsilon-outside", "epsilon is added to the root, not under it", func(n *norm) { n.variant.outside = true })
	if o.center {
		add("unbiased", "the variance is divided by n-1, not n", func(m *norm) { m.variant.divisor = n - 1 })
		add("mean", "the mean is not subtracted (RMSNorm, not LayerNorm)", func(n *norm) { n.center = false })
	} else {
		add("divisor", "the sum of squares is not divided by n", func(m *norm) { m.variant.divisor = 1 })
		add("mean", "the mean is subtracted (LayerNorm, not RMSNorm)", func(n *norm) { n.center = true })
		add("weight", "weights are used as 1 + w", func(n *norm) { n.w = plusOne(n.w) })
	}
	for _, p := range append([]int{r.ranks}, usualRanks...) {
		if p > 1 && o.x.cols%p == 0 {
			add("local", fmt.Sprintf("each of %d ranks takes the statistics of its own numbers alone", p), func(n *norm) { n.variant.segments = p })
		}
	}
	add("weight", "the weight is not applied", func(n *norm) { n.w = ones(len(n.w)) })
	if o.bias != nil {
		add("bias", "the bias is not added", func(n *norm) { n.bias = nil })
		add("weight", "neither weight nor bias is applied", func(n *norm) { n.w, n.bias = ones(len(n.w)), nil })
	}
	list = append(list, hypothesis{"norm-missing", "the norm is missing", "the norm's input", "", func() *estimate { return add1(o.a, o.x) }, false})
	list = append(list, r.otherNorms(stage, o)...)
	return append(list, r.wholeHeads(stage, o)...)
}

func add1(a arithmetic, x tensor) *estimate { return add(a, x) }

func plusOne(w []float64) []float64 {
	out := ones(len(w))
	for i := range w {
		out[i] += w[i]
	}
	return out
}

// epsilons are those in use, and none.
var epsilons = []float64{1e-5, 1e-6, 1e-8, 1e-12, 1e-7, 1e-3, 0}

// epsilons lists those that are common, and the one that the recorded values suggest:
// a factor f of a row's normalized numbers says that f^2 is the ratio of the squares.
func (r *replayer) epsilons(o norm, c *comparison) []float64 {
	list := slices.Clone(epsilons)
	var sum, weight float64
	for t := 0; c != nil && t < c.e.rows; t++ {
		m := o.moments(t, 0, c.e.cols)
		var xy, xx float64
		for j := range c.e.cols {
			i := t*c.e.cols + j
			d := c.e.shared[0].direction[i] // the normalized number times its weight
			if b := c.y[i] - (c.e.x[i] - d); !math.IsNaN(b) && !math.IsInf(b, 0) {
				xy, xx = xy+d*b, xx+d*d
			}
		}
		if f := xy / xx; f > 0 {
			w := 1 / (m.square * m.square)
			sum += w * (m.square/(f*f) - (m.square - o.epsilon))
			weight += w
		}
	}
	if e := sum / weight; e >= 0 && e < 1 {
		list = append(list, e)
	}
	var others []float64
	for _, e := range list {
		if e != o.epsilon {
			others = append(others, e)
		}
	}
	return others
}

// otherNorms take weights or the input of another norm.
func (r *replayer) otherNorms(stage string, o norm) []hypothesis {
	layer, name := split(stage)
	others := map[string]string{"attn_norm": "mlp_norm", "mlp_norm": "attn_norm", "attn.q_norm": "attn.k_norm", "attn.k_norm": "attn.q_norm"}
	var list []hypothesis
	if other, ok := others[name]; ok {
		if w, err := r.checkpoint.Weights(layer + other); err == nil && len(w.Matrix.Data) == len(o.w) {
			alt := o
			r.convert(w.Matrix.Data)
			r.convert(w.Bias)
			alt.w, alt.bias = w.Matrix.Data, w.Bias
			list = append(list, hypothesis{"swapped", "the weights are those of " + layer + other, "the norm with them", "", alt.replay, false})
		}
	}
	inputs := map[string][]string{"mlp_norm": {r.residual(layer), layer + "attn_residual", layer + "attn.out"}, "final_norm": {"embed"}}
	for _, in := range inputs[name] {
		if s, ok := r.recorded[in]; ok && in != r.inputs(stage)[0] {
			alt := o
			alt.x = r.uncertain(r.asTensor(s))
			list = append(list, hypothesis{"input", "the input is " + in + ", not " + r.inputs(stage)[0], "the norm of it", "", alt.replay, false})
		}
	}
	return list
}

// wholeHeads take the norm of queries or keys over all heads, or over those of a rank.
func (r *replayer) wholeHeads(stage string, o norm) []hypothesis {
	_, name := split(stage)
	if name != "attn.q_norm" && name != "attn.k_norm" {
		return nil
	}
	heads := r.config.Heads
	if name == "attn.k_norm" {
		heads = r.config.KVHeads
	}
	var list []hypothesis
	for _, p := range append([]int{1, r.ranks}, usualRanks...) {
		if heads%p != 0 || p == heads {
			continue
		}
		alt := o
		alt.x.rows, alt.x.cols = len(r.trace.IDs), heads*r.config.HeadSize
		alt.w = nil
		for range heads {
			alt.w = append(alt.w, o.w...)
		}
		alt.variant.segments = p
		list = append(list, hypothesis{"local", fmt.Sprintf("the norm is taken over %d heads together, not over each", heads/p), "the norm of them", "", alt.replay, false})
	}
	return list
}
