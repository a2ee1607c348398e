package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

//go:embed gpt2.py
var script string

// python is a process that runs gpt2.py.
type python struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// startPython starts the interpreter over a folder of float32 weights. Its idle threads wait
// as OMP_WAIT_POLICY says: "passive", or for "default" spinning a while. ("active" would spin for
// minutes, through the turns of all others.)
func startPython(interpreter, folder string, threads int, wait string) (*python, error) {
	p := &python{command: exec.Command(interpreter, "-c", script, folder, strconv.Itoa(threads))}
	p.command.Stderr = os.Stderr
	// torch.set_num_threads does not reach OpenBLAS, whose threads would count as time of one. Debian's
	// are its own, beside those of OpenMP: what one library's do while they wait is taken from the other's.
	n := strconv.Itoa(threads)
	p.command.Env = append(os.Environ(), "OPENBLAS_NUM_THREADS="+n, "OMP_NUM_THREADS="+n)
	if wait != "default" {
		p.command.Env = append(p.command.Env, "OMP_WAIT_POLICY="+wait)
	}
	var err error
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReaderSize(out, 1<<20)
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	ready, err := p.out.ReadString('\n')
	if err != nil || !strings.HasPrefix(ready, "ready") {
		return nil, fmt.Errorf("%s: %q %v", interpreter, ready, err)
	}
	return p, nil
}

// ask sends a command and returns the numbers of the answer.
func (p *python) ask(command string, prefix int, ids []int) ([]float64, error) {
	fmt.Fprintf(p.in, "%s %d %s\n", command, prefix, strings.Trim(fmt.Sprint(ids), "[]"))
	line, err := p.out.ReadString('\n')
	if err != nil {
		return nil, err
	}
	var all []float64
	for _, field := range strings.Fields(line) {
		x, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return nil, fmt.Errorf("gpt2.py: %q: %w", field, err)
		}
		all = append(all, x)
	}
	return all, nil
}

// run measures the reading of the first ids, and of the others one by one.
func (p *python) run(prefix int, ids []int) (t times, err error) {
	answer, err := p.ask("run", prefix, ids)
	if err != nil {
		return t, err
	}
	return times{seconds(answer[0]), seconds(answer[1])}, nil
}

func (p *python) stop() {
	p.in.Close()
	p.command.Wait()
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
