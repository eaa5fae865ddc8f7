#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# No function over 80 lines or 7 parameters, no file over 1000 lines; exceptions
# are lines "FILE FUNCTION-OR-* REASON" of tests/check-functions.exceptions.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
cd "$abs_top_srcdir" || exit 99

# measure FILE...: "FILE FUNCTION LINES PARAMETERS" per function, then
# "FILE * LINES 0". Relies on the layout that clang-format gives: the name of a
# function and the braces around its body stand in the first column.
measure()
{
	awk '
	function end_of_file() {
		if (file != "")
			print file, "*", lines, 0
	}
	FNR == 1 {
		end_of_file()
		file = FILENAME
		name = ""
		inside = 0
	}
	{ lines = FNR }
	!inside && /^[A-Za-z_][A-Za-z0-9_]*\(/ {
		name = $0
		sub(/\(.*/, "", name)
		start = FNR
		head = ""
	}
	!inside && name != "" && !/^\{/ { head = head $0 }
	!inside && /;[ \t]*$/ { name = "" }
	/^\{/ && name != "" { inside = 1 }
	/^\}/ && inside {
		print file, name, FNR - start + 1, parameters(head)
		inside = 0
		name = ""
		functions++
	}
	function parameters(text,    i, c, depth, n) {
		n = 1
		for (i = 1; i <= length(text); i++) {
			c = substr(text, i, 1)
			if (c == "(")
				depth++
			else if (c == ")")
				depth--
			else if (c == "," && depth == 1)
				n++
		}
		return n
	}
	END { end_of_file() }' "$@"
}

# too_long EXCEPTIONS: the lines of measure that break a limit
too_long()
{
	awk '
	FNR == NR {
		if ($0 !~ /^#/ && NF >= 3)
			excepted[$1 " " $2] = 1
		next
	}
	($1 " " $2) in excepted { next }
	$2 == "*" && $3 > 1000 { print $1 ": " $3 " lines" }
	$2 != "*" && $3 > 80 { print $1 ": " $2 ": " $3 " lines" }
	$2 != "*" && $4 > 7 { print $1 ": " $2 ": " $4 " parameters" }
	' "$1" -
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# function of N lines with P parameters
plant()
{
	awk -v n="$1" -v p="$2" 'BEGIN {
		print "int other(int a);\n\nint"
		printf "planted(int a1"
		for (i = 2; i <= p; i++)
			printf ",%sint a%d", i % 3 ? " " : "\n    ", i
		print ")\n{"
		for (i = 0; i < n - 3 - int(p / 3); i++)
			print "\tother(a1);"
		print "}"
	}' >"$tmp/planted.c"
	measure "$tmp/planted.c" >"$tmp/measured"
	too_long "$tmp/none" <"$tmp/measured"
}

echo '#' >"$tmp/none"
tap_is "$(plant 80 7)" "" "80 lines and 7 parameters pass"
tap_is "$(plant 81 2)" "$tmp/planted.c: planted: 81 lines" "81 lines do not"
tap_is "$(plant 40 8)" "$tmp/planted.c: planted: 8 parameters" \
    "8 parameters do not"
yes '/**/' | head -n 1001 >"$tmp/long.c"
tap_is "$(measure "$tmp/long.c" | too_long "$tmp/none")" \
    "$tmp/long.c: 1001 lines" "a file of 1001 lines does not"

find common vendor-ext module mdoc tools doc tests \
    \( -name '*.c' -o -name '*.h' \) -not -path '*/node_modules/*' |
    sort >"$tmp/files"
xargs awk 'FNR == 1 { n++ } END { exit n < 1 }' <"$tmp/files" ||
    tap_bail "no files"
# shellcheck disable=SC2046
measure $(cat "$tmp/files") >"$tmp/measured"
too_long tests/check-functions.exceptions <"$tmp/measured" >"$tmp/bad"
if [ -s "$tmp/bad" ]; then
	tap_fail "no function or file is too long"
	tap_diag <"$tmp/bad"
else
	tap_pass "no function or file is too long"
fi
functions=$(grep -vc ' \* ' "$tmp/measured")
tap_ok "looked at $functions functions" test "$functions" -gt 0

# An exception nobody needs any more goes.
while read -r file name reason; do
	case $file in
	'' | '#'*) continue ;;
	esac
	tap_ok "exception in use: $file $name ($reason)" \
	    grep -qF -- "$file $name " "$tmp/measured"
done <tests/check-functions.exceptions
tap_done
