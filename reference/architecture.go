package reference

import (
	"encoding/json"
	"fmt"
)

// architecture is what sets a family apart: its defaults, and the names of its
// tensors.
type architecture struct {
	layerNorm bool // LayerNorm, not RMSNorm
	rotates   bool // rotary embeddings, not learned positions
	gated     bool // MLP: down(f(gate(x)) * up(x)), not down(f(up(x)))
	normsQK   bool // RMSNorm of each head of the queries and keys

	head           int         // of outputdim
	epsilon        json.Number // of the norms
	activation     string
	tied           bool
	turns          json.Number // share of a head that turns
	window         int         // where sliding_window is not given
	windowOptional bool        // windows want use_sliding_window, and are not for all layers

	attentionBias, mlpBias bool
	attentionNamed         bool                // attention_bias has a say
	mlpNamed               bool                // mlp_bias has
	outBias                func(c config) bool // of the projection behind attention

	prefix                           string
	tokens, positions, final, output string
	layer, attnNorm, mlpNorm         string
	attention                        func(l *loader, name string, c config) (q, k, v linear)
	out, gate, up, down              string
	fusedGate                        string // gate above up in one matrix
	transposed                       bool   // [in, out]
}

var llamaArchitecture = architecture{
	rotates: true, gated: true, attentionNamed: true, mlpNamed: true, epsilon: "1e-6", activation: "silu", turns: "1",
	outBias: func(c config) bool { return c.attentionBias },
	prefix:  "model.", tokens: "embed_tokens.weight", final: "norm", output: "lm_head.weight",
	layer: "layers.%d.", attnNorm: "input_layernorm", mlpNorm: "post_attention_layernorm",
	attention: separate, out: "self_attn.o_proj", gate: "mlp.gate_proj", up: "mlp.up_proj", down: "mlp.down_proj",
}

func llamaWith(change func(a *architecture)) architecture {
	a := llamaArchitecture
	change(&a)
	return a
}

// architectures are written from the papers and the model cards: GPT-2 (Radford et
// al., 2019), GPT-NeoX-20B (Black et al., 2022, section 2), Llama 2 (Touvron et al.,
// 2023, section 2.2), Mistral 7B (Jiang et al., 2023, section 2), Phi-3 (Abdin et al.,
// 2024, section 2), Qwen2 (Yang et al., 2024, section 2.2.1), Qwen3 (Yang et al.,
// 2025, section 2). Names and defaults are those of Hugging Face transformers.
var architectures = map[string]architecture{
	"gpt2": {
		layerNorm: true, epsilon: "1e-05", activation: "gelu_new", tied: true, attentionBias: true, mlpBias: true,
		outBias: func(config) bool { return true }, transposed: true,
		prefix: "transformer.", tokens: "wte.weight", positions: "wpe.weight", final: "ln_f", output: "lm_head.weight",
		layer: "h.%d.", attnNorm: "ln_1", mlpNorm: "ln_2",
		attention: stacked("attn.c_attn"), out: "attn.c_proj", up: "mlp.c_fc", down: "mlp.c_proj",
	},
	"gpt_neox": {
		layerNorm: true, rotates: true, epsilon: "1e-05", activation: "gelu", turns: "0.25", attentionBias: true, mlpBias: true, attentionNamed: true,
		outBias: func(c config) bool { return c.attentionBias },
		prefix:  "gpt_neox.", tokens: "embed_in.weight", final: "final_layer_norm", output: "embed_out.weight",
		layer: "layers.%d.", attnNorm: "input_layernorm", mlpNorm: "post_attention_layernorm",
		attention: headByHead("attention.query_key_value"), out: "attention.dense", up: "mlp.dense_h_to_4h", down: "mlp.dense_4h_to_h",
	},
	"llama":   llamaArchitecture,
	"mistral": llamaWith(func(a *architecture) { a.window, a.attentionNamed, a.mlpNamed, a.outBias = 4096, false, false, never }),
	"phi3": llamaWith(func(a *architecture) {
		a.epsilon, a.attentionNamed, a.mlpNamed, a.outBias = "1e-5", false, false, never
		a.attention, a.fusedGate = stacked("self_attn.qkv_proj"), "mlp.gate_up_proj"
	}),
	"qwen2": llamaWith(func(a *architecture) {
		a.attentionBias, a.attentionNamed, a.mlpNamed, a.outBias = true, false, false, never
		a.windowOptional, a.window = true, 4096
	}),
	"qwen3": llamaWith(func(a *architecture) {
		a.normsQK, a.mlpNamed, a.head = true, false, 128
		a.windowOptional, a.window = true, 4096
	}),
}

func never(config) bool { return false }

// separate reads a projection each.
func separate(l *loader, name string, c config) (q, k, v linear) {
	name += "self_attn."
	bias := c.attentionBias
	return l.linear(name+"q_proj", c.Width, c.Heads*c.Head, bias),
		l.linear(name+"k_proj", c.Width, c.KVHeads*c.Head, bias),
		l.linear(name+"v_proj", c.Width, c.KVHeads*c.Head, bias)
}

// stacked reads one projection: all queries above all keys above all values.
func stacked(tensor string) func(*loader, string, config) (q, k, v linear) {
	return func(l *loader, name string, c config) (q, k, v linear) {
		queries, keys := c.Heads*c.Head, c.KVHeads*c.Head
		all := l.linear(name+tensor, c.Width, queries+2*keys, c.attentionBias)
		if l.err != nil {
			return
		}
		return all.part(0, queries), all.part(queries, queries+keys), all.part(queries+keys, queries+2*keys)
	}
}

// headByHead reads one projection: query, key and value of the first head, of the
// second, and so on.
func headByHead(tensor string) func(*loader, string, config) (q, k, v linear) {
	return func(l *loader, name string, c config) (q, k, v linear) {
		all := l.linear(name+tensor, c.Width, 3*c.Heads*c.Head, c.attentionBias)
		for h := 0; h < c.Heads && l.err == nil; h++ {
			at := 3 * h * c.Head
			q = q.join(all.part(at, at+c.Head))
			k = k.join(all.part(at+c.Head, at+2*c.Head))
			v = v.join(all.part(at+2*c.Head, at+3*c.Head))
		}
		return q, k, v
	}
}

// layerName returns what the names of layer i begin with.
func (a architecture) layerName(i int) string { return fmt.Sprintf(a.layer, i) }
