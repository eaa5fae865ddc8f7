#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Every source, test and script is named by a Makefile.am: nothing is left out
# of the build, of make check or of the tarball.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
cd "$abs_top_srcdir" || exit 99

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

rooms="common vendor-ext module mdoc tools doc tests"
# shellcheck disable=SC2086
find $rooms -name Makefile.am -exec cat {} + | sed 's/#.*//' |
    tr -s ' \t\\=' '\n' | sort -u >"$tmp/named"

# unnamed < FILES: those that no Makefile.am names, by path from the top
unnamed()
{
	sort | comm -23 - "$tmp/named"
}

tap_is "$(printf 'common/cbor.c\ncommon/planted.c\n' | unnamed)" \
    "common/planted.c" "a planted file is missed"

# shellcheck disable=SC2086
find $rooms -type f \( -name '*.c' -o -name '*.h' -o -name '*.sh' \
    -o -path 'doc/*.[1-9]' \) -not -path '*/node_modules/*' >"$tmp/files"
tap_ok "there are files" test -s "$tmp/files"
tap_is "$(unnamed <"$tmp/files")" "" "every file is named by a Makefile.am"

for f in autogen.sh quickstart .ci/run; do
	tap_ok "$f may be executed" test -x "$f"
done
tap_done
