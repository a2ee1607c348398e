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
	k.storeLines(k.transpose())
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

// storeLines stores them, 64 bytes at a time. In memory, parts of 16 bytes follow one another in the
// order of terms, those of one term in that of groups; part i of every register belongs to the same
// terms, which make three lines.
func (k *gatherTile) storeLines(terms [][]reg) {
	var parts []reg
	for term := range k.group() {
		for _, group := range terms {
			parts = append(parts, group[term])
		}
	}
	lines := len(parts) / 4
	for n := range lines {
		k.transposeParts([4]reg(parts[4*n:]))
		for i, r := range []reg{24, 25, 26, 27} {
			k.store(at("dst", (i*lines+n)*k.vectorBytes()), r)
		}
	}
}

// transposeParts sets registers 24 to 27 to the first, second, third and fourth parts of all four.
func (k *gatherTile) transposeParts(r [4]reg) {
	k.pickParts(28, r[0], r[1], 0, 1)
	k.pickParts(29, r[2], r[3], 0, 1)
	k.pickParts(30, r[0], r[1], 2, 3)
	k.pickParts(31, r[2], r[3], 2, 3)
	k.pickParts(24, 28, 29, 0, 2)
	k.pickParts(25, 28, 29, 1, 3)
	k.pickParts(26, 30, 31, 0, 2)
	k.pickParts(27, 30, 31, 1, 3)
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
