// Package model runs transformers so that their logits are the same bits for any
// number of ranks and threads, and for any cutting of a sequence into calls.
//
// Its one idea: every number of a transformer is one expression of global indices,
// and a run only decides who evaluates it when. Products with weights are summed
// along the tree of their whole inner dimension, of which a rank holds nodes
// (package tp). Sums over keys follow the position of the key in its sequence; a
// masked key is absent, not multiplied by zero, so that a prompt at once, a chunk
// and a single token against cached keys are the same expression. The equations
// stand in the source where they are computed: forward.go, attention.go, and
// elementary.LayerNorm, Softmax and GELU.
//
// Load reads the GPT-2 family from a Hugging Face folder and checks all of it. New
// divides the weights among ranks. A Session is a sequence that grows; Logits and
// Trace run a whole one, Trace with every intermediate stage. A fault of package
// tp can be built in, to see what it looks like beside rounding.
package model
