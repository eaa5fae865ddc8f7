# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A fresh SoftHSMv2 token for a shell test. Usage, after tests/tap.sh:
#
#	. "$abs_top_srcdir/tests/support/softhsm.sh"
#	softhsm_new t0                  # skips the script if SoftHSMv2 is not here
#	softhsm_import_p256 t0 "$d" 01  # private scalar in hex, id in hex
#	pkcs11-tool --module "$SOFTHSM_MODULE" -l --pin "$SOFTHSM_PIN" ...
#
# Exported: SOFTHSM2_CONF, SOFTHSM_MODULE, SOFTHSM_PIN, SOFTHSM_SO_PIN and
# SOFTHSM_FOLDER, a folder of this script's own that goes away at its end. What
# else must be done then goes into a function called softhsm_cleanup.

SOFTHSM_PIN=1234
SOFTHSM_SO_PIN=12345678
SOFTHSM_FOLDER=
export SOFTHSM_PIN SOFTHSM_SO_PIN SOFTHSM_FOLDER

softhsm_at_exit()
{
	local status=$?

	if declare -F softhsm_cleanup >/dev/null; then
		softhsm_cleanup
	fi
	[ -z "$SOFTHSM_FOLDER" ] || rm -rf "$SOFTHSM_FOLDER"
	exit "$status"
}

softhsm_find()
{
	local path

	for path in "${P11_MDOC_SOFTHSM-}" /usr/lib/softhsm/libsofthsm2.so \
	    /usr/lib/*/softhsm/libsofthsm2.so /usr/lib64/pkcs11/libsofthsm2.so \
	    /usr/lib64/softhsm/libsofthsm2.so \
	    /usr/local/lib/softhsm/libsofthsm2.so; do
		if [ -n "$path" ] && [ -r "$path" ]; then
			printf '%s\n' "$path"
			return 0
		fi
	done
	return 1
}

# softhsm_new LABEL: once for the folder, then once for each further token
softhsm_new()
{
	if [ -z "$SOFTHSM_FOLDER" ]; then
		SOFTHSM_MODULE=$(softhsm_find) ||
		    tap_skip_all "SoftHSMv2 is not here"
		command -v softhsm2-util >/dev/null ||
		    tap_skip_all "softhsm2-util is not here"
		SOFTHSM_FOLDER=$(mktemp -d) || tap_bail "no temporary folder"
		trap softhsm_at_exit EXIT
		mkdir "$SOFTHSM_FOLDER/tokens"
		SOFTHSM2_CONF=$SOFTHSM_FOLDER/softhsm2.conf
		export SOFTHSM_MODULE SOFTHSM2_CONF
		printf '%s\n' \
		    "directories.tokendir = $SOFTHSM_FOLDER/tokens" \
		    "objectstore.backend = file" \
		    "log.level = ERROR" >"$SOFTHSM2_CONF"
	fi
	softhsm2-util --module "$SOFTHSM_MODULE" --init-token --free \
	    --label "$1" --pin "$SOFTHSM_PIN" --so-pin "$SOFTHSM_SO_PIN" \
	    >/dev/null || tap_bail "the token $1 could not be made"
}

# unhex < hex > bytes
softhsm_unhex()
{
	local hex

	hex=$(tr -d ' \t\r\n')
	# shellcheck disable=SC2059
	printf "$(printf '%s' "$hex" | sed 's/../\\x&/g')"
}

# softhsm_p256_der HEX-OF-D > SEC1 private key in DER, without a public key
softhsm_p256_der()
{
	printf '30310201010420%sa00a06082a8648ce3d030107' "$1" | softhsm_unhex
}

# softhsm_import_p256 LABEL-OF-TOKEN HEX-OF-D HEX-OF-ID [LABEL]
softhsm_import_p256()
{
	softhsm_p256_der "$2" >"$SOFTHSM_FOLDER/import.der" &&
	    pkcs11-tool --module "$SOFTHSM_MODULE" --token-label "$1" \
		--login --pin "$SOFTHSM_PIN" --type privkey --id "$3" \
		--label "${4:-key}" --usage-sign --usage-derive \
		--write-object "$SOFTHSM_FOLDER/import.der" >/dev/null
	local status=$?
	rm -f "$SOFTHSM_FOLDER/import.der"
	return $status
}
