package page

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"

	"github.com/samebits/samebits/diagnose"
	"github.com/samebits/samebits/internal/plural"
)

// heatMap is a stage as a picture, a pixel a cell.
type heatMap struct {
	Source       template.URL
	Text         string
	Stage        string
	Down, Across string // what the rows and columns are
	Joined       bool   // cells stand for blocks
	Tall         float64
	Legend       []swatch
}

type swatch struct {
	Color template.CSS
	Label string
}

// scale gives the colours of shares of the bound, each up to its end: blues within the
// bound and oranges to reds beyond it, the darker the further from 1, told apart by
// lightness as well.
var scale = []struct {
	top   float64
	color color.NRGBA
	label string
}{
	{0.01, color.NRGBA{0xe6, 0xee, 0xf8, 0xff}, "below 1 %"},
	{0.1, color.NRGBA{0xb9, 0xd0, 0xec, 0xff}, "to 10 %"},
	{1, color.NRGBA{0x7f, 0xa9, 0xdc, 0xff}, "to the bound"},
	{10, color.NRGBA{0xf5, 0xa3, 0x3b, 0xff}, "to 10 ×"},
	{1000, color.NRGBA{0xd2, 0x56, 0x1e, 0xff}, "to 1000 ×"},
	{math.Inf(1), color.NRGBA{0x7a, 0x12, 0x12, 0xff}, "beyond 1000 ×"},
}

// drawHeat draws the map of a stage; nil where there is none.
func drawHeat(h *diagnose.Heat) (*heatMap, error) {
	if h == nil || len(h.Cells) == 0 || len(h.Cells[0]) == 0 {
		return nil, nil
	}
	rows, cols := len(h.Cells), len(h.Cells[0])
	picture := image.NewNRGBA(image.Rect(0, 0, cols, rows))
	beyond, worst, at := 0, 0.0, [2]int{}
	for i, line := range h.Cells {
		if len(line) != cols {
			return nil, fmt.Errorf("heat map of %s: rows of %d and %s", h.Stage, cols, plural.Of(len(line), "cell"))
		}
		for j, n := range line {
			share := float64(n)
			picture.SetNRGBA(j, i, colorOf(share))
			if share > 1 || share != share {
				beyond++
			}
			if share > worst {
				worst, at = share, [2]int{i, j}
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return nil, err
	}
	m := &heatMap{
		Source: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())),
		Text:   fmt.Sprintf("%d of %d cells are beyond the bound; the worst, in row %d and column %d of the picture, uses %s.", beyond, rows*cols, at[0], at[1], diagnose.Share(diagnose.Number(worst))),
		Stage:  h.Stage, Down: fmt.Sprintf("%s 0 to %d", rowsOf(h.Stage), h.Rows-1), Across: fmt.Sprintf("columns 0 to %d", h.Columns-1), Joined: rows < h.Rows || cols < h.Columns,
		Tall: math.Max(0.15, math.Min(1, float64(rows)/float64(cols))),
	}
	for _, s := range scale {
		m.Legend = append(m.Legend, swatch{template.CSS(fmt.Sprintf("#%02x%02x%02x", s.color.R, s.color.G, s.color.B)), s.label})
	}
	return m, nil
}

// rowsOf names the rows of a stage.
func rowsOf(stage string) string {
	if strings.HasSuffix(stage, ".attn.scores") || strings.HasSuffix(stage, ".attn.probs") {
		return "heads and tokens"
	}
	return "tokens"
}

func colorOf(share float64) color.NRGBA {
	for _, s := range scale {
		if share <= s.top {
			return s.color
		}
	}
	return scale[len(scale)-1].color // NaN
}
