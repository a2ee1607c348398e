package diagnose

import (
	"fmt"

	"github.com/samebits/samebits/trace"
)

// where says which values of a stage are wrong, where all others are within their
// limits: an element, a row, a column, a head, a rank's columns.
func (r *replayer) where(s trace.Stage, c *comparison) []Hint {
	if len(c.bad) == 0 {
		return nil
	}
	hint := func(cause, text string) []Hint { return []Hint{c.whereHint(s.Name, cause, text)} }
	if len(c.bad) == 1 {
		return hint("element", fmt.Sprintf("one value is wrong, at %v: %v for %v; silent data corruption looks like this", place(s.Shape, c.bad[0]), c.y[c.bad[0]], c.e.x[c.bad[0]]))
	}
	l := r.layout(s)
	tokens, units := map[int]bool{}, map[int]bool{}
	for _, i := range c.bad {
		tokens[l.token(i)], units[l.unit(i)] = true, true
	}
	token, unit := l.token(c.bad[0]), l.unit(c.bad[0])
	switch {
	case l.byHead && len(units) == 1:
		return hint("row", fmt.Sprintf("only the values of head %d and token %d are wrong", unit/l.tokens, token))
	case len(tokens) == 1:
		return hint("row", fmt.Sprintf("only the values of token %d are wrong", token))
	case len(units) == 1:
		return hint("column", fmt.Sprintf("only column %d is wrong", unit))
	}
	for _, b := range r.blocks(s) {
		if b.holds(units) {
			return hint(b.cause, b.text)
		}
	}
	return nil
}

// whereHint says that all wrong values are in one place.
func (c *comparison) whereHint(stage, cause, text string) Hint {
	return Hint{stage, cause, text, false, Number(c.share), Number(c.rest()), "all other values, as they are: within their limits"}
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
