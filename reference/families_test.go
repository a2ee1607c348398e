package reference

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// eachFamily runs the test for the models that Hugging Face transformers computed in
// float64; see model/testdata/README.md.
func eachFamily(t *testing.T, test func(t *testing.T, m model)) {
	for _, name := range []string{"gpt2", "gpt_neox", "llama", "qwen2"} {
		t.Run(name, func(t *testing.T) { test(t, open(t, "../model/testdata/"+name)) })
	}
}

func TestFamiliesAgreeWithFloat64(t *testing.T) {
	eachFamily(t, func(t *testing.T, m model) {
		stages := record(t, m.Model, m.ids(t)[tokens:tokens+9])
		for stage, tensor := range map[string]string{
			"embed": "hidden_f64.0", "layers.0.output": "hidden_f64.1", "layers.1.output": "hidden_f64.2",
			"final_norm": "hidden_f64.3", "logits": "logits_f64",
		} {
			got := stages[stage].values
			all := m.floats(t, tensor)
			w := worst(t, all[len(all)/2:][:len(got)], got)
			require.Less(t, w, 1e-13, stage)
		}
		require.Len(t, stages, m.stages())
	})
}

func TestFamiliesMoreDigitsChangeNothing(t *testing.T) {
	eachFamily(t, func(t *testing.T, m model) {
		ids := m.ids(t)[:5]
		w := worstBig(logits(t, m.Model, ids, Options{Digits: 30}), logits(t, m.Model, ids, Options{Digits: 60}))
		require.Positive(t, w, "the precision has no effect at all")
		require.Less(t, w, 1e-35)
	})
}

// What a family invites one to get wrong must be seen by the comparison with
// float64.
func TestFamilyFaultsBreakAgreement(t *testing.T) {
	turns := func(change func(r *rotary)) func(m *Model) {
		return func(m *Model) {
			r := *m.Rotary
			change(&r)
			m.Rotary = &r
		}
	}
	faults := map[string]map[string]func(m *Model){
		"gpt_neox": {
			"serial":       func(m *Model) { m.Parallel = false },
			"all turns":    turns(func(r *rotary) { r.Size = 8 }),
			"gelu_new":     func(m *Model) { m.Activation = "gelu_new" },
			"query as key": func(m *Model) { m.blocks[1].q, m.blocks[1].k = m.blocks[1].k, m.blocks[1].q },
		},
		"llama": {
			"theta":   turns(func(r *rotary) { r.Theta = "10001" }),
			"scaling": turns(func(r *rotary) { r.Scaling, r.Factor = "linear", "2" }),
			"window":  func(m *Model) { m.blocks[2].window = 4 },
			"epsilon": func(m *Model) { m.Epsilon = "1.1e-5" },
			"gate":    func(m *Model) { m.blocks[0].gate, m.blocks[0].up = m.blocks[0].up, m.blocks[0].gate },
		},
		"qwen2": {"bias": func(m *Model) { m.blocks[0].v.bias = nil }},
	}
	eachFamily(t, func(t *testing.T, m model) {
		for name, inject := range faults[m.ModelType] {
			wrong := *m.Model
			wrong.blocks = slices.Clone(m.blocks)
			inject(&wrong)
			got := logits(t, &wrong, m.ids(t)[:5], Options{Digits: 20})
			w := worst(t, m.floats(t, "logits_f64")[:len(got)], got)
			t.Logf("%s: off by %.2g", name, w)
			require.Greater(t, w, 1e6*1e-13, name)
		}
	})
}

// The frequencies of Llama 3.1 (theta 500000, heads of 128, factor 8 of 8192, low 1,
// high 4), computed beside this in Python's float64 from the published formula.
func TestLlama3Frequencies(t *testing.T) {
	m := &Model{config: config{Heads: 1, Head: 128, Width: 128, Epsilon: "1", Rotary: &rotary{
		Size: 128, Theta: "500000.0", Scaling: "llama3", Factor: "8.0", Low: "1.0", High: "4.0", Base: json.Number("8192"),
	}}}
	p := newPass(t.Context(), m, Options{Digits: 30})
	for i, want := range llama3Frequencies {
		require.Less(t, AbsError(want, p.frequency(i)), 4e-16*want, "frequency %d", i)
	}
	plain := *m.Rotary
	plain.Scaling = "default"
	p.model.Rotary = &plain
	for i := range 64 {
		got := p.frequency(i)
		power := float(200).Set(got) // frequency^64 = theta^-i
		for range 6 {
			power.Mul(power, power)
		}
		theta := big.NewFloat(500000)
		for range i {
			power.Mul(power, theta)
		}
		require.Less(t, AbsError(1.0, power), 1e-30, fmt.Sprint(i))
	}
}

var llama3Frequencies = []float64{
	1.0, 0.8146172338565447, 0.6636012376960885, 0.540581004635767,
	0.44036660267178046, 0.35873022375128993, 0.2922278225730151, 0.2380538204803507,
	0.19392274474868576, 0.15797280990904317, 0.12868737343265052, 0.10483095217796996,
	0.08539710028576561, 0.06956594961416032, 0.056669621445291044, 0.04616405026546052,
	0.03760603093086393, 0.030634520893224042, 0.024955408670558694, 0.020329105980970156,
	0.016560440080994446, 0.013490419890226748, 0.010989528534539826, 0.0089522593361944,
	0.0072926647372171085, 0.005940730375674967, 0.004839421345719893, 0.003942276030116656,
	0.0032114459947525913, 0.002166570763503359, 0.0013718935677611381, 0.0008567514129196321,
	0.0005248461609929547, 0.00031269375038406517, 0.00017850781276799638, 9.556212353964683e-05,
	7.78465527393245e-05, 6.341514345777615e-05, 5.165906874818956e-05, 4.208236768725526e-05,
	3.428102195952591e-05, 2.7925911282444464e-05, 2.2748928601828183e-05, 1.8531669290821308e-05,
	1.509621717643313e-05, 1.2297638677963614e-05, 1.0017868402809974e-05, 8.160728247435943e-06,
	6.647869871181236e-06, 5.415469365499923e-06, 4.411534674558404e-06, 3.593712173650999e-06,
	2.9274998701761677e-06, 2.3847918463583037e-06, 1.942692537204043e-06, 1.58255082089091e-06,
	1.2891731721515574e-06, 1.0501826834601687e-06, 8.55496912644366e-07, 6.969025285511675e-07,
	5.677088100759837e-07, 4.6246538050008837e-07, 3.7673226901739635e-07, 3.068925988914511e-07,
}
