"""What can go wrong, as exceptions that carry the library's sentence."""


class Error(Exception):
    """Whatever the library refuses or fails at; its text is one sentence that says what was expected."""


class InvalidError(Error, ValueError):
    """The request makes no sense: a bad recipe, an index out of range, a file that is none."""


class FileError(Error, OSError):
    """A file could not be read or written; none was left half written."""


class OutOfMemoryError(Error, MemoryError):
    """There was no memory for it."""


class CancelledError(Error):
    """The progress function returned False."""


class NumericError(Error, ArithmeticError):
    """An iteration did not converge."""


class NotBuiltError(Error, NotImplementedError):
    """The library was built without what this needs."""
