#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# doc/examples/verify-response on self-made vectors.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"

example=${abs_top_builddir:?}/doc/examples/verify-response
vectors=$abs_top_srcdir/tests/vectors
at=1781524800 # 2026-06-15T12:00:00Z
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# response VECTOR: the hex of its message
response()
{
	sed '1,/^data:$/d' "$vectors/$1.txt" >"$tmp/response"
}

# verify [EREADER-KEY]: the response, with the anchors that all vectors share
verify()
{
	"$example" "$vectors/certs/iaca.pem" "$vectors/transcript.hex" \
	    "${1:--}" $at "$tmp/response"
}

response positive/signature
tap_exits 0 "a device signature" verify
tap_is "$(verify | tail -1)" trusted "the verdict is printed"
tap_is "$(verify | grep -c 'mso.digest ')" 7 "all digests are printed"
tap_is "$(verify | grep '^family_name')" "family_name: Mustermann" \
    "claims are printed"
response positive/mac
tap_exits 0 "a device MAC" verify "$vectors/keys/ereader.pem"
tap_exits 1 "a device MAC without the key" verify
tap_is "$(verify | tail -1)" untrusted "which is not a failure"
response negative/digest-value
tap_exits 1 "a value that was changed" verify
tap_is "$(verify | tail -1)" digest "the layer is printed"
tap_is "$(verify | grep -c '(wrong)')" 1 "and the element"
response negative/cbor-truncated
tap_exits 1 "a response that is cut off" verify
tap_exits 2 "no such file" "$example" "$tmp/none" "$tmp/none" - 0 "$tmp/none"
tap_ok "it is no longer than 100 lines" \
    test "$(wc -l <"$abs_top_srcdir/doc/examples/verify-response.c")" -le 100
tap_done
