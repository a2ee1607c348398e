//go:build race

package model

// raceDetector says that tests run under the race detector, where a sync.Pool forgets
// some of what it is given, at random.
const raceDetector = true
