package reduce

import (
	"encoding/binary"
	"fmt"

	"github.com/samebits/samebits/internal/plural"
)

// A binnedState is the sum of the ordinary terms in bins, as many as the fold: the first
// of the top grid, each other of the grid below.
type binnedState struct {
	aside asideCounts
	top   uint64
	bins  []int128
}

// state returns what b says.
func (b *Bins[T]) state() *binnedState {
	return &binnedState{
		aside: asideCounts{
			posInf: uint64(b.posInf), negInf: uint64(b.negInf), nan: uint64(b.nan), negZero: uint64(b.count - b.notNeg0),
		},
		top:  uint64(b.top),
		bins: b.bin[:b.fold],
	}
}

// binnedWords returns the words of Bins. There are no more bins than the largest fold.
func (s *state) binnedWords() (w [binWords]uint64) {
	a := s.binned.aside
	copy(w[:], []uint64{s.parameter, s.binned.top, s.count, s.count - a[negZero], a[posInf], a[negInf], a[nan]})
	for i, v := range s.binned.bins {
		w[7+2*i], w[8+2*i] = v.lo, uint64(v.hi)
	}
	return w
}

// checkBinned refuses what no sum of so many terms has.
func (s *state) checkBinned() error {
	if _, err := s.binned.aside.ordinaryTerms(s.count); err != nil {
		return err
	}
	if n := uint64(len(s.binned.bins)); n != s.parameter {
		return fmt.Errorf("%s of a sum of fold %d", plural.Of(n, "bin"), s.parameter)
	}
	var err error
	if s.bits == 64 {
		_, err = binsOf[float64](s.binnedWords())
	} else {
		_, err = binsOf[float32](s.binnedWords())
	}
	return err
}

func (s *binnedState) appendBinary(b []byte) []byte {
	le := binary.LittleEndian
	b = append(s.aside.appendBinary(b), byte(s.top))
	for _, v := range s.bins {
		b = le.AppendUint64(b, v.lo)
		b = le.AppendUint64(b, uint64(v.hi))
	}
	return b
}

func readBinned(r *stateReader, fold int) *binnedState {
	s := &binnedState{aside: readAsides(r), top: r.uint(1)}
	for range fold {
		s.bins = append(s.bins, int128{lo: r.uint(8), hi: int64(r.uint(8))})
	}
	return s
}

type binnedJSON struct {
	asidesJSON
	Top  uint64   `json:"top"`
	Bins []string `json:"bins"`
}

func (s *binnedState) json() *binnedJSON {
	j := &binnedJSON{asidesJSON: s.aside.json(), Top: s.top}
	for _, v := range s.bins {
		j.Bins = append(j.Bins, fmt.Sprintf("%016x%016x", uint64(v.hi), v.lo))
	}
	return j
}

func (p *jsonNumbers) binned(j *binnedJSON) *binnedState {
	s := &binnedState{aside: p.asides(j.asidesJSON), top: j.Top}
	for _, text := range j.Bins {
		half := len(text) - min(16, len(text))
		v := int128{lo: p.number("bins", text[half:], 16, 64)}
		if half > 0 {
			v.hi = int64(p.number("bins", text[:half], 16, 64))
		}
		s.bins = append(s.bins, v)
	}
	return s
}
