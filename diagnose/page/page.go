// Package page writes a diagnosis as one self-contained HTML page, to be attached to a
// bug report: the verdict in one sentence, the error's path through the layers, a map
// of the first faulty stage, what explains it, and how to reproduce it. The page loads
// nothing, runs nothing and forbids both; it holds the report as JSON, too.
package page

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/samebits/samebits/diagnose"
)

//go:embed page.html
var html string

//go:embed page.css
var css string

var document = template.Must(template.New("page").Funcs(template.FuncMap{
	"number": diagnose.Size, "share": diagnose.Share, "meaning": meaning, "tone": tone, "mark": mark, "index": index, "bar": bar, "ulps": ulps, "minus": func(n diagnose.Number) string { return diagnose.Size(max(0, 1-n)) },
}).Parse(html))

// Options are what a report does not say.
type Options struct {
	Command string // that made it, to reproduce it
	Version string // of samebits
}

// Write writes the page.
func Write(w io.Writer, r *diagnose.Report, o Options) error {
	heat, err := drawHeat(r.Heat)
	if err != nil {
		return err
	}
	return document.Execute(w, view{
		Report: r, Options: o, CSS: template.CSS(css), Plot: newPlot(r), HeatMap: heat, Near: near(r), Counts: counts(r), Finding: finding(r), Pair: slices.ContainsFunc(r.Stages, func(s diagnose.Stage) bool { return s.Pair != nil }),
	})
}

// view is what the template shows.
type view struct {
	*diagnose.Report
	Options
	CSS     template.CSS
	Plot    *plot
	HeatMap *heatMap
	Near    []diagnose.Stage // the few that are shown first
	Counts  []count
	Finding *diagnose.Stage
	Pair    bool // traces were compared
}

// finding returns the stage that earns the verdict, or nil.
func finding(r *diagnose.Report) *diagnose.Stage {
	if r.Stage == nil {
		return nil
	}
	if i := slices.IndexFunc(r.Stages, func(s diagnose.Stage) bool { return s.Name == *r.Stage }); i >= 0 {
		return &r.Stages[i]
	}
	return nil
}

// near returns the few stages about the one that earns the verdict or, where none does,
// those that use most of their bounds; none where all are few.
func near(r *diagnose.Report) []diagnose.Stage {
	if len(r.Stages) < 9 {
		return nil
	}
	if r.Stage != nil {
		i := slices.IndexFunc(r.Stages, func(s diagnose.Stage) bool { return s.Name == *r.Stage })
		if i < 0 {
			return nil
		}
		return r.Stages[max(0, i-3):min(len(r.Stages), i+3)]
	}
	shares := slices.Clone(r.Stages)
	slices.SortStableFunc(shares, func(a, b diagnose.Stage) int { return cmp.Compare(b.Fraction, a.Fraction) })
	return shares[:6]
}

// count is how many stages have a verdict.
type count struct {
	Verdict diagnose.Verdict
	N       int
}

func counts(r *diagnose.Report) []count {
	var all []count
	for _, s := range r.Stages {
		i := slices.IndexFunc(all, func(c count) bool { return c.Verdict == s.Verdict })
		if i < 0 {
			i, all = len(all), append(all, count{Verdict: s.Verdict})
		}
		all[i].N++
	}
	return all
}

// bar is the width, in percent, of a bar that shows a share on a log scale from 1e-3:
// half for the bound, all for 1000 times the bound.
func bar(n diagnose.Number) float64 {
	f := float64(n)
	if !(f > 0) {
		return 0
	}
	return math.Round(math.Max(2, math.Min(100, 50+50*math.Log10(f)/3)))
}

// segment is a part of a histogram of differences.
type segment struct {
	Percent float64
	Class   string
	Title   string
}

// ulps is the histogram of a stage's differences, in ulps.
func ulps(p *diagnose.Pair) []segment {
	if p == nil || p.Same {
		return nil
	}
	total := 0
	for _, b := range p.ULPs {
		total += b.Count
	}
	var all []segment
	for _, b := range p.ULPs {
		top, class := float64(b.UpTo), "u4"
		for i, end := range []float64{0, 1, 8, 4096} {
			if top <= end {
				class = fmt.Sprintf("u%d", i)
				break
			}
		}
		title := fmt.Sprintf("%d of %d within %g ulps", b.Count, total, top)
		if math.IsInf(top, 1) {
			title = fmt.Sprintf("%d of %d further apart", b.Count, total)
		}
		all = append(all, segment{math.Round(1000*float64(b.Count)/float64(total)) / 10, class, title})
	}
	return all
}

func index(i []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(i), "[]"), " ", ", ")
}

// tone groups verdicts for colour.
func tone(v diagnose.Verdict) string {
	switch v {
	case diagnose.Fault, diagnose.Nondeterministic:
		return "bad"
	case diagnose.ReducedPrecision, diagnose.IllConditioned, diagnose.DifferentInputs:
		return "warn"
	case diagnose.Undecided:
		return "open"
	}
	return "good"
}

// mark is a sign for a verdict, so that colour is not all that tells.
func mark(v diagnose.Verdict) string {
	return map[string]string{"bad": "✕", "warn": "!", "open": "?", "good": "✓"}[tone(v)]
}

// meaning explains a verdict.
func meaning(v diagnose.Verdict) string {
	switch v {
	case diagnose.SameBits:
		return "Every number has the same bits."
	case diagnose.Rounding:
		return "Every stage is within what the declared arithmetic can do, given its own recorded inputs. Nothing is wrong."
	case diagnose.ReducedPrecision:
		return "The error is that of an arithmetic coarser than the declared one: no mistake in the mathematics, but not the precision that was asked for."
	case diagnose.Fault:
		return "No rounding of the declared arithmetic explains the stage, given its own recorded inputs. Look for a mistake there, not for more precision."
	case diagnose.IllConditioned:
		return "Each stage does what it should, but together they magnify rounding until few digits are left."
	case diagnose.Nondeterministic:
		return "The same computation gave different bits in different runs."
	case diagnose.DifferentInputs:
		return "The traces are not of the same input, so that there is nothing to compare."
	}
	return "What was recorded does not tell rounding from a small fault. More tokens, the weights of the model or a float64 trace would."
}
