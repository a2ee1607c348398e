package gemm_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
	"github.com/stretchr/testify/require"
)

const wireHeader = 80

// sentShards is the split whose parts have all been sent and received.
func sentShards[T gemm.Float](backend gemm.Backend[T], a, b gemm.Matrix[T], place gemm.Contraction, cuts []int) ([]*gemm.Partial[T], error) {
	parts, err := shards(backend, a, b, place, cuts)
	for i, p := range parts {
		wire := p.AppendWire(nil)
		if len(wire) != wireHeader+p.Bytes() {
			panic("Bytes does not count what is sent")
		}
		if parts[i], err = gemm.ReadPartial[T](wire, backend.Order()); err != nil {
			return nil, err
		}
	}
	return parts, err
}

func TestPartsThatTravelledJoin(t *testing.T) {
	t.Run("float32", testTravelled[float32])
	t.Run("float64", testTravelled[float64])
}

func testTravelled[T gemm.Float](t *testing.T) {
	for _, order := range ordersFor[T]() {
		if reduce.Check[T](order) != nil {
			continue
		}
		for _, values := range valueSets {
			for _, growing := range []bool{false, true} {
				o := gemm.Options{Order: order, Threads: 1, Growing: growing}
				require.NoError(t, checkCuts(sentShards[T], o, 3, 4, 150, []int{0, 32, 96}, values, 5))
			}
		}
	}
}

// A slice of a part is sent like a part.
func TestSlicesTravel(t *testing.T) {
	for _, order := range ordersFor[float32]() {
		part, got := travellingPart(t, order)
		s := part.Slice(3, 7)
		read, err := gemm.ReadPartial[float32](s.AppendWire(nil), order)
		require.NoError(t, err)
		require.Equal(t, s.AppendWire(nil), read.AppendWire(nil))
		require.Equal(t, part.AppendWire(nil), got.AppendWire(nil))
	}
}

// travellingPart is the second of two parts of a product, before and after.
func travellingPart(t *testing.T, order reduce.Order) (sent, got *gemm.Partial[float32]) {
	rng := rand.New(rand.NewPCG(3, 4))
	a, _ := guarded[float32](rng, problem{values: valueSets[0]}, 3, 64, false)
	b, _ := guarded[float32](rng, problem{values: valueSets[0]}, 64, 4, false)
	backend, err := gemm.NewNative[float32](order, 1)
	require.NoError(t, err)
	place := gemm.Whole(64, order)
	place.From = 32
	sent, err = shard[float32](backend, a, b, place, 32, 64)
	require.NoError(t, err)
	got, err = gemm.ReadPartial[float32](sent.AppendWire(nil), order)
	require.NoError(t, err)
	return sent, got
}

// Nothing that comes from outside panics, or is taken for a part that it is not.
func TestReadPartialRefuses(t *testing.T) {
	for _, order := range ordersFor[float32]() {
		part, _ := travellingPart(t, order)
		wire := part.AppendWire(nil)
		for n := range wire {
			_, err := gemm.ReadPartial[float32](wire[:n], order)
			require.Error(t, err, "%v: %d bytes of %d", order, n, len(wire))
			if n < wireHeader {
				require.ErrorContains(t, err, "part of "+plural.Of(n, "byte")+": want 80 at least")
			}
		}
		_, err := gemm.ReadPartial[float32](append(wire, 0), order)
		require.ErrorContains(t, err, "1 byte too many")
		for field, values := range map[int][]uint64{
			0: {99}, 1: {1}, 2: {7}, 3: {3}, // another order
			4: {1, 1 << 63, 40}, 5: {1, 64, 1 << 40}, 6: {0, 5}, 7: {2, 1 << 63}, 8: {1, 33, 1 << 62}, // another place
			9: {0, 11, 13, 1 << 40, 1 << 62, 1<<64 - 1}, // another size
		} {
			for _, v := range values {
				bad := append([]byte(nil), wire...)
				binary.LittleEndian.PutUint64(bad[8*field:], v)
				_, err := gemm.ReadPartial[float32](bad, order)
				require.Error(t, err, "%v: field %d is %d", order, field, v)
			}
		}
	}
}

func FuzzReadPartial(f *testing.F) {
	for _, order := range []reduce.Order{reduce.Pairwise, reduce.DoubleDouble, reduce.Widened, reduce.Binned, reduce.Exact, reduce.Sequential} {
		backend, _ := gemm.NewNative[float32](order, 1)
		part, err := shard[float32](backend, gemm.NewMatrix[float32](1, 64), gemm.NewMatrix[float32](64, 2), gemm.Whole(64, order), 0, 64)
		require.NoError(f, err)
		f.Add(part.AppendWire(nil), uint8(order.Kind()))
	}
	f.Fuzz(func(t *testing.T, wire []byte, kind uint8) {
		order := reduce.Orders(0)[int(kind)%10]
		part, err := gemm.ReadPartial[float32](wire, order)
		if err != nil {
			return
		}
		require.Equal(t, part.Bytes()+wireHeader, len(wire))
		require.Equal(t, wire[:wireHeader], part.AppendWire(nil)[:wireHeader])
		again, err := gemm.ReadPartial[float32](part.AppendWire(nil), order)
		require.NoError(t, err)
		require.Equal(t, part.AppendWire(nil), again.AppendWire(nil))
	})
}
