package gemm

// SetChunkSize bounds the elements that a product packs at a time, for tests.
func SetChunkSize(n int) (restore func()) {
	before := chunkSize
	chunkSize = n
	return func() { chunkSize = before }
}

// SetWholeRows sets it and returns what sets it back.
func SetWholeRows(bytes int) (restore func()) {
	before := wholeRows
	wholeRows = bytes
	return func() { wholeRows = before }
}
