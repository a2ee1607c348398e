package diagnose

import (
	"fmt"
	"math/rand/v2"

	"github.com/samebits/samebits/model"
)

// family is what the test's own forward pass knows of a transformer.
type family struct {
	name                                      string
	width, heads, kv, size, inner, vocabulary int
	tokens, layers, context                   int
	layerNorm, gated, parallel, qkNorm, tied  bool
	qkvBias, outBias, mlpBias                 bool
	eps, theta                                float64
	turning, window                           int // numbers of a head that turn, 0: learned positions
	activation                                string
	scaled                                    bool // llama3: factor 8, low 1, high 4, original 16
}

func newFamily(name, size string) family {
	f := family{name: name, width: 48, heads: 6, kv: 6, size: 8, inner: 96, vocabulary: 96, tokens: 12, layers: 3, context: 64, eps: 1e-5}
	if size == "medium" {
		f.width, f.heads, f.kv, f.size, f.inner, f.tokens = 128, 8, 8, 16, 256, 20
	}
	switch name {
	case "gpt2":
		f.layerNorm, f.tied, f.qkvBias, f.outBias, f.mlpBias, f.activation = true, true, true, true, true, "gelu_new"
		return f
	case "gpt_neox":
		f.layerNorm, f.parallel, f.qkvBias, f.outBias, f.mlpBias, f.activation = true, true, true, true, true, "gelu"
		f.turning, f.theta = f.size/4*2, 25000
		return f
	}
	f.gated, f.activation, f.turning = true, "silu", f.size
	switch name {
	case "llama":
		f.kv, f.theta, f.scaled = 2, 500000, true
	case "qwen2":
		f.kv, f.theta, f.tied, f.qkvBias, f.eps = f.heads/2, 1000000, true, true, 1e-6
	case "phi3":
		f.theta, f.window = 250000, 5
	case "qwen3":
		f.kv, f.theta, f.size, f.qkNorm, f.eps = 2, 1000000, 2*f.size, true, 1e-6
		f.turning = f.size
	}
	return f
}

// weights holds the parameters of a stage: w is [outputs][inputs].
type weights struct {
	w    [][]float64
	bias []float64
}

type randomModel struct {
	family
	parts  map[string]weights // by stage; "tokens", "positions" and "untied" besides
	loaded *model.Checkpoint
}

// newRandomModel draws a model. All weights are float32.
func newRandomModel(f family, scale float64, seed uint64) *randomModel {
	m := &randomModel{family: f, parts: map[string]weights{}}
	rng := rand.New(rand.NewPCG(seed, 99))
	std := 0.02 * scale
	matrix := func(rows, cols int) [][]float64 {
		w := make([][]float64, rows)
		for i := range w {
			w[i] = make([]float64, cols)
			for j := range w[i] {
				w[i][j] = toFloat32(std * rng.NormFloat64())
			}
		}
		return w
	}
	vector := func(n int, about, by float64) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = toFloat32(about + by*rng.NormFloat64())
		}
		return v
	}
	linear := func(name string, out, in int, bias bool) {
		p := weights{w: matrix(out, in)}
		if bias {
			p.bias = vector(out, 0, std)
		}
		m.parts[name] = p
	}
	norm := func(name string, n int, bias bool) {
		p := weights{w: [][]float64{vector(n, 1, 0.1)}}
		if bias {
			p.bias = vector(n, 0, std)
		}
		m.parts[name] = p
	}
	linear("tokens", f.vocabulary, f.width, false)
	linear("positions", f.context, f.width, false)
	linear("untied", f.vocabulary, f.width, false)
	for i := range f.layers {
		l := fmt.Sprintf("layers.%d.", i)
		norm(l+"attn_norm", f.width, f.layerNorm)
		norm(l+"mlp_norm", f.width, f.layerNorm)
		linear(l+"attn.q", f.heads*f.size, f.width, f.qkvBias)
		linear(l+"attn.k", f.kv*f.size, f.width, f.qkvBias)
		linear(l+"attn.v", f.kv*f.size, f.width, f.qkvBias)
		linear(l+"attn.out", f.width, f.heads*f.size, f.outBias)
		linear(l+"mlp.up", f.inner, f.width, f.mlpBias)
		linear(l+"mlp.down", f.width, f.inner, f.mlpBias)
		if f.gated {
			linear(l+"mlp.gate", f.inner, f.width, false)
		}
		if f.qkNorm {
			norm(l+"attn.q_norm", f.size, false)
			norm(l+"attn.k_norm", f.size, false)
		}
	}
	norm("final_norm", f.width, f.layerNorm)
	m.parts["logits"] = weights{w: m.parts["untied"].w}
	if f.tied {
		m.parts["logits"] = m.parts["tokens"]
	}
	return m
}
