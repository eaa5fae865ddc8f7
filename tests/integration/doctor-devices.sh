#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# p11-mdoc doctor over the devices of tests/rigs: what it finds out on each.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
command -v python3 >/dev/null || tap_skip_all "python3 is not here"
p=$abs_top_builddir/p11-mdoc
schema=$abs_top_srcdir/tests/integration/doctor-schema.py
unset P11_MDOC_CONF P11_MDOC_MODULE P11_MDOC_DEBUG
folder=$(mktemp -d) || tap_bail "no temporary folder"
RIG_DIR=

stop()
{
	[ -z "$RIG_DIR" ] ||
	    "$abs_top_srcdir/tests/rigs/$rig.sh" stop "$RIG_DIR"
	RIG_DIR=
}
trap 'stop; rm -rf "$folder"' EXIT
cd "$folder" || exit 99

# start RIG: false if it is not here
start()
{
	local assignments

	rig=$1
	# What the one before has exported is not for this one.
	unset RIG_INIT_ARGS RIG_TOKEN RIG_PIN RIG_MODULE RIG_PIDS
	assignments=$("$abs_top_srcdir/tests/rigs/$rig.sh" start 2>err) || {
		tap_skip "$rig: $(tail -n 1 err)"
		return 1
	}
	eval "$assignments"
	printf '%s\n' "$RIG_PIN" >pin
	token=$(python3 -c 'import sys, urllib.parse
print("pkcs11:token=" + urllib.parse.quote(sys.argv[1]))' "$RIG_TOKEN")
}

# doctor NAME STATUS URI [ARGUMENT...]
doctor()
{
	local name=$1 status=$2 uri=$3 got=0
	shift 3
	"$p" doctor --json --module "$RIG_MODULE" \
	    ${RIG_INIT_ARGS:+--init-args "$RIG_INIT_ARGS"} "$uri" \
	    --pin-source file:pin "$@" >r.json 2>err </dev/null || got=$?
	tap_is "$got:$(cat err)" "$status:" "$name: exit status $status"
	tap_is "$(python3 "$schema" r.json 2>&1)" ok "$name: the form of the report"
}

says()
{
	tap_is "$(python3 "$schema" r.json "$1" 2>&1)" "$2" "$3"
}

if start nss; then
	doctor "NSS" 0 "$token" --profile wallet --minimum-path A
	says 'c["device-mac"]["path"], c["session-keys"]["path"], c["hpke-open"]["path"]' \
	    "('A', 'A', 'A')" "NSS: path A"
	says 't["profiles"]["walletMacStrict"]' yes "NSS: the strict MAC"
	says '[p["result"] for p in t["paths"]][:2]' '["yes", "yes"]' \
	    "NSS: paths A and B work"
	says 't["objects"]["unchanged"]' true "NSS: nothing was written"
	# Two devices: each token has its own PIN and its own paths.
	nss_token=$token?pin-source=file:pin.nss
	nss_module=$RIG_MODULE nss_args=$RIG_INIT_ARGS nss_dir=$RIG_DIR
	cp pin pin.nss
	RIG_DIR=
	if start softhsm; then
		printf '[device %s]\nmodule = %s\n' soft "$RIG_MODULE" >two.conf
		printf '[device %s]\nmodule = %s\ninit-args = %s\nslots = 2\n' \
		    nss "$nss_module" "$nss_args" >>two.conf
		P11_MDOC_CONF=two.conf "$p" doctor --json "$nss_token" \
		    "$token?pin-source=file:pin" >r.json 2>err </dev/null
		tap_is "$?:$(cat err)" 0: "two devices"
		says '[(x["device"]["name"], [k["path"] for k in x["capabilities"] if k["id"] == "device-mac"]) for x in r["tokens"]]' \
		    '[["soft", ["C"]], ["nss", ["A"]]]' "two devices: a path each"
		says '[x["login"]["result"] for x in r["tokens"]]' \
		    '["ok", "ok"]' "two devices: a PIN each"
		says '[len([p for p in x["paths"] if p["result"] == "no"]) for x in r["tokens"]]' \
		    '[2, 0]' "two devices: each is asked why itself"
		stop
	fi
	rig=nss RIG_DIR=$nss_dir
	stop
fi

if start piv; then
	doctor "PIV" 0 "$token"
	says 't["sessionKeys"]["result"], t["sessionKeys"]["error"]' \
	    "('unknown', 'CKR_FUNCTION_NOT_SUPPORTED')" \
	    "PIV: it makes no keys, so that nothing was tried"
	says 'len(t["candidates"]) >= 3' true "PIV: keys that could be named"
	doctor "PIV, its keys" 0 "$token;type=private" --profile wallet
	says 'sorted(set(k["path"] for k in t["keys"]))' '["D", "S"]' \
	    "PIV: the path of each key"
	says '[p["result"] for p in t["paths"]]' '["no", "no", "no", "yes"]' \
	    "PIV: why not a stronger one"
	says 't["objects"]["unchanged"]' true "PIV: the keys are still there"
	says '[k["alwaysAuthenticate"] for k in t["keys"] if k["curve"] == "P-384"]' \
	    '[true]' "PIV: a key that wants the PIN each time"
	says 'set(x["result"] for k in t["keys"] for x in k["tried"] if x["id"] == "device-signature")' \
	    "{'yes'}" "PIV: and gets it"
	doctor "PIV, path A" 6 "$token;type=private" --minimum-path A
	stop
fi

if start tpm2; then
	doctor "TPM" 0 "$token"
	says 't["sessionKeys"]["error"], "remedy" in t["sessionKeys"]' \
	    "('CKR_ATTRIBUTE_VALUE_INVALID', True)" \
	    "TPM: token keys only, it says what to do"
	pkcs11-tool --module "$RIG_MODULE" --token-label "$RIG_TOKEN" --login \
	    --pin "$RIG_PIN" --keypairgen --key-type EC:prime256v1 --id 01 \
	    --label signer >/dev/null 2>&1
	doctor "TPM, its key" 0 "$token;object=signer" --profile reader
	says 't["keys"][0]["path"]' S "TPM: signatures only"
	says 'set((p["mechanism"], "agree" in p["cause"]) for p in t["paths"])' \
	    "{('CKM_ECDH1_DERIVE', True)}" "TPM: why, asked with its own key"
	says 't["objects"]["unchanged"]' true "TPM: the key is still there"
	doctor "TPM, MAC" 6 "$token;object=signer" --minimum-path D
	stop
fi

if start p11-kit-client; then
	doctor "p11-kit-client" 6 "$token" --minimum-path D
	says 'c["device-mac"]["result"], "p11-kit" in c["device-mac"]["curves"][0]["cause"]' \
	    "('no', True)" "p11-kit-client: why there is no MAC"
	says 'c["device-signature"]["result"]' yes "p11-kit-client: signatures"
	stop
fi
tap_done
