package diagnose

import (
	"math"

	"github.com/samebits/samebits/elementary"
)

// attention is the geometry of a layer's attention.
type attention struct {
	heads, kvHeads, size int
	window               int // 0: all keys
	scale                float64
	shared               func(head int) int // the head of keys and values that it meets
	a                    arithmetic

	open func(query, key int) bool // another mask, for hints; nil: the model's
}

// sees tells whether a query may look at a key.
func (g attention) sees(query, key int) bool {
	if g.open != nil {
		return g.open(query, key)
	}
	return key <= query && (g.window == 0 || key > query-g.window)
}

// scores replays scale * q.k, [heads*tokens, tokens]. A dot product of size terms, as
// in linear; the scale, which may be applied to q and k before, or to the product, adds
// roundings to values and is itself rounded: systematic, u, and 2v for
// the function.
func (g attention) scores(q, k tensor) *estimate {
	n := q.rows
	e := newEstimate(g.heads*n, n)
	e.masked = make([]bool, len(e.x))
	u := g.a.u()
	for h := range g.heads {
		kv := g.shared(h)
		for t := range n {
			a := q.row(t)[h*g.size : (h+1)*g.size]
			for s := range n {
				i := (h*n+t)*n + s
				if !g.sees(t, s) {
					e.masked[i], e.x[i] = true, math.Inf(-1)
					continue
				}
				b := k.row(s)[kv*g.size : (kv+1)*g.size]
				y, magnitude := g.a.dot(a, b, 0)
				e.x[i] = y * g.scale
				magnitude *= math.Abs(g.scale)
				g.a.sum(e, i, g.size+2, magnitude)
				e.errors.systematic[i] += (u + 2*g.a.v()) * math.Abs(e.x[i])
				e.errors.proof[i] += 2*u*math.Abs(e.x[i]) + 2*gamma(2, u)*magnitude
				e.rounding(i, math.Abs(e.x[i]), u, 2)
				e.errors.sigma[i] = math.Hypot(e.errors.sigma[i], u*2*g.scale*norm2(a, b))
				e.errors.systematic[i] += g.a.values.smallest
				e.errors.proof[i] += 3 * g.a.values.smallest
				if q.errors != nil || k.errors != nil {
					g.inheritScores(e, i, q, k, t*q.cols+h*g.size, s*k.cols+kv*g.size)
				}
			}
		}
	}
	return e
}

// norm2 is the root of the sum of squares of the products.
func norm2(a, b []float64) float64 {
	sum := 0.0
	for i, x := range a {
		sum += x * x * b[i] * b[i]
	}
	return math.Sqrt(sum)
}

func (g attention) inheritScores(e *estimate, i int, q, k tensor, at, bt int) {
	var total [3]float64
	for d := range g.size {
		a, b := math.Abs(q.x[at+d]), math.Abs(k.x[bt+d])
		qp, qf, qs := q.at(at + d)
		kp, kf, ks := k.at(bt + d)
		total[0] += a*kp + b*qp + qp*kp
		total[1] += a*kf + b*qf
		total[2] += a*ks + b*qs
	}
	s := math.Abs(g.scale)
	e.inherit(i, s*total[0], s*total[1], s*total[2])
}

// softmax replays the softmax of each row. Scores of -inf, and those of -10,000 and
// below by which some programs mask, count for nothing.
//
// A weight exp(s - max) has the error of a function, and an exponent that is wrong by
// up to v*(|s| + |max| + |s-max|), whether s - max is formed first or exponents go to
// base 2. The denominator, a sum of positive terms, is wrong by gamma(n), which all of
// a row share, and by the errors of its weights: the largest of them, at most. A
// division, or a product with the reciprocal, adds 2 roundings. Where scores are not
// recorded the softmax may have been computed block by block of 16 keys or more, each
// block rescaling what was before by a weight: blocks times the error of a weight more.
func softmax(scores tensor, a arithmetic, bridged bool) *estimate {
	e := newEstimate(scores.rows, scores.cols)
	row := common{make([]float64, len(e.x)), make([]float64, e.rows), make([]float64, e.rows)}
	for t := range e.rows {
		d := newDenominator(e, scores, t)
		v, blocks := a.v(), 0.0
		if bridged {
			blocks = float64((d.keys + 15) / 16)
		}
		far := math.Abs(d.highest) + math.Abs(d.lowest) + d.highest - d.lowest
		weight := v*far + a.function()
		row.systematic[t] = a.function() + blocks*a.function() + 2*v
		row.sigma[t] = v * math.Sqrt(float64(d.keys)+far*far*(1+blocks))
		proof := gamma(d.keys+2, v) + weight*(1+2*blocks) + 2*v
		for j, x := range scores.row(t) {
			if !(x <= maskedBelow) {
				i := t*e.cols + j
				e.x[i] /= d.sum
				row.direction[i] = e.x[i]
				d.probability(e, scores, i, a, proof)
			}
		}
	}
	e.shared = []common{row}
	return e
}

// denominator is what a row of a softmax has in common.
type denominator struct {
	highest, lowest, sum float64    // sum of exp(score - highest)
	keys                 int        // not masked
	inherited            [3]float64 // the largest errors of a score: proof, systematic, sigma
}

// newDenominator sets row t of e to the exponentials and sums them, by Kahan's
// algorithm: float64 traces want it.
func newDenominator(e *estimate, scores tensor, t int) denominator {
	d := denominator{highest: math.Inf(-1), lowest: math.Inf(1)}
	for _, x := range scores.row(t) {
		if !(x <= maskedBelow) { // a NaN spoils its row
			d.highest, d.lowest, d.keys = max(d.highest, x), min(d.lowest, x), d.keys+1
		}
	}
	carry := 0.0
	for j, x := range scores.row(t) {
		if x <= maskedBelow {
			continue
		}
		i := t*e.cols + j
		e.x[i] = elementary.Exp(x - d.highest)
		y := e.x[i] - carry
		z := d.sum + y
		carry, d.sum = (z-d.sum)-y, z
		p, f, s := scores.at(i)
		d.inherited = [3]float64{max(d.inherited[0], p), max(d.inherited[1], f), max(d.inherited[2], s)}
	}
	return d
}

// probability adds the errors of one weight, the row's proof being given.
func (d denominator) probability(e *estimate, scores tensor, i int, a arithmetic, row float64) {
	p, v := e.x[i], a.v()
	near := v * (math.Abs(scores.x[i]) + math.Abs(d.highest) + d.highest - scores.x[i])
	e.errors.systematic[i] = p * a.function()
	e.errors.sigma[i] = p * near
	e.errors.proof[i] = p * (near + a.function() + row) * (1 + row)
	e.rounding(i, p, v, 2)
	if a.isNarrow() {
		e.rounding(i, p, a.u(), 2)
		e.errors.systematic[i] += a.values.smallest
	}
	own := 4 * f64.unit * p
	e.errors.systematic[i] += own
	e.errors.proof[i] += own + 2*a.values.smallest
	if scores.errors != nil {
		proof, systematic, sigma := scores.at(i)
		grow := func(by float64) float64 { return p * min(math.Expm1(by), 1/p) }
		e.inherit(i, grow(proof+d.inherited[0]), grow(systematic+d.inherited[1]), grow(sigma+d.inherited[2]))
	}
}

// maskedBelow is the score from which a key counts as masked.
const maskedBelow = -1e4

// context replays probs * v, [tokens, heads*size]: a dot product over keys, as in
// linear. Where probs are bridged, they may be rounded to values before the product and
// divided by their sum after it: an inherited error.
func (g attention) context(probs, v tensor) *estimate {
	n := v.rows
	e := newEstimate(n, g.heads*g.size)
	column := make([]float64, n)
	for h := range g.heads {
		kv := g.shared(h)
		for d := range g.size {
			for s := range n {
				column[s] = v.x[s*v.cols+kv*g.size+d]
			}
			for t := range n {
				i := t*e.cols + h*g.size + d
				keys := n
				for keys > t+1 && probs.x[(h*n+t)*n+keys-1] == 0 {
					keys--
				}
				y, magnitude := g.a.dot(probs.row(h*n + t)[:keys], column[:keys], 0)
				e.x[i] = y
				g.a.sum(e, i, n+2, magnitude)
				if g.a.isNarrow() {
					e.rounding(i, math.Abs(y), g.a.u(), 2)
					e.errors.systematic[i] += g.a.values.smallest
					e.errors.proof[i] += 2 * g.a.values.smallest
				}
				if probs.errors != nil || v.errors != nil {
					g.inheritContext(e, i, probs, v, (h*n+t)*n, kv*g.size+d)
				}
			}
		}
	}
	return e
}

func (g attention) inheritContext(e *estimate, i int, probs, v tensor, at, column int) {
	var total [3]float64
	for s := range v.rows {
		a, b := math.Abs(probs.x[at+s]), math.Abs(v.x[s*v.cols+column])
		pp, pf, ps := probs.at(at + s)
		vp, vf, vs := v.at(s*v.cols + column)
		total[0] += a*vp + b*pp + pp*vp
		total[1] += a*vf + b*pf
		total[2] += a*vs + b*ps
	}
	e.inherit(i, total[0], total[1], total[2])
}
