// Package diagnose says of the stages of a transformer's run whether rounding
// explains them, reduced precision does, or nothing but a fault, and which stage is
// the first that rounding cannot explain.
//
// Its one idea: a stage is judged from its own recorded inputs, so that what it
// inherits from the stages before it drops out, and by two kinds of evidence that are
// kept apart. Proof is a worst-case bound of the declared arithmetic, for any order of
// summation, with FMA or without: beyond it lies no rounding. Statistics are bounds
// of order sqrt(n) that rounding errors exceed with a stated probability (Higham and
// Mary, 2019, "A new approach to probabilistic rounding error analysis"), and tests
// for what rounding does not have: a common factor, an offset, a direction.
//
// Replay does this with the weights of the model. With them a cause can be named, too:
// hypotheses are replayed, and a hint is given only where one explains what was
// recorded. Package pair compares traces without weights.
//
// # What rounding is
//
// The arithmetic is what the trace declares. Of f32 and f64 all operations round to that
// format. Of bf16 and f16 element by element operations do, and results of sums, while
// sums are accumulated in float32; a run in which most stages show sums accumulated in
// the narrow format is judged by that. Functions may be wrong by 4 ulp. The derivations
// stand in the source, with each operation: linear.go, norm.go, rope.go, attention.go,
// activation.go. arithmetic.go has the constants, systematic.go the tests, dependence.go
// what they assume.
//
// A lower precision is a verdict where its unit roundoff explains the whole stage, and
// all of it alike: errors that only one head or one rank has are a fault, however small
// (uniform.go).
//
// # Missing stages
//
// A trace may lack stages. Those are replayed, with the errors that the run may have made
// in them, and the next recorded stage answers for all: its bound is wider, and tests for
// systematic errors, which need independent errors, are left out.
//
// # What it cannot see
//
// A fault below the rounding of its stage. CORPUS.md lists those of some thousand
// faults for which this is so, with the figures; most are a wrong epsilon in the norm of
// numbers much larger than it.
package diagnose
