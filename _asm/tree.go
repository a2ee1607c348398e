package main

import (
	"fmt"
	"math/bits"
)

// term says what the terms of a sum are.
type term int

const (
	plain          term = iota // x
	absolute                   // |x|
	product                    // x*y, rounded once, or a pair
	roundedProduct             // x*y rounded to the type of the data
)

func (t term) String() string {
	return [...]string{"Sum", "SumAbs", "Dot", "DotRounded"}[t]
}

// value is what a node has in one column: h, or h and l.
type value []reg

// tree is the program of a canonical lane sum over n >= L elements: lane by lane
// the growing tree over the rows, as SPEC.md, section 3 defines it.
//
// Blocks of rows, full nodes, are straight-line code. Eight of them make a
// superblock, and superblocks go on a binary counter's stack in the frame. The last
// block stays in registers, where there are enough: it is joined first. The
// ragged right end is folded from its smallest node to the largest, which is the
// order in which the counter would fold it: node + (what is right of it). An absent
// lane is -0 there: v + (-0) is v for every v.
type tree struct {
	target
	w     width
	term  term
	pairs bool
	apart bool // of rows in four streams, see treeapart.go
	small bool // of fewer rows than a block, so without a frame: no stack to look after, which takes as long as dozens of terms

	rows      int // of a block
	slotCount int // blocks of a superblock
	columns   int // vectors of a row
	row       int // bytes of a row of registers
	value     int // bytes of a row of values
	free      []reg
	labels    int

	tailX, tailY, slots, acc, stack int // places in the frame
	inRegs                          []value
	asking                          bool    // what is read now is prefetched
	last                            []value // of a block whose columns have registers: the last of all is not stored
}

// levels bounds the superblocks by 2^36, more than any memory holds.
const levels = 36

// emitTree prints the function and returns its declaration in Go; if it is light, also that of few rows.
func emitTree(t target, w width, of term, pairs bool) string {
	k := newTree(t, w, of, pairs)
	k.emit()
	declaration := k.declaration()
	if k.hasSmall() {
		k = newSmallTree(t, w, of)
		k.emit()
		declaration += k.declaration()
	}
	return declaration
}

// newSmallTree returns the program of few rows.
func newSmallTree(t target, w width, of term) *tree {
	k := newTree(t, w, of, false)
	k.small = true
	if t.registers() == 16 {
		k.rows = 64
	}
	return k
}

// newTree returns the program.
func newTree(t target, w width, of term, pairs bool) *tree {
	k := &tree{target: t, w: w, term: of, pairs: pairs}
	k.rows, k.slotCount = 8, 8
	parts := 1
	if pairs {
		parts = 2
	}
	switch {
	case pairs:
	case t.registers() == 32 && t.vectorBytes() == 64 && w != wide:
		k.rows = 64
	case t.registers() == 32:
		k.rows = 32
	case of == plain && w != wide:
		k.rows = 16
	}
	if t.vectorBytes() == 16 || pairs && of == product && t.registers() == 16 {
		k.rows /= 2
	}
	t.setWidth(w)
	k.row = rowIn / w.element() * w.lane()
	k.columns = k.row / t.vectorBytes()
	k.value = parts * k.row
	k.tailX, k.tailY = 0, rowIn
	k.slots = 2 * rowIn
	k.acc = k.slots + k.slotCount*k.value
	k.stack = k.acc + k.value
	for r := t.registers() - 1; r >= 0; r-- {
		k.free = append(k.free, reg(r))
	}
	return k
}

// hasSmall tells whether there is a kernel of fewer rows than a block, too.
func (k *tree) hasSmall() bool { return !k.pairs && k.w != wide && k.vectorBytes() >= 32 }

// types returns the types of the lanes and of the elements in Go.
func (k *tree) types() (lanes, elements string) {
	switch k.w {
	case f32:
		return "float32", "float32"
	case wide:
		return "float64", "float32"
	}
	return "float64", "float64"
}

func (k *tree) declaration() string {
	lanes, elements := k.types()
	result := "(ret " + lanes + ")"
	if k.pairs {
		result = "(h, l " + lanes + ")"
	}
	dst := "dst *" + lanes + ", "
	if k.small {
		dst = ""
	}
	return fmt.Sprintf("\n//go:noescape\nfunc %s%s(%sx, y *%s, n int) %s\n", k.name(), k.suffix(), dst, elements, result)
}

func (k *tree) name() string {
	switch {
	case k.apart:
		return fmt.Sprintf("treeApart%s%v", k.term, k.w)
	case k.pairs:
		return fmt.Sprintf("pair%s%v", k.term, k.w)
	case k.small:
		return fmt.Sprintf("smallTree%s%v", k.term, k.w)
	}
	return fmt.Sprintf("tree%s%v", k.term, k.w)
}

// products tells whether terms are made of x and y.
func (k *tree) products() bool { return k.term == product }

// exact tells whether terms are exact products, which are pairs.
func (k *tree) exact() bool { return k.pairs && k.products() }

// magnitudes tells whether terms have their sign taken off.
func (k *tree) magnitudes() bool { return k.term == absolute }

func (k *tree) lanes() int { return rowIn / k.w.element() }

func (k *tree) alloc() reg {
	if len(k.free) == 0 {
		panic(k.name() + k.suffix() + ": out of registers")
	}
	r := k.free[len(k.free)-1]
	k.free = k.free[:len(k.free)-1]
	return r
}

func (k *tree) release(rs ...reg) { k.free = append(k.free, rs...) }

// reclaim takes registers that have been released.
func (k *tree) reclaim(values []value) {
	taken := map[reg]bool{}
	for _, v := range values {
		for _, r := range v {
			taken[r] = true
		}
	}
	free := k.free
	k.free = nil
	for _, r := range free {
		if !taken[r] {
			k.free = append(k.free, r)
		}
	}
}

func (k *tree) step(p string, rows int) {
	k.addImm(p, rows*rowIn)
}

func (k *tree) emit() {
	args, results := []string{"dst", "x", "y", "n"}, 1
	if k.pairs {
		results = 2
	}
	locals := k.stack + levels*k.value
	if k.small {
		args, locals = args[1:], 0
	}
	k.enterUnread(k.name(), args, results*k.w.lane(), locals)
	if !k.light() && !k.small {
		k.alignFrame()
	}
	if k.byMultiplier() {
		k.hold(k.alloc(), one)
	}
	if k.twoPairs() && !k.products() { // exact products need all registers
		k.hold(k.alloc(), one)
	}
	k.loadArg("x", "x")
	if k.products() {
		k.loadArg("y", "y")
	}
	k.loadArg("n", "n")
	if k.asks() {
		k.loadAhead("dst", k.distance())
	}
	k.ragged()
	if !k.small {
		k.blocks()
		k.fold()
	}
	k.modeRead()
	if !k.small {
		k.lanesToDst()
	}
	if k.pairs {
		h := k.joinPairs()
		k.result("h", 8*len(args), h[0])
		k.result("l", 8*len(args)+k.w.lane(), h[1])
	} else {
		var v []reg
		for _, column := range k.inRegs {
			v = append(v, column...)
		}
		k.result("ret", 8*len(args), k.joinLanes(v))
	}
	k.leave()
}

// light tells whether the frame is only used by blocks.
func (k *tree) light() bool { return !k.pairs && k.registers() == 32 && k.vectorBytes() == 64 }

// lanesToDst puts the accumulator to dst, unless that is nil.
func (k *tree) lanesToDst() {
	k.loadArg("dst", "dst")
	k.ifZero("dst", "sum")
	for c := range k.columns {
		v := k.accumulated(c)
		k.keep("dst", 0, c, v)
		if k.inRegs == nil {
			k.release(v...)
		}
	}
	k.label("sum")
}

// joinPairs joins the lanes of the accumulator by the growing tree.
func (k *tree) joinPairs() value {
	var v []value
	for c := range k.columns {
		v = append(v, k.accumulated(c))
	}
	for level := range bits.Len(uint(k.lanes())) - 1 {
		for i := range (len(v) + 1) / 2 {
			v[i] = k.joinNeighbours(level, v[2*i], v[min(2*i+1, len(v)-1)])
		}
		v = v[:(len(v)+1)/2]
	}
	return v[0]
}

// joinNeighbours joins the neighbours at that level in the vectors a and b.
func (k *tree) joinNeighbours(level int, a, b value) value {
	left, right := value{k.alloc(), k.alloc()}, value{k.alloc(), k.alloc()}
	for part := range 2 {
		k.neighbours(level, left[part], right[part], a[part], b[part])
	}
	k.shorten(level)
	k.release(a...)
	if a[0] != b[0] {
		k.release(b...)
	}
	k.join(left, right)
	return left
}

// blocks evaluates the blocks and the superblocks: i counts blocks down, u superblocks
// up; t is the next slot and e the end of the slots.
func (k *tree) blocks() {
	laneBits := bits.Len(uint(k.lanes())) - 1
	rowBits := bits.Len(uint(k.rows)) - 1
	if k.light() {
		k.ifAtMost("n", k.rows*k.lanes()-1, "joined")
		k.alignFrame()
	}
	k.address("s", at(frame, k.stack))
	k.address("t", at(frame, k.slots))
	k.move("i", "n")
	k.shr("i", laneBits+rowBits)
	if k.twoPairs() || !k.pairs && k.side() == k.columns {
		k.last = make([]value, k.columns)
	}
	switch {
	case k.last == nil:
		k.ifZero("i", "fold")
	case !k.light():
		k.ifZero("i", "none")
	}
	k.moveImm("u", 0)
	k.address("e", at(frame, k.acc))
	k.label("block")
	k.block()
	if k.last != nil {
		k.countOut("i", "fold")
		for c, v := range k.last {
			k.keep("t", 0, c, v)
		}
	}
	k.step("x", k.rows)
	if k.products() {
		k.step("y", k.rows)
	}
	k.addImm("t", k.value)
	k.ifEqual("t", "e", "super")
	next := "block"
	if k.last == nil {
		next = "counted"
		k.label(next)
		k.countDown("i", "block")
		k.jump("fold")
	} else {
		k.jump(next)
	}
	k.label("super")
	k.superblock()
	k.address("t", at(frame, k.slots))
	k.jump(next)
}

// block evaluates the block at x (and y) into the slot at t, or into registers.
func (k *tree) block() {
	k.asking = k.asks()
	defer func() { k.asking = false }()
	switch {
	case k.twoPairs():
		k.pairBlock()
	case k.asksInOrder():
		k.orderedBlock()
	case k.pairs:
		k.columnsBlock()
	case k.last != nil:
		k.inParts(1)
	default:
		k.abreast(func(c int) {
			v := k.node("x", "y", 0, k.rows, c)
			k.keep("t", 0, c, v)
			k.release(v...)
		})
	}
}

// columnsBlock evaluates a block of pairs into the slot at t, two columns at a time.
func (k *tree) columnsBlock() {
	k.eachColumn("x", "y", func(c int) {
		k.keepNode("t", 0, c, k.node("p", "q", 0, k.rows, c))
	})
}

// asksInOrder tells whether two of four columns of products are evaluated at a time, so that every other line of a block is read and then the others.
func (k *tree) asksInOrder() bool { return k.exact() && k.columns == 4 && k.registers() == 16 }

// orderedBlock is columnsBlock for processors of Intel, where each line is prefetched as another is read. Those of AMD (see pairBlock) do not follow that:
// the lines are prefetched in ascending order, those of x before those of y, evenly among the arithmetic.
func (k *tree) orderedBlock() {
	k.ifZero("dst", "follows")
	k.columnsBlock()
	k.jump("evaluated")
	k.label("follows")
	k.asking = false
	k.strew(k.capture(func() {
		for side := 0; side < k.columns; side += 2 {
			k.sideBySide(2, func(c int) { k.keepNode("t", 0, side+c, k.node("x", "y", 0, k.rows, side+c)) })
		}
	}), k.capture(func() { k.askInOrder(aVeryLittle) }))
	k.label("evaluated")
}

// askInOrder prefetches the lines of a block of x, and then those of y, so many bytes ahead.
func (k *tree) askInOrder(ahead int) {
	for _, p := range k.sources() {
		for off := 0; off < k.rows*rowIn; off += line {
			k.prefetch(at(p, off+ahead))
		}
	}
}

// sources returns the pointers to what is read.
func (k *tree) sources() []string {
	if k.products() {
		return []string{"x", "y"}
	}
	return []string{"x"}
}

// inParts evaluates the block into registers, so many parts of it interleaved.
func (k *tree) inParts(parts int) {
	for c, v := range k.partNodes("x", "y", k.rows, parts) {
		k.last[c] = v
		k.release(v...)
	}
}

// pairBlock evaluates the block into registers by one of two programs. On Intel's processors each line is prefetched, how far ahead is
// in a register, and two parts take turns. Those of AMD (that register is 0) follow a stream by themselves, but in one page
// only one, and in ascending order; so there is one part. They begin anew in each page, so some lines of the next are prefetched,
// and lines a little ahead, evenly among the arithmetic and those of x before those of y: pages of the two may be in one
// bank of the memory, which has one of them open at a time.
func (k *tree) pairBlock() {
	free := append([]reg(nil), k.free...)
	k.ifZero("dst", "follows")
	k.inParts(2)
	inTwo := append([]value(nil), k.last...)
	k.jump("evaluated")
	k.label("follows")
	k.free, k.asking = append([]reg(nil), free...), false
	for _, p := range k.sources() {
		k.prefetchSecond(at(p, page))
	}
	k.strew(k.capture(func() { k.inParts(1) }), k.capture(func() { k.askInOrder(aLittle) }))
	k.moveTo(inTwo, k.last)
	k.label("evaluated")
	k.last, k.free = inTwo, free
}

// aLittle is how far ahead in bytes is prefetched on a processor that follows a stream, and aVeryLittle that in blocks of less than a KiB.
const (
	aLittle     = 512
	aVeryLittle = 128
)

// moveTo copies values to other registers, one after the other.
func (k *tree) moveTo(to, from []value) {
	written := map[reg]bool{}
	for i := range to {
		for part := range to[i] {
			if written[from[i][part]] {
				panic(k.name() + ": values change places")
			}
			k.copy(to[i][part], from[i][part])
			written[to[i][part]] = true
		}
	}
}

// partNodes evaluates the rows behind the pointers, parts of all columns side by side, then
// their joins: what waits for another is further from it than in one part.
func (k *tree) partNodes(x, y string, rows, parts int) []value {
	nodes := make([]value, parts*k.columns)
	k.sideBySide(len(nodes), func(i int) {
		nodes[i] = k.node(x, y, i/k.columns*rows/parts, rows/parts, i%k.columns)
	})
	for ; parts > 1; parts /= 2 {
		k.sideBySide(parts/2*k.columns, func(i int) {
			left := nodes[i/k.columns*2*k.columns+i%k.columns]
			k.join(left, nodes[(i/k.columns*2+1)*k.columns+i%k.columns])
			nodes[i] = left
		})
	}
	return nodes[:k.columns]
}

// parts is how many parts of a node there are registers for, of all columns.
func (k *tree) parts(rows int) int {
	parts := 1
	for k.light() && parts < 4 && rows >= 4*parts && 2*parts*k.columns*k.need(rows/parts/2) <= len(k.free) {
		parts *= 2
	}
	return parts
}

// superblock joins the slots and puts their node on the stack, as the u-th of its level.
func (k *tree) superblock() {
	for c := range k.columns {
		v := k.slotNode(frame, k.slots, k.slotCount, c)
		k.keep("s", 0, c, v)
		k.release(v...)
	}
	k.addImm("s", k.value)
	k.addImm("u", 1)
	k.move("p", "u")
	k.label("carry")
	k.ifBit("p", 0, true, "carried")
	k.addImm("s", -k.value)
	for c := range k.columns {
		a, b := k.fetch("s", -k.value, c), k.fetch("s", 0, c)
		k.join(a, b)
		k.keep("s", -k.value, c, a)
		k.release(a...)
	}
	k.shr("p", 1)
	k.jump("carry")
	k.label("carried")
}

// slotNode joins the values in that many slots from base+off on, in column c.
func (k *tree) slotNode(base string, off, slots, c int) value {
	if slots == 1 {
		return k.fetch(base, off, c)
	}
	left := k.slotNode(base, off, slots/2, c)
	k.join(left, k.slotNode(base, off+slots/2*k.value, slots/2, c))
	return left
}

// side is how many columns of a block there are registers for.
func (k *tree) side() int {
	side := k.columns
	for side*k.need(k.rows) > len(k.free) {
		side /= 2
	}
	return side
}

// need is the registers for a node of so many rows.
func (k *tree) need(rows int) int {
	need := bits.Len(uint(rows))
	switch {
	case k.w == wide && k.products():
		need++
	case k.w != wide && k.term == plain:
		need-- // see node
	}
	return need
}

// abreast prints the code for all columns, several side by side, so that memory is read
// in ascending order, or nearly.
func (k *tree) abreast(code func(c int)) {
	side := k.side()
	for c := 0; c < k.columns; c += side {
		k.sideBySide(side, func(i int) { code(c + i) })
	}
}

// sideBySide prints streams that have the free registers divided among them.
func (k *tree) sideBySide(streams int, code func(i int)) {
	var texts [][]string
	var left []reg
	all := k.free
	for i := range streams {
		k.free = append([]reg(nil), all[i*len(all)/streams:(i+1)*len(all)/streams]...)
		texts = append(texts, k.capture(func() { code(i) }))
		left = append(left, k.free...)
	}
	k.free = left
	k.play(texts...)
}

// eachColumn runs the code of a column of the rows at x (and y) for every column, two
// at a time: the chains of a pair are long. p, q and t, a place for its value, move
// along; t comes back.
func (k *tree) eachColumn(x, y string, code func(c int)) {
	k.move("p", x)
	if k.products() {
		k.move("q", y)
	}
	if k.columns == 2 {
		k.sideBySide(2, code)
		return
	}
	k.labels++
	loop := fmt.Sprintf("column%d", k.labels)
	source := k.vectorBytes() * k.w.element() / k.w.lane()
	k.moveImm("c", k.columns/2)
	k.label(loop)
	k.sideBySide(2, code)
	k.addImm("p", 2*source)
	if k.products() {
		k.addImm("q", 2*source)
	}
	k.addImm("t", 2*k.vectorBytes())
	k.countDown("c", loop)
	k.addImm("t", -k.row)
}

// ragged puts the rows after the last block, and the last row that is not whole, into
// the accumulator. It comes first, as it is short and joined last: what waits for it
// need not wait for its loads.
func (k *tree) ragged() {
	laneBits := bits.Len(uint(k.lanes())) - 1
	k.move("p", "n") // to the end of the whole rows
	k.andImm("p", -k.lanes())
	k.shl("p", bits.Len(uint(k.w.element()))-1)
	if k.products() {
		k.move("q", "y")
		k.addReg("q", "p")
	}
	k.addReg("p", "x")
	k.move("t", "n")
	k.andImm("t", k.lanes()-1)
	if !k.pairs {
		for range k.columns {
			k.inRegs = append(k.inRegs, value{k.alloc()})
		}
	}
	switch {
	case k.light():
		k.lanesPresent()
	case k.small:
		k.lastColumns()
	default:
		k.lastRow()
	}
	k.label("nodes")
	for rows := 1; rows < k.rows; rows *= 2 {
		next := fmt.Sprintf("node%d", 2*rows)
		k.ifBit("n", laneBits+bits.Len(uint(rows))-1, false, next)
		k.step("p", -rows)
		if k.products() {
			k.step("q", -rows)
		}
		k.joinRows(rows)
		k.label(next)
	}
	k.putAside()
}

// putAside keeps the accumulator in the frame where the blocks need all registers;
// takeUp brings it back.
func (k *tree) putAside() {
	if k.pairs || k.small || k.registers() == 32 {
		return
	}
	for c, v := range k.inRegs {
		k.keep(frame, k.acc, c, v)
		k.release(v...)
	}
}

func (k *tree) takeUp() {
	switch {
	case k.twoPairs():
		k.inRegs = make([]value, k.columns)
	case k.pairs || k.registers() == 32:
		return
	}
	for c := range k.columns {
		k.inRegs[c] = k.fetch(frame, k.acc, c)
	}
}

// twoPairs tells whether there are registers for pairs that are joined over and over, in
// two columns: those that long vectors have.
func (k *tree) twoPairs() bool { return k.pairs && k.columns == 2 && k.registers() == 32 }

// joinRows joins the node of the rows at p (and q) to the accumulator.
func (k *tree) joinRows(rows int) {
	if parts := k.parts(rows); !k.pairs && parts > 1 {
		for c, v := range k.partNodes("p", "q", rows, parts) {
			k.joinTo(c, v)
		}
		return
	}
	if !k.pairs {
		k.abreast(func(c int) {
			if r := k.inRegs[c][0]; rows == 1 && k.term == plain && k.w != wide {
				k.addMem(r, r, k.place("p", 0, c))
			} else {
				k.joinTo(c, k.node("p", "q", 0, rows, c))
			}
		})
		return
	}
	k.move("s", "p")
	if k.products() {
		k.move("u", "q")
	}
	k.address("t", at(frame, k.acc))
	k.eachColumn("s", "u", func(c int) {
		v := k.node("p", "q", 0, rows, c)
		if rows == 1 && !k.exact() {
			v = append(v, k.alloc())
			k.zero(v[1])
		}
		k.join(v, k.fetch("t", 0, c))
		k.keep("t", 0, c, v)
		k.release(v...)
	})
	k.move("p", "s")
	if k.products() {
		k.move("q", "u")
	}
}

// lanesPresent loads the row of t lanes at p (and q) where there are masks.
func (k *tree) lanesPresent() {
	first := k.inRegs[0][0]
	k.minusZero(first)
	for _, v := range k.inRegs[1:] {
		k.copy(v[0], first)
	}
	k.ifZero("t", "nodes")
	k.present("t", k.columns)
	for c, v := range k.inRegs {
		switch {
		case k.products():
			x, y := k.alloc(), k.alloc()
			k.loadPresent(x, k.place("p", 0, c), c, false)
			k.loadPresent(y, k.place("q", 0, c), c, false)
			k.mulPresent(v[0], x, y, c)
			k.release(x, y)
		default:
			k.loadPresent(v[0], k.place("p", 0, c), c, true)
		}
		if k.magnitudes() { // -0 becomes +0, and no sum of magnitudes is -0
			k.abs(v[0], v[0])
		}
	}
}

// lastRow loads the row of t lanes at p (and q), or -0.
func (k *tree) lastRow() {
	k.ifZero("t", "noTail")
	k.shl("t", bits.Len(uint(k.w.element()))-1)
	source := k.vectorBytes() * k.w.element() / k.w.lane()
	k.beginTail("p", "t", k.tailX, k.term != absolute)
	if k.products() {
		k.beginTail("q", "t", k.tailY, false)
	}
	for c := range k.columns {
		v, spare := k.accumulator(c), k.alloc()
		k.tail(v[0], spare, "p", k.tailX, c*source, k.term != absolute)
		if k.products() {
			y := k.alloc()
			k.tailAgain(y, spare, "q", k.tailY, c*source)
			k.multiply(v, y)
			k.release(y)
		}
		if k.pairs && !k.exact() {
			k.zero(v[1])
		}
		if k.magnitudes() {
			k.abs(v[0], v[0])
		}
		k.release(spare)
		k.accumulate(c, v)
	}
	k.jump("nodes")
	k.label("noTail")
	for c := range k.columns {
		v := k.accumulator(c)
		for _, r := range v {
			k.minusZero(r)
		}
		k.accumulate(c, v)
	}
}

// lastColumns loads as much of the row of t lanes at p (and q) as is present, where there are no masks in registers of
// their own.
func (k *tree) lastColumns() {
	first := k.inRegs[0][0]
	k.minusZero(first)
	for _, v := range k.inRegs[1:] {
		k.copy(v[0], first)
	}
	k.ifZero("t", "nodes")
	k.shl("t", bits.Len(uint(k.w.element()))-1)
	k.beginTail("p", "t", 0, k.term != absolute)
	for c, v := range k.inRegs {
		if c > 0 {
			k.ifAtMost("t", c*k.vectorBytes(), "nodes")
		}
		spare, y := k.alloc(), k.alloc()
		k.tail(v[0], spare, "p", 0, c*k.vectorBytes(), k.term != absolute)
		if k.products() {
			k.tailAgain(y, spare, "q", 0, c*k.vectorBytes())
			k.multiply(v, y)
		}
		if k.magnitudes() {
			k.abs(v[0], v[0])
		}
		k.release(spare, y)
	}
}

// multiply sets v, whose h is x, to the product with y: rounded, or exact.
func (k *tree) multiply(v value, y reg) {
	if !k.exact() {
		k.mul(v[0], v[0], y)
		return
	}
	p := k.alloc()
	k.mul(p, v[0], y)
	k.mul(v[1], v[0], y)
	k.fmsub(v[1], v[0], y)
	k.copy(v[0], p)
	k.release(p)
}

// fold joins the blocks and superblocks, from the right to the left, to the
// accumulator. The slots that are taken, as bytes, are the last blocks as a number.
func (k *tree) fold() {
	k.label("fold")
	k.reclaim(k.last)
	k.takeUp()
	k.address("p", at(frame, k.slots))
	k.move("i", "t")
	k.subReg("i", "p")
	first := 1
	if k.last != nil {
		if k.light() {
			k.ifAtMost("n", 2*k.rows*k.lanes()-1, "alone")
		}
		k.foldLast()
		first = 2
	}
	for slots := first; slots < k.slotCount; slots *= 2 {
		next := fmt.Sprintf("slots%d", 2*slots)
		k.ifSlots(slots, next)
		for c := range k.columns {
			k.joinTo(c, k.slotNode("t", 0, slots, c))
		}
		k.label(next)
	}
	k.address("t", at(frame, k.stack))
	k.label("pop")
	k.ifEqual("s", "t", "joined")
	k.addImm("s", -k.value)
	for c := range k.columns {
		k.joinTo(c, k.fetch("s", 0, c))
	}
	k.jump("pop")
	if k.light() && k.last != nil { // the only block
		k.label("alone")
		for c, v := range k.last {
			k.add(k.inRegs[c][0], v[0], k.inRegs[c][0])
		}
	}
	if k.last != nil && !k.light() {
		k.label("none")
		for c, v := range k.inRegs {
			k.fetchTo(v, frame, k.acc, c)
		}
	}
	k.label("joined")
}

// ifSlots jumps unless so many slots, a power of two, are a node of their own, and else
// takes them from the slots: larger nodes are to the left.
func (k *tree) ifSlots(slots int, otherwise string) {
	valueBits := bits.Len(uint(k.value)) - 1
	k.ifBit("i", valueBits+bits.Len(uint(slots))-1, false, otherwise)
	k.addImm("t", -slots*k.value)
}

// foldLast joins the last block, which is in registers, to the node that it ends, as a
// binary counter carries, and that node to the accumulator. It ends where nodes of two
// slots are next.
func (k *tree) foldLast() {
	for slots := 1; slots < k.slotCount; slots *= 2 {
		k.ifSlots(slots, fmt.Sprintf("ends%d", slots))
		k.joinLast(func(c int) value { return k.slotNode("t", 0, slots, c) })
	}
	k.move("p", "u")
	k.label("carryLast")
	k.ifBit("p", 0, false, fmt.Sprintf("ends%d", k.slotCount/2))
	k.addImm("s", -k.value)
	k.joinLast(func(c int) value { return k.fetch("s", 0, c) })
	k.shr("p", 1)
	k.jump("carryLast")
	for slots := k.slotCount / 2; slots > 0; slots /= 2 {
		k.label(fmt.Sprintf("ends%d", slots))
		for c, v := range k.last {
			k.joinOnto(v, k.inRegs[c])
			k.reclaim([]value{v})
		}
		if slots > 1 {
			k.jump(fmt.Sprintf("slots%d", 2*slots))
		}
	}
	for _, v := range k.last {
		k.release(v...)
	}
	k.label("slots2")
}

// joinLast joins what is to the left of the last block to it.
func (k *tree) joinLast(left func(c int) value) {
	for c, v := range k.last {
		k.joinOnto(left(c), v)
	}
}

// joinOnto sets right to left + right, in its own registers, and releases left.
func (k *tree) joinOnto(left, right value) {
	if !k.pairs {
		k.add(right[0], left[0], right[0])
		k.release(left...)
		return
	}
	v := append(value(nil), left...)
	k.join(v, append(value(nil), right...))
	k.release(v...)
	k.reclaim([]value{right})
	k.copy(right[0], v[0])
	k.copy(right[1], v[1])
}

// node evaluates the rows [from, from+rows) behind the pointers, in column c.
func (k *tree) node(x, y string, from, rows, c int) value {
	if rows == 1 {
		return k.leaf(x, y, from, c)
	}
	if rows == 2 && !k.pairs && k.term == plain && k.w != wide {
		v := k.leaf(x, y, from, c)
		k.addMem(v[0], v[0], k.place(x, from+1, c))
		return v
	}
	left := k.node(x, y, from, rows/2, c)
	right := k.node(x, y, from+rows/2, rows/2, c)
	if rows == 2 && k.pairs && !k.exact() {
		return k.joinLeaves(left, right)
	}
	if rows == 4 && k.byMultiplier() {
		k.addOnto(left[0], right[0])
		k.release(right...)
		return left
	}
	k.join(left, right)
	return left
}

// byMultiplier tells whether sums of two rows are joined by the multiplier's port, as additions would take longer
// than loads where they have one port: of long vectors, of which two operations and one load fit into a cycle.
func (k *tree) byMultiplier() bool { return k.light() && k.term == plain && k.w != wide }

func (k *tree) place(p string, row, c int) mem {
	return at(p, row*rowIn+c*k.vectorBytes()*k.w.element()/k.w.lane())
}

func (k *tree) fetchTerm(r reg, m mem) {
	if k.w == wide {
		k.loadWide(r, m)
	} else {
		k.load(r, m)
	}
}

// distance is how far ahead in bytes memory is prefetched: a variable of package kernel, without its ending.
type distance string

const (
	ofStream  distance = "stream"
	ofStreams distance = "streams" // two arrays
	ofPairs   distance = "pairs"   // long vectors, or products, see pairBlock and orderedBlock
	ofWide    distance = "wide"
)

func (k *tree) distance() distance {
	switch {
	case !k.pairs:
		return ofWide
	case k.twoPairs(), k.asksInOrder():
		return ofPairs
	case k.products():
		return ofStreams
	}
	return ofStream
}

// asks tells whether the blocks prefetch: those of pairs, and of widened sums.
func (k *tree) asks() bool { return k.pairs || k.w == wide && k.term == plain }

// ask prefetches ahead of the column, if the column is the first of its line. How far is in a register of
// the place for lanes, which is not needed before the end.
func (k *tree) ask(p string, row, c int) {
	m := k.place(p, row, c)
	switch {
	case m.off%line > 0:
	case k.apart:
		m.off += k.treeApartAhead()
		k.prefetch(m)
	default:
		k.prefetchAhead(m, "dst")
	}
}

// leaf is the term itself, a plain one without a low part: see joinLeaves and joinRows.
func (k *tree) leaf(x, y string, row, c int) value {
	v := value{k.alloc()}
	k.fetchTerm(v[0], k.place(x, row, c))
	if k.asking {
		k.ask(x, row, c)
		if k.products() {
			k.ask(y, row, c)
		}
	}
	switch {
	case k.exact():
		return k.productLeaf(v[0], y, row, c)
	case k.products() && k.w == wide:
		f := k.alloc()
		k.fetchTerm(f, k.place(y, row, c))
		k.mul(v[0], v[0], f)
		k.release(f)
	case k.products():
		k.mulMem(v[0], v[0], k.place(y, row, c))
	}
	if k.magnitudes() {
		k.abs(v[0], v[0])
	}
	return v
}

// productLeaf is the exact product of x and the factors at y. With few registers those
// are read twice.
func (k *tree) productLeaf(x reg, y string, row, c int) value {
	p, e := k.alloc(), k.alloc()
	if k.registers() == 16 {
		k.mulMem(p, x, k.place(y, row, c))
		k.copy(e, p)
		k.fmsubMem(e, x, k.place(y, row, c))
	} else {
		f := k.alloc()
		k.load(f, k.place(y, row, c))
		k.mul(p, x, f)
		k.copy(e, p)
		k.fmsub(e, x, f)
		k.release(f)
	}
	k.release(x)
	return value{p, e}
}

// join sets a to a + b and releases b.
func (k *tree) join(a, b value) {
	if !k.pairs {
		k.add(a[0], a[0], b[0])
		k.release(b...)
		return
	}
	k.addOnto(a[1], b[1])
	e, rest := k.twoSum(a, b)
	k.addOnto(a[1], e)
	k.release(e, b[1])
	k.release(rest)
}

// joinLeaves joins leaves that are high parts alone, both low parts being +0: (0 + 0) +
// e is e, which is never -0, since a difference of equals is +0.
func (k *tree) joinLeaves(a, b value) value {
	e, rest := k.twoSum(a, b)
	k.release(rest)
	return append(a, e)
}

// twoSum sets the high part of a to h = a + b and returns the register of e, and
// one that has become free:
//
//	h = a + b; t = h - a; u = h - t; e = (a - u) + (b - t)
func (k *tree) twoSum(a, b value) (e, rest reg) {
	h, t := k.alloc(), k.alloc()
	k.add(h, a[0], b[0])
	k.sub(t, h, a[0])
	k.subFrom(b[0], t)
	k.sub(t, h, t)
	k.subFrom(a[0], t)
	k.add(b[0], a[0], b[0])
	k.release(t)
	old := a[0]
	a[0] = h
	return b[0], old
}

// fetch loads a value in column c of the row of values at base+off.
func (k *tree) fetch(base string, off, c int) value {
	v := value{k.alloc()}
	if k.pairs {
		v = append(v, k.alloc())
	}
	k.fetchTo(v, base, off, c)
	return v
}

func (k *tree) fetchTo(v value, base string, off, c int) {
	k.load(v[0], at(base, off+c*k.vectorBytes()))
	if k.pairs {
		k.load(v[1], at(base, off+k.row+c*k.vectorBytes()))
	}
}

// keep stores a value in column c of the row of values at base+off.
func (k *tree) keep(base string, off, c int, v value) {
	k.store(at(base, off+c*k.vectorBytes()), v[0])
	if k.pairs {
		k.store(at(base, off+k.row+c*k.vectorBytes()), v[1])
	}
}

// accumulator returns registers in which to set the accumulator's column c,
// which accumulate then makes so. Pairs live in the frame, for want of registers.
func (k *tree) accumulator(c int) value {
	if k.pairs {
		return value{k.alloc(), k.alloc()}
	}
	return k.inRegs[c]
}

func (k *tree) accumulate(c int, v value) {
	if k.pairs {
		k.keep(frame, k.acc, c, v)
		k.release(v...)
	}
}

func (k *tree) accumulated(c int) value {
	if k.inRegs == nil {
		return k.fetch(frame, k.acc, c)
	}
	return k.inRegs[c]
}

// joinTo sets the accumulator's column c to left + accumulator.
func (k *tree) joinTo(c int, left value) {
	if k.inRegs != nil {
		k.joinOnto(left, k.inRegs[c])
		return
	}
	k.join(left, k.accumulated(c))
	k.accumulate(c, left)
}
