package pair

import (
	"fmt"
	"math"

	"github.com/samebits/samebits/diagnose"
)

// hints looks for the shape of a residual beyond its bound. Each was tried: taken as
// the cause, it brings the residual within its bounds (complete), or says where all
// that is beyond them lies.
func (c *comparison) hints(s *judged) []diagnose.Hint {
	r := s.residual
	if r.rows == 0 || len(r.r)%r.rows != 0 {
		return nil
	}
	var hints []diagnose.Hint
	add := func(cause, text, how string, complete bool, after float64) {
		hints = append(hints, diagnose.Hint{Stage: s.Name, Cause: cause, Text: text, Complete: complete, Before: s.Fraction, After: diagnose.Number(after), How: how})
	}
	if r.kind == activation {
		c.activationHint(s, add)
	}
	if s.Verdict == diagnose.Fault {
		if r.kind == product && r.rows > 2 {
			offsetHint(r, add)
		}
		whereHint(c.a, s, add)
	}
	return hints
}

// activationHint looks for the function that explains each run.
func (c *comparison) activationHint(s *judged, add func(cause, text, how string, complete bool, after float64)) {
	m, _ := c.a.resolve(s.Name)
	in, ok := bothInputs(m, c.a, c.b)
	if !ok {
		return
	}
	names := [2]string{}
	after := 0.0
	for k, r := range []*run{c.a, c.b} {
		y, _ := r.recorded(s.Name)
		for variant, act := range activations {
			f, ok := r.replay(m, in[k], variant)
			if !ok {
				return
			}
			if share := misfit(y, f); share <= 1 && names[k] == "" {
				names[k], after = act.name, math.Max(after, share)
			}
		}
	}
	if names[0] != "" && names[1] != "" && names[0] != names[1] {
		add("activation", fmt.Sprintf("the first trace computes %s, the second %s", names[0], names[1]),
			"each trace's activation replayed from its own inputs", true, after)
	}
}

func misfit(y, f values) float64 {
	r := make([]float64, len(y.v))
	for i := range r {
		r[i] = y.v[i] - f.v[i]
	}
	_, share := largest(r, f.off)
	return share
}

// offsetHint looks for one offset a column, in all rows alike.
func offsetHint(r residual, add func(cause, text, how string, complete bool, after float64)) {
	cols := len(r.r) / r.rows
	rest, largestOffset := make([]float64, len(r.r)), 0.0
	for j := range cols {
		mean := 0.0
		for i := range r.rows {
			mean += r.r[i*cols+j] / float64(r.rows)
		}
		for i := range r.rows {
			rest[i*cols+j] = r.r[i*cols+j] - mean
		}
		largestOffset = math.Max(largestOffset, math.Abs(mean))
	}
	if _, after := largest(rest, r.bound); after <= 1 {
		add("offset", fmt.Sprintf("the difference is the same in every row, an offset of up to %.3g a column: a bias that is dropped, doubled, another, or added on every rank makes it so",
			largestOffset), "each column less its mean over the rows", true, after)
	}
}

// whereHint says where all that is beyond the bounds lies, if that is less than half
// of the stage.
func whereHint(a *run, s *judged, add func(cause, text, how string, complete bool, after float64)) {
	r := s.residual
	cols := len(r.r) / r.rows
	rows, columns, n := map[int]bool{}, map[int]bool{}, 0
	within := 0.0
	for i, e := range r.r {
		if share := math.Abs(e) / r.bound[i]; share > 1 {
			rows[i/cols], columns[i%cols] = true, true
			n++
		} else if share > within {
			within = share
		}
	}
	const how = "the values within their bounds left out"
	heads := a.headsOf(s.Name)
	switch {
	case n == 0:
	case n == 1:
		add("element", fmt.Sprintf("one value alone is wrong, %v, as silent corruption makes it", s.Index), how, false, within)
	case len(rows) == 1 && r.rows > 2:
		for i := range rows {
			add("row", fmt.Sprintf("one row alone is wrong, that of token %d: %d values of %d", i%max(1, a.tokens), n, cols), how, false, within)
		}
	case 2*len(columns) <= cols:
		lo, hi := cols, 0
		for j := range columns {
			lo, hi = min(lo, j), max(hi, j)
		}
		text := fmt.Sprintf("columns %d to %d of %d are wrong", lo, hi, cols)
		if len(columns) < hi-lo+1 {
			text = fmt.Sprintf("%d of %d columns are wrong, the first %d, the last %d", len(columns), cols, lo, hi)
		}
		if heads > 0 && cols%heads == 0 {
			d := cols / heads
			text += fmt.Sprintf(": heads %d to %d of %d", lo/d, hi/d, heads)
		}
		add("columns", text, how, false, within)
	}
}

// heat maps the shares of the bounds that the stage's values use, at most 128 cells
// each way.
func (s *judged) heat(a *run) *diagnose.Heat {
	r := s.residual
	if r.rows == 0 || len(r.r)%r.rows != 0 || len(r.r) == 0 {
		return nil
	}
	const most = 128
	cols := len(r.r) / r.rows
	h := &diagnose.Heat{Stage: s.Name, Rows: r.rows, Columns: cols}
	down, across := (r.rows+most-1)/most, (cols+most-1)/most
	for i := 0; i < r.rows; i += down {
		line := make([]diagnose.Number, (cols+across-1)/across)
		for k := i; k < min(i+down, r.rows); k++ {
			for j := range cols {
				if share := math.Abs(r.r[k*cols+j]) / r.bound[k*cols+j]; share == share {
					line[j/across] = max(line[j/across], diagnose.Number(share))
				}
			}
		}
		h.Cells = append(h.Cells, line)
	}
	return h
}
