#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# P11_MDOC_TRACE: every call with names, and never a PIN, a key, a plaintext or
# a random number, in any form.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool is not here"
. "$abs_top_srcdir/tests/support/softhsm.sh"
softhsm_new t0
. "$abs_top_srcdir/tests/support/module.sh"
cd "$SOFTHSM_FOLDER" || exit 99
unset P11_MDOC_TRACE P11_MDOC_DEBUG

session=$abs_top_builddir/tests/integration/trace-session

# ---- nothing unless it is asked for
tap_is "$(module_run "$session" secrets "$MODULE" 2>&1)" "" \
    "silent without the variable"

# ---- a session with all that is secret
P11_MDOC_TRACE=$PWD/trace module_run "$session" secrets "$MODULE" >out 2>&1
tap_is "$?:$(cat out)" "0:" "the session works with a trace"
tap_is "$(stat -c %a trace)" 600 "the trace is the user's own"
tap_ok "a title says whose it is" grep -q '^# p11-mdoc .*, process [0-9]' trace
tap_is "$(grep -cvE '^(#|[0-9:.]{15} [0-9]+ C_[A-Za-z]+\(.*\) = CKR_[A-Z_]+.* <[0-9]+ us>$)' trace)" \
    0 "each line is a call: time, thread, arguments, result, microseconds"

calls()
{
	grep -c " C_$1(.*) = " trace
}

for call in Initialize:1 OpenSession:1 InitPIN:1 SetPIN:1 Login:2 Logout:1 \
    CreateObject:3 GetAttributeValue:2 SetAttributeValue:1 Encrypt:1 \
    Decrypt:1 Digest:1 DeriveKey:1 SeedRandom:1 Finalize:1; do
	tap_is "$(calls "${call%:*}")" "${call#*:}" \
	    "C_${call%:*} is there ${call#*:} times"
done

# shows NAME TEXT: a line has it
shows()
{
	if grep -qF -- "$2" trace; then
		tap_pass "$1"
	else
		tap_fail "$1"
		echo "wanted: $2" | tap_diag
	fi
}

for call in LoginUser SessionCancel MessageEncryptInit; do
	tap_is "$(calls $call)" 1 "C_$call of PKCS#11 3.0 is there"
done
shows "a user by neither PIN nor name" \
    'C_LoginUser(session=0x1, user=CKU_USER, pin=given, name=given)'
shows "flags by their names" 'flags=CKF_SERIAL_SESSION|CKF_RW_SESSION'
shows "who logs in, but not with what" 'user=CKU_SO, pin=given)'
shows "PINs are not even long" 'C_SetPIN(session=0x1, old=given, new=given)'
shows "classes and booleans" 'CKA_CLASS=CKO_SECRET_KEY'
shows "types" 'CKA_KEY_TYPE=CKK_AES'
shows "values by their length" 'CKA_VALUE=32 bytes'
shows "curves by their names" 'CKA_EC_PARAMS=P-256'
shows "labels, which cannot break out" \
    'CKA_LABEL="note (of \x22trace\x22\x29"'
shows "parameters" \
    'CKM_ECDH1_DERIVE {CKD_NULL, shared data 0 bytes, public data 65 bytes}'
shows "an IV by its length" 'CKM_AES_CBC_PAD {16 bytes}'
shows "handles that are given back" '= CKR_OK, session=0x1 <'

# No secret in hexadecimal, base64 or as it is.
tr 'A-F' 'a-f' <trace >lower
od -An -v -tx1 trace | tr -d ' \n' >bytes
found=0
while read -r hex; do
	base64=$(printf '%s' "$hex" | softhsm_unhex | base64 -w0)
	base64=${base64%%=*}
	# The last character has bits of what would follow.
	if grep -qF -- "$hex" lower bytes ||
	    grep -qF -- "${base64%?}" trace; then
		echo "in the trace: $hex" | tap_diag
		found=$((found + 1))
	fi
done <<<"$(awk 'length($0) > 8' secrets)"
tap_is "$found" 0 "none of $(awk 'length($0) > 8' secrets | wc -l) secrets is there"
# The short ones may be part of a number: as text they are in no argument.
tap_is "$(sed 's/^[^(]*//' trace | grep -cw "$SOFTHSM_PIN\|31323334")" 0 \
    "nor the PIN"

# ---- errors
P11_MDOC_TRACE=$PWD/wrong module_run pkcs11-tool --module "$MODULE" --login \
    --pin 99887766 -O >/dev/null 2>&1
tap_ok "an error has its name" \
    grep -q 'C_Login(.*pin=given) = CKR_PIN_INCORRECT' wrong
tap_is "$(grep -c 99887766 wrong)" 0 "a wrong PIN is not there either"

# ---- what mdoc is in the data
softhsm_import_p256 t0 "$(cat \
    "$abs_top_srcdir/tests/vectors/device-mac/device-key.hex")" 01 device
softhsm_unhex <"$abs_top_srcdir/tests/vectors/device-mac/data.hex" >data
P11_MDOC_TRACE=$PWD/mac module_run pkcs11-tool --module "$MODULE" --login \
    --pin "$SOFTHSM_PIN" --sign --id 01 -m 0xCD441002 -i data -o tag \
    >/dev/null 2>&1
tap_ok "the vendor mechanism has its name" \
    grep -q 'C_SignInit(.*mechanism=CKM_MDOC_DEVICE_MAC' mac
tap_ok "the data are named: docType, handover, curve, sizes" \
    grep -Eq 'C_Sign.*\(DeviceAuthentication, docType "org[^"]*", SessionTranscript [0-9]+ bytes, handover [^,]+, EReaderKey P-256\)' mac
tap_is "$(grep -cF "$(od -An -v -tx1 tag | tr -d ' \n')" mac)" 0 "the tag is not there"

# ---- where it goes
P11_MDOC_TRACE=stderr module_run pkcs11-tool --module "$MODULE" -L \
    >/dev/null 2>err
tap_ok "stderr" grep -q ' C_Initialize(' err
P11_MDOC_TRACE=fd:7 module_run pkcs11-tool --module "$MODULE" -L \
    >/dev/null 2>&1 7>seven
tap_ok "a descriptor" grep -q ' C_Initialize(' seven
P11_MDOC_TRACE=/nowhere/trace module_run pkcs11-tool --module "$MODULE" -L \
    >out 2>err
tap_is "$?:$(grep -c 'P11_MDOC_TRACE: /nowhere/trace' err)" 0:1 \
    "a file that cannot be: one line, and the program works"
P11_MDOC_TRACE=+$PWD/begin module_run pkcs11-tool --module "$MODULE" -L \
    >/dev/null 2>&1
tap_is "$(grep -c ' > C_Initialize(' begin):$(grep -c ' C_Initialize(.* = ' begin)" \
    1:1 "with + also where a call begins"
lines=$(wc -l <begin)
P11_MDOC_TRACE=+$PWD/begin module_run pkcs11-tool --module "$MODULE" -L \
    >/dev/null 2>&1
tap_ok "a second program adds to the file" \
    test "$(wc -l <begin)" -gt "$lines"

# ---- threads: lines do not mix
P11_MDOC_TRACE=$PWD/threads module_run pkcs11-tool --module "$MODULE" \
    --test-threads ILGISLT0 --test-threads ILGISLT0 --test-threads ILGISLT0 \
    -L >/dev/null 2>&1
tap_is "$(grep -cvE '^(#|[0-9:.]{15} [0-9]+ C_[A-Za-z]+\(.*\) = CKR_[A-Z_]+.* <[0-9]+ us>$)' threads)" \
    0 "lines of threads do not mix"
tap_ok "threads have their numbers" \
    test "$(awk '!/^#/ { print $2 }' threads | sort -u | wc -l)" -gt 1
tap_done
