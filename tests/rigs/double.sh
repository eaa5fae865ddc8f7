#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# SoftHSMv2 below a module that answers wrongly, late or never; see rig.sh and
# tests/support/double-device.c. What it does is in $P11_DOUBLE_CONTROL, which
# may be written while a program runs. abs_top_builddir: where it was built.
. "$(dirname "$0")/rig.sh"

rig_needs()
{
	rig_program softhsm2-util
	RIG_MODULE=${abs_top_builddir:-$rigs/../../build}/.libs/double-device.so
	[ -r "$RIG_MODULE" ] || rig_skip "$RIG_MODULE is not built"
}

rig_start()
{
	TMPDIR=$RIG_DIR
	export TMPDIR
	. "$rigs/../support/softhsm.sh"
	RIG_TOKEN=rig
	softhsm_new "$RIG_TOKEN"
	trap - EXIT
	RIG_PIN=$SOFTHSM_PIN
	P11_DOUBLE_REAL=$SOFTHSM_MODULE
	P11_DOUBLE_CONTROL=$RIG_DIR/control
	: >"$P11_DOUBLE_CONTROL"
	rig_print SOFTHSM2_CONF P11_DOUBLE_REAL P11_DOUBLE_CONTROL
}

rig_main "$@"
