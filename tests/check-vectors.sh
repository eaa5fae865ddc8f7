#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The self-made vectors are what their generator makes.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"

vectors=$abs_top_srcdir/tests/vectors
if ! command -v python3 >/dev/null; then
	tap_skip_all "python3 is not there"
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tap_ok "make-vectors runs" python3 "$vectors/make-vectors" "$tmp"
for what in keys certs transcript.hex world.h positive negative; do
	diff -r "$vectors/$what" "$tmp/$what" >"$tmp/diff"
	tap_ok "$what is what make-vectors makes" test ! -s "$tmp/diff"
	tap_diag <"$tmp/diff"
done
tap_done
