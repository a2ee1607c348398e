package diagnose

import (
	"math"
)

// comparison is a recorded stage beside its replay.
type comparison struct {
	y []float64 // recorded
	e *estimate
	a arithmetic

	threads int // goroutines of what is derived from it

	lambda float64 // of a single value
	worst  int     // the index that uses most of its limit, -1 where there is none
	share  float64 // that share: above 1, rounding does not explain the value
	proof  float64 // the share of the proof's bound that the value uses that uses most of it
	error  float64 // the largest absolute error
	bad    []int   // the indices beyond their limits
	exact  bool    // each value is the replayed one, rounded
	spoilt int     // values that have no replay, as an input is NaN or infinite
	how    string  // what is wrong with a value that is not finite
}

func compare(y []float64, e *estimate, a arithmetic) *comparison {
	c := &comparison{y: y, e: e, a: a, lambda: spread(len(y)), worst: -1, exact: true}
	for i := range y {
		c.one(i)
	}
	return c
}

// one compares element i.
func (c *comparison) one(i int) {
	y, x := c.y[i], c.e.x[i]
	switch {
	case c.e.masked != nil && c.e.masked[i]:
		if !(y <= maskedBelow) {
			c.beyond(i, math.Inf(1), math.Inf(1), "a key that the query must not see is not masked")
		}
		return
	case math.IsNaN(x) || math.IsInf(x, 0):
		c.spoilt++
		return
	case math.IsNaN(y):
		c.beyond(i, math.Inf(1), math.Inf(1), "NaN from finite inputs")
		return
	case math.IsInf(y, 0):
		how := "an infinity from finite inputs"
		if math.Abs(x)*(1+2*c.a.u()) >= c.a.values.largest {
			how = "overflow of " + c.a.values.name
		}
		c.beyond(i, math.Inf(1), math.Inf(1), how)
		return
	}
	d := math.Abs(y - x)
	c.error = max(c.error, d)
	if d == 0 {
		return
	}
	if c.exact && y != c.a.values.roundedTo(x) {
		c.exact = false
	}
	proof := d / c.e.errors.proof[i]
	c.proof = max(c.proof, proof)
	c.beyond(i, d/c.e.limit(i, c.lambda), proof, "")
}

// beyond notes the shares of an element.
func (c *comparison) beyond(i int, share, proof float64, how string) {
	if math.IsNaN(share) {
		share = 0
	}
	if share > c.share || c.worst < 0 {
		c.share, c.worst = share, i
	}
	c.proof = max(c.proof, proof)
	if share > 1 {
		c.bad = append(c.bad, i)
		c.exact = false
	}
	if how != "" && c.how == "" {
		c.how = how
	}
}

// within: rounding explains every value on its own.
func (c *comparison) within() bool { return len(c.bad) == 0 }

// residuals returns y - x, 0 where either is not finite.
func (c *comparison) residuals() []float64 {
	r := make([]float64, len(c.y))
	for i, y := range c.y {
		if d := y - c.e.x[i]; !math.IsNaN(d) && !math.IsInf(d, 0) {
			r[i] = d
		}
	}
	return r
}

// shareOf is the share of its limit that a value uses.
func (c *comparison) shareOf(i int) float64 {
	y, x := c.y[i], c.e.x[i]
	if c.e.masked != nil && c.e.masked[i] {
		if y <= maskedBelow {
			return 0
		}
		return math.Inf(1)
	}
	d := math.Abs(y - x)
	switch {
	case d == 0 || math.IsNaN(x) || math.IsInf(x, 0):
		return 0
	case math.IsNaN(d) || math.IsInf(d, 0):
		return math.Inf(1)
	}
	return d / c.e.limit(i, c.lambda)
}
