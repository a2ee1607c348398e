package pair

import (
	"math"

	"github.com/samebits/samebits/trace"
)

// masked is below every score but above what stands for minus infinity, the lowest
// number of float32 or bfloat16.
const masked = -1e30

// replay returns f(inputs) in float64 for a kind that needs no weights, and by how
// much the arithmetic of the run may be off from it, the inputs being off by what
// they are. It reports false where the inputs do not fit together.
func (r *run) replay(m mapping, in []values, variant int) (values, bool) {
	switch m.kind {
	case sum:
		return r.sum(in[0], in[1])
	case scores:
		return r.scores(in[0], in[1], r.headsOf(m.inputs[0]), r.headsOf(m.inputs[1]))
	case softmax:
		return r.softmax(in[0]), true
	case context:
		return r.context(in[0], in[1], r.headsOf(m.inputs[1]))
	case activation:
		return r.activation(in, variant)
	}
	return values{}, false
}

// value returns a stage, as recorded or, where it is missing, replayed from what is.
func (r *run) value(stage string) (values, bool) {
	if x, ok := r.recorded(stage); ok {
		return x, true
	}
	m, ok := r.resolve(stage)
	if !ok || m.kind == embedding || m.kind == activation {
		return values{}, false
	}
	in, ok := r.inputs(m)
	if !ok {
		return values{}, false
	}
	x, ok := r.replay(m, in, 0)
	if y, recorded := r.other.recorded(stage); ok && m.kind == scores && recorded {
		x.maskAs(y)
	}
	return x, ok
}

func (r *run) inputs(m mapping) ([]values, bool) {
	var in []values
	for _, name := range m.inputs {
		x, ok := r.value(name)
		if !ok {
			return nil, false
		}
		in = append(in, x)
	}
	return in, len(in) > 0
}

// sum is x + y. Three roundings are allowed for: where attention and MLP are parallel,
// some add them in another order.
func (r *run) sum(x, y values) (values, bool) {
	if x.rows != y.rows || x.cols != y.cols {
		return values{}, false
	}
	out := newValues(x.rows, x.cols)
	for i, a := range x.v {
		out.v[i] = a + y.v[i]
		out.off[i] = x.off[i] + y.off[i] + 3*r.u*(math.Abs(a)+math.Abs(y.v[i]))
	}
	return out, true
}

// scores is q*k^T/sqrt(D), masked above the diagonal: gamma(D+3) of the sum of
// magnitudes.
func (r *run) scores(q, k values, heads, kvHeads int) (values, bool) {
	if heads == 0 || kvHeads == 0 || heads%kvHeads != 0 || q.rows != k.rows || q.cols/heads != k.cols/kvHeads {
		return values{}, false
	}
	d := q.cols / heads
	scale, g := 1/math.Sqrt(float64(d)), r.gamma(d+3)
	out := newValues(heads*q.rows, q.rows)
	for h := range heads {
		for i := range q.rows {
			qv, qOff := q.row(i)
			v, off := out.row(h*q.rows + i)
			for j := range q.rows {
				if j > i {
					v[j] = math.Inf(-1)
					continue
				}
				kv, kOff := k.row(j)
				a, b := h*d, h/(heads/kvHeads)*d
				dot, size, inherited := 0.0, 0.0, 0.0
				for e := range d {
					x, y := qv[a+e], kv[b+e]
					dot += x * y
					size += math.Abs(x * y)
					inherited += qOff[a+e]*math.Abs(y) + (math.Abs(x)+qOff[a+e])*kOff[b+e]
				}
				v[j], off[j] = scale*dot, scale*(inherited+g*(size+inherited))
			}
		}
	}
	return out, true
}

// softmax is that of each row. A score off by d multiplies its exponential by e^d at
// most; x - max is rounded, exp is good to 4 ulp, the sum of n positive terms to
// gamma(n), and there are two more roundings.
func (r *run) softmax(x values) values {
	out := newValues(x.rows, x.cols)
	for i := range x.rows {
		s, sOff := x.row(i)
		v, off := out.row(i)
		top, n := math.Inf(-1), 0
		for _, a := range s {
			if a > masked || a != a {
				top, n = math.Max(top, a), n+1
			}
		}
		total := 0.0
		for j, a := range s {
			if a > masked || a != a {
				v[j] = math.Exp(a - top)
				total += v[j]
			}
		}
		mean := 0.0 // of the terms' relative errors
		relative := func(j int) float64 { return math.Expm1(sOff[j] + r.u*(top-s[j]) + 8*r.u) }
		for j := range v {
			if v[j] /= total; v[j] > 0 {
				mean += v[j] * relative(j)
			}
		}
		for j := range v {
			if v[j] > 0 {
				off[j] = v[j] * 1.01 * (relative(j) + mean + r.gamma(n+3))
			}
			off[j] += r.tiny()
		}
	}
	return out
}

// context is probs*v: gamma(T) of the sum of magnitudes.
func (r *run) context(p, v values, kvHeads int) (values, bool) {
	if kvHeads == 0 || v.rows == 0 || p.cols != v.rows || p.rows%p.cols != 0 || p.rows/p.cols%kvHeads != 0 {
		return values{}, false
	}
	heads, d, tokens := p.rows/p.cols, v.cols/kvHeads, v.rows
	out, g := newValues(tokens, heads*d), r.gamma(tokens+2)
	for h := range heads {
		at := h / (heads / kvHeads) * d
		for i := range tokens {
			pv, pOff := p.row(h*tokens + i)
			y, off := out.row(i)
			for e := range d {
				size, inherited := 0.0, 0.0
				for j := range tokens {
					x, xOff := v.v[j*v.cols+at+e], v.off[j*v.cols+at+e]
					y[h*d+e] += pv[j] * x
					size += pv[j] * math.Abs(x)
					inherited += pOff[j]*math.Abs(x) + (pv[j]+pOff[j])*xOff
				}
				off[h*d+e] = inherited + g*(size+inherited)
			}
		}
	}
	return out, true
}

// activations are those that models use; all have slopes below 1.13.
var activations = []struct {
	name string
	f    func(x float64) float64
}{
	{"GELU, tanh form", func(x float64) float64 {
		return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	}},
	{"GELU, erf form", func(x float64) float64 { return x / 2 * math.Erfc(-x/math.Sqrt2) }},
	{"SiLU", func(x float64) float64 { return x / (1 + math.Exp(-x)) }},
	{"ReLU", func(x float64) float64 { return math.Max(x, 0) }},
	{"GELU, sigmoid form", func(x float64) float64 { return x / (1 + math.Exp(-1.702*x)) }},
}

// activation is f(up) or f(gate)*up. A function is x times a number from 0 to 1 that
// is computed to 4 ulp from an argument of a few roundings: 24 roundings of x in all.
func (r *run) activation(in []values, variant int) (values, bool) {
	x, f := in[len(in)-1], activations[variant].f
	up := in[0]
	if up.rows != x.rows || up.cols != x.cols {
		return values{}, false
	}
	out := newValues(x.rows, x.cols)
	for i, a := range x.v {
		out.v[i] = f(a)
		out.off[i] = 1.13*x.off[i] + 24*r.u*math.Abs(a)
		if len(in) == 2 {
			out.off[i] = out.off[i]*(math.Abs(up.v[i])+up.off[i]) + math.Abs(out.v[i])*(up.off[i]+2*r.u*math.Abs(up.v[i]))
			out.v[i] *= up.v[i]
		}
		out.off[i] += r.tiny()
	}
	return out, true
}

// gamma is n*u/(1 - n*u), the bound of n roundings in a row; where the arithmetic is
// too coarse for that, as bf16 would be if it summed, 1.
func (r *run) gamma(n int) float64 {
	if x := float64(n) * r.u; x < 0.5 {
		return x / (1 - x)
	}
	return 1
}

// tiny is what underflow may lose.
func (r *run) tiny() float64 {
	switch r.dtype {
	case trace.F64:
		return 0x1p-1022
	case trace.F16:
		return 0x1p-24
	}
	return 0x1p-126
}
