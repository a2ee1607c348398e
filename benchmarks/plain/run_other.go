//go:build purego || !(amd64 || arm64)

package plain

import "github.com/samebits/samebits/internal/kernel"

func run[T kernel.Float](l loop, x, y []T) T { return inGo(l, x, y) }
