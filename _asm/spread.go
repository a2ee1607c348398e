package main

// The table of chunks is read from the top, and only as far as it takes; a register of marks tells which of its entries are in use: an entry
// begins at each multiple of 32 that a biased exponent may be.

const spreadMarks reg = 13

// marked sets DI to the marks.
func (k *chunks) marked() {
	for bytes := k.bytes; bytes > 8; bytes /= 2 {
		k.upper(1, spreadMarks, bytes)
		k.line("VPOR Y1, Y%[1]d, Y%[1]d", spreadMarks)
	}
	k.line("VMOVQ X%d, DI", spreadMarks)
}

// highest sets R10 to the offset of the highest entry that is not 0; S is decided if there is none.
func (k *chunks) highest() {
	const table = digitTable
	k.marked()
	k.label("highest")
	k.line("BSRQ DI, BX")
	k.line("JEQ decided")
	k.line("MOVQ BX, R10")
	k.line("SHLQ $4, R10")
	k.line("MOVQ %d(R14)(R10*1), AX", table)
	k.line("ORQ %d(R14)(R10*1), AX", table+8)
	k.line("JNE top")
	k.line("CMPQ R13, R14")
	k.line("JNE many")
	k.line("BTRQ BX, DI")
	k.line("JMP highest")
	k.skipZeros()
}

// skipZeros goes on below entry BX, which is 0, by eight entries at once. That is for many terms: vectors have to wait until the words
// before them are written.
func (k *chunks) skipZeros() {
	const table = digitTable
	k.label("many")
	k.line("ANDQ $-128, R10")
	k.label("zeros")
	k.line("VMOVDQU %d(R14)(R10*1), Y0", table)
	for off := 32; off < 128; off += 32 {
		k.line("VPOR %d(R14)(R10*1), Y0, Y0", table+off)
	}
	k.line("VPTEST Y0, Y0")
	k.line("JNE eight")
	k.line("SUBQ $128, R10")
	k.line("JGE zeros")
	k.line("JMP decided")
	k.label("eight") // of which some may be zeros
	k.line("SHRQ $4, R10")
	k.line("ADDQ $8, R10")
	k.line("BZHIQ R10, DI, DI")
	k.line("BTRQ BX, DI")
	k.line("JMP highest")
}

// lead leaves a number S in R9 and R8, and an exponent e in R12, so that S * 2^e rounds as
// the sum does to 54 bits or fewer. It is found from the top: S takes digit after digit, d[k] = a[k] + b[k-1]
// of the entries' words, until it is 2^94 or more, or none is left. With less than 512 numbers, of which
// a digit has up to 2^52 + 2^32 each, what is below is less than 2^29: no middle of two numbers
// is that near, nor a number, if the last 39 bits of S are not within 2^29 of a multiple of 2^39. If they are, the sign
// of what the sum is more than the multiple decides: the digits below are taken until
// it is known, at most to the last; S becomes the multiple and that sign.
//
// R10 is the offset of entry k. The highest that is not 0 is found among those that were marked.
func (k *chunks) lead() {
	const table, beside = digitTable, digitTable - 8 // of a[k], b[k-1]
	k.line("XORL R8, R8")
	k.line("XORL R9, R9")
	k.line("XORL R12, R12")
	k.highest()
	k.label("top")
	k.line("MOVQ %d(R14)(R10*1), R8", table+8)
	k.line("MOVQ R8, R9")
	k.line("SARQ $63, R9")
	for range 3 {
		k.digit(table, beside)
		k.line("JNE enough")
		k.line("TESTQ R10, R10")
		k.line("JLT enough")
	}
	k.unlessFew()
	k.label("down")
	k.digit(table, beside)
	k.line("JNE enough")
	k.line("TESTQ R10, R10")
	k.line("JGE down")
	k.label("enough")
	k.line("MOVQ R10, R12")
	k.line("SARQ $4, R12")
	k.line("INCQ R12")
	k.line("TESTQ R10, R10")
	k.line("JLT decided")
	k.line("LEAQ (1<<29)(R8), AX")
	k.line("SHLQ $%d, AX", 64-39)
	k.line("SHRQ $%d, AX", 64-39+30)
	k.line("JNE decided")
	k.multiple()
	k.middle()
	k.unlessFew()
	k.below(beside)
	k.label("decided")
	k.line("SHLQ $5, R12")
	k.line("SUBQ $%d, R12", 1075)
}

// digit puts the digit of R10 to S, and the next in R10. The flags are those of 0 if S is less than 2^94.
func (k *chunks) digit(table, beside int) {
	k.line("MOVQ %d(R14)(R10*1), AX", table)
	k.line("ADDQ %d(R14)(R10*1), AX", beside)
	k.line("MOVQ AX, BX")
	k.line("SARQ $63, BX")
	k.line("SHLQ $32, R8, R9")
	k.line("SHLQ $32, R8")
	k.line("ADDQ AX, R8")
	k.line("ADCQ BX, R9")
	k.line("LEAQ (1<<30)(R9), AX")
	k.line("SUBQ $16, R10")
	k.line("SHRQ $31, AX")
}

// multiple takes from S what it is more than the multiple, in R11.
func (k *chunks) multiple() {
	k.line("MOVQ R8, R11")
	k.line("SHLQ $%d, R11", 64-39)
	k.line("SARQ $%d, R11", 64-39)
	k.line("MOVQ R11, BX")
	k.line("SARQ $63, BX")
	k.line("SUBQ R11, R8")
	k.line("SBBQ BX, R9")
}

// middle has S decided if it is not the middle of two numbers of the result's type, as its lowest bit is not the first that
// is rounded off: then it rounds as S and all that is less than 2^30. The least results, which are rounded
// at some other bit, are left to below.
func (k *chunks) middle() {
	precision, least := 53, -1000
	if k.w == wide {
		precision, least = 24, -120
	}
	for first := 0; ; first++ { // R10 is one digit below S
		if 94+32*(first+1)-1075 >= least {
			k.line("CMPQ R10, $%d", 16*first)
			break
		}
	}
	k.line("JLT middle")
	k.line("MOVQ R9, AX")
	k.line("SARQ $63, AX")
	k.line("XORQ R9, AX")
	k.line("LZCNTQ AX, AX") // 127 less the highest bit, if that is not the lowest, too
	k.line("TZCNTQ R9, CX")
	k.line("ADDQ $64, CX")
	k.line("TZCNTQ R8, BX") // the carry is 1 if there is none
	k.line("CMOVQCC BX, CX")
	k.line("ADDQ CX, AX")
	k.line("CMPQ AX, $%d", 127-precision)
	k.line("JNE decided")
	k.label("middle")
}

// below adds to S, which is a multiple, the sign of what it was more than that, R11, and the
// digits below.
func (k *chunks) below(beside int) {
	k.label("next")
	k.line("TESTQ R11, R11")
	k.line("JNE digit")
	k.line("MOVQ R10, AX") // on to the highest digit that the marked entries from R10 on have
	k.line("SHRQ $4, AX")
	k.line("INCQ AX")
	k.line("BZHIQ AX, DI, AX")
	k.line("BSRQ AX, AX")
	k.line("JEQ decided")
	k.line("INCQ AX")
	k.line("SHLQ $4, AX")
	k.line("CMPQ AX, R10")
	k.line("CMOVQLT AX, R10")
	k.label("digit")
	k.line("SHLQ $32, R11")
	k.line("ADDQ %d(R14)(R10*1), R11", beside+8)
	k.line("ADDQ %d(R14)(R10*1), R11", beside)
	k.line("SUBQ $16, R10")
	k.line("JLT sign")
	k.line("LEAQ (1<<30)(R11), AX")
	k.line("SHRQ $31, AX")
	k.line("JEQ next")
	k.label("sign")
	k.line("MOVQ R11, AX")
	k.line("SARQ $63, R11") // -1 or 0
	k.line("NEGQ AX")
	k.line("SHRQ $63, AX") // 1 if positive
	k.line("MOVQ R11, BX")
	k.line("ADDQ AX, R11")
	k.line("ADDQ R11, R8")
	k.line("ADCQ BX, R9")
}
