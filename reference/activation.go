package reference

import "math/big"

// constants are the irrational or decimal numbers of a pass, to its precision.
type constants struct {
	epsilon  *big.Float // of the norms
	rootHead *big.Float // sqrt(head size)
	cubic    *big.Float // 0.044715, of gelu_new
	slope    *big.Float // -2 sqrt(2/pi), of gelu_new
	rootTwo  *big.Float
}

func newConstants(c config, digits int) constants {
	prec := Bits(digits)
	cubic, _ := float(prec).SetString("0.044715")
	return constants{
		epsilon:  c.epsilon(prec),
		rootHead: Sqrt(integer(int64(c.Head)), digits),
		cubic:    cubic,
		// -2 sqrt(2/pi) = -sqrt(8/pi)
		slope:   new(big.Float).Neg(Sqrt(float(prec+guardBits).Quo(integer(8), Pi(digits+guard)), digits)),
		rootTwo: Sqrt(integer(2), digits),
	}
}

// activations are those of Hugging Face's names that these families use.
var activations = map[string]func(p *pass, x *big.Float) *big.Float{
	"gelu_new":          (*pass).geluTanh,
	"gelu_fast":         (*pass).geluTanh, // but for its constant of ten digits
	"gelu_pytorch_tanh": (*pass).geluTanh,
	"gelu":              (*pass).geluErf,
	"gelu_python":       (*pass).geluErf,
	"silu":              (*pass).silu,
	"swish":             (*pass).silu,
	"relu":              (*pass).relu,
}

// activate applies the model's activation to every element.
func (p *pass) activate(x tensor) tensor {
	width := p.model.Inner
	f := activations[p.model.Activation]
	y := newTensor(len(x), width)
	p.each(len(x)*width, func(_ *scratch, i int) {
		y[i/width][i%width] = f(p, x[i/width][i%width])
	})
	return y
}

// geluTanh is x/2 (1 + tanh u), u = sqrt(2/pi) (x + 0.044715 x^3), written as
// x / (1 + e^(-2u)), its equal: one exponential, and no cancellation where u is
// negative.
func (p *pass) geluTanh(x *big.Float) *big.Float {
	u := float(p.prec).Mul(x, x)
	u.Mul(u, p.c.cubic)
	u.Add(u, integer(1))
	u.Mul(u, x)
	d := Exp(u.Mul(u, p.c.slope), p.digits)
	d.Add(d, integer(1))
	return d.Quo(x, d)
}

// geluErf is x/2 (1 + erf(x/sqrt(2))), which is x/2 erfc(-x/sqrt(2)).
func (p *pass) geluErf(x *big.Float) *big.Float {
	z := float(p.prec).Quo(x, p.c.rootTwo)
	y := Erfc(z.Neg(z), p.digits)
	y.Mul(y, x)
	return y.SetMantExp(y, -1)
}

// silu is x / (1 + e^-x).
func (p *pass) silu(x *big.Float) *big.Float {
	d := Exp(new(big.Float).Neg(x), p.digits)
	d.Add(d, integer(1))
	return d.Quo(x, d)
}

// relu is the greater of x and 0.
func (p *pass) relu(x *big.Float) *big.Float {
	if x.Sign() < 0 {
		return float(p.prec)
	}
	return x
}
