#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The module exports three functions; libmdoc exports mdoc_ functions only, and
# exactly those that its installed headers declare.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
cd "${abs_top_builddir:?}" || exit 99

cc=${CC:-cc}
# Quoted for the shell where it needs be.
eval "public_cppflags=($PUBLIC_CPPFLAGS)"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

exports()
{
	nm -D --defined-only "$1" | awk 'NF == 3 { print $3 }' |
	    grep -vE '^(__gcov|__llvm|__prof|__asan|__odr_asan|__sancov|_init$|_fini$)' |
	    sort
}

# declared HEADER...: functions mdoc_… that they declare and do not define
declared()
{
	# shellcheck disable=SC2086
	for h; do
		echo "#include \"$h\""
	done | $cc -std=c99 -E -P "${public_cppflags[@]}" -x c - \
	    >"$tmp/text" ||
	    tap_bail "the headers cannot be preprocessed"
	grep -v '^#' "$tmp/text" | tr '\n' ' ' |
	    sed 's/[;{}]/&\n/g' |
	    sed -n '/^[[:space:]]*typedef/d; /[[:space:]]*static/d; s/.*[ *]\(mdoc_[a-z0-9_]*\)[[:space:]]*(.*;$/\1/p' |
	    sort -u
}

cat >"$tmp/planted.h" <<'EOT'
#define PUBLIC __attribute__((visibility("default")))
struct mdoc_x { int (*mdoc_member)(int); };
typedef int (*mdoc_callback)(void);
PUBLIC int mdoc_one(void);
PUBLIC struct mdoc_x *
mdoc_two(const struct mdoc_x *x,
    int (*f)(void));
static inline int mdoc_three(void) { return mdoc_one(); }
EOT
tap_is "$(declared "$tmp/planted.h" | tr '\n' ' ')" "mdoc_one mdoc_two " \
    "declarations are found in a header"

module=.libs/p11-mdoc.so
tap_ok "the module is there" test -f $module
exports $module >"$tmp/module"
tap_is "$(tr '\n' ' ' <"$tmp/module")" \
    "C_GetFunctionList C_GetInterface C_GetInterfaceList " \
    "the module exports three functions"
tap_is "$(sort "$abs_top_srcdir/module/api/p11-mdoc.sym")" \
    "$(cat "$tmp/module")" "p11-mdoc.sym lists them"

tap_ok "libmdoc is there" test -f .libs/libmdoc.so
exports .libs/libmdoc.so >"$tmp/libmdoc"
tap_is "$(grep -v '^mdoc_' "$tmp/libmdoc")" "" "libmdoc exports mdoc_ only"
tap_ok "libmdoc exports something" test -s "$tmp/libmdoc"
declared "$abs_top_srcdir"/mdoc/include/mdoc/*.h >"$tmp/declared"
tap_is "$(comm -23 "$tmp/libmdoc" "$tmp/declared")" "" \
    "every export is declared in an installed header"
tap_is "$(comm -13 "$tmp/libmdoc" "$tmp/declared")" "" \
    "every declared function is exported"
grep -oE 'mdoc_[a-z0-9_]+' "$abs_top_srcdir/NEWS" | sort -u >"$tmp/news"
tap_is "$(comm -23 "$tmp/libmdoc" "$tmp/news")" "" \
    "NEWS names every exported function"
tap_done
