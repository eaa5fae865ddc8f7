#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# p11-mdoc.so under p11-kit: named by a program (p11tool), and in p11-kit's
# own list beside SoftHSMv2, which it loads through p11-kit itself.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
command -v p11tool >/dev/null || tap_skip_all "p11tool is not here"
[ -z "${SANITIZER_PRELOAD-}" ] ||
    tap_skip_all "p11-kit's programs hang at their end under AddressSanitizer"
# With nothing but libasan.so preloaded, programs with libp11-kit 0.24.1 stand
# still in its destructor, in freelocale().
[ -z "${SANITIZER_PRELOAD-}" ] ||
    tap_skip_all "programs with libp11-kit do not end with libasan.so"
softhsm_new t0
. "$abs_top_srcdir/tests/support/module.sh"
. "$abs_top_srcdir/tests/support/p11-kit.sh"
cd "$SOFTHSM_FOLDER" || exit 99
export GNUTLS_PIN=$SOFTHSM_PIN GNUTLS_SO_PIN=$SOFTHSM_SO_PIN

p11()
{
	module_run timeout 60 p11tool --provider "$MODULE" --batch --login "$@"
}

# shows TEXT COMMAND...: what the command prints holds the text
shows()
{
	local text=$1
	shift
	"$@" >out 2>&1
	grep -qF -- "$text" out || {
		cat out
		return 1
	}
}

url='pkcs11:token=t0'
tap_ok "tokens" shows 'token=t0' p11 --list-tokens
tap_ok "mechanisms" shows CKM_ECDSA p11 --list-mechanisms "$url"
tap_ok "a key is made" p11 --generate-privkey=ECDSA --curve secp256r1 \
    --label k --outfile k.pub "$url"
tap_ok "it signs" p11 --test-sign "$url;object=k"
tap_ok "it is listed" shows 'object=k;type=private' p11 --list-privkeys "$url"
tap_ok "random bytes" p11 --generate-random=16 --outfile random "$url"
tap_ok "it is deleted" p11 --delete "$url;object=k"

if ! kit_new; then
	tap_skip "p11-kit's list: p11-kit or a name space is not here"
	tap_done
fi

for first in p11-mdoc softhsm2; do
	kit_module p11-mdoc "$MODULE"
	kit_module softhsm2 "$SOFTHSM_MODULE"
	echo 'priority: 9' >>kit/pkcs11/modules/$first.module
	kit_run timeout 60 p11-kit list-modules >list 2>errors
	tap_is "$?" 0 "p11-kit list-modules, $first first"
	tap_is "$(grep -c 'token: t0' list)" 2 \
	    "the token is there twice, $first first"
	tap_is "$(grep -c 'library-manufacturer: p11-mdoc' list)" 1 \
	    "our name is there, $first first"
	tap_is "$(cat errors)" "" "nothing to complain of, $first first"
	tap_ok "both behind p11-kit-proxy, $first first" shows t0 \
	    kit_run timeout 60 pkcs11-tool --module "$KIT_PROXY" -L
	tap_ok "a signature behind p11-kit-proxy, $first first" \
	    kit_run timeout 60 pkcs11-tool --module "$KIT_PROXY" --slot-index 0 \
	    --login --pin "$SOFTHSM_PIN" --keypairgen \
	    --key-type EC:prime256v1 --label "$first"
done
tap_done
