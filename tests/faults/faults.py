#!/usr/bin/env python3
"""faults.py PROGRAM API DATA [--every K] [--most M] [--jobs N] [--only TEXT]

Fails every call of every scenario, one in each run, as inject.c does it, and looks at how the run
ended: by itself, in time; with status 0 and all results, byte for byte, or with 1 and one line that
says why; without a report of a sanitizer; every file as it was before or as it was to become, and
no other left. Prints the faults of each scenario and, at the end, of all; fails where one went wrong.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

from scenarios import SCENARIOS, EXCUSED, make_inputs

ENVIRONMENT = {
    "LC_ALL": "C.UTF-8", "COLUMNS": "80", "LINES": "24", "OPENBLAS_NUM_THREADS": "1",
    "ASAN_OPTIONS": "allocator_may_return_null=1:exitcode=99", "LSAN_OPTIONS": "exitcode=99",
    "UBSAN_OPTIONS": "exitcode=99", "PATH": "/usr/bin:/bin",
}
# Kinds of faults, and the most reasons that a call has.
REASONS = 6
PASSES = [("error", choice) for choice in range(REASONS)] + [
    ("interrupted", 0), ("short", 0), ("no-memory", 0), ("full-disk", 0)]
MUST_SUCCEED = ("interrupted", "short")
# How a failed call is told where it is not by its reason.
SHOWN_MOST = 12


def files_of(folder):
    """The bytes of all files, and the folders as None, by their paths."""
    found = {}
    for root, folders, files in os.walk(folder):
        for name in folders:
            found[os.path.relpath(os.path.join(root, name), folder)] = None
        for name in files:
            with open(os.path.join(root, name), "rb") as file:
                found[os.path.relpath(os.path.join(root, name), folder)] = file.read()
    return found


class Server:
    """The program, which runs its scenario as often as it is asked to."""

    def __init__(self, scenario, programs, work, inputs):
        self.scenario = scenario
        self.work = work
        self.folder = os.path.join(work, "f")
        self.program = programs[scenario.program]
        environment = dict(ENVIRONMENT, FAULTS="named" if scenario.named else "yes",
                           HOME=work, **scenario.environment)
        os.makedirs(self.folder)
        os.symlink(inputs, os.path.join(work, "in"))
        self.process = subprocess.Popen([self.program] + scenario.arguments, cwd=work, env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.before = {}

    def fill(self):
        shutil.rmtree(self.folder)
        os.mkdir(self.folder)
        for name, source in self.scenario.before.items():
            path = os.path.join(self.folder, name)
            if source is None:
                os.makedirs(path, exist_ok=True)
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if isinstance(source, bytes):
                with open(path, "wb") as file:
                    file.write(source)
            else:
                shutil.copyfile(os.path.join(self.work, "in", source), path)
            os.utime(path, (1e9, 1e9))

    def run(self, kind, choice, nth):
        self.fill()
        self.process.stdin.write(f"{self.folder} {kind} {choice} {nth}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if len(answer) != 5:
            raise RuntimeError(f"{self.scenario.name}: the server ended: {answer}")
        texts = []
        for name in ("out", "err"):
            with open(os.path.join(self.work, name), "rb") as file:
                texts.append(file.read())
        return Run(kind, choice, nth, answer, texts, files_of(self.folder))

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Run:
    def __init__(self, kind, choice, nth, answer, texts, files):
        status, calls, self.call, reason, self.place = answer
        self.kind, self.choice, self.nth = kind, choice, nth
        self.status, self.calls, self.reason = int(status), int(calls), int(reason)
        self.out, self.err = texts
        self.files = files
        self.injected = self.call != "-"

    def told(self):
        return (f"{self.kind} {self.choice} {self.nth}: {self.call} "
                f"({os.strerror(self.reason) if self.reason else 'nothing'})")


def wrong_files(scenario, run, before, after):
    for name in run.files.keys() | before.keys():
        now = run.files.get(name, False)
        was, will = before.get(name, False), after.get(name, False)
        if now is None and will is not None and was is not None:
            return f"left the folder {name}"
        if now is not False and was is False and will is False:
            return f"left {name}"
        grown = scenario.grows and now and will and will.startswith(now) and now.endswith(b"\n")
        if now != was and now != will and not grown:
            return f"{name} is neither the old nor the new ({'gone' if now is False else len(now or b'')})"
    if scenario.whole and run.files != before and run.files != after:
        return "the folder is neither the old nor the new"
    return None


def wrong(scenario, run, before, reference):
    """What is wrong with a run, or None."""
    signal, code = run.status & 127, run.status >> 8
    error = run.err.decode(errors="replace")
    lines = error.splitlines()
    if signal == 14:
        return "hangs"
    if signal or code not in (0, 1, 2) or "Sanitizer" in error or "runtime error" in error:
        first = next((line for line in lines if "ERROR" in line or "runtime error" in line), lines[:1])
        return f"ended by signal {signal}, status {code}: {first}"
    bad = wrong_files(scenario, run, before, reference.files)
    if bad:
        return bad
    if code == 0:
        if run.files != reference.files:
            return "status 0 without its files"
        if scenario.steady and run.out != reference.out:
            return "status 0 with another output"
        if run.err != reference.err:
            return f"status 0 and says {lines[:1]}"
        return None
    if run.kind in MUST_SUCCEED or scenario.named and not run.injected:
        return f"status {code}: {lines[:1]}"
    if code != 1:
        return f"status {code}: {lines[:1]}"
    if len(lines) != 1 or not lines[0].startswith(scenario.program == "api" and "api: " or "detinit: "):
        return f"{len(lines)} lines of errors: {lines[:2]}"
    reason = os.strerror(run.reason)
    if not (reason in error or run.reason == 12 and "memory" in error or
            run.call == "pthread_create" and "thread" in error):
        return f"does not say why: {lines[0]}"
    return None


def place_of(program, addresses):
    """The functions that lead to a call, the innermost first, and its line."""
    asked = subprocess.run(["addr2line", "-f", "-i", "-e", program] +
                           [hex(int(address, 16) - 1) for address in addresses.split(",") if address != "0"],
                           stdout=subprocess.PIPE, text=True, check=False)
    lines = asked.stdout.split("\n")
    pairs = [(name, re.sub(r".*/((src|ui|tests)/)", r"\1", line)) for name, line in zip(lines[::2], lines[1::2])
             if "faults/inject" not in line and "calls.def" not in line and name != "??"]
    return [name for name, line in pairs], pairs[0][1] if pairs else "?"


class Tally:
    """What came out for one scenario."""

    def __init__(self):
        self.faults = self.excused = 0
        self.failures = {}


def is_excused(run, functions, verdict):
    return any(re.fullmatch(call, run.call) and re.search(words, verdict) and
               (function == "" or any(re.fullmatch(function, name) for name in functions))
               for call, function, words, why in EXCUSED)


def one_pass(server, kind, choice, reference, options, tally, places):
    scenario = server.scenario
    calls = server.run(kind, choice, 0).calls
    step = max(options.every, -(-calls // options.most))
    nth = 1 + options.offset % step
    while True:
        run = server.run(kind, choice, nth)
        if not run.injected:
            return
        tally.faults += 1
        verdict = wrong(scenario, run, scenario.old, reference)
        if verdict:
            if run.place not in places:
                places[run.place] = place_of(server.program, run.place)
            functions, line = places[run.place]
            if is_excused(run, functions, verdict):
                tally.excused += 1
            else:
                key = (run.call, line, re.sub(r"\d+", "#", verdict)[:40])
                tally.failures.setdefault(key, []).append(
                    f"{run.told()} at {line} in {' < '.join(functions[:4])}: {verdict}")
        nth += step


def try_scenario(scenario, programs, root, inputs, options):
    tally = Tally()
    server = Server(scenario, programs, os.path.join(root, scenario.name), inputs)
    places = {}
    server.fill()
    scenario.old = files_of(server.folder)
    reference = server.run("none", 0, 0)
    if reference.status != 0 or wrong(scenario, reference, scenario.old, reference):
        tally.failures["reference"] = [f"without a fault: status {reference.status}: {reference.err[:300]}"]
    elif any(server.run("none", 0, 0).out != reference.out for _ in range(scenario.steady)):
        tally.failures["reference"] = ["without a fault: another output each time"]
    else:
        for kind, choice in PASSES:
            one_pass(server, kind, choice, reference, options, tally, places)
    server.end()
    return tally


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("api")
    parser.add_argument("data")
    parser.add_argument("--every", type=int, default=1, help="only every K-th fault")
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--most", type=int, default=4000, help="faults of one kind in a scenario")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="scenarios whose names hold this")
    options = parser.parse_args()
    programs = {"detinit": os.path.abspath(options.program), "api": os.path.abspath(options.api)}
    chosen = [s for s in SCENARIOS if re.search(options.only, s.name)]
    root = tempfile.mkdtemp(prefix="faults-")
    failed = faults = 0
    lock = threading.Lock()
    try:
        inputs = os.path.join(root, "in")
        os.mkdir(inputs)
        make_inputs(inputs, programs["detinit"], os.path.abspath(options.data), ENVIRONMENT)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            def task(scenario):
                nonlocal failed, faults
                tally = try_scenario(scenario, programs, root, inputs, options)
                with lock:
                    faults += tally.faults
                    count = sum(len(shown) for shown in tally.failures.values())
                    failed += count
                    print(f"{scenario.name:24} {tally.faults:6} faults, {tally.excused} excused, {count} wrong",
                          flush=True)
                    for key, shown in sorted(tally.failures.items(), key=str)[:SHOWN_MOST * 4]:
                        print(f"  {len(shown)} x {shown[0]}", flush=True)
            for future in [pool.submit(task, scenario) for scenario in chosen]:
                future.result()
    finally:
        shutil.rmtree(root, ignore_errors=True)
    print(f"{len(chosen)} scenarios, {faults} faults, {failed} wrong")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
