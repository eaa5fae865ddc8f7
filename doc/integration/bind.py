# SPDX-License-Identifier: BSD-3-Clause
#
# Binds a private key to a purpose, for its whole life: see "Purpose-bound keys"
# in p11-mdoc(7).
# Usage: bind.py MODULE TOKEN PIN-FILE LABEL device|reader|issuer [DOCTYPE...]
import struct
import sys

from PyKCS11 import (CKA_CLASS, CKA_LABEL, CKF_RW_SESSION,
                     CKF_SERIAL_SESSION, CKO_PRIVATE_KEY, PyKCS11Lib)

# From <p11-mdoc/pkcs11-mdoc.h>
CKA_MDOC_PURPOSE = 0xCD441001
CKA_MDOC_DOC_TYPES = 0xCD441002
PURPOSES = {"device": 1, "reader": 2, "issuer": 4}

module, token, pin, label, purpose = sys.argv[1:6]
lib = PyKCS11Lib()
lib.load(module)
slot = next(s for s in lib.getSlotList(tokenPresent=True)
            if lib.getTokenInfo(s).label.strip() == token)
session = lib.openSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)
with open(pin) as f:
    session.login(f.read().strip())
key = session.findObjects([(CKA_CLASS, CKO_PRIVATE_KEY),
                           (CKA_LABEL, label)])[0]
rule = [(CKA_MDOC_PURPOSE, struct.pack("@L", PURPOSES[purpose]))]
if sys.argv[6:]:
    rule.append((CKA_MDOC_DOC_TYPES, "\0".join(sys.argv[6:]).encode()))
session.setAttributeValue(key, rule)
session.logout()
session.closeSession()
