"""The document's complex uses: recurrent, convolutional and attention weights, and a network that is pruned."""

import tempfile
from pathlib import Path

import numpy as np
import showcase

import detinit
from deterministic_init import DeterministicNoiseGenerator

GEN = DeterministicNoiseGenerator(seed=42)


def recurrent(steps=100):
    """A signal through many steps of h = W h: an orthogonal W keeps its length."""
    for name, orthogonal in (("normal", False), ("orthogonal", True)):
        weights = GEN.init_matrix(1, (128, 128), mode="lecun", orthogonal=orthogonal)
        state = GEN.init_matrix(2, (128, 1), mode="lecun")
        start = np.linalg.norm(state)
        for _ in range(steps):
            state = weights @ state
        print(f"RNN, {name}: condition {np.linalg.cond(weights):.1f}, "
              f"length after {steps} steps {np.linalg.norm(state) / start:.3g} of the first")


def convolution():
    """A kernel without an answer to constant light."""
    kernel = GEN.init_conv_kernel(3, shape=(64, 32, 3, 3), mode="he")
    print(f"Convolution: largest sum of a slice {np.abs(kernel.sum(axis=(2, 3))).max():.1e}, "
          f"std {kernel.std():.5f}, target {np.sqrt(2 / (32 * 9)):.5f}")


def attention(d_model=128):
    """Q, K and V, one by one and as one fused tensor, as transformers store them: the same weights."""
    single = [GEN.init_matrix(layer, (d_model, d_model), mode="lecun") for layer in range(3)]
    fused = detinit.Recipe((3 * d_model, d_model), seed=42, parts=[
        {"rows": d_model, "mode": "lecun", "layer": layer} for layer in range(3)])
    assert (np.concatenate(single) == fused.array()).all()
    inputs = GEN.init_matrix(9, (16, d_model), mode="lecun") * np.sqrt(d_model)
    scores = (inputs @ single[0].T) @ (inputs @ single[1].T).T / np.sqrt(d_model)
    print(f"Attention: std of the scores {scores.std():.3f}, about 1 as it should be")


def training():
    """Trained, packed to what changed, and unpacked on another machine."""
    manifest, weights = showcase.make_network()
    first = manifest.arrays()
    inputs, labels = showcase.make_data()
    showcase.train(weights, inputs, labels, 20, shrink=2e-3, first=first)
    pairs = {name: (weights[name], manifest[name]) for name in weights}
    threshold = detinit.threshold(pairs, 0.6)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "packed.safetensors"
        packing = detinit.pack(path, pairs, threshold)
        unpacked = detinit.unpack(path)
    print(f"Training: accuracy {showcase.accuracy(weights, inputs, labels):.1f} %, "
          f"{showcase.accuracy(unpacked, inputs, labels):.1f} % after 60 % of the weights were set back; "
          f"{packing.dense_bytes} bytes became {packing.bytes}")


def main():
    recurrent()
    convolution()
    attention()
    training()


if __name__ == "__main__":
    main()
