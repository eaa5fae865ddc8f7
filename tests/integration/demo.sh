#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# "p11-mdoc demo", and that a command which it prints can be run again alone.
set -u
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
softhsm_find >/dev/null || tap_skip_all "SoftHSMv2 is not here"
folder=$(mktemp -d) || tap_bail "no temporary folder"
trap 'rm -rf "$folder"' EXIT
unset SOFTHSM2_CONF P11_MDOC_CONF P11_MDOC_MODULE
p=$abs_top_builddir/p11-mdoc

"$p" demo "$folder/de mo" >"$folder/out" 2>"$folder/err" </dev/null
tap_is $? 0 "the demo ends well"
tap_ok "the reader trusts what it read" grep -qx 'result: trusted' "$folder/out"
tap_ok "the claims are shown" grep -q 'family_name = Mustermann' "$folder/out"
tap_ok "the key path is reported" grep -qE 'device-auth *path [A-D] ' \
    "$folder/err"
pin=$(cat "$folder/de mo/pin")
tap_ok "the PIN is in no output" sh -c "! grep -q '$pin' '$folder'/out '$folder'/err"
tap_exits 1 "a folder that exists is left alone" "$p" demo "$folder/de mo"

# The lines behind "$ " are commands for a shell in that folder.
sed -n 's/^\$ //p' "$folder/out" | grep -E '^(cd|export) ' \
    >"$folder/again.sh"
sed -n 's/^\$ //p' "$folder/out" | grep 'credential list' >>"$folder/again.sh"
tap_ok "a printed command runs again" sh -c \
    "sh -eu '$folder/again.sh' | grep -q 'mdl .*mDL'"
tap_done
