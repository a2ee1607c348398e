package tokenizer

import "slices"

// template puts tokens before and after those of a text.
type template struct{ before, after []int }

func (t template) apply(ids []int) []int { return slices.Concat(t.before, ids, t.after) }
