"""`detinit watch` beside a PyTorch training that saves while it runs: torch.save and safetensors,
one file replaced and a folder that grows.  Run by pytest with DETINIT naming the program."""
import json
import os
import signal
import subprocess
import time

import pytest

torch = pytest.importorskip("torch")
safetensors_torch = pytest.importorskip("safetensors.torch")

STEPS = 5


def save_state(folder, step, model, optimizer):
    """One file, replaced in place."""
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step},
               folder / "last.pt")
    return "model."


def save_renamed(folder, _step, model, _optimizer):
    """One file without a step, renamed over the one before."""
    safetensors_torch.save_file(model.state_dict(), folder / "new.tmp")
    os.rename(folder / "new.tmp", folder / "model.safetensors")
    return ""


def save_added(folder, step, model, _optimizer):
    """A file for each step."""
    (folder / "run").mkdir(exist_ok=True)
    safetensors_torch.save_file(model.state_dict(), folder / "run" / f"step-{step}.safetensors")
    return ""


def save_as_trainer(folder, step, model, optimizer):
    """A folder for each step, the oldest taken away, as transformers' Trainer does."""
    new = folder / "run" / f"checkpoint-{step}"
    new.mkdir(parents=True)
    torch.save(optimizer.state_dict(), new / "optimizer.pt")
    safetensors_torch.save_file(model.state_dict(), new / "model.safetensors")
    old = folder / "run" / f"checkpoint-{step - 200}"
    if old.exists():
        for file in old.iterdir():
            file.unlink()
        old.rmdir()
    return ""


def figures(model):
    """What is expected of each tensor."""
    return {name: (w.double().norm().item(), w.double().std(correction=0).item(),
                   torch.linalg.matrix_norm(w.double(), 2).item() if w.dim() > 1 else None)
            for name, w in model.state_dict().items()}


def wait_for_lines(path, count):
    """Until the program has printed so many."""
    for _ in range(600):
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) >= count:
            return [json.loads(line) for line in lines]
        time.sleep(0.05)
    raise AssertionError(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("save", [save_state, save_renamed, save_added, save_as_trainer])
def test_a_training_run_is_followed(tmp_path, save):
    """Each checkpoint is told once, with PyTorch's own figures."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    inputs, labels = torch.randn(256, 64), torch.randint(0, 10, (256,))
    path = {"save_state": "last.pt", "save_renamed": "model.safetensors"}.get(save.__name__, "run")
    out = tmp_path / "out"
    with open(out, "w", encoding="utf-8") as stream, subprocess.Popen(
            [os.environ["DETINIT"], "watch", str(tmp_path / path), "--follow", "--format", "json"],
            stdout=stream, stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as program:
        for count in range(1, STEPS + 1):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
            prefix = save(tmp_path, 100 * count, model, optimizer)
            told = wait_for_lines(out, count)
            assert len(told) == count
            assert told[-1]["step"] == (count if save is save_renamed else 100 * count)
            assert sorted(told[-1]["tensors"]) == sorted(prefix + name for name in figures(model))
            for name, (norm, std, spectral) in figures(model).items():
                found = told[-1]["tensors"][prefix + name]
                assert found["norm"] == pytest.approx(norm, rel=1e-9)
                assert found["std"] == pytest.approx(std, rel=1e-9)
                assert (found["spectral"] is None if spectral is None
                        else 0.99 * spectral <= found["spectral"] <= spectral * (1 + 1e-9))
        program.send_signal(signal.SIGINT)
        assert program.wait(10) == 0
        assert program.stderr.read() == b""
