package page

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/samebits/samebits/diagnose"
)

// The drawing is width by height units, stretched to its frame; strokes and text are
// not, so that it reads on a phone as on paper.
const (
	width  = 1000.0
	height = 300.0
)

// plot is the error's path: for each stage the error of the value that uses most of
// its bound, and that bound, both on a log scale.
type plot struct {
	Path    template.HTMLAttr // d of a line through the errors; between traces, through their whole difference
	Dots    template.HTMLAttr // of points that are within
	Beyond  template.HTMLAttr // of those that are not
	Bounds  template.HTMLAttr // short lines
	Excess  template.HTMLAttr // from the bound up to an error beyond it
	Layers  []tick            // where layers begin
	Decades []tick
	Marked  *span // the stage that earns the verdict
	Columns []span
	Zero    bool // some errors are 0 or too small to show, and drawn at the bottom
	Dense   bool // there are many stages
	Pair    bool
	Text    string // for those who cannot see it
}

type tick struct {
	At    float64 // in the drawing
	Share float64 // in percent of the frame
	Label string
}

type span struct {
	X, W  float64
	Share float64
	Title string
}

// point is a stage in the plot.
type point struct {
	x, error, bound, whole float64
	stage                  diagnose.Stage
}

// newPlot lays the plot out, or returns nil where there is nothing to plot.
func newPlot(r *diagnose.Report) *plot {
	var points []point
	step := width / float64(max(1, len(r.Stages)))
	for i, s := range r.Stages {
		p := point{x: (float64(i) + 0.5) * step, error: float64(s.Fraction) * float64(s.Bound), bound: float64(s.Bound), stage: s}
		if !usable(p.error) {
			p.error = math.Max(0, float64(s.Error))
		}
		if s.Pair != nil {
			p.whole = float64(s.Pair.MaxAbs)
		}
		points = append(points, p)
	}
	low, high, ok := extent(points)
	if !ok {
		return nil
	}
	p := &plot{Dense: len(points) > 120}
	y := func(v float64) float64 { return height - (math.Log10(v)-low)/(high-low)*height }
	p.draw(points, step, y)
	p.decades(low, high)
	p.layers(r, step)
	p.Text = describe(points)
	if f := finding(r); f != nil {
		for i := range p.Columns {
			if r.Stages[i].Name == f.Name {
				p.Marked = &p.Columns[i]
			}
		}
	}
	return p
}

func usable(v float64) bool { return v > 0 && !math.IsInf(v, 0) }

// extent returns the decades between which all is drawn, if there is anything. The smallest twentieth may
// lie below, and is drawn at the bottom: a probability of almost nothing has an error
// of less.
func extent(points []point) (low, high float64, ok bool) {
	var shown []float64
	for _, p := range points {
		for _, v := range []float64{p.error, p.bound, p.whole} {
			if usable(v) {
				shown = append(shown, v)
			}
		}
	}
	if len(shown) == 0 {
		return 0, 0, false
	}
	slices.Sort(shown)
	low = math.Floor(math.Log10(shown[len(shown)/20]) - 0.5)
	high = math.Ceil(math.Log10(shown[len(shown)-1]) + 0.1)
	return low, math.Max(high, low+2), true
}

func (p *plot) draw(points []point, step float64, y func(v float64) float64) {
	var line, dots, beyond, bounds, excess strings.Builder
	p.Pair = slices.ContainsFunc(points, func(q point) bool { return usable(q.whole) })
	floor := height - 4.0
	for _, q := range points {
		place := func(v float64) float64 {
			if usable(v) {
				return math.Min(floor, math.Max(4, y(v)))
			}
			if v == 0 {
				return floor
			}
			return 4
		}
		at, path := place(q.error), q.error
		if p.Pair {
			path = q.whole
		}
		p.Zero = p.Zero || at == floor
		line.WriteString(map[bool]string{true: "M", false: "L"}[line.Len() == 0] + f(q.x) + " " + f(place(path)))
		if bad(q.stage) {
			fmt.Fprintf(&beyond, "M%s %sh.01", f(q.x), f(at))
			if usable(q.bound) {
				fmt.Fprintf(&excess, "M%s %sV%s", f(q.x), f(y(q.bound)), f(at))
			}
		} else {
			fmt.Fprintf(&dots, "M%s %sh.01", f(q.x), f(at))
		}
		if usable(q.bound) && y(q.bound) < height {
			fmt.Fprintf(&bounds, "M%s %sh%s", f(q.x-step*0.42), f(y(q.bound)), f(step*0.84))
		}
		p.Columns = append(p.Columns, span{X: q.x - step/2, W: step, Share: 100 * q.x / width, Title: fmt.Sprintf("%s: %s, error %s, bound %s",
			q.stage.Name, q.stage.Verdict, diagnose.Size(diagnose.Number(q.error)), diagnose.Size(q.stage.Bound))})
	}
	for _, d := range []struct {
		to   *template.HTMLAttr
		from strings.Builder
	}{{&p.Path, line}, {&p.Dots, dots}, {&p.Beyond, beyond}, {&p.Bounds, bounds}, {&p.Excess, excess}} {
		*d.to = template.HTMLAttr(`d="` + d.from.String() + `"`) // of digits and letters of ours
	}
}

func bad(s diagnose.Stage) bool {
	return s.Verdict == diagnose.Fault || s.Verdict == diagnose.ReducedPrecision
}

func f(x float64) string { return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64) }

// decades labels powers of ten, six or seven at most.
func (p *plot) decades(low, high float64) {
	step := math.Ceil((high - low) / 6)
	for d := math.Ceil(low/step) * step; d <= high; d += step {
		at := height - (d-low)/(high-low)*height
		p.Decades = append(p.Decades, tick{At: at, Share: 100 * at / height, Label: strconv.Itoa(int(d))})
	}
}

// layers labels the beginnings of layers, eight at most.
func (p *plot) layers(r *diagnose.Report, step float64) {
	var starts []tick
	before := ""
	for i, s := range r.Stages {
		layer := ""
		if rest, ok := strings.CutPrefix(s.Name, "layers."); ok {
			layer, _, _ = strings.Cut(rest, ".")
		}
		if layer != before && layer != "" {
			at := float64(i) * step
			starts = append(starts, tick{At: at, Share: 100 * at / width, Label: layer})
		}
		before = layer
	}
	every := (len(starts) + 7) / 8
	for i := range starts {
		if i%max(1, every) != 0 {
			starts[i].Label = ""
		}
	}
	p.Layers = starts
}

// describe says in words what the plot shows.
func describe(points []point) string {
	n, worst := 0, point{}
	for _, q := range points {
		if bad(q.stage) {
			n++
		}
		if q.stage.Fraction > worst.stage.Fraction {
			worst = q
		}
	}
	text := fmt.Sprintf("Errors and bounds of %d stages on a log scale; %d stages are beyond their bounds.", len(points), n)
	if worst.stage.Name != "" {
		text += fmt.Sprintf(" The largest share of a bound is %s, at %s.", diagnose.Share(worst.stage.Fraction), worst.stage.Name)
	}
	return text
}
