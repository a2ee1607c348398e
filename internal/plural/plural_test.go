package plural

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOf(t *testing.T) {
	require.Equal(t, "0 terms", Of(0, "term"))
	require.Equal(t, "1 term", Of(int64(1), "term"))
	require.Equal(t, "2 more terms", Of(uint64(2), "more term"))
	require.Equal(t, "-1 elements", Of(-1, "element"))
}

func TestWords(t *testing.T) {
	require.Equal(t, "0 leaves", Words(0, "leaf", "leaves"))
	require.Equal(t, "1 leaf", Words(uint64(1), "leaf", "leaves"))
	require.Equal(t, "2 leaves", Words(int64(2), "leaf", "leaves"))
}
