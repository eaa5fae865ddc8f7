#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The program is killed while it writes, each time a little later: the token
# still works, what was stored stays as it was, and a file under the name of
# --out is whole or not there.
set -u
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
. "$abs_top_srcdir/tests/integration/cli-support.sh"
[ -z "${SANITIZER_PRELOAD-}${P11_MDOC_VALGRIND-}" ] ||
    tap_skip_all "a killed program has nothing to say to these tools"
cli_setup
cli_people >/dev/null 2>&1 || tap_bail "no keys"
cli_issue >/dev/null 2>&1 || tap_bail "no mdoc"

# killed MICROSECONDS COMMAND...: 0 if it was killed in time
killed()
{
	local after=$1 pid

	shift
	"$@" >/dev/null 2>&1 </dev/null &
	pid=$!
	sleep "$(printf '0.%06d' "$after")"
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	[ $? -eq 137 ]
}

# How long COMMAND takes when it is left alone, in microseconds: $duration.
measure()
{
	local from=${EPOCHREALTIME/[.,]/}

	"$@" >/dev/null 2>&1 </dev/null || tap_bail "$* does not work"
	duration=$((${EPOCHREALTIME/[.,]/} - from))
}

# With each login SoftHSMv2 2.6.1 empties its token.object and writes it anew:
# who is killed between has lost the token, whatever program it was. This is
# not what is tested here.
losses=0
mend()
{
	local file

	for file in tokens/*/token.object; do
		[ "$(stat -c %s "$file")" -ne "$(stat -c %s token.object)" ] ||
			continue
		losses=$((losses + 1))
		cat token.object >"$file"
	done
}

keys()
{
	"$p" key list 'pkcs11:token=t0' "${pin[@]}"
}

# All that was there before is there, and is what it was.
intact()
{
	keys >now && ! grep -Fvxf now before &&
	    "$p" credential show "$(uri mdl)" "${pin[@]}" | cmp - mdl.cbor &&
	    "$p" credential list 'pkcs11:token=t0' "${pin[@]}"
}

# whole FILE: it is the whole thing, or is not there
whole()
{
	[ ! -e "$1" ] || cmp "$1" mdl.cbor
}

steps=8
keys >before
cp tokens/*/token.object .
deaths=0
# N stands for the number of the step; each verb writes something new.
try()
{
	local name=$1 step words bad='' file

	shift
	words=("${@//NN/0}")
	measure "${words[@]}"
	for step in $(seq $steps); do
		words=("${@//NN/$step}")
		if killed $((duration * step / steps)) "${words[@]}"; then
			deaths=$((deaths + 1))
		fi
		mend
		intact >why 2>&1 || bad+="step $step: $(cat why)"$'\n'
		for file in new-"$step".*; do
			case $file in
			*.cbor) whole "$file" || bad+="$file is cut"$'\n' ;;
			*.pem) openssl x509 -noout -in "$file" ||
				bad+="$file is cut"$'\n' ;;
			esac
		done
	done
	if [ -z "$bad" ]; then
		tap_pass "$name"
	else
		tap_fail "$name"
		printf '%s' "$bad" | tap_diag
	fi
}

try "key generate" "$p" key generate "$(uri key-NN)" "${pin[@]}"
try "issue --store" "$p" issue person.json --ds-key "$(uri ds)" \
    --ds-cert ds.pem --device-key "$(uri device)" --store "$(uri mdl-NN)" \
    "${pin[@]}"
try "credential store" "$p" credential store --from mdl.cbor \
    --device-key "$(uri device)" "$(uri copy-NN)" "${pin[@]}"
try "cert --store --out" "$p" cert iaca --key "$(uri iaca)" \
    --subject CN=NN,C=UT --issuer-alt-url https://ut.example --store \
    --out new-NN.pem "${pin[@]}"
try "--out" "$p" credential show "$(uri mdl)" --out new-NN.cbor "${pin[@]}"
[ $losses -eq 0 ] ||
    echo "# SoftHSMv2 lost its token.object $losses times; it was put back"
tap_ok "it was killed more than once" test $deaths -gt $((steps / 2))
tap_ok "what was begun can be begun again" \
    "$p" key generate "$(uri again)" "${pin[@]}"
tap_ok "a new credential is stored" "$p" credential store --from mdl.cbor \
    --device-key "$(uri device)" "$(uri again)" "${pin[@]}"
tap_ok "and shown" sh -c \
    "'$p' credential show '$(uri again)' --pin-source file:pin | cmp - mdl.cbor"
cli_exchange "$(uri mdl)" -- --get family_name --trust iaca.pem
tap_is "$read_status$present_status" 00 "the token presents"
tap_done
