package tp

import (
	"context"
	"fmt"
	"strings"

	"github.com/samebits/samebits/reduce"
)

// Fact is something that all ranks must have in common, such as the digest of the
// weights: its name, as an error says it, and its value.
type Fact struct{ Name, Value string }

// Agree returns when all ranks have called it with the same facts. Where they differ,
// every rank returns the same *RankError: it names the first rank that is not with the
// most (of as many, with those that rank 0 or the next is among), and all that differs.
// Nothing is added to BytesSent.
func Agree(ctx context.Context, r *Rank, facts ...Fact) error {
	c := r.begin("agreement", reduce.Order{}, 0, "facts")
	own := append([]Fact{}, facts...) // a copy: the caller may change facts while others still read
	for to := range r.Size() {
		if to != r.id {
			c.send(to, own, 0)
		}
	}
	known := make([][]Fact, r.Size()) // nil of a rank that has not been heard
	known[r.id] = own
	var differ error
	for awaited, n := c.others(), 1; n < r.Size(); n++ {
		m, err := c.receive(ctx, awaited)
		if err == nil {
			known[m.from], err = payloadOf[[]Fact](c, m)
		}
		if err != nil && differ == nil {
			return err
		} else if err != nil {
			break
		}
		if differ == nil {
			if differ = disagreement(known); differ != nil { // which of them is wrong is put to the vote
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, min(r.group.deadline, voteTime))
				defer cancel()
			}
		}
	}
	return disagreement(known)
}

// disagreement returns an error unless the ranks whose facts are known have the same.
func disagreement(known [][]Fact) error {
	votes, texts := map[string]int{}, make([]string, len(known))
	most := ""
	for rank, facts := range known {
		if facts != nil {
			texts[rank] = fmt.Sprintf("%q", facts)
			votes[texts[rank]]++
		}
	}
	right := -1
	for rank, text := range texts {
		if votes[text] > votes[most] {
			right, most = rank, text
		}
	}
	for rank, text := range texts {
		if text != most && known[rank] != nil {
			return &RankError{rank, fmt.Errorf("has %s", differences(known[rank], known[right], right))}
		}
	}
	return nil
}

// differences says in what the facts differ from those of a rank that is right.
func differences(facts, want []Fact, right int) string {
	value := func(facts []Fact, name string) string {
		for _, f := range facts {
			if f.Name == name {
				return f.Value
			}
		}
		return "nothing"
	}
	var has, wants []string
	seen := map[string]bool{}
	for _, f := range append(append([]Fact(nil), facts...), want...) {
		own, other := value(facts, f.Name), value(want, f.Name)
		if own != other && !seen[f.Name] {
			has = append(has, f.Name+" "+own)
			wants = append(wants, f.Name+" "+other)
		}
		seen[f.Name] = true
	}
	return fmt.Sprintf("%s, where rank %d has %s", strings.Join(has, ", "), right, strings.Join(wants, ", "))
}
