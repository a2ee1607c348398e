// Package plural writes how many there are of something in a message.
package plural

import "fmt"

// Of returns "1 term" for one term, and "n terms" for any other number of them.
func Of[N int | int64 | uint64](n N, noun string) string { return Words(n, noun, noun+"s") }

// Words returns "1 leaf" for one leaf, and "n leaves" for any other number of them: Of with both words given.
func Words[N int | int64 | uint64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
