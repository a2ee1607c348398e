package pair

import (
	"fmt"
	"math"
	"slices"

	"github.com/samebits/samebits/diagnose"
	"github.com/samebits/samebits/trace"
)

// judged is a stage with what the verdict rests on.
type judged struct {
	diagnose.Stage
	measures
	residual residual
	known    bool // the name, and that there is something to judge it by
}

// judge compares a stage of two runs.
func judge(name string, a, b *run) judged {
	x, y := a.stages[name], b.stages[name]
	m := measure(x, y, a, b)
	s := judged{measures: m, Stage: diagnose.Stage{Name: name, Error: m.pair.MaxAbs, Size: diagnose.Number(m.largest), Pair: &m.pair}}
	switch {
	case m.pair.Same:
		s.Verdict, s.known = diagnose.SameBits, true
		return s
	case m.broken >= 0:
		s.Verdict, s.Evidence, s.known = diagnose.Fault, diagnose.Proof, true
		s.Index = trace.Unravel(m.broken, x.Shape)
		s.Reason = fmt.Sprintf("%v in the first trace, %v in the second", x.Values[m.broken], y.Values[m.broken])
		return s
	}
	r, ok := residualOf(name, a, b)
	if !ok {
		s.Verdict = diagnose.Undecided
		s.Reason = "nothing to judge it by: its name is not known, or neither its inputs nor what they follow from are in both traces"
		return s
	}
	s.residual, s.known, s.Inputs = r, true, r.inputs
	s.decide(x.Shape, x.Values, a, b)
	return s
}

// decide turns the residual into a verdict.
func (s *judged) decide(shape []int, values []float64, a, b *run) {
	at, worst := largest(s.residual.r, s.residual.bound)
	s.Index, s.Fraction, s.Bound = trace.Unravel(at, shape), diagnose.Number(worst), diagnose.Number(s.residual.bound[at])
	s.Error = diagnose.Number(math.Abs(s.residual.r[at]))
	likely := 0 // where most of what is likely is used
	if s.residual.likely != nil {
		var share float64
		likely, share = largest(s.residual.r, s.residual.likely)
		s.Statistical = diagnose.Number(share)
	}
	s.Verdict = diagnose.WithinRounding
	if s.residual.kind == norm || s.residual.kind == headNorm {
		s.systematic(values, a.u+b.u)
	}
	switch {
	case s.Fraction > 1:
		s.beyond(values, a, b)
	case s.Verdict == diagnose.WithinRounding && s.Statistical > 1 && math.Abs(s.residual.r[likely]) > 2*s.residual.inherited[likely] && s.coarser(values, a, b):
	case s.Verdict == diagnose.WithinRounding && s.Statistical > 1:
		s.Verdict = diagnose.Undecided
		s.Reason = fmt.Sprintf("%s times what random rounding leaves, but %.2g of what weights could make of it that are not known", times(float64(s.Statistical)), worst)
	case s.Verdict == diagnose.WithinRounding && s.residual.kind == product && s.residual.rows >= few:
		if offset := columnOffset(s.residual.r, s.residual.rows); offset.Failed {
			s.Tests = append(s.Tests, offset)
			s.Verdict = diagnose.Undecided
			s.Reason = fmt.Sprintf("no larger than rounding, but %.0f %% of it is the same in every row, as a wrong bias makes it", 100*float64(offset.Effect))
		}
	}
}

// beyond says what a residual beyond its bound is.
func (s *judged) beyond(values []float64, a, b *run) {
	s.Evidence = s.residual.evidence()
	if s.Evidence == diagnose.Statistics {
		s.Probability = chance
	}
	if s.coarser(values, a, b) {
		return
	}
	s.Verdict = diagnose.Fault
	s.Reason = fmt.Sprintf("off by %.3g, %s times what %s", float64(s.Error), times(float64(s.Fraction)), s.residual.of)
	switch s.residual.fits {
	case [2]bool{true, false}:
		s.Reason += "; the first trace follows from its own inputs, the second does not"
	case [2]bool{false, true}:
		s.Reason += "; the second trace follows from its own inputs, the first does not"
	}
}

// systematic looks in the residuals of a norm for what rounding has not.
func (s *judged) systematic(values []float64, u float64) {
	rows := s.residual.rows
	common, p := commonFactor(s.residual.r, values, rows, u)
	columns := columnFactor(s.residual.r, values, rows, u)
	s.Tests = append(s.Tests, common, columns)
	switch {
	case common.Failed:
		s.Reason = fmt.Sprintf("all rows share a factor of 1%+.2g; rounding leaves at most %.2g", float64(common.Effect), float64(common.Limit))
	case columns.Failed:
		s.Reason = fmt.Sprintf("columns have factors of their own, %.2g beside 1; rounding leaves at most %.2g", float64(columns.Effect), float64(columns.Limit))
		p = chance
	default:
		return
	}
	s.Verdict, s.Evidence, s.Probability = diagnose.Fault, diagnose.Statistics, diagnose.Number(p)
}

// coarser reports whether a coarser arithmetic than the declared one explains the
// residual, and says so.
func (s *judged) coarser(values []float64, a, b *run) bool {
	name, u, ok := s.reduced(values, a, b)
	if !ok {
		return false
	}
	s.Verdict, s.Precision, s.Evidence = diagnose.ReducedPrecision, name, s.residual.evidence()
	s.Reason = fmt.Sprintf("a unit roundoff of 2^%d explains it, that of the declared %s does not", int(math.Log2(u)), declared(a, b))
	if s.Evidence == diagnose.Statistics {
		s.Probability = chance
	}
	return true
}

// times writes a factor for people: 1.23, 4540, 1.2 million.
func times(x float64) string {
	switch {
	case x < 100:
		return fmt.Sprintf("%.3g", x)
	case x < 1e6:
		return fmt.Sprintf("%.0f", x)
	case x < 1e9:
		return fmt.Sprintf("%.1f million", x/1e6)
	}
	return fmt.Sprintf("%.2g", x)
}

func declared(a, b *run) string {
	if a.dtype == b.dtype {
		return a.dtype
	}
	return a.dtype + " and " + b.dtype
}

// precisions are the unit roundoffs that may hide behind a declared arithmetic.
var precisions = []struct {
	name string
	u    float64
}{{"f32", 0x1p-24}, {"tf32", 0x1p-11}, {"bf16", 0x1p-8}}

// reduced returns the precision that explains a residual beyond its bound. It must
// bound the residual; the residual must be of its size, an eighth of it to four times
// it, as vectors; and it must look like rounding, in all rows and columns, without a
// factor a row, an offset a column or, of an activation, without being a function of
// the argument.
func (s *judged) reduced(values []float64, a, b *run) (name string, u float64, ok bool) {
	rr, yy := 0.0, 0.0
	for i, e := range s.residual.r {
		if values[i] > masked {
			rr, yy = rr+e*e, yy+values[i]*values[i]
		}
	}
	size := math.Sqrt(rr / yy)
	for _, p := range precisions {
		if p.u <= a.u+b.u || size < p.u/8 || size > 4*p.u {
			continue
		}
		coarse := *b
		coarse.u = p.u
		r, ok := residualOf(s.Name, a, &coarse)
		if !ok {
			continue
		}
		if _, worst := largest(r.r, r.bound); worst <= 1 && s.random(values, a, p.u) {
			if name = p.name; name == "tf32" && r.kind != product {
				name = "f16"
			}
			return name, p.u, true
		}
	}
	return "", 0, false
}

// random reports whether the residual passes the tests for what rounding of unit
// roundoff u has not.
func (s *judged) random(values []float64, a *run, u float64) bool {
	rows := s.residual.rows
	tests := []diagnose.Test{explained(s.residual.r, values, rows), spread(s.residual.r, values, rows, u)}
	switch s.residual.kind {
	case product:
		tests = append(tests, columnOffset(s.residual.r, rows))
	case activation:
		if x, ok := a.recorded(s.residual.inputs[len(s.residual.inputs)-1]); ok {
			tests = append(tests, smooth(s.residual.r, x.v))
		}
	}
	s.Tests = tests
	return !slices.ContainsFunc(tests, func(t diagnose.Test) bool { return t.Failed })
}

// largest returns the place of the largest share of a bound, and the share: what is
// not a number is beyond all bounds.
func largest(r, bound []float64) (at int, share float64) {
	for i, e := range r {
		f := math.Abs(e) / bound[i]
		switch {
		case e == 0:
			f = 0
		case f != f:
			f = math.Inf(1)
		}
		if f > share {
			at, share = i, f
		}
	}
	return at, share
}
