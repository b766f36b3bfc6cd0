"""Every snippet of Python in README.md runs, in order, in a folder of its own."""

import contextlib
import io
import os
import re
import tempfile

from checks import TESTS

# Sections of frameworks are run where these are installed, by tests/frameworks.
FRAMEWORKS = ("torch", "jax", "keras", "flax", "transformers", "tensorflow")


def snippets():
    """(line, text) of each block."""
    readme = (TESTS.parent / "README.md").read_text(encoding="utf-8")
    return [(readme[:block.start()].count("\n") + 2, block[1])
            for block in re.finditer(r"^```python\n(.*?)^```$", readme, flags=re.DOTALL | re.MULTILINE)]


def needs_framework(text):
    return re.search(rf"^ *(import|from) ({'|'.join(FRAMEWORKS)}|detinit\.({'|'.join(FRAMEWORKS)}))\b", text, re.M)


def run(chosen):
    held, here = {}, os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                for line, text in chosen:
                    exec(compile("\n" * (line - 1) + text, "README.md", "exec"), held)
        finally:
            os.chdir(here)


def test_snippets_with_numpy():
    chosen = [one for one in snippets() if not needs_framework(one[1])]
    assert len(chosen) >= 5
    run(chosen)
