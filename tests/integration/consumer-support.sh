# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A consumer of PKCS#11 is run twice, on SoftHSMv2 alone and through
# p11-mdoc.so, each time on a fresh token. What passes alone must pass through
# us; what passes through us only is printed.
#
#	. "${abs_top_srcdir:?}/tests/integration/consumer-support.sh"
#	consumer NAME PROGRAM...  # skips the script if a program is missing
#	steps()
#	{
#		step NAME COMMAND...  # passes if the command does
#		step NAME shows TEXT COMMAND...    # and prints this
#		step NAME refused COMMAND...       # passes if it fails
#	}
#	consumer_compare 20           # at least 20 steps are possible alone
#	consumer_same NAME COMMAND... # the same text, @module@ being either
#	tap_done
#
# While steps runs, the working folder belongs to this side, $side is "raw" or
# "ours", $module is what to load, and the token "t0" has the PINs
# $SOFTHSM_PIN and $SOFTHSM_SO_PIN. A command may be a function; then it gives
# its programs a time limit itself, by calling them with "limit".

. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"

consumer()
{
	local program

	consumer=$1
	shift
	[ -z "${SANITIZER_PRELOAD-}" ] ||
	    tap_skip_all "foreign programs do not load a module with sanitizers"
	for program in "$@"; do
		command -v "$program" >/dev/null ||
		    tap_skip_all "$program is not here"
	done
	softhsm_new t0
	. "$abs_top_srcdir/tests/support/module.sh"
	consumer_folder=$SOFTHSM_FOLDER
	cd "$consumer_folder" || tap_bail "no folder"
	# Programs keep things in the home folder.
	mkdir home
	export HOME=$consumer_folder/home
	unset XDG_CONFIG_HOME XDG_RUNTIME_DIR OPENSSL_CONF SSH_AUTH_SOCK \
	    DISPLAY JAVA_TOOL_OPTIONS PYTHONPATH P11_MDOC_TRACE P11_MDOC_DEBUG
}

limit()
{
	timeout "${limit:-60}" "$@"
}

run()
{
	if declare -F "$1" >/dev/null; then
		"$@"
	else
		limit "$@"
	fi
}

# step NAME COMMAND...
step()
{
	local name=$1 status
	shift
	(run "$@") >step.out 2>&1 </dev/null
	status=$?
	if [ "$status" -eq 0 ]; then
		echo "OK $name"
	else
		echo "FAIL $name"
		sed "s|^|$side: $name ($status): |" step.out \
		    >>"$consumer_folder/failures"
	fi >>"$consumer_folder/$side.set"
	return "$status"
}

# report FILE [PREFIX]: lines "OK name" and "FAIL name ..." of a program with
# many steps.
report()
{
	sed -n "s/^\\(OK\\|FAIL\\) \\([^ ]*\\).*/\\1 ${2-}\\2/p" "$1" \
	    >>"$consumer_folder/$side.set"
	sed -n "s|^FAIL |$side: ${2-}|p" "$1" >>"$consumer_folder/failures"
}

# shows TEXT COMMAND...: what the command prints holds the text
shows()
{
	local text=$1
	shift
	run "$@" >shows.out 2>&1
	grep -qF -- "$text" shows.out || {
		cat shows.out
		return 1
	}
}

# refused COMMAND...: it fails, but neither crashes nor runs out of time
refused()
{
	local status

	run "$@"
	status=$?
	[ "$status" -gt 0 ] && [ "$status" -lt 124 ]
}

# A fresh token for this side, and its folder.
consumer_side()
{
	side=$1
	module=$2
	mkdir -p "$consumer_folder/$side/tokens"
	cd "$consumer_folder/$side" || tap_bail "no folder"
	export SOFTHSM2_CONF=$PWD/softhsm2.conf
	printf '%s\n' "directories.tokendir = $PWD/tokens" \
	    "objectstore.backend = file" "log.level = ERROR" >softhsm2.conf
	softhsm2-util --module "$SOFTHSM_MODULE" --init-token --free \
	    --label t0 --pin "$SOFTHSM_PIN" --so-pin "$SOFTHSM_SO_PIN" \
	    >/dev/null || tap_bail "the token could not be made"
	steps
	cd "$consumer_folder" || tap_bail "no folder"
	export SOFTHSM2_CONF=$PWD/softhsm2.conf
}

# consumer_compare LEAST: runs steps on both sides and compares
consumer_compare()
{
	local least=$1 result name raw ours only

	: >failures
	: >raw.set
	: >ours.set
	consumer_side raw "$SOFTHSM_MODULE"
	consumer_side ours "$MODULE"
	while read -r result name; do
		if [ "$result" = OK ]; then
			tap_ok "$consumer: $name" grep -qxF "OK $name" ours.set
			grep -F "ours: $name " failures | tap_diag
		elif grep -qxF "OK $name" ours.set; then
			tap_pass "$consumer: $name (through us only)"
		else
			tap_pass "$consumer: $name (refused by both)"
			grep -F "ours: $name " failures | tail -n 1 | tap_diag
		fi
	done <raw.set
	raw=$(grep -c '^OK ' raw.set)
	ours=$(grep -c '^OK ' ours.set)
	only=$(comm -13 <(sort raw.set) <(sort ours.set) | sed -n 's/^OK //p')
	tap_is "$(sed 's/[^ ]* //' raw.set | sort | uniq -d)" "" \
	    "$consumer: no two steps have one name"
	tap_is "$(sed 's/[^ ]* //' ours.set)" "$(sed 's/[^ ]* //' raw.set)" \
	    "$consumer: both sides went through the same steps"
	tap_ok "$consumer: at least $least steps are possible" \
	    test "$raw" -ge "$least"
	# consumer-table.sh reads it.
	echo "# row|$consumer|$(wc -l <raw.set)|$raw|$ours|${only//$'\n'/ }"
}

# consumer_same NAME COMMAND...: with one token, what the command prints about
# SoftHSMv2 it prints about p11-mdoc.so with "info = downstream" as well.
consumer_same()
{
	local name=$1 raw ours
	shift
	module_configure '[module]' 'info = downstream' '[device softhsm]' \
	    "module = $SOFTHSM_MODULE"
	# Objects of SoftHSMv2 come in the order in which they lie in memory.
	raw=$(run "${@//@module@/$SOFTHSM_MODULE}" 2>&1 </dev/null | sort)
	ours=$(run "${@//@module@/$MODULE}" 2>&1 </dev/null | sort)
	tap_ok "$consumer: $name, there is text" test -n "$raw"
	tap_is "${ours//"$MODULE"/"$SOFTHSM_MODULE"}" "$raw" \
	    "$consumer: $name, the same text"
	module_configure
}
