package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What the shell of a command started does not outlive it: nobody holds the pipe any more.
func TestNothingOutlivesItsShell(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	closed := make(chan error, 1)
	go func() {
		_, err := os.ReadFile(pipe)
		closed <- err
	}()
	status, _, errs := samebits(t, "", "reveal", "--exec", "exec 9>"+pipe+"; sleep 300; echo 1", "--timeout", "300ms")
	require.Equal(t, exitBadUse, status)
	require.Contains(t, errs, "see --timeout")
	select {
	case err := <-closed:
		require.NoError(t, err)
	case <-time.After(time.Minute):
		t.Fatal("a process of the command is left")
	}
}
