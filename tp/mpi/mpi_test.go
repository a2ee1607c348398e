//go:build mpi && cgo

package mpi

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

// The tests start this program again, by mpirun, as ranks that run one of these.
var workers = map[string]func(ctx context.Context, comm *Comm, w *tp.World) error{
	"products": products,
	"large":    large,
	"states":   states,
	"garbage":  garbage,
	"kill":     kill,
	"stray":    stray,
	"missing":  missing,
	"late":     late,
	"facts":    facts,
	"fails":    fails,
	"hostname": hostname,
	"cut":      cut,
}

const (
	workerVariable   = "SAMEBITS_MPI_WORKER"
	deadlineVariable = "SAMEBITS_MPI_DEADLINE"
)

func TestMain(m *testing.M) {
	name := os.Getenv(workerVariable)
	if name == "" {
		os.Exit(m.Run())
	}
	deadline, err := time.ParseDuration(os.Getenv(deadlineVariable))
	if err != nil {
		panic(err)
	}
	os.Exit(work(workers[name], deadline))
}

// work runs a worker and prints how it ended.
func work(f func(ctx context.Context, comm *Comm, w *tp.World) error, deadline time.Duration) int {
	comm, err := Open(deadline)
	if err != nil {
		fmt.Println(err)
		return 2
	}
	began := time.Now()
	err = comm.Close(inWorld(comm, deadline, f))
	took := time.Since(began)
	// One write, so that lines of ranks do not mix.
	_, _ = os.Stdout.WriteString(fmt.Sprintf("<rank %d of %d: %v, in time %t>\n", comm.ID(), comm.Size(), err, took < deadline))
	if err != nil {
		return 2
	}
	return 0
}

func inWorld(comm *Comm, deadline time.Duration, f func(ctx context.Context, comm *Comm, w *tp.World) error) error {
	w, err := tp.NewWorld(context.Background(), comm, deadline)
	if err != nil {
		return err
	}
	defer w.Close()
	return f(context.Background(), comm, w)
}

// mpirun runs a worker on that many ranks and returns what they printed.
func mpirun(t *testing.T, worker string, ranks int, deadline time.Duration, flags ...string) string {
	t.Helper()
	flags = append([]string{"--allow-run-as-root", "--oversubscribe", "-n", fmt.Sprint(ranks)}, flags...)
	return launch(t, exec.Command("mpirun", append(flags, os.Args[0])...), worker, deadline)
}

func launch(t *testing.T, c *exec.Cmd, worker string, deadline time.Duration) string {
	t.Helper()
	c.Env = append(os.Environ(), workerVariable+"="+worker, deadlineVariable+"="+deadline.String())
	limit := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	defer limit.Stop()
	out, err := c.CombinedOutput()
	t.Logf("%v: %v\n%s", c.Args, err, out)
	require.True(t, limit.Stop(), "mpirun did not end")
	return string(out)
}

// requireRanks requires that each of the ranks listed printed a line that begins so, in
// time.
func requireRanks(t *testing.T, out string, size int, ranks []int, text string) {
	t.Helper()
	for _, rank := range ranks {
		require.Regexp(t, fmt.Sprintf("<rank %d of %d: %s.*, in time true>", rank, size, regexp.QuoteMeta(text)), out)
	}
}

func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

func TestProductsOverMPI(t *testing.T) {
	for ranks := 2; ranks <= 4; ranks++ {
		requireRanks(t, mpirun(t, "products", ranks, time.Minute), ranks, upTo(ranks), "<nil>")
	}
}

// TCP in place of shared memory.
func TestProductsOverTCP(t *testing.T) {
	requireRanks(t, mpirun(t, "products", 3, time.Minute, "--mca", "btl", "tcp,self"), 3, upTo(3), "<nil>")
}

func TestLargeMessages(t *testing.T) {
	requireRanks(t, mpirun(t, "large", 3, time.Minute), 3, upTo(3), "<nil>")
}

// A program started without mpirun is a world of one.
func TestOneProcess(t *testing.T) {
	requireRanks(t, launch(t, exec.Command(os.Args[0]), "products", time.Minute), 1, []int{0}, "<nil>")
}

// Whichever algorithm MPI takes, exact and binned sums have the same bits.
func TestStatesInEveryAlgorithm(t *testing.T) {
	names := []string{"default", "linear", "nonoverlapping", "recursive doubling", "ring", "segmented ring", "Rabenseifner"}
	digests, merges := map[string]string{}, map[string]string{}
	for algorithm, name := range names {
		out := mpirun(t, "states", 4, time.Minute, "--mca", "coll_tuned_use_dynamic_rules", "1",
			"--mca", "coll_tuned_allreduce_algorithm", fmt.Sprint(algorithm))
		requireRanks(t, out, 4, upTo(4), "<nil>")
		_, digest, ok := strings.Cut(out, "digest ")
		require.True(t, ok, name)
		digest, _, _ = strings.Cut(digest, "\n")
		digests[digest] = name
		require.Contains(t, out, "orders of merging", name)
		merges[strings.Join(regexp.MustCompile(`rank \d merged \d+`).FindAllString(out, -1), ", ")] = name
	}
	require.Len(t, digests, 1)
	require.GreaterOrEqual(t, len(merges), 3, "the algorithms merge on the same ranks: %v", merges)
}

func TestRecordsThatCannotBeMerged(t *testing.T) {
	out := mpirun(t, "garbage", 3, time.Minute)
	require.Contains(t, out, "mpi: record of 124 bytes holds a state of 4294967295: it could not be merged on the way, in time true>")
	require.NotContains(t, out, "<nil>")
}

// The others end within the deadline and name the rank that was killed, over shared
// memory and over TCP.
func TestKilledRank(t *testing.T) {
	t.Parallel()
	for _, btl := range []string{"vader,self", "tcp,self"} {
		t.Run(btl, func(t *testing.T) {
			t.Parallel()
			out := mpirun(t, "kill", 3, 6*time.Second, "--enable-recovery", "--mca", "btl", btl)
			for _, rank := range []int{0, 2} {
				require.Regexp(t, fmt.Sprintf("<rank %d of 3: tp: rank 1: .*died.*, in time true>", rank), out)
			}
			require.NotContains(t, out, "<rank 1")
		})
	}
}

// By default mpirun ends the others, and names the rank itself.
func TestKilledRankByDefault(t *testing.T) {
	require.Contains(t, mpirun(t, "kill", 3, 8*time.Second), "mpirun noticed that process rank 1 with PID")
}

func TestFailuresOverMPI(t *testing.T) {
	for worker, text := range map[string]string{
		"stray":   "tp: rank 1: is in barrier of 0 numbers (sequential, collective 1) while rank ",
		"missing": "tp: rank 1: left before agreement (collective 1)",
		"facts":   "tp: rank 2: has weights 0ff, where rank 0 has weights 60303ae2",
		"fails":   "tp: rank 1: no such folder",
	} {
		out := mpirun(t, worker, 3, 20*time.Second, "--enable-recovery")
		requireRanks(t, out, 3, []int{0, 2}, text)
	}
}

func TestSilentRank(t *testing.T) {
	t.Parallel()
	out := mpirun(t, "late", 3, 2*time.Second, "--enable-recovery")
	require.Contains(t, out, "tp: rank 1: sent nothing for barrier (collective 1) within 2s")
}

func TestOpenRefuses(t *testing.T) {
	_, err := Open(0)
	require.EqualError(t, err, "mpi: deadline of 0s: want more than 0")
}

func random(seed uint64, n int) []float64 {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := make([]float64, n)
	for i := range x {
		x[i] = (rng.Float64()*2 - 1) * float64(uint64(1)<<rng.IntN(40))
	}
	return x
}
