#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# NSS: modutil, certutil, cmsutil, pk12util, signver, with the module beside
# NSS's own in a database of this test.
set -u
. "${abs_top_srcdir:?}/tests/integration/consumer-support.sh"
consumer nss certutil modutil cmsutil pk12util openssl

certs()
{
	limit certutil -d sql:db -h t0 -f pin "$@"
}

# certificate NICKNAME SUBJECT KEY-OPTION...
certificate()
{
	certs -z noise -S -x -n "$1" -s "CN=$1" -t CTu,Cu,Cu -v 3 -m "$2" \
	    "${@:3}"
}

# signed by NICKNAME of the token
issue()
{
	printf '0\n9\nn\n' >answers
	certs -z noise -R -k ec -q nistp256 -s CN=leaf -o leaf.der &&
	    certs -C -c "t0:$1" -i leaf.der -o leaf.crt -m 77 -v 2 &&
	    limit openssl x509 -inform DER -in leaf.crt -noout -subject
}

cms()
{
	limit cmsutil -S -d sql:db -f pin -N "t0:$1" -H SHA256 -i data \
	    -o "$1.cms"
}

cms_enveloped()
{
	limit cmsutil -E -d sql:db -f pin -r me@example.org -i data \
	    -o enveloped.cms &&
	    limit cmsutil -D -d sql:db -f pin -i enveloped.cms -o opened &&
	    cmp data opened
}

import()
{
	limit openssl req -x509 -newkey "$1" ${2:+-pkeyopt "$2"} -nodes \
	    -subj "/CN=$3" -days 9 -keyout "$3.key" -out "$3.pem" \
	    >/dev/null 2>&1 &&
	    limit openssl pkcs12 -export -inkey "$3.key" -in "$3.pem" \
		-name "$3" -passout pass:secret -out "$3.p12" &&
	    limit pk12util -d sql:db -h t0 -k pin -W secret -i "$3.p12"
}

steps()
{
	local curve

	mkdir db
	printf 'to be signed' >data
	echo "$SOFTHSM_PIN" >pin
	head -c 64 /dev/urandom >noise
	step database certutil -N -d sql:db --empty-password
	step add modutil -force -dbdir sql:db -add tested -libfile "$module"
	step list shows 'token: t0' modutil -dbdir sql:db -list
	step list-one shows t0 modutil -dbdir sql:db -list tested
	for curve in nistp256 nistp384 nistp521; do
		step "certificate-$curve" certificate "c$curve" 1${curve#nistp} \
		    -k ec -q $curve
		step "export-$curve" shows BEGIN certs -L -n "t0:c$curve" -a
		step "cms-$curve" cms "c$curve"
	done
	step certificate-rsa certificate crsa 20 -k rsa -g 2048
	step certificate-rsa-pss certificate cpss 21 -k rsa -g 2048 --pss
	step certificate-mail certs -z noise -S -x -n cmail -s \
	    'CN=mail,E=me@example.org' -7 me@example.org -t CTu,Cu,Cu -v 3 \
	    -m 22 -k rsa -g 2048
	step cms-rsa cms crsa
	step cms-enveloped cms_enveloped
	step keys shows cnistp256 certs -K
	step certificates shows cnistp256 certs -L
	step validate certs -V -u C -n t0:cnistp256
	step request certs -z noise -R -k ec -q nistp384 -s CN=r -o r.der
	step request-reads openssl req -inform DER -in r.der -verify -noout
	step issue issue cnistp256
	step import-ec import ec ec_paramgen_curve:P-256 iec
	step import-rsa import rsa:2048 '' irsa
	step imported-signs cms iec
	step rename certs --rename -n t0:crsa --new-n renamed
	step trust certs -M -n t0:cnistp384 -t ,,
	step delete certs -F -n t0:cnistp521
	step deleted refused certs -L -n t0:cnistp521
	step default modutil -force -dbdir sql:db -default tested \
	    -mechanisms RSA:RANDOM
	step undefault modutil -force -dbdir sql:db -undefault tested \
	    -mechanisms RSA:RANDOM
	step disable modutil -force -dbdir sql:db -disable tested
	step enable modutil -force -dbdir sql:db -enable tested
	echo 56789 >new
	step change-pin modutil -force -dbdir sql:db -changepw t0 \
	    -pwfile pin -newpwfile new
	step old-pin refused certs -K
	step remove modutil -force -dbdir sql:db -delete tested
}

consumer_compare 20
tap_done
