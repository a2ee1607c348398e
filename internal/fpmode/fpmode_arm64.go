//go:build !purego

package fpmode

const known = true

// flushTowardZero is FZ and rounding mode 3 of the FPCR register.
const flushTowardZero = 1<<24 | 3<<22

func get() uint64
func set(control uint64)
