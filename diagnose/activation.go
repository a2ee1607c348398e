package diagnose

import (
	"math"

	"github.com/samebits/samebits/elementary"
)

// function is an activation: its value, and how wrong a faithful evaluation in the
// arithmetic may be, systematically and by how many roundings of what size.
//
//	GELU tanh: y = x/2 (1 + t), t = tanh(z), z = c (x + 0.044715 x^3)
//	  z has 6 roundings, of which two are of constants; tanh' = 1 - t^2;
//	  tanh has the error of a function; 1 + t and two products round.
//	GELU erf:  y = x/2 (1 + erf(z)), z = x/sqrt(2)
//	  z has 2 roundings, one of a constant; erf' <= 2/sqrt(pi) exp(-z^2).
//	SiLU: y = x * sigmoid(x), where sigmoid is 1/(1 + exp(-x)) or (1 + tanh(x/2))/2, in
//	  which the error of tanh is absolute: function/2 * |t|.
//	ReLU: exact.
//
// Operations round to values, as they are separate in many programs; functions are
// evaluated to the precision of sums and rounded.
type function struct {
	name  string
	value func(x float64) float64
	// errors returns what is systematic, in the units of function() and of u, and the
	// size of roundings to u: their sum (proof) and the root of the sum of their squares.
	errors func(x, f, u float64) (systematic, sum, square float64)
	slope  float64 // the largest
}

// geluConstant is sqrt(2/pi).
var geluConstant = math.Sqrt(2 / math.Pi)

var (
	geluTanh = function{"gelu_new", elementary.GELUTanh[float64], geluTanhErrors, 1.13}
	gelu     = function{"gelu", elementary.GELU[float64], geluErrors, 1.13}
	silu     = function{"silu", elementary.SiLU[float64], siluErrors, 1.1}
	relu     = function{"relu", func(x float64) float64 { return max(x, 0) }, func(x, f, u float64) (float64, float64, float64) { return 0, 0, 0 }, 1}
)

// activations are those of package model, by their Hugging Face names.
var activations = map[string]function{
	"gelu": gelu, "gelu_python": gelu, "gelu_new": geluTanh, "gelu_fast": geluTanh, "gelu_pytorch_tanh": geluTanh,
	"silu": silu, "swish": silu, "relu": relu,
}

func geluTanhErrors(x, f, u float64) (systematic, sum, square float64) {
	z := geluConstant * (x + 0.044715*x*x*x)
	t := elementary.Tanh(z)
	half := math.Abs(x) / 2
	inner := half * (1 - t*t) * math.Abs(z)
	y := math.Abs(elementary.GELUTanh(x))
	systematic = half*math.Abs(t)*f + 2*u*inner
	sum = 6*u*inner + u*half*math.Abs(t) + 3*u*y
	square = u * math.Sqrt(6*inner*inner+half*half*t*t+3*y*y)
	return systematic, sum, square
}

func geluErrors(x, f, u float64) (systematic, sum, square float64) {
	z := x / math.Sqrt2
	p := elementary.Erf(z)
	half := math.Abs(x) / 2
	inner := half * 2 / math.Sqrt(math.Pi) * elementary.Exp(-z*z) * math.Abs(z)
	y := math.Abs(elementary.GELU(x))
	systematic = half*math.Abs(p)*f + u*inner
	sum = 2*u*inner + u*half*math.Abs(p) + 3*u*y
	square = u * math.Sqrt(2*inner*inner+half*half*p*p+3*y*y)
	return systematic, sum, square
}

func siluErrors(x, f, u float64) (systematic, sum, square float64) {
	y := math.Abs(elementary.SiLU(x))
	t := math.Abs(elementary.Tanh(x / 2))
	half := math.Abs(x) / 2
	return f*y + half*t*f/2, 4*u*y + u*half*t, u * math.Sqrt(4*y*y+half*half*t*t)
}

// act replays activation(x) or, gated, activation(x) * up.
func act(fn function, x tensor, up *tensor, a arithmetic) *estimate {
	e := newEstimate(x.rows, x.cols)
	for i, v := range x.x {
		y := fn.value(v)
		systematic, sum, square := fn.errors(v, a.function(), a.u())
		own := 2 * f64.unit * math.Abs(y)
		systematic += own
		proof := systematic + sum
		p, f, s := x.at(i)
		inherited := [3]float64{fn.slope * p, fn.slope * f, fn.slope * s}
		if up != nil {
			g := up.x[i]
			gate, abs := math.Abs(y), math.Abs(g)
			gp, gf, gs := up.at(i)
			inherited = [3]float64{abs*inherited[0] + gate*gp + inherited[0]*gp, abs*inherited[1] + gate*gf, abs*inherited[2] + gate*gs}
			systematic, proof, square = systematic*abs, proof*abs, square*abs
			y *= g
		}
		e.x[i] = y
		e.errors.systematic[i] = systematic + a.values.smallest
		e.errors.proof[i] = proof*(1+4*a.u()) + 4*a.values.smallest*(1+math.Abs(v))
		e.errors.sigma[i] = square
		if up != nil {
			e.rounding(i, math.Abs(y), a.u(), 1)
		}
		if a.isNarrow() {
			e.rounding(i, math.Abs(y), a.u(), 1)
		}
		if fn.name == "relu" && up == nil {
			e.errors.proof[i], e.errors.systematic[i], e.errors.sigma[i] = 0, 0, 0
		}
		e.inherit(i, inherited[0], inherited[1], inherited[2])
	}
	return e
}

// add replays a sum of tensors, as embeddings and residuals are, with coefficients 1:
// one rounding an addition, of what has been summed, in any order.
func add(a arithmetic, terms ...tensor) *estimate {
	e := newEstimate(terms[0].rows, terms[0].cols)
	for i := range e.x {
		sum, magnitude := 0.0, 0.0
		var total [3]float64
		for _, t := range terms {
			sum += t.x[i]
			magnitude += math.Abs(t.x[i])
			p, f, s := t.at(i)
			total[0], total[1] = total[0]+p, total[1]+f
			if t.errors != nil && t.errors.independent {
				total[2] = math.Hypot(total[2], s)
			} else {
				total[2] += s
			}
		}
		e.x[i] = sum
		switch {
		case len(terms) == 2:
			e.rounding(i, math.Abs(sum), a.u(), 1)
		case len(terms) > 2:
			e.rounding(i, magnitude, a.u(), float64(len(terms)-1))
		}
		if a.isNarrow() && len(terms) > 1 {
			e.rounding(i, math.Abs(sum), a.u(), 1)
		}
		if len(terms) > 1 {
			own := f64.unit * magnitude
			e.errors.proof[i] += own
		}
		e.inherit(i, total[0], total[1], total[2])
	}
	return e
}
