// Package parallel runs the parts of a loop on a bounded number of goroutines: at most so many as the caller
// says. One that has helped stays for 50 microseconds, as the next loop, of whomever, often comes so soon, and
// then ends; at most 64 stay.
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
	l := NewLoop(f)
	l.patient = true // it runs once: who came too late would find no other run
	l.Run(threads, n)
}

// Cut returns the bounds of part k when n items are cut into parts of nearly
// equal size: [n*k/parts, n*(k+1)/parts).
func Cut(n, parts, k int) (lo, hi int) {
	at := func(k int) int { return n/parts*k + n%parts*k/parts } // floor(n*k/parts), without overflow
	return at(k), at(k + 1)
}
