#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Python: PyKCS11, under pykcs11.py.
set -u
. "${abs_top_srcdir:?}/tests/integration/consumer-support.sh"
# The interpreter of the package, not another one that comes first.
python=/usr/bin/python3
consumer python $python
$python -c 'import PyKCS11' 2>/dev/null ||
    tap_skip_all "python3-pykcs11 is not here"

steps()
{
	limit $python "$abs_top_srcdir/tests/integration/consumers/pykcs11.py" \
	    "$module" t0 "$SOFTHSM_PIN" >report 2>&1
	report report
}

consumer_compare 40
tap_done
