#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# pkcs11-tool: keys of every kind and what they are for, objects, PINs, and the
# tests that it has built in.
set -u
. "${abs_top_srcdir:?}/tests/integration/consumer-support.sh"
consumer pkcs11-tool pkcs11-tool openssl

iv=00000000000000000000000000000000

tool()
{
	limit pkcs11-tool --module "$module" --token-label t0 "$@"
}

user()
{
	tool --login --pin "$SOFTHSM_PIN" "$@"
}

curve_steps()
{
	local id=$1 curve=$2 how=ECDSA

	case $curve in
	edwards*) how=EDDSA ;;
	esac
	step "generate-$curve" user --keypairgen --key-type "EC:$curve" \
	    --id "$id" --label "$curve" --usage-sign --usage-derive
	step "sign-$curve" user --sign --id "$id" -i data -o sig -m $how
	step "verify-$curve" user --verify --id "$id" -i data -m $how \
	    --signature-file sig
	step "sign-hash-$curve" user --sign --id "$id" -i long -o sig \
	    -m ECDSA-SHA256 --signature-format openssl
	step "verify-hash-$curve" user --verify --id "$id" -i long \
	    -m ECDSA-SHA256 --signature-file sig --signature-format openssl
	step "read-public-$curve" user --read-object --type pubkey \
	    --id "$id" -o "$curve.der"
	step "public-is-one-$curve" openssl pkey -pubin -inform DER \
	    -in "$curve.der" -noout
}

# With OpenSSL's half of the key
derive()
{
	limit openssl ecparam -name prime256v1 -genkey -noout -out peer.pem &&
	    limit openssl pkey -in peer.pem -pubout -outform DER -out peer.der &&
	    user --derive --id 10 -m ECDH1-DERIVE -i peer.der -o z1 "$@" &&
	    limit openssl pkey -pubin -inform DER -in prime256v1.der \
		-out own.pub &&
	    limit openssl pkeyutl -derive -inkey peer.pem -peerkey own.pub \
		-out z2 && cmp z1 z2
}

rsa_steps()
{
	local m

	step generate-rsa user --keypairgen --key-type rsa:2048 --id 30 \
	    --label rsa --usage-sign --usage-decrypt
	for m in RSA-PKCS SHA1-RSA-PKCS SHA224-RSA-PKCS SHA256-RSA-PKCS \
	    SHA384-RSA-PKCS SHA512-RSA-PKCS SHA256-RSA-PKCS-PSS \
	    SHA384-RSA-PKCS-PSS SHA512-RSA-PKCS-PSS; do
		step "sign-$m" user --sign --id 30 -m $m -i data -o sig
		step "verify-$m" user --verify --id 30 -m $m -i data \
		    --signature-file sig
	done
	step sign-long user --sign --id 30 -m SHA512-RSA-PKCS -i long -o sig
	user --read-object --type pubkey --id 30 -o rsa.der
	limit openssl pkeyutl -encrypt -pubin -keyform DER -inkey rsa.der \
	    -in data -out data.pkcs
	step decrypt-rsa user --decrypt --id 30 -m RSA-PKCS -i data.pkcs \
	    -o data.dec
	step decrypted-rsa cmp data data.dec
	limit openssl pkeyutl -encrypt -pubin -keyform DER -inkey rsa.der \
	    -pkeyopt rsa_padding_mode:oaep -in data -out data.oaep
	step decrypt-oaep user --decrypt --id 30 -m RSA-PKCS-OAEP \
	    --hash-algorithm SHA-1 -i data.oaep -o data.dec
	step decrypted-oaep cmp data data.dec
}

secret_steps()
{
	local m n

	for n in 16 24 32; do
		step "generate-aes-$n" user --keygen --key-type AES:$n \
		    --id "4${n%?}" --label "aes$n"
	done
	for m in AES-CBC-PAD AES-CBC; do
		step "encrypt-$m" user --encrypt --id 43 -m $m --iv $iv \
		    -i data -o enc
		step "decrypt-$m" user --decrypt --id 43 -m $m --iv $iv \
		    -i enc -o dec
		step "decrypted-$m" cmp data dec
	done
	step generate-des3 user --keygen --key-type DES3:24 --id 48 \
	    --label des3
	step generate-generic user --keygen --key-type GENERIC:32 --id 45 \
	    --label generic
	step generate-generic-64 user --keygen --key-type GENERIC:64 --id 46 \
	    --label generic64
	for m in SHA-1-HMAC SHA256-HMAC SHA512-HMAC; do
		step "mac-$m" user --sign --id 46 -m $m -i long -o mac
		step "mac-verify-$m" user --verify --id 46 -m $m -i long \
		    --signature-file mac
	done
	step mac-short-key user --sign --id 45 -m SHA512-HMAC -i long -o mac
	for m in SHA-1 SHA224 SHA256 SHA384 SHA512 MD5; do
		step "hash-$m" tool --hash -m $m -i data -o hash
	done
}

# A key goes out under another one and comes back.
wrap_steps()
{
	step wrap-key user --keygen --key-type AES:32 --id 70 --label wrap \
	    --usage-wrap
	step wrapped-key user --keygen --key-type AES:16 --id 71 \
	    --label wrapped --extractable
	step wrap user --wrap -m AES-KEY-WRAP --id 70 \
	    --application-id 71 -o wrapped
	step unwrap user --unwrap -m AES-KEY-WRAP --id 70 \
	    --application-id 72 -i wrapped --key-type AES: --label unwrapped
	step wrap-cbc user --wrap -m AES-CBC-PAD --iv $iv --id 70 \
	    --application-id 71 -o wrapped
}

object_steps()
{
	step write-key user --write-object key.der --type privkey --id 50 \
	    --label imported --usage-sign --usage-derive
	step write-public user --write-object pub.der --type pubkey --id 50 \
	    --label imported
	step write-certificate user --write-object cert.der --type cert \
	    --id 50 --label imported
	step write-secret user --write-object secret --type secrkey \
	    --id 52 --label written --key-type AES:32
	step write-data user --write-object data --type data --label note \
	    --application-label here --private
	step write-public-data user --write-object long --type data \
	    --label open --application-label here
	step sign-imported user --sign --id 50 -m ECDSA -i data -o sig
	step verify-imported user --verify --id 50 -m ECDSA -i data \
	    --signature-file sig
	step read-certificate tool --read-object --type cert --id 50 -o read
	step same-certificate cmp read cert.der
	step read-public tool --read-object --type pubkey --id 50 -o read
	step same-public cmp read pub.der
	step read-private refused user --read-object --type privkey --id 50 \
	    -o read
	step read-data user --read-object --type data --label note \
	    --application-label here -o read
	step same-data cmp read data
	step private-hidden refused tool --read-object --type data \
	    --label note --application-label here -o read
	step open-seen tool --read-object --type data --label open \
	    --application-label here -o read
	step set-id user --set-id 51 --type cert --id 50
	step sign-only user --keypairgen --key-type EC:prime256v1 --id 53 \
	    --label signonly --usage-sign
	step sign-only-no-derive refused user --derive --id 53 \
	    -m ECDH1-DERIVE -i pub.der -o z
	step always-auth user --keypairgen --key-type EC:prime256v1 --id 54 \
	    --label always --usage-sign --always-auth
	step always-auth-signs user --sign --id 54 -m ECDSA -i data -o sig
	step delete user --delete-object --type privkey --id 50
	step delete-twice refused user --delete-object --type privkey --id 50
	step delete-data user --delete-object --type data --label note \
	    --application-label here
	step list-private shows 'Private Key Object' user -O
}

pin_steps()
{
	step wrong-pin refused tool --login --pin 9999 -O
	step change-pin user --change-pin --new-pin 56789
	step new-pin tool --login --pin 56789 -O
	step set-user-pin tool --login --login-type so \
	    --so-pin "$SOFTHSM_SO_PIN" --init-pin --new-pin "$SOFTHSM_PIN"
	step old-pin user -O
	step change-so-pin tool --login --login-type so \
	    --so-pin "$SOFTHSM_SO_PIN" --change-pin --new-pin 87654321
	step init-token limit pkcs11-tool --module "$module" \
	    --slot-index 1 --init-token --label t1 --so-pin 12345678
	step init-pin limit pkcs11-tool --module "$module" --token-label t1 \
	    --login --login-type so --so-pin 12345678 --init-pin \
	    --new-pin 4321
	step both-tokens shows t1 limit pkcs11-tool --module "$module" -L
}

steps()
{
	local curve id=10

	printf '0123456789abcdef0123456789abcdef' >data
	cp data secret
	head -c 3000 /dev/urandom >long
	cp ../*.der .
	step info tool -I
	step slots tool -L
	step token-slots tool -T
	step mechanisms tool -M
	step interfaces tool --list-interfaces
	step objects tool -O
	step private-objects user -O
	step random tool --generate-random 40
	for curve in prime256v1 secp384r1 secp521r1 secp256k1 \
	    brainpoolP256r1 brainpoolP320r1 brainpoolP384r1 brainpoolP512r1 \
	    edwards25519; do
		curve_steps $id $curve
		id=$((id + 1))
	done
	for curve in edwards448 curve25519; do
		step "generate-$curve" user --keypairgen \
		    --key-type "EC:$curve" --id 29 --label "$curve"
	done
	step derive derive
	step derive-der derive --derive-pass-der
	rsa_steps
	secret_steps
	wrap_steps
	object_steps
	step test user --test
	step test-fork user --test-fork
	step test-ec user --test-ec --key-type EC:prime256v1 --id 60 \
	    --label tec
	step test-ec-rw user --session-rw --test-ec --key-type EC:prime256v1 \
	    --id 61 --label tec2
	pin_steps
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj /CN=test -days 9 -keyout key.pem -out cert.pem 2>/dev/null
openssl x509 -in cert.pem -outform DER -out cert.der
openssl pkey -in key.pem -outform DER -out key.der
openssl pkey -in key.pem -pubout -outform DER -out pub.der
consumer_compare 120

# The version is that of the interface, of which we have one more.
info()
{
	limit pkcs11-tool --module "$1" -I | grep -v '^Cryptoki version'
}

limit pkcs11-tool --module "$SOFTHSM_MODULE" --token-label t0 --login \
    --pin "$SOFTHSM_PIN" --write-object cert.der --type cert --id 01 \
    --label listed >listed.out 2>&1
consumer_same info info @module@
consumer_same slots pkcs11-tool --module @module@ -L
consumer_same objects pkcs11-tool --module @module@ --token-label t0 \
    --login --pin "$SOFTHSM_PIN" -O

# --test-threads enters C_Initialize from two threads at once, which SoftHSMv2
# 2.6.1 alone survives in some runs only: the sets cannot be compared. Through
# us no run may crash or fail. The tool may wait 30 seconds for threads that
# have ended; that is cut short. Each run has a token of its own.
threads_once()
{
	mkdir "$1" && cp -r tokens "$1" &&
	    sed "s|$PWD/tokens|$PWD/$1/tokens|" softhsm2.conf >"$1/softhsm2.conf"
	SOFTHSM2_CONF=$PWD/$1/softhsm2.conf timeout 5 pkcs11-tool \
	    --module "$2" --token-label t0 --login --pin "$SOFTHSM_PIN" \
	    --test-threads ILGISLT0 >"$1/out" 2>&1
	case $? in
	0) echo passed ;;
	124)
		if grep -q 'waiting for 30 seconds' "$1/out"; then
			echo waited
		else
			echo hung
		fi
		;;
	*) echo failed ;;
	esac >"$1/result"
}

threads()
{
	local i

	for i in 1 2 3 4 5 6; do
		threads_once "threads-$1-$i" "$2" 2>/dev/null &
	done
	wait
	cat "threads-$1"-*/result | sort | uniq -c | tr -s ' \n' ' '
}

echo "# test-threads alone:$(threads raw "$SOFTHSM_MODULE")"
result=$(threads ours "$MODULE")
echo "# test-threads through us:$result"
tap_is "$(printf '%s' "$result" | grep -cE 'failed|hung')" 0 \
    "pkcs11-tool: test-threads never crashes, fails or hangs through us"
tap_done
