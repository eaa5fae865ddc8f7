#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What pkcs11-tool can do with SoftHSMv2, it can do through p11-mdoc.so: the
# same steps, each side on a token of its own; and both list the same.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool is not here"
softhsm_new raw
softhsm_new ours
. "$abs_top_srcdir/tests/support/module.sh"
cd "$SOFTHSM_FOLDER" || exit 99

printf '0123456789abcdef0123456789abcdef' >data
head -c 3000 /dev/urandom >long
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj /CN=test -days 9 -keyout key.pem -out cert.pem 2>/dev/null
openssl x509 -in cert.pem -outform DER -out cert.der
openssl pkey -in key.pem -outform DER -out key.der
openssl pkey -in key.pem -pubout -outform DER -out pub.der

# step NAME [ARGUMENT...]: on this side; the result goes into $side.set
step()
{
	local name=$1
	shift
	if timeout 120 "${tool[@]}" "$@" >"$side.out" 2>&1; then
		echo "OK $name"
	else
		echo "FAIL $name"
		sed "s/^/$side: $name: /" "$side.out" >>failures
	fi >>"$side.set"
}

steps()
{
	local login=(--login --pin "$SOFTHSM_PIN") curve m id

	step info -I
	step slots -L
	step token-slots -T
	step mechanisms -M
	step objects -O
	step private-objects "${login[@]}" -O
	step random --generate-random 40
	id=10
	for curve in prime256v1 secp384r1 secp521r1 brainpoolP256r1 \
	    brainpoolP320r1 brainpoolP384r1 brainpoolP512r1 edwards25519 \
	    edwards448; do
		step "generate-$curve" "${login[@]}" --keypairgen \
		    --key-type "EC:$curve" --id $id --label "$curve" \
		    --usage-sign --usage-derive
		step "sign-$curve" "${login[@]}" --sign --id $id -i data \
		    -o "$side.sig" -m "$(case $curve in
			edwards*) echo EDDSA ;;
			*) echo ECDSA ;;
		    esac)"
		id=$((id + 1))
	done
	step generate-rsa "${login[@]}" --keypairgen --key-type rsa:2048 \
	    --id 30 --label rsa --usage-sign --usage-decrypt
	for m in RSA-PKCS SHA256-RSA-PKCS SHA256-RSA-PKCS-PSS; do
		step "sign-$m" "${login[@]}" --sign --id 30 -m $m -i data \
		    -o "$side.sig"
		step "verify-$m" "${login[@]}" --verify --id 30 -m $m -i data \
		    --signature-file "$side.sig"
	done
	step sign-long "${login[@]}" --sign --id 30 -m SHA512-RSA-PKCS -i long \
	    -o "$side.sig"
	step generate-aes "${login[@]}" --keygen --key-type AES:32 --id 40 \
	    --label aes
	step generate-secret "${login[@]}" --keygen --key-type GENERIC:32 \
	    --id 41 --label secret
	step hmac "${login[@]}" --sign --id 41 -m SHA256-HMAC -i long \
	    -o "$side.mac"
	step encrypt "${login[@]}" --encrypt --id 40 -m AES-CBC-PAD \
	    --iv 00000000000000000000000000000000 -i data -o "$side.enc"
	step decrypt "${login[@]}" --decrypt --id 40 -m AES-CBC-PAD \
	    --iv 00000000000000000000000000000000 -i "$side.enc" -o "$side.dec"
	step hash --hash -m SHA256 -i data -o "$side.hash"
	step derive "${login[@]}" --derive --id 10 -m ECDH1-DERIVE \
	    -i pub.der -o "$side.z"
	step write-key "${login[@]}" --write-object key.der --type privkey \
	    --id 50 --label imported --usage-sign --usage-derive
	step write-public "${login[@]}" --write-object pub.der --type pubkey \
	    --id 50 --label imported
	step write-certificate "${login[@]}" --write-object cert.der \
	    --type cert --id 50 --label imported
	step write-data "${login[@]}" --write-object data --type data \
	    --label note --application-label here --private
	step sign-imported "${login[@]}" --sign --id 50 -m ECDSA-SHA256 \
	    -i data -o "$side.sig"
	step read-certificate --read-object --type cert --id 50 -o "$side.der"
	step read-public --read-object --type pubkey --id 50 -o "$side.pub"
	step read-data "${login[@]}" --read-object --type data --label note \
	    --application-label here -o "$side.data"
	step set-id "${login[@]}" --set-id 51 --type cert --id 50
	step delete "${login[@]}" --delete-object --type privkey --id 50
	step delete-twice "${login[@]}" --delete-object --type privkey --id 50
	step test "${login[@]}" --test
	step test-fork "${login[@]}" --test-fork
	step test-ec "${login[@]}" --test-ec --key-type EC:prime256v1 \
	    --id 60 --label tec
	step wrong-pin --login --pin 9999 -O
	step change-pin --login --pin "$SOFTHSM_PIN" --change-pin \
	    --new-pin 56789
	step new-pin --login --pin 56789 -O
	step set-user-pin --login --login-type so --so-pin "$SOFTHSM_SO_PIN" \
	    --init-pin --new-pin "$SOFTHSM_PIN"
	step old-pin "${login[@]}" -O
}

# timeout needs a program, not a function. Both sides run under the sanitizers
# if one has to: pkcs11-tool has findings of its own.
printf '#!/bin/sh\n%s exec pkcs11-tool "$@"\n' \
    "${SANITIZER_PRELOAD:+LD_PRELOAD=$SANITIZER_PRELOAD ASAN_OPTIONS=detect_leaks=0}" \
    >tool
chmod +x tool
: >failures
side=raw
tool=("$PWD/tool" --module "$SOFTHSM_MODULE" --token-label raw)
steps
side=ours
tool=("$PWD/tool" --module "$MODULE" --token-label ours)
steps

while read -r result name; do
	if [ "$result" = OK ]; then
		tap_ok "$name" grep -qx "OK $name" ours.set
		grep "^ours: $name:" failures | tap_diag
	elif grep -qx "OK $name" ours.set; then
		tap_pass "$name (SoftHSMv2 alone cannot)"
	else
		tap_pass "$name (refused by both)"
	fi
done <raw.set
tap_ok "most steps are possible at all" \
    test "$(grep -c ^OK raw.set)" -gt 40

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
