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
// What that costs. An all-reduce of products is a reduce-scatter, in which the owner of
// an element joins the ranks' nodes of it in the order of the tree, and an all-gather.
// With 2, 4 or 8 ranks on the shapes of real models a rank has one node and sends
// 2(p-1)/p of the numbers, as in a ring. Where the shards are ragged it sends the nodes
// of its cover; this many times what a ring sends, the rank that sends most and, after
// the stroke, the average:
//
//	ranks                   3           5           6           7
//	gpt2-medium, down       3.5 / 2.67  3.5 / 2.60  3.0 / 2.33  3.5 / 2.50
//	Llama-2-7B, out         2.5 / 2.00  2.0 / 1.80  2.0 / 1.67  2.0 / 1.64
//	Llama-2-7B, down        3.5 / 2.67  4.0 / 3.10  3.0 / 2.33  4.5 / 3.14
//	Qwen2-7B, down          4.5 / 3.17  4.5 / 3.70  3.5 / 2.83  4.5 / 3.00
//
// Nodes of pairs, and of float64 for float32, are twice as large; bins and exact sums are
// larger still. Within a process
// nothing travels: ranks read each other's nodes where they lie. A rank that waits asks
// for 50 microseconds, letting other goroutines run, then sleeps on a channel.
//
// Run starts the ranks, goroutines of this process; in a World they are processes,
// connected by a Transport such as package mpi's. They work together through
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
