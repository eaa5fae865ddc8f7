# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bash completion for p11-mdoc(1). Verbs and options are what --help lists, so
# that there is nothing here to keep up to date.

_p11_mdoc()
{
	local cur words i list
	cur=${COMP_WORDS[COMP_CWORD]}
	words=()
	# The verbs so far: "key generate --curve P-256" is help for two.
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-* | *[!a-z-]*) break ;;
		*) words+=("${COMP_WORDS[i]}") ;;
		esac
	done
	list=$("${COMP_WORDS[0]}" "${words[@]}" --help 2>/dev/null) || return
	case $cur in
	-*)
		list=$(sed -n 's/^  \(--[a-z][a-z-]*\).*/\1/p' <<<"$list")
		;;
	*)
		list=$(sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p' <<<"$list")
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$list" -- "$cur")
}

# Where no verb or option fits: files.
complete -o bashdefault -o default -F _p11_mdoc p11-mdoc
