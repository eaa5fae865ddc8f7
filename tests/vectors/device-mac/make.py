#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the *.hex beside it: a device MAC (ISO/IEC 18013-5 12.4.3) under
published keys, computed by python3-cryptography and by hand-made CBOR, that
is, without any code of this project. The keys are SHA-256 of their names.

device-key, reader-key: the private scalars; data: DeviceAuthenticationBytes;
transcript: the SessionTranscriptBytes of it; emac-key: the key derived; tag:
what CKM_MDOC_DEVICE_MAC gives; message: the first of the reader to the device,
whose ephemeral key is device-key too, "hello" under SKReader (12.2.3)."""
import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    for bits, info in ((8, 24), (16, 25), (32, 26)):
        if n < 1 << bits:
            return bytes([major << 5 | info]) + n.to_bytes(bits // 8, "big")
    raise ValueError(n)


def bstr(b):
    return head(2, len(b)) + b


def tstr(s):
    return head(3, len(s)) + s.encode()


def array(*items):
    return head(4, len(items)) + b"".join(items)


def tag24(b):
    return b"\xd8\x18" + bstr(b)


def key(name):
    d = hashlib.sha256(name.encode()).digest()
    return d, ec.derive_private_key(int.from_bytes(d, "big"), ec.SECP256R1())


def cose_key(private):
    p = private.public_key().public_numbers()
    return (b"\xa4\x01\x02\x20\x01\x21" + bstr(p.x.to_bytes(32, "big"))
            + b"\x22" + bstr(p.y.to_bytes(32, "big")))


device_d, device = key("p11-mdoc test vector: device key")
reader_d, reader = key("p11-mdoc test vector: reader's ephemeral key")
engagement = b"\xa2\x00" + tstr("1.0") + b"\x01" + array(
    b"\x01", tag24(cose_key(device)))
transcript = array(tag24(engagement), tag24(cose_key(reader)), b"\xf6")
authentication = tag24(array(
    tstr("DeviceAuthentication"), transcript, tstr("org.iso.18013.5.1.mDL"),
    tag24(b"\xa0")))

z = device.exchange(ec.ECDH(), reader.public_key())
salt = hashlib.sha256(tag24(transcript)).digest()
mac_key = HKDF(hashes.SHA256(), 32, salt, b"EMacKey").derive(z)
structure = array(tstr("MAC0"), bstr(b"\xa1\x01\x05"), bstr(b""),
                  bstr(authentication))
tag = hmac.new(mac_key, structure, hashlib.sha256).digest()

sk_reader = HKDF(hashes.SHA256(), 32, salt, b"SKReader").derive(z)
message = AESGCM(sk_reader).encrypt(bytes(11) + b"\x01", b"hello", None)

for name, value in (("device-key", device_d), ("reader-key", reader_d),
                    ("data", authentication), ("emac-key", mac_key),
                    ("tag", tag), ("transcript", tag24(transcript)),
                    ("message", message)):
    with open(name + ".hex", "w") as f:
        print(value.hex(), file=f)
