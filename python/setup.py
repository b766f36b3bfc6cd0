"""The extension, for pip; pyproject.toml says the rest."""

import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

sys.path.insert(0, str(Path(__file__).resolve().parent))
import build_detinit  # noqa: E402


class BuildWithLibrary(build_ext):
    """Links the C library into the extension."""

    def build_extension(self, ext):
        ext.extra_objects = build_detinit.compile_library(Path(self.build_temp).resolve() / "objects")
        super().build_extension(ext)


class SdistWithSources(sdist):
    """Takes the C sources along."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        target = Path(base_dir) / "c"
        shutil.copytree(build_detinit.ROOT / "src", target / "src", ignore=shutil.ignore_patterns(
            "*.o", "*.lo", ".deps", ".libs", ".dirstamp", "*.la"))
        for name in ("Makefile.am", "configure.ac", "LICENSE"):
            shutil.copy(build_detinit.ROOT / name, target)


setup(
    cffi_modules=["build_detinit.py:ffibuilder"],
    cmdclass={"build_ext": BuildWithLibrary, "sdist": SdistWithSources},
    options={"bdist_wheel": {"py_limited_api": "cp38"}},
)
