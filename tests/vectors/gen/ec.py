# SPDX-License-Identifier: BSD-3-Clause
"""Elliptic curves in plain Python, slow and deterministic: ECDSA with nonces
of RFC 6979, EdDSA of RFC 8032, ECDH, X25519 and X448 of RFC 7748."""
import hashlib
import hmac


class Curve:
    """y^2 = x^3 + ax + b."""

    def __init__(self, name, cose, oid, alg, hash_name, p, a, b, g, n):
        self.name, self.cose, self.oid, self.alg = name, cose, oid, alg
        self.hash = getattr(hashlib, hash_name)
        self.p, self.a, self.b, self.n = (int(x, 16) for x in (p, a, b, n))
        self.size = (self.p.bit_length() + 7) // 8
        g = bytes.fromhex(g)
        self.g = (int.from_bytes(g[1:1 + self.size], 'big'),
                  int.from_bytes(g[1 + self.size:], 'big'))

    def add(self, p, q):
        if p is None or q is None:
            return p or q
        if p[0] == q[0]:
            if (p[1] + q[1]) % self.p == 0:
                return None
            m = (3 * p[0] * p[0] + self.a) * pow(2 * p[1], -1, self.p)
        else:
            m = (q[1] - p[1]) * pow(q[0] - p[0], -1, self.p)
        x = (m * m - p[0] - q[0]) % self.p
        return x, (m * (p[0] - x) - p[1]) % self.p

    def multiply(self, k, p):
        r = None
        while k:
            if k & 1:
                r = self.add(r, p)
            p = self.add(p, p)
            k >>= 1
        return r

    def number(self, x):
        return x.to_bytes(self.size, 'big')


NIST_A = 'ffffffff00000001000000000000000000000000fffffffffffffffffffffffc'
P256 = Curve(
    'P-256', 1, '1.2.840.10045.3.1.7', -7, 'sha256',
    NIST_A[:-1] + 'f', NIST_A,
    '5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b',
    '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296'
    '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
    'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
NIST_A = ('fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe'
          'ffffffff0000000000000000fffffffc')
P384 = Curve(
    'P-384', 2, '1.3.132.0.34', -35, 'sha384', NIST_A[:-1] + 'f', NIST_A,
    'b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875a'
    'c656398d8a2ed19d2a85c8edd3ec2aef',
    '04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38'
    '5502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29'
    'f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
    'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf'
    '581a0db248b0a77aecec196accc52973')
NIST_A = '01' + 'f' * 129 + 'c'
P521 = Curve(
    'P-521', 3, '1.3.132.0.35', -36, 'sha512', NIST_A[:-1] + 'f', NIST_A,
    '51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109'
    'e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00',
    '0400c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d'
    '3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5'
    'bd66011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17'
    '273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be9476'
    '9fd16650',
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff'
    'ffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409')
BP256 = Curve(
    'brainpoolP256r1', 256, '1.3.36.3.3.2.8.1.1.7', -7, 'sha256',
    'a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377',
    '7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9',
    '26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6',
    '048bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262'
    '547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997',
    'a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7')
BP320 = Curve(
    'brainpoolP320r1', 257, '1.3.36.3.3.2.8.1.1.9', -35, 'sha384',
    'd35e472036bc4fb7e13c785ed201e065f98fcfa6f6f40def4f92b9ec7893ec28'
    'fcd412b1f1b32e27',
    '3ee30b568fbab0f883ccebd46d3f3bb8a2a73513f5eb79da66190eb085ffa9f4'
    '92f375a97d860eb4',
    '520883949dfdbc42d3ad198640688a6fe13f41349554b49acc31dccd88453981'
    '6f5eb4ac8fb1f1a6',
    '0443bd7e9afb53d8b85289bcc48ee5bfe6f20137d10a087eb6e7871e2a10a599c7'
    '10af8d0d39e2061114fdd05545ec1cc8ab4093247f77275e0743ffed117182ea'
    'a9c77877aaac6ac7d35245d1692e8ee1',
    'd35e472036bc4fb7e13c785ed201e065f98fcfa5b68f12a32d482ec7ee8658e9'
    '8691555b44c59311')
BP384 = Curve(
    'brainpoolP384r1', 258, '1.3.36.3.3.2.8.1.1.11', -35, 'sha384',
    '8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b412b1da197fb71123'
    'acd3a729901d1a71874700133107ec53',
    '7bc382c63d8c150c3c72080ace05afa0c2bea28e4fb22787139165efba91f90f'
    '8aa5814a503ad4eb04a8c7dd22ce2826',
    '04a8c7dd22ce28268b39b55416f0447c2fb77de107dcd2a62e880ea53eeb62d5'
    '7cb4390295dbc9943ab78696fa504c11',
    '041d1c64f068cf45ffa2a63a81b7c13f6b8847a3e77ef14fe3db7fcafe0cbd10e8'
    'e826e03436d646aaef87b2e247d4af1e8abe1d7520f9c2a45cb1eb8e95cfd552'
    '62b70b29feec5864e19c054ff99129280e4646217791811142820341263c5315',
    '8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7'
    'cf3ab6af6b7fc3103b883202e9046565')
BP512 = Curve(
    'brainpoolP512r1', 259, '1.3.36.3.3.2.8.1.1.13', -36, 'sha512',
    'aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330871'
    '7d4d9b009bc66842aecda12ae6a380e62881ff2f2d82c68528aa6056583a48f3',
    '7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc'
    '2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94ca',
    '3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a7'
    '2bf2c7b9e7c1ac4d77fc94cadc083e67984050b75ebae5dd2809bd638016f723',
    '0481aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098e'
    'ff3b1f78e2d0d48d50d1687b93b97d5f7c6d5047406a5e688b352209bcb9f822'
    '7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111'
    'b2dcde494a5f485e5bca4bd88a2763aed1ca2b2fa8f0540678cd1e0f3ad80892',
    'aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870'
    '553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069')
WEIERSTRASS = (P256, P384, P521, BP256, BP320, BP384, BP512)


def seed_of(name, size):
    """Not a secret: the keys are published by the way they are made."""
    out = b''
    while len(out) < size:
        out += hashlib.sha256(
            b'p11-mdoc test vector key %d %s' % (len(out), name.encode())
        ).digest()
    return out[:size]


class EcKey:
    def __init__(self, name, curve=P256):
        self.curve = curve
        seed = int.from_bytes(seed_of(name, curve.size + 16), 'big')
        self.d = seed % (curve.n - 1) + 1
        self.public = curve.multiply(self.d, curve.g)
        self.alg = curve.alg

    def point(self):
        c = self.curve
        return b'\4' + c.number(self.public[0]) + c.number(self.public[1])

    def cose(self):
        c = self.curve
        return {1: 2, -1: c.cose, -2: c.number(self.public[0]),
                -3: c.number(self.public[1])}

    def _nonce(self, digest):
        """RFC 6979 3.2."""
        n, make = self.curve.n, self.curve.hash
        bits, size = n.bit_length(), (n.bit_length() + 7) // 8

        def to_int(b):
            return int.from_bytes(b, 'big') >> max(0, 8 * len(b) - bits)

        def mac(k, m):
            return hmac.new(k, m, make).digest()

        x = self.d.to_bytes(size, 'big')
        h = (to_int(digest) % n).to_bytes(size, 'big')
        v, k = b'\1' * len(digest), b'\0' * len(digest)
        for octet in (b'\0', b'\1'):
            k = mac(k, v + octet + x + h)
            v = mac(k, v)
        while True:
            t = b''
            while 8 * len(t) < bits:
                v = mac(k, v)
                t += v
            nonce = to_int(t)
            if 0 < nonce < n:
                return nonce
            k = mac(k, v + b'\0')
            v = mac(k, v)

    def sign_numbers(self, message):
        c = self.curve
        digest = c.hash(message).digest()
        e = int.from_bytes(digest, 'big')
        e >>= max(0, 8 * len(digest) - c.n.bit_length())
        k = self._nonce(digest)
        r = c.multiply(k, c.g)[0] % c.n
        return r, pow(k, -1, c.n) * (e + r * self.d) % c.n

    def sign(self, message):
        size = (self.curve.n.bit_length() + 7) // 8
        return b''.join(x.to_bytes(size, 'big')
                        for x in self.sign_numbers(message))

    def agree(self, peer):
        return self.curve.number(
            self.curve.multiply(self.d, peer.public)[0])


class Edwards:
    """ax^2 + y^2 = 1 + dx^2y^2."""

    def __init__(self, name, cose, p, a, d, g, n, size):
        self.name, self.cose = name, cose
        self.p, self.a, self.d, self.g, self.n = p, a, d, g, n
        self.size = size

    def add(self, p, q):
        (x1, y1), (x2, y2) = p, q
        t = self.d * x1 * x2 * y1 * y2
        x = (x1 * y2 + y1 * x2) * pow(1 + t, -1, self.p)
        y = (y1 * y2 - self.a * x1 * x2) * pow(1 - t, -1, self.p)
        return x % self.p, y % self.p

    def multiply(self, k, p):
        r = (0, 1)
        while k:
            if k & 1:
                r = self.add(r, p)
            p = self.add(p, p)
            k >>= 1
        return r

    def encode(self, p):
        b = bytearray(p[1].to_bytes(self.size, 'little'))
        b[-1] |= (p[0] & 1) << 7
        return bytes(b)


P25519 = 2 ** 255 - 19
P448 = 2 ** 448 - 2 ** 224 - 1
ED25519 = Edwards(
    'Ed25519', 6, P25519, -1, -121665 * pow(121666, -1, P25519) % P25519,
    (15112221349535400772501151409588531511454012693041857206046113283949847762202,
     46316835694926478169428394003475163141307993866256225615783033603165251855960),
    2 ** 252 + 27742317777372353535851937790883648493, 32)
ED448 = Edwards(
    'Ed448', 7, P448, 1, -39081 % P448,
    (224580040295924300187604334099896036246789641632564134246125461686950415467406032909029192869357953282578032075146446173674602635247710,
     298819210078481492676017930443930673437544040154080242095928241372331506189835876003536878655418784733982303233503462500531545062832660),
    2 ** 446 - 13818066809895115352007386748515426880336692474882178609894547503885,
    57)


class EdKey:
    alg = -8

    def __init__(self, name, curve):
        self.curve = curve
        self.seed = seed_of(name, curve.size)
        h = bytearray(self._hash(self.seed, plain=True))
        size = curve.size
        if curve is ED25519:
            h[0] &= 248
            h[31] = h[31] & 127 | 64
        else:
            h[0] &= 252
            h[55] |= 128
            h[56] = 0
        self.a = int.from_bytes(h[:size], 'little')
        self.prefix = bytes(h[size:])
        self.public = curve.encode(curve.multiply(self.a, curve.g))

    def _hash(self, data, plain=False):
        if self.curve is ED25519:
            return hashlib.sha512(data).digest()
        dom = b'' if plain else b'SigEd448\0\0'
        return hashlib.shake_256(dom + data).digest(114)

    def point(self):
        return self.public

    def cose(self):
        return {1: 1, -1: self.curve.cose, -2: self.public}

    def sign(self, message):
        c = self.curve

        def number(data):
            return int.from_bytes(self._hash(data), 'little') % c.n

        r = number(self.prefix + message)
        point = c.encode(c.multiply(r, c.g))
        k = number(point + self.public + message)
        return point + ((r + k * self.a) % c.n).to_bytes(c.size, 'little')


class XKey:
    """X25519 and X448."""
    alg = 0
    CURVES = {'X25519': (4, P25519, 32, 121665, 9, 255),
              'X448': (5, P448, 56, 39081, 5, 448)}

    def __init__(self, name, curve):
        self.name = curve
        (self.cose_crv, self.p, self.size, self.a24, self.base,
         self.bits) = self.CURVES[curve]
        d = bytearray(seed_of(name, self.size))
        if curve == 'X25519':
            d[0] &= 248
            d[31] = d[31] & 127 | 64
        else:
            d[0] &= 252
            d[55] |= 128
        self.seed = bytes(d)
        self.public = self._ladder(self.base.to_bytes(self.size, 'little'))

    def _ladder(self, u):
        p, k = self.p, int.from_bytes(self.seed, 'little')
        x1 = int.from_bytes(u, 'little') % 2 ** self.bits % p
        x2, z2, x3, z3 = 1, 0, x1, 1
        for t in reversed(range(self.bits)):
            swap = k >> t & 1
            if swap:
                x2, x3, z2, z3 = x3, x2, z3, z2
            a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
            da, cb, aa, bb = d * a, c * b, a * a, b * b
            x3, z3 = (da + cb) ** 2 % p, x1 * (da - cb) ** 2 % p
            e = aa - bb
            x2, z2 = aa * bb % p, e * (aa + self.a24 * e) % p
            if swap:
                x2, x3, z2, z3 = x3, x2, z3, z2
        return (x2 * pow(z2, -1, p) % p).to_bytes(self.size, 'little')

    def point(self):
        return self.public

    def cose(self):
        return {1: 1, -1: self.cose_crv, -2: self.public}

    def agree(self, peer):
        return self._ladder(peer.public)
