#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# One table of all consumers, from the logs of consumer-*.sh, which run first.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
cd "${abs_top_builddir:?}/tests/integration" || exit 99

lost=0
printf '# %-22s %5s %5s %5s  %s\n' consumer steps alone ours \
    "through us only"
for log in consumer-*.log; do
	[ "$log" != consumer-table.log ] || continue
	[ -r "$log" ] || continue
	while IFS='|' read -r _ name steps raw ours only; do
		printf '# %-22s %5s %5s %5s  %s\n' "$name" "$steps" "$raw" \
		    "$ours" "$only"
		tap_pass "$name: $steps steps, $raw alone, $ours through us"
		[ "$ours" -ge "$raw" ] || lost=1
	done < <(grep '^# row|' "$log")
	why=$(sed -n 's/^1\.\.0 # SKIP //p' "$log")
	[ -z "$why" ] || printf '# %-22s skipped: %s\n' "${log%.log}" "$why"
done
[ "$tap_count" -gt 0 ] || tap_skip_all "no consumer was run"
tap_is "$lost" 0 "nothing is lost through us"
tap_done
