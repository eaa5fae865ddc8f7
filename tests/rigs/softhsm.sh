#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# SoftHSMv2 with one token; see rig.sh.
. "$(dirname "$0")/rig.sh"

rig_needs()
{
	rig_program softhsm2-util
}

rig_start()
{
	TMPDIR=$RIG_DIR
	export TMPDIR
	. "$rigs/../support/softhsm.sh"
	RIG_TOKEN=rig
	softhsm_new "$RIG_TOKEN"
	trap - EXIT
	RIG_MODULE=$SOFTHSM_MODULE
	RIG_PIN=$SOFTHSM_PIN
	rig_print SOFTHSM2_CONF
}

rig_main "$@"
