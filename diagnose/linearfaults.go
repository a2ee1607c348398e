package diagnose

import (
	"fmt"
	"slices"

	"github.com/samebits/samebits/gemm"
)

// linearFaults are the faults of a linear layer.
func (r *replayer) linearFaults(stage string, o linear, c *comparison) []hypothesis {
	layer, name := split(stage)
	list := r.wrongInputs(stage, o)
	if o.w.Rows == o.w.Cols {
		list = append(list, hypothesis{"transposed", "the weights are used transposed, [in, out] for [out, in]", "the layer with its matrix transposed", "", func() *estimate {
			t := o
			t.w = transposed(o.w)
			return t.replay()
		}, false})
	}
	switch name {
	case "attn.out", "mlp.down":
		list = append(list, o.coefficients(cut{[]int{0}, []int{o.x.cols}}, c)...)
		for _, k := range r.cuts(name) {
			list = append(list, o.coefficients(k, c)...)
		}
		return list
	case "logits":
		list = append(list, r.headFaults(o)...)
	case "attn.q", "attn.k", "attn.v":
		list = append(list, r.columnFaults(stage, o, c, []string{layer + "attn.q", layer + "attn.k", layer + "attn.v"})...)
	case "mlp.gate", "mlp.up":
		if r.config.Gated {
			list = append(list, r.columnFaults(stage, o, c, []string{layer + "mlp.gate", layer + "mlp.up"})...)
		}
	}
	list = append(list, r.emptyRanks(o)...)
	return append(list, o.coefficients(cut{[]int{0}, []int{o.x.cols}}, c)...)
}

// emptyRanks are ranks of a column-parallel layer without their weights: only the bias
// is there.
func (r *replayer) emptyRanks(o linear) (list []hypothesis) {
	p := r.ranks
	if p == 1 || o.w.Rows%p != 0 {
		return nil
	}
	for rank := range p {
		lo, hi := o.w.Rows/p*rank, o.w.Rows/p*(rank+1)
		text := fmt.Sprintf("rank %d of %d has no weights: its columns, %d to %d, hold the bias at most", rank, p, lo, hi-1)
		list = append(list, hypothesis{"weights-missing", text, "the layer with zeros there", "", func() *estimate {
			alt := o
			alt.w = gemm.Dense(o.w.Rows, o.w.Cols, slices.Clone(o.w.Data))
			clear(alt.w.Data[lo*o.w.Cols : hi*o.w.Cols])
			return alt.replay()
		}, false})
	}
	return list
}

func transposed(m gemm.Matrix[float64]) gemm.Matrix[float64] {
	t := gemm.NewMatrix[float64](m.Cols, m.Rows)
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			t.Row(j)[i] = v
		}
	}
	return t
}

// wrongInputs feed the layer from another stage: the residual stream without its norm,
// the other norm of the layer.
func (r *replayer) wrongInputs(stage string, o linear) []hypothesis {
	layer, name := split(stage)
	var from []string
	switch name {
	case "attn.q", "attn.k", "attn.v":
		from = []string{r.residual(layer), layer + "mlp_norm"}
	case "mlp.gate", "mlp.up":
		from = []string{layer + "attn_residual", r.residual(layer), layer + "attn_norm"}
	case "logits":
		from = r.inputs("final_norm")
	}
	var list []hypothesis
	for _, f := range from {
		s, ok := r.recorded[f]
		if !ok || len(s.Values) != len(o.x.x) {
			continue
		}
		list = append(list, hypothesis{"input", "the input is " + f + ", not " + r.inputs(stage)[0], "the layer of " + f, "", func() *estimate {
			alt := o
			alt.x = r.asTensor(s)
			return alt.replay()
		}, false})
	}
	return list
}

// headFaults use another matrix for the logits.
func (r *replayer) headFaults(o linear) []hypothesis {
	if r.config.Tied {
		w, ok := r.checkpoint.Untied()
		if !ok {
			return nil
		}
		return []hypothesis{r.otherHead(o, w, "the head of the checkpoint's own is used, where config.json ties it to the embedding")}
	}
	all := make([]int, r.config.Vocabulary)
	for i := range all {
		all[i] = i
	}
	w, err := r.checkpoint.TokenRows(all)
	if err != nil {
		return nil
	}
	return []hypothesis{r.otherHead(o, w, "the head is tied to the embedding, where config.json gives it weights of its own")}
}

func (r *replayer) otherHead(o linear, w gemm.Matrix[float64], text string) hypothesis {
	return hypothesis{"tied-head", text, "the logits with that matrix", "", func() *estimate {
		alt := o
		r.convert(w.Data)
		alt.w = w
		return alt.replay()
	}, false}
}
