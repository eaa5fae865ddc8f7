#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# C_WaitForSlotEvent with a real reader: a card that is pulled out and put back
# while a thread waits, and C_Finalize meanwhile. The card is the only device,
# whose own function waits then, or one of two.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
softhsm_new t0
. "$abs_top_srcdir/tests/support/module.sh"
cd "$SOFTHSM_FOLDER" || exit 99

piv=$abs_top_srcdir/tests/rigs/piv.sh
"$piv" start >rig.env 2>rig.err || {
	[ $? -ne 77 ] || tap_skip_all "$(sed -n 's/^SKIP //p' rig.err)"
	tap_bail "$(cat rig.err)"
}
. ./rig.env
softhsm_cleanup()
{
	"$piv" stop "$RIG_DIR"
}
REMOVE=$(printf '%q remove %q' "$piv" "$RIG_DIR")
INSERT=$(printf '%q insert %q' "$piv" "$RIG_DIR")
export REMOVE INSERT

# works WHAT: what slot-events says, with other numbers
works()
{
	local line

	timeout 120 "$abs_top_builddir/tests/integration/slot-events" \
	    "$MODULE" >out 2>&1
	case $? in
	0 | 1) ;;
	*) tap_fail "$1: it ends" ;;
	esac
	while read -r line; do
		case $line in
		ok\ *) tap_pass "$1: ${line#* - }" ;;
		not\ ok\ *) tap_fail "$1: ${line#* - }" ;;
		1..*) ;;
		*) printf '%s\n' "$line" ;;
		esac
	done <out
}

module_configure '[device card]' "module = $RIG_MODULE"
works "alone"
module_configure '[device softhsm]' "module = $SOFTHSM_MODULE" \
    '[device card]' "module = $RIG_MODULE"
works "beside SoftHSMv2"
tap_done
