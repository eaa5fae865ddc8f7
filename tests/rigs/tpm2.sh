#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# tpm2-pkcs11 over a TPM in software (swtpm) and a resource manager
# (tpm2-abrmd) on a bus of its own; see rig.sh. A resource manager it must be:
# a TPM has room for three transient objects.
. "$(dirname "$0")/rig.sh"

rig_needs()
{
	rig_program swtpm tpm2-abrmd dbus-daemon tpm2_ptool
	RIG_MODULE=$(rig_find libtpm2_pkcs11.so.1) ||
	    RIG_MODULE=$(rig_find libtpm2_pkcs11.so pkcs11) ||
	    rig_skip "libtpm2_pkcs11.so is not here"
	rig_find libtss2-tcti-swtpm.so.0 >/dev/null ||
	    rig_skip "libtss2-tcti-swtpm is not here"
	rig_find libtss2-tcti-tabrmd.so.0 >/dev/null ||
	    rig_skip "libtss2-tcti-tabrmd is not here"
}

rig_resource_manager()
{
	dbus-send --bus="$DBUS_SESSION_BUS_ADDRESS" --print-reply \
	    --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetNameOwner \
	    string:com.intel.tss2.Tabrmd
}

rig_start()
{
	local allow=()

	RIG_PIN=1234
	RIG_TOKEN=rig
	mkdir "$RIG_DIR/state" "$RIG_DIR/store"
	rig_spawn swtpm swtpm socket --tpm2 --tpmstate "dir=$RIG_DIR/state" \
	    --flags not-need-init,startup-clear \
	    --server "type=unixio,path=$RIG_DIR/tpm" \
	    --ctrl "type=unixio,path=$RIG_DIR/tpm.ctrl"
	export DBUS_SESSION_BUS_ADDRESS=unix:path=$RIG_DIR/bus
	rig_spawn bus dbus-daemon --session --nofork --nopidfile \
	    --address="$DBUS_SESSION_BUS_ADDRESS"
	rig_await 5 test -S "$RIG_DIR/bus" || rig_fail "no bus"
	rig_await 5 test -S "$RIG_DIR/tpm.ctrl" || rig_fail "no swtpm"
	[ "$(id -u)" != 0 ] || allow=(--allow-root)
	rig_spawn abrmd env PATH="$PATH:/usr/sbin" tpm2-abrmd --session \
	    "${allow[@]}" --tcti="swtpm:path=$RIG_DIR/tpm"
	rig_await 10 rig_resource_manager || rig_fail "no resource manager"
	TPM2_PKCS11_TCTI=tabrmd:bus_name=com.intel.tss2.Tabrmd,bus_type=session
	TPM2TOOLS_TCTI=$TPM2_PKCS11_TCTI
	TPM2_PKCS11_STORE=$RIG_DIR/store
	TPM2_PKCS11_BACKEND=esysdb
	TSS2_LOG=all+none
	export TPM2_PKCS11_TCTI TPM2TOOLS_TCTI TPM2_PKCS11_STORE \
	    TPM2_PKCS11_BACKEND TSS2_LOG
	{
		tpm2_ptool init --path "$RIG_DIR/store" &&
		    tpm2_ptool addtoken --pid=1 --sopin=12345678 \
			--userpin="$RIG_PIN" --label="$RIG_TOKEN" \
			--path "$RIG_DIR/store"
	} >"$RIG_DIR/ptool.log" 2>&1 || rig_fail "tpm2_ptool"
	rig_print DBUS_SESSION_BUS_ADDRESS TPM2_PKCS11_TCTI TPM2TOOLS_TCTI \
	    TPM2_PKCS11_STORE TPM2_PKCS11_BACKEND TSS2_LOG
}

rig_main "$@"
