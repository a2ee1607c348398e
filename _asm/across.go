package main

import "math/bits"

// acrossColumns is the columns whose terms lie one after the other, those of a column s bytes
// from those of the next: what a row of a matrix is in its transpose. They are transposed in
// registers, 16 bytes of each column at a time.
const acrossColumns = 16

// across is a way through such columns. The pointer y is to the first; t and z are to the third
// and the eighth, from which all others are a few times s or q = 3s away.
type across struct {
	target
	w width
}

// group is the terms of 16 bytes.
func (k across) group() int { return 16 / k.w.lane() }

// vectors is the vectors that a term of all columns fills.
func (k across) vectors() int { return acrossColumns * k.w.lane() / k.vectorBytes() }

// begin sets the pointers.
func (k across) begin() {
	k.move("q", "s")
	k.addReg("q", "s")
	k.move("t", "y")
	k.addReg("t", "q") // y + 2s
	k.addReg("q", "s")
	k.move("z", "t")
	for range 5 {
		k.addReg("z", "s")
	}
}

// advance moves on by so many bytes.
func (k across) advance(by int) {
	for _, pointer := range []string{"y", "t", "z"} {
		k.addImm(pointer, by)
	}
}

// column is the place of a column: a pointer and a multiple of s or q.
func (k across) column(c, off int) mem {
	for _, p := range []struct {
		base string
		at   int
	}{{"y", 0}, {"z", 7}, {"t", 2}} {
		m := at(p.base, off)
		switch c - p.at {
		case 0:
			return m
		case 1, 2, 4, 8:
			m.index, m.scale = "s", c-p.at
			return m
		case 3, 6, 12:
			m.index, m.scale = "q", (c-p.at)/3
			return m
		}
	}
	panic("no way to the column")
}

// next hands on the factors of the next group of terms, off bytes from the pointers: those of
// each term and each vector of columns, in registers from the given one on, of which it takes
// twice as many as a group has terms.
func (k across) next(off int, first reg, take func(term, vector int, b reg)) {
	n, parts := k.group(), k.vectorBytes()/16
	r := func(i int) reg { return first + reg(i) }
	for v := range k.vectors() {
		for i := range n {
			for part := range parts {
				k.loadPart(r(i), k.column(v*n*parts+part*n+i, off), part)
			}
		}
		if n == 2 {
			k.interleave(r(2), r(3), r(0), r(1), 8)
			take(0, v, r(2))
			take(1, v, r(3))
			continue
		}
		k.interleave(r(4), r(5), r(0), r(1), 4)
		k.interleave(r(6), r(7), r(2), r(3), 4)
		k.interleave(r(0), r(1), r(4), r(6), 8)
		k.interleave(r(2), r(3), r(5), r(7), 8)
		for i := range n {
			take(i, v, r(i))
		}
	}
}

// acrossAhead is how far ahead in bytes each of the columns is asked for, a line of a quarter of
// them at a time: all at once are more than a core has buffers for.
const acrossAhead = 256

// all hands on the groups of terms of which the scalar i holds the number: those of a cache line
// in one go, and what is left, of which reload sets i to the number of all again.
func (k across) all(reload func(), moved func(bytes int), first reg, take func(off, term, vector int, b reg)) {
	k.shr("i", bits.Len(line/16)-1)
	k.ifZero("i", "few")
	k.label("lines")
	for off := 0; off < line; off += 16 {
		for c := off / 4; c < off/4+4; c++ {
			k.prefetch(k.column(c, acrossAhead))
		}
		k.next(off, first, func(term, v int, b reg) { take(off, term, v, b) })
	}
	k.advance(line)
	moved(line)
	k.countDown("i", "lines")
	k.label("few")
	reload()
	k.andImm("i", line/16-1)
	k.ifZero("i", "none")
	k.label("group")
	k.next(0, first, func(term, v int, b reg) { take(0, term, v, b) })
	k.advance(16)
	moved(16)
	k.countDown("i", "group")
	k.label("none")
}
