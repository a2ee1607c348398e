package page_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/samebits/samebits/diagnose"
	"github.com/samebits/samebits/diagnose/page"
	"github.com/stretchr/testify/require"
)

// report is a diagnosis of that many layers with a fault at one of them.
func report(layers int) *diagnose.Report {
	stage := fmt.Sprintf("layers.%d.mlp.down", layers/2)
	r := &diagnose.Report{
		Verdict: diagnose.Fault, Stage: &stage, Sentence: "A fault at " + stage + " <b>&amp; no markup</b>.", Spec: 2,
		Runs:  []diagnose.Run{{File: "a/rather/long/path/to/the/reference.safetensors", Model: "gpt2", DType: "f32", TP: 1, Device: "cpu", Tokens: 12}},
		Hints: []diagnose.Hint{{Stage: stage, Cause: "bias", Text: "the bias is added 6 times", Complete: true, Before: 11488, After: 0.01, How: "the stage with each multiple"}},
		Notes: []diagnose.Note{"a note"},
		Heat:  &diagnose.Heat{Stage: stage, Rows: 12, Columns: 300},
	}
	for i := range layers {
		for k, name := range []string{"attn_norm", "attn.q", "attn.out", "attn_residual", "mlp.act", "mlp.down", "output"} {
			s := diagnose.Stage{Name: fmt.Sprintf("layers.%d.%s", i, name), Verdict: diagnose.WithinRounding, Fraction: 0.03, Bound: diagnose.Number(1e-6 * float64(k+1)), Error: 3e-8}
			if s.Name == stage {
				s.Verdict, s.Fraction, s.Error, s.Evidence, s.Index = diagnose.Fault, 11488, 1.2, diagnose.Proof, []int{3, 7}
				s.Reason = "a value is wrong by far more than any order of the declared arithmetic can do"
			}
			r.Stages = append(r.Stages, s)
		}
	}
	for i := range 12 {
		line := make([]diagnose.Number, 100)
		for j := range line {
			line[j] = diagnose.Number(math.Pow(10, float64(i+j)/10-4))
		}
		r.Heat.Cells = append(r.Heat.Cells, line)
	}
	return r
}

func write(t *testing.T, r *diagnose.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, page.Write(&b, r, page.Options{Command: "samebits diagnose 'a b.npz' --html out.html", Version: "0.1.0"}))
	return b.String()
}

func TestPageSaysAll(t *testing.T) {
	r := report(3)
	html := write(t, r)
	for _, part := range []string{
		"A fault at layers.1.mlp.down &lt;b&gt;&amp;amp; no markup&lt;/b&gt;.", "<title>fault at layers.1.mlp.down", "the bias is added 6 times",
		"11488 times", "[3, 7]", "proof", "a note", "samebits diagnose &#39;a b.npz&#39; --html out.html", "reference.safetensors", "SPEC.md version 2", "20 stages",
	} {
		require.Contains(t, html, part)
	}
	// Nothing is loaded from anywhere and nothing runs.
	require.NotRegexp(t, `(?i)(src|href)="?(https?:)?//|@import|url\(|<script(>| [^t])|onload=`, html)
	require.Contains(t, html, "default-src 'none'")

	data := regexp.MustCompile(`(?s)<script type="application/json" id="report">(.*)</script>`).FindStringSubmatch(html)
	var again diagnose.Report
	require.NoError(t, json.Unmarshal([]byte(data[1]), &again))
	require.Equal(t, *r, again)
}

// Reports of every kind make a page: without stages, with values that are not finite,
// with errors that are 0.
func TestPageOfAnyReport(t *testing.T) {
	inf := diagnose.Number(math.Inf(1))
	stage := "logits"
	for _, r := range []*diagnose.Report{
		{Verdict: diagnose.DifferentInputs, Sentence: "Other ids."},
		{Verdict: diagnose.SameBits, Stages: []diagnose.Stage{{Name: "logits", Verdict: diagnose.SameBits}}},
		{Verdict: diagnose.Fault, Stage: &stage, Stages: []diagnose.Stage{{Name: "logits", Verdict: diagnose.Fault, Error: inf, Bound: inf, Fraction: inf}, {Name: "x", Error: diagnose.Number(math.NaN()), Bound: 1}}},
		{Verdict: diagnose.Undecided, Stage: &stage, Stages: []diagnose.Stage{{Name: "logits", Verdict: diagnose.Undecided, Error: 1e-7, Bound: 1e-6, Fraction: 0.1}}},
		{Verdict: diagnose.Nondeterministic}, {Verdict: diagnose.IllConditioned}, {Verdict: diagnose.ReducedPrecision},
	} {
		html := write(t, r)
		require.NotContains(t, html, "NaN ")
		require.NotRegexp(t, `d="[^"]*(NaN|Inf)`, html)
		require.Contains(t, html, string(r.Verdict))
		require.NotContains(t, html, "ZgotmplZ")
	}
	broken := report(1)
	broken.Heat.Cells[2] = broken.Heat.Cells[2][1:]
	require.Error(t, page.Write(new(bytes.Buffer), broken, page.Options{}))
}

// The histogram of differences of a pair is there, its parts adding up to all.
func TestPageOfAPair(t *testing.T) {
	inf := diagnose.Number(math.Inf(1))
	html := write(t, &diagnose.Report{Verdict: diagnose.Rounding, Stages: []diagnose.Stage{{Name: "logits", Verdict: diagnose.WithinRounding, Bound: 1, Pair: &diagnose.Pair{
		MaxAbs: 0.25, MaxRel: 0.125, Cosine: 0.75, Growth: 1.5, ULPs: []diagnose.Bucket{{UpTo: 0, Count: 5}, {UpTo: 0.5, Count: 1}, {UpTo: 64, Count: 1}, {UpTo: inf, Count: 1}},
	}}}})
	for _, part := range []string{
		`<i class="u0" style="width:62.5%" title="5 of 8 within 0 ulps">`, `<i class="u1" style="width:12.5%" title="1 of 8 within 0.5 ulps">`,
		`<i class="u3" style="width:12.5%" title="1 of 8 within 64 ulps">`, `<i class="u4" style="width:12.5%" title="1 of 8 further apart">`,
		"largest difference 0.25, relative 0.125; 1 − cosine 0.25; grows 1.5 ×", "values apart by",
	} {
		require.Contains(t, html, part)
	}
}

// Whatever the sizes of errors and bounds, they are plotted.
func TestPlotOfAnySize(t *testing.T) {
	for e := -320; e < 300; e += 3 {
		size := math.Pow(10, float64(e)+0.4)
		html := write(t, &diagnose.Report{Verdict: diagnose.Rounding, Stages: []diagnose.Stage{
			{Name: "embed", Verdict: diagnose.Exact}, {Name: "logits", Verdict: diagnose.WithinRounding, Error: diagnose.Number(size), Bound: diagnose.Number(size * 3), Fraction: 1. / 3},
		}})
		require.Regexp(t, `class="dots" d="M250 296h.01M750 [0-9.]+h.01"`, html, e)
		require.Regexp(t, `class="bounds" d="M540 [0-9.]+h420"`, html, e)
	}
}

// Text has a contrast of 4.5 and marks in drawings of 3 against what they stand on, in
// light, dark and print (WCAG 2.2, 1.4.3 and 1.4.11).
func TestContrast(t *testing.T) {
	css, err := os.ReadFile("page.css")
	require.NoError(t, err)
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(string(css), -1)
	require.Len(t, blocks, 3)
	for _, block := range blocks {
		color := map[string]string{}
		for _, m := range regexp.MustCompile(`--(\w+): (#[0-9a-f]{3,6})`).FindAllStringSubmatch(block[1], -1) {
			color[m[1]] = m[2]
		}
		for _, text := range []string{"ink", "soft", "good", "bad", "warn", "open"} {
			for _, back := range []string{"card", "back"} {
				require.GreaterOrEqual(t, contrast(t, color[text], color[back]), 4.5, "%s on %s: %v", text, back, color)
			}
		}
		require.GreaterOrEqual(t, contrast(t, color["ink"], color["code"]), 4.5)
		for _, mark := range []string{"bound", "error", "bad"} {
			require.GreaterOrEqual(t, contrast(t, color[mark], color["card"]), 3.0, mark)
		}
	}
	require.InDelta(t, 21, contrast(t, "#000", "#ffffff"), 1e-9)
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// luminance is the relative luminance of a colour, as WCAG defines it.
func luminance(t *testing.T, hex string) float64 {
	hex = strings.TrimPrefix(hex, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	require.NoError(t, err, hex)
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		c := float64(n>>(16-8*i)&255) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
