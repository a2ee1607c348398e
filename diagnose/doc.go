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
// Weights does this with the weights of the model. Two traces can be compared without.
package diagnose
