"""Folders and indexes of shards with everything wrong, given to `detinit list`: each has one line,
and none takes more than 256 MB of addresses or a second.  Prints "ok WHAT" or "not WHAT" for each.
"""
import json
import os
import resource
import shutil
import struct
import subprocess
import sys

DETINIT = os.environ["DETINIT"]
MOST = 256 << 20
INDEX = "hf/model.safetensors.index.json"
ONE, TWO = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"


def limit():
    """In the program: so much memory, and so long."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST))
    resource.setrlimit(resource.RLIMIT_CPU, (5, 5))


LIMITED = {"capture_output": True, "encoding": "utf-8", "timeout": 60, "preexec_fn": limit,
           "stdin": subprocess.DEVNULL, "env": dict(os.environ, OPENBLAS_NUM_THREADS="1")}

# Sanitizers and valgrind need more addresses than that to begin with.
if subprocess.run([DETINIT, "--version"], **LIMITED, check=False).returncode != 0:
    LIMITED["preexec_fn"] = None


def listed(path):
    """Exit status, output and error."""
    done = subprocess.run([DETINIT, "list", path, "--format", "csv"], **LIMITED)
    return done.returncode, done.stdout, done.stderr


def tell(good, what, *seen):
    """A case, and where it failed what was seen."""
    print(("ok " if good else "not ") + what)
    if not good:
        print(what, *map(repr, seen), file=sys.stderr)


def refused(what, expected, path="hf"):
    """Exactly one line, which has this in it, on nothing else."""
    status, out, error = listed(path)
    good = status == 1 and out == "" and error.count("\n") == 1 and error.endswith("\n") and \
        expected in error and len(error) < 520
    tell(good, f"{what}: {expected}", status, out[:200], error[:600])


def shard(tensors, behind=b"", size=None):
    """A .safetensors file of float32 vectors by name; `size`: of its data, where they are wrong."""
    header, at = {}, 0
    for name, count in tensors.items():
        header[name] = {"dtype": "F32", "shape": [count], "data_offsets": [at, at + 4 * count]}
        at += 4 * count
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(at if size is None else size) + behind


def put(path, data):
    """A file of bytes or text."""
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


def folder(index=None, **files):
    """hf anew: two shards, an index, and what is given instead."""
    shutil.rmtree("hf", ignore_errors=True)
    os.mkdir("hf")
    put("hf/" + ONE, shard({"a": 3, "b": 4}))
    put("hf/" + TWO, shard({"c": 5}))
    if index is not None:
        put(INDEX, index if isinstance(index, (bytes, str)) else json.dumps(index))
    for name, data in files.items():
        put("hf/" + name, data)


def mapped(**entries):
    """An index."""
    return {"metadata": {"total_size": 48}, "weight_map": entries}


GOOD = mapped(a=ONE, b=ONE, c=TWO)


def truncations():
    """An index, and a shard, that end anywhere."""
    text = json.dumps(GOOD)
    for size in range(0, len(text), 7):
        folder(text[:size])
        refused(f"an index of {size} bytes", "'" + INDEX + "'")
    whole = shard({"c": 5})
    for size in (0, 1, 7, 8, 9, 20, len(whole) - 21, len(whole) - 20, len(whole) - 1):
        folder(GOOD)
        put("hf/" + TWO, whole[:size])
        refused(f"a shard of {size} bytes", f"'hf/{TWO}'")


def places():
    """Files that are elsewhere, or none."""
    outside = "does not lie beside it"
    for file in ("../x", "..", ".", "", "/etc/passwd", "./" + ONE, "a/../" + ONE, "hf/" + ONE,
                 ONE + "/", "//", "a/b", "~/../../x/" + ONE, "\u00e4/\u00e4"):
        folder(mapped(a=file))
        refused(f"the file {file!r}", outside)
    for file, expected in (
            ("none.safetensors", "cannot open 'hf/none.safetensors': No such file"),
            ("C:\\x", "cannot open 'hf/C:\\x': No such file"),
            ("%2e%2e", "cannot open 'hf/%2e%2e': No such file"),
            (ONE.upper(), "No such file"),
            ("n" * 300, "File name too long"),
            ("n" * 5000, "File name too long"),
            ("model.safetensors.index.json", "is an index where a file of tensors was expected")):
        folder(mapped(a=file))
        refused(f"the file {file[:30]!r}", expected)


def links():
    """What is no regular file; links to shards are followed, as caches of Hugging Face's need."""
    folder(GOOD)
    os.rename("hf/" + TWO, "elsewhere")
    os.symlink("../elsewhere", "hf/" + TWO)
    status, out, error = listed("hf")
    tell(status == 0 and out.count("\n") == 4, "a link to a shard is followed", status, out, error)
    cases = {"a link to nothing": ("nowhere", "No such file"),
             "a link to itself": (TWO, "Too many levels of symbolic links"),
             "a link to a folder": (".", "is not a regular file"),
             "a link to a device": ("/dev/zero", "is not a regular file"),
             "a link to text": ("/etc/passwd", f"'hf/{TWO}'")}
    for what, (target, expected) in cases.items():
        folder(GOOD)
        os.remove("hf/" + TWO)
        os.symlink(target, "hf/" + TWO)
        refused(what, expected)
    folder(GOOD)
    os.remove("hf/" + TWO)
    os.mkfifo("hf/" + TWO)
    refused("a pipe", "is not a regular file")
    os.remove("hf/" + TWO)
    os.mkdir("hf/" + TWO)
    refused("a folder for a shard", "is not a regular file")
    folder()
    os.symlink("model.safetensors.index.json", INDEX)
    refused("an index that is a link to itself", "Too many levels of symbolic links")
    folder()
    os.mkdir(INDEX)
    refused("an index that is a folder", "is not a regular file")
    folder()
    os.mkfifo(INDEX)
    refused("an index that is a pipe", "is not a regular file")


def names():
    """What is in shards, and what the index says is."""
    folder(mapped(lost=ONE))
    refused("a tensor that is nowhere", "its weight_map has 'lost' in")
    folder(mapped(a=TWO))
    refused("a tensor in another shard", f"its weight_map has 'a' in '{TWO}', which has none")
    for key in ('"a", "a"', '"a", "\\u0061"'):
        first, second = key.split(", ")
        folder('{"weight_map": {%s: "%s", %s: "%s"}}' % (first, ONE, second, ONE))
        refused(f"two of one name, {second}", "has two tensors named 'a'")
    folder('{"weight_map": {"a": "%s", "a": "%s"}}' % (ONE, TWO))
    put("hf/" + TWO, shard({"a": 3}))
    refused("two of one name in two shards", "has two tensors named 'a'")
    folder()
    put("hf/" + TWO, shard({"a": 3}))
    refused("two of one name without an index", "has two tensors named 'a'")
    folder('{"weight_map": {"a\\u0000b": "%s"}}' % ONE)
    refused("a name with NUL", "a text holds a NUL, which names here cannot")
    folder('{"weight_map": {"a": "%s\\u0000x"}}' % ONE)
    refused("a file with NUL", "a text holds a NUL, which names here cannot")
    folder(b'{"weight_map": {"a\xff": "x"}}')
    refused("a name that is not UTF-8", "'" + INDEX + "'")
    folder(b'{"weight_map": {"\\ud800": "x"}}')
    refused("half a surrogate", "'" + INDEX + "'")
    folder(b'{"weight_map": {"a\nb": "x"}}')
    refused("a line's end in a name", "'" + INDEX + "'")
    folder(b"\xef\xbb\xbf" + json.dumps(GOOD).encode())
    refused("a byte order mark", "'" + INDEX + "': at byte 0 '{' was expected")
    folder(json.dumps(GOOD).encode("utf-16"))
    refused("UTF-16", "'" + INDEX + "': at byte 0 '{' was expected")


def values():
    """JSON that is no index."""
    for text in ("[]", "5", "null", '"weight_map"', "true", "{]", "{}x", "{} {}", "{,}",
                 '{"weight_map"}', '{"weight_map":}', '{weight_map: {}}', "{'weight_map': {}}",
                 '{"weight_map": 5}', '{"weight_map": null}', '{"weight_map": "x"}',
                 '{"weight_map": {"a": {}}}', '{"weight_map": {"a": ["x"]}}',
                 '{"weight_map": {"a": 1e999}}', '{"weight_map": {"a": true}}',
                 '{"weight_map": {a: "x"}}', '{"weight_map": {"a": "x",}}',
                 '{"weight_map": {"a": "\\x41"}}', '{"weight_map": {"a": "\\u12"}}',
                 '{"metadata": [], "weight_map": {"a": "x"}}', '{"metadata": {}}',
                 '{"metadata": {"a": 01}, "weight_map": {"a": "x"}}',
                 '{"x": NaN, "weight_map": {"a": "x"}}', '{"x": 1 2}', "// {}", ""):
        folder(text)
        refused(f"{text[:40]!r}", "'" + INDEX + "'")
    for bracket in "[", '{"a":':
        folder('{"x": ' + bracket * 100000)
        refused(f"{bracket!r} 100000 times", "too much is nested")
        folder('{"metadata": {"a": ' + bracket * 100000)
        refused(f"{bracket!r} 100000 times in the metadata", "too much is nested")


def sizes():
    """What would take memory."""
    folder()
    with open(INDEX, "wb") as file:
        file.truncate(10 << 40)
    refused("an index of 10 TB", "is larger than any index")
    with open(INDEX, "wb") as file:
        file.truncate(100000001)
    refused("an index of a byte too much", "is larger than any index")
    folder('{"weight_map": {' + ", ".join('"w%d": "s%d"' % (n, n) for n in range(200000)) + "}}")
    refused("200000 shards", "cannot open 'hf/s0'")
    folder(mapped(**{f"w{n}": f"s{n % 1000}" for n in range(100000)}))
    refused("100000 tensors", "cannot open 'hf/s0'")
    folder(GOOD)
    put("hf/" + TWO, struct.pack("<Q", 1 << 62) + b"{}")
    refused("a shard's absurd header", f"'hf/{TWO}'")
    put("hf/" + TWO, shard({"c": 1 << 60}, size=4))
    refused("a shard's absurd tensor", f"'hf/{TWO}'")
    put("hf/" + TWO, shard({"c": 5}, behind=b"x"))
    refused("a byte behind the shard", f"'hf/{TWO}'")


def folders():
    """Folders without an index."""
    shutil.rmtree("hf")
    os.mkdir("hf")
    refused("an empty folder", "is a folder without an index.json")
    put("hf/config.json", "{}")
    refused("no files of tensors", "is a folder without an index.json")
    put("hf/.hidden.safetensors", shard({"a": 3}))
    refused("a hidden file", "is a folder without an index.json")
    put("hf/a.safetensors", "")
    refused("an empty file", "'hf/a.safetensors'")
    put("hf/a.safetensors", shard({"a": 3}))
    put("hf/b.safetensors", "text, and no tensors at all")
    refused("text as a shard", "'hf/b.safetensors'")
    os.remove("hf/b.safetensors")
    for name in ("x", "y"):
        put(f"hf/{name}.safetensors.index.json", json.dumps(mapped(a="a.safetensors")))
    refused("two indexes", "holds more than one .safetensors.index.json")
    shutil.rmtree("hf")
    os.mkdir("hf")
    put("hf/manifest.json", "{}")
    put("hf/a.npy", b"\x93NUMPY")
    refused("an array that ends", "'hf/a.npy'")
    put("hf/a.npy", b"\x93NUMPY\1\0\xff\xff{")
    refused("an array without a header", "'hf/a.npy'")
    refused("no folder", "cannot open 'none': No such file", "none")
    os.symlink("loop", "loop")
    refused("a folder that is a link to itself", "Too many levels of symbolic links", "loop")


truncations()
places()
links()
names()
values()
sizes()
folders()
print("ok all" if resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 256_000 else
      "not all within 256 MB")
