package kernel

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// stored16 returns all numbers of 16 bits.
func stored16() []uint16 {
	x := make([]uint16, 1<<16)
	for i := range x {
		x[i] = uint16(i)
	}
	return x
}

// wideBits returns the bits of a stored number as float32, from the definition of its format:
// so many bits of fraction below the exponent, and its bias.
func wideBits(v uint16, fraction, bias int) uint32 {
	sign, exponent, f := uint32(v>>15)<<31, int(v&0x7fff)>>fraction, int(v)&(1<<fraction-1)
	switch {
	case exponent == 1<<(15-fraction)-1 && f == 0:
		return sign | 0x7f800000
	case exponent == 1<<(15-fraction)-1:
		return sign | 0x7f800000 | uint32(f)<<(23-fraction)
	case exponent == 0:
		return sign | math.Float32bits(float32(math.Ldexp(float64(f), 1-bias-fraction)))
	}
	return sign | math.Float32bits(float32(math.Ldexp(float64(f+1<<fraction), exponent-bias-fraction)))
}

// All numbers are exact, subnormal ones, too, and NaN keep their payload; of float16 they are quiet.
func TestWidenBackends(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		x, dst := stored16(), make([]float32, 1<<16)
		Widen(BFloat16, dst, x)
		for i, v := range x {
			if got := math.Float32bits(dst[i]); got != wideBits(v, 7, 127) || got != uint32(v)<<16 {
				t.Fatalf("bfloat16 %#04x is %#08x", v, got)
			}
		}
		Widen(Float16, dst, x)
		for i, v := range x {
			want := wideBits(v, 10, 15)
			if want&0x7fffffff > 0x7f800000 {
				want |= 0x00400000
			}
			if got := math.Float32bits(dst[i]); got != want {
				t.Fatalf("float16 %#04x is %#08x, want %#08x", v, got, want)
			}
		}
	})
}

// Nothing depends on where the numbers lie, nor on how many there are, and nothing else is written.
func TestWidenPlacesBackends(t *testing.T) {
	all := stored16()
	for _, of := range []Storage{BFloat16, Float16} {
		want := make([]float32, len(all))
		widenPortable(of, want, all)
		eachBackend(t, func(t *testing.T) {
			at := 0
			for n := range 200 {
				for offset := range 32 {
					at = (at + 1009) % (len(all) - 256)
					dst := guarded[float32](n + offset)
					Widen(of, dst[offset:], all[at:at+n])
					for i, v := range dst {
						if inside := i >= offset && i < offset+n; inside && math.Float32bits(v) != math.Float32bits(want[at+i-offset]) || !inside && v != guard {
							t.Fatalf("type %d, %d numbers from %d on, into %d: %v at %d", of, n, at, offset, v, i)
						}
					}
				}
			}
		})
	}
}

func TestWidenNeedsRoom(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		require.Panics(t, func() { Widen(BFloat16, make([]float32, 64, 80), make([]uint16, 66)) })
	})
}

func BenchmarkWiden(b *testing.B) {
	x, dst := stored16()[:1<<13], make([]float32, 1<<13)
	for _, of := range []Storage{BFloat16, Float16} {
		b.Run(fmt.Sprintf("type=%d", of), func(b *testing.B) {
			b.SetBytes(2 << 13)
			for b.Loop() {
				Widen(of, dst, x)
			}
		})
	}
}
