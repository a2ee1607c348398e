package tp

import (
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// Whatever another process sends is read or refused, and what is read has that one form.
func FuzzEnvelope(f *testing.F) {
	for _, payload := range []any{struct{}{}, []float32{1, 2}, []float64{3}, []Fact{{"weights", "60303ae2"}}} {
		f.Add(message{header{"all-gather", 3, "pairwise", 2, "float32"}, 1, payload}.encode(7))
	}
	f.Add(beginWire(wireLeave, 1, 0))
	f.Add(appendText(append(beginWire(wireFailure, 300, 0), 2), "broken"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := readEnvelope(b)
		if err != nil {
			return
		}
		if e.kind != wireCollective {
			return
		}
		wire := e.payload.(encoded)
		var none struct{}
		var single []float32
		var double []float64
		var facts []Fact
		var part *gemm.Partial[float32]
		for _, p := range []any{&none, &single, &double, &facts, &part} {
			_ = decode(wire, p, reduce.Pairwise)
		}
		if decode(wire, &facts, reduce.Pairwise) == nil {
			again := message{e.header, 0, facts}.encode(e.run)
			read, err := readEnvelope(again)
			require.NoError(t, err)
			require.Equal(t, e.header, read.header)
			require.Equal(t, e.run, read.run)
		}
	})
}
