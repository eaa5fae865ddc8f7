#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The mandatory test cases of the PKCS #11 profiles of OASIS, through
# p11-mdoc.so over SoftHSMv2: tests/oasis/cases has the same calls, written
# anew for PKCS#11 3.0. How SoftHSMv2 alone does is said as information.
#
# P11_MDOC_OASIS may name a folder with the cases of OASIS themselves (*.xml,
# of any version), which are then run too.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
for tool in python3 pkcs11-tool openssl; do
	command -v $tool >/dev/null || tap_skip_all "$tool is not here"
done
softhsm_new oasis
. "$abs_top_srcdir/tests/support/module.sh"
cd "$SOFTHSM_FOLDER" || exit 99

oasis=$abs_top_srcdir/tests/oasis

# put TOKEN TYPE LABEL FILE [ARGUMENT...]
put()
{
	local token=$1 type=$2 label=$3 file=$4
	shift 4
	pkcs11-tool --module "$SOFTHSM_MODULE" --token-label "$token" --login \
	    --pin "$SOFTHSM_PIN" --type "$type" --label "$label" \
	    --write-object "$file" "$@" >>put.log 2>&1
}

# What the cases ask of a token; the label is that of one public object.
fill()
{
	put "$1" privkey testrsa-pri key.der --id 01 --usage-sign &&
	    put "$1" pubkey testrsa-pub pub.der --id 01 &&
	    put "$1" cert testrsa cert.der --id 01 &&
	    put "$1" data "$2" note
}

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=testrsa -days 9 \
    -keyout key.pem -out cert.pem 2>/dev/null
openssl x509 -in cert.pem -outform DER -out cert.der
openssl pkey -in key.pem -outform DER -out key.der
openssl pkey -in key.pem -pubout -outform DER -out pub.der
echo 'public data' >note
tap_ok "a token with testrsa and a public certificate" \
    fill oasis "p11-mdoc test root"

# run MODULE TOKEN [ARGUMENT...]: what is said goes into "said"
run()
{
	local module=$1 token=$2
	shift 2
	module_run python3 -B "$oasis/run-case.py" --module "$module" \
	    --token "$token" --pin "$SOFTHSM_PIN" "$@" >said 2>&1
}

while read -r case profile; do
	tap_ok "$profile" run "$MODULE" oasis --profile "$profile"
	tap_diag <said
	tap_ok "$case" run "$MODULE" oasis "$oasis/cases/$case.xml"
	tap_diag <said
	# Nothing follows from what raw SoftHSMv2 cannot do.
	run "$SOFTHSM_MODULE" oasis --profile "$profile"
	sed "s/^/raw: $profile: /" said | tap_diag
	run "$SOFTHSM_MODULE" oasis --version 2.40 "$oasis/cases/$case.xml"
	sed "s/^/raw: $case: /" said | tap_diag
done <<'EOT'
bl-m-1 BASELINE_PROVIDER
ext-m-1 EXTENDED_PROVIDER
auth-m-1 AUTHENTICATION_TOKEN
cert-m-1 PUBLIC_CERTIFICATES_TOKEN
EOT

# ---- that the program can fail

wrong()
{
	sed "$1" "$oasis/cases/$2.xml" >wrong.xml
	! cmp -s "$oasis/cases/$2.xml" wrong.xml &&
	    ! run "$MODULE" oasis wrong.xml && grep -q "^failed: $3" said
}

tap_ok "another answer is noticed" wrong 's/rv="OK"/rv="HOST_MEMORY"/' \
    bl-m-1 C_Initialize
tap_ok "another version is noticed" wrong 's/major="3"/major="2"/' \
    bl-m-1 C_GetInfo
tap_ok "another flag is noticed" wrong 's/RNG|//' bl-m-1 C_GetTokenInfo
tap_ok "another mechanism is noticed" \
    wrong 's/"GENERATE_KEY_PAIR"/"GENERATE"/' ext-m-1 C_GetMechanismInfo
tap_ok "a missing object is noticed" \
    wrong 's/testrsa-pri/testrsa/' auth-m-1 C_FindObjects
tap_ok "another label is noticed" \
    wrong 's/value="p11-mdoc test root"/value="p11-mdoc test r00t"/' \
    cert-m-1 C_GetAttributeValue

# ---- the cases of OASIS themselves

if [ -z "${P11_MDOC_OASIS-}" ]; then
	tap_skip "P11_MDOC_OASIS names no folder with the cases of OASIS"
	tap_done
fi

# CERT-M-1 knows one object by a label that ends with a NUL.
note_named()
{
	python3 -B - "$oasis/run-case.py" "$SOFTHSM_MODULE" "$1" <<'EOT'
import ctypes
import importlib.util
import sys

spec = importlib.util.spec_from_file_location("run_case", sys.argv[1])
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)
module = run.Module(sys.argv[2], [])


def call(*args):
    rv = module.call(*args)
    if rv != 0:
        sys.exit("%s: %s" % (args[0], run.rv_name(rv)))


class Options:
    token = "original"
    pin = ""


call("C_Initialize", None)
count, session, made = run.ULONG(16), run.ULONG(), run.ULONG()
slots = (run.ULONG * 16)()
call("C_GetSlotList", run.BYTE(1), slots, ctypes.byref(count))
slot = run.Runner(module, Options).context(
    "SlotID", list(slots)[:count.value])[0]
call("C_OpenSession", run.ULONG(slot), run.ULONG(6), None, None,
     ctypes.byref(session))
values = ((0, bytes(run.ULONG(0))), (1, b"\1"), (2, b"\0"),
          (3, sys.argv[3].encode() + b"\0"), (0x11, b"x"))
array = (run.Attribute * len(values))()
buffers = []
for a, (kind, value) in zip(array, values):
    b = ctypes.create_string_buffer(value, len(value))
    buffers.append(b)
    a.type, a.value, a.len = kind, ctypes.addressof(b), len(b)
call("C_CreateObject", session, array, run.ULONG(len(values)),
     ctypes.byref(made))
call("C_Finalize", None)
EOT
}

softhsm_new original
tap_ok "a token for the cases of OASIS" fill original other
tap_ok "one more public object" put original data more note
tap_ok "an object with the label of CERT-M-1" \
    note_named "Mozilla Builtin Roots"
for case in "$P11_MDOC_OASIS"/*.xml; do
	tap_ok "${case##*/}" run "$MODULE" original --version 3.0 "$case"
	tap_diag <said
	run "$MODULE" original --strict "$case"
	sed "s/^/strict: ${case##*/}: /" said | tap_diag
done
tap_done
