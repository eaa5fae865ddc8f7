#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The device MAC and the device signature out of a token, asked for by a stock
# pkcs11-tool: no parameter, everything is in DeviceAuthenticationBytes.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool is not here"
softhsm_new t0
. "$abs_top_srcdir/tests/support/module.sh"
cd "$SOFTHSM_FOLDER" || exit 99

hex()
{
	od -An -v -tx1 "$1" | tr -d ' \n'
}

# run MECHANISM ID IN OUT
run()
{
	module_run pkcs11-tool --module "$MODULE" --token-label t0 --login \
	    --pin "$SOFTHSM_PIN" --sign -m "$1" --id "$2" -i "$3" -o "$4" \
	    >out 2>&1 || {
		cat out
		return 1
	}
}

own=$abs_top_srcdir/tests/vectors/device-mac
value()
{
	cat "$own/$1.hex"
}

softhsm_import_p256 t0 "$(value device-key)" 01 ||
    tap_bail "the device key cannot be imported"
value data | softhsm_unhex >own.bin
tap_ok "self-made vector: MAC" run 0xCD441002 01 own.bin own.tag
tap_is "$(hex own.tag)" "$(value tag)" "self-made vector: tag"

# The signature is over Sig_structure, which is put together here by hand:
# 84 "Signature1" protected {1: -7}, no external data, payload.
tap_ok "self-made vector: signature" run 0xCD441001 01 own.bin own.sig
tap_is "$(wc -c <own.sig | tr -d ' ')" 64 "r and s, 32 bytes each"
{
	printf '846a5369676e61747572653143a1012640' | softhsm_unhex
	n=$(wc -c <own.bin)
	if [ "$n" -lt 256 ]; then
		printf '58%02x' "$n"
	else
		printf '59%04x' "$n"
	fi | softhsm_unhex
	cat own.bin
} >sig_structure
softhsm_p256_der "$(value device-key)" >key.der
openssl pkey -inform DER -in key.der -pubout -out pub.pem 2>/dev/null ||
    openssl ec -inform DER -in key.der -pubout -out pub.pem 2>/dev/null
# r || s as DER: a leading 0 where the top bit is set
integer()
{
	local h=${1#"${1%%[!0]*}"}

	[ $((${#h} % 2)) -eq 0 ] || h=0$h
	case $h in
	[89a-f]*) h=00$h ;;
	esac
	printf '02%02x%s' $((${#h} / 2)) "$h"
}
rs=$(hex own.sig)
body=$(integer "${rs:0:64}")$(integer "${rs:64}")
printf '30%02x%s' $((${#body} / 2)) "$body" | softhsm_unhex >own.der
tap_ok "openssl verifies it" openssl dgst -sha256 -verify pub.pem \
    -signature own.der sig_structure

head -c 50 own.bin >short.bin
tap_exits 1 "data that is cut off is refused" run 0xCD441002 01 short.bin x
tap_exits 1 "data that is something else is refused" \
    run 0xCD441002 01 key.der x
tap_exits 1 "the reader's mechanism refuses a device's data" \
    run 0xCD441003 01 own.bin x

# The strength of the path is a matter of policy.
module_configure '[module]' 'minimum-path = B' '[device softhsm]' \
    "module = $SOFTHSM_MODULE"
tap_exits 1 "minimum-path = B: SoftHSMv2 cannot" run 0xCD441002 01 own.bin x
module_configure '[module]' 'minimum-path = C' '[device softhsm]' \
    "module = $SOFTHSM_MODULE"
tap_ok "minimum-path = C: it can" run 0xCD441002 01 own.bin x
module_configure

vectors=${P11_MDOC_VECTORS-}/annexD
if [ ! -r "$vectors/KEYS.txt" ]; then
	tap_skip "ISO/IEC 18013-5 Annex D: P11_MDOC_VECTORS is not there"
	tap_done
fi
softhsm_import_p256 t0 "$(awk '/^SDeviceKey d/ { print $3 }' \
    "$vectors/KEYS.txt")" 02 || tap_bail "Annex D's key cannot be imported"
softhsm_unhex <"$vectors/device_authentication_bytes.hex" >annex.bin
tap_ok "ISO/IEC 18013-5 Annex D: MAC" run 0xCD441002 02 annex.bin annex.tag
# DeviceMac [protected, {}, nil, tag], the tag last
wanted=$(tr -d ' \n' <"$vectors/device_auth.hex")
tap_is "$(hex annex.tag)" "${wanted: -64}" "ISO/IEC 18013-5 Annex D: tag"
tap_done
