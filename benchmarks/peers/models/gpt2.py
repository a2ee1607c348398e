"""GPT-2 in plain PyTorch, float32, with a cache of keys and values: the peer of ./models.

    python3 gpt2.py FOLDER THREADS

Reads commands from standard input, one a line, and answers each with one line:

    run N ID ...     reads the first N ids at once, then the others one by one;
                     prints the seconds of the first step, the seconds of the others
                     and the last logits' sum of magnitudes
    logits N ID ...  the same, but prints the logits of the last token

Linear layers are held as [out, in]. Many rows go through torch.nn.functional.linear, one row
through torch.addmv: as a product of matrices, of which one has one row, OpenBLAS takes twice to
five times as long for it. The logits of the last token alone are formed.
"""

import json
import math
import sys
import time

import numpy
import torch
from torch.nn import functional

LINEAR = ["attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"]


def load(folder):
    """Returns the tensors of model.safetensors, which are F32, linear layers as [out, in]."""
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
            name = name.removeprefix("transformer.")
            if any(name.endswith(linear + ".weight") for linear in LINEAR):
                values = values.T
            tensors[name] = torch.from_numpy(numpy.array(values, order="C"))
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

    def linear(self, x, name):
        weight, bias = self.w[name + ".weight"], self.w[name + ".bias"]
        if len(x) == 1:
            return torch.addmv(bias, weight, x[0])[None]
        return functional.linear(x, weight, bias)

    def norm(self, x, name):
        return functional.layer_norm(x, (self.width,), self.w[name + ".weight"], self.w[name + ".bias"], self.epsilon)

    def forward(self, ids, start):
        """Returns the logits of the last of the ids, whose positions begin at start."""
        n, d = len(ids), self.width // self.heads
        x = self.w["wte.weight"][ids] + self.w["wpe.weight"][start : start + n]
        mask = None
        if n > 1:
            mask = torch.full((n, start + n), -math.inf).triu(start + 1)
        for i in range(self.layers):
            h = self.norm(x, f"h.{i}.ln_1")
            qkv = self.linear(h, f"h.{i}.attn.c_attn").view(n, 3, self.heads, d).permute(1, 2, 0, 3)
            self.keys[i, :, start : start + n], self.values[i, :, start : start + n] = qkv[1], qkv[2]
            keys, values = self.keys[i, :, : start + n], self.values[i, :, : start + n]
            scores = torch.matmul(qkv[0], keys.transpose(1, 2)) * (1 / math.sqrt(d))
            if mask is not None:
                scores += mask
            context = torch.matmul(torch.softmax(scores, -1), values)
            x = x + self.linear(context.permute(1, 0, 2).reshape(n, self.width), f"h.{i}.attn.c_proj")
            h = self.norm(x, f"h.{i}.ln_2")
            h = functional.gelu(self.linear(h, f"h.{i}.mlp.c_fc"), approximate="tanh")
            x = x + self.linear(h, f"h.{i}.mlp.c_proj")
        return torch.mv(self.w["wte.weight"], self.norm(x[-1:], "ln_f")[0])

    def run(self, n, ids):
        # One thread is timed by the clock of the process, which stands still while other work
        # has the processor.
        clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
        begin = clock()
        logits = self.forward(ids[:n], 0)
        middle = clock()
        for k in range(n, len(ids)):
            logits = self.forward(ids[k : k + 1], k)
        return logits, middle - begin, clock() - middle


def main():
    torch.set_num_threads(int(sys.argv[2]))
    model = Model(sys.argv[1])
    print("ready", torch.__version__, flush=True)
    with torch.inference_mode():
        for line in sys.stdin:
            command, n, *ids = line.split()
            logits, prefill, decode = model.run(int(n), [int(i) for i in ids])
            if command == "logits":
                print(*(x.hex() for x in logits.tolist()), flush=True)
            else:
                print(prefill, decode, float(logits.abs().sum()), flush=True)


main()
