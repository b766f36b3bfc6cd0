"""The examples run, and print what they promise."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from checks import TESTS

import detinit

EXAMPLES = TESTS.parent / "examples"


def output(name, *arguments):
    path = os.pathsep.join([str(EXAMPLES), *sys.path])
    return subprocess.run([sys.executable, str(EXAMPLES / name), *arguments], check=True, text=True,
                          stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}).stdout


def test_matrix_generator():
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "weights.npy"
        printed = output("test_matrix_generator.py", "--seed", "42", "--rows", "10", "--cols", "20", "--mode", "he",
                         "--compare-modes", "--show-dist", "--test-repro", "--save", str(saved))
        assert (np.load(saved) == detinit.Recipe((10, 20), seed=42).array()).all()
    first = detinit.Recipe((10, 20)).weight(0, 0)
    for words in (f"{first:.6f}", "GENERATED MATRIX (seed=42, layer_id=0, mode=he)", "target 0.31622777",
                  "xavier", "Reproducible: yes", "max difference 0.0e+00"):
        assert words in printed, words
    assert "mode=he" in output("test_matrix_generator.py", "--seed", "123", "--rows", "8", "--cols", "8",
                               "--orthogonal")


def test_showcase():
    printed = output("showcase.py")
    assert "Total parameters: 6,100" in printed and "Sleeping:  3,801 (62.3 %)" in printed
    accuracies = [float(line.split("accuracy ")[1].split(" %")[0]) for line in printed.splitlines()[-3:]]
    assert accuracies[0] > 95 and accuracies[0] > max(accuracies[1:])


def test_advanced_examples():
    printed = output("advanced_examples.py")
    for words in ("RNN, orthogonal: condition 1.0", "Convolution: largest sum of a slice", "Attention:", "Training:"):
        assert words in printed, words
