"""The document's snippets with PyTorch: those that work as printed, and the working form of the others."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import document  # noqa: E402
from test_document import SHAPES, run  # noqa: E402

from deterministic_init import DeterministicNoiseGenerator  # noqa: E402

GEN = DeterministicNoiseGenerator(seed=42)


@pytest.fixture
def network():
    """A trained one, of float32 parameters: a third of the weights moved."""
    layers = [torch.nn.Linear(fan_in, fan_out) for fan_out, fan_in in SHAPES]
    for layer_id, layer in enumerate(layers):
        first = GEN.init_matrix(layer_id, layer.weight.shape, mode="he")
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(first))
            layer.weight.view(-1)[::3] += 0.1
    return SimpleNamespace(layers=layers)


def expected_change(layer):
    changed = np.zeros(layer.weight.numel(), bool)
    changed[::3] = True
    return torch.from_numpy(changed).reshape(layer.weight.shape)


def test_an_array_is_no_parameter(network):
    """`layer.weight = gen.init_matrix(...)`: PyTorch takes no array; it is copied into the parameter."""
    with pytest.raises(TypeError, match="cannot assign"):
        run(document.WORKFLOW_INIT, network=network, train=None)
    for layer_id, layer in enumerate(network.layers):
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(GEN.init_matrix(layer_id, layer.weight.shape, mode="he")))
        assert GEN.analyze_weight_matrix(layer.weight, layer_id)["changed_weights"] == 0


def test_workflow_analyzes_parameters(network):
    left = run(document.WORKFLOW_ANALYZE, network=network)
    shares = [100 * expected_change(layer).double().mean() for layer in network.layers]
    assert left.printed == "".join(f"Layer {n}: {share:.1f}% active\n" for n, share in enumerate(shares))
    assert left.mask.dtype == torch.bool and (left.mask == expected_change(network.layers[2])).all()


def test_a_leaf_that_requires_grad_is_pruned_without_grad(network):
    """`layer.weight[~mask] = 0.0`: PyTorch refuses it in place; `with torch.no_grad():` before it is the working form."""
    with pytest.raises(RuntimeError, match="leaf Variable"):
        run(document.WORKFLOW_ANALYZE + document.WORKFLOW_PRUNE, network=network)
    with torch.no_grad():
        run(document.WORKFLOW_ANALYZE + document.WORKFLOW_PRUNE, network=network)
    for layer in network.layers:
        assert not layer.weight[~expected_change(layer)].any() and layer.weight[expected_change(layer)].any()


def test_weights_are_recovered(network):
    left = run(document.RECOVER, trained_layer=network.layers[0])
    assert expected_change(network.layers[0])[5, 10]
    # Of float32 and float64: within the rounding of the first.
    assert abs(left.delta.item() - 0.1) < 2**-24


def test_changes_of_scalars(network):
    weight = network.layers[0].weight
    for i, j in ((0, 0), (0, 1)):
        left = run(document.CHANGES, current_weight=weight[i, j], layer_id=0, i=i, j=j, fan_in=784, fan_out=256,
                   trained_weights=weight)
        assert left.changed == bool(expected_change(network.layers[0])[i, j])
        assert left.changed or left.delta == 0
    assert left.stats["changed_weights"] == (weight.numel() + 2) // 3


def test_network_of_tensors(network):
    weights = run(document.NETWORK).weights
    trained = {f"layer_{n}": layer.weight.detach() for n, layer in enumerate(network.layers)}
    assert run(document.NETWORK_ANALYZE, weights=weights, trained_weights=trained).printed.count("Sleeping:") == 3
    masks = run(document.NETWORK_MASKS, weights=weights, trained_weights=trained).masks
    # mask.size is a method of a tensor; mask.numel() is the working form.
    with pytest.raises(TypeError, match="/"):
        run(document.NETWORK_PRUNE, weights=weights, trained_weights=trained, masks=masks)
    left = run(document.NETWORK_PRUNE.replace("mask.size", "mask.numel()"), weights=weights, trained_weights=trained,
               masks=masks)
    for name, layer in zip(trained, network.layers):
        share = 100 * (~expected_change(layer)).double().mean()
        assert f"{name}: {share:.1f}% sparsity" in left.printed


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_storage_types_and_strides(dtype):
    weights = torch.from_numpy(GEN.init_matrix(1, (30, 40))).to(dtype)
    assert GEN.analyze_weight_matrix(weights, 1, threshold=0)["changed_weights"] == 0
    turned = weights.T.contiguous().T
    turned[3, 4] += 1
    assert GEN.get_awakened_mask(turned, 1).nonzero().tolist() == [[3, 4]]
