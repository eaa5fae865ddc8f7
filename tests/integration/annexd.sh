#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# ISO/IEC 18013-5 Annex D through the program: what is published is shown,
# verifies, and comes out again of a token that holds the published device key.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
. "$abs_top_srcdir/tests/integration/cli-support.sh"

vectors=${P11_MDOC_VECTORS-}/annexD
[ -r "$vectors/KEYS.txt" ] || tap_skip_all "P11_MDOC_VECTORS has no annexD"
cli_setup

# published NAME: the number in KEYS.txt, in hex
published()
{
	awk -v name="$1" '$1 == name && $2 == "d" { print $3 }' \
	    "$vectors/KEYS.txt"
}

hex()
{
	tr -d ' \t\r\n' <"$vectors/$1.hex"
}

# key_pem NAME > private key in PEM, with its public key
key_pem()
{
	softhsm_p256_der "$(published "$1")" |
	    openssl ec -inform DER -conv_form uncompressed 2>/dev/null
}

# inspected FILE STATUS [TEXT]: TEXT is in what is shown of it
inspected()
{
	local status=0

	"$p" inspect "$vectors/$1.hex" >inspected 2>&1 || status=$?
	cut -c 1-200 inspected
	[ $status -eq "$2" ] && grep -qF -- "${3-}" inspected
}

transcript=$vectors/session_transcript_bytes.hex
for form in iaca_cert reader_root_cert; do
	hex $form | softhsm_unhex >$form.der
done
key_pem EReaderKey >ereader.pem
tap_ok "the EReaderKey is written" test -s ereader.pem
# Its COSE_Key is the second one in the transcript; the private number is added.
key=$(hex session_transcript_bytes |
    grep -oE 'a401022001215820[0-9a-f]{64}225820[0-9a-f]{64}' | sed -n 2p)
echo "a5${key#a4}235820$(published EReaderKey)" | softhsm_unhex >ereader.cose

# The response
response=(verify "$vectors/device_response.hex" --trust iaca_cert.der)
then=(--at 2020-10-02)
tap_ok "the response is trusted" "$p" "${response[@]}" "${then[@]}" \
    --transcript "$transcript" --ereader-key ereader.pem
report=$tap_out
for check in 'issuer.chain .*utopia ds, issued by utopia iaca' \
    'issuer.signature' 'mso.digest: 6 passed' 'device.mac'; do
	tap_ok "the report has: $check" grep -q "^ *ok *$check" <<<"$report"
done
# validUntil is 13 hours after the end of the certificate.
tap_ok "validUntil draws a warning" \
    grep -q 'warn mso.validity.*2021-10-01T13:30:02Z' <<<"$report"
tap_ok "the claims are shown" grep -q 'family_name = Doe' <<<"$report"
tap_ok "the EReaderKey may be a COSE_Key" "$p" "${response[@]}" "${then[@]}" \
    --transcript "$transcript" --ereader-key ereader.cose
hex session_transcript_bytes | sed 's/^d818590241//' >inner.hex
tap_ok "the transcript may be without its tag" "$p" "${response[@]}" \
    "${then[@]}" --transcript inner.hex --ereader-key ereader.pem
hex session_transcript_bytes | softhsm_unhex >transcript.cbor
tap_ok "and binary" "$p" "${response[@]}" "${then[@]}" \
    --transcript transcript.cbor --ereader-key ereader.pem
tap_ok "--json says trusted" sh -c \
    "'$p' ${response[*]} ${then[*]} --transcript transcript.cbor \
	--ereader-key ereader.pem --json | grep -q '\"result\":\"trusted\"'"
tap_exits 3 "without the EReaderKey the MAC is not checked" \
    "$p" "${response[@]}" "${then[@]}" --transcript "$transcript"
tap_exits 3 "without the transcript nothing of the device is" \
    "$p" "${response[@]}" "${then[@]}" --ereader-key ereader.pem
tap_exits 4 "years later it has expired" "$p" "${response[@]}" \
    --transcript "$transcript" --ereader-key ereader.pem --at 2026-11-21
tap_exits 3 "another root has not issued it" \
    "$p" verify "$vectors/device_response.hex" --trust reader_root_cert.der \
    "${then[@]}" --transcript "$transcript" --ereader-key ereader.pem
key_pem SDeviceKey >sdevice.pem
tap_exits 3 "another key than the EReaderKey is no good" \
    "$p" "${response[@]}" "${then[@]}" --transcript "$transcript" \
    --ereader-key sdevice.pem

# The request
request=(verify --request "$vectors/device_request.hex")
tap_ok "reader authentication holds" "$p" "${request[@]}" "${then[@]}" \
    --trust reader_root_cert.der --transcript "$transcript"
tap_exits 3 "but not for another root" "$p" "${request[@]}" "${then[@]}" \
    --trust iaca_cert.der --transcript "$transcript"
tap_exits 3 "and not without a transcript" "$p" "${request[@]}" "${then[@]}" \
    --trust reader_root_cert.der

# The device, whose key is in the token
tap_ok "SDeviceKey goes into the token" \
    "$p" key import --from sdevice.pem "$(uri sdevice)" "${pin[@]}"
tap_ok "the MAC is made there" "$p" device-auth --key "$(uri sdevice)" \
    --mode mac --transcript "$transcript" --out device-auth.cbor --explain \
    "${pin[@]}"
tap_ok "by path C" grep -q 'path C' <<<"$tap_out"
tap_is "$(od -An -v -tx1 device-auth.cbor | tr -d ' \n')" \
    "$(hex device_auth)" "it is the published one"
tap_ok "the published document is the key's" "$p" credential store \
    --from "$vectors/device_response.hex" --device-key "$(uri sdevice)" \
    "$(uri doe)" "${pin[@]}"
tap_ok "a signature by it is made, too" "$p" device-auth \
    --key "$(uri sdevice)" --mode signature --transcript "$transcript" \
    --out signature.cbor "${pin[@]}"

# All of it can be looked at. FILE, exit status, what is shown: the NFC messages
# are not CBOR.
inspections='
device_auth 0 deviceMac
device_authentication_bytes 0 DeviceAuthentication
device_engagement_qr 0 DeviceEngagement
device_mac_structure 0 MAC0
device_request 0 readerAuth
device_request_extended_2nd_ed 0 deviceRequestInfo
device_response 0 issuerAuth
driving_privileges 0 vehicle_category_code
iaca_cert 0 CN=utopia iaca
issuer_auth 0 validityInfo
issuer_auth_sig_structure 0 MobileSecurityObject
nfc_handover_request 1 defect
nfc_handover_select 1 defect
reader_auth 0 x5chain
reader_auth_sig_structure 0 ReaderAuthentication
reader_authentication_bytes 0 ReaderAuthentication
reader_root_cert 0 CN=reader root
session_data 0 SessionData
session_establishment 0 eReaderKey
session_termination 0 session termination
session_transcript_bytes 0 EReaderKey'
for file in "$vectors"/*.hex; do
	file=$(basename "$file" .hex)
	read -r status text < <(sed -n "s/^$file //p" <<<"$inspections")
	tap_ok "inspect: $file has ${text:-no expectation}" \
	    inspected "$file" "${status:-99}" "$text"
done
tap_done
