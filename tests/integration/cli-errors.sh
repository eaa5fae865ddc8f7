#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Wrong input: the documented exit status, a text that names what and where,
# and nothing that was stored is changed.
set -u
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
. "$abs_top_srcdir/tests/integration/cli-support.sh"
cli_setup
cli_people >/dev/null 2>&1 || tap_bail "no keys"
cli_issue >/dev/null 2>&1 || tap_bail "no mdoc"
key=$(uri device)
cli_exchange "$(uri mdl)" -- --get family_name --trust iaca.pem \
    --transcript-out transcript.cbor
[ $read_status -eq 0 ] || tap_bail "no transcript"

# says STATUS PATTERN NAME COMMAND...: exit status and standard error.
says()
{
	local want=$1 pattern=$2 name=$3 got=0

	shift 3
	"$@" >out 2>err </dev/null || got=$?
	if [ $got -eq "$want" ] &&
	    { [ -z "$pattern" ] || grep -qE -- "$pattern" err; } &&
	    ! grep -q "$SOFTHSM_PIN" err out; then
		tap_pass "$name"
	else
		tap_fail "$name"
		{
			echo "exit status $got, not $want; or not: $pattern"
			cat err
		} | tap_diag
	fi
}

before=$("$p" key list pkcs11:token=t0 "${pin[@]}" | sort)

# Usage
says 2 'usage' "no verb" "$p"
says 2 'no verb "nonsense"' "unknown verb" "$p" nonsense
says 2 'no verb' "unknown sub-verb" "$p" key nonsense
says 2 'unknown option --nonsense' "unknown option" "$p" verify --nonsense
says 2 'needs a value' "option without its value" "$p" verify --trust
says 2 'not a pkcs11: URI' "a file where a URI must be" \
    "$p" key generate file.pem
says 2 '--minimum-path' "a path that does not exist" \
    "$p" key show "$key" --minimum-path Q "${pin[@]}"
says 2 'not a time' "a time that does not exist" \
    "$p" verify mdl.cbor --at 2026-02-30
says 2 'duration' "a duration without unit" "$p" issue person.json \
    --ds-key "$(uri ds)" --ds-cert ds.pem --device-key "$key" --valid 30
says 2 'either --listen or --connect' "neither side of a connection" \
    "$p" read --get family_name --trust iaca.pem

# Files
says 1 'absent.cbor: No such file' "a file that is not there" \
    "$p" verify absent.cbor
: >empty
says 1 'empty' "an empty response" "$p" verify empty --trust iaca.pem
head -c 500 mdl.cbor >cut.cbor
says 3 '' "a truncated document" "$p" verify --issuer-signed cut.cbor \
    --trust iaca.pem
tap_ok "its report names layer and offset" grep -qE 'FAIL.*offset 0x' out
says 1 'defect' "inspect shows a truncated document up to the end" \
    "$p" inspect cut.cbor
tap_ok "and what is in front of it" grep -q nameSpaces out
says 1 'standard output|No such file|No space' "output that cannot be written" \
    "$p" credential show "$(uri mdl)" --out /nonexistent/x "${pin[@]}"

# JSON
printf '{"docType": "org.iso.18013.5.1.mDL",\n "namespaces": {\n' >cut.json
says 1 'line 3|line 2' "JSON that ends too early" "$p" issue cut.json \
    --ds-key "$(uri ds)" --ds-cert ds.pem --device-key "$key" "${pin[@]}"
sed 's/"1994-08-12"/"1994-13-12"/' person.json >date.json
says 1 'birth_date' "a date that does not exist" "$p" issue date.json \
    --ds-key "$(uri ds)" --ds-cert ds.pem --device-key "$key" "${pin[@]}"
sed 's/portrait.jpg/absent.jpg/' person.json >portrait.json
says 1 'absent.jpg' "a portrait that is not there" "$p" issue portrait.json \
    --ds-key "$(uri ds)" --ds-cert ds.pem --device-key "$key" "${pin[@]}"

# Tokens, keys, PINs
says 5 't0' "a token that is not there: the others are listed" \
    "$p" key show 'pkcs11:token=absent;object=device' "${pin[@]}"
says 5 'device' "a key that is not there: the others are listed" \
    "$p" key show "$(uri absent)" "${pin[@]}"
says 1 'device' "a label that is taken" "$p" key generate "$key" "${pin[@]}"
echo 9999 >wrong-pin
says 5 'PIN' "a wrong PIN" "$p" key show "$key" --pin-source file:wrong-pin
says 5 'absent-pin' "a PIN file that is not there" \
    "$p" key show "$key" --pin-source file:absent-pin
says 5 'pin-source' "no PIN and no terminal" setsid "$p" key show "$key"
says 0 'can be seen by others' "a PIN in the URI works, with a warning" \
    env -u X "$p" key list "pkcs11:token=t0?pin-value=$SOFTHSM_PIN"
says 2 'nonsense' "a URI that is none" "$p" key show 'pkcs11:nonsense' \
    "${pin[@]}"
says 5 'absent.so' "a module that is not there" \
    "$p" token list --module ./absent.so
says 6 'path|minimum' "a path that the token does not have" \
    "$p" device-auth --key "$key" --mode mac --minimum-path A \
    --transcript transcript.cbor "${pin[@]}"

# Configuration
printf '[module]\ninfo = own\nnonsense = 1\n' >p11-mdoc.conf
says 5 'p11-mdoc.conf|nonsense|CKR_' "an unknown key in p11-mdoc.conf" \
    "$p" token list
printf '[module]\ninfo = own\n' >p11-mdoc.conf

# Certificates and trust
says 3 'keyCertSign|issuer|CA' "a document signer signed by a reader's key" \
    "$p" cert ds --key "$(uri ds)" --issuer-key "$(uri reader)" \
    --issuer-cert reader.pem --subject 'CN=X,C=UT' --out x.pem "${pin[@]}"
says 3 'UT|country' "another country than the IACA's" \
    "$p" cert ds --key "$(uri ds)" --issuer-key "$(uri iaca)" \
    --issuer-cert iaca.pem --subject 'CN=X,C=XX' --out x.pem "${pin[@]}"
says 3 '457|days|long' "a document signer that lives too long" \
    "$p" cert ds --key "$(uri ds)" --issuer-key "$(uri iaca)" \
    --issuer-cert iaca.pem --subject 'CN=X,C=UT' --days 458 --out x.pem \
    "${pin[@]}"
tap_ok "no certificate was written" test ! -e x.pem
echo nonsense >nonsense.pem
says 3 'nonsense.pem' "a trust anchor that is none" \
    "$p" verify mdl.cbor --issuer-signed --trust nonsense.pem

# Peers
"$abs_top_builddir/tests/integration/hostile-peer" refuse >port &
refusing=$!
for _ in $(seq 100); do
	[ -s port ] && break
	sleep 0.05
done
says 7 'refused|connect' "nobody listens" "$p" read --get family_name \
    --connect "tcp:127.0.0.1:$(cat port)" --timeout 1 --trust iaca.pem
kill $refusing
says 2 'tcp:' "an address that is none" "$p" read --get family_name \
    --connect nonsense --trust iaca.pem

after=$("$p" key list pkcs11:token=t0 "${pin[@]}" | sort)
tap_is "$after" "$before" "nothing in the token has changed"
tap_ok "the credential is still what it was" sh -c \
    "'$p' credential show '$(uri mdl)' --pin-source file:pin | cmp - mdl.cbor"
tap_done
