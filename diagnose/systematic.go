package diagnose

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/samebits/samebits/internal/parallel"
)

// direction is an effect to look for in the residuals of a stage: what they would be
// if its size were 1.
type direction struct {
	name string
	d    []float64
}

// directions are the effects that a stage is tested for. All stages: a common factor
// and an offset. Norms: another epsilon, the bias once more. Linear layers: the bias
// once more. Softmax: a factor of the scores. Activations: the other functions. Sums:
// a term once more.
func directions(op operation, e *estimate) []direction {
	list := []direction{{"common factor", e.x}, {"offset", ones(len(e.x))}}
	columns := func(v []float64) []float64 {
		d := make([]float64, len(e.x))
		for i := range d {
			d[i] = v[i%e.cols]
		}
		return d
	}
	switch o := op.(type) {
	case norm:
		list = append(list, direction{"epsilon", o.epsilonDirection(e)})
		if o.bias != nil {
			list = append(list, direction{"bias", columns(o.bias)})
		}
	case linear:
		if o.bias != nil {
			list = append(list, direction{"bias", columns(o.bias)})
		}
	case softmaxOp:
		list = append(list, direction{"temperature", temperature(o, e)})
	case actOp:
		for _, other := range []function{geluTanh, gelu, silu, relu} {
			if other.name != o.fn.name {
				alt := act(other, o.x, o.up, o.a)
				for i := range alt.x {
					alt.x[i] -= e.x[i]
				}
				list = append(list, direction{other.name, alt.x})
			}
		}
	case addOp:
		for i, t := range o.terms {
			if len(o.terms) > 1 {
				list = append(list, direction{o.names[i], t.x})
			}
		}
	}
	return list
}

func ones(n int) []float64 {
	d := make([]float64, n)
	for i := range d {
		d[i] = 1
	}
	return d
}

// temperature is the derivative of a softmax by a factor of its scores.
func temperature(o softmaxOp, e *estimate) []float64 {
	d := make([]float64, len(e.x))
	for t := range e.rows {
		mean := 0.0
		for j, p := range e.row(t) {
			if p != 0 {
				mean += p * o.scores.x[t*e.cols+j]
			}
		}
		for j, p := range e.row(t) {
			if p != 0 {
				d[t*e.cols+j] = p * (o.scores.x[t*e.cols+j] - mean)
			}
		}
	}
	return d
}

// systematic tests the residuals for each direction, and their energy. The stage has
// within its limits; nothing here may be run on a replay with inputs of which the
// errors depend on each other.
//
// Along a direction d, the sum L of a*residual with a = d/sigma^2, which is the best
// estimate of the effect, is subgaussian. (A hundredth of the mean sigma^2 is added to
// each, lest a few tiny values have all the weight.) Its scale is
//
//	sum a^2*sigma^2 + sum over rows (sum a*shared direction)^2 * (shared sigma)^2
//
// (square roots), beyond what is systematic, sum |a|*systematic at most. Whatever sigma
// is, independent errors of a symmetric distribution also obey
//
//	P(|sum a*error| >= lambda * sqrt(sum (a*error)^2)) <= 2*exp(-lambda^2/2)
//
// (Efron, 1969, "Student's t-test under symmetry conditions"), a bound that adapts to
// what the run's errors are; it is the smaller one where a run sums better than the
// worst order. Both are widened where errors depend on each other: see dependence. Rows that were recorded before, bit for bit, are left out: equal inputs
// have equal errors.
func (c *comparison) systematic(op operation) []Test {
	keep := c.distinct()
	dep := c.dependence(op, keep)
	list := directions(op, c.e)
	lambda := spread(2*len(list) + 1)
	r := c.residuals()
	tests := make([]Test, len(list)+1)
	parallel.For(c.threads, len(tests), func(i int) {
		if i == len(list) {
			tests[i] = c.energy(r, keep, dep, lambda)
			return
		}
		tests[i] = c.along(list[i], r, keep, dep, lambda)
	})
	return slices.DeleteFunc(tests, func(t Test) bool { return t.Name == "" })
}

// along tests one direction. The test has no name if there is nothing to test.
func (c *comparison) along(d direction, r []float64, keep []bool, dep dependence, lambda float64) Test {
	e := c.e
	least := meanSquare(e.errors.sigma) / 100
	var sum, weight, allowed, square, own, shared float64
	for t := range e.rows {
		if !keep[t] {
			continue
		}
		across := make([]float64, len(e.shared))
		for i := t * e.cols; i < (t+1)*e.cols; i++ {
			s, f := e.errors.sigma[i], e.errors.systematic[i]
			if s == 0 || d.d[i] == 0 || math.IsNaN(e.x[i]) || math.IsInf(e.x[i], 0) {
				continue
			}
			a := d.d[i] / (s*s + least)
			if math.IsNaN(a) || math.IsInf(a, 0) {
				continue
			}
			sum += a * r[i]
			weight += a * d.d[i]
			allowed += math.Abs(a) * f
			square += dep.of[i] * a * a * s * s
			x := a * r[i]
			own += x*x + a*a*f*f
			for k, sh := range e.shared {
				across[k] += a * sh.direction[i]
			}
		}
		for k, sh := range e.shared {
			allowed += math.Abs(across[k]) * sh.systematic[t]
			shared += across[k] * across[k] * sh.sigma[t] * sh.sigma[t]
		}
	}
	if weight == 0 || math.IsNaN(sum) {
		return Test{}
	}
	limit := allowed + lambda*min(math.Sqrt(square+shared), math.Sqrt(dep.worst*own)+math.Sqrt(shared))
	t := Test{Name: d.name, Effect: Number(sum / weight), Limit: Number(limit / weight)}
	t.Failed = math.Abs(sum) > limit
	return t
}

func meanSquare(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return sum / float64(max(len(x), 1))
}

// energy tests the sum of squares of the residuals, in units of sigma and beyond what
// is systematic: of n independent subgaussian errors it exceeds
// n + 2*sqrt(n*x) + 2x with a probability of exp(-x) at most (Hsu, Kakade and Zhang,
// 2012, "A tail inequality for quadratic forms of subgaussian random vectors",
// theorem 2.1); dependence takes its toll as there. It tells a lower precision from the declared one where no single value
// does. Where rows share errors it says nothing.
func (c *comparison) energy(r []float64, keep []bool, dep dependence, lambda float64) Test {
	if len(c.e.shared) > 0 {
		return Test{}
	}
	sum, n := 0.0, 0.0
	for i := range r {
		s := c.e.errors.sigma[i]
		if s == 0 || !keep[i/c.e.cols] {
			continue
		}
		z := max(0, math.Abs(r[i])-c.e.errors.systematic[i]) / s
		sum += z * z
		n++
	}
	x := lambda * lambda / 2
	limit := n + 2*math.Sqrt(n*dep.worst*x) + 2*dep.worst*x
	if n == 0 {
		return Test{}
	}
	return Test{"energy", Number(sum / n), Number(limit / n), sum > limit}
}

// distinct tells of each row whether it is the first of its values.
func (c *comparison) distinct() []bool {
	keep := make([]bool, c.e.rows)
	seen := map[string]bool{}
	for t := range keep {
		var key []byte
		for _, v := range c.y[t*c.e.cols : (t+1)*c.e.cols] {
			key = binary.LittleEndian.AppendUint64(key, math.Float64bits(v))
		}
		keep[t] = !seen[string(key)]
		seen[string(key)] = true
	}
	return keep
}
