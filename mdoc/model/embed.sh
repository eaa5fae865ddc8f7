#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# embed.sh FILE...: writes the doctype_data of these files as C.
set -eu

echo '/* Made by mdoc/model/embed.sh. */'
echo '#include "config.h"'
echo
echo '#include "mdoc/model/doctype-data.h"'
n=0
for file; do
	printf '\nstatic const unsigned char json_%d[] = {\n' $n
	od -An -v -tx1 "$file" | sed 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g'
	echo '};'
	n=$((n + 1))
done
printf '\nconst struct doctype_data doctype_data[] = {\n'
n=0
for file; do
	printf '\t{ "%s", json_%d, sizeof(json_%d) },\n' "${file##*/}" $n $n
	n=$((n + 1))
done
printf '\t{ 0, 0, 0 },\n};\n'
