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

kit=$(pkg-config --variable=proxy_module p11-kit-1 2>/dev/null)
configs=$(pkg-config --variable=p11_module_configs p11-kit-1 2>/dev/null)

# kit_run COMMAND...: p11-kit sees the modules of ./kit/pkcs11 only. It reads
# no file of a user's for root, who has a name space to mount over instead.
kit_run()
{
	if [ "$(id -u)" = 0 ]; then
		# shellcheck disable=SC2016
		module_run unshare -m sh -c \
		    'mount --bind "$1" "$2" && shift 2 && exec "$@"' \
		    sh "$PWD/kit/pkcs11/modules" "$configs" "$@"
	else
		XDG_CONFIG_HOME=$PWD/kit module_run "$@"
	fi
}

mkdir -p kit/pkcs11/modules
echo 'user-config: only' >kit/pkcs11/pkcs11.conf
if [ -z "$kit" ] || ! command -v p11-kit >/dev/null ||
    ! kit_run true 2>/dev/null; then
	tap_skip "p11-kit's list: p11-kit or a name space is not here"
	tap_done
fi

for first in p11-mdoc softhsm2; do
	printf 'module: %s\n' "$MODULE" >kit/pkcs11/modules/p11-mdoc.module
	printf 'module: %s\n' "$SOFTHSM_MODULE" \
	    >kit/pkcs11/modules/softhsm2.module
	echo 'priority: 9' >>kit/pkcs11/modules/$first.module
	kit_run timeout 60 p11-kit list-modules >list 2>errors
	tap_is "$?" 0 "p11-kit list-modules, $first first"
	tap_is "$(grep -c 'token: t0' list)" 2 \
	    "the token is there twice, $first first"
	tap_is "$(grep -c 'library-manufacturer: p11-mdoc' list)" 1 \
	    "our name is there, $first first"
	tap_is "$(cat errors)" "" "nothing to complain of, $first first"
	tap_ok "both behind p11-kit-proxy, $first first" shows t0 \
	    kit_run timeout 60 pkcs11-tool --module "$kit" -L
	tap_ok "a signature behind p11-kit-proxy, $first first" \
	    kit_run timeout 60 pkcs11-tool --module "$kit" --slot-index 0 \
	    --login --pin "$SOFTHSM_PIN" --keypairgen \
	    --key-type EC:prime256v1 --label "$first"
done
tap_done
