# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# For tests over a device of tests/rigs, after tests/tap.sh:
#
#	device_rig NAME            # started, below p11-mdoc.so; or skips the test
#	device_works <<'EOT'       # what must work, and how the rest is refused
#	ECDSA             yes
#	device MAC        CKR_...
#	EOT

MODULE=${abs_top_builddir:?}/p11-mdoc.so
rigs=${abs_top_srcdir:?}/tests/rigs

device_stop()
{
	local status=$?

	[ -z "${RIG_DIR-}" ] || "$rigs/$device.sh" stop "$RIG_DIR"
	exit "$status"
}

# device_rig NAME [LINE...]: LINEs go to the device's section.
device_rig()
{
	local status=0 out

	device=$1
	shift
	out=$(mktemp)
	"$rigs/$device.sh" start >"$out.env" 2>"$out" || status=$?
	if [ $status -eq 77 ]; then
		why=$(sed -n 's/^SKIP //p' "$out")
		rm -f "$out" "$out.env"
		tap_skip_all "$why"
	fi
	[ $status -eq 0 ] || tap_diag <"$out"
	. "$out.env"
	rm -f "$out" "$out.env"
	[ $status -eq 0 ] || tap_bail "the rig $device does not start"
	trap device_stop EXIT
	P11_MDOC_CONF=$RIG_DIR/p11-mdoc.conf
	export P11_MDOC_CONF
	{
		printf '[device %s]\nmodule = %s\n' "$device" "$RIG_MODULE"
		[ -z "$RIG_INIT_ARGS" ] ||
		    printf 'init-args = %s\n' "$RIG_INIT_ARGS"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$P11_MDOC_CONF"
}

# Each line of the table is a test; so is every line that it does not have.
device_works()
{
	local out=$RIG_DIR/works name wanted got

	timeout 120 "$abs_top_builddir/tests/integration/device-works" \
	    "$MODULE" "$RIG_TOKEN" "$RIG_PIN" >"$out" 2>"$out.err"
	tap_is $? 0 "$device: it ends"
	while IFS= read -r line; do
		name=${line%%  *}
		wanted=${line##*  }
		got=$(awk -F '\t' -v n="$name" '$1 == n { print $2 }' "$out")
		tap_is "$got" "$wanted" "$device: $name: $wanted"
		awk -F '\t' -v n="$name" '$1 != n' "$out" >"$out.rest"
		mv "$out.rest" "$out"
	done
	tap_is "$(cat "$out")" "" "$device: the table has all there is"
	[ ! -s "$out.err" ] || tap_diag <"$out.err"
}
