package main

import (
	"bytes"
	"cmp"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"

	"github.com/samebits/samebits/internal/atomicfile"
	"github.com/samebits/samebits/internal/plural"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// look is how an order is drawn: always the same, whichever others are. Colours
// are those of Okabe and Ito (2008), which all kinds of colour vision tell apart;
// with shape and dashes no two looks are alike in grey either.
type look struct {
	colour color.Color
	shape  draw.GlyphDrawer
	dashed bool
}

var (
	black      = color.RGBA{0x00, 0x00, 0x00, 0xff}
	grey       = color.RGBA{0x80, 0x80, 0x80, 0xff}
	blue       = color.RGBA{0x00, 0x72, 0xb2, 0xff}
	sky        = color.RGBA{0x56, 0xb4, 0xe9, 0xff}
	green      = color.RGBA{0x00, 0x9e, 0x73, 0xff}
	orange     = color.RGBA{0xe6, 0x9f, 0x00, 0xff}
	vermillion = color.RGBA{0xd5, 0x5e, 0x00, 0xff}
	purple     = color.RGBA{0xcc, 0x79, 0xa7, 0xff}
)

var looks = map[string]look{
	"sequential":        {grey, draw.SquareGlyph{}, false},
	"pairwise":          {blue, draw.CircleGlyph{}, false},
	"kahan":             {orange, draw.TriangleGlyph{}, false},
	"neumaier":          {purple, draw.PyramidGlyph{}, false},
	"double-double":     {green, draw.CircleGlyph{}, false},
	"widened":           {sky, draw.BoxGlyph{}, false},
	"binned":            {vermillion, draw.BoxGlyph{}, false},
	"exact":             {black, draw.CircleGlyph{}, false},
	"shuffled":          {grey, draw.CrossGlyph{}, true},
	"arrival":           {grey, draw.PlusGlyph{}, true},
	"plain":             {sky, draw.CrossGlyph{}, true},
	"gonum":             {vermillion, draw.RingGlyph{}, true},
	"gonum-compensated": {purple, draw.RingGlyph{}, true},
}

// lookOf returns the look of an order: of one not listed, a plain one.
func lookOf(order string) look {
	if l, ok := looks[order]; ok {
		return l
	}
	return look{sky, draw.PlusGlyph{}, true}
}

func (l look) line() draw.LineStyle {
	s := draw.LineStyle{Color: l.colour, Width: vg.Points(1.4)}
	if l.dashed {
		s.Dashes = []vg.Length{vg.Points(4), vg.Points(2.5)}
	}
	return s
}

func (l look) glyph() draw.GlyphStyle {
	return draw.GlyphStyle{Color: l.colour, Radius: vg.Points(2.8), Shape: l.shape}
}

// The size of the plots, and of the strip on the right that names the lines.
const (
	plotWidth  = 24 * vg.Centimeter
	plotHeight = 14 * vg.Centimeter
	plotStrip  = 4.6 * vg.Centimeter
)

// newBenchPlot returns an empty plot with a grid.
func newBenchPlot(x string) *plot.Plot {
	p := plot.New()
	p.X.Label.Text, p.X.Label.Padding = x, vg.Points(4)
	for _, s := range []*font.Font{&p.X.Label.TextStyle.Font, &p.X.Tick.Label.Font, &p.Y.Tick.Label.Font} {
		s.Variant = "Sans"
	}
	p.X.Padding, p.Y.Padding = vg.Points(6), vg.Points(6)
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{0xdd}, color.Gray{0xdd}
	p.Add(grid)
	return p
}

// label returns the style of a label of that colour.
func (l look) label(p *plot.Plot) draw.TextStyle {
	s := p.X.Tick.Label
	s.Color, s.Font.Size, s.XAlign, s.YAlign = l.colour, vg.Points(10), draw.XLeft, draw.YCenter
	return s
}

// headings stand above a plot: what it shows, and what its vertical axis is.
type headings struct{ title, y string }

// draw writes the headings at the top left and returns the canvas below them.
func (h headings) draw(c draw.Canvas, p *plot.Plot) draw.Canvas {
	style := look{colour: black}.label(p)
	style.YAlign = draw.YTop
	c.FillText(style, vg.Point{X: c.Min.X, Y: c.Max.Y - vg.Points(26)}, h.y)
	style.Font.Size = vg.Points(14)
	c.FillText(style, vg.Point{X: c.Min.X, Y: c.Max.Y}, h.title)
	return draw.Crop(c, 0, 0, 0, -vg.Points(44))
}

// savePlot writes the plot, and beside it the names of its lines, as an SVG file.
func savePlot(name string, p *plot.Plot, h headings, names []lineName) error {
	w, err := draw.NewFormattedCanvas(plotWidth, plotHeight, "svg")
	if err != nil {
		return err
	}
	c := draw.New(w)
	c.FillPolygon(color.White, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
	p.BackgroundColor = nil
	c = draw.Crop(c, vg.Points(8), -vg.Points(8), vg.Points(8), -vg.Points(8))
	c = h.draw(c, p)
	if len(names) == 0 {
		p.Draw(c)
	} else {
		p.Draw(draw.Crop(c, 0, -plotStrip, 0, 0))
		drawNames(c, p, names)
	}
	var svg bytes.Buffer
	if _, err := w.WriteTo(&svg); err != nil {
		return err
	}
	return atomicfile.Write(name, func(f io.Writer) error { // few have the font: say what is like it
		_, err := f.Write(bytes.ReplaceAll(svg.Bytes(), []byte("Liberation Sans"), []byte("Liberation Sans,Arial,Helvetica,sans-serif")))
		return err
	})
}

// addLine adds the line of an order to the plot.
func addLine(p *plot.Plot, order string, xy plotter.XYs) error {
	line, points, err := plotter.NewLinePoints(xy)
	if err != nil {
		return fmt.Errorf("plot of %s: %w", order, err)
	}
	line.LineStyle, points.GlyphStyle = lookOf(order).line(), lookOf(order).glyph()
	p.Add(line, points)
	return nil
}

// lineName is the name of a line and where the line ends.
type lineName struct {
	order string
	end   plotter.XY
}

// drawNames names the lines in the strip on the right of the canvas, each with a
// sample of it: as near to the heights of their ends as the room allows, from the
// highest down, those of one height in the order in which the lines end.
func drawNames(c draw.Canvas, p *plot.Plot, names []lineName) {
	area := p.DataCanvas(draw.Crop(c, 0, -plotStrip, 0, 0))
	slices.SortStableFunc(names, func(a, b lineName) int { return cmp.Or(cmp.Compare(b.end.Y, a.end.Y), cmp.Compare(a.end.X, b.end.X)) })
	gap := vg.Points(16)
	at := make([]vg.Length, len(names))
	for i, n := range names { // down from the top, each at its height or right below the one before
		at[i] = area.Y(p.Y.Norm(n.end.Y))
		if i > 0 {
			at[i] = min(at[i], at[i-1]-gap)
		}
	}
	for i := len(at) - 1; i >= 0; i-- { // and up again, where the bottom was passed
		lowest := area.Min.Y + vg.Length(len(at)-1-i)*gap
		at[i] = max(at[i], lowest)
		if i < len(at)-1 {
			at[i] = max(at[i], at[i+1]+gap)
		}
	}
	left := area.Max.X + vg.Points(10)
	for i, n := range names {
		l := lookOf(n.order)
		c.StrokeLine2(l.line(), left, at[i], left+vg.Points(22), at[i])
		c.DrawGlyphNoClip(l.glyph(), vg.Point{X: left + vg.Points(11), Y: at[i]})
		style := l.label(p)
		style.Color = black
		c.FillText(style, vg.Point{X: left + vg.Points(28), Y: at[i]}, n.order)
	}
}

// subject says what was measured, for a title.
func (r *benchReport) subject() string { return dtypeNames[r.Type] + " " + opNames[r.Op] }

// plotErrors plots error against condition number. Each line ends where no digit is
// left. An error of zero is drawn at the bottom.
func plotErrors(name string, r *benchReport) error {
	h := headings{
		fmt.Sprintf("Accuracy: %s of %s", r.subject(), plural.Of(r.Terms, "term")),
		fmt.Sprintf("largest relative error of %d; from 1 on, no digit is right", r.Trials) + foldedNote(r, "condition numbers"),
	}
	p := newBenchPlot("condition number")
	bottom := float64(r.Limit*r.Limit) / 8
	conditionAxis(&p.X, r)
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, decades{}
	p.Y.Min, p.Y.Max = bottom, 1
	var names []lineName
	for _, c := range r.Contenders {
		var xy plotter.XYs
		for i, e := range c.Errors {
			xy = append(xy, plotter.XY{X: float64(r.Conditions[i]), Y: min(max(float64(e), bottom), 1)})
			if e >= 1 {
				break
			}
		}
		if err := addLine(p, c.Order, xy); err != nil {
			return err
		}
		names = append(names, lineName{c.Order, xy[len(xy)-1]})
	}
	conditionAxis(&p.X, r)
	p.Y.Min, p.Y.Max = bottom, 1
	return savePlot(name, p, h, names)
}

// plotThroughput plots throughput against the number of elements.
func plotThroughput(name string, r *benchReport) error {
	h := headings{fmt.Sprintf("Throughput: %s, threads: %d", r.subject(), r.Threads), "GB/s of memory read"}
	p := newBenchPlot("elements")
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plainDecades{[]int{1}}
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plainDecades{[]int{1, 2, 5}}
	var names []lineName
	var sizes, speeds axisRange
	for _, c := range r.Contenders {
		var xy plotter.XYs
		for _, s := range c.Speed {
			xy = append(xy, plotter.XY{X: float64(s.N), Y: float64(s.GBytesS)})
			sizes.add(float64(s.N))
			speeds.add(float64(s.GBytesS))
		}
		if err := addLine(p, c.Order, xy); err != nil {
			return err
		}
		names = append(names, lineName{c.Order, xy[len(xy)-1]})
	}
	sizes.set(&p.X, 1.2)
	speeds.set(&p.Y, 1.5)
	return savePlot(name, p, h, names)
}

// plotTradeoff plots what condition numbers an order endures against its speed.
func plotTradeoff(name string, r *benchReport) error {
	middle := len(r.Contenders[0].Speed) / 2
	h := headings{
		fmt.Sprintf("Accuracy against speed: %s, threads: %d", r.subject(), r.Threads),
		"condition number up to which half the digits are right" + foldedNote(r, "axis"),
	}
	p := newBenchPlot(fmt.Sprintf("GB/s at %s elements", thousands(r.Contenders[0].Speed[middle].N)))
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plainDecades{[]int{1, 2, 5}}
	var points namedPoints
	var speeds axisRange
	for _, c := range r.Contenders {
		at := plotter.XY{X: float64(c.Speed[middle].GBytesS), Y: math.Max(float64(c.Endures), 1)}
		points = append(points, namedPoint{c.Order, at})
		speeds.add(at.X)
	}
	p.Add(points)
	speeds.set(&p.X, 2)
	conditionAxis(&p.Y, r)
	return savePlot(name, p, h, nil)
}
