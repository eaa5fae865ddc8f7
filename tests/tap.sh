# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause
#
# TAP for shell tests. Usage:
#
#	. "${abs_top_srcdir:-.}/tests/tap.sh"
#	tap_ok "the file is there" test -f x          # runs a command
#	tap_is "$got" "$wanted" "the two are equal"
#	tap_skip "needs npm"                          # one skipped point
#	tap_done                                      # prints the plan, exits
#
# "tap_skip_all WHY" skips the whole script, "tap_bail WHY" ends it in error.

tap_count=0
tap_failures=0

tap_pass()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

tap_fail()
{
	tap_count=$((tap_count + 1))
	tap_failures=$((tap_failures + 1))
	echo "not ok $tap_count - $1"
}

# Lines of standard input as comments.
tap_diag()
{
	sed 's/^/# /'
}

# tap_ok NAME COMMAND...: passes if the command does; its output is a comment.
tap_ok()
{
	tap_name=$1
	shift
	if tap_out=$("$@" 2>&1); then
		tap_pass "$tap_name"
	else
		tap_status=$?
		tap_fail "$tap_name"
		{
			echo "exit status $tap_status: $*"
			echo "$tap_out"
		} | tap_diag
	fi
}

# tap_exits STATUS NAME COMMAND...: passes if that is the exit status.
tap_exits()
{
	tap_want=$1
	tap_name=$2
	shift 2
	tap_status=0
	tap_out=$("$@" 2>&1) || tap_status=$?
	if [ "$tap_status" -eq "$tap_want" ]; then
		tap_pass "$tap_name"
	else
		tap_fail "$tap_name"
		{
			echo "exit status $tap_status, not $tap_want: $*"
			echo "$tap_out"
		} | tap_diag
	fi
}

tap_is()
{
	if [ "$1" = "$2" ]; then
		tap_pass "$3"
	else
		tap_fail "$3"
		printf 'got:    %s\nwanted: %s\n' "$1" "$2" | tap_diag
	fi
}

tap_skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count # SKIP $1"
}

tap_skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

tap_bail()
{
	echo "Bail out! $1"
	exit 99
}

tap_done()
{
	[ "$tap_count" -gt 0 ] || tap_bail "no test was run"
	echo "1..$tap_count"
	[ "$tap_failures" -eq 0 ]
	exit
}
