package gemm

// SetChunkSize bounds the elements that a product packs at a time, for tests.
func SetChunkSize(n int) (restore func()) {
	before := chunkSize
	chunkSize = n
	return func() { chunkSize = before }
}
