package diagnose

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/samebits/samebits/model"
	"github.com/samebits/samebits/trace"
)

// defect is a fault, or a loss of precision, of one stage.
type defect struct {
	name, where string
	layer       int
	strength    float64
}

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
	return (layer == "" || layer == fmt.Sprintf("layers.%d.", r.defect.layer)) && (r.defect.where == "" || r.defect.where == of)
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
	return r.defect.name == name && layer == fmt.Sprintf("layers.%d.", r.defect.layer)
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

func (r *run) norm(stage string, x []float64, n int) []float64 {
	p := r.part(stage)
	values, sums := r.values, r.sums
	if r.is("bf16-norm", stage) {
		r.values = toBF16
		defer func() { r.values, r.sums = values, sums }()
	}
	w, b := p.w[0], p.bias
	_, name := split(stage)
	if r.is("norm-weight-dropped", stage) {
		w = make([]float64, n)
		for i := range w {
			w[i] = 1
		}
	}
	eps := r.eps
	switch {
	case r.is("eps-other", stage):
		eps = map[float64]float64{1e-5: 1e-6, 1e-6: 1e-5}[r.eps]
	case r.is("eps-zero", stage):
		eps = 0
	case r.is2("qk-norm-missing", stage) && strings.HasSuffix(name, "q_norm"):
		return slices.Clone(x)
	case r.is2("qk-norm-local", stage) && strings.HasSuffix(name, "q_norm"):
		per := r.heads / r.tp
		var wide []float64
		for range per {
			wide = append(wide, w...)
		}
		w, n = wide, n*per
	}
	segments := 1
	if r.is("rms-local", stage) {
		segments = r.tp
	}
	y := make([]float64, len(x))
	for at := 0; at < len(x); at += n {
		for s := range segments {
			lo, hi := n*s/segments, n*(s+1)/segments
			var bias []float64
			if b != nil {
				bias = b[lo:hi]
			}
			copy(y[at+lo:], r.normRow(stage, x[at+lo:at+hi], w[lo:hi], bias, eps, r.layerNorm && n == r.width))
		}
	}
	return y
}

func (r *run) normRow(stage string, x, w, b []float64, eps float64, center bool) []float64 {
	n := len(x)
	mean := 0.0
	if center {
		mean = r.mean(x)
	}
	d := make([]float64, n)
	squares := make([]float64, n)
	for i, v := range x {
		d[i] = r.sums(v - mean)
		squares[i] = r.sums(d[i] * d[i])
		if r.onePass {
			squares[i] = r.sums(v * v)
		}
	}
	total := r.mean(squares)
	if r.onePass && center {
		total = r.sums(total - r.sums(mean*mean))
	}
	switch {
	case r.is("variance-unbiased", stage):
		total = r.sums(r.sum(slices.Clone(squares)) / float64(n-1))
	case r.is("rms-not-divided", stage):
		total = r.sum(squares)
	}
	root := r.f(1 / math.Sqrt(r.sums(total+r.sums(eps))))
	if r.is("eps-outside", stage) {
		root = r.f(1 / (math.Sqrt(total) + eps))
	}
	y := make([]float64, n)
	for i := range y {
		v := r.sums(d[i] * root)
		if !center { // RMSNorm rounds before the weight
			v = r.r(v)
		}
		v = r.sums(v * w[i])
		if b != nil {
			v = r.sums(v + b[i])
		}
		y[i] = r.r(v)
	}
	return y
}

// columnWeights returns the weights of a column-parallel layer, as a faulty sharding
// would have them.
func (r *run) columnWeights(stage string) weights {
	layer, name := split(stage)
	p := r.part(stage)
	qkv := strings.HasPrefix(name, "attn.")
	switch {
	case r.is2("qkv-contiguous", stage) && qkv:
		return r.contiguous(stage, r.fusedQKV(layer), []string{"attn.q", "attn.k", "attn.v"})
	case r.is2("gate-up-chunked", stage) && strings.HasPrefix(name, "mlp."):
		return r.contiguous(stage, r.fusedGate(layer), []string{"mlp.gate", "mlp.up"})
	case r.is2("qkv-layout", stage) && qkv:
		return r.otherLayout(stage, r.fusedQKV(layer))
	case r.is2("gate-up-swapped", stage) && name == "mlp.gate":
		return r.part(layer + "mlp.up")
	case r.is2("gate-up-swapped", stage) && name == "mlp.up":
		return r.part(layer + "mlp.gate")
	case r.is2("kv-swapped", stage) && name == "attn.k":
		return r.part(layer + "attn.v")
	case r.is2("kv-swapped", stage) && name == "attn.v":
		return r.part(layer + "attn.k")
	case r.is("bias-dropped", stage):
		p.bias = nil
	case r.is("shard-missing", stage):
		for j := len(p.w) / r.tp; j < 2*len(p.w)/r.tp; j++ {
			p.w[j] = make([]float64, len(p.w[j]))
		}
	case name == "logits" && r.is("head-untied", stage):
		return r.part("untied")
	case name == "logits" && r.is("head-tied", stage):
		return r.part("tokens")
	case name == "logits" && r.is("vocabulary-padded", stage):
		for len(p.w)%64 != 0 {
			p.w = append(p.w, r.rounded(r.parts["untied"].w[len(p.w)-r.vocabulary]))
		}
	}
	return p
}

// pick returns rows of the fused matrix.
func (r *run) pick(rows []fusedRow, at []int) weights {
	var p weights
	for _, i := range at {
		from := r.part(rows[i].stage)
		p.w = append(p.w, from.w[rows[i].row])
		if from.bias != nil {
			p.bias = append(p.bias, from.bias[rows[i].row])
		}
	}
	return p
}

// contiguous gives each rank a contiguous block of the fused matrix, which the rank
// divides as if it were the parts' shares.
func (r *run) contiguous(stage string, rows []fusedRow, parts []string) weights {
	_, name := split(stage)
	block := len(rows) / r.tp
	var at []int
	for rank := range r.tp {
		from := rank * block
		for _, s := range parts {
			n := r.inner / r.tp
			switch s {
			case "attn.q":
				n = r.heads * r.size / r.tp
			case "attn.k", "attn.v":
				n = r.kv * r.size / r.tp
			}
			for j := range n {
				if s == name {
					at = append(at, from+j)
				}
			}
			from += n
		}
	}
	return r.pick(rows, at)
}

// otherLayout reads a blocked matrix head by head, or the other way round.
func (r *run) otherLayout(stage string, rows []fusedRow) weights {
	_, name := split(stage)
	s := slices.Index([]string{"attn.q", "attn.k", "attn.v"}, name)
	var at []int
	for h := range r.heads {
		for d := range r.size {
			i := (3*h+s)*r.size + d
			if r.name == "gpt_neox" {
				i = s*r.heads*r.size + h*r.size + d
			}
			at = append(at, i)
		}
	}
	return r.pick(rows, at)
}

// product returns x*w^T as one rank computes it; low is a loss of precision.
func (r *run) product(stage string, x []float64, w [][]float64, n int) []float64 {
	in, out := asIs, asIs
	switch {
	case r.is("tf32", stage):
		in = toTF32
	case r.is("bf16-product", stage):
		in, out = toBF16, toBF16
	case r.is("f16-product", stage):
		in, out = toF16, toF16
	}
	lower := func(x []float64) []float64 {
		if r.defect.name == "" || !strings.HasSuffix(r.defect.name, "product") && r.defect.name != "tf32" {
			return x
		}
		y := make([]float64, len(x))
		for i, v := range x {
			y[i] = in(v)
		}
		return y
	}
	var rows [][]float64
	for _, row := range w {
		rows = append(rows, lower(row))
	}
	y := make([]float64, 0, len(x)/n*len(w))
	for at := 0; at < len(x); at += n {
		row := lower(x[at : at+n])
		for _, v := range rows {
			y = append(y, r.r(out(r.dot(row, v))))
		}
	}
	return y
}

func (r *run) column(stage string, x []float64, n int) []float64 {
	p := r.columnWeights(stage)
	y := r.product(stage, x, p.w, n)
	if p.bias != nil {
		for i := range y {
			y[i] = r.r(y[i] + p.bias[i%len(p.w)])
		}
	}
	_, name := split(stage)
	if name == "attn.q" && r.is("heads-permuted", stage) {
		y = r.permuteHeads(y)
	}
	return y
}

func (r *run) permuteHeads(y []float64) []float64 {
	out := slices.Clone(y)
	width := r.heads * r.size
	for at := 0; at < len(y); at += width {
		for h := range r.heads {
			from := (h*2 + 1) % r.heads
			if r.heads%2 == 0 {
				from = (h + 1) % r.heads
			}
			copy(out[at+h*r.size:at+(h+1)*r.size], y[at+from*r.size:])
		}
	}
	return out
}

// row is a row-parallel layer: each rank has some of the inputs, in units.
func (r *run) row(stage string, x []float64, n, unit int) []float64 {
	p := r.part(stage)
	if r.is("conv1d-transposed", stage) && len(p.w) == n {
		p.w = transpose(p.w)
	}
	tokens := len(x) / n
	var total []float64
	for rank := range r.tp {
		lo, hi := n/unit*rank/r.tp*unit, n/unit*(rank+1)/r.tp*unit
		var xs []float64
		for t := range tokens {
			xs = append(xs, x[t*n+lo:t*n+hi]...)
		}
		var ws [][]float64
		for _, row := range p.w {
			ws = append(ws, row[lo:hi])
		}
		if hi == lo {
			continue
		}
		part := r.product(stage, xs, ws, hi-lo)
		switch {
		case r.is("bf16-allreduce", stage):
			for i := range part {
				part[i] = toBF16(part[i])
			}
		case r.is("f16-allreduce", stage):
			for i := range part {
				part[i] = toF16(part[i])
			}
		case (r.is("rank-missing", stage) || r.is("shard-missing", stage)) && rank == min(1, r.tp-1),
			(r.is("allreduce-missing", stage) || r.is("allreduce-copy", stage)) && rank > 0:
			continue
		}
		if total == nil {
			total = part
			continue
		}
		for i := range total {
			total[i] = r.r(total[i] + part[i])
			if r.is("bf16-allreduce", stage) {
				total[i] = toBF16(total[i])
			}
		}
	}
	if r.is("allreduce-twice", stage) {
		once := slices.Clone(total)
		for range r.tp - 1 {
			for i := range total {
				total[i] = r.r(total[i] + once[i])
			}
		}
	}
	times := 1
	switch {
	case r.is("bias-every-rank", stage):
		times = r.tp
	case r.is("bias-dropped", stage), r.is("allreduce-copy", stage):
		times = 0
	}
	for range times {
		for i := range total {
			if p.bias != nil {
				total[i] = r.r(total[i] + p.bias[i%len(p.w)])
			}
		}
	}
	return total
}

func (r *run) rope(stage string, x []float64) []float64 {
	heads := len(x) / len(r.ids) / r.size
	turning, theta := r.turning, r.theta
	if r.is2("rope-theta", stage) {
		theta = 10000
	}
	if r.is2("rope-partial", stage) {
		turning = r.size
	}
	y := slices.Clone(x)
	for t := range r.ids {
		for i := range turning / 2 {
			f := r.frequency(stage, theta, i, turning)
			angle := float64(r.position(t, stage)) * f
			if r.angles32 && r.digits == 24 {
				angle = toFloat32(angle)
			}
			c, s := r.r(r.f(math.Cos(angle))), r.r(r.f(math.Sin(angle)))
			a, b := i, turning/2+i
			if r.is2("rope-interleaved", stage) {
				a, b = 2*i, 2*i+1
			}
			for h := range heads {
				at := (t*heads + h) * r.size
				p, q := x[at+a], x[at+b]
				y[at+a] = r.r(r.r(p*c) - r.r(q*s))
				y[at+b] = r.r(r.r(q*c) + r.r(p*s))
			}
		}
	}
	return y
}

// frequency is that of pair i, by the formulas of the papers.
func (r *run) frequency(stage string, theta float64, i, turning int) float64 {
	round := asIs
	if r.angles32 && r.digits == 24 {
		round = toFloat32
	}
	f := round(1 / round(math.Pow(theta, round(2*float64(i)/float64(turning)))))
	if !r.scaled || r.is2("rope-scaling", stage) {
		return f
	}
	turns := 16 * f / (2 * math.Pi)
	switch {
	case turns < 1:
		return round(f / 8)
	case turns > 4:
		return f
	}
	s := (turns - 1) / 3
	return round((1-s)*f/8 + s*f)
}

// sees tells whether a query may look at a key.
func (r *run) sees(stage string, t, s int) bool {
	last := t
	if r.is2("mask-ahead", stage) {
		last++
	}
	window := r.window
	if r.is2("window-ignored", stage) {
		window = 0
	}
	return s <= last && (window == 0 || s > t-window)
}

func (r *run) scores(stage string, q, k []float64) []float64 {
	n := len(r.ids)
	y := make([]float64, r.heads*n*n)
	size := float64(r.size)
	switch {
	case r.is2("scale-width", stage):
		size = float64(r.width)
	case r.is2("scale-missing", stage):
		size = 1
	case r.is2("head-dim-ignored", stage):
		size = float64(r.width / r.heads)
	}
	scale := r.sums(1 / math.Sqrt(size))
	for h := range r.heads {
		kv := h / (r.heads / r.kv)
		if r.is("kv-heads", stage) {
			kv = h % r.kv
		}
		for t := range n {
			for s := range n {
				i := (h*n+t)*n + s
				if !r.sees(stage, t, s) {
					y[i] = r.masked
					continue
				}
				a := q[(t*r.heads+h)*r.size:][:r.size]
				b := k[(s*r.kv+kv)*r.size:][:r.size]
				y[i] = r.r(r.r(r.dot(a, b)) * scale)
			}
		}
	}
	return y
}

func (r *run) probs(stage string, scores []float64) []float64 {
	n := len(r.ids)
	values := r.values
	if r.is2("bf16-softmax", stage) {
		r.values = toBF16
		defer func() { r.values = values }()
	}
	y := make([]float64, len(scores))
	for at := 0; at < len(scores); at += n {
		row := scores[at : at+n]
		highest := slices.Max(row)
		var terms []float64
		for j, s := range row {
			e := r.f(math.Exp(r.sums(s - highest)))
			if r.is2("bf16-softmax", stage) {
				e = toBF16(e)
			}
			y[at+j] = e
			terms = append(terms, e)
		}
		sum := r.sum(terms)
		for j := range row {
			y[at+j] = r.r(r.sums(y[at+j] / sum))
		}
	}
	return y
}

func (r *run) context(stage string, probs, scores, v []float64) []float64 {
	n := len(r.ids)
	y := make([]float64, n*r.heads*r.size)
	for h := range r.heads {
		kv := h / (r.heads / r.kv)
		for t := range n {
			for d := range r.size {
				var column []float64
				for s := range n {
					column = append(column, v[(s*r.kv+kv)*r.size+d])
				}
				row := (h*n + t) * n
				out := (t*r.heads+h)*r.size + d
				switch {
				case r.online:
					y[out] = r.onlineSoftmax(scores[row:row+n], column)
				case r.fused:
					y[out] = r.unnormalized(scores[row:row+n], column)
				default:
					y[out] = r.r(r.dot(probs[row:row+n], column))
				}
			}
		}
	}
	if r.is("heads-permuted", stage) {
		y = r.permuteHeads(y)
	}
	return y
}

// unnormalized rounds exponentials to values, as fused kernels do, and divides last.
func (r *run) unnormalized(scores, v []float64) float64 {
	highest := slices.Max(scores)
	var w, rounded []float64
	for _, s := range scores {
		e := r.f(math.Exp(r.sums(s - highest)))
		w, rounded = append(w, e), append(rounded, r.r(e))
	}
	return r.r(r.sums(r.dot(rounded, v) / r.sum(w)))
}

// onlineSoftmax goes through the keys in blocks of 16 and rescales (Milakov and
// Gimelshein, 2018).
func (r *run) onlineSoftmax(scores, v []float64) float64 {
	highest, sum, total := math.Inf(-1), 0.0, 0.0
	for at := 0; at < len(scores); at += 16 {
		end := min(at+16, len(scores))
		top := max(highest, slices.Max(scores[at:end]))
		if math.IsInf(top, -1) {
			continue
		}
		old := 0.0
		if !math.IsInf(highest, -1) {
			old = r.f(math.Exp(r.sums(highest - top)))
		}
		var w []float64
		for _, s := range scores[at:end] {
			w = append(w, r.f(math.Exp(r.sums(s-top))))
		}
		sum = r.sums(r.sums(sum*old) + r.sum(w))
		total = r.sums(r.sums(total*old) + r.dot(w, v[at:end]))
		highest = top
	}
	return r.r(r.sums(total / sum))
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

// corrupt damages the values of a stage.
func (r *run) corrupt(stage string, y []float64) {
	cols := len(y) / len(r.ids)
	rng := rand.New(rand.NewPCG(r.seed, 3))
	garble := func(inside func(row, col int) bool) {
		for i := range y {
			noise := rng.NormFloat64()
			if inside(i/cols, i%cols) {
				y[i] = r.r(y[i] * (1 + r.defect.strength*noise))
			}
		}
	}
	switch {
	case r.is("head-garbled", stage):
		garble(func(_, col int) bool { return col/r.size == r.heads-2 })
	case r.is("rank-garbled", stage):
		garble(func(_, col int) bool { return col >= cols/r.tp && col < 2*cols/r.tp })
	case r.is("row-garbled", stage):
		garble(func(row, _ int) bool { return row == len(r.ids)/2 })
	case r.is("element", stage), r.is("nan", stage), r.is("infinity", stage):
		i := r.element(stage, y, rng)
		switch r.defect.name {
		case "nan":
			y[i] = math.NaN()
		case "infinity":
			y[i] = math.Inf(1)
		default:
			y[i] = r.r(y[i] * (1 + r.defect.strength))
		}
	case r.is("bf16-stored", stage):
		for i, v := range y {
			y[i] = toBF16(v)
		}
	}
}

// element chooses a value that is not small for its stage.
func (r *run) element(stage string, y []float64, rng *rand.Rand) int {
	var sizes []float64
	for _, v := range y {
		if !math.IsInf(v, 0) {
			sizes = append(sizes, math.Abs(v))
		}
	}
	slices.Sort(sizes)
	middle := sizes[len(sizes)/2]
	for {
		i := rng.IntN(len(y))
		if v := math.Abs(y[i]); v >= middle && v > 0 && !math.IsInf(v, 0) {
			return i
		}
	}
}
