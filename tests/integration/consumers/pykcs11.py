# SPDX-License-Identifier: BSD-3-Clause
#
# PyKCS11 over one module: prints "OK step" or "FAIL step: why".
# Usage: python3 pykcs11.py MODULE TOKEN PIN
import hashlib
import os
import sys
import threading

from PyKCS11 import (CKA_CLASS, CKA_DECRYPT, CKA_DERIVE, CKA_EC_PARAMS,
                     CKA_EC_POINT, CKA_ENCRYPT, CKA_EXTRACTABLE, CKA_ID,
                     CKA_KEY_TYPE, CKA_LABEL, CKA_MODULUS_BITS, CKA_PRIVATE,
                     CKA_SENSITIVE, CKA_SIGN, CKA_TOKEN, CKA_UNWRAP,
                     CKA_VALUE, CKA_VALUE_LEN, CKA_VERIFY, CKA_WRAP,
                     CKA_APPLICATION, CKA_PUBLIC_EXPONENT, CKF_RW_SESSION,
                     CKF_SERIAL_SESSION, CKK_AES, CKK_EC, CKK_GENERIC_SECRET,
                     CKM_AES_KEY_GEN, CKM_AES_KEY_WRAP, CKM_EC_KEY_PAIR_GEN,
                     CKM_ECDSA, CKM_RSA_PKCS, CKM_RSA_PKCS_KEY_PAIR_GEN,
                     CKM_SHA256, CKM_SHA256_HMAC, CKM_SHA256_RSA_PKCS,
                     CKM_GENERIC_SECRET_KEY_GEN, CKO_DATA, CKO_PRIVATE_KEY,
                     CKO_PUBLIC_KEY, CKO_SECRET_KEY, CKG_MGF1_SHA256,
                     CKM_SHA256_RSA_PKCS_PSS, CKU_SO, CKU_USER,
                     AES_GCM_Mechanism, CKM_AES_CBC,
                     ECDH1_DERIVE_Mechanism, Mechanism, PyKCS11Error,
                     PyKCS11Lib, RSAOAEPMechanism, RSA_PSS_Mechanism, CKM,
                     CKM_SHA_1, CKG_MGF1_SHA1, CKM_AES_CBC_PAD)

MODULE, TOKEN, PIN = sys.argv[1:4]
CURVES = {
    "P-256": "06082a8648ce3d030107",
    "P-384": "06052b81040022",
    "P-521": "06052b81040023",
    "brainpoolP256r1": "06092b2403030208010107",
    "brainpoolP384r1": "06092b240303020801010b",
    "brainpoolP512r1": "06092b240303020801010d",
}


def step(name, function):
    try:
        function()
        print("OK", name)
    except BaseException as e:
        print("FAIL", name, ":", type(e).__name__, str(e).replace("\n", " "))


def need(good, what):
    if not good:
        raise Exception(what)


def refused(function, *args):
    try:
        function(*args)
    except PyKCS11Error as e:
        return e.value
    raise Exception("it is not refused")


lib = PyKCS11Lib()
lib.load(MODULE)
slot = [s for s in lib.getSlotList(tokenPresent=True)
        if lib.getTokenInfo(s).label.strip() == TOKEN][0]
session = lib.openSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)


def generate(curve, n, token=False):
    key_id = bytes([n])
    public = [(CKA_KEY_TYPE, CKK_EC), (CKA_TOKEN, token), (CKA_ID, key_id),
              (CKA_LABEL, curve), (CKA_VERIFY, True),
              (CKA_EC_PARAMS, bytes.fromhex(CURVES[curve]))]
    private = [(CKA_KEY_TYPE, CKK_EC), (CKA_TOKEN, token), (CKA_ID, key_id),
               (CKA_LABEL, curve), (CKA_PRIVATE, True), (CKA_SENSITIVE, True),
               (CKA_SIGN, True), (CKA_DERIVE, True)]
    return session.generateKeyPair(public, private,
                                   mecha=Mechanism(CKM_EC_KEY_PAIR_GEN, None))


def point(public):
    der = bytes(session.getAttributeValue(public, [CKA_EC_POINT])[0])
    return der[3:] if der[1] == 0x81 else der[2:]


def curve_steps(name, n):
    keys = []

    def make():
        keys.append(generate(name, n))
        keys.append(generate(name, n + 1, token=True))

    def sign():
        ecdsa = Mechanism(CKM_ECDSA, None)
        digest = hashlib.sha256(b"data").digest()
        signature = session.sign(keys[0][1], digest, ecdsa)
        need(session.verify(keys[0][0], digest, signature, ecdsa), "verify")
        digest = hashlib.sha256(b"other").digest()
        need(not session.verify(keys[0][0], digest, signature, ecdsa),
             "another digest is verified")

    def derive():
        secrets = []
        for own, other in ((0, 1), (1, 0)):
            key = session.deriveKey(
                keys[own][1],
                [(CKA_CLASS, CKO_SECRET_KEY),
                 (CKA_KEY_TYPE, CKK_GENERIC_SECRET),
                 (CKA_SENSITIVE, False), (CKA_EXTRACTABLE, True),
                 (CKA_VALUE_LEN, 32)],
                ECDH1_DERIVE_Mechanism(point(keys[other][0])))
            secrets.append(session.getAttributeValue(key, [CKA_VALUE])[0])
        need(secrets[0] == secrets[1] and len(secrets[0]) == 32, "secrets")

    step("generate-" + name, make)
    step("sign-" + name, sign)
    step("derive-" + name, derive)


def rsa():
    pair = []

    def make():
        pair.extend(session.generateKeyPair(
            [(CKA_MODULUS_BITS, 2048), (CKA_PUBLIC_EXPONENT, (1, 0, 1)),
             (CKA_TOKEN, False), (CKA_VERIFY, True), (CKA_ENCRYPT, True),
             (CKA_WRAP, True)],
            [(CKA_TOKEN, False), (CKA_SIGN, True), (CKA_DECRYPT, True),
             (CKA_UNWRAP, True)],
            mecha=Mechanism(CKM_RSA_PKCS_KEY_PAIR_GEN, None)))

    def sign(mechanism):
        signature = session.sign(pair[1], b"data", mechanism)
        need(session.verify(pair[0], b"data", signature, mechanism), "verify")

    def crypt(mechanism):
        secret = session.encrypt(pair[0], b"data", mechanism)
        need(bytes(session.decrypt(pair[1], secret, mechanism)) == b"data",
             "not the same")

    def wrap():
        key = session.generateKey(
            [(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES),
             (CKA_VALUE_LEN, 16), (CKA_TOKEN, False),
             (CKA_SENSITIVE, False), (CKA_EXTRACTABLE, True)],
            Mechanism(CKM_AES_KEY_GEN, None))
        pkcs = Mechanism(CKM_RSA_PKCS, None)
        wrapped = session.wrapKey(pair[0], key, pkcs)
        again = session.unwrapKey(
            pair[1], wrapped,
            [(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES),
             (CKA_TOKEN, False), (CKA_SENSITIVE, False),
             (CKA_EXTRACTABLE, True)], pkcs)
        need(session.getAttributeValue(key, [CKA_VALUE]) ==
             session.getAttributeValue(again, [CKA_VALUE]), "not the same")

    step("rsa-generate", make)
    step("rsa-sign", lambda: sign(Mechanism(CKM_SHA256_RSA_PKCS, None)))
    step("rsa-pss", lambda: sign(RSA_PSS_Mechanism(
        CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 32)))
    step("rsa-crypt", lambda: crypt(Mechanism(CKM_RSA_PKCS, None)))
    step("rsa-oaep", lambda: crypt(RSAOAEPMechanism(CKM_SHA_1,
                                                    CKG_MGF1_SHA1)))
    step("rsa-wrap", wrap)


def aes():
    key = []

    def make():
        key.append(session.generateKey(
            [(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES),
             (CKA_VALUE_LEN, 32), (CKA_TOKEN, False), (CKA_ENCRYPT, True),
             (CKA_DECRYPT, True), (CKA_WRAP, True), (CKA_UNWRAP, True)],
            Mechanism(CKM_AES_KEY_GEN, None)))

    def crypt(mechanism):
        data = os.urandom(64)
        secret = session.encrypt(key[0], data, mechanism)
        need(bytes(session.decrypt(key[0], secret, mechanism)) == data,
             "not the same")

    def wrap():
        other = session.generateKey(
            [(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES),
             (CKA_VALUE_LEN, 32), (CKA_TOKEN, False),
             (CKA_EXTRACTABLE, True)], Mechanism(CKM_AES_KEY_GEN, None))
        how = Mechanism(CKM_AES_KEY_WRAP, None)
        wrapped = session.wrapKey(key[0], other, how)
        session.unwrapKey(key[0], wrapped,
                          [(CKA_CLASS, CKO_SECRET_KEY),
                           (CKA_KEY_TYPE, CKK_AES), (CKA_TOKEN, False)], how)

    step("aes-generate", make)
    step("aes-cbc", lambda: crypt(Mechanism(CKM_AES_CBC, bytes(16))))
    step("aes-cbc-pad", lambda: crypt(Mechanism(CKM_AES_CBC_PAD, bytes(16))))
    step("aes-gcm", lambda: crypt(AES_GCM_Mechanism(bytes(12), b"aad", 128)))
    step("aes-wrap", wrap)


def mac(length):
    def run():
        key = session.createObject(
            [(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_GENERIC_SECRET),
             (CKA_TOKEN, False), (CKA_SIGN, True), (CKA_VERIFY, True),
             (CKA_VALUE, bytes(length))])
        how = Mechanism(CKM_SHA256_HMAC, None)
        tag = session.sign(key, b"data", how)
        need(session.verify(key, b"data", tag, how), "verify")
    step("hmac-%d" % length, run)


def objects():
    def data():
        session.createObject([(CKA_CLASS, CKO_DATA), (CKA_TOKEN, True),
                              (CKA_PRIVATE, True), (CKA_LABEL, "note"),
                              (CKA_APPLICATION, "here"),
                              (CKA_VALUE, b"content")])
        found = session.findObjects([(CKA_CLASS, CKO_DATA),
                                     (CKA_LABEL, "note")])
        need(len(found) == 1, "it is not found")
        value = session.getAttributeValue(found[0], [CKA_VALUE])[0]
        need(bytes(value) == b"content", "another value")
        session.setAttributeValue(found[0], [(CKA_LABEL, "changed")])
        need(len(session.findObjects([(CKA_LABEL, "changed")])) == 1, "set")
        session.destroyObject(found[0])

    def secret_stays():
        key = session.findObjects([(CKA_CLASS, CKO_PRIVATE_KEY)])[0]
        value = session.getAttributeValue(key, [CKA_VALUE])[0]
        need(value is None, "a sensitive value is read")

    def all_attributes():
        for o in session.findObjects():
            o.to_dict()

    step("data", data)
    step("secret-stays", secret_stays)
    step("all-attributes", all_attributes)


def threads():
    pair = generate("P-256", 90, token=True)
    errors = []

    def work():
        try:
            own = lib.openSession(slot)
            for _ in range(50):
                own.sign(pair[1], bytes(32), Mechanism(CKM_ECDSA, None))
            own.closeSession()
        except BaseException as e:
            errors.append(e)
    all_threads = [threading.Thread(target=work) for _ in range(4)]
    for t in all_threads:
        t.start()
    for t in all_threads:
        t.join()
    need(not errors, str(errors))


step("info", lambda: lib.getInfo())
step("slot-info", lambda: lib.getSlotInfo(slot))
step("token-info", lambda: lib.getTokenInfo(slot))
step("mechanism-info", lambda: [lib.getMechanismInfo(slot, m)
                                for m in lib.getMechanismList(slot)
                                if m in CKM])
step("session-info", lambda: session.getSessionInfo())
step("wrong-pin", lambda: refused(session.login, "9999"))
step("not-logged-in", lambda: refused(
    session.createObject, [(CKA_CLASS, CKO_DATA), (CKA_PRIVATE, True),
                           (CKA_TOKEN, True), (CKA_VALUE, b"x")]))
step("login", lambda: session.login(PIN))
step("login-twice", lambda: refused(session.login, PIN))
step("seed", lambda: session.seedRandom(bytes(16)))
step("random", lambda: need(len(session.generateRandom(40)) == 40, "length"))
step("digest", lambda: need(
    bytes(session.digest(b"data", Mechanism(CKM_SHA256, None))) ==
    hashlib.sha256(b"data").digest(), "not the same"))
for i, curve in enumerate(CURVES):
    curve_steps(curve, 10 + 2 * i)
rsa()
aes()
for size in (16, 32, 64):
    mac(size)
objects()
step("threads", threads)
step("bad-handle", lambda: refused(
    session.sign, generate("P-256", 99)[0], bytes(32),
    Mechanism(CKM_ECDSA, None)))
step("set-pin", lambda: (session.setPin(PIN, "56789"),
                         session.setPin("56789", PIN)))
step("logout", lambda: session.logout())
step("so-login", lambda: session.login("12345678", CKU_SO))
step("init-pin", lambda: session.initPin(PIN))
step("so-logout", lambda: session.logout())
step("user-again", lambda: session.login(PIN, CKU_USER))
step("close", lambda: session.closeSession())
