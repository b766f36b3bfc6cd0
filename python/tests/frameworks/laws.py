"""What the tests of initializers share: two samples of one distribution, and the program's own bits."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

import detinit  # noqa: E402

PROGRAM = Path(os.environ.get("DETINIT", TESTS.parent.parent / "detinit")).resolve()


def bits(array):
    return np.ascontiguousarray(array).tobytes()


def same_distribution(ours, theirs):
    """The two-sample Kolmogorov-Smirnov test at 1e-5; what has but one or two values must be equal."""
    ours, theirs = (np.asarray(one, np.float64).ravel() for one in (ours, theirs))
    if np.unique(theirs).size <= 2:
        return (ours == theirs).all()
    ours, theirs = np.sort(ours), np.sort(theirs)
    places = np.concatenate([ours, theirs])
    distance = np.abs(np.searchsorted(ours, places, "right") / ours.size -
                      np.searchsorted(theirs, places, "right") / theirs.size).max()
    return distance < np.sqrt(-np.log(1e-5 / 2) / 2 * (1 / ours.size + 1 / theirs.size))


def gram(weights):
    """Of the tensor as (all other dimensions, the last): which is the identity where it is orthonormal."""
    matrix = np.asarray(weights, np.float64).reshape(-1, np.shape(weights)[-1])
    return matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix


def made_by_program(manifest, folder):
    """The tensors of a manifest as the program `detinit` saves them."""
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} is not built")
    manifest.write(folder / "manifest.json")
    made = folder / "made.safetensors"
    subprocess.run([PROGRAM, "init", "--manifest", folder / "manifest.json", "--save", made, "-q"], check=True)
    with detinit.open(made) as file:
        return {name: file[name].array() for name in file}


def run_python(script, **environment):
    """Runs a script in a process of its own, where the package and these tests are found."""
    path = os.pathsep.join([str(Path(detinit.__file__).parent.parent), str(Path(__file__).parent)])
    run = subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": path, **environment},
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout
