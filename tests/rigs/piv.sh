#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# OpenSC over a pcscd of its own, vpcd's virtual reader and a PIV card in
# software; see rig.sh. Further verbs:
#
#	remove DIR      pulls the card out
#	insert DIR      puts it back: the same card, powered up anew
#
# RIG_KEY_9D, a scalar in hex, is taken for the card's key to agree with.
. "$(dirname "$0")/rig.sh"

rig_needs()
{
	rig_program pcscd
	[ -e /usr/lib/pcsc/drivers/serial/libifdvpcd.so ] ||
	    rig_skip "vpcd (vsmartcard) is not here"
	RIG_MODULE=$(rig_find opensc-pkcs11.so) ||
	    rig_skip "opensc-pkcs11.so is not here"
	rig_python cryptography >/dev/null ||
	    rig_skip "python3-cryptography is not here"
	[ -d /run/pcscd ] || [ "$(id -u)" = 0 ] ||
	    rig_skip "/run/pcscd is not here, and only root can make it"
}

rig_card_seen()
{
	# A slot is taken from pcscd only if something has changed in it, so
	# a card counts when the whole of it can be read.
	pkcs11-tool --module "$RIG_MODULE" --list-token-slots 2>/dev/null |
	    grep -q 'serial num'
}

rig_insert()
{
	local python options=()

	python=$(rig_python cryptography)
	[ ! -s "$RIG_DIR/key-9d" ] ||
	    options=(--key "9D=$(cat "$RIG_DIR/key-9d")")
	rig_spawn card "$python" "$rigs/piv-card.py" "${options[@]}" \
	    "$(cat "$RIG_DIR/reader/port")"
	export PCSCLITE_CSOCK_NAME=$RIG_DIR/reader/socket
	: "${RIG_MODULE:=$(rig_find opensc-pkcs11.so)}"
	! command -v pkcs11-tool >/dev/null ||
	    rig_await 15 rig_card_seen || rig_fail "no card is seen"
}

rig_remove()
{
	rig_end card
	# The reader looks for its card several times a second.
	sleep 1
}

rig_start()
{
	local python

	python=$(rig_python cryptography)
	RIG_PIN=123456
	RIG_TOKEN='Test PIV 9A'
	printf '%s' "${RIG_KEY_9D-}" >"$RIG_DIR/key-9d"
	# Others than the owner may not know its keys, but nobody starts pcscd.
	chmod 711 "$RIG_DIR"
	mkdir "$RIG_DIR/reader"
	rig_spawn pcscd "$python" "$rigs/pcscd-private.py" "$RIG_DIR/reader"
	rig_await 5 test -s "$RIG_DIR/reader/port" || rig_fail "no pcscd"
	rig_insert
	rig_print PCSCLITE_CSOCK_NAME
}

rig_main "$@"
