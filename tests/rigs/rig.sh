# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What the scripts of this folder share. Each is one device:
#
#	eval "$(tests/rigs/NAME.sh start)"      # exit status 77: not here
#	... "$RIG_MODULE" "$RIG_PIN" ...
#	tests/rigs/NAME.sh stop "$RIG_DIR"
#
# start prints assignments for a shell, all exported: RIG_DIR (a folder of its
# own, which stop removes), RIG_MODULE (the device's PKCS#11 module), RIG_PIN,
# RIG_TOKEN (the label), RIG_INIT_ARGS (empty, or for p11-mdoc.conf), RIG_PIDS,
# and what the device's own module needs in the environment. Further verbs, as
# "tests/rigs/piv.sh remove $RIG_DIR", are said in the device's script.
#
# A device's script defines rig_needs and rig_start, rig_VERB for each verb of
# its own, and ends with: rig_main "$@"
set -u -o pipefail

rigs=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

rig_skip()
{
	echo "SKIP $*" >&2
	exit 77
}

rig_fail()
{
	echo "$0: $*" >&2
	[ -z "${RIG_DIR-}" ] || {
		tail -n 20 "$RIG_DIR"/*.log >&2 2>/dev/null
		rig_stop
	}
	exit 1
}

# What tests/support/softhsm.sh calls.
tap_skip_all()
{
	rig_skip "$@"
}

tap_bail()
{
	rig_fail "$@"
}

# rig_program NAME...: skips unless the programs are here.
rig_program()
{
	local p

	for p in "$@"; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$p" >/dev/null ||
		    rig_skip "$p is not here"
	done
}

# rig_find NAME [FOLDER]: path of a library; skips if there is none.
rig_find()
{
	local path

	for path in /usr/lib/*/"${2-.}/$1" /usr/lib/"${2-.}/$1" \
	    /usr/lib64/"${2-.}/$1" /usr/local/lib/"${2-.}/$1"; do
		if [ -r "$path" ]; then
			realpath -s "$path"
			return 0
		fi
	done
	return 1
}

# rig_python: a Python 3 that has the packages named.
rig_python()
{
	local python

	for python in /usr/bin/python3 python3; do
		if "$python" -c "import $1" 2>/dev/null; then
			echo "$python"
			return 0
		fi
	done
	return 1
}

# rig_spawn NAME COMMAND...: in a process group of its own; NAME.log, NAME.pid.
rig_spawn()
{
	local name=$1

	shift
	setsid "$@" >>"$RIG_DIR/$name.log" 2>&1 </dev/null &
	echo $! >"$RIG_DIR/$name.pid"
}

# rig_await SECONDS COMMAND...: until it succeeds.
rig_await()
{
	local left=$(($1 * 20))

	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.05
	done
}

# rig_signal SIGNAL NAME: to the whole group.
rig_signal()
{
	local pid

	pid=$(cat "$RIG_DIR/$2.pid" 2>/dev/null) || return 0
	kill -s "$1" -- "-$pid" 2>/dev/null
	return 0
}

rig_gone()
{
	local pid

	pid=$(cat "$RIG_DIR/$1.pid" 2>/dev/null) || return 0
	[ -z "$(ps -o stat= -g "$pid" 2>/dev/null | grep -v '^Z')" ]
}

# rig_end NAME: and does not return before it is over.
rig_end()
{
	rig_signal CONT "$1"
	rig_signal TERM "$1"
	rig_await 3 rig_gone "$1" || rig_signal KILL "$1"
	rig_await 3 rig_gone "$1"
	rm -f "$RIG_DIR/$1.pid"
}

rig_stop()
{
	local file

	# The youngest first.
	for file in $(ls -t "$RIG_DIR"/*.pid 2>/dev/null); do
		file=${file##*/}
		rig_end "${file%.pid}"
	done
	rm -rf "$RIG_DIR"
}

# rig_export NAME...: prints what a shell needs to have these variables.
rig_export()
{
	local name

	for name in "$@"; do
		printf 'export %s=%q\n' "$name" "${!name-}"
	done
}

rig_print()
{
	RIG_PIDS=$(cat "$RIG_DIR"/*.pid 2>/dev/null | tr '\n' ' ')
	: "${RIG_INIT_ARGS=}"
	rig_export RIG_DIR RIG_MODULE RIG_PIN RIG_TOKEN RIG_INIT_ARGS RIG_PIDS \
	    "$@"
}

rig_main()
{
	local verb=${1-}

	case $verb in
	start)
		rig_needs
		RIG_DIR=$(mktemp -d -t p11-mdoc-rig-XXXXXX) ||
		    rig_fail "no temporary folder"
		rig_start
		;;
	'')
		echo "usage: $0 start | stop DIR | ..." >&2
		exit 2
		;;
	*)
		RIG_DIR=${2:?the folder that start printed}
		[ -d "$RIG_DIR" ] || rig_fail "$RIG_DIR is no folder"
		declare -F "rig_$verb" >/dev/null || rig_fail "no verb $verb"
		"rig_$verb"
		;;
	esac
}
