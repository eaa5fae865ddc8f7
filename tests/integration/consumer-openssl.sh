#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# OpenSSL 3.0 through engine_pkcs11: signatures, requests, certificates, CMS,
# agreement and TLS with keys of the token, checked without it.
set -u
. "${abs_top_srcdir:?}/tests/integration/consumer-support.sh"
consumer openssl openssl pkcs11-tool timeout
engine=$(openssl version -e | sed -n 's/^ENGINESDIR: "\(.*\)"/\1/p')/pkcs11.so
[ -r "$engine" ] || tap_skip_all "libengine-pkcs11-openssl is not here"

# token COMMAND [ARGUMENT...]: OpenSSL with the engine
token()
{
	OPENSSL_CONF=$PWD/engine.cnf limit openssl "$@"
}

uri()
{
	printf 'pkcs11:token=t0;object=%s;type=%s' "$1" "${2:-private}"
}

key_new()
{
	limit pkcs11-tool --module "$module" --token-label t0 --login \
	    --pin "$SOFTHSM_PIN" --keypairgen --key-type "$1" --id "$2" \
	    --label "$3" "${@:4}"
}

# With a key NAME of the token: everything that starts with a key
key_steps()
{
	local n=$1 h

	step "public-$n" token pkey -engine pkcs11 -inform engine -pubin \
	    -in "$(uri "$n" public)" -pubout -out "$n.pub"
	step "public-of-private-$n" token pkey -engine pkcs11 -inform engine \
	    -in "$(uri "$n")" -pubout -out "$n.pub2"
	step "public-same-$n" cmp "$n.pub" "$n.pub2"
	for h in sha1 sha256 sha384 sha512; do
		step "sign-$h-$n" token dgst -engine pkcs11 -keyform engine \
		    -sign "$(uri "$n")" -$h -out "$n.$h" data
		step "verify-$h-$n" openssl dgst -verify "$n.pub" \
		    -signature "$n.$h" -$h data
	done
	step "request-$n" token req -new -engine pkcs11 -keyform engine \
	    -key "$(uri "$n")" -subj "/CN=$n" -out "$n.csr"
	step "request-verifies-$n" openssl req -verify -noout -in "$n.csr"
	step "certificate-$n" token req -new -x509 -engine pkcs11 \
	    -keyform engine -key "$(uri "$n")" -subj "/CN=$n" -days 5 \
	    -addext keyUsage=critical,digitalSignature,keyCertSign \
	    -out "$n.pem"
	step "certificate-verifies-$n" openssl verify -CAfile "$n.pem" "$n.pem"
	step "cms-$n" token cms -sign -engine pkcs11 -keyform engine \
	    -inkey "$(uri "$n")" -signer "$n.pem" -in data -outform DER \
	    -out "$n.cms" -binary
	step "cms-verifies-$n" openssl cms -verify -inform DER -in "$n.cms" \
	    -binary -content data -CAfile "$n.pem" -purpose any -out "$n.data"
}

# A certificate of one key, signed by another, both in the token
issue()
{
	token x509 -req -in krsa.csr -engine pkcs11 -CAkeyform engine \
	    -CA kp256.pem -CAkey "$(uri kp256)" -days 4 -set_serial 7 \
	    -out issued.pem &&
	    limit openssl verify -CAfile kp256.pem issued.pem
}

agree()
{
	limit openssl ecparam -name prime256v1 -genkey -noout -out peer.pem &&
	    limit openssl pkey -in peer.pem -pubout -out peer.pub &&
	    token pkeyutl -engine pkcs11 -keyform engine -derive \
		-inkey "$(uri kp256)" -peerkey peer.pub -out z1 &&
	    limit openssl pkeyutl -derive -inkey peer.pem -peerkey kp256.pub \
		-out z2 && cmp z1 z2
}

rsa_decrypt()
{
	limit openssl pkeyutl -encrypt -pubin -inkey krsa.pub -in data \
	    -out data.enc &&
	    token pkeyutl -engine pkcs11 -keyform engine -decrypt \
		-inkey "$(uri krsa)" -in data.enc -out data.dec &&
	    cmp data data.dec
}

rsa_pss()
{
	token dgst -engine pkcs11 -keyform engine -sign "$(uri krsa)" -sha256 \
	    -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 \
	    -out pss data &&
	    limit openssl dgst -verify krsa.pub -signature pss -sha256 \
		-sigopt rsa_padding_mode:pss data
}

# A server whose key is in the token; the port is the one that it says.
tls()
{
	local server port='' status=1 i

	rm -f server.out
	OPENSSL_CONF=$PWD/engine.cnf timeout 30 openssl s_server \
	    -engine pkcs11 -keyform engine -key "$(uri "$1")" -cert "$1.pem" \
	    -accept 127.0.0.1:0 -naccept 1 -www >server.out 2>&1 &
	server=$!
	for ((i = 0; i < 100; i++)); do
		port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' server.out 2>/dev/null)
		[ -z "$port" ] || break
		sleep 0.1
	done
	# It says so just before it listens.
	for ((i = 0; i < 50 && status != 0; i++)); do
		echo Q | timeout 20 openssl s_client -CAfile "$1.pem" \
		    -verify_return_error -connect "127.0.0.1:$port" \
		    >client.out 2>&1
		status=$?
		grep -q 'Connection refused' client.out || break
		sleep 0.1
	done
	kill "$server" 2>/dev/null
	wait "$server" 2>/dev/null
	cat server.out client.out
	return "$status"
}

steps()
{
	printf 'to be signed' >data
	# No "init": OpenSSL would not unload the engine.
	cat >engine.cnf <<X
openssl_conf = all
[all]
engines = engines
[engines]
pkcs11 = token
[token]
engine_id = pkcs11
dynamic_path = $engine
MODULE_PATH = $module
PIN = $SOFTHSM_PIN
init = 0
[req]
distinguished_name = name
[name]
X
	step engine shows '[ available ]' token engine -t pkcs11
	step random token rand -engine pkcs11 -hex 16
	key_new rsa:2048 01 krsa --usage-sign --usage-decrypt >key.out 2>&1
	key_new EC:prime256v1 02 kp256 --usage-sign --usage-derive >key.out 2>&1
	key_new EC:secp384r1 03 kp384 --usage-sign --usage-derive >key.out 2>&1
	key_new EC:secp521r1 04 kp521 --usage-sign --usage-derive >key.out 2>&1
	key_new EC:brainpoolP256r1 05 kbp256 --usage-sign >key.out 2>&1
	key_new EC:brainpoolP384r1 06 kbp384 --usage-sign >key.out 2>&1
	for n in krsa kp256 kp384 kp521 kbp256 kbp384; do
		key_steps $n
	done
	step issue issue
	step agree agree
	step rsa-decrypt rsa_decrypt
	step rsa-pss rsa_pss
	step tls-ec tls kp256
	step tls-rsa tls krsa
	# OpenSSL crashes when it unloads the engine after these.
	step absent-key shows 'loading private key' token pkey -engine pkcs11 -inform engine \
	    -in "$(uri absent)" -pubout
	sed -i 's/^PIN = .*/PIN = 9999/' engine.cnf
	step wrong-pin shows 'loading private key' token dgst -engine pkcs11 -keyform engine \
	    -sign "$(uri kp256)" -sha256 -out x data
}

consumer_compare 60
tap_done
