#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# p11-kit-proxy.so, once over SoftHSMv2 and once over p11-mdoc.so, for
# pkcs11-tool and PyKCS11; and p11-kit's own program.
set -u
. "${abs_top_srcdir:?}/tests/integration/consumer-support.sh"
. "$abs_top_srcdir/tests/support/p11-kit.sh"
consumer p11-kit-proxy p11-kit pkcs11-tool openssl
kit_new || tap_skip_all "p11-kit-proxy or a name space is not here"
python=/usr/bin/python3
$python -c 'import PyKCS11' 2>/dev/null || python=

tool()
{
	kit_run timeout 60 pkcs11-tool --module "$KIT_PROXY" --token-label t0 \
	    "$@"
}

user()
{
	tool --login --pin "$SOFTHSM_PIN" "$@"
}

proxied_python()
{
	kit_run timeout 120 $python \
	    "$abs_top_srcdir/tests/integration/consumers/pykcs11.py" \
	    "$KIT_PROXY" t0 "$SOFTHSM_PIN" >report 2>&1
	report report py-
}

steps()
{
	local k id=10

	printf '0123456789abcdef0123456789abcdef' >data
	kit_new && kit_module tested "$module"
	step list-modules shows 't0' kit_run timeout 60 p11-kit list-modules
	step slots shows t0 kit_run timeout 60 pkcs11-tool \
	    --module "$KIT_PROXY" -L
	step mechanisms tool -M
	for k in rsa:2048 EC:prime256v1 EC:secp384r1 EC:secp521r1 \
	    EC:brainpoolP256r1 EC:edwards25519; do
		step "generate-${k#*:}" user --keypairgen --key-type "$k" \
		    --id $id --label "${k#*:}" --usage-sign
		case $k in
		rsa*) step "sign-${k#*:}" user --sign --id $id \
			  -m SHA256-RSA-PKCS -i data -o sig ;;
		*5519) step "sign-${k#*:}" user --sign --id $id -m EDDSA \
			   -i data -o sig ;;
		*) step "sign-${k#*:}" user --sign --id $id -m ECDSA \
		       -i data -o sig ;;
		esac
		id=$((id + 1))
	done
	step objects shows secp521r1 user -O
	step write-data user --write-object data --type data --label proxied
	step test-fork user --test-fork
	[ -z "$python" ] || proxied_python
}

consumer_compare 15

# Ours has one thing more to give: what its mechanism made is a MAC.
kit_module p11-mdoc "$MODULE"
tap_ok "p11-kit-proxy: our mechanisms are behind it" shows 0xCD441002 \
    kit_run timeout 60 pkcs11-tool --module "$KIT_PROXY" --token-label t0 -M
tap_done
