#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Java: the SunPKCS11 provider, under keytool, jarsigner and SunP11.java.
set -u
. "${abs_top_srcdir:?}/tests/integration/consumer-support.sh"
consumer java java javac keytool jarsigner jar
javac -d "$consumer_folder" \
    "$abs_top_srcdir/tests/integration/consumers/SunP11.java" ||
    tap_bail "SunP11.java does not compile"
# Small programs: the time to start is what counts.
java=(-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto)

store()
{
	local j=("${java[@]/#/-J}")
	limit "$1" "${j[@]}" "${@:2}" -providerClass \
	    sun.security.pkcs11.SunPKCS11 -providerArg "$PWD/p11.cfg" \
	    -keystore NONE -storetype PKCS11 -storepass "$SOFTHSM_PIN"
}

make_jar()
{
	echo hello >hello && limit jar cf hello.jar hello
}

steps()
{
	printf '%s\n' name=tested "library=$module" slotListIndex=0 \
	    attributes=compatibility >p11.cfg
	step keytool-ec store keytool -genkeypair -alias ec -keyalg EC \
	    -groupname secp256r1 -dname CN=ec
	step keytool-rsa store keytool -genkeypair -alias rsa -keyalg RSA \
	    -keysize 2048 -dname CN=rsa
	step keytool-list shows ec, store keytool -list
	step keytool-request shows BEGIN store keytool -certreq -alias ec
	step keytool-export shows BEGIN store keytool -exportcert -rfc \
	    -alias ec
	make_jar
	step jarsigner store jarsigner hello.jar ec
	step jarsigner-verify shows 'jar verified' jarsigner -verify hello.jar
	limit=240 limit java "${java[@]}" -cp "$consumer_folder" SunP11 \
	    "$module" "$SOFTHSM_PIN" >report 2>&1
	report report
	step keytool-delete store keytool -delete -alias ec
}

consumer_compare 60
tap_done
