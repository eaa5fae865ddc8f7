#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# conf/p11-mdoc.bash completes what p11-mdoc --help lists.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/conf/p11-mdoc.bash"

# reply WORD...: what the last word completes to
reply()
{
	COMP_WORDS=("$abs_top_builddir/p11-mdoc" "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_p11_mdoc
	echo "${COMPREPLY[*]}"
}

tap_is "$(reply ver)" "verify" "a verb"
tap_is "$(reply key gen)" "generate" "a verb of a verb"
tap_is "$(reply verify --tru)" "--trust" "an option"
tap_is "$(reply verify --trust ca.pem --transc)" "--transcript" \
    "an option after another and its value"
tap_is "$(reply doc)" "doctor" "a verb that examines tokens"
tap_is "$(reply doctor --prof)" "--profile" "its option"
tap_is "$(reply spy --sum)" "--summary" "an option of spy"
tap_is "$(reply verify mdl)" "" "a file is left to bash"
tap_is "$(reply nonsense '')" "" "nothing for a verb that is none"
tap_done
