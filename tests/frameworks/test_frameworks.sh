#!/bin/sh
# Recipes side by side with PyTorch, JAX and Keras, which `make check-frameworks` installs into an
# environment of their own; frameworks.py has the table.
. "${srcdir:-.}/tests/tap.sh"

python=${FRAMEWORKS:-frameworks}/bin/python
if ! "$python" -c "import pytest, torch" 2>/dev/null; then
    skip "what PyTorch, JAX and Keras start from" "make check-frameworks installs them"
    finish
    exit
fi
cp "$sources/tests/frameworks/frameworks.py" "$sources/tests/frameworks/checkpoints.py" \
    "$sources/tests/frameworks/diffs.py" "$sources/tests/frameworks/audits.py" \
    "$sources/tests/frameworks/watching.py" "$sources/tests/make_checkpoints.py" \
    "$sources/tests/make_hdf5.py" .
KERAS_BACKEND=jax "$python" -m pytest -q -rA -p no:cacheprovider frameworks.py checkpoints.py \
    diffs.py audits.py watching.py >pytest.log 2>&1
sed -n 's/^\(PASSED\|SKIPPED\|FAILED\|ERROR\) \(\[[0-9]*\] \)\{0,1\}\([a-z]*\)\.py:*/\1 /p' pytest.log >cases
while read -r outcome name; do
    case $outcome in
    PASSED) pass "$name" ;;
    SKIPPED) skip "$name" "not installed" ;;
    *) fail "$name" ;;
    esac
done <cases
[ -s cases ] && [ $failures -eq 0 ] || fail "all of them" pytest.log
finish
