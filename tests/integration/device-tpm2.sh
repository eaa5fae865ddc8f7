#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What works with a TPM: signatures with keys made in it.
set -u
. "${abs_top_srcdir:?}/tests/tap.sh"
. "$abs_top_srcdir/tests/integration/device-support.sh"

device_rig tpm2
device_works <<'EOT'
token                    yes
session                  yes
login                    yes
keys on it               CKR_OBJECT_HANDLE_INVALID
import                   CKR_ATTRIBUTE_VALUE_INVALID
session keys             CKR_ATTRIBUTE_VALUE_INVALID
token keys               yes
ECDSA                    yes
ECDSA verification       yes
ECDSA_SHA256             yes
device signature         yes
its verification         yes
device MAC               CKR_KEY_FUNCTION_NOT_PERMITTED
key path                 S
EMacKey                  CKR_KEY_FUNCTION_NOT_PERMITTED
HPKE                     CKR_KEY_FUNCTION_NOT_PERMITTED
ECDH                     CKR_FUNCTION_NOT_SUPPORTED
ECDH with a KDF          CKR_FUNCTION_NOT_SUPPORTED
HKDF                     CKR_FUNCTION_NOT_SUPPORTED
credential               yes
random                   yes
logout                   yes
end                      yes
EOT
tap_done
