package diagnose

import (
	"fmt"
	"strings"

	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/samebits/samebits/trace"
)

// layout divides the values of a stage into units: the columns of all tokens or, of
// scores and probs, the rows, one a head and a token.
type layout struct {
	tokens, width int // width: values of a token, or of a row
	byHead        bool
}

func (r *replayer) layout(s trace.Stage) layout {
	rows := r.rows(s.Name)
	return layout{len(r.trace.IDs), len(s.Values) / rows, rows > len(r.trace.IDs)}
}

func (l layout) unit(i int) int {
	if l.byHead {
		return i / l.width
	}
	return i % l.width
}

func (l layout) token(i int) int { return i / l.width % l.tokens }

// block is what one head or one rank computes of a stage: the units lo to hi-1.
type block struct {
	cause, text string
	lo, hi      int
}

func (b block) has(unit int) bool { return b.lo <= unit && unit < b.hi }

// holds: the block has all of the units.
func (b block) holds(units map[int]bool) bool {
	for u := range units {
		if !b.has(u) {
			return false
		}
	}
	return true
}

// blocks lists those of a stage, heads first. Ranks are as many as the trace says or,
// where it says nothing, 2 to 8.
func (r *replayer) blocks(s trace.Stage) (list []block) {
	l := r.layout(s)
	_, name := split(s.Name)
	heads, perHead := 0, 0 // units of a head
	switch {
	case l.byHead:
		heads, perHead = r.config.Heads, l.tokens
	case strings.HasPrefix(name, "attn.") && name != "attn.out":
		heads, perHead = l.width/r.config.HeadSize, r.config.HeadSize
	}
	for h := range heads {
		list = append(list, block{"head", fmt.Sprintf("only the values of head %d are wrong", h), h * perHead, (h + 1) * perHead})
	}
	ranks := []int{r.ranks}
	if r.trace.TP == 0 {
		ranks = []int{2, 3, 4, 6, 8}
	}
	for _, p := range ranks {
		switch {
		case p == 1:
		case heads >= p:
			list = append(list, rankBlocks(l, p, func(k int) (int, int) {
				s := tp.Cut(heads, p, k)
				return s.Lo * perHead, s.Hi * perHead
			})...)
		case name == "mlp.gate", name == "mlp.up", name == "mlp.act":
			list = append(list, rankBlocks(l, p, func(k int) (int, int) { return parallel.Cut(l.width, p, k) })...)
			if !aligned(l.width, p) {
				list = append(list, rankBlocks(l, p, func(k int) (int, int) { s := leaves(l.width, p, k); return s.Lo, s.Hi })...)
			}
		case name == "logits":
			list = append(list, rankBlocks(l, p, func(k int) (int, int) { return parallel.Cut(l.width, p, k) })...)
		}
	}
	return list
}

// leaves is the share of a rank in units of 32.
func leaves(width, ranks, rank int) reduce.Span { return tp.CutAligned(width, 32, ranks, rank) }

// aligned: even shares are in units of 32, too.
func aligned(width, ranks int) bool {
	for k := range ranks {
		if lo, hi := parallel.Cut(width, ranks, k); leaves(width, ranks, k) != (reduce.Span{Lo: lo, Hi: hi}) {
			return false
		}
	}
	return true
}

func rankBlocks(l layout, ranks int, at func(k int) (lo, hi int)) (list []block) {
	for k := range ranks {
		lo, hi := at(k)
		if lo == hi {
			continue
		}
		text := fmt.Sprintf("only columns %d to %d are wrong, those of rank %d of %d", lo, hi-1, k, ranks)
		if l.byHead {
			text = fmt.Sprintf("only the values of heads %d to %d are wrong, those of rank %d of %d", lo/l.tokens, hi/l.tokens-1, k, ranks)
		}
		list = append(list, block{"rank", text, lo, hi})
	}
	return list
}
