"""The C library's calling conventions: errors, progress and Ctrl-C, threads, names."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Optional, Type, TypeVar

from . import errors
from ._c import ffi, lib

Progress = Optional[Callable[[int, int], object]]

_EXCEPTIONS = {
    lib.DETINIT_INVALID: errors.InvalidError,
    lib.DETINIT_NO_MEMORY: errors.OutOfMemoryError,
    lib.DETINIT_IO: errors.FileError,
    lib.DETINIT_CANCELLED: errors.CancelledError,
    lib.DETINIT_NUMERIC: errors.NumericError,
    lib.DETINIT_CLOSED_PIPE: errors.FileError,
    lib.DETINIT_NOT_BUILT: errors.NotBuiltError,
}
_TELL = ffi.addressof(lib, "detinit_python_tell")


def text(chars: Any) -> str:
    """A C string; "" for NULL."""
    return "" if chars == ffi.NULL else str(ffi.string(chars), "utf-8", "replace")


def check(status: int, error: Any) -> None:
    """Raises what a status stands for, with the sentence of `error` (a detinit_error *)."""
    if status != lib.DETINIT_OK:
        raise _EXCEPTIONS[status](text(error.message))


def thread_count(threads: Optional[int]) -> int:
    """As the library takes it: 0 stands for one for each processor."""
    if threads is None:
        return 0
    if not isinstance(threads, int) or not 1 <= threads <= 0xFFFFFFFF:
        raise errors.InvalidError(f"threads must be a whole number of at least 1, not {threads!r}")
    return threads


class Run:
    """One call of the library that may take long: `call` makes it, and raises what went wrong.

    The library asks now and then, in the thread that called it, whether to go on.  There Python
    handles its signals, so that Ctrl-C ends the work; what a progress function raises does, too.
    """

    def __init__(self, threads: Optional[int] = None, progress: Progress = None) -> None:
        self.progress = progress
        self.take: Optional[Callable[[Any], None]] = None
        self.raised: Optional[BaseException] = None
        self.handle = ffi.new_handle(self)
        self._told = ffi.new("detinit_python_run *", {"handle": self.handle})
        self.run = ffi.new("detinit_run *", {"threads": thread_count(threads), "progress": _TELL,
                                             "context": self._told})
        self.error = ffi.new("detinit_error *")

    def call(self, function: Callable[..., int], *arguments: Any) -> None:
        status = function(*arguments, self.error)
        if self.raised is not None:
            raised, self.raised = self.raised, None
            raise raised
        check(status, self.error)


def _note(_: Any, value: Optional[BaseException], traceback: Any) -> None:
    """Keeps what was raised in a callback until the library has returned."""
    frame = traceback.tb_frame
    run = ffi.from_handle(frame.f_locals["handle"])
    run.raised = value


@ffi.def_extern(error=False, onerror=_note)  # type: ignore[untyped-decorator]
def detinit_python_progress(handle: Any, done: int, total: int) -> bool:
    run = ffi.from_handle(handle)
    return run.progress is None or run.progress(done, total) is not False


@ffi.def_extern(error=lib.DETINIT_CANCELLED, onerror=_note)  # type: ignore[untyped-decorator]
def detinit_python_take(handle: Any, block: Any, partial: Any, error: Any) -> int:
    ffi.from_handle(handle).take(block)
    return lib.DETINIT_OK  # type: ignore[no-any-return]


def version() -> str:
    """The release of the C library, such as "0.1.0"."""
    return text(lib.detinit_version())


Record = TypeVar("Record", bound=NamedTuple)


def record(kind: Type[Record], struct: Any) -> Record:
    """A named tuple of the fields of the same names in a struct of C; arrays as tuples."""
    values = [getattr(struct, name) for name in kind._fields]
    return kind._make(tuple(value) if isinstance(value, ffi.CData) else value for value in values)
