package numfile_test

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/numfile"
	"github.com/stretchr/testify/require"
)

func bitsOf[T kernel.Float](v []T) []uint64 {
	bits := make([]uint64, len(v))
	for i, x := range v {
		bits[i] = kernel.Bits(x)
	}
	return bits
}

func requireNumbers[T kernel.Float](t *testing.T, r io.Reader, want ...T) {
	t.Helper()
	got, err := numfile.Read[T](r, "numbers")
	require.NoError(t, err)
	require.Equal(t, bitsOf(want), bitsOf(got))
}

func TestText(t *testing.T) {
	text := "# header\n1\n\n  -0.1\t\r\n0x1.8p-3\n-0\n5e-324\nInf\n-inf\nnan\n#2\n1e23"
	inf := math.Inf(1)
	requireNumbers(t, strings.NewReader(text),
		1, -0.1, 0.1875, math.Copysign(0, -1), 5e-324, inf, -inf, kernel.NaN[float64](), 1e23)
	requireNumbers(t, iotest.OneByteReader(strings.NewReader("1\n2\n")), 1.0, 2.0)
	requireNumbers(t, strings.NewReader("\ufeff1\r\n2\r\n"), 1.0, 2.0)
	requireNumbers(t, iotest.OneByteReader(strings.NewReader("\ufeff1")), 1.0)
	requireNumbers[float64](t, strings.NewReader("\ufeff"))
	requireNumbers[float64](t, strings.NewReader(""))
	requireNumbers[float64](t, strings.NewReader("\n#\n"))
}

// 1 + 2^-24 + 2^-60 lies above the midpoint of two float32. Rounded to float64
// first, it would fall on the midpoint and then to 1.
func TestTextIsRoundedOnce(t *testing.T) {
	requireNumbers[float32](t, strings.NewReader("1.00000005960464477626\n0x1.000001000000001p0\n3.4028235e38"),
		1+0x1p-23, 1+0x1p-23, math.MaxFloat32)
}

func TestTextErrors(t *testing.T) {
	const allowed = " is not a number: want a decimal or hexadecimal float (0.1, 0x1.8p-3), Inf or NaN on each line"
	for text, want := range map[string]string{
		"1\n\nabc\n":               `n.txt:3: "abc"` + allowed,
		"\ufeff\ufeff1":            "n.txt:1: \"\\ufeff1\"" + allowed,
		"1\n\ufeff2":               "n.txt:2: \"\\ufeff2\"" + allowed,
		"1 2":                      `n.txt:1: "1 2"` + allowed,
		"1,5":                      `n.txt:1: "1,5"` + allowed,
		"0x12":                     `n.txt:1: "0x12"` + allowed,
		"1_000":                    `n.txt:1: "1_000"` + allowed,
		"0x_1p4":                   `n.txt:1: "0x_1p4"` + allowed,
		"#\n1e39":                  `n.txt:2: "1e39" is out of range: it rounds to infinity in float32`,
		strings.Repeat("x", 2<<20): `n.txt:1: a line of 1048576 bytes or more: want one number a line`,
		strings.Repeat("x", 999):   `n.txt:1: "` + strings.Repeat("x", 40) + `"` + allowed,
	} {
		_, err := numfile.Read[float32](strings.NewReader(text), "n.txt")
		require.EqualError(t, err, want)
	}
	_, err := numfile.Read[float64](strings.NewReader("-1e309"), "n.txt")
	require.EqualError(t, err, `n.txt:1: "-1e309" is out of range: it rounds to infinity in float64`)

	broken := errors.New("broken pipe")
	for _, before := range []string{"", "1\n2\n"} {
		r := io.MultiReader(strings.NewReader(before), iotest.ErrReader(broken))
		_, err = numfile.Read[float64](r, "n.txt")
		require.ErrorIs(t, err, broken)
		require.ErrorContains(t, err, "n.txt: ")
	}
}

func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n.txt")
	_, err := numfile.ReadFile[float64](path)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, path)

	require.NoError(t, os.WriteFile(path, []byte("1\n2\n"), 0o644))
	got, err := numfile.ReadFile[float64](path)
	require.NoError(t, err)
	require.Equal(t, []float64{1, 2}, got)

	stdin := os.Stdin
	defer func() { os.Stdin = stdin }()
	os.Stdin, err = os.Open(path)
	require.NoError(t, err)
	got, err = numfile.ReadFile[float64]("-")
	require.NoError(t, err)
	require.Equal(t, []float64{1, 2}, got)
	require.NoError(t, os.Stdin.Close())
}
