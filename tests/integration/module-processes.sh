#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# fork() and its relatives, two users in one process, and several processes on
# one token of SoftHSMv2. See module-processes.c.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
softhsm_new t0
. "$abs_top_srcdir/tests/support/module.sh"

timeout 200 "$abs_top_builddir/tests/integration/module-processes" \
    "$MODULE" t0
