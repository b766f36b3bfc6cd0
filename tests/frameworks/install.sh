#!/bin/sh
# install.sh FOLDER: PyTorch, JAX and Keras in a virtual environment, for test_frameworks.sh.
set -eu
[ -x "$1/bin/python" ] || python3 -m venv "$1"
"$1/bin/python" -m pip install --quiet --disable-pip-version-check \
    numpy pytest 'torch>=2,<=2.13.0' jax flax keras safetensors
