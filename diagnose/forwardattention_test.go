package diagnose

import (
	"math"
	"slices"
)

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
