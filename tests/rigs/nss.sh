#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# NSS softokn as a PKCS#11 module, with a database; see rig.sh. It wants an
# initialisation string, RIG_INIT_ARGS. Its slot 2 is the database.
. "$(dirname "$0")/rig.sh"

rig_needs()
{
	rig_program certutil
	RIG_MODULE=$(rig_find libsoftokn3.so) ||
	    RIG_MODULE=$(rig_find libsoftokn3.so nss) ||
	    rig_skip "libsoftokn3.so is not here"
}

rig_start()
{
	RIG_PIN=1234
	RIG_TOKEN='NSS Certificate DB'
	mkdir "$RIG_DIR/db"
	echo "$RIG_PIN" >"$RIG_DIR/pin"
	certutil -N -d "sql:$RIG_DIR/db" -f "$RIG_DIR/pin" \
	    >"$RIG_DIR/certutil.log" 2>&1 || rig_fail "certutil -N"
	RIG_INIT_ARGS="configdir='sql:$RIG_DIR/db' certPrefix='' keyPrefix=''"
	RIG_INIT_ARGS="$RIG_INIT_ARGS secmod='' flags="
	rig_print
}

rig_main "$@"
