#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What works with NSS softokn: it derives keys itself (path A).
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/integration/device-support.sh"

device_rig nss
device_works <<'EOT'
token                    yes
session                  yes
login                    yes
keys on it               CKR_OBJECT_HANDLE_INVALID
import                   yes
session keys             yes
ECDSA                    yes
ECDSA verification       yes
ECDSA_SHA256             yes
device signature         yes
its verification         yes
device MAC               yes
key path                 A
EMacKey                  yes
HPKE                     yes
ECDH                     yes
ECDH with a KDF          yes
HKDF                     yes
credential               CKR_ATTRIBUTE_VALUE_INVALID
random                   yes
logout                   yes
end                      yes
EOT
tap_done
