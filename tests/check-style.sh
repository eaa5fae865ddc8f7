#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Banned functions and words, licence lines, line length, and the format.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
cd "$abs_top_srcdir" || exit 99

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# code FILE...: "FILE:LINE:CODE" without comments, strings and characters
code()
{
	awk '
	FNR == 1 { comment = 0 }
	{
		s = $0
		out = ""
		while (s != "") {
			if (comment) {
				i = index(s, "*/")
				if (!i)
					break
				s = substr(s, i + 2)
				comment = 0
			} else if (s ~ /^\/\*/) {
				comment = 1
				s = substr(s, 3)
			} else if (s ~ /^\/\//) {
				break
			} else if (match(s, /^"([^"\\]|\\.)*"/) || \
			    match(s, /^\047([^\047\\]|\\.)*\047/)) {
				out = out "\"\""
				s = substr(s, RLENGTH + 1)
			} else {
				out = out substr(s, 1, 1)
				s = substr(s, 2)
			}
		}
		if (out !~ /^[ \t]*$/)
			print FILENAME ":" FNR ":" out
	}' "$@"
}

# calls NAMES < code: lines that call one of them
calls()
{
	grep -E "(^|[^A-Za-z0-9_>.])($1)[[:space:]]*\("
}

banned='sprintf|vsprintf|strcpy|stpcpy|strcat|strncpy|strncat|gets|atoi|atol'
banned="$banned|atoll|strtok|alloca|cbor_load|mktemp|tmpnam"
# The environment of a program that runs with more rights than its caller.
banned_env='getenv'

cat >"$tmp/planted.c" <<'EOT'
/* strcpy(a, b) in a comment
 * atoi(c) */
char *s = "sprintf(x)"; // strcat(x)
int i = my_atoi(s) + x->gets(s);
int j = atoi (s);
int k = secure_getenv("x") != NULL;
int l = '"'; int m = strcpy(a, '\''); /* x */
EOT
tap_is "$(code "$tmp/planted.c" | calls "$banned|$banned_env" |
    cut -d: -f2 | tr '\n' ' ')" "5 7 " "planted calls are found, no others"

# verdict NAME: fails with the lines of $tmp/bad, if there are any
verdict()
{
	if [ -s "$tmp/bad" ]; then
		tap_fail "$1"
		head -n 40 "$tmp/bad" | tap_diag
	else
		tap_pass "$1"
	fi
}

folders="common vendor-ext module mdoc tools doc tests"
# shellcheck disable=SC2086
find $folders \( -name '*.c' -o -name '*.h' \) -not -path '*/node_modules/*' |
    sort >"$tmp/c"
grep -v '^tests/' "$tmp/c" >"$tmp/product"
# shellcheck disable=SC2086
find $folders conf m4 quickstart autogen.sh configure.ac Makefile.am \
    \( -name '*.[ch]' -o -name '*.sh' -o -name '*.am' -o -name '*.ac' \
    -o -name '*.m4' -o -name '*.[1-9]' -o -name '*.py' -o -name '*.js' \
    -o -name '*.mjs' -o -name quickstart \) -type f \
    -not -path '*/node_modules/*' -not -name 'libtool.m4' -not -name 'lt*.m4' |
    sort >"$tmp/all"
tap_ok "there are files" test -s "$tmp/product" -a -s "$tmp/all"
mapfile -t c <"$tmp/c"
mapfile -t product <"$tmp/product"
mapfile -t all <"$tmp/all"

code "${c[@]}" | calls "$banned" >"$tmp/bad"
verdict "no banned function is called"
code "${product[@]}" | calls "$banned_env" >"$tmp/bad"
verdict "secure_getenv, not getenv"
words='TO''DO|FIX''ME|XX''X'
grep -nwE "$words" "${all[@]}" >"$tmp/bad"
verdict "no word that means unfinished"
for f in "${all[@]}"; do
	head -n 3 "$f" |
	    grep -q 'SPDX-License-Identifier: BSD-3-Clause' || echo "$f"
done >"$tmp/bad"
verdict "every file names its licence"
for f in "${c[@]}"; do
	expand "$f" | LC_ALL=C.UTF-8 awk -v f="$f" '
	length($0) > 80 && !/https?:/ { print f ":" FNR ": " length($0) }'
done >"$tmp/bad"
verdict "80 columns"
grep -nE '[[:space:]]+$' "${all[@]}" >"$tmp/bad"
verdict "no blanks at the end of a line"

format=
for f in clang-format-14 clang-format; do
	if $f --version 2>/dev/null | grep -q 'version 14\.'; then
		format=$f
		break
	fi
done
if [ -z "$format" ]; then
	tap_skip "the format: clang-format 14 is not here"
else
	printf 'int\nx(void)\n{\n    return 1;\n}\n' >"$tmp/planted.c"
	cp .clang-format "$tmp"
	tap_exits 1 "clang-format refuses a planted file" \
	    "$format" --dry-run -Werror "$tmp/planted.c"
	"$format" --dry-run -Werror "${c[@]}" 2>&1 |
	    grep -E 'error:' >"$tmp/bad"
	verdict "the format is that of .clang-format"
fi
tap_done
