package kernel

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// goesOn returns an error where four times as long is not more ticks than once, in any of some tries.
func goesOn(ticks func() int64) error {
	for range 20 {
		begin := ticks()
		time.Sleep(time.Millisecond)
		between := ticks()
		time.Sleep(4 * time.Millisecond)
		if once := between - begin; once > 0 && ticks()-between > once {
			return nil
		}
	}
	return errors.New("it does not go on evenly")
}

func TestTicksGoOn(t *testing.T) {
	if LeafLanes[float32]() == 0 {
		t.Skip("nobody asks for them")
	}
	require.NoError(t, goesOn(Ticks))
	require.Error(t, goesOn(func() int64 { return 7 }))
}
