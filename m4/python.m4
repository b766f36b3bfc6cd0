# DETINIT_PYTHON(WANTED): which python3 builds the package in python/.  WANTED is no; auto: the
# first of those here that has what it takes, and none where there is none; yes: the same, but none is an
# error; or a python3 by its path, likewise.  Sets PYTHON3, and python_is_off to why not.
AC_DEFUN([DETINIT_PYTHON], [
  AC_MSG_CHECKING([for a python3 with cffi and headers])
  AS_CASE([$1],
    [no], [PYTHON3=python3 python_is_off='configured --without-python' candidates=],
    [yes|auto], [PYTHON3= python_is_off='no python3' candidates='python3 /usr/bin/python3'],
    [PYTHON3= python_is_off='no such python3' candidates="$1"])
  for python in $candidates; do
    $python -c '' 2>/dev/null || continue
    test -n "$PYTHON3" || PYTHON3=$python
    python_lacks=`$python -c '
import importlib.util, os, sysconfig
has_headers = os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))
lacks = @<:@name for name in ("cffi", "numpy") if importlib.util.find_spec(name) is None@:>@
print(" ".join(lacks + @<:@"headers"@:>@ * (not has_headers)))'`
    AS_IF([test -z "$python_lacks"], [PYTHON3=$python python_is_off= ; break])
    test "$PYTHON3" != $python || python_is_off="$python lacks $python_lacks"
  done
  test -n "$PYTHON3" || PYTHON3=python3
  AS_IF([test -z "$python_is_off"], [AC_MSG_RESULT([$PYTHON3])],
    [AC_MSG_RESULT([none: $python_is_off])
     AS_CASE([$1], [no|auto], [],
       [AC_MSG_ERROR([the Python package cannot be built: $python_is_off])])])
  AC_SUBST([PYTHON3])
  AC_SUBST([python_is_off])
])
