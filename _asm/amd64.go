package main

import "fmt"

// amd64 is AVX2 with FMA (32-byte vectors) or AVX-512 F, DQ and VL (64-byte ones).
type amd64 struct {
	printer
	bytes int
	many  bool // vectors of 32 bytes in the registers of AVX-512
	shown int  // bytes of a register as it is printed: see shorten
	held  map[constant]reg

	merges bool // the file at work calls mergePairs
	once   bool // what prefetchFrom prefetches is read once, and bypasses L2

	off  int // of the vector at work: see rows.go
	part int // bytes of the part of a vector at work, or 0
}

func (a *amd64) suffix() string {
	if a.bytes == 64 || a.many {
		return "AVX512"
	}
	return "AVX2"
}

func (a *amd64) vectorBytes() int { return a.bytes }

func (a *amd64) registers() int {
	if a.many {
		return 32
	}
	return a.bytes / 2
}

var amd64Scalars = map[string]string{
	"dst": "DI", "x": "SI", "y": "DX", "n": "CX", "p": "R8", "q": "R9", "i": "R10", "s": "R11", "t": "R12", "u": "BX",
	"c": "AX", "apart": "CX", "mask": "R13", "z": "R13", "anchors": "R15", "anchor": "R15", "e": "R15", "k": "R14", "x3": "R13", "rs": "BX", "ts": "R15", "marks": "BX",
}

func amd64Scalar(name string) string {
	r, ok := amd64Scalars[name]
	if !ok {
		panic("no scalar register " + name)
	}
	return r
}

// The first 8 bytes of the frame hold the control register. Places begin at R14, a multiple
// of a cache line: a vector across two lines costs twice, and is slow to be read again.
func (a *amd64) mem(m mem) string {
	if m.base == frame {
		return fmt.Sprintf("%d(R14)", m.off)
	}
	if m.index != "" {
		return fmt.Sprintf("%d(%s)(%s*%d)", m.off, amd64Scalar(m.base), amd64Scalar(m.index), m.scale)
	}
	return fmt.Sprintf("%d(%s)", m.off, amd64Scalar(m.base))
}

func (a *amd64) v(r reg) string {
	switch a.shown {
	case 16:
		return fmt.Sprintf("X%d", r)
	case 32:
		return fmt.Sprintf("Y%d", r)
	}
	return fmt.Sprintf("Z%d", r)
}

// half is the register of half the width.
func (a *amd64) half(r reg) string {
	if a.bytes == 64 {
		return fmt.Sprintf("Y%d", r)
	}
	return fmt.Sprintf("X%d", r)
}

// p is the mnemonic with the suffix of the lanes' type.
func (a *amd64) p(mnemonic string) string {
	if a.w == f32 {
		return mnemonic + "PS"
	}
	return mnemonic + "PD"
}

func (a *amd64) load(d reg, m mem)    { a.line("%s %s, %s", a.p("VMOVU"), a.mem(m), a.v(d)) }
func (a *amd64) store(m mem, r reg)   { a.line("%s %s, %s", a.p("VMOVU"), a.v(r), a.mem(m)) }
func (a *amd64) prefetch(m mem)       { a.line("PREFETCH%s %s", a.howNear(), a.mem(m)) }
func (a *amd64) prefetchSecond(m mem) { a.line("PREFETCHT2 %s", a.mem(m)) }
func (a *amd64) prefetchResult(m mem) { a.line("PREFETCHT0 %s", a.mem(m)) }
func (a *amd64) loadWide(d reg, m mem) {
	a.line("VCVTPS2PD %s, %s", a.mem(m), a.v(d))
}

func (a *amd64) prefetchFrom(base, index string, off int) {
	a.line("PREFETCH%s %d(%s)(%s*1)", a.howNear(), off, amd64Scalar(base), amd64Scalar(index))
}

func (a *amd64) howNear() string {
	if a.once {
		return "NTA"
	}
	return "T0"
}

func (a *amd64) prefetchSecondFrom(base, index string, off int) {
	a.line("PREFETCHT2 %d(%s)(%s*1)", off, amd64Scalar(base), amd64Scalar(index))
}

func (a *amd64) loadAhead(r string, how distance) {
	a.line("MOVQ ·%sAhead(SB), %s", how, amd64Scalar(r))
}

func (a *amd64) prefetchAhead(m mem, r string) { a.prefetchFrom(m.base, r, m.off) }

func (a *amd64) loadBfloat16(d reg, m mem) {
	a.line("VPMOVZXWD %s, %s", a.mem(m), a.v(d))
	a.line("VPSLLD $16, %s, %s", a.v(d), a.v(d))
}

func (a *amd64) upperHalves(d reg) {
	a.line("VPTERNLOGD $0xff, %s, %s, %s", a.v(d), a.v(d), a.v(d))
	a.line("VPSLLD $16, %s, %s", a.v(d), a.v(d))
}

func (a *amd64) splitBfloat16(even, odd, upper reg) {
	a.line("VPSLLD $16, %s, %s", a.v(odd), a.v(even))
	a.line("VPANDD %s, %s, %s", a.v(upper), a.v(odd), a.v(odd))
}

func (a *amd64) mergePairs(even, odd, t, low, high reg, first bool) {
	if a.merges = true; first {
		a.line("VMOVUPS pairs<>+0(SB), %s", a.v(low))
		a.line("VMOVUPS pairs<>+64(SB), %s", a.v(high))
	}
	a.copy(t, even)
	a.line("VPERMT2PS %s, %s, %s", a.v(odd), a.v(low), a.v(even))
	a.line("VPERMT2PS %s, %s, %s", a.v(odd), a.v(high), a.v(t))
	a.copy(odd, t)
}

func (a *amd64) loadFloat16(d reg, m mem) { a.line("VCVTPH2PS %s, %s", a.mem(m), a.v(d)) }

func (a *amd64) interleave(lo, hi, x, y reg, bytes int) {
	a.interleaveHalf(lo, x, y, bytes, false)
	a.interleaveHalf(hi, x, y, bytes, true)
}

func (a *amd64) interleaveHalf(d, x, y reg, bytes int, upper bool) {
	half, suffix := "L", "PD"
	if upper {
		half = "H"
	}
	if bytes == 4 {
		suffix = "PS"
	}
	a.line("VUNPCK%s%s %s, %s, %s", half, suffix, a.v(y), a.v(x), a.v(d))
}

func (a *amd64) storePart(m mem, r reg, part int) {
	switch {
	case part == 0:
		a.line("VMOVUPS X%d, %s", r, a.mem(m))
	case a.bytes == 64:
		a.line("VEXTRACTF32X4 $%d, Z%d, %s", part, r, a.mem(m))
	default:
		a.line("VEXTRACTF128 $%d, Y%d, %s", part, r, a.mem(m))
	}
}

func (a *amd64) unpair(even, odd reg) {
	a.line("VPMOVQD %s, %s", a.v(odd), a.half(even))
	a.line("VPSRLQ $32, %s, %s", a.v(odd), a.v(odd))
	a.line("VPMOVQD %s, %s", a.v(odd), a.half(odd))
}

func (a *amd64) halve(on bool) {
	if a.shown = a.bytes; on {
		a.shown /= 2
	}
}

func (a *amd64) loadPart(d reg, m mem, part int) {
	switch {
	case part == 0:
		a.line("VMOVUPS %s, X%d", a.mem(m), d)
	case a.bytes == 64:
		a.line("VINSERTF32X4 $%d, %s, Z%d, Z%d", part, a.mem(m), d, d)
	default:
		a.line("VINSERTF128 $%d, %s, Y%d, Y%d", part, a.mem(m), d, d)
	}
}

func (a *amd64) loadHalf(d reg, m mem, half int) {
	if half == 0 {
		a.line("VMOVUPS %s, Y%d", a.mem(m), d)
		return
	}
	a.line("VINSERTF64X4 $1, %s, Z%d, Z%d", a.mem(m), d, d)
}

func (a *amd64) pickParts(d, x, y reg, i, j int) {
	a.line("VSHUFF32X4 $%d, %s, %s, %s", i|j<<2|i<<4|j<<6, a.v(y), a.v(x), a.v(d))
}

func (a *amd64) canonical(d, spare, nan reg) {
	if a.bytes == 64 {
		a.line("%s $3, %s, %s, K1\x00", a.p("VCMP"), a.v(d), a.v(d))
		a.line("%s %s, K1, %s", a.p("VMOVA"), a.v(nan), a.v(d))
		return
	}
	a.line("%s $3, %s, %s, %s", a.p("VCMP"), a.v(d), a.v(d), a.v(spare))
	a.line("%s %s, %s, %s, %s", a.p("VBLENDV"), a.v(spare), a.v(nan), a.v(d), a.v(d))
}

func (a *amd64) choose(d, x, table reg) {
	a.line("%s $0, %s, %s, %s", a.p("VFIXUPIMM"), a.v(table), a.v(x), a.v(d))
}

func (a *amd64) broadcastScalar(d reg, r string) {
	a.line("VPBROADCASTD %s, %s", amd64Scalar(r), a.v(d))
}

func (a *amd64) broadcastFrom(d reg, place string) {
	if a.w == f32 {
		a.line("VBROADCASTSS %s, %s", place, a.v(d))
	} else {
		a.line("VBROADCASTSD %s, %s", place, a.v(d))
	}
}

func (a *amd64) broadcast(d reg, m mem) { a.broadcastFrom(d, a.mem(m)) }
func (a *amd64) zero(d reg)             { a.line("%s %s, %s, %s", a.p("VXOR"), a.v(d), a.v(d), a.v(d)) }

func (a *amd64) copy(d, x reg)   { a.line("%s %s, %s", a.p("VMOVA"), a.v(x), a.v(d)) }
func (a *amd64) minusZero(d reg) { a.broadcastFrom(d, a.constant("signs")) }

// three prints an instruction whose operands Go's assembler has from last to first.
func (a *amd64) three(mnemonic string, d, x reg, y string) {
	a.line("%s %s, %s, %s", a.p(mnemonic), y, a.v(x), a.v(d))
}

func (a *amd64) add(d, x, y reg)          { a.three("VADD", d, x, a.v(y)) }
func (a *amd64) addMem(d, x reg, m mem)   { a.three("VADD", d, x, a.mem(m)) }
func (a *amd64) sub(d, x, y reg)          { a.three("VSUB", d, x, a.v(y)) }
func (a *amd64) subMem(d, x reg, m mem)   { a.three("VSUB", d, x, a.mem(m)) }
func (a *amd64) mul(d, x, y reg)          { a.three("VMUL", d, x, a.v(y)) }
func (a *amd64) mulMem(d, x reg, m mem)   { a.three("VMUL", d, x, a.mem(m)) }
func (a *amd64) fmadd(d, x, y reg)        { a.three("VFMADD231", d, x, a.v(y)) }
func (a *amd64) fmaddMem(d, x reg, m mem) { a.three("VFMADD231", d, x, a.mem(m)) }
func (a *amd64) fmaddBroadcast(d, x reg, m mem) {
	a.line("%s.BCST %s, %s, %s", a.p("VFMADD231"), a.mem(m), a.v(x), a.v(d))
}
func (a *amd64) fmsub(d, x, y reg) { a.three("VFMSUB231", d, x, a.v(y)) }

// addOnto and subFrom of shortened vectors are at the end, where time to a result counts.
func (a *amd64) addOnto(d, x reg) {
	if a.shown < a.bytes {
		a.add(d, d, x)
		return
	}
	a.withConstant("VFMADD231", d, x, one)
}

func (a *amd64) subFrom(d, x reg) {
	if a.shown < a.bytes {
		a.sub(d, d, x)
		return
	}
	a.withConstant("VFNMADD231", d, x, one)
}

func (a *amd64) abs(d, x reg) { a.withConstant("VAND", d, x, absMask) }

// absMem is load and abs; with the constant in a register that is one instruction.
func (a *amd64) absMem(d reg, m mem) {
	if mask, ok := a.held[absMask]; ok {
		a.three("VAND", d, mask, a.mem(m))
		return
	}
	a.load(d, m)
	a.abs(d, d)
}

func (a *amd64) or(d, x reg)  { a.three("VOR", d, d, a.v(x)) }
func (a *amd64) and(d, x reg) { a.three("VAND", d, d, a.v(x)) }

// narrow has half of the lanes in each of two registers of half the width.
func (a *amd64) narrow(d, lo, hi, spare reg) {
	if a.bytes == 64 {
		a.line("VCVTPD2PS Z%d, Y%d", lo, d)
		a.line("VCVTPD2PS Z%d, Y%d", hi, spare)
		a.line("VINSERTF64X4 $1, Y%d, Z%d, Z%d", spare, d, d)
		return
	}
	a.line("VCVTPD2PSY Y%d, X%d", lo, d)
	a.line("VCVTPD2PSY Y%d, X%d", hi, spare)
	a.line("VINSERTF128 $1, X%d, Y%d, Y%d", spare, d, d)
}

func (a *amd64) hold(d reg, c constant) bool {
	a.line("%s %s, %s", a.p("VMOVU"), a.constant(string(c)), a.v(d))
	a.held[c] = d
	return true
}

// withConstant prints an instruction one of whose operands is c: the register that holds it, or a
// place in memory. That is 32 bytes apart from a cache line as often as not, as Go's linker will have
// it, and 64 bytes of two lines are read at half the speed: AVX-512 takes one lane for all.
func (a *amd64) withConstant(mnemonic string, d, x reg, c constant) {
	if r, ok := a.held[c]; ok {
		a.three(mnemonic, d, x, a.v(r))
		return
	}
	mnemonic = a.p(mnemonic)
	if a.bytes == 64 {
		mnemonic += ".BCST"
	}
	a.line("%s %s, %s, %s", mnemonic, a.constant(string(c)), a.v(x), a.v(d))
}

func (a *amd64) constant(name string) string {
	if a.w == f32 {
		return name + "32<>(SB)"
	}
	return name + "64<>(SB)"
}

func (a *amd64) fmsubMem(d, x reg, m mem) { a.three("VFMSUB231", d, x, a.mem(m)) }

// i is the mnemonic with the suffix of integers of the lanes' size.
func (a *amd64) i(mnemonic string) string {
	if a.w == f32 {
		return mnemonic + "D"
	}
	return mnemonic + "Q"
}

func (a *amd64) addInt(d, x reg) { a.line("%s %s, %s, %s", a.i("VPADD"), a.v(x), a.v(d), a.v(d)) }

// equal glues the comparison to the move of its mask: there is one mask register for
// all streams.
func (a *amd64) equal(d, x, y reg) {
	if a.bytes == 64 {
		a.line("%s %s, %s, K1\x00", a.i("VPCMPEQ"), a.v(x), a.v(y))
		a.line("VPMOVM2%s K1, %s", a.i(""), a.v(d))
		return
	}
	a.line("%s %s, %s, %s", a.i("VPCMPEQ"), a.v(x), a.v(y), a.v(d))
}
func (a *amd64) isPlusZero(d, x reg) {
	a.zero(d)
	a.equal(d, x, d)
}
func (a *amd64) maxWord(d, x reg) { a.line("VPMAXUD %s, %s, %s", a.v(x), a.v(d), a.v(d)) }
func (a *amd64) minWord(d, x reg) { a.line("VPMINUD %s, %s, %s", a.v(x), a.v(d), a.v(d)) }
func (a *amd64) ones(d reg) {
	if a.bytes == 64 {
		a.line("VPTERNLOGD $255, %s, %s, %s", a.v(d), a.v(d), a.v(d))
		return
	}
	a.line("VPCMPEQD %s, %s, %s", a.v(d), a.v(d), a.v(d))
}

func (a *amd64) beginTail(_, t string, _ int, _ bool) {
	a.line("LEAQ tailMask<>+128(SB), R13")
	a.line("SUBQ %s, R13", amd64Scalar(t))
}

// tail masks the absent lanes off: their bytes are not touched.
func (a *amd64) tail(d, spare reg, pointer string, _, off int, negative bool) {
	place := fmt.Sprintf("%d(%s)", off, amd64Scalar(pointer))
	mask := fmt.Sprintf("%d(R13)", off)
	full, to := a.v, d
	if a.w == wide {
		full = a.half
	}
	m := full(spare)
	elements, sign := "PD", "signs64<>(SB)"
	if a.w.element() == 4 {
		elements, sign = "PS", "signs32<>(SB)"
	}
	if a.bytes == 64 {
		a.line("VMOVU%s %s, %s", elements, mask, m)
		if elements == "PD" {
			a.line("VPMOVQ2M %s, K1", m)
		} else {
			a.line("VPMOVD2M %s, K1", m)
		}
		a.line("VMOVU%s.Z %s, K1, %s", elements, place, full(to))
	} else {
		a.line("VMOVU%s %s, %s", elements, mask, m)
		a.line("VMASKMOV%s %s, %s, %s", elements, place, m, full(to))
	}
	switch {
	case negative && a.bytes == 64:
		a.line("VANDN%s %s, %s, %s", elements, sign, m, m)
		a.line("VOR%s %s, %s, %s", elements, m, full(to), full(to))
	case negative: // the mask stays
		a.line("VOR%s %d(R13), %s, %s", elements, off+tailSigns(a.w.element()), full(to), full(to))
	}
	if a.w == wide {
		a.line("VCVTPS2PD %s, %s", a.half(d), a.v(d))
	}
}

func (a *amd64) tailBuffers() int { return 0 }

func (a *amd64) tailAgain(d, mask reg, pointer string, buffer, off int) {
	if a.bytes == 64 {
		a.tail(d, mask, pointer, buffer, off, false)
		return
	}
	place := fmt.Sprintf("%d(%s)", off, amd64Scalar(pointer))
	elements, full := "PD", a.v
	if a.w == wide {
		full = a.half
	}
	if a.w.element() == 4 {
		elements = "PS"
	}
	a.line("VMASKMOV%s %s, %s, %s", elements, place, full(mask), full(d))
	if a.w == wide {
		a.line("VCVTPS2PD %s, %s", a.half(d), a.v(d))
	}
}

// tailSigns is how far from a mask of tailMask the signs of what it masks off are, of elements of so many bytes.
func tailSigns(element int) int { return 256 * (1 + (8-element)/4) }

// present keeps the masks of the columns in K1, K2 and so on.
func (a *amd64) present(t string, columns int) bool {
	if a.bytes != 64 {
		return false
	}
	a.line("XORL AX, AX")
	a.line("BTSQ %s, AX", amd64Scalar(t))
	a.line("DECQ AX")
	lanes := a.bytes / a.w.lane()
	for c := range columns {
		switch {
		case c*lanes%16 != 0:
			a.line("KSHIFTRW $%d, K%d, K%d", lanes, c, c+1)
		case c > 0:
			a.line("SHRQ $16, AX")
			fallthrough
		default:
			a.line("KMOVW AX, K%d", c+1)
		}
	}
	return true
}

func (a *amd64) loadPresent(d reg, m mem, c int, others bool) {
	mnemonic := a.p("VMOVU")
	if a.w == wide {
		mnemonic = "VCVTPS2PD"
	}
	if !others {
		mnemonic += ".Z"
	}
	a.line("%s %s, K%d, %s", mnemonic, a.mem(m), c+1, a.v(d))
}

func (a *amd64) mulPresent(d, x, y reg, c int) {
	a.line("%s %s, %s, K%d, %s", a.p("VMUL"), a.v(y), a.v(x), c+1, a.v(d))
}

func (a *amd64) prologue(name string, args []string, result, locals int) {
	a.enter(name, args, result, locals)
	if locals > 0 {
		a.alignFrame()
	}
	for _, arg := range args {
		a.loadArg(arg, arg)
	}
}

func (a *amd64) enter(name string, args []string, result, locals int) {
	a.begin(name, args, result, locals)
	a.readMode()
	a.line("JEQ  ieee")
	a.line("MOVL $0x1F80, 4(SP)")
	a.line("LDMXCSR 4(SP)")
	a.label("ieee")
}

// begin begins a function whatever the rounding mode is.
func (a *amd64) begin(name string, args []string, result, locals int) {
	a.beginAs("0", name, args, result, locals)
}

// beginAs begins a function with a flag.
func (a *amd64) beginAs(flag, name string, args []string, result, locals int) {
	a.args = args
	size := 8*len(args) + result
	a.held = map[constant]reg{}
	a.shown = a.bytes
	if locals > 0 {
		locals += line
	}
	fmt.Fprintf(&a.text, "\nTEXT ·%s%s(SB), %s, $%d-%d\n", name, a.suffix(), flag, locals+8, size)
}

// readMode compares the control register, which is left in the frame, with that of IEEE mode.
func (a *amd64) readMode() {
	a.line("STMXCSR 0(SP)")
	a.line("MOVL 0(SP), AX")
	a.line("ANDL $0xFFC0, AX")
	a.line("CMPL AX, $0x1F80")
}

// enterUnread, modeRead and leave probe the mode where the function begins: to read it takes longer.
func (a *amd64) enterUnread(name string, args []string, result, locals int) {
	flag := "0"
	if locals == 0 {
		flag = "NOSPLIT" // short, and to be called soon
	}
	a.beginAs(flag, name, args, result, locals)
	a.probeMode()
}

func (a *amd64) modeRead() {}
func (a *amd64) leave()    { a.leaveProbed() }

// probe is two vectors of float64 and their sum, which is another in each mode that rounds other than to nearest or
// takes or gives zero for a subnormal number: 1 + 2^-54, 1 - 2^-55, and the least subnormal number + 0. To add and to
// compare, unlike to read the mode, waits for nothing; a sum that is subnormal is no slower where a term is.
// Which exceptions a host traps is not looked at.
var probe = []uint64{
	0x3ff0000000000000, 0x3ff0000000000000, 1, 1,
	0x3c90000000000000, 0xbc80000000000000, 0, 0,
	0x3ff0000000000000, 0x3ff0000000000000, 1, 1,
}

// probeData is the data of the probe.
func probeData() string {
	var p printer
	for i, w := range probe {
		fmt.Fprintf(&p.text, "DATA probe<>+%d(SB)/8, $0x%016x\n", 8*i, w)
	}
	fmt.Fprintf(&p.text, "GLOBL probe<>(SB), RODATA|NOPTR, $%d\n", 8*len(probe))
	return p.source()
}

// enterProbing begins a function that probes the mode. At 4(SP) is the mode to give back, or 0.
func (a *amd64) enterProbing(name string, args []string) { a.enterProbingFor(name, args, 0, args...) }

// enterProbingFor begins one with a result of so many bytes, and loads some of the arguments.
func (a *amd64) enterProbingFor(name string, args []string, result int, loaded ...string) {
	a.beginAs("NOSPLIT", name, args, result, 0) // short, and to be called soon
	a.probeMode()
	for _, arg := range loaded {
		a.loadArg(arg, arg)
	}
}

// probeMode probes the mode of a function that begins.
func (a *amd64) probeMode() {
	a.line("MOVL    $0, 4(SP)")
	a.line("VMOVUPD probe<>+0(SB), Y0")
	a.line("VADDPD  probe<>+32(SB), Y0, Y0")
	a.line("VPXOR   probe<>+64(SB), Y0, Y0")
	a.line("VPTEST  Y0, Y0")
	a.line("JNE     mode")
	a.label("again")
}

func (a *amd64) leaveProbed() {
	a.line("VZEROUPPER")
	a.line("CMPL 4(SP), $0")
	a.line("JNE  restore")
	a.line("RET")
	a.label("mode")
	a.line("STMXCSR 4(SP)")
	a.line("MOVL $0x1F80, 0(SP)")
	a.line("LDMXCSR 0(SP)")
	a.line("JMP  again")
	a.label("restore")
	a.line("LDMXCSR 4(SP)")
	a.line("RET")
}

func (a *amd64) alignFrame() {
	a.line("LEAQ %d(SP), R14", 8+line-1)
	a.line("ANDQ $-%d, R14", line)
}

func (a *amd64) loadArg(r, name string)  { a.line("MOVQ %s, %s", a.arg(name), amd64Scalar(r)) }
func (a *amd64) storeArg(name, r string) { a.line("MOVQ %s, %s", amd64Scalar(r), a.arg(name)) }

func (a *amd64) epilogue() {
	a.line("VZEROUPPER")
	a.line("MOVL 0(SP), AX")
	a.line("ANDL $0xFFC0, AX")
	a.line("CMPL AX, $0x1F80")
	a.line("JEQ  done")
	a.line("LDMXCSR 0(SP)")
	a.label("done")
	a.line("RET")
}

func (a *amd64) result(name string, off int, r reg) {
	if a.w == f32 {
		a.line("VMOVSS X%d, %s+%d(FP)", r, name, off)
	} else {
		a.line("VMOVSD X%d, %s+%d(FP)", r, name, off)
	}
}

func (a *amd64) result64(name string, off int, r reg) { a.line("VMOVSD X%d, %s+%d(FP)", r, name, off) }

func (a *amd64) address(r string, m mem) { a.line("LEAQ %s, %s", a.mem(m), amd64Scalar(r)) }
func (a *amd64) move(r, from string)     { a.line("MOVQ %s, %s", amd64Scalar(from), amd64Scalar(r)) }
func (a *amd64) moveImm(r string, imm int) {
	a.line("MOVQ $%d, %s", imm, amd64Scalar(r))
}
func (a *amd64) loadScalar(r string, m mem)  { a.line("MOVQ %s, %s", a.mem(m), amd64Scalar(r)) }
func (a *amd64) storeScalar(m mem, r string) { a.line("MOVQ %s, %s", amd64Scalar(r), a.mem(m)) }
func (a *amd64) addImm(r string, imm int)    { a.line("ADDQ $%d, %s", imm, amd64Scalar(r)) }
func (a *amd64) addReg(r, other string) {
	a.line("ADDQ %s, %s", amd64Scalar(other), amd64Scalar(r))
}
func (a *amd64) subReg(r, other string) {
	a.line("SUBQ %s, %s", amd64Scalar(other), amd64Scalar(r))
}
func (a *amd64) andImm(r string, imm int) { a.line("ANDQ $%d, %s", imm, amd64Scalar(r)) }
func (a *amd64) shr(r string, by int)     { a.line("SHRQ $%d, %s", by, amd64Scalar(r)) }
func (a *amd64) shl(r string, by int)     { a.line("SHLQ $%d, %s", by, amd64Scalar(r)) }
func (a *amd64) countDown(r, label string) {
	a.line("DECQ %s", amd64Scalar(r))
	a.line("JNE %s", label)
}
func (a *amd64) countOut(r, label string) {
	a.line("DECQ %s", amd64Scalar(r))
	a.line("JEQ %s", label)
}
func (a *amd64) ifZero(r, label string) {
	a.line("TESTQ %s, %s", amd64Scalar(r), amd64Scalar(r))
	a.line("JEQ %s", label)
}
func (a *amd64) ifNotZero(r, label string) {
	a.line("TESTQ %s, %s", amd64Scalar(r), amd64Scalar(r))
	a.line("JNE %s", label)
}
func (a *amd64) ifBit(r string, bit int, set bool, label string) {
	a.line("TESTQ $%d, %s", 1<<bit, amd64Scalar(r))
	if set {
		a.line("JNE %s", label)
	} else {
		a.line("JEQ %s", label)
	}
}
func (a *amd64) ifEqual(x, y, label string) {
	a.line("CMPQ %s, %s", amd64Scalar(x), amd64Scalar(y))
	a.line("JEQ %s", label)
}
func (a *amd64) ifAtMost(r string, imm int, label string) {
	a.line("CMPQ %s, $%d", amd64Scalar(r), imm)
	a.line("JLE %s", label)
}
func (a *amd64) jump(label string) { a.line("JMP %s", label) }

// joinLanes takes vectors two by two. The first shuffles pair neighbours of both; then each
// lane is added to the one beside it, four beside four and so on: + is commutative in its
// bits (but for the payload of a NaN).
func (a *amd64) joinLanes(v []reg) reg {
	for i := 0; i < len(v); i += 2 {
		a.joinTwo(v[i], v[i+1], v)
		v[i/2] = v[i]
	}
	for n := len(v) / 2; n > 1; n /= 2 {
		for i := range n / 2 {
			a.add(v[i], v[2*i], v[2*i+1])
		}
	}
	return v[0]
}

// joinTwo leaves the sum of the lanes of x and y in the lowest lane of x. v lists the
// registers that it may not use beside these.
func (a *amd64) joinTwo(x, y reg, v []reg) {
	t := a.besides(v)
	if a.w == f32 {
		a.line("VSHUFPS $0x88, %s, %s, %s", a.v(y), a.v(x), a.v(t[0]))
		a.line("VSHUFPS $0xdd, %s, %s, %s", a.v(y), a.v(x), a.v(x))
		a.add(x, t[0], x)
		a.line("VPERMILPS $0xb1, %s, %s", a.v(x), a.v(t[0]))
		a.add(x, x, t[0])
	} else {
		a.line("VUNPCKLPD %s, %s, %s", a.v(y), a.v(x), a.v(t[0]))
		a.line("VUNPCKHPD %s, %s, %s", a.v(y), a.v(x), a.v(x))
		a.add(x, t[0], x)
	}
	a.joinParts(x, t)
	swap := "VPERMILPD $1"
	if a.w == f32 {
		swap = "VPERMILPS $0x4e"
	}
	a.line("%s, X%d, X%d", swap, x, t[0])
	a.line("%s X%d, X%d, X%d", a.p("VADD"), t[0], x, x)
}

// besides returns three registers that are not in v.
func (a *amd64) besides(v []reg) (t [3]reg) {
	taken := map[reg]bool{}
	for _, r := range v {
		taken[r] = true
	}
	next := reg(a.registers())
	for i := range t {
		for next--; taken[next]; next-- {
		}
		t[i] = next
	}
	return t
}

// joinParts adds up the parts of 16 bytes: short vectors are added and shuffled faster.
func (a *amd64) joinParts(x reg, t [3]reg) {
	add := func(d, y reg) { a.line("%s X%d, X%d, X%d", a.p("VADD"), y, d, d) }
	if a.bytes == 32 {
		a.line("VEXTRACTF128 $1, Y%d, X%d", x, t[0])
		add(x, t[0])
		return
	}
	for part := 3; part > 0; part-- {
		a.line("VEXTRACTF64X2 $%d, Z%d, X%d", part, x, t[part-1])
	}
	add(t[1], t[2])
	add(x, t[0])
	add(x, t[1])
}

func (a *amd64) loadProduct(d reg, x, y mem) {
	a.line("VMOVUPS %s, %s", a.mem(x), a.half(d))
	a.line("VMULPS %s, %s, %s", a.mem(y), a.half(d), a.half(d))
	a.line("VCVTPS2PD %s, %s", a.half(d), a.v(d))
}

func (a *amd64) roundSingle(d reg) {
	a.toSingle(d)
	a.line("VCVTPS2PD %s, %s", a.half(d), a.v(d))
}

func (a *amd64) toSingle(d reg) {
	mnemonic := "VCVTPD2PS"
	if a.bytes == 32 {
		mnemonic = "VCVTPD2PSY"
	}
	a.line("%s %s, %s", mnemonic, a.v(d), a.half(d))
}

func (a *amd64) upper(d, x reg, bytes int) {
	switch bytes {
	case 64:
		a.line("VEXTRACTF64X4 $1, Z%d, Y%d", x, d)
	case 32:
		a.line("VEXTRACTF128 $1, Y%d, X%d", x, d)
	case 16:
		a.line("VPERMILPD $1, X%d, X%d", x, d)
	case 8:
		a.line("VMOVSHDUP X%d, X%d", x, d)
	}
}

// shorten has the two or the one part of 16 bytes that count after the joins of quarters:
// short vectors are added faster.
func (a *amd64) shorten(level int) {
	first := 2 // see neighbours
	if a.w == f64 {
		first = 1
	}
	if a.bytes == 64 && level >= first {
		a.shown = 64 >> min(level-first+1, 2)
	}
}

// neighbours of float64 alternates between lanes within the 128-bit quarters and the
// quarters; that of float32 takes the quarters when one vector is left.
func (a *amd64) neighbours(level int, lo, hi, x, y reg) {
	four := func(mnemonic string, low, high int) {
		a.line("%s $%d, %s, %s, %s", mnemonic, low, a.v(y), a.v(x), a.v(lo))
		a.line("%s $%d, %s, %s, %s", mnemonic, high, a.v(y), a.v(x), a.v(hi))
	}
	first := 2 // level at which quarters are joined
	if a.w == f64 {
		first = 1
	}
	switch {
	case a.bytes == 64 && level == first:
		four("VSHUFF64X2", 0x88, 0xdd)
	case a.bytes == 64 && level == first+1:
		four("VSHUFF64X2", 0x00, 0x55)
	case a.bytes == 32 && (level == first || a.w == f64 && level == 3):
		four("VPERM2F128", 0x20, 0x31)
	case a.w == f64:
		a.line("VUNPCKLPD %s, %s, %s", a.v(y), a.v(x), a.v(lo))
		a.line("VUNPCKHPD %s, %s, %s", a.v(y), a.v(x), a.v(hi))
	default:
		four("VSHUFPS", 0x88, 0xdd)
	}
}

// constants are the data that the functions of a file refer to.
func (a *amd64) constants() string {
	var p printer
	data := func(name string, words ...uint64) {
		for i, w := range words {
			fmt.Fprintf(&p.text, "DATA %s<>+%d(SB)/8, $0x%016x\n", name, 8*i, w)
		}
		fmt.Fprintf(&p.text, "GLOBL %s<>(SB), RODATA|NOPTR, $%d\n", name, 8*len(words))
	}
	repeat := func(w uint64, n int) []uint64 {
		all := make([]uint64, n)
		for i := range all {
			all[i] = w
		}
		return all
	}
	p.text.WriteString(probeData())
	tails := append(repeat(1<<64-1, 16), repeat(0, 16)...)
	if a.bytes == 32 {
		for _, sign := range []uint64{1 << 63, 1<<63 | 1<<31} {
			tails = append(append(tails, repeat(0, 16)...), repeat(sign, 16)...)
		}
	}
	data("tailMask", tails...)
	data("signs64", repeat(1<<63, 8)...)
	data("signs32", repeat(0x8000000080000000, 8)...)
	data("absMask64", repeat(1<<63-1, 8)...)
	data("absMask32", repeat(0x7fffffff7fffffff, 8)...)
	if a.merges {
		var pairs []uint64 // numbers of lanes: i of the first vector, then i of the second, at 16 + i
		for i := range uint64(16) {
			pairs = append(pairs, i|(16+i)<<32)
		}
		data("pairs", pairs...)
		a.merges = false
	}
	data("one64", repeat(0x3ff0000000000000, 8)...)
	data("one32", repeat(0x3f8000003f800000, 8)...)
	return p.source()
}
