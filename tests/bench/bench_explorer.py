#!/usr/bin/env python3
"""How fast the explorer answers: bench_explorer.py DETINIT

Runs it on a pseudo-terminal of 200 x 60 and measures, from outside: the first
screen after the start, the time from a key to the end of its repaint (the last
output before 3 ms of silence), and the processor time it takes when idle.
"""
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

SILENCE = 0.003
# Each of them changes the screen, wherever the cursor is after 500 of them.
KEYS = [b"l", b"j", b"+", b"\x1b[6~", b"m", b"\x1b[5~", b"\x1b[B", b"-", b"\x1b[C"]
SHAPES = [(1000, 1000), (9 * 10**18, 9 * 10**18)]
FIRST_WITHIN, REPAINT_WITHIN = 0.050, 0.016
ANSWER_WITHIN = 2.0


def start(program, *arguments):
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
        os.environ["TERM"] = "xterm-256color"
        os.execv(program, [program, *arguments])
    return pid, fd


def settle(fd, first_within=2.0):
    """The moment of the last output before the terminal falls silent."""
    last, wait = None, first_within
    while select.select([fd], [], [], wait)[0]:
        os.read(fd, 1 << 16)
        last, wait = time.perf_counter(), SILENCE
    return last


def ticks(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(") ", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def first_screen(fd):
    """The moment when the first screen has come, known by the title of a pane."""
    seen = b""
    while b"Statistics" not in seen:
        if not select.select([fd], [], [], ANSWER_WITHIN)[0]:
            sys.exit("bench_explorer.py: no first screen came")
        seen += os.read(fd, 1 << 16)
    return time.perf_counter()


def repaint(fd, key):
    """How long one key takes; a key that is never answered is no quick one."""
    sent = time.perf_counter()
    os.write(fd, key)
    answered = settle(fd, ANSWER_WITHIN)
    if answered is None:
        sys.exit(f"bench_explorer.py: the key {key!r} changed nothing on the screen")
    return answered - sent


def measure(program, rows, cols):
    begun = time.perf_counter()
    pid, fd = start(program, "--rows", str(rows), "--cols", str(cols), "-i")
    first = first_screen(fd) - begun
    while settle(fd, 1.0):
        continue
    before = ticks(pid)
    time.sleep(2)
    idle = ticks(pid) - before
    times = sorted(repaint(fd, KEYS[n % len(KEYS)]) for n in range(500))
    os.write(fd, b"q")
    os.waitpid(pid, 0)
    os.close(fd)
    return first, times[250], times[494], idle


def main():
    program, missed = os.path.abspath(sys.argv[1]), False
    print("200 x 60 screen        first screen   key to repaint: median   99 of 100   idle 2 s")
    for rows, cols in SHAPES:
        first, median, most, idle = measure(program, rows, cols)
        print(f"{f'{rows:.4g} x {cols:.4g}':<20}{first * 1e3:12.1f} ms{median * 1e3:21.2f} ms"
              f"{most * 1e3:9.2f} ms{idle:5d} ticks")
        missed = missed or first > FIRST_WITHIN or most > REPAINT_WITHIN or idle > 0
    print(f"to be within          {FIRST_WITHIN * 1e3:10.1f} ms{'':24}{REPAINT_WITHIN * 1e3:9.2f} ms"
          f"{0:5d} ticks")
    sys.exit("bench_explorer.py: a figure misses its limit" if missed else 0)


main()
