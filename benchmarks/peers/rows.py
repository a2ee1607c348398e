"""Times softmax and norms of 64 rows with PyTorch on one thread, as BenchmarkRows does ours.

    python3 rows.py

The least of many rounds, in nanoseconds an element. RMSNorm is written out as models do
where PyTorch has none.
"""

import time

import torch

ROWS, EPS = 64, 1e-5


def rms_norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPS) * weight


def least(f, elements, rounds=300):
    best = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter_ns()
        f()
        best = min(best, time.perf_counter_ns() - begin)
    return best / elements


def main():
    torch.set_num_threads(1)
    print("PyTorch", torch.__version__)
    for dtype, name in ((torch.float32, "f32"), (torch.float64, "f64")):
        for n in (128, 1024, 4096):
            x = torch.rand(ROWS, n, dtype=dtype) * 2 - 1
            y, weight, bias = torch.empty_like(x), torch.rand(n, dtype=dtype), torch.rand(n, dtype=dtype)
            for f, run in (
                ("copy", lambda: y.copy_(x)),
                ("softmax", lambda: torch.softmax(x, -1)),
                ("layernorm", lambda: torch.nn.functional.layer_norm(x, (n,), weight, bias, EPS)),
                ("rmsnorm", lambda: rms_norm(x, weight)),
            ):
                print(f"f={f}/type={name}/n={n} {least(run, ROWS * n):.3f} ns/elem")


with torch.no_grad():
    main()
