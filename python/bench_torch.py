"""How fast models of PyTorch begin on this machine: bench_torch.py [NAME ...]

Two ways are timed in turn, so that what else the machine does meets both: the least of each, their ratio, and
the median ratio of the pairs.  Models of transformers are measured each in a process of its own, for its memory.
"""

import gc
import os
import statistics
import subprocess
import sys
import time

import numpy as np
import torch

import detinit
import detinit.torch
from detinit.torch import nn_init

# The classes of a model and of its configuration, the configuration, its type, and how often it is timed.
MODELS = {
    "gpt2": ("GPT2LMHeadModel", "GPT2Config", {}, None, 7),
    "llama-1.2b": ("LlamaForCausalLM", "LlamaConfig",
                   {"hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16, "num_attention_heads": 32,
                    "num_key_value_heads": 8, "vocab_size": 128256, "tie_word_embeddings": True}, torch.bfloat16, 3),
}


def seconds(function):
    gc.collect()
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def in_pairs(ours, theirs, runs):
    """What to print of two ways that take turns."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(runs)]
    least = [min(times) for times in zip(*pairs)]
    median = statistics.median(a / b for a, b in pairs)
    return f"{1e3 * least[0]:8.2f} ms, {1e3 * least[1]:8.2f} ms: {least[0] / least[1]:.2f}, median {median:.2f}"


def million(dtype):
    """1000 x 1000 weights on one thread, beside kaiming_normal_ of PyTorch."""
    torch.set_num_threads(1)
    tensor = torch.zeros(1000, 1000, dtype=dtype)
    recipe = detinit.Recipe((1000, 1000), "he", layer=1, dtype=dtype)
    nn_init.kaiming_normal_(tensor, nonlinearity="relu", layer=1)
    assert (tensor.to(torch.float64).numpy() == recipe.replace(via=dtype, dtype="float64").array()).all()
    return in_pairs(lambda: detinit.torch.fill_tensor(tensor, recipe, threads=1),
                    lambda: torch.nn.init.kaiming_normal_(tensor, nonlinearity="relu"), 101)


def build(name):
    import transformers
    model, config, fields, dtype, _ = MODELS[name]
    with torch.device("meta"):
        return getattr(transformers, model)(getattr(transformers, config)(**fields)), dtype


def model_from_meta(name):
    """materialize_ beside its numbers alone, made by the C library in fresh memory of the same sizes."""
    model, dtype = build(name)
    manifest = detinit.torch.plan(model, policy="transformers", dtype=dtype)

    def numbers():
        held = []
        for item in manifest:
            held.append(np.empty(item.recipe.nbytes, np.uint8))
            detinit.fill_into(item.recipe, held[-1].ctypes.data, item.recipe.dtype)

    def materialize():
        detinit.torch.materialize_(models.pop(), policy="transformers", dtype=dtype)
    runs = MODELS[name][-1]
    models = [build(name)[0] for _ in range(runs)]
    return in_pairs(materialize, numbers, runs)


def memory(name):
    """Bytes at the peak of materialize_ above those before and those of the model."""
    import resource
    model, dtype = build(name)
    detinit.torch.materialize_(torch.nn.Linear(8, 8, device="meta"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    detinit.torch.materialize_(model, policy="transformers", dtype=dtype)
    above = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    held = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    return f"{(above - held) / 1e6:.1f} MB above the model's {held / 1e6:.0f} MB"


FIGURES = {"1M float32": lambda: million(torch.float32), "1M bfloat16": lambda: million(torch.bfloat16)}
for one in MODELS:
    FIGURES[f"{one} from meta"] = lambda one=one: model_from_meta(one)
    FIGURES[f"{one} memory"] = lambda one=one: memory(one)


def main(names):
    chosen = [name for name in FIGURES if not names or any(word in name for word in names)]
    if len(chosen) == 1:
        print(f"{chosen[0]:24} {FIGURES[chosen[0]]()}", flush=True)
        return
    for name in chosen:
        subprocess.run([sys.executable, os.path.abspath(__file__), name], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
