#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The program from the first key to a verified presentation, every private key
# in a SoftHSMv2 token behind p11-mdoc.so.
set -u
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
. "$abs_top_srcdir/tests/integration/cli-support.sh"
cli_setup
cli_valgrind

tap_ok "keys and certificates are made in the token" cli_people
tap_ok "an mdoc is issued and stored" cli_issue
tap_ok "the token lists five private keys" sh -c \
    "'$p' key list 'pkcs11:token=t0' --pin-source file:pin |
	grep -c '^private' | grep -qx 5"
tap_ok "the credential is listed" sh -c \
    "'$p' credential list 'pkcs11:token=t0' --pin-source file:pin |
	grep -q 'mdl .*org.iso.18013.5.1.mDL'"
tap_ok "what is stored is what was issued" sh -c \
    "'$p' credential show 'pkcs11:token=t0;object=mdl' \
	--pin-source file:pin | cmp - mdl.cbor"
tap_ok "other programs see the credential as CKO_DATA" sh -c \
    "${SANITIZER_PRELOAD:+LD_PRELOAD=$SANITIZER_PRELOAD} \
	ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" \
	pkcs11-tool --module '$abs_top_builddir/p11-mdoc.so' --login \
	--pin $SOFTHSM_PIN -O 2>/dev/null | grep -q 'p11-mdoc credential'"

for profile in iaca ds reader-ca reader; do
	issuer=()
	case $profile in
	ds) issuer=(--issuer iaca.pem) ;;
	reader) issuer=(--issuer reader-ca.pem) ;;
	esac
	tap_ok "the $profile certificate keeps its profile" \
	    "$p" cert check $profile.pem --profile $profile "${issuer[@]}"
done
tap_ok "openssl verifies the document signer" sh -c \
    "openssl verify -ignore_critical -CAfile iaca.pem ds.pem"

tap_ok "the issuer's part verifies" \
    "$p" verify mdl.cbor --issuer-signed --trust iaca.pem
tap_exits 3 "a response without device authentication is not trusted" \
    "$p" verify mdl.cbor --trust iaca.pem

for mode in mac signature; do
	cli_exchange --mode $mode --reader-trust reader-ca.pem "$(uri mdl)" \
	    -- --get family_name --get portrait --get age_over_18 \
	    --reader-key "$(uri reader)" --reader-cert reader.pem \
	    --trust iaca.pem --response-out $mode.cbor \
	    --transcript-out $mode.transcript
	tap_is "$read_status" 0 "the reader trusts the response ($mode)"
	tap_is "$present_status" 0 "the holder is content ($mode)"
	tap_ok "the report says which authentication it was ($mode)" \
	    grep -q "ok .*device\.$mode" read.out
	path=S
	[ $mode = signature ] || path=C
	tap_ok "the holder reports key path $path ($mode)" \
	    grep -q "device-auth *path $path " present.out
	tap_ok "the claims are printed ($mode)" \
	    grep -q 'family_name = Mustermann' read.out
	tap_ok "the portrait is named, not printed ($mode)" \
	    grep -q 'portrait = <19535 bytes, JPEG>' read.out
done

tap_ok "a stored response verifies later" "$p" verify signature.cbor \
    --trust iaca.pem --transcript signature.transcript
tap_ok "--json says trusted" sh -c \
    "'$p' verify signature.cbor --trust iaca.pem \
	--transcript signature.transcript --json |
	grep -q '\"result\":\"trusted\"'"
tap_exits 3 "with another transcript it is not trusted" "$p" verify \
    signature.cbor --trust iaca.pem --transcript mac.transcript
tap_exits 3 "with another root it is not trusted" "$p" verify \
    signature.cbor --trust reader-ca.pem --transcript signature.transcript
tap_exits 3 "without a root it is not trusted" "$p" verify \
    signature.cbor --transcript signature.transcript
tap_exits 4 "in ten years it has expired" "$p" verify signature.cbor \
    --trust iaca.pem --transcript signature.transcript --at 2035-01-01
tap_ok "inspect names the fields" sh -c \
    "'$p' inspect signature.cbor | grep -q issuerAuth"

cli_exchange --mode mac --reader-trust iaca.pem "$(uri mdl)" \
    -- --get family_name --reader-key "$(uri reader)" \
    --reader-cert reader.pem --trust iaca.pem
tap_is "$present_status" 3 "a reader that is not known gets nothing"
tap_is "$read_status" 7 "and is told so by the end of the session"
tap_ok "not even in the output" sh -c "! grep -q Mustermann read.out"

cli_exchange --consent none "$(uri mdl)" \
    -- --get family_name --trust iaca.pem
tap_is "$present_status" 8 "what the holder refuses ends with its own status"
tap_is "$read_status" 3 "and the reader trusts nothing"
tap_ok "nor sees anything" sh -c "! grep -q Mustermann read.out"

tap_ok "a device key is deleted" "$p" key delete "$(uri device)" "${pin[@]}"
tap_exits 5 "and is gone" "$p" key show "$(uri device)" "${pin[@]}"
tap_done
