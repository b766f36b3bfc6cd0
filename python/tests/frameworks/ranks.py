"""Runs a function in several processes of torch.distributed (gloo, loopback) on this machine."""

import os
import tempfile
import traceback
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing

LIMIT = 240  # seconds that all processes together may take


def _work(rank, world, folder, function, arguments):
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    torch.set_num_threads(1)
    try:
        dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=world)
        result = function(rank, world, *arguments)
        dist.barrier()
        dist.destroy_process_group()
        torch.save(result, f"{folder}/{rank}.pt")
    except BaseException:
        Path(f"{folder}/{rank}.txt").write_text(traceback.format_exc(), encoding="utf-8")
        os._exit(1)


def run(world, function, *arguments):
    """What function(rank, world, *arguments) returns in each of `world` processes, in a list."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        processes = [context.Process(target=_work, args=(rank, world, folder, function, arguments))
                     for rank in range(world)]
        for process in processes:
            process.start()
        try:
            for process in processes:
                process.join(LIMIT)
                if process.exitcode != 0:
                    break
        finally:
            for process in processes:
                process.kill()
        failed = "\n".join(path.read_text(encoding="utf-8") for path in sorted(Path(folder).glob("*.txt")))
        assert all(process.exitcode == 0 for process in processes), failed or f"no end in {LIMIT} s"
        return [torch.load(f"{folder}/{rank}.pt", weights_only=False) for rank in range(world)]
