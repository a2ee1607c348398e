package diagnose

import (
	"fmt"
	"math"
	"slices"
)

// actFaults are the faults of activations.
func (r *replayer) actFaults(stage string, o actOp) []hypothesis {
	var list []hypothesis
	identity := function{"none", func(x float64) float64 { return x }, func(x, f, u float64) (float64, float64, float64) { return 0, 0, 0 }, 1}
	for _, f := range []function{geluTanh, gelu, silu, relu, quick, sigmoid, tanh, identity} {
		if f.name == o.fn.name {
			continue
		}
		alt := o
		alt.fn = f
		list = append(list, hypothesis{"activation", fmt.Sprintf("the activation is %s, not %s", f.name, o.fn.name), "the activation " + f.name, "", alt.replay, false})
	}
	if o.up == nil {
		return list
	}
	swapped := o
	x := o.x
	swapped.x, swapped.up = *o.up, &x
	plain := o
	plain.up = nil
	return append(list,
		hypothesis{"swapped", "gate and up are swapped: activation(up) * gate", "activation(up) * gate", "", swapped.replay, false},
		hypothesis{"gate", "the product with up is missing", "activation(gate)", "", plain.replay, false},
	)
}

// quick is x * sigmoid(1.702 x).
var quick = function{"quick_gelu", func(x float64) float64 { return x / (1 + math.Exp(-1.702*x)) }, func(x, f, u float64) (float64, float64, float64) {
	y := math.Abs(x / (1 + math.Exp(-1.702*x)))
	return f*y + 2*u*math.Abs(1.702*x)*y, 5 * u * y, 3 * u * y
}, 1.2}

var sigmoid = function{"sigmoid", func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, plainErrors(func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }), 1}

var tanh = function{"tanh", math.Tanh, plainErrors(math.Tanh), 1}

// plainErrors are those of a function and a rounding or two.
func plainErrors(value func(float64) float64) func(x, f, u float64) (systematic, sum, square float64) {
	return func(x, f, u float64) (float64, float64, float64) {
		y := math.Abs(value(x))
		return f * y, 2 * u * y, 2 * u * y
	}
}

// addFaults are the faults of residuals and of the embedding: terms that are missing or
// there too often, other terms, other positions.
func (r *replayer) addFaults(stage string, o addOp, c *comparison) []hypothesis {
	var list []hypothesis
	if stage == "embed" {
		list = r.embedFaults(c)
	}
	var columns [][]float64
	for _, t := range o.terms {
		columns = append(columns, t.x)
	}
	if c == nil {
		for i := range o.terms {
			times := ones(len(o.terms))
			times[i] = 0
			list = append(list, o.counted(times))
		}
	} else if raw := c.leastSquares(columns); raw != nil {
		times := make([]float64, len(raw))
		for i, v := range raw {
			times[i] = snapTo(v, 1)
		}
		list = append(list, o.counted(times), o.counted(raw).fit())
	}
	layer, name := split(stage)
	others := map[string][]string{
		"attn_residual": {layer + "attn_norm"},
		"output":        {layer + "mlp_norm", r.residual(layer), layer + "attn.out"},
	}
	for _, in := range others[name] {
		s, ok := r.recorded[in]
		for k := 0; ok && k < len(o.terms); k++ {
			alt := o
			alt.terms = slices.Clone(o.terms)
			alt.terms[k] = r.uncertain(r.asTensor(s))
			text := fmt.Sprintf("%s is added, not %s", in, o.names[k])
			list = append(list, hypothesis{"residual", text, "the sum with it", "", alt.replay, false})
		}
	}
	return list
}

// counted replays the sum with each term so many times.
func (o addOp) counted(times []float64) hypothesis {
	text := ""
	for i, k := range times {
		if k != 1 {
			if text != "" {
				text += ", "
			}
			text += fmt.Sprintf("%s is added %s", o.names[i], often(k))
		}
	}
	return hypothesis{"residual", text, "the sum with each term so often", "", func() *estimate {
		if text == "" {
			return nil
		}
		alt := o
		alt.terms = nil
		for i, t := range o.terms {
			t.x = scaled(t.x, times[i])
			alt.terms = append(alt.terms, t)
		}
		return alt.replay()
	}, false}
}

// embedFaults take other positions.
func (r *replayer) embedFaults(c *comparison) []hypothesis {
	var list []hypothesis
	first := firstBadRow(c)
	for _, by := range []int{-1, 1, -2, 2} {
		for _, from := range slices.Compact([]int{0, first}) {
			positions := r.positions(0)
			valid := true
			for i := from; i < len(positions); i++ {
				positions[i] += by
				if positions[i] < 0 {
					positions[i] = 0
				}
				valid = valid && positions[i] < r.config.Context
			}
			if !valid {
				continue
			}
			text := fmt.Sprintf("positions are off by %+d", by)
			if from > 0 {
				text += fmt.Sprintf(" from token %d on", from)
			}
			list = append(list, hypothesis{"position", text, "the embedding at those positions", "", func() *estimate {
				op, err := r.embed(positions)
				if err != nil {
					return nil
				}
				return op.replay()
			}, false})
		}
	}
	root := math.Sqrt(float64(r.config.Width))
	return append(list, hypothesis{"embedding-scale", "the embedding of tokens is multiplied by sqrt(width)", "the embedding, so scaled", "", func() *estimate {
		op, err := r.embed(r.positions(0))
		if err != nil {
			return nil
		}
		o := op.(addOp)
		o.terms[0].x = scaled(o.terms[0].x, root)
		return o.replay()
	}, false})
}
