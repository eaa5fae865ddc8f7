# SPDX-License-Identifier: BSD-3-Clause
"""Vectors that must be accepted, some of them with a warning."""
import hashlib

from cbor import UNDEFINED, Pairs, Raw, Tag, encode, tag24
from ec import ED25519, ED448, P256, WEIERSTRASS, EcKey, EdKey, XKey
from mdoc import NS, WORLD, Mdoc, Request
from x509 import extension, seq

K = WORLD.keys
VECTORS = []


def add(name, about, data, **options):
    options.setdefault('expect', 'trusted')
    VECTORS.append(dict(options, name=name, about=about, data=data))


def response(name, about, options=None, **changes):
    add(name, about, Mdoc(**changes).response(), **(options or {}))


def warned(name, check, about, **changes):
    response(name, about, {'warn': check}, **changes)


def curves():
    for c in WEIERSTRASS:
        low = c.name.lower()
        device = EcKey('device ' + low, c)
        response('ds-' + low, 'document signer and device on ' + c.name,
                 ds_key=EcKey('ds ' + low, c), device_key=device)
        ereader = EcKey('ereader ' + low, c)
        response('mac-' + low, 'device MAC on ' + c.name,
                 {'ereader_key': ereader}, device_key=device, mac=True,
                 ereader=ereader,
                 transcript=WORLD.make_transcript(ereader))
        if c is P256:
            continue
        response('device-' + low, 'device signature on ' + c.name,
                 device_key=device)
    for c in (ED25519, ED448):
        low = c.name.lower()
        response('ds-' + low, 'document signer and device on ' + c.name,
                 ds_key=EdKey('ds ' + low, c),
                 device_key=EdKey('device ' + low, c))
    for name in ('X25519', 'X448'):
        ereader = XKey('ereader ' + name, name)
        response('mac-' + name.lower(), 'device MAC on ' + name,
                 {'ereader_key': ereader},
                 device_key=XKey('device ' + name, name), mac=True,
                 ereader=ereader,
                 transcript=WORLD.make_transcript(ereader))


def forms():
    good = Mdoc()
    response('signature', 'ES256 throughout')
    response('mac', 'device MAC', mac=True)
    response('strict', 'nothing to warn of', {'strict': 'yes'})
    add('transcript-tagged', 'SessionTranscriptBytes given to the verifier',
        good.response(), transcript=encode(tag24(WORLD.transcript)))
    add('no-transcript', 'no transcript: device authentication is not done',
        good.response(), transcript=b'', expect='untrusted')
    add('mac-no-key', 'a MAC, and no private EReaderKey',
        Mdoc(mac=True).response(), ereader='none', expect='untrusted')
    add('mac-other-key', 'a MAC, and the wrong private EReaderKey',
        Mdoc(mac=True).response(), ereader='other', expect='untrusted')
    add('no-trust', 'no trust anchors', good.response(), trust='none',
        expect='untrusted')
    add('no-documents', 'an error for the one docType',
        encode({'version': '1.0', 'documentErrors': [{good.doc_type: 0}],
                'status': 0}), expect='untrusted')
    add('issuer-signed', 'IssuerSigned alone, and that is what is asked for',
        encode(good.issuer_signed()), input='issuer-signed')
    for name in ('SHA-384', 'SHA-512'):
        response(name.lower(), name + ' digests', algorithm=name)
    add('two-documents', 'one signed, one with a MAC',
        good.response(Mdoc(mac=True, doc_type='org.iso.23220.photoid.1')))
    response('two-name-spaces', 'two namespaces, digestIDs from 0 in each',
             elements={NS: [('family_name', 'A')],
                       'org.iso.18013.5.1.aamva': [('sex', 1)]})
    response('zk-documents', 'zkDocuments, which are not looked at',
             response=lambda r: r.update({'zkDocuments': [{}]}))
    response('encrypted-documents', 'encryptedDocuments, the same',
             response=lambda r: r.update({'encryptedDocuments': [{}]}))
    response('no-items', 'a document without issuer-signed items',
             issuer_signed=lambda s: s.pop('nameSpaces') and None)
    response('gaps', 'digestIDs in no order and with gaps',
             digests=shift_digests, item=shift_item)
    response('sparse', 'two of seven elements',
             items_after=lambda i: i.update({NS: i[NS][4:6]}))
    response('mso-order', 'the members of the MSO in another order',
             mso=lambda m: Pairs(reversed(list(m.items()))))
    response('document-order', 'the members of the response, too',
             response=lambda m: Pairs(reversed(list(m.items()))),
             document=lambda m: Pairs(reversed(list(m.items()))))
    response('unknown-members', 'members that nobody knows',
             mso=lambda m: m.update({'x': [1, {}]}),
             document=lambda m: m.update({'x': None}),
             response=lambda m: m.update({'x': b'x'}))
    response('minor-version', 'version 1.9 everywhere', version='1.9',
             response=lambda m: m.update({'version': '1.9'}))
    response('many-elements', 'a hundred elements in no order',
             elements={NS: [('e%03d' % (i * 37 % 101), i)
                            for i in range(101)]})
    response('not-preferred', 'longer heads than necessary, as signed',
             mso=lambda m: m.update({'version': Raw(b'\x78\x03\x31.0')}))
    response('x5t', 'x5t (34) in the protected header',
             protected=lambda p: {1: -7, 34: [-16, hashlib.sha256(
                 WORLD.ds().encode()).digest()]})
    response('country', 'issuing_country and issuing_jurisdiction fit',
             elements={NS: [('issuing_country', 'UT'),
                            ('issuing_jurisdiction', 'Utopia State')]})
    response('other-doc-type', 'another docType has no issuing_country rule',
             doc_type='org.example.other',
             elements={NS: [('issuing_country', 'XX')]})
    response('expected-update', 'expectedUpdate and status in the MSO',
             mso=lambda m: (m['validityInfo'].update(
                 {'expectedUpdate': Tag(0, '2026-10-01T00:00:00Z')}),
                 m.update({'status': {'status_list': {
                     'idx': 1, 'uri': 'https://example.com/'}}})) and None)


def shift_item(item):
    item['digestID'] = 1000 - 7 * item['digestID']


def shift_digests(digests):
    digests[NS] = {1000 - 7 * i: d for i, d in digests[NS].items()}


def device_signed():
    names = {NS: {'age_over_21': True}}
    response('device-signed', 'a namespace that the device may sign',
             authorizations={'nameSpaces': [NS]}, device_names=names)
    response('device-signed-element', 'an element that the device may sign',
             authorizations={'dataElements': {NS: ['age_over_21']}},
             device_names=names, mac=True)
    compressed = dict(K['device'].cose())
    compressed[-3] = bool(compressed[-3][-1] & 1)
    response('device-compressed', 'a compressed device key',
             cose_key=lambda k: compressed)


def warnings():
    ds = WORLD.ds
    warned('warn-fraction', 'mso.date-form', 'fractional seconds',
           valid_from='2026-06-01T00:00:00.75Z')
    warned('warn-offset', 'mso.date-form', 'an offset of two hours',
           valid_from='2026-06-01T02:00:00+02:00')
    warned('warn-until-after-ds', 'mso.validity',
           'validUntil after the certificate\'s notAfter',
           valid_until='2028-01-01T00:00:00Z')
    warned('warn-root', 'issuer.x5chain', 'the root in x5chain',
           x5chain=[ds().encode(), WORLD.iaca.encode()])
    warned('warn-extra', 'issuer.x5chain', 'a certificate that is not used',
           x5chain=[ds().encode(), WORLD.reader().encode()])
    response('x5chain-array', 'x5chain as an array of one',
             unprotected=lambda u: u.update({33: [u[33]]}))
    response('x5chain-protected', 'x5chain in the protected header',
             unprotected=lambda u: u.clear(),
             protected=lambda p: p.update({33: ds().encode()}))
    add('warn-pinned', 'only the certificate itself is trusted',
        Mdoc().response(), trust_der=ds().encode(), warn='issuer.chain')
    root, middle, below = WORLD.chain_of_three()
    response('warn-intermediate', 'a CA in between that is allowed',
             {'trust_der': root.encode(), 'warn': 'issuer.chain'},
             x5chain=[below.encode(), middle.encode()])
    warned('warn-period', 'issuer.chain', 'valid for 458 days',
           x5chain=[ds(after='2027-04-04').encode()])
    warned('warn-eku', 'issuer.chain', 'extendedKeyUsage of TS 23220 only',
           x5chain=[ds(eku='1.0.23220.4.1.2').encode()])
    response('eku-23220', 'the same for a docType other than the mDL',
             doc_type='org.iso.23220.photoid.1',
             x5chain=[ds(eku='1.0.23220.4.1.2').encode()])
    warned('warn-tagged', 'issuer.signature', 'issuerAuth with tag 18',
           issuer_auth=lambda a: Tag(18, a))
    response('odd-kid', 'an unprotected kid that is undefined',
             {'warn': 'issuer.signature'},
             unprotected=lambda u: u.update({4: UNDEFINED}))
    warned('warn-alg-full', 'issuer.signature', 'ESP256 (-9) of RFC 9864',
           alg=-9)
    warned('warn-forbidden', 'issuer.chain', 'nameConstraints',
           x5chain=[ds(more=[extension('2.5.29.30', seq())]).encode()])


def requests():
    def request(name, about, options=None, **changes):
        add(name, about, Request(**changes).request(), input='request',
            **(options or {}))

    request('request', 'reader authentication')
    request('request-no-auth', 'no readerAuth', {'expect': 'untrusted'},
            sign_each=False)
    request('request-no-transcript', 'no transcript',
            {'expect': 'untrusted', 'transcript': b''})
    request('request-all', 'readerAuthAll of two readers', sign_each=False,
            sign_all=(K['reader'], K['reader']))
    request('request-all-info', 'readerAuthAll and deviceRequestInfo',
            sign_all=(K['reader'],), info={'x': 1})
    request('request-all-no-transcript', 'readerAuthAll, no transcript',
            {'expect': 'untrusted', 'transcript': b''}, sign_each=False,
            sign_all=(K['reader'],))
    request('request-all-many', 'more docRequests than readerAuthAll may have',
            {'expect': 'untrusted'}, sign_each=False,
            sign_all=(K['reader'],),
            request=lambda r: r.update(
                {'docRequests': r['docRequests'] * 33}))
    for c in WEIERSTRASS[1:]:
        key = EcKey('reader ' + c.name, c)
        request('request-' + c.name.lower(), 'a reader key on ' + c.name,
                reader_key=key)
    request('request-ed25519', 'a reader key on Ed25519',
            reader_key=EdKey('reader ed25519', ED25519))


def make():
    for section in (curves, forms, device_signed, warnings, requests):
        section()
    return VECTORS
