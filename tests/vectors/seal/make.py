#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the .hex files beside it, with nothing of this project."""

import hashlib
import hmac
import pathlib

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LABEL = b"p11-mdoc seal 1"
MAGIC = b"p11mdoc\x01"
NAME = b"00112233445566778899aabbccddeeff"
NONCE = bytes(range(12))
PLAIN = b"what a token cannot hold"
D = bytes.fromhex("4c" * 31 + "01")


def point_of_name(public):
    for attempt in range(256):
        x = hashlib.sha512(LABEL + bytes([attempt, 0]) + public + NAME).digest()
        try:
            # 02: the even y
            return ec.EllipticCurvePublicKey.from_encoded_point(
                ec.SECP256R1(), b"\x02" + x[:32])
        except ValueError:
            continue
    raise AssertionError


key = ec.derive_private_key(int.from_bytes(D, "big"), ec.SECP256R1())
public = key.public_key().public_bytes(
    Encoding.X962, PublicFormat.UncompressedPoint)
z = key.exchange(ec.ECDH(), point_of_name(public))
secret = HKDF(SHA256(), 32, None, LABEL).derive(z)
record = hmac.new(secret, NAME, "sha256").digest()
sealed = MAGIC + NONCE + AESGCM(record).encrypt(NONCE, PLAIN, MAGIC + NAME)

here = pathlib.Path(__file__).parent
for name, value in (("key", D), ("sealed", sealed), ("plain", PLAIN),
                    ("point", public)):
    (here / (name + ".hex")).write_text(value.hex() + "\n")
