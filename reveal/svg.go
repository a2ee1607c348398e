package reveal

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"strconv"
)

// The measures of a picture, in pixels.
const (
	svgMargin = 20
	svgHeader = 44
	svgDigit  = 7    // the width of a digit
	svgMost   = 1600 // the height from the leaves to the root, at most
)

// The colours are those of Okabe and Ito (2008), which all kinds of colour vision tell
// apart: additions, fused multiply-adds, exact and aligned sums.
const (
	colourPlain   = "#0072b2"
	colourFused   = "#d55e00"
	colourExact   = "#009e73"
	colourAligned = "#cc79a7"
)

// WriteSVG draws the tree as a picture on its own, as large as the tree needs: leaves at
// the bottom, the root at the top, under the title.
func (t *Tree) WriteSVG(w io.Writer, title string) error {
	b := bufio.NewWriter(w)
	p := newPicture(t)
	header := []string{title, t.Describe()}
	width := max(p.width, svgDigit*max(len(header[0]), len(header[1])))
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="sans-serif" font-size="11">`+"\n",
		width+2*svgMargin, p.height+svgHeader+2*svgMargin+14)
	fmt.Fprintf(b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n", html.EscapeString(title))
	for i, line := range header {
		fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" font-size=\"%d\">%s</text>\n", svgMargin, svgMargin+2+18*i, 14-2*i, html.EscapeString(line))
	}
	fmt.Fprintf(b, "<g transform=\"translate(%d %d)\" text-anchor=\"middle\">\n", svgMargin, svgMargin+svgHeader)
	p.draw(b, t.Node)
	fmt.Fprint(b, "</g>\n</svg>\n")
	return b.Flush()
}

// picture is where the nodes go.
type picture struct {
	pitch, level  float64 // the distances of leaves and of levels
	width, height int
	x             map[*Node]float64
	above         map[*Node]int // levels above the leaves
}

func newPicture(t *Tree) *picture {
	p := &picture{x: map[*Node]float64{}, above: map[*Node]int{}}
	label := len(strconv.Itoa(t.size - 1))
	p.pitch = float64(svgDigit*label + 8)
	for i, leaf := range t.Leaves() {
		p.x[leaf] = p.pitch * (float64(i) + 0.5)
	}
	depth := p.place(t.Node)
	p.level = min(28, svgMost/float64(max(depth, 1)))
	p.width, p.height = int(p.pitch*float64(t.size)), int(p.level*float64(depth))
	return p
}

// place puts n over the middle of its first and last child, above them all.
func (p *picture) place(n *Node) int {
	if n.IsLeaf() {
		return 0
	}
	above := 0
	for _, c := range n.Children {
		above = max(above, p.place(c)+1)
	}
	p.above[n], p.x[n] = above, (p.x[n.Children[0]]+p.x[n.Children[len(n.Children)-1]])/2
	return above
}

func (p *picture) y(n *Node) float64 { return float64(p.height) - p.level*float64(p.above[n]) }

func (p *picture) draw(b *bufio.Writer, n *Node) {
	if n.IsLeaf() {
		fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%.1f\">%d</text>\n", p.x[n], p.y(n)+14, n.Leaf)
		return
	}
	for _, c := range n.Children {
		colour := "#555555"
		if c.Fused {
			colour = colourFused
		}
		fmt.Fprintf(b, "<path d=\"M%.1f %.1fH%.1fV%.1f\" fill=\"none\" stroke=\"%s\"/>\n", p.x[n], p.y(n), p.x[c], p.y(c), colour)
		p.draw(b, c)
	}
	colour, name := colourPlain, "addition"
	switch {
	case n.Rule == Exact:
		colour, name = colourExact, "exact sum"
	case n.Rule == Aligned:
		colour, name = colourAligned, "aligned sum"
	case n.Children[0].Fused || n.Children[1].Fused:
		colour, name = colourFused, "fused multiply-add"
	}
	fmt.Fprintf(b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"><title>%s of %d terms</title></circle>\n",
		p.x[n], p.y(n), min(3.5, p.level/2), colour, name, n.size)
}
