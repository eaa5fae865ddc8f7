#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run test cases of the PKCS #11 profiles of OASIS on a PKCS#11 module.

A case is an XML file: calls, each followed by its expected answer (PKCS #11
Profiles, "PKCS#11 XML Representation"). What may vary is what "Permitted Test
Case Variations" lists. Beyond that, and each time with a line that begins with
"note:" --

- a counter of C_GetTokenInfo may be CK_UNAVAILABLE_INFORMATION, which PKCS#11
  allows there;
- MODULUS and Signature belong to a key that is not published: the length must
  be as expected, and the signature must verify with the key of this token;
- with --version, the PKCS#11 version of the cases is taken for that one.

With --strict, these three are failures too.
"""

import argparse
import ctypes
import hashlib
import re
import sys
import xml.etree.ElementTree as ET

UNAVAILABLE = ctypes.c_ulong(-1).value
ULONG = ctypes.c_ulong
BYTE = ctypes.c_ubyte

RV = {
    0x0: "OK", 0x2: "HOST_MEMORY", 0x3: "SLOT_ID_INVALID",
    0x5: "GENERAL_ERROR", 0x6: "FUNCTION_FAILED", 0x7: "ARGUMENTS_BAD",
    0x11: "ATTRIBUTE_SENSITIVE", 0x12: "ATTRIBUTE_TYPE_INVALID",
    0x13: "ATTRIBUTE_VALUE_INVALID", 0x30: "DEVICE_ERROR",
    0x54: "FUNCTION_NOT_SUPPORTED", 0x60: "KEY_HANDLE_INVALID",
    0x70: "MECHANISM_INVALID", 0x82: "OBJECT_HANDLE_INVALID",
    0x90: "OPERATION_ACTIVE", 0x91: "OPERATION_NOT_INITIALIZED",
    0xa0: "PIN_INCORRECT", 0xb3: "SESSION_HANDLE_INVALID",
    0xe0: "TOKEN_NOT_PRESENT", 0x101: "USER_NOT_LOGGED_IN",
    0x150: "BUFFER_TOO_SMALL", 0x190: "CRYPTOKI_NOT_INITIALIZED",
    0x191: "CRYPTOKI_ALREADY_INITIALIZED",
}
SLOT_FLAGS = {"TOKEN_PRESENT": 1, "REMOVABLE_DEVICE": 2, "HW_SLOT": 4}
TOKEN_FLAGS = {
    "RNG": 1, "WRITE_PROTECTED": 2, "LOGIN_REQUIRED": 4,
    "USER_PIN_INITIALIZED": 8, "RESTORE_KEY_NOT_NEEDED": 0x20,
    "CLOCK_ON_TOKEN": 0x40, "PROTECTED_AUTHENTICATION_PATH": 0x100,
    "DUAL_CRYPTO_OPERATIONS": 0x200, "TOKEN_INITIALIZED": 0x400,
}
MECHANISM_FLAGS = {
    "HW": 1, "ENCRYPT": 0x100, "DECRYPT": 0x200, "DIGEST": 0x400,
    "SIGN": 0x800, "SIGN_RECOVER": 0x1000, "VERIFY": 0x2000,
    "VERIFY_RECOVER": 0x4000, "GENERATE": 0x8000,
    "GENERATE_KEY_PAIR": 0x10000, "WRAP": 0x20000, "UNWRAP": 0x40000,
    "DERIVE": 0x80000,
}
SESSION_FLAGS = {"RW_SESSION": 2, "SERIAL_SESSION": 4}
USERS = {"SO": 0, "USER": 1, "CONTEXT_SPECIFIC": 2}
MECHANISMS = {
    "RSA_PKCS_KEY_PAIR_GEN": 0x0, "RSA_PKCS": 0x1, "SHA256_RSA_PKCS": 0x40,
    "SHA512": 0x270,
}
CLASSES = {
    "DATA": 0, "CERTIFICATE": 1, "PUBLIC_KEY": 2, "PRIVATE_KEY": 3,
    "SECRET_KEY": 4, "PROFILE": 9,
}
PROFILES = {
    "BASELINE_PROVIDER": 1, "EXTENDED_PROVIDER": 2, "AUTHENTICATION_TOKEN": 3,
    "PUBLIC_CERTIFICATES_TOKEN": 4,
}
# Name: number, and how the value is written.
ATTRIBUTES = {
    "CLASS": (0x0, CLASSES), "TOKEN": (0x1, "bool"), "PRIVATE": (0x2, "bool"),
    "LABEL": (0x3, "text"), "VALUE": (0x11, "bytes"), "ID": (0x102, "bytes"),
    "MODULUS": (0x120, "bytes"), "PUBLIC_EXPONENT": (0x122, "bytes"),
    "PROFILE_ID": (0x601, PROFILES),
}

# "Permitted Test Case Variations": elements, and values of attributes.
VARIABLE = {
    "LibraryDescription", "LibraryVersion", "ManufacturerID",
    "SlotDescription", "HardwareVersion", "FirmwareVersion", "serialNumber",
    "label", "model", "utcTime", "SlotID", "Object", "Session", "Data",
    "EncryptedData", "RandomData",
}
VARIABLE_ATTRIBUTES = {
    "VALUE", "PUBLIC_EXPONENT", "PRIVATE_EXPONENT", "PRIME_1", "PRIME_2",
    "EXPONENT_1", "EXPONENT_2", "COEFFICIENT", "PRIME", "SUBPRIME", "BASE",
    "EC_POINT", "UNIQUE_ID",
}
COUNTERS = {
    "SessionCount", "RwSessionCount", "TotalPublicMemory", "FreePublicMemory",
    "TotalPrivateMemory", "FreePrivateMemory",
}


class Version(ctypes.Structure):
    _fields_ = [("major", BYTE), ("minor", BYTE)]


class Info(ctypes.Structure):
    _fields_ = [
        ("CryptokiVersion", Version), ("ManufacturerID", BYTE * 32),
        ("Flags", ULONG), ("LibraryDescription", BYTE * 32),
        ("LibraryVersion", Version)]


class SlotInfo(ctypes.Structure):
    _fields_ = [
        ("SlotDescription", BYTE * 64), ("ManufacturerID", BYTE * 32),
        ("Flags", ULONG), ("HardwareVersion", Version),
        ("FirmwareVersion", Version)]


class TokenInfo(ctypes.Structure):
    _fields_ = [
        ("label", BYTE * 32), ("ManufacturerID", BYTE * 32),
        ("model", BYTE * 16), ("serialNumber", BYTE * 16), ("Flags", ULONG),
        ("MaxSessionCount", ULONG), ("SessionCount", ULONG),
        ("MaxRwSessionCount", ULONG), ("RwSessionCount", ULONG),
        ("MaxPinLen", ULONG), ("MinPinLen", ULONG),
        ("TotalPublicMemory", ULONG), ("FreePublicMemory", ULONG),
        ("TotalPrivateMemory", ULONG), ("FreePrivateMemory", ULONG),
        ("HardwareVersion", Version), ("FirmwareVersion", Version),
        ("utcTime", BYTE * 16)]


class MechanismInfo(ctypes.Structure):
    _fields_ = [("MinKeySize", ULONG), ("MaxKeySize", ULONG),
                ("Flags", ULONG)]


class Attribute(ctypes.Structure):
    _fields_ = [("type", ULONG), ("value", ctypes.c_void_p), ("len", ULONG)]


class Mechanism(ctypes.Structure):
    _fields_ = [("type", ULONG), ("parameter", ctypes.c_void_p),
                ("len", ULONG)]


class Interface(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("list", ctypes.c_void_p),
                ("flags", ULONG)]


# The order of CK_FUNCTION_LIST, as far as it is needed.
ORDER = """Initialize Finalize GetInfo GetFunctionList GetSlotList GetSlotInfo
GetTokenInfo GetMechanismList GetMechanismInfo InitToken InitPIN SetPIN
OpenSession CloseSession CloseAllSessions GetSessionInfo GetOperationState
SetOperationState Login Logout CreateObject CopyObject DestroyObject
GetObjectSize GetAttributeValue SetAttributeValue FindObjectsInit FindObjects
FindObjectsFinal EncryptInit Encrypt EncryptUpdate EncryptFinal DecryptInit
Decrypt DecryptUpdate DecryptFinal DigestInit Digest DigestUpdate DigestKey
DigestFinal SignInit Sign""".split()


class CaseError(Exception):
    """The case is not fulfilled, or cannot be read."""


class Module:
    """A function list, reached through C_GetInterface if there is one."""

    def __init__(self, path, notes):
        self.library = ctypes.CDLL(path)
        self.has_interfaces = hasattr(self.library, "C_GetInterface") and \
            hasattr(self.library, "C_GetInterfaceList")
        pointer = ctypes.c_void_p()
        if self.has_interfaces:
            found = ctypes.POINTER(Interface)()
            rv = self.library.C_GetInterface(
                b"PKCS 11", None, ctypes.byref(found), ULONG(0))
            pointer.value = found.contents.list if rv == 0 else None
        else:
            notes.append("no C_GetInterface: by C_GetFunctionList")
            rv = self.library.C_GetFunctionList(ctypes.byref(pointer))
        if rv != 0 or not pointer.value:
            raise CaseError("no function list: 0x%x" % rv)
        self.list = pointer.value

    def call(self, name, *args):
        size = ctypes.sizeof(ctypes.c_void_p)
        at = self.list + size * (1 + ORDER.index(name[2:]))
        f = ctypes.cast(ctypes.c_void_p.from_address(at).value,
                        ctypes.CFUNCTYPE(ULONG))
        return f(*args)


def rv_name(rv):
    return RV.get(rv, "0x%x" % rv)


def number(text, names):
    if text in names:
        return names[text]
    if text == "UnavailableInformation":
        return UNAVAILABLE
    if text == "EffectivelyInfinite":
        return 0
    return int(text, 0)


def flags(text, names):
    total = 0
    for one in re.split(r"[ |]+", text):
        total |= number(one, names)
    return total


def encode(kind, text):
    """The bytes of an attribute's value."""
    if kind == "bool":
        return bytes([text.lower() == "true"])
    if kind == "text":
        return text.encode()
    if kind == "bytes":
        return bytes.fromhex(text)
    return bytes(ULONG(number(text, kind)))


class Runner:
    def __init__(self, module, options):
        self.module = module
        self.options = options
        self.variables = {"Pin": options.pin}
        self.notes = []
        # Of "Object": which of its numbers have shown to be right.
        self.sure = set()
        self.data = b""
        self.key = {}

    # ---- variables

    def get(self, element, attribute="value"):
        text = element.get(attribute)
        if text is None:
            return None
        match = re.fullmatch(r"\$\{(.+)\}", text)
        if match is None:
            return text
        if match.group(1) not in self.variables:
            raise CaseError("%s is not known" % text)
        return self.variables[match.group(1)]

    def child(self, call, name):
        element = call.find(name)
        if element is None:
            raise CaseError("%s lacks %s" % (call.tag, name))
        return element

    def ulong(self, call, name, names=()):
        return ULONG(number(str(self.get(self.child(call, name))), names))

    def vary(self, text):
        """A variation beyond those that are permitted."""
        if self.options.strict:
            raise CaseError(text)
        if text not in self.notes:
            self.notes.append(text)

    # ---- calls: each returns the answer as elements

    def plain(self, call):
        return self.module.call(call.tag, None), []

    def info(self, call, structure, tag, names, *args):
        value = structure()
        rv = self.module.call(call.tag, *args, ctypes.byref(value))
        top = ET.Element(tag)
        for name, kind in structure._fields_:
            one = getattr(value, name)
            e = ET.SubElement(top, name)
            if kind is Version:
                e.set("major", str(one.major))
                e.set("minor", str(one.minor))
            elif kind is ULONG:
                e.set("value", hex(one))
            else:
                e.set("value", bytes(one).decode("utf-8", "replace"))
        self.names = names
        return rv, [top]

    def C_Initialize(self, call):
        return self.plain(call)

    def C_Finalize(self, call):
        return self.plain(call)

    def C_GetInfo(self, call):
        return self.info(call, Info, "Info", {})

    def C_GetSlotInfo(self, call):
        return self.info(call, SlotInfo, "SlotInfo", SLOT_FLAGS,
                         self.ulong(call, "SlotID"))

    def C_GetTokenInfo(self, call):
        return self.info(call, TokenInfo, "TokenInfo", TOKEN_FLAGS,
                         self.ulong(call, "SlotID"))

    def C_GetMechanismInfo(self, call):
        return self.info(call, MechanismInfo, "MechanismInfo",
                         MECHANISM_FLAGS, self.ulong(call, "SlotID"),
                         self.ulong(call, "Type", MECHANISMS))

    def list(self, call, name, item, *args):
        """A list whose length is asked for first."""
        e = self.child(call, name)
        room = self.get(e, "length")
        count = ULONG(int(room) if room is not None else 0)
        values = (ULONG * max(1, count.value))()
        rv = self.module.call(call.tag, *args,
                              values if room is not None else None,
                              ctypes.byref(count))
        answer = ET.Element(name)
        if room is None:
            answer.set("length", str(count.value))
        elif rv == 0:
            for v in self.context(item, list(values[:count.value])):
                ET.SubElement(answer, item).set("value", hex(v))
        return rv, [answer]

    def context(self, item, values):
        """The order may vary: the slot of the token goes first."""
        if item != "SlotID":
            return values

        def other(slot):
            info = TokenInfo()
            rv = self.module.call("C_GetTokenInfo", ULONG(slot),
                                  ctypes.byref(info))
            label = bytes(info.label).decode("utf-8", "replace").rstrip()
            return rv != 0 or label != self.options.token

        return sorted(values, key=other)

    def C_GetSlotList(self, call):
        present = self.get(self.child(call, "TokenPresent")).lower() == "true"
        return self.list(call, "SlotList", "SlotID", BYTE(present))

    def C_GetMechanismList(self, call):
        return self.list(call, "MechanismList", "Type",
                         self.ulong(call, "SlotID"))

    def C_OpenSession(self, call):
        session = ULONG()
        rv = self.module.call(
            call.tag, self.ulong(call, "SlotID"),
            ULONG(flags(self.get(self.child(call, "Flags")), SESSION_FLAGS)),
            None, None, ctypes.byref(session))
        e = ET.Element("Session")
        e.set("value", hex(session.value))
        return rv, [e]

    def session_only(self, call):
        return self.module.call(call.tag, self.ulong(call, "Session")), []

    C_CloseSession = C_Logout = C_FindObjectsFinal = session_only

    def C_CloseAllSessions(self, call):
        return self.module.call(call.tag, self.ulong(call, "SlotID")), []

    def C_Login(self, call):
        pin = self.get(self.child(call, "Pin")).encode()
        return self.module.call(
            call.tag, self.ulong(call, "Session"),
            self.ulong(call, "UserType", USERS), pin, ULONG(len(pin))), []

    def template(self, call):
        """CK_ATTRIBUTE[], its length, and the buffers behind it."""
        elements = list(self.child(call, "Template"))
        array = (Attribute * max(1, len(elements)))()
        buffers = []
        for a, e in zip(array, elements):
            a.type, kind = ATTRIBUTES[e.get("type")]
            value, length = self.get(e), self.get(e, "length")
            buffer = None
            if value is not None:
                content = encode(kind, value)
                buffer = ctypes.create_string_buffer(content, len(content))
            elif length is not None:
                buffer = ctypes.create_string_buffer(int(length))
            if buffer is not None:
                a.value = ctypes.addressof(buffer)
                a.len = len(buffer)
            buffers.append(buffer)
        return array, len(elements), buffers

    def C_FindObjectsInit(self, call):
        array, n, _ = self.template(call)
        return self.module.call(call.tag, self.ulong(call, "Session"), array,
                                ULONG(n)), []

    def C_FindObjects(self, call):
        room = int(self.get(self.child(call, "Object"), "length"))
        found, count = (ULONG * room)(), ULONG()
        rv = self.module.call(call.tag, self.ulong(call, "Session"), found,
                              ULONG(room), ctypes.byref(count))
        answer = ET.Element("Object")
        for v in found[:count.value]:
            ET.SubElement(answer, "Object").set("value", hex(v))
        self.sure = set()
        return rv, [answer]

    def C_GetAttributeValue(self, call):
        array, n, buffers = self.template(call)
        rv = self.module.call(call.tag, self.ulong(call, "Session"),
                              self.ulong(call, "Object"), array, ULONG(n))
        answer = ET.Element("Template")
        for a, e, b in zip(array, self.child(call, "Template"), buffers):
            one = ET.SubElement(answer, "Attribute")
            one.set("type", e.get("type"))
            one.set("length", str(a.len))
            if b is not None and a.len <= len(b):
                one.set("value", b.raw[:a.len].hex())
                self.key[e.get("type")] = b.raw[:a.len]
        return rv, [answer]

    def C_SignInit(self, call):
        name = self.get(self.child(self.child(call, "Mechanism"), "Type"))
        mechanism = Mechanism(number(name, MECHANISMS), None, 0)
        return self.module.call(call.tag, self.ulong(call, "Session"),
                                ctypes.byref(mechanism),
                                self.ulong(call, "Key")), []

    def C_Sign(self, call):
        self.data = bytes.fromhex(self.get(self.child(call, "Data")))
        room = int(self.get(self.child(call, "Signature"), "length"))
        out, length = ctypes.create_string_buffer(room), ULONG(room)
        rv = self.module.call(call.tag, self.ulong(call, "Session"),
                              self.data, ULONG(len(self.data)), out,
                              ctypes.byref(length))
        e = ET.Element("Signature")
        e.set("value", out.raw[:length.value].hex() if rv == 0 else "")
        return rv, [e]

    # ---- answers

    def bind(self, text, value):
        """Is the expected text a variable? Then it has this value now."""
        match = re.fullmatch(r"\$\{(.+)\}", text or "")
        if match is None:
            return False
        self.variables[match.group(1)] = value
        return True

    def signature_verifies(self, signature):
        """SHA256_RSA_PKCS, by the modulus and exponent that were read."""
        n = int.from_bytes(self.key.get("MODULUS", b""), "big")
        e = int.from_bytes(self.key.get("PUBLIC_EXPONENT", b""), "big")
        if n == 0:
            return False
        size = (n.bit_length() + 7) // 8
        prefix = bytes.fromhex("3031300d060960864801650304020105000420")
        tail = prefix + hashlib.sha256(self.data).digest()
        block = b"\x00\x01" + b"\xff" * (size - len(tail) - 3) + b"\x00" + tail
        opened = pow(int.from_bytes(signature, "big"), e, n)
        return opened.to_bytes(size, "big") == block

    def same_attribute(self, want, have):
        name = want.get("type")
        if name != have.get("type"):
            raise CaseError("%s instead of %s" % (have.get("type"), name))
        length, text = want.get("length"), want.get("value")
        if length is not None and not self.bind(length, have.get("length")) \
                and length != have.get("length") \
                and name not in VARIABLE_ATTRIBUTES:
            raise CaseError("%s has %s bytes, not %s" %
                            (name, have.get("length"), length))
        if text is None or self.bind(text, have.get("value")) or \
                name in VARIABLE_ATTRIBUTES:
            return
        value = encode(ATTRIBUTES[name][1], text)
        got = bytes.fromhex(have.get("value", ""))
        if name == "LABEL":
            got = got.rstrip(b"\0")
        if name == "MODULUS" and len(got) == len(value) and got != value:
            self.vary("MODULUS is that of another key")
        elif got != value:
            raise CaseError("%s is %s, not %s" % (name, got.hex(), text))

    def same_signature(self, want, have):
        got = bytes.fromhex(have.get("value"))
        text = want.get("value")
        if not self.signature_verifies(got):
            raise CaseError("the signature does not verify")
        if self.bind(text, have.get("value")) or got.hex() == text.lower():
            return
        if len(got) * 2 != len(text):
            raise CaseError("the signature has %d bytes" % len(got))
        self.vary("Signature is that of another key; it verifies")

    def same_version(self, want, have):
        expected = "%s.%s" % (want.get("major"), want.get("minor"))
        got = "%s.%s" % (have.get("major"), have.get("minor"))
        if expected != got and got == self.options.version:
            self.vary("%s is %s, in place of %s" % (want.tag, got, expected))
        elif expected != got:
            raise CaseError("%s is %s, not %s" % (want.tag, got, expected))

    def same_number(self, want, have):
        expected = flags(want.get("value"), self.names)
        got = int(have.get("value"), 0)
        if expected != got and want.tag in COUNTERS and got == UNAVAILABLE:
            self.vary("%s is unavailable, not %d" % (want.tag, expected))
        elif expected != got:
            raise CaseError("%s is 0x%x, not %s" %
                            (want.tag, got, want.get("value")))

    def same(self, want, have, path):
        """One element of an answer, and what is in it."""
        path = "%s.%s" % (path, want.tag) if path else want.tag
        if want.tag in ("SlotList", "MechanismList", "Object") and \
                want.get("value") is None:
            self.same_list(want, have, path)
        elif want.tag == "Template":
            if len(want) != len(have):
                raise CaseError("%d attributes" % len(have))
            for w, h in zip(want, have):
                self.same_attribute(w, h)
        elif want.tag == "Signature":
            self.same_signature(want, have)
        elif len(want) > 0:
            if [e.tag for e in want] != [e.tag for e in have]:
                raise CaseError("%s has other members" % path)
            for w, h in zip(want, have):
                self.same(w, h, path)
        elif self.bind(want.get("value"), have.get("value")) or \
                want.tag in VARIABLE:
            return
        elif want.get("major") is not None:
            self.same_version(want, have)
        else:
            self.same_number(want, have)

    def same_list(self, want, have, path):
        if self.bind(want.get("length"), have.get("length")):
            return
        values = [e.get("value") for e in have]
        if want.tag == "MechanismList":
            for e in want:
                kind = number(self.get(e), MECHANISMS)
                if hex(kind) not in values:
                    raise CaseError("%s is not in the list" % e.get("value"))
            return
        if len(values) < len(want):
            raise CaseError("%s has %d entries, not %d" %
                            (path, len(values), len(want)))
        for e, v in zip(want, values):
            self.bind(e.get("value"), v)

    def answer(self, want, rv, have):
        if want.get("rv") != rv_name(rv):
            raise CaseError("CKR_%s, not CKR_%s" %
                            (rv_name(rv), want.get("rv")))
        have = {e.tag: e for e in have}
        for e in want:
            if e.tag not in have:
                raise CaseError("an answer without %s" % e.tag)
            self.same(e, have[e.tag], "")

    def others(self, call):
        """
        The handles of a list of objects may vary, so the one that a case
        means by Object[0] is the one that fits it: here are other candidates.
        """
        e = call.find("Object")
        match = re.fullmatch(r"\$\{(.+)\[(\d+)\]\}",
                             (e.get("value") or "") if e is not None else "")
        if match is None or match.group(0) in self.sure:
            return
        for i in range(64):
            name = "%s[%d]" % (match.group(1), i)
            if name not in self.variables:
                return
            if "${%s}" % name not in self.sure:
                yield match.group(0)[2:-1], name

    def step(self, call, want):
        handler = getattr(self, call.tag, None)
        if handler is None:
            raise CaseError("%s: unknown to this program" % call.tag)
        try:
            self.answer(want, *handler(call))
        except CaseError as first:
            v = self.variables
            for a, b in self.others(call):
                v[a], v[b] = v[b], v[a]
                try:
                    self.answer(want, *handler(call))
                    break
                except CaseError:
                    v[a], v[b] = v[b], v[a]
            else:
                raise CaseError("%s: %s" % (call.tag, first)) from None
        e = call.find("Object")
        if call.tag == "C_GetAttributeValue" and e is not None:
            self.sure.add(e.get("value"))

    def run(self, path):
        calls = list(ET.parse(path).getroot())
        if len(calls) % 2 != 0:
            raise CaseError("a call without an answer")
        for call, want in zip(calls[::2], calls[1::2]):
            if call.tag != want.tag or want.get("rv") is None:
                raise CaseError("%s: no answer follows" % call.tag)
            self.step(call, want)

    # ---- what a profile asks for beside its case

    def claims(self, profile):
        """C_GetInterface, and a CKO_PROFILE object, without a login."""
        if not self.module.has_interfaces:
            raise CaseError("no C_GetInterface, no C_GetInterfaceList")
        rv = self.module.call("C_Initialize", None)
        if rv != 0:
            raise CaseError("C_Initialize: CKR_%s" % rv_name(rv))
        try:
            self.claimed(profile)
        finally:
            self.module.call("C_Finalize", None)

    def claimed(self, profile):
        count, session = ULONG(), ULONG()
        self.module.call("C_GetSlotList", BYTE(1), None, ctypes.byref(count))
        slots = (ULONG * max(1, count.value))()
        self.module.call("C_GetSlotList", BYTE(1), slots, ctypes.byref(count))
        slot = self.context("SlotID", list(slots))[0]
        rv = self.module.call("C_OpenSession", ULONG(slot), ULONG(4), None,
                              None, ctypes.byref(session))
        array = (Attribute * 2)()
        content = (ULONG * 2)(CLASSES["PROFILE"], PROFILES[profile])
        for i, name in enumerate(("CLASS", "PROFILE_ID")):
            array[i].type = ATTRIBUTES[name][0]
            array[i].value = ctypes.addressof(content) + \
                i * ctypes.sizeof(ULONG)
            array[i].len = ctypes.sizeof(ULONG)
        if rv == 0:
            rv = self.module.call("C_FindObjectsInit", session, array,
                                  ULONG(2))
        found = ULONG()
        if rv == 0:
            rv = self.module.call("C_FindObjects", session,
                                  ctypes.byref(found), ULONG(1),
                                  ctypes.byref(count))
        if rv != 0:
            raise CaseError("CKR_%s" % rv_name(rv))
        if count.value != 1:
            raise CaseError("no object CKP_%s" % profile)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--module", required=True)
    parser.add_argument("--token", required=True, help="its label")
    parser.add_argument("--pin", default="")
    parser.add_argument("--version", default="")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--profile", choices=sorted(PROFILES))
    parser.add_argument("case", nargs="?")
    options = parser.parse_args()
    notes = []
    try:
        runner = Runner(Module(options.module, notes), options)
        runner.notes = notes
        if options.profile:
            runner.claims(options.profile)
        if options.case:
            runner.run(options.case)
    except (CaseError, ET.ParseError, KeyError, ValueError) as e:
        for n in notes:
            print("note: %s" % n)
        print("failed: %s" % e)
        return 1
    for n in notes:
        print("note: %s" % n)
    return 0


if __name__ == "__main__":
    sys.exit(main())
