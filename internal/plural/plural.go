// Package plural writes how many there are of something in a message.
package plural

import "fmt"

// Of returns "1 term" for one term, and "n terms" for any other number of them.
func Of[N int | int64 | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
