package gemm

// Tests start goroutines for the least work.
func init() { fewWork = 0 }
