package main

import (
	"fmt"
	"strings"
)

// reg is a vector register of a target by its number.
type reg int

// width is the type of the lanes of a vector.
type width int

const (
	f64  width = 8
	f32  width = 4
	wide width = -8 // float64 lanes loaded from float32 memory
)

// lane returns the bytes of a lane in a register, element those in memory.
func (w width) lane() int {
	if w == f32 {
		return 4
	}
	return 8
}

func (w width) element() int {
	if w == f64 {
		return 8
	}
	return 4
}

func (w width) String() string {
	return map[width]string{f64: "F64", f32: "F32", wide: "Wide"}[w]
}

// constant names an operand of all lanes.
type constant string

const (
	absMask constant = "absMask"
	one     constant = "one"
)

// mem is a place in memory: an offset from a scalar register, and once or twice an index.
type mem struct {
	base  string
	off   int
	index string
	scale int
}

func at(base string, off int) mem { return mem{base: base, off: off} }

// ahead is how far ahead in bytes what is read is prefetched where work is long: more than
// a processor looks ahead by itself, and less than its L1. Kernels of sums prefetch as
// far ahead as is best for the processor, see internal/kernel/ahead_amd64.go.
const ahead = 2048

// line is the size of a cache line in bytes, page that of the pages within which processors look ahead by themselves.
const (
	line = 64
	page = 4096
)

// frame is the base of places in the function's own frame.
const frame = "frame"

// A target prints the instructions of one vector instruction set. Every kernel is
// one program in these operations, so that all sets evaluate the same expression.
//
// Scalar registers have names (dst, x, y, n, p, q, i, s, t, u), which each target maps
// to its own.
type target interface {
	suffix() string   // of the functions' names
	vectorBytes() int // of a register
	registers() int

	// Vectors. Operands are as in the formula: sub(d, a, b) is d = a - b.
	load(d reg, m mem)
	store(m mem, a reg)
	prefetchResult(m mem)            // likewise, of what is to be stored
	prefetch(m mem)                  // the place may be beyond the end of the data
	prefetchSecond(m mem)            // likewise, into L2 alone
	loadWide(d reg, m mem)           // half as many bytes: float32 converted to float64
	broadcast(d reg, m mem)          // one lane to all
	broadcastScalar(d reg, r string) // its lower half to every 4 bytes
	// loadAhead sets r to how far ahead lines are prefetched. prefetchAhead does so.
	loadAhead(r string, how distance)
	prefetchAhead(m mem, r string)
	// prefetchFrom prefetches the place at base + index + off, which may be anywhere.
	prefetchFrom(base, index string, off int)
	prefetchSecondFrom(base, index string, off int) // likewise, into L2 alone
	loadBfloat16(d reg, m mem)                      // half as many bytes: to float32, exactly
	// splitBfloat16 takes two numbers of every 4 bytes of odd apart, with what upperHalves sets, and mergePairs puts those of even and odd in
	// order again, with three registers to spare, of which the last two stay as the first call sets them.
	upperHalves(d reg)
	splitBfloat16(even, odd, upper reg)
	mergePairs(even, odd, t, low, high reg, first bool)
	loadFloat16(d reg, m mem)
	// interleave sets lo and hi to the elements of a and b in turn, those of the lower and of
	// the upper half of each 16 bytes; elements of so many bytes.
	interleave(lo, hi, a, b reg, bytes int)
	interleaveHalf(d, a, b reg, bytes int, upper bool) // lo or hi alone
	storePart(m mem, a reg, part int)                  // 16 bytes of a
	unpair(even, odd reg)                              // of 4 bytes: the lanes of odd of even number, and those of odd number, each in half a vector
	halve(on bool)                                     // lets what follows compute with halves of vectors
	loadPart(d reg, m mem, part int)                   // 16 bytes of d; the first clears the others
	loadHalf(d reg, m mem, half int)                   // 32 bytes of d, of 64; the first clears the others
	pickParts(d, a, b reg, i, j int)                   // of four parts of 16 bytes: i and j of a, then those of b
	canonical(d, spare, nan reg)                       // nan in the lanes of d that are NaN
	choose(d, a, table reg)                            // a, or where table says so of its kind, d or a constant: VFIXUPIMM
	copy(d, a reg)
	zero(d reg)
	minusZero(d reg)
	add(d, a, b reg)
	addMem(d, a reg, m mem)
	sub(d, a, b reg)
	subMem(d, a reg, m mem)
	mul(d, a, b reg)
	mulMem(d, a reg, m mem)
	fmadd(d, a, b reg) // d = a*b + d, rounded once
	fmaddMem(d, a reg, m mem)
	fmaddBroadcast(d, a reg, m mem) // of one lane of memory
	fmsub(d, a, b reg)              // d = a*b - d, rounded once
	fmsubMem(d, a reg, m mem)
	addOnto(d, a reg) // d = d + a, by the multiplier's port where that is another
	subFrom(d, a reg) // d = d - a, likewise
	abs(d, a reg)
	absMem(d reg, m mem)
	or(d, a reg)
	and(d, a reg)
	toSingle(d reg)      // float64 lanes to float32, in the lower half, and zeros
	addInt(d, a reg)     // lanes as integers: d = d + a
	equal(d, a, b reg)   // of bits: -1 in the lanes of d, else 0
	isPlusZero(d, a reg) // likewise, for the bits of +0
	maxWord(d, a reg)    // d = max(d, a) of unsigned words of 32 bits
	minWord(d, a reg)
	ones(d reg) // all bits
	// hold keeps the constant that an operation takes from memory (those of abs, and
	// of addOnto and subFrom) in a register until the next function. It returns false
	// where there is no such constant.
	hold(d reg, c constant) bool

	// beginTail readies the ragged last row of t bytes at the pointer, filled up with
	// -0 (negative) or +0, and tail loads the column of it whose bytes in the row
	// begin at off. Its buffer is 128 bytes of the frame at the given offset, or none: see tailBuffers.
	beginTail(pointer, t string, buffer int, negative bool)
	tail(d, spare reg, pointer string, buffer, off int, negative bool)
	// tailBuffers is the bytes of the frame that tails of x and y take, of those at 0 and rowIn: none where there are masks.
	tailBuffers() int
	// tailAgain loads the same column, filled up with +0, after tail has done so from another pointer:
	// mask was its spare register.
	tailAgain(d, mask reg, pointer string, buffer, off int)

	// present readies masks for the columns of a last row of t lanes. It returns false where there
	// are no masks. loadPresent loads the lanes of column c that are present, mulPresent multiplies
	// them; the others of d stay as they are, or (others false) become +0.
	present(t string, columns int) bool
	loadPresent(d reg, m mem, c int, others bool)
	mulPresent(d, a, b reg, c int)

	// Scalars.
	// prologue begins a function with arguments of 8 bytes and a result of so many
	// bytes, and sees to the rounding mode, which epilogue restores.
	prologue(name string, args []string, result, locals int)
	enter(name string, args []string, result, locals int) // prologue, the arguments left where they are
	// enterUnread, modeRead and leave are enter and epilogue of a function that has no effect before
	// modeRead: where the mode is another, that sets it and begins again. It is to come where other
	// work waits: reading the mode waits until all before it is done, and holds back what comes after.
	enterUnread(name string, args []string, result, locals int)
	modeRead()
	leave()
	alignFrame()            // makes places in the frame usable after enter
	loadArg(r, name string) // r = the argument
	storeArg(name, r string)
	epilogue()
	result(name string, off int, r reg)   // the lowest lane of r
	result64(name string, off int, r reg) // the lowest 8 bytes
	address(r string, m mem)
	move(r, from string)
	moveImm(r string, imm int)
	loadScalar(r string, m mem)
	addImm(r string, imm int)
	addReg(r, other string)
	storeScalar(m mem, r string)
	subReg(r, other string)
	andImm(r string, imm int)
	shr(r string, by int)
	shl(r string, by int)
	countDown(r, label string) // r = r - 1; jumps unless it is 0
	countOut(r, label string)  // r = r - 1; jumps if it is 0
	ifZero(r, label string)
	ifNotZero(r, label string)
	ifBit(r string, bit int, set bool, label string)
	ifEqual(a, b, label string)
	ifAtMost(r string, imm int, label string) // r <= imm, signed
	jump(label string)
	label(label string)

	// joinLanes adds up the lanes of the vectors v, an even number of them, by the growing
	// tree and returns the register whose lowest lane is the sum. It may overwrite all
	// registers.
	joinLanes(v []reg) reg
	loadProduct(d reg, x, y mem) // products rounded to float32, converted to float64
	roundSingle(d reg)           // float64 lanes to float32, and back
	// upper brings the upper half of the lowest bytes of x to the lowest bytes of d.
	upper(d, x reg, bytes int)
	// neighbours sets lo and hi so that their lanes, side by side, are what the given
	// level of the tree joins in the vectors a and b, or in a alone if they are the same.
	neighbours(level int, lo, hi, a, b reg)
	// shorten lets the rest of the function compute with as short vectors as the lanes left
	// after the neighbours of the given level allow.
	shorten(level int)
	setWidth(w width)
	output() string
	clear()
	capture(code func()) (lines []string)
	play(streams ...[]string)
	strew(lines, few []string)
	constants() string
}

// printer collects the lines of an assembly file.
type printer struct {
	text strings.Builder
	w    width
	args []string // of the function
}

// arg is the place of an argument.
func (p *printer) arg(name string) string {
	for i, arg := range p.args {
		if arg == name {
			return fmt.Sprintf("%s+%d(FP)", name, 8*i)
		}
	}
	panic("no argument " + name)
}

func (p *printer) line(format string, args ...any) {
	p.text.WriteByte('\t')
	fmt.Fprintf(&p.text, format, args...)
	p.text.WriteByte('\n')
}

func (p *printer) label(name string) { fmt.Fprintf(&p.text, "%s:\n", name) }

func (p *printer) setWidth(w width) { p.w = w }

func (p *printer) source() string { return p.text.String() }

// output is the source as an assembler takes it.
func (p *printer) output() string { return strings.ReplaceAll(p.text.String(), glue, "\n") }

func (p *printer) clear() { p.text.Reset() }

// glue ends a line that must be followed by the next.
const glue = "\x00\n"

// capture returns the lines that code prints, those that are glued as one, and does
// not print them.
func (p *printer) capture(code func()) []string {
	before := p.source()
	p.text.Reset()
	code()
	text := strings.ReplaceAll(p.text.String(), glue, "\x00")
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(line, "\x00", glue)
	}
	p.text.Reset()
	p.text.WriteString(before)
	return lines[:len(lines)-1]
}

// play prints streams of instructions that do not depend on each other in turns, so
// that a processor has no need to look far ahead for one that is ready.
func (p *printer) play(streams ...[]string) {
	for i, more := 0, true; more; i++ {
		more = false
		for _, s := range streams {
			if i < len(s) {
				p.text.WriteString(s[i])
				more = true
			}
		}
	}
}

// strew prints the lines with the few others evenly among them.
func (p *printer) strew(lines, few []string) {
	for i, next := 0, 0; i < len(lines); i++ {
		for ; next < len(few) && next*len(lines) <= i*len(few); next++ {
			p.text.WriteString(few[next])
		}
		p.text.WriteString(lines[i])
	}
}
