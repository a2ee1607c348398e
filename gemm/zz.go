package gemm

import (
	"os"
	"strconv"
)

func envInt(name string, def int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return def
}

var (
	blockTerms  = envInt("BT", 256)
	taskHigh    = envInt("TH", 12)
	streamAhead = envInt("SA", 2048)
	wideAhead   = envInt("WA", 8)
)
