package gemm

// SetChunkSize bounds the elements that a product packs at a time, for tests.
func SetChunkSize(n int) (restore func()) {
	before := chunkSize
	chunkSize = n
	return func() { chunkSize = before }
}

// SetWholeRows sets it, of rows that are packed and of others, and returns what sets it back.
func SetWholeRows(bytes int) (restore func()) {
	packed, lying := wholeRows, wholeLying
	wholeRows, wholeLying = bytes, bytes
	return func() { wholeRows, wholeLying = packed, lying }
}

// SetPaceTrials has one row try the other way to read a matrix after so many pieces, at most.
func SetPaceTrials(pieces int) (restore func()) {
	before := paceTrials
	paceTrials = pieces
	return func() { paceTrials = before }
}

// SetTicks sets what pieces of a matrix are timed by.
func SetTicks(counter func() int64) (restore func()) {
	before := ticks
	ticks = counter
	return func() { ticks = before }
}
