package pair

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/samebits/samebits/diagnose"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/internal/spec"
	"github.com/samebits/samebits/trace"
)

// Run is a trace and where it came from.
type Run struct {
	File  string
	Trace *trace.Trace
}

// Options say what is known of the traces.
type Options struct {
	// Runs: they are runs of one thing, which should give the same bits.
	Runs bool
}

// Compare compares two or more traces of one computation. The first is what the
// others are compared with; the report is that of the one that differs most gravely,
// and its notes name the others. The cost is that of the comparison, and of one
// replay of the stages without weights: tokens^2 times the width a layer.
//
// It is an error if there are fewer than two traces, if they have no stage in common,
// or if shapes contradict each other or the number of ids.
func Compare(runs []Run, o Options) (*diagnose.Report, error) {
	if len(runs) < 2 {
		return nil, fmt.Errorf("%s: want two or more to compare", plural.Of(len(runs), "trace"))
	}
	all := make([]*run, len(runs))
	for i, r := range runs {
		var err error
		if all[i], err = newRun(r); err != nil {
			return nil, err
		}
		all[i].id = i
	}
	report := &diagnose.Report{Hints: []diagnose.Hint{}, Notes: []diagnose.Note{}, Stages: []diagnose.Stage{}, Spec: spec.Version}
	for _, r := range all {
		report.Runs = append(report.Runs, r.describe())
	}
	if differentInputs(report, all) {
		return report, nil
	}
	comparisons := make([]*comparison, 0, len(all)-1)
	for _, b := range all[1:] {
		c, err := compare(all[0], b)
		if err != nil {
			return nil, err
		}
		comparisons = append(comparisons, c)
	}
	conclude(report, all, comparisons, o)
	return report, nil
}

func (r *run) describe() diagnose.Run {
	return diagnose.Run{File: r.file, Model: r.trace.Model, DType: r.dtype, TP: r.trace.TP, Device: r.trace.Device, Tokens: r.tokens}
}

// differentInputs reports traces of other tokens.
func differentInputs(report *diagnose.Report, all []*run) bool {
	a := all[0]
	for _, b := range all[1:] {
		what := ""
		switch {
		case a.tokens != b.tokens:
			what = fmt.Sprintf("%s has %s, %s has %d", a.file, plural.Of(a.tokens, "token"), b.file, b.tokens)
		case a.trace.IDs != nil && b.trace.IDs != nil && !slices.Equal(a.trace.IDs, b.trace.IDs):
			for t, id := range a.trace.IDs {
				if other := b.trace.IDs[t]; what == "" && id != other {
					what = fmt.Sprintf("at position %d, %s has the id %d, %s has %d", t, a.file, id, b.file, other)
				}
			}
		default:
			continue
		}
		report.Verdict = diagnose.DifferentInputs
		report.Sentence = fmt.Sprintf("These are traces of different inputs: %s.", what)
		report.Notes = append(report.Notes, otherModel(a, b)...)
		return true
	}
	return false
}

// comparison is one trace beside the first.
type comparison struct {
	a, b    *run
	stages  []judged
	missing []string // stages that only one has
}

func compare(a, b *run) (*comparison, error) {
	first, second := *a, *b
	a, b = &first, &second
	a.other, b.other = b, a
	c := &comparison{a: a, b: b}
	before := 0.0
	for _, s := range a.trace.Stages {
		other, ok := b.stages[s.Name]
		if !ok {
			c.missing = append(c.missing, s.Name)
			continue
		}
		if !slices.Equal(s.Shape, other.Shape) {
			return nil, fmt.Errorf("stage %q has shape %v in %s and %v in %s: want traces of one model", s.Name, s.Shape, a.file, other.Shape, b.file)
		}
		j := judge(s.Name, a, b)
		if before > 0 && j.relative > 0 {
			j.pair.Growth = diagnose.Number(j.relative / before)
			j.Stage.Pair.Growth = j.pair.Growth
		}
		before = j.relative
		c.stages = append(c.stages, j)
	}
	for _, s := range b.trace.Stages {
		if !a.has(s.Name) {
			c.missing = append(c.missing, s.Name)
		}
	}
	if len(c.stages) == 0 {
		return nil, fmt.Errorf("%s and %s have no stage in common: rename those of one by a mapping file", a.file, b.file)
	}
	return c, nil
}

// first returns the first stage of that verdict.
func (c *comparison) first(verdicts ...diagnose.Verdict) *judged {
	for i, s := range c.stages {
		if slices.Contains(verdicts, s.Verdict) {
			return &c.stages[i]
		}
	}
	return nil
}

// differing returns the first stage whose bits differ.
func (c *comparison) differing() *judged {
	for i, s := range c.stages {
		if !s.pair.Same {
			return &c.stages[i]
		}
	}
	return nil
}

// gravity orders verdicts, the gravest last.
var gravity = []diagnose.Verdict{
	diagnose.SameBits, diagnose.Rounding, diagnose.IllConditioned, diagnose.Undecided, diagnose.ReducedPrecision, diagnose.DifferentInputs, diagnose.Fault,
}

// conclude fills in the verdict: that of the gravest comparison, of the precision test
// where there is one, and of the runs.
func conclude(report *diagnose.Report, all []*run, comparisons []*comparison, o Options) {
	outcomes := make([]outcome, len(comparisons))
	test := precisionTest(all)
	for i, c := range comparisons {
		outcomes[i] = test.apply(c, c.outcome())
	}
	worst := 0
	for i := range outcomes {
		if slices.Index(gravity, outcomes[i].verdict) > slices.Index(gravity, outcomes[worst].verdict) {
			worst = i
		}
	}
	c, found := comparisons[worst], outcomes[worst]
	if o.Runs {
		found = nondeterministic(comparisons, found)
	}
	report.Verdict, report.Sentence = found.verdict, found.sentence
	if found.stage != "" {
		report.Stage = &found.stage
	}
	for _, s := range c.stages {
		report.Stages = append(report.Stages, s.Stage)
	}
	report.Notes = append(report.Notes, c.notes()...)
	report.Notes = append(report.Notes, test.notes...)
	for i, other := range outcomes {
		if i != worst {
			report.Notes = append(report.Notes, diagnose.Note(fmt.Sprintf("%s beside %s: %s", comparisons[i].b.file, c.a.file, other.sentence)))
		}
	}
	if len(outcomes) > 1 {
		report.Notes = append(report.Notes, diagnose.Note(fmt.Sprintf("the stages are those of %s beside %s", c.b.file, c.a.file)))
	}
	if s := c.find(found.stage); s != nil && s.Verdict != diagnose.SameBits {
		report.Hints = append(report.Hints, c.hints(s)...)
		report.Heat = s.heat(c.a)
	}
}

// find returns the stage of that name, or nil.
func (c *comparison) find(stage string) *judged {
	i := slices.IndexFunc(c.stages, func(s judged) bool { return s.Name == stage })
	if i < 0 {
		return nil
	}
	return &c.stages[i]
}

// few tokens determine no weights well enough to tell a fault from rounding.
const few = 8

// notes are remarks on what was and was not compared.
func (c *comparison) notes() []diagnose.Note {
	var notes []diagnose.Note
	if s := c.differing(); s != nil {
		notes = append(notes, diagnose.Note(fmt.Sprintf("the first stage that differs at all is %s, by %.3g", s.Name, float64(s.pair.MaxAbs))))
	}
	if n := len(c.missing); n > 0 {
		notes = append(notes, diagnose.Note(fmt.Sprintf("%d stages are in one trace only and were not compared: %s", n, list(c.missing))))
	}
	for _, r := range []*run{c.a, c.b} {
		if r.trace.DType == "" {
			notes = append(notes, diagnose.Note(fmt.Sprintf("%s declares no arithmetic: %s was taken, the narrowest format that holds its values", r.file, r.dtype)))
		}
		if r.trace.IDs == nil {
			notes = append(notes, diagnose.Note(fmt.Sprintf("%s has no ids: whether the inputs agree is seen from the embedding alone", r.file)))
		}
	}
	if n := c.a.tokens; n < few {
		notes = append(notes, diagnose.Note(fmt.Sprintf("%d tokens say little of weights that are not known: record %d or more", n, few)))
	}
	return append(notes, otherModel(c.a, c.b)...)
}

// otherModel remarks on models of other names.
func otherModel(a, b *run) []diagnose.Note {
	if a, b := a.trace.Model, b.trace.Model; a != "" && b != "" && a != b {
		return []diagnose.Note{diagnose.Note(fmt.Sprintf("the traces name different models, %s and %s", a, b))}
	}
	return nil
}

// list names the first few.
func list(names []string) string {
	const most = 6
	text := ""
	for i, name := range names[:min(most, len(names))] {
		if i > 0 {
			text += ", "
		}
		text += name
	}
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return cmp.Or(text, "none")
}
