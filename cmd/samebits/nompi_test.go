//go:build !mpi || !cgo

package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompareWithoutMPI(t *testing.T) {
	for _, sizes := range []string{"mpi", "1,2,mpi"} {
		status, stdout, stderr := samebits(t, "", "compare", "--tp", sizes)
		require.Equal(t, exitBadUse, status)
		require.Empty(t, stdout)
		require.Equal(t, "samebits: --tp "+sizes+": mpi: this program was built without MPI: want CC=mpicc go build -tags mpi, with the library installed\n", stderr)
	}
}

func TestOneRunWithoutMPI(t *testing.T) {
	for _, args := range [][]string{{"generate"}, {"logits", "-o", t.TempDir() + "/x"}} {
		status, stdout, stderr := samebits(t, "", append(args, "--tp", "mpi")...)
		require.Equal(t, exitBadUse, status)
		require.Empty(t, stdout)
		require.Contains(t, stderr, "samebits: --tp mpi: mpi: this program was built without MPI: ")
	}
}

func TestSplitMPI(t *testing.T) {
	for list, want := range map[string]string{"mpi": "1", "1,mpi": "1", "mpi, 4,2": " 4,2", "1,2": "1,2", "": "", "mpi4": "mpi4"} {
		sizes, over := splitMPI(list)
		require.Equal(t, want, sizes)
		require.Equal(t, list != "1,2" && list != "" && list != "mpi4", over, list)
	}
}
