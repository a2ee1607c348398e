#!/usr/bin/env python3
"""A second implementation of the sums of SPEC.md: sections 2, 3, 3.1 and 10, from that page alone.

It recomputes every digest of golden.json and golden_operations.json beside it: python3 reduce/testdata/second.py, about
half a minute, no packages. It shares nothing with the Go code but the page, and is written for likeness to the page, not
for speed. Numbers of binary32 are held as binary64 and rounded after each
operation, which rounds +, -, *, / and sqrt once: 53 bits are at least 2*24 + 2 (Figueroa, 1995)."""
import ctypes, hashlib, json, math, os, struct


class Type:
    def __init__(self, name, bits, p, least, most, lanes, w, k, q):
        self.name, self.bits, self.p, self.least, self.most = name, bits, p, least, most  # 2^least to below 2^most
        self.lanes, self.w, self.k, self.code = lanes, w, k, q
        self.round = (lambda x: ctypes.c_float(x).value) if bits == 32 else (lambda x: x)

    def bytes(self, x):
        return struct.pack(self.code, x) if x == x else (0x7fc << (self.bits - 12) if self.bits == 32 else 0x7ff8 << 48
                                                         ).to_bytes(self.bits // 8, 'little')

    def add(self, a, b): return self.round(a + b)
    def sub(self, a, b): return self.round(a - b)
    def mul(self, a, b): return self.round(a * b)
    def div(self, a, b): return self.round(a / b)

    def two_sum(self, a, b):
        h = self.add(a, b)
        t = self.sub(h, a)
        return h, self.add(self.sub(a, self.sub(h, t)), self.sub(b, t))

    def two_prod(self, a, b):
        p = self.mul(a, b)
        if not math.isfinite(p): return p, a * b - p
        if p == 0 and (a == 0 or b == 0): return p, 0.0
        return p, self.nearest(integer(a) * integer(b) - (integer(p) << UNIT), 1 << 2 * UNIT)

    def nearest(self, n, d=1, minus_zero=False):
        """RN of the real number n/d."""
        if n == 0: return -0.0 if minus_zero else 0.0
        m, e = abs(n), abs(n).bit_length() - d.bit_length()
        if (m << max(-e, 0)) < (d << max(e, 0)): e -= 1  # now 2^e <= m/d < 2^(e+1)
        q = max(e - self.p + 1, self.least)
        i, r = divmod(m << max(-q, 0), d << max(q, 0))
        twice = 2 * r - (d << max(q, 0))
        if twice > 0 or twice == 0 and i & 1: i += 1
        x = math.ldexp(i, q) if i.bit_length() + q <= self.most else math.inf
        return -x if n < 0 else x


F32 = Type('float32', 32, 24, -149, 128, 32, 13, 32, '<f')
F64 = Type('float64', 64, 53, -1074, 1024, 16, 40, 450, '<d')
UNIT = 1074  # integer(x) is x * 2^1074


def integer(x):
    n, d = x.as_integer_ratio()
    return n << UNIT - d.bit_length() + 1


def negative(x): return math.copysign(1, x) < 0


# Section 2.
def grow(n): return 1 << (n - 1).bit_length() - 1


def tree(lo, hi, leaf, join):
    """The value of a node of the growing tree; None is absent."""
    if hi - lo == 1: return leaf(lo)
    m = lo + grow(hi - lo)
    a, b = tree(lo, m, leaf, join), tree(m, hi, leaf, join)
    return b if a is None else a if b is None else join(a, b)


# Section 3.
KINDS = ['positive_infinities', 'negative_infinities', 'nans', 'negative_zeros']


def kind(x):
    if x != x: return 'nans'
    if math.isinf(x): return KINDS[x < 0]
    return 'negative_zeros' if x == 0 and negative(x) else None


class Exact:
    """The exact sum of x[i], or of x[i]*y[i], in units of 2^-2148."""
    def __init__(self, x, y=None):
        self.count, self.kinds, self.sum = len(x), dict.fromkeys(KINDS, 0), 0
        for a, b in zip(x, y or [1.0] * len(x)):
            zero = a == 0 or b == 0
            p = -0.0 if zero and negative(a) != negative(b) else a * b if not zero else a * b + 0.0
            if not math.isfinite(a) or not math.isfinite(b) or zero:
                if kind(p): self.kinds[kind(p)] += 1
            else: self.sum += integer(a) * integer(b)

    def special(self):
        up, down, nan, _ = self.kinds.values()
        return math.nan if nan or up and down else math.inf if up else -math.inf if down else None

    def minus_zero(self): return 0 < self.count == self.kinds['negative_zeros']

    def round(self, t, by=1):
        s = self.special()
        return t.nearest(self.sum, by << 2 * UNIT, self.minus_zero()) if s is None else s


class Binned(Exact):
    def __init__(self, t, fold, x):
        Exact.__init__(self, x)
        x = [integer(a) >> UNIT + t.least for a in x if not kind(a)]  # in units of q[0]
        self.top = fold - 1
        while any(2 * abs(a) > 1 << t.w * (self.top + 1) for a in x): self.top += 1
        cut = lambda a, k: int(nearest_even(a, t.w * k)) << t.w * k
        self.bins = [sum(cut(a, k) - cut(a, k + 1) >> t.w * k for a in x) for k in range(self.top, self.top - fold, -1)]
        self.sum = sum(n << t.w * (self.top - i) for i, n in enumerate(self.bins)) << 2 * UNIT + t.least


def nearest_even(a, shift):
    n, r = a >> shift, a & (1 << shift) - 1
    return n + (2 * r > 1 << shift or 2 * r == 1 << shift and n & 1)


def permutation(seed, n):
    p, s, m = list(range(n)), seed, (1 << 64) - 1
    for i in range(n - 1, 0, -1):
        s = s + 0x9e3779b97f4a7c15 & m
        z = (s ^ s >> 30) * 0xbf58476d1ce4e5b9 & m
        z = (z ^ z >> 27) * 0x94d049bb133111eb & m
        j = (z ^ z >> 31) * (i + 1) >> 64
        p[i], p[j] = p[j], p[i]
    return p


def finish_pair(t, h, l): return t.add(h, l) if l != 0 and math.isfinite(t.add(h, l)) else h


def join_pairs(t):
    def join(a, b):
        h, e = t.two_sum(a[0], b[0])
        return h, t.add(t.add(a[1], b[1]), e)
    return join


def lanes(count, terms, join):
    rows = lambda j: tree(0, (len(terms) - 1 - j) // count + 1, lambda r: terms[r * count + j], join)
    return tree(0, min(count, len(terms)), rows, join)


def total(order, t, x, y=None):
    """Sum of x, or Dot of x and y."""
    if not x: return 0.0
    if order == 'exact': return Exact(x, y).round(t)
    if order == 'double-double':
        terms = [(a, 0.0) for a in x] if y is None else [t.two_prod(a, b) for a, b in zip(x, y)]
        return finish_pair(t, *lanes(t.lanes, terms, join_pairs(t)))
    work = F64 if order == 'widened' else t
    terms = x if y is None else [work.mul(a, b) for a, b in zip(x, y)]
    if order in ('pairwise', 'widened'): return t.round(lanes(t.lanes, terms, work.add))
    if order.startswith('binned'): return Binned(t, int((order + '=3').split('=')[1]), terms).round(t)
    if order.startswith('shuffled'): terms = [terms[i] for i in permutation(int(order[9:-1]), len(terms))]
    s, c = terms[0], 0.0
    for a in terms[1:]:
        if order == 'kahan':
            v = t.sub(a, c)
            r = t.add(s, v)
            c = t.sub(t.sub(r, s), v)
        else:
            r = t.add(s, a)
            if order == 'neumaier':
                c = t.add(c, t.add(t.sub(s, r), a) if abs(s) >= abs(a) else t.add(t.sub(a, r), s))
        s = r
    return finish_pair(t, s, c) if order == 'neumaier' else s


# Section 3.1.
def norm(order, t, x):
    if any(a != a for a in x): return math.nan
    if any(map(math.isinf, x)): return math.inf
    if order == 'exact': return exact_root(t, sum(integer(a)**2 for a in x))
    m = max(map(abs, x))
    e = 0 if m == 0 or 2.0**-t.k <= m < 2.0**t.k else math.frexp(m)[1] - 1
    scaled = lambda a, e: t.nearest(integer(a) << max(e, 0), 1 << UNIT + max(-e, 0), negative(a))
    s = math.sqrt(total(order, t, *[[scaled(a, -e) for a in x]] * 2))
    return scaled(t.round(s), e)


def exact_root(t, s):
    """The square root of s*2^(-2*UNIT); the last bit of r tells whether it is more than r."""
    r = math.isqrt(s << 200)
    return t.nearest(2 * r + (r * r != s << 200), 1 << UNIT + 101)


def mean(order, t, x):
    if order == 'exact': return Exact(x).round(t, len(x))
    return t.div(total(order, t, x), t.nearest(len(x)))


def variance(order, t, x, ddof):
    n = len(x)
    if n - ddof < 1: return math.nan
    if order == 'exact':
        if not all(map(math.isfinite, x)): return math.nan
        s, q = sum(map(integer, x)), sum(integer(a)**2 for a in x)
        return t.nearest(n * q - s * s, n * (n - ddof) << 2 * UNIT)
    m = mean(order, t, x)
    d = [t.sub(a, m) for a in x]
    q, s = total(order, t, d, d), total(order, t, d)
    v = t.sub(q, t.div(t.mul(s, s), t.nearest(n)))
    return t.div(0.0 if v < 0 else v, t.nearest(n - ddof))


def prefix_sums(t, x):
    """Pairwise sums of all prefixes, the trees of the lanes as the stacks of section 2."""
    stacks, out = [[] for _ in range(t.lanes)], []
    for i, a in enumerate(x):
        stack, row = stacks[i % t.lanes], i // t.lanes + 1
        stack.append(a)
        while row % 2 == 0:
            b, row = stack.pop(), row // 2
            stack[-1] = t.add(stack[-1], b)
        fold = lambda v: v[0] if len(v) == 1 else t.add(v[0], fold(v[1:]))
        values = [fold(v) for v in stacks if v]
        out.append(tree(0, len(values), values.__getitem__, t.add))
    return out


def largest(x): return math.nan if any(a != a for a in x) else max(x, key=lambda a: (a, not negative(a)))


def index(x):
    nan, m = [i for i, a in enumerate(x) if a != a], largest(x)
    return nan[0] if nan else next(i for i, a in enumerate(x) if a == m and negative(a) == negative(m))


# Section 10.
def nodes(order, t, start, terms):
    join, out, i = join_pairs(t) if order == 'double-double' else (F64 if order == 'widened' else t).add, [], start
    end, lane = start + len(terms), t.lanes
    while i < end:
        to = min(end, i // lane * lane + lane)
        out.append((0, i // lane, i % lane, i % lane + to - i, terms[i - start:to - start]))
        i = to
        while len(out) > 1 and out[-1][0] == out[-2][0] and out[-1][1] == out[-2][1] + 1 and out[-1][1] & 1 and (
                out[-1][2:4] == out[-2][2:4] == (0, lane)):
            k, r, _, _, v = out.pop()
            out[-1] = (k + 1, r // 2, 0, lane, [join(a, b) for a, b in zip(out[-1][4], v)])
    return out


def state(order, t, start, x):
    """The bytes and the JSON of the state of Sum over x, the terms from index start on."""
    name, fold = order.split('/')[0], int((order + '=3').split('=')[1]) if order.startswith('binned') else 0
    flat = name in ('exact', 'binned')
    code = ['pairwise', 'double-double', 'widened', 'exact', 'binned'].index(name) + 1
    b = struct.pack('<8sHHBBBBQQ', b'samebits', 1, 1, code, t.bits, 0 if flat else t.lanes, fold, start, len(x))
    j = {'format': 'samebits state', 'version': 1, 'spec': 1, 'order': name, 'parameter': fold, 'type': 'f%d' % t.bits,
         'lanes': 0 if flat else t.lanes, 'start': str(start), 'count': str(len(x))}
    if flat:
        s = Exact(x) if name == 'exact' else Binned(t, fold, x)
        b += struct.pack('<4Q', *s.kinds.values())
        j[name] = {k: str(v) for k, v in s.kinds.items()}
    if name == 'binned':
        b += bytes([s.top]) + b''.join(n.to_bytes(16, 'little', signed=True) for n in s.bins)
        j[name].update(top=s.top, bins=['%032x' % (n % (1 << 128)) for n in s.bins])
    elif name == 'exact':
        d, low = abs(s.sum) << 2176 - 2 * UNIT, 0
        digits = [d >> 32 * i & 0xffffffff for i in range((d.bit_length() + 31) // 32)]
        while digits and not digits[0]: digits, low = digits[1:], low + 1
        b += struct.pack('<BII%dI' % len(digits), s.sum < 0, low, len(digits), *digits)
        j[name].update(negative=s.sum < 0, lowest=low, digits=['%08x' % v for v in digits])
    else:
        list_of, number = nodes(order, t, start, x if code != 2 else [(a, 0.0) for a in x]), F64 if code == 3 else t
        b += struct.pack('<I', len(list_of))
        for level, i, lo, hi, v in list_of:
            parts = [number.bytes(a) for part in (zip(*v) if code == 2 else [v]) for a in part]
            b += struct.pack('<BBBQ', level, lo, hi, i) + b''.join(parts)
            hexes = [p[::-1].hex() for p in parts]
            node = {'level': level, 'index': str(i), 'from': lo, 'to': hi, 'h': hexes[:hi - lo]}
            j.setdefault('nodes', []).append(dict(node, l=hexes[hi - lo:]) if code == 2 else node)
    return b, json.dumps(j, separators=(',', ':')).encode()


# The data of the golden files.
def data(t, what, seed, n=20000):
    x, s = [], seed
    for i in range(n):
        s = s * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
        v = t.round(((s >> 11) - (1 << 52)) / 2.0**52)
        if what != 'plain': v = t.mul(v, 2.0**(s % 61 - 30))
        if what == 'nasty':
            c = (s >> 8) % 8
            if c == 0 and i: v = -x[-1]
            elif c == 1: v = t.mul(t.round(float(s >> 40)), 2.0**t.least)
            elif c == 2: v = v * 0
        x.append(v)
    return x


def main():
    folder, wrong, calls, found = os.path.dirname(os.path.abspath(__file__)), [], 0, {}
    want = [json.load(open(os.path.join(folder, f)))['digests'] for f in ('golden.json', 'golden_operations.json')]

    def check(digests, name, values, t=None):
        nonlocal calls
        calls += len(values)
        h = hashlib.sha256(b''.join(v if t is None else t.bytes(v).ljust(8, b'\0') for v in values)).hexdigest()
        found[name] = h
        if digests.get(name) != h: wrong.append(name)

    for t in (F32, F64):
        seeds = 0x243F6A8885A308D3, 0x13198A2E03707344
        x, y = ({k: data(t, k, s) for k in ('plain', 'wide', 'nasty')} for s in seeds)
        short = [v[:4099] for v in x.values()]
        e = 60 if t is F32 else 480
        short.append([t.mul(a, 2.0**(-e if i % 2 else e)) for i, a in enumerate(short[1])])
        parts = [v[:n] for v in short for n in [1000, 4099, *range(1, 71)]]
        check(want[1], 'max ' + t.name, [a for v in parts for a in (largest(v), float(index(v)))], t)
        sums = [prefix_sums(t, v) for v in short]
        check(want[1], 'prefix sums ' + t.name, [a for v in sums for n in [1000, 4099, *range(1, 71)] for a in v[:n]], t)
        for name in [n[4:] for n in want[0] if n.startswith('sum ' + t.name)]:
            order = name.split(' ')[1]
            sizes = [(k, n) for k in x for n in [1000, 4099, 20000, *range(71)]]
            check(want[0], 'sum ' + name, [total(order, t, x[k][:n]) for k, n in sizes], t)
            check(want[0], 'dot ' + name, [total(order, t, x[k][:n], y[k][:n]) for k, n in sizes], t)
            if 'state ' + name in want[0]:
                both = [state(order, t, 3 * k, x['nasty'][3 * k:k * k]) for k in range(3, 71)]
                check(want[0], 'state ' + name, [b for b, _ in both])
                check(want[0], 'state ' + name + ' json', [j for _, j in both])
        for name in [n[4:] for n in want[1] if n.startswith('abs ' + t.name)]:
            order = name.split(' ')[1]
            check(want[1], 'abs ' + name, [total(order, t, list(map(abs, v))) for v in parts], t)
            check(want[1], 'norm ' + name, [norm(order, t, v) for v in parts], t)
            check(want[1], 'mean ' + name, [mean(order, t, v) for v in parts], t)
            check(want[1], 'variance ' + name, [variance(order, t, v, d) for v in parts for d in (0, 1)], t)
    left = len(want[0]) + len(want[1]) - len(found)
    print('%d results, %d digests: %d wrong %s, %d left out' % (calls, len(found), len(wrong), wrong, left))
    raise SystemExit(bool(wrong))


if __name__ == '__main__': main()
