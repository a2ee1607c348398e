// Package parallel runs the parts of a loop on a bounded number of goroutines.
package parallel

// For calls f(part) once for each part in [0, n), on at most threads goroutines,
// the caller's own among them, and returns when all calls have returned. Which
// goroutine takes which part is left to chance: f must not let it matter. A panic
// in f reaches the caller.
func For(threads, n int, f func(part int)) {
	ForWorker(threads, n, func(_, part int) { f(part) })
}

// ForWorker is For with the number of the goroutine, in [0, threads), which f may
// use to find scratch memory of its own.
func ForWorker(threads, n int, f func(worker, part int)) {
	if min(threads, n) <= 1 {
		for part := range n {
			f(0, part)
		}
		return
	}
	NewLoop(f).Run(threads, n)
}

// Cut returns the bounds of part k when n items are cut into parts of nearly
// equal size: [n*k/parts, n*(k+1)/parts).
func Cut(n, parts, k int) (lo, hi int) {
	at := func(k int) int { return n/parts*k + n%parts*k/parts } // floor(n*k/parts), without overflow
	return at(k), at(k + 1)
}
