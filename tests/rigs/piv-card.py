#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A PIV card in software, for vpcd (vsmartcard).

usage: piv-card.py [--key REF=HEX]... PORT

Connects to the reader of vpcd that listens on 127.0.0.1:PORT, which is the
card's insertion; ending the program is its removal. NIST SP 800-73-4, as much
as OpenSC asks for: SELECT, GET DATA, VERIFY, GENERAL AUTHENTICATE, GET
RESPONSE, command chaining.

Keys: 9A and 9E (P-256, to sign), 9C (P-384, to sign, PIN for each use), 9D
(P-256, to agree). They are the same each time, so that the card that comes
back is the card that went. --key 9D=HEX takes another scalar. The PIN is
123456, with three tries.
"""
import argparse
import datetime
import hashlib
import os
import socket
import struct
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID

PIN = b'123456'.ljust(8, b'\xff')
TRIES = 3
AID = bytes.fromhex('a000000308')
AID_FULL = AID + bytes.fromhex('000010000100')
# The historical bytes carry the AID. Without it OpenSC takes the card for one
# that may have no EC keys.
ATR = bytes.fromhex('3b8b800180f9a00000030800001000c8')

SW_OK = 0x9000
SW_VERIFY = 0x6982
SW_BLOCKED = 0x6983
SW_NOT_FOUND = 0x6a82
SW_BAD_P1P2 = 0x6a86
SW_NO_REFERENCE = 0x6a88
SW_BAD_DATA = 0x6a80
SW_NO_INS = 0x6d00

# reference: curve, algorithm (SP 800-78-4 table 6-2), data object, agreement
SLOTS = {
    0x9a: (ec.SECP256R1(), 0x11, '5fc105', False),
    0x9c: (ec.SECP384R1(), 0x14, '5fc10a', False),
    0x9d: (ec.SECP256R1(), 0x11, '5fc10b', True),
    0x9e: (ec.SECP256R1(), 0x11, '5fc101', False),
}


class Refused(Exception):
    """Carries the status word."""


def tlv(tag, *parts):
    value = b''.join(parts)
    size = len(value)
    if size < 0x80:
        head = bytes([size])
    elif size < 0x100:
        head = bytes([0x81, size])
    else:
        head = b'\x82' + size.to_bytes(2, 'big')
    return bytes.fromhex(tag) + head + value


def items(data):
    """The TLVs with one-byte tags of one level."""
    found = {}
    while data:
        if len(data) < 2:
            raise Refused(SW_BAD_DATA)
        tag, size, at = data[0], data[1], 2
        if size > 0x80:
            at += size - 0x80
            size = int.from_bytes(data[2:at], 'big')
        found[tag] = data[at:at + size]
        data = data[at + size:]
    return found


def certificate(ref, key, agreement):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME,
                                         'Test PIV %02X' % ref)])
    begin = datetime.datetime(2025, 1, 1)
    usage = x509.KeyUsage(
        digital_signature=not agreement, key_agreement=agreement,
        content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False)
    made = x509.CertificateBuilder(
        issuer_name=name, subject_name=name, public_key=key.public_key(),
        serial_number=ref, not_valid_before=begin,
        not_valid_after=begin.replace(year=2055))
    made = made.add_extension(usage, critical=True)
    return made.sign(key, hashes.SHA256()).public_bytes(
        serialization.Encoding.DER)


class Card:
    def __init__(self, scalars):
        self.keys = {}
        self.objects = {}
        for ref, (curve, _, tag, agreement) in SLOTS.items():
            seed = hashlib.sha256(b'p11-mdoc test card %02x' % ref).digest()
            scalar = scalars.get(ref, int.from_bytes(seed, 'big'))
            key = ec.derive_private_key(scalar, curve)
            self.keys[ref] = key
            self.objects[tag] = tlv('53', tlv('70', certificate(
                ref, key, agreement)), tlv('71', b'\0'), tlv('fe'))
        guid = hashlib.sha256(b'p11-mdoc test card').digest()[:16]
        self.objects['5fc102'] = tlv(                   # CHUID
            '53', tlv('30', b'\xd4' * 25), tlv('34', guid),
            tlv('35', b'20550101'), tlv('3e'), tlv('fe'))
        self.objects['5fc107'] = tlv(                   # capabilities
            '53', tlv('f0', bytes.fromhex('a000000116'), b'\xdb' + bytes(15)),
            tlv('f1', b'\x21'), tlv('f2', b'\x21'), tlv('f3'),
            tlv('f4', b'\0'), tlv('f5', b'\x10'), tlv('fe'))
        self.objects['7e'] = tlv(                       # discovery
            '7e', tlv('4f', AID_FULL), tlv('5f2f', b'\x40\0'))
        self.tries = TRIES
        self.power_on()

    def power_on(self):
        self.verified = False
        self.once = False       # the PIN was the last command
        self.chain = b''
        self.rest = b''

    def select(self, data):
        if not data.startswith(AID):
            raise Refused(SW_NOT_FOUND)
        self.verified = False
        return tlv('61', tlv('4f', AID_FULL[5:]), tlv('79', tlv('4f', AID)))

    def get_data(self, data):
        tag = items(data).get(0x5c, b'').hex()
        if tag not in self.objects:
            raise Refused(SW_NOT_FOUND)
        return self.objects[tag]

    def verify(self, reference, data):
        if reference not in (0x00, 0x80):
            raise Refused(SW_NO_REFERENCE)
        if not data and not self.verified:
            raise Refused(0x63c0 | self.tries)
        if data:
            self.check(data)
        return b''

    def check(self, pin):
        if self.tries == 0:
            raise Refused(SW_BLOCKED)
        if pin != PIN:
            self.verified = False
            self.tries -= 1
            raise Refused(0x63c0 | self.tries)
        self.verified = self.once = True
        self.tries = TRIES

    def authenticate(self, algorithm, ref, data, just_verified):
        if ref == 0x9b and items(data).get(0x7c) == b'\x81\0':
            return tlv('7c', tlv('81', os.urandom(8)))  # a challenge
        if ref not in self.keys:
            raise Refused(SW_NO_REFERENCE)
        if algorithm != SLOTS[ref][1]:
            raise Refused(SW_BAD_P1P2)
        if ref == 0x9c and not just_verified:
            raise Refused(SW_VERIFY)
        if ref not in (0x9c, 0x9e) and not self.verified:
            raise Refused(SW_VERIFY)
        key = self.keys[ref]
        query = items(items(data).get(0x7c, b''))
        if 0x85 in query:
            peer = ec.EllipticCurvePublicKey.from_encoded_point(
                key.curve, query[0x85])
            result = key.exchange(ec.ECDH(), peer)
        else:
            result = self.sign(key, query.get(0x81, b''))
        return tlv('7c', tlv('82', result))

    @staticmethod
    def sign(key, digest):
        # A prehashed signature wants the length of some hash: zeros in front
        # do not change the number.
        size = key.curve.key_size // 8
        digest = digest[:size].rjust(size, b'\0')
        kind = hashes.SHA256() if size == 32 else hashes.SHA384()
        return key.sign(digest, ec.ECDSA(utils.Prehashed(kind)))

    def command(self, apdu):
        """One APDU (cla, ins, p1, p2, data), one answer without status."""
        cla, ins, p1, p2, data = apdu
        if ins == 0xc0:
            data, self.rest = self.rest, b''
            return data
        if cla & 0x10:
            self.chain += data
            return b''
        data, self.chain = self.chain + data, b''
        just_verified, self.once = self.once, False
        if ins == 0xa4 and p1 == 4:
            return self.select(data)
        if ins == 0xcb:
            return self.get_data(data)
        if ins == 0x20:
            return self.verify(p2, data)
        if ins == 0x87:
            return self.authenticate(p1, p2, data, just_verified)
        raise Refused(SW_NO_INS)

    def answer(self, raw):
        try:
            out = self.command(parse(raw))
        except Refused as e:
            return e.args[0].to_bytes(2, 'big')
        except ValueError:      # a point that is on no curve, and the like
            return SW_BAD_DATA.to_bytes(2, 'big')
        if len(out) <= 256:
            return out + SW_OK.to_bytes(2, 'big')
        self.rest = out[256:]
        return out[:256] + bytes([0x61, min(len(self.rest), 256) % 256])


def parse(raw):
    if len(raw) < 4:
        raise Refused(0x6700)
    data = b''
    if len(raw) > 5:
        if raw[4]:
            data = raw[5:5 + raw[4]]
        else:                   # extended length
            size = int.from_bytes(raw[5:7], 'big')
            data = raw[7:7 + size] if len(raw) > 7 else b''
    return raw[0], raw[1], raw[2], raw[3], data


def connect(port):
    """The reader may still be starting."""
    for _ in range(100):
        try:
            return socket.create_connection(('127.0.0.1', port))
        except ConnectionRefusedError:
            time.sleep(0.05)
    sys.exit('piv-card.py: no reader listens on port %d' % port)


def message(stream):
    """vpcd frames with two bytes of length; None at the end."""
    head = stream.read(2)
    if len(head) < 2:
        return None
    return stream.read(struct.unpack('>H', head)[0])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--key', action='append', default=[])
    parser.add_argument('port', type=int)
    args = parser.parse_args()
    scalars = {}
    for text in args.key:
        ref, scalar = text.split('=')
        scalars[int(ref, 16)] = int(scalar, 16)
    card = Card(scalars)
    sock = connect(args.port)
    stream = sock.makefile('rb')
    while (got := message(stream)) is not None:
        if len(got) == 1:       # 0 off, 1 on, 2 reset, 4 the ATR is wanted
            if got[0] != 4:
                card.power_on()
                continue
            out = ATR
        else:
            out = card.answer(got)
        sock.sendall(struct.pack('>H', len(out)) + out)


main()
