package diagnose

import (
	"slices"
	"strings"
)

// columnWeights returns the weights of a column-parallel layer, as a faulty sharding
// would have them.
func (r *run) columnWeights(stage string) weights {
	layer, name := split(stage)
	p := r.part(stage)
	qkv := strings.HasPrefix(name, "attn.")
	switch {
	case r.is2("qkv-contiguous", stage) && qkv:
		return r.contiguous(stage, r.fusedQKV(layer), []string{"attn.q", "attn.k", "attn.v"})
	case r.is2("gate-up-chunked", stage) && strings.HasPrefix(name, "mlp."):
		return r.contiguous(stage, r.fusedGate(layer), []string{"mlp.gate", "mlp.up"})
	case r.is2("qkv-layout", stage) && qkv:
		return r.otherLayout(stage, r.fusedQKV(layer))
	case r.is2("gate-up-swapped", stage) && name == "mlp.gate":
		return r.part(layer + "mlp.up")
	case r.is2("gate-up-swapped", stage) && name == "mlp.up":
		return r.part(layer + "mlp.gate")
	case r.is2("kv-swapped", stage) && name == "attn.k":
		return r.part(layer + "attn.v")
	case r.is2("kv-swapped", stage) && name == "attn.v":
		return r.part(layer + "attn.k")
	case r.is("bias-dropped", stage):
		p.bias = nil
	case r.is("shard-missing", stage):
		for j := len(p.w) / r.tp; j < 2*len(p.w)/r.tp; j++ {
			p.w[j] = make([]float64, len(p.w[j]))
		}
	case name == "logits" && r.is("head-untied", stage):
		return r.part("untied")
	case name == "logits" && r.is("head-tied", stage):
		return r.part("tokens")
	case name == "logits" && r.is("vocabulary-padded", stage):
		for len(p.w)%64 != 0 {
			p.w = append(p.w, r.rounded(r.parts["untied"].w[len(p.w)-r.vocabulary]))
		}
	}
	return p
}

// pick returns rows of the fused matrix.
func (r *run) pick(rows []fusedRow, at []int) weights {
	var p weights
	for _, i := range at {
		from := r.part(rows[i].stage)
		p.w = append(p.w, from.w[rows[i].row])
		if from.bias != nil {
			p.bias = append(p.bias, from.bias[rows[i].row])
		}
	}
	return p
}

// contiguous gives each rank a contiguous block of the fused matrix, which the rank
// divides as if it were the parts' shares.
func (r *run) contiguous(stage string, rows []fusedRow, parts []string) weights {
	_, name := split(stage)
	block := len(rows) / r.tp
	var at []int
	for rank := range r.tp {
		from := rank * block
		for _, s := range parts {
			n := r.inner / r.tp
			switch s {
			case "attn.q":
				n = r.heads * r.size / r.tp
			case "attn.k", "attn.v":
				n = r.kv * r.size / r.tp
			}
			for j := range n {
				if s == name {
					at = append(at, from+j)
				}
			}
			from += n
		}
	}
	return r.pick(rows, at)
}

// otherLayout reads a blocked matrix head by head, or the other way round.
func (r *run) otherLayout(stage string, rows []fusedRow) weights {
	_, name := split(stage)
	s := slices.Index([]string{"attn.q", "attn.k", "attn.v"}, name)
	var at []int
	for h := range r.heads {
		for d := range r.size {
			i := (3*h+s)*r.size + d
			if r.name == "gpt_neox" {
				i = s*r.heads*r.size + h*r.size + d
			}
			at = append(at, i)
		}
	}
	return r.pick(rows, at)
}

// product returns x*w^T as one rank computes it; low is a loss of precision.
func (r *run) product(stage string, x []float64, w [][]float64, n int) []float64 {
	in, out := asIs, asIs
	switch {
	case r.is("tf32", stage):
		in = toTF32
	case r.is("bf16-product", stage):
		in, out = toBF16, toBF16
	case r.is("f16-product", stage):
		in, out = toF16, toF16
	}
	lower := func(x []float64) []float64 {
		if r.defect.name == "" || !strings.HasSuffix(r.defect.name, "product") && r.defect.name != "tf32" {
			return x
		}
		y := make([]float64, len(x))
		for i, v := range x {
			y[i] = in(v)
		}
		return y
	}
	var rows [][]float64
	for _, row := range w {
		rows = append(rows, lower(row))
	}
	y := make([]float64, 0, len(x)/n*len(w))
	for at := 0; at < len(x); at += n {
		row := lower(x[at : at+n])
		for _, v := range rows {
			y = append(y, r.r(out(r.dot(row, v))))
		}
	}
	return y
}

func (r *run) column(stage string, x []float64, n int) []float64 {
	p := r.columnWeights(stage)
	y := r.product(stage, x, p.w, n)
	if p.bias != nil {
		for i := range y {
			y[i] = r.r(y[i] + p.bias[i%len(p.w)])
		}
	}
	_, name := split(stage)
	if name == "attn.q" && r.is("heads-permuted", stage) {
		y = r.permuteHeads(y)
	}
	return y
}

func (r *run) permuteHeads(y []float64) []float64 {
	out := slices.Clone(y)
	width := r.heads * r.size
	for at := 0; at < len(y); at += width {
		for h := range r.heads {
			from := (h*2 + 1) % r.heads
			if r.heads%2 == 0 {
				from = (h + 1) % r.heads
			}
			copy(out[at+h*r.size:at+(h+1)*r.size], y[at+from*r.size:])
		}
	}
	return out
}

// row is a row-parallel layer: each rank has some of the inputs, in units.
func (r *run) row(stage string, x []float64, n, unit int) []float64 {
	p := r.part(stage)
	if r.is("conv1d-transposed", stage) && len(p.w) == n {
		p.w = transpose(p.w)
	}
	tokens := len(x) / n
	var total []float64
	for rank := range r.tp {
		lo, hi := n/unit*rank/r.tp*unit, n/unit*(rank+1)/r.tp*unit
		var xs []float64
		for t := range tokens {
			xs = append(xs, x[t*n+lo:t*n+hi]...)
		}
		var ws [][]float64
		for _, row := range p.w {
			ws = append(ws, row[lo:hi])
		}
		if hi == lo {
			continue
		}
		part := r.product(stage, xs, ws, hi-lo)
		switch {
		case r.is("bf16-allreduce", stage):
			for i := range part {
				part[i] = toBF16(part[i])
			}
		case r.is("f16-allreduce", stage):
			for i := range part {
				part[i] = toF16(part[i])
			}
		case (r.is("rank-missing", stage) || r.is("shard-missing", stage)) && rank == min(1, r.tp-1),
			(r.is("allreduce-missing", stage) || r.is("allreduce-copy", stage)) && rank > 0:
			continue
		}
		if total == nil {
			total = part
			continue
		}
		for i := range total {
			total[i] = r.r(total[i] + part[i])
			if r.is("bf16-allreduce", stage) {
				total[i] = toBF16(total[i])
			}
		}
	}
	if r.is("allreduce-twice", stage) {
		once := slices.Clone(total)
		for range r.tp - 1 {
			for i := range total {
				total[i] = r.r(total[i] + once[i])
			}
		}
	}
	times := 1
	switch {
	case r.is("bias-every-rank", stage):
		times = r.tp
	case r.is("bias-dropped", stage), r.is("allreduce-copy", stage):
		times = 0
	}
	for range times {
		for i := range total {
			if p.bias != nil {
				total[i] = r.r(total[i] + p.bias[i%len(p.w)])
			}
		}
	}
	return total
}
