#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What a system integrates with: p11-mdoc.pc, p11-mdoc.module, and the units of
# systemd, as they were made in this build.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
[ -z "${SANITIZER_PRELOAD-}" ] ||
    tap_skip_all "foreign programs do not load a module with sanitizers"
softhsm_new t0
. "$abs_top_srcdir/tests/support/module.sh"
. "$abs_top_srcdir/tests/support/p11-kit.sh"
cd "$SOFTHSM_FOLDER" || exit 99
conf=$abs_top_builddir/conf
# Where a command of words can name it.
ln -s "$MODULE" module.so

socket_pid=
softhsm_cleanup()
{
	[ -z "$socket_pid" ] || kill "$socket_pid" 2>/dev/null
}

variable()
{
	PKG_CONFIG_PATH=$conf pkg-config --variable="$1" p11-mdoc
}

tap_ok "p11-mdoc.pc is valid" env PKG_CONFIG_PATH="$conf" \
    pkg-config --validate p11-mdoc
for v in p11_module_path p11_module_configs; do
	tap_ok "it has $v" test -n "$(variable $v)"
done
tap_is "$(variable module)" "$(variable p11_module_path)/p11-mdoc.so" \
    "it has the module"
tap_ok "it has the headers" grep -q -- -I <(PKG_CONFIG_PATH=$conf \
    PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 pkg-config --cflags p11-mdoc)

# p11-mdoc.module as made, but for the path.
module_file()
{
	sed "s|^module:.*|module: $MODULE|" "$conf/p11-mdoc.module" \
	    >kit/pkcs11/modules/p11-mdoc.module
}

tokens()
{
	grep -c 'token: t0'
}

if ! kit_new; then
	tap_skip "p11-kit's list: p11-kit or a name space is not here"
else
	tap_ok "p11-mdoc.module names the module" grep -qE \
	    "^module: (p11-mdoc.so|$(variable module))\$" \
	    "$conf/p11-mdoc.module"
	module_file
	kit_run timeout 60 p11-kit list-modules >list 2>errors
	tap_is "$(tokens <list)" 1 "p11-kit list-modules has the token"
	tap_is "$(cat errors)" "" "nothing to complain of"
	kit_module softhsm2 "$SOFTHSM_MODULE"
	kit_run timeout 60 p11-kit list-modules >list 2>&1
	tap_is "$(tokens <list)" 2 "with softhsm2.module it is there twice"
	# What README.md of doc/integration says of it.
	echo 'module:' >kit/pkcs11/modules/softhsm2.module
	kit_run timeout 60 p11-kit list-modules >list 2>&1
	tap_is "$(tokens <list)" 1 "with an empty module: line it is there once"
	kit_module softhsm2 "$SOFTHSM_MODULE" 'disable-in: p11-kit'
	kit_run timeout 60 p11-kit list-modules >list 2>&1
	tap_is "$(tokens <list)" 1 "and so it is with disable-in"
	# The other end of a pipe, as behind ssh.
	rm kit/pkcs11/modules/*
	printf 'remote: |p11-kit remote --provider %s pkcs11:token=t0\n' \
	    "$PWD/module.so" >kit/pkcs11/modules/remote.module
	kit_run timeout 60 p11-kit list-modules >list 2>&1
	tap_is "$(tokens <list)" 1 "with a remote: line the token is there"
	rm kit/pkcs11/modules/*
	module_file
	# A program whose name is in our disable-in line.
	kit_module softhsm2 "$SOFTHSM_MODULE"
	if command -v p11tool >/dev/null; then
		cp "$(command -v p11tool)" firefox-esr
		kit_run timeout 60 ./firefox-esr --list-tokens --batch \
		    >list 2>&1
		tap_is "$(grep -c 'Label: t0' list)" 1 \
		    "a browser does not see ours"
	else
		tap_skip "a browser: p11tool is not here"
	fi
fi

# The units. The users and folders are not here, the rest is checked.
if command -v systemd-analyze >/dev/null; then
	mkdir units
	printf '[Service]\nExecStart=/bin/true\nPrivateTemp=yes\n' \
	    >units/planted.service
	tap_ok "systemd-analyze finds a planted error" grep -q PrivateTemp \
	    <(systemd-analyze verify --man=no "$PWD/units/planted.service" 2>&1)
	cp "$abs_top_srcdir/conf/systemd/p11-mdoc.socket" units
	cp "$conf/systemd/p11-mdoc@.service" units
	systemd-analyze verify --man=no "$PWD/units/p11-mdoc.socket" \
	    "$PWD/units/p11-mdoc@.service" >verify.out 2>&1
	tap_is "$(grep -F p11-mdoc verify.out)" "" "systemd-analyze verify"
	systemd-analyze security --offline=yes --threshold=20 \
	    "$PWD/units/p11-mdoc@.service" >security.out 2>&1
	tap_is "$?" 0 "systemd-analyze security: $(tail -n 1 security.out |
	    tr -cd 'A-Za-z0-9.:@ -')"
else
	tap_skip "the units: systemd-analyze is not here"
fi

# unit KEY: its first value in the service
unit()
{
	sed -n "s|^$1=||p" "$conf/systemd/p11-mdoc@.service"
}

# The command of the service behind a socket, as systemd would start it.
kit_client=$(pkg-config --variable=p11_module_path p11-kit-1)/p11-kit-client.so
if ! command -v systemd-socket-activate >/dev/null ||
    ! command -v pkcs11-tool >/dev/null || [ ! -r "$kit_client" ]; then
	tap_skip "the service: a program to run it with is not here"
	tap_done
fi
mkdir credentials
printf '%s\n' "$SOFTHSM_PIN" >credentials/pin
printf '%s\n' '[device softhsm]' "module = $SOFTHSM_MODULE" \
    'pin-source = cred:pin' >server.conf
pkcs11-tool --module "$MODULE" --token-label t0 --login --pin "$SOFTHSM_PIN" \
    --keypairgen --key-type EC:prime256v1 --id 01 --label k --usage-sign \
    >key.out 2>&1
command=$(unit ExecStart)
command=${command/"$(variable module)"/"$PWD/module.so"}
command=${command//'${P11_MDOC_TOKEN}'/"$(
    unit Environment | sed -n 's/^P11_MDOC_TOKEN=//p')"}
# shellcheck disable=SC2086
systemd-socket-activate --accept --inetd -l "$PWD/pkcs11" \
    -E CREDENTIALS_DIRECTORY="$PWD/credentials" -E SOFTHSM2_CONF \
    -E P11_MDOC_CONF="$PWD/server.conf" $command >activate.out 2>&1 &
socket_pid=$!
for ((i = 0; i < 50; i++)); do
	! grep -q " 00010000 .* $PWD/pkcs11\$" /proc/net/unix || break
	sleep 0.1
done
export P11_KIT_SERVER_ADDRESS=unix:path=$PWD/pkcs11
unset SOFTHSM2_CONF P11_MDOC_CONF
tap_ok "a client has the token" grep -q t0 <(timeout 60 pkcs11-tool \
    --module "$kit_client" -L 2>&1)
tap_ok "and private keys, without a PIN" grep -q 'label: *k' <(timeout 60 \
    pkcs11-tool --module "$kit_client" -O --type privkey 2>&1)
head -c 32 /dev/urandom >digest
tap_ok "and signs with them" timeout 60 pkcs11-tool --module "$kit_client" \
    --sign --id 01 -m ECDSA -i digest -o signature

# SoftHSMv2 2.6.1 writes token.object at each login, and a process that reads
# it in that instant finds no token, or cannot log in. It tries again.
client()
{
	local try

	for try in 1 2 3 4 5 6; do
		timeout 60 pkcs11-tool --module "$kit_client" --sign --id 01 \
		    -m ECDSA -i digest -o "signature$1" >"client$1" 2>&1 &&
		    return 0
	done
	return 1
}

for i in 1 2 3; do
	client $i &
	clients[i]=$!
done
for i in 1 2 3; do
	wait "${clients[i]}"
	tap_is "$?" 0 "client $i of three at once"
	tap_diag <"client$i"
done
tap_done
