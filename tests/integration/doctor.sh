#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# p11-mdoc doctor over SoftHSMv2, well and ill.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool is not here"
. "$abs_top_srcdir/tests/support/softhsm.sh"
. "$abs_top_srcdir/tests/integration/cli-support.sh"
command -v python3 >/dev/null || tap_skip_all "python3 is not here"
cli_setup
mkdir tmp
export TMPDIR=$PWD/tmp
t0='pkcs11:token=t0'
schema=$abs_top_srcdir/tests/integration/doctor-schema.py

# doctor NAME STATUS [ARGUMENT...]: the report goes into r.json; its form and
# the exit status are checked.
doctor()
{
	local name=$1 status=$2 got=0
	shift 2
	"$p" doctor --json "$@" >r.json 2>err </dev/null || got=$?
	tap_is "$got" "$status" "$name: exit status $status"
	tap_is "$(python3 "$schema" r.json 2>&1)" ok "$name: the form of the report"
	tap_is "$(report 'r["exit"]')" "$status" "$name: the report knows it"
}

# report EXPRESSION: of the last report
report()
{
	python3 "$schema" r.json "$1" 2>&1
}

# says EXPRESSION VALUE NAME
says()
{
	tap_is "$(report "$1")" "$2" "$3"
}

objects()
{
	pkcs11-tool --module "$SOFTHSM_MODULE" --token-label t0 --login \
	    --pin "$SOFTHSM_PIN" -O 2>/dev/null | grep -v '^Using' | sort
}

# ---- SoftHSMv2 as it is
"$p" key generate "$(uri device)" "${pin[@]}" >/dev/null
"$p" key generate "$(uri signer)" --use sign "${pin[@]}" >/dev/null
objects >before
tree=$(find tokens -type f | sort)
doctor "SoftHSMv2" 0 "$t0" "${pin[@]}"
objects >after
tap_is "$(diff before after)" "" "the objects of the token are what they were"
tap_is "$(find tokens -type f | sort)" "$tree" "nor is there another file"
says 't["objects"]["unchanged"]' true "the report says so"
says 'dict(sorted(t["objects"]["counts"].items()))' '{"privateKeys": 2, "publicKeys": 2}' \
    "and counted them"
says 't["login"]["result"]' ok "logged in"
says 't["sessionKeys"]["result"]' yes "keys of a session"
says 'c["device-mac"]["path"]' C "device MAC: path C"
says 'sorted(a["curve"] for a in c["device-mac"]["curves"] if a["result"] == "yes")' \
    '["P-256", "P-384", "P-521", "brainpoolP256r1", "brainpoolP320r1", "brainpoolP384r1", "brainpoolP512r1"]' \
    "device MAC: the curves"
says 'c["session-keys"]["path"], c["hpke-open"]["path"]' "('C', 'C')" \
    "session keys and HPKE: path C"
says 'c["device-signature"]["path"]' S "device signature: path S"
says 'len([a for a in c["document-signing"]["curves"] if a["result"] == "yes"])' \
    9 "signatures: nine curves"
says '[(p["path"], p["result"], p.get("mechanism")) for p in t["paths"]]' \
    '[["A", "no", "CKM_HKDF_DERIVE"], ["B", "no", "CKM_CONCATENATE_DATA_AND_BASE"], ["C", "yes", null], ["D", "yes", null]]' \
    "why not a stronger path"
says '[p["error"] for p in t["paths"][:2]]' \
    '["CKR_MECHANISM_INVALID", "CKR_MECHANISM_INVALID"]' "by which error"
says '["remedy" in p for p in t["paths"][:2]]' '[true, true]' "with a remedy"
says '[(a["error"], a["function"]) for a in t["curves"] if a["curve"] == "X25519"]' \
    '[["CKR_MECHANISM_INVALID", "C_GenerateKeyPair"]]' "X25519: why not"
says 't["random"]["result"], t["sessions"]["limited"]' "('yes', False)" \
    "random numbers, sessions"
says 't["profiles"]' \
    '{"issuer": "yes", "reader": "yes", "wallet": "yes", "walletSignature": "yes", "walletMac": "yes", "walletMacStrict": "no", "verifier": "yes"}' \
    "the verdict"
says 'r["devices"][0]["module"]' "$SOFTHSM_MODULE" "the device's module"
says '[x["text"] for x in r["installation"] if x["check"] == "configuration"][0]' \
    "$P11_MDOC_CONF" "the configuration that was read"

# ---- what is asked for
for profile in issuer reader wallet verifier; do
	tap_exits 0 "--profile $profile" "$p" doctor "$t0" "${pin[@]}" \
	    --profile $profile
done
tap_exits 0 "--minimum-path C" "$p" doctor "$t0" "${pin[@]}" --minimum-path C
tap_exits 6 "--minimum-path B" "$p" doctor "$t0" "${pin[@]}" --minimum-path B
tap_exits 6 "wallet --minimum-path A" "$p" doctor "$t0" "${pin[@]}" \
    --profile wallet --minimum-path A
tap_exits 0 "wallet --minimum-path S" "$p" doctor "$t0" "${pin[@]}" \
    --profile wallet --minimum-path S
tap_exits 6 "verifier --minimum-path A" "$p" doctor "$t0" "${pin[@]}" \
    --profile verifier --minimum-path A
tap_exits 2 "a profile that there is not" "$p" doctor --profile x
tap_exits 2 "a URI that is none" "$p" doctor t0
tap_exits 2 "--timeout 0" "$p" doctor --timeout 0
doctor "--bench" 0 "$t0" "${pin[@]}" --bench
says 'c["device-signature"]["curves"][0]["perSecond"] > 1' true "--bench: a rate"

# ---- keys
doctor "two keys" 0 "$t0;object=device" "$t0;object=signer" "${pin[@]}"
says '[(k["path"], k["sign"], k["derive"], k["for"]) for k in t["keys"]]' \
    '[["C", true, true, 0], ["S", true, false, 1]]' "the path of each key"
says 'sorted(x["id"] for x in t["keys"][1]["tried"])' \
    '["certificate-signing", "device-signature", "document-signing", "reader-authentication"]' \
    "a key that only signs is tried for that"
says 'set(x["result"] for k in t["keys"] for x in k["tried"])' "{'yes'}" \
    "and can do all of it"
doctor "a key that there is not" 0 "$t0;object=none" "${pin[@]}"
says 't["missingKeys"][0]["text"]' "there is no such private key" "it says so"
"$p" doctor "$t0" >out 2>&1 </dev/null
tap_is "$?" 0 "text, without a PIN: exit status 0"
tap_ok "text: what could not be tried" grep -q '^warn login .*private keys are not seen' out
tap_ok "text: the path" grep -q '^ok-  device MAC  *path C (C_DigestKey)' out
tap_ok "text: the verdict" grep -q '^verdict: issuer yes .* wallet-MAC yes (path C)' out
tap_is "$(grep -c "$SOFTHSM_PIN" r.json out)" "r.json:0
out:0" "the PIN is in no report"

# A key that is bound: what it does may count, so that it does nothing here.
cat >bind.py <<'PY'
import sys
import PyKCS11
from PyKCS11 import LowLevel
lib = PyKCS11.PyKCS11Lib()
lib.load(sys.argv[1])
slot = [s for s in lib.getSlotList(tokenPresent=True)
        if lib.getTokenInfo(s).label.strip() == 't0'][0]
s = lib.openSession(slot, PyKCS11.CKF_SERIAL_SESSION | PyKCS11.CKF_RW_SESSION)
s.login(sys.argv[2])
o = s.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY),
                   (PyKCS11.CKA_LABEL, 'signer')])[0]
t = LowLevel.ckattrlist(1)
t[0].SetNum(0xCD441001, 2)  # CKA_MDOC_PURPOSE, MDOC_PURPOSE_READER
sys.exit(lib.lib.C_SetAttributeValue(s.session, o, t) != 0)
PY
if [ -z "${SANITIZER_PRELOAD-}" ] &&
    /usr/bin/python3 bind.py "$abs_top_builddir/p11-mdoc.so" "$SOFTHSM_PIN" \
	>/dev/null 2>&1; then
	doctor "a key that is bound" 0 "$t0;object=signer" "${pin[@]}"
	says 't["keys"][0]["purpose"], "tried" in t["keys"][0]' \
	    "(['reader'], False)" "a key that is bound is not tried"
else
	tap_skip "a key that is bound: PyKCS11 is not here"
fi

# ---- p11-kit
if [ "$(id -u)" = 0 ] && [ -z "${SANITIZER_PRELOAD-}" ]; then
	. "$abs_top_srcdir/tests/support/module.sh"
	. "$abs_top_srcdir/tests/support/p11-kit.sh"
	module_configure '[module]' 'info = own'
	twice='[x["result"] for x in r["installation"] if x["check"] == "p11-kit"]'
	if kit_new && [ "$kit_how" = kit_run_in_space ]; then
		kit_module p11-mdoc "$MODULE"
		kit_run "$p" doctor --json "$t0" "${pin[@]}" >r.json
		says "$twice" '["ok"]' "p11-kit: only this module"
		kit_module softhsm2 "$SOFTHSM_MODULE"
		kit_run "$p" doctor --json "$t0" "${pin[@]}" >r.json
		says "$twice" '["warning"]' "p11-kit: each token twice, it says so"
	else
		tap_skip "p11-kit has no list of its own here"
	fi
else
	tap_skip "p11-kit: another list of modules needs root"
fi

# ---- logins that fail, tokens that are not there
echo 0000 >wrong
doctor "wrong PIN" 5 "$t0" --pin-source file:wrong
says 't["login"]["result"], t["login"]["error"]' \
    "('failed', 'CKR_PIN_INCORRECT')" "wrong PIN: it says so"
says 'c["device-signature"]["result"]' yes "wrong PIN: what is known without"
doctor "no PIN where a key is asked for" 5 "$t0" --profile issuer \
    --pin-source file:wrong
doctor "no such token" 5 pkcs11:token=none
says '[u for u in r["others"] if "token=t0" in u] != []' true \
    "no such token: which there are"
tap_exits 5 "no such module" "$p" doctor --module /nowhere/x.so
tap_exits 2 "--init-args without --module" "$p" doctor --init-args x
echo '[device x' >bad.conf
P11_MDOC_CONF=bad.conf doctor "a broken configuration" 5
says '"bad.conf:1" in r["messages"][0]' true "a broken configuration: the line"
SOFTHSM2_CONF=/nowhere/x doctor "SOFTHSM2_CONF is not there" 5
says '[x["result"] for x in r["installation"] if x["check"] == "softhsm"]' \
    '["error"]' "SOFTHSM2_CONF is not there: the reason"

# ---- any module, under ours
doctor "--module" 0 --module "$SOFTHSM_MODULE" "$t0" "${pin[@]}"
says 'c["device-mac"]["path"], r["devices"][0]["module"] == "'"$(readlink -f "$SOFTHSM_MODULE")"'"' \
    "('C', True)" "--module: the same through p11-mdoc.so"
P11_MDOC_MODULE=$SOFTHSM_MODULE doctor "P11_MDOC_MODULE" 0 "$t0" "${pin[@]}"
says 'r["library"]["manufacturer"], c["device-mac"]["path"]' \
    "('p11-mdoc', 'C')" "P11_MDOC_MODULE: any module, too"
doctor "module-path" 0 "$t0?module-path=$SOFTHSM_MODULE" "${pin[@]}"

# ---- illnesses
ill=$abs_top_builddir/.libs/ill-device.so
export P11_MDOC_SOFTHSM=$SOFTHSM_MODULE

# sick ILLNESS STATUS [ARGUMENT...]
sick()
{
	local illness=$1 status=$2
	shift 2
	ILL_DEVICE=$illness doctor "$illness" "$status" --module "$ill" "$t0" \
	    "${pin[@]}" "$@"
}

crash='the module crashed (signal 11, Segmentation fault)'
if [ -r "$ill" ] && [ -z "${SANITIZER_PRELOAD-}" ]; then
	sick C_Initialize=crash 5
	says 'r["failures"][0]["function"], r["failures"][0]["text"]' \
	    "('C_Initialize', '$crash')" "crash at the start: said"
	sick C_Login=crash 0
	says 't["crashes"][0]["function"]' C_Login "crash at the login: said"
	sick C_DigestKey=crash 0
	says 't["crashes"][0]["function"], t["crashes"][0]["mechanism"]' \
	    "('C_Sign', 'CKM_MDOC_DEVICE_MAC')" "crash: where"
	says 'c["device-mac"]["result"], c["device-signature"]["result"]' \
	    "('no', 'yes')" "crash: the rest is examined all the same"
	says 't["objects"]["unchanged"]' true "crash: to the end"
	sick C_DigestKey=exit 0
	says 't["crashes"][0]["text"]' "the module ended the process (exit 3)" \
	    "exit: said"
	sick C_Initialize=hang 5 --timeout 1
	says 'r["failures"][0]["text"], "remedy" in r["failures"][0]' \
	    "('the module did not answer within 1 seconds', True)" \
	    "hang at the start: said"
	sick C_GetSlotList=exit 5
	sick C_DigestKey=hang 0 --timeout 1
	says 't["crashes"][0]["text"]' \
	    "the module did not answer within 1 seconds" "hang: said"
fi
if [ -r "$ill" ]; then
	sick C_Sign=garbage 6 --profile issuer
	says 'c["document-signing"]["curves"][0]["text"]' \
	    "the signature does not verify" "garbage is found"
	sick C_GenerateRandom=garbage 0
	says 't["random"]["text"]' "all zeros" "bad random numbers are found"
	sick C_Sign=long 6 --profile reader
	sick C_Login=0xa4 5
	says 't["login"]["error"]' CKR_PIN_LOCKED "a PIN that is locked"
	sick token=0x40000 5
	says 't["flags"]["pinLocked"], t["login"]["result"]' \
	    "(True, 'failed')" "locked by its flag: no login is tried"
	sick token=0x20000 5
	says 't["login"]["text"].startswith("one try is left")' true \
	    "the last try is not taken"
	sick token=0x10000 0
	says 't["flags"]["pinCountLow"]' true "a wrong PIN lately: it says so"
	sick "token=0x2 C_GenerateKeyPair=0xe2" 0
	says 't["sessionKeys"]["result"], c["document-signing"]["result"]' \
	    "('unknown', 'unknown')" "a read-only token: nothing is known"
	says 'len(t["candidates"])' 2 "a read-only token: which keys to name"
	sick C_OpenSession=0xb1 5
	says 't["failed"]["error"], "remedy" in t["failed"]' \
	    "('CKR_SESSION_COUNT', True)" "no session is left"
	sick C_DigestKey=0x67 0
	says 'c["device-mac"]["path"]' D "without C_DigestKey: path D"
	says '[p["remedy"] != "" for p in t["paths"] if p["path"] == "C"]' \
	    '[true]' "without C_DigestKey: why"
	sick C_DeriveKey=0x70 6 --minimum-path D
	says 'c["device-mac"]["result"], c["device-signature"]["result"]' \
	    "('no', 'yes')" "no derivation: signatures only"
else
	tap_skip "illnesses: $ill is not here"
fi
tap_is "$(ls tmp)" "" "nothing stays behind"
tap_done
