#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# doc/examples/device-mac with a published key in SoftHSMv2.
set -u
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
v=$abs_top_srcdir/tests/vectors/device-mac
softhsm_new t0
softhsm_import_p256 t0 "$(tr -d ' \n' <"$v/device-key.hex")" 01 dev ||
    tap_bail "the key could not be imported"
cd "$SOFTHSM_FOLDER" || tap_bail "no folder"
printf '[module]\ninfo = own\n' >p11-mdoc.conf
export P11_MDOC_CONF=$SOFTHSM_FOLDER/p11-mdoc.conf
echo "$SOFTHSM_PIN" >pin
softhsm_unhex <"$v/data.hex" >data
softhsm_unhex <"$v/tag.hex" >wanted

run()
{
	"$abs_top_builddir/doc/examples/device-mac" \
	    "$abs_top_builddir/p11-mdoc.so" "$@"
}

run 'pkcs11:token=t0;object=dev' pin <data >tag 2>err
tap_is $? 0 "the example runs"
tap_ok "its tag is the published one" cmp tag wanted
tap_ok "it says the key path" grep -qx 'path C' err
echo 9999 >wrong
tap_exits 1 "a wrong PIN is an error" run 'pkcs11:token=t0;object=dev' wrong
tap_exits 1 "so is an absent key" run 'pkcs11:token=t0;object=absent' pin
tap_exits 2 "so is a wrong call" run
tap_done
