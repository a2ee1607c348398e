//go:build mpi && cgo

package mpi

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/samebits/samebits/reduce"
	"github.com/samebits/samebits/tp"
	"github.com/stretchr/testify/require"
)

var pairs atomic.Int64 // of hosts, made so far

// hosts makes two network namespaces, joined by one link, and returns the command that
// starts mpirun on the first, with as many ranks on each. They share processors and
// files, and nothing of the network: what they say to each other goes over the link.
func hosts(t *testing.T, ranks int, flags ...string) *exec.Cmd {
	if os.Getuid() != 0 {
		t.Skip("network namespaces need root")
	}
	pair := fmt.Sprintf("samebits%d-%d", os.Getpid(), pairs.Add(1))
	name := func(i int) string { return fmt.Sprintf("%s-%d", pair, i) }
	for i := 1; i <= 2; i++ {
		if out, err := exec.Command("ip", "netns", "add", name(i)).CombinedOutput(); err != nil {
			t.Skipf("no network namespaces here: %v %s", err, out)
		}
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", name(i)).Run() })
	}
	ip := func(args ...string) {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Skipf("ip %v: %v %s", args, err, out)
		}
	}
	ip("link", "add", "link1", "netns", name(1), "type", "veth", "peer", "name", "link2", "netns", name(2))
	for i := 1; i <= 2; i++ {
		ip("-n", name(i), "addr", "add", fmt.Sprintf("10.77.0.%d/24", i), "dev", fmt.Sprintf("link%d", i))
		ip("-n", name(i), "link", "set", fmt.Sprintf("link%d", i), "up")
		ip("-n", name(i), "link", "set", "lo", "up")
	}
	// What Open MPI takes for ssh: the last number of the address is that of the host.
	agent := filepath.Join(t.TempDir(), "agent")
	script := "#!/bin/sh\nhost=" + pair + "-${1##*.}\nshift\nexec ip netns exec $host unshare --uts sh -c \"hostname $host; $*\"\n"
	require.NoError(t, os.WriteFile(agent, []byte(script), 0o755))
	args := []string{"netns", "exec", name(1), "unshare", "--uts", "sh", "-c", "hostname " + name(1) + `; exec mpirun "$@"`, "sh",
		"--allow-run-as-root", "--oversubscribe", "-n", fmt.Sprint(2 * ranks), "--host", fmt.Sprintf("10.77.0.1:%d,10.77.0.2:%d", ranks, ranks),
		"--mca", "plm_rsh_agent", agent, "--mca", "oob_tcp_if_include", "10.77.0.0/24",
		"--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include", "10.77.0.0/24"}
	return exec.Command("ip", append(append(args, flags...), os.Args[0])...)
}

func TestProductsOverHosts(t *testing.T) {
	requireRanks(t, launch(t, hosts(t, 2), "products", time.Minute), 4, upTo(4), "<nil>")
}

// The ranks are where the test says: two on each host.
func TestHostsAreTwo(t *testing.T) {
	out := launch(t, hosts(t, 2), "hostname", time.Minute)
	for rank := range 4 {
		require.Regexp(t, fmt.Sprintf("rank %d runs on samebits%d-[0-9]+-%d\n", rank, os.Getpid(), 1+rank/2), out)
	}
}

func TestKilledRankOnAnotherHost(t *testing.T) {
	t.Parallel()
	out := launch(t, hosts(t, 1, "--enable-recovery"), "kill", 6*time.Second)
	require.Regexp(t, "<rank 0 of 2: tp: rank 1: .*died.*, in time true>", out)
}

// Where the link between the hosts is cut, each side loses the other.
func TestCutLink(t *testing.T) {
	t.Parallel()
	out := launch(t, hosts(t, 1, "--enable-recovery"), "cut", 6*time.Second)
	require.Contains(t, out, "<rank 0 of 2: tp: rank 1: has given no sign of life for ") // and then mended the link
	require.Regexp(t, "<rank 1 of 2: tp: rank 0: has given no sign of life for .*, in time true>", out)
}

func hostname(ctx context.Context, _ *Comm, w *tp.World) error {
	name, err := os.Hostname()
	_, _ = os.Stdout.WriteString(fmt.Sprintf("rank %d runs on %s\n", w.ID(), name))
	return err
}

// cut lets rank 0 take the link down, until it has noticed.
func cut(ctx context.Context, _ *Comm, w *tp.World) error {
	return w.Run(ctx, func(ctx context.Context, r *tp.Rank) error {
		for i := 0; ; i++ {
			if r.ID() == 0 && i == 20 {
				if err := exec.Command("ip", "link", "set", "link1", "down").Run(); err != nil {
					return err
				}
				defer func() {
					time.Sleep(2 * time.Second) // the other is to notice by itself
					_ = exec.Command("ip", "link", "set", "link1", "up").Run()
				}()
			}
			if err := tp.AllReduce(ctx, r, reduce.Pairwise, make([]float64, 1000)); err != nil {
				return err
			}
		}
	})
}
