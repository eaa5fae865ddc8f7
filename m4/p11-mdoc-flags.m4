# SPDX-License-Identifier: BSD-3-Clause

# P11_MDOC_FLAGS(VARIABLE, FLAGS, [compile|link])
# Appends to VARIABLE those FLAGS that the compiler takes without a word. All
# at once when it takes all; otherwise each is tried alone. The program tried
# leaves confdefs.h out: its macros would trip -Wunused-macros.
AC_DEFUN([P11_MDOC_FLAGS], [
	AC_MSG_CHECKING([flags for $1])
	cat >conftest.c <<'_EOF'
#include <stdio.h>
int
main(void)
{
	return puts("x") < 0;
}
_EOF
	p11_mdoc_mode='m4_if([$3], [link], [], [-c])'
	p11_mdoc_try () {
		$CC $CPPFLAGS $CFLAGS -Werror "$[@]" $p11_mdoc_mode \
		    conftest.c -o conftest.out >&AS_MESSAGE_LOG_FD 2>&1
	}
	p11_mdoc_left=
	if p11_mdoc_try m4_normalize([$2]); then
		$1="[$]$1 m4_normalize([$2])"
	else
		for p11_mdoc_flag in m4_normalize([$2]); do
			if p11_mdoc_try $p11_mdoc_flag; then
				$1="[$]$1 $p11_mdoc_flag"
			else
				p11_mdoc_left="$p11_mdoc_left $p11_mdoc_flag"
			fi
		done
	fi
	rm -f conftest.c conftest.out
	if test -n "$p11_mdoc_left"; then
		AC_MSG_RESULT([all but$p11_mdoc_left])
	else
		AC_MSG_RESULT([all])
	fi
])
