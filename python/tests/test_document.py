"""Every snippet of the document, as it prints them, with arrays of NumPy; see frameworks/ for PyTorch's."""

import contextlib
import io
from types import SimpleNamespace

import document
import numpy as np
from checks import refused

from deterministic_init import DeterministicNoiseGenerator

SHAPES = [(256, 784), (128, 256), (10, 128)]


def run(snippet, **names):
    """What a snippet leaves, and prints, with these names at hand."""
    held = {"np": np, "DeterministicNoiseGenerator": DeterministicNoiseGenerator,
            "gen": DeterministicNoiseGenerator(seed=42), **names}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(snippet, held)
    return SimpleNamespace(**{name: value for name, value in held.items() if not name.startswith("__")},
                           printed=printed.getvalue())


def move(weights, share, seed=1):
    """Weights of which so large a share has changed."""
    random = np.random.default_rng(seed)
    return weights + 0.1 * (random.random(weights.shape) < share)


def test_quick_start():
    first = DeterministicNoiseGenerator(seed=42).init_matrix(0, (256, 784))
    trained = move(first, 0.377)
    left = run(document.QUICK_START, trained_weights=trained)
    assert (left.weights == first).all() and left.weights.dtype == np.float64
    expected = (trained != first).mean() * 100
    assert abs(left.stats["changed_percentage"] - expected) < 1e-9
    assert abs(left.stats["sleeping_percentage"] - (100 - expected)) < 1e-9


def test_workflow():
    network = SimpleNamespace(layers=[SimpleNamespace(weight=np.empty(shape)) for shape in SHAPES])

    def train(network, epochs):
        assert epochs == 50
        for layer in network.layers:
            layer.weight = move(layer.weight, 0.4)

    run(document.WORKFLOW_INIT, network=network, train=train)
    trained = [layer.weight.copy() for layer in network.layers]
    left = run(document.WORKFLOW_ANALYZE + document.WORKFLOW_PRUNE, network=network)
    assert left.printed.count("% active") == 3
    for layer_id, (layer, before) in enumerate(zip(network.layers, trained)):
        changed = before != left.gen.init_matrix(layer_id, before.shape)
        assert (layer.weight == np.where(changed, before, 0)).all()


def test_weights_are_recovered():
    trained = SimpleNamespace(weight=move(DeterministicNoiseGenerator(42).init_matrix(0, (256, 784)), 1.0))
    left = run(document.RECOVER, trained_layer=trained)
    assert left.w_init == left.w_recovered and abs(left.delta - 0.1) < 1e-12


def test_changes():
    gen = DeterministicNoiseGenerator(42)
    weights = move(gen.init_matrix(3, (256, 784)), 0.376)
    for i, j in ((0, 0), (5, 10), (255, 783)):
        left = run(document.CHANGES, current_weight=weights[i, j], layer_id=3, i=i, j=j, fan_in=784, fan_out=256,
                   trained_weights=weights)
        delta = weights[i, j] - gen.init_weight(3, i, j, 784, 256)
        assert (left.changed, left.delta) == (delta != 0, delta)
    stats = left.stats
    assert list(stats)[:4] == ["total_weights", "changed_weights", "sleeping_weights", "changed_percentage"]
    assert stats["total_weights"] == 200704 == stats["changed_weights"] + stats["sleeping_weights"]
    assert abs(stats["max_delta"] - 0.1) < 1e-12
    assert abs(stats["mean_delta"] - 0.1 * stats["changed_weights"] / 200704) < 1e-12
    # A weight of another type is compared as it is stored.
    assert gen.check_weight_changed(np.float32(gen.init_weight(3, 5, 10, 784, 256)), 3, 5, 10, 784, 256) == (False, 0)
    assert gen.analyze_weight_matrix(gen.init_matrix(3, (20, 30)).astype(np.float16), 3)["max_delta"] == 0


def test_schemes():
    left = run(document.SCHEMES)
    for weights, variance in ((left.W_relu, 2 / 784), (left.W_tanh, 2 / (256 + 128)), (left.W_selu, 1 / 128)):
        assert abs(weights.var() / variance - 1) < 6 * np.sqrt(2 / weights.size)


def test_orthogonal():
    left = run(document.ORTHOGONAL)
    assert left.cond_normal > 50 and left.cond_ortho < 1 + 1e-12
    assert np.allclose(left.W_ortho @ left.W_ortho.T, 2 * np.eye(128))


def test_convolution():
    kernel = run(document.CONVOLUTION, layer_id=4).kernel
    assert kernel.shape == (64, 32, 3, 3)
    assert np.abs(kernel.sum(axis=(2, 3))).max() < 1e-14
    assert abs(kernel.var() / (2 / (32 * 9)) - 1) < 0.05
    gen = DeterministicNoiseGenerator(42)
    assert gen.analyze_weight_matrix(kernel, 4)["changed_weights"] == 0
    with refused(ValueError, "(out, in, h, w)"):
        gen.init_conv_kernel(0, (3, 3))


def test_transformer():
    left = run(document.TRANSFORMER)
    assert abs(left.W.std() * np.sqrt(512) - 1) < 0.01
    made = DeterministicNoiseGenerator(42).init_matrix(2, (512, 512), mode="lecun")
    assert np.abs(left.W - made).max() < 1e-15


def test_network():
    weights = run(document.NETWORK).weights
    trained = {name: move(one, 0.3) for name, one in weights.items()}
    held = {name: one.copy() for name, one in trained.items()}
    left = run(document.NETWORK_ANALYZE, weights=weights, trained_weights=trained)
    assert left.printed.count("Sleeping:") == 3
    masks = run(document.NETWORK_MASKS, weights=weights, trained_weights=trained).masks
    left = run(document.NETWORK_PRUNE, weights=weights, trained_weights=trained, masks=masks)
    for name in weights:
        sparsity = (held[name] == weights[name]).mean() * 100
        assert f"{name}: {sparsity:.1f}% sparsity" in left.printed
        assert (trained[name] == np.where(held[name] == weights[name], 0, held[name])).all()


def test_machines_and_speed():
    run(document.MACHINES)
    assert "1M weights in" in run(document.SPEED).printed


def test_printed_table():
    """Its std is that of 10 inputs, where the document's shapes say 20: fan_in is stated."""
    gen = DeterministicNoiseGenerator(seed=42)
    for i, row in enumerate(document.TABLE):
        for j, weight in enumerate(row):
            assert round(gen.init_weight(0, i, j, fan_in=10, fan_out=20), 6) == weight


def test_addresses():
    gen = DeterministicNoiseGenerator(42)
    assert gen.init_weight(0, 5, 10, 784, 256) == gen.init_matrix(0, (256, 784))[5, 10]
    assert gen.init_weight(9, 5, 10, 64, 32, mode="xavier") == gen.init_matrix(9, (32, 64), mode="xavier")[5, 10]
    for bad in ((-1, 0), (2**63, 0), (0.5, 0)):
        with refused(ValueError, "i and j must be"):
            gen.init_weight(0, *bad, 784, 256)
    with refused(ValueError, "indices must be"):
        gen.gaussian(-1)
    with refused(ValueError, "fans"):
        gen.init_weight(0, 0, 0, 0, 256)
    with refused(ValueError, "seed must be"):
        DeterministicNoiseGenerator(-1)
