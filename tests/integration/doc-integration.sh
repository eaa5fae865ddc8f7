#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Every block of commands in doc/integration/*.md is run, page by page, each
# in a folder, a home and a token of its own, after those of README.md. A page
# says in comments what it needs: <!-- needs: COMMAND -->.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/support/softhsm.sh"
[ -z "${SANITIZER_PRELOAD-}" ] ||
    tap_skip_all "foreign programs do not load a module with sanitizers"
softhsm_new unused
. "$abs_top_srcdir/tests/support/module.sh"
unset P11_MDOC_CONF XDG_CONFIG_HOME XDG_RUNTIME_DIR OPENSSL_CONF SSH_AUTH_SOCK
pages=$abs_top_srcdir/doc/integration

# As after "make install".
installed=$SOFTHSM_FOLDER/installed
mkdir "$installed"
sed "s|^p11_module_path=.*|p11_module_path=$installed|" \
    "$abs_top_builddir/conf/p11-mdoc.pc" >"$installed/p11-mdoc.pc"
ln -s "$abs_top_builddir/p11-mdoc" "$MODULE" "$installed"
export PKG_CONFIG_PATH=$installed PATH=$installed:$PATH

# blocks PAGE: a script of its blocks, with the line of each before it
blocks()
{
	awk '
	/^ *```sh$/ { run = 1; printf "echo \"@@ %d\"\n", FNR; next }
	/^ *```$/ { run = 0 }
	run { sub(/^! /, "refused "); print }
	END { print "echo \"@@ end\"" }' "$1"
}

# page NAME: one point for each block
page()
{
	local name=$1 need line last='' reached

	while read -r need; do
		bash -c "$need" >need.out 2>&1 || {
			tap_skip "$name: needs $need"
			return
		}
	done < <(sed -n 's/^<!-- needs: \(.*\) -->$/\1/p' "$pages/$name.md")
	mkdir -p "$SOFTHSM_FOLDER/$name/tokens" "$SOFTHSM_FOLDER/$name/home"
	cd "$SOFTHSM_FOLDER/$name" || tap_bail "no folder"
	cp "$pages"/*.hex "$pages"/*.py "$pages"/*.java .
	printf '%s\n' "directories.tokendir = $PWD/tokens" \
	    "objectstore.backend = file" "log.level = ERROR" >softhsm2.conf
	{
		# errexit does not look at commands after "!"
		echo 'refused() { if "$@"; then return 1; fi; }'
		[ "$name" = README ] || blocks "$pages/README.md" |
		    sed 's/^echo "@@.*/:/'
		blocks "$pages/$name.md"
	} >script
	HOME=$PWD/home SOFTHSM2_CONF=$PWD/softhsm2.conf \
	    timeout 120 bash -eu script >out 2>&1 </dev/null
	reached=$(sed -n 's/^@@ //p' out | tail -n 1)
	for line in $(sed -n 's/^echo "@@ \([0-9]*\)"$/\1/p' script); do
		if [ "$last" != '' ]; then
			tap_pass "$name.md: the block of line $last"
		fi
		last=$line
		[ "$line" != "$reached" ] || break
	done
	if [ "$reached" = end ]; then
		tap_pass "$name.md: the block of line $last"
	else
		tap_fail "$name.md: the block of line $last"
		sed -n "/^@@ $reached\$/,\$p" out | tap_diag
	fi
	cd "$SOFTHSM_FOLDER" || tap_bail "no folder"
}

cd "$SOFTHSM_FOLDER" || tap_bail "no folder"
for file in "$pages"/*.md; do
	page "$(basename "$file" .md)"
done
tap_done
