package main

import "fmt"

// extraction says what a kernel finds out about terms of which few passes are made.
type extraction int

const (
	largest extraction = iota // the largest magnitude
	split                     // the sums of what lies above a unit, and below
	rounded                   // the sum of the terms rounded to a unit
)

// extract is the program of these. With the anchor M = 1.5 * 2^52 * unit, for every term x,
// |x| < 2^51 units,
//
//	t = x + M; high += bits of t; low += x - (t - M)
//
// The sum high, less as often the bits of M, is that of the multiples of the unit that are
// nearest to the terms; rounded leaves out low. Element i belongs to lane i mod 16 of low, in
// which what is left is added in turn, of exact products of float64 (whose p is split)
// p's and then e. At last lanes i and i+8 are added, i and i+4, i and i+2, i and i+1.
//
// largest takes the largest words of 32 bits of |x|, of float64 the upper and the lower
// ones by themselves. Its products are rounded to the type of the data, as are those of
// rounded.
type extract struct {
	target
	w    width
	term term
	what extraction
	free []reg

	anchor, high, max reg
	low               []reg
}

func emitExtract(t target, w width, of term, what extraction) string {
	k := &extract{target: t, w: w, term: of, what: what}
	t.setWidth(w)
	for r := t.registers() - 1; r >= 0; r-- {
		k.free = append(k.free, reg(r))
	}
	k.emit()
	return k.declaration()
}

func (k *extract) name() string {
	return fmt.Sprintf("%s%s%v", [...]string{"largest", "split", "rounded"}[k.what], k.term, k.w)
}

// signature is the Go type of the arguments and the results.
func (k *extract) signature() string {
	_, elements := (&tree{w: k.w}).types()
	args := fmt.Sprintf("(x, y *%s, n int", elements)
	return args + [...]string{") uint64", ", anchor *uint64) (high uint64, low float64)", ", anchor *uint64) uint64"}[k.what]
}

func (k *extract) declaration() string {
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s%s\n", k.name(), k.suffix(), k.signature())
}

func (k *extract) alloc() reg {
	r := k.free[len(k.free)-1]
	k.free = k.free[:len(k.free)-1]
	return r
}

func (k *extract) zeroed() reg {
	r := k.alloc()
	k.target.zero(r)
	return r
}

func (k *extract) emit() {
	args, results := []string{"x", "y", "n", "anchor"}, 8
	switch k.what {
	case largest:
		args = args[:3]
	case split:
		results = 16
	}
	k.enterUnread(k.name(), args, results, 2*rowIn)
	k.alignFrame()
	for _, arg := range args {
		k.loadArg(arg, arg)
	}
	if k.what == largest {
		k.max = k.zeroed()
	} else {
		k.anchor, k.high = k.alloc(), k.zeroed()
		k.broadcast(k.anchor, at("anchor", 0))
	}
	if k.what == split {
		for range 16 * k.w.lane() / k.vectorBytes() {
			k.low = append(k.low, k.zeroed())
		}
	}
	k.holdConstant()
	eachRow(k.target, k.w, k.term != plain, k.wholeRow, k.sourceBytes(), k.lastVector)
	k.modeRead() // late: what comes before of this call overlaps with the end of the one before
	k.finish(8 * len(args))
	k.leave()
}

// holdConstant keeps the constant of the terms in a register, if there is one left.
func (k *extract) holdConstant() {
	c := one
	if k.what == largest {
		c = absMask
	}
	if len(k.free) <= k.stream()*k.abreast() {
		return
	}
	if r := k.alloc(); !k.hold(r, c) {
		k.free = append(k.free, r)
	}
}

func (k *extract) sourceBytes() int { return k.vectorBytes() * k.w.element() / k.w.lane() }

// stream is the number of registers that a vector of terms takes.
func (k *extract) stream() int {
	if k.exactPair() {
		return 4
	}
	return 3
}

func (k *extract) abreast() int { return min(len(k.free)/k.stream(), rowIn/k.sourceBytes(), 4) }

func (k *extract) wholeRow() {
	source, abreast := k.sourceBytes(), k.abreast()
	for off := 0; off < rowIn; {
		all := k.free
		var streams [][]string
		for i := 0; i < abreast && off < rowIn; i++ {
			k.free = append([]reg(nil), all[k.stream()*i:k.stream()*(i+1)]...)
			streams = append(streams, k.capture(func() { k.vector(off) }))
			off += source
		}
		k.free = all
		k.play(streams...)
	}
}

// exactPair tells whether terms are pairs p + e.
func (k *extract) exactPair() bool { return k.what == split && k.term == product && k.w == f64 }

// vector takes the terms in the vector at off of x (and y).
func (k *extract) vector(off int) {
	all := k.free
	v, t := k.alloc(), k.alloc()
	switch {
	case k.w != wide:
		k.load(v, at("x", off))
	case k.term != roundedProduct:
		k.loadWide(v, at("x", off))
	}
	switch {
	case k.term == plain:
	case k.exactPair():
		p := k.alloc()
		k.mulMem(p, v, at("y", off))
		k.takePair(p, t, v, off, func(spare reg) { k.remainderMem(v, at("y", off), p, t, k.anchor, spare) })
		k.free = all
		return
	case k.w != wide:
		k.mulMem(v, v, at("y", off))
	case k.term == roundedProduct:
		k.loadProduct(v, at("x", off), at("y", off))
	default:
		k.loadWide(t, at("y", off))
		k.mul(v, v, t)
	}
	k.take(v, t, off)
	k.free = all
}

// take takes the terms v, with the help of t.
func (k *extract) take(v, t reg, off int) {
	if k.what == largest {
		k.abs(v, v)
		k.maxWord(k.max, v)
		return
	}
	k.count(v, t)
	if k.what == split {
		k.takeRest(v, t, off)
	}
}

// count adds the multiple of the unit that is nearest to v, and leaves it in t on the anchor.
func (k *extract) count(v, t reg) {
	k.add(t, v, k.anchor)
	k.addInt(k.high, t)
}

// takeRest takes what that multiple leaves of v.
func (k *extract) takeRest(v, t reg, off int) {
	k.sub(t, t, k.anchor)
	k.subFrom(v, t)
	k.addLow(v, off)
}

// takePair takes the exact products p + e, with the help of t; remainder computes e.
func (k *extract) takePair(p, t, e reg, off int, remainder func(spare reg)) {
	k.count(p, t)
	all := k.free
	remainder(k.alloc())
	k.free = all
	k.takeRest(p, t, off)
	k.addLow(e, off)
}

func (k *extract) addLow(v reg, off int) {
	low := k.low[off/k.sourceBytes()%len(k.low)]
	k.add(low, low, v)
}

// lastVector takes the vector at off of the ragged row, which is filled up with +0: that
// changes nothing.
func (k *extract) lastVector(off int) {
	all := k.free
	v, t := k.alloc(), k.alloc()
	k.tail(v, t, "x", 0, off, false)
	switch {
	case k.exactPair():
		y, p := k.alloc(), k.alloc()
		k.tail(y, p, "y", rowIn, off, false)
		k.mul(p, v, y)
		k.takePair(p, t, v, off, func(spare reg) { k.remainder(v, y, p, t, k.anchor, spare) })
	case k.term == plain:
		k.take(v, t, off)
	default:
		y := k.alloc()
		k.tail(y, t, "y", rowIn, off, false)
		k.mul(v, v, y)
		if k.w == wide {
			k.roundSingle(v)
		}
		k.take(v, t, off)
	}
	k.free = all
}

// finish combines the lanes.
func (k *extract) finish(results int) {
	if k.what == largest {
		k.across(k.max, 2*k.w.lane(), k.maxWord)
		k.result64("ret", results, k.max)
		return
	}
	k.across(k.high, 16, k.addInt)
	if k.what == rounded {
		k.result64("ret", results, k.high)
		return
	}
	k.result64("high", results, k.high)
	for n := len(k.low) / 2; n > 0; n /= 2 {
		for i := range n {
			k.add(k.low[i], k.low[i], k.low[i+n])
		}
	}
	k.across(k.low[0], 16, func(d, a reg) { k.add(d, d, a) })
	k.result64("low", results+8, k.low[0])
}

// across combines the upper half of r with the lower, down to the given number of bytes.
func (k *extract) across(r reg, least int, combine func(d, a reg)) {
	all := k.free
	t := k.alloc()
	for bytes := k.vectorBytes(); bytes >= least; bytes /= 2 {
		k.upper(t, r, bytes)
		combine(r, t)
	}
	k.free = all
}
