//go:build purego || !amd64

package kernel

// byHalves tells whether towers go by halves of tiles.
var byHalves = false
