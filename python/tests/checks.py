"""What the tests share: they run under pytest, and without it by run_tap.py."""

import unittest
from contextlib import contextmanager
from pathlib import Path

Skipped = unittest.SkipTest

TESTS = Path(__file__).resolve().parent
# Of the whole project: digests and data that the tests of C read, too.
PROJECT_TESTS = TESTS.parent.parent / "tests"


@contextmanager
def refused(kind, *words):
    """Passes where `kind` is raised with a text that has these words in it."""
    try:
        yield
    except kind as error:
        for word in words:
            assert word in str(error), f"{word!r} is not in {str(error)!r}"
    else:
        raise AssertionError(f"{kind.__name__} was not raised")
