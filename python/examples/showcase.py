"""The document's showcase: a network of 6,100 parameters is trained, and what changed is pruned in three ways.

The data are made up: inputs N(0, 1), labels of a fixed random network.  Every figure printed is
measured in this run.
"""

import numpy as np

import detinit

SIZES = [100, 50, 20, 5]
SEED, BATCH, RATE = 42, 50, 0.1


def make_network():
    """Weights, and their recipes, by name."""
    manifest = detinit.Manifest.of_widths("-".join(map(str, SIZES)), detinit.Recipe((1, 1), seed=SEED))
    return manifest, manifest.arrays()


def make_data(count=1000):
    inputs = detinit.Recipe((count, SIZES[0]), "normal", std=1, seed=SEED, layer=1000).array()
    teacher = detinit.Recipe((SIZES[-1], SIZES[0]), seed=SEED, layer=1001).array()
    return inputs, (inputs @ teacher.T).argmax(axis=1)


def forward(weights, inputs):
    """The inputs of each layer, and the outputs of the last."""
    seen = [inputs]
    for name in weights:
        made = seen[-1] @ weights[name].T
        seen.append(made if name == list(weights)[-1] else np.maximum(made, 0))
    return seen


def train(weights, inputs, labels, epochs, shrink=0.0, first=None):
    """Plain SGD on the cross-entropy; `shrink` draws each weight towards its initial value (soft threshold)."""
    for start in list(range(0, len(inputs), BATCH)) * epochs:
        batch, target = inputs[start:start + BATCH], labels[start:start + BATCH]
        seen = forward(weights, batch)
        shares = np.exp(seen[-1] - seen[-1].max(axis=1, keepdims=True))
        gradient = shares / shares.sum(axis=1, keepdims=True)
        gradient[np.arange(len(batch)), target] -= 1
        for n, name in reversed(list(enumerate(weights))):
            step = RATE * gradient.T @ seen[n] / len(batch)
            gradient = (gradient @ weights[name]) * (seen[n] > 0)
            weights[name] -= step
            if shrink > 0:
                delta = weights[name] - first[name]
                weights[name][...] = first[name] + np.sign(delta) * np.maximum(np.abs(delta) - RATE * shrink, 0)


def accuracy(weights, inputs, labels):
    return 100 * (forward(weights, inputs)[-1].argmax(axis=1) == labels).mean()


def prune(weights, manifest, threshold, way):
    """A copy, pruned in place."""
    pruned = {name: one.copy() for name, one in weights.items()}
    detinit.restore({name: (pruned[name], manifest[name]) for name in pruned}, threshold, way)
    return pruned


def main(epochs=20):
    manifest, weights = make_network()
    first = manifest.arrays()
    inputs, labels = make_data()
    print(f"Total parameters: {sum(one.size for one in weights.values()):,}")
    print(f"Accuracy before training: {accuracy(weights, inputs, labels):.1f} %")
    train(weights, inputs, labels, epochs, shrink=2e-3, first=first)
    print(f"Accuracy after training:  {accuracy(weights, inputs, labels):.1f} %")
    pairs = {name: (weights[name], manifest[name]) for name in weights}
    threshold = detinit.threshold(pairs, 0.623)
    changes = [detinit.analyze(*pair, threshold) for pair in pairs.values()]
    sleeping, total = (sum(getattr(one, field) for one in changes) for field in ("sleeping_weights", "total_weights"))
    print(f"Threshold: {threshold:.6f}")
    print(f"Awakened:  {total - sleeping:,} ({100 * (1 - sleeping / total):.1f} %)")
    print(f"Sleeping:  {sleeping:,} ({100 * sleeping / total:.1f} %)")
    outputs = forward(weights, inputs)[-1]
    for way, meaning in (("init", "set back to their initial values"), ("zero", "set to 0"),
                         ("magnitude", "as many, the smallest, set to 0")):
        pruned = prune(weights, manifest, threshold, way)
        difference = np.abs(forward(pruned, inputs)[-1] - outputs).mean()
        print(f"Sleeping weights {meaning}: accuracy {accuracy(pruned, inputs, labels):.1f} %, "
              f"mean output difference {difference:.4f}")


if __name__ == "__main__":
    main()
