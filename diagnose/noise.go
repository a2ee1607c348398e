package diagnose

import "math"

// noise reports the lower precision, if any, whose roundings the errors look like: its
// bounds hold them, no direction sticks out, and they are spread over the stage. It
// returns the comparison with the stage of that precision, or nil.
func (r *replayer) noise(op operation, c *comparison) (*comparison, format) {
	for _, f := range lower(r.a.values) {
		sums := f32
		if f.digits == f32.digits {
			sums = f
		}
		if after := c.noise(op, arithmetic{f, sums}, true); after != nil {
			if _, product := op.(linear); product && f.name == f16.name {
				f = tf32
			}
			return after, f
		}
	}
	return nil, format{}
}

// lower lists the formats below, from the finest on. tf32 has the unit roundoff of
// f16, and its range is that of the products for which it is used.
func lower(f format) []format {
	switch f.name {
	case "f64":
		return []format{f32, f16, bf16}
	case "f32":
		return []format{f16, bf16}
	}
	return nil
}

// noise compares with the stage in that arithmetic, and returns nil unless the errors
// look like its roundings; inputs: of inputs of products, too, and spread over the
// stage. (That sums are accumulated in a narrow format needs no such sign: most stages
// must show it, see settle.)
func (c *comparison) noise(op operation, a arithmetic, inputs bool) *comparison {
	alt := with(op, a)
	e := alt.replay()
	e = e.reshaped(c.e)
	if l, ok := alt.(linear); ok && inputs {
		l.roundInputs(e, a.u())
	}
	after := compare(c.y, e, c.a)
	if !after.within() || after.spoilt > c.spoilt || inputs && !after.spread() {
		return nil
	}
	if !e.mixed {
		for _, t := range after.systematic(alt) {
			if t.Failed {
				return nil
			}
		}
	}
	return after
}

// spread tells whether the errors, in units of their scale, are those of many values:
// (sum z^2)^2 / sum z^4, n divided by their kurtosis, is n/3 for normal errors and 1 for a
// single one. Roundings of values of different sizes are a mixture, and have more than
// normal errors: up to a kurtosis of 10 is taken for a precision. That tells it from a
// few wrong values; from a part that is wrong, confined does.
func (c *comparison) spread() bool {
	var second, fourth, n float64
	for i, d := range c.residuals() {
		_, sigma := c.e.scale(i)
		if sigma == 0 || c.e.masked != nil && c.e.masked[i] {
			continue
		}
		z := d / sigma
		second, fourth, n = second+z*z, fourth+z*z*z*z, n+1
	}
	return fourth > 0 && second*second/fourth >= n/10
}

// roundInputs adds the error of inputs and weights rounded to u each.
func (l linear) roundInputs(e *estimate, u float64) {
	for i := range e.x {
		x, w := l.x.row(i/e.cols), l.w.Row(i%e.cols)
		_, magnitude := l.a.dot(x, w, 0)
		e.errors.proof[i] += gamma(2, u) * magnitude
		e.errors.sigma[i] = math.Hypot(e.errors.sigma[i], math.Sqrt2*u*norm2(x, w))
	}
}

// beyondAll tells whether no lower precision can explain the stage, without a replay: a
// value is off by more than all of its roundings do. In a format of unit roundoff u and
// smallest number s, products of inputs and weights that are rounded, or truncated, to
// it are each off by less than 4.1u of their size, or 2s; rounding the sum, or the
// shares of so many ranks and their sums, adds 2u of the sum of sizes at most for each.
// That sum is the proof's bound divided by gamma(n+2), or less.
func (l linear) beyondAll(ranks int, c *comparison, lower []format) bool {
	if len(lower) == 0 || l.a.isNarrow() {
		return false
	}
	n, widest, tiny := l.x.cols, 0.0, 0.0
	for _, f := range lower {
		widest, tiny = max(widest, f.unit), max(tiny, f.smallest)
	}
	size := 1.0
	for _, v := range l.x.x {
		size = max(size, math.Abs(v))
	}
	for _, v := range l.w.Data {
		size = max(size, math.Abs(v))
	}
	factor := (6 + 4*float64(ranks)) * widest / gamma(n+2, l.a.v())
	for i, d := range c.residuals() {
		if math.Abs(d) > factor*c.e.errors.proof[i]+4*float64(n+ranks)*tiny*size {
			return true
		}
	}
	return false
}
