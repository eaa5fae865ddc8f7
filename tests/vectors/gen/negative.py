# SPDX-License-Identifier: BSD-3-Clause
"""One defect per vector."""
import hashlib

from cbor import UNDEFINED, Pairs, Raw, Tag, encode, head, tag24
from ec import ED25519, P384, EcKey, EdKey, XKey
from mdoc import NS, WORLD, Mdoc, Request, cose_structure, full_date, salt
from x509 import (READER_EKU, Cert, der, extension, integer, oid, seq)

K = WORLD.keys
VECTORS = []


def add(name, expect, check, about, data, **options):
    VECTORS.append(dict(options, name=name, expect=expect, check=check,
                        about=about, data=data))


def response(name, expect, check, about, options=None, **changes):
    add(name, expect, check, about, Mdoc(**changes).response(),
        **(options or {}))


def request(name, expect, check, about, options=None, **changes):
    add(name, expect, check, about, Request(**changes).request(),
        input='request', **(options or {}))


def without(key):
    def hook(m):
        del m[key]
    return hook


def replace(key, value):
    def hook(m):
        m[key] = value
    return hook


def flip(index, byte=-1):
    """Changes one bit of element index of a list."""
    def hook(m):
        b = bytearray(m[index])
        b[byte] ^= 1
        m[index] = bytes(b)
    return hook


def first_item(change):
    """Changes the bytes of the first item after it was signed."""
    def hook(items):
        items[NS][0] = change(items[NS][0])
    return hook


def item_with(change):
    """Changes the first item before it is hashed."""
    def hook(item):
        return change(item) if item['digestID'] == 0 else None
    return hook


STRICT = {'strict': 'yes'}


# ---- cbor

def cbor():
    good = Mdoc().response()
    c = 'cbor'
    add('cbor-empty', c, c, 'nothing at all', b'')
    add('cbor-truncated', c, c, 'the last ten bytes are missing', good[:-10])
    add('cbor-trailing-byte', c, c, 'one byte too many', good + b'\0')
    add('cbor-text', c, c, 'text instead of CBOR', b'not a response')
    add('cbor-reserved', c, c, 'additional information 28 is reserved',
        b'\x1c' + good)
    add('cbor-break', c, c, 'a break outside of anything', b'\xff')
    response('cbor-indefinite-map', c, c, 'a map of indefinite length',
             bytes=lambda b: b'\xbf' + b[1:] + b'\xff')
    response('cbor-indefinite-array', c, c, 'an array of indefinite length',
             response=lambda m: replace('documents', Raw(
                 b'\x9f' + encode(m['documents'])[1:] + b'\xff'))(m))
    response('cbor-indefinite-string', c, c,
             'a byte string of indefinite length',
             item=item_with(lambda i: dict(i, elementValue=Raw(
                 b'\x5f\x41\0\x41\0\xff'))))
    response('cbor-duplicate-response', c, c, 'status is there twice',
             response=lambda m: Pairs(list(m.items()) + [('status', 0)]))
    response('cbor-duplicate-document', c, c, 'docType is there twice',
             document=lambda m: Pairs(
                 list(m.items()) + [('docType', m['docType'])]))
    response('cbor-duplicate-mso', c, c, 'the MSO has docType twice',
             mso=lambda m: Pairs(list(m.items()) + [('docType', 'x')]))
    response('cbor-duplicate-item', c, c, 'an item has elementValue twice',
             item=item_with(lambda i: Pairs(
                 list(i.items()) + [('elementValue', 'Other')])))
    response('cbor-duplicate-value', c, c,
             'a map inside an elementValue has a key twice',
             item=item_with(lambda i: dict(i, elementValue=Pairs(
                 [('a', 1), ('b', 2), ('a', 3)]))))
    response('cbor-duplicate-digest', c, c, 'a digestID is there twice',
             digests=lambda d: replace(NS, Pairs(
                 list(d[NS].items()) + [(0, d[NS][0])]))(d))
    response('cbor-duplicate-header', c, c,
             'the protected header has alg twice',
             protected=lambda p: Pairs([(1, -7), (1, -7)]))
    response('cbor-utf8', c, c, 'a text string that is not UTF-8',
             item=item_with(lambda i: dict(i, elementValue=Raw(
                 b'\x63\x61\xff\x62'))))
    response('cbor-depth', c, c, 'forty arrays inside each other',
             item=item_with(lambda i: dict(i, elementValue=Raw(
                 b'\x81' * 40 + b'\0'))))
    response('cbor-count', c, c, 'an array that claims 2^64 - 1 elements',
             response=replace('documents', Raw(b'\x9b' + b'\xff' * 8)))
    response('cbor-length', c, c, 'a string longer than the message',
             item=item_with(lambda i: dict(i, elementValue=Raw(
                 b'\x5b\0\0\0\1\0\0\0\0'))))
    response('cbor-item-trailing', c, c,
             'bytes after the map in an IssuerSignedItemBytes',
             item=item_with(lambda i: Raw(encode(i) + b'\0')))
    response('cbor-mso-trailing', c, c, 'bytes after the MSO',
             mso_bytes=lambda b: b + b'\0')
    response('cbor-mso-truncated', c, c, 'the MSO is cut off',
             mso_bytes=lambda b: b[:-5])


# ---- structure

def structure():
    s = 'structure'
    response('response-no-version', s, s, 'no version',
             response=without('version'))
    response('response-version-2', s, s, 'version 2.0',
             response=replace('version', '2.0'))
    response('response-version-number', s, s, 'version is a number',
             response=replace('version', 1))
    response('response-no-status', s, s, 'no status',
             response=without('status'))
    response('response-status-text', s, s, 'status is text',
             response=replace('status', '0'))
    response('response-documents-empty', s, s, 'no document in documents',
             response=replace('documents', []))
    response('response-documents-map', s, s, 'documents is a map',
             response=replace('documents', {'a': 1}))
    response('response-error-documents', s, 'response.status',
             'status 10 together with documents',
             response=replace('status', 10))
    add('response-issuer-signed', s, s, 'IssuerSigned as a response',
        encode(Mdoc().issuer_signed()))
    add('response-container', s, s,
        'a container with a private key that looks like a response',
        encode({'documents': [{'docType': 'x', 'issuerSigned':
                               Mdoc().issuer_signed(),
                               'privateKey': b'\1' * 32}]}))
    response('document-no-doc-type', s, s, 'no docType',
             document=without('docType'))
    response('document-no-issuer-signed', s, s, 'no issuerSigned',
             document=without('issuerSigned'))
    response('document-no-issuer-auth', s, s, 'no issuerAuth',
             issuer_signed=without('issuerAuth'))
    response('document-issuer-auth-3', s, s, 'issuerAuth of three elements',
             issuer_auth=lambda a: a[:3])
    response('document-name-spaces-empty', s, s, 'nameSpaces is empty',
             issuer_signed=replace('nameSpaces', {}))
    response('document-items-empty', s, s, 'a namespace without items',
             items_after=replace(NS, []))
    response('item-no-value', s, s,
             'an item without elementValue: a storage form',
             item=item_with(lambda i: {k: v for k, v in i.items()
                                       if k != 'elementValue'}))
    response('item-digest-id-negative', s, s, 'digestID -1',
             item=item_with(lambda i: dict(i, digestID=-1)))
    response('item-digest-id-large', s, s, 'digestID 2^31',
             item=item_with(lambda i: dict(i, digestID=1 << 31)))
    response('item-random-short', s, s, 'random of 15 bytes',
             item=item_with(lambda i: dict(i, random=b'\1' * 15)))
    response('item-identifier-bytes', s, s, 'elementIdentifier is a bstr',
             item=item_with(lambda i: dict(i, elementIdentifier=b'name')))
    response('item-not-tagged', s, s, 'an item without tag 24',
             items_after=replace(NS, [{'digestID': 0, 'random': salt('x'),
                                       'elementIdentifier': 'family_name',
                                       'elementValue': 'x'}]))
    response('item-twice', s, 'elements.unique',
             'the same item twice',
             items_after=lambda i: i[NS].append(i[NS][0]))
    response('item-twice-digests', s, 'elements.unique',
             'two items of one element, each with its own digest',
             elements={NS: [('family_name', 'A'), ('given_name', 'B'),
                            ('family_name', 'C')]})
    response('item-twice-device', s, 'elements.unique',
             'an element signed by issuer and device',
             authorizations={'nameSpaces': [NS]},
             device_names={NS: {'family_name': 'Other'}})
    many = [('e%03d' % (i * 7 % 60), i) for i in range(60)]
    response('item-twice-among-many', s, 'elements.unique',
             'one of sixty elements out of order is there twice',
             elements={NS: many + [('e042', 'again')]})
    response('issuer-payload-nil', s, 'issuer.signature', 'payload is null',
             issuer_auth=replace(2, None))
    response('issuer-payload-empty', s, 'issuer.signature',
             'payload is empty', issuer_auth=replace(2, b''))
    response('issuer-payload-text', s, s, 'payload is text',
             issuer_auth=replace(2, 'payload'))
    response('issuer-crit', s, s, 'crit names a label that nobody knows',
             protected=lambda p: {1: -7, 2: [-70000], -70000: 1})
    response('issuer-x5chain-both', s, s, 'x5chain in both headers',
             protected=lambda p: {1: -7, 33: WORLD.ds().encode()})
    response('mso-not-tagged', s, s, 'the MSO without tag 24',
             payload=lambda p: encode({'version': '1.0'}))
    response('mso-version-2', s, s, 'MSO version 2.0', version='2.0')
    response('mso-no-validity', s, s, 'no validityInfo',
             mso=without('validityInfo'))
    response('mso-no-device-key', s, s, 'no deviceKey',
             mso=replace('deviceKeyInfo', {}))
    response('mso-no-digests', s, s, 'no valueDigests',
             mso=without('valueDigests'))
    response('mso-digest-text', s, s, 'a digest that is text',
             digests=lambda d: replace(0, 'digest')(d[NS]))
    response('mso-device-key-private', s, s,
             'the device key with its private part',
             cose_key=replace(-4, b'\1' * 32))
    response('mso-device-key-curve', s, s, 'a device key on curve 99',
             cose_key=replace(-1, 99))
    response('mso-device-key-short', s, s, 'an x of 31 bytes',
             cose_key=lambda k: replace(-2, k[-2][:31])(k))

    def dates(value):
        return lambda m: replace('validUntil', value)(m['validityInfo'])
    response('mso-date-no-tag', s, s, 'a date without tag 0',
             mso=dates('2027-01-01T00:00:00Z'))
    response('mso-date-month-13', s, s, 'month 13',
             mso=dates(Tag(0, '2027-13-01T00:00:00Z')))
    response('mso-date-full', s, s, 'a full-date instead of a tdate',
             mso=dates(full_date('2027-01-01')))
    response('mso-date-february-30', s, s, 'February 30',
             mso=dates(Tag(0, '2027-02-30T00:00:00Z')))
    response('mso-authorizations-empty', s, s, 'keyAuthorizations is empty',
             authorizations={})
    response('mso-authorizations-both', s, s,
             'a namespace in both lists of keyAuthorizations',
             authorizations={'nameSpaces': [NS],
                             'dataElements': {NS: ['x']}})
    response('device-auth-both', s, s, 'deviceSignature and deviceMac',
             device_auth=lambda a: dict(a, deviceMac=[b'', {}, None, b'']))
    response('device-auth-none', s, s, 'deviceAuth is empty',
             device_auth=lambda a: {})
    response('device-names-not-tagged', s, s,
             'deviceSigned.nameSpaces without tag 24',
             device_signed=replace('nameSpaces', {}))
    response('device-names-text', s, s, 'DeviceNameSpaces is text',
             device_signed=replace('nameSpaces', tag24(encode('x'))))
    response('device-payload', s, 'device.signature',
             'the payload of deviceSignature is not null',
             device_cose=replace(2, b'payload'))
    response('device-mac-payload', s, 'device.mac',
             'the payload of deviceMac is not null', mac=True,
             device_cose=replace(2, b''))


# ---- issuer-sig

def issuer_signature():
    e, c = 'issuer-sig', 'issuer.signature'
    response('issuer-signature-bit', e, c, 'one bit of the signature',
             issuer_auth=flip(3, 40))
    response('issuer-signature-zero', e, c, 'a signature of zeros',
             issuer_auth=replace(3, b'\0' * 64))
    response('issuer-payload-changed', e, c,
             'validUntil was changed after signing',
             issuer_auth=lambda a: replace(2, a[2].replace(
                 b'2027-01-01', b'2029-01-01'))(a))
    response('issuer-protected-changed', e, c,
             'the protected header was written anew, longer',
             issuer_auth=replace(0, b'\xa1\x01\x38\x06'))
    response('issuer-signature-short', e, c, '63 bytes',
             issuer_auth=lambda a: replace(3, a[3][:63])(a))
    response('issuer-signature-der', e, c, 'a signature in DER',
             issuer_auth=lambda a: replace(3, seq(
                 integer(int.from_bytes(a[3][:32], 'big')),
                 integer(int.from_bytes(a[3][32:], 'big'))))(a))
    response('issuer-signature-other-key', e, c,
             'signed by a key that is not in the certificate',
             ds_key=K['other'], x5chain=[WORLD.ds().encode()])
    response('issuer-alg-absent', e, c, 'no alg in the protected header',
             alg=False)
    response('issuer-alg-unprotected', e, c,
             'alg in the unprotected header only', alg=False,
             unprotected=replace(1, -7))
    response('issuer-alg-es384', e, c, 'ES384 with a key on P-256', alg=-35)
    response('issuer-alg-mac', e, c, 'a MAC algorithm', alg=5)
    response('issuer-context', e, c, 'context "Signature" of COSE_Sign',
             issuer_context='Signature')
    response('issuer-aad', e, c, 'external_aad is not empty',
             issuer_aad=b'aad')
    response('mso-doc-type', e, 'mso.doc-type',
             'docType of the MSO is another one',
             mso=replace('docType', 'org.iso.18013.5.1.other'))


def issuer_chain():
    e, c = 'issuer-sig', 'issuer.chain'

    def ds(name, about, key=None, expect=e, check=c, options=None,
           ds_key=None, **changes):
        cert = WORLD.ds(key or ds_key, **changes).encode()
        response(name, expect, check, about, options, x5chain=[cert],
                 **({'ds_key': ds_key} if ds_key else {}))

    response('x5chain-absent', e, 'issuer.x5chain', 'no x5chain',
             x5chain=[])
    response('x5chain-empty', e, 'issuer.x5chain', 'x5chain is an empty list',
             x5chain=[], unprotected=replace(33, []))
    response('x5chain-garbage', e, 'issuer.x5chain',
             'x5chain is no certificate', x5chain=[b'certificate'])
    response('x5chain-truncated', e, 'issuer.x5chain',
             'a certificate that is cut off',
             x5chain=[WORLD.ds().encode()[:-20]])
    response('x5chain-trailing', e, 'issuer.x5chain',
             'bytes after the certificate',
             x5chain=[WORLD.ds().encode() + b'\0'])
    response('x5t-wrong', e, 'issuer.x5chain',
             'x5t (34) is the hash of another certificate',
             protected=lambda p: {1: -7, 34: [-16, bytes(32)]})
    response('chain-iaca-signs', e, c,
             'the IACA itself has signed the MSO', ds_key=K['iaca'],
             x5chain=[WORLD.iaca.encode()])
    ds('chain-signature', 'one bit of the certificate\'s signature',
       break_signature=True)
    ds('chain-other-key', 'signed by another key under the IACA\'s name',
       issuer_key=K['other-iaca'])
    ds('chain-unknown-issuer', 'an issuer that is no trust anchor',
       issuer=(('C', 'UT'), ('CN', 'Nobody')))
    other = Cert(K['other-iaca'], (('C', 'UT'), ('CN', 'Other IACA')),
                 K['other-iaca'], (('C', 'UT'), ('CN', 'Other IACA')),
                 ca=True)
    response('chain-own-root', e, c,
             'x5chain brings its own root, which nobody trusts',
             x5chain=[WORLD.ds(issuer=other.subject,
                               issuer_key=K['other-iaca'],
                               aki=other.ski).encode(), other.encode()])
    ds('chain-aki', 'authorityKeyIdentifier of another key',
       aki=b'\1' * 20)
    ds('chain-country', 'countryName differs from the IACA\'s',
       names={'C': 'US'})
    ds('chain-no-country', 'no countryName, though the IACA has one',
       names={'C': None})
    ds('chain-state', 'stateOrProvinceName differs from the IACA\'s',
       names={'ST': 'Elsewhere'})
    ds('chain-is-ca', 'basicConstraints say CA',
       basic=seq(der(1, b'\xff')))
    ds('chain-no-key-usage', 'no keyUsage', usage=None)
    ds('chain-key-usage', 'keyUsage keyAgreement', usage=[0x08])
    ds('chain-no-eku', 'no extendedKeyUsage', eku=None)
    ds('chain-eku-reader', 'extendedKeyUsage of a reader', eku=READER_EKU)
    ds('chain-eku-server', 'extendedKeyUsage of a TLS server',
       eku='1.3.6.1.5.5.7.3.1')
    ds('chain-critical', 'an unknown critical extension',
       more=[extension('1.2.3.4', b'\5\0', True)])
    ds('chain-sha1', 'ecdsa-with-SHA1', hash='sha1')
    root, middle, below = WORLD.chain_of_three()
    response('chain-path-length', e, c,
             'a CA under an IACA whose pathLenConstraint is 0',
             x5chain=[below.encode(), middle.encode()])
    allowed = {'trust_der': root.encode()}
    response('chain-middle-missing', e, c,
             'the CA in between is not in x5chain', allowed,
             x5chain=[below.encode()])
    response('chain-middle-order', e, c,
             'another certificate comes before the CA in between', allowed,
             x5chain=[below.encode(), WORLD.reader().encode(),
                      middle.encode()])
    middle.basic = None
    response('chain-middle-not-ca', e, c,
             'the certificate in between is not of a CA', allowed,
             x5chain=[below.encode(), middle.encode()])
    root, middle, below = WORLD.chain_of_three()
    middle.usage = [0x80]
    response('chain-middle-key-usage', e, c,
             'the CA in between must not sign certificates', allowed,
             x5chain=[below.encode(), middle.encode()])
    root, middle, below = WORLD.chain_of_three()
    middle.after = '2026-06-10'
    response('chain-middle-expired', 'validity', c,
             'the CA in between has expired', allowed,
             x5chain=[below.encode(), middle.encode()])
    rsa = seq(seq(oid('1.2.840.113549.1.1.1'), der(5)),
              der(3, b'\0', seq(integer(1 << 2047 | 1), integer(65537))))
    ds('chain-rsa', 'an RSA key in the certificate', check=c.replace(
        'chain', 'signature'), spki=rsa)
    point = K['ds'].point()
    off = point[:-1] + bytes([point[-1] ^ 1])
    ds('chain-off-curve', 'a point that is not on P-256',
       check='issuer.signature',
       spki=seq(seq(oid('1.2.840.10045.2.1'),
                    oid('1.2.840.10045.3.1.7')), der(3, b'\0' + off)))
    response('issuer-country', e, 'issuer.country',
             'issuing_country is not the certificate\'s countryName',
             elements={NS: [('issuing_country', 'US')]})
    response('issuer-jurisdiction', e, 'issuer.jurisdiction',
             'issuing_jurisdiction is not the stateOrProvinceName',
             elements={NS: [('issuing_jurisdiction', 'UT-X')]})


# ---- digest

def digest():
    e, c = 'digest', 'mso.digest'
    response('digest-value', e, c, 'one letter of a value was changed',
             items_after=first_item(lambda b: Raw(
                 b.replace(b'Mustermann', b'Nustermann'))))
    response('digest-random', e, c, 'one bit of random was changed',
             items_after=first_item(lambda b: Raw(
                 b.replace(salt(NS + 'family_name'),
                           salt('something else')))))
    response('digest-name', e, c, 'the name of an element was changed',
             items_after=first_item(lambda b: Raw(
                 b.replace(b'family_name', b'family_nome'))))
    response('digest-all', e, c, 'none of the digests matches',
             digests=lambda d: {ns: {i: bytes(32) for i in v}
                                for ns, v in d.items()})
    response('digest-one', e, c, 'the last digest does not match',
             digests=lambda d: replace(6, bytes(32))(d[NS]))
    response('digest-absent', e, c, 'a digestID that the MSO does not have',
             digests=lambda d: without(3)(d[NS]))
    response('digest-name-space', e, c,
             'a namespace that the MSO does not have',
             digests=lambda d: {'org.example': d[NS]})
    response('digest-without-tag', e, c,
             'digests over the items without tag 24',
             digests=digests_of_content)
    response('digest-short', e, c, 'digests cut to 16 bytes',
             digests=lambda d: {ns: {i: b[:16] for i, b in v.items()}
                                for ns, v in d.items()})
    response('digest-swapped', e, c, 'two items changed their digestIDs',
             items_after=swap_ids)
    response('digest-encoded-anew', e, c,
             'an item was encoded anew, longer, after signing',
             items_after=lambda i: replace(0, tag24(encode({
                 'digestID': Raw(b'\x18\0'),
                 'random': salt(NS + 'family_name'),
                 'elementIdentifier': 'family_name',
                 'elementValue': 'Mustermann'})))(i[NS]))
    response('digest-sha-1', e, 'mso.digest-algorithm', 'SHA-1',
             mso=replace('digestAlgorithm', 'SHA-1'))
    response('digest-spelling', e, 'mso.digest-algorithm', 'sha-256',
             mso=replace('digestAlgorithm', 'sha-256'))
    response('digest-other-algorithm', e, c,
             'SHA-256 digests called SHA-384',
             mso=replace('digestAlgorithm', 'SHA-384'))
    response('digest-other-document', e, c, 'an item of another document',
             items_after=lambda i: replace(0, Mdoc(
                 elements={NS: [('family_name', 'Doe')]}).items()[NS][0])(
                     i[NS]))


def digests_of_content(digests):
    m = Mdoc()
    for ns, pairs in m.elements.items():
        for i, (name, value) in enumerate(pairs):
            digests[ns][i] = hashlib.sha256(encode({
                'digestID': i, 'random': salt(ns + name),
                'elementIdentifier': name, 'elementValue': value})).digest()


def swap_ids(items):
    a, b = items[NS][0], items[NS][1]
    items[NS][0] = Raw(a.replace(b'digestID\0', b'digestID\1'))
    items[NS][1] = Raw(b.replace(b'digestID\1', b'digestID\0'))


# ---- validity

def validity():
    e, c = 'validity', 'mso.validity'
    good = Mdoc().response()
    add('validity-expired', e, c, 'looked at after validUntil', good,
        at='2027-01-01T00:00:01Z')
    add('validity-not-yet', e, c, 'looked at before validFrom', good,
        at='2026-05-31T23:59:59Z')
    response('validity-from-later', e, c, 'validFrom is next month',
             valid_from='2026-07-15T00:00:00Z')
    response('validity-order', e, c, 'validUntil before validFrom',
             valid_until='2026-05-01T00:00:00Z')
    response('validity-empty', e, c, 'validUntil equal to validFrom',
             valid_until='2026-06-01T00:00:00Z')
    response('validity-signed-before', e, c,
             'signed before the certificate was valid',
             x5chain=[WORLD.ds(before='2026-06-10').encode()])
    response('validity-signed-after', e, c,
             'signed after the certificate had expired',
             {'at': '2026-05-20T00:00:00Z'},
             valid_from='2026-05-01T00:00:00Z',
             x5chain=[WORLD.ds(after='2026-05-25').encode()])
    response('chain-expired', e, 'issuer.chain',
             'the document-signer certificate has expired',
             x5chain=[WORLD.ds(after='2026-06-14').encode()])
    response('chain-not-yet', e, 'issuer.chain',
             'the document-signer certificate is not yet valid',
             x5chain=[WORLD.ds(before='2026-06-16').encode()])
    old = Cert(K['iaca'], WORLD.iaca_name, K['iaca'], WORLD.iaca_name,
               ca=True, before='2020-01-01', after='2026-06-10')
    add('chain-iaca-expired', e, 'issuer.chain', 'the IACA has expired',
        good, trust_der=old.encode())


# ---- device-auth

def device():
    e, s, m = 'device-auth', 'device.signature', 'device.mac'
    response('device-absent', e, 'device.present', 'no deviceSigned',
             document=without('deviceSigned'))
    response('device-signature-bit', e, s, 'one bit of the signature',
             device_cose=flip(3, 40))
    response('device-signature-short', e, s, '63 bytes',
             device_cose=lambda a: replace(3, a[3][:63])(a))
    response('device-other-key', e, s, 'signed by another key',
             device_signer=K['other'])
    response('device-other-transcript', e, s, 'signed for another session',
             transcript=WORLD.make_transcript(K['other']))
    response('device-transcript-tagged', e, s,
             'SessionTranscriptBytes inside DeviceAuthentication',
             transcript=encode(tag24(WORLD.transcript)))
    response('device-doc-type', e, s, 'signed for another docType',
             device_doc_type='org.iso.18013.5.1.other')
    response('device-names-changed', e, s,
             'DeviceNameSpaces were changed after signing',
             authorizations={'nameSpaces': [NS]},
             device_signed=replace('nameSpaces', tag24(encode(
                 {NS: {'age_over_21': True}}))))
    response('device-alg-absent', e, s, 'no alg', device_alg=False)
    response('device-alg-es384', e, s, 'ES384 with a key on P-256',
             device_alg=-35)
    response('device-alg-eddsa', e, s, 'EdDSA with a key on P-256',
             device_alg=-8)
    response('device-issuer-signed', e, s,
             'signed by the document signer instead of the device',
             device_signer=K['ds'])
    x = XKey('device', 'X25519')
    response('device-cannot-sign', e, s, 'a signature under an X25519 key',
             device_key=x, device_signer=K['device'])
    off = dict(K['device'].cose())
    off[-3] = off[-3][:-1] + bytes([off[-3][-1] ^ 1])
    response('device-off-curve', e, s, 'a device key that is on no curve',
             cose_key=lambda k: off)
    response('device-mac-bit', e, m, 'one bit of the MAC', mac=True,
             device_cose=flip(3))
    response('device-mac-short', e, m, 'a MAC of 16 bytes', mac=True,
             device_cose=lambda a: replace(3, a[3][:16])(a))
    response('device-mac-alg', e, m, 'HMAC 256/64', mac=True, device_alg=4)
    response('device-mac-alg-absent', e, m, 'no alg', mac=True,
             device_alg=False)
    response('device-mac-other-key', e, m, 'with another device key',
             mac=True, device_signer=K['other'])
    response('device-mac-other-reader', e, m, 'for another reader\'s key',
             mac=True, ereader=K['other'])
    response('device-mac-salt', e, m,
             'salt over SessionTranscript instead of its tag-24 bytes',
             mac=True, mac_salt=hashlib.sha256(WORLD.transcript).digest())
    response('device-mac-no-aad', e, m, 'MAC_structure without external_aad',
             mac=True,
             mac_structure=lambda p, x: encode(['MAC0', p, x]))
    response('device-mac-context', e, m, 'context "Signature1"', mac=True,
             mac_structure=lambda p, x: cose_structure('Signature1', p, x))
    p384 = EcKey('device-p384', P384)
    response('device-mac-curve', e, m,
             'a MAC with a device key on another curve than EReaderKey',
             mac=True, device_key=p384, device_signer=K['device'])
    response('device-mac-edwards', e, m, 'a MAC with an Ed25519 device key',
             mac=True, device_key=EdKey('device', ED25519),
             device_signer=K['device'])
    response('device-unauthorized', e, 'device.authorized',
             'a device-signed element without keyAuthorizations',
             device_names={NS: {'age_over_21': True}})
    response('device-unauthorized-element', e, 'device.authorized',
             'keyAuthorizations name another element',
             authorizations={'dataElements': {NS: ['age_over_65']}},
             device_names={NS: {'age_over_21': True}})
    response('device-unauthorized-name-space', e, 'device.authorized',
             'keyAuthorizations name another namespace',
             authorizations={'nameSpaces': ['org.example']},
             device_names={NS: {'age_over_21': True}})


# ---- reader-auth

def reader():
    e, s, c = 'reader-auth', 'reader.signature', 'reader.chain'
    request('reader-signature-bit', e, s, 'one bit of the signature',
            reader_cose=flip(3, 40))
    request('reader-other-transcript', e, s, 'signed for another session',
            transcript=WORLD.make_transcript(K['other']))
    request('reader-items-changed', e, s, 'more was asked for than signed',
            doc_request=lambda d: replace('itemsRequest', Raw(
                d['itemsRequest'].replace(b'family_name',
                                          b'family_xxxx')))(d))
    request('reader-alg', e, s, 'ES384 with a key on P-256', alg=-35)
    request('reader-alg-absent', e, s, 'no alg', alg=False)
    request('reader-other-key', e, s, 'a key that is not in the certificate',
            reader_key=K['other'], reader_chain=[WORLD.reader().encode()])
    request('reader-x5chain-absent', e, 'reader.x5chain', 'no x5chain',
            reader_chain=[WORLD.reader().encode()],
            unprotected=lambda u: without(33)(u))
    request('reader-unknown-issuer', e, c, 'a CA that is no trust anchor',
            reader_chain=[WORLD.reader(
                issuer=(('CN', 'Nobody'),)).encode()])
    request('reader-chain-signature', e, c, 'signed by another key',
            reader_chain=[WORLD.reader(issuer_key=K['other']).encode()])
    request('reader-eku-ds', e, c, 'extendedKeyUsage of a document signer',
            reader_chain=[WORLD.reader(eku='1.0.18013.5.1.2').encode()])
    request('reader-expired', e, c, 'the certificate has expired',
            reader_chain=[WORLD.reader(after='2026-06-14').encode()])
    request('reader-not-yet', e, c, 'the certificate is not yet valid',
            reader_chain=[WORLD.reader(before='2026-06-16').encode()])
    request('reader-is-ca', e, c, 'basicConstraints say CA',
            reader_chain=[WORLD.reader(basic=seq(der(1, b'\xff'))).encode()])
    request('reader-all-one', e, 'reader.all',
            'the second of two readerAuthAll entries does not hold',
            sign_all=(K['reader'], K['reader']), sign_each=False,
            request=lambda r: flip(3)(r['readerAuthAll'][1]))
    request('reader-all-info', e, 'reader.all',
            'deviceRequestInfo was changed after signing',
            sign_all=(K['reader'],), sign_each=False, info={'x': 1},
            request=replace('deviceRequestInfo', tag24(encode({'x': 2}))))
    t, r = 'structure', 'structure'
    request('request-no-doc-type', t, r, 'no docType',
            items_request=without('docType'))
    request('request-intent', t, r, 'intent to retain is a number',
            items_request=replace('nameSpaces', {NS: {'a': 1}}))
    request('request-name-spaces-empty', t, r, 'nameSpaces is empty',
            items_request=replace('nameSpaces', {}))
    request('request-version', t, r, 'version 2.0',
            request=replace('version', '2.0'))
    request('request-empty', t, r, 'no docRequest',
            request=replace('docRequests', []))
    request('request-payload', t, s, 'the payload is not null',
            reader_cose=replace(2, b''))
    add('request-truncated', 'cbor', 'cbor', 'cut off',
        Request().request()[:-7], input='request')


# ---- policy: what strict mode refuses, and errors of the mdoc

def policy():
    e, c = 'policy', 'issuer.chain'
    response('policy-status', e, 'response.status', 'the mdoc reports 10',
             response=lambda m: {'version': '1.0', 'status': 10})
    for status in (11, 12, 99):
        response('policy-status-%d' % status, e, 'response.status',
                 'the mdoc reports %d' % status,
                 response=lambda m: {'version': '1.0', 'status': status})
    response('strict-fraction', e, 'mso.date-form', 'fractional seconds',
             STRICT, valid_from='2026-06-01T00:00:00.5Z')
    response('strict-offset', e, 'mso.date-form', 'an offset of two hours',
             STRICT, valid_from='2026-06-01T02:00:00+02:00')
    response('strict-from-before-signed', e, 'mso.validity',
             'validFrom before signed', STRICT,
             signed='2026-06-02T00:00:00Z')
    response('strict-until-after-ds', e, 'mso.validity',
             'validUntil after the certificate\'s notAfter', STRICT,
             valid_until='2028-01-01T00:00:00Z')
    ds = WORLD.ds
    response('strict-root', e, 'issuer.x5chain', 'the root in x5chain',
             STRICT, x5chain=[ds().encode(), WORLD.iaca.encode()])
    response('strict-extra', e, 'issuer.x5chain',
             'a certificate in x5chain that is not used', STRICT,
             x5chain=[ds().encode(), WORLD.reader().encode()])
    root, middle, below = WORLD.chain_of_three()
    response('strict-intermediate', e, c, 'a CA in between that is allowed',
             dict(STRICT, trust_der=root.encode()),
             x5chain=[below.encode(), middle.encode()])
    add('strict-pinned', e, c, 'only the certificate itself is trusted',
        Mdoc().response(), strict='yes', trust_der=ds().encode())
    for name, about, changes in (
            ('eku-not-critical', 'extendedKeyUsage is not critical',
             {'eku_critical': False}),
            ('eku-other', 'extendedKeyUsage of TS 23220 only',
             {'eku': '1.0.23220.4.1.2'}),
            ('key-usage-more', 'keyUsage allows nonRepudiation, too',
             {'usage': [0xc0]}),
            ('no-aki', 'no authorityKeyIdentifier', {'aki': None}),
            ('no-ski', 'no subjectKeyIdentifier', {'ski': None}),
            ('no-alt-name', 'no issuerAltName', {'alt_name': False}),
            ('no-crl', 'no cRLDistributionPoints', {'crl': False}),
            ('period', 'valid for 458 days', {'after': '2027-04-04'}),
            ('forbidden', 'nameConstraints', {'more': [
                extension('2.5.29.30', seq())]})):
        response('strict-' + name, e, c, about, STRICT,
                 x5chain=[ds(**changes).encode()])
    response('strict-tagged', e, 'issuer.signature',
             'issuerAuth with tag 18', STRICT,
             issuer_auth=lambda a: Tag(18, a))
    response('strict-odd-label', e, 'issuer.signature',
             'an unprotected alg that is undefined', STRICT,
             unprotected=replace(1, UNDEFINED))
    response('strict-alg-full', e, 'issuer.signature',
             'ESP256 (-9) of RFC 9864', STRICT, alg=-9)
    response('strict-device-tagged', e, 'device.signature',
             'deviceSignature with tag 18', STRICT,
             device_cose=lambda a: Tag(18, a))
    response('strict-mac-tagged', e, 'device.mac', 'deviceMac with tag 17',
             STRICT, mac=True, device_cose=lambda a: Tag(17, a))
    request('strict-reader-period', e, 'reader.chain',
            'a reader certificate valid for more than 1187 days', STRICT,
            reader_chain=[WORLD.reader(after='2029-06-01').encode()])


def make():
    for section in (cbor, structure, issuer_signature, issuer_chain, digest,
                    validity, device, reader, policy):
        section()
    return VECTORS
