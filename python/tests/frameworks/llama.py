"""A small Llama spread over processes in several ways, and its weights gathered again."""

import torch


def config():
    from transformers import LlamaConfig
    return LlamaConfig(vocab_size=67, hidden_size=24, intermediate_size=37, num_hidden_layers=2,
                       num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=16)


def build():
    from transformers import LlamaForCausalLM
    return LlamaForCausalLM(config())


def fully_sharded(model, device_mesh, **options):
    from torch.distributed.fsdp import fully_shard
    for layer in model.model.layers:
        fully_shard(layer, mesh=device_mesh, **options)
    return fully_shard(model, mesh=device_mesh, **options)


def tensor_parallel(model, device_mesh):
    from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
    plan = {"model.embed_tokens": RowwiseParallel(), "lm_head": ColwiseParallel()}
    for name in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"):
        plan[f"model.layers.*.{name}"] = ColwiseParallel()
    for name in ("self_attn.o_proj", "mlp.down_proj"):
        plan[f"model.layers.*.{name}"] = RowwiseParallel()
    return parallelize_module(model, device_mesh, plan)


def even_columns(world):
    """Shards the columns where they can be cut evenly, which fully_shard asks for, and else the rows."""
    from torch.distributed.tensor import Shard
    return lambda p: Shard(1) if p.dim() > 1 and p.shape[1] % world == 0 else Shard(0)


def flattened(model, original):
    from torch.distributed.fsdp import FullyShardedDataParallel
    options = {"use_orig_params": original, "device_id": torch.device("cpu")}
    for n, layer in enumerate(model.model.layers):
        model.model.layers[n] = FullyShardedDataParallel(layer, **options)
    return FullyShardedDataParallel(model, **options)


def spreads(world):
    """The ways in which so many processes can hold the model: name -> function(model) -> model."""
    from torch.distributed.device_mesh import init_device_mesh
    line = init_device_mesh("cpu", (world,))
    ways = {
        "FSDP2": lambda model: fully_sharded(model, line),
        "FSDP2, columns": lambda model: fully_sharded(model, line, shard_placement_fn=even_columns(world)),
        "TP": lambda model: tensor_parallel(model, line),
        "FSDP1": lambda model: flattened(model, True),
        "FSDP1, flat parameters": lambda model: flattened(model, False),
    }
    if world % 2 == 0:
        plane = init_device_mesh("cpu", (world // 2, 2), mesh_dim_names=("data", "tensor"))
        ways["HSDP"] = lambda model: fully_sharded(model, plane)
        ways["FSDP2 x TP"] = lambda model: fully_sharded(tensor_parallel(model, plane["tensor"]), plane["data"])
    return ways


def loss(model):
    """Of a forward pass without a backward one, after which FSDP keeps some parameters gathered."""
    words = torch.arange(12).reshape(2, 6)
    with torch.no_grad():
        return float(model(input_ids=words, labels=words).loss)


def gathered(model):
    """All parameters as each process sees the whole of them, copied."""
    from torch.distributed.fsdp import FSDPModule, FullyShardedDataParallel
    from torch.distributed.tensor import DTensor
    if isinstance(model, FullyShardedDataParallel):
        with FullyShardedDataParallel.summon_full_params(model):
            return {name.replace("_fsdp_wrapped_module.", ""): p.detach().clone() for name, p in
                    model.named_parameters()}
    for module in model.modules():
        if isinstance(module, FSDPModule):
            module.reshard()  # what was written into a gathered copy is lost
    return {name: (p.full_tensor() if isinstance(p, DTensor) else p).detach().clone()
            for name, p in model.named_parameters()}
