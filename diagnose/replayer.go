package diagnose

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/trace"
)

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
	searched   searched
	notes      []Note
	threads    int // goroutines
}

func newReplayer(t *trace.Trace, c *model.Checkpoint) *replayer {
	r := &replayer{
		trace: t, checkpoint: c, config: c.Config, a: declared(t.DType), ranks: max(t.TP, 1), parts: 1,
		recorded: map[string]trace.Stage{}, bridged: map[string]tensor{}, searched: searched{}, notes: []Note{},
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
