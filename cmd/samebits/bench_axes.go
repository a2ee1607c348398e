package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// foldedLog is a logarithmic scale that gives the part up to knee nine tenths of
// the length, so that what lies far beyond leaves room for what matters.
type foldedLog struct{ knee float64 }

// kneeShare is the part of the length up to the knee.
const kneeShare = 0.9

// Normalize returns the place of x between lo and hi.
func (s foldedLog) Normalize(lo, hi, x float64) float64 {
	knee := math.Log10(s.knee / lo)
	if at := math.Log10(x / lo); at <= knee {
		return kneeShare * at / knee
	}
	return kneeShare + (1-kneeShare)*math.Log10(x/s.knee)/math.Log10(hi/s.knee)
}

// foldedAt is where the axis of condition numbers folds.
func foldedAt(r *benchReport) foldedLog {
	if r.Type == "f64" {
		return foldedLog{1e60}
	}
	return foldedLog{1e28}
}

// foldedNote says where the axis of condition numbers folds.
func foldedNote(r *benchReport, axis string) string {
	return fmt.Sprintf("  (%s compressed beyond %s)", axis, power(number(foldedAt(r).knee)))
}

// conditionAxis makes a an axis of the report's condition numbers.
func conditionAxis(a *plot.Axis, r *benchReport) {
	scale, step := foldedAt(r), 4
	if r.Type == "f64" {
		step = 10
	}
	a.Min, a.Max = 1, float64(r.Conditions[len(r.Conditions)-1])
	a.Scale, a.Tick.Marker = scale, foldedTicks{scale, step}
}

// foldedTicks marks powers of ten up to the knee, half a step apart, naming every
// other, and the far end.
type foldedTicks struct {
	foldedLog
	step int
}

func (t foldedTicks) Ticks(_, hi float64) (ticks []plot.Tick) {
	for e := 0; math.Pow10(e) < t.knee; e += t.step / 2 {
		tick := plot.Tick{Value: math.Pow10(e)}
		if e%t.step == 0 {
			tick.Label = power(number(tick.Value))
		}
		ticks = append(ticks, tick)
	}
	return append(ticks, plot.Tick{Value: t.knee, Label: power(number(t.knee))}, plot.Tick{Value: hi, Label: power(number(hi))})
}

// plainDecades marks the multiples of powers of ten and names in full those that
// begin with one of the digits.
type plainDecades struct{ named []int }

func (d plainDecades) Ticks(lo, hi float64) (ticks []plot.Tick) {
	for e := int(math.Floor(math.Log10(lo))); math.Pow10(e) <= hi; e++ {
		for k := 1; k < 10; k++ {
			tick := plot.Tick{Value: float64(k) * math.Pow10(e)}
			switch {
			case tick.Value < lo || tick.Value > hi:
				continue
			case slices.Contains(d.named, k) && e >= 0:
				tick.Label = thousands(int(tick.Value))
			case slices.Contains(d.named, k):
				tick.Label = strconv.FormatFloat(tick.Value, 'g', 1, 64)
			}
			ticks = append(ticks, tick)
		}
	}
	return ticks
}

// axisRange is the range of the values seen.
type axisRange struct{ lo, hi float64 }

// set sets the ends of a logarithmic axis, a little beyond the values.
func (r axisRange) set(a *plot.Axis, beyond float64) { a.Min, a.Max = r.lo/beyond, r.hi*beyond }

func (r *axisRange) add(v float64) {
	if r.hi == 0 {
		r.lo, r.hi = v, v
	}
	r.lo, r.hi = math.Min(r.lo, v), math.Max(r.hi, v)
}

// namedPoints is a plotter of points with their names beside them.
type namedPoints []namedPoint

type namedPoint struct {
	order string
	plotter.XY
}

// Plot draws the points, and their names where they hide neither a point nor a
// name: to the right if there is room, or else around and farther off.
func (points namedPoints) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	var taken []vg.Rectangle
	box := func(at vg.Point, w, h vg.Length) vg.Rectangle {
		return vg.Rectangle{Min: vg.Point{X: at.X, Y: at.Y - h/2}, Max: vg.Point{X: at.X + w, Y: at.Y + h/2}}
	}
	mark := vg.Points(5)
	for _, pt := range points {
		taken = append(taken, box(vg.Point{X: x(pt.X) - mark, Y: y(pt.Y)}, 2*mark, 2*mark))
	}
	for _, pt := range points {
		l, at := lookOf(pt.order), vg.Point{X: x(pt.X), Y: y(pt.Y)}
		style := l.label(p)
		style.Color = black
		w, h := 1.15*style.Width(pt.order), vg.Points(13) // fonts vary
		name := box(vg.Point{X: at.X + vg.Points(8), Y: at.Y}, w, h)
		for _, offset := range labelOffsets {
			try := box(vg.Point{X: at.X + vg.Points(8), Y: at.Y + vg.Length(offset.rows)*h}, w, h)
			if offset.left {
				try = box(vg.Point{X: at.X - vg.Points(8) - w, Y: at.Y + vg.Length(offset.rows)*h}, w, h)
			}
			if c.ContainsX(try.Min.X) && c.ContainsX(try.Max.X) && c.ContainsY(try.Min.Y+h/2) && c.ContainsY(try.Max.Y-h/2) && !overlaps(try, taken) {
				name = try
				break
			}
		}
		taken = append(taken, name)
		middle := (name.Min.Y + name.Max.Y) / 2
		if middle-at.Y > h || at.Y-middle > h { // too far to be plain
			c.StrokeLine2(draw.LineStyle{Color: grey, Width: vg.Points(0.5)}, at.X, at.Y,
				min(max(at.X, name.Min.X), name.Max.X), min(max(at.Y, name.Min.Y), name.Max.Y))
		}
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: l.colour, Radius: vg.Points(4), Shape: l.shape}, at)
		c.FillText(style, vg.Point{X: name.Min.X, Y: middle}, pt.order)
	}
}

// labelOffsets are the places for a name, from the best on: rows above its point,
// on the right or the left.
var labelOffsets = func() (all []struct {
	rows float64
	left bool
}) {
	for _, rows := range []float64{0, 0.8, -0.8, 1.6, -1.6, 2.4, -2.4, 3.2, -3.2, 4, -4, 5, -5, 6, -6, 7, -7} {
		for _, left := range []bool{false, true} {
			all = append(all, struct {
				rows float64
				left bool
			}{rows, left})
		}
	}
	return all
}()

func overlaps(a vg.Rectangle, others []vg.Rectangle) bool {
	for _, b := range others {
		if a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y {
			return true
		}
	}
	return false
}
