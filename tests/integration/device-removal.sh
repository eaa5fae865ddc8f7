#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A card is pulled out in mid-session and put back: the module answers as
# OpenSC's own does, call by call. See device-card.c.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/integration/device-support.sh"
device_rig piv

REMOVE=$(printf '%q remove %q' "$rigs/piv.sh" "$RIG_DIR")
INSERT=$(printf '%q insert %q' "$rigs/piv.sh" "$RIG_DIR")
export REMOVE INSERT

# card MODULE [look] > lines
card()
{
	local module=$1

	shift
	timeout 60 "$abs_top_builddir/tests/integration/device-card" \
	    "$module" "$RIG_PIN" "$@"
}

for look in '' look; do
	# shellcheck disable=SC2086
	card "$RIG_MODULE" $look >"$RIG_DIR/raw"
	tap_is $? 0 "the card by OpenSC itself${look:+, looked at before}"
	# shellcheck disable=SC2086
	card "$MODULE" $look >"$RIG_DIR/ours"
	tap_is $? 0 "the card through the module${look:+, looked at before}"
	tap_ok "$(wc -l <"$RIG_DIR/raw") answers are there" \
	    grep -q '^removed: C_Sign: CKR_DEVICE_REMOVED' "$RIG_DIR/raw"
	# The vendor mechanisms are ours alone.
	tap_ok "and they are the same" diff \
	    <(grep -v ' vendor ' "$RIG_DIR/raw") \
	    <(grep -v ' vendor ' "$RIG_DIR/ours")
done

vendor()
{
	sed -n "s/^$1: vendor //p" "$RIG_DIR/ours" | paste -sd ' '
}
good='C_SignInit, signature: CKR_OK C_Sign, signature: CKR_OK'
good="$good C_SignInit, MAC: CKR_OK C_Sign, MAC: CKR_OK"
tap_is "$(vendor before)" "$good" "vendor mechanisms before"
echo "# removed: $(vendor removed)"
tap_is "$(vendor removed | grep -c 'C_Sign, [^:]*: CKR_OK')" 0 \
    "no vendor mechanism works with the card removed"
tap_is "$(vendor inserted | sed "s/.*$good/good/")" good \
    "vendor mechanisms with the card back and a new session"
tap_done
