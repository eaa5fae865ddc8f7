#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What works with a PIV card behind OpenSC: its keys are there and stay. OpenSC
# 0.23 takes any key derivation function and applies none, alone as well.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/integration/device-support.sh"
RIG_KEY_9D=$(cat "$abs_top_srcdir/tests/vectors/device-mac/device-key.hex")
export RIG_KEY_9D
device_rig piv
device_works <<'EOT'
token                    yes
session                  yes
login                    yes
keys on it               yes
ECDSA                    yes
ECDSA verification       yes
ECDSA_SHA256             yes
device signature         yes
its verification         yes
device MAC               yes
key path                 D
EMacKey                  CKR_TEMPLATE_INCONSISTENT
HPKE                     yes
ECDH                     yes
ECDH with a KDF          WRONG
HKDF                     CKR_KEY_TYPE_INCONSISTENT
credential               CKR_FUNCTION_NOT_SUPPORTED
random                   yes
logout                   yes
end                      yes
EOT
tap_done
