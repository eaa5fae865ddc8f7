# SPDX-License-Identifier: BSD-3-Clause
#
# The device MAC (ISO/IEC 18013-5, 12.4.3) through p11-kit's remoting, which
# forwards no vendor mechanisms but does forward attributes: C_CreateObject of
# a key that says what it is derived from, then plain HMAC.
# DeviceAuthenticationBytes on standard input, the tag on standard output.
# Usage: remote_mac.py MODULE TOKEN KEY-ID-IN-HEX SESSION-TRANSCRIPT-FILE
import struct
import sys

from PyKCS11 import (CKA_CLASS, CKA_KEY_TYPE, CKA_SIGN, CKA_TOKEN,
                     CKF_RW_SESSION, CKF_SERIAL_SESSION, CKK_GENERIC_SECRET,
                     CKM_SHA256_HMAC, CKO_SECRET_KEY, Mechanism, PyKCS11Lib)

# From <p11-mdoc/pkcs11-mdoc.h>
CKA_MDOC_ROLE = 0xCD441003
CKA_MDOC_KEY_ID = 0xCD441004
CKA_MDOC_SESSION_TRANSCRIPT = 0xCD441005
ROLE_EMACKEY = 3


def cbor_bytes(b):
    head = b"\x58" + bytes([len(b)]) if len(b) < 256 else \
        b"\x59" + struct.pack(">H", len(b))
    return head + b


module, token, key_id, transcript = sys.argv[1:5]
lib = PyKCS11Lib()
lib.load(module)
slot = next(s for s in lib.getSlotList(tokenPresent=True)
            if lib.getTokenInfo(s).label.strip() == token)
session = lib.openSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)
with open(transcript, "rb") as f:
    emac_key = session.createObject([
        (CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_GENERIC_SECRET),
        (CKA_TOKEN, False), (CKA_SIGN, True),
        (CKA_MDOC_ROLE, struct.pack("@L", ROLE_EMACKEY)),
        (CKA_MDOC_KEY_ID, bytes.fromhex(key_id)),
        (CKA_MDOC_SESSION_TRANSCRIPT, f.read())])
# ["MAC0", << {1: 5} >>, h'', DeviceAuthenticationBytes], RFC 9052, 6.3
mac_structure = b"\x84\x64MAC0\x43\xa1\x01\x05\x40" + \
    cbor_bytes(sys.stdin.buffer.read())
tag = session.sign(emac_key, mac_structure, Mechanism(CKM_SHA256_HMAC, None))
sys.stdout.buffer.write(bytes(tag))
session.closeSession()
