#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A whole life with purpose-bound keys: certificates are made, keys are bound,
# and from then on issuing, reading and presenting work as before, and nothing
# else does.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
. "$abs_top_srcdir/tests/integration/cli-support.sh"
command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool is not here"
cli_setup
. "$abs_top_srcdir/tests/support/module.sh"

# rule NAME: what p11-mdoc says of a key.
rule()
{
	"$p" key show --format rule "$(uri "$1")" "${pin[@]}"
}

# fails STATUS COMMAND...
fails()
{
	local wanted=$1 got=0

	shift
	"$@" >out 2>&1 || got=$?
	[ "$got" = "$wanted" ] && return
	echo "exit code $got"
	cat out
	return 1
}

tap_ok "keys and certificates" cli_people
tap_is "$(rule ds)" "not bound" "a key is not bound at first"
tap_ok "the document signer's" "$p" key bind "$(uri ds)" \
    --purpose issuer --doc-type org.iso.18013.5.1.mDL "${pin[@]}"
tap_ok "the reader's" "$p" key bind "$(uri reader)" --purpose reader \
    "${pin[@]}"
tap_ok "the device's" "$p" key bind "$(uri device)" --purpose device \
    --doc-type org.iso.18013.5.1.mDL --one-method --uses 4 "${pin[@]}"
tap_is "$(rule ds)" "issuer, docType org.iso.18013.5.1.mDL" "its rule"
tap_is "$(rule device)" "device, docType org.iso.18013.5.1.mDL, MAC or\
 signature, not used yet, 4 uses left" "the device's rule"
tap_ok "bound is bound" fails 1 "$p" key bind "$(uri ds)" --purpose reader \
    "${pin[@]}"

tap_ok "the issuer issues" cli_issue
tap_ok "and makes no certificate" fails 1 "$p" cert ds --key "$(uri reader-ca)" \
    --issuer-key "$(uri ds)" --issuer-cert ds.pem --subject 'CN=X,C=UT' \
    --crl-url https://ut.example/crl --out x.pem "${pin[@]}"

cli_exchange --mode mac --reader-trust reader-ca.pem "$(uri mdl)" \
    -- --get family_name --trust iaca.pem \
    --reader-key "$(uri reader)" --reader-cert reader.pem
tap_is "$present_status $read_status" "0 0" "presented, read and trusted"
[ "$present_status $read_status" = "0 0" ] ||
    cat present.out read.out | tap_diag
tap_is "$(rule device)" "device, docType org.iso.18013.5.1.mDL, MAC only,\
 3 uses left" "the use is counted, the method kept"
cli_exchange --mode signature "$(uri mdl)" -- --get family_name \
    --trust iaca.pem
tap_ok "a signature is refused now" test "$present_status" != 0
for left in 2 1 0; do
	cli_exchange --mode mac "$(uri mdl)" -- --get family_name \
	    --trust iaca.pem
	tap_is "$present_status $read_status" "0 0" "$left are left"
done
cli_exchange --mode mac "$(uri mdl)" -- --get family_name --trust iaca.pem
tap_ok "and then none is made" test "$present_status" != 0
tap_is "$(rule device)" "device, docType org.iso.18013.5.1.mDL, MAC only,\
 0 uses left" "none is left"

# CKA_ID in hexadecimal: pkcs11-tool signs with the first key if told a label.
id_of()
{
	"$p" key list "$(uri "$1")" "${pin[@]}" |
	    sed -n 's/.*[;:]id=\([%0-9A-F]*\).*/\1/p' | tr -d %
}

# Stock programs, with all rights that the PIN gives.
openssl rand 32 >digest
for k in ds reader device; do
	tap_ok "$k: no plain signature" fails 1 module_run pkcs11-tool \
	    --module "$MODULE" --token-label t0 --login --pin "$SOFTHSM_PIN" \
	    --sign -m ECDSA --id "$(id_of $k)" -i digest -o sig
	tap_ok "$k: no signature of anything" fails 1 module_run pkcs11-tool \
	    --module "$MODULE" --token-label t0 --login --pin "$SOFTHSM_PIN" \
	    --sign -m ECDSA-SHA256 --id "$(id_of $k)" -i person.json -o sig
	tap_ok "$k: no agreement" fails 1 module_run pkcs11-tool \
	    --module "$MODULE" --token-label t0 --login --pin "$SOFTHSM_PIN" \
	    --derive -m ECDH1-DERIVE --id "$(id_of $k)" -i digest -o z
done
tap_ok "an unbound key signs" module_run pkcs11-tool \
    --module "$MODULE" --token-label t0 --login --pin "$SOFTHSM_PIN" \
    --sign -m ECDSA --id "$(id_of iaca)" -i digest -o sig
tap_ok "rules cannot be deleted" fails 1 module_run pkcs11-tool \
    --module "$MODULE" --token-label t0 --login --pin "$SOFTHSM_PIN" \
    --delete-object --type data --application-label 'p11-mdoc purpose'
tap_ok "keys can" "$p" key delete "$(uri device)" "${pin[@]}"
tap_ok "a key that is bound from the beginning" "$p" key generate \
    "$(uri new)" --purpose device --uses 1 "${pin[@]}"
tap_is "$(rule new)" "device, 1 uses left" "its rule"
tap_done
