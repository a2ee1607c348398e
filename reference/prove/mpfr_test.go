//go:build mpfr && cgo

package main

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/elementary"
	"github.com/stretchr/testify/require"
)

// TestMPFR compares with MPFR at random arguments of every magnitude.
//
//	go test -tags mpfr ./reference/prove
func TestMPFR(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, f := range functions {
		for range 20000 {
			x := math.Float32frombits(rng.Uint32())
			if rng.IntN(2) == 0 {
				x = float32(rng.NormFloat64() * 8)
			}
			want := canonical(byMPFR(f.name, x, 0))
			if x < 0 && math.IsInf(float64(x), -1) && want != want && f.circular == 0 {
				want, _ = f.far(x) // -Inf*0 has a limit
			}
			require.Equalf(t, math.Float32bits(canonical(want)), math.Float32bits(f.one(x)), "%s(%x)", f.name, x)
		}
	}
}

func TestMPFRPow(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 200000 {
		x, y := math.Float32frombits(rng.Uint32()), math.Float32frombits(rng.Uint32())
		switch rng.IntN(3) {
		case 0:
			x, y = float32(rng.ExpFloat64()*5), float32(rng.NormFloat64()*20)
		case 1:
			x, y = float32(rng.IntN(1<<13)), float32(rng.IntN(64)-32)/4
		}
		want := canonical(byMPFR("Pow", x, y))
		require.Equalf(t, math.Float32bits(want), math.Float32bits(elementary.Pow(x, y)), "Pow(%x, %x)", x, y)
	}
}
