package kernel

// Ticks is a time in some unit, where LeafLanes is not 0. It goes on evenly on one processor; another's may be behind or ahead.
// What is computed does not depend on it.
func Ticks() int64 { return ticks() }
