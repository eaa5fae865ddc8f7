#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Arrows between the folders point down only. One line per folder says what a
# file in it may include; a file in a folder without a line is an error.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"

# FOLDER: QUOTED PREFIXES: HEADERS IN <> THAT ARE REFUSED: EXCEPT THESE
# The first line whose folder is a prefix of the file's path counts.
rules()
{
	cat <<'EOT'
common/: common/: mdoc/ p11-mdoc/ p11-kit/ openssl/: openssl/crypto.h
vendor-ext/include/: : mdoc/ cbor.h openssl/:
vendor-ext/client/: vendor-ext/client/ common/: mdoc/ cbor.h:
vendor-ext/: vendor-ext/ !vendor-ext/client/ common/: mdoc/ cbor.h:
module/: module/ vendor-ext/ !vendor-ext/client/ common/: mdoc/ cbor.h openssl/: openssl/crypto.h
mdoc/include/: : cbor.h openssl/:
mdoc/codec/: mdoc/codec/ mdoc/+ common/ vendor-ext/ !vendor-ext/client/: cbor.h openssl/:
mdoc/model/: mdoc/model/ mdoc/codec/ mdoc/+ common/ vendor-ext/ !vendor-ext/client/: cbor.h openssl/:
mdoc/crypto/: mdoc/crypto/ mdoc/model/ mdoc/codec/ mdoc/+ common/ vendor-ext/ !vendor-ext/client/: cbor.h:
mdoc/session/: mdoc/ !mdoc/transport/ !mdoc/authority/ common/ vendor-ext/ !vendor-ext/client/: cbor.h openssl/:
mdoc/holder/: mdoc/ !mdoc/transport/ !mdoc/authority/ common/ vendor-ext/ !vendor-ext/client/: cbor.h openssl/:
mdoc/inspect/: mdoc/ !mdoc/transport/ !mdoc/authority/ common/ vendor-ext/ !vendor-ext/client/: cbor.h openssl/:
mdoc/issuer/: mdoc/ !mdoc/transport/ !mdoc/authority/ common/ vendor-ext/ !vendor-ext/client/: cbor.h openssl/:
mdoc/verify/: mdoc/ !mdoc/transport/ !mdoc/authority/ common/ vendor-ext/ !vendor-ext/client/: cbor.h openssl/:
mdoc/transport/: mdoc/ common/ vendor-ext/ !vendor-ext/client/: cbor.h openssl/:
mdoc/authority/: mdoc/ common/ vendor-ext/ !vendor-ext/client/: cbor.h openssl/:
mdoc/: mdoc/ common/ vendor-ext/ !vendor-ext/client/: cbor.h openssl/:
tools/: tools/: cbor.h:
doc/examples/: : cbor.h:
tests/: mdoc/ vendor-ext/ module/ common/ tests/: :
EOT
}

# scan ROOT: one line per violation, then "includes N". In quoted prefixes,
# "!x" refuses and "mdoc/+" means headers right in mdoc/. A name without "/" is
# a file of the same folder.
scan()
{
	(cd "$1" && find . -type f \( -name '*.c' -o -name '*.h' \) \
	    -not -path './build*' -not -path './.git/*' \
	    -not -path './*/node_modules/*' -not -path './_build/*' -not -path './config.h' \
	    -not -path './p11-mdoc-*/*' | sed 's,^\./,,' | sort |
	while read -r f; do
		grep -nE '^[[:space:]]*#[[:space:]]*include' "$f" /dev/null |
		    sed 's/^\([^:]*\):\([0-9]*\):/\1 \2 /'
		echo "$f 0 -"
	done) | awk -v rules="$(rules)" '
	BEGIN {
		n = split(rules, line, "\n")
		for (i = 1; i <= n; i++) {
			split(line[i], part, ":")
			folder[i] = part[1]
			quoted[i] = part[2]
			refused[i] = part[3]
			except[i] = part[4]
		}
	}
	function bad(why) {
		printf "%s:%s: %s\n", $1, $2, why
	}
	function listed(name, list,    w, k, i) {
		k = split(list, w, " ")
		for (i = 1; i <= k; i++)
			if (index(name, w[i]) == 1)
				return 1
		return 0
	}
	function quoted_ok(name, list,    w, k, i, ok, rest) {
		k = split(list, w, " ")
		ok = 0
		for (i = 1; i <= k; i++) {
			if (substr(w[i], 1, 1) == "!") {
				if (index(name, substr(w[i], 2)) == 1)
					return 0
			} else if (w[i] ~ /\+$/) {
				rest = substr(w[i], 1, length(w[i]) - 1)
				if (index(name, rest) == 1 && \
				    substr(name, length(rest) + 1) !~ /\//)
					ok = 1
			} else if (index(name, w[i]) == 1)
				ok = 1
		}
		return ok
	}
	{
		r = 0
		for (i = 1; i <= n && !r; i++)
			if (index($1, folder[i]) == 1)
				r = i
		if ($2 == 0) {
			if (!r)
				bad("no rule for this folder")
			next
		}
		includes++
		if (!r)
			next
		text = $0
		sub(/^[^#]*#[ \t]*include[ \t]*/, "", text)
		if (text ~ /^"/) {
			name = substr(text, 2)
			sub(/".*/, "", name)
			if (name == "config.h") {
				if ($1 ~ /\.h$/)
					bad("config.h in a header")
			} else if (name ~ /\.\./)
				bad("path with .. : " name)
			else if (name !~ /\//) {
				if (folder[r] !~ /^(tools|tests)\//)
					bad("not a path from the top: " name)
			} else if (!quoted_ok(name, quoted[r]))
				bad("may not include \"" name "\"")
		} else if (text ~ /^</) {
			name = substr(text, 2)
			sub(/>.*/, "", name)
			if ($1 == "common/cbor.c" && name ~ /^cbor[.\/]/)
				next
			if ((name == "cbor.h" || name ~ /^cbor\//) && \
			    $1 !~ /^tests\//)
				bad("only common/cbor.c may include <" name ">")
			else if (listed(name, refused[r]) && \
			    !listed(name, except[r]))
				bad("may not include <" name ">")
		} else
			bad("include by macro")
	}
	END { print "includes " includes + 0 }'
}

# plant FILE LINE: a tree with one such file must be refused.
plant()
{
	rm -rf "$tmp/plant"
	mkdir -p "$tmp/plant/$(dirname "$1")"
	printf '%s\n' "$2" >"$tmp/plant/$1"
	scan "$tmp/plant" | grep -q "^$1:"
}

refused()
{
	tap_ok "refused: $2 in $1" plant "$1" "$2"
}

accepted()
{
	if plant "$1" "$2"; then
		tap_fail "accepted: $2 in $1"
	else
		tap_pass "accepted: $2 in $1"
	fi
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

refused module/x.c '#include "mdoc/codec/cose.h"'
refused module/x.c '#include <mdoc/mdoc.h>'
refused mdoc/verify/x.c '# include "module/state/state.h"'
refused vendor-ext/x.c '#include "module/state/state.h"'
refused vendor-ext/x.c '#include "mdoc/codec/cose.h"'
refused common/x.h '#include "vendor-ext/tbs.h"'
refused tools/x.c '#include "common/bytes.h"'
refused tools/x.c '#include "../common/bytes.h"'
refused mdoc/x.c '#include <cbor.h>'
refused vendor-ext/x.c '#include <cbor.h>'
refused mdoc/model/x.c '#include <openssl/evp.h>'
refused mdoc/codec/x.c '#include "mdoc/model/mso.h"'
refused mdoc/session/x.c '#include "mdoc/transport/tcp.h"'
refused elsewhere/x.c '#include <stdio.h>'
accepted common/cbor.c '#include <cbor.h>'
accepted common/cbor.c '#include <cbor/streaming.h>'
accepted mdoc/crypto/x.c '#include <openssl/evp.h>'
accepted mdoc/model/x.c '#include "mdoc/codec/cose.h"'
accepted module/x.c '#include "vendor-ext/agree.h"'
accepted tools/x.c '#include <mdoc/mdoc.h>'

scan "$abs_top_srcdir" >"$tmp/out"
includes=$(sed -n 's/^includes //p' "$tmp/out")
for room in common vendor-ext module mdoc tools doc/examples tests; do
	grep "^$room/" "$tmp/out" >"$tmp/bad"
	if [ -s "$tmp/bad" ]; then
		tap_fail "$room/ includes only what it may"
		tap_diag <"$tmp/bad"
	else
		tap_pass "$room/ includes only what it may"
	fi
done
grep -vE '^((common|vendor-ext|module|mdoc|tools|doc/examples|tests)/|includes )' \
    "$tmp/out" >"$tmp/bad"
if [ -s "$tmp/bad" ]; then
	tap_fail "no source file outside these folders"
	tap_diag <"$tmp/bad"
else
	tap_pass "no source file outside these folders"
fi
tap_ok "looked at $includes includes" test "$includes" -gt 10
tap_done
