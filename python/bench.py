"""How fast the package is on this machine: bench.py [NAME ...]

Prints a line for each figure; the best of several runs.
"""

import subprocess
import sys
import time

import numpy as np

import detinit

GEN = detinit.DeterministicNoiseGenerator(seed=42)


def best(function, runs=5):
    """Seconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def repeated(function, count=20000):
    """Seconds of one call."""
    def calls():
        for _ in range(count):
            function()
    return best(calls) / count


def import_above_numpy():
    """In processes that have NumPy already."""
    timed = "import time, numpy; t = time.perf_counter(); import detinit; print(time.perf_counter() - t)"
    runs = [subprocess.run([sys.executable, "-c", timed], check=True, capture_output=True) for _ in range(15)]
    return f"{1000 * min(float(run.stdout) for run in runs):.1f} ms above NumPy's"


def one_weight():
    return f"{1e6 * repeated(lambda: GEN.init_weight(0, 5, 10, 784, 256)):.2f} us"


def gaussian():
    return f"{1e6 * repeated(lambda: GEN.gaussian(0, 5, 10)):.2f} us"


def recipe():
    return f"{1e6 * repeated(lambda: detinit.Recipe((256, 784), seed=42, layer=3, dtype='float32'), 2000):.1f} us"


def million():
    return f"{1000 * best(lambda: GEN.init_matrix(0, (1000, 1000))):.2f} ms"


def fill_32_mb():
    made, out = detinit.Recipe((2048, 4096), dtype="float32"), np.zeros((2048, 4096), np.float32)
    return f"{1000 * best(lambda: made.fill(out)):.1f} ms, one thread {1000 * best(lambda: made.fill(out, 1)):.1f} ms"


def analyze_32_mb():
    made = detinit.Recipe((2048, 4096), dtype="float32")
    weights = made.array()
    return f"{1000 * best(lambda: detinit.analyze(weights, made)):.1f} ms"


FIGURES = {"import": import_above_numpy, "init_weight": one_weight, "gaussian": gaussian, "recipe": recipe,
           "init_matrix 1000 x 1000 float64": million, "fill 2048 x 4096 float32": fill_32_mb,
           "analyze 2048 x 4096 float32": analyze_32_mb}


def main(names):
    for name, figure in FIGURES.items():
        if not names or any(word in name for word in names):
            print(f"{name:34} {figure()}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
