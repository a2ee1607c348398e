package main

import (
	"io"
	"os"
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// progress is a progress bar, shown only on a terminal. A nil progress shows
// nothing.
type progress struct {
	pool  *mpb.Progress
	bar   *mpb.Bar
	doing atomic.Pointer[string]
}

// newProgress returns a bar of that many steps on w, or nil if w is no terminal.
func newProgress(w io.Writer, steps int) *progress {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	p := &progress{pool: mpb.New(mpb.WithOutput(w), mpb.WithWidth(40))}
	p.describe("")
	p.bar = p.pool.AddBar(int64(steps), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return *p.doing.Load() }, decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.Percentage(), decor.Elapsed(decor.ET_STYLE_GO, decor.WCSyncSpace)))
	return p
}

// describe says what is being done.
func (p *progress) describe(what string) {
	if p != nil {
		p.doing.Store(&what)
	}
}

// add counts steps.
func (p *progress) add(steps int) {
	if p != nil {
		p.bar.IncrBy(steps)
	}
}

// stop removes the bar.
func (p *progress) stop() {
	if p != nil {
		p.bar.Abort(true)
		p.pool.Wait()
	}
}
