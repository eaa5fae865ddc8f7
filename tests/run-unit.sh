#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Runs a test program for the TAP driver, under P11_MDOC_VALGRIND if that is
# set. cmocka 1.1.5 calls a skipped test "not ok", which TAP means as a failure.
set -u -o pipefail
${P11_MDOC_VALGRIND-} "$@" | sed 's/^not ok \([0-9]* # SKIP\)/ok \1/'
