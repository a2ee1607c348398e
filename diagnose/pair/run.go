package pair

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/trace"
)

// values is what is known of a stage in one run, rows of cols numbers, and by how
// much each may be off: recorded numbers by nothing.
type values struct {
	rows, cols int
	v, off     []float64
}

func (x values) row(i int) (v, off []float64) {
	return x.v[i*x.cols : (i+1)*x.cols], x.off[i*x.cols : (i+1)*x.cols]
}

func newValues(rows, cols int) values {
	return values{rows, cols, make([]float64, rows*cols), make([]float64, rows*cols)}
}

// run is one trace, with what its stages are replayed by.
type run struct {
	id     int // its number among those compared
	file   string
	trace  *trace.Trace
	stages map[string]trace.Stage
	dtype  string
	u      float64 // unit roundoff of the arithmetic, and of the replay
	tokens int
	layers int
	other  *run // that it is compared with
}

// roundoffs gives the unit roundoff of each arithmetic.
var roundoffs = map[string]float64{trace.F64: 0x1p-53, trace.F32: 0x1p-24, trace.F16: 0x1p-11, trace.BF16: 0x1p-8}

// replayed is the unit roundoff of the replay, whose errors obey the same bounds.
const replayed = 0x1p-53

// newRun checks a trace. Where it declares no arithmetic, that is taken to be the
// narrowest format that holds all its values.
func newRun(r Run) (*run, error) {
	t := &run{file: r.File, trace: r.Trace, stages: map[string]trace.Stage{}, dtype: r.Trace.DType}
	if t.dtype == "" {
		t.dtype = narrowest(r.Trace)
	}
	var ok bool
	if t.u, ok = roundoffs[t.dtype]; !ok {
		return nil, fmt.Errorf("%s: dtype %q: want f32, f64, bf16 or f16", r.File, t.dtype)
	}
	for _, s := range r.Trace.Stages {
		if strings.HasSuffix(s.Name, ".attn.scores") {
			s = t.withMask(s)
		}
		t.stages[s.Name] = s
		if i, ok := layerOf(s.Name); ok {
			t.layers = max(t.layers, i+1)
		}
	}
	t.u += replayed
	return t, t.countTokens()
}

// withMask returns scores with minus infinity for whatever stands for it: numbers near
// the lowest of the format, and -10^4 or less where a key comes after its query.
func (r *run) withMask(s trace.Stage) trace.Stage {
	lowest := masked
	if r.dtype == trace.F16 {
		lowest = -65504 / 2
	}
	s.Values = slices.Clone(s.Values)
	n := len(s.Shape)
	for k, x := range s.Values {
		later := n > 1 && k%s.Shape[n-1] > k/s.Shape[n-1]%s.Shape[n-2]
		if x <= lowest || later && x <= -9000 {
			s.Values[k] = math.Inf(-1)
		}
	}
	return s
}

// narrowest returns the narrowest format that holds every value, bf16 before f16.
func narrowest(t *trace.Trace) string {
	holds := map[string]bool{trace.BF16: true, trace.F16: true, trace.F32: true}
	for _, s := range t.Stages {
		for _, x := range s.Values {
			if x != x || math.IsInf(x, 0) {
				continue
			}
			holds[trace.F32] = holds[trace.F32] && float64(float32(x)) == x
			holds[trace.BF16] = holds[trace.BF16] && fits(x, 8, -133)
			holds[trace.F16] = holds[trace.F16] && fits(x, 11, -24) && math.Abs(x) <= 65504
		}
	}
	for _, d := range []string{trace.BF16, trace.F16, trace.F32} {
		if holds[d] {
			return d
		}
	}
	return trace.F64
}

// fits reports whether x is an integer of at most that many bits times a power of two
// of at least 2^least.
func fits(x float64, bits, least int) bool {
	_, exp := math.Frexp(x)
	unit := math.Ldexp(1, max(exp-bits, least))
	return math.Trunc(x/unit)*unit == x
}

// countTokens sets the number of tokens from the ids or the stages, which must agree.
func (r *run) countTokens() error {
	from := "ids"
	r.tokens = len(r.trace.IDs)
	for _, s := range r.trace.Stages {
		n, ok := tokensOf(s)
		switch {
		case !ok:
		case r.tokens == 0:
			r.tokens, from = n, fmt.Sprintf("stage %q", s.Name)
		case n != r.tokens:
			return fmt.Errorf("%s: stage %q has shape %v, of %s; %s says %d", r.file, s.Name, s.Shape, plural.Of(n, "token"), from, r.tokens)
		}
	}
	return nil
}

// tokensOf returns the tokens that a stage is about, if its name is known.
func tokensOf(s trace.Stage) (int, bool) {
	if _, known := mapOf(s.Name, 1); !known || len(s.Shape) < 2 {
		return 0, false
	}
	if strings.HasSuffix(s.Name, ".attn.scores") || strings.HasSuffix(s.Name, ".attn.probs") {
		return s.Shape[len(s.Shape)-2], true
	}
	return s.Shape[0], true
}

// recorded returns a stage as rows: of a token, or of a head and token.
func (r *run) recorded(name string) (values, bool) {
	s, ok := r.stages[name]
	if !ok || len(s.Values) == 0 || len(s.Shape) == 0 {
		return values{}, false
	}
	rows := s.Shape[0]
	if n := len(s.Shape); strings.HasSuffix(name, ".attn.scores") || strings.HasSuffix(name, ".attn.probs") {
		rows = len(s.Values) / s.Shape[n-1]
	}
	return values{rows, len(s.Values) / rows, s.Values, make([]float64, len(s.Values))}, true
}

// headsOf returns the heads of a stage [tokens, heads, head size].
func (r *run) headsOf(name string) int {
	if s, ok := r.stages[name]; ok && len(s.Shape) == 3 {
		return s.Shape[1]
	}
	return 0
}
