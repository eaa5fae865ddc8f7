#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks a report of "p11-mdoc doctor --json" field by field.

doctor-schema.py FILE [EXPRESSION]: without an expression, says "ok" or what is
wrong; with one, prints its value, where r is the report, t its first token and
c its capabilities by their names.
"""
import json
import sys

RESULT = ('yes', 'no', 'unknown')
PATHS = ('A', 'B', 'C', 'D', 'S')
CURVES = ('P-256', 'P-384', 'P-521', 'brainpoolP256r1', 'brainpoolP320r1',
          'brainpoolP384r1', 'brainpoolP512r1', 'Ed25519', 'Ed448', 'X25519',
          'X448')
CAPABILITIES = ('document-signing', 'certificate-signing',
                'reader-authentication', 'device-signature', 'device-mac',
                'session-keys', 'hpke-open')
PROFILES = ('issuer', 'reader', 'wallet', 'walletSignature', 'walletMac',
            'walletMacStrict', 'verifier')
FLAGS = ('rng', 'writeProtected', 'loginRequired', 'pinInitialized', 'keypad',
         'initialized', 'pinCountLow', 'pinFinalTry', 'pinLocked',
         'pinToBeChanged')


def want(condition, what):
    if not condition:
        sys.exit(what)


def members(o, required, optional, where):
    want(isinstance(o, dict), where + ': no object')
    for m in required:
        want(m in o, '%s: no "%s"' % (where, m))
    for m in o:
        want(m in required or m in optional, '%s: "%s"?' % (where, m))


def text(o, m, where):
    want(isinstance(o[m], str) and o[m] != '', '%s.%s' % (where, m))


# A "no" says where and how, or in words; a cause has a remedy.
REASON = ('function', 'mechanism', 'error', 'text', 'cause', 'remedy',
          'signal')


def reason(o, where):
    if o.get('result') == 'yes':
        return
    want('text' in o or ('function' in o and 'error' in o),
         where + ': no reason')
    want(('cause' in o) == ('remedy' in o), where + ': cause and remedy')
    want(o.get('result') != 'no' or 'remedy' in o, where + ': no remedy')
    if 'error' in o:
        want(o['error'].startswith(('CKR_', '0x')), where + '.error')
    if 'function' in o:
        want(o['function'].startswith(('C_', 'dlopen')), where + '.function')


def attempt(o, where):
    members(o, ('curve', 'result'), REASON + ('path', 'perSecond', 'key'),
            where)
    want(o['curve'] in CURVES, where + '.curve')
    want(o['result'] in RESULT, where + '.result')
    want(o.get('path', 'S') in PATHS, where + '.path')
    reason(o, where)


def capability(o, where):
    members(o, ('id', 'name', 'result', 'curves'), ('path',), where)
    want(o['result'] in RESULT, where + '.result')
    for a in o['curves']:
        attempt(a, '%s.%s' % (where, a.get('curve')))
    able = [a for a in o['curves'] if a['result'] == 'yes']
    want((o['result'] == 'yes') == bool(able), where + ': result and curves')
    if able:
        want(o.get('path') in PATHS, where + '.path')
        want(o['path'] == min(a['path'] for a in able), where + ': best path')


def key(o, where):
    members(o, ('for', 'uri', 'curve', 'sign', 'derive', 'extractable',
                'sensitive', 'alwaysAuthenticate', 'purpose'),
            ('path', 'tried'), where)
    want(o['uri'].startswith('pkcs11:'), where + '.uri')
    for m in ('sign', 'derive', 'extractable', 'sensitive',
              'alwaysAuthenticate'):
        want(isinstance(o[m], bool), '%s.%s' % (where, m))
    want(o.get('path', 'S') in PATHS, where + '.path')
    for a in o.get('tried', ()):
        want(a['id'] in CAPABILITIES, where + '.tried')


def token(o, where):
    members(o, ('slot', 'uri', 'label', 'manufacturer', 'model', 'serial',
                'flags', 'mechanisms', 'maxSessions', 'objects',
                'sessionKeys', 'curves', 'capabilities', 'paths', 'keys',
                'candidates', 'missingKeys', 'crashes', 'profiles'),
            ('login', 'failed', 'random', 'sessions', 'device'), where)
    want(o['uri'].startswith('pkcs11:'), where + '.uri')
    members(o['flags'], FLAGS, (), where + '.flags')
    want(all(isinstance(v, bool) for v in o['flags'].values()), 'flags')
    want(isinstance(o['mechanisms'], int), where + '.mechanisms')
    members(o['objects'], (), ('total', 'counts', 'unchanged'), 'objects')
    if 'login' in o:
        want(o['login']['result'] in ('ok', 'failed', 'not tried'), 'login')
    want(o['sessionKeys']['result'] in RESULT, 'sessionKeys')
    for c in o['curves']:
        attempt(c, 'curves.' + c.get('curve', '?'))
    want(tuple(c['id'] for c in o['capabilities']) == CAPABILITIES,
         'capabilities')
    for c in o['capabilities']:
        capability(c, c['id'])
    for p in o['paths']:
        members(p, ('path', 'result'), REASON, 'paths')
        want(p['path'] in 'ABCD', 'paths.path')
        reason(p, 'paths.' + p['path'])
    for k in o['keys']:
        key(k, 'keys')
    for c in o['crashes']:
        text(c, 'function', 'crashes')
        text(c, 'text', 'crashes')
    members(o['profiles'], PROFILES, (), 'profiles')
    want(all(v in RESULT for v in o['profiles'].values()), 'profiles')


def report(r):
    members(r, ('schema', 'exit', 'failures', 'messages', 'others', 'tokens',
                'installation', 'devices'), ('library',), 'report')
    want(r['schema'] == 'p11-mdoc/1', 'schema')
    for c in r['installation']:
        members(c, ('check', 'result', 'text'), ('remedy',), 'installation')
        want(c['result'] in ('ok', 'warning', 'error'), c['check'])
        want(c['result'] == 'ok' or 'remedy' in c, c['check'] + ': remedy')
    for d in r['devices']:
        members(d, ('name', 'module'), (), 'devices')
    if 'library' in r:
        members(r['library'], ('manufacturer', 'description', 'version',
                               'cryptoki', 'interfaces'), (), 'library')
    for t in r['tokens']:
        token(t, t.get('label', 'token'))


r = json.load(open(sys.argv[1], encoding='utf-8'))
if len(sys.argv) > 2:
    t = r['tokens'][0] if r['tokens'] else {}
    c = {x['id']: x for x in t.get('capabilities', ())}
    value = eval(sys.argv[2])
    print(json.dumps(value) if isinstance(value, (bool, dict, list)) else value)
else:
    report(r)
    print('ok')
