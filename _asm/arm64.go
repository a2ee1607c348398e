package main

import (
	"fmt"
	"math"
	"math/bits"
)

// arm64 is NEON: 16-byte vectors. Go's assembler does not know the vector
// arithmetic of floating point, so those are words (Arm Architecture Reference
// Manual for A-profile, C7.2) with the instruction beside each.
type arm64 struct {
	printer
	unique int // of labels
}

func (a *arm64) suffix() string   { return "NEON" }
func (a *arm64) vectorBytes() int { return 16 }
func (a *arm64) registers() int   { return int(spare) } // the last is not to be had

var arm64Scalars = map[string]string{
	"dst": "R0", "x": "R1", "y": "R2", "n": "R3", "p": "R4", "q": "R5", "i": "R6", "s": "R7", "t": "R8", "u": "R9", "c": "R14", "anchors": "R15", "anchor": "R15", "e": "R15", "z": "R19", "k": "R20",
}

func arm64Scalar(name string) string {
	r, ok := arm64Scalars[name]
	if !ok {
		panic("no scalar register " + name)
	}
	return r
}

// The frame begins with the link register; the control register is kept after it.
func (a *arm64) mem(m mem) string {
	if m.base == frame {
		return fmt.Sprintf("%d(RSP)", m.off+16)
	}
	if m.index != "" { // R10 is free between prologue and epilogue
		shift := bits.Len(uint(m.scale)) - 1
		a.line("ADD %s<<%d, %s, R10", arm64Scalar(m.index), shift, arm64Scalar(m.base))
		return fmt.Sprintf("%d(R10)", m.off)
	}
	return fmt.Sprintf("%d(%s)", m.off, arm64Scalar(m.base))
}

// word prints an instruction of three registers. size is set in the word for
// float64 lanes.
func (a *arm64) word(mnemonic string, word uint32, d, n, m reg) {
	lanes := "4S"
	if a.w != f32 {
		word |= 1 << 22
		lanes = "2D"
	}
	a.line("WORD $0x%08x // %s V%d.%s, V%d.%s, V%d.%s", word|uint32(m)<<16|uint32(n)<<5|uint32(d), mnemonic, d, lanes, n, lanes, m, lanes)
}

func (a *arm64) load(d reg, m mem)    { a.line("FMOVQ %s, F%d", a.mem(m), d) }
func (a *arm64) store(m mem, r reg)   { a.line("FMOVQ F%d, %s", r, a.mem(m)) }
func (a *arm64) prefetch(m mem)       { a.line("PRFM %s, PLDL1KEEP", a.mem(m)) }
func (a *arm64) prefetchSecond(m mem) { a.line("PRFM %s, PLDL2KEEP", a.mem(m)) }
func (a *arm64) prefetchResult(m mem) { a.line("PRFM %s, PSTL1KEEP", a.mem(m)) }

// prefetchFrom leaves it to the processor, which follows streams by itself.
func (a *arm64) prefetchFrom(string, string, int)       {}
func (a *arm64) prefetchSecondFrom(string, string, int) {}

func (a *arm64) loadAhead(string, distance)    {}
func (a *arm64) prefetchAhead(m mem, _ string) { a.prefetch(at(m.base, m.off+ahead)) }

func (a *arm64) upperHalves(reg)                      { panic("vectors are too short") }
func (a *arm64) splitBfloat16(_, _, _ reg)            { panic("vectors are too short") }
func (a *arm64) mergePairs(_, _, _, _, _ reg, _ bool) { panic("vectors are too short") }
func (a *arm64) loadBfloat16(d reg, m mem) {
	a.line("FMOVD %s, F%d", a.mem(m), d)
	a.line("WORD $0x%08x // SHLL V%d.4S, V%d.4H, #16", 0x2e613800|uint32(d)<<5|uint32(d), d, d)
}

func (a *arm64) loadFloat16(d reg, m mem) {
	a.line("FMOVD %s, F%d", a.mem(m), d)
	a.line("WORD $0x%08x // FCVTL V%d.4S, V%d.4H", 0x0e217800|uint32(d)<<5|uint32(d), d, d)
}

func (a *arm64) interleave(lo, hi, x, y reg, bytes int) {
	a.interleaveHalf(lo, x, y, bytes, false)
	a.interleaveHalf(hi, x, y, bytes, true)
}

func (a *arm64) interleaveHalf(d, x, y reg, bytes int, upper bool) {
	lanes, half := map[int]string{4: "S4", 8: "D2"}[bytes], 1
	if upper {
		half = 2
	}
	a.line("VZIP%d V%d.%s, V%d.%s, V%d.%s", half, y, lanes, x, lanes, d, lanes)
}

func (a *arm64) storePart(m mem, r reg, _ int) { a.store(m, r) }

func (a *arm64) loadPart(d reg, m mem, _ int) { a.load(d, m) }

func (a *arm64) unpair(_, _ reg)                 { panic("no vectors of four parts") }
func (a *arm64) halve(_ bool)                    { panic("no vectors of two halves") }
func (a *arm64) loadHalf(_ reg, _ mem, _ int)    { panic("no vectors of two halves") }
func (a *arm64) pickParts(_, _, _ reg, _, _ int) { panic("no vectors of four parts") }

func (a *arm64) canonical(d, mask, nan reg) {
	a.word("FCMEQ", 0x4e20e400, mask, d, d)
	a.line("VBIF V%d.B16, V%d.B16, V%d.B16", mask, nan, d)
}

func (a *arm64) convert(d reg) {
	a.line("WORD $0x%08x // FCVTL V%d.2D, V%d.2S", 0x0e617800|uint32(d)<<5|uint32(d), d, d)
}
func (a *arm64) loadWide(d reg, m mem) {
	a.line("FMOVD %s, F%d", a.mem(m), d)
	a.convert(d)
}

func (a *arm64) loadProduct(d reg, x, y mem) {
	a.line("FMOVD %s, F%d", a.mem(x), d)
	a.text.WriteString("\tFMOVD " + a.mem(y) + fmt.Sprintf(", F%d", spare) + glue)
	a.line("WORD $0x%08x // FMUL V%d.2S, V%d.2S, V%d.2S", 0x2e20dc00|uint32(spare)<<16|uint32(d)<<5|uint32(d), d, d, spare)
	a.convert(d)
}

func (a *arm64) roundSingle(d reg) {
	a.toSingle(d)
	a.convert(d)
}

func (a *arm64) broadcast(d reg, m mem) {
	if a.w == f32 {
		a.line("FMOVS %s, F%d", a.mem(m), d)
		a.line("VDUP V%d.S[0], V%d.S4", d, d)
	} else {
		a.line("FMOVD %s, F%d", a.mem(m), d)
		a.line("VDUP V%d.D[0], V%d.D2", d, d)
	}
}
func (a *arm64) zero(d reg) { a.line("VEOR V%d.B16, V%d.B16, V%d.B16", d, d, d) }

func (a *arm64) copy(d, x reg) { a.line("VMOV V%d.B16, V%d.B16", x, d) }
func (a *arm64) minusZero(d reg) {
	pattern := uint64(1 << 63)
	if a.w == f32 {
		pattern = 0x8000000080000000
	}
	a.line("MOVD $0x%x, R10", pattern)
	a.line("VDUP R10, V%d.D2", d)
}

// spare is the register for operands that come from memory.
const spare = reg(31)

// operand loads it for the instruction that follows.
func (a *arm64) operand(m mem) {
	a.text.WriteString("\tFMOVQ " + a.mem(m) + fmt.Sprintf(", F%d", spare) + glue)
}

func (a *arm64) add(d, x, y reg) { a.word("FADD", 0x4e20d400, d, x, y) }
func (a *arm64) addMem(d, x reg, m mem) {
	a.operand(m)
	a.add(d, x, spare)
}
func (a *arm64) sub(d, x, y reg) { a.word("FSUB", 0x4ea0d400, d, x, y) }
func (a *arm64) subMem(d, x reg, m mem) {
	a.operand(m)
	a.sub(d, x, spare)
}
func (a *arm64) mul(d, x, y reg) { a.word("FMUL", 0x6e20dc00, d, x, y) }
func (a *arm64) mulMem(d, x reg, m mem) {
	a.operand(m)
	a.mul(d, x, spare)
}

func (a *arm64) fmadd(d, x, y reg) { a.word("FMLA", 0x4e20cc00, d, x, y) }

func (a *arm64) fmaddMem(d, x reg, m mem) {
	a.operand(m)
	a.fmadd(d, x, spare)
}

func (a *arm64) choose(d, x, table reg)          { panic("no such instruction") }
func (a *arm64) broadcastScalar(d reg, r string) { panic("no such instruction") }
func (a *arm64) fmaddBroadcast(d, x reg, m mem)  { panic("no such instruction") }

// fmsub negates d, which is exact, and adds the product.
func (a *arm64) fmsub(d, x, y reg) {
	a.negate(d, d, "\x00")
	a.word("FMLA", 0x4e20cc00, d, x, y)
}

func (a *arm64) negate(d, x reg, end string) {
	word, lanes := uint32(0x6ea0f800), "4S"
	if a.w != f32 {
		word, lanes = word|1<<22, "2D"
	}
	a.line("WORD $0x%08x // FNEG V%d.%s, V%d.%s%s", word|uint32(x)<<5|uint32(d), d, lanes, x, lanes, end)
}

func (a *arm64) addOnto(d, x reg) { a.add(d, d, x) }
func (a *arm64) subFrom(d, x reg) { a.sub(d, d, x) }
func (a *arm64) abs(d, x reg) {
	word, lanes := uint32(0x4ea0f800), "4S"
	if a.w != f32 {
		word, lanes = word|1<<22, "2D"
	}
	a.line("WORD $0x%08x // FABS V%d.%s, V%d.%s", word|uint32(x)<<5|uint32(d), d, lanes, x, lanes)
}

func (a *arm64) absMem(d reg, m mem) {
	a.load(d, m)
	a.abs(d, d)
}

func (a *arm64) fmsubMem(d, x reg, m mem) {
	a.operand(m)
	a.fmsub(d, x, spare)
}
func (a *arm64) toSingle(d reg) {
	a.line("WORD $0x%08x // FCVTN V%d.2S, V%d.2D", 0x0e616800|uint32(d)<<5|uint32(d), d, d)
}

func (a *arm64) or(d, x reg)             { a.line("VORR V%d.B16, V%d.B16, V%d.B16", x, d, d) }
func (a *arm64) hold(reg, constant) bool { return false }
func (a *arm64) and(d, x reg)            { a.line("VAND V%d.B16, V%d.B16, V%d.B16", x, d, d) }

// integers prints an instruction on integers of the lanes' size.
func (a *arm64) integers(mnemonic string, d, x, y reg) {
	lanes := "D2"
	if a.w == f32 {
		lanes = "S4"
	}
	a.line("%s V%d.%s, V%d.%s, V%d.%s", mnemonic, y, lanes, x, lanes, d, lanes)
}
func (a *arm64) addInt(d, x reg)   { a.integers("VADD", d, d, x) }
func (a *arm64) equal(d, x, y reg) { a.integers("VCMEQ", d, x, y) }
func (a *arm64) isPlusZero(d, x reg) {
	a.zero(d)
	a.equal(d, x, d)
}
func (a *arm64) maxWord(d, x reg) { a.line("VUMAX V%d.S4, V%d.S4, V%d.S4", x, d, d) }
func (a *arm64) minWord(d, x reg) { a.line("VUMIN V%d.S4, V%d.S4, V%d.S4", x, d, d) }
func (a *arm64) ones(d reg) {
	a.line("MOVD $-1, R10")
	a.line("VDUP R10, V%d.D2", d)
}

// beginTail copies the row to the buffer, over a row of zeros.
func (a *arm64) beginTail(pointer, t string, buffer int, negative bool) {
	a.unique++
	pattern := uint64(0)
	if negative && a.w == f64 {
		pattern = 1 << 63
	} else if negative {
		pattern = 0x8000000080000000
	}
	a.line("MOVD $0x%x, R10", pattern)
	for off := 0; off < 128; off += 8 {
		a.line("MOVD R10, %s", a.mem(at(frame, buffer+off)))
	}
	a.line("MOVD %s, R10", arm64Scalar(pointer))
	a.line("MOVD $%s, R11", a.mem(at(frame, buffer)))
	a.line("MOVD %s, R12", arm64Scalar(t))
	a.label(fmt.Sprintf("copy%d", a.unique))
	if a.w.element() == 8 {
		a.line("MOVD.P 8(R10), R13")
		a.line("MOVD.P R13, 8(R11)")
	} else {
		a.line("MOVWU.P 4(R10), R13")
		a.line("MOVW.P R13, 4(R11)")
	}
	a.line("SUBS $%d, R12", a.w.element())
	a.line("BNE copy%d", a.unique)
}

func (a *arm64) tail(d, _ reg, _ string, buffer, off int, _ bool) {
	if a.w == wide {
		a.loadWide(d, at(frame, buffer+off))
	} else {
		a.load(d, at(frame, buffer+off))
	}
}

func (a *arm64) tailBuffers() int { return 2 * rowIn }

func (a *arm64) tailAgain(d, spare reg, pointer string, buffer, off int) {
	a.tail(d, spare, pointer, buffer, off, false)
}

func (a *arm64) prologue(name string, args []string, result, locals int) {
	a.enter(name, args, result, locals)
	for _, arg := range args {
		a.loadArg(arg, arg)
	}
}

func (a *arm64) enter(name string, args []string, result, locals int) {
	a.args = args
	size := 8*len(args) + result
	fmt.Fprintf(&a.text, "\nTEXT ·%s%s(SB), 0, $%d-%d\n", name, a.suffix(), (locals+8+15)/16*16, size)
	a.line("MOVD FPCR, R10")
	a.line("MOVD R10, 8(RSP)")
	a.line("CBZ R10, ieee")
	a.line("MOVD ZR, FPCR")
	a.label("ieee")
}

// Reading FPCR waits for nothing.
func (a *arm64) enterUnread(name string, args []string, result, locals int) {
	a.enter(name, args, result, locals)
}
func (a *arm64) modeRead() {}
func (a *arm64) leave()    { a.epilogue() }

func (a *arm64) alignFrame()   {}
func (a *arm64) shorten(_ int) {}

func (a *arm64) present(string, int) bool        { return false }
func (a *arm64) loadPresent(reg, mem, int, bool) { panic(noMasks) }
func (a *arm64) mulPresent(_, _, _ reg, _ int)   { panic(noMasks) }

const noMasks = "NEON has no masks"

func (a *arm64) loadArg(r, name string)  { a.line("MOVD %s, %s", a.arg(name), arm64Scalar(r)) }
func (a *arm64) storeArg(name, r string) { a.line("MOVD %s, %s", arm64Scalar(r), a.arg(name)) }

func (a *arm64) epilogue() {
	a.line("MOVD 8(RSP), R10")
	a.line("CBZ R10, done")
	a.line("MOVD R10, FPCR")
	a.label("done")
	a.line("RET")
}

func (a *arm64) result(name string, off int, r reg) {
	if a.w == f32 {
		a.line("FMOVS F%d, %s+%d(FP)", r, name, off)
	} else {
		a.line("FMOVD F%d, %s+%d(FP)", r, name, off)
	}
}

func (a *arm64) result64(name string, off int, r reg) { a.line("FMOVD F%d, %s+%d(FP)", r, name, off) }

func (a *arm64) address(r string, m mem) { a.line("MOVD $%s, %s", a.mem(m), arm64Scalar(r)) }
func (a *arm64) move(r, from string)     { a.line("MOVD %s, %s", arm64Scalar(from), arm64Scalar(r)) }
func (a *arm64) moveImm(r string, imm int) {
	a.line("MOVD $%d, %s", imm, arm64Scalar(r))
}
func (a *arm64) storeScalar(m mem, r string) { a.line("MOVD %s, %s", arm64Scalar(r), a.mem(m)) }
func (a *arm64) loadScalar(r string, m mem)  { a.line("MOVD %s, %s", a.mem(m), arm64Scalar(r)) }
func (a *arm64) addImm(r string, imm int)    { a.line("ADD $%d, %s", imm, arm64Scalar(r)) }
func (a *arm64) addReg(r, other string) {
	a.line("ADD %s, %s", arm64Scalar(other), arm64Scalar(r))
}
func (a *arm64) subReg(r, other string) {
	a.line("SUB %s, %s", arm64Scalar(other), arm64Scalar(r))
}
func (a *arm64) andImm(r string, imm int) { a.line("AND $%d, %s", imm, arm64Scalar(r)) }
func (a *arm64) shr(r string, by int)     { a.line("LSR $%d, %s", by, arm64Scalar(r)) }
func (a *arm64) shl(r string, by int)     { a.line("LSL $%d, %s", by, arm64Scalar(r)) }
func (a *arm64) countDown(r, label string) {
	a.line("SUBS $1, %s", arm64Scalar(r))
	a.line("BNE %s", label)
}
func (a *arm64) countOut(r, label string) {
	a.line("SUBS $1, %s", arm64Scalar(r))
	a.line("BEQ %s", label)
}
func (a *arm64) ifZero(r, label string) { a.line("CBZ %s, %s", arm64Scalar(r), label) }
func (a *arm64) ifNotZero(r, label string) {
	a.line("CBNZ %s, %s", arm64Scalar(r), label)
}
func (a *arm64) ifBit(r string, bit int, set bool, label string) {
	a.line("TST $%d, %s", uint64(math.Ldexp(1, bit)), arm64Scalar(r))
	if set {
		a.line("BNE %s", label)
	} else {
		a.line("BEQ %s", label)
	}
}
func (a *arm64) ifEqual(x, y, label string) {
	a.line("CMP %s, %s", arm64Scalar(y), arm64Scalar(x))
	a.line("BEQ %s", label)
}
func (a *arm64) ifAtMost(r string, imm int, label string) {
	a.line("CMP $%d, %s", imm, arm64Scalar(r))
	a.line("BLE %s", label)
}
func (a *arm64) jump(label string) { a.line("B %s", label) }

func (a *arm64) addPairs(d, x, y reg) { a.word("FADDP", 0x6e20d400, d, x, y) }

func (a *arm64) joinLanes(v []reg) reg {
	for n := len(v); n > 1; n /= 2 {
		for i := range n / 2 {
			a.addPairs(v[i], v[2*i], v[2*i+1])
		}
	}
	a.addPairs(v[0], v[0], v[0])
	if a.w == f32 {
		a.addPairs(v[0], v[0], v[0])
	}
	return v[0]
}

func (a *arm64) upper(d, x reg, bytes int) {
	a.line("VEXT $%d, V%d.B16, V%d.B16, V%d.B16", bytes/2, x, x, d)
}

func (a *arm64) neighbours(_ int, lo, hi, x, y reg) {
	lanes := "D2"
	if a.w == f32 {
		lanes = "S4"
	}
	a.line("VUZP1 V%d.%s, V%d.%s, V%d.%s", y, lanes, x, lanes, lo, lanes)
	a.line("VUZP2 V%d.%s, V%d.%s, V%d.%s", y, lanes, x, lanes, hi, lanes)
}

func (a *arm64) constants() string { return "" }
