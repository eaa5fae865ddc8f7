#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What pkcs11-tool lists of SoftHSMv2, it lists of p11-mdoc.so, and what we
# added. What it can do is in consumer-pkcs11-tool.sh.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool is not here"
softhsm_new raw
. "$abs_top_srcdir/tests/support/module.sh"
cd "$SOFTHSM_FOLDER" || exit 99

# sorted: SoftHSMv2 finds objects by where they lie in memory, so that their
# order, and the number that goes with it, differ from process to process.
sorted()
{
	sed 's/^\(Data object\) [0-9]*$/\1/' | sort
}

# listing ARGUMENT...: one token, both ways, the same text
listing()
{
	pkcs11-tool --module "$SOFTHSM_MODULE" "$@" 2>/dev/null | sorted >a
	module_run pkcs11-tool --module "$MODULE" "$@" 2>/dev/null | sorted >b
	tap_is "$(cat b)" "$(cat a)" "the same text: $*"
}

listing -L
listing -T
listing --token-label raw -O
listing --token-label raw --login --pin "$SOFTHSM_PIN" -O
# Where short keys are refused, they are done by p11-mdoc.
pkcs11-tool --module "$SOFTHSM_MODULE" --token-label raw -M 2>/dev/null |
    sed -E 's/^(  SHA(256|384|512)-HMAC, keySize=\{)[0-9]+/\11/' >a
module_run pkcs11-tool --module "$MODULE" --token-label raw -M >b 2>/dev/null
tap_is "$(comm -23 <(sort a) <(sort b))" "" "no mechanism is lost or changed"
tap_is "$(comm -13 <(sort a) <(sort b) | cut -d, -f1)" "$(
    printf '  ECDSA-SHA%d\n' 256 384 512
    printf '  mechtype-0x402%s\n' A B
    printf '  mechtype-0xCD44100%d\n' 1 2 3 4 5 6)" "ours are added"
tap_done
