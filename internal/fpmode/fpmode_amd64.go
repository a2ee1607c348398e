//go:build !purego

package fpmode

const known = true

// flushTowardZero is FTZ, DAZ and rounding mode 3 of the MXCSR register.
const flushTowardZero = 1<<15 | 1<<6 | 3<<13

func get() uint32
func set(control uint32)
