package main

import "fmt"

// leafSums sums leaves of 32 terms of columns that lie one after the other, as many leaves of a column at once as a vector
// has lanes: a set, which is 2 KiB in a row. Two sets go at a time, as each sum is one chain. Terms are transposed in registers, half a line of
// each leaf at a time; what is loaded and put together for later terms, and what is shuffled and multiplied for earlier
// ones, is interleaved, as both are more than a processor looks ahead. So are the last products of a pair and what is loaded for the
// next: while dst, x and e are still at the former, y and u are at the latter, and k and t keep where it has its sums and its factors.
//
// x has the factors of a set's leaves term by term, those of all leaves each, and dst gets a vector a set. The second set, its factors and its sums lie d, xd and
// dd bytes after those of the first. There are m groups of n pairs; from a pair to the next it is step bytes in y and x, and step/32 in dst; at
// the end of a group, x begins again, and y and dst move on by yg and dg bytes more.
//
// Memory is prefetched into L1 "ahead" bytes ahead, and into L2 every other line twice as far, as the processor
// brings what is beside it.
type leafSums struct {
	target
	w   width
	s   *schedule
	ask func(slot int) // prefetches
}

var leafSumsArgs = []string{"dst", "x", "y", "d", "xd", "dd", "step", "yg", "dg", "ahead", "n", "m"}

const (
	setBytes     = 2048
	setSlots     = 2 * setBytes / line // as many slots of time as lines in two sets
	setFar       = 2                   // times as far as into L1 is prefetched into L2
	setJoinAfter = 2                   // slots from what is computed to what uses it
)

// hasLeafSums tells whether there are registers for it.
func hasLeafSums(t target) bool { return t.registers() == 32 && t.vectorBytes() == 64 }

func (k *leafSums) name() string { return fmt.Sprintf("leafSums%v", k.w) }

// group is the leaves of 16 bytes of a vector, and terms those of 16 bytes of a leaf.
func (k *leafSums) group() int { return 16 / k.w.lane() }

func newLeafSums(t target, w width) *leafSums {
	k := &leafSums{target: t, w: w, s: &schedule{}}
	k.ask = k.askAhead
	return k
}

func emitLeafSums(t target, w width) string {
	if !hasLeafSums(t) {
		return ""
	}
	t.setWidth(w)
	k := newLeafSums(t, w)
	k.enter(k.name(), leafSumsArgs, 0, 0)
	k.loadArg("dst", "dst")
	k.loadArg("y", "y")
	k.loadArg("q", "dd")
	k.loadArg("p", "step")
	k.loadArg("s", "d")
	k.loadArg("z", "ahead")
	k.loadArg("i", "m")
	k.loadArg("n", "n")
	k.loadArg("x", "x")
	k.loadArg("e", "xd")
	k.addReg("e", "x")
	k.move("t", "x")
	k.move("k", "dst")
	k.move("u", "y")
	k.addReg("u", "s")
	ends := k.steps()
	for set, of := range []string{"x", "e"} {
		k.s.add(ends[set]+.1, 0, func(reg, []reg) {
			k.move(of, "t")
			if set == 1 {
				k.loadArg("c", "xd")
				k.addReg(of, "c")
				k.move("dst", "k")
			}
		})
	}
	round := k.s.every(setSlots, k.registers())
	round.begin()
	k.label("next")
	k.addReg("y", "p")
	k.addReg("t", "p")
	k.move("c", "p")
	k.shr("c", 5)
	k.addReg("k", "c")
	k.countDown("n", "pair")
	k.loadArg("c", "yg")
	k.addReg("y", "c")
	k.loadArg("c", "dg")
	k.addReg("k", "c")
	k.loadArg("t", "x")
	k.loadArg("n", "n")
	k.countOut("i", "last")
	k.label("pair")
	k.move("u", "y")
	k.addReg("u", "s")
	round.again()
	k.jump("next")
	k.label("last")
	round.end()
	k.epilogue()
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s(dst, x, y *%s, d, xd, dd, step, yg, dg, ahead, n, m int)\n", k.name(), t.suffix(), (&pack{w: w}).elements())
}

// sum sums two sets.
func (k *leafSums) sum() {
	k.steps()
	k.s.issue(k.registers())
}

// steps schedules the sums of two sets, and returns when each is stored. Halves of lines of one leaf after the other are loaded, for
// half a line of all leaves of a set at a time, in turn for the two sets.
func (k *leafSums) steps() (ends [2]float64) {
	g := k.group()
	leaf := 32 * k.w.lane()
	sums := [2]virtual{k.s.value(), k.s.value()}
	for i := range leaf / 16 { // so that of what is for the same slot the older comes first
		k.half(float64(2*g*i), i%2, i/2, sums[i%2])
	}
	for set, acc := range sums {
		at := at("dst", 0)
		if set == 1 {
			at.index, at.scale = "q", 1
		}
		ends[set] = float64(2*g*(leaf/16-2+set)) + k.firstTerm() + float64(2*(2*g-1)) + .99
		k.s.add(ends[set], 0, func(_ reg, u []reg) { k.store(at, u[0]) }, acc)
	}
	for slot := range setSlots {
		k.ask(slot)
	}
	return ends
}

// firstTerm is the slot in which the first product of half a line is added.
func (k *leafSums) firstTerm() float64 {
	n := 2*k.group() + 1 + 4 + setJoinAfter // what is put together is there, and all of the half before
	if k.w == f32 {
		n += setJoinAfter
	}
	return float64(n) + .6
}

// half loads half a line of each leaf of a set, transposes it, and adds the products of its terms, beginning at that slot.
func (k *leafSums) half(slot float64, set, half int, acc virtual) {
	g, s := k.group(), k.s
	base, factors := "y", "x"
	if set == 1 {
		base, factors = "u", "e"
	}
	parts := [2][]virtual{}
	for j := range g {
		var pair []virtual
		for i := range 2 {
			v, now := s.value(), slot+float64(2*j+i)
			row := func(r int) mem { return at(base, 32*k.w.lane()*r+32*half) }
			s.add(now, v, func(d reg, _ []reg) { k.loadHalf(d, row(2*i*g+j), 0) })
			s.add(now+.1, v, func(d reg, _ []reg) { k.loadHalf(d, row((2*i+1)*g+j), 1) })
			pair = append(pair, v)
		}
		for i := range 2 {
			v := s.value()
			s.add(slot+float64(2*j+2+i)+.2, v, func(d reg, u []reg) { k.pickParts(d, u[0], u[1], i, i+2) }, pair...)
			parts[i] = append(parts[i], v)
		}
	}
	first := slot + k.firstTerm()
	if half == 0 {
		s.add(first-.01, acc, func(d reg, _ []reg) { k.zero(d) })
	}
	for i, p := range parts {
		now := first + float64(2*g*i)
		for term, v := range k.transpose(now, p) {
			x := at(factors, k.vectorBytes()*(g*(2*half+i)+term))
			s.add(now+float64(2*term), acc, func(d reg, u []reg) { k.fmaddMem(d, u[0], x) }, v)
		}
	}
}

// transpose returns the terms of parts of 16 bytes, whose products are added from a slot on.
func (k *leafSums) transpose(first float64, p []virtual) []virtual {
	s := k.s
	shuffle := func(at float64, x, y virtual, bytes int, upper bool) virtual {
		v := s.value()
		s.add(at, v, func(d reg, u []reg) { k.interleaveHalf(d, u[0], u[1], bytes, upper) }, x, y)
		return v
	}
	now := first - setJoinAfter - .1
	terms := func(at float64, x, y virtual) []virtual {
		return []virtual{shuffle(at, x, y, 8, false), shuffle(at+2, x, y, 8, true)}
	}
	if k.w == f64 {
		return terms(now, p[0], p[1])
	}
	var m [4]virtual
	for i := range m {
		m[i] = shuffle(now-setJoinAfter-.1+float64(2*i), p[i%2*2], p[i%2*2+1], 4, i >= 2)
	}
	return append(terms(now, m[0], m[1]), terms(now+4, m[2], m[3])...)
}

// askAhead prefetches in a slot.
func (k *leafSums) askAhead(slot int) {
	base, off := "y", slot*line
	if off >= setBytes {
		base, off = "u", off-setBytes
	}
	now := float64(slot) + .95
	k.s.add(now, 0, func(reg, []reg) { k.prefetch(mem{base, off, "z", 1}) })
	if slot%2 == 0 {
		k.s.add(now, 0, func(reg, []reg) { k.prefetchSecond(mem{base, off, "z", setFar}) })
	}
}

// leafSumsDispatch writes the function that calls it.
func leafSumsDispatch(w width, targets []target) string {
	text := fmt.Sprintf("\nfunc leafSums%v(dst, x, y *%s, d, xd, dd, step, yg, dg, ahead, n, m int) {\n", w, (&pack{w: w}).elements())
	for _, t := range targets {
		if !hasLeafSums(t) {
			continue
		}
		text += fmt.Sprintf("\tif active == %s {\n\t\t%s%s(dst, x, y, d, xd, dd, step, yg, dg, ahead, n, m)\n\t\treturn\n\t}\n", t.suffix(), (&leafSums{w: w}).name(), t.suffix())
	}
	return text + "\tpanic(noKernel)\n}\n"
}
