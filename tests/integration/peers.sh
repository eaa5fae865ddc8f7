#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Foreign peers: the npm packages @auth0/mdl and @animo-id/mdoc. Whoever issues,
# whoever presents and whoever verifies, by signature and by MAC: everything
# right is accepted by everybody, and one wrong bit by nobody. Our document
# signer's and our device key are in a SoftHSMv2 token behind p11-mdoc.so.
#
# The packages are installed into a temporary folder, in the versions of
# peers/package-lock.json, without running their scripts and without the native
# helper that they can do without.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
. "$abs_top_srcdir/tests/integration/cli-support.sh"

# Seconds for the installation; about 3 once npm has the packages in its cache.
install_time=90

command -v npm >/dev/null || tap_skip_all "npm is not here"
command -v node >/dev/null || tap_skip_all "node is not here"
node -e 'process.exit(process.versions.node.split(".")[0] >= 18 ? 0 : 1)' ||
    tap_skip_all "node $(node --version) is older than 18"

cli_setup
mkdir peers auth0 animo ours other
cp "$abs_top_srcdir"/tests/integration/peers/*.mjs \
    "$abs_top_srcdir"/tests/integration/peers/package*.json peers/
chmod u+w peers/*
(cd peers && timeout "$install_time" npm install --ignore-scripts \
    --omit=optional --prefer-offline --no-audit --no-fund --fetch-retries=1 \
    --fetch-retry-mintimeout=1000 --fetch-timeout=20000) >npm.out 2>&1 || {
	tap_diag <npm.out
	! grep -q 'code ENOTCACHED' npm.out ||
	    tap_skip_all "npm is offline and has not got the peers"
	timeout 30 npm ping --fetch-retries=0 >/dev/null 2>&1 ||
	    tap_skip_all "npm does not reach its registry"
	tap_bail "npm does not install the peers"
}

modes="mac signature"
all="ours auth0 animo"
# As in peers/common.mjs.
elements="family_name birth_date portrait driving_privileges
	portrait_capture_date issuing_country age_over_18"

peer()
{
	local name=$1

	shift
	node "peers/peer-$name.mjs" "$@"
}

# What surrounds the presentation is foreign, too; "other" is another session.
tap_ok "a transcript and an EReaderKey are made" \
    node peers/reader.mjs transcript --out .
tap_ok "another transcript is made" node peers/reader.mjs transcript --out other
openssl pkey -in ereader.pem -pubout -out ereader-pub.pem
get=()
for element in $elements; do
	get+=(--get "$element")
done
tap_ok "a request is made" "$p" request "${get[@]}" --out request.cbor

# One device key in the token for us, one in a file for the peers, who cannot
# do better; every issuer issues for both.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
    -out file.pem 2>/dev/null
openssl pkey -in file.pem -pubout -out file-pub.pem
tap_ok "keys and certificates are made in the token" cli_people
"$p" key show "$(uri device)" --format pem "${pin[@]}" >token-pub.pem ||
    tap_bail "no device key"
cp "$abs_top_srcdir/conf/demo/person.json" \
    "$abs_top_srcdir/conf/demo/portrait.jpg" .
for holder in token file; do
	mkdir ours/$holder auth0/$holder animo/$holder
	tap_ok "we issue for the key in the $holder" \
	    "$p" issue person.json --ds-key "$(uri ds)" --ds-cert ds.pem \
	    --device-key $holder-pub.pem --out ours/$holder/mdl.cbor "${pin[@]}"
	cp iaca.pem ours/$holder/
	for issuer in auth0 animo; do
		tap_ok "$issuer issues for the key in the $holder" \
		    peer $issuer issue --device-key $holder-pub.pem \
		    --portrait portrait.jpg --out $issuer/$holder
	done
done
trust=()
for issuer in $all; do
	trust+=(--trust "$issuer/token/iaca.pem" --trust "$issuer/file/iaca.pem")
	tap_ok "what $issuer issued verifies" "$p" verify --issuer-signed \
	    "$issuer/token/mdl.cbor" --trust "$issuer/token/iaca.pem"
	tap_ok "and goes into the token" "$p" credential store \
	    --from $issuer/token/mdl.cbor --device-key "$(uri device)" \
	    "$(uri $issuer)" "${pin[@]}"
done
for issuer in auth0 animo; do
	tap_ok "the certificates of $issuer keep the profile" sh -c \
	    "'$p' cert check --profile iaca $issuer/token/iaca.pem &&
	    '$p' cert check --profile ds --issuer $issuer/token/iaca.pem \
		$issuer/token/ds.pem"
	tap_ok "the wrapped form of $issuer is taken, too" \
	    "$p" credential store --from $issuer/token/mdoc.cbor \
	    --device-key "$(uri device)" "$(uri $issuer-wrapped)" "${pin[@]}"
done

# present ISSUER HOLDER MODE: ISSUER-HOLDER-MODE.cbor
present()
{
	local out=$1-$2-$3.cbor path=S

	if [ "$2" != ours ]; then
		peer "$2" present --issued "$1/file/mdl.cbor" \
		    --device-key file.pem --ereader-key ereader-pub.pem \
		    --transcript transcript-bytes.cbor --mode "$3" \
		    --request request.cbor --out "$out"
		return
	fi
	[ "$3" = signature ] || path=C
	"$abs_top_builddir/tests/integration/peer-respond" \
	    "$abs_top_builddir/p11-mdoc.so" \
	    "$(uri "$1")?pin-source=file:pin" request.cbor transcript.cbor \
	    "$3" "$out" >path && [ "$(cat path)" = $path ]
}

responses=()
for issuer in $all; do
	for holder in $all; do
		for mode in $modes; do
			tap_ok "$issuer issued, $holder presents ($mode)" \
			    present $issuer $holder $mode
			responses+=("$issuer-$holder-$mode.cbor")
		done
	done
done

session=(--transcript transcript.cbor --ereader-key ereader.pem)
for response in "${responses[@]}"; do
	tap_ok "ours accepts $response" \
	    "$p" verify "$response" "${session[@]}" "${trust[@]}"
	for element in $elements; do
		grep -q "$element = " <<<"$tap_out" ||
		    tap_fail "$response: $element is not in the claims"
	done
done
tap_ok "SessionTranscriptBytes do as well" "$p" verify animo-animo-mac.cbor \
    --transcript transcript-bytes.cbor --ereader-key ereader.pem "${trust[@]}"

# The unprotected {4: undefined} of @auth0/mdl.
for mode in $modes; do
	tap_ok "an odd unprotected header of auth0 is a warning ($mode)" sh -c \
	    "'$p' verify auth0-auth0-$mode.cbor ${session[*]} ${trust[*]} |
		grep -qi 'warn.*unprotected header'"
	tap_exits 3 "which --strict does not let pass ($mode)" \
	    "$p" verify auth0-auth0-$mode.cbor --strict \
	    "${session[@]}" "${trust[@]}"
	tap_ok "animo has nothing that --strict minds ($mode)" \
	    "$p" verify animo-animo-$mode.cbor --strict \
	    "${session[@]}" "${trust[@]}"
	tap_ok "neither have we ($mode)" \
	    "$p" verify ours-ours-$mode.cbor --strict \
	    "${session[@]}" "${trust[@]}"
done

# judged VERIFIER TRANSCRIPT FILE...: lines "FILE accepted|rejected: why"
judged()
{
	local verifier=$1 transcript=$2

	shift 2
	peer "$verifier" verify --ereader-key ereader.pem "${trust[@]}" \
	    --transcript "$transcript" "$@" >judged 2>&1
}

# says VERDICT VERIFIER FILE
says()
{
	local line

	line=$(grep -F "$3 " judged)
	if [[ $line == "$3 $1"* ]]; then
		tap_pass "$2: $3 is $1"
	else
		tap_fail "$2: $3 is $1"
		echo "$line" | tap_diag
	fi
}

# The response of a whole session, over TCP, in which nothing is foreign.
cli_exchange --mode signature "$(uri ours)" -- "${get[@]}" \
    --trust ours/token/iaca.pem --response-out tcp.cbor \
    --transcript-out tcp.transcript
tap_is "$present_status $read_status" "0 0" "a session over TCP"

tampered=()
for holder in $all; do
	for mode in $modes; do
		response=$holder-$holder-$mode.cbor
		tap_ok "one bit of $response is changed, three times" \
		    node peers/reader.mjs tamper $response
		tampered+=("$response.item" "$response.issuer" "$response.device")
	done
done

for verifier in auth0 animo; do
	judged $verifier transcript-bytes.cbor "${responses[@]}" \
	    "${tampered[@]}"
	for response in "${responses[@]}"; do
		says accepted $verifier "$response"
	done
	for response in "${tampered[@]}"; do
		says rejected $verifier "$response"
	done
	judged $verifier tcp.transcript tcp.cbor
	says accepted $verifier tcp.cbor
	judged $verifier other/transcript-bytes.cbor ours-ours-mac.cbor \
	    ours-ours-signature.cbor
	says rejected $verifier ours-ours-mac.cbor
	says rejected $verifier ours-ours-signature.cbor
done

# rejects LAYER FILE OPTION...: exit status 3 and that layer
rejects()
{
	local layer=$1 status=0

	shift
	"$p" verify "$@" --json >report || status=$?
	cut -c 1-200 report
	[ $status -eq 3 ] && grep -q "\"result\": *\"$layer\"" report
}

for response in "${tampered[@]}"; do
	case $response in
	*.item) layer=digest ;;
	*.issuer) layer=issuer-sig ;;
	*) layer=device-auth ;;
	esac
	tap_ok "ours: $response is rejected ($layer)" \
	    rejects $layer "$response" "${session[@]}" "${trust[@]}"
done
for issuer in auth0 animo; do
	for mode in $modes; do
		response=$issuer-$issuer-$mode.cbor
		tap_ok "ours: $response in another session is rejected" \
		    rejects device-auth $response "${trust[@]}" \
		    --transcript other/transcript.cbor \
		    --ereader-key other/ereader.pem
		tap_ok "ours: $response from an unknown issuer is rejected" \
		    rejects issuer-sig $response --trust iaca.pem \
		    "${session[@]}"
	done
done
tap_done
