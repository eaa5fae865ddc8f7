#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# PINs, keys and data elements are in no output that nobody asked for them, at
# the highest level of P11_MDOC_DEBUG, in errors and in JSON.
set -u
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
. "$abs_top_srcdir/tests/integration/cli-support.sh"
SOFTHSM_PIN=7492018365
cli_setup
openssl ecparam -name prime256v1 -genkey -noout -out key.pem 2>/dev/null ||
    tap_bail "no key"
# The private scalar in hex, and some of it.
scalar=$(openssl ec -in key.pem -noout -text 2>/dev/null |
    sed -n '/priv:/,/pub:/p' | tr -dc '0-9a-f:\n' | sed -n 2p | tr -d ':\n' |
    tail -c 24)
[ ${#scalar} -eq 24 ] || tap_bail "no scalar"

export P11_MDOC_DEBUG=3
{
	cli_people
	cli_issue
	"$p" key import --from key.pem "$(uri imported)" "${pin[@]}"
	cli_exchange --mode mac "$(uri mdl)" -- --get given_name \
	    --trust iaca.pem --response-out response.cbor \
	    --transcript-out transcript.cbor
	cat present.out
	grep -v ' given_name = ' read.out
	"$p" verify response.cbor --trust iaca.pem --transcript transcript.cbor |
	    grep -v ' given_name = '
	"$p" device-auth --key "$(uri device)" --mode mac --explain \
	    --transcript transcript.cbor --out auth.cbor "${pin[@]}"
} >log 2>&1
tap_ok "there is something to look at" grep -q C_Login log
tap_ok "the exchange was one" test "$read_status$present_status" = 00
nothing()
{
	if LC_ALL=C grep -anEi -- "$1" log >found; then
		tap_fail "$2"
		cat -v found | tap_diag
	else
		tap_pass "$2"
	fi
}
hex=$(printf %s "$SOFTHSM_PIN" | od -An -tx1 | tr -d '\n' | sed 's/^ //')
nothing "$SOFTHSM_PIN|$hex|${hex// /}" "no PIN"
nothing "$scalar|$(echo "$scalar" | sed 's/../& ?/g')" "no private key"
nothing 'Erika|Mustermann|1994-08-12' "no data element"

# A PIN in a URI: a warning, and never an echo.
with="?pin-value=$SOFTHSM_PIN"
wrong="?pin-value=74920183659"
: >log
while read -r -a words; do
	for debug in 0 3; do
		for json in '' --json; do
			P11_MDOC_DEBUG=$debug "$p" "${words[@]}" $json \
			    >>log 2>&1 </dev/null
		done
	done
done <<END
key show $(uri device)$with
key show $(uri device)$wrong
key show $(uri absent)$with
key show pkcs11:token=absent$with
key show pkcs11:token=t0$with
key show $(uri device)$with&nonsense
key generate $(uri device)$with
key generate $(uri second)$with
key list pkcs11:token=t0$with
key delete $(uri second)$with
key import --from key.pem $(uri third)$with
credential store --from mdl.cbor --device-key $(uri device)$with $(uri m)$with
credential show $(uri absent)$with
credential list pkcs11:token=t0$with
credential delete $(uri m)$with
cert show $(uri absent)$with
cert iaca --key $(uri iaca)$with --subject CN=X,C=UT --out new
issue person.json --ds-key $(uri ds)$with --ds-cert ds.pem --device-key $(uri device)$with --store $(uri n)$with
verify mdl.cbor --issuer-signed --trust $(uri absent)$with
present $(uri mdl)$with --listen nowhere
nonsense $with
key $with
key show --nonsense=$with
inspect $with
END
tap_ok "the warning is there" grep -q 'can be seen by others' log
nothing "$SOFTHSM_PIN" "no PIN of a URI"
tap_done
