# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# p11-mdoc.so over the token of tests/support/softhsm.sh. Usage, after
# softhsm_new:
#
#	. "$abs_top_srcdir/tests/support/module.sh"
#	module_run pkcs11-tool --module "$MODULE" -L
#
# module_run lets a program load the module if it was built with sanitizers.

MODULE=${abs_top_builddir:?}/p11-mdoc.so
[ -r "$MODULE" ] || tap_bail "$MODULE is not here"

# module_configure [LINE...]: the configuration; without lines SoftHSMv2 alone
module_configure()
{
	P11_MDOC_CONF=$SOFTHSM_FOLDER/p11-mdoc.conf
	export P11_MDOC_CONF
	[ $# -gt 0 ] || set -- '[device softhsm]' "module = $SOFTHSM_MODULE"
	printf '%s\n' "$@" >"$P11_MDOC_CONF"
}

module_run()
{
	if [ -n "${SANITIZER_PRELOAD-}" ]; then
		# What such programs leak is theirs.
		LD_PRELOAD=$SANITIZER_PRELOAD \
		    ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" "$@"
	else
		"$@"
	fi
}

module_configure
