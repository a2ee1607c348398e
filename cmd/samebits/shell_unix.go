//go:build unix

package main

import (
	"context"
	"os/exec"
	"syscall"
)

// shell is a command for the shell. Where ctx ends it, all that it started ends, too.
func shell(ctx context.Context, command string) *exec.Cmd {
	c := exec.CommandContext(ctx, "sh", "-c", command)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a group of its own, of the shell's number
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	return c
}
