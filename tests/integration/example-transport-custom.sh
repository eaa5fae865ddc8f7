#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# doc/examples/transport-custom runs, and stays short enough for an example.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
cd "${abs_top_builddir:?}" || exit 99

tap_is "$(doc/examples/transport-custom)" "request: a request" \
    "a request goes through a transport of one's own"
tap_ok "it is no longer than 100 lines" \
    test "$(wc -l <"$abs_top_srcdir/doc/examples/transport-custom.c")" -le 100
tap_done
