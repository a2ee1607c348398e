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

func (o scoresOp) replay() *estimate  { return o.scores(o.q, o.k) }
func (o softmaxOp) replay() *estimate { return softmax(o.scores, o.a, o.bridged) }
func (o contextOp) replay() *estimate { return o.context(o.probs, o.v) }
func (o actOp) replay() *estimate     { return act(o.fn, o.x, o.up, o.a) }
func (o addOp) replay() *estimate     { return add(o.a, o.terms...) }

// replayer knows a trace and the model that is said to have made it.
type replayer struct {
	trace      *trace.Trace
	checkpoint *model.Checkpoint
	config     model.Config
	a          arithmetic
	ranks      int
	parts      int  // into which kernels split sums
	stored     bool // weights are used as they are stored, not rounded to values first
	recorded   map[string]trace.Stage
	bridged    map[string]tensor // replayed, where the trace lacks the stage
	unmasked   bool              // scores were recorded before they were masked
	padding    int               // logits beyond the vocabulary
	notes      []Note
}

func newReplayer(t *trace.Trace, c *model.Checkpoint) *replayer {
	r := &replayer{
		trace: t, checkpoint: c, config: c.Config, a: declared(t.DType), ranks: max(t.TP, 1), parts: 1,
		recorded: map[string]trace.Stage{}, bridged: map[string]tensor{}, notes: []Note{},
	}
	for _, s := range t.Stages {
		if s.Name == "logits" && s.Shape[1] > c.Config.Vocabulary {
			r.padding = s.Shape[1] - c.Config.Vocabulary
			s = crop(s, c.Config.Vocabulary)
		}
		r.recorded[s.Name] = s
	}
	if t.DType == "" {
		f := guess(t)
		r.a = declared(f)
		r.note("the trace does not say in which arithmetic it was computed: its values are taken for %s", f)
	}
	if r.unmasked = r.beforeMask(); r.unmasked {
		r.note("scores were recorded before they were masked")
	}
	var missing []string
	for _, s := range model.StageNames(c.Config) {
		if _, ok := r.recorded[s]; !ok {
			missing = append(missing, s)
		}
	}
	if len(missing) > 0 {
		r.note("%d stages are not recorded (%s%s): the stages after them are judged together with them", len(missing), strings.Join(missing[:min(4, len(missing))], ", "), map[bool]string{true: ", ..."}[len(missing) > 4])
	}
	return r
}

// crop returns the first columns of a stage.
func crop(s trace.Stage, columns int) trace.Stage {
	out := trace.Stage{Name: s.Name, Shape: []int{s.Shape[0], columns}}
	for t := range s.Shape[0] {
		out.Values = append(out.Values, s.Values[t*s.Shape[1]:t*s.Shape[1]+columns]...)
	}
	return out
}

func (r *replayer) note(format string, args ...any) {
	r.notes = append(r.notes, Note(fmt.Sprintf(format, args...)))
}

// guess returns the narrowest format that holds all values of a trace.
func guess(t *trace.Trace) string {
	for _, f := range []format{bf16, f16, f32} {
		holds := true
		for _, s := range t.Stages {
			holds = holds && !slices.ContainsFunc(s.Values, func(v float64) bool { return f.roundedTo(v) != v && v == v })
		}
		if holds {
			return f.name
		}
	}
	return f64.name
}

// beforeMask tells whether scores hold what the mask hides, and probs count none of it.
func (r *replayer) beforeMask() bool {
	n, found := len(r.trace.IDs), false
	for layer := range r.config.Layers {
		prefix := fmt.Sprintf("layers.%d.attn.", layer)
		scores, ok := r.recorded[prefix+"scores"]
		probs, ok2 := r.recorded[prefix+"probs"]
		if !ok {
			continue
		}
		if !ok2 {
			return false
		}
		g := r.attention(layer)
		for i, v := range scores.Values {
			if !g.sees(i/n%n, i%n) {
				if v <= maskedBelow || probs.Values[i] != 0 {
					return false
				}
				found = true
			}
		}
	}
	return found
}

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
	x := r.residual(layer)
	turned := func(of string) string {
		switch {
		case r.config.RoPE != nil:
			return layer + "attn." + of + "_rope"
		case r.config.QKNorm:
			return layer + "attn." + of + "_norm"
		}
		return layer + "attn." + of
	}
	switch name {
	case "embed":
		return nil
	case "attn_norm":
		return []string{x}
	case "attn.q", "attn.k", "attn.v":
		return []string{layer + "attn_norm"}
	case "attn.q_norm", "attn.k_norm":
		return []string{strings.TrimSuffix(stage, "_norm")}
	case "attn.q_rope", "attn.k_rope":
		of := strings.TrimSuffix(stage, "_rope")
		if r.config.QKNorm {
			of += "_norm"
		}
		return []string{of}
	case "attn.scores":
		return []string{turned("q"), turned("k")}
	case "attn.probs":
		return []string{layer + "attn.scores"}
	case "attn.context":
		return []string{layer + "attn.probs", layer + "attn.v"}
	case "attn.out":
		return []string{layer + "attn.context"}
	case "attn_residual":
		return []string{x, layer + "attn.out"}
	case "mlp_norm":
		if r.config.Parallel {
			return []string{x}
		}
		return []string{layer + "attn_residual"}
	case "mlp.gate", "mlp.up":
		return []string{layer + "mlp_norm"}
	case "mlp.act":
		if r.config.Gated {
			return []string{layer + "mlp.gate", layer + "mlp.up"}
		}
		return []string{layer + "mlp.up"}
	case "mlp.down":
		return []string{layer + "mlp.act"}
	case "output":
		return []string{layer + "attn_residual", layer + "mlp.down"}
	case "final_norm":
		return []string{fmt.Sprintf("layers.%d.output", r.config.Layers-1)}
	case "logits":
		return []string{"final_norm"}
	}
	return nil
}

// residual is the stage that enters a layer.
func (r *replayer) residual(layer string) string {
	var i int
	if _, err := fmt.Sscanf(layer, "layers.%d.", &i); err != nil || i == 0 {
		return "embed"
	}
	return fmt.Sprintf("layers.%d.output", i-1)
}

// input returns what the trace recorded of a stage, or else what the stage must have
// been, replayed.
func (r *replayer) input(stage string) (tensor, error) {
	if s, ok := r.recorded[stage]; ok {
		return r.asTensor(s), nil
	}
	if t, ok := r.bridged[stage]; ok {
		return t, nil
	}
	op, err := r.operation(stage)
	if err != nil {
		return tensor{}, err
	}
	t := op.replay().asInput()
	t.rows = r.rows(stage)
	t.cols = len(t.x) / t.rows
	r.bridged[stage] = t
	return t, nil
}

// asTensor views a recorded stage as rows of a token, or of a head and a token.
func (r *replayer) asTensor(s trace.Stage) tensor {
	rows, values := r.rows(s.Name), s.Values
	if _, name := split(s.Name); name == "attn.scores" && r.unmasked {
		values = slices.Clone(values)
		g := r.attention(r.layer(s.Name))
		n := len(r.trace.IDs)
		for i := range values {
			if !g.sees(i/n%n, i%n) {
				values[i] = math.Inf(-1)
			}
		}
	}
	return tensor{rows: rows, cols: len(values) / rows, x: values}
}

// rows is the number of rows of a stage: one a token, or one a head and a token.
func (r *replayer) rows(stage string) int {
	if _, name := split(stage); name == "attn.scores" || name == "attn.probs" {
		return r.config.Heads * len(r.trace.IDs)
	}
	return len(r.trace.IDs)
}

// uncertain marks an input of the residual stream, which a run may keep in float32
// although the trace has it rounded to a narrow format.
func (r *replayer) uncertain(t tensor) tensor {
	if !r.a.isNarrow() || t.errors != nil {
		return t
	}
	t.errors = newErrors(len(t.x))
	t.errors.independent = true
	for i, x := range t.x {
		t.errors.proof[i] = r.a.u() * math.Abs(x)
		t.errors.sigma[i] = t.errors.proof[i]
	}
	return t
}

// from returns the recorded stages that a stage is replayed from, and those between.
func (r *replayer) from(stage string) (recorded, bridged []string) {
	for _, in := range r.inputs(stage) {
		if _, ok := r.recorded[in]; ok {
			recorded = append(recorded, in)
			continue
		}
		bridged = append(bridged, in)
		above, between := r.from(in)
		recorded, bridged = append(recorded, above...), append(bridged, between...)
	}
	unique := func(list []string) []string {
		var out []string
		for _, s := range list {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
		return out
	}
	return unique(recorded), unique(bridged)
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
