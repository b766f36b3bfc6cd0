#!/usr/bin/env python3
"""Sizes and speeds of packed files: bench_pack.py DETINIT [MB [FOLDER]]

Trains the showcase's network on Fashion-MNIST and packs it, at 62.3 % asleep and lossless; then
packs and unpacks a network of so many MB (200), whose weights moved as those of the first layer
did.  Speeds are of the unpacked file's bytes, start to exit, in FOLDER (that of temporary files):
the best and the median of five runs in turn, and what two processors alone would give, by the
processor time that was taken.  Needs NumPy.
"""
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

ASLEEP = "0.623"
LEVELS = (1, 3, 19)
ROUNDS = 5


def main(detinit, megabytes=200, folder=None):
    detinit = os.path.abspath(detinit)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        os.chdir(place)
        run = lambda *words: subprocess.run([detinit, *words, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        run("showcase", "--save", "trained.safetensors")
        sizes(run)
        make_large(run, float(megabytes))
        speeds(run)


def ways(level):
    """Names of what is measured, and the options of pack."""
    return {f"{ASLEEP} asleep": ("--sparsity", ASLEEP, "--level", str(level)),
            "lossless": ("--lossless", "--level", str(level))}


def sizes(run):
    dense = os.path.getsize("trained.safetensors")
    print(f"the showcase's network, {dense:,} bytes")
    for level in LEVELS:
        for name, options in ways(level).items():
            run("pack", "trained.safetensors", *options, "--save", "packed.safetensors")
            packed = os.path.getsize("packed.safetensors")
            print(f"  {name:13} level {level:2}  {packed:9,} bytes  {100 * packed / dense:5.1f} %")


def read(path):
    """Where each tensor's data are in a file of float32."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    return {name: (8 + length + t["data_offsets"][0], int(numpy.prod(t["shape"]))) for name, t in header.items()}


def tensor(path, name):
    begin, count = read(path)[name]
    return numpy.memmap(path, "<f4", "r+", begin, count)


def make_large(run, megabytes):
    """large.safetensors: the changes of the trained network, shuffled, upon a larger one."""
    run("init", "--manifest", "trained.safetensors", "--save", "initial.safetensors")
    changes = tensor("trained.safetensors", "fc1") - tensor("initial.safetensors", "fc1")
    side = 1024
    count = max(1, round(megabytes * 1e6 / 4 / side**2))
    std = float(numpy.std(tensor("initial.safetensors", "fc1")))
    manifest = {"seed": 1, "dtype": "float32", "mode": "normal", "std": std,
                "tensors": [{"name": f"w{n}", "shape": [side, side]} for n in range(count)]}
    with open("large.json", "w") as file:
        json.dump(manifest, file)
    run("init", "--manifest", "large.json", "--save", "large.safetensors")
    random = numpy.random.default_rng(1)
    for name in read("large.safetensors"):
        weights = tensor("large.safetensors", name)
        weights += random.choice(changes, weights.size)
        weights.flush()


def speeds(run):
    dense = os.path.getsize("large.safetensors")
    commands = {}
    for level in (3,):
        for name, options in ways(level).items():
            if "--sparsity" in options:
                threshold = threshold_of_large()
                options = ("--threshold", threshold, "--level", str(level))
            packed = name.split()[-1] + ".safetensors"
            commands[f"pack, {name}"] = ("pack", "large.safetensors", *options, "--save", packed)
            commands[f"unpack, {name}"] = ("unpack", packed, "--save", "again.safetensors")
    times = {name: [] for name in commands}
    taken = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            start, before = time.perf_counter(), processor_time()
            run(*command)
            times[name].append(time.perf_counter() - start)
            taken[name].append(processor_time() - before)
    print(f"a network of {dense:,} bytes, level 3; MB/s: best, median, of two processors' time")
    for name, seconds in times.items():
        told = (min(seconds), statistics.median(seconds), statistics.median(taken[name]) / 2)
        print(f"  {name:22}", *(f"{dense / 1e6 / one:6.0f}" for one in told))


def processor_time():
    """Seconds that commands took so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def threshold_of_large():
    """By a sample: finding it in all weights is another pass, which is none of packing."""
    name = next(iter(read("large.safetensors")))
    changes = numpy.abs(tensor("large.safetensors", name) - initial_of(name))
    return repr(float(numpy.quantile(changes, float(ASLEEP))))


def initial_of(name):
    if not os.path.exists("start.safetensors"):
        subprocess.run([DETINIT, "init", "--manifest", "large.json", "--save", "start.safetensors", "--quiet"],
                       check=True, stdout=subprocess.DEVNULL)
    return tensor("start.safetensors", name)


if __name__ == "__main__":
    DETINIT = os.path.abspath(sys.argv[1])
    main(*sys.argv[1:])
