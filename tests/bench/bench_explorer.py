#!/usr/bin/env python3
"""How fast the explorer answers: bench_explorer.py DETINIT

Runs it on a pseudo-terminal of 200 x 60 and measures, from outside: the first
screen after the start, the time from a key to the end of its repaint (the last
output before 4 ms of silence), and the processor time it takes when idle.
"""
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

SILENCE = 0.004
KEYS = [b"l", b"j", b"+", b"\x1b[6~", b"m", b"\x1b[B", b"-", b"\x1b[C"]


def start(program, *arguments):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(program, [program, *arguments])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
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


def measure(program, rows, cols):
    begun = time.perf_counter()
    pid, fd = start(program, "--rows", str(rows), "--cols", str(cols), "-i")
    select.select([fd], [], [], 5)
    while b"Statistics" not in os.read(fd, 1 << 16):
        continue
    first = time.perf_counter() - begun
    while settle(fd, 1.0):
        continue
    before = ticks(pid)
    time.sleep(2)
    idle = ticks(pid) - before
    times = []
    for n in range(500):
        sent = time.perf_counter()
        os.write(fd, KEYS[n % len(KEYS)])
        times.append((settle(fd, 0.05) or sent) - sent)
    os.write(fd, b"q")
    os.waitpid(pid, 0)
    times.sort()
    print(f"{rows} x {cols}: first screen {first * 1e3:.1f} ms; key to repaint "
          f"{times[250] * 1e3:.2f} ms median, {times[494] * 1e3:.2f} ms at the 99th percentile; "
          f"{idle} ticks in 2 idle seconds")


for shape in ((1000, 1000), (9 * 10**18, 9 * 10**18)):
    measure(os.path.abspath(sys.argv[1]), *shape)
