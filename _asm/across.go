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

// batch is the groups that are loaded before any is transposed: as many as registers hold. The
// columns of a matrix are often a power of two apart, and so in the same few sets of L1,
// which soon loses a line that is left half read.
func (k across) batch() int {
	if k.registers() == 16 && k.w == f32 {
		return 2
	}
	return line / 16
}

// next hands on the factors of so many groups of terms, off bytes from the pointers on: those
// of each term and each vector of columns, in registers from the given one on, of which it takes as
// many as the groups have terms and one group's more.
func (k across) next(groups, off int, first reg, take func(group, term, vector int, b reg)) {
	n, parts := k.group(), k.vectorBytes()/16
	for v := range k.vectors() {
		for i := range n {
			for part := range parts {
				for g := range groups {
					k.loadPart(first+reg(g*n+i), k.column(v*n*parts+part*n+i, off+16*g), part)
				}
			}
		}
		for g := range groups {
			for i, b := range k.transpose(first+reg(g*n), first+reg(groups*n)) {
				take(g, i, v, b)
			}
		}
	}
}

// transpose transposes 16 bytes of each register of a group, which begin at r, with others that
// begin at t, and returns those with the terms.
func (k across) transpose(r, t reg) []reg {
	if k.group() == 2 {
		k.interleave(t, t+1, r, r+1, 8)
		return []reg{t, t + 1}
	}
	k.interleave(t, t+1, r, r+1, 4)
	k.interleave(t+2, t+3, r+2, r+3, 4)
	k.interleave(r, r+1, t, t+2, 8)
	k.interleave(r+2, r+3, t+1, t+3, 8)
	return []reg{r, r + 1, r + 2, r + 3}
}

// nextLine hands on the factors of a line of each column, in ascending order of terms, where a vector is a line: one load of each line, where
// next has four. Memory is prefetched into L2: of columns a power of two apart, L1 has not the ways for all.
func (k across) nextLine(take func(term, vector int, b reg)) {
	const parts = 4
	n, lanes := k.group(), k.vectorBytes()/k.w.lane()
	for c := range acrossColumns {
		k.prefetchSecond(k.column(c, acrossAhead))
		k.load(reg(c), k.column(c, 0))
	}
	terms := make([][]reg, lanes)
	for v := range k.vectors() {
		first := reg(v * lanes)
		t, spare := reg(acrossColumns), reg(acrossColumns)
		if n == 2 { // transpose leaves the terms there
			t, spare = t+first, first
		}
		var groups [parts][]reg
		for g := range groups {
			groups[g] = k.transpose(first+reg(g*n), t)
			if n == 2 {
				t += 2
			}
		}
		for i := range n {
			r := k.transposeParts([parts]reg{groups[0][i], groups[1][i], groups[2][i], groups[3][i]}, spare)
			for part, r := range r {
				terms[part*n+i] = append(terms[part*n+i], r)
			}
		}
	}
	for term, vectors := range terms {
		for v, r := range vectors {
			take(term, v, r)
		}
	}
}

// transposeParts transposes the four parts of 16 bytes of four registers, with others that begin at t.
func (k across) transposeParts(r [4]reg, t reg) [4]reg {
	for i := range reg(2) {
		k.pickParts(t+i, r[2*i], r[2*i+1], 0, 2)
		k.pickParts(t+2+i, r[2*i], r[2*i+1], 1, 3)
	}
	for i := range reg(2) {
		k.pickParts(r[i], t+2*i, t+2*i+1, 0, 2)
		k.pickParts(r[2+i], t+2*i, t+2*i+1, 1, 3)
	}
	return r
}

// acrossAhead is how far ahead in bytes each of the columns is prefetched, a line of a quarter of
// them at a time: all at once are more than a core has buffers for.
const acrossAhead = 256

// all hands on the groups of terms of which the scalar i holds the number: those of a cache line
// in one go, and what is left, of which reload sets i to the number of all again. off is the place
// of the group's terms from where moved has come.
func (k across) all(reload func(), moved func(bytes int), first reg, take func(off, groups, group, term, vector int, b reg)) {
	k.linesAndRest(func() {
		n := k.batch()
		for off := 0; off < line; off += 16 * n {
			for c := off / 4; c < off/4+4*n; c++ {
				k.prefetch(k.column(c, acrossAhead))
			}
			k.next(n, off, first, func(g, term, v int, b reg) { take(off+16*g, n, g, term, v, b) })
		}
	}, reload, moved, first, take)
}

// linesAndRest is all with another way through the groups of a line.
func (k across) linesAndRest(whole, reload func(), moved func(bytes int), first reg, take func(off, groups, group, term, vector int, b reg)) {
	k.shr("i", bits.Len(line/16)-1)
	k.ifZero("i", "few")
	k.label("lines")
	whole()
	k.advance(line)
	moved(line)
	k.countDown("i", "lines")
	k.label("few")
	reload()
	k.andImm("i", line/16-1)
	k.ifZero("i", "none")
	k.label("group")
	k.next(1, 0, first, func(g, term, v int, b reg) { take(0, 1, g, term, v, b) })
	k.advance(16)
	moved(16)
	k.countDown("i", "group")
	k.label("none")
}
