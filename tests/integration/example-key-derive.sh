#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# doc/examples/key-derive with published keys in SoftHSMv2.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
v=$abs_top_srcdir/tests/vectors/device-mac
softhsm_new t0
softhsm_import_p256 t0 "$(tr -d ' \n' <"$v/device-key.hex")" 01 dev ||
    tap_bail "the key could not be imported"
cd "$SOFTHSM_FOLDER" || tap_bail "no folder"
printf '[module]\ninfo = own\n' >p11-mdoc.conf
export P11_MDOC_CONF=$SOFTHSM_FOLDER/p11-mdoc.conf
echo "$SOFTHSM_PIN" >pin
softhsm_unhex <"$v/transcript.hex" >transcript
softhsm_unhex <"$v/message.hex" >message

run()
{
	"$abs_top_builddir/doc/examples/key-derive" \
	    "$abs_top_builddir/p11-mdoc.so" "$@"
}

run pin dev transcript <message >plain 2>err
tap_is $? 0 "the example runs"
tap_is "$(cat plain)" hello "the reader's message is open"
tap_is "$(cat err)" "path C" "it says the key path"
head -c 8 transcript >short
tap_exits 1 "half of a transcript is an error" run pin dev short <message
head -c 20 message >cut
tap_exits 1 "so is half of a message" run pin dev transcript <cut
tap_exits 1 "so is an absent key" run pin absent transcript <message
tap_exits 2 "so is a wrong call" run
printf '[module]\nminimum-path = B\n' >p11-mdoc.conf
tap_exits 1 "minimum-path forbids" run pin dev transcript <message

annex=${P11_MDOC_VECTORS-}/annexD
if [ ! -r "$annex/KEYS.txt" ]; then
	tap_skip "ISO/IEC 18013-5 Annex D: P11_MDOC_VECTORS is not there"
	tap_done
fi
printf '[module]\ninfo = own\n' >p11-mdoc.conf
softhsm_import_p256 t0 "$(awk '/^EDeviceKey d/ { print $3 }' \
    "$annex/KEYS.txt")" 02 annex || tap_bail "Annex D's key cannot be imported"
softhsm_unhex <"$annex/session_transcript_bytes.hex" >transcript
# SessionEstablishment: { "eReaderKey": ..., "data": bstr }, "data" the last
establishment=$(tr -d ' \n' <"$annex/session_establishment.hex")
data=${establishment#*6464617461}
case $data in
58*) data=${data:4} ;;
59*) data=${data:6} ;;
esac
printf '%s' "$data" | softhsm_unhex >message
run pin annex transcript <message >plain 2>err
tap_is "$(od -An -v -tx1 plain | tr -d ' \n')" \
    "$(tr -d ' \n' <"$annex/device_request.hex")" \
    "ISO/IEC 18013-5 Annex D: the message is the published DeviceRequest"
tap_done
