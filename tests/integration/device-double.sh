#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A device that answers wrongly, late, with lengths that are not so, or not at
# all: one fault in one of its functions at a time. Whatever it does, nothing
# crashes and nothing hangs but the call that hangs; what is said to work has
# been checked by OpenSSL (device-works.c).
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/integration/device-support.sh"
device_rig double
tokens=$(dirname "$SOFTHSM2_CONF")/tokens
cp -r "$tokens" "$RIG_DIR/tokens"

# works: device-works on a fresh token; its exit status
works()
{
	rm -rf "$tokens"
	cp -r "$RIG_DIR/tokens" "$tokens"
	timeout 20 "$abs_top_builddir/tests/integration/device-works" \
	    "$MODULE" "$RIG_TOKEN" "$RIG_PIN" >"$RIG_DIR/out" \
	    2>"$RIG_DIR/errors"
}

# is_tame LINE: with this order, the program ends by itself
is_tame()
{
	local status=0

	printf '%s\n' "$1" >"$P11_DOUBLE_CONTROL"
	works || status=$?
	[ $status -le 1 ] || {
		echo "$1: exit status $status"
		tail -n 1 "$RIG_DIR/out"
		cat "$RIG_DIR/errors"
		return 1
	}
}

are_tame()
{
	local fault status=0

	for fault in 'answer 0x5' 'answer 0x30' 'answer 0x190' 'odd 1' \
	    'odd -1' 'odd 1000000' wrong; do
		is_tame "$1 $fault" || status=1
	done
	return $status
}

: >"$P11_DOUBLE_CONTROL"
works
whole=$(cat "$RIG_DIR/out")
tap_ok "without a fault it works" grep -q '^device MAC	yes' "$RIG_DIR/out"
for function in GetSlotList GetTokenInfo GetMechanismList GetMechanismInfo \
    OpenSession CloseSession GetSessionInfo Login Logout CreateObject \
    DestroyObject GetAttributeValue FindObjectsInit FindObjects \
    FindObjectsFinal DigestInit Digest DigestUpdate DigestKey DigestFinal \
    SignInit Sign SignUpdate SignFinal VerifyInit Verify DeriveKey \
    GenerateKeyPair GenerateRandom Initialize Finalize; do
	tap_ok "faults in C_$function" are_tame "C_$function"
done

# says LINE NAME ANSWER: what an order makes of a capability
says()
{
	printf '%s\n' "$1" >"$P11_DOUBLE_CONTROL"
	works
	tap_is "$(awk -F '\t' -v n="$2" '$1 == n { print $2 }' \
	    "$RIG_DIR/out")" "$3" "$1: $2: $3"
}

# Nothing is made of what the device says: its code is the answer.
says 'C_Sign answer 0x30' ECDSA CKR_DEVICE_ERROR
says 'C_Sign answer 0x30' 'device signature' CKR_DEVICE_ERROR
says 'C_SignInit answer 0x32' 'device signature' CKR_DEVICE_REMOVED
says 'C_DeriveKey answer 0x30' 'device MAC' CKR_DEVICE_ERROR
says 'C_OpenSession answer 0xb1' session CKR_SESSION_COUNT
says 'C_Login answer 0xa4' login CKR_PIN_LOCKED
# Lengths that cannot be are not believed.
says 'C_Sign odd -1' 'device signature' CKR_DEVICE_ERROR
says 'C_Sign odd 1000000' 'device signature' CKR_DEVICE_ERROR
# A path of keys that the device spoils is left for the next one.
says 'C_DigestKey answer 0x67' 'key path' D
says 'C_DigestKey answer 0x67' 'device MAC' yes

echo '* slow 5' >"$P11_DOUBLE_CONTROL"
works
tap_is "$(cat "$RIG_DIR/out")" "$whole" "a slow device does all of it"
echo 'C_Sign hang' >"$P11_DOUBLE_CONTROL"
status=0
timeout 3 "$abs_top_builddir/tests/integration/device-works" "$MODULE" \
    "$RIG_TOKEN" "$RIG_PIN" >"$RIG_DIR/out" 2>&1 || status=$?
tap_is "$status" 124 "a call that hangs hangs, as with the device itself"
echo 'C_Sign crash' >"$P11_DOUBLE_CONTROL"
status=0
(works) 2>/dev/null || status=$?
wanted=139
# AddressSanitizer catches the signal.
[ -z "${SANITIZER_PRELOAD-}" ] || wanted=1
tap_is "$status" "$wanted" "a device that crashes is in the same process"
tap_done
