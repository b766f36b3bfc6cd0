"""Checkpoints that these libraries write now, against what they read from them, as
tests/make_checkpoints.py makes both.  Run by pytest with DETINIT naming the program."""
import hashlib
import os
import subprocess
import sys

import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")

READ = os.path.join(os.path.dirname(os.environ["DETINIT"]), "tests/read_tensors")


@pytest.fixture(scope="module", name="folder")
def made(tmp_path_factory):
    """The files, and tensors.txt."""
    folder = tmp_path_factory.mktemp("checkpoints")
    subprocess.run([sys.executable, "make_checkpoints.py", str(folder)], check=True,
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


def test_every_tensor_is_what_its_library_reads(folder):
    """All files, tensor by tensor."""
    expected = (folder / "tensors.txt").read_text(encoding="utf-8").splitlines()
    files = {line.split(" ")[0] for line in expected}
    assert len(files) > 10
    for file in sorted(files):
        wanted = sorted(line for line in expected if line.startswith(file + " "))
        assert sorted(read(folder, file)) == wanted
