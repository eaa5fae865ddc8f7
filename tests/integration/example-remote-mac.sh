#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# doc/examples/remote-mac: a device MAC through p11-kit-client.so and a real
# "p11-kit server" with p11-mdoc.so behind it, and the same without them.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
[ -z "${SANITIZER_PRELOAD-}" ] ||
    tap_skip_all "programs with libp11-kit do not end with libasan.so"
MODULE=${abs_top_builddir:?}/p11-mdoc.so
rig=$abs_top_srcdir/tests/rigs/p11-kit-client.sh
folder=$(mktemp -d) || tap_bail "no temporary folder"
stop()
{
	local status=$?

	[ -z "${RIG_DIR-}" ] || "$rig" stop "$RIG_DIR"
	rm -rf "$folder"
	exit "$status"
}
trap stop EXIT
cd "$folder" || tap_bail "no folder"
printf '[module]\ninfo = own\n' >p11-mdoc.conf
export P11_MDOC_CONF=$folder/p11-mdoc.conf
RIG_PROVIDER=$MODULE "$rig" start >env 2>log
case $? in
0) . ./env ;;
77) tap_skip_all "$(sed -n 's/^SKIP //p' log)" ;;
*) tap_diag <log; tap_bail "the rig does not start" ;;
esac

# The token is in another process, but a file all the same.
. "$abs_top_srcdir/tests/support/softhsm.sh"
SOFTHSM_MODULE=$(softhsm_find)
SOFTHSM_FOLDER=$folder
echo "$RIG_PIN" >pin

hex()
{
	od -An -v -tx1 "$1" | tr -d ' \n'
}

# take FILE AT: bytes from there on
take()
{
	tail -c +$(($2 + 1)) "$1"
}

# run MODULE ID
run()
{
	timeout 60 "$abs_top_builddir/doc/examples/remote-mac" "$1" pin "$2" \
	    transcript <structure >tag 2>err
}

# both NAME ID PATH: through the client and without it
both()
{
	run "$RIG_MODULE" "$2" || tap_diag <err
	tap_is "$(hex tag)" "$wanted" "$1: the tag, through p11-kit server"
	tap_is "$(cat err)" "path $3" "$1: the key path, through p11-kit server"
	run "$MODULE" "$2" || tap_diag <err
	tap_is "$(hex tag)" "$wanted" "$1: the tag, by the module itself"
}

# mac_structure <PAYLOAD of up to 64 KiB
mac_structure()
{
	local n

	cat >payload
	n=$(wc -c <payload)
	printf '84644d41433043a1010540' | softhsm_unhex
	if [ "$n" -lt 256 ]; then
		printf '58%02x' "$n"
	else
		printf '59%04x' "$n"
	fi | softhsm_unhex
	cat payload
}

v=$abs_top_srcdir/tests/vectors/device-mac
softhsm_import_p256 "$RIG_TOKEN" "$(tr -d ' \n' <"$v/device-key.hex")" 0d dev ||
    tap_bail "the key cannot be imported"
softhsm_unhex <"$v/transcript.hex" >transcript
softhsm_unhex <"$v/data.hex" | mac_structure >structure
wanted=$(tr -d ' \n' <"$v/tag.hex")
both "self-made vector" 0d C

# What it says when it cannot.
run "$RIG_MODULE" 0e
tap_is "$?" 1 "no such key: exit status"
tap_is "$(cat err)" "The key is missing or invalid" "no such key: why"
softhsm_import_p256 "$RIG_TOKEN" "$(tr -d ' \n' <"$v/reader-key.hex")" 0d two ||
    tap_bail "the key cannot be imported"
run "$RIG_MODULE" 0d
tap_is "$?" 1 "two keys of that CKA_ID: exit status"

annex=${P11_MDOC_VECTORS-}/annexD
if [ ! -r "$annex/KEYS.txt" ]; then
	tap_skip "ISO/IEC 18013-5 Annex D: P11_MDOC_VECTORS is not there"
	tap_done
fi
softhsm_import_p256 "$RIG_TOKEN" \
    "$(awk '/^SDeviceKey d/ { print $3 }' "$annex/KEYS.txt")" 0a annex ||
    tap_bail "Annex D's key cannot be imported"
softhsm_unhex <"$annex/session_transcript_bytes.hex" >transcript
softhsm_unhex <"$annex/device_authentication_bytes.hex" |
    mac_structure >structure
wanted=$(tr -d ' \n' <"$annex/device_auth.hex")
wanted=${wanted: -64}
both "ISO/IEC 18013-5 Annex D" 0a C
tap_done
