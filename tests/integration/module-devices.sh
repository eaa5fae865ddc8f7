#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# SoftHSMv2 and a database of NSS softokn behind one p11-mdoc.so, as stock
# programs meet them.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool is not here"
softhsm_new t0
. "$abs_top_srcdir/tests/support/module.sh"
. "$abs_top_srcdir/tests/support/p11-kit.sh"
cd "$SOFTHSM_FOLDER" || exit 99

nss=$abs_top_srcdir/tests/rigs/nss.sh
"$nss" start >rig.env 2>rig.err || {
	[ $? -ne 77 ] || tap_skip_all "$(sed -n 's/^SKIP //p' rig.err)"
	tap_bail "$(cat rig.err)"
}
. ./rig.env
softhsm_cleanup()
{
	"$nss" stop "$RIG_DIR"
}
nss_device=("[device nss]" "module = $RIG_MODULE" "slots = 2"
    "init-args = ${RIG_INIT_ARGS%% *}" "	${RIG_INIT_ARGS#* }")
module_configure '[module]' 'minimum-path = C' '[device softhsm]' \
    "module = $SOFTHSM_MODULE" "${nss_device[@]}" 'minimum-path = A'

# tool TOKEN ARGUMENT...
tool()
{
	local pin=$SOFTHSM_PIN token=$1

	[ "$token" = t0 ] || pin=$RIG_PIN
	shift
	module_run timeout 60 pkcs11-tool --module "$MODULE" \
	    --token-label "$token" --login --pin "$pin" "$@"
}

module_run pkcs11-tool --module "$MODULE" -L >list 2>&1
tap_is "$(grep -c 'token label *: t0' list)" 1 "the token of SoftHSMv2"
tap_is "$(grep -c "token label *: $RIG_TOKEN" list)" 1 "the token of NSS"
tap_is "$(grep -c 'token label *: NSS Generic' list)" 0 \
    "a slot that is left out"

for token in t0 "$RIG_TOKEN"; do
	tap_ok "$token: a key is made" tool "$token" --keypairgen \
	    --key-type EC:prime256v1 --id 0a --usage-sign --usage-derive
	printf 'something' | openssl dgst -sha256 -binary >digest
	tap_ok "$token: it signs" tool "$token" --sign -m ECDSA --id 0a \
	    -i digest -o signature --signature-format openssl
	if [ -n "${SANITIZER_PRELOAD-}" ]; then
		tap_skip "pkcs11-tool reads public keys from freed memory"
	else
		tool "$token" --read-object --type pubkey --id 0a \
		    -o public.der >/dev/null
		openssl pkey -pubin -inform DER -in public.der \
		    -out public.pem 2>/dev/null
		tap_ok "$token: openssl verifies it" openssl pkeyutl -verify \
		    -pubin -inkey public.pem -in digest -sigfile signature
	fi
	softhsm_unhex <"$abs_top_srcdir/tests/vectors/device-mac/data.hex" \
	    >data
	tap_ok "$token: a device MAC" tool "$token" --sign -m 0xCD441002 \
	    --id 0a -i data -o tag
	tap_is "$(wc -c <tag | tr -d ' ')" 32 "$token: of 32 bytes"
	tool "$token" -O >objects 2>/dev/null
	tap_is "$(grep -c '^Private Key Object' objects)" 1 \
	    "$token: one key, and no other token's"
done

# One that cannot be loaded takes nothing away, and is told of.
module_configure '[device gone]' 'module = /nowhere/module.so' \
    '[device softhsm]' "module = $SOFTHSM_MODULE" "${nss_device[@]}"
P11_MDOC_DEBUG=1 module_run pkcs11-tool --module "$MODULE" -L >list 2>errors
tap_is "$(grep -c "token label *: \\(t0\\|$RIG_TOKEN\\)" list)" 2 \
    "a device that is missing: the others are there"
tap_ok "a device that is missing: named in a message" \
    grep -q '^p11-mdoc: device: \[device gone\] /nowhere/module.so' errors
tap_ok "a device that is missing: a key of another signs" \
    tool "$RIG_TOKEN" --sign -m ECDSA --id 0a -i digest -o signature
module_configure '[device gone]' 'module = /nowhere/module.so' \
    'critical = yes' '[device softhsm]' "module = $SOFTHSM_MODULE"
tap_exits 1 "a critical device that is missing" \
    module_run pkcs11-tool --module "$MODULE" -L
ln -s "$SOFTHSM_MODULE" other.so
module_configure '[device a]' "module = $SOFTHSM_MODULE" \
    '[device b]' "module = $PWD/other.so"
P11_MDOC_DEBUG=1 module_run pkcs11-tool --module "$MODULE" -L >list 2>errors
tap_ok "one module by two names" grep -qF \
    "p11-mdoc.conf:3: [device b]: the module is that of [device a]" errors

module_configure '[device softhsm]' "module = $SOFTHSM_MODULE" \
    "${nss_device[@]}"
if [ -n "${SANITIZER_PRELOAD-}" ]; then
	tap_skip "programs with libp11-kit do not end with libasan.so"
	tap_done
fi
if command -v p11tool >/dev/null; then
	p11tool --provider "$MODULE" --batch --list-tokens >list 2>&1
	tap_is "$(grep -c 'URL:.*token=\(t0\|NSS%20Certificate%20DB\)' list)" \
	    2 "p11tool sees both"
else
	tap_skip "p11tool is not here"
fi
if kit_new; then
	kit_module p11-mdoc "$MODULE"
	kit_run timeout 60 p11-kit list-modules >list 2>errors
	tap_is "$(grep -c "token: \\(t0\\|$RIG_TOKEN\\)" list)" 2 \
	    "p11-kit sees both"
	tap_is "$(cat errors)" "" "p11-kit has nothing to complain of"
	kit_run timeout 60 pkcs11-tool --module "$KIT_PROXY" -L >list 2>&1
	tap_is "$(grep -c "token label *: \\(t0\\|$RIG_TOKEN\\)" list)" 2 \
	    "both are behind p11-kit-proxy"
else
	tap_skip "p11-kit's list: p11-kit or a name space is not here"
fi
tap_done
