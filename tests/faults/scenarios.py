"""What faults.py runs: command lines, in a folder of their own beside `in`, the folder of inputs."""
import json
import os
import shutil
import subprocess


class Scenario:
    """`before`: what the folder holds, names of inputs or bytes by their paths. `named`: as where there
    are no files without names. `whole`: all files of it change at once. `steady`: prints the same each time. `grows`: files get whole lines more and more."""

    def __init__(self, name, command, before=None, named=False, whole=False, steady=True, program="detinit",
                 grows=False, environment=None):
        self.name, self.program = name, program
        self.arguments = command.split() if isinstance(command, str) else command
        self.before = before or {}
        self.named, self.whole, self.steady = named, whole, steady
        self.grows = grows
        self.environment = environment or {}


def safetensors(tensors, metadata=None):
    """The bytes of a file of tensors: name, type, shape and data of each."""
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, kind, shape, values in tensors:
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


def train(path, trained):
    """Changes some weights of each tensor of a file, as training would."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    for name, about in header.items():
        if name != "__metadata__":
            first, end = (8 + length + n for n in about["data_offsets"])
            for at in range(first, end, 40):
                data[at + 1] ^= 0x55
    with open(trained, "wb") as file:
        file.write(data)


def make_inputs(folder, program, data, environment):
    def run(*arguments):
        subprocess.run([program, *arguments], cwd=folder, env=environment, check=True,
                       stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    run("init", "--net", "9-8-4", "--save", "net.safetensors", "--quiet")
    train(os.path.join(folder, "net.safetensors"), os.path.join(folder, "trained.safetensors"))
    with open(os.path.join(folder, "manifest.json"), "w", encoding="utf-8") as file:
        json.dump({"seed": 5, "tensors": [
            {"name": "a", "shape": [6, 5], "dtype": "float32"},
            {"name": "b", "shape": [4], "mode": "constant", "value": 1, "dtype": "float16"},
            {"name": "c", "shape": [3, 3], "orthogonal": True}]}, file)
    run("init", "--manifest", "manifest.json", "--save", "shards/", "--max-shard-size", "100", "--quiet")
    run("pack", "trained.safetensors", "--manifest", "net.safetensors", "--save", "packed.safetensors")
    run("diff", "net.safetensors", "trained.safetensors", "--save", "patch.safetensors")
    with open(os.path.join(folder, "commands"), "w", encoding="utf-8") as file:
        file.write("# what a script can do\nrows 7; cols 5\nmode xavier; orthogonal on\nw w.npy\nexport m.ansi matrix 60x20\n"
                   "view numbers; undo; export s.txt statistics 60x20\nset seed=9; weight 2,3\n")
    for path in ("checkpoints/deflated.npz", "checkpoints/stored.npz", "checkpoints/state_dict.pt",
                 "checkpoints/views.pt", "hdf5/keras2.h5", "hdf5/model.keras", "hdf5/chunks_latest.h5",
                 "hdf5/many_latest.h5", "hdf5/left_out_latest.h5"):
        shutil.copy(os.path.join(data, path), folder)
    run("init", "--net", "5-4-3", "--save", "folder/", "--quiet")
    with open(os.path.join(folder, "names"), "w", encoding="utf-8") as file:
        file.write("fc1.weight = fc1.weight\nfc*.bias = fc*.bias\n")


OLD = b"what was there before"
LINES = b"".join(
    b'{"step": %d, "threshold": 0.001, "weights": 12, "changed": 3, "awake": 0.25, "tensors": '
    b'{"a": {"awake": 0.375, "changed": 3, "mean_delta": 0.0125, "max_delta": 0.5, "decay": 0.96875}}}\n' % step
    for step in (0, 100))
OLD_FOLDER = {"net/fc1.weight.npy": OLD, "net/manifest.json": OLD}
TRAINED = "../in/trained.safetensors --manifest ../in/net.safetensors"

SCENARIOS = [
    Scenario("print", "--seed 3 --rows 5 --cols 4 --threads 1"),
    Scenario("print-threads", "--seed 3 --rows 70 --cols 40 --threads 2 --show-dist --test-repro"),
    Scenario("print-json", "--rows 5 --cols 4 --threads 1 --format json --matrix"),
    Scenario("print-csv", "--rows 5 --cols 4 --threads 1 --format csv --compare-modes"),
    Scenario("modes-orthogonal", "--rows 8 --cols 8 --orthogonal --compare-modes --threads 1"),
    Scenario("weight", "weight --rows 5 --cols 4 --at 2,3 --format json"),
    Scenario("help", "init --help"),
    Scenario("completion", "completion zsh"),
    Scenario("save-npy", "--rows 5 --cols 4 --threads 1 --save w.npy", {"w.npy": OLD}),
    Scenario("save-npy-named", "--rows 5 --cols 4 --threads 1 --save w.npy", named=True),
    Scenario("save-npy-f2", "--rows 5 --cols 4 --threads 2 --dtype float16 --save w.npy --test-repro"),
    Scenario("save-csv", "--rows 5 --cols 4 --threads 1 --dtype bfloat16 --save w.csv", {"w.csv": OLD}),
    Scenario("save-safetensors", "--shape 3,2,2 --threads 1 --dtype float32 --save w.safetensors", {"w.safetensors": OLD}),
    Scenario("save-standard-output", "--rows 5 --cols 4 --threads 1 --save -"),
    Scenario("init", "init --net 5-4-3 --threads 1 --save net.safetensors", {"net.safetensors": OLD}),
    Scenario("init-manifest", "init --manifest ../in/manifest.json --threads 1 --save net.safetensors --format json",
             named=True),
    Scenario("init-ready", "init --manifest rnn --threads 1"),
    Scenario("init-folder", "init --net 5-4 --threads 1 --save net/", OLD_FOLDER, whole=True),
    Scenario("init-new-folder", "init --net 5-4-3 --threads 2 --save net/", whole=True),
    Scenario("init-shards", "init --manifest ../in/manifest.json --threads 1 --max-shard-size 100 --save net/",
             {"net/model-00001-of-00002.safetensors": OLD}),
    Scenario("mask", f"mask {TRAINED} --threads 1 --save mask.safetensors", {"mask.safetensors": OLD}),
    Scenario("prune", f"prune {TRAINED} --threads 1 --save pruned.safetensors --to magnitude"),
    Scenario("pack", f"pack {TRAINED} --threads 1 --save packed.safetensors", {"packed.safetensors": OLD}),
    Scenario("pack-lossless", f"pack {TRAINED} --lossless --threads 2 --save packed.safetensors", named=True),
    Scenario("unpack", "unpack ../in/packed.safetensors --threads 1 --save w.safetensors", {"w.safetensors": OLD}),
    Scenario("diff", "diff ../in/net.safetensors ../in/trained.safetensors --threads 1 --format json"),
    Scenario("diff-patch", "diff ../in/net.safetensors ../in/trained.safetensors --threads 1 --save p.safetensors"),
    Scenario("patch", "patch ../in/net.safetensors ../in/patch.safetensors --save b.safetensors", {"b.safetensors": OLD}),
    Scenario("analyze", f"analyze {TRAINED} --threads 1"),
    Scenario("analyze-names", f"analyze {TRAINED} --threads 1 --names ../in/names --partial"),
    Scenario("analyze-json", f"analyze {TRAINED} --threads 2 --format json --sparsity 0.5"),
    Scenario("analyze-shard", f"analyze {TRAINED} --threads 1 --shard 1/2 --save part.json"),
    Scenario("verify", "verify ../in/net.safetensors --threads 1"),
    Scenario("verify-packed", "verify ../in/packed.safetensors --threads 1 --manifest ../in/net.safetensors"),
    Scenario("audit", "audit ../in/net.safetensors --threads 1"),
    Scenario("list-safetensors", "list ../in/trained.safetensors"),
    Scenario("list-shards", "list ../in/shards --format csv"),
    Scenario("list-index", "list ../in/shards/model.safetensors.index.json"),
    Scenario("list-npz", "list ../in/deflated.npz"),
    Scenario("list-pt", "list ../in/state_dict.pt --format json"),
    Scenario("list-h5", "list ../in/keras2.h5"),
    Scenario("list-h5-many", "list ../in/many_latest.h5"),
    Scenario("list-h5-left-out", "list ../in/left_out_latest.h5"),
    Scenario("list-folder", "list ../in/folder"),
    Scenario("list-keras", "list ../in/model.keras"),
    Scenario("list-pipe", "list -", environment={"FAULTS_PIPE": "../in/net.safetensors"}),
    Scenario("pack-pipe", "pack - --save p.safetensors --threads 1", whole=True,
             environment={"FAULTS_PIPE": "../in/net.safetensors"}),
    Scenario("audit-pt", "audit ../in/views.pt --threads 1"),
    Scenario("audit-h5", "audit ../in/keras2.h5 --threads 1"),
    Scenario("audit-h5-chunks", "audit ../in/chunks_latest.h5 --threads 1"),
    Scenario("signal", "signal --width 16 --depth 6 --inputs 4 --threads 1"),
    Scenario("signal-csv", "signal --width 16 --depth 6 --inputs 4 --threads 2 --format csv"),
    Scenario("spectrum", "spectrum --rows 12 --cols 10 --factors 2 --threads 1"),
    Scenario("spectrum-orthogonal", "spectrum --rows 12 --cols 10 --orthogonal --format json --threads 1"),
    Scenario("coordinates", "coordinates --widest 128 --threads 1 --format csv"),
    Scenario("learn", "learn relu --format text"),
    Scenario("learn-list", "learn"),
    Scenario("script", "--script ../in/commands", environment={"COLUMNS": "100"}),
    Scenario("export-svg", ["--command", "rows 6; cols 5; export all.svg matrix 80x24; export all.txt statistics 80x24"], {"all.svg": OLD}),
    Scenario("export-file", ["--command", "open ../in/trained.safetensors --manifest ../in/net.safetensors; "
                             "export all.txt tensors 80x24"]),
    Scenario("watch", "watch run.jsonl", {"run.jsonl": LINES}),
    Scenario("watch-checkpoints", "watch run --save kept.jsonl --threads 1", grows=True, before={"run/step-1.safetensors": "net.safetensors", "run/step-2.safetensors": "trained.safetensors"}),
    Scenario("showcase", "showcase --small --epochs 1 --batch 512 --threads 1 --quiet", steady=False),
    Scenario("api-matrix", "matrix", program="api"),
    Scenario("api-description", "description", program="api"),
    Scenario("api-files", "files ../in/trained.safetensors ../in/deflated.npz ../in/stored.npz ../in/state_dict.pt "
             "../in/views.pt ../in/keras2.h5 ../in/chunks_latest.h5 ../in/model.keras ../in/packed.safetensors "
             "../in/shards/model.safetensors.index.json", program="api"),
    Scenario("api-network", "network", program="api"),
    Scenario("api-tracking", "tracking ../in/trained.safetensors", program="api"),
]

# What a fault may do although it looks wrong: the call, the function that it stands in, what is said
# to be wrong, each "" for any, and why it is right.
EXCUSED = [
    ("access", "target_check", "status 2", "a folder that may not be written into is a request that makes no sense"),
    ("malloc|jansson", "", "load.c:.* Assertion", "jansson 2.14 itself ends the program where it has no memory"),
    ("jansson", "", "status 2", "jansson, without memory for a word that it reads, calls the word wrong; a library "
     "cannot know better (the program can, see ui/system/json_memory.h)"),
    ("malloc|jansson", "read_description|join_manifests|detinit_network_parse", "neither", "jansson 2.14 passes over "
     "characters where its buffer cannot grow; the program tells that memory lacked, with status 1"),
    ("calloc", "path_of|read_shape", "does not say why|status 2", "memory and a bound of what is read are one to it"),
    (".*", "look_at_checkpoints", "status 0|neither", "watch goes on without a checkpoint that cannot be read yet, and waits for it"),
    ("unlink", "open_nameless", "left ", "a name that cannot be removed stays"),
    ("unlinkat", "remove_open", "left ", "a file that cannot be removed stays, and the next save tries again"),
    ("open", "remove_temporary", "left ", "nor does a folder that cannot be opened go"),
    ("unlink|rmdir", "remove_files|training_files_end|showcase", "left ", "likewise"),
    (".*", "tensor_sample", "neither|another", "the explorer's list shows no figure of what cannot be read at the moment"),
    ("stat64", "checkpoint_series_is_at", "does not say why", "what cannot be looked at for a moment is taken for a file "
     "of lines, as which it is refused"),
]
