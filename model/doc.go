// Package model runs transformers so that their logits are the same bits for any
// number of ranks and threads, and for any cutting of a sequence into calls.
//
// Its one idea: every number of a transformer is one expression of global indices,
// and a run only decides who evaluates it when. Products with weights are summed
// along the tree of their whole inner dimension, of which a rank holds nodes
// (package tp). Sums over keys follow the position of the key in its sequence; a
// masked key is absent, not multiplied by zero, so that a prompt at once, a chunk
// and a single token against cached keys are the same expression. The equations
// stand in the source where they are computed: forward.go, attention.go, rope.go, and
// elementary.LayerNorm, RMSNorm, Softmax and GELU.
//
// A family is a description: what it computes (Config), and where its weights lie.
// gpt2.go, gptneox.go, llama.go, phi3.go and qwen.go hold one or two each; loading
// and the forward pass know none of them.
//
// Load reads a model from a Hugging Face folder and checks its shapes. New divides
// the weights among ranks, each of which reads its own. A Session is a sequence that grows; Logits and
// Trace run a whole one, Trace with every intermediate stage. A fault of package
// tp can be built in, to see what it looks like beside rounding.
package model
