"""What training loses where only a share of the weights may leave their initial values.

    bench_keep.py BENCH_KEEP DETINIT SEEDS TRAINING SHARE...

Trains the showcase's network on Fashion-MNIST from the seeds 42 and 1, 2, ..., by the showcase's
own defaults, by TRAINING (options of showcase such as "--learning-rate 0.4 --lambda 0"), and by
TRAINING with each --keep SHARE.  Prints every accuracy as it comes, and in the end the mean and
the standard error of the differences, seed by seed, and what the network of seed 42 packs to.
"""
import json
import math
import subprocess
import sys

DEFAULTS = {"epochs": "3", "batch": "128", "learning-rate": "0.2", "lambda": "5e-5", "keep": "1"}


def options_of(text):
    words = text.split()
    given = dict(zip((word[2:] for word in words[::2]), words[1::2]))
    unknown = [name for name in given if name not in DEFAULTS]
    if unknown or len(words) % 2:
        sys.exit(f"expected options with values, of {', '.join(DEFAULTS)}; got {text!r}")
    return DEFAULTS | given


def share_of(text):
    return str(float(text[:-1]) / 100) if text.endswith("%") else text


class Trainer:
    """The C program, which trains one network a line."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def accuracy(self, seed, options):
        values = [options[name] for name in DEFAULTS]
        print(seed, *values, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit("the training failed")
        return 100 * float(answer)


def difference(mine, others):
    """Mean, its standard error and the worst, of differences in pairs, in words."""
    gains = [a - b for a, b in zip(mine, others)]
    mean = sum(gains) / len(gains)
    spread = sum((gain - mean) ** 2 for gain in gains) / max(1, len(gains) - 1)
    return f"{mean:+6.2f} +- {math.sqrt(spread / len(gains)):.2f}, worst {min(gains):+.2f}"


def packed(detinit, training, share):
    told = subprocess.run([detinit, "showcase", "--threads", "1", "--quiet", "--format", "json",
                           *training.split(), "--keep", share],
                          check=True, capture_output=True, text=True).stdout
    packing = json.loads(told)["packing"]
    return packing["bytes"], packing["dense_bytes"] / packing["bytes"]


def main(program, detinit, seeds, training, *shares):
    trainer = Trainer(program)
    rows = {"showcase": DEFAULTS, "training": options_of(training)}
    for share in shares:
        rows[share] = options_of(training) | {"keep": share_of(share)}
    found = {name: [] for name in rows}
    print("seed", *rows)
    for seed in [42, *range(1, int(seeds))]:
        for name, options in rows.items():
            found[name].append(trainer.accuracy(seed, options))
        print(seed, *(f"{found[name][-1]:.2f}" for name in rows), flush=True)
    print(f"\ntraining: {training}; {seeds} seeds\n"
          f"{'keep':>8} {'accuracy':>9}  {'against the same without keep':31} "
          f"{'against showcase by default':31} {'packed':>8}")
    for name, mine in found.items():
        bytes_, times = packed(detinit, training, name) if name in shares else (0, 0)
        print(f"{name:>8} {sum(mine) / len(mine):9.2f}  {difference(mine, found['training']):31} "
              f"{difference(mine, found['showcase']):31} "
              + (f"{bytes_:8} 1/{times:.1f}" if bytes_ else ""))


if __name__ == "__main__":
    main(*sys.argv[1:])
