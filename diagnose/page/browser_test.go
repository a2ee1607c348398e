package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// browser returns a Chromium, or skips the test.
func browser(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds to start")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium here (Debian: chromium)")
	return ""
}

// chromium runs it without a window and returns what it prints.
func chromium(t *testing.T, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args = append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
		"--disable-background-networking", "--user-data-dir=" + t.TempDir()}, args...)
	cmd := exec.CommandContext(ctx, browser(t), args...)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	require.NoError(t, err)
	return out
}

// measure, in a page around ours, frames ours at a width and says what it looks like.
const measure = `<!DOCTYPE html><body><script>
const widths = [390, 1200], found = [];
function look(frame) {
	const d = frame.contentDocument, v = frame.contentWindow, box = s => d.querySelector(s).getBoundingClientRect();
	const text = [...d.querySelectorAll("h1, h2, p, dt, dd, li, td, span, sup, figcaption")].filter(e => e.textContent.trim() && e.getClientRects().length);
	const img = d.querySelector(".heat img"), plot = box(".plot .frame svg");
	return {
		width: v.innerWidth, scroll: d.documentElement.scrollWidth, h1: d.querySelector("h1").textContent, h1Top: box("h1").top,
		smallest: Math.min(...text.map(e => parseFloat(v.getComputedStyle(e).fontSize))),
		outside: text.filter(e => !e.closest(".scroll, details") && (e.getBoundingClientRect().right > v.innerWidth + 1 || e.getBoundingClientRect().left < -1)).map(e => e.textContent),
		plot: [plot.width, plot.height], beyond: d.querySelector(".plot figure, .plot .beyond").getTotalLength(), dots: d.querySelector(".plot .dots").getBoundingClientRect().width,
		picture: [img.naturalWidth, img.naturalHeight, img.getBoundingClientRect().width],
		report: JSON.parse(d.getElementById("report").textContent).verdict,
	};
}
let left = widths.length;
for (const w of widths) {
	const f = document.createElement("iframe");
	f.style.cssText = "border:0;height:900px;width:" + w + "px"; f.src = "report.html";
	f.onload = () => { found.push(look(f)); if (--left == 0) document.body.innerHTML = "<pre id=found>" + btoa(unescape(encodeURIComponent(JSON.stringify(found)))) + "</pre>"; };
	document.body.append(f);
}
</script>`

type look struct {
	Width, Scroll, H1Top, Smallest, Beyond, Dots float64
	H1, Report                                   string
	Outside                                      []string
	Plot                                         []float64
	Picture                                      []float64
}

// In a real browser, on a phone and on a desk: nothing is cut off, text can be read,
// the plot and the map are there, and nothing is fetched.
func TestInABrowser(t *testing.T) {
	browser(t)
	html := write(t, report(24))
	var mu sync.Mutex
	asked := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Path {
		case "/":
			fmt.Fprint(w, measure)
		case "/report.html":
			fmt.Fprint(w, html)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	dom := chromium(t, "--window-size=1300,2000", "--virtual-time-budget=20000", "--dump-dom", server.URL)
	m := regexp.MustCompile(`<pre id="found">([^<]*)</pre>`).FindSubmatch(dom)
	require.NotNil(t, m, "%s", dom)
	var data []byte
	require.NoError(t, json.Unmarshal([]byte(`"`+string(m[1])+`"`), &data)) // base64
	var found []look
	require.NoError(t, json.Unmarshal(data, &found))
	require.Len(t, found, 2)
	for _, l := range found {
		require.LessOrEqual(t, l.Scroll, l.Width, "at %v", l.Width)
		require.Empty(t, l.Outside, "at %v", l.Width)
		require.Equal(t, "A fault at layers.12.mlp.down <b>&amp; no markup</b>.", l.H1)
		require.Less(t, l.H1Top, 120.0, "the verdict is on top")
		require.GreaterOrEqual(t, l.Smallest, 9.0, "at %v", l.Width)
		require.Greater(t, l.Plot[0], l.Width*0.6)
		require.Greater(t, l.Plot[1], 150.0)
		require.Greater(t, l.Dots, l.Plot[0]*0.9)
		require.Greater(t, l.Beyond, 0.0)
		require.Equal(t, []float64{100, 12}, l.Picture[:2])
		require.Greater(t, l.Picture[2], 250.0)
		require.Equal(t, "fault", l.Report)
	}
	delete(asked, "/favicon.ico")
	require.Equal(t, map[string]int{"/": 1, "/report.html": 2}, asked)
}

func TestPrints(t *testing.T) {
	browser(t)
	dir := t.TempDir()
	html, pdf := filepath.Join(dir, "report.html"), filepath.Join(dir, "report.pdf")
	require.NoError(t, os.WriteFile(html, []byte(write(t, report(24))), 0o644))
	chromium(t, "--no-pdf-header-footer", "--print-to-pdf="+pdf, "file://"+html)
	data, err := os.ReadFile(pdf)
	require.NoError(t, err)
	require.Regexp(t, `^%PDF-`, string(data))
	pages := len(regexp.MustCompile(`/Type\s*/Page\b[^s]`).FindAll(data, -1))
	require.True(t, pages >= 6 && pages <= 14, "%d pages: want all 168 stages, which a closed list would leave out", pages)
}
