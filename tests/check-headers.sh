#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Every header compiles alone; an installed one as C99 and as C++, with nothing
# but the installed headers in sight.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
cd "$abs_top_srcdir" || exit 99

cc=${CC:-cc}
# Quoted for the shell where it needs be.
eval "public_cppflags=($PUBLIC_CPPFLAGS) all_cppflags=($ALL_CPPFLAGS)"
strict="-Wall -Wextra -Wpedantic -Werror -fsyntax-only"

# alone COMPILER... < name of the header as in an include line
alone()
{
	local header=$1
	shift
	printf '#include %s\ntypedef int not_empty;\n' "$header" |
	    "$@" $strict -x "${language:-c}" -
}

broken()
{
	! alone "$1" $cc -std=gnu11 -I"$tmp" >/dev/null 2>&1
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
echo 'size_t f(void);' >"$tmp/planted.h"
tap_ok "a header that lacks an include is refused" broken '"planted.h"'
echo '#include <stddef.h>
size_t f(void);' >"$tmp/planted.h"
tap_ok "a header with it is accepted" alone '"planted.h"' \
    $cc -std=gnu11 -I"$tmp"

public=$(find mdoc/include vendor-ext/include -name '*.h' | sort)
internal=$(find common vendor-ext module mdoc tools tests -name '*.h' \
    -not -path '*/include/*' -not -path '*/node_modules/*' | sort)
tap_ok "there are headers" test -n "$internal" -a -n "$public"

# shellcheck disable=SC2086
for h in $internal; do
	case $h in
	tools/*) flags=("${public_cppflags[@]}") ;;
	*) flags=("${all_cppflags[@]}") ;;
	esac
	tap_ok "$h" alone "\"$h\"" $cc -std=gnu11 -I. "${flags[@]}"
done

cxx=
for c in g++ clang++ c++; do
	if command -v $c >/dev/null; then
		cxx=$c
		break
	fi
done
# shellcheck disable=SC2086
for h in $public; do
	name="<${h#*/include/}>"
	tap_ok "$name as C99" alone "$name" $cc -std=c99 \
	    "${public_cppflags[@]}"
	if [ -n "$cxx" ]; then
		language='c++'
		tap_ok "$name as C++" alone "$name" $cxx -std=c++11 \
		    "${public_cppflags[@]}"
		language=c
	else
		tap_skip "$name as C++: no C++ compiler here"
	fi
done
tap_done
