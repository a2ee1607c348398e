package diagnose

import (
	"fmt"
	"slices"
	"strings"
)

// pool is what columns of a stage may have been taken from: the outputs of the layers
// that are often one fused matrix, side by side.
type pool struct {
	stages  []string
	sizes   []int
	tensors []string // of each stage
	origin  []int    // of each output, its column in its tensor
	e       *estimate
}

// columnFaults look for other columns that explain those of the stage: another
// sharding or layout, another of the layers. Biases may have gone along, have stayed,
// or be missing.
func (r *replayer) columnFaults(stage string, o linear, c *comparison, siblings []string) []hypothesis {
	own := slices.Index(siblings, stage)
	if c == nil {
		return r.swaps(o, stage, siblings)
	}
	var list []hypothesis
	for _, bias := range []string{"", "stays", "missing"} {
		if bias != "" && o.bias == nil {
			continue
		}
		p := r.pool(o, siblings, bias != "")
		if p == nil {
			return nil
		}
		e := p.e
		y := c.y
		if bias == "stays" {
			y = slices.Clone(c.y)
			for i := range y {
				y[i] -= o.bias[i%c.e.cols]
			}
		}
		from := matchColumns(y, c, e, p.start(own))
		if from == nil {
			continue
		}
		h := hypothesis{how: "each column from the one that explains it"}
		h.cause, h.text = p.describe(r, own, from)
		switch bias {
		case "stays":
			h.text += "; the biases are the right ones"
		case "missing":
			h.text += "; the biases are missing"
		}
		h.replay = func() *estimate {
			alt := e.columns(from)
			if bias == "stays" {
				for i := range alt.x {
					alt.x[i] += o.bias[i%alt.cols]
					alt.rounding(i, max(alt.x[i], -alt.x[i]), o.a.u(), 1)
				}
			}
			return alt
		}
		list = append(list, h)
	}
	return list
}

// swaps take the weights of a sibling, where nothing is recorded that could be matched.
func (r *replayer) swaps(o linear, stage string, siblings []string) (list []hypothesis) {
	for _, s := range siblings {
		w, err := r.checkpoint.Weights(s)
		if err != nil || s == stage || w.Matrix.Rows != o.w.Rows {
			continue
		}
		list = append(list, hypothesis{"swapped", "the weights are those of " + s, "the layer with them", "", func() *estimate {
			r.convert(w.Matrix.Data)
			r.convert(w.Bias)
			alt := o
			alt.w, alt.bias = w.Matrix, w.Bias
			return alt.replay()
		}, false})
	}
	return list
}

// pool replays the siblings of a layer with the layer's input.
func (r *replayer) pool(o linear, siblings []string, unbiased bool) *pool {
	p := &pool{stages: siblings}
	var parts []*estimate
	for _, s := range siblings {
		w, err := r.ofStage(s)
		if err != nil {
			return nil
		}
		l := linear{o.x, w.Matrix, w.Bias, 1, o.a, o.threads}
		if unbiased {
			l.bias = nil
		}
		parts = append(parts, l.replay())
		p.sizes = append(p.sizes, w.Matrix.Rows)
		p.tensors = append(p.tensors, w.Tensor)
		p.origin = append(p.origin, w.Columns...)
	}
	p.e = beside(parts)
	return p
}

// start is where the outputs of a sibling begin.
func (p *pool) start(sibling int) (at int) {
	for _, n := range p.sizes[:sibling] {
		at += n
	}
	return at
}

// describe puts a mapping of columns into words.
func (p *pool) describe(r *replayer, own int, from []int) (cause, text string) {
	for s, name := range p.stages {
		if s != own && p.sizes[s] == p.sizes[own] && identity(from, p.start(s)) {
			return "swapped", fmt.Sprintf("the weights are those of %s", name)
		}
	}
	_, stage := split(p.stages[own])
	if p.fused() {
		for _, n := range r.manyRanks() {
			if p.same(from, p.contiguous(own, n)) {
				return "sharding", fmt.Sprintf("the fused matrix %s is cut into %d contiguous blocks of columns, one a rank, and not each of its parts", p.tensors[0], n)
			}
		}
		if p.same(from, p.layout(own, r.config.HeadSize, true)) || p.same(from, p.layout(own, 1, true)) {
			return "layout", fmt.Sprintf("the fused matrix %s is read head by head, where it lies in blocks", p.tensors[0])
		}
		if p.same(from, p.layout(own, r.config.HeadSize, false)) {
			return "layout", fmt.Sprintf("the fused matrix %s is read in blocks, where it lies head by head", p.tensors[0])
		}
	}
	if strings.HasPrefix(stage, "attn.") {
		if heads := blocks(from, p.start(own), p.sizes[own], r.config.HeadSize); heads != nil {
			return "permutation", fmt.Sprintf("heads are permuted: in the places of heads 0, 1, ... are %v", heads)
		}
	}
	moved := 0
	for j, k := range from {
		if k != p.start(own)+j {
			moved++
		}
	}
	return "permutation", fmt.Sprintf("%d of %d columns are others of %s", moved, len(from), strings.Join(slices.Compact(slices.Clone(p.tensors)), ", "))
}

func (p *pool) fused() bool { return len(slices.Compact(slices.Clone(p.tensors))) == 1 }

// same tells whether the columns come from those of the tensor.
func (p *pool) same(from, columns []int) bool {
	for j, k := range from {
		if columns == nil || p.origin[k] != columns[j] {
			return false
		}
	}
	return true
}

// contiguous lists the columns of the tensor that a stage has where each rank takes a
// contiguous block of it and divides that.
func (p *pool) contiguous(own, ranks int) []int {
	total := len(p.origin)
	n := p.sizes[own]
	if n%ranks != 0 || total%ranks != 0 {
		return nil
	}
	columns := make([]int, n)
	for j := range columns {
		rank, offset := j/(n/ranks), j%(n/ranks)
		columns[j] = rank*(total/ranks) + p.start(own)/ranks + offset
	}
	return columns
}

// layout lists the columns that a stage has where the tensor is read unit by unit, the
// parts of each side by side, or else in blocks.
func (p *pool) layout(own, unit int, interleaved bool) []int {
	for _, n := range p.sizes {
		if n != p.sizes[own] {
			return nil
		}
	}
	columns := make([]int, p.sizes[own])
	for j := range columns {
		columns[j] = own*p.sizes[own] + j
		if interleaved {
			columns[j] = (j/unit*len(p.sizes)+own)*unit + j%unit
		}
	}
	return columns
}
