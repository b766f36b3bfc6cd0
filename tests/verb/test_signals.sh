#!/bin/sh
# Saves of every kind, ended by signals at random moments: a few of many, which make check-signals sends.
. "${srcdir:-.}/tests/tap.sh"

needs python3
python3 "$sources/tests/verb/signals.py" "${SIGNALS:-52}"
