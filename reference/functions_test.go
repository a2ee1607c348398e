package reference

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// function is one of ours, of an argument and a number of digits.
type function func(x *big.Float, digits int) *big.Float

var functions = map[string]function{
	"exp": Exp, "log": Log, "sqrt": Sqrt, "tanh": Tanh, "erf": Erf, "erfc": Erfc, "sin": Sin, "cos": Cos,
	"pi": func(_ *big.Float, digits int) *big.Float { return Pi(digits) },
}

func parse(t testing.TB, s string) *big.Float {
	x, _, err := big.ParseFloat(s, 0, 400, big.ToNearestEven)
	require.NoError(t, err)
	return x
}

// relative is the relative error of x, in decimal digits: 40 means 10^-40.
func relative(x, truth *big.Float) float64 {
	d := new(big.Float).SetPrec(500).Sub(x, truth)
	if d.Sign() == 0 {
		return math.Inf(1)
	}
	d.Quo(d, truth)
	return -float64(d.MantExp(nil)) * math.Log10(2)
}

func TestPublishedConstants(t *testing.T) {
	for _, c := range []struct{ oeis, function, x, want string }{
		{"A000796", "pi", "0", "3.141592653589793238462643383279502884197169399375105820974944592307816"},
		{"A001113", "exp", "1", "2.718281828459045235360287471352662497757247093699959574966967627724077"},
		{"A068985", "exp", "-1", "0.3678794411714423215955237701614608674458111310317678345078368016974615"},
		{"A002162", "log", "2", "0.6931471805599453094172321214581765680755001343602552541206800094933936"},
		{"A002392", "log", "10", "2.302585092994045684017991454684364207601101488628772976033327900967573"},
		{"A002193", "sqrt", "2", "1.414213562373095048801688724209698078569671875376948073176679737990732"},
		{"A002194", "sqrt", "3", "1.732050807568877293527446341505872366942805253810380628055806979451933"},
		{"A073744", "tanh", "1", "0.7615941559557648881194582826047935904127685972579365515968105001219532"},
		{"A099286", "erf", "1", "0.8427007929497148693412206350826092592960669979663029084599378978347173"},
		{"A099287", "erfc", "1", "0.1572992070502851306587793649173907407039330020336970915400621021652827"},
		{"A049469", "sin", "1", "0.8414709848078965066525023216302989996225630607983710656727517099919104"},
		{"A049470", "cos", "1", "0.5403023058681397174009366074429766037323104206179222276700972553811004"},
	} {
		for _, digits := range []int{1, 10, 40, 68} {
			got := functions[c.function](parse(t, c.x), digits)
			require.Equal(t, Bits(digits), got.Prec(), c.oeis)
			require.Greater(t, relative(got, parse(t, c.want)), float64(digits), "%s: %s(%s)", c.oeis, c.function, c.x)
		}
	}
}

// Where cancellation, huge arguments or extreme results lie in wait; the values
// are those of mpmath 1.3.0.
func TestHardArguments(t *testing.T) {
	for _, c := range []struct{ function, x, want string }{
		{"exp", "-1000", "5.075958897549456765291809479574336919305599282892837361832393845410541e-435"},
		{"exp", "1000000", "3.033215396802087545086402141418114327083973794813477409606194999786226e+434294"},
		{"log", "0x1.0000000000000000000000001p0", "7.888609052210118054117285652824750789093133780236658015675900880884818e-31"},
		{"log", "0x1p-1074", "-744.4400719213812623141072984460816341130871443029141429256103301959047"},
		{"sqrt", "0x3p-1073", "5.444624757545261047941197718953411909547014239410570232770310443738284e-162"},
		{"tanh", "0x1p-10", "0.0009765621895592602185840752701467717628470088583682590651600938403933764"},
		{"tanh", "0x1p-70", "0.0000000000000000000008470329472543003390683225006796419620513913989903880904576267205708316"},
		{"tanh", "-20.5", "-0.9999999999999999968742356213300224687034354852693870412058445803033883"},
		{"erf", "0x1p-40", "0.000000000001026254874064318368160601123233471566867908918443757432821698219609878"},
		{"erfc", "-3", "1.999977909503001414558627223870417679620152292912600750342761045157058"},
		{"erfc", "10", "2.088487583762544757000786294957788611560818119321163727012213713938175e-45"},
		{"erfc", "30", "2.564656203756111600033397277501447146548889722778617054122599586184239e-393"},
		{"erfc", "100", "6.405961424921732039021339148586394148214414399460338057767107650248903e-4346"},
		{"sin", "22", "-0.008851309290403875921690256815772332463289203951332566442330835298089552"},
		{"sin", "0x1p1000", "-0.1592017030862424382400486308208390338136868987774650153675108569437154"},
		{"cos", "0x1p1000", "0.9872460775989134842399017963294680056270379668341074928488420389638803"},
		// The float64 closest to a multiple of pi/2 (W. Kahan).
		{"cos", "0x16ac5b262ca1ffp797", "-4.687165924254627611122582801963884398777914718971083783256977689161920e-19"},
		{"sin", "0x16ac5b262ca1ffp797", "0.9999999999999999999999999999999999998901523779925313124980428889359344"},
	} {
		for _, digits := range []int{10, 40, 68} {
			got := functions[c.function](parse(t, c.x), digits)
			require.Greater(t, relative(got, parse(t, c.want)), float64(digits), "%s(%s)", c.function, c.x)
		}
	}
}

// Of x = pi rounded to 100 digits, sine has lost 100 digits: it is pi - x to a
// relative 10^-200.
func TestSineAndCosineNextToTheirZeros(t *testing.T) {
	x := Pi(100)
	gap := new(big.Float).Sub(Pi(200), x)
	require.Greater(t, relative(Sin(x, 60), gap), 60.0)
	require.Greater(t, relative(Cos(x.SetMantExp(x, -1), 60), gap.SetMantExp(gap, -1)), 60.0)
}

// A result of n digits is what the result of 2n digits says.
func TestFunctionsKeepTheirPromiseAgainstTwiceTheDigits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, f := range functions {
		for range 40 {
			x := big.NewFloat(math.Ldexp(rng.Float64(), rng.IntN(14)-8))
			if rng.IntN(2) == 0 && name != "log" && name != "sqrt" {
				x.Neg(x)
			}
			for _, digits := range []int{40, 80} {
				require.Greater(t, relative(f(x, digits), f(x, 2*digits)), float64(digits), "%s(%g), %d digits", name, x, digits)
			}
		}
	}
}

func TestIdentities(t *testing.T) {
	const digits = 60
	one := big.NewFloat(1)
	sum := func(x, y *big.Float) *big.Float { return float(300).Add(x, y) }
	for _, s := range []string{"0.001", "0.7", "3.3", "11.9", "13.1", "14.2", "40"} {
		x := parse(t, s)
		require.Greater(t, relative(Log(Exp(x, digits), digits), x), digits-6.0, "log(exp %s)", s)
		require.Greater(t, relative(sum(Erf(x, digits), Erfc(x, digits)), one), float64(digits), "erf + erfc at %s", s)
		require.Greater(t, relative(sum(square(Sin(x, digits)), square(Cos(x, digits))), one), digits-1.0, "at %s", s)
		require.Greater(t, relative(Sqrt(x, digits), float(300).Sqrt(x)), float64(digits), "sqrt %s", s)
	}
}

func TestSpecialArguments(t *testing.T) {
	inf, zero := new(big.Float).SetInf(false), new(big.Float)
	for _, c := range []struct {
		name string
		f    function
		x    *big.Float
		want string
	}{
		{"exp", Exp, zero, "1"}, {"exp", Exp, inf, "+Inf"}, {"exp", Exp, new(big.Float).Neg(inf), "0"},
		{"exp", Exp, big.NewFloat(2e9), "+Inf"}, {"exp", Exp, big.NewFloat(-2e9), "0"},
		{"exp", Exp, big.NewFloat(3e9), "+Inf"}, {"exp", Exp, big.NewFloat(-3e9), "0"},
		{"log", Log, zero, "-Inf"}, {"log", Log, inf, "+Inf"}, {"log", Log, big.NewFloat(1), "0"},
		{"sqrt", Sqrt, zero, "0"}, {"sqrt", Sqrt, inf, "+Inf"}, {"sqrt", Sqrt, big.NewFloat(4), "2"},
		{"tanh", Tanh, zero, "0"}, {"tanh", Tanh, inf, "1"}, {"tanh", Tanh, big.NewFloat(-1e300), "-1"},
		{"erf", Erf, zero, "0"}, {"erf", Erf, inf, "1"}, {"erf", Erf, big.NewFloat(-1e300), "-1"},
		{"erfc", Erfc, zero, "1"}, {"erfc", Erfc, inf, "0"}, {"erfc", Erfc, big.NewFloat(-1e300), "2"}, {"erfc", Erfc, big.NewFloat(1e300), "0"},
		{"sin", Sin, zero, "0"}, {"cos", Cos, zero, "1"},
	} {
		require.Equal(t, c.want, c.f(c.x, 20).String(), "%s(%g)", c.name, c.x)
	}
	for _, f := range []func(){
		func() { Log(big.NewFloat(-1), 20) }, func() { Sqrt(big.NewFloat(-1), 20) },
		func() { Sin(inf, 20) }, func() { Cos(inf, 20) }, func() { Bits(0) },
	} {
		require.Panics(t, f)
	}
}

// The measure of all these tests sees an error in the last place that it checks.
func TestRelativeSeesAWrongDigit(t *testing.T) {
	wrong := parse(t, "3.1415926535897932384626433832795028841979") // the last digit should be 2
	require.Less(t, relative(wrong, Pi(60)), 40.0)
	require.Greater(t, relative(wrong, Pi(60)), 39.0)
}

func BenchmarkExp(b *testing.B) {
	x := big.NewFloat(-1.2345)
	for b.Loop() {
		Exp(x, 60)
	}
}
