"""Archives and pickles with everything wrong, given to `detinit list`: each has its sentence, and
none takes more than 256 MB of addresses or a few seconds.  Prints "ok WHAT" or "not WHAT" for each, and at last
"ok all".  In the folder with types.pt, stored.npz and deflated.npz."""
import io
import os
import pickle
import resource
import struct
import subprocess
import sys
import time
import zipfile

DETINIT = os.environ["DETINIT"]
READ = os.environ["READ_TENSORS"]


def begins_within(most):
    """Whether the program begins in so many bytes of addresses."""
    return subprocess.run([DETINIT, "--version"], capture_output=True, check=False, preexec_fn=lambda:
                          resource.setrlimit(resource.RLIMIT_AS, (most, most))).returncode == 0


# OpenBLAS 0.3.29 takes the addresses of a buffer as it is loaded, whatever is then read.
MOST = (256 << 20) + (0 if begins_within(160 << 20) else 128 << 20)


def limit():
    """In the program: so much memory."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST))


LIMITED = {"capture_output": True, "encoding": "utf-8", "timeout": 60, "preexec_fn": limit,
           "env": dict(os.environ, OPENBLAS_NUM_THREADS="1")}

# Sanitizers and valgrind need more addresses than that to begin with.
if subprocess.run([DETINIT, "--version"], **LIMITED, check=False).returncode != 0:
    LIMITED["preexec_fn"] = None


def run(command, path):
    """Exit status, output and error of a command on a file."""
    done = subprocess.run([*command, path], **LIMITED)
    return done.returncode, done.stdout, done.stderr


def tried(what, data, expected, command=(DETINIT, "list"), after=()):
    """A file of these bytes must be refused with a line that has this in it."""
    with open("bad", "wb") as file:
        file.write(data)
    done = subprocess.run([*command, "bad", *after], **LIMITED)
    error = done.stderr
    good = done.returncode == 1 and error.count("\n") == 1 and expected in error
    print(("ok " if good else "not ") + f"{what}: {expected}")
    if not good:
        print(what, done.returncode, repr(error), "instead of", expected, file=sys.stderr)


def archive(members, method=zipfile.ZIP_STORED):
    """A zip archive of names and bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, data in members:
            file.writestr(name, data)
    return out.getvalue()


def patched(data, mark, offset, new, which=0):
    """The bytes behind the which-th mark changed at an offset."""
    at = -1
    for _ in range(which + 1):
        at = data.index(mark, at + 1)
    return data[:at + offset] + new + data[at + offset + len(new):]


LOCAL, ENTRY, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
NO_ZIP = "'bad' is no whole zip archive: "
ARRAY = io.BytesIO()
ARRAY.write(b"\x93NUMPY\1\0" + struct.pack("<H", 118) +
            b"{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }".ljust(117) + b"\n" +
            struct.pack("<4f", 1, 2, 3, 4))
NPY = ARRAY.getvalue()


def zips():
    """Archives."""
    good = archive([("a.npy", NPY), ("b.npy", NPY)])
    deflated = archive([("a.npy", NPY), ("b.npy", NPY)], zipfile.ZIP_DEFLATED)
    for size in (4, 29, 60, len(NPY) + 40, len(good) - 22, len(good) - 1):
        tried(f"cut to {size} bytes", good[:size], NO_ZIP + "it has no end record")
    for size in range(100, len(good) - 22, 23):
        tried(f"cut to {size} bytes", good[:size], NO_ZIP + "it has no end record")
    tried("bytes behind the end", good + b"x", NO_ZIP + "it has no end record")
    tried("bytes before it", LOCAL + good, NO_ZIP + "its directory does not end where")
    tried("other disk", patched(good, END, 4, b"\1\0"), NO_ZIP + "it is one of several disks")
    tried("disk of the directory", patched(good, END, 6, b"\1\0"), NO_ZIP + "it is one of several")
    tried("members on disks", patched(good, END, 8, b"\1\0"), NO_ZIP + "it is one of several disks")
    tried("more members", patched(good, END, 8, b"\3\0\3\0"),
          NO_ZIP + "its directory has no room for all members")
    tried("many members", patched(good, END, 8, b"\xff\xff\xff\xff"),
          NO_ZIP + "its directory has no room for all members")
    tried("fewer members", patched(good, END, 8, b"\1\0\1\0"),
          NO_ZIP + "its directory has more than its members")
    tried("large directory", patched(good, END, 12, b"\xff\xff\xff\x7f"),
          NO_ZIP + "its directory does not end where")
    tried("directory elsewhere", patched(good, END, 16, b"\0\0\0\0"),
          NO_ZIP + "its directory does not end where")
    tried("no entry", patched(good, ENTRY, 0, b"XX"), NO_ZIP + "its directory ends before all")
    tried("long name", patched(good, ENTRY, 28, b"\xff\xff"), NO_ZIP + "its directory ends within")
    tried("long extra", patched(good, ENTRY, 30, b"\xff\xff"), NO_ZIP + "its directory ends within")
    tried("no name", patched(good, ENTRY, 28, b"\0\0"), NO_ZIP + "the name of a member is not")
    tried("name with NUL", patched(good, ENTRY, 46, b"\0"), NO_ZIP + "the name of a member is not")
    tried("name not UTF-8", patched(good, ENTRY, 46, b"\xff"), NO_ZIP + "the name of a member is")
    tried("local name", patched(good, LOCAL, 26, b"\7\0"), "its header is not the one that the")
    tried("no local header", patched(good, LOCAL, 0, b"PK\3\4", 1)[:len(NPY) + 35] +
          b"XXXX" + good[len(NPY) + 39:], "its header is not the one that the directory tells")
    tried("local extra", patched(good, LOCAL, 28, b"\xff\xff"), "it overlaps with what follows")
    tried("place outside", patched(good, ENTRY, 42, b"\xff\xff\xff\x7f"),
          "'bad', member 'a.npy': it lies outside of the archive")
    tried("same place", patched(good, ENTRY, 42, b"\0\0\0\0", 1), "it overlaps with the one that")
    tried("place within", patched(good, ENTRY, 42, b"\1\0\0\0", 1), "it overlaps with the one that")
    tried("too long for all", patched(archive([("a.npy", NPY)]), ENTRY, 20, b"\0\1\0\0" * 2),
          "'bad', member 'a.npy': it lies outside of the archive")
    with open("bad", "wb") as file:
        file.write(END + bytes(18))
    print("ok" if run((DETINIT, "list"), "bad")[::2] == (0, "") else "not", "numpy.savez of no arrays is read")
    with open("bad", "wb") as file:
        file.write(archive([("a.npy", NPY), ("readme", b"text")]))
    told = run((DETINIT, "list"), "bad")[1]
    print("ok" if "readme: it is no .npy file" in told else "not", "a text beside arrays is left out")
    long = (48 << 20) + 1
    tried("a directory beyond 48 MB", LOCAL + bytes(long) + END + struct.pack("<4HIIH", 0, 0, 1, 1, long, 4, 0),
          NO_ZIP + "its directory is larger than 48 MB")
    tried("two sizes", patched(good, ENTRY, 24, b"\1\0\0\0"), "it is stored, but its two sizes")
    tried("larger stored", patched(good, ENTRY, 20, b"\0\1\0\0" * 2), "it overlaps with the one")
    tried("absurd size", patched(deflated, ENTRY, 24, b"\xfe\xff\xff\xff"),
          "it cannot become as long as it says")
    tried("zip64 without sizes", patched(good, ENTRY, 20, b"\xff" * 8),
          "'bad', member 'a.npy': its zip64 sizes are missing")
    tried("encrypted", patched(good, ENTRY, 8, b"\1\0"), "'bad', member 'a.npy': it is encrypted")
    method = patched(patched(good, ENTRY, 10, b"\x0c\0"), LOCAL, 8, b"\x0c\0")
    tried("bzip2", method, "'bad', member 'a.npy': it is compressed in another way than deflate")
    tried("one name twice", archive([("a.npy", NPY), ("x.npy", NPY)]).replace(b"x.npy", b"a.npy"),
          "'bad', member 'a.npy': it is there twice")
    tried("neither .npz nor .pt", archive([("readme", b"text")]), "'bad' is neither a .npy, a")
    tried("an array cut off", archive([("a.npy", NPY[:-1])]), "'bad, a.npy' holds 15 bytes of data")
    tried("no array", archive([("a.npy", b"text")]), "'bad, a.npy' is not a .npy file")
    values = (READ,)
    after = ("10", "out")
    flipped = bytearray(good)
    flipped[good.index(NPY) + len(NPY) - 1] ^= 1
    tried("a stored bit", bytes(flipped), "'bad, a.npy' is damaged: its CRC-32", values, after)
    crc = patched(deflated, ENTRY, 16, b"\0\0\0\0")
    tried("a deflated CRC", crc, "'bad, a.npy' is damaged: its CRC-32", values, after)
    start = deflated.index(b"a.npy") + 5
    tried("deflated rubbish", deflated[:start] + b"\xff" * 20 + deflated[start + 20:],
          "'bad, a.npy' is damaged: its data cannot be inflated")
    longer = patched(deflated, ENTRY, 24, struct.pack("<I", len(NPY) - 4))
    tried("becomes longer", longer, "'bad, a.npy' is damaged: its data become longer")
    longer = patched(deflated, ENTRY, 24, struct.pack("<I", len(NPY) + 4))
    tried("becomes shorter", longer, "'bad, a.npy' is damaged: its data become shorter")


def zip64s():
    """Archives whose numbers have 64 bits, as those of more than 4 GB have them."""
    def made(extra=None, end=b"PK\6\6", disk=0, first=b"\x55\x54\1\0z", at_disk=0, of_disk=1, moved=0, wide=(20, 24, 42)):
        good = archive([("a.npy", NPY)])
        at = good.index(ENTRY)
        if extra is None:
            sizes = [0 if field == 42 else len(NPY) for field in sorted(wide, reverse=True) if field != 42]
            sizes += [0] if 42 in wide else []
            extra = struct.pack(f"<HH{len(sizes)}Q", 1, 8 * len(sizes), *sizes)
        entry = bytearray(good[at:at + 46] + b"a.npy" + first + extra)
        for field in wide:
            entry[field:field + 4] = b"\xff" * 4
        entry[30:32] = struct.pack("<H", len(first) + len(extra))
        record = end + struct.pack("<QHHIIQQQQ", 44, 45, 45, disk, at_disk, of_disk, 1, len(entry), at)
        locator = b"PK\6\7" + struct.pack("<IQI", 0, at + len(entry) + moved, 1)
        return good[:at] + bytes(entry) + record + locator + END + bytes(4) + b"\xff" * 12 + bytes(2)
    for wide in ((20, 24, 42), (42,), (24,), (20, 24), (20, 42)):
        with open("bad", "wb") as file:
            file.write(made(wide=wide))
        status, told, error = run((DETINIT, "list"), "bad")
        good = (status, error) == (0, "") and f"{len(NPY) - 128}  4" in told
        print("ok" if good else "not", f"an archive of 64 bits at {wide} is read", error)
    missing = "'bad', member 'a.npy': its zip64 sizes are missing"
    tried("no extra of 64 bits", made(b""), missing)
    tried("an extra that is too short", made(struct.pack("<HHQ", 1, 8, len(NPY))), missing)
    tried("an extra beyond all", made(struct.pack("<HHQ", 1, 99, len(NPY))), missing)
    tried("another end record", made(end=b"XXXX"), NO_ZIP + "its zip64 end record is none")
    for disks in ({"disk": 1}, {"at_disk": 1}, {"of_disk": 2}):
        tried(f"one of several disks of 64 bits: {disks}", made(**disks), NO_ZIP + "its zip64 end record is none")
    for moved in (1 << 40, 60):
        tried(f"an end record {moved} bytes off", made(moved=moved), NO_ZIP + "its zip64 end record lies outside")


def bomb():
    """A gigabyte of zeros in a megabyte: listed at once, in little memory, and no less when read."""
    head = b"\x93NUMPY\1\0" + struct.pack("<H", 118) + \
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (268435456,), }".ljust(117) + b"\n"
    with zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file, \
            file.open("w.npy", "w") as member:
        member.write(head)
        for _ in range(64):
            member.write(bytes(1 << 24))
    begin = time.time()
    status, out, _ = run((DETINIT, "list", "--format", "csv"), "bomb.npz")
    good = status == 0 and '"w",F32,268435456,1073741824' in out and time.time() - begin < 5
    print(("ok " if good else "not ") + "a gigabyte of zeros is listed without being inflated")


def torch_file(data, members=(), **more):
    """What torch.save writes, of this pickle and these storages."""
    return archive([("x/data.pkl", data), *((f"x/{n}", d) for n, d in members), *more.items()])


def op(name, *arguments):
    """module.name(*arguments) as protocol 2."""
    module, function = name.rsplit(".", 1)
    return b"c" + module.encode() + b"\n" + function.encode() + b"\n(" + b"".join(arguments) + b"tR"


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value):
    return b"J" + struct.pack("<i", value)


def numbers(*values):
    return b"(" + b"".join(map(number, values)) + b"t"


def storage(kind="FloatStorage", key="0", count=6):
    return b"(" + text("storage") + b"ctorch\n" + kind.encode() + b"\n" + text(key) + text("cpu") + \
        number(count) + b"tQ"


def tensor(where=storage(), offset=0, shape=numbers(2, 3), steps=numbers(3, 1), more=b""):
    return op("torch._utils._rebuild_tensor_v2", where, number(offset), shape, steps, b"\x89",
              op("collections.OrderedDict"), more)


class Runs:
    """Runs something when it is loaded."""

    def __reduce__(self):
        return os.system, ("touch ran",)


def pickles():
    """Pickles."""
    two = b"\x80\2"
    data = [("data/0", struct.pack("<6f", 1, 2, 3, 4, 5, 6))]

    def bad(what, body, expected, members=data):
        tried(what, torch_file(body, members), expected)

    def global_bad(name):
        bad(f"names {name}", two + op(name) + b".", f"'bad': its pickle names {name}, which is no")

    good = two + b"}" + text("w") + tensor() + b"s."
    with open("good.pt", "wb") as file:
        file.write(torch_file(good, data))
    status, out, _ = run((DETINIT, "list", "--format", "csv"), "good.pt")
    print(("ok " if status == 0 and '"w",F32,2x3,24' in out else "not ") + "the good one is read")
    with open("big.pt", "wb") as file:
        file.write(torch_file(good, [("data/0", struct.pack(">6f", 1, 2, 3, 4, 5, 6)), ("byteorder", b"big")]))
    for path in ("good.pt", "big.pt"):
        status = subprocess.run([READ, path, "4", "out"], **LIMITED).returncode
        print(("ok " if status == 0 and open("out0", "rb").read() == data[0][1] else "not ") + f"{path} has its values")
    for protocol in (2, 3, 4, 5):
        bad(f"runs a command, protocol {protocol}", pickle.dumps({"w": Runs()}, protocol),
            "'bad': its pickle names posix.system, which is no part of plain tensors and is not run")
    print(("not " if os.path.exists("ran") else "ok ") + "nothing was run")
    for name in ("os.system", "builtins.eval", "__builtin__.exec", "subprocess.Popen",
                 "torch.load", "torch._utils._rebuild_qtensor", "numpy.core.multiarray._reconstruct",
                 "collections.defaultdict", "builtins.getattr", "torch.nn.Linear", "torch.float3",
                 "copyreg._reconstructor", "torch._utils._rebuild_tensor_v2.x"):
        global_bad(name)
    for size in range(2, len(good) - 1, 9):
        bad(f"cut to {size} bytes", good[:size], "'bad': at byte ")
    bad("empty", b"", "'bad': at byte 0 of its pickle protocol 2, 3, 4 or 5 was expected")
    bad("protocol 0", b"(dp0\n.", "protocol 2, 3, 4 or 5 was expected")
    bad("protocol 6", b"\x80\6}.", "protocol 2, 3, 4 or 5 was expected")
    bad("nothing on the stack", two + b".", "values are missing")
    bad("too much on the stack", two + b"}}.", "values are missing")
    bad("a mark at the end", two + b"(.", "values are missing")
    bad("no mark", two + b"t.", "values are missing")
    bad("pops nothing", two + b"0.", "values are missing")
    bad("a mark in a tuple", two + b"((\x85.", "values are missing")
    for code in b"ilodpIFLSVPg\x81\x92\x82\x97":
        bad(f"instruction {code}", two + bytes([code]) + b"0\n0\n.",
            f"the instruction 0x{code:02x} is none that is read")
    bad("empty memo", two + b"h\0.", "a place of the memo is empty")
    bad("memo far off", two + b"}r\xff\xff\xff\x7f.", "a place of the memo is out of all order")
    bad("memo of nothing", two + b"q\0.", "values are missing")
    bad("memo of a mark", two + b"(q\0.", "values are missing")
    bad("a key without value", two + b"}(K\1u.", "values are added to what does not take them")
    bad("items of a number", two + b"K\1K\1K\1s.", "values are added to what does not take them")
    bad("append to a dict", two + b"}K\1a.", "values are added to what does not take them")
    bad("a call of a number", two + b"K\1)R.", "something is called that is no function")
    bad("a call with a list", two + b"ccollections\nOrderedDict\n]R.", "something is called that is")
    bad("a call of a class", two + b"ctorch\nFloatStorage\n)R.", "something is called that is no")
    bad("a global without a name", b"\x80\4K\1K\2\x93.", "a global has no name")
    bad("state of a number", two + b"K\1}b.", "state is set on what has none")
    bad("text not UTF-8", two + b"X\1\0\0\0\xff.", "a text is not UTF-8")
    bad("text without end", two + b"X\xff\xff\xff\x7fx.", "'bad': at byte 7 of its pickle it ends")
    bad("number without end", b"\x80\4\x8b\xff\xff\xff\xff.", "of its pickle it ends")
    bad("persistent text", two + text("storage") + b"Q.", "something persistent is no storage")
    bad("persistent module", two + storage().replace(b"storage", b"modules") + b".",
        "something persistent is no storage")
    bad("a storage of strangers", two + storage("FishStorage") + b".", "names torch.FishStorage")
    bad("a storage of -1", two + storage(count=-1) + b".", "something persistent is no storage")
    bad("no arguments", two + op("torch._utils._rebuild_tensor_v2") + b".",
        "a function gets other arguments than it takes")
    bad("a parameter of a number", two + op("torch._utils._rebuild_parameter", b"K\1", b"\x88",
                                            b"}") + b".", "a function gets other arguments")
    for arguments in ((), (text("a"),), (text("a"), number(1)), (number(1), text("latin1"))):
        bad("bytes of no text", two + op("_codecs.encode", *arguments) + b".", "a function gets other arguments")
    bad("no storage", two + tensor(b"K\1") + b".", "a function gets other arguments than it takes")
    bad("untyped", two + tensor(storage().replace(b"ctorch\nFloat", b"ctorch.storage\nUntyped")) +
        b".", "a function gets other arguments than it takes")
    bad("an offset of -1", two + tensor(offset=-1) + b".", "a function gets other arguments")
    bad("a side of -1", two + tensor(shape=numbers(-1, 3)) + b".", "a function gets other arguments")
    bad("a stride of -1", two + tensor(steps=numbers(-3, 1)) + b".", "a function gets other")
    bad("strides are missing", two + tensor(steps=numbers(1)) + b".", "a function gets other")
    bad("65 sides", two + tensor(shape=numbers(*[1] * 65), steps=numbers(*[1] * 65)) + b".",
        "a function gets other arguments than it takes")
    far = "a tensor reaches beyond its storage"
    bad("an offset beyond", two + tensor(offset=1) + b".", far)
    bad("a side beyond", two + tensor(shape=numbers(3, 3)) + b".", far)
    bad("a stride beyond", two + tensor(steps=numbers(4, 1)) + b".", far)
    bad("strides beyond 64 bits", two + tensor(shape=numbers(*[2**31 - 1] * 3),
                                               steps=numbers(*[2**31 - 1] * 3)) + b".", far)
    bad("an absurd view", two + tensor(shape=numbers(*[2**31 - 1] * 3), steps=numbers(0, 0, 0)) +
        b".", "its shape is too large")
    kind = b"ctorch\nTensor\n"
    itself = b"ctorch._tensor\n_rebuild_from_type_v2\n"
    for what, function in (("itself", itself), ("no tensor's", b"ctorch\nSize\n"), ("a class", kind)):
        bad(f"a tensor of a type by {what}", two + op("torch._tensor._rebuild_from_type_v2", function, kind,
                                                     b"(" + function + kind + b")" + b"}t", b"}") + b".",
            "a function gets other arguments than it takes")
    bad("a tensor of a type by three", two + op("torch._tensor._rebuild_from_type_v2", itself, kind, b")") + b".",
        "a function gets other arguments than it takes")
    bad("a parameter of no tensor", two + op("torch._utils._rebuild_parameter", b")", b"\x89", b"}") + b".",
        "a function gets other arguments than it takes")
    bad("no file of a storage", good, "'bad' has no member x/data/0", ())
    bad("another size", good, "it has 20 bytes where the pickle tells of 6 items of 4",
        [("data/0", bytes(20))])
    bad("a byte order", good, "has a byte order that is neither little nor big",
        [*data, ("byteorder", b"middle")])
    bad("a program", good, "'bad' is a TorchScript program; save its state_dict",
        [*data, ("constants.pkl", b"")])
    deep = two + b"(" * 100000 + b"t" * 100000 + b"."
    bad("tuples in one another", deep, "more than 64 collections lie in one another")
    bad("a list of itself", two + b"]q\0h\0a.", "more than 64 collections lie in one another")
    bad("a dict of itself", two + b"}q\0" + text("a") + b"h\0s.", "more than 64 collections lie in")
    wrapped = two + b"K\1q\0" + b"".join(
        b"0](" + (b"h" + bytes([n])) * 10 + b"eq" + bytes([n + 1]) for n in range(30)) + b"."
    bad("ten lists of ten lists of ...", wrapped, "more than four million values are met")
    bad("marks without end", two + b"(" * 2000000 + b".", "more than a million values wait")
    bad("lists without end", two + b"]0" * 6000000 + b"}.", "there is more than 128 MB of values")
    bad("a long name", two + b"}" + text("n" * 4097) + tensor() + b"s.", "become longer than 4096")
    bad("two of one name", two + b"}(" + text("a.b") + tensor() + text("a") + b"}" + text("b") +
        tensor() + b"su.", "'bad' has two tensors named 'a.b'")
    huge = torch_file(good, data)
    tried("an absurd pickle", patched(patched(archive([("x/data.pkl", good)], zipfile.ZIP_DEFLATED),
                                              ENTRY, 24, b"\0\0\1\0"), ENTRY, 16, b"\0"),
          "'bad, x/data.pkl' is damaged: its data become shorter than they should")
    large = archive([("x/data.pkl", bytes(50 << 20))], zipfile.ZIP_DEFLATED)
    tried("a pickle of 50 MB", large, "it has 52428800 bytes; at most 50331648 are read")
    for size in range(30, len(huge), 97):
        tried(f"a file cut to {size} bytes", huge[:size], NO_ZIP)


zips()
zip64s()
bomb()
pickles()
print("ok all" if resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 256_000 else
      "not all within 256 MB")
