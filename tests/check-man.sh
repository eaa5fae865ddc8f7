#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Manual pages are right mdoc(7); those of section 3 name what libmdoc exports,
# all of it and nothing else; all are installed.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
cd "$abs_top_srcdir" || exit 99

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

pages=$(find doc -maxdepth 1 -name '*.[1-9]' | sort)
tap_ok "there are pages" test -n "$pages"

lint()
{
	mandoc -T lint -W warning "$1"
}

if command -v mandoc >/dev/null; then
	printf '.Dd November 1, 2026\n.Dt X 1\n.Os\n.Sh NAME\n.Xx y\n' \
	    >"$tmp/planted.1"
	if lint "$tmp/planted.1" >/dev/null; then
		tap_fail "mandoc refuses a planted page"
	else
		tap_pass "mandoc refuses a planted page"
	fi
	for p in $pages; do
		tap_ok "$p is right mdoc(7)" lint "$p"
	done
else
	tap_skip "the pages are right mdoc(7): mandoc is not here"
fi

# names PAGE...: the .Nm lines of the section NAME
names()
{
	awk '
	FNR == 1 { in_name = 0 }
	/^\.Sh/ { in_name = $2 == "NAME" }
	in_name && /^\.Nm / { print $2 }' "$@" | sort
}

# shellcheck disable=SC2046
names $(ls doc/*.3 2>/dev/null) /dev/null | grep '^mdoc_' >"$tmp/names"
nm -D --defined-only "${abs_top_builddir:?}/.libs/libmdoc.so" |
    awk 'NF == 3 && $3 ~ /^mdoc_/ { print $3 }' | sort >"$tmp/exports"
tap_ok "libmdoc exports something" test -s "$tmp/exports"
tap_is "$(uniq -d "$tmp/names")" "" "no function is in two pages"
sort -u "$tmp/names" -o "$tmp/names"
tap_is "$(comm -13 "$tmp/names" "$tmp/exports")" "" \
    "every exported function has a page"
tap_is "$(comm -23 "$tmp/names" "$tmp/exports")" "" \
    "every function with a page is exported"
for p in $pages; do
	tap_ok "$p is installed" grep -qF "$p" doc/Makefile.am
done
tap_done
