#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# OpenSSH: keys of the token listed, in an agent, as signers and as a
# certification authority.
set -u
. "${abs_top_srcdir:?}/tests/integration/consumer-support.sh"
consumer openssh ssh-keygen ssh-agent ssh-add pkcs11-tool

agent=
softhsm_cleanup()
{
	[ -z "$agent" ] || kill "$agent" 2>/dev/null
}

# The agent takes a module only from a folder that it was told of, by its real
# path, and asks for the PIN with a program.
agent_start()
{
	eval "$(ssh-agent -s -P "$(readlink -f "$module"),$module")" >agent.out
	agent=$SSH_AGENT_PID
	printf '#!/bin/sh\necho %s\n' "${1:-$SOFTHSM_PIN}" >ask
	chmod +x ask
	export SSH_ASKPASS=$PWD/ask SSH_ASKPASS_REQUIRE=force DISPLAY=:9
}

agent_stop()
{
	kill "$agent"
	agent=
}

key_new()
{
	limit pkcs11-tool --module "$module" --token-label t0 --login \
	    --pin "$SOFTHSM_PIN" --keypairgen --key-type "$1" --id "$2" \
	    --label "$3" --usage-sign
}

list()
{
	limit ssh-keygen -D "$module" >keys && grep -q ecdsa-sha2-nistp256 keys &&
	    grep -q ecdsa-sha2-nistp384 keys &&
	    grep -q ecdsa-sha2-nistp521 keys && grep -q ssh-rsa keys
}

# sign PUBLIC-KEY: a file is signed by the agent, and checked
sign()
{
	rm -f data.sig
	limit ssh-keygen -Y sign -f "$1" -n file data &&
	    limit ssh-keygen -Y check-novalidate -n file -s data.sig <data
}

verify()
{
	printf 'me %s\n' "$(cat ecdsa-sha2-nistp256.pub)" >allowed
	sign ecdsa-sha2-nistp256.pub &&
	    limit ssh-keygen -Y verify -f allowed -I me -n file -s data.sig \
		<data
}

# The token's key certifies another one, as a host's or user's CA does.
certify()
{
	rm -f soft soft.pub soft-cert.pub
	limit ssh-keygen -q -t ed25519 -N '' -f soft &&
	    limit ssh-keygen -D "$module" -s "$1.pub" -I someone -n me \
		-V +1d soft.pub &&
	    limit ssh-keygen -L -f soft-cert.pub
}

certify_by_agent()
{
	rm -f soft soft.pub soft-cert.pub
	limit ssh-keygen -q -t ed25519 -N '' -f soft &&
	    limit ssh-keygen -U -s "$1.pub" -I someone -n me soft.pub &&
	    limit ssh-keygen -L -f soft-cert.pub
}

steps()
{
	local type

	echo hello >data
	key_new rsa:2048 01 rsa >key.out 2>&1
	key_new EC:prime256v1 02 p256 >key.out 2>&1
	key_new EC:secp384r1 03 p384 >key.out 2>&1
	key_new EC:secp521r1 04 p521 >key.out 2>&1
	step ssh-keygen-list list
	agent_start
	step ssh-add ssh-add -s "$module"
	step ssh-add-list shows ECDSA ssh-add -l
	for type in ssh-rsa ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 \
	    ecdsa-sha2-nistp521; do
		grep "^$type " keys | head -n 1 >$type.pub
		step "sign-$type" sign $type.pub
		step "test-$type" ssh-add -T $type.pub
		step "certify-by-agent-$type" certify_by_agent $type
	done
	step verify verify
	step ssh-add-twice refused ssh-add -s "$module"
	step ssh-add-remove ssh-add -e "$module"
	step gone refused ssh-add -T ssh-rsa.pub
	step certify certify ecdsa-sha2-nistp256
	agent_stop
	agent_start 9999
	step wrong-pin refused ssh-add -s "$module"
	agent_stop
}

consumer_compare 16
tap_done
