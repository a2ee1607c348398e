"""GPT-2 in plain PyTorch, float32, with a cache of keys and values: the peer of ./models.

    python3 gpt2.py FOLDER THREADS

Reads commands from standard input, one a line, and answers each with one line:

    run STYLE N ID ...     reads the first N ids at once, then the others one by one;
                           prints the seconds of the first step, the seconds of the others
                           and the last logits' sum of magnitudes
    logits STYLE N ID ...  the same, but prints the logits of the last token

STYLE says how linear layers are held: conv1d ([in, out], addmm, as Hugging Face holds GPT-2)
or linear ([out, in], torch.nn.functional.linear). The logits of the last token alone are formed.
"""

import json
import math
import sys
import time

import numpy
import torch

LINEAR = ["attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"]


def load(folder):
    """Returns the tensors of model.safetensors, which are F32."""
    path = folder + "/model.safetensors"
    with open(path, "rb") as f:
        n = int.from_bytes(f.read(8), "little")
        header = json.loads(f.read(n))
    data = numpy.memmap(path, dtype=numpy.uint8, mode="r", offset=8 + n)
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            assert entry["dtype"] == "F32", entry
            begin, end = entry["data_offsets"]
            values = data[begin:end].view(numpy.float32).reshape(entry["shape"])
            tensors[name.removeprefix("transformer.")] = torch.from_numpy(values.copy())
    return tensors


class Model:
    def __init__(self, folder):
        with open(folder + "/config.json") as f:
            config = json.load(f)
        self.w = load(folder)
        self.layers, self.heads, self.width = config["n_layer"], config["n_head"], config["n_embd"]
        self.epsilon = config["layer_norm_epsilon"]
        shape = (self.layers, self.heads, config["n_positions"], self.width // self.heads)
        self.keys, self.values = torch.zeros(shape), torch.zeros(shape)
        self.transposed = {}

    def transpose(self):
        """Holds linear layers as [out, in], too."""
        for i in range(self.layers):
            for name in LINEAR:
                key = f"h.{i}.{name}.weight"
                self.transposed[key] = self.w[key].t().contiguous()

    def linear(self, style, x, name):
        if style == "conv1d":
            return torch.addmm(self.w[name + ".bias"], x, self.w[name + ".weight"])
        if not self.transposed:
            self.transpose()
        return torch.nn.functional.linear(x, self.transposed[name + ".weight"], self.w[name + ".bias"])

    def norm(self, x, name):
        return torch.nn.functional.layer_norm(x, (self.width,), self.w[name + ".weight"], self.w[name + ".bias"], self.epsilon)

    def forward(self, style, ids, start):
        """Returns the logits of the last of the ids, whose positions begin at start."""
        n, d = len(ids), self.width // self.heads
        x = self.w["wte.weight"][ids] + self.w["wpe.weight"][start : start + n]
        mask = None
        if n > 1:
            mask = torch.full((n, start + n), -math.inf).triu(start + 1)
        for i in range(self.layers):
            h = self.norm(x, f"h.{i}.ln_1")
            qkv = self.linear(style, h, f"h.{i}.attn.c_attn").view(n, 3, self.heads, d).permute(1, 2, 0, 3)
            self.keys[i, :, start : start + n], self.values[i, :, start : start + n] = qkv[1], qkv[2]
            keys, values = self.keys[i, :, : start + n], self.values[i, :, : start + n]
            scores = torch.matmul(qkv[0], keys.transpose(1, 2)) * (1 / math.sqrt(d))
            if mask is not None:
                scores += mask
            context = torch.matmul(torch.softmax(scores, -1), values)
            x = x + self.linear(style, context.permute(1, 0, 2).reshape(n, self.width), f"h.{i}.attn.c_proj")
            h = self.norm(x, f"h.{i}.ln_2")
            h = self.linear(style, h, f"h.{i}.mlp.c_fc")
            h = 0.5 * h * (1 + torch.tanh(0.7978845608028654 * (h + 0.044715 * h * h * h)))
            x = x + self.linear(style, h, f"h.{i}.mlp.c_proj")
        return torch.nn.functional.linear(self.norm(x[-1:], "ln_f"), self.w["wte.weight"])[0]

    def run(self, style, n, ids):
        # One thread is timed by the clock of the process, which stands still while other work
        # has the processor.
        clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
        begin = clock()
        logits = self.forward(style, ids[:n], 0)
        middle = clock()
        for k in range(n, len(ids)):
            logits = self.forward(style, ids[k : k + 1], k)
        return logits, middle - begin, clock() - middle


def main():
    torch.set_num_threads(int(sys.argv[2]))
    model = Model(sys.argv[1])
    print("ready", torch.__version__, flush=True)
    with torch.inference_mode():
        for line in sys.stdin:
            command, style, n, *ids = line.split()
            logits, prefill, decode = model.run(style, int(n), [int(i) for i in ids])
            if command == "logits":
                print(*(x.hex() for x in logits.tolist()), flush=True)
            else:
                print(prefill, decode, float(logits.abs().sum()), flush=True)


main()
