"""Stand-ins for GPT-2, Llama and Qwen2 of Hugging Face transformers: the attribute names, the argument conventions and
the outputs of their modules, as far as hooks see them, and nothing else. They compute in the type of their weights.

    python3 standin.py SNIPPET 3,1,4,1,5 MODEL OUT [MODEL OUT ...]

runs the function record of the file SNIPPET on the model in each folder MODEL, in float64, and writes the trace OUT. It exits
with 77 where there is no PyTorch.
"""
import json
import struct
import sys
import types

try:
    import torch
    from torch import nn
except ImportError:
    sys.exit(77)

NUMPY = {"F32": torch.float32, "F64": torch.float64, "BF16": torch.bfloat16, "F16": torch.float16, "I64": torch.int64}


def load_file(path):
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    header.pop("__metadata__", None)
    return {name: torch.frombuffer(bytearray(data[slice(*t["data_offsets"])]), dtype=NUMPY[t["dtype"]]).reshape(t["shape"])
            for name, t in header.items()}


def save_file(tensors, path, metadata=None):
    """safetensors.torch.save_file, by the format's page."""
    header, data = {"__metadata__": metadata or {}}, b""
    for name, x in tensors.items():
        assert x.is_contiguous() and x.device.type == "cpu"
        raw = bytes(x.numpy().tobytes())
        dtype = {v: k for k, v in NUMPY.items()}[x.dtype]
        header[name] = {"dtype": dtype, "shape": list(x.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


class Module(nn.Module):
    def __init__(self, **children):
        super().__init__()
        for name, child in children.items():
            setattr(self, name, child)


class Conv1D(nn.Module):  # GPT-2's Linear, its weight [in, out]
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.empty(inputs, outputs)), nn.Parameter(torch.empty(outputs))

    def forward(self, x):
        return x @ self.weight + self.bias


class RMSNorm(nn.Module):
    def __init__(self, width, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.empty(width)), eps

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


def attention(q, k, v):  # [1, heads, T, head size]
    k, v = (x.repeat_interleave(q.shape[1] // x.shape[1], 1) for x in (k, v))
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    masked = torch.ones(q.shape[2], q.shape[2]).triu(1).bool()
    probs = scores.masked_fill(masked, float("-inf")).softmax(-1)
    return (probs @ v).transpose(1, 2).flatten(2), probs


def heads_of(x, size):
    return x.unflatten(-1, (x.shape[-1] // size, size)).transpose(1, 2)


class GPT2Attention(Module):
    def forward(self, hidden_states, **kwargs):
        q, k, v = (heads_of(x, self.size) for x in self.c_attn(hidden_states).chunk(3, -1))
        context, probs = attention(q, k, v)
        return self.c_proj(context), probs


class GPT2MLP(Module):
    def forward(self, x):
        return self.c_proj(nn.functional.gelu(self.c_fc(x), approximate="tanh"))


class GPT2Block(Module):
    def forward(self, hidden_states, **kwargs):
        hidden_states = self.attn(self.ln_1(hidden_states), use_cache=False)[0] + hidden_states
        return hidden_states + self.mlp(self.ln_2(hidden_states))


class LlamaAttention(Module):
    def forward(self, hidden_states, **kwargs):
        q, k, v = (heads_of(p(hidden_states), self.size) for p in (self.q_proj, self.k_proj, self.v_proj))
        context, probs = attention(self.turned(q), self.turned(k), v)
        return self.o_proj(context), probs

    def turned(self, x):
        half = self.size // 2
        angle = torch.outer(torch.arange(x.shape[2]).double(), 10000 ** -(torch.arange(half).double() / half))
        cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        a, b = x[..., :half], x[..., half:]
        return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class LlamaMLP(Module):
    def forward(self, x):
        return self.down_proj(nn.functional.silu(self.gate_proj(x)) * self.up_proj(x))


class LlamaBlock(Module):
    def forward(self, hidden_states, **kwargs):
        hidden_states = hidden_states + self.self_attn(hidden_states=self.input_layernorm(hidden_states))[0]
        return hidden_states + self.mlp(self.post_attention_layernorm(hidden_states))


class CausalLM(Module):
    def forward(self, input_ids, use_cache=None):
        if hasattr(self, "transformer"):
            t = self.transformer
            x, layers, norm = t.wte(input_ids) + t.wpe(torch.arange(input_ids.shape[1]))[None], t.h, t.ln_f
        else:
            x, layers, norm = self.model.embed_tokens(input_ids), self.model.layers, self.model.norm
        for layer in layers:
            x = layer(x, attention_mask=None)
        return self.lm_head(norm(x))


def gpt2(c):
    norm = lambda: nn.LayerNorm(c.hidden_size, eps=c.layer_norm_epsilon)
    block = lambda: GPT2Block(
        ln_1=norm(), ln_2=norm(),
        attn=GPT2Attention(c_attn=Conv1D(c.hidden_size, 3 * c.hidden_size), c_proj=Conv1D(c.hidden_size, c.hidden_size),
                           size=c.hidden_size // c.num_attention_heads),
        mlp=GPT2MLP(c_fc=Conv1D(c.hidden_size, 4 * c.hidden_size), c_proj=Conv1D(4 * c.hidden_size, c.hidden_size)))
    return CausalLM(transformer=Module(
        wte=nn.Embedding(c.vocab_size, c.hidden_size), wpe=nn.Embedding(c.n_positions, c.hidden_size),
        h=nn.ModuleList(block() for _ in range(c.num_hidden_layers)), ln_f=norm()))


def llama(c):
    size, biased = c.hidden_size // c.num_attention_heads, c.model_type == "qwen2"
    linear = lambda n, m, bias=False: nn.Linear(n, m, bias=bias)
    norm = lambda: RMSNorm(c.hidden_size, c.rms_norm_eps)
    block = lambda: LlamaBlock(
        input_layernorm=norm(), post_attention_layernorm=norm(),
        self_attn=LlamaAttention(size=size, q_proj=linear(c.hidden_size, c.hidden_size, biased),
                                 k_proj=linear(c.hidden_size, size * c.num_key_value_heads, biased),
                                 v_proj=linear(c.hidden_size, size * c.num_key_value_heads, biased),
                                 o_proj=linear(c.hidden_size, c.hidden_size)),
        mlp=LlamaMLP(gate_proj=linear(c.hidden_size, c.intermediate_size), up_proj=linear(c.hidden_size, c.intermediate_size),
                     down_proj=linear(c.intermediate_size, c.hidden_size)))
    return CausalLM(model=Module(embed_tokens=nn.Embedding(c.vocab_size, c.hidden_size),
                                 layers=nn.ModuleList(block() for _ in range(c.num_hidden_layers)), norm=norm()))


def build(folder):
    config = json.load(open(folder + "/config.json"))
    if config["model_type"] == "gpt2":  # the aliases of GPT2Config
        for theirs, common in {"n_embd": "hidden_size", "n_head": "num_attention_heads", "n_layer": "num_hidden_layers"}.items():
            config[common] = config[theirs]
    config = types.SimpleNamespace(**config)
    model = gpt2(config) if config.model_type == "gpt2" else llama(config)
    model.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
    weights = load_file(folder + "/model.safetensors")
    for tied in ("transformer.wte.weight", "model.embed_tokens.weight"):
        if tied in weights:
            weights.setdefault("lm_head.weight", weights[tied])
    model.load_state_dict(weights)
    model.config = config
    return model.double().eval()


if __name__ == "__main__":
    snippet, ids, *folders = sys.argv[1:]
    sys.modules["safetensors"], sys.modules["safetensors.torch"] = types.ModuleType("safetensors"), types.ModuleType("safetensors.torch")
    sys.modules["safetensors.torch"].save_file = save_file
    scope = {}
    exec(compile(open(snippet).read(), snippet, "exec"), scope)
    for folder, out in zip(folders[::2], folders[1::2]):
        stages, metadata = scope["record"](build(folder), [int(i) for i in ids.split(",")])
        scope["save_file"](stages, out, metadata=metadata)
