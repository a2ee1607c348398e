package diagnose
import ("testing";"fmt";"os";"strings")
func TestDebug2(t *testing.T) {
	want := os.Getenv("CASE2"); if want=="" {t.Skip()}
	for _, c := range readGrid(t).cases() { if !strings.Contains(c.String(), want) {continue}
		r := c.newRun(); tr := c.trace(r)
		p := newReplayer(tr, r.checkpoint())
		s := p.recorded[os.Getenv("STAGE")]
		op, cc, _, _ := p.compare(s, false)
		a := arithmetic{p.a.values, p.a.values}
		alt := with(op,a); e := alt.replay().reshaped(cc.e)
		after := compare(cc.y, e, cc.a)
		fmt.Println("within", after.within(), after.share, "spread", after.spread())
		for _, x := range after.systematic(alt) { fmt.Println(x) }
		f := p.explain(s, op, cc); fmt.Printf("%+v\n", f)
		return
	}
}
