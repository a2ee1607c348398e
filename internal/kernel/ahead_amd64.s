//go:build !purego

#include "textflag.h"

// func cpuidVendor() (b, d, c uint32)
TEXT ·cpuidVendor(SB), NOSPLIT, $0-12
	MOVL $0, AX
	CPUID
	MOVL BX, b+0(FP)
	MOVL DX, d+4(FP)
	MOVL CX, c+8(FP)
	RET
