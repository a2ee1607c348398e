package diagnose

import "fmt"

// searched counts the searches for a fault, by the kind of operation. A fault is often
// in every layer: one explanation is enough for all stages of a kind, and so are a few
// searches in vain. (That many must have failed on products before the trace is called
// another model's, see stranger.)
type searched map[string]int

// inVain is the number of searches after which a kind is given up.
const inVain = 4

func (n searched) enough(op operation) bool { return n[kindOf(op)] >= inVain }

func (n searched) note(op operation, found bool) {
	n[kindOf(op)]++
	if found {
		n[kindOf(op)] = inVain
	}
}

// kindOf names the kind of an operation.
func kindOf(op operation) string { return fmt.Sprintf("%T", op) }
