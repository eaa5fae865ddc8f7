#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# SoftHSMv2 alone and through p11-mdoc.so: every return code and every length
# of several hundred calls, good and bad, is the same (module-compare.c).
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"

module=$(softhsm_find) || tap_skip_all "SoftHSMv2 is not here"
exec "${abs_top_builddir:?}/tests/integration/module-compare" "$module" \
    "$abs_top_builddir/p11-mdoc.so"
