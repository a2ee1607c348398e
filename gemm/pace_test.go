package gemm

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// settles takes many pieces by a pace, in phases in which pieces take so long from memory and from cache, but for some that are interrupted. It
// returns an error where in the second half of a phase that way which takes longer is taken often, or never, though it may have become the better one.
func settles(way func(p *pace) int, phases [][2]int64) error {
	const pieces, bytes, often = 2000, 1 << 20, 1000 / 8
	var p pace
	for i, took := range phases {
		slower, taken := fromMemory, 0
		if took[fromCache] > took[fromMemory] {
			slower = fromCache
		}
		for n := range pieces {
			w := way(&p)
			ticks := took[w]
			switch n % 100 {
			case 7:
				ticks *= 50
			case 57:
				ticks = -ticks
			}
			p.saw(w, bytes, ticks)
			if n >= pieces/2 && w == slower {
				taken++
			}
		}
		sure := slower == fromMemory && float64(took[fromCache]) < 1.2*bytes*p.least
		if rare := taken <= 14; taken == 0 || taken > often || rare != sure {
			return fmt.Errorf("phase %d, %v: the slower way is taken in %d of %d pieces", i, took, taken, pieces/2)
		}
	}
	return nil
}

func wayOf(p *pace) int { return p.way(paceLeast) }

func TestPace(t *testing.T) {
	phases := [][2]int64{{2000, 1700}, {5000, 1700}, {5000, 18000}, {2000, 1700}, {4100, 7600}, {1900, 2300}, {2000, 1700}, {3000, 2500}, {4000, 9000}, {2000, 1600}}
	require.NoError(t, settles(wayOf, phases))
	require.Error(t, settles(func(*pace) int { return fromCache }, phases), "always the same")
	require.Error(t, settles(func(p *pace) int { return p.best }, phases), "no trials")
	require.Error(t, settles(func(p *pace) int { return 1 - p.way(paceLeast) }, phases), "the slower one")
	require.Error(t, settles(func(p *pace) int { p.least = 0; return p.way(paceLeast) }, phases), "trials of what L3 holds")
}

// The first two pieces are one of each way, also in a product that is the only one.
func TestPaceBegins(t *testing.T) {
	var p pace
	first := wayOf(&p)
	p.saw(first, 1, 1)
	require.NotEqual(t, first, wayOf(&p))
}

// Pieces that are too small to be timed are read as if L3 held them until larger ones have told more, and are never trials.
func TestPaceOfSmallPieces(t *testing.T) {
	var p pace
	require.Equal(t, fromCache, p.way(paceLeast-1))
	for _, better := range []int{fromMemory, fromCache} {
		trials := 0
		for range 1000 {
			w := wayOf(&p)
			if w != p.best {
				trials++
			}
			require.Equal(t, p.best, p.way(paceLeast-1))
			p.saw(w, 1, 100+int64(w^better))
		}
		require.Positive(t, trials)
		require.Equal(t, better, p.best)
	}
}

// triesAll returns an error if there is a number of pieces, of one matrix that is read again and again, of which some are never read in the other way.
func triesAll(took [2]int64) error {
	const most, often = 60, 541
	for pieces := 2; pieces <= most; pieces++ {
		var p pace
		tried := make([]bool, pieces)
		for n := range (pieces + 2) * often {
			w := wayOf(&p)
			if n > 2*often && w != p.best {
				tried[n%pieces] = true
			}
			p.saw(w, 1, took[w])
		}
		for i, tried := range tried {
			if !tried {
				return fmt.Errorf("piece %d of %d is never tried", i, pieces)
			}
		}
	}
	return nil
}

func TestPaceTriesAllPieces(t *testing.T) {
	require.NoError(t, triesAll([2]int64{4, 3}))
	require.NoError(t, triesAll([2]int64{3, 4}), "while L3 holds them")
	paceTrials++
	defer func() { paceTrials-- }()
	require.Error(t, triesAll([2]int64{4, 3}), "62 pieces from trial to trial")
	require.Error(t, triesAll([2]int64{3, 4}), "550")
}
