package diagnose

import (
	"math"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/parallel"
)

// linear replays y = x*W^T + b. In any order of summation, the bias added first or
// last, with FMA or without, over ranks or not, each product and sum of n = inputs
// terms and a bias meets at most n + 2 roundings (Higham, 2002, section 3.1), so that
//
//	|error| <= gamma(n+2) * (|x|*|W|^T + |b|)
//
// with the unit roundoff v of sums. Were the roundings independent, of mean zero, the
// error would be subgaussian of scale sqrt(n+2) * v * (|x|*|W|^T + |b|) (Higham and
// Mary, 2019, theorem 3.1). Where values are kept in less than sums, the result is
// rounded to u: of the product, after the bias, and for each rank in between once more.
type linear struct {
	x     tensor
	w     gemm.Matrix[float64] // [outputs, inputs]
	bias  []float64            // or nil
	ranks int                  // over which the inputs are divided
	a     arithmetic

	threads int // goroutines
}

func (l linear) replay() *estimate {
	e := newEstimate(l.x.rows, l.w.Rows)
	parallel.For(l.threads, l.w.Rows, func(j int) { l.column(e, j) })
	return e
}

// column computes one output of all tokens.
func (l linear) column(e *estimate, j int) {
	w, b := l.w.Row(j), 0.0
	if l.bias != nil {
		b = l.bias[j]
	}
	for t := range l.x.rows {
		i := t*e.cols + j
		y, magnitude := l.a.dot(l.x.row(t), w, b)
		e.x[i] = y
		l.a.sum(e, i, len(w)+2, magnitude)
		l.store(e, i, t, w, magnitude)
		if l.x.errors != nil {
			l.inherit(e, i, t, w)
		}
	}
}

// store adds the roundings to values of a narrow format. Each rank's share of the
// sum may be rounded, and the sums of shares.
func (l linear) store(e *estimate, i, t int, w []float64, magnitude float64) {
	if !l.a.isNarrow() {
		return
	}
	u, y := l.a.u(), math.Abs(e.x[i])
	e.rounding(i, y, u, 2)
	if l.bias != nil {
		e.rounding(i, math.Abs(e.x[i]-l.bias[i%e.cols]), u, 1)
	}
	tiny := l.a.values.smallest
	e.errors.proof[i] += 2 * tiny
	e.errors.systematic[i] += tiny
	if p := l.ranks; p > 1 {
		e.errors.proof[i] += gamma(p, u) * magnitude
		x, sum, square := l.x.row(t), 0.0, 0.0
		for r := range p {
			lo, hi := parallel.Cut(len(w), p, r)
			part := 0.0
			for k := lo; k < hi; k++ {
				part += x[k] * w[k]
			}
			sum += part
			square += part*part + sum*sum
		}
		e.errors.sigma[i] = math.Sqrt(e.errors.sigma[i]*e.errors.sigma[i] + u*u*square)
	}
}

// inherit adds what the inputs may be wrong by.
func (l linear) inherit(e *estimate, i, t int, w []float64) {
	var proof, systematic, sigma float64
	for k, v := range w {
		p, f, s := l.x.at(t*l.x.cols + k)
		v = math.Abs(v)
		proof, systematic, sigma = proof+v*p, systematic+v*f, sigma+v*s
	}
	e.inherit(i, proof, systematic, sigma)
}

// sum adds the error of a sum of terms of that magnitude that meets n roundings, and
// that of the replay itself. Of narrow formats there are processors that truncate when
// they accumulate, in blocks of 4 terms and more (Fasi, Higham, Mikaitis and Pranesh,
// 2021, "Numerical behavior of NVIDIA tensor cores", section 4): up to 2v each, and not
// of mean zero. The systematic part is taken as n/4 truncations of partial sums of the
// size of the sum, or of a random walk.
func (a arithmetic) sum(e *estimate, i, n int, magnitude float64) {
	size, worst := float64(n), a.v()
	if a.isNarrow() && a.sums.digits == f32.digits {
		worst *= 2
		e.errors.systematic[i] += size / 4 * worst * (math.Abs(e.x[i]) + magnitude/math.Sqrt(size))
	}
	e.errors.proof[i] += gamma(n, worst)*magnitude + size*a.sums.smallest
	e.errors.sigma[i] = math.Hypot(e.errors.sigma[i], math.Sqrt(size)*a.v()*magnitude)
	own := a.own(n, e.x[i], magnitude)
	e.errors.proof[i] += own
	e.errors.systematic[i] += own
}

// own bounds the error of dot: of a plain float64 sum, or of Dot2.
func (a arithmetic) own(n int, y, magnitude float64) float64 {
	if a.sums.digits < f64.digits {
		return gamma(n, f64.unit) * magnitude
	}
	g := gamma(n, f64.unit)
	return 2*f64.unit*math.Abs(y) + g*g*magnitude
}

// dot returns x.y + b, and the sum of the magnitudes of its terms: in float64, or for
// float64 traces as if in twice its precision (Ogita, Rump and Oishi, 2005, "Accurate
// sum and dot product", algorithm 5.3, Dot2: error u|x.y| + gamma(n)^2 |x|.|y|).
func (a arithmetic) dot(x, y []float64, b float64) (sum, magnitude float64) {
	if a.sums.digits == f64.digits {
		return dot2(x, y, b)
	}
	var s0, s1, m0, m1 float64
	y = y[:len(x)]
	k := 0
	for ; k+1 < len(x); k += 2 {
		p, q := x[k]*y[k], x[k+1]*y[k+1]
		s0 += p
		s1 += q
		m0 += math.Abs(p)
		m1 += math.Abs(q)
	}
	if k < len(x) {
		p := x[k] * y[k]
		s0 += p
		m0 += math.Abs(p)
	}
	return s0 + s1 + b, m0 + m1 + math.Abs(b)
}

func dot2(x, y []float64, b float64) (sum, magnitude float64) {
	high, low := b, 0.0
	magnitude = math.Abs(b)
	for k, v := range x {
		p := v * y[k]
		e := math.FMA(v, y[k], -p)
		h := high + p
		t := h - high
		low += (high - (h - t)) + (p - t) + e
		high = h
		magnitude += math.Abs(p)
	}
	if math.IsNaN(low) || math.IsInf(low, 0) {
		return high, magnitude
	}
	return high + low, magnitude
}
