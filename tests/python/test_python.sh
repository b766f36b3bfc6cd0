#!/bin/sh
# The Python package with NumPy alone: every test function of python/tests a case.
. "${srcdir:-.}/tests/tap.sh"

if [ -n "$PYTHON_IS_OFF" ]; then
    skip "the Python package" "$PYTHON_IS_OFF"
elif ! "$PYTHON3" -c 'import numpy' 2>/dev/null; then
    skip "the Python package" "$PYTHON3 has no numpy"
else
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$PYTHON_PACKAGE "$PYTHON3" "$sources/python/tests/run_tap.py"
    exit
fi
finish
