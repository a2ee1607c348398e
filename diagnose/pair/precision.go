package pair

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/diagnose"
	"github.com/samebits/samebits/trace"
)

// precision is the test whether differences shrink with the unit roundoff. It needs a
// float64 trace and two more. The distance of each from the float64 trace, as vectors
// and in its own unit roundoffs, should be alike: rounding of one computation differs
// between sqrt(log n) and sqrt(n) with the order of sums of n terms (Higham and Mary,
// 2019), so that 2*sqrt(n) between two traces, n being the widest stage, is more than
// orders make of it. What is further off does not shrink with the unit roundoff.
type precision struct {
	exact  *run
	others []*run
	limit  float64
	notes  []diagnose.Note
	failed map[int]string // the first stage at which a run is too far off, by its number
	passed map[int]bool
}

func precisionTest(all []*run) *precision {
	p := &precision{failed: map[int]string{}, passed: map[int]bool{}}
	for _, r := range all {
		if p.exact == nil && r.dtype == trace.F64 {
			p.exact = r
		} else {
			p.others = append(p.others, r)
		}
	}
	if p.exact == nil {
		return p
	}
	if len(p.others) < 2 {
		p.notes = append(p.notes, "with a second trace beside the float64 one, the precision test would tell whether the difference shrinks with the unit roundoff")
		return p
	}
	p.run()
	return p
}

func (p *precision) run() {
	widest, largestRatio := 1, map[*run]float64{}
	for _, s := range p.exact.trace.Stages {
		if n := len(s.Shape); n > 0 {
			widest = max(widest, s.Shape[n-1])
		}
	}
	p.limit = 2 * math.Sqrt(float64(widest))
	for _, s := range p.exact.trace.Stages {
		distances, least := p.distances(s.Name)
		for r, d := range distances {
			ratio := d / least
			if r.u <= p.exact.u || least == 0 {
				continue
			}
			largestRatio[r] = math.Max(largestRatio[r], ratio)
			if ratio > p.limit && p.failed[r.id] == "" {
				p.failed[r.id] = s.Name
			}
		}
	}
	several := p.arithmetics() > 1
	for _, r := range p.others {
		text, ratio := "", times(largestRatio[r])
		switch {
		case largestRatio[r] == 0:
			continue
		case p.failed[r.id] != "":
			text = fmt.Sprintf("%s is further from the float64 trace than its unit roundoff allows, from %s on: up to %s times as far, in unit roundoffs, as the closest trace (%.3g allowed)", r.file, p.failed[r.id], ratio, p.limit)
		case several:
			p.passed[r.id] = true
			text = fmt.Sprintf("the distance of %s from the float64 trace shrinks with the unit roundoff: in unit roundoffs it is at most %s times that of the closest trace (%.3g allowed)", r.file, ratio, p.limit)
		default:
			text = fmt.Sprintf("%s is at most %s times as far from the float64 trace as the closest trace of the same arithmetic (%.3g allowed); a trace in another would show whether that shrinks with the unit roundoff", r.file, ratio, p.limit)
		}
		p.notes = append(p.notes, diagnose.Note("precision test: "+text))
	}
}

// arithmetics counts the unit roundoffs of the others.
func (p *precision) arithmetics() int {
	seen := map[float64]bool{}
	for _, r := range p.others {
		seen[r.u] = true
	}
	return len(seen)
}

// distances returns how far each trace is from the float64 one at a stage, in its unit
// roundoffs, and the least of those that are not 0.
func (p *precision) distances(stage string) (map[*run]float64, float64) {
	far, least, several := map[*run]float64{}, 0.0, 0
	for _, r := range p.others {
		if !r.has(stage) || len(r.stages[stage].Values) != len(p.exact.stages[stage].Values) {
			continue
		}
		d := measure(p.exact.stages[stage], r.stages[stage], p.exact, r).relative / r.u
		if far[r] = d; d > 0 {
			several++
			if least == 0 || d < least {
				least = d
			}
		}
	}
	if several < 2 {
		return nil, 0
	}
	return far, least
}

// apply settles what the comparison left open: undecided becomes rounding where the
// test is passed by both, and a fault at the stage where it fails.
func (p *precision) apply(c *comparison, o outcome) outcome {
	ok := func(r *run) bool { return r.id == p.exact.id || p.passed[r.id] }
	stage, failed := p.failed[c.b.id]
	switch {
	case p.exact == nil || p.limit == 0:
	case failed && (o.verdict == diagnose.Undecided || o.verdict == diagnose.Rounding):
		return outcome{diagnose.Fault, stage, fmt.Sprintf("A fault at %s, not rounding: from there on the distance from the float64 trace does not shrink with the unit roundoff.", stage)}
	case o.verdict == diagnose.Undecided && ok(c.a) && ok(c.b):
		return outcome{diagnose.Rounding, "", "The difference is rounding: it shrinks with the unit roundoff, as the float64 trace shows."}
	}
	return o
}
