//go:build !purego

package fpmode

// modes are those of the MXCSR register: FTZ, DAZ and rounding toward zero together, and each alone.
var modes = []uint32{1<<15 | 1<<6 | 3<<13, 1 << 15, 1 << 6, 3 << 13, 2 << 13, 1 << 13}

func get() uint32
func set(control uint32)
