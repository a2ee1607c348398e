//go:build mpi && cgo

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/samebits/samebits/internal/safetensors"
	"github.com/stretchr/testify/require"
)

// TestMain lets the test program be the command, where mpirun starts it.
func TestMain(m *testing.M) {
	if os.Getenv("SAMEBITS") != "" {
		main()
	}
	os.Exit(m.Run())
}

// mpirun runs a shell command on that many ranks, in which $SAMEBITS is this command
// and $RANK the number of the rank.
func mpirun(t *testing.T, ranks int, command string, flags ...string) (stdout, stderr string, err error) {
	t.Helper()
	program, err := filepath.Abs(os.Args[0])
	require.NoError(t, err)
	flags = append([]string{"--allow-run-as-root", "--oversubscribe", "-n", fmt.Sprint(ranks)}, flags...)
	c := exec.Command("mpirun", append(flags, "sh", "-c", "RANK=$OMPI_COMM_WORLD_RANK; "+command)...)
	var o, e bytes.Buffer
	c.Env, c.Stdout, c.Stderr = append(os.Environ(), "SAMEBITS="+program), &o, &e
	err = c.Run()
	t.Logf("%s%s", o.String(), e.String())
	return o.String(), e.String(), err
}

func TestCompareOverMPI(t *testing.T) {
	model, err := filepath.Abs(smallModel)
	require.NoError(t, err)
	for _, ranks := range []int{2, 3, 4} {
		stdout, _, err := mpirun(t, ranks, "exec $SAMEBITS compare --model "+model+" --ids 3,1,4 --tp 1,5,mpi --threads 1 --runs 2 --digits 20 --arrival-runs 0 --json")
		require.NoError(t, err)
		var r report
		require.NoError(t, json.Unmarshal([]byte(stdout), &r), "rank 0 alone prints: %s", stdout)
		require.Equal(t, ranks, r.MPI)
		require.Equal(t, []int{1, 5}, r.TP)
		require.Empty(t, r.Broken)
		differ := 0
		for _, row := range r.Rows {
			require.Len(t, row.MPIDigest, 64)
			if row.Promises.TP {
				require.Equal(t, row.Digest, row.MPIDigest, "%s %s", row.DType, row.Order)
			} else if row.Digest != row.MPIDigest {
				differ++
			}
		}
		require.Positive(t, differ, "no order depends on the ranks: the comparison shows nothing")
	}
}

// The embedded model, with no other size: that of TP 1.
func TestCompareBytes24OverMPI(t *testing.T) {
	stdout, _, err := mpirun(t, 4, "exec $SAMEBITS compare --prompt d --tp mpi --orders pairwise --dtype f32 --threads 1 --runs 1 --digits 20 --arrival-runs 0")
	require.NoError(t, err)
	require.Contains(t, stdout, "TP 1,mpi(4)")
	require.Contains(t, stdout, "Every promise held")
}

// One run over MPI writes once what one process writes.
func TestGenerateAndLogitsOverMPI(t *testing.T) {
	flags := " --ids 3,1,4 --max-tokens 9 --temperature 1.5 --model "
	model, err := filepath.Abs(smallModel)
	require.NoError(t, err)
	status, want, stderr := samebits(t, "", "generate", "--ids", "3,1,4", "--max-tokens", "9", "--temperature", "1.5", "--model", model)
	require.Equal(t, exitSuccess, status, stderr)
	got, _, err := mpirun(t, 3, "exec $SAMEBITS generate --tp mpi"+flags+model)
	require.NoError(t, err)
	require.Equal(t, want, got)

	dir := t.TempDir()
	status, _, stderr = samebits(t, "", "logits", "--ids", "3,1,4", "--tp", "2", "--model", model, "-o", dir+"/one")
	require.Equal(t, exitSuccess, status, stderr)
	_, _, err = mpirun(t, 2, "exec $SAMEBITS logits --ids 3,1,4 --tp mpi --model "+model+" -o "+dir+"/two")
	require.NoError(t, err)
	one, err := os.ReadFile(dir + "/one")
	require.NoError(t, err)
	two, err := os.ReadFile(dir + "/two")
	require.NoError(t, err)
	require.Equal(t, one, two)

	_, errs, _ := mpirun(t, 2, "exec $SAMEBITS logits --trace --ids 3 --tp mpi --model "+model+" -o "+dir+"/three", "--enable-recovery")
	require.Contains(t, errs, "model: recording the stages of a World of 2 ranks: want all ranks in one process")
}

// A rank of other weights ends all, and no table is printed.
func TestOtherWeightsOverMPI(t *testing.T) {
	other := t.TempDir()
	config, err := os.ReadFile(smallModel + "/config.json")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(other+"/config.json", config, 0o600))
	file, err := safetensors.Open(smallModel + "/model.safetensors")
	require.NoError(t, err)
	var tensors []safetensors.Tensor
	for _, name := range file.Names() {
		x, err := file.Tensor(name)
		require.NoError(t, err)
		tensors = append(tensors, x)
	}
	tensors[3].Data[0] ^= 1
	require.NoError(t, safetensors.Write(other+"/model.safetensors", nil, tensors))
	model, err := filepath.Abs(smallModel)
	require.NoError(t, err)
	stdout, stderr, _ := mpirun(t, 3, "m="+model+"; [ $RANK = 2 ] && m="+other+"; exec $SAMEBITS compare --model $m --ids 1,2 --tp mpi", "--enable-recovery")
	require.Empty(t, stdout)
	require.Regexp(t, "samebits: f32 sequential over MPI: tp: rank 2: has weights [0-9a-f]{64}, where rank 0 has weights [0-9a-f]{64}\n", stderr)

	stdout, stderr, _ = mpirun(t, 3, "m="+model+"; [ $RANK = 1 ] && m=no/such/folder; exec $SAMEBITS compare --model $m --ids 1,2 --tp mpi", "--enable-recovery")
	require.Empty(t, stdout)
	require.Contains(t, stderr, "tp: rank 1: model no/such/folder: ", "the others are told why")
}

// A rank that is killed on the way ends the others with an error that names it.
func TestKilledRankOverMPI(t *testing.T) {
	t.Parallel()
	stdout, stderr, _ := mpirun(t, 3, "[ $RANK = 1 ] && exec timeout -s KILL 3 $SAMEBITS compare --tp mpi --deadline 6s --runs 1000; exec $SAMEBITS compare --tp mpi --deadline 6s --runs 1000", "--enable-recovery")
	require.Empty(t, stdout)
	require.Contains(t, stderr, "tp: rank 1: has given no sign of life for 3s")
}
