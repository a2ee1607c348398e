package diagnose

import (
	"fmt"
	"strings"
)

// beside puts estimates side by side.
func beside(parts []*estimate) *estimate {
	cols := 0
	for _, e := range parts {
		cols += e.cols
	}
	all := newEstimate(parts[0].rows, cols)
	at := 0
	for _, e := range parts {
		for t := range e.rows {
			for j := range e.cols {
				all.copyFrom(t*cols+at+j, e, t*e.cols+j)
			}
		}
		at += e.cols
	}
	return all
}

// copyFrom sets element i to element j of another estimate, with all its errors.
func (e *estimate) copyFrom(i int, from *estimate, j int) {
	e.x[i], e.errors.proof[i] = from.x[j], from.errors.proof[j]
	e.errors.systematic[i], e.errors.sigma[i] = from.scale(j)
}

// columns returns the estimate of those columns.
func (e *estimate) columns(from []int) *estimate {
	out := newEstimate(e.rows, len(from))
	for t := range e.rows {
		for j, k := range from {
			out.copyFrom(t*out.cols+j, e, t*e.cols+k)
		}
	}
	return out
}

// matchColumns finds for each column of y the one of e that explains it: its own,
// which begin at start, where that does. It returns nil if a column is explained by
// none, or if all are by their own.
func matchColumns(y []float64, c *comparison, e *estimate, start int) []int {
	from := make([]int, c.e.cols)
	moved := false
	explains := func(j, k int) bool {
		for t := range e.rows {
			i := t*e.cols + k
			d := y[t*c.e.cols+j] - e.x[i]
			if !(max(d, -d) <= e.limit(i, c.lambda)) {
				return false
			}
		}
		return true
	}
	last := 0 // neighbours often come from neighbours
	for j := range from {
		from[j] = -1
		if explains(j, start+j) {
			from[j] = start + j
			continue
		}
		for n := range e.cols {
			k := (last + 1 + n) % e.cols
			if explains(j, k) {
				from[j], last, moved = k, k, true
				break
			}
		}
		if from[j] < 0 {
			return nil
		}
	}
	if !moved {
		return nil
	}
	return from
}

func identity(from []int, start int) bool {
	for j, k := range from {
		if k != start+j {
			return false
		}
	}
	return true
}

// blocks returns where blocks of that size come from, within [start, start+n), or nil.
func blocks(from []int, start, n, size int) []int {
	var list []int
	for j, k := range from {
		if k < start || k >= start+n || (k-start)%size != j%size {
			return nil
		}
		b := (k - start) / size
		if j%size == 0 {
			list = append(list, b)
		}
		if list[len(list)-1] != b {
			return nil
		}
	}
	return list
}

// permutations explain a stage of any kind by its own columns, or rows, in another
// order.
func (r *replayer) permutations(stage string, c *comparison) []hypothesis {
	var list []hypothesis
	if from := matchColumns(c.y, c, c.e, 0); from != nil {
		text := fmt.Sprintf("columns are permuted: the first come from %v", from[:min(len(from), 8)])
		if heads := blocks(from, 0, len(from), r.config.HeadSize); heads != nil && strings.Contains(stage, ".attn.") {
			text = fmt.Sprintf("heads are permuted: in the places of heads 0, 1, ... are %v", heads)
		}
		list = append(list, hypothesis{"permutation", text, "each column from the one that explains it", "", func() *estimate { return c.e.columns(from) }, false})
	}
	if from := matchRows(c); from != nil {
		text := fmt.Sprintf("rows are permuted: the first come from %v", from[:min(len(from), 8)])
		list = append(list, hypothesis{"permutation", text, "each row from the one that explains it", "", func() *estimate { return c.e.rowsFrom(from) }, false})
	}
	return list
}

func (e *estimate) rowsFrom(from []int) *estimate {
	out := newEstimate(e.rows, e.cols)
	if e.masked != nil {
		out.masked = make([]bool, len(e.x))
	}
	for t, s := range from {
		for j := range e.cols {
			i, k := t*e.cols+j, s*e.cols+j
			out.copyFrom(i, e, k)
			if e.masked != nil {
				out.masked[i] = e.masked[k]
			}
		}
	}
	return out
}

// matchRows is matchColumns of rows.
func matchRows(c *comparison) []int {
	e := c.e
	from := make([]int, e.rows)
	moved := false
	explains := func(t, s int) bool {
		for j := range e.cols {
			i, k := t*e.cols+j, s*e.cols+j
			if e.masked != nil && e.masked[k] {
				if !(c.y[i] <= maskedBelow) {
					return false
				}
				continue
			}
			d := c.y[i] - e.x[k]
			if !(max(d, -d) <= e.limit(k, c.lambda)) {
				return false
			}
		}
		return true
	}
	for t := range from {
		from[t] = -1
		for n := range e.rows {
			s := (t + n) % e.rows
			if explains(t, s) {
				from[t], moved = s, moved || s != t
				break
			}
		}
		if from[t] < 0 {
			return nil
		}
	}
	if !moved {
		return nil
	}
	return from
}
