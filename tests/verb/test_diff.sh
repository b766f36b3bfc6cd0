#!/bin/sh
# detinit diff and patch, against the same computed with NumPy; README's way of applying a patch.
. "${srcdir:-.}/tests/tap.sh"

python=$(python_with numpy)
[ -n "$python" ] || {
    echo "1..0 # SKIP needs NumPy"
    exit 0
}
export PYTHONDONTWRITEBYTECODE=1
cp "$sources/tests/verb/diff_files.py" .
"$python" - "$sources/README.md" >apply.py <<'END'
import re, sys
blocks = re.findall(r"^```python\n(.*?)^```", open(sys.argv[1]).read(), re.S | re.M)
print(next(block for block in blocks if "def apply(base, patch" in block))
END

# ------------------------------------------------------------------ figures
cat >figures.py <<'END'
import csv, io, json, subprocess, sys
import numpy as np
from diff_files import *

SMALL, LARGE = 128, 256

def near(found, expected, what, relative=1e-9):
    assert found is not None and abs(found - expected) <= relative * abs(expected) + 1e-300, \
        (what, found, expected)

def rank_of(delta):
    s = np.linalg.svd(delta, compute_uv=False)
    return (s ** 2).sum() ** 2 / (s ** 4).sum()

def check_numbers(t, a, b, same, threshold):
    with np.errstate(all="ignore"):
        delta = abs(b - a)
        finite = np.isfinite(delta)
    assert t["not_finite"] == (~finite).sum()
    changed = np.where(finite, delta > threshold, ~same)
    assert t["changed_items"] == changed.sum(), (t, changed.sum())
    d, x, y = delta[finite], a[finite], b[finite]
    near(t["mean_delta"], d.mean() if d.size else 0, "mean")
    near(t["max_delta"], d.max() if d.size else 0, "max")
    if d.size and d.max() > 0:
        place = np.unravel_index(np.where(finite, delta, -1).argmax(), delta.shape)
        assert t["max_at"] == [int(n) for n in place]
    near(t["norm_a"], np.sqrt((x * x).sum()), "norm a")
    near(t["norm_b"], np.sqrt((y * y).sum()), "norm b")
    near(t["norm_delta"], np.sqrt((d * d).sum()), "norm of the change")
    if (x * x).sum() > 0:
        near(t["relative_norm"], np.sqrt((d * d).sum() / (x * x).sum()), "relative norm")
    if (x * x).sum() > 0 and (y * y).sum() > 0:
        cosine = (x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum())
        assert abs(t["cosine"] - cosine) < 1e-12
    bins = np.clip(np.floor(np.log2(np.maximum(d, 2.0 ** -64))), -64, 15).astype(int) + 64
    counts = np.bincount(bins, minlength=80).tolist()
    found = t["histogram"]["counts"]
    assert found + [0] * (80 - len(found)) == counts, (found, counts)
    rows = a.shape[0] if a.ndim >= 2 else 0
    if a.ndim >= 2 and a.size and d.size and d.max() > 0:
        matrix = np.where(finite, b - a, 0).reshape(rows, -1)
        short, long = sorted(matrix.shape)
        if short <= SMALL and long <= LARGE:
            near(t["effective_rank"]["rank"], rank_of(matrix), "rank", 1e-8)
            assert t["effective_rank"]["sampled"] is False
        else:
            assert t["effective_rank"]["sampled"] is True

def check(threshold):
    _, a = read("a.safetensors")
    _, b = read("b.safetensors")
    call = [sys.argv[1], "diff", "a.safetensors", "b.safetensors", "--threshold", repr(threshold)]
    report = json.loads(subprocess.check_output(call + ["--format", "json"]))
    lines = list(csv.DictReader(io.StringIO(subprocess.check_output(call + ["--format", "csv"], text=True))))
    assert [t["name"] for t in report["tensors"]] == [line["name"] for line in lines]
    assert {t["name"] for t in report["tensors"]} == set(a) | set(b)
    equal = 0
    for t, line in zip(report["tensors"], lines):
        name = t["name"]
        assert t["kind"] == line["kind"]
        if name not in b or name not in a:
            assert t["kind"] == ("only in A" if name in a else "only in B")
            continue
        (ka, x), (kb, y) = a[name], b[name]
        if x.shape != y.shape:
            assert t["kind"] == "other shape"
            continue
        alike = x.tobytes() == y.tobytes() and ka == kb
        assert t["kind"] == ("other type" if ka != kb else "unchanged" if alike else "changed"), t
        equal += alike
        numbers = ka in NUMBERS and kb in NUMBERS
        if ka != kb and not numbers:
            assert "total_items" not in t
            continue
        if ka == kb:
            same = (bits(x) == bits(y)).reshape(x.shape)
        else:
            same = widen(ka, x).view("<u8") == widen(kb, y).view("<u8")
        assert t["total_items"] == x.size and t["exactly_unchanged"] == same.sum()
        assert int(line["changed_items"]) == t["changed_items"]
        first = np.unravel_index((~same).argmax(), same.shape) if (~same).any() else None
        assert t["first_difference"] == (None if first is None else [int(n) for n in first])
        if numbers:
            check_numbers(t, widen(ka, x), widen(kb, y), same, threshold)
            near(float(line["norm_delta"]), t["norm_delta"], "CSV")
        else:
            assert t["changed_items"] == (~same).sum() and "norm_a" not in t
    assert report["equal"] == (equal == len(report["tensors"]))

for seed in range(20):
    rng = np.random.default_rng(seed)
    a, b = pair(rng)
    write("a.safetensors", {}, a)
    write("b.safetensors", {}, b)
    check([0.0, 1e-6, 1e-2][seed % 3])
END
check "figures of 20 pairs of files are NumPy's" "$python" figures.py "$DETINIT"

cat >ranks.py <<'END'
import json, subprocess, sys
import numpy as np
from diff_files import *
rng = np.random.default_rng(3)
def rank_of(rows, cols, change):
    a = rng.standard_normal((rows, cols)).astype("f4")
    write("ra.safetensors", {}, {"w": ("F32", a)})
    write("rb.safetensors", {}, {"w": ("F32", (a + change).astype("f4"))})
    out = subprocess.check_output([sys.argv[1], "diff", "ra.safetensors", "rb.safetensors", "--format", "json"])
    t = json.loads(out)["tensors"][0]
    return t["effective_rank"]["rank"], t["effective_rank"]["sampled"]
for rank in 1, 4, 16:
    for rows, cols in (600, 900), (900, 600), (40, 3000):
        change = rng.standard_normal((rows, rank)) @ rng.standard_normal((rank, cols)) * 1e-3
        s = np.linalg.svd(change, compute_uv=False)
        expected = (s ** 2).sum() ** 2 / (s ** 4).sum()
        found, sampled = rank_of(rows, cols, change)
        assert sampled and abs(found / expected - 1) < 0.25, (rank, rows, cols, found, expected)
found, _ = rank_of(1000, 1500, rng.standard_normal((1000, 1500)) * 1e-3)
assert 0.7 < found / 600 < 1.4, found
END
check "low-rank changes of large matrices show as such, random ones as full" "$python" ranks.py "$DETINIT"

# --------------------------------------------------------------- round trips
cat >trips.py <<'END'
import json, os, shutil, subprocess, sys
import numpy as np
from diff_files import *
from apply import apply

detinit = sys.argv[1]

def run(*words):
    return subprocess.run([detinit, *words], capture_output=True, text=True)

def as_numpy(tensors):
    return {name: array for name, (_, array) in tensors.items()}

def save(stem, kind, metadata, tensors):
    """Saves in a format that can hold the tensors, and says where."""
    if kind == "npz" and all(k in NUMPY for k, _ in tensors.values()) and "" not in tensors:
        np.savez(stem + ".npz", **as_numpy(tensors))
        return stem + ".npz"
    if kind == "folder" and len(tensors) > 1:
        shutil.rmtree(stem, ignore_errors=True)
        os.mkdir(stem)
        names = list(tensors)
        parts = {f"part-{n}.safetensors": names[n::2] for n in (0, 1)}
        for file, own in parts.items():
            write(f"{stem}/{file}", {}, {name: tensors[name] for name in own})
        index = {"weight_map": {name: file for file, own in parts.items() for name in own}}
        json.dump(index, open(f"{stem}/model.safetensors.index.json", "w"))
        return stem
    write(stem + ".safetensors", metadata, tensors)
    return stem + ".safetensors"

for seed in range(60):
    rng = np.random.default_rng(1000 + seed)
    a, b = pair(rng)
    kinds = ["safetensors", "npz", "folder"]
    about = {"format": "pt", "text": 'a "quoted" ü'} if seed % 2 else {}
    first = save("one", kinds[rng.integers(3)], {}, a)
    second = save("two", kinds[rng.integers(3)], about, b)
    for path in "p.safetensors", "made.safetensors":
        if os.path.exists(path):
            os.unlink(path)
    made = run("diff", first, second, "--save", "p.safetensors")
    assert made.returncode == 0, made
    made = run("patch", first, "p.safetensors", "--save", "made.safetensors")
    assert made.returncode == 0, made
    metadata, result = read("made.safetensors")
    assert set(result) == set(b)
    for name in b:
        assert result[name][0] == b[name][0] and result[name][1].shape == b[name][1].shape
        assert result[name][1].tobytes() == b[name][1].tobytes(), name
    if second == "two.safetensors":
        assert open(second, "rb").read() == open("made.safetensors", "rb").read()
        assert metadata == about
    held, patch = read("p.safetensors")
    applied = apply(as_numpy(a), as_numpy(patch), json.loads(held["detinit.patch"]))
    assert list(applied) == list(result)
    for name in b:
        assert applied[name].tobytes() == b[name][1].tobytes(), name
        assert applied[name].shape == b[name][1].shape, name
    assert sum(array.nbytes for _, array in patch.values()) <= sum(array.nbytes for _, array in b.values())
    wrong = dict(a)
    name = list(a)[rng.integers(len(a))]
    raw = bytearray(a[name][1].tobytes())
    if raw:
        raw[rng.integers(len(raw))] ^= 1 << rng.integers(8)
        wrong[name] = (a[name][0], np.frombuffer(bytes(raw), a[name][1].dtype).reshape(a[name][1].shape))
    elif len(a) > 1:
        del wrong[name]
    else:
        continue
    write("wrong.safetensors", {}, wrong)
    os.unlink("made.safetensors")
    made = run("patch", "wrong.safetensors", "p.safetensors", "--save", "made.safetensors")
    assert made.returncode == 1 and "is not the base of" in made.stderr, (name, made)
    assert made.stderr.count("\n") == 1 and not os.path.exists("made.safetensors")
END
check "60 patches give the second checkpoint back, with detinit and with README's lines; a bit of the base refuses them" \
    "$python" trips.py "$DETINIT"

# ------------------------------------------------------------- damaged patches
cat >damage.py <<'END'
import os, subprocess, sys
import numpy as np
from diff_files import *
rng = np.random.default_rng(5)
a = {"w": ("F32", rng.standard_normal((20, 30)).astype("f4")), "same": ("I8", np.arange(9, dtype="i1")),
     "gone": ("F16", np.ones(3, "f2"))}
b = {"w": ("F32", a["w"][1].copy()), "same": a["same"], "new": ("F64", np.arange(4, dtype="f8"))}
b["w"][1][3, 4:9] += 1
write("a.safetensors", {}, a)
write("b.safetensors", {"k": "v"}, b)
detinit = sys.argv[1]
subprocess.check_call([detinit, "diff", "a.safetensors", "b.safetensors", "--save", "p.safetensors", "--quiet"])
good, wanted = open("p.safetensors", "rb").read(), open("b.safetensors", "rb").read()

def try_patch(raw):
    open("bad.safetensors", "wb").write(raw)
    if os.path.exists("out.safetensors"):
        os.unlink("out.safetensors")
    made = subprocess.run([detinit, "patch", "a.safetensors", "bad.safetensors", "--save", "out.safetensors"],
                          capture_output=True)
    if made.returncode == 0:
        return open("out.safetensors", "rb").read() == wanted
    return made.returncode == 1 and made.stderr.count(b"\n") == 1 and not os.path.exists("out.safetensors")

assert try_patch(good) and os.path.exists("out.safetensors")
accepted = 0
for at in range(0, len(good), 3):
    raw = bytearray(good)
    raw[at] ^= 1 << at % 8
    assert try_patch(bytes(raw)), at
    accepted += os.path.exists("out.safetensors")
assert accepted < 5, accepted
for length in range(0, len(good), 29):
    assert try_patch(good[:length]) and not os.path.exists("out.safetensors"), length
END
check "every third byte of a patch damaged, and every length of it, is refused" "$python" damage.py "$DETINIT"

# ------------------------------------------------------------------ one way to say no
"$DETINIT" --rows 20 --cols 30 --save a.safetensors --quiet
"$DETINIT" --rows 20 --cols 30 --seed 43 --save b.safetensors --quiet
"$DETINIT" diff a.safetensors b.safetensors --save p.safetensors --quiet
cp a.safetensors a.before

# refused NAME STATUS WORDS COMMAND ...: ends so, says one line with these words, changes nothing.
refused() {
    name=$1 status=$2 words=$3
    shift 3
    "$DETINIT" "$@" >out.log 2>err.log
    found=$?
    if [ $found -eq "$status" ] && [ "$(wc -l <err.log)" -eq 1 ] && grep -qF -e "$words" err.log &&
        [ ! -s out.log ] && cmp -s a.safetensors a.before; then
        pass "$name"
    else
        echo "status $found" >>err.log
        fail "$name" err.log out.log
    fi
}
ln -s a.safetensors link.safetensors
mkdir folder && cp a.safetensors folder/part.safetensors
refused "one file is too few" 2 'diff: needs two files: detinit diff A B' diff a.safetensors
refused "three are too many" 2 'c.safetensors' diff a.safetensors b.safetensors c.safetensors
refused "a patch needs a file to save" 2 'patch: needs --save FILE' patch a.safetensors p.safetensors
refused "no threshold is found" 2 'a number was expected' diff a.safetensors b.safetensors --threshold auto
refused "a patch is .safetensors" 2 '.safetensors' diff a.safetensors b.safetensors --save p.npy
refused "a target that is A" 2 'is what is read' diff a.safetensors b.safetensors --save a.safetensors
refused "a target that is B" 2 'is what is read' diff b.safetensors a.safetensors --save ./a.safetensors
refused "a target that leads to A" 2 'is what is read' patch a.safetensors p.safetensors --save link.safetensors
refused "a target that is the patch" 2 'is what is read' patch a.safetensors p.safetensors --save p.safetensors
refused "a target in the folder that is A" 1 'lies in' diff folder b.safetensors --save folder/p.safetensors
refused "the other base" 1 'is not the base of' patch b.safetensors p.safetensors --save c.safetensors
refused "what is no patch" 1 'is not a patch' patch a.safetensors b.safetensors --save c.safetensors
refused "what is not there" 1 'none.safetensors' diff a.safetensors none.safetensors

# --------------------------------------------------------------------- statuses
"$DETINIT" diff a.safetensors b.safetensors >/dev/null
same "what differs is no failure" 0 $?
"$DETINIT" diff a.safetensors b.safetensors --strict >/dev/null 2>err.log
same "but with --strict" 1 $?
"$DETINIT" diff a.safetensors a.safetensors --strict >out.log
same "what is the same is none" 0 $?
check "and is told so" grep -qF 'The tensor is the same, bit for bit.' out.log
"$DETINIT" --rows 20 --cols 30 --save one.npy --quiet
"$DETINIT" diff one.npy a.safetensors --strict --quiet >/dev/null
same "the array of a .npy goes with the one tensor of another file" 0 $?
"$DETINIT" diff one.npy b.safetensors --save q.safetensors --quiet &&
    "$DETINIT" patch one.npy q.safetensors --save back.safetensors --quiet
"$DETINIT" diff back.safetensors b.safetensors --strict >/dev/null
same "and is a base, too" 0 $?
"$DETINIT" --rows 20 --cols 30 --seed 43 --save two.npy --quiet
"$DETINIT" diff one.npy two.npy --save q.safetensors --quiet &&
    "$DETINIT" patch one.npy q.safetensors --save back.npy --quiet
check "a .npy comes back byte for byte" cmp two.npy back.npy

# -------------------------------------------------------------------- names
cat >names.py <<'END'
import json, subprocess, sys
import numpy as np
from diff_files import *
from apply import apply
detinit = sys.argv[1]
w, v = np.arange(12, dtype="f4").reshape(3, 4), np.arange(5, dtype="f8")
write("na.safetensors", {}, {"module.fc1.weight": ("F32", w), "net.head.bias": ("F64", v), "x.weight": ("F32", w)})
write("nb.safetensors", {}, {"fc1.weight": ("F32", w + (w == 7)), "head.bias": ("F64", v), "x.bias": ("F32", w)})

def kinds(*more):
    out = subprocess.check_output([detinit, "diff", "na.safetensors", "nb.safetensors", "--format", "json", *more])
    return {(t["a"] or {}).get("name"): ((t["b"] or {}).get("name"), t["kind"])
            for t in json.loads(out)["tensors"] if t["a"]}

assert kinds() == {"module.fc1.weight": ("fc1.weight", "changed"), "net.head.bias": (None, "only in A"),
                   "x.weight": (None, "only in A")}
assert kinds("--names", "net.* = *")["net.head.bias"] == ("head.bias", "unchanged")
for rules in [], ["--names", "net.* = *"]:
    subprocess.check_call([detinit, "diff", "na.safetensors", "nb.safetensors", "--save", "np.safetensors", "--quiet", *rules])
    subprocess.check_call([detinit, "patch", "na.safetensors", "np.safetensors", "--save", "nc.safetensors", "--quiet"])
    assert open("nb.safetensors", "rb").read() == open("nc.safetensors", "rb").read()
    held, patch = read("np.safetensors")
    made = apply({name: a for name, (_, a) in read("na.safetensors")[1].items()},
                 {name: a for name, (_, a) in patch.items()}, json.loads(held["detinit.patch"]))
    assert all(made[name].tobytes() == a.tobytes() for name, (_, a) in read("nb.safetensors")[1].items())
    assert ("head.bias.values" in patch) == (not rules)
write("nd.safetensors", {}, {"a.weight": ("F32", w), "module.a.weight": ("F32", w)})
write("ne.safetensors", {}, {"a": ("F32", w)})
out = json.loads(subprocess.check_output([detinit, "diff", "nd.safetensors", "ne.safetensors", "--format", "json"]))
assert [t["kind"] for t in out["tensors"]] == ["only in A", "only in A", "only in B"]
END
check "names that training tools give go together, and rules tell others; what is unclear is left" \
    "$python" names.py "$DETINIT"
refused "a rule that is none" 2 'one = was expected' diff a.safetensors b.safetensors --names 'a = b = c'
refused "rules that leave it open" 1 "'a' may be 'a.weight' and 'module.a.weight'; a rule must tell which" \
    diff nd.safetensors ne.safetensors --names 'b = c'
"$python" -c 'import numpy as np
np.savez("ca.npz", w=np.zeros(3, "c16"), v=np.zeros(3, "c8"))
np.savez("cb.npz", w=np.ones(3, "c16"), v=np.ones(3, "c8"))'
refused "a type that a patch cannot hold" 1 "'w' has the type C128, which .safetensors files, and so patches, have not" \
    diff ca.npz cb.npz --save c.safetensors


# ----------------------------------------------------------------- odd names
# odd FILE BYTE: a tensor called by no characters, and one whose name would command the terminal.
odd() {
    {
        printf '\310\0\0\0\0\0\0\0%-200s' '{"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},'\
'"a\u001b[31mb\u0085":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'
        printf "\\0\\0$2\\77\\0\\0$2\\77"
    } >"$1"
}
odd odd.safetensors '\200'
odd even.safetensors '\0'
same "names are told on one line" '"" a?[31mb?' \
    "$("$DETINIT" diff odd.safetensors even.safetensors -q | awk '$2 == "F32" { printf "%s ", $1 }' | sed 's/ $//')"
same "no name is none in CSV" '""' \
    "$("$DETINIT" diff odd.safetensors even.safetensors --format csv | sed -n 2p | cut -d, -f1)"
same "audit tells it as list does" '""' "$("$DETINIT" audit odd.safetensors -q | awk 'NR == 2 { print $1 }')"
# ------------------------------------------------------------- what is not read
left=$sources/tests/data/hdf5/left_out_latest.h5
expected=$("$DETINIT" list "$left" | sed -n '/^Not read:/,$p' | tail -n +2)
"$DETINIT" diff "$left" odd.safetensors -q >told
same "a diff names what it does not read" "$expected" "$(sed -n '/^Not read in A:/,$p' told | tail -n +2)"
same "an audit, too" "$expected" "$("$DETINIT" audit "$left" -q | sed -n '/^Not read:/,$p' | tail -n +2)"
for verb in list audit "diff $left"; do
    # shellcheck disable=SC2086
    "$DETINIT" $verb "$left" --format csv >csv 2>err
    check "CSV of ${verb%% *} has it on standard error" grep -q '^  scale: its chunks' err
    # shellcheck disable=SC2086
    "$DETINIT" $verb "$left" --format json >told.json
    check "JSON of ${verb%% *} has it" "$python" -c 'import json
told = json.load(open("told.json"))["not_read"]
for names in (told["a"], told["b"]) if "a" in told and isinstance(told["a"], dict) else (told,):
    assert names["scale"].startswith("its chunks"), names'
done
"$python" -c 'import numpy as np
np.savez("objects.npz", o=np.array([None, {}], dtype=object))
np.savez("large_a.npz", x=np.full(3, 1e300), i=np.arange(3))
np.savez("large_b.npz", x=np.full(3, -1e300), i=np.arange(3) + 1)'
same "where there is no tensor, none is the same" "There are no tensors to compare." \
    "$("$DETINIT" diff objects.npz objects.npz -q | head -n 1)"
check "nor does anything look right" sh -c \
    '"$1" audit objects.npz -q | grep -qx "There are no weights to look at."' - "$DETINIT"
"$DETINIT" diff large_a.npz large_b.npz --format json >told.json
check "a figure that an infinite norm takes away says so" "$python" -c 'import json
why = json.load(open("told.json"))["total"]["why_null"]
assert why["cosine"] == "a norm is infinite", why'
check "the last row of figures is of floats" \
    sh -c '"$1" diff large_a.npz large_b.npz | grep -q "^ *all floats "' - "$DETINIT"
finish
