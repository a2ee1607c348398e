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
	if inputs && !c.spread(a.values) {
		return nil
	}
	alt := with(op, a)
	e := alt.replay()
	e = e.reshaped(c.e)
	if l, ok := alt.(linear); ok && inputs {
		l.roundInputs(e, a.u())
	}
	after := compare(c.y, e, c.a)
	if !after.within() || after.spoilt > c.spoilt {
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

// spread tells whether the errors may be roundings to the format, or to a finer one: not if
// too many values are as right as the declared arithmetic makes them, which is to some t, an
// error of its own typical size. That tells a precision from a few wrong values; from a part
// that is wrong, confined does.
//
// Roundings far coarser than t leave errors of a density that is nearly even about 0: of
// those within 16t, a sixteenth is within t, or of normal errors of deviation 8t a tenth.
// A quarter at most is taken for granted, whatever the values' sizes and so the mixture. More
// than that, of independent errors, may happen with the chance failure. Values that the
// format holds to within t tell nothing.
func (c *comparison) spread(f format) bool {
	const wide, share = 16, 0.25
	var near, all float64
	for i, x := range c.e.x {
		systematic, sigma := c.e.scale(i)
		t := systematic + sigma
		if c.e.masked != nil && c.e.masked[i] || !(math.Abs(f.roundedTo(x)-x) > t) {
			continue
		}
		switch d := math.Abs(c.y[i] - x); {
		case d <= t:
			near, all = near+1, all+1
		case d <= wide*t:
			all++
		}
	}
	return atLeast(near, share*all) > failure
}

// atLeast bounds the chance that k or more of independent events happen of which m are
// expected: exp(k - m - k ln(k/m)) for k > m (Chernoff, "A measure of asymptotic
// efficiency", 1952).
func atLeast(k, m float64) float64 {
	if k <= m {
		return 1
	}
	return math.Exp(k - m - k*math.Log(k/m))
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
