package gemm

import "github.com/samebits/samebits/internal/kernel"

// A pace finds out which of two ways to read a matrix is faster at the time, from how long pieces of it take: fromCache, if L3
// holds it, or fromMemory. How much of a matrix is in L3 cannot be told beforehand, as others use it too, and come and go. Both ways
// give the same bits. Each goroutine has its own.
type pace struct {
	took  [2]float64 // ticks a byte, by way, of the latest pieces: 0 before the first
	least float64    // from cache, so far: what is there takes as long again
	best  int        // the way that took less: fromCache, if the counter stands still
	last  int        // the way of the last piece
	wait  int        // pieces by the best way until the other is tried
	again int        // and then, unless that was better
	at    int64      // when the last piece ended
}

const (
	fromCache = iota
	fromMemory

	paceLeast  = 1 << 18 // bytes of a piece, at least: less takes longer for other reasons
	paceRecent = 4       // about so many pieces count
	paceMost   = 1.5     // times as long as usual, at most: a piece may be interrupted
	paceCached = 1.25    // times the least, at most, is from cache
	paceSoon   = 7       // pieces after which the way that was the best until now is tried again
	paceSeldom = 3       // times as many after each trial in vain
	paceRare   = 9       // times as many as else, at most, while L3 gives what it gave at best
)

// paceTrials is the most pieces between two trials. With a trial they are a prime, and also paceRare times as many are, so that not the
// same parts of a matrix are taken each time: how they are read may decide whether L3 still has them.
var paceTrials = 60

// ticks is what pieces are timed by: another for tests.
var ticks = kernel.Ticks

// way is the way for the next piece, of so many bytes. One that is too small to be timed is no trial.
func (p *pace) way(bytes int) int {
	if p.wait > 0 || p.took[p.best] == 0 || bytes < paceLeast {
		return p.best
	}
	return 1 - p.best
}

// saw takes down that a piece of so many bytes took so long. What was seen before another way was taken is too old to count.
func (p *pace) saw(way, bytes int, ticks int64) {
	if ticks <= 0 { // of another processor, whose counter is behind
		return
	}
	took, usual := float64(ticks)/float64(bytes), &p.took[way]
	if *usual == 0 || way != p.last {
		*usual = took
	} else {
		*usual += (min(took, paceMost**usual) - *usual) / paceRecent
	}
	if way == fromCache && (p.least == 0 || *usual < p.least) {
		p.least = *usual
	}
	p.last = way
	switch trial := way != p.best; {
	case p.took[1-p.best] < p.took[p.best]:
		p.best, p.again = 1-p.best, paceSoon
		p.wait = p.again
	case trial:
		most := paceTrials
		if p.best == fromCache && p.took[fromCache] < paceCached*p.least {
			most *= paceRare
		}
		p.again = min(paceSeldom*p.again, most)
		p.wait = p.again
	default:
		p.wait--
	}
}

// start begins the first piece of a product.
func (p *pace) start() { p.at = ticks() }

// done ends a piece of so many bytes, and begins the next.
func (p *pace) done(way, bytes int) {
	now := ticks()
	if bytes >= paceLeast {
		p.saw(way, bytes, now-p.at)
	}
	p.at = now
}
