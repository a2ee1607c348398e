package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/samebits/samebits/internal/kernel"
	"github.com/samebits/samebits/internal/plural"
)

// execSum gives the command the numbers, one a line, and returns the number that it
// prints. They are written as decimals of 17 digits at most that read back as the same
// float64, which for data in float32 is the same float32, too.
func execSum[T kernel.Float](ctx context.Context, command string, timeout time.Duration, x []T) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c := shell(ctx, command)
	c.WaitDelay = time.Second // for what the shell started and left behind
	var in []byte
	for _, v := range x {
		in = append(strconv.AppendFloat(in, float64(v), 'g', -1, 64), '\n')
	}
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &errs
	if err := c.Run(); err != nil {
		if ctx.Err() == context.DeadlineExceeded {
			return 0, fmt.Errorf("--exec %q: no sum of %s after %v: see --timeout", command, plural.Of(len(x), "number"), timeout)
		}
		return 0, fmt.Errorf("--exec %q: %w%s", command, err, firstLine(errs.String()))
	}
	bitSize := 64
	if !kernel.Is64[T]() {
		bitSize = 32
	}
	text := strings.TrimSpace(out.String())
	v, err := strconv.ParseFloat(text, bitSize)
	if err != nil && !errors.Is(err, strconv.ErrRange) || strings.Contains(text, "_") { // out of range is an infinity
		return 0, fmt.Errorf("--exec %q printed %q: want one number%s", command, shorten(text), firstLine(errs.String()))
	}
	return T(v), nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if line == "" {
		return ""
	}
	return ": " + shorten(line)
}

func shorten(text string) string {
	if len(text) > 200 {
		return text[:200] + "..."
	}
	return text
}
