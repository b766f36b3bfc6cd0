"""What is in the package: its extension, its versions, its types."""

import subprocess
import sys

from checks import PROJECT_TESTS, Skipped, refused

import detinit
from detinit import _c


def test_extension_is_of_the_stable_abi():
    assert _c.__file__.endswith(".abi3.so")


def test_extension_links_nothing_large():
    """Neither BLAS nor LAPACK: an import of either takes longer than all of this."""
    try:
        linked = subprocess.run(["ldd", _c.__file__], check=True, stdout=subprocess.PIPE, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise Skipped("no ldd") from None
    names = {line.split()[0].split("/")[-1].split(".so")[0] for line in linked.splitlines()}
    assert names <= {"linux-vdso", "libnettle", "libjansson", "libz", "libzstd", "libm", "libc", "libpthread", "ld-linux-x86-64",
                     "ld-linux-aarch64"}, names


def test_what_is_left_out_says_so():
    recipe, error = detinit.Recipe((3, 3)), _c.ffi.new("detinit_error *")
    status = _c.lib.detinit_matrix_singular_values(recipe._matrix(), _c.ffi.NULL, _c.ffi.new("double[]", 3), error)
    with refused(detinit.NotBuiltError, "--without-lapack"):
        detinit._core.check(status, error)


def test_frameworks_are_not_imported():
    script = "import sys, detinit, deterministic_init; print(sorted(set(sys.modules) & {'torch', 'jax', 'keras'}))"
    found = subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.PIPE, text=True,
                           env={"PYTHONPATH": ":".join(sys.path)})
    assert found.stdout == "[]\n"


def test_versions_agree():
    configure = (PROJECT_TESTS.parent / "configure.ac").read_text()
    project = (PROJECT_TESTS.parent / "python" / "pyproject.toml").read_text()
    assert f"AC_INIT([detinit], [{detinit.__version__}])" in configure
    assert f'version = "{detinit.__version__}"' in project


def test_kernels_of_this_machine_are_built():
    names = [_c.ffi.string(_c.lib.detinit_isa_name(n)).decode() for n in range(_c.lib.DETINIT_ISA_COUNT)]
    found = names[_c.lib.detinit_isa_available(_c.lib.DETINIT_ISA_BEST)]
    flags = open("/proc/cpuinfo").read().split()
    expected = "AVX-512" if {"avx512f", "avx512dq", "avx512vl"} <= set(flags) else "AVX2" if "avx2" in flags else \
        "baseline"
    assert found == expected


def test_all_names_are_documented():
    for name in detinit.__all__:
        assert getattr(detinit, name).__doc__, name
