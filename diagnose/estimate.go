package diagnose

import "math"

// tensor is the input of a replay, rows of a token each: recorded, and then exact, or
// replayed where the trace lacks it, and then with the errors that the run may have
// made up to there.
type tensor struct {
	rows, cols int
	x          []float64
	errors     *errors // nil: exact
}

// errors bound, element by element, what a value may be wrong by: proof in the worst
// case; else by systematic, whatever it is, and a random error of the scale sigma
// (subgaussian: it exceeds lambda*sigma with a probability of 2*exp(-lambda^2/2) at
// most). Random errors of a tensor may depend on each other, unless independent.
type errors struct {
	proof, systematic, sigma []float64
	independent              bool
}

func newErrors(n int) *errors {
	return &errors{proof: make([]float64, n), systematic: make([]float64, n), sigma: make([]float64, n)}
}

func (t tensor) row(i int) []float64 { return t.x[i*t.cols : (i+1)*t.cols] }

// at returns the errors of element i.
func (t tensor) at(i int) (proof, systematic, sigma float64) {
	if t.errors == nil {
		return 0, 0, 0
	}
	return t.errors.proof[i], t.errors.systematic[i], t.errors.sigma[i]
}

// common is an error that all values of a row share, along a direction: the row's
// factor in a norm, the shift by its mean, the denominator of a softmax.
type common struct {
	direction         []float64 // of each element
	systematic, sigma []float64 // of each row, in units of the direction
}

// estimate is a replayed stage: the true values, given the inputs, and the errors that
// the declared arithmetic may make. Those in errors are of each element on its own,
// except proof, which is of all.
type estimate struct {
	tensor
	shared []common
	masked []bool // scores: where -inf is due
	mixed  bool   // errors of inputs are in it: elements are not independent
}

func newEstimate(rows, cols int) *estimate {
	return &estimate{tensor: tensor{rows, cols, make([]float64, rows*cols), newErrors(rows * cols)}}
}

// scale returns systematic error and sigma of an element, what its row shares included.
func (e *estimate) scale(i int) (systematic, sigma float64) {
	systematic, sigma = e.errors.systematic[i], e.errors.sigma[i]
	if len(e.shared) == 0 {
		return systematic, sigma
	}
	square := sigma * sigma
	for _, c := range e.shared {
		r, d := i/e.cols, math.Abs(c.direction[i])
		systematic += d * c.systematic[r]
		square += (d * c.sigma[r]) * (d * c.sigma[r])
	}
	return systematic, math.Sqrt(square)
}

// limit is what statistics allow to an element: never more than proof does.
func (e *estimate) limit(i int, lambda float64) float64 {
	systematic, sigma := e.scale(i)
	return min(e.errors.proof[i], systematic+lambda*sigma)
}

// asInput returns the estimate as an input of the next stage, the trace lacking this
// one.
func (e *estimate) asInput() tensor {
	t := tensor{e.rows, e.cols, e.x, newErrors(len(e.x))}
	for i := range e.x {
		t.errors.proof[i] = e.errors.proof[i]
		t.errors.systematic[i], t.errors.sigma[i] = e.scale(i)
	}
	return t
}

// rounding adds n roundings to u of a value of that magnitude.
func (e *estimate) rounding(i int, magnitude, u float64, n float64) {
	r := u * magnitude
	e.errors.proof[i] += n * r * (1 + n*u)
	e.errors.sigma[i] = math.Sqrt(e.errors.sigma[i]*e.errors.sigma[i] + n*r*r)
}

// inherit adds an error of an input: absolute, linear.
func (e *estimate) inherit(i int, proof, systematic, sigma float64) {
	e.errors.proof[i] += proof
	e.errors.systematic[i] += systematic
	e.errors.sigma[i] += sigma
}

// reshaped returns the estimate with the rows of another, of as many values.
func (e *estimate) reshaped(like *estimate) *estimate {
	e.mixed = like.mixed
	if e.cols == like.cols {
		return e
	}
	flat := newEstimate(like.rows, like.cols)
	for i := range flat.x {
		flat.copyFrom(i, e, i)
	}
	flat.mixed = true
	return flat
}
