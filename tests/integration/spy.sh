#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# p11-mdoc spy: the calls of programs that know nothing of it.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool is not here"
. "$abs_top_srcdir/tests/support/softhsm.sh"
. "$abs_top_srcdir/tests/integration/cli-support.sh"
cli_setup
. "$abs_top_srcdir/tests/support/module.sh"
unset P11_MDOC_TRACE
mkdir tmp
export TMPDIR=$PWD/tmp

# In a build with sanitizers the programs below have to load them first.
tool=(pkcs11-tool --module "$MODULE")
[ -z "${SANITIZER_PRELOAD-}" ] || tool=(env "LD_PRELOAD=$SANITIZER_PRELOAD"
    ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" "${tool[@]}")

# ---- pkcs11-tool
"$p" spy -- "${tool[@]}" -L >out 2>err
tap_is "$?" 0 "the program's exit status, 0"
module_run pkcs11-tool --module "$MODULE" -L >want 2>/dev/null
tap_is "$(cat out)" "$(cat want)" "its output is its own"
tap_ok "its calls are on standard error" grep -q ' C_GetSlotList(.* = CKR_OK' err
tap_is "$(grep -c ' > C_' err)" 0 "each call once"
"$p" spy --output trace -- "${tool[@]}" --login --pin 0000 -O >out 2>err
tap_is "$?" 1 "the program's exit status, 1"
tap_ok "--output: the trace is there" \
    grep -q 'C_Login(.*) = CKR_PIN_INCORRECT' trace
tap_is "$(grep -c '^[0-9]' err)" 0 "--output: and nowhere else"

# ---- a table, JSON
"$p" spy --summary -- "${tool[@]}" -L >/dev/null 2>err
tap_ok "--summary: a table" grep -Eq '^function +calls +errors +total us +max us$' err
tap_ok "--summary: a function" grep -Eq '^C_Initialize +1 +0 +[0-9]+ +[0-9]+$' err
tap_is "$(grep -c '^[0-9]' err)" 0 "--summary: instead of the calls"
"$p" spy --json --output trace -- "${tool[@]}" -L >/dev/null 2>&1
if command -v python3 >/dev/null; then
	tap_is "$(python3 - trace <<'PY'
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
assert all(l['schema'] == 'p11-mdoc/1' for l in lines)
keys = {'schema', 'time', 'thread', 'function', 'arguments', 'result',
        'output', 'microseconds'}
assert all(set(l) == keys for l in lines), lines[0]
first = lines[0]
assert first['function'] == 'C_Initialize' and first['result'] == 'CKR_OK'
assert all(isinstance(l['microseconds'], int) for l in lines)
print('ok')
PY
)" ok "--json: an object for each call"
	"$p" spy --json --summary --output trace -- "${tool[@]}" -L \
	    >/dev/null 2>&1
	tap_is "$(python3 -c '
import json, sys
o = json.load(open("trace"))
f = {x["function"]: x for x in o["summary"]}
print(f["C_Initialize"]["calls"], f["C_Initialize"]["errors"])')" "1 0" \
	    "--json --summary: one object"
else
	tap_skip "JSON: python3 is not here"
fi

# ---- p11tool, by a provider it is given
if command -v p11tool >/dev/null && [ -z "${SANITIZER_PRELOAD-}" ]; then
	"$p" spy -- p11tool --provider "$MODULE" --list-tokens >out 2>err
	tap_ok "p11tool: the token" grep -q 'token=t0' out
	tap_ok "p11tool: its calls" grep -q ' C_GetTokenInfo(.*label="t0"' err
else
	tap_skip "p11tool"
fi

# ---- another module below
"$p" spy --module "$SOFTHSM_MODULE" -- "${tool[@]}" -L >out 2>err
tap_ok "--module: p11-mdoc.so over it" grep -q ' C_Initialize(' err
module_run pkcs11-tool --module "$MODULE" -L >want 2>/dev/null
tap_is "$(cat out)" "$(cat want)" "--module: the same tokens"

# ---- programs that do not run, or end badly
"$p" spy -- no-such-program >out 2>err
tap_is "$?:$(cat err)" \
    "127:p11-mdoc spy: no-such-program: No such file or directory" \
    "a program that is not there"
"$p" spy -- ./pin >out 2>err
tap_is "$?" 126 "a program that cannot be run"
"$p" spy -- sh -c 'exit 42' >out 2>err
tap_is "$?:$(cat err)" \
    "42:p11-mdoc spy: no call was seen; did the program load $(readlink -f "$MODULE")?" \
    "a program that makes no call: said, and its exit status"
"$p" spy sh -c 'exit 3' 2>/dev/null
tap_is "$?" 3 "-- may be left out: the program's options are its own"
"$p" spy -- sh -c 'kill -TERM $$' 2>/dev/null
tap_is "$?" 143 "a program that a signal ends: 128 and its number"
tap_exits 2 "no program" "$p" spy
tap_exits 1 "an output that cannot be" "$p" spy --output /nowhere/x -- true

# ---- signals go to the program
"$p" spy -- sh -c 'trap "echo got it; exit 9" TERM; echo ready
    while :; do sleep 0.1; done' >out 2>/dev/null &
pid=$!
for _ in $(seq 100); do
	grep -q ready out 2>/dev/null && break
	sleep 0.05
done
kill -TERM $pid
wait $pid
tap_is "$?:$(tail -n 1 out)" "9:got it" "SIGTERM reaches the program"

# ---- nobody reads on
"$p" spy -- sh -c 'pkcs11-tool --module "$0" -L; exit 7' "$MODULE" 2>&1 >out |
    head -n 1 >err
tap_is "${PIPESTATUS[0]}" 7 "a reader that goes ends neither program"

# ---- a call that does not come back
ill=$abs_top_builddir/.libs/ill-device.so
if [ -r "$ill" ] && [ -z "${SANITIZER_PRELOAD-}" ]; then
	P11_MDOC_SOFTHSM=$SOFTHSM_MODULE ILL_DEVICE=C_FindObjectsInit=crash \
	    "$p" spy --module "$ill" -- "${tool[@]}" -O >out 2>err
	tap_is "$?" 139 "a module that crashes takes its program along"
	tap_ok "the call that did not return is named" grep -q \
	    'C_FindObjectsInit(.*): did not return; the program was ended by signal 11' \
	    err
else
	tap_skip "a module that crashes"
fi
tap_is "$(ls tmp)" "" "nothing stays behind"
tap_done
