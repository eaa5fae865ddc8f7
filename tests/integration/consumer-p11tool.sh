#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# GnuTLS: p11tool and certtool.
set -u
. "${abs_top_srcdir:?}/tests/integration/consumer-support.sh"
consumer p11tool p11tool certtool openssl
export GNUTLS_PIN=$SOFTHSM_PIN GNUTLS_SO_PIN=$SOFTHSM_SO_PIN
url='pkcs11:token=t0'

p11()
{
	limit p11tool --provider "$module" --batch --login "$@"
}

# Sizes of RSA keys, and the names of curves, as p11tool spells them.
keys()
{
	local curve bits

	for curve in secp256r1 secp384r1 secp521r1; do
		step "generate-$curve" p11 --generate-privkey=ECDSA \
		    --curve $curve --label "k$curve" --outfile $curve.pub "$url"
		step "test-sign-$curve" p11 --test-sign "$url;object=k$curve"
		step "public-$curve" openssl pkey -pubin -in $curve.pub -noout
	done
	for bits in 2048 3072; do
		step "generate-rsa$bits" p11 --generate-privkey=RSA \
		    --bits $bits --label "krsa$bits" --outfile rsa$bits.pub \
		    "$url"
		step "test-sign-rsa$bits" p11 --test-sign \
		    "$url;object=krsa$bits"
		step "test-sign-rsa$bits-sha512" p11 --test-sign \
		    --hash SHA512 "$url;object=krsa$bits"
		step "test-sign-rsa$bits-pss" p11 --test-sign \
		    --sign-params rsa-pss "$url;object=krsa$bits"
	done
	step generate-ed25519 p11 --generate-privkey=ed25519 --label ked \
	    --outfile ed.pub "$url"
	step test-sign-ed25519 p11 --test-sign "$url;object=ked"
}

certificates()
{
	printf '%s\n' 'cn = test' 'expiration_days = 10' ca cert_signing_key \
	    >ca.cfg
	printf '%s\n' 'cn = leaf' 'expiration_days = 9' signing_key >leaf.cfg
	step self-signed certtool --generate-self-signed --template ca.cfg \
	    --provider "$module" \
	    --load-privkey "$url;object=ksecp256r1;type=private" \
	    --load-pubkey secp256r1.pub --outfile ca.pem
	step self-signed-rsa certtool --generate-self-signed \
	    --template ca.cfg --provider "$module" \
	    --load-privkey "$url;object=krsa2048;type=private" \
	    --load-pubkey rsa2048.pub --outfile rsa.pem
	step request certtool --generate-request --template leaf.cfg \
	    --provider "$module" \
	    --load-privkey "$url;object=ksecp384r1;type=private" \
	    --load-pubkey secp384r1.pub --outfile leaf.csr
	step request-verifies openssl req -verify -noout -in leaf.csr
	step issue certtool --generate-certificate --template leaf.cfg \
	    --provider "$module" --load-request leaf.csr \
	    --load-ca-certificate ca.pem \
	    --load-ca-privkey "$url;object=ksecp256r1;type=private" \
	    --outfile leaf.pem
	step chain-verifies openssl verify -CAfile ca.pem leaf.pem
	step write-certificate p11 --write --load-certificate ca.pem \
	    --label ksecp256r1 "$url"
	step write-leaf p11 --write --load-certificate leaf.pem --label leaf \
	    --no-mark-private "$url"
	step list-certificates shows ksecp256r1 p11 --list-all-certs "$url"
	step export-certificate shows BEGIN p11 --export \
	    "$url;object=ksecp256r1;type=cert"
	step export-chain shows BEGIN p11 --export-chain \
	    "$url;object=leaf;type=cert"
	step export-public shows BEGIN p11 --export-pubkey \
	    "$url;object=krsa2048;type=private"
}

exported_matches()
{
	p11 --export "$url;object=ksecp256r1;type=cert" --outfile x.pem &&
	    limit openssl x509 -in x.pem -outform DER -out x.der &&
	    limit openssl x509 -in ca.pem -outform DER -out ca.der &&
	    cmp x.der ca.der
}

steps()
{
	step list-tokens shows 'token=t0' p11 --list-tokens
	step list-mechanisms shows CKM_ECDSA p11 --list-mechanisms "$url"
	step initialize-pin p11 --initialize-pin "$url"
	keys
	certificates
	step exported-is-written exported_matches
	step list-private shows 'object=ksecp521r1;type=private' p11 \
	    --list-privkeys "$url"
	step list-all shows type=public p11 --list-all "$url"
	step info shows ksecp256r1 p11 --info "$url;object=ksecp256r1"
	step random p11 --generate-random=32 --outfile random "$url"
	openssl ecparam -name prime256v1 -genkey -noout -out soft.pem
	step import-key p11 --write --load-privkey soft.pem --label imported \
	    "$url"
	openssl pkey -in soft.pem -pubout -out soft.pub
	step import-public p11 --write --load-pubkey soft.pub \
	    --label imported "$url"
	step test-sign-imported p11 --test-sign "$url;object=imported"
	step write-secret p11 --write \
	    --secret-key=00112233445566778899aabbccddeeff --label sk "$url"
	step set-id p11 --set-id=aabb "$url;object=krsa2048;type=private"
	step set-label p11 --set-label=other "$url;id=%AA%BB;type=private"
	step set-label-found shows object=other p11 --list-privkeys "$url"
	step delete p11 --delete "$url;object=other;type=private"
	step delete-certificate p11 --delete "$url;object=leaf;type=cert"
	step absent-key refused p11 --test-sign "$url;object=absent"
	step wrong-pin refused env GNUTLS_PIN=9999 p11tool --provider "$module" \
	    --batch --login --list-privkeys "$url"
	step initialize-token p11tool --provider "$module" --batch \
	    --initialize --label t1 --set-so-pin "$SOFTHSM_SO_PIN" "$url"
}

consumer_compare 40
consumer_same tokens p11tool --provider @module@ --batch --list-tokens
consumer_same token-urls p11tool --provider @module@ --batch --only-urls \
    --list-tokens
tap_done
