#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# "store = file": credentials for keys in tokens that hold no credential, NSS
# softokn and a PIV card, from the issuer to a verified presentation.
set -u
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
. "$abs_top_srcdir/tests/integration/cli-support.sh"
cli_setup
tap_ok "the issuer's and the reader's keys are made" cli_people
rig=
softhsm_cleanup()
{
	[ -z "$rig" ] || "$abs_top_srcdir/tests/rigs/$rig.sh" stop "$RIG_DIR"
}

# configure LINE...: the rig's device beside SoftHSMv2, with these lines
configure()
{
	{
		printf '[device softhsm]\nmodule = %s\n' "$SOFTHSM_MODULE"
		printf '[device %s]\nmodule = %s\n' "$rig" "$RIG_MODULE"
		[ -z "$RIG_INIT_ARGS" ] ||
		    printf 'init-args = %s\n\t%s\n' "${RIG_INIT_ARGS%% *}" \
			"${RIG_INIT_ARGS#* }"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >p11-mdoc.conf
}

# rig_uri PART: a part of the rig's token, with its PIN
rig_uri()
{
	printf 'pkcs11:token=%s;%s?pin-source=file:rig.pin' \
	    "${RIG_TOKEN// /%20}" "$1"
}

issue()
{
	"$p" issue person.json --ds-key "$(uri ds)" --ds-cert ds.pem \
	    --device-key "$(rig_uri "$key")" --out mdl.cbor \
	    --store "$(rig_uri object=mdl)" "${pin[@]}"
}

# prints TEXT COMMAND...: what the command prints has the text
prints()
{
	local text=$1

	shift
	"$@" >prints.out 2>&1
	grep -q -- "$text" prints.out || {
		cat prints.out
		return 1
	}
}

# life NAME KEY PATH STATUS: KEY is the key's part of the URI; STATUS that of
# the program where the token shall hold the credential
life()
{
	local status=0 file

	# A rig keeps what it does not set itself.
	unset "${!RIG_@}"
	"$abs_top_srcdir/tests/rigs/$1.sh" start >rig.env 2>rig.err ||
	    status=$?
	if [ $status -eq 77 ]; then
		tap_skip "$1: $(sed -n 's/^SKIP //p' rig.err)"
		return
	fi
	[ $status -eq 0 ] || tap_bail "$(cat rig.err)"
	. ./rig.env
	rig=$1
	key=$2
	echo "$RIG_PIN" >rig.pin
	configure
	[ "$1" = piv ] || "$p" key generate "$(rig_uri "$key")" >/dev/null
	tap_exits "$4" "$1: the token itself takes no credential" issue
	configure "store = $PWD/records-$1"
	tap_ok "$1: with a store it does" issue
	tap_ok "$1: it is listed" prints 'mdl .*org.iso.18013.5.1.mDL' \
	    "$p" credential list "$(rig_uri type=data)"
	tap_ok "$1: what is stored is what was issued" sh -c \
	    "'$p' credential show '$(rig_uri object=mdl)' | cmp - mdl.cbor"
	tap_is "$(find "records-$1" -type f | wc -l)" 1 "$1: it is one file"
	file=$(find "records-$1" -type f)
	tap_is "$(stat -c %a "$file" "${file%/*}" | tr '\n' ' ')" "600 700 " \
	    "$1: nobody else may read it"
	tap_exits 1 "$1: it is sealed" \
	    grep -aq -e mDL -e mdl -e family_name "$file"
	cli_exchange --mode mac --reader-trust reader-ca.pem \
	    "$(rig_uri object=mdl)" -- --get family_name \
	    --reader-key "$(uri reader)" --reader-cert reader.pem \
	    --trust iaca.pem
	tap_is "$read_status $present_status" "0 0" "$1: it is presented"
	tap_ok "$1: by key path $3" \
	    grep -q "device-auth *path $3 " present.out
	tap_ok "$1: it is deleted" \
	    "$p" credential delete "$(rig_uri object=mdl)"
	tap_is "$(find "records-$1" -type f | wc -l)" 0 "$1: no file is left"
	"$abs_top_srcdir/tests/rigs/$1.sh" stop "$RIG_DIR"
	rig=
}

cp "$abs_top_srcdir/conf/demo/person.json" \
    "$abs_top_srcdir/conf/demo/portrait.jpg" .
life nss 'object=wallet' A 5
life piv 'id=%03' D 6
tap_done
