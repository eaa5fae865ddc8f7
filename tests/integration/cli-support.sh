# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# For tests of the program: a token and keys of their own, made by the program.
# After tests/tap.sh and tests/support/softhsm.sh:
#
#	cli_setup          # chdir into the folder, token "t0", $pin, $p
#	cli_valgrind       # with valgrind, if that is what is asked for
#	cli_people         # keys iaca ds reader-ca reader device, certificates
#	cli_issue          # mdl.cbor, and the credential "mdl" in the token

p=$abs_top_builddir/p11-mdoc
pin=(--pin-source file:pin)

cli_setup()
{
	softhsm_new t0
	cd "$SOFTHSM_FOLDER" || tap_bail "no folder"
	printf '[module]\ninfo = own\n' >p11-mdoc.conf
	export P11_MDOC_CONF=$SOFTHSM_FOLDER/p11-mdoc.conf
	unset P11_MDOC_MODULE P11_MDOC_DEBUG
	echo "$SOFTHSM_PIN" >pin
}

# In "make check-valgrind" the program is run by valgrind from here on. For few
# scripts: each start takes seconds then.
cli_valgrind()
{
	[ -n "${P11_MDOC_VALGRIND-}" ] || return 0
	printf '#!/bin/sh\nexec %s --trace-children=no %s "$@"\n' \
	    "$P11_MDOC_VALGRIND" "'$p'" >p11-mdoc
	chmod +x p11-mdoc
	p=$SOFTHSM_FOLDER/p11-mdoc
}

uri()
{
	printf 'pkcs11:token=t0;object=%s' "$1"
}

cli_people()
{
	local k

	for k in iaca ds reader-ca reader; do
		"$p" key generate "$(uri $k)" --use sign "${pin[@]}" || return
	done
	"$p" key generate "$(uri device)" "${pin[@]}" || return
	"$p" cert iaca --key "$(uri iaca)" --subject 'CN=Test IACA,C=UT' \
	    --issuer-alt-url https://ut.example --out iaca.pem \
	    "${pin[@]}" || return
	"$p" cert ds --key "$(uri ds)" --issuer-key "$(uri iaca)" \
	    --issuer-cert iaca.pem --subject 'CN=Test DS,C=UT' \
	    --crl-url https://ut.example/crl --out ds.pem "${pin[@]}" || return
	"$p" cert reader-ca --key "$(uri reader-ca)" \
	    --subject 'CN=Test Reader CA,C=UT' --out reader-ca.pem \
	    "${pin[@]}" || return
	"$p" cert reader --key "$(uri reader)" \
	    --issuer-key "$(uri reader-ca)" --issuer-cert reader-ca.pem \
	    --subject 'CN=Test Reader,C=UT' \
	    --crl-url https://ut.example/crl --out reader.pem "${pin[@]}"
}

cli_issue()
{
	cp "$abs_top_srcdir/conf/demo/person.json" \
	    "$abs_top_srcdir/conf/demo/portrait.jpg" . || return
	"$p" issue person.json --ds-key "$(uri ds)" --ds-cert ds.pem \
	    --device-key "$(uri device)" --out mdl.cbor \
	    --store "$(uri mdl)" "${pin[@]}"
}

# cli_exchange PRESENT-OPTIONS -- READ-OPTIONS: both sides over loopback.
# Afterwards: $present_status, $read_status; present.out, read.out.
cli_exchange()
{
	local present=() port

	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		present+=("$1")
		shift
	done
	shift
	case " ${present[*]} " in
	*" --consent "*) ;;
	*) present+=(--consent all) ;;
	esac
	# Not the port of the exchange before.
	: >present.out
	"$p" present --listen tcp:127.0.0.1:0 --timeout 30 \
	    "${present[@]}" "${pin[@]}" >present.out 2>&1 &
	local pid=$!
	# The port is what "listen" reports.
	for _ in $(seq 200); do
		port=$(sed -n 's/.* listen .*tcp:127\.0\.0\.1:\([0-9]*\)$/\1/p' \
		    present.out)
		[ -n "$port" ] && break
		kill -0 $pid 2>/dev/null || break
		sleep 0.05
	done
	read_status=0
	if [ -n "$port" ]; then
		"$p" read --connect "tcp:127.0.0.1:$port" --timeout 30 "$@" \
		    "${pin[@]}" >read.out 2>&1 || read_status=$?
	else
		read_status=99
	fi
	present_status=0
	wait $pid || present_status=$?
}
