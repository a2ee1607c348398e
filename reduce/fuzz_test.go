package reduce_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

// codec reads bytes as one type of state.
type codec func(data []byte) (state, error)

type state interface {
	MarshalBinary() ([]byte, error)
	MarshalJSON() ([]byte, error)
	UnmarshalBinary([]byte) error
	UnmarshalJSON([]byte) error
}

func reader[S any, P interface {
	*S
	state
}](data []byte) (state, error) {
	s := P(new(S))
	return s, s.UnmarshalBinary(data)
}

var codecs = map[string]codec{
	"float32": reader[reduce.Accumulator[float32]],
	"float64": reader[reduce.Accumulator[float64]],
	"any":     reader[reduce.Superaccumulator],
}

// oneForm: bytes that are read are those that are written, also by way of JSON.
func oneForm(read codec, data []byte) error {
	s, err := read(data)
	if err != nil {
		return nil
	}
	again, err := s.MarshalBinary()
	if err != nil || !bytes.Equal(data, again) {
		return fmt.Errorf("read from %x, written as %x, %v", data, again, err)
	}
	text, err := s.MarshalJSON()
	if err != nil {
		return err
	}
	if err := s.UnmarshalJSON(text); err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	if again, err = s.MarshalBinary(); err != nil || !bytes.Equal(data, again) {
		return fmt.Errorf("read from %x, then from %s, written as %x, %v", data, text, again, err)
	}
	return nil
}

// oneText: JSON that is read and written is read as the same, and written the same.
func oneText(s state, data []byte) error {
	if s.UnmarshalJSON(data) != nil {
		return nil
	}
	text, err := s.MarshalJSON()
	if err != nil {
		return err
	}
	if err := s.UnmarshalJSON(text); err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	if again, err := s.MarshalJSON(); err != nil || !bytes.Equal(text, again) {
		return fmt.Errorf("read from %s, written as %s, then %s, %v", data, text, again, err)
	}
	return nil
}

func FuzzDecodeState(f *testing.F) {
	add := func(s state) {
		for _, encode := range []func() ([]byte, error){s.MarshalBinary, s.MarshalJSON} {
			b, err := encode()
			require.NoError(f, err)
			f.Add(b)
		}
	}
	for _, a := range statesOf[float32]() {
		add(a)
	}
	for _, a := range statesOf[float64]() {
		add(a)
	}
	var sum reduce.Superaccumulator
	sum.AddProduct(0x1p-1074, -3)
	sum.Add(2)
	sum.Sub(2)
	add(&sum)
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, read := range codecs {
			require.NoError(t, oneForm(read, data), name)
			s, err := read(data)
			require.NoError(t, oneText(s, data), name)
			if a, ok := s.(*reduce.Accumulator[float64]); ok && err == nil {
				use(t, a)
			}
		}
	})
}

// use takes a state that was read on: it must be as good as one that was made.
func use(t *testing.T, a *reduce.Accumulator[float64]) {
	if a.Start()+a.Count() > 1<<30 {
		return
	}
	x := spread[float64](1, 40)
	b := a.Clone()
	a.Add(x...)
	next := accumulate(a.Order(), b.Start()+b.Count(), x)
	require.NoError(t, b.Merge(next))
	require.Equal(t, marshal(t, a), marshal(t, b))
	if a.Start() == 0 {
		requireBits(t, finish(a), finish(b), "added and merged")
	}
}

// A reader that is lenient is seen by the property.
func TestOneFormOfReadersCatchesFaults(t *testing.T) {
	data := marshal(t, accumulate(reduce.Pairwise, 3, spread[float64](2, 40)))
	read := codecs["float64"]
	require.NoError(t, oneForm(read, data))
	lenient := func(b []byte) (state, error) { return read(b[:len(data)]) }
	require.Error(t, oneForm(lenient, append(bytes.Clone(data), 7)), "what follows the state is ignored")
	deaf := func([]byte) (state, error) { return read(data) }
	require.Error(t, oneForm(deaf, with(data, 47, 1, 1)), "bytes are ignored")
	broken := func([]byte) (state, error) { return new(reduce.Accumulator[float64]), nil }
	require.Error(t, oneForm(broken, data), "nothing is read")
}
