"""Runs the tests of this folder without pytest, in TAP: run_tap.py [MODULE ...]

A test is a function test_... without arguments, which passes unless it raises; pytest runs it, too.
"""

import importlib
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from checks import Skipped  # noqa: E402


def run(name, test, number):
    try:
        test()
    except Skipped as reason:
        print(f"ok {number} - {name} # SKIP {reason}")
    except Exception:
        print(f"not ok {number} - {name}")
        print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()), end="")
        return False
    else:
        print(f"ok {number} - {name}")
    sys.stdout.flush()
    return True


def main(names):
    folder = Path(__file__).resolve().parent
    number, failed = 0, 0
    for name in names or sorted(path.stem for path in folder.glob("test_*.py")):
        module = importlib.import_module(name)
        for function, test in list(vars(module).items()):
            if function.startswith("test_"):
                number += 1
                failed += not run(f"{name[5:]}: {function[5:].replace('_', ' ')}", test, number)
    print(f"1..{number}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
