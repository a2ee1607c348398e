package main

import "fmt"

// extraction says what a kernel finds out about terms of which few passes are made.
type extraction int

const (
	largest extraction = iota // the largest magnitude
	least                     // the least magnitude, or less; zeros in a ragged row are passed over
	split                     // the sums of what lies above a unit, and below
	scaled                    // likewise, of terms multiplied by a scale
	watched                   // as split, and the largest magnitude
	rounded                   // the sum of the terms rounded to a unit
	summed                    // the sum of the terms in float64, rounded as it may be, and the largest magnitude
	extent                    // the largest magnitude, and the least as in least
)

// extract is the program of these. With the anchor M = 1.5 * 2^52 * unit, rounded is, for every
// term x, |x| < 2^51 units,
//
//	t = x + M; high += bits of t
//
// The sum high, less as often the bits of M, is that of the multiples of the unit that are
// nearest to the terms. split has lanes, to lane i mod 16 of which element i belongs: at first
// h = M and low = 0, and then
//
//	t = h + x; d = t - h; h = t; low += x - d
//
// or, of an exact product of a and b, whose p is x, low += a*b - d, rounded once. scaled has a power of two
// besides, by which it multiplies x, fused with both additions. high is the sum of
// the bits of all h. At last lanes i and i+8 of low are added, i and i+4, i and i+2, i and i+1.
//
// summed adds element i, or an exact product, to lane i mod 32, and joins lanes i and i+16 and so on.
// Its largest magnitudes are taken in vectors of float32. Rounded products of float64 have 16 lanes, and magnitudes of float64.
//
// Of the additions some are by the multiplier's port, where that is another.
//
// largest takes the largest words of 32 bits of |x|, of float64 the upper and the lower
// ones by themselves, least the least ones. Products of largest are rounded to the type of the data, as are those of
// rounded, and those of which summed takes the largest.
type extract struct {
	target
	w    width
	term term
	what extraction
	free []reg

	near bool // of groups of terms: see near.go

	apart  bool  // of terms that are read as several streams: see apart.go
	runs   runs  // of two arrays
	place  int   // of the run at work
	from   int   // where in the run the row at work begins
	before []reg // x of the run at work and, when that is multiplied, of the next: if it is loaded a run before y

	anchor, high reg
	max, min     []reg // that vectors alternate between; max is the least of least
	h, low       []reg // of the lanes
	scale        reg
}

var extractions = [...]string{"largest", "least", "split", "scaled", "watched", "rounded", "summed", "extent"}

func emitExtract(t target, w width, of term, what extraction) string {
	k := newExtract(t, w, of, what)
	k.emit()
	return k.declaration()
}

func newExtract(t target, w width, of term, what extraction) *extract {
	k := &extract{target: t, w: w, term: of, what: what}
	t.setWidth(w)
	for r := t.registers() - 1; r >= 0; r-- {
		k.free = append(k.free, reg(r))
	}
	return k
}

func (k *extract) name() string {
	apart := ""
	if k.apart {
		apart = "Apart"
	}
	if k.near {
		apart = "Near"
	}
	return fmt.Sprintf("%s%s%s%v", extractions[k.what], apart, k.term, k.w)
}

// signature is the Go type of the arguments and the results.
func (k *extract) signature() string {
	_, elements := (&tree{w: k.w}).types()
	args := fmt.Sprintf("(x, y *%s, %s int", elements, k.count())
	switch {
	case k.near && k.what == largest:
		return args + ") (most, marks uint64)"
	case k.near:
		return args + ", anchor *uint64, marks uint64) (high uint64, low float64)"
	}
	return args + [...]string{") uint64", ") uint64", ", anchor *uint64) (high uint64, low float64)", ", anchor *uint64) (high uint64, low float64)",
		", anchor *uint64) (high uint64, low float64, most uint64)", ", anchor *uint64) uint64", ") (sum float64, most uint64)",
		") (most, least uint64)"}[k.what]
}

// count is the name of the third argument: the number of terms, or how many bytes places are apart.
func (k *extract) count() string {
	if k.apart {
		return "apart"
	}
	return "n"
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

func (k *extract) oned() reg {
	r := k.alloc()
	k.ones(r)
	return r
}

// inTurn returns the registers that magnitudes of vectors are compared with alternately: each waits for the one before it in the same.
func (k *extract) inTurn(first func() reg) []reg {
	return []reg{first(), first()}
}

// turn is the one of them for the vector at off.
func (k *extract) turn(r []reg, off int) reg { return r[off/k.sourceBytes()%len(r)] }

func (k *extract) emit() {
	args, results := []string{"x", "y", k.count(), "anchor"}, 8
	switch k.what {
	case largest, least:
		args = args[:3]
	case split, scaled:
		results = 16
	case summed, extent:
		args, results = args[:3], 16
	case watched:
		results = 24
	}
	buffers := k.tailBuffers()
	switch {
	case k.near && k.what == largest:
		results, buffers = 16, nearGroups*k.vectorBytes()
	case k.near:
		args = append(args, "marks")
	}
	if k.apart {
		buffers = 0 // whole rows alone
	}
	k.enterUnread(k.name(), args, results, buffers)
	if buffers > 0 {
		k.alignFrame()
	}
	for _, arg := range args {
		k.loadArg(arg, arg)
	}
	switch k.what {
	case largest:
		k.max = k.inTurn(k.zeroed)
	case least:
		k.max = k.inTurn(k.oned)
	case extent:
		k.max, k.min = k.inTurn(k.zeroed), k.inTurn(k.oned)
	case split, scaled, watched:
		if k.what == watched {
			k.max = k.inTurn(k.zeroed)
		}
		for range 16 * k.w.lane() / k.vectorBytes() {
			h := k.alloc()
			k.broadcast(h, at("anchor", 0))
			k.h, k.low = append(k.h, h), append(k.low, k.zeroed())
		}
		if k.what == scaled {
			k.scale = k.alloc()
			k.broadcast(k.scale, at("anchor", 8))
		}
	case rounded:
		k.anchor, k.high = k.alloc(), k.zeroed()
		k.broadcast(k.anchor, at("anchor", 0))
	case summed:
		lanes := 16
		if k.w == wide {
			lanes = 32
			k.max = []reg{k.zeroed()}
		} else {
			k.max = k.inTurn(k.zeroed)
		}
		for range lanes * k.w.lane() / k.vectorBytes() {
			k.low = append(k.low, k.zeroed())
		}
	}
	k.holdConstants()
	if k.asksAhead() {
		k.beginAsking()
	}
	if k.near {
		k.eachGroup()
	}
	if k.apart {
		k.eachPlace()
	} else {
		eachRow(k.target, k.w, k.term != plain, k.wholeRow, k.sourceBytes(), k.lastVector)
	}
	k.modeRead() // late: what comes before of this call overlaps with the end of the one before
	k.finish(8 * len(args))
	k.leave()
}

// eachPlace prints the loops over the rows of a block of several streams.
func (k *extract) eachPlace() {
	bytes := certifiedPart * k.w.element()
	if k.term == plain {
		k.moveImm("q", bytes/stretch)
		eachPlace(k.target, k.wholeRow)
		return
	}
	k.runs = shortRuns
	if k.loadsBefore() {
		if k.term == roundedProduct {
			k.runs = longRuns
		}
		n := k.runs.bytes / k.sourceBytes()
		k.before, k.free = k.free[:n], k.free[n:]
		for i, r := range k.before {
			k.load(r, at("x", i*k.sourceBytes()))
		}
	}
	k.moveImm("q", bytes/2/k.runs.bytes)
	k.runs.each(k.target, func(place int) {
		k.place = place
		for k.from = 0; k.from < k.runs.bytes; k.from += rowIn {
			k.wholeRow()
		}
	})
}

// loadsBefore tells whether x of a run is loaded while the run before it is at work.
func (k *extract) loadsBefore() bool {
	return k.apart && k.term != plain && k.w == f64 && k.registers() == 32
}

// in is the place of a vector of the row at work.
func (k *extract) in(base string, off int) mem {
	if k.apart && k.term != plain {
		return k.runs.at(base, k.place, k.from+off)
	}
	return at(base, off)
}

// holdConstants keeps the constants of the terms in registers, if there are some left beside one or two vectors.
func (k *extract) holdConstants() {
	var all []constant
	switch k.what {
	case largest, least, extent:
		all = []constant{absMask}
	case watched:
		all = []constant{one, absMask}
	case split, rounded:
		all = []constant{one}
	case summed:
		if k.w == wide {
			k.setWidth(f32) // for these alone
			defer k.setWidth(k.w)
		}
		all = []constant{absMask}
	}
	for _, c := range all {
		if len(k.free) <= k.stream()*min(k.abreast(), 2) {
			return
		}
		if r := k.alloc(); !k.hold(r, c) {
			k.free = append(k.free, r)
		}
	}
}

func (k *extract) sourceBytes() int { return k.vectorBytes() * k.w.element() / k.w.lane() }

// stream is the number of registers that a vector of terms takes.
func (k *extract) stream() int {
	switch {
	case k.exactPair():
		return 4
	case k.what == summed:
		return 3
	}
	return 2
}

// asksAhead tells whether memory is prefetched: of exact products, whose two arrays may be in one bank of the memory (see
// pairBlock). Rounded ones lose more in cache than they gain.
func (k *extract) asksAhead() bool {
	return k.what == watched && k.exactPair() && k.vectorBytes() == 64 && !k.apart
}

// Lines of the two arrays are prefetched alternately, askedAlike bytes of each: some for each row, at p, and the next of the
// other array at q. The rows until the two change places are counted in u.
const (
	askedAlike = 1024
	askedLines = 2 * rowIn / line
)

func (k *extract) beginAsking() {
	k.loadAhead("u", ofStreams)
	for _, p := range [][2]string{{"p", "x"}, {"q", "y"}} {
		k.move(p[0], p[1])
		k.addReg(p[0], "u")
	}
	k.moveImm("u", askedAlike/line/askedLines)
}

func (k *extract) ask() {
	for i := range askedLines {
		k.prefetch(at("p", i*line))
	}
	k.addImm("p", askedLines*line)
	k.countDown("u", "asked")
	k.prefetchSecond(at("p", page))
	k.move("s", "p")
	k.move("p", "q")
	k.move("q", "s")
	k.moveImm("u", askedAlike/line/askedLines)
	k.label("asked")
}

// abreast is the number of vectors that are taken at once: a part of a row.
func (k *extract) abreast() int {
	n := 4
	if k.loadsBefore() {
		n = 2
	}
	for n > min(len(k.free)/k.stream(), rowIn/k.sourceBytes()) {
		n /= 2
	}
	return n
}

func (k *extract) wholeRow() {
	if k.asksAhead() {
		k.ask()
	}
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
func (k *extract) exactPair() bool {
	return (k.what == split || k.what == watched) && k.term == product && k.w == f64
}

// vector takes the terms in the vector at off of x (and y).
func (k *extract) vector(off int) {
	all := k.free
	v, t := k.alloc(), k.alloc()
	magnitudes := k.what == largest || k.what == least || k.what == extent
	switch {
	case k.loadsBefore():
		k.vectorBefore(v, t, off)
		k.free = all
		return
	case magnitudes && k.term == plain && k.w != wide:
		k.absMem(v, k.in("x", off))
		k.compare(v, off)
		k.free = all
		return
	case k.w != wide:
		k.load(v, k.in("x", off))
	case k.term != roundedProduct:
		k.loadWide(v, k.in("x", off))
	}
	if k.what == summed && k.w == wide && off%k.vectorBytes() == 0 {
		k.lookSingle(off)
	}
	switch {
	case k.term == plain:
	case k.exactPair():
		y, p := k.alloc(), k.alloc()
		k.load(y, k.in("y", off))
		k.takeProduct(p, v, y, t, off)
		k.free = all
		return
	case k.w != wide:
		k.mulMem(v, v, k.in("y", off))
	case k.term == roundedProduct:
		k.loadProduct(v, k.in("x", off), k.in("y", off))
	default:
		k.loadWide(t, k.in("y", off))
		if k.what == summed {
			k.fmadd(k.low[off/k.sourceBytes()], v, t)
			k.free = all
			return
		}
		k.mul(v, v, t)
	}
	k.take(v, t, off)
	k.free = all
}

// vectorBefore takes the terms in the vector at off, whose x is loaded, and loads x of the next run.
func (k *extract) vectorBefore(v, t reg, off int) {
	x := k.before[(k.from+off)/k.sourceBytes()]
	if k.exactPair() {
		y := k.alloc()
		k.load(y, k.in("y", off))
		k.takeProduct(v, x, y, t, off)
	} else {
		k.mulMem(x, x, k.in("y", off))
		k.take(x, t, off)
	}
	k.load(x, k.runs.at("x", k.place+1, k.from+off))
}

// compare takes note of the magnitudes v.
func (k *extract) compare(v reg, off int) {
	switch k.what {
	case largest:
		k.maxWord(k.turn(k.max, off), v)
	case least:
		k.minWord(k.turn(k.max, off), v)
	case extent:
		k.maxWord(k.turn(k.max, off), v)
		k.minWord(k.turn(k.min, off), v)
	}
}

// lookSingle takes note of the magnitudes of a whole vector of float32, of which this is the first half. Products are rounded.
func (k *extract) lookSingle(off int) {
	all := k.free
	v := k.alloc()
	k.setWidth(f32)
	k.load(v, k.in("x", off))
	if k.term != plain {
		k.mulMem(v, v, k.in("y", off))
	}
	k.abs(v, v)
	k.maxWord(k.max[0], v)
	k.setWidth(k.w)
	k.free = all
}

// take takes the terms v, with the help of t.
func (k *extract) take(v, t reg, off int) {
	switch k.what {
	case largest, least, extent:
		k.abs(v, v)
		k.compare(v, off)
	case rounded:
		k.add(t, v, k.anchor)
		k.addInt(k.high, t)
	case summed:
		low := k.low[off/k.sourceBytes()]
		k.add(low, low, v)
		if k.w != wide {
			k.abs(v, v)
			k.maxWord(k.turn(k.max, off), v)
		}
	case split, watched:
		k.watch(v, t, off)
		h, low := k.lanes(off)
		k.above(h, t, v, off)
		k.addOnto(v, h)
		k.add(low, low, v)
		k.copy(h, t)
	case scaled:
		h, low := k.lanes(off)
		k.copy(t, h)
		k.fmadd(t, v, k.scale)
		k.sub(h, h, t)
		k.fmadd(h, v, k.scale)
		k.add(low, low, h)
		k.copy(h, t)
	}
}

// takeProduct takes the exact products of a and b, with the help of p and t.
func (k *extract) takeProduct(p, a, b, t reg, off int) {
	h, low := k.lanes(off)
	k.mul(p, a, b)
	k.watch(p, t, off)
	k.above(h, t, p, off)
	k.fmadd(h, a, b)
	k.add(low, low, h)
	k.copy(h, t)
}

// watch takes note of the magnitudes of v, if that is asked for.
func (k *extract) watch(v, t reg, off int) {
	if k.what == watched {
		k.abs(t, v)
		k.maxWord(k.turn(k.max, off), t)
	}
}

// lanes are those of the vector at off.
func (k *extract) lanes(off int) (h, low reg) {
	i := off / k.sourceBytes() % len(k.h)
	return k.h[i], k.low[i]
}

// above sets t to h + v, and h to -d: every other vector of products, and all that are none, by the multiplier's port.
func (k *extract) above(h, t, v reg, off int) {
	k.add(t, h, v)
	if k.term == plain || off/k.sourceBytes()%2 == 1 {
		k.subFrom(h, t)
	} else {
		k.sub(h, h, t)
	}
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
		k.takeProduct(p, v, y, t, off)
	case k.what == extent:
		if k.term != plain {
			y := k.alloc()
			k.tail(y, t, "y", rowIn, off, false)
			k.mul(v, v, y)
		}
		k.abs(v, v)
		k.maxWord(k.max[0], v)
		k.isPlusZero(t, v)
		k.or(v, t)
		k.minWord(k.min[0], v)
	case k.what == least:
		k.abs(v, v)
		k.isPlusZero(t, v)
		k.or(v, t)
		k.minWord(k.max[0], v)
	case k.what == summed && k.w == wide:
		k.lastSummed(v, t, off)
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

// lastSummed is lastVector of summed: the terms are v, or its products. The largest is that of float64 lanes, rounded.
func (k *extract) lastSummed(v, t reg, off int) {
	if k.term == plain {
		k.take(v, t, off)
	} else {
		y := k.alloc()
		k.tail(y, t, "y", rowIn, off, false)
		k.fmadd(k.low[off/k.sourceBytes()], v, y)
		k.mul(v, v, y)
	}
	k.toSingle(v)
	k.setWidth(f32)
	k.abs(v, v)
	k.maxWord(k.max[0], v)
	k.setWidth(k.w)
}

// finish combines the lanes.
func (k *extract) finish(results int) {
	for i := 1; i < len(k.max); i++ {
		if k.what == least {
			k.minWord(k.max[0], k.max[i])
		} else {
			k.maxWord(k.max[0], k.max[i])
		}
	}
	if k.what == largest || k.what == least {
		combine := k.maxWord
		if k.what == least {
			combine = k.minWord
		}
		k.across(k.max[0], 2*k.w.lane(), combine)
		if k.near {
			k.result64("most", results, k.max[0])
			k.mark(k.max[0])
			return
		}
		k.result64("ret", results, k.max[0])
		return
	}
	if k.what == extent {
		k.across(k.max[0], 2*k.w.lane(), k.maxWord)
		k.result64("most", results, k.max[0])
		for _, r := range k.min[1:] {
			k.minWord(k.min[0], r)
		}
		k.across(k.min[0], 2*k.w.lane(), k.minWord)
		k.result64("least", results+8, k.min[0])
		return
	}
	if k.what == summed {
		k.join()
		k.result64("sum", results, k.low[0])
		words := 8
		if k.w != wide {
			words = 16
		}
		k.across(k.max[0], words, k.maxWord)
		k.result64("most", results+8, k.max[0])
		return
	}
	if len(k.h) > 0 {
		k.high = k.h[0]
		for _, h := range k.h[1:] {
			k.addInt(k.high, h)
		}
	}
	k.across(k.high, 16, k.addInt)
	if k.what == rounded {
		k.result64("ret", results, k.high)
		return
	}
	k.result64("high", results, k.high)
	k.join()
	k.result64("low", results+8, k.low[0])
	if k.what == watched {
		k.across(k.max[0], 2*k.w.lane(), k.maxWord)
		k.result64("most", results+16, k.max[0])
	}
}

// join leaves the sum of all lanes of low in the lowest lane of the first.
func (k *extract) join() {
	for n := len(k.low) / 2; n > 0; n /= 2 {
		for i := range n {
			k.add(k.low[i], k.low[i], k.low[i+n])
		}
	}
	k.across(k.low[0], 16, func(d, a reg) { k.add(d, d, a) })
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
