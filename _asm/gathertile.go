package main

import "fmt"

// gatherTile transposes the rows of a whole tile, twelve, at once: for n vectors of terms,
//
//	dst[k*12 + i] = x[i*s + k], s in bytes
//
// What it stores lies together. Loads that follow stores to places a multiple of 4 KiB away wait
// for them, and stores strewn over a page, those of gather, meet almost every load.
type gatherTile struct {
	pack
	rows int
}

// gathersTile tells whether there are registers for it.
func gathersTile(t target) bool {
	rows, _ := tile(t)
	return rows == 12
}

func emitGatherTile(t target, w width) string {
	if !gathersTile(t) {
		return ""
	}
	t.setWidth(w)
	k := &gatherTile{pack{t, w}, 12}
	k.emit()
	return fmt.Sprintf("\n//go:noescape\nfunc gatherTile%v%s(dst, x *%s, s, n int)\n", w, t.suffix(), k.elements())
}

func (k *gatherTile) emit() {
	k.prologue(fmt.Sprintf("gatherTile%v", k.w), []string{"dst", "x", "s", "n"}, 0, 0)
	bases := []string{"x", "q", "i", "u", "y", "p", "c", "e"} // of every third row, and of the next tile's
	for i := 1; i < len(bases); i++ {
		k.move(bases[i], bases[i-1])
		for range 3 {
			k.addReg(bases[i], "s")
		}
	}
	row := func(i int) mem {
		m := at(bases[i/3], 0)
		if i%3 > 0 {
			m.index, m.scale = "s", i%3
		}
		return m
	}
	k.label("vector")
	for i := range k.rows {
		k.load(reg(i), row(i))
		k.prefetch(row(k.rows + i))
	}
	for _, base := range bases {
		k.addImm(base, k.vectorBytes())
	}
	k.store16(k.transpose())
	k.addImm("dst", k.rows*k.vectorBytes())
	k.countDown("n", "vector")
	k.epilogue()
}

// transpose returns, for each group of rows, the registers that hold one term of each 16 bytes.
func (k *gatherTile) transpose() (terms [][]reg) {
	for first := reg(0); first < reg(k.rows); first += reg(k.group()) {
		a, b, c, d := first, first+1, first+2, first+3
		if k.group() == 2 {
			lo, hi := a+12, b+12
			k.interleave(lo, hi, a, b, 8)
			terms = append(terms, []reg{lo, hi})
			continue
		}
		k.interleave(12, 13, a, b, 4)
		k.interleave(14, 15, c, d, 4)
		k.interleave(a, b, 12, 14, 8)
		k.interleave(c, d, 13, 15, 8)
		terms = append(terms, []reg{a, b, c, d})
	}
	return terms
}

// store16 stores them, in ascending order of the places.
func (k *gatherTile) store16(terms [][]reg) {
	off := 0
	for part := range k.vectorBytes() / 16 {
		for term := range k.group() {
			for _, group := range terms {
				k.storePart(at("dst", off), group[term], part)
				off += 16
			}
		}
	}
}

// gatherTileDispatch writes the function that calls it. It returns false where there is none.
func gatherTileDispatch(w width, targets []target) string {
	text := fmt.Sprintf("\nfunc gatherTile%v(dst, x *%s, s, n int) bool {\n", w, (&pack{w: w}).elements())
	for _, t := range targets {
		if gathersTile(t) {
			text += fmt.Sprintf("\tif active == %s {\n\t\tgatherTile%v%s(dst, x, s, n)\n\t\treturn true\n\t}\n", t.suffix(), w, t.suffix())
		}
	}
	return text + "\treturn false\n}\n"
}
