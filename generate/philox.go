package generate

import "math/bits"

// philox is Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers:
// as easy as 1, 2, 3", SC 2011): 128 random bits as a function of a counter and a
// key.
//
//	for 10 rounds:
//		(h0, l0) = 0xd2511f53 * c[0]; (h1, l1) = 0xcd9e8d57 * c[2]
//		c = (h1 ^ c[1] ^ k[0], l1, h0 ^ c[3] ^ k[1], l0)
//		k = (k[0] + 0x9e3779b9, k[1] + 0xbb67ae85)
func philox(c [4]uint32, k [2]uint32) [4]uint32 {
	for range 10 {
		h0, l0 := bits.Mul32(0xd2511f53, c[0])
		h1, l1 := bits.Mul32(0xcd9e8d57, c[2])
		c = [4]uint32{h1 ^ c[1] ^ k[0], l1, h0 ^ c[3] ^ k[1], l0}
		k[0] += 0x9e3779b9
		k[1] += 0xbb67ae85
	}
	return c
}

// uniform returns the number in [0, 1), a multiple of 2^-53, that decides the token
// at a position of a sequence.
func uniform(seed, sequence, position uint64) float64 {
	x := philox(
		[4]uint32{uint32(position), uint32(position >> 32), uint32(sequence), uint32(sequence >> 32)},
		[2]uint32{uint32(seed), uint32(seed >> 32)},
	)
	return float64((uint64(x[1])<<32|uint64(x[0]))>>11) * 0x1p-53
}
