//go:build !unix

package main

import (
	"context"
	"os/exec"
	"runtime"
)

// shell is a command for the shell, which alone ends with ctx.
func shell(ctx context.Context, command string) *exec.Cmd {
	if runtime.GOOS == "windows" {
		return exec.CommandContext(ctx, "cmd", "/C", command)
	}
	return exec.CommandContext(ctx, "sh", "-c", command)
}
