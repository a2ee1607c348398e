package main

import (
	"fmt"
	"image/color"
	"io"
	"math"

	"github.com/samebits/samebits/internal/atomicfile"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// pathColours are the colours of the paths, in turn.
var pathColours = []color.Color{blue, orange, green, vermillion}

// writePlot plots the error of every stage, on a logarithmic scale, to an SVG file.
func writePlot(name string, r *report) error {
	p := plot.New()
	p.Title.Text = fmt.Sprintf("%s: distance from the truth, stage by stage (%s, TP %d)", printable(r.Model), pathOrder.name, r.FaultTP)
	p.X.Label.Text = "layer"
	p.Y.Label.Text = "largest absolute error of the stage"
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, decades{}
	p.X.Tick.Marker = layers{r.Config.Layers}
	p.Legend.Top, p.Legend.YOffs = true, vg.Points(-4)
	p.Title.Padding, p.X.Padding, p.Y.Padding = vg.Points(8), vg.Points(6), vg.Points(6)
	p.Add(plotter.NewGrid())
	drawn := 0
	for i, path := range r.Paths {
		xy := points(path, r.Config.Layers)
		if len(xy) == 0 {
			continue
		}
		drawn++
		line, err := plotter.NewLine(xy)
		if err != nil {
			return fmt.Errorf("plot of %s: %w", path.label(), err)
		}
		line.Color, line.Width = pathColours[i%len(pathColours)], vg.Points(1.5)
		p.Add(line)
		p.Legend.Add(path.label(), line)
	}
	if drawn == 0 {
		return fmt.Errorf("--svg %s: no stage has an error that is finite and not zero: nothing to plot", name)
	}
	w, err := p.WriterTo(24*vg.Centimeter, 13*vg.Centimeter, "svg")
	if err != nil {
		return err
	}
	return atomicfile.Write(name, func(f io.Writer) error {
		_, err := w.WriteTo(f)
		return err
	})
}

// points returns the stages of a path, spread evenly over their layers. An exact
// stage has no place on a logarithmic scale.
func points(p path, layers int) plotter.XYs {
	var xy plotter.XYs
	for i, s := range p.Stages {
		if e := float64(s.AbsError); e > 0 && !math.IsInf(e, 0) {
			xy = append(xy, plotter.XY{X: float64(i) / float64(len(p.Stages)) * float64(layers), Y: e})
		}
	}
	return xy
}

// layers marks every second layer.
type layers struct{ n int }

func (l layers) Ticks(_, _ float64) (ticks []plot.Tick) {
	for i := 0; i <= l.n; i++ {
		t := plot.Tick{Value: float64(i)}
		if i%2 == 0 {
			t.Label = fmt.Sprint(i)
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// decades marks powers of ten, and names every third.
type decades struct{}

func (decades) Ticks(lo, hi float64) (ticks []plot.Tick) {
	for e := int(math.Floor(math.Log10(lo))); e <= int(math.Ceil(math.Log10(hi))); e++ {
		t := plot.Tick{Value: math.Pow(10, float64(e))}
		if e%3 == 0 {
			t.Label = fmt.Sprintf("1e%d", e)
		}
		ticks = append(ticks, t)
	}
	return ticks
}
