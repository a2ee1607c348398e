package kernel

// Ticks is a time that goes on evenly, in some unit, where LeafLanes is not 0. What is computed does not depend on it.
func Ticks() int64 { return ticks() }
