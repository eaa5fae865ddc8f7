#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Key 9C of a PIV card wants the PIN for each signature: a login between
# C_SignInit and C_Sign reaches raw ECDSA, and mechanisms of ours as well.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/integration/device-support.sh"
device_rig piv

out=$RIG_DIR/always
timeout 60 "$abs_top_builddir/tests/integration/device-always" \
    "$MODULE" "$RIG_TOKEN" "$RIG_PIN" >"$out" 2>"$out.err"
tap_is $? 0 "it ends"
[ ! -s "$out.err" ] || tap_diag <"$out.err"
gave()
{
	awk -F '\t' -v n="$1" '$1 == n { print $2 }' "$out"
}
for m in "ECDSA" "ECDSA_SHA256" "device signature"; do
	tap_is "$(gave "$m")" CKR_OK "$m, with a login for it"
	tap_is "$(gave "$m without login")" "$(gave "ECDSA without login")" \
	    "$m, without one: as the device answers for raw ECDSA"
	tap_is "$(gave "$m again")" CKR_OK "$m, with a login again"
done
tap_diag <"$out"
tap_done
