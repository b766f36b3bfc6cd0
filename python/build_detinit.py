"""Builds the extension detinit._c: the C library, compiled in, and the public headers as cffi reads them.

Sources, flags and instruction sets are those of Makefile.am and configure.ac, read from there.
setup.py (pip) and make both come here:

    build_detinit.py --into DIR [--objects DIR]    a package in DIR that can be imported from there
"""

import argparse
import os
import platform
import re
import shlex
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cffi
import cffi.recompiler

HERE = Path(__file__).resolve().parent
# The C sources: beside this folder in a checkout, within it in an sdist.
ROOT = HERE / "c" if (HERE / "c").is_dir() else HERE.parent
HEADERS = ["detinit", "detinit_describe", "detinit_files", "detinit_network", "detinit_track", "detinit_pack",
           "detinit_diff", "detinit_audit"]
X86_64 = platform.machine().lower() in ("x86_64", "amd64")

# What detinit_run asks for comes to Python at most 50 times a second.
GLUE = """
#include "detinit_audit.h"
#include "detinit_describe.h"
#include "detinit_diff.h"
#include "detinit_pack.h"
#include <time.h>

typedef struct detinit_python_run {
    int64_t next; /* of the clock, in ns */
    void *handle;
} detinit_python_run;

static bool detinit_python_progress(void *, uint64_t, uint64_t);

static bool detinit_python_tell(void *context, uint64_t done, uint64_t total)
{
    detinit_python_run *run = context;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const int64_t ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    if (ns < run->next && done < total)
        return true;
    run->next = ns + 20000000;
    return detinit_python_progress(run->handle, done, total);
}
"""
GLUE_CDEF = """
typedef struct detinit_python_run { int64_t next; void *handle; } detinit_python_run;
bool detinit_python_tell(void *context, uint64_t done, uint64_t total);
extern "Python" bool detinit_python_progress(void *, uint64_t, uint64_t);
extern "Python" detinit_status detinit_python_take(void *context, const detinit_block *block,
                                                   const void *partial, detinit_error *error);
void free(void *);
"""


def makefile_variables(text: str, conditions: dict) -> dict:
    """The variables of an automake file, where conditions of these names hold or do not."""
    variables: dict = {}
    skipped: list = []
    for line in text.replace("\\\n", " ").splitlines():
        words = line.split()
        if words[:1] == ["if"]:
            skipped.append(not conditions.get(words[1], True))
        elif words[:1] == ["else"]:
            skipped[-1] = not skipped[-1]
        elif words[:1] == ["endif"]:
            skipped.pop()
        match = re.match(r"(\w+) *(\+?=)(.*)", line)
        if match and not any(skipped):
            name, kind, value = match.groups()
            variables[name] = variables.get(name, "") + value if kind == "+=" else value
    return variables


def expand(variables: dict, name: str) -> list:
    text = re.sub(r"\$\((\w+)\)", lambda m: " ".join(expand(variables, m[1])), variables.get(name, ""))
    return text.split()


def cdef() -> str:
    """The public headers as cffi reads them: no preprocessor, no comments."""
    return GLUE_CDEF.replace("typedef struct detinit_python_run",
                             "\n".join(map(header_cdef, HEADERS)) + "\ntypedef struct detinit_python_run", 1)


def header_cdef(name: str) -> str:
    text = (ROOT / "src" / (name + ".h")).read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"#ifdef __cplusplus.*?#endif", "", text, flags=re.DOTALL)
    lines = []
    for line in text.replace("DETINIT_API ", "").splitlines():
        match = re.match(r"#define (DETINIT_\w+) +(\S.*)", line)
        if not match:
            lines.append("" if line.startswith("#") else line)
        elif re.fullmatch(r"\(?-?\d+\.\d*\)?", match[2]):
            lines.append(f"static const double {match[1]};")
        else:
            value = match[2] if match[2].isdigit() else "..."
            lines.append(f"#define {match[1]} {value}")
    return "\n".join(lines)


def package_flags(option: str) -> list:
    """Of nettle, jansson, zlib and zstd; their names alone where there is no pkg-config."""
    try:
        found = subprocess.run(["pkg-config", option, "nettle", "jansson", "zlib", "libzstd"],
                               capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.split()
    except FileNotFoundError:
        pass
    return ["-lnettle", "-ljansson", "-lz", "-lzstd"] if option == "--libs" else []


ffibuilder = cffi.FFI()
ffibuilder.cdef(cdef())
ffibuilder.set_source("detinit._c", GLUE, include_dirs=[str(ROOT / "src")],
                      extra_link_args=[*package_flags("--libs"), "-lm", "-lpthread"])


def compiler() -> list:
    return shlex.split(os.environ.get("CC") or "cc")


def compile_library(objects: Path, say=print) -> list:
    """Compiles the library, and its kernels for each instruction set, for a shared object; without LAPACK.

    Returns the object files.  What is newer than every source stays as it is.
    """
    conditions = {"WITH_LAPACK": False, "X86_64": X86_64}
    variables = makefile_variables((ROOT / "Makefile.am").read_text(encoding="utf-8"), conditions)
    configure = (ROOT / "configure.ac").read_text(encoding="utf-8")
    strict = re.findall(r"^DETINIT_REQUIRE_FLAG\(\[(.*)\]\)", configure, flags=re.MULTILINE)
    variables.update(DETINIT_CFLAGS=" ".join(strict), srcdir=str(ROOT))
    objects.mkdir(parents=True, exist_ok=True)
    version = re.search(r"^AC_INIT\(\[detinit\], \[(.*?)\]\)", configure, flags=re.MULTILINE)[1]
    config = f'#define PACKAGE_VERSION "{version}"\n' + "#define HAVE_X86_64_KERNELS 1\n" * X86_64
    if not (objects / "config.h").exists() or (objects / "config.h").read_text() != config:
        (objects / "config.h").write_text(config)

    shared = [*compiler(), *shlex.split(os.environ.get("CFLAGS", "-O3")), *package_flags("--cflags"), "-fPIC",
              "-fvisibility=hidden", f"-I{objects}"]
    jobs = [(source, "core", [*expand(variables, "core_cppflags"), *strict])
            for source in expand(variables, "core_sources") if source.endswith(".c")]
    for build in expand(variables, "builds"):
        flags = [flag for kind in ("CPPFLAGS", "CFLAGS") for flag in expand(variables, f"lib{build}_la_{kind}")]
        jobs += [(source, build, flags) for source in expand(variables, "kernel_sources_per_build")]
    newest = max(path.stat().st_mtime for path in
                 [*(ROOT / "src").rglob("*.h"), ROOT / "Makefile.am", ROOT / "configure.ac", objects / "config.h"])

    def compile_one(job) -> Path:
        source, build, flags = job
        made = objects / build / (source.replace("/", "-")[:-2] + ".o")
        if made.exists() and made.stat().st_mtime > max(newest, (ROOT / source).stat().st_mtime):
            return made
        made.parent.mkdir(exist_ok=True)
        subprocess.run([*shared, *flags, "-c", str(ROOT / source), "-o", str(made)], check=True)
        return made

    say(f"compiling libdetinit for Python: {len(jobs)} sources")
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        return [str(made) for made in pool.map(compile_one, jobs)]


def build_into(folder: Path, objects: Path) -> None:
    """Makes folder/detinit a package to import: the modules, where they are elsewhere, and the extension."""
    made = compile_library(objects)
    source = objects / "_c.c"
    # What emit_c_code calls, which older versions do not do without distutils.
    cffi.recompiler.make_c_source(ffibuilder, "detinit._c", GLUE, str(source))
    package = folder / "detinit"
    if package.resolve() != HERE / "detinit":
        package.mkdir(parents=True, exist_ok=True)
        for module in [*(HERE / "detinit").glob("*.py*"), HERE / "deterministic_init.py"]:
            link = folder / module.relative_to(HERE)
            link.unlink(missing_ok=True)
            link.symlink_to(module)
    target = package / "_c.abi3.so"
    subprocess.run([*compiler(), *shlex.split(os.environ.get("CFLAGS", "-O2")), "-fPIC", "-shared",
                    "-fvisibility=hidden", f"-I{sysconfig.get_path('include')}", f"-I{ROOT / 'src'}",
                    str(source), *made, "-o", f"{target}-new", *shlex.split(os.environ.get("LDFLAGS", "")),
                    *package_flags("--libs"), "-lm", "-lpthread"], check=True)
    os.replace(f"{target}-new", target)


def main() -> None:
    parser = argparse.ArgumentParser(description="Builds the extension beside the modules.")
    parser.add_argument("--into", type=Path, default=HERE, help="the folder that the package is made in")
    parser.add_argument("--objects", type=Path, default=None, help="where object files are kept")
    options = parser.parse_args()
    build_into(options.into, (options.objects or options.into / "build" / "objects").resolve())


if __name__ == "__main__":
    sys.exit(main())
