# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# p11-kit with a list of modules of this script's own, ./kit/pkcs11/modules.
# After tests/support/module.sh and cd into a folder of its own:
#
#	. "$abs_top_srcdir/tests/support/p11-kit.sh"
#	kit_new && kit_module p11-mdoc "$MODULE" 'priority: 9'
#	kit_run p11-kit list-modules

KIT_PROXY=$(pkg-config --variable=proxy_module p11-kit-1 2>/dev/null)
KIT_CONFIGS=$(pkg-config --variable=p11_module_configs p11-kit-1 2>/dev/null)

# p11-kit reads no file of a user's for root, who has a name space to mount
# over instead, or becomes somebody else where that cannot be (after chroot).
kit_run_in_space()
{
	# shellcheck disable=SC2016
	module_run unshare -m sh -c \
	    'mount --bind "$1" "$2" && shift 2 && exec "$@"' \
	    sh "$PWD/kit/pkcs11/modules" "$KIT_CONFIGS" "$@"
}

kit_run_as_user()
{
	XDG_CONFIG_HOME=$PWD/kit module_run "$@"
}

kit_run_as_nobody()
{
	chown -R nobody "$SOFTHSM_FOLDER" ${RIG_DIR:+"$RIG_DIR"} &&
	    HOME=$PWD kit_run_as_user setpriv --reuid=nobody --regid=nogroup \
		--clear-groups "$@"
}

# kit_run COMMAND...
kit_run()
{
	$kit_how "$@"
}

# kit_new: an empty list; fails if that cannot be had here.
kit_new()
{
	mkdir -p kit/pkcs11/modules &&
	    echo 'user-config: only' >kit/pkcs11/pkcs11.conf &&
	    [ -n "$KIT_PROXY" ] && command -v p11-kit >/dev/null || return
	kit_how=kit_run_as_user
	[ "$(id -u)" = 0 ] || return 0
	for kit_how in kit_run_in_space kit_run_as_nobody; do
		! kit_run test -r "$MODULE" 2>/dev/null || return 0
	done
	return 1
}

# kit_module NAME PATH [LINE...]
kit_module()
{
	local file=kit/pkcs11/modules/$1.module

	printf 'module: %s\n' "$2" >"$file"
	shift 2
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$file"
}
