//go:build purego || !(amd64 || arm64)

package fpmode

const (
	known           = false
	flushTowardZero = 0
)

func get() uint32  { return 0 }
func set(_ uint32) {}
