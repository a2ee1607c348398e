package model

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/samebits/samebits/internal/parallel"
	"github.com/samebits/samebits/internal/safetensors"
	"github.com/samebits/samebits/tp"
)

// ranks returns which of the model's ranks are in this process: all of them or, of a
// World, its own.
func (o Options[T]) ranks() []int {
	if o.World != nil {
		return []int{o.World.ID()}
	}
	all := make([]int, o.Ranks)
	for rank := range all {
		all[rank] = rank
	}
	return all
}

// run runs f on the model's ranks, those of this process here.
func (o Options[T]) run(ctx context.Context, f func(ctx context.Context, r *tp.Rank) error) error {
	if o.World != nil {
		return o.World.Run(ctx, f)
	}
	return tp.RunDeadline(ctx, o.Ranks, cmp.Or(o.Deadline, tp.DefaultDeadline), f)
}

// agree returns an error unless all processes of the World run the same model.
func (o Options[T]) agree(c *Checkpoint) error {
	var x T
	facts := []tp.Fact{
		{Name: "order", Value: o.Backend.Order().String()},
		{Name: "arithmetic", Value: fmt.Sprintf("%T", x)},
		{Name: "backend", Value: fmt.Sprintf("%T", o.Backend)},
		{Name: "fault", Value: cmp.Or(string(o.Fault), "none")},
	}
	facts = append(append(facts, c.Config.facts()...), tp.Fact{Name: "weights", Value: c.Digest()})
	return o.run(context.Background(), func(ctx context.Context, r *tp.Rank) error { return tp.Agree(ctx, r, facts...) })
}

// facts are the fields of the configuration.
func (c Config) facts() (facts []tp.Fact) {
	text, err := json.Marshal(c)
	var fields map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		panic("model: " + err.Error()) // Config has no field that JSON cannot hold
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		facts = append(facts, tp.Fact{Name: "config " + name, Value: string(fields[name])})
	}
	return facts
}

// agreeOnTokens returns an error unless all processes of a World feed the same tokens
// to the same sequence.
func (p *pass[T]) agreeOnTokens(ctx context.Context, r *tp.Rank) error {
	return tp.Agree(ctx, r,
		tp.Fact{Name: "tokens before", Value: fmt.Sprint(p.start)},
		tp.Fact{Name: "tokens", Value: shortened(fmt.Sprint(p.ids))})
}

// shortened returns a long text as its beginning and its digest.
func shortened(s string) string {
	if len(s) <= 100 {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return fmt.Sprintf("%s... (SHA-256 %s)", s[:40], hex.EncodeToString(sum[:8]))
}

// Digest returns the SHA-256 of all weights, in hexadecimal: of the tensors' names,
// types, shapes and bytes, in whichever files they lie. It reads every byte, once in
// the life of the checkpoint.
func (c *Checkpoint) Digest() string { return c.digest() }

// digest hashes each tensor, and then the hashes, in the order of their names.
func digest(weights *safetensors.Folder) string {
	names := weights.Names()
	sums := make([][sha256.Size]byte, len(names))
	parallel.For(digestThreads, len(names), func(i int) {
		t, _, err := weights.Tensor(names[i])
		if err != nil {
			panic("model: " + err.Error()) // its own name
		}
		h := sha256.New()
		fmt.Fprintf(h, "%q %s %v\n", t.Name, t.DType, t.Shape)
		h.Write(t.Data)
		h.Sum(sums[i][:0])
		weights.Release(t.Name, 0, len(t.Data))
	})
	all := sha256.New()
	for _, s := range sums {
		all.Write(s[:])
	}
	return hex.EncodeToString(all.Sum(nil))
}

// digestThreads is the number of goroutines that hash weights.
const digestThreads = 4
