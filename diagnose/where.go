package diagnose

import (
	"fmt"

	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/trace"
)

// where says which values of a stage are wrong, where all others are within their
// limits: an element, a row, a head, a rank's columns.
func (r *replayer) where(s trace.Stage, c *comparison) []Hint {
	if len(c.bad) == 0 {
		return nil
	}
	hint := func(cause, text string) []Hint {
		return []Hint{{s.Name, cause, text, false, Number(c.share), Number(c.rest()), "all other values, as they are: within their limits"}}
	}
	if len(c.bad) == 1 {
		return hint("element", fmt.Sprintf("one value is wrong, at %v: %v for %v; silent data corruption looks like this", place(s.Shape, c.bad[0]), c.y[c.bad[0]], c.e.x[c.bad[0]]))
	}
	rows, columns := map[int]bool{}, map[int]bool{}
	for _, i := range c.bad {
		rows[i/c.e.cols], columns[i%c.e.cols] = true, true
	}
	_, name := split(s.Name)
	tokens := len(r.trace.IDs)
	if len(rows) == 1 {
		row := c.bad[0] / c.e.cols
		if c.e.rows > tokens {
			return hint("row", fmt.Sprintf("only the values of head %d and token %d are wrong", row/tokens, row%tokens))
		}
		return hint("row", fmt.Sprintf("only the values of token %d are wrong", row))
	}
	if len(columns) == 1 && c.e.rows == tokens {
		return hint("column", fmt.Sprintf("only column %d is wrong", c.bad[0]%c.e.cols))
	}
	if name == "attn.scores" || name == "attn.probs" {
		if head, ok := only(rows, tokens); ok {
			return hint("head", fmt.Sprintf("only the values of head %d are wrong", head))
		}
		return nil
	}
	if len(name) > 5 && name[:5] == "attn." && name != "attn.out" {
		if head, ok := only(columns, r.config.HeadSize); ok {
			return hint("head", fmt.Sprintf("only the values of head %d are wrong", head))
		}
	}
	if name == "attn.out" || name == "mlp.down" || r.ranks == 1 {
		return nil
	}
	for k := range r.ranks {
		lo, hi := parallel.Cut(c.e.cols, r.ranks, k)
		inside := true
		for j := range columns {
			inside = inside && j >= lo && j < hi
		}
		if inside {
			return hint("rank", fmt.Sprintf("only columns %d to %d are wrong, those of rank %d of %d", lo, hi-1, k, r.ranks))
		}
	}
	return nil
}

// only returns the block of that size in which all indices are, if it is one.
func only(indices map[int]bool, size int) (block int, ok bool) {
	block = -1
	for i := range indices {
		if block >= 0 && i/size != block {
			return 0, false
		}
		block = i / size
	}
	return block, true
}

// rest is the largest share of their limits that the values use that are not beyond.
func (c *comparison) rest() (share float64) {
	for i, y := range c.y {
		if d := y - c.e.x[i]; d != 0 {
			if s := max(d, -d) / c.e.limit(i, c.lambda); s <= 1 {
				share = max(share, s)
			}
		}
	}
	return share
}
