#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What works with a token behind p11-kit's server, whose client of version 0.24
# lets no key agreement and no mechanism of a vendor through.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/integration/device-support.sh"

device_rig p11-kit-client
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
device MAC               CKR_KEY_FUNCTION_NOT_PERMITTED
key path                 S
EMacKey                  CKR_KEY_FUNCTION_NOT_PERMITTED
HPKE                     CKR_KEY_FUNCTION_NOT_PERMITTED
ECDH                     CKR_MECHANISM_INVALID
ECDH with a KDF          CKR_MECHANISM_INVALID
HKDF                     CKR_MECHANISM_INVALID
credential               yes
random                   yes
logout                   yes
end                      yes
EOT
tap_done
