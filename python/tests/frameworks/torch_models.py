"""What the tests of detinit.torch share: the program, and models to initialize."""

import os
import subprocess
from pathlib import Path

import pytest

import detinit

torch = pytest.importorskip("torch")
nn = torch.nn

PROGRAM = Path(os.environ.get("DETINIT", Path(__file__).resolve().parents[3] / "detinit")).resolve()
needs_program = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")


def by_program(manifest, folder):
    """The tensors that the program makes of a manifest, as PyTorch reads them."""
    safetensors_torch = pytest.importorskip("safetensors.torch")
    manifest.write(folder / "manifest.json")
    subprocess.run([PROGRAM, "init", "--manifest", folder / "manifest.json", "--save", folder / "made.safetensors",
                    "-q"], check=True)
    return safetensors_torch.load_file(folder / "made.safetensors")


def same_bits(a, b):
    return a.shape == b.shape and a.dtype == b.dtype and bool((a == b).all())


def state(model):
    """Names and copies of all parameters."""
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def recipe_of(name, like, **fields):
    return detinit.Recipe(tuple(like.shape), layer="name", name=name, dtype=like.dtype, **fields)


class Everything(nn.Module):
    """A layer of each kind."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(6, 8, 5)
        self.conv2 = nn.Conv2d(8, 12, 3, groups=4)
        self.conv3 = nn.Conv3d(4, 6, 3)
        self.up1 = nn.ConvTranspose1d(6, 8, 5)
        self.up2 = nn.ConvTranspose2d(8, 12, 3, groups=4)
        self.up3 = nn.ConvTranspose3d(4, 6, 3)
        self.linear = nn.Linear(20, 30)
        self.bilinear = nn.Bilinear(5, 7, 9)
        self.embedding = nn.Embedding(50, 16, padding_idx=3)
        self.bag = nn.EmbeddingBag(50, 16)
        self.lstm = nn.LSTM(20, 30, 2, bidirectional=True, proj_size=10)
        self.gru = nn.GRU(20, 30)
        self.rnn = nn.RNN(20, 30)
        self.cells = nn.ModuleList([nn.LSTMCell(20, 30), nn.GRUCell(20, 30), nn.RNNCell(20, 30)])
        self.attention = nn.MultiheadAttention(32, 4, add_bias_kv=True)
        self.attention_apart = nn.MultiheadAttention(32, 4, kdim=24, vdim=20)
        self.encoder = nn.TransformerEncoderLayer(32, 4, 64)
        self.transformer = nn.Transformer(32, 4, 1, 1, 64)
        self.norms = nn.ModuleList([nn.BatchNorm1d(9), nn.BatchNorm2d(9), nn.InstanceNorm2d(9, affine=True),
                                    nn.GroupNorm(3, 9), nn.LayerNorm(9)])
        self.prelu = nn.PReLU(9)
        self.softmax = nn.AdaptiveLogSoftmaxWithLoss(20, 100, [10, 50])
