"""The document's tool: a matrix, its statistics and its proof.

    test_matrix_generator.py --seed 42 --rows 10 --cols 20 --mode he
    ... --compare-modes, --orthogonal, --show-dist, --test-repro, --save weights.npy

The terminal program `detinit` does all of it and more; this shows how, in Python.
"""

import argparse

import numpy as np

import detinit

MODES = ("he", "xavier", "lecun")


def show_matrix(recipe, most=8):
    """The upper left corner; no more of it is made."""
    rows, cols = (min(size, most) for size in recipe.shape)
    print(f"GENERATED MATRIX (seed={recipe.seed}, layer_id={recipe.layer}, mode={recipe.mode})")
    print("      " + "".join(f"{col:11d}" for col in range(cols)))
    for row in range(rows):
        print(f"{row:6d}" + "".join(f"{weight:11.6f}" for weight in recipe[row, :cols]))


def show_statistics(recipe):
    figures = recipe.statistics()
    print(f"Shape: {recipe.shape[0]} x {recipe.shape[1]}")
    print(f"Mean:  {figures.mean:.8f} ({figures.mean_errors:+.1f} standard errors from {figures.target_mean:g})")
    print(f"Std:   {figures.std:.8f} ({figures.std_errors:+.1f} standard errors from {figures.target_std:.8f})")
    print(f"Min:   {figures.min:.8f}\nMax:   {figures.max:.8f}")


def compare_modes(recipe):
    for mode in MODES:
        figures = recipe.replace(mode=mode).statistics()
        print(f"{mode:8} std {figures.std:.8f}, target {figures.target_std:.8f}")


def show_distribution(recipe, width=50):
    plot = recipe.plot()
    for edge, count, expected in zip(plot.edges, plot.counts, plot.expected):
        print(f"{edge:10.4f} {'#' * round(width * count / max(plot.counts)):{width}} {count} "
              f"({expected:.1f} expected)")


def test_reproducibility(recipe):
    """Not for pytest: what --test-repro prints."""
    proof = recipe.reproduce()
    print(f"Reproducible: {'yes' if proof.equal else 'NO'}, {proof.compared} comparisons, "
          f"max difference {proof.max_difference:.1e}\nSHA-256 {proof.sha256}")


def main(arguments=None):
    parser = argparse.ArgumentParser(description="A deterministic matrix and what can be said of it.")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--layer", type=int, default=0)
    parser.add_argument("--rows", type=int, default=10)
    parser.add_argument("--cols", type=int, default=20)
    parser.add_argument("--mode", default="he")
    for flag in ("orthogonal", "compare-modes", "show-dist", "test-repro"):
        parser.add_argument("--" + flag, action="store_true")
    parser.add_argument("--save", metavar="FILE.npy")
    options = parser.parse_args(arguments)
    try:
        recipe = detinit.Recipe((options.rows, options.cols), options.mode, seed=options.seed, layer=options.layer,
                                orthogonal=options.orthogonal)
    except detinit.Error as error:
        parser.error(str(error))
    show_matrix(recipe)
    show_statistics(recipe)
    for wanted, show in ((options.compare_modes, compare_modes), (options.show_dist, show_distribution),
                         (options.test_repro, test_reproducibility)):
        if wanted:
            show(recipe)
    if options.save:
        np.save(options.save, recipe.array())
        print(f"Saved: {options.save}")


if __name__ == "__main__":
    main()
