#!/bin/sh
# check_all.sh SOURCES VENV: all tests of python/ in a virtual environment where requirements.txt is
# installed: the sdist, the wheel made of it, its ABI and its types, then every test with the wheel installed.
set -eu
sources=$(cd "$1" && pwd)
venv=$(cd "$2" && pwd)

# In a copy: the sources may be read-only.
copy=$venv/sources
rm -rf "$copy" "$venv/dist"
mkdir "$copy"
(cd "$sources" && cp -R python src Makefile.am configure.ac LICENSE "$copy")
chmod -R u+w "$copy"
rm -rf "$copy"/python/build "$copy"/python/detinit/*.so
"$venv/bin/python" -m build --no-isolation --outdir "$venv/dist" "$copy/python"
"$venv/bin/abi3audit" --strict --report --assume-minimum-abi3 3.8 "$venv"/dist/*-abi3-*.whl
(cd "$copy/python" && "$venv/bin/mypy" --cache-dir "$venv/mypy")

"$venv/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$venv"/dist/*-abi3-*.whl
cd "$venv"
PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/pytest" -p no:cacheprovider "$sources/python/tests"
