#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A device that is lost in mid-operation and comes back, and one that hangs,
# beside a healthy one. See device-life.c.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/integration/device-support.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"

# The near token is made first: the server keeps its own SOFTHSM2_CONF.
softhsm_cleanup()
{
	[ -z "${RIG_DIR-}" ] || "$rigs/p11-kit-client.sh" stop "$RIG_DIR"
}
softhsm_new near
near_conf=$SOFTHSM2_CONF
device_rig p11-kit-client '[device near]' "module = $SOFTHSM_MODULE"
trap softhsm_at_exit EXIT
export SOFTHSM2_CONF=$near_conf
rig()
{
	printf '%q %s %q' "$rigs/p11-kit-client.sh" "$1" "$RIG_DIR"
}
LOSE=$(rig lose) SERVE=$(rig serve) HANG=$(rig hang) RESUME=$(rig resume) \
    timeout 120 "$abs_top_builddir/tests/integration/device-life" \
    "$MODULE" "$RIG_TOKEN" near
