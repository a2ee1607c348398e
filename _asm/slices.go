package main

import "fmt"

// mode says what slices are for.
type mode int

const (
	whole   mode = iota // the terms have nothing below the last unit
	dropped             // what the last bin leaves is dropped
	paired              // whole; the terms are products of float64 as pairs p + e
)

// slices is the program that cuts the terms of a block into slices. With the
// anchors M[k] = 1.5 * 2^(p-1) * q[k], p being the precision, for every term
//
//	for k ascending: t = x + M[k]; sum[k] += bits of t; x = x - (t - M[k])
//
// t is M[k] plus the multiple of q[k] nearest to x, as long as |x| <= 2^(p-2) q[k], and
// both subtractions are exact. The integers sum[k], less as often the bits of M[k],
// are the sums of the slices in units of q[k].
//
// In the modes whole and paired, what is left for the last bin is summed as it is:
// exact as long as all of it are multiples of the last unit and no sum reaches 2^(p-2)
// of them. Only the sums are made integers. A pair's p and e have bins of their own.
//
// It writes to dst, at strides of 64 bytes, the vectors of all sums[k]; then those of
// the largest and the smallest words of 32 bits of |x| (of p), each in the place that
// it has in memory: of float64, the upper words tell the exponent. Of no bins, it
// looks at the terms alone: the smallest is that of the terms that are not zero, and
// two more vectors count, downwards, the terms that are zero and those that are -0.
type slices struct {
	target
	w    width
	term term
	mode mode
	bins int
	free []reg

	apart bool // of terms that are read as several streams: see apart.go

	anchor, sum   []reg   // of the bins that are cut, part by part
	total         [][]reg // of the last bins that are not: accumulators that vectors alternate between
	max, min      reg
	minus         reg // -0
	zeros, minus0 reg // counts
}

func emitSlices(t target, w width, of term, m mode, bins int) string {
	k := &slices{target: t, w: w, term: of, mode: m, bins: bins}
	k.begin()
	k.emit()
	return k.declaration()
}

func (k *slices) begin() {
	k.setWidth(k.w)
	for r := k.registers() - 1; r >= 0; r-- {
		k.free = append(k.free, reg(r))
	}
}

func (k *slices) name() string {
	if k.bins == 0 {
		return fmt.Sprintf("look%s%v", k.term, k.w)
	}
	m := [...]string{"whole", "dropped", "paired"}[k.mode]
	if k.apart {
		m += "Apart"
	}
	return fmt.Sprintf("%s%s%vx%d", m, k.term, k.w, k.bins)
}

func (k *slices) declaration() string {
	_, elements := (&tree{w: k.w}).types()
	data, count := "x, y", "n"
	if k.apart {
		data, count = "x", "apart"
	}
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s(dst *uint64, %s *%s, %s int, anchors *uint64)\n", k.name(), k.suffix(), data, elements, count)
}

func (k *slices) alloc() reg {
	r := k.free[len(k.free)-1]
	k.free = k.free[:len(k.free)-1]
	return r
}

func (k *slices) parts() int {
	if k.mode == paired {
		return 2
	}
	return 1
}

// cut is the number of bins of a part whose slices are cut off.
func (k *slices) cut() int {
	if k.mode == dropped || k.bins == 0 {
		return k.bins
	}
	return k.bins - 1
}

// accumulators of a last bin: additions take up to four cycles, a vector of few bins
// less than two.
func (k *slices) accumulators() int {
	switch {
	case k.mode == paired:
		return 1
	case k.bins == 1:
		return 4
	}
	return 2
}

// slot is the place of the i-th vector of the result.
func slot(i int) mem { return at("dst", 64*i) }

func (k *slices) emit() {
	if k.apart {
		args := []string{"dst", "x", "apart", "anchors"}
		k.enterUnread(k.name(), args, 0, 0)
		for _, arg := range args {
			k.loadArg(arg, arg)
		}
	} else {
		k.prologue(k.name(), []string{"dst", "x", "y", "n", "anchors"}, 0, k.tailBuffers())
	}
	if !k.apart {
		k.loadAhead("u", ofStream)
	}
	for part := range k.parts() {
		for i := range k.cut() {
			a, s := k.alloc(), k.alloc()
			k.broadcast(a, at("anchors", 8*(part*k.bins+i)))
			k.target.zero(s)
			k.anchor, k.sum = append(k.anchor, a), append(k.sum, s)
		}
		if k.cut() < k.bins {
			var t []reg
			for range k.accumulators() {
				r := k.alloc()
				k.target.zero(r)
				t = append(t, r)
			}
			k.total = append(k.total, t)
		}
	}
	k.max, k.min = k.alloc(), k.alloc()
	k.target.zero(k.max)
	k.ones(k.min)
	if k.bins == 0 {
		k.minus, k.zeros, k.minus0 = k.alloc(), k.alloc(), k.alloc()
		k.minusZero(k.minus)
		k.target.zero(k.zeros)
		k.target.zero(k.minus0)
	}
	k.holdConstants()
	if k.apart {
		k.moveImm("q", slicedPart*k.w.element()/stretch)
		eachPlace(k.target, k.wholeRow)
	} else {
		eachRow(k.target, k.w, k.term == product, k.wholeRow, k.sourceBytes(), func(off int) { k.lastVector(off, off/k.sourceBytes()) })
	}
	for part := range k.parts() {
		first := part * k.bins
		for i := range k.cut() {
			k.store(slot(first+i), k.sum[part*k.cut()+i])
		}
		if k.cut() < k.bins {
			k.storeTotal(first+k.bins-1, k.total[part])
		}
	}
	next := k.parts() * k.bins
	k.store(slot(next), k.max)
	k.store(slot(next+1), k.min)
	if k.bins == 0 {
		k.store(slot(next+2), k.zeros)
		k.store(slot(next+3), k.minus0)
	}
	if k.apart {
		k.leave()
	} else {
		k.epilogue()
	}
}

// holdConstants keeps constants in the registers that the streams of a row leave.
func (k *slices) holdConstants() {
	for _, c := range []constant{absMask, one} {
		if len(k.free) <= max(k.each()*k.abreast(), 4) { // the last row of pairs takes 4
			return
		}
		if r := k.alloc(); !k.hold(r, c) {
			k.free = append(k.free, r)
		}
	}
}

// each is the number of registers that the cutting of a vector takes, abreast the
// number of vectors cut at once.
func (k *slices) each() int {
	if k.mode == paired || k.bins == 0 {
		return 3
	}
	return 2
}

func (k *slices) abreast() int {
	return min(len(k.free)/k.each(), rowIn/k.sourceBytes(), 4)
}

// sourceBytes is the memory that a vector of lanes is loaded from.
func (k *slices) sourceBytes() int { return k.vectorBytes() * k.w.element() / k.w.lane() }

// storeTotal stores the sum of the integers that the accumulators are.
func (k *slices) storeTotal(i int, total []reg) {
	all := k.free
	anchor := k.alloc()
	k.broadcast(anchor, at("anchors", 8*i))
	for _, t := range total {
		k.add(t, t, anchor)
	}
	for _, t := range total[1:] {
		k.addInt(total[0], t)
	}
	k.store(slot(i), total[0])
	k.free = all
}

// wholeRow cuts the vectors of a row, as many side by side as there are registers for.
func (k *slices) wholeRow() {
	source, each, abreast := k.sourceBytes(), k.each(), k.abreast()
	for off := 0; off < rowIn; {
		all := k.free
		var streams [][]string
		for i := 0; i < abreast && off < rowIn; i++ {
			k.free = append([]reg(nil), all[i*each:(i+1)*each]...)
			streams = append(streams, k.capture(func() { k.vector(off, off/source) }))
			off += source
		}
		k.free = all
		k.play(streams...)
	}
}

// vector cuts the terms in the vector at off of x (and y), the i-th of a row.
func (k *slices) vector(off, i int) {
	v, t := k.alloc(), k.alloc()
	k.fetch(v, at("x", off))
	if off%line == 0 && !k.apart {
		k.prefetchAhead(at("x", off), "u")
		if k.term == product {
			k.prefetchAhead(at("y", off), "u")
		}
	}
	switch {
	case k.mode == paired:
		e := k.alloc()
		k.mulMem(t, v, at("y", off))
		k.copy(e, t)
		k.fmsubMem(e, v, at("y", off))
		k.look(t, v)
		k.slice(0, t, v, i)
		k.slice(1, e, v, i)
		return
	case k.term == product && k.w == wide:
		k.fetch(t, at("y", off))
		k.mul(v, v, t)
	case k.term == product:
		k.mulMem(v, v, at("y", off))
	}
	k.look(v, t)
	k.slice(0, v, t, i)
}

// lastVector cuts the terms in the vector of the ragged row whose bytes begin at off,
// the i-th. The row is filled up with +0. What is +0 (of pairs, with x = +0) has no say in the
// smallest word.
func (k *slices) lastVector(off, i int) {
	all := k.free
	v, t := k.alloc(), k.alloc()
	k.tail(v, t, "x", 0, off, false)
	switch {
	case k.mode == paired:
		x, y, e := v, t, k.alloc()
		p := k.alloc()
		k.tail(y, e, "y", rowIn, off, false)
		k.mul(p, x, y)
		k.copy(e, p)
		k.fmsub(e, x, y)
		k.isPlusZero(y, x)
		k.isPlusZero(x, p)
		k.and(y, x)
		k.abs(x, p)
		k.maxWord(k.max, x)
		k.or(x, y)
		k.minWord(k.min, x)
		k.slice(0, p, x, i)
		k.slice(1, e, x, i)
		k.free = all
		return
	case k.term == product:
		y := k.alloc()
		k.tail(y, t, "y", rowIn, off, false)
		k.mul(v, v, y)
		k.free = append(k.free, y)
	}
	if k.bins == 0 {
		k.look(v, t)
	} else {
		z := k.alloc()
		k.abs(t, v)
		k.maxWord(k.max, t)
		k.isPlusZero(z, v)
		k.or(t, z)
		k.minWord(k.min, t)
		k.slice(0, v, t, i)
	}
	k.free = all
}

func (k *slices) fetch(r reg, m mem) {
	if k.w == wide {
		k.loadWide(r, m)
	} else {
		k.load(r, m)
	}
}

// look takes note of the terms v with the help of t.
func (k *slices) look(v, t reg) {
	k.abs(t, v)
	k.maxWord(k.max, t)
	if k.bins > 0 {
		k.minWord(k.min, t)
		return
	}
	all := k.free
	z := k.alloc()
	k.isPlusZero(z, t)
	k.or(t, z)
	k.minWord(k.min, t)
	k.addInt(k.zeros, z)
	k.equal(z, v, k.minus)
	k.addInt(k.minus0, z)
	k.free = all
}

// slice cuts v, which is of that part, with the help of t.
func (k *slices) slice(part int, v, t reg, i int) {
	for j := part * k.cut(); j < (part+1)*k.cut(); j++ {
		k.add(t, v, k.anchor[j])
		k.addInt(k.sum[j], t)
		if k.mode == dropped && j == k.bins-1 {
			return
		}
		k.sub(t, t, k.anchor[j])
		k.subFrom(v, t)
	}
	if k.bins > 0 {
		total := k.total[part]
		k.add(total[i%len(total)], total[i%len(total)], v)
	}
}
