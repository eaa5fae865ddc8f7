#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Every verb that reads a file, with files that are none of its business: the
# documented exit status, a text that names the file or the structure, and no
# output under the name of --out.
set -u
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
. "$abs_top_srcdir/tests/integration/cli-support.sh"
cli_setup
cli_people >/dev/null 2>&1 || tap_bail "no keys"
cli_issue >/dev/null 2>&1 || tap_bail "no mdoc"
cli_exchange "$(uri mdl)" -- --get family_name --trust iaca.pem \
    --response-out response.cbor --transcript-out transcript.cbor
[ "$read_status" -eq 0 ] || tap_bail "no response"
: >empty
mkdir folder
truncate -s 100000000 big
# Neither CBOR of ours nor text, and the same in each run.
printf '\x1b[2J\x83\xff\x00garbage\x9f\xc3\x28' >garbage
openssl genrsa 2048 >rsa.pem 2>/dev/null
structure='FAIL|SessionTranscript|DeviceNameSpaces|defect|wrong PIN'
kinds="empty folder big garbage rsa.pem mdl.cbor"

# verb STATUSES NAME COMMAND...: one status for each of the kinds; - for one
# that is not tried. FILE in the command is the file, N a new label.
verb()
{
	local want words name=$2 got i=0 bad='' kind

	read -r -a want <<<"$1"
	shift 2
	for kind in $kinds; do
		words=("${@//FILE/$kind}")
		got=0
		if [ "${want[i]}" != - ]; then
			timeout 20 "${words[@]}" >out 2>err </dev/null || got=$?
			[ $got -eq "${want[i]}" ] ||
			    bad+="$kind: exit status $got, not ${want[i]}"$'\n'
			[ $got -eq 0 ] || grep -qE "$kind|$structure" err out ||
			    bad+="$kind is not named: $(cat err)"$'\n'
			LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' err out &&
			    bad+="$kind: control characters"$'\n'
			[ ! -e new ] || bad+="$kind: --out was written"$'\n'
			rm -f new
		fi
		i=$((i + 1))
	done
	if [ -z "$bad" ]; then
		tap_pass "$name"
	else
		tap_fail "$name"
		printf '%s' "$bad" | tap_diag
	fi
}

ds=(--ds-key "$(uri ds)")
device=(--device-key "$(uri device)")
#    empty folder big garbage rsa.pem mdl.cbor
verb "1 1 1 1 1 0" inspect "$p" inspect FILE
verb "1 1 1 3 3 3" verify "$p" verify FILE --trust iaca.pem
verb "1 1 1 3 3 0" "verify --issuer-signed" \
    "$p" verify --issuer-signed FILE --trust iaca.pem
verb "1 1 1 3 3 3" "verify --request" \
    "$p" verify --request FILE --trust reader-ca.pem
verb "1 3 1 3 3 3" "verify --trust" "$p" verify response.cbor --trust FILE
verb "1 1 1 1 1 1" "verify --transcript" \
    "$p" verify response.cbor --trust iaca.pem --transcript FILE
verb "1 1 1 1 1 1" "verify --ereader-key" \
    "$p" verify response.cbor --trust iaca.pem --ereader-key FILE
verb "1 1 1 1 1 1" issue "$p" issue FILE "${ds[@]}" --ds-cert ds.pem \
    "${device[@]}" --out new "${pin[@]}"
verb "1 1 1 1 1 1" "issue --ds-key" "$p" issue person.json --ds-key FILE \
    --ds-cert ds.pem "${device[@]}" --out new "${pin[@]}"
verb "1 1 1 3 3 3" "issue --ds-cert" "$p" issue person.json "${ds[@]}" \
    --ds-cert FILE "${device[@]}" --out new "${pin[@]}"
verb "1 1 1 1 1 1" "issue --device-key" "$p" issue person.json "${ds[@]}" \
    --ds-cert ds.pem --device-key FILE --out new "${pin[@]}"
verb "1 1 1 1 1 1" "key import" \
    "$p" key import --from FILE "$(uri imported)" "${pin[@]}"
verb "1 1 1 1 1 1" "key show" "$p" key show FILE
verb "1 1 1 3 3 3" "cert show" "$p" cert show FILE
verb "1 1 1 3 3 3" "cert check" "$p" cert check --profile ds FILE
verb "1 1 1 1 1 1" "cert iaca" "$p" cert iaca --key FILE \
    --subject CN=X,C=UT --issuer-alt-url https://ut.example --out new
verb "1 1 1 3 3 3" "cert ds --issuer-cert" "$p" cert ds --key "$(uri ds)" \
    --issuer-key "$(uri iaca)" --issuer-cert FILE --subject CN=X,C=UT \
    --out new "${pin[@]}"
verb "1 1 1 1 1 -" "credential store" "$p" credential store --from FILE \
    "${device[@]}" "$(uri other)" "${pin[@]}"
verb "1 1 1 1 1 1" "device-auth --transcript" "$p" device-auth \
    --key "$(uri device)" --transcript FILE --out new "${pin[@]}"
verb "1 1 1 1 1 -" "device-auth --device-ns" "$p" device-auth \
    --key "$(uri device)" --transcript transcript.cbor --device-ns FILE \
    --out new "${pin[@]}"
verb "1 1 1 1 1 1" "request --transcript" "$p" request --get x \
    --reader-key "$(uri reader)" --reader-cert reader.pem \
    --transcript FILE --out new "${pin[@]}"
verb "1 1 1 1 1 -" present "$p" present FILE --key "$(uri device)" \
    --listen tcp:127.0.0.1:0 --timeout 1 "${pin[@]}"
verb "1 1 1 1 1 1" "read --request" "$p" read --request FILE \
    --connect tcp:127.0.0.1:1 --timeout 1 --trust iaca.pem
verb "5 5 5 5 5 5" "--pin-source" \
    "$p" key show "$(uri device)" --pin-source file:FILE
verb "5 5 5 5 5 5" "--module" "$p" token list --module ./FILE
if [ "$(id -u)" -ne 0 ]; then
	kinds=secret
	echo x >secret
	chmod 0 secret
	verb 1 "a file without permission" "$p" inspect secret
else
	tap_skip "root may read every file"
fi

for out in folder /dev/full /nonexistent/x; do
	tap_exits 1 "--out $out" "$p" inspect mdl.cbor --out $out
done
tap_exits 1 "standard output is full" \
    sh -c "'$p' inspect mdl.cbor >/dev/full"
tap_exits 1 "standard output is full, --help" sh -c "'$p' --help >/dev/full"
tap_exits 1 "standard output is closed" sh -c "'$p' inspect mdl.cbor >&-"
cd folder || tap_bail "no folder"
ln -s "$abs_top_builddir/p11-mdoc.so" here.so
tap_ok "--module is relative to this folder" \
    "$p" token list --module ./here.so
cd .. || tap_bail "no folder"

tap_ok "the token is still what it was" sh -c \
    "'$p' credential show '$(uri mdl)' --pin-source file:pin | cmp - mdl.cbor"
tap_done
