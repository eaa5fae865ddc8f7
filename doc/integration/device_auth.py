# SPDX-License-Identifier: BSD-3-Clause
#
# Device authentication (ISO/IEC 18013-5, 12.4) with a key in a token:
# DeviceAuthenticationBytes on standard input, the signature or the tag on
# standard output.
# Usage: device_auth.py MODULE TOKEN PIN-FILE LABEL mac|signature
import sys

from PyKCS11 import (CKA_CLASS, CKA_LABEL, CKF_RW_SESSION,
                     CKF_SERIAL_SESSION, CKO_PRIVATE_KEY, Mechanism,
                     PyKCS11Lib)

# From <p11-mdoc/pkcs11-mdoc.h>
CKM_MDOC_DEVICE_SIGNATURE = 0xCD441001
CKM_MDOC_DEVICE_MAC = 0xCD441002
CKA_MDOC_KEY_PATH = 0xCD441007

module, token, pin, label, mode = sys.argv[1:6]
lib = PyKCS11Lib()
lib.load(module)
slot = next(s for s in lib.getSlotList(tokenPresent=True)
            if lib.getTokenInfo(s).label.strip() == token)
session = lib.openSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)
with open(pin) as f:
    session.login(f.read().strip())
key = session.findObjects([(CKA_CLASS, CKO_PRIVATE_KEY),
                           (CKA_LABEL, label)])[0]
how = CKM_MDOC_DEVICE_MAC if mode == "mac" else CKM_MDOC_DEVICE_SIGNATURE
answer = session.sign(key, sys.stdin.buffer.read(), Mechanism(how, None))
sys.stdout.buffer.write(bytes(answer))
path = session.getAttributeValue(key, [CKA_MDOC_KEY_PATH], True)[0]
print("key path of a MAC:", chr(path[0]), file=sys.stderr)
session.logout()
session.closeSession()
