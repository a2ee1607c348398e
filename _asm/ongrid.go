package main

import (
	"fmt"
	"math/bits"
	"path/filepath"
	"strings"
)

// onGrid is the program of the sum of terms of float32, or of rounded products, each rounded to a multiple of a unit: of one pass. With
// an upper anchor M and a lower m, 1.5 * 2^23 of a unit each, every term x has
//
//	t = x + M; s += bits of t; t = (M + m) - t; t = x + t; r += bits of t
//
// t is M and the multiple of the upper unit that is nearest to x; then m less that multiple, which is exact where it has no more than 24 bits; and then
// m and the rounding of what x has besides. left gathers the bits in which x + M differs from M; with AVX2 those that are set in any t or in all.
//
// The words s and r of 32 bits begin at what takes the anchors away again, -n M and -n m for n terms of a lane, and become
// 64 bits before n is more than onGridMost: see internal/kernel/binned.go. The ragged vector is filled up with zeros.
type onGrid struct {
	*amd64
	term  term
	apart bool // of terms that are read as several streams: see apart.go
}

const (
	onGridMost    = 240 // whole vectors of a block
	onGridAbreast = 4
	onGridAhead   = 1024 // bytes, into L2

	gridX     reg = 0 // and the next: terms
	gridT     reg = 4
	gridLeft  reg = 15
	gridM     reg = 11
	gridLower reg = 10
	gridBoth  reg = 9
	gridOne   reg = 8
	gridS     reg = 13
	gridR     reg = 12
	gridSum   reg = 14
	gridAll   reg = gridLower // of AVX2, afterwards
)

func (k *onGrid) name() string {
	if k.apart {
		return "onGridApart" + k.term.String() + "F32"
	}
	return "onGrid" + k.term.String() + "F32"
}

// count is the name of the third argument: the number of terms, or how many bytes places are apart.
func (k *onGrid) count() string {
	if k.apart {
		return "apart"
	}
	return "n"
}

func (k *onGrid) signature() string {
	return "(x, y *float32, " + k.count() + " int, upper, lower uint64, step int) (sum int64, left uint64)"
}

func (k *onGrid) emit() {
	k.enterProbingFor(k.name(), []string{"x", "y", k.count(), "upper", "lower", "step"}, 16, "x", "y", k.count())
	k.line("MOVQ %s, R8", k.arg("upper"))
	k.line("MOVQ %s, R9", k.arg("lower"))
	k.broadcastWord(gridM, "R8")
	k.broadcastWord(gridLower, "R9")
	k.add(gridBoth, gridM, gridLower)
	if k.masks() {
		k.broadcastFrom(gridOne, "onGridOne<>(SB)")
	} else {
		k.copy(gridAll, gridM)
	}
	k.line("VPXOR X%[1]d, X%[1]d, X%[1]d", gridLeft)
	k.line("VPXOR X%[1]d, X%[1]d, X%[1]d", gridSum)
	switch {
	case k.inRuns():
		k.eachRun()
	case k.apart:
		k.eachTurn()
	default:
		k.eachBlock()
	}
	k.label("out")
	if k.masks() {
		k.line("KMOVW K2, AX")
	}
	k.line("MOVQ AX, left+56(FP)")
	if k.inRuns() {
		k.line("MOVQ R13, sum+48(FP)")
	} else {
		k.sumAcross("sum+48(FP)")
	}
	k.leaveProbed()
}

// inRuns tells whether terms are read as eachRun says.
func (k *onGrid) inRuns() bool { return k.apart && k.term != plain }

// sumAcross leaves the sum of all lanes there.
func (k *onGrid) sumAcross(to string) {
	for i, bytes := range []int{64, 32, 16} {
		if bytes <= k.bytes {
			k.upper(gridT+reg(i), gridSum, bytes)
			k.line("VPADDQ Y%d, Y%d, Y%[2]d", gridT+reg(i), gridSum)
		}
	}
	k.line("VMOVQ X%d, %s", gridSum, to)
}

// eachBlock prints the loop over blocks and the last vector.
func (k *onGrid) eachBlock() {
	k.line("DECQ CX")
	k.line("MOVQ CX, R10")
	k.line("SHRQ $%d, R10", bits.Len(uint(k.lanes()))-1) // whole vectors before the last, which has one lane or more
	k.line("ANDL $%d, CX", k.lanes()-1)
	if k.masks() {
		k.line("MOVL $2, AX")
		k.line("SHLL CX, AX")
		k.line("DECL AX")
		k.line("KMOVW AX, K1")
	}
	k.label("block")
	k.line("MOVL $%d, R11", onGridMost)
	k.line("CMPQ R10, R11")
	k.line("CMOVQLT R10, R11")
	k.line("XORL AX, AX")
	k.line("SUBQ R11, R10")
	k.line("SETEQ AX") // the last vector is of the last block
	k.line("ADDL R11, AX")
	k.line("NEGL AX")
	k.line("MOVL AX, BX")
	k.line("IMULL R8, AX")
	k.line("IMULL R9, BX")
	k.broadcastWord(gridS, "AX")
	k.broadcastWord(gridR, "BX")
	k.line("MOVL R11, AX")
	k.line("ANDL $%d, AX", onGridAbreast-1)
	k.line("SHRL $2, R11")
	k.line("JEQ singles")
	k.label("row")
	k.row()
	k.line("DECL R11")
	k.line("JNE row")
	k.label("singles")
	k.line("TESTL AX, AX")
	k.line("JEQ through")
	k.label("single")
	k.vector(0, 0, false)
	k.advance(k.bytes)
	k.line("DECL AX")
	k.line("JNE single")
	k.label("through")
	k.line("TESTQ R10, R10")
	k.line("JEQ last")
	k.flush()
	k.line("JNE out")
	k.line("JMP block")
	k.label("last")
	if !k.masks() {
		k.line("LEAQ onGridTail<>+28(SB), AX")
		k.line("SHLQ $2, CX")
		k.line("SUBQ CX, AX")
		k.line("VMOVDQU (AX), Y%d", gridOne)
	}
	k.vector(0, 0, true)
	k.flush()
}

// eachTurn prints the loop over turns, places and rows of one array. A lane has 64 terms in a turn, of AVX2 128, which are flushed after each.
func (k *onGrid) eachTurn() {
	k.line("MOVQ CX, DI")
	k.line("SHRQ $%d, DI", bits.Len(uint(stretch))-1)
	k.line("LEAQ -%d(CX*%d), R13", stretch, places)
	k.line("MOVQ ·streamAhead(SB), BX")
	k.line("SUBQ $%d, CX", stretch)
	k.beginWords(stretch)
	k.label("turn")
	k.words()
	k.line("MOVL $%d, R10", places)
	k.label("place")
	k.line("MOVL $%d, R11", stretch/(k.bytes*onGridAbreast))
	k.label("row")
	k.row()
	k.line("DECL R11")
	k.line("JNE row")
	k.movePointers("ADDQ CX")
	k.line("DECL R10")
	k.line("JNE place")
	k.movePointers("SUBQ R13")
	k.flush()
	k.line("JNE out")
	k.line("DECQ DI")
	k.line("JNE turn")
}

// beginWords makes R8 and R9 what words of as many bytes in each place begin at, which words has in all lanes.
func (k *onGrid) beginWords(bytes int) {
	k.line("IMUL3L $-%d, R8, R8", places*bytes/k.bytes)
	k.line("IMUL3L $-%d, R9, R9", places*bytes/k.bytes)
}

func (k *onGrid) words() {
	k.broadcastWord(gridS, "R8")
	k.broadcastWord(gridR, "R9")
}

// onGridFlushed is after how many bytes of each place words of products are flushed.
const onGridFlushed = 1024

// eachRun prints the loop over turns of products, as runs.each does, in vectors of 32 bytes. x is loaded a run before y. Of 16 registers eight are left for that, and
// two for what is at work, if that of the sum of 64 bits is one of these: so R13 has the sum from turn to turn.
func (k *onGrid) eachRun() {
	k.line("MOVQ CX, DI")
	k.line("SHRQ $%d, DI", bits.Len(uint(onGridFlushed))-1)
	k.line("LEAQ (CX)(CX*2), R12")
	k.line("XORL R13, R13")
	k.beginWords(onGridFlushed)
	k.label("turn")
	k.words()
	for i := range k.runs().bytes / k.bytes {
		k.load(k.before(i), at("x", i*k.bytes))
	}
	k.line("MOVL $%d, R10", onGridFlushed/k.runs().bytes)
	k.label("row")
	for place := range places {
		k.strew(k.capture(func() { k.run(place) }), k.capture(func() {
			k.once = true
			k.runs().ask(k, place)
			k.once = false
		}))
	}
	k.advance(k.runs().bytes)
	k.line("DECL R10")
	k.line("JNE row")
	k.line("VPXOR X%[1]d, X%[1]d, X%[1]d", gridSum)
	k.flush()
	k.line("JNE out")
	k.sumAcross("R11")
	k.line("ADDQ R11, R13")
	k.line("DECQ DI")
	k.line("JNE turn")
}

// runs are those of products, and before has vector i of x of a run.
func (k *onGrid) runs() runs {
	if k.many {
		return longRuns
	}
	return shortRuns
}

func (k *onGrid) before(i int) reg {
	if k.many {
		return reg(16 + i)
	}
	return gridX + reg(i)
}

// run takes the run of a place, whose x is loaded, and loads that of the next.
func (k *onGrid) run(place int) {
	temps := [...]reg{gridOne, gridSum}
	for i := 0; i < k.runs().bytes/k.bytes; i += len(temps) {
		var streams [][]string
		for j, t := range temps {
			x, off := k.before(i+j), (i+j)*k.bytes
			streams = append(streams, k.capture(func() {
				k.mulMem(x, x, k.runs().at("y", place, off))
				k.take(x, t)
				k.load(x, k.runs().at("x", place+1, off))
			}))
		}
		k.play(streams...)
	}
}

// row takes a row of whole vectors.
func (k *onGrid) row() {
	var streams [][]string
	for i := range reg(onGridAbreast) {
		streams = append(streams, k.capture(func() { k.vector(i, k.bytes*int(i), false) }))
	}
	k.play(streams...)
	k.advance(k.bytes * onGridAbreast)
}

// movePointers moves the pointers.
func (k *onGrid) movePointers(by string) {
	k.line("%s, SI", by)
	if k.term != plain {
		k.line("%s, DX", by)
	}
}

// masks tells whether there are masks in registers of their own, and what else AVX-512 has.
func (k *onGrid) masks() bool { return k.bytes == 64 }

func (k *onGrid) lanes() int { return k.bytes / 4 }

// broadcastWord brings the lower half of a scalar register to all lanes.
func (k *onGrid) broadcastWord(d reg, from string) {
	if k.masks() {
		k.line("VPBROADCASTD %s, Z%d", from, d)
		return
	}
	k.line("VMOVD %s, X%d", from, d)
	k.line("VPBROADCASTD X%d, Y%[1]d", d)
}

func (k *onGrid) advance(bytes int) { k.movePointers(fmt.Sprintf("ADDQ $%d", bytes)) }

// vector takes the terms at that place, or the ragged ones.
func (k *onGrid) vector(i reg, off int, ragged bool) {
	x, t := gridX+i, gridT+i
	switch {
	case k.apart && k.term == plain && off%line == 0:
		k.once = true
		k.prefetchFrom("x", "u", off)
		k.once = false
	case k.term != plain && !ragged && !k.apart: // from memory, that of products waits otherwise
		k.line("PREFETCHT1 %d(SI)", off+onGridAhead)
		k.line("PREFETCHT1 %d(DX)", off+onGridAhead)
	}
	switch {
	case !ragged:
		k.line("VMOVUPS %d(SI), %s", off, k.v(x))
		if k.term != plain {
			k.line("VMULPS %d(DX), %s, %[2]s", off, k.v(x))
		}
	case k.masks():
		k.line("VMOVUPS.Z %d(SI), K1, Z%d", off, x)
		if k.term != plain {
			k.line("VMULPS.Z %d(DX), Z%d, K1, Z%[2]d", off, x)
		}
	default:
		k.line("VMASKMOVPS %d(SI), Y%d, Y%d", off, gridOne, x)
		if k.term != plain {
			k.line("VMASKMOVPS %d(DX), Y%d, Y%d", off, gridOne, t)
			k.mul(x, x, t)
		}
	}
	k.take(x, t)
}

// take takes the terms x, with the help of t.
func (k *onGrid) take(x, t reg) {
	k.add(t, x, gridM)
	k.line("VPADDD %s, %s, %[2]s", k.v(t), k.v(gridS))
	if k.masks() {
		k.line("VPTERNLOGD $0xf6, Z%d, Z%d, Z%d", t, gridM, gridLeft)
		k.line("VFNMADD213PS Z%d, Z%d, Z%d", gridBoth, gridOne, t)
		k.add(t, x, t)
	} else {
		k.line("VPOR Y%d, Y%d, Y%[2]d", t, gridLeft)
		k.line("VPAND Y%d, Y%d, Y%[2]d", t, gridAll)
		k.sub(t, gridBoth, t)
		k.add(t, x, t)
	}
	k.line("VPADDD %s, %s, %[2]s", k.v(t), k.v(gridR))
}

// flush adds the words to the sums of 64 bits, and leaves in K2 which lanes have left the binade of M, and the flags of that.
func (k *onGrid) flush() {
	const a, b, c, d = gridT, gridT + 1, gridT + 2, gridT + 3
	if k.masks() {
		k.line("VPTESTMD.BCST onGridExponents<>(SB), Z%d, K2", gridLeft)
	}
	k.line("VMOVQ %s, X%d", k.arg("step"), gridX)
	k.widen(a, b, gridS)
	k.widen(c, d, gridR)
	k.line("VPSLLQ X%d, %s, %[2]s", gridX, k.v(a))
	k.line("VPADDQ %s, %s, %[2]s", k.v(c), k.v(gridSum))
	k.line("VPADDQ %s, %s, %[2]s", k.v(a), k.v(gridSum))
	if k.masks() {
		k.line("KORTESTW K2, K2")
		return
	}
	k.line("VPXOR Y%d, Y%d, Y%d", gridM, gridLeft, a)
	k.line("VPXOR Y%d, Y%d, Y%d", gridM, gridAll, b)
	k.line("VPOR Y%d, Y%d, Y%[2]d", b, a)
	k.broadcastFrom(b, "onGridExponents<>(SB)")
	k.line("XORL AX, AX")
	k.line("VPTEST Y%d, Y%d", b, a)
	k.line("SETNE AX")
}

// widen sets d to the sums of pairs of words of s as 64 bits, with the help of t.
func (k *onGrid) widen(d, t, s reg) {
	if k.masks() {
		k.line("VPSLLQ $32, Z%d, Z%d", s, d)
		k.line("VPSRAQ $32, Z%d, Z%d", s, t)
		k.line("VPSRAQ $32, Z%d, Z%[1]d", d)
	} else {
		k.line("VEXTRACTI128 $1, Y%d, X%d", s, t)
		k.line("VPMOVSXDQ X%d, Y%d", s, d)
		k.line("VPMOVSXDQ X%d, Y%[1]d", t)
	}
	k.line("VPADDQ %s, %s, %[2]s", k.v(t), k.v(d))
}

// writeOnGrid writes the kernels and their declarations.
func writeOnGrid(out string) {
	folder := filepath.Join(out, "internal/kernel")
	a, narrow, many := &amd64{bytes: 64}, &amd64{bytes: 32}, &amd64{bytes: 32, many: true}
	declarations, none := goHeader("!purego", "kernel"), goHeader("purego || !amd64", "kernel")
	declare := func(declaration string) {
		declarations += "\n//go:noescape\n" + declaration + "\n"
		none += "\n" + declaration + " {\n\tpanic(noKernel)\n}\n"
	}
	many.setWidth(f32)
	for _, t := range []*amd64{a, narrow} {
		t.setWidth(f32)
		for _, of := range []term{plain, roundedProduct} {
			for _, apart := range []bool{false, true} {
				k := &onGrid{amd64: t, term: of, apart: apart}
				if apart && of != plain && t == a { // see narrowApart
					k.amd64 = many
				}
				k.emit()
				declare(fmt.Sprintf("func %s%s%s", k.name(), t.suffix(), k.signature()))
			}
		}
	}
	for _, of := range []term{plain, roundedProduct} {
		k, short := &fewOnGrid{certain{amd64: a, term: of}}, &shortOnGrid{fewOnGrid{certain{amd64: narrow, term: of}}}
		k.emit()
		short.emit()
		declare(k.declaration())
		declare(short.declaration())
	}
	var data printer
	for _, c := range []struct {
		name string
		word uint32
	}{{"onGridOne", 0x3f800000}, {"onGridExponents", 0xff800000}} {
		fmt.Fprintf(&data.text, "DATA %s<>+0(SB)/4, $0x%08x\nGLOBL %s<>(SB), RODATA|NOPTR, $4\n", c.name, c.word, c.name)
	}
	write(filepath.Join(folder, "ongrid_"+strings.ToLower(a.suffix())+"_amd64.s"), header+"\n"+data.source()+probeData()+a.output()+many.output())
	write(filepath.Join(folder, "ongrid_avx2_amd64.s"), header+"\n"+data.source()+shortOnGridData()+probeData()+narrow.output())
	write(filepath.Join(folder, "ongrid_amd64.go"), declarations)
	write(filepath.Join(folder, "ongrid_other.go"), none)
}
