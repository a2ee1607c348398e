//go:build !linux

package pages

// advise does nothing: there is no such advice, or the system needs none.
func advise([]byte) {}
