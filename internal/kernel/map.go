package kernel

// Program names a vector kernel that evaluates a function of float32.
type Program uint8

// MapGroup is how many elements to do by other means where Map stops.
const MapGroup = 16

func Map(p Program, dst, x []float32) int { return 0 }
