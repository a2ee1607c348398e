package elementary
import ("testing";"math")
func TestTmp(t *testing.T){
 for _,x:=range goldenArguments[float32](){
  for _,c:=range []struct{n string; a,b float32}{{"sin",Sin(x),float32(sin(float64(x)))},{"cos",Cos(x),float32(cos(float64(x)))}} {
  if math.Float32bits(c.a)!=math.Float32bits(c.b) && c.a==c.a { w:=oracles["Sin"](float64(x)); f,_:=w.Float32(); t.Logf("%s %x new %x old %x true %x",c.n,x,c.a,c.b,f)}}
 }
}
func BenchmarkKernel(b *testing.B){
 x:=benchmarkInput[float32](1.5); dst:=make([]float32,len(x))
 for _,n:=range []string{"Exp","Tanh","Sigmoid","Erf","SiLU","GELU","GELUTanh"}{ f:=slices[float32]()[n]
  b.Run(n,func(b *testing.B){ for b.Loop(){ f(dst,x)}; b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(x)),"ns/elem")})}
}
