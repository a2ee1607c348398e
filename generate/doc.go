// Package generate continues a sequence of tokens by a model, greedily or by
// sampling, so that a sample, too, is the same bits everywhere.
//
// Its one idea: chance is a function. What is drawn for a token depends on the seed,
// the number of the sequence and the position of the token in it, and on nothing
// else: a counter-based generator (Philox4x32-10) has no state that a batch, a chunk
// or a pause could disturb. Weights are sums in one fixed order of exponentials whose
// bits are those of package elementary, equal logits go by the lower id, so that the
// same logits give the same token on every machine. SPEC.md, section 13, says it to
// the bit.
//
// Run continues a session of package model. A Sampler alone serves other models.
package generate
