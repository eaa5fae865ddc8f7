#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A remote device: p11-kit-client.so, and a "p11-kit server" that offers a token
# of SoftHSMv2; see rig.sh. Further verbs:
#
#	lose DIR        kills the server and every connection, at once
#	hang DIR        the server answers no more, but is there
#	resume DIR      it goes on
#	serve DIR       starts it again after lose, at the same address
#
# RIG_PROVIDER is offered instead of SoftHSMv2's module, over the same token.
. "$(dirname "$0")/rig.sh"

rig_needs()
{
	rig_program p11-kit softhsm2-util
	RIG_MODULE=$(rig_find p11-kit-client.so pkcs11) ||
	    rig_skip "p11-kit-client.so is not here"
	p11-kit server --help >/dev/null 2>&1 ||
	    rig_skip "p11-kit server is not here"
}

rig_serve()
{
	. "$RIG_DIR/server.env"
	rm -f "$RIG_DIR/socket"
	rig_spawn server p11-kit server -f -n "$RIG_DIR/socket" \
	    --provider "$SERVER_PROVIDER" "pkcs11:token=$RIG_TOKEN"
	# The socket is there a moment before anybody listens.
	rig_await 5 grep -q " 00010000 .* $RIG_DIR/socket\$" /proc/net/unix ||
	    rig_fail "no p11-kit server"
}

rig_lose()
{
	rig_signal KILL server
	rig_await 3 rig_gone server
}

rig_hang()
{
	rig_signal STOP server
}

rig_resume()
{
	rig_signal CONT server
}

rig_start()
{
	local SERVER_PROVIDER

	TMPDIR=$RIG_DIR
	export TMPDIR
	. "$rigs/../support/softhsm.sh"
	RIG_TOKEN=rig
	softhsm_new "$RIG_TOKEN"
	trap - EXIT
	RIG_PIN=$SOFTHSM_PIN
	SERVER_PROVIDER=${RIG_PROVIDER:-$SOFTHSM_MODULE}
	rig_export SERVER_PROVIDER SOFTHSM2_CONF RIG_TOKEN \
	    >"$RIG_DIR/server.env"
	[ -z "${P11_MDOC_CONF-}" ] ||
	    rig_export P11_MDOC_CONF >>"$RIG_DIR/server.env"
	rig_serve
	P11_KIT_SERVER_ADDRESS=unix:path=$RIG_DIR/socket
	rig_print P11_KIT_SERVER_ADDRESS SOFTHSM2_CONF
}

rig_main "$@"
