package trace

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// layerStages lists the stages of a layer as they are computed; a trace's names
// put "layers.i." before them.
var layerStages = []string{
	"attn_norm", "attn.q", "attn.k", "attn.v", "attn.q_norm", "attn.k_norm", "attn.q_rope", "attn.k_rope",
	"attn.scores", "attn.probs", "attn.context", "attn.out", "attn_residual",
	"mlp_norm", "mlp.gate", "mlp.up", "mlp.act", "mlp.down", "output",
}

// rank is the number of dimensions that a stage has by rights: [heads, T, T] and
// [T, heads, head] inside attention, [T, width] elsewhere.
func rank(stage string) int {
	_, name, _ := splitLayer(stage)
	switch name {
	case "attn.q", "attn.k", "attn.v", "attn.q_norm", "attn.k_norm", "attn.q_rope", "attn.k_rope", "attn.scores", "attn.probs":
		return 3
	}
	return 2
}

// splitLayer parts "layers.3.attn.q" into 3 and "attn.q".
func splitLayer(stage string) (layer int, name string, ok bool) {
	rest, ok := strings.CutPrefix(stage, "layers.")
	if !ok {
		return 0, stage, false
	}
	number, name, ok := strings.Cut(rest, ".")
	layer, err := strconv.Atoi(number)
	if !ok || err != nil || layer < 0 {
		return 0, stage, false
	}
	return layer, name, true
}

// compareStages orders stages by execution where their names tell it, those in a
// layer that are unknown after the known ones, those outside layers after all.
func compareStages(a, b Stage) int {
	layerA, placeA := place(a.Name)
	layerB, placeB := place(b.Name)
	return cmp.Or(cmp.Compare(layerA, layerB), cmp.Compare(placeA, placeB), compareNatural(a.Name, b.Name))
}

// place gives the layer of a stage and its position there, at an even number; what
// the ranks contribute to it comes just before. What comes before and after the
// layers has layers of its own.
func place(stage string) (layer, position int) {
	switch stage {
	case "embed":
		return -1, 0
	case "final_norm":
		return math.MaxInt, 0
	case "logits":
		return math.MaxInt, 1
	}
	layer, name, ok := splitLayer(stage)
	if !ok {
		return math.MaxInt, 2
	}
	whole, _, part := SplitRank(name)
	position = slices.Index(layerStages, whole)
	switch {
	case position < 0:
		return layer, 2 * len(layerStages)
	case part:
		return layer, 2*position - 1
	}
	return layer, 2 * position
}

// compareNatural compares names with each run of digits taken as one number:
// "h.9" before "h.10".
func compareNatural(a, b string) int {
	whole := strings.Compare(a, b) // decides between equal numbers, as 1 and 01
	for a != "" && b != "" {
		partA, restA := cutRun(a)
		partB, restB := cutRun(b)
		if c := compareRuns(partA, partB); c != 0 {
			return c
		}
		a, b = restA, restB
	}
	return cmp.Or(cmp.Compare(len(a), len(b)), whole)
}

// compareRuns compares two runs, as numbers of any length if both are digits.
func compareRuns(a, b string) int {
	if isDigit(a[0]) && isDigit(b[0]) {
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	}
	return strings.Compare(a, b)
}

// cutRun cuts s, not empty, after its first run of digits or of other bytes.
func cutRun(s string) (run, rest string) {
	n := 1
	for n < len(s) && isDigit(s[n]) == isDigit(s[0]) {
		n++
	}
	return s[:n], s[n:]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
