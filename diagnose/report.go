package diagnose

import "github.com/samebits/samebits/internal/jsonfloat"

// Verdict is what a diagnosis says, of a run or of one of its stages.
type Verdict string

// The verdicts of a run. SameBits, IllConditioned, Nondeterministic and
// DifferentInputs come from comparing traces alone.
const (
	SameBits         Verdict = "same bits"
	Rounding         Verdict = "rounding"
	ReducedPrecision Verdict = "reduced precision" // of a stage, too
	Fault            Verdict = "fault"             // of a stage, too
	IllConditioned   Verdict = "ill-conditioned"
	Nondeterministic Verdict = "nondeterministic"
	DifferentInputs  Verdict = "different inputs"
	Undecided        Verdict = "undecided" // of a stage, too
)

// The verdicts of a stage, besides.
const (
	// Exact: every recorded value is the true value of the stage, given its recorded
	// inputs, rounded once to the declared format.
	Exact Verdict = "exact"
	// WithinRounding: the declared arithmetic explains every recorded value.
	WithinRounding Verdict = "within rounding"
)

// Evidence is the kind of argument behind a verdict of fault or reduced precision.
type Evidence string

// The kinds of evidence.
const (
	// Proof: no run of the declared arithmetic gives these values, whatever its order
	// of summation.
	Proof Evidence = "proof"
	// Statistics: rounding gives these values with less than the stated probability.
	Statistics Evidence = "statistics"
)

// Number is a float64 that survives JSON: infinities and NaN become the strings
// "Infinity", "-Infinity" and "NaN".
type Number = jsonfloat.Number

// Report is a diagnosis. Its JSON names are stable.
type Report struct {
	Verdict  Verdict `json:"verdict"`
	Stage    *string `json:"stage"`    // the first stage that earns the verdict, or null
	Sentence string  `json:"sentence"` // the verdict in one sentence, for people
	Runs     []Run   `json:"runs"`     // what was diagnosed: one trace, or those compared
	Stages   []Stage `json:"stages"`   // in the order of execution
	Hints    []Hint  `json:"hints"`    // what explains the first faulty stage, best first; never null
	Notes    []Note  `json:"notes"`    // of the run as a whole, such as missing stages; never null
	Heat     *Heat   `json:"heat,omitempty"`
	Spec     int     `json:"spec"` // version of SPEC.md
}

// Run describes a trace.
type Run struct {
	File   string `json:"file"`
	Model  string `json:"model"`
	DType  string `json:"dtype"` // the arithmetic that it declares
	TP     int    `json:"tp"`    // 0 where the trace does not say
	Device string `json:"device"`
	Tokens int    `json:"tokens"`
}

// Note is a remark about the run.
type Note string

// Stage is what is known of one stage.
type Stage struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	// Error is the largest absolute error of a recorded value: its distance from the
	// replayed one (with weights), or what is left of its distance from the other
	// trace's without what it inherits, at the value that uses most of its bound. Bound
	// is what rounding allows at the value that uses most of its bound, and Fraction that
	// largest share: up to 1 is within rounding.
	Error    Number `json:"error"`
	Bound    Number `json:"bound"`
	Fraction Number `json:"fraction"`
	Index    []int  `json:"index"` // of the value with that largest share

	Evidence    Evidence `json:"evidence,omitempty"`    // of a finding
	Reason      string   `json:"reason,omitempty"`      // of a finding, in words
	Precision   string   `json:"precision,omitempty"`   // tf32, bf16, f16: what explains reduced precision
	Probability Number   `json:"probability,omitempty"` // that rounding fails the statistics, by chance: an upper bound

	// Size is the largest absolute recorded value, by which Error can be judged.
	Size Number `json:"size"`
	// Statistical is the share of the probabilistic bound that the worst value uses.
	Statistical Number `json:"statistical,omitempty"`
	// Inputs are the recorded stages that it was replayed from. Bridged are the stages
	// between, which the trace lacks.
	Inputs  []string `json:"inputs,omitempty"`
	Bridged []string `json:"bridged,omitempty"`
	// Tests are the tests for systematic errors.
	Tests []Test `json:"tests,omitempty"`

	Pair *Pair `json:"pair,omitempty"` // where traces are compared
}

// Test is one test for a systematic error: the size of an effect in the residuals of a
// stage, and the largest that rounding leaves but for the stage's Probability.
type Test struct {
	Name   string `json:"name"` // "common factor", "offset", "epsilon", "energy" ...
	Effect Number `json:"effect"`
	Limit  Number `json:"limit"`
	Failed bool   `json:"failed"`
}

// Hint is a cause that explains a faulty stage: replayed with it, the stage gives the
// recorded values.
type Hint struct {
	Stage string `json:"stage"`
	// Cause is a short stable name, such as "bias" or "rope-style"; Text says it in
	// words with the numbers found, such as "the bias is added 6 times".
	Cause string `json:"cause"`
	Text  string `json:"text"`
	// Complete: with this cause all values of the stage are within its bounds. Else it
	// is a part of the explanation, such as where the wrong values are.
	Complete bool `json:"complete"`
	// Before and After are the largest share of the bound that a value uses, without
	// and with the cause.
	Before Number `json:"before"`
	After  Number `json:"after"`
	How    string `json:"how"` // what was replayed, in words
}

// Pair is how a stage differs between two traces.
type Pair struct {
	Same   bool     `json:"same"` // all bits are equal
	MaxAbs Number   `json:"max_abs"`
	MaxRel Number   `json:"max_rel"`
	ULPs   []Bucket `json:"ulps"`   // histogram of differences in ulps of the coarser format
	Cosine Number   `json:"cosine"` // of the angle between the two
	Growth Number   `json:"growth"` // of the relative difference, from the stage before
}

// Bucket counts the values whose difference is at most UpTo ulps, and more than the
// bucket before it allows.
type Bucket struct {
	UpTo  Number `json:"up_to"`
	Count int    `json:"count"`
}

// Heat is a map of a stage: for each cell the largest share of its bound that a value
// uses. Rows are tokens (of scores and probs: heads and tokens), columns what the stage
// holds of one. Where there are more than 128 of either, a cell stands for a block.
type Heat struct {
	Stage   string     `json:"stage"`
	Rows    int        `json:"rows"` // of the stage, before cells were joined
	Columns int        `json:"columns"`
	Cells   [][]Number `json:"cells"`
}
