// Package golden compares digests of results with those committed in a testdata
// folder. The digests are the claim that every architecture computes these bits.
package golden

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"hash"
	"os"
	"path/filepath"
	"testing"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write golden digests and generated tables anew (a change of bits: see SPEC.md)")

// Updating tells whether the flag -update asks for committed results to be written
// anew.
func Updating() bool { return *update }

// File is a golden file: what its digests are of, and the digests by name.
type File struct {
	Provenance string            `json:"provenance"`
	Digests    map[string]string `json:"digests"`
}

// Digest hashes results: SHA-256 over their IEEE 754 representations, each as 8
// bytes, little-endian, in order.
type Digest struct{ hash.Hash }

// New returns the digest of nothing.
func New() Digest { return Digest{sha256.New()} }

// Add appends results.
func Add[T kernel.Float](d Digest, values ...T) {
	var b [8]byte
	for _, v := range values {
		binary.LittleEndian.PutUint64(b[:], kernel.Bits(v))
		d.Write(b[:])
	}
}

// String returns the digest in hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d.Sum(nil)) }

// Check compares the digests with those of the golden file, both ways, or with
// the flag -update writes the file.
func Check(t *testing.T, path, provenance string, digests map[string]string) {
	t.Helper()
	if *update {
		b, err := json.MarshalIndent(File{provenance, digests}, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, append(b, '\n'), 0o644))
	}
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	var want File
	require.NoError(t, json.Unmarshal(b, &want))
	require.NotEmpty(t, digests)
	require.Equal(t, want.Digests, digests, "%s: the bits have changed", path)
}
