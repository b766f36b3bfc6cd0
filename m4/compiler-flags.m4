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
