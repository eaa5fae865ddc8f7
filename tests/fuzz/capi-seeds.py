#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes seeds of fuzz-capi: capi-seeds.py CORPUS-OF-TBS FOLDER FOLDER.

The device's answers are zeros, which fuzz-device takes for those of a device
that has a P-256 key; the structures are those of fuzz-tbs. The second folder
is for SoftHSMv2: fewer, and without answers.
"""
import os
import struct
import sys

# Indices into the tables of fuzz-capi.c.
OPEN, SIGN_INIT, SIGN, SIGN_UPDATE, SIGN_FINAL, VERIFY_INIT, VERIFY = range(7)
VERIFY_UPDATE, VERIFY_FINAL, DECRYPT_INIT, DECRYPT = range(7, 11)
DERIVE, CREATE, COPY, DESTROY, SIZE, GET, SET = range(13, 20)
FIND_INIT, FIND, FIND_FINAL, LOGIN, LOGOUT, CLOSE = range(20, 26)
GENERATE_PAIR = 32
LOGIN_USER, CANCEL = 63, 64
# Init and Final of messages: encrypt, decrypt, sign, verify.
MESSAGES = 66
ENCRYPT_MESSAGE = 74
MECHANISMS = {
    "device-signature": 0, "device-mac": 1, "reader": 2, "issuer": 3,
    "derive": 4, "hpke": 5, "ecdsa-sha256": 7, "hkdf": 18, "hkdf-data": 19,
    "hmac": 12,
}
CLASS, TOKEN, LABEL, VALUE, ID = 0, 1, 3, 4, 6
PURPOSE, ROLE, KEY_ID, TRANSCRIPT, PATH, DOC_TYPE = 15, 17, 18, 19, 21, 22
CREDENTIAL, SECRET, DATA, PROFILE = 3, 2, 0, 5  # of numbers


def span(data):
    if len(data) < 0xfd:
        return bytes([len(data)]) + data
    return b"\xfd" + struct.pack(">H", len(data)) + data


def place(size):
    return bytes(1 + size)


def out(size):
    return bytes([size]) + bytes(8) + bytes(size)


def mechanism(name):
    return bytes(1 + 24) + bytes([MECHANISMS[name]])


def structure(name, *members):
    """Integers and byte strings, as the layouts have them."""
    return b"\x80" + bytes(24) + bytes([MECHANISMS[name]]) + bytes(128) + \
        b"".join(bytes([m]) if isinstance(m, int) else span(m)
                 for m in members) + b"\0"


def number(type_, which):
    return bytes([type_, which]) + bytes(8)


def value(type_, data):
    return bytes([type_, 0x80]) + span(data)


def template(*attributes):
    return bytes([len(attributes)]) + bytes(24 * len(attributes)) + \
        b"".join(attributes)


# The base point of P-256.
POINT = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")

OPENED = bytes([OPEN]) + place(8) + bytes([0, 2])
S = b"\0"   # the first session
# The private key of below-softhsm.c, its public key, and the secret one; the
# lying device takes any.
KEY, PUBLIC_KEY, SECRET_KEY = b"\x46", b"\x47", b"\x48"


def key_of(name, usual=KEY):
    return SECRET_KEY if name in ("hmac", "hkdf", "hkdf-data") else usual


def sign(name, data):
    return OPENED + bytes([SIGN_INIT]) + S + mechanism(name) + \
        key_of(name) + \
        bytes([SIGN]) + S + span(data) + out(64)


def sign_parts(name, data):
    return OPENED + bytes([SIGN_INIT]) + S + mechanism(name) + \
        key_of(name) + \
        bytes([SIGN_UPDATE]) + S + span(data) + \
        bytes([SIGN_FINAL]) + S + out(64)


def verify(name, data):
    return OPENED + bytes([VERIFY_INIT]) + S + mechanism(name) + \
        key_of(name, PUBLIC_KEY) + \
        bytes([VERIFY]) + S + span(data) + span(bytes(64))


def derive(parameter, key=KEY):
    return OPENED + bytes([DERIVE]) + S + parameter + key + template() + \
        place(8) + bytes([GET]) + S + b"\0" + template(number(PATH, 0))


def hpke():
    return OPENED + bytes([DECRYPT_INIT]) + S + \
        structure("hpke", 1, POINT, b"info", b"", POINT) + KEY + \
        bytes([DECRYPT]) + S + span(bytes(40)) + out(64)


def objects():
    credential = template(
        number(CLASS, CREDENTIAL), value(ID, b"key"), value(LABEL, b"mine"),
        value(DOC_TYPE, b"a.b"), value(VALUE, b"\xa0"))
    find = template(number(CLASS, CREDENTIAL))
    return OPENED + \
        bytes([CREATE]) + S + credential + place(8) + \
        bytes([GET]) + S + b"\0" + template(value(LABEL, bytes(20)),
                                             number(PATH, 0)) + \
        bytes([SET]) + S + b"\0" + template(value(LABEL, b"yours")) + \
        bytes([COPY]) + S + b"\0" + template() + place(8) + \
        bytes([FIND_INIT]) + S + find + \
        bytes([FIND]) + S + b"\4" + place(32) + place(8) + \
        bytes([FIND_FINAL]) + S + bytes([DESTROY]) + S + b"\0"


def path():
    return OPENED + bytes([GET]) + S + KEY + template(number(PATH, 0))


def second_door(transcript):
    return OPENED + bytes([CREATE]) + S + template(
        number(CLASS, SECRET), number(ROLE, 8), value(KEY_ID, b"key"),
        value(TRANSCRIPT, transcript)) + place(8)


def bound():
    private = template(value(ID, b"key"), number(PURPOSE, 9))
    return OPENED + bytes([GENERATE_PAIR]) + S + bytes(25) + b"\x10" + \
        template() + private + place(8) + place(8)


def profiles():
    return OPENED + bytes([FIND_INIT]) + S + \
        template(number(CLASS, PROFILE)) + \
        bytes([FIND]) + S + b"\3" + place(24) + place(8) + \
        bytes([FIND]) + S + b"\3" + place(24) + place(8) + \
        bytes([FIND_FINAL]) + S + \
        bytes([GET]) + S + b"\0" + template(value(LABEL, bytes(40))) + \
        bytes([DESTROY]) + S + b"\0"


def cancel(begun):
    return OPENED + begun + bytes([CANCEL]) + S + b"\xff\xff"


def login_user(name):
    return OPENED + bytes([LOGIN_USER]) + S + span(b"1234") + span(name) + \
        b"\1"


def messages():
    """Each kind: its beginning, one message, its end."""
    inputs = [span(b"parameter"), span(b"aad"), span(b"text"), out(64)]
    shapes = [inputs, inputs, [inputs[0], inputs[2], inputs[3]],
              [inputs[0], inputs[2], span(bytes(64))]]
    program = OPENED
    for i, shape in enumerate(shapes):
        program += bytes([MESSAGES + 2 * i]) + S + \
            mechanism("device-mac") + KEY + \
            bytes([ENCRYPT_MESSAGE + 3 * i]) + S + b"".join(shape) + \
            bytes([MESSAGES + 2 * i + 1]) + S
    return program


def transcript_of(data):
    """SessionTranscriptBytes of DeviceAuthenticationBytes: the item after
    the text "DeviceAuthentication", up to the docType "org.example.doc"."""
    start = data.index(b"DeviceAuthentication") + len("DeviceAuthentication")
    end = data.rindex(b"org.example.doc") - 1
    whole = data[start:end]
    return b"\xd8\x18\x58" + bytes([len(whole)]) + whole


# Answers to C_OpenSession and to what comes first after it.
REFUSED = b"\0\xd2"    # CKR_MECHANISM_INVALID
TOO_SHORT = b"\0\xd0"  # CKR_KEY_SIZE_RANGE
LACKS_3 = b"\0\xcc"    # CKR_FUNCTION_NOT_SUPPORTED


def write(folders, name, program, answers=b""):
    for fault in (0, 2):
        head = bytes([2 if fault else 0xff, fault]) + \
            struct.pack(">H", len(program))
        with open(os.path.join(folders[0], f"{name}-{fault}"), "wb") as f:
            f.write(head + program + answers)
        if name.endswith("-completed") or (
                "-device-" in name and "-qr" not in name):
            continue
        with open(os.path.join(folders[1], f"{name}-{fault}"), "wb") as f:
            f.write(head + program)


def main():
    source, *folders = sys.argv[1:]
    for folder in folders:
        os.makedirs(folder, exist_ok=True)
    for file in sorted(os.listdir(source)):
        name = os.path.splitext(file)[0]
        with open(os.path.join(source, file), "rb") as f:
            data = f.read()
        if len(data) > 2000:
            continue
        kind = {"device": "device-mac", "mso": "issuer",
                "reader": "reader"}.get(name.split("-")[0])
        if kind is None:
            continue
        write(folders, "sign-" + name, sign(kind, data))
        if kind == "device-mac":
            write(folders, "parts-" + name, sign_parts("device-signature",
                                                      data))
            write(folders, "verify-" + name, verify("device-signature", data))
        if name == "device-qr":
            transcript = transcript_of(data)
            write(folders, "door", second_door(transcript))
            for role in 1, 3:
                write(folders, f"derive-{role}",
                      derive(structure("derive", 1, role, b"", transcript)))
    for name, answers in ("ecdsa-sha256", REFUSED), ("hmac", TOO_SHORT):
        for make in sign, sign_parts, verify:
            program = make(name, b"message")
            write(folders, f"{make.__name__}-{name}", program)
            write(folders, f"{make.__name__}-{name}-completed", program,
                  answers)
    for name in "hkdf", "hkdf-data":
        for salt in b"", b"salt":
            program = derive(structure(name, 0x01, 0x50, 2 if salt else 1,
                                       salt, 0, b"info"), SECRET_KEY)
            write(folders, f"{name}-{len(salt)}", program, REFUSED)
    write(folders, "hpke", hpke())
    write(folders, "objects", objects())
    write(folders, "path", path())
    write(folders, "bound", bound())
    write(folders, "profiles", profiles())
    write(folders, "messages", messages())
    write(folders, "login-user", login_user(b"alice"))
    write(folders, "login-user-2.40", login_user(b""), LACKS_3)
    write(folders, "cancel-nothing", cancel(b""), LACKS_3)
    write(folders, "cancel-ours", cancel(
        bytes([SIGN_INIT]) + S + mechanism("device-signature") + KEY))
    write(folders, "cancel-find", cancel(
        bytes([FIND_INIT]) + S + template(number(CLASS, PROFILE))))


if __name__ == "__main__":
    main()
