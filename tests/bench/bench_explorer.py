#!/usr/bin/env python3
"""How fast the explorer answers: bench_explorer.py DETINIT [REPEATS]

Runs it on a pseudo-terminal of 200 x 60 and measures, from outside: the first
screen after the start, the time from a key to the end of its repaint (the last
output before 3 ms of silence), and the processor time it takes when idle.  Then
the pictures that are computed beside the interface, each alone on the screen
while a key is held down: whether repaints stay as quick, whether the picture
follows, and how long after the last key it stands.  Figures are medians of
REPEATS runs, 3 where it is not given.
"""
import fcntl
import os
import pty
import re
import select
import statistics
import struct
import sys
import termios
import time

SILENCE = 0.003
# Arrows, as xterm sends them to a program that asks for its keypad.
DOWN, RIGHT, LEFT = b"\x1bOB", b"\x1bOC", b"\x1bOD"
# Each of them changes the screen, wherever the cursor is after 500 of them.
KEYS = [b"l", b"j", b"+", b"\x1b[6~", b"m", b"\x1b[5~", DOWN, b"-", RIGHT]
SHAPES = [(1000, 1000), (9 * 10**18, 9 * 10**18)]
FIRST_WITHIN, REPAINT_WITHIN = 0.015, 0.016
ANSWER_WITHIN = 2.0

# A keyboard repeats so often; a picture stands when nothing was drawn for so long.
REPEAT_EVERY, HELD_KEYS, STANDS = 1 / 30, 150, 1.0
# Seconds from the last key to the last picture.
STANDS_WITHIN = 1.0
# What is shown, commands that show it, the name of the key, what holding it sends, new pictures a
# second at least: none where the picture is the same of all modes, but for which one is marked.
HELD = [
    ("std by layer", ["pane signal"], "+", [b"+"], 2.0),
    ("std by layer", ["pane signal"], "m", [b"m"], 2.0),
    ("histograms", ["pane signal", "view layers"], "+", [b"+"], 2.0),
    ("histograms", ["pane signal", "view layers"], "m", [b"m"], 0),
    ("phase map", ["pane signal", "view phase"], "arrows", [RIGHT] * 25 + [LEFT] * 25, 2.0),
    ("spectrum", ["pane orthogonality", "view density"], "+", [b"+"], 2.0),
    ("spectrum", ["pane orthogonality", "view density"], "m", [b"m"], 2.0),
]
# Braille dots and bars, in UTF-8: what curves and histograms are made of.
PICTURE = re.compile(b"\xe2[\xa0-\xa3][\x80-\xbf]|\xe2\x96[\x81-\x88]")


def start(program, *arguments):
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
        os.environ["TERM"] = "xterm-256color"
        os.execv(program, [program, *arguments])
    return pid, fd


def end(pid, fd):
    os.kill(pid, 15)
    os.waitpid(pid, 0)
    os.close(fd)


def settle(fd, first_within=2.0, silence=SILENCE):
    """The moment of the last output before the terminal falls silent."""
    last, wait = None, first_within
    while select.select([fd], [], [], wait)[0]:
        os.read(fd, 1 << 16)
        last, wait = time.perf_counter(), silence
    return last


def ticks(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(") ", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def idle_ticks(pid):
    before = ticks(pid)
    time.sleep(2)
    return ticks(pid) - before


def first_screen(fd):
    """The moment when the first screen has come, known by the title of a pane."""
    seen = b""
    while b"Statistics" not in seen:
        if not select.select([fd], [], [], ANSWER_WITHIN)[0]:
            sys.exit("bench_explorer.py: no first screen came")
        seen += os.read(fd, 1 << 16)
    return time.perf_counter()


def first_of_many(program, rows, cols):
    """The median of ten starts: one alone tells more of the machine than of the program."""
    times = []
    for _ in range(10):
        begun = time.perf_counter()
        pid, fd = start(program, "--rows", str(rows), "--cols", str(cols), "-i")
        times.append(first_screen(fd) - begun)
        end(pid, fd)
    return statistics.median(times)


def repaint(fd, key):
    """How long one key takes; a key that is never answered is no quick one."""
    sent = time.perf_counter()
    os.write(fd, key)
    answered = settle(fd, ANSWER_WITHIN)
    if answered is None:
        sys.exit(f"bench_explorer.py: the key {key!r} changed nothing on the screen")
    return answered - sent


def percentile_99(times):
    return sorted(times)[len(times) * 99 // 100]


def measure(program, rows, cols):
    first = first_of_many(program, rows, cols)
    pid, fd = start(program, "--rows", str(rows), "--cols", str(cols), "-i")
    settle(fd, ANSWER_WITHIN, STANDS)
    idle = idle_ticks(pid)
    times = [repaint(fd, KEYS[n % len(KEYS)]) for n in range(500)]
    end(pid, fd)
    return first, statistics.median(times), percentile_99(times), idle


# ------------------------------------------------------------ a key held down

def await_repaint(fd, sent, until):
    """Up to the next key: how long the repaint took, the last output, whether there was a picture."""
    answered, last, seen = None, None, b""
    while (left := until - time.perf_counter()) > 0:
        wait = left if answered else min(left, SILENCE)
        if select.select([fd], [], [], wait)[0]:
            seen += os.read(fd, 1 << 16)
            last = time.perf_counter()
        else:
            answered = answered or last
    return (answered or last or until) - sent, last or sent, PICTURE.search(seen) is not None


def hold(fd, keys):
    """Each key's repaint, the keys before whose next there was a new picture, when the last stood."""
    times, pictures, due = [], 0, time.perf_counter()
    for n in range(HELD_KEYS):
        sent, due = time.perf_counter(), due + REPEAT_EVERY
        os.write(fd, keys[n % len(keys)])
        took, last, pictured = await_repaint(fd, sent, due)
        times.append(took)
        pictures += pictured
    last = settle(fd, STANDS, STANDS) or last
    return times, pictures, last - sent


def measure_held(program, commands, keys):
    pid, fd = start(program, "--rows", "128", "--cols", "256", "-i")
    settle(fd, ANSWER_WITHIN, STANDS)
    for command in [*commands, "zoom on"]:
        os.write(fd, b":" + command.encode() + b"\r")
        settle(fd, ANSWER_WITHIN, STANDS)
    times, pictures, stands = hold(fd, keys)
    idle = idle_ticks(pid)
    end(pid, fd)
    return (statistics.median(times), percentile_99(times),
            pictures / (HELD_KEYS * REPEAT_EVERY), stands, idle)


# --------------------------------------------------------------------- tables

def medians(measuring, *arguments):
    """The median of each figure; of ticks the most, for none are allowed."""
    figures = list(zip(*(measuring(*arguments) for _ in range(repeats))))
    return [*(statistics.median(f) for f in figures[:-1]), max(figures[-1])]


def table_of_keys(program):
    print("200 x 60 screen        first screen   key to repaint: median   99 of 100   idle 2 s")
    missed = False
    for rows, cols in SHAPES:
        first, median, most, idle = medians(measure, program, rows, cols)
        print(f"{f'{rows:.4g} x {cols:.4g}':<20}{first * 1e3:12.1f} ms{median * 1e3:21.2f} ms"
              f"{most * 1e3:9.2f} ms{idle:5d} ticks", flush=True)
        missed = missed or first > FIRST_WITHIN or most > REPAINT_WITHIN or idle > 0
    print(f"to be within          {FIRST_WITHIN * 1e3:10.1f} ms{'':24}{REPAINT_WITHIN * 1e3:9.2f} ms"
          f"{0:5d} ticks")
    return missed


def table_of_held_keys(program):
    print(f"\nzoomed, key held down, {1 / REPEAT_EVERY:.0f} a second\n"
          "picture        key     to repaint: median   99 of 100    new pictures   stands after"
          "   idle 2 s")
    missed = False
    for name, commands, key, keys, least in HELD:
        median, most, pictures, stands, idle = medians(measure_held, program, commands, keys)
        print(f"{name:<14} {key:<6}{median * 1e3:18.2f} ms{most * 1e3:9.2f} ms"
              f"{pictures:10.1f} of {least:.0f} /s{stands * 1e3:12.0f} ms{idle:6d} ticks", flush=True)
        missed = (missed or most > REPAINT_WITHIN or pictures < least or
                  stands > STANDS_WITHIN or idle > 0)
    print(f"to be within{'':30}{REPAINT_WITHIN * 1e3:9.2f} ms{'':15}"
          f"{STANDS_WITHIN * 1e3:12.0f} ms{0:6d} ticks")
    return missed


path, repeats = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3
late = [table_of_keys(path), table_of_held_keys(path)]
sys.exit("bench_explorer.py: a figure misses its limit" if any(late) else 0)
