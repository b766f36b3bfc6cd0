#!/bin/sh
# install.sh FOLDER REQUIREMENTS: PyTorch, JAX, Keras and the like in a virtual environment, once.
set -eu
[ -x "$1/bin/python" ] || "${PYTHON3:-python3}" -m venv "$1"
"$1/bin/python" -m pip install --quiet --disable-pip-version-check -r "$2"
