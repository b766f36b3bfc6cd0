"""HDF5 files with everything wrong, given to `detinit list` and, where their data are what is wrong,
to read_tensors: each has its sentence, and none takes 256 MB or more than a few seconds.  Files
that h5py made are cut and changed at many places, too: then there is a sentence, or there is
nothing to say.  Prints "ok WHAT" or "not WHAT" for each, and at last "ok all".  In the folder with
the files of tests/data/hdf5.
"""
import io
import os
import random
import resource
import struct
import subprocess
import sys
import zipfile
import zlib

DETINIT = os.environ["DETINIT"]
READ = os.environ["READ_TENSORS"]
NOWHERE = b"\xff" * 8
LIMIT = 256 << 20
# Sanitizers and valgrind take more for themselves than the program does.
CAN_LIMIT = True
SLOW = "UNDER_VALGRIND" in os.environ
CHANGES = 2 if SLOW else 25


def limited():
    """No more address space than this."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))


def run(data, command):
    """Exit status and error of a command on a file of these bytes."""
    with open("bad", "wb") as file:
        file.write(data)
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120,
                          preexec_fn=limited if CAN_LIMIT else None, check=False,
                          env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    return done.returncode, done.stderr.decode("utf-8", "replace")


def tried(what, data, expected, values=False):
    """A file of these bytes must be refused with a line that has this in it."""
    command = [READ, "bad", "10", "out"] if values else [DETINIT, "list", "bad"]
    status, error = run(data, command)
    good = status == 1 and error.count("\n") == 1 and expected in error
    print(("ok " if good else "not ") + f"{what}: {expected}")
    if not good:
        print(what, status, repr(error), "instead of", expected, file=sys.stderr)


# ------------------------------------------------------------------- a file, made by hand

def number(value, size=8):
    """Its bytes."""
    return value.to_bytes(size, "little")


def message(kind, body, flags=0):
    """Of a header of version 1."""
    body += b"\0" * (-len(body) % 8)
    return struct.pack("<HHB3x", kind, len(body), flags) + body


def header(*messages):
    """Of an object."""
    data = b"".join(messages)
    return struct.pack("<BxHII4x", 1, len(messages) & 0xffff, 1, len(data)) + data


def superblock(root, end, **wrong):
    """Of version 0."""
    widths = wrong.get("widths", b"\x08\x08")
    return (b"\x89HDF\r\n\x1a\n" + bytes([wrong.get("version", 0)]) + b"\0\0\0\0" + widths + b"\0" +
            struct.pack("<HHI", 4, 16, 0) + number(wrong.get("base", 0)) + NOWHERE + number(end) +
            NOWHERE + number(0) + number(root) + bytes(24))


START = len(superblock(0, 0))
SPACE, LINK_INFO, TYPE, FILL, LINK, EXTERNAL, LAYOUT = 1, 2, 3, 5, 6, 7, 8
FILTERS, ATTRIBUTE, CONTINUES, SYMBOLS, ATTRIBUTE_INFO = 11, 12, 16, 17, 21


def file_of(*parts, root=START, end=None, **wrong):
    """These parts, one behind the other from START on."""
    data = b"".join(parts)
    return superblock(root, START + len(data) if end is None else end, **wrong) + data


def link(name, address):
    """A hard one."""
    return message(LINK, b"\1\0" + bytes([len(name)]) + name + number(address))


def shape(*sides, most=()):
    """Of version 1."""
    return message(SPACE, struct.pack("<BBB5x", 1, len(sides), 1 if most else 0) +
                   b"".join(map(number, sides)) + b"".join(map(number, most)))


F32 = bytes([0x11, 0x20, 31, 0]) + number(4, 4) + struct.pack("<HHBBBBI", 0, 32, 23, 8, 0, 23, 127)
FLOAT = message(TYPE, F32)
ROOT_SIZE = len(header(link(b"x", 0)))
SET = START + ROOT_SIZE  # the address of the object x


def one(*messages, more=b"", **wrong):
    """A file with an object x of these messages, and what follows it."""
    return file_of(header(link(b"x", SET)), header(*messages), more, **wrong)


def contiguous(address, size):
    """A layout."""
    return message(LAYOUT, b"\3\1" + number(address) + number(size))


def chunked(address, *sides, item=4):
    """A layout with a tree of chunks."""
    return message(LAYOUT, b"\3\2" + bytes([len(sides) + 1]) + number(address) +
                   b"".join(number(side, 4) for side in (*sides, item)))


def behind(*messages):
    """The address of what follows an object of these messages."""
    return SET + len(header(*messages))


def new_layout(kind, flags=0, sides=(4,), width=4, more=b"", address=0):
    """Of version 4, with an index of this kind."""
    return message(LAYOUT, b"\4\2" + bytes([flags, len(sides) + 1, width]) +
                   b"".join(number(side, width) for side in (*sides, 4)) + bytes([kind]) + more +
                   number(address))


def tree(*entries, level=0, kind=1, rank=1):
    """A node with chunks: bytes, mask, coordinates, address."""
    out = b"TREE" + bytes([kind, level]) + number(len(entries), 2) + NOWHERE * 2
    for size, mask, place, address in entries:
        out += number(size, 4) + number(mask, 4) + b"".join(map(number, place)) + number(0) + \
            number(address)
    return out + bytes(8 + 8 * (rank + 1))


def chunks(node, data=b"", filters=(), sides=(4,), chunk=(4,)):
    """A file with a chunked set of data; `node` and `data` are given their addresses."""
    pipe = [message(FILTERS, b"\1" + bytes([len(filters)]) + bytes(6) + b"".join(
        struct.pack("<HHHH", f, 0, 0, 0) for f in filters))] if filters else []
    rest = [shape(*sides), FLOAT, *pipe]
    at = behind(*rest, chunked(0, *chunk))
    return one(*rest, chunked(at, *chunk), more=node(at, at + len(node(0, 0))) + data)


def superblocks():
    """The beginning of the file."""
    good = one(shape(2), FLOAT, contiguous(0, 8), more=b"")
    tried("nothing but the signature", good[:8], "a superblock")
    tried("40 bytes of a superblock", good[:40], "the superblock is damaged")
    for size in (9, 12):
        tried(f"{size} bytes of a superblock", good[:size], "a superblock of version 0 .. 3 was")
    tried("a superblock alone", good[:START], "'bad' ends at byte 96; its superblock tells of 2")
    tried("version 4", file_of(version=4), "a superblock of version 0 .. 3 was expected")
    tried("addresses of 3 bytes", file_of(widths=b"\3\x08"), "a superblock of version 0 .. 3 was")
    tried("lengths of 16 bytes", file_of(widths=b"\x08\x10"), "a superblock of version 0 .. 3 was")
    tried("a base", file_of(header(), base=8), "addresses from the beginning of the file on were")
    tried("an end beyond the file", file_of(header(), end=1 << 40), "its superblock tells of 10995")
    tried("no root", file_of(root=1 << 60), "the header of an object was expected; the file ends")
    tried("a root nowhere", file_of(root=2**64 - 1), "the header of an object was expected; the")
    tried("a root that is no group", file_of(header(shape(2))), "a group was expected")
    tried("a root that is no object", file_of(b"rubbish, and more of it"), "the header of an object")
    new = bytearray(open("links_latest.h5", "rb").read())
    new[12] ^= 1
    tried("a superblock's checksum", bytes(new), "the superblock is damaged")


def headers():
    """Lists of messages."""
    tried("a header beyond the file", file_of(struct.pack("<BxHII4x", 1, 1, 1, 1 << 30)),
          "the header of an object was expected; the file ends")
    tried("a message beyond the header", file_of(struct.pack("<BxHII4xHHB3x", 1, 1, 1, 8, 6, 99, 0)),
          "a message goes beyond the header of an object")
    tried("a block elsewhere", file_of(header(message(CONTINUES, number(1 << 50) + number(8)))),
          "the header of an object was expected; the file ends")
    circle = message(CONTINUES, number(START + 16) + number(24))
    tried("a header that goes on with itself", file_of(header(circle)), "leads in circles")
    wide = header(*[message(CONTINUES, number(START + 16) + number(24 * 60))] * 60)
    tried("sixty that go on with all", file_of(wide), "'bad'")
    new = bytearray(open("links_latest.h5", "rb").read())
    new[new.index(b"OHDR") + 20] ^= 1
    tried("a header's checksum", bytes(new), "the checksum of the header of an object is not the one")
    new = bytearray(open("links_latest.h5", "rb").read())
    new[new.index(b"OHDR") + 4] = 3
    tried("a header of version 3", bytes(new), "the header of an object of version 1 or 2")
    tried("many messages", file_of(header(*[message(20, b"")] * 140000)), "of fewer messages was")


def groups():
    """Links."""
    tried("a link cut off", file_of(header(message(LINK, b"\1\0\xff" + b"x"))), "a whole link was")
    tried("a link of version 2", file_of(header(message(LINK, b"\2\0\1x" + bytes(8)))), "a whole link")
    tried("a name with NUL", file_of(header(link(b"a\0b", SET))), "a whole link was expected")
    tried("a name not UTF-8", file_of(header(link(b"\xff", SET))), "'bad' has a name that is not UTF-8")
    tried("an absurd name", file_of(header(message(LINK, b"\1\3" + b"\xff" * 7 + b"\x7f"))),
          "a whole link was expected")
    tried("a link to nowhere", file_of(header(link(b"x", 1 << 40))), "the header of an object was")
    tried("two of one name", file_of(header(link(b"x", SET + 40), link(b"x", SET + 40)), bytes(0),
          header(shape(0), FLOAT, contiguous(0, 0))).replace(number(SET + 40), number(
              START + len(header(link(b"x", 0), link(b"x", 0))))), "'bad' has two tensors named 'x'")
    old = open("links_earliest.h5", "rb").read()
    for mark, what in ((b"TREE", "a node of a tree"), (b"HEAP", "a heap of names"),
                       (b"SNOD", "a node of links")):
        tried(f"no {mark.decode()}", old.replace(mark, b"XXXX"), what + " was expected")
    at = old.index(b"TREE")
    tried("a tree of chunks", old[:at + 4] + b"\1" + old[at + 5:], "a tree of another kind was")
    tried("a tree whose child is itself", old[:at + 5] + b"\5" + old[at + 6:at + 32] + number(at) +
          old[at + 40:], "a tree whose levels go down was expected")
    at = old.index(b"SNOD")
    tried("a name beyond the heap", old[:at + 8] + number(1 << 40) + old[at + 16:],
          "a link whose name is in the heap was expected")
    tried("60000 links of a node", old[:at + 6] + b"\xff\xff" + old[at + 8:], "a node of links was")
    at = old.index(b"HEAP")
    tried("an absurd heap", old[:at + 8] + number(1 << 62) + old[at + 16:], "a heap of names was")
    many = open("many_latest.h5", "rb").read()
    for mark in (b"FRHP", b"FHIB", b"FHDB", b"BTHD", b"BTLF"):
        tried(f"no {mark.decode()}", many.replace(mark, b"XXXX"), " was expected")
    at = many.index(b"FRHP")
    tried("a heap's checksum", many[:at + 30] + b"\xee" + many[at + 31:], "the checksum of a heap is")


def deep():
    """Groups in one another, groups in circles: these are read, or refused by a limit."""
    root = header(*[link(b"%d" % n, 0) for n in range(3)])
    some = b"".join(link(b"%06d" % n, START + len(root)) for n in range(100000))
    sizes = len(header(shape(0), FLOAT, contiguous(0, 0)))
    root = header(*[link(b"%d" % n, START + len(root) + sizes + n * len(header(some)))
                    for n in range(3)])
    tried("300000 links to one set of data", file_of(
        root, header(shape(0), FLOAT, contiguous(0, 0)), *[header(some)] * 3), "262144 links, or")
    size = len(header(link(b"g", 0)))
    chain = b"".join(header(link(b"g", START + size * (n + 1))) for n in range(40000))
    tried("40000 groups in one another", file_of(chain, header()), "262144 links, or longer paths")
    status, error = run(file_of(header(link(b"a", START), link(b"b", START))), [DETINIT, "list", "bad"])
    print("ok" if (status, error) == (0, "") else "not", "a group in itself is read")
    size = len(header(link(b"a", 0), link(b"b", 0)))
    pairs = b"".join(header(link(b"a", START + size * (n + 1)), link(b"b", START + size * (n + 1)))
                     for n in range(64))
    status, error = run(file_of(pairs, header()), [DETINIT, "list", "bad"])
    print("ok" if (status, error) == (0, "") else "not", "64 groups with two paths each are read")
    soft = b"".join(message(LINK, b"\1\x08\1\1" + bytes([97 + n]) + number(1, 2) +
                            bytes([97 + (n + 1) % 20])) for n in range(20))
    status, error = run(file_of(header(soft)), [DETINIT, "list", "bad"])
    print("ok" if (status, error) == (0, "") else "not", "soft links in a circle are read")


def sets():
    """Types, shapes, layouts."""
    tried("no type", one(shape(2), contiguous(SET, 8)), "a type and a shape of data were expected")
    tried("no shape", one(FLOAT, contiguous(SET, 8)), "a type and a shape of data were expected")
    tried("40 dimensions", one(shape(*[1] * 40), FLOAT, contiguous(SET, 4)), "at most 32 dimensions")
    tried("a shape cut off", one(message(SPACE, b"\1\7\0" + bytes(5)), FLOAT, contiguous(SET, 4)),
          "a whole shape was expected")
    tried("a shape of version 9", one(message(SPACE, b"\x09\1" + bytes(14)), FLOAT,
                                      contiguous(SET, 4)), "a shape of at most 32 dimensions was")
    tried("an absurd shape", one(shape(1 << 40, 1 << 40), FLOAT, contiguous(SET, 4)),
          "its shape is too large")
    tried("a shape beyond 2^63", one(shape(1 << 63), FLOAT, contiguous(SET, 4)), "its shape is too")
    tried("data beyond the file", one(shape(1 << 30), FLOAT, contiguous(SET, 4 << 30)),
          "the data of a shape do not lie within the file")
    tried("data at an absurd place", one(shape(2), FLOAT, contiguous(2**64 - 4, 8)),
          "the data of a shape do not lie within the file")
    tried("fewer data than the shape", one(shape(9), FLOAT, contiguous(SET, 4)),
          "the data of a shape do not lie within the file")
    tried("a type cut off", one(shape(2), message(TYPE, F32[:8]), contiguous(SET, 8)),
          "a type of data was expected")
    tried("a type of no bytes", one(shape(2), message(TYPE, F32[:4] + bytes(4) + F32[8:]),
                                    contiguous(SET, 8)), "a type of data was expected")
    sides = shape(2)
    for what, why, file in (
            ("a VAX float", "its floating-point numbers are of a layout that is not read",
             one(sides, message(TYPE, F32[:1] + b"\x60" + F32[2:]), contiguous(SET, 8))),
            ("complex numbers of integers", "its complex numbers are of a layout that is not read",
             one(sides, message(TYPE, b"\x5b\0\0\0" + number(8, 4) + b"\x10\x08\0\0" + number(4, 4) +
                                struct.pack("<HH", 0, 32)), contiguous(SET, 16))),
            ("nine filters", "its chunks went through more filters than are read",
             one(sides, FLOAT, message(FILTERS, b"\1\x09" + bytes(6) + struct.pack("<HHHH", 1, 0, 0, 0) * 9),
                 chunked(SET, 2))),
            ("a chunk of 80 MB", "its chunks are larger than the 64 MB of which each may be",
             one(shape(20 << 20), FLOAT, chunked(SET, 20 << 20))),
            ("a chunk of 2^64 bytes", "its chunks are larger than the 64 MB of which each may be",
             one(shape(2, 2), FLOAT, new_layout(2, sides=(1 << 62, 1 << 62), width=8, address=SET))),
            ("plain edges", "the chunks at its edges are stored in another way than the others",
             one(sides, FLOAT, new_layout(2, flags=1, address=SET)))):
        with open("bad", "wb") as out:
            out.write(file)
        told = subprocess.run([DETINIT, "list", "bad"], capture_output=True, encoding="utf-8", check=False).stdout
        print("ok" if f"\n  x: {why}\n" in told else "not", f"{what}: {why}", file=sys.stdout)
    pair = b"\x5b\0\0\0" + number(8, 4) + F32
    data = struct.pack("<4f", 1, 2, 3, 4)
    rest = [shape(2), message(TYPE, pair)]
    at = behind(*rest, contiguous(0, 16))
    status, error = run(one(*rest, contiguous(at, 16), more=data), [READ, "bad", "100", "out"])
    good = (status, error) == (0, "") and open("out0", "rb").read() == data
    print("ok" if good else "not", "complex numbers of HDF5 2.0 are read", error)
    tried("a shared type of version 9", one(shape(2), message(TYPE, b"\x09\2" + number(SET), 2),
                                           contiguous(SET, 8)), "a message that another object has was")
    tried("a shared type of version 1", one(shape(2), message(TYPE, b"\1\0" + bytes(14) + number(1 << 50), 2),
                                           contiguous(SET, 8)), "the header of an object was expected")
    nested = (b"\x18\0\0\0" + number(4, 4)) * 50
    status, error = run(one(shape(2), message(TYPE, nested), contiguous(SET, 8)),
                        [DETINIT, "list", "bad"])
    print("ok" if (status, error) == (0, "") else "not", "types within types are left out")
    tried("layout of version 9", one(shape(2), FLOAT, message(LAYOUT, b"\x09\1")), "a layout of data")
    tried("layout of class 9", one(shape(2), FLOAT, message(LAYOUT, b"\3\x09")), "a layout of data")
    tried("a compact set cut off", one(shape(9), FLOAT, message(LAYOUT, b"\3\0\4\0abcd")),
          "the data of a shape do not lie within the file")
    tried("a fill value of another size", one(shape(2), FLOAT, message(FILL, b"\3\x20" +
          number(3, 4) + b"abc"), contiguous(SET, 8)), "a fill value of the data's type was expected")
    tried("an absurd fill value", one(shape(2), FLOAT, message(FILL, b"\3\x20" + number(
        1 << 31, 4)), contiguous(SET, 8)), "a fill value of the data's type was expected")
    tried("a shared type nowhere", one(shape(2), message(TYPE, b"\3\2" + number(1 << 50), 2),
                                       contiguous(SET, 8)), "the header of an object was expected")
    tried("a shared type of itself", one(shape(2), message(TYPE, b"\3\2" + number(SET), 2),
                                         contiguous(SET, 8)), "an object that has what others share")
    tried("an attribute cut off", file_of(header(message(ATTRIBUTE, b"\1\0\xff\xff" + bytes(12)), link(b"x", 0))),
          "a whole attribute was expected")
    text = b"\x19\1\0\0" + number(16, 4) + b"\x13\0\0\0" + number(1, 4)
    attribute = b"\3\0" + struct.pack("<HHH", 2, len(text), 4) + b"\0a\0" + text + b"\2\0\0\0"
    tried("a text in no heap", file_of(header(link(b"x", 0), message(ATTRIBUTE, attribute + number(
        5, 4) + number(START) + number(1, 4)))), "a heap of texts was expected")
    for what, index, item in (("a text of another index", 1, b"\2\0\1\0\0\0\0\0" + number(5) + b"hello\0\0\0"),
                              ("a text of index 0", 0, b"\1\0\1\0\0\0\0\0" + number(5) + b"hello\0\0\0"),
                              ("a text behind free space", 1, bytes(16) + b"\1\0\1\0\0\0\0\0" + number(0)),
                              ("a text beyond its heap", 1, b"\1\0\1\0\0\0\0\0" + number(9) + b"hello\0\0\0")):
        def file_with(place):
            return file_of(header(link(b"x", 0), message(ATTRIBUTE, attribute + number(5, 4) + number(place) +
                                                             number(index, 4))),
                           b"GCOL\1\0\0\0" + number(16 + len(item)) + item)
        tried(what, file_with(len(file_with(0)) - 16 - len(item)), "a heap with the text that")


def indexes():
    """Chunks, and where they are."""
    tried("a chunk of another rank", one(shape(4), FLOAT, chunked(SET, 2, 2)), "a chunk of the data's")
    tried("a chunk of a scalar", one(shape(), FLOAT, chunked(SET)), "a chunk of the data's")
    tried("a chunk of nothing", one(shape(4), FLOAT, chunked(SET, 0)), "a chunk without empty sides")
    tried("a chunk of another type", one(shape(4), FLOAT, chunked(SET, 4, item=8)), "a chunk of the")
    tried("an index that is none", one(shape(4), FLOAT, new_layout(9)), "an index of chunks was")
    tried("sides of 9 bytes", one(shape(4), FLOAT, new_layout(1, width=9)), "a chunk of the data's")
    tried("a list of 99 filters", one(shape(4), FLOAT, message(FILTERS, b"\2\x63"), chunked(SET, 4)),
          "a list of filters was expected")
    tried("a filter cut off", one(shape(4), FLOAT, message(FILTERS, b"\2\1\1\0\0\0\xff\xff"),
                                  chunked(SET, 4)), "a whole list of filters was expected")
    good = bytes(16)
    tried("no tree", chunks(lambda at, data: b"XXXX" * 20), "a node of a tree was expected", True)
    tried("a chunk beyond the file", chunks(lambda at, data: tree((16, 0, (0,), 1 << 50))),
          "a chunk does not lie within the file", True)
    tried("a chunk of another size", chunks(lambda at, data: tree((12, 0, (0,), data)), good),
          "a chunk of another size was expected", True)
    tried("a chunk that begins between", chunks(lambda at, data: tree((16, 0, (1,), data)), good),
          "a chunk that begins where one can was expected", True)
    tried("a chunk twice", chunks(lambda at, data: tree(*[(16, 0, (0,), data)] * 2), good),
          "an index with each chunk once was expected", True)
    tried("a tree in itself", chunks(lambda at, data: tree((16, 0, (0,), at), level=3)),
          "a tree whose levels go down was expected", True)
    tried("a tree of links", chunks(lambda at, data: tree((16, 0, (0,), data), kind=0)),
          "a tree of another kind was expected", True)
    for what, kind, more in (("fixed array", 3, b"\x0a"), ("growing array", 4, bytes(5)),
                             ("new tree", 5, bytes(6))):
        tried(f"no {what}", one(shape(4), FLOAT, new_layout(kind, more=more, address=SET)),
              " was expected", True)
    tried("all chunks, beyond the file", one(shape(1 << 40), FLOAT, new_layout(2, address=SET)),
          "chunks do not lie within the file", True)


def filters():
    """Chunks that cannot be undone."""
    def packed(data, used, size=None):
        return chunks(lambda at, to: tree((len(data) if size is None else size, 0, (0,), to)), data,
                      used)
    tried("deflated rubbish", packed(b"\xff" * 20, (1,)), "its deflated data are damaged", True)
    tried("deflated data cut off", packed(zlib.compress(bytes(range(16)))[:-6], (1,)),
          "its deflated data are damaged", True)
    tried("deflated data too short", packed(zlib.compress(b"abc"), (1,)), "it has another size", True)
    tried("a bomb", packed(zlib.compress(bytes(64 << 20)), (1,)), "it takes more bytes than what", True)
    tried("a small bomb", packed(zlib.compress(bytes(3 << 20)), (1,)),
          "its deflated data become longer or shorter than it", True)
    tried("deflated six times", packed(zlib.compress(bytes(16)), (1,) * 6), "its deflated data", True)
    tried("a wrong sum", packed(bytes(range(20)), (3,)), "its checksum is not the one", True)
    tried("no room for a sum", packed(b"ab", (3,)), "a checksum was expected", True)
    tried("an absurd chunk", packed(bytes(16), (1,), 0xfffffff0), "does not lie within the file", True)


def sum_of(data):
    """Bob Jenkins' lookup3, which newer blocks have of themselves."""
    def turned(value, by):
        return value << by | value >> 32 - by
    words = [0xdeadbeef + len(data)] * 3
    for at in range(0, len(data), 12):
        part = struct.unpack("<III", data[at:at + 12].ljust(12, b"\0"))
        words = [word + more & 0xffffffff for word, more in zip(words, part)]
        last = at + 12 >= len(data)
        for n, by in enumerate((14, 11, 25, 16, 4, 14, 24) if last else (4, 6, 8, 16, 19, 4)):
            first, second, third = n % 3, (n + 1) % 3, (n + 2) % 3
            if last:
                words[third] = (words[third] ^ words[second]) - turned(words[second], by) & 0xffffffff
            else:
                words[first] = words[first] - words[third] & 0xffffffff ^ turned(words[third], by) & 0xffffffff
                words[third] = words[third] + words[second] & 0xffffffff
    return words[2]


def summed():
    """Headers that say what cannot be, or nothing, with a sum that is right."""
    array, heap = "the header of an array of chunks is damaged", "the header of a heap is damaged"
    node, tree_damaged = struct.pack, "the header of a tree is damaged"
    cases = {
        ("chunks_latest.h5", b"FAHD", 28): (
            (6, b"\0", array), (7, b"\x20", array), (8, number(1 << 63), array), (16, NOWHERE, None)),
        ("chunks_latest.h5", b"EAHD", 72): (
            (6, b"\0", array), (7, b"\x39", array), (7, b"\2", array), (9, b"\3", array),
            (10, b"\3", array), (11, b"\x20", array), (60, NOWHERE, None)),
        ("chunks_latest.h5", b"BTHD", 38): (
            (5, b"\x63", tree_damaged), (6, node("<I", 9), tree_damaged), (6, node("<IHH", 16, 8, 1), tree_damaged),
            (6, node("<IHH", 0xffffffff, 1, 30), tree_damaged), (10, b"\0\0", tree_damaged),
            (12, b"\xff\xff", tree_damaged), (16, NOWHERE, None)),
        ("many_latest.h5", b"FRHP", 146): (
            (5, b"\1\0", heap), (7, b"\1\0", "a heap without filters was expected"), (110, b"\3\0", heap),
            (110, b"\0\x10", heap), (112, number(3), heap), (112, number(32), heap), (120, number(3), heap),
            (120, number(256), heap), (120, number(1 << 40), heap), (128, b"\0\0", heap), (128, b"\x50\0", heap),
            (132, NOWHERE, "a heap with what is asked for was expected"), (140, b"\x63\0", heap)),
    }
    for (name, letters, size), changes in cases.items():
        good = open(name, "rb").read()
        start = good.index(letters)
        end = start + size - 4
        print("ok" if number(sum_of(good[start:end]), 4) == good[end:end + 4] else "not", letters.decode(), "is summed")
        for at, new, expected in changes:
            block = good[start:start + at] + new + good[start + at + len(new):end]
            bad = good[:start] + block + number(sum_of(block), 4) + good[end + 4:]
            what = f"{letters.decode()} with {new.hex()} at {at}"
            if expected is not None:
                tried(what, bad, expected, True)
            else:
                status, error = run(bad, [READ, "bad", "100", "out"])
                print("ok" if (status, error) == (0, "") else "not", what, "holds nothing")
    good = open("paged_latest.h5", "rb").read()
    page = good.index(b"FADB") + 6 + 8 + 1 + 4
    tried("a page that is damaged", good[:page] + b"\xff" + good[page + 1:], "the checksum of a page is not", True)


def old():
    """Layouts of versions 1 and 2, as HDF5 before 1.6.3 wrote them: their data are read."""
    data = struct.pack("<6f", *range(6))
    rest = [shape(2, 3), FLOAT]
    for version in (1, 2):
        def layout(kind, address=b"", sides=(2, 3), more=b"", version=version):
            return message(LAYOUT, bytes([version, len(sides), kind]) + bytes(5) + address +
                           b"".join(number(side, 4) for side in sides) + more)
        at = behind(*rest, layout(1, number(0)))
        files = {"contiguous": one(*rest, layout(1, number(at)), more=data),
                 "compact": one(*rest, layout(0, more=number(24, 4) + data))}
        at = behind(*rest, layout(2, number(0), (2, 3, 4)))
        leaf = tree((24, 0, (0, 0), at + len(tree((0, 0, (0, 0), 0), rank=2))), rank=2)
        files["chunked"] = one(*rest, layout(2, number(at), (2, 3, 4)), more=leaf + data)
        for kind, file in files.items():
            status, error = run(file, [READ, "bad", "100", "out"])
            good = (status, error) == (0, "") and open("out0", "rb").read() == data
            print("ok" if good else "not", f"layout of version {version}, {kind}", status, error)
        tried(f"layout of version {version}, beyond the file", one(*rest, layout(1, number(1 << 50))),
              "the data of a shape do not lie within the file")
        tried(f"layout of version {version}, fewer data", one(*rest, layout(0, more=number(20, 4) + data)),
              "the data of a shape do not lie within the file")


def archives():
    """Keras'."""
    def keras(data, method=zipfile.ZIP_DEFLATED):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as file:
            file.writestr("model.weights.h5", data)
        return out.getvalue()
    tried("200 MB of nothing in an archive", keras(bytes(200 << 20)), "a superblock of version 0 .. 3")
    good = open("keras3.weights.h5", "rb").read()
    tried("a file cut off in an archive", keras(good[:-100]), "'bad, model.weights.h5' ends at byte")
    tried("an empty one", keras(b""), "a superblock")
    whole = keras(good)
    at = whole.index(b"model.weights.h5") + 16
    tried("deflated rubbish in an archive", whole[:at] + b"\xff" * 40 + whole[at + 40:],
          "'bad, model.weights.h5' is damaged")
    inflated = superblock(START, START + (300 << 20)) + header(message(SYMBOLS, bytes(16)))
    tried("300 MB of blanks behind a header", keras(inflated + b" " * ((300 << 20) - 40)),
          "a heap of names was expected")


def changed():
    """Files of h5py's, cut and with bytes changed: no crash, no more than one line."""
    draw = random.Random(7)
    for name in ("types_latest.h5", "many_latest.h5", "many_earliest.h5", "chunks_earliest.h5",
                 "chunks_latest.h5", "paged_latest.h5", "links_earliest.h5", "left_out_latest.h5", "shapes_latest.h5"):
        data = open(name, "rb").read()
        cuts, bad = [draw.randrange(8, len(data)) for _ in range(1 if SLOW else 6)], []
        for cut in cuts:
            status, error = run(data[:cut], [DETINIT, "list", "bad"])
            if status != 1 or error.count("\n") != 1:
                bad.append((cut, status, error))
        print(("not " if bad else "ok ") + f"{name} cut at {len(cuts)} places", *bad)
        used, bad = [n for n, byte in enumerate(data) if byte != 0], []
        for _ in range(CHANGES):
            other = bytearray(data)
            for place in draw.sample(used, draw.choice((1, 1, 2, 5))):
                other[place] = draw.choice((0, 1, 0x7f, 0xff, draw.randrange(256)))
            status, error = run(bytes(other), [READ, "bad", "100", "out"])
            if status not in (0, 1) or error.count("\n") != status:
                bad.append((status, error))
        print(("not " if bad else "ok ") + f"{name} with {CHANGES} changes", *bad)


with open("shapes_latest.h5", "rb") as good_file:
    CAN_LIMIT = run(good_file.read(), [DETINIT, "list", "bad"])[0] == 0
for part in (superblocks, headers, groups, deep, sets, indexes, filters, summed, old, archives, changed):
    part()
print("ok all")
