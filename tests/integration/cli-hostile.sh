#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Hostile peers: whatever the other side does, "read" and "present" end with
# the documented exit status and a step that names what happened, and nothing
# of a peer reaches the terminal as it came.
set -u
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
. "$abs_top_srcdir/tests/integration/cli-support.sh"
peer=$abs_top_builddir/tests/integration/hostile-peer
[ -x "$peer" ] || tap_bail "hostile-peer is not built"
cli_setup
cli_people >/dev/null 2>&1 || tap_bail "no keys"
cli_issue >/dev/null 2>&1 || tap_bail "no mdoc"
cli_exchange "$(uri mdl)" -- --get family_name --get given_name \
    --trust iaca.pem --response-out response.cbor
[ "$read_status" -eq 0 ] || tap_bail "no response"
"$p" request --get family_name --out request.cbor || tap_bail "no request"

# judge STATUS GOT PATTERN NAME: of what is in the file "out".
judge()
{
	if [ "$2" -eq "$1" ] && grep -qE -- "$3" out &&
	    ! LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' out
	then
		tap_pass "$4"
	else
		tap_fail "$4"
		{
			echo "exit status $2, not $1; or not: $3"
			cat -v out peer.err
		} | tap_diag
	fi
}

# Runs the program against a reader, or an mdoc, that follows the STEPs.
# at_reader STATUS PATTERN NAME STEP...
at_reader()
{
	local status=$1 pattern=$2 name=$3 got=0 port
	local options=(--timeout 1)

	shift 3
	: >out
	rm -f port
	"$peer" listen "$@" >port 2>peer.err &
	for _ in $(seq 200); do
		port=$(cat port 2>/dev/null)
		[ -n "$port" ] && break
		sleep 0.02
	done
	[ -z "${read_options-}" ] || options+=("$read_options")
	"$p" read --connect "tcp:127.0.0.1:$port" --get family_name \
	    --trust iaca.pem "${options[@]}" >out 2>&1 </dev/null || got=$?
	wait $!
	judge "$status" "$got" "$pattern" "read: $name"
}

# at_holder STATUS PATTERN NAME STEP...
at_holder()
{
	local status=$1 pattern=$2 name=$3 got=0 port pid

	shift 3
	: >out
	setsid "$p" present --listen tcp:127.0.0.1:0 --timeout 1 \
	    --consent "${consent-all}" "$(uri mdl)" "${pin[@]}" \
	    >out 2>&1 </dev/null &
	pid=$!
	for _ in $(seq 400); do
		port=$(sed -n 's/.* listen .*tcp:127\.0\.0\.1:\([0-9]*\)$/\1/p' \
		    out)
		[ -n "$port" ] && break
		sleep 0.02
	done
	"$peer" connect "$port" "$@" 2>peer.err
	wait $pid || got=$?
	judge "$status" "$got" "$pattern" "present: $name"
}

# What each side gets where the other's message should be
http=474554202f20485454502f312e310d0a
end=a16673746174757314
no_cbor=ff00
no_session=83010203

# The mdoc is hostile
at_reader 7 'FAILED' "the mdoc hangs up at once"
at_reader 7 'FAILED.*(no message|stopped after)' "the mdoc says nothing" stall
at_reader 7 'FAILED.*(no message|stopped after)' "the mdoc sends a byte now and then" \
    drip 40
at_reader 7 'FAILED' "the mdoc hangs up inside the engagement" half engagement
at_reader 7 'FAILED.*announces a message of' "the mdoc speaks HTTP" raw $http
at_reader 7 'FAILED.*announces a message of' "a frame of 4 GB" raw ffffffff00
at_reader 7 'FAILED.*announces a message of 0' "an empty frame" raw 00000000 stall
at_reader 7 'engagement +FAILED' "an engagement that is no CBOR" frame $no_cbor stall
at_reader 7 'engagement +FAILED' "an engagement that is something else" \
    frame $no_session stall
at_reader 7 'engagement +FAILED' "an engagement that is cut" cut 1 engagement stall
at_reader 7 'engagement +FAILED' "the session ends before it begins" frame $end stall
at_reader 7 'FAILED' "the mdoc hangs up after the engagement" engagement
at_reader 7 'FAILED.*(no message|stopped after)' "the mdoc does not answer the request" \
    engagement receive stall
at_reader 7 'FAILED' "the mdoc hangs up inside the response" \
    engagement receive half plain response.cbor
at_reader 7 'message-not-session' "the engagement twice, no response" \
    engagement receive again stall
at_reader 7 'message-malformed' "a response that is no CBOR" \
    engagement receive frame $no_cbor stall
at_reader 7 'message-not-session' "a response of another kind" \
    engagement receive frame $no_session stall
at_reader 7 'peer-terminated' "the end instead of a response" \
    engagement receive frame $end
at_reader 7 'peer-encryption-error' "status 10 instead of a response" \
    engagement receive frame a1667374617475730a
at_reader 7 'peer-decoding-error' "status 11 instead of a response" \
    engagement receive frame a1667374617475730b
at_reader 7 'peer-status' "a status that does not exist" \
    engagement receive frame a166737461747573190457
at_reader 7 'decrypt-failed' "a response that was changed" \
    engagement receive flip -1 plain response.cbor stall
at_reader 7 'message-malformed' "a SessionData that is cut" \
    engagement receive cut 1 plain response.cbor stall
at_reader 3 'FAIL' "a response of no bytes" engagement receive zeros 0 stall
at_reader 3 'FAIL' "a response of 10 MB that is none" \
    engagement receive zeros 10000000 stall
at_reader 3 'FAIL' "the response of another session" \
    engagement receive plain response.cbor stall

# Text that would do something to a terminal; as long as what it replaces.
evil()
{
	LC_ALL=C sed -e 's/family_name/\x1b]0;owned\x07x/g' \
	    -e 's/Mustermann/\x1b[2J\xc2\x9b5mab/g' \
	    -e 's/org.iso.18013.5.1.mDL/\x1b[3m\rresult: trusted\n/g' "$1"
}
evil response.cbor >evil-response.cbor
evil request.cbor >evil-request.cbor
tap_ok "there is something to find" grep -qF $'\e]0;owned' evil-response.cbor
tap_ok "in the request, too" grep -qF $'\e]0;owned' evil-request.cbor
at_reader 3 'result: ' "names and values with escape sequences" \
    engagement receive plain evil-response.cbor stall
tap_ok "no line of the report is the peer's" \
    sh -c "! grep -q '^result: trusted' out"
read_options=--json at_reader 3 '"result"' "the same with --json" \
    engagement receive plain evil-response.cbor stall
quiet()
{
	local name=$1 got=0

	shift
	"$@" >out 2>&1 </dev/null || got=$?
	: >peer.err
	judge $got $got . "$name"
}
for format in tree diag json hex; do
	quiet "inspect: escape sequences ($format)" \
	    "$p" inspect --full --format $format evil-response.cbor
done
quiet "verify: escape sequences" \
    "$p" verify evil-response.cbor --trust iaca.pem
quiet "verify --request: escape sequences" \
    "$p" verify --request evil-request.cbor --trust reader-ca.pem

# The reader is hostile
at_holder 7 'FAILED' "the reader hangs up at once"
at_holder 7 'FAILED' "the reader hangs up after the engagement" receive
at_holder 7 'FAILED.*(no message|stopped after)' "the reader says nothing" receive stall
at_holder 7 'FAILED.*(no message|stopped after)' "the reader sends a byte now and then" \
    receive drip 40
at_holder 7 'FAILED.*announces a message of' "the reader speaks HTTP" receive raw $http
at_holder 7 'FAILED.*announces a message of' "a frame of 4 GB" receive raw ffffffff00
at_holder 7 'FAILED' "the reader hangs up inside the request" \
    receive half plain request.cbor
at_holder 7 'message-malformed' "no CBOR" receive frame $no_cbor stall
at_holder 7 'message-not-session' "another kind of message" \
    receive frame $no_session stall
at_holder 7 'establishment-missing' "data before the key of the reader" \
    receive frame a164646174614100 stall
at_holder 7 'without a request' "the end instead of a request" \
    receive frame $end
at_holder 7 'message-malformed|message-not-session' \
    "a SessionEstablishment that is cut" receive cut 1 plain request.cbor stall
at_holder 7 'reader-key-invalid' "a key that is not on the curve" \
    receive flip 40 plain request.cbor stall
at_holder 7 'decrypt-failed' "a request that was changed" \
    receive flip -1 plain request.cbor stall
at_holder 7 'establishment-repeated' "the SessionEstablishment twice" \
    receive plain request.cbor receive again stall
at_holder 7 'request +FAILED' "a request of no bytes" receive zeros 0 stall
at_holder 7 'request +FAILED' "a request of 10 MB that is none" \
    receive zeros 10000000 stall
at_holder 0 'terminated' "names with escape sequences" \
    receive plain evil-request.cbor receive frame $end
consent=none at_holder 0 'terminated' "the same without consent" \
    receive plain evil-request.cbor receive frame $end
consent=ask at_holder 0 'terminated' "the same without a terminal to ask" \
    receive plain evil-request.cbor receive frame $end
at_holder 7 'FAILED' "the reader hangs up before the response" \
    receive plain request.cbor

tap_ok "the credential is still what it was" sh -c \
    "'$p' credential show '$(uri mdl)' --pin-source file:pin | cmp - mdl.cbor"
tap_done
