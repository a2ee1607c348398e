package kernel

// Program names a function of float32 that has vector kernels. They evaluate it in
// float64, in whatever way is fastest, and decide only where the rounding to float32
// is beyond doubt: the correctly rounded result is unique, so there is no order of
// operations to keep, and no twin in Go that has the same float64 bits.
type Program uint8

// MapGroup is the most elements that a kernel takes at a time.
const MapGroup = 16

// Constants are the numbers that the programs compute with, at the places Map...: four
// copies of each, or eight of float32.
type Constants [MapConstants][4]uint64

// Map sets dst[i] to the function of x[i], correctly rounded, for i from 0 up, until
// it comes to a group of at most MapGroup elements in which it cannot decide one, or
// to the end. It returns how many are done: 0 where the active backend has no kernel.
// dst may be x. Nothing else may overlap; dst must be as long as x.
func Map(p Program, c *Constants, dst, x []float32) int {
	n := mapGroups(p, c, dst, x)
	rest := len(x) - n
	if rest == 0 || rest >= MapGroup {
		return n
	}
	var in, out [MapGroup]float32
	copy(in[:], x[n:])
	if mapGroups(p, c, out[:], in[:]) < rest {
		return n
	}
	copy(dst[n:], out[:rest])
	return len(x)
}

// MapExp64 sets dst[i] to e^x[i], for i from 0 up, by the steps of SPEC.md, section 9, for |x| <
// 708, until it comes to a group of at most MapGroup elements of which one is not, or to the ragged
// end. The table is of the pairs for 2^(i/128). It returns how many are done. dst may be x, and
// must be as long.
func MapExp64(c *Constants, table *[128][2]float64, dst, x []float64) int {
	return mapExp64(c, &table[0][0], dst, x)
}
