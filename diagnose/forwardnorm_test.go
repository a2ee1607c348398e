package diagnose

import (
	"math"
	"slices"
	"strings"
)

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
