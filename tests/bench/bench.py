#!/usr/bin/env python3
"""Speed of the library: bench.py BENCH-PROGRAM [TABLE...]

Measures in turn, round after round, so that a change in the machine's load
meets all of them, and prints medians and ratios of medians.  NumPy and PyTorch
are measured where they are installed.
"""
import json
import math
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

# One thread for their BLAS, too; it is read when they are loaded.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

try:
    import numpy
except ImportError:
    numpy = None
try:
    import torch

    torch.set_num_threads(1)
except ImportError:
    torch = None

ISAS = ("best", "avx2", "baseline")


class Bench:
    """The bench program, asked for one measurement at a time."""

    def __init__(self, *program):
        self.process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, *words):
        print(*words, file=self.process.stdin, flush=True)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("bench.py: the bench program ended")
        return float(line)

    def __call__(self, *words):
        self.ask(*words)
        return self.answer()


def timed(function):
    def measure():
        start = time.perf_counter()
        function()
        return time.perf_counter() - start

    return measure


def medians(contestants, rounds):
    """{name: function} to {name: median seconds}, measured in turn."""
    times = {name: [] for name in contestants}
    for measure in contestants.values():
        measure()
    for _ in range(rounds):
        for name, measure in contestants.items():
            times[name].append(measure())
    return {name: statistics.median(t) for name, t in times.items()}


def filler(bench, isa="best", threads=1, rows=1000, cols=1000, mode="he", dist="normal",
           dtype="float64"):
    return lambda: bench("fill", isa, threads, rows, cols, mode, dist, dtype)


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}")


def others():
    """What other libraries do with 1000 x 1000, into memory they already have."""
    found = {}
    if numpy:
        generator, out = numpy.random.default_rng(1), numpy.empty((1000, 1000))
        single = numpy.empty((1000, 1000), numpy.float32)
        found["numpy float64"] = timed(lambda: generator.standard_normal(out=out))
        found["numpy float32"] = timed(
            lambda: generator.standard_normal(out=single, dtype=numpy.float32))
    if torch:
        for dtype in ("float64", "float32"):
            tensor = torch.empty(1000, 1000, dtype=getattr(torch, dtype))
            found[f"torch {dtype}"] = timed(lambda t=tensor: torch.nn.init.kaiming_normal_(t))
    return found


def table_others(bench):
    heading("1000 x 1000 normal weights, one thread: standard_normal, kaiming_normal_")
    contestants = {f"{isa} {dtype}": filler(bench, isa, dtype=dtype)
                   for dtype in ("float64", "float32") for isa in ISAS}
    rivals = others()
    result = medians({**contestants, **rivals}, 25)
    for name in contestants:
        dtype = name.split()[1]
        ratios = "".join(f"   {result[r] / result[name]:5.2f} x {r}"
                         for r in rivals if r.endswith(dtype))
        print(f"{name:18} {result[name] * 1e3:8.2f} ms{ratios}")
    for name in rivals:
        print(f"{name:18} {result[name] * 1e3:8.2f} ms")


def table_sizes(bench):
    heading("Nanoseconds a weight against size, float64, one thread, square, streamed")
    sizes = [int(round(math.sqrt(10.0**e))) for e in range(3, 10)]
    result = {side: [] for side in sizes}
    for side in sizes:
        for _ in range(max(1, min(51, int(1e8 / side**2)))):
            reference = bench("stream", "best", 1, 1000, 1000)
            result[side].append((bench("stream", "best", 1, side, side) / side**2, reference / 1e6))
    for side, pairs in result.items():
        cost = statistics.median(p[0] for p in pairs)
        ratio = statistics.median(p[0] / p[1] for p in pairs)
        print(f"{side**2:12d} weights {cost * 1e9:7.2f} ns   {ratio:5.2f} x 10^6 weights beside it")
    for rows, cols in ((1, 10**7), (10**7, 1), (64, 200000), (10**6, 9)):
        cost = statistics.median(bench("stream", "best", 1, rows, cols) for _ in range(5))
        print(f"{rows:>9} x {cols:<9}    {cost / rows / cols * 1e9:7.2f} ns")


def table_threads(bench):
    heading("4000 x 4000 float64: two threads against two programs of one thread")
    second = Bench(bench.process.args[0])

    def two_programs():
        for b in (bench, second):
            b.ask("fill", "best", 1, 4000, 4000)
        return max(b.answer() for b in (bench, second)) / 2

    contestants = {f"{n} thread{'s' * (n > 1)}": filler(bench, threads=n, rows=4000, cols=4000)
                   for n in (1, 2, 4)}
    result = medians({**contestants, "two programs": two_programs}, 9)
    for name, seconds in result.items():
        print(f"{name:14} {seconds * 1e3:8.1f} ms a matrix   {result['two programs'] / seconds:5.2f}")
    second.process.stdin.close()
    second.process.wait()


def table_recipes(bench):
    heading("1000 x 1000, one thread: storage types, distributions, modes")
    variants = {d: {"dtype": d} for d in ("float64", "float32", "float16", "bfloat16")}
    variants |= {d: {"dist": d} for d in ("uniform", "truncated")}
    variants |= {m: {"mode": m} for m in ("xavier", "lecun", "normal")}
    result = medians({f"{name} {isa}": filler(bench, isa, **options)
                      for name, options in variants.items() for isa in ISAS}, 11)
    print(f"{'':12}" + "".join(f"{isa:>13}" for isa in ISAS))
    for name in variants:
        print(f"{name:12}" + "".join(f"{result[f'{name} {isa}'] * 1e3:10.2f} ms" for isa in ISAS))


def table_single(bench):
    heading("One weight, and a window of a 9e18 x 9e18 matrix")
    result = medians({"weight": lambda: bench("weight", "best", 200000),
                      "window": lambda: bench("window", "best", 200, 60)}, 15)
    print(f"one addressed weight  {result['weight'] * 1e9:8.1f} ns")
    print(f"window of 200 x 60    {result['window'] * 1e3:8.4f} ms")


def table_orthogonal(bench):
    heading("1000 x 1000 orthogonal float64, one thread")
    contestants = {"detinit": lambda: bench("make", "best", 1, 1000, 1000)}
    if torch:
        tensor = torch.empty(1000, 1000, dtype=torch.float64)
        contestants["torch.nn.init.orthogonal_"] = timed(lambda: torch.nn.init.orthogonal_(tensor))
    if numpy:
        matrix = numpy.random.default_rng(1).standard_normal((1000, 1000))
        contestants["numpy.linalg.cond"] = timed(lambda: numpy.linalg.cond(matrix))
    result = medians(contestants, 5)
    for name, seconds in result.items():
        print(f"{name:26} {seconds * 1e3:8.1f} ms   {seconds / result['detinit']:5.2f}")


def table_analyze(bench):
    """A file of BENCH_GB gigabytes, BENCH_FILE, read from the page cache and compared."""
    gigabytes = float(os.environ.get("BENCH_GB", "1"))
    path = os.environ.get("BENCH_FILE", os.path.join(tempfile.gettempdir(), "detinit-bench.npy"))
    cols, threads = 40000, len(os.sched_getaffinity(0))
    rows = max(1, int(gigabytes * 1e9 / 4 / cols))
    shape = "best", threads, rows, cols, "he", "normal", "float32"
    second = Bench(bench.process.args[0], path)
    few = 1000  # rows that are generated beside it, in turn
    heading(f"{rows} x {cols} float32, {rows * cols * 4 / 1e9:.1f} GB, {threads} threads: analyzed "
            "against generated")
    try:
        for layer, name in ((1, "all weights changed"), (0, "untouched")):
            second("save", *shape, layer)
            pairs = []
            for _ in range(7):
                generated = second("fill", "best", threads, few, cols, *shape[4:]) / few
                pairs.append((generated, second("change", *shape) / rows))
            cost = statistics.median(p[1] for p in pairs)
            rate = statistics.median(p[0] / p[1] for p in pairs)
            generated = statistics.median(p[0] for p in pairs)
            print(f"{name:20} {cols / cost / 1e9:6.3f} billion weights a second, generated "
                  f"{cols / generated / 1e9:6.3f}   {100 * rate:4.0f} %")
    finally:
        second("remove")
        second.process.stdin.close()
        second.process.wait()


def time_of(words):
    """Seconds that a command takes, and the memory that it has at most."""
    begun = time.monotonic()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    assert status == 0, words
    return time.monotonic() - begun, used.ru_maxrss * 1024


def table_diff(bench):
    """Two checkpoints of BENCH_GB gigabytes together, read from the page cache and compared."""
    program = os.path.join(os.path.dirname(bench.process.args[0]), "..", "..", "detinit")
    gigabytes, cols = float(os.environ.get("BENCH_GB", "1")), 40000
    rows = max(1, int(gigabytes * 1e9 / 8 / cols))
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        files = [os.path.join(folder, name) for name in ("a.npy", "b.npy", "c.npy")]
        for layer, path in zip((0, 1, 0), files):
            subprocess.run([program, "--rows", str(rows), "--cols", str(cols), "--layer", str(layer), "--dtype",
                            "float32", "--save", path, "--quiet"], check=True)
        heading(f"2 x {rows} x {cols} float32, {rows * cols * 8 / 1e9:.1f} GB: detinit diff against cat")
        for name, pair in (("all weights changed", files[:2]), ("the same", files[::2])):
            times = [(time_of(["cat", *pair]), time_of([program, "diff", *pair])) for _ in range(7)]
            rate = statistics.median(cat[0] / diff[0] for cat, diff in times)
            speed = statistics.median(rows * cols * 8 / diff[0] for _, diff in times)
            most = max(diff[1] for _, diff in times)
            print(f"{name:20} {speed / 1e9:6.2f} GB/s   {100 * rate:4.0f} %   {most / 1e6:4.0f} MB of memory")


def table_parts(bench):
    threads = len(os.sched_getaffinity(0))
    for title, words, parts in (
            ("4000 x 4000 float32", ("part", "best", threads, 4000, 4000, "he", "normal", "float32",
                                     0), ("range", "rows", "cols", "strip")),
            ("512 x 512 x 3 x 3 float32, zero-mean", ("kernel", "best", threads, 512, 512),
             ("rows", "cols"))):
        heading(f"{title}, {threads} threads: speed of parts against the whole, per weight")
        ratios = {part: [] for part in parts}
        for _ in range(25):
            for part in parts:
                ratios[part].append(bench(*words, "whole") / bench(*words, part))
        for part in parts:
            print(f"{part:10} {statistics.median(ratios[part]):5.2f}")


def text_of_pickle(text):
    return b"X" + struct.pack("<I", len(text)) + text.encode()


def write_torch(path, count):
    """What torch.save writes of a dict of so many tensors of 4 numbers, by hand."""
    body = [b"\x80\2ccollections\nOrderedDict\nq\0)R("]
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(count):
            body += [text_of_pickle(f"model.layers.{n}.weight"),
                     b"ctorch._utils\n_rebuild_tensor_v2\n((", text_of_pickle("storage"),
                     b"ctorch\nFloatStorage\n", text_of_pickle(str(n)), text_of_pickle("cpu"),
                     b"K\4tQK\0K\4\x85K\1\x85\x89h\0)RtR"]
        archive.writestr("w/data.pkl", b"".join(body) + b"u.")
        for n in range(count):
            archive.writestr(f"w/data/{n}", bytes(16))


def write_safetensors(path, names, bytes_each):
    """A file of so many float32 vectors, its data a hole."""
    header = {name: {"dtype": "F32", "shape": [bytes_each // 4],
                     "data_offsets": [n * bytes_each, (n + 1) * bytes_each]}
              for n, name in enumerate(names)}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + len(names) * bytes_each)


def write_shards(folder):
    """50 GB of holes in ten shards, with an index."""
    os.mkdir(folder)
    weight_map = {}
    for shard in range(10):
        names = [f"model.layers.{shard}.{n}.weight" for n in range(100)]
        file = f"model-{shard + 1:05d}-of-00010.safetensors"
        write_safetensors(os.path.join(folder, file), names, 50_000_000)
        weight_map |= dict.fromkeys(names, file)
    with open(os.path.join(folder, "model.safetensors.index.json"), "w", encoding="utf-8") as file:
        json.dump({"metadata": {"total_size": 50_000_000_000}, "weight_map": weight_map}, file)


# A small process in between: a child's peak begins with that of the process it was forked from.
USAGE = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(1024 * usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
"""


def usage_of(command):
    """Bytes of memory and seconds of the processor that a command takes."""
    told = subprocess.run([sys.executable, "-S", "-c", USAGE, *command], capture_output=True,
                          text=True, check=True).stdout
    return tuple(map(float, told.split()))


def table_list(bench):
    """`detinit list`, which must keep its promises."""
    del bench
    program = os.path.join(os.path.dirname(sys.argv[1]), "../../detinit")
    heading("detinit list: ms from start to exit, ms of the processor, MB, and what they may be")
    crowded = os.getloadavg()[0] > os.cpu_count()
    if crowded:
        print("others use the machine: what counts is the processor's time")
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        def place(name):
            return os.path.join(folder, name)

        write_safetensors(place("many.safetensors"),
                          [f"model.layers.{n}.weight" for n in range(100000)], 16)
        write_torch(place("many.pt"), 100000)
        write_shards(place("hf"))
        for name, file, most, most_memory in (
                ("10^5 tensors, .safetensors", "many.safetensors", 0.3, 256e6),
                ("10^5 tensors, .pt", "many.pt", 0.3, 256e6),
                ("50 GB in ten shards", "hf", 0.2, 50e6)):
            command = [program, "list", place(file)]
            run = timed(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))
            usages = [usage_of(command) for _ in range(9)]
            memory = max(bytes for bytes, _ in usages)
            busy = statistics.median(seconds for _, seconds in usages)
            seconds = medians({name: run}, 9)[name]
            good = (busy if crowded else seconds) <= most and memory <= most_memory
            kept = kept and good
            print(f"{name:28} {1e3 * seconds:6.1f}  {1e3 * busy:6.1f} of {1e3 * most:3.0f}   "
                  f"{memory / 1e6:6.1f} of {most_memory / 1e6:3.0f}   {'' if good else 'MISSED'}")
    if not kept:
        sys.exit("bench.py: detinit list takes more than it may")


TABLES = {"others": table_others, "sizes": table_sizes, "threads": table_threads,
          "recipes": table_recipes, "single": table_single, "orthogonal": table_orthogonal,
          "analyze": table_analyze, "diff": table_diff, "parts": table_parts, "list": table_list}


def main():
    wanted = sys.argv[2:] or list(TABLES)
    if len(sys.argv) < 2 or any(name not in TABLES for name in wanted):
        sys.exit(f"{__doc__}\nTables: {', '.join(TABLES)}")
    bench = Bench(sys.argv[1])
    for name in wanted:
        TABLES[name](bench)


if __name__ == "__main__":
    main()
