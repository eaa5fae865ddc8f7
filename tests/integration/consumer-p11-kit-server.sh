#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# p11-kit server over SoftHSMv2 and over p11-mdoc.so, used through
# p11-kit-client.so by pkcs11-tool, PyKCS11, p11tool and OpenSSH.
set -u
. "${abs_top_srcdir:?}/tests/integration/consumer-support.sh"
consumer p11-kit-server p11-kit pkcs11-tool openssl
kit_client=$(pkg-config --variable=p11_module_path p11-kit-1)/p11-kit-client.so
[ -r "$kit_client" ] || tap_skip_all "p11-kit-client.so is not here"
python=/usr/bin/python3
$python -c 'import PyKCS11' 2>/dev/null || python=

server=
softhsm_cleanup()
{
	[ -z "$server" ] || kill "$server" 2>/dev/null
}

server_start()
{
	local i

	mkdir -m 700 run
	export XDG_RUNTIME_DIR=$PWD/run
	p11-kit server --sh --provider "$module" 'pkcs11:token=t0' \
	    >server.sh 2>server.err || tap_bail "p11-kit server does not start"
	. ./server.sh
	server=$P11_KIT_SERVER_PID
	# It returns before it listens.
	for ((i = 0; i < 50; i++)); do
		! shows 'token label' tool -L >/dev/null || break
		sleep 0.1
	done
}

server_stop()
{
	kill "$server"
	# It is no child of ours.
	while kill -0 "$server" 2>/dev/null; do
		sleep 0.05
	done
	server=
}

tool()
{
	limit pkcs11-tool --module "$kit_client" "$@"
}

user()
{
	tool --login --pin "$SOFTHSM_PIN" "$@"
}

remote_p11tool()
{
	GNUTLS_PIN=$SOFTHSM_PIN limit p11tool --provider "$kit_client" \
	    --batch --login "$@"
}

ssh_keys()
{
	limit ssh-keygen -D "$kit_client" >keys && grep -q ecdsa keys
}

steps()
{
	local k id=10

	printf '0123456789abcdef0123456789abcdef' >data
	server_start
	step info tool -I
	step slots shows t0 tool -L
	step mechanisms shows ECDSA tool -M
	step random tool --generate-random 32
	for k in rsa:2048 EC:prime256v1 EC:secp384r1 EC:secp521r1 \
	    EC:brainpoolP256r1; do
		step "generate-${k#*:}" user --keypairgen --key-type "$k" \
		    --id $id --label "${k#*:}" --usage-sign --usage-derive
		case $k in
		rsa*) step "sign-${k#*:}" user --sign --id $id \
			  -m SHA256-RSA-PKCS -i data -o sig ;;
		*) step "sign-${k#*:}" user --sign --id $id -m ECDSA \
		       -i data -o sig ;;
		esac
		id=$((id + 1))
	done
	step sign-hash user --sign --id 11 -m ECDSA-SHA256 -i data -o sig
	step generate-secret user --keygen --key-type GENERIC:32 --id 30 \
	    --label secret
	step mac user --sign --id 30 -m SHA256-HMAC -i data -o mac
	step objects shows secp384r1 user -O
	step write-data user --write-object data --type data --label remote
	step read-data user --read-object --type data --label remote -o read
	step same-data cmp data read
	step wrong-pin refused tool --login --pin 9999 -O
	step p11tool-list shows prime256v1 remote_p11tool --list-privkeys \
	    'pkcs11:token=t0'
	step p11tool-sign remote_p11tool --test-sign \
	    'pkcs11:token=t0;object=prime256v1'
	step ssh-keys ssh_keys
	if [ -n "$python" ]; then
		limit $python \
		    "$abs_top_srcdir/tests/integration/consumers/pykcs11.py" \
		    "$kit_client" t0 "$SOFTHSM_PIN" >report 2>&1
		report report py-
	fi
	server_stop
	step gone refused tool -L
}

consumer_compare 20
if [ -z "$python" ]; then
	tap_skip "purposes through p11-kit: python3-pykcs11 is not here"
	tap_done
fi

# Attributes of ours travel: a client binds a key, and has its own refusal.
pages=$abs_top_srcdir/doc/integration
mkdir purpose && cd purpose || exit 99
module=$MODULE
server_start
printf %s "$SOFTHSM_PIN" >pin
head -c 32 /dev/urandom >digest
softhsm_unhex <"$pages/device-authentication.hex" >data
softhsm_unhex <"$pages/session-transcript.hex" >transcript
tap_ok "purpose: a key is made by a client" user --keypairgen \
    --key-type EC:prime256v1 --id 01 --label device --usage-sign \
    --usage-derive
tap_ok "purpose: it signs" user --sign --id 01 -m ECDSA -i digest -o sig
tap_ok "purpose: a client binds it" $python "$pages/bind.py" "$kit_client" \
    t0 pin device device
tap_ok "purpose: it signs no more" refused user --sign --id 01 -m ECDSA \
    -i digest -o sig
server_stop
tap_done
