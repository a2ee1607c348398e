package diagnose

import (
	"fmt"
	"strings"

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
		ranks = usualRanks
	}
	for _, p := range ranks {
		switch {
		case p == 1:
		case heads >= p:
			list = append(list, rankBlocks(l, headCut(heads, perHead, p))...)
		case name == "mlp.gate", name == "mlp.up", name == "mlp.act":
			for _, c := range innerCuts(l.width, p) {
				list = append(list, rankBlocks(l, c)...)
			}
		case name == "logits":
			list = append(list, rankBlocks(l, evenCut(l.width, p))...)
		}
	}
	return list
}

func rankBlocks(l layout, c cut) (list []block) {
	ranks := c.ranks()
	for k, lo := range c.lo {
		hi := c.hi[k]
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
