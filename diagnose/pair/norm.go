package pair

import "math"

// affine is a norm as the rows of one run determine it: y = z*weight + bias, z being
// the row less its mean, unless it is an RMSNorm, divided by the root of its mean
// square.
type affine struct {
	centred bool
	epsilon float64
	weight  []float64
	bias    []float64
	misfit  float64 // the largest residual, relative to the largest value
}

// fitNorm determines a norm by least squares, column by column. Which norm it is, and
// with which epsilon, is what leaves the smallest residual. Where there are too few
// rows to tell, or none fits to a hundredth, it reports false.
func fitNorm(x, y values) (affine, bool) {
	if x.rows != y.rows || x.cols != y.cols || x.rows < 4 {
		return affine{}, false
	}
	best := affine{misfit: math.Inf(1)}
	for _, centred := range []bool{false, true} {
		for _, epsilon := range []float64{1e-5, 1e-6, 1e-8, 1e-12} {
			if a := fitAffine(x, y, affine{centred: centred, epsilon: epsilon}); a.misfit < best.misfit {
				best = a
			}
		}
	}
	return best, best.misfit < 0.01
}

func fitAffine(x, y values, a affine) affine {
	z := a.normalized(x, 0)
	a.weight, a.bias = make([]float64, x.cols), make([]float64, x.cols)
	worst, largest := 0.0, 0.0
	n := float64(x.rows)
	for j := range x.cols {
		var sz, sy, szz, szy float64
		for i := range x.rows {
			p, q := z.v[i*x.cols+j], y.v[i*x.cols+j]
			sz, sy, szz, szy = sz+p, sy+q, szz+p*p, szy+p*q
		}
		if a.centred {
			if d := szz - sz*sz/n; d > 0 {
				a.weight[j] = (szy - sz*sy/n) / d
			}
			a.bias[j] = (sy - a.weight[j]*sz) / n
		} else if szz > 0 {
			a.weight[j] = szy / szz
		}
		for i := range x.rows {
			q := y.v[i*x.cols+j]
			worst = math.Max(worst, math.Abs(q-a.weight[j]*z.v[i*x.cols+j]-a.bias[j]))
			largest = math.Max(largest, math.Abs(q))
		}
	}
	a.misfit = worst / largest
	if a.misfit != a.misfit {
		a.misfit = math.Inf(1)
	}
	return a
}

// normalized returns z, and how far the arithmetic of unit roundoff u may be off: the
// mean to gamma(n) of the mean magnitude m, which the difference inherits; the mean
// square, of positive terms, to gamma(n+2) and to twice that share of s; its root to
// half of that; the quotient to one rounding more (4 ulp for a reciprocal root).
func (a affine) normalized(x values, u float64) values {
	out := newValues(x.rows, x.cols)
	n := float64(x.cols)
	for i := range x.rows {
		v, vOff := x.row(i)
		z, off := out.row(i)
		mean, size, inherited := 0.0, 0.0, 0.0
		for j, e := range v {
			mean += e / n
			size += math.Abs(e) / n
			inherited += vOff[j] * vOff[j] / n
		}
		if !a.centred {
			mean, size = 0, 0
		}
		square := 0.0
		for j, e := range v {
			z[j] = e - mean
			square += z[j] * z[j] / n
		}
		s := math.Sqrt(square + a.epsilon)
		common := (n+2)*u*size + math.Sqrt(inherited) // of every difference
		for j := range z {
			z[j] /= s
			off[j] = (vOff[j]+common)/s + math.Abs(z[j])*((n/2+8)*u+common/s)
		}
	}
	return out
}

// apply returns the norm of x in a run.
func (a affine) apply(x values, u float64) values {
	out := a.normalized(x, u)
	for i := range out.rows {
		v, off := out.row(i)
		for j := range v {
			w := math.Abs(a.weight[j])
			off[j] = off[j]*w + 3*u*(w*math.Abs(v[j])+math.Abs(a.bias[j]))
			v[j] = v[j]*a.weight[j] + a.bias[j]
		}
	}
	return out
}
