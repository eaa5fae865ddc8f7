# SPDX-License-Identifier: BSD-3-Clause
"""An mdoc, a response and a request of ISO/IEC 18013-5, made step by step. At
every step a hook may spoil what comes out of it: what is signed after the hook
carries the defect under a correct signature."""
import hashlib
import hmac

from cbor import Raw, Tag, encode, tag24
from ec import EcKey
from x509 import Cert, der, integer, seq

MDL = 'org.iso.18013.5.1.mDL'
NS = 'org.iso.18013.5.1'
HASHES = {'SHA-256': hashlib.sha256, 'SHA-384': hashlib.sha384,
          'SHA-512': hashlib.sha512}


def tdate(text):
    return Tag(0, text)


def full_date(text):
    return Tag(1004, text)


def salt(name):
    return hashlib.sha256(b'salt ' + name.encode()).digest()


def cose_structure(context, protected, payload, aad=b''):
    return encode([context, protected, aad, payload])


class World:
    """Keys and certificates that all vectors share; fixed by their names."""

    def __init__(self):
        iaca_name = (('C', 'UT'), ('ST', 'Utopia State'), ('CN', 'Test IACA'))
        self.keys = {n: EcKey(n) for n in (
            'iaca', 'other-iaca', 'ds', 'other', 'device', 'ereader',
            'edevice', 'reader-ca', 'reader', 'intermediate')}
        k = self.keys
        self.iaca_name = iaca_name
        self.iaca = Cert(k['iaca'], iaca_name, k['iaca'], iaca_name, ca=True,
                         before='2025-01-01', after='2040-01-01')
        self.reader_ca_name = (('C', 'UT'), ('CN', 'Test Reader CA'))
        self.reader_ca = Cert(
            k['reader-ca'], self.reader_ca_name, k['reader-ca'],
            self.reader_ca_name, ca=True, before='2025-01-01',
            after='2040-01-01')
        # QR handover, BLE central client mode.
        engagement = encode({
            0: '1.0', 1: [1, tag24(encode(k['edevice'].cose()))],
            2: [[2, 1, {0: False, 1: True, 11: bytes(range(16))}]]})
        self.engagement = engagement
        self.transcript = self.make_transcript(k['ereader'])

    def make_transcript(self, ereader):
        key = None if ereader is None else tag24(encode(ereader.cose()))
        return encode([tag24(self.engagement), key, None])

    def ds(self, key=None, **changes):
        """A document-signer certificate."""
        names = {'C': 'UT', 'ST': 'Utopia State', 'CN': 'Test DS'}
        names.update(changes.pop('names', {}))
        subject = tuple((n, v) for n, v in names.items() if v is not None)
        c = Cert(key or self.keys['ds'], subject, self.keys['iaca'],
                 self.iaca_name)
        for n, v in changes.items():
            setattr(c, n, v)
        return c

    def reader(self, key=None, **changes):
        c = Cert(key or self.keys['reader'],
                 (('C', 'UT'), ('CN', 'Test Reader')),
                 self.keys['reader-ca'], self.reader_ca_name,
                 eku='1.0.18013.5.1.6')
        for n, v in changes.items():
            setattr(c, n, v)
        return c


    def chain_of_three(self):
        """An IACA that allows a CA below it; that CA; a document signer."""
        name = (('C', 'UT'), ('ST', 'Utopia State'), ('CN', 'Middle'))
        middle = Cert(self.keys['intermediate'], name, self.keys['iaca'],
                      self.iaca_name, ca=True)
        root = Cert(self.keys['iaca'], self.iaca_name, self.keys['iaca'],
                    self.iaca_name, ca=True, before='2025-01-01',
                    after='2040-01-01')
        root.basic = seq(der(1, b'\xff'), integer(1))
        ds = self.ds(issuer=name, issuer_key=self.keys['intermediate'],
                     aki=middle.ski)
        return root, middle, ds


WORLD = World()


def elements():
    return {NS: [
        ('family_name', 'Mustermann'),
        ('given_name', 'Erika'),
        ('birth_date', full_date('1990-02-15')),
        ('issuing_country', 'UT'),
        ('document_number', 'UT-4711'),
        ('driving_privileges', [{'vehicle_category_code': 'B'}]),
        ('age_over_18', True),
    ]}


class Mdoc:
    """Attributes that are functions are hooks: they take what was made and
    return what goes on, or change it in place and return None."""

    def __init__(self, **changes):
        self.doc_type = MDL
        self.elements = elements()
        self.algorithm = 'SHA-256'
        self.version = '1.0'
        self.device_key = WORLD.keys['device']
        self.ds_key = WORLD.keys['ds']
        self.x5chain = None          # DER; None: a plain certificate
        self.signed = '2026-06-01T00:00:00Z'
        self.valid_from = '2026-06-01T00:00:00Z'
        self.valid_until = '2027-01-01T00:00:00Z'
        self.authorizations = None
        self.alg = None              # None: of the key; False: no label
        self.issuer_context = 'Signature1'
        self.issuer_aad = b''
        # mdoc authentication
        self.device_names = {}
        self.mac = False
        self.transcript = WORLD.transcript
        self.ereader = WORLD.keys['ereader']
        self.device_alg = None
        self.device_doc_type = None  # None: doc_type
        self.device_signer = None    # None: device_key
        self.mac_salt = None
        self.mac_structure = None
        self.hooks = {}
        for name, value in changes.items():
            if callable(value) and name != 'mac_structure':
                self.hooks[name] = value
            elif not hasattr(self, name):
                raise AttributeError(name)
            else:
                setattr(self, name, value)

    def hook(self, name, value):
        changed = self.hooks[name](value) if name in self.hooks else None
        return value if changed is None else changed

    # ---- issuer

    def items(self):
        out = {}
        for ns, pairs in self.elements.items():
            out[ns] = []
            for i, (name, value) in enumerate(pairs):
                item = {'digestID': i, 'random': salt(ns + name),
                        'elementIdentifier': name, 'elementValue': value}
                item = self.hook('item', item)
                out[ns].append(tag24(encode(item)))
        return self.hook('items', out)

    def mso(self, items):
        make = HASHES.get(self.algorithm, hashlib.sha256)
        digests = {ns: {i: make(b).digest() for i, b in enumerate(v)}
                   for ns, v in items.items()}
        info = {'deviceKey': self.hook('cose_key', self.device_key.cose())}
        if self.authorizations is not None:
            info['keyAuthorizations'] = self.authorizations
        mso = {
            'version': self.version, 'digestAlgorithm': self.algorithm,
            'valueDigests': self.hook('digests', digests),
            'deviceKeyInfo': info, 'docType': self.doc_type,
            'validityInfo': {'signed': tdate(self.signed),
                             'validFrom': tdate(self.valid_from),
                             'validUntil': tdate(self.valid_until)}}
        content = self.hook('mso_bytes', encode(self.hook('mso', mso)))
        return self.hook('payload', encode(tag24(content)))

    def issuer_auth(self, payload):
        alg = self.ds_key.alg if self.alg is None else self.alg
        protected = {} if alg is False else {1: alg}
        protected = encode(self.hook('protected', protected))
        chain = self.x5chain
        if chain is None:
            chain = [WORLD.ds(self.ds_key).encode()]
        unprotected = {}
        if chain:
            unprotected[33] = chain[0] if len(chain) == 1 else chain
        unprotected = self.hook('unprotected', unprotected)
        signature = self.ds_key.sign(cose_structure(
            self.issuer_context, protected, payload, self.issuer_aad))
        return self.hook('issuer_auth',
                         [protected, unprotected, payload, signature])

    def issuer_signed(self):
        items = self.items()
        auth = self.issuer_auth(self.mso(items))
        items = self.hook('items_after', items)
        return self.hook('issuer_signed',
                         {'nameSpaces': items, 'issuerAuth': auth})

    # ---- device

    def device_auth(self, names):
        doc_type = self.device_doc_type or self.doc_type
        payload = encode(tag24(encode(Raw(
            encode(['DeviceAuthentication', Raw(self.transcript), doc_type,
                    names])))))
        key = self.device_signer or self.device_key
        if self.mac:
            return self.device_mac(key, payload)
        alg = self.device_alg if self.device_alg is not None else key.alg
        protected = encode({} if alg is False else {1: alg})
        signature = key.sign(cose_structure('Signature1', protected, payload))
        return {'deviceSignature': self.hook(
            'device_cose', [protected, {}, None, signature])}

    def device_mac(self, key, payload):
        alg = self.device_alg if self.device_alg is not None else 5
        protected = encode({} if alg is False else {1: alg})
        salt_ = self.mac_salt or hashlib.sha256(
            encode(tag24(self.transcript))).digest()
        prk = hmac.new(salt_, key.agree(self.ereader), 'sha256').digest()
        emac = hmac.new(prk, b'EMacKey\1', 'sha256').digest()
        structure = cose_structure('MAC0', protected, payload)
        if self.mac_structure is not None:
            structure = self.mac_structure(protected, payload)
        tag = hmac.new(emac, structure, 'sha256').digest()
        return {'deviceMac': self.hook(
            'device_cose', [protected, {}, None, tag])}

    def document(self):
        issuer_signed = self.issuer_signed()
        names = tag24(encode(self.device_names))
        auth = self.hook('device_auth', self.device_auth(names))
        signed = self.hook('device_signed',
                           {'nameSpaces': names, 'deviceAuth': auth})
        return self.hook('document', {
            'docType': self.doc_type, 'issuerSigned': issuer_signed,
            'deviceSigned': signed})

    def response(self, *others):
        documents = [m.document() for m in (self,) + others]
        response = self.hook('response', {
            'version': '1.0', 'documents': documents, 'status': 0})
        return self.hook('bytes', encode(response))


class Request(Mdoc):
    """A DeviceRequest with reader authentication; the same hooks."""

    def __init__(self, **changes):
        self.reader_key = WORLD.keys['reader']
        self.reader_chain = None
        self.sign_each = True
        self.info = None             # deviceRequestInfo: version 1.1
        self.sign_all = ()           # keys of readerAuthAll
        super().__init__(**changes)

    def cose(self, payload, key):
        alg = key.alg if self.alg is None else self.alg
        protected = encode({} if alg is False else {1: alg})
        chain = self.reader_chain
        if chain is None:
            chain = [WORLD.reader(key).encode()]
        unprotected = {33: chain[0]} if len(chain) == 1 else {33: chain}
        signature = key.sign(cose_structure('Signature1', protected, payload))
        return self.hook('reader_cose', [
            protected, self.hook('unprotected', unprotected), None,
            signature])

    def request(self):
        items = tag24(encode(self.hook('items_request', {
            'docType': self.doc_type,
            'nameSpaces': {NS: {'family_name': False, 'portrait': True}}})))
        doc = {'itemsRequest': items}
        if self.sign_each:
            doc['readerAuth'] = self.cose(encode(tag24(encode(
                ['ReaderAuthentication', Raw(self.transcript), items]))),
                self.reader_key)
        doc = self.hook('doc_request', doc)
        request = {'version': '1.0', 'docRequests': [doc]}
        if self.info is not None or self.sign_all:
            request['version'] = '1.1'
        info = None
        if self.info is not None:
            info = tag24(encode(self.info))
            request['deviceRequestInfo'] = info
        if self.sign_all:
            payload = encode(tag24(encode(
                ['ReaderAuthenticationAll', Raw(self.transcript), [items],
                 info])))
            request['readerAuthAll'] = [
                self.cose(payload, k) for k in self.sign_all]
        return self.hook('bytes', encode(self.hook('request', request)))
