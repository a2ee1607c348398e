package diagnose

import (
	"fmt"
	"math"
	"slices"

	"github.com/samebits/samebits/model"
)

// ropeFaults are the faults of rotary embeddings.
func (r *replayer) ropeFaults(stage string, o rope, c *comparison) []hypothesis {
	var list []hypothesis
	add := func(cause, text string, change func(o *rope)) {
		alt := o
		change(&alt)
		list = append(list, hypothesis{cause, text, "the rotation, so changed", "", alt.replay, false})
	}
	add("rope-style", "pairs are neighbours (2i, 2i+1), not (i, n/2+i)", func(o *rope) { o.interleaved = true })
	add("rope-missing", "nothing is turned", func(o *rope) { o.positions = make([]float64, len(o.positions)) })
	add("rope-direction", "the turn is the other way", func(o *rope) { o.positions = scaled(o.positions, -1) })
	for _, by := range []float64{-1, 1, -2, 2} {
		add("position", fmt.Sprintf("positions are off by %+g", by), func(o *rope) { o.positions = moved(o.positions, by, 0) })
		if from := firstBadRow(c); from > 0 {
			add("position", fmt.Sprintf("positions are off by %+g from token %d on", by, from), func(o *rope) { o.positions = moved(o.positions, by, from) })
		}
	}
	t := *r.config.RoPE
	change := func(cause, text string, t model.RoPE) {
		add(cause, text, func(o *rope) { o.frequencies = t.Frequencies() })
	}
	for _, theta := range []float64{1e4, 1e5, 5e5, 1e6} {
		if theta != t.Theta {
			other := t
			other.Theta = theta
			change("rope-theta", fmt.Sprintf("theta is %g, not %g", theta, t.Theta), other)
		}
	}
	if t.Scaling == "linear" || t.Scaling == "llama3" {
		other := t
		other.Scaling = "default"
		change("rope-scaling", "the scaling "+t.Scaling+" is ignored", other)
		for _, theta := range []float64{1e4} {
			both := other
			both.Theta = theta
			change("rope-scaling", fmt.Sprintf("the scaling %s is ignored, and theta is %g", t.Scaling, theta), both)
		}
	}
	if t.Size < o.size {
		other := t
		other.Size = o.size
		change("rope-partial", fmt.Sprintf("all %d numbers of a head turn, not the first %d", o.size, t.Size), other)
		wide := t.Frequencies()
		for i := range wide {
			wide[i] = math.Pow(t.Theta, -2*float64(i)/float64(o.size))
		}
		add("rope-partial", "frequencies are those of a whole head", func(o *rope) { o.frequencies = wide })
	}
	// The norm of each head comes before: it may have been left out, or put after.
	if layer, _ := split(stage); r.config.QKNorm {
		for _, of := range []string{"attn.q", "attn.k"} {
			if s, ok := r.recorded[layer+of]; ok && stage == layer+of+"_rope" {
				add("input", "the input is "+layer+of+", without its norm", func(o *rope) { o.x = r.asTensor(s) })
			}
		}
	}
	return list
}

func scaled(x []float64, by float64) []float64 {
	y := slices.Clone(x)
	for i := range y {
		y[i] *= by
	}
	return y
}

// moved adds to the positions from one on.
func moved(x []float64, by float64, from int) []float64 {
	y := slices.Clone(x)
	for i := from; i < len(y); i++ {
		y[i] += by
	}
	return y
}

// firstBadRow is the first row with a value beyond its limit.
func firstBadRow(c *comparison) int {
	if c == nil || len(c.bad) == 0 {
		return 0
	}
	return c.bad[0] / c.e.cols
}

// scoresFaults are the faults of attention scores.
func (r *replayer) scoresFaults(stage string, o scoresOp, c *comparison) []hypothesis {
	var list []hypothesis
	add := func(cause, text string, change func(o *scoresOp)) {
		alt := o
		change(&alt)
		list = append(list, hypothesis{cause, text, "the scores, so changed", "", alt.replay, false})
	}
	size := float64(o.size)
	width := float64(r.config.Width)
	for _, s := range []struct {
		scale float64
		name  string
	}{
		{1, "1"}, {1 / size, "1/head size"}, {1 / math.Sqrt(width), "1/sqrt(width)"}, {1 / math.Sqrt(width/float64(o.heads)), "1/sqrt(width/heads)"},
		{1 / math.Sqrt(float64(o.heads)), "1/sqrt(heads)"}, {o.scale * o.scale * o.scale, "applied three times"}, {1 / math.Sqrt(size*float64(r.ranks)), "1/sqrt(head size * ranks)"},
	} {
		if s.scale != o.scale {
			add("scale", fmt.Sprintf("scores are scaled by %.6g (%s), not by %.6g (1/sqrt(head size))", s.scale, s.name, o.scale), func(o *scoresOp) { o.scale = s.scale })
		}
	}
	if c == nil {
	} else if f := c.leastSquares([][]float64{c.e.x}); f != nil && f[0] != 1 {
		add("scale", fmt.Sprintf("scores are scaled by %.6g, not by %.6g", f[0]*o.scale, o.scale), func(o *scoresOp) { o.scale *= f[0] })
		list[len(list)-1] = list[len(list)-1].fit()
	}
	list = append(list, o.otherHeads("scores", func(a attention) *estimate { alt := o; alt.attention = a; return alt.replay() })...)
	for _, by := range []int{1, -1} {
		list = append(list, hypothesis{"mask", fmt.Sprintf("the causal mask is moved by %+d", by), "the scores with that mask", "", func() *estimate { return o.masking(by, o.window, false) }, false})
	}
	list = append(list, hypothesis{"mask", "nothing is masked", "the scores without a mask", "", func() *estimate { return o.masking(0, 0, true) }, false})
	if o.window > 0 {
		for _, w := range []int{0, o.window + 1, o.window - 1} {
			list = append(list, hypothesis{"window", fmt.Sprintf("the window is %d keys, not %d (0: all)", w, o.window), "the scores with that window", "", func() *estimate { return o.masking(0, w, false) }, false})
		}
	} else if w := visible(c); w > 0 {
		list = append(list, hypothesis{"window", fmt.Sprintf("only %d keys are seen, not all", w), "the scores with that window", "", func() *estimate { return o.masking(0, w, false) }, false})
	}
	layer, _ := split(stage)
	for _, in := range []struct{ q, k, text string }{{"attn.q", "attn.k", "queries and keys are not turned"}, {"attn.q_rope", "attn.k", "keys are not turned"}, {"attn.q", "attn.k_rope", "queries are not turned"}} {
		q, okQ := r.recorded[layer+in.q]
		k, okK := r.recorded[layer+in.k]
		if r.config.RoPE != nil && okQ && okK {
			add("input", in.text, func(o *scoresOp) { o.q, o.k = r.asTensor(q), r.asTensor(k) })
		}
	}
	return list
}

// masking replays scores of other masked places: the diagonal moved, another window, or
// none.
func (o scoresOp) masking(by, window int, none bool) *estimate {
	alt := o
	alt.open = func(query, key int) bool {
		return none || key <= query+by && (window == 0 || key > query-window)
	}
	return alt.replay()
}

// visible is the largest number of keys that a query of the recorded scores sees, or 0
// where some query sees all before it.
func visible(c *comparison) int {
	if c == nil {
		return 0
	}
	most := 0
	n := c.e.cols
	for t := range c.e.rows {
		seen := 0
		for j := range n {
			if c.y[t*n+j] > maskedBelow {
				seen++
			}
		}
		most = max(most, seen)
	}
	if most == n {
		return 0
	}
	return most
}

// otherHeads give queries other heads of keys and values.
func (a attention) otherHeads(what string, replay func(attention) *estimate) []hypothesis {
	if a.kvHeads == a.heads {
		return nil
	}
	alternate := a
	alternate.shared = func(h int) int { return h % a.kvHeads }
	list := []hypothesis{{"kv-heads", fmt.Sprintf("query head h meets key and value head h mod %d, not h div %d", a.kvHeads, a.heads/a.kvHeads), what + " with those heads", "", func() *estimate { return replay(alternate) }, false}}
	for kv := range a.kvHeads {
		one := a
		one.shared = func(int) int { return kv }
		list = append(list, hypothesis{"kv-heads", fmt.Sprintf("every query head meets key and value head %d", kv), what + " with that head", "", func() *estimate { return replay(one) }, false})
	}
	return list
}

// softmaxFaults are the faults of attention weights.
func (r *replayer) softmaxFaults(o softmaxOp, c *comparison) []hypothesis {
	list := []hypothesis{{"softmax", "weights are not divided by their sum", "exponentials of scores less their maximum", "", func() *estimate { return unnormalized(o) }, false}}
	size := math.Sqrt(float64(r.config.HeadSize))
	for _, f := range []float64{size, 1 / size} {
		list = append(list, hypothesis{"scale", fmt.Sprintf("scores are multiplied by %.6g before the softmax", f), "the softmax of them", "", func() *estimate {
			alt := o
			alt.scores.x = scaled(o.scores.x, f)
			return alt.replay()
		}, false})
	}
	n := len(r.trace.IDs)
	list = append(list, hypothesis{"mask", "the weights do not count masked keys that scores hold", "the softmax of the scores up to the query's own", "", func() *estimate {
		alt := o
		alt.scores.x = slices.Clone(o.scores.x)
		for i := range alt.scores.x {
			if i%n > i/n%n {
				alt.scores.x[i] = math.Inf(-1)
			}
		}
		return alt.replay()
	}, false})
	return list
}

func unnormalized(o softmaxOp) *estimate {
	e := o.replay()
	for t := range e.rows {
		highest := math.Inf(-1)
		for _, s := range o.scores.row(t) {
			highest = max(highest, s)
		}
		for j, s := range o.scores.row(t) {
			i := t*e.cols + j
			if e.x[i] == 0 {
				continue
			}
			f := math.Exp(s-highest) / e.x[i]
			e.x[i] *= f
			e.errors.proof[i] *= f
			e.errors.systematic[i] *= f
			e.errors.sigma[i] *= f
			e.shared[0].direction[i] *= f
		}
	}
	return e
}

// contextFaults are the faults of the attention's result.
func (r *replayer) contextFaults(o contextOp) []hypothesis {
	return o.otherHeads("the context", func(a attention) *estimate { alt := o; alt.attention = a; return alt.replay() })
}
