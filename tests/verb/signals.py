#!/usr/bin/env python3
"""signals.py COUNT: the program, $DETINIT, is ended at random moments of its saves by INT, TERM, HUP
and KILL, COUNT times in all.  Its status is that signal, or 0 where it was done before; the target
is wholly the old one or wholly the new one; and after the next save nothing lies beside it.  TAP; the
moments come from the seed that is printed, $SEED where it is set."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

PROGRAM = os.environ["DETINIT"]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
NET = "400-300-100-10"
# What a signal ends while it writes what `make coverage` counts would spoil the counts of others.
NO_COUNTS = {"GCOV_PREFIX": "/dev/null", "GCOV_ERROR_FILE": "/dev/null"}
# Those who wait: a shell starts what runs beside it with signals ignored.
DEFAULTS = {"preexec_fn": lambda: [signal.signal(s, signal.SIG_DFL) for s in SIGNALS[:3]],
            "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

# Of each kind of save: its target, and its arguments, of which `@` is 1 for the old and 2 for the
# new one, and `=` the target.
SAVES = {
    ".npy": ("t.npy", "--rows 700 --cols 900 --seed @ --save ="),
    "CSV": ("t.csv", "--rows 200 --cols 300 --seed @ --save ="),
    "a folder of .npy": ("t", f"init --net {NET} --seed @ --save =/"),
    "safetensors": ("t.safetensors", f"init --net {NET} --seed @ --save ="),
    "shards": ("t", f"init --net {NET} --seed @ --max-shard-size 300kB --save =/"),
    "a mask": ("t.safetensors", "mask ../from@.safetensors --manifest ../from1.safetensors --save ="),
    "a packed file": ("t.safetensors", "pack ../from@.safetensors --save ="),
    "an unpacked file": ("t.safetensors", "unpack ../packed@.safetensors --save ="),
    "a pruned file": ("t.safetensors", "prune ../from@.safetensors --threshold 0.01 --manifest ../other.safetensors "
                                       "--save ="),
    "a patch": ("t.safetensors", "diff ../from@.safetensors ../other.safetensors --save ="),
    "a patched file": ("t.safetensors", "patch ../other.safetensors ../patch@.safetensors --save ="),
    "a script's matrix": ("t.npy", "--command seed_@;rows_600;cols_600;save_="),
    "a script's picture": ("t.svg", "--command seed_@;rows_300;export_="),
}


def arguments(kind, number):
    target, words = SAVES[kind]
    return [word.replace("_", " ").replace("=", target).replace("@", str(number)) for word in words.split()]


def run(*words):
    subprocess.run([PROGRAM, *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def contents(target):
    """Files and their digests; of a file, one of the name ''."""
    if os.path.isdir(target):
        return {name: contents(os.path.join(target, name))[""] for name in os.listdir(target)}
    with open(target, "rb") as file:
        return {"": hashlib.sha256(file.read()).hexdigest()}


def prepare():
    for number in "1", "2":
        run("init", "--net", NET, "--seed", number, "-q", "--save", f"from{number}.safetensors")
    run("init", "--net", NET, "--seed", "3", "-q", "--save", "other.safetensors")
    for number in "1", "2":
        run("pack", f"from{number}.safetensors", "-q", "--save", f"packed{number}.safetensors")
        run("diff", "other.safetensors", f"from{number}.safetensors", "-q", "--save", f"patch{number}.safetensors")


def keep(kind, place):
    """What the target holds, old and new, and the seconds that its save takes."""
    target = SAVES[kind][0]
    known = []
    for number in 1, 2:
        os.makedirs(place)
        os.chdir(place)
        began = time.monotonic()
        run(*arguments(kind, number))
        took = time.monotonic() - began
        known.append(contents(target))
        os.chdir("..")
        os.rename(place, f"{place}-{number}")
    assert known[0] != known[1], f"{kind}: the old one is the new one"
    return known[0], known[1], took


def whole(kind, now, old, new):
    """Whether it is one of both; of shards, which are saved one by one, each file is."""
    if kind == "shards":
        return now.keys() == old.keys() and all(now[name] in (old[name], new[name]) for name in now)
    return now in (old, new)


def interrupt(kind, place, which, seconds, old, new):
    """One save that a signal ends; what is wrong with it, or None, and how it ended."""
    target = SAVES[kind][0]
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(f"{place}-1", place)
    os.chdir(place)
    try:
        process = subprocess.Popen([PROGRAM, *arguments(kind, 2)], env=os.environ | NO_COUNTS, **DEFAULTS)
        time.sleep(seconds)
        process.send_signal(which)
        status = process.wait(60)
        now = contents(target) if os.path.lexists(target) else None
        if status not in (0, -which):
            return f"status {status} after {which.name}", None
        if now is None or not whole(kind, now, old, new):
            return f"neither old nor new after {which.name} at {seconds:.4f} s: {now}", None
        if status == 0 and now != new:
            return f"status 0, and the target is not new after {which.name}", None
        if which != signal.SIGKILL and os.listdir(".") != [target]:
            return f"left behind by {which.name}: {os.listdir('.')}", None
        run(*arguments(kind, 2))
        if os.listdir(".") != [target] or contents(target) != new:
            return f"after the next save: {os.listdir('.')}", None
        return None, "done" if status == 0 else "new" if now == new else "old"
    finally:
        os.chdir("..")


def main():
    count = int(sys.argv[1])
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(10**9)))
    moments = random.Random(seed)
    print(f"# SEED={seed}")
    print(f"1..{len(SAVES)}")
    prepare()
    failed = 0
    for at, kind in enumerate(SAVES):
        place = f"place{at}"
        old, new, took = keep(kind, place)
        ends = {"old": 0, "new": 0, "done": 0}
        wrong = []
        for n in range(at, count, len(SAVES)):
            trouble, end = interrupt(kind, place, SIGNALS[n // len(SAVES) % 4], moments.uniform(0, 1.1 * took), old,
                                     new)
            if trouble is None:
                ends[end] += 1
            else:
                wrong.append(trouble)
        told = f"{sum(ends.values()) + len(wrong)} signals; {ends['old']} left the old one, {ends['new']} the new one, " \
               f"{ends['done']} came too late"
        print(f"{'not ' if wrong else ''}ok {at + 1} - {kind}: {told}", flush=True)
        for trouble in wrong[:5]:
            print(f"# {trouble}")
        failed += bool(wrong)
    return failed > 0


sys.exit(main())
