package main

import "fmt"

// shortWindow is what AVX2 has of the kernels of few terms: up to 128 numbers of float64, which leave no carry to take even if one lane has them all, are added in a window about the first, and in
// chunks if that refuses. See window.go for the words, and few.go. Without registers of masks, the words w of a number are
// exclusive or-ed with its sign, s = -1 or 0, and what they lack then, -s, is counted once for all words:
//
//	-w = (w ^ s) - s
//
// and how far numbers are below the top is only looked at in the end, when the largest such distance is known: that of what is above is larger still,
// as a number without sign. A few numbers show before that most of those that are refused.
type shortWindow struct{ few }

// Registers in use from vector to vector.
const (
	shortFraction reg = 15
	shortMask     reg = 14
	shortTop      reg = 13 // and the tops of the words below, one less each
	shortZero     reg = 10
	shortFar      reg = 9 // the largest distance from the top
	shortSigns    reg = 8
	shortSum      reg = 7 // and the words below, one less each
)

var shortConstants = []uint64{1<<52 - 1, 1<<56 - 1, 56, 1 << 52, 56<<32 | 56, 112<<32 | 112}

func (k *shortWindow) emit() {
	k.begin(k.name(), fewArgs, 8*len(fewResults), 0)
	k.pointers()
	k.pivot()
	k.line("CMPQ CX, $%d", fewInThree)
	k.line("JHI two")
	k.sum(3)
	k.line("JMP round")
	k.label("two")
	k.sum(2)
	k.line("JMP round")
	k.label("far")
	k.line("CMPQ %s, $%d", k.arg("how"), fewNear)
	k.line("JEQ refused")
	chunks := &chunks{amd64: k.amd64, w: k.w, term: k.term}
	k.line("RET ·%sAVX2(SB)", chunks.name()) // goes on there
	k.label("round")
	chunks.round()
	k.label("return")
	k.line("VZEROUPPER")
	k.line("RET")
	chunks.nothing()
	k.label("refused")
	k.line("MOVQ $%d, %s", fewRefused, k.field("state"))
	k.line("JMP return")
}

func (k *shortWindow) place(name string, words int) string { return fmt.Sprintf("%s%d", name, words) }

// sum adds the numbers in a window of so many words that is as far above as below the exponent AX, and leaves their sum as
// window.join does.
func (k *shortWindow) sum(words int) {
	w := &window{amd64: k.amd64, w: k.w, term: k.term, words: words, limit: 56 * (words - 1)}
	k.line("LEAQ %d(AX), DI", w.limit/2)
	k.line("LEAQ %d(DI), BX", -w.leastTop())
	k.line("CMPQ BX, $%d", mostTop-w.leastTop())
	k.line("JHI far")
	k.line("MOVQ CX, R8")
	k.line("SHRQ $1, R8")
	for i, place := range []string{"-8(SI)(CX*8)", "(SI)(R8*8)", "8(SI)"} {
		near := fmt.Sprintf("near%d%d", words, i)
		if i == 2 {
			k.line("CMPQ CX, $2")
			k.line("JCS %s", near)
		}
		k.line("MOVQ %s, AX", place)
		k.line("ADDQ AX, AX")
		k.line("JEQ %s", near)
		k.line("SHRQ $53, AX")
		k.line("MOVQ DI, BX")
		k.line("SUBQ AX, BX")
		k.line("CMPQ BX, $%d", w.limit)
		k.line("JHI far")
		k.label(near)
	}
	k.line("VMOVQ DI, X%d", shortTop)
	k.line("VPBROADCASTQ X%[1]d, Y%[1]d", shortTop)
	k.line("VPBROADCASTQ shortConstants<>+0(SB), Y%d", shortFraction)
	k.line("VPBROADCASTQ shortConstants<>+8(SB), Y%d", shortMask)
	k.line("VPBROADCASTQ shortConstants<>+16(SB), Y0")
	for i := 1; i < words; i++ {
		k.line("VPSUBQ Y0, Y%d, Y%d", shortTop-reg(i)+1, shortTop-reg(i))
	}
	zeros := []reg{shortZero, shortFar, shortSigns}
	for i := range words {
		zeros = append(zeros, shortSum-reg(i))
	}
	for _, r := range zeros {
		k.line("VPXOR X%[1]d, X%[1]d, X%[1]d", r)
	}
	k.line("MOVQ CX, R10")
	k.line("SHRQ $2, R10")
	k.line("JEQ %s", k.place("ragged", words))
	k.label(k.place("four", words))
	k.line("VMOVDQU (SI), Y0")
	k.vector(words)
	k.line("ADDQ $32, SI")
	k.countDown("i", k.place("four", words))
	k.label(k.place("ragged", words))
	k.line("ANDQ $3, CX")
	k.line("JEQ %s", k.place("added", words))
	k.line("LEAQ chunkTail64<>+32(SB), AX")
	k.line("SHLQ $3, CX")
	k.line("SUBQ CX, AX")
	k.line("VMOVDQU (AX), Y1")
	k.line("VMASKMOVPD (SI), Y1, Y0")
	k.vector(words)
	k.label(k.place("added", words))
	k.line("VPBROADCASTQ shortConstants<>+%d(SB), Y0", 8*(2+words))
	k.line("VPMAXUD Y0, Y%d, Y1", shortFar)
	k.line("VPCMPEQD Y0, Y1, Y1")
	k.line("VPMOVMSKB Y1, AX")
	k.line("CMPL AX, $-1")
	k.line("JNE far")
	for i := range words {
		k.line("VPADDQ Y%d, Y%d, Y%[2]d", shortSigns, shortSum-reg(i))
	}
	k.line("VPUNPCKLQDQ Y%d, Y%d, Y0", shortSum-1, shortSum)
	k.line("VPUNPCKHQDQ Y%d, Y%d, Y1", shortSum-1, shortSum)
	k.line("VPADDQ Y1, Y0, Y0")
	k.line("VEXTRACTI128 $1, Y0, X1")
	k.line("VPADDQ X1, X0, X0")
	if words == 3 {
		k.copy(2, shortSum-2)
	}
	w.twoWords()
	if words == 3 {
		w.append()
	}
}

// vector adds the numbers of Y0.
func (k *shortWindow) vector(words int) {
	const b, s, e, t, u = 0, 1, 2, 3, 4
	k.line("VPADDQ Y0, Y0, Y1")
	k.line("VPSRLQ $53, Y1, Y%d", e)
	k.line("VPCMPEQQ Y%d, Y1, Y1", shortZero)
	k.line("VPSUBQ Y%d, Y%d, Y%d", e, shortTop, t)
	k.line("VPANDN Y%d, Y1, Y1", t) // but of 0, which leaves nothing
	k.line("VPMAXUD Y1, Y%[1]d, Y%[1]d", shortFar)
	k.line("VPCMPGTQ Y0, Y%d, Y%d", shortZero, s)
	k.line("VPSUBQ Y%d, Y%d, Y%[2]d", s, shortSigns)
	k.line("VPAND Y%d, Y0, Y0", shortFraction)
	k.line("VPOR shortHidden<>(SB), Y0, Y0")
	for i := range words {
		top := shortTop - reg(i)
		if i == 0 {
			k.line("VPSRLVQ Y%d, Y%d, Y%[1]d", t, b)
		} else {
			k.line("VPSUBQ Y%d, Y%d, Y%d", top, e, u)
			k.line("VPSUBQ Y%d, Y%d, Y%d", e, top, t)
			k.line("VPSLLVQ Y%d, Y%d, Y%[1]d", u, b)
			k.line("VPSRLVQ Y%d, Y%d, Y%[1]d", t, b)
			k.line("VPOR Y%d, Y%d, Y%[2]d", u, t)
			k.line("VPAND Y%d, Y%d, Y%[2]d", shortMask, t)
		}
		k.line("VPXOR Y%d, Y%d, Y%[2]d", s, t)
		k.line("VPADDQ Y%d, Y%d, Y%[2]d", t, shortSum-reg(i))
	}
}

func shortWindowData() string {
	var p printer
	for i, c := range shortConstants {
		fmt.Fprintf(&p.text, "DATA shortConstants<>+%d(SB)/8, $0x%016x\n", 8*i, c)
	}
	fmt.Fprintf(&p.text, "GLOBL shortConstants<>(SB), RODATA|NOPTR, $%d\n", 8*len(shortConstants))
	for i := range 4 {
		fmt.Fprintf(&p.text, "DATA shortHidden<>+%d(SB)/8, $0x%016x\n", 8*i, uint64(1)<<52)
	}
	fmt.Fprintf(&p.text, "GLOBL shortHidden<>(SB), RODATA|NOPTR, $32\n")
	p.text.WriteString(chunkTail(8))
	return p.source()
}
