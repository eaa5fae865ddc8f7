# SPDX-License-Identifier: BSD-3-Clause
"""CBOR as it should be, and pieces that are not."""


class Tag:
    def __init__(self, number, value):
        self.number = number
        self.value = value


class Raw(bytes):
    """Bytes that are taken for CBOR already, right or wrong."""


class Pairs(list):
    """A map as a list of pairs, so that a key may be there twice."""


UNDEFINED = Raw(b'\xf7')


def head(major, n):
    for info, size, limit in ((None, 0, 24), (24, 1, 1 << 8), (25, 2, 1 << 16),
                              (26, 4, 1 << 32), (27, 8, 1 << 64)):
        if n < limit:
            if info is None:
                return bytes([major << 5 | n])
            return bytes([major << 5 | info]) + n.to_bytes(size, 'big')
    raise ValueError(n)


def encode(v):
    if isinstance(v, Raw):
        return bytes(v)
    if v is None:
        return b'\xf6'
    if isinstance(v, bool):
        return b'\xf5' if v else b'\xf4'
    if isinstance(v, int):
        return head(0, v) if v >= 0 else head(1, -1 - v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    if isinstance(v, str):
        b = v.encode()
        return head(3, len(b)) + b
    if isinstance(v, Tag):
        return head(6, v.number) + encode(v.value)
    if isinstance(v, dict):
        v = Pairs(v.items())
    if isinstance(v, Pairs):
        return head(5, len(v)) + b''.join(encode(k) + encode(x) for k, x in v)
    if isinstance(v, (list, tuple)):
        return head(4, len(v)) + b''.join(encode(x) for x in v)
    raise TypeError(type(v))


def tag24(content):
    """#6.24(bstr) around encoded bytes, as an item."""
    return Raw(encode(Tag(24, bytes(content))))
