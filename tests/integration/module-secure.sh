#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A program with more rights than its caller: the caller's environment names
# no configuration, switches no messages and no trace on. The program is made
# setgid, which the kernel treats as any other gain of rights (AT_SECURE).
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
softhsm_new t0
. "$abs_top_srcdir/tests/support/module.sh"
cd "$SOFTHSM_FOLDER" || exit 99
unset P11_MDOC_CONF P11_MDOC_DEBUG P11_MDOC_TRACE
HOME=$SOFTHSM_FOLDER/home
XDG_CONFIG_HOME=$SOFTHSM_FOLDER/xdg
export HOME XDG_CONFIG_HOME
# What the sanitizers find at the end is found elsewhere.
export ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0"

cp "$abs_top_builddir/tests/integration/secure-start" plain ||
    tap_bail "secure-start is not built"

# A group that the kernel lets us give, and that is not ours already.
other=$(id -G | tr ' ' '\n' | grep -vx "$(id -g)" | head -n 1)
[ "$(id -u)" != 0 ] || other=$(($(id -g) + 1))
[ -n "$other" ] ||
    tap_skip_all "a setgid program: this user is in one group only"
cp plain setgid && chgrp "$other" setgid && chmod 2755 setgid ||
    tap_skip_all "a setgid program cannot be made"
# The user's own files are read with the user's rights all the same.
chmod 755 . && chmod -R a+rX tokens

# run PROGRAM: its line in out, what it says in errors
run()
{
	"./$1" "$MODULE" >out 2>errors || return
}

run setgid
case $(cat out) in
secure=1\ *) ;;
*) tap_skip_all "setgid has no effect here (nosuid?): $(cat out errors)" ;;
esac
# Nothing is in the environment: what the system's own configuration says.
wanted=$(cat out)
tap_is "${wanted% *}" "secure=1 rv=0x0" "with AT_SECURE it is initialised"
run plain
tap_is "$(cat out)" "secure=0 ${wanted#* }" "without a file, both are alike"

# with WHAT VARIABLE=VALUE: the plain program sees it, the setgid one does not
with()
{
	local what=$1 status

	shift
	env "$@" "./plain" "$MODULE" >out 2>errors
	tap_is "$(cat out)" "secure=0 rv=0x5" "$what: read"
	tap_ok "$what: said with file and line" \
	    grep -q "\.conf:1: 'nonsense' stands before any section" errors
	env "$@" "./setgid" "$MODULE" >out 2>errors
	tap_is "$(cat out)" "$wanted" "$what: not read with AT_SECURE"
	tap_is "$(cat errors)" "" "$what: nothing is said with AT_SECURE"
}

echo 'nonsense = 1' >wrong.conf
with P11_MDOC_CONF P11_MDOC_DEBUG=1 P11_MDOC_CONF="$PWD/wrong.conf"
mkdir -p xdg/p11-mdoc home/.config/p11-mdoc
cp wrong.conf xdg/p11-mdoc/p11-mdoc.conf
with XDG_CONFIG_HOME P11_MDOC_DEBUG=1
rm -r xdg
cp wrong.conf home/.config/p11-mdoc/p11-mdoc.conf
with HOME P11_MDOC_DEBUG=1 XDG_CONFIG_HOME=
rm -r home

env P11_MDOC_TRACE="$PWD/trace-1" ./plain "$MODULE" >out 2>errors
tap_ok "P11_MDOC_TRACE: written" \
    sh -c 'test -s trace-1 || grep -q C_Initialize errors'
env P11_MDOC_TRACE="$PWD/trace-2" ./setgid "$MODULE" >out 2>errors
tap_is "$(cat errors; ls trace-2 2>/dev/null)" "" \
    "P11_MDOC_TRACE: nothing with AT_SECURE"
tap_done
