// Package tp runs a model on several ranks (tensor parallelism) without changing
// the bits of its results.
//
// Its one idea: a rank hands on nodes of the summation tree, not a sum. The tree
// belongs to the whole contraction; a rank that holds some of its terms evaluates
// the nodes that those terms make up (gemm.Partial), sends them unrounded, and
// whoever joins the ranks' nodes gets the value that one rank would have computed.
// A cut in the middle of the tree costs some more nodes a rank, not other bits. In
// the orders that depend on cuts each rank finishes its part, and the parts are
// folded by rank number.
//
// Run starts the ranks, goroutines of this process. They work together through
// collectives: Barrier, Broadcast, AllGather, ReduceScatter, AllReduce and, for
// products, AllReducePartial. Cut says what each rank owns. ColumnParallel,
// RowParallel and Embedding are the layers of Megatron-LM (Shoeybi et al., 2019,
// "Megatron-LM: training multi-billion parameter language models using model
// parallelism", section 3): each rank holds a share of the weights, does that
// share of the multiplications and reduces a share of the elements.
//
// A rank that fails, panics, leaves, stays silent or takes part in another
// collective than the others ends the group with a *RankError that names it. Known
// ways to get tensor parallelism wrong are there on purpose: see Fault.
package tp
