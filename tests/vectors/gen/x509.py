# SPDX-License-Identifier: BSD-3-Clause
"""DER of keys and of certificates of ISO/IEC 18013-5 Annex B."""
import base64
import hashlib

from ec import EcKey, EdKey


def der(tag, *parts):
    body = b''.join(parts)
    n = len(body)
    if n < 128:
        length = bytes([n])
    else:
        b = n.to_bytes((n.bit_length() + 7) // 8, 'big')
        length = bytes([0x80 | len(b)]) + b
    return bytes([tag]) + length + body


def seq(*parts):
    return der(0x30, *parts)


def integer(n):
    return der(2, n.to_bytes(n.bit_length() // 8 + 1, 'big'))


def oid_content(text):
    first, second, *rest = (int(x) for x in text.split('.'))
    out = b''
    for n in [40 * first + second] + rest:
        b = [n & 127]
        while n > 127:
            n >>= 7
            b.append(n & 127 | 128)
        out += bytes(reversed(b))
    return out


def oid(text):
    return der(6, oid_content(text))


def bits(b, unused=0):
    return der(3, bytes([unused]), b)


EC_PUBLIC = '1.2.840.10045.2.1'
ECDSA = {'sha1': '1.2.840.10045.4.1', 'sha256': '1.2.840.10045.4.3.2',
         'sha384': '1.2.840.10045.4.3.3', 'sha512': '1.2.840.10045.4.3.4'}
OKP = {'Ed25519': '1.3.101.112', 'Ed448': '1.3.101.113',
       'X25519': '1.3.101.110', 'X448': '1.3.101.111'}


def algorithm(key):
    if isinstance(key, EcKey):
        return seq(oid(EC_PUBLIC), oid(key.curve.oid))
    name = key.curve.name if isinstance(key, EdKey) else key.name
    return seq(oid(OKP[name]))


def spki(key):
    return seq(algorithm(key), bits(key.point()))


def pkcs8(key):
    if isinstance(key, EcKey):
        c = key.curve
        private = seq(integer(1), der(4, c.number(key.d)),
                      der(0xa1, bits(key.point())))
    else:
        private = der(4, key.seed)
    return seq(integer(0), algorithm(key), der(4, private))


def pem(label, data):
    text = base64.b64encode(data).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return '-----BEGIN %s-----\n%s\n-----END %s-----\n' % (
        label, '\n'.join(lines), label)


def utc(text):
    """"2026-06-01" or with a time "2026-06-01 12:00:00"."""
    if len(text) == 10:
        text += ' 00:00:00'
    digits = ''.join(c for c in text if c.isdigit())
    if digits[:2] == '20' and int(digits[:4]) < 2050:
        return der(0x17, digits[2:].encode() + b'Z')
    return der(0x18, digits.encode() + b'Z')


NAMES = {'C': ('2.5.4.6', 0x13), 'ST': ('2.5.4.8', 0x0c),
         'O': ('2.5.4.10', 0x0c), 'CN': ('2.5.4.3', 0x0c)}


def name(parts):
    out = b''
    for key, value in parts:
        number, tag = NAMES[key]
        out += der(0x31, seq(oid(number), der(tag, value.encode())))
    return seq(out)


def extension(number, value, critical=False):
    flag = der(1, b'\xff') if critical else b''
    return seq(oid(number), flag, der(4, value))


def key_id(key):
    return hashlib.sha1(key.point()).digest()


def key_usage(value):
    """value: bits from the left, as bytes."""
    b = bytes(value)
    last = b[-1]
    unused = 0
    while last and not last >> unused & 1:
        unused += 1
    return bits(b, unused)


URL = b'https://example.com/'
DS_EKU = '1.0.18013.5.1.2'
READER_EKU = '1.0.18013.5.1.6'


class Cert:
    """What a certificate consists of; change it, then call encode."""

    def __init__(self, key, subject, issuer_key, issuer, ca=False,
                 before='2026-01-01', after='2027-03-01', eku=DS_EKU):
        self.key, self.subject = key, subject
        self.issuer_key, self.issuer = issuer_key, issuer
        self.before, self.after = before, after
        self.serial = int.from_bytes(
            hashlib.sha256(repr((subject, issuer)).encode()).digest()[:16],
            'big') >> 1
        self.hash = issuer_key.curve.hash().name
        self.spki = None
        self.basic = seq(der(1, b'\xff'), integer(0)) if ca else None
        self.usage = [0x06] if ca else [0x80]
        self.eku = None if ca else eku
        self.eku_critical = True
        self.ski = key_id(key)
        self.aki = None if ca and subject == issuer else key_id(issuer_key)
        self.alt_name = True
        self.crl = True
        self.more = []
        self.break_signature = False

    def extensions(self):
        out = []
        if self.aki is not None:
            out.append(extension('2.5.29.35', seq(der(0x80, self.aki))))
        if self.ski is not None:
            out.append(extension('2.5.29.14', der(4, self.ski)))
        if self.usage is not None:
            out.append(extension('2.5.29.15', key_usage(self.usage), True))
        if self.basic is not None:
            out.append(extension('2.5.29.19', self.basic, True))
        if self.eku is not None:
            out.append(extension('2.5.29.37', seq(oid(self.eku)),
                                 self.eku_critical))
        if self.alt_name:
            out.append(extension('2.5.29.18', seq(der(0x86, URL))))
        if self.crl:
            point = der(0xa0, der(0xa0, der(0x86, URL + b'crl')))
            out.append(extension('2.5.29.31', seq(seq(point))))
        return out + self.more

    def encode(self):
        signature = seq(oid(ECDSA[self.hash]))
        tbs = seq(
            der(0xa0, integer(2)), integer(self.serial), signature,
            name(self.issuer), seq(utc(self.before), utc(self.after)),
            name(self.subject), self.spki or spki(self.key),
            der(0xa3, seq(*self.extensions())))
        r, s = self.issuer_key.sign_numbers(tbs)
        if self.break_signature:
            s ^= 1
        return seq(tbs, signature, bits(seq(integer(r), integer(s))))
