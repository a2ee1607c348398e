// Package pair compares traces of one computation without the model's weights: same
// bits, rounding, reduced precision, a fault and at which stage, or undecided.
//
// Its one idea: what a stage inherits from the stages before it is taken out before
// the stage is judged, though the weights are not known. A stage y = f(x) of runs A
// and B leaves the residual
//
//	r = (y_B - f(x_B)) - (y_A - f(x_A))
//
// in which the difference of the inputs has dropped out. There are three kinds of
// stages.
//
//   - Known maps need no weights: sums of the residual stream, scores, softmax,
//     context, activations. They are replayed in float64 from the recorded inputs, or
//     from those before them where a stage is missing. Norms have weights, but few: a
//     factor and an offset a column, which the rows of A determine. Here r is bounded
//     by the worst case of the two arithmetics, whatever their order of summation
//     (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3.1
//     and 4.2, with the magnitudes of the recorded values): beyond the bound is proof.
//   - Rotary embeddings turn pairs of numbers by angles that are not known but equal
//     in both runs: r = y_B - y_A is no longer than x_B - x_A, and rounding. Proof, too.
//   - Products with weights: r = y_B - y_A = (x_B - x_A)*W + rounding. By
//     Cauchy-Schwarz the first is at most |x_B - x_A|*|W_j| in column j. Rounding is
//     what independent errors of n steps leave (Higham and Mary, 2019, A new approach to
//     probabilistic rounding error analysis): the partial sums of a product wander as
//     far as |x|*|W_j|/sqrt(n)*sqrt(k) and drift to y, so that the standard deviation
//     is below u*(|x|*|W_j| + sqrt(n)*|y_j|), of which there are to be seven. |W_j| is
//     estimated from the tokens of A: y_t - y_s = (x_t - x_s)*W, so sqrt(n)*|y_tj -
//     y_sj| / |x_t - x_s| is |W_j| times a number that, for a direction that has nothing
//     to do with W_j, is about standard normal. That the largest of T-1 independent ones
//     is below e has the probability (0.8*e)^(T-1); the estimate is raised so that this
//     is 1e-12. What goes beyond is a fault by statistics. What stays within seven
//     standard deviations of differences in random directions is within rounding; what
//     lies between is undecided.
//
// A map that explains neither run is not this model's: such a stage is judged as a
// product of its inputs. Residuals are also tested for what rounding does not have, a
// factor common to all rows of a norm.
//
// The unit roundoffs are those of the declared arithmetics: 2^-53, 2^-24, 2^-11 for
// f16 and 2^-8 for bf16.
package pair
