package diagnose

import "math"

// norm replays a LayerNorm or an RMSNorm of n = cols numbers:
//
//	LayerNorm: y = (x - mean) / sqrt(var + epsilon) * w + b
//	RMSNorm:   y = x / sqrt(mean(x^2) + epsilon) * w
//
// Let v be the unit roundoff of sums, u that of values, r the reciprocal root.
//
// The mean of n terms is wrong by gamma(n+1)*mean|x| at most, which all of a row share
// along the direction -r*w. The mean square, a sum of positive terms, is relatively
// wrong by gamma(n+4): squares, sum, division by n (or a product with 1/n), the
// addition of epsilon. A variance may be computed as mean(x^2) - mean^2 as well as in
// two passes or by Welford's updates; so the relative error of var + epsilon is taken
// as gamma(n+4)*k, with k = (mean(x^2) + mean^2 + epsilon) / (var + epsilon) >= 1. The
// root halves it (to first order; the factor 1/(1-delta) below covers the rest) and
// adds the error of the function. It is shared along y - b. Of its parts, 1/n, epsilon
// rounded to v and the function are the same for all rows, or biased: systematic.
//
// What remains are roundings of each element on its own: (x - mean)*r*w + b, evaluated
// in that order or as x*r + (-mean*r): 4 roundings of up to (|x| + |mean|)*r*|w|, to v
// where the norm works in sums, then at most 3 of values: after normalizing, after the
// product with w, and at the end.
type norm struct {
	x       tensor
	w, bias []float64 // bias: nil for none
	center  bool      // LayerNorm: the mean is subtracted
	epsilon float64
	a       arithmetic

	variant normVariant
}

// normVariant is how a norm may be wrong, for hints.
type normVariant struct {
	outside  bool    // epsilon is added to the root
	divisor  float64 // of the sum of squares, where it is not n
	segments int     // each of so many parts has statistics of its own; 0 means 1
}

// moments are the statistics of a row, and the errors of the mean (absolute) and of
// the square (relative).
type moments struct {
	mean, square, root           float64 // square: what is under the root, with epsilon
	meanSigma, meanProof         float64
	factorProof, factorSigma     float64
	factorSystematic, meanOfAbs  float64
	inheritedMean, inheritedRoot [3]float64 // proof, systematic, sigma
}

func (n norm) replay() *estimate {
	e := newEstimate(n.x.rows, n.x.cols)
	parts := max(n.variant.segments, 1)
	shift := common{make([]float64, len(e.x)), make([]float64, e.rows), make([]float64, e.rows)}
	factor := common{make([]float64, len(e.x)), make([]float64, e.rows), make([]float64, e.rows)}
	for t := range e.rows {
		for p := range parts {
			lo, hi := e.cols*p/parts, e.cols*(p+1)/parts
			m := n.moments(t, lo, hi)
			for j := lo; j < hi; j++ {
				n.element(e, t, j, m, shift.direction, factor.direction)
			}
			shift.sigma[t] = max(shift.sigma[t], m.meanSigma)
			factor.sigma[t] = max(factor.sigma[t], m.factorSigma)
			factor.systematic[t] = max(factor.systematic[t], m.factorSystematic)
		}
	}
	e.shared = []common{factor}
	if n.center {
		e.shared = append(e.shared, shift)
	}
	return e
}

// moments computes the statistics of a part of a row.
func (n norm) moments(t, lo, hi int) moments {
	x, v := n.x.row(t)[lo:hi], n.a.v()
	size := float64(len(x))
	ones := make([]float64, len(x))
	for i := range ones {
		ones[i] = 1
	}
	var m moments
	total, magnitude := n.a.dot(x, ones, 0)
	m.meanOfAbs = magnitude / size
	raw, _ := n.a.dot(x, x, 0)
	raw /= size
	d := x
	if n.center {
		m.mean = total / size
		d = make([]float64, len(x))
		for i := range x {
			d[i] = x[i] - m.mean
		}
		m.meanProof = gamma(len(x)+1, v) * m.meanOfAbs
		m.meanSigma = math.Sqrt(size+1) * v * m.meanOfAbs
	}
	square, _ := n.a.dot(d, d, 0)
	divisor := size
	if n.variant.divisor != 0 {
		divisor = n.variant.divisor
	}
	square /= divisor
	m.square = square + n.epsilon
	m.root = math.Sqrt(m.square)
	if n.variant.outside {
		m.root = math.Sqrt(square) + n.epsilon
	}
	k := 1.0
	if n.center {
		k = (raw + m.mean*m.mean + n.epsilon) / m.square
	}
	relative := gamma(len(x)+4, v) * k
	if m.meanProof > 0 {
		relative += m.meanProof * m.meanProof / m.square
	}
	m.factorSystematic = n.a.function() + 2*v
	m.factorProof = relative/2/(1-min(relative, 0.5)) + m.factorSystematic
	m.factorSigma = math.Sqrt(size+4) * v * k / 2
	n.inherited(&m, t, lo, hi, d)
	return m
}

// inherited adds what the inputs do to the mean and the root.
func (n norm) inherited(m *moments, t, lo, hi int, d []float64) {
	if n.x.errors == nil {
		return
	}
	size := float64(hi - lo)
	for k := range hi - lo {
		p, f, s := n.x.at(t*n.x.cols + lo + k)
		for q, err := range [3]float64{p, f, s} {
			if q == 2 && n.x.errors.independent {
				m.inheritedMean[q] = math.Hypot(m.inheritedMean[q], err/size)
				m.inheritedRoot[q] = math.Hypot(m.inheritedRoot[q], math.Abs(d[k])*err/size/m.square)
				continue
			}
			m.inheritedMean[q] += err / size
			m.inheritedRoot[q] += (math.Abs(d[k])*err + err*err/2) / size / m.square
		}
	}
	if !n.center {
		m.inheritedMean = [3]float64{}
	}
}

// element computes y of token t and column j, and the directions of the shared errors.
func (n norm) element(e *estimate, t, j int, m moments, shift, factor []float64) {
	i := t*e.cols + j
	x, w, b := n.x.x[i], n.w[j], 0.0
	if n.bias != nil {
		b = n.bias[j]
	}
	r := 1 / m.root
	scaled := (x - m.mean) * r * w
	e.x[i] = scaled + b
	shift[i], factor[i] = -r*w, scaled
	e.errors.proof[i] += math.Abs(r*w)*m.meanProof + math.Abs(scaled)*m.factorProof
	spread := (math.Abs(x) + math.Abs(m.mean)) * r * math.Abs(w)
	e.rounding(i, spread, n.a.v(), 4)
	e.rounding(i, math.Abs(e.x[i]), n.a.v(), 1)
	e.errors.proof[i] += 4 * n.a.sums.smallest
	if n.a.isNarrow() {
		e.rounding(i, math.Abs(scaled), n.a.u(), 2)
		e.rounding(i, math.Abs(e.x[i]), n.a.u(), 1)
		e.errors.proof[i] += 3 * n.a.values.smallest
		e.errors.systematic[i] += n.a.values.smallest
	} else {
		own := 4 * f64.unit * spread
		e.errors.proof[i] += own
		e.errors.systematic[i] += own
	}
	if n.x.errors != nil {
		p, f, s := n.x.at(i)
		g := math.Abs(r * w)
		e.inherit(i, g*(p+m.inheritedMean[0])+math.Abs(scaled)*m.inheritedRoot[0]*(1+m.inheritedRoot[0]),
			g*(f+m.inheritedMean[1])+math.Abs(scaled)*m.inheritedRoot[1], g*(s+m.inheritedMean[2])+math.Abs(scaled)*m.inheritedRoot[2])
	}
}

// epsilonDirection is what the outputs change by, to first order, where epsilon grows
// by 1: -(y - b) / (2 (var + epsilon)).
func (n norm) epsilonDirection(e *estimate) []float64 {
	d := make([]float64, len(e.x))
	for t := range e.rows {
		m := n.moments(t, 0, e.cols)
		for j := range e.cols {
			i := t*e.cols + j
			d[i] = -e.shared[0].direction[i] / (2 * m.square)
		}
	}
	return d
}
