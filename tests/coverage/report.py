#!/usr/bin/env python3
"""What of src/ ran: report.py GCOV BUILD SOURCES [EXCEPTIONS].

Reads the counts that the programs of BUILD, configured with --enable-coverage, have left there, and prints
lines and branches by room, then what never ran.  A line that several builds compile (a kernel, an inline
function) ran where it ran in any of them.  A branch is an arm of a condition as gcc makes them of C without
optimization: every part of && and || has two, a switch has one for each case.  None is left out.

EXCEPTIONS names what need not run, and why, a row each: a file (or pattern of files), a function or "a piece of
the line", and the reason, with tabs between.  A row that begins with ? holds on some machines only.  A row whose
file is a pattern of objects' notes (.gcno) leaves the counts of these objects out, and with them the lines that no
other object has.
Ends with status 1 where a line that never ran has no reason, where a row names nothing that never ran, or
where fewer branches than LEAST were taken.
"""
import collections
import fnmatch
import json
import subprocess
import sys
from pathlib import Path

LEAST = 95.0


class Line:
    """A line in one function: how often it ran, and each arm of its conditions."""

    def __init__(self) -> None:
        self.count = 0
        self.arms: list = []

    def add(self, count: int, arms: list) -> None:
        self.count += count
        if len(arms) == len(self.arms):
            self.arms = [old + new for old, new in zip(self.arms, arms)]
        elif len(arms) > len(self.arms):
            self.arms = arms

    @property
    def untaken(self) -> int:
        return self.arms.count(0)


def read_counts(gcov: str, build: Path, sources: Path, left_out) -> dict:
    """By file of src/, and by number and function, its lines."""
    notes = sorted(str(path) for path in (build / "src").rglob("*.gcno")
                   if not left_out(str(path.relative_to(build))))
    if not notes:
        sys.exit(f"coverage: nothing in {build} counts lines: configure it with --enable-coverage")
    found = subprocess.run([gcov, "--json-format", "--branch-probabilities", "--stdout", *notes],
                           capture_output=True, text=True, check=False)
    if found.returncode != 0:
        wrong = [line for line in found.stderr.splitlines() if "assuming not executed" not in line]
        sys.exit(f"coverage: {gcov} says: {wrong[0]}")
    files: dict = collections.defaultdict(lambda: collections.defaultdict(Line))
    for report in map(json.loads, found.stdout.splitlines()):
        folder = Path(report["current_working_directory"])
        for file in report["files"]:
            path = (folder / file["file"]).resolve()
            if not path.is_relative_to(sources / "src"):
                continue
            lines = files[str(path.relative_to(sources))]
            for line in file["lines"]:
                lines[line["line_number"], line.get("function_name", "")].add(
                    line["count"], [branch["count"] for branch in line["branches"] if not branch["throw"]])
    return files


def print_table(files: dict) -> float:
    """Lines and branches by room; returns the percentage of all branches."""
    rooms: dict = collections.defaultdict(lambda: [0, 0, 0, 0])
    for name, lines in files.items():
        for line in lines.values():
            for room in (Path(name).parts[1], "all of src/"):
                rooms[room][0] += line.count > 0
                rooms[room][1] += 1
                rooms[room][2] += len(line.arms) - line.untaken
                rooms[room][3] += len(line.arms)

    def percent(ran: int, all_: int) -> float:
        return 100 * ran / all_ if all_ else 100.0

    print(f"{'room':<12}{'lines':>14}{'':>8}{'branches':>15}")
    for room, (ran, lines, taken, arms) in sorted(rooms.items(), key=lambda item: (item[0] == "all of src/", item[0])):
        print(f"{room:<12}{f'{ran}/{lines}':>14}{percent(ran, lines):7.2f}%{f'{taken}/{arms}':>15}"
              f"{percent(taken, arms):7.2f}%")
    return percent(*rooms["all of src/"][2:])


class Exceptions:
    """The rows of the list, and how many lines each stood for."""

    def __init__(self, path: str) -> None:
        self.rows = [[*row.lstrip("?").split("\t"), row] for row in Path(path).read_text().splitlines()
                     if row and not row.startswith("#")] if path else []
        for row in self.rows:
            if len(row) != 4:
                sys.exit(f"coverage: {path}: a row is a file, a function or \"a piece\", and a reason: {row[-1]}")
        self.used: collections.Counter = collections.Counter()

    def cover(self, name: str, function: str, text: str) -> bool:
        matching = [row for file, what, _, row in self.rows if fnmatch.fnmatch(name, file)
                    and (what[1:-1] in text if what.startswith('"') else what == function)]
        self.used.update(matching)
        return bool(matching)

    def leave_out(self, notes: str) -> bool:
        return self.cover(notes, "", "")

    def idle(self) -> list:
        return [row for *_, row in self.rows if not row.startswith("?") and not self.used[row]]


def main() -> int:
    gcov, build, sources = sys.argv[1], Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve()
    exceptions = Exceptions(sys.argv[4] if len(sys.argv) > 4 else "")
    files = read_counts(gcov, build, sources, exceptions.leave_out)
    branches = print_table(files)
    never = untaken = excepted = 0
    for name, lines in sorted(files.items()):
        texts = (sources / name).read_text().splitlines()
        for (number, function), line in sorted(lines.items()):
            if line.count and not line.untaken:
                continue
            text = texts[number - 1].strip()
            if exceptions.cover(name, function, text):
                excepted += 1
                continue
            never += not line.count
            untaken += line.untaken
            what = "never ran" if not line.count else f"{line.untaken} of {len(line.arms)} arms"
            print(f"{name}:{number}: {function}: {what}: {text}")
    for row in exceptions.idle():
        print(f"no longer an exception: {row}")
    print(f"without a reason: {never} lines, {untaken} branches; with one: {excepted} lines")
    if branches < LEAST:
        print(f"fewer than {LEAST} % of branches were taken")
    return int(never > 0 or bool(exceptions.idle()) or branches < LEAST)


if __name__ == "__main__":
    sys.exit(main())
