#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Eleven credentials of another project, of nine document types, with their
# device keys: each key and each credential goes into a SoftHSMv2 token, is
# presented by signature and by MAC, and verified. Their dates have fractional
# seconds, which 18013-5 forbids: a warning, and a failure with --strict.
#
# Nobody publishes the root, so the certificate that signed the credential is
# the trust anchor.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
. "$abs_top_srcdir/tests/integration/cli-support.sh"

vectors=${P11_MDOC_VECTORS-}/cmwallet/issuersigned_with_device_keys.json
[ -r "$vectors" ] || tap_skip_all "P11_MDOC_VECTORS has no cmwallet"
cli_setup

# Members stand on lines of their own.
member()
{
	sed -n "s/^ *\"$1\": \"\([^\"]*\)\".*/\1/p" "$vectors"
}

# base64url without padding
decode()
{
	local text

	text=$(tr -- '-_' '+/')
	while [ $((${#text} % 4)) -ne 0 ]; do
		text+="="
	done
	base64 -d <<<"$text"
}

# signer FILE: the certificate in header 33 of issuerAuth, in DER
signer()
{
	local hex

	hex=$(od -An -v -tx1 "$1" | tr -d ' \n')
	[[ $hex =~ 182159([0-9a-f]{4})(3082[0-9a-f]*) ]] || return
	softhsm_unhex <<<"${BASH_REMATCH[2]:0:$((16#${BASH_REMATCH[1]} * 2))}"
}

# Their certificates end in May 2028.
at=(--at 2026-11-21)
mapfile -t names < <(member id)
mapfile -t types < <(member docType)
mapfile -t documents < <(member issuerSignedB64url)
mapfile -t keys < <(member privateKey)
tap_ok "another root is made" sh -c \
    "'$p' key generate '$(uri iaca)' --pin-source file:pin &&
    '$p' cert iaca --key '$(uri iaca)' --subject 'CN=Other IACA,C=US' \
	--issuer-alt-url https://us.example --out iaca.pem \
	--pin-source file:pin"
tap_is "${#names[@]} ${#types[@]} ${#documents[@]} ${#keys[@]}" "11 11 11 11" \
    "eleven credentials with their keys are there"

# import NAME: NAME.p8, NAME.cbor into the token
import()
{
	"$p" key import --from "$1.p8" "$(uri "$1")" "${pin[@]}" &&
	    "$p" credential store --from "$1.cbor" \
		--device-key "$(uri "$1")" "$(uri "$1")" "${pin[@]}"
}

# elements REPORT: lines "NAMESPACE:ELEMENT" of a report of verify
elements()
{
	awk '/^claims of / { space = $3 }
	    space != "" && /^  [^ ]+ = / { print space ":" $1 }' "$1"
}

# report STATUS READER-OPTION...: present.out and read.out are of the last run
report()
{
	local want=$1

	shift
	cli_exchange --mode "$mode" "$(uri "$name")" -- --doctype "$type" \
	    "${get[@]}" "${trust[@]}" "${at[@]}" "$@"
	[ "$read_status" -eq "$want" ] && return
	cat present.out read.out
	return 1
}

for ((i = 0; i < ${#names[@]}; i++)); do
	name=${names[i]}
	type=${types[i]}
	decode <<<"${documents[i]}" >"$name.cbor"
	decode <<<"${keys[i]}" >"$name.p8"
	signer "$name.cbor" >"$name.der"
	trust=(--trust "$name.der")

	tap_ok "$name: what the issuer signed verifies" "$p" verify \
	    --issuer-signed "$name.cbor" "${trust[@]}" "${at[@]}"
	echo "$tap_out" >issued.out
	mapfile -t wanted < <(elements issued.out)
	get=()
	for element in "${wanted[@]}"; do
		get+=(--get "$element")
	done
	tap_ok "$name: key and credential go into the token" import "$name"

	for mode in signature mac; do
		tap_ok "$name: the reader trusts the response ($mode)" \
		    report 0 --response-out $mode.cbor \
		    --transcript-out $mode.transcript
		tap_is "$(elements read.out)" "$(elements issued.out)" \
		    "$name: every element was given ($mode)"
		tap_ok "$name: the dates are a warning ($mode)" \
		    grep -q 'warn mso.date-form.*fractional seconds' read.out
		tap_ok "$name: the document was authenticated ($mode)" \
		    grep -q "ok .*device\.$mode" read.out
		path=S
		[ $mode = signature ] || path=C
		tap_ok "$name: the key stayed in the token ($mode)" \
		    grep -q "device-auth .*path $path" present.out
		tap_ok "$name: --strict does not trust it ($mode)" \
		    report 3 --strict
		tap_ok "$name: because of the dates ($mode)" \
		    grep -q 'FAIL mso.date-form.*fractional seconds' read.out
	done

	tap_ok "$name: the stored response verifies" \
	    "$p" verify signature.cbor "${trust[@]}" "${at[@]}" \
	    --transcript signature.transcript
	tap_exits 3 "$name: but not with --strict" "$p" verify signature.cbor \
	    "${trust[@]}" "${at[@]}" --transcript signature.transcript --strict
	tap_exits 3 "$name: nor for another root" "$p" verify signature.cbor \
	    --trust iaca.pem "${at[@]}" --transcript signature.transcript
done
tap_is "$("$p" credential list pkcs11:token=t0 "${pin[@]}" | wc -l)" 11 \
    "the token lists eleven credentials"
tap_done
