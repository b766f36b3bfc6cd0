"""Checkpoints that these libraries write now, against what they read from them, as
tests/make_checkpoints.py and make_hdf5.py make both.  Run by pytest with DETINIT naming the program."""
import hashlib
import os
import subprocess
import sys

import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")

READ = os.path.join(os.path.dirname(os.environ["DETINIT"]), "tests/read_tensors")


def made(folder, *command):
    """The folder, with the files and tensors.txt that a script makes."""
    subprocess.run([sys.executable, command[0], str(folder), *command[1:]], check=True,
                   capture_output=True)
    return folder


def read(folder, file):
    """Lines as those of tensors.txt."""
    out = subprocess.run([READ, str(folder / file), "1000", str(folder / "part.")], check=True,
                         capture_output=True, encoding="utf-8").stdout
    for number, told in enumerate(out.splitlines()):
        kind, _, rank, *rest = told.split(" ")
        shape, name = rest[:int(rank)], " ".join(rest[int(rank):])
        digest = hashlib.sha256((folder / f"part.{number}").read_bytes()).hexdigest()
        yield f"{file} {kind} {'x'.join(shape) or 'scalar'} {digest} {name}"


def compare(folder, least):
    """All files, tensor by tensor."""
    expected = (folder / "tensors.txt").read_text(encoding="utf-8").splitlines()
    files = {line.split(" ")[0] for line in expected}
    assert len(files) >= least
    for file in sorted(files):
        wanted = sorted(line for line in expected if line.startswith(file + " "))
        assert sorted(read(folder, file)) == wanted


def test_every_tensor_is_what_its_library_reads(tmp_path):
    """Of PyTorch, NumPy and safetensors."""
    compare(made(tmp_path, "make_checkpoints.py"), 11)


def test_every_tensor_is_what_h5py_reads(tmp_path):
    """Of h5py and Keras, and of more chunks than the files that are kept have."""
    pytest.importorskip("h5py")
    pytest.importorskip("keras")
    compare(made(tmp_path, "make_hdf5.py", "large"), 20)
