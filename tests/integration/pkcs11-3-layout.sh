#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The types and numbers of module/api/pkcs11-3.h have the layout and the values
# that NSS's header has, which is of PKCS#11 3.0 too.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
cc=${CC:-cc}
nss=$(pkg-config --cflags nss nspr 2>/dev/null) ||
    tap_skip_all "libnss3-dev is not here"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat >"$tmp/nss.h" <<'EOT'
#include <nspr.h>
#include <pkcs11.h>
EOT
echo '#include "module/api/pkcs11-3.h"' >"$tmp/ours.h"

numbers=$(awk '/^#define CK[A-Z]_/ { print $2 }' \
    "$abs_top_srcdir/module/api/pkcs11-3-numbers.h")
tap_ok "there are numbers" test "$(echo "$numbers" | wc -l)" -gt 150

# structures: "NAME FIELD" of every structure in our header
structures()
{
	awk '
	/^typedef struct CK_[A-Z0-9_]+ \{/ { name = $3; next }
	/^\}/ { name = ""; next }
	name != "" && /;/ {
		field = $0
		sub(/;.*/, "", field)
		sub(/.*[ *]/, "", field)
		print name, field
	}' "$abs_top_srcdir/module/api/pkcs11-3.h"
}

# Of later versions, or not in NSS.
later='CK_ASYNC_DATA|CK_FUNCTION_LIST_3_2|CKA_UNIQUE_ID|CKP_COMPLETE_PROVIDER|CKP_HKDF_TLS_TOKEN'

# program HEADER: prints what the header says
program()
{
	printf '#include <stddef.h>\n#include <stdio.h>\n#include "%s"\n' "$1"
	echo 'int main(void) {'
	for n in $numbers; do
		echo "$n" | grep -qE "^($later)$" ||
		    echo "printf(\"$n %#lx\\n\", (unsigned long)$n);"
	done
	structures | grep -vE "^($later) " | while read -r name field; do
		echo "printf(\"$name %zu .$field %zu\\n\", sizeof($name),"
		echo "offsetof($name, $field));"
	done
	for f in $(sed -n 's/^\tX(\(C_[A-Za-z]*\)).*/\1/p' \
	    "$abs_top_srcdir/module/api/functions.h" | head -92); do
		echo "printf(\"$f %zu\\n\","
		echo "offsetof(struct CK_FUNCTION_LIST_3_0, $f));"
	done
	echo 'printf("%zu\n", sizeof(CK_FUNCTION_LIST_3_0)); return 0; }'
}

program ours.h >"$tmp/ours.c"
program nss.h >"$tmp/nss.c"
# Quoted for the shell where it needs be.
eval "all_cppflags=($ALL_CPPFLAGS)"
tap_ok "our header" $cc -std=gnu11 -I"$tmp" -I"$abs_top_srcdir" \
    "${all_cppflags[@]}" -o "$tmp/ours" "$tmp/ours.c"
# shellcheck disable=SC2086
tap_ok "NSS's header" $cc -std=gnu11 -I"$tmp" $nss -o "$tmp/nss" "$tmp/nss.c"
"$tmp/ours" >"$tmp/ours.out"
"$tmp/nss" >"$tmp/nss.out"
tap_ok "something is compared" test "$(wc -l <"$tmp/ours.out")" -gt 300
if diff "$tmp/nss.out" "$tmp/ours.out" >"$tmp/diff"; then
	tap_pass "both are the same"
else
	tap_fail "both are the same"
	tap_diag <"$tmp/diff"
fi
tap_done
