# DETINIT_TRY_FLAG(FLAG): adds FLAG to DETINIT_CFLAGS where the compiler takes it.
# DETINIT_REQUIRE_FLAG(FLAG): the same, but a compiler without it will not do.
AC_DEFUN([DETINIT_CHECK_FLAG], [
  detinit_saved_cflags=$CFLAGS
  CFLAGS="$CFLAGS $1"
  AC_MSG_CHECKING([whether $CC accepts $1])
  AC_LINK_IFELSE([AC_LANG_PROGRAM()], [detinit_flag=yes], [detinit_flag=no])
  AC_MSG_RESULT([$detinit_flag])
  CFLAGS=$detinit_saved_cflags
  AS_IF([test $detinit_flag = yes], [DETINIT_CFLAGS="$DETINIT_CFLAGS $1"], [$2])
  AC_SUBST([DETINIT_CFLAGS])
])
AC_DEFUN([DETINIT_TRY_FLAG], [DETINIT_CHECK_FLAG([$1])])
AC_DEFUN([DETINIT_REQUIRE_FLAG],
  [DETINIT_CHECK_FLAG([$1], [AC_MSG_ERROR([$CC does not accept $1, which detinit needs])])])
# DETINIT_REFUSE_BENT_ARITHMETIC: bits are the product, so flags that would change them are refused,
# wherever they stand: behind the build's own they would win.  src/base/strict.h refuses those that
# a compiler tells of, a build by hand is found out by src/matrix/self_check.c.
AC_DEFUN([DETINIT_REFUSE_BENT_ARITHMETIC], [
  for detinit_flag in $CC $CPPFLAGS $CFLAGS; do
    AS_CASE([$detinit_flag],
      [-ffp-contract=off | -ffp-model=strict | -ffp-model=precise], [],
      [-Ofast | -ffast-math | -ffp-contract=* | -ffp-model=* | -funsafe-math-optimizations | \
       -fassociative-math | -freciprocal-math | -fsingle-precision-constant | -mfpmath=387 | -mfpmath=both],
      [AC_MSG_ERROR([$detinit_flag would change the bits of weights, which detinit promises: leave it out])])
  done
])
# DETINIT_REFUSE_BLANKS: make splits paths at blanks, so that none may lie on the way.
AC_DEFUN([DETINIT_REFUSE_BLANKS], [
  for detinit_path in "$(pwd)" "$srcdir"; do
    AS_CASE([$detinit_path], [*[[[:space:]]]*],
      [AC_MSG_ERROR(['$detinit_path' has a blank, at which make would split it: use a path without])])
  done
])
# DETINIT_HARDEN: DETINIT_HARDENING for the compiler and DETINIT_LDFLAGS for the linker, as far as
# they take them: checks of the stack and of what is copied, tables that are read-only once loaded.
# Position-independent programs are as the compiler makes them.  _FORTIFY_SOURCE needs an optimizer,
# is left to whoever sets it, and to sanitizers, which find more.
AC_DEFUN([DETINIT_HARDEN], [
  detinit_others=$DETINIT_CFLAGS
  DETINIT_CFLAGS=
  DETINIT_TRY_FLAG([-fstack-protector-strong])
  AC_MSG_CHECKING([whether _FORTIFY_SOURCE is to be set])
  AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#if !defined __OPTIMIZE__ || defined _FORTIFY_SOURCE
#error
#endif
]])], [detinit_fortify=yes], [detinit_fortify=no])
  AS_IF([test "x$enable_sanitizers" = xyes], [detinit_fortify=no])
  AC_MSG_RESULT([$detinit_fortify])
  AS_IF([test $detinit_fortify = yes], [DETINIT_TRY_FLAG([-D_FORTIFY_SOURCE=2])])
  AC_SUBST([DETINIT_HARDENING], [$DETINIT_CFLAGS])
  DETINIT_CFLAGS=
  DETINIT_TRY_FLAG([-Wl,-z,relro])
  DETINIT_TRY_FLAG([-Wl,-z,now])
  AC_SUBST([DETINIT_LDFLAGS], [$DETINIT_CFLAGS])
  DETINIT_CFLAGS="$detinit_others$DETINIT_HARDENING"
])
# DETINIT_REPRODUCIBLE: the same sources make the same bytes wherever and whenever they are built:
# no path of the build is kept, and archives tell no time.
AC_DEFUN([DETINIT_REPRODUCIBLE], [
  DETINIT_TRY_FLAG([-ffile-prefix-map=$(pwd)=.])
  AC_MSG_CHECKING([whether $AR makes archives without times])
  echo detinit >conftest.txt
  AS_IF([$AR crD conftest.a conftest.txt 2>/dev/null],
    [detinit_flag=yes
     : ${AR_FLAGS=crD}],
    [detinit_flag=no])
  rm -f conftest.a conftest.txt
  AC_MSG_RESULT([$detinit_flag])
])
