/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pkcs11-mdoc.h: what p11-mdoc adds to PKCS#11.
 *
 * Every number is CKx_VENDOR_DEFINED | 0x4D440000 | block | n ("MD"); blocks:
 * 0x1000 mdoc (ISO/IEC 18013-5), 0x2000 ISO/IEC 23465, 0xF000 tests. A number
 * that was given out is never given out again.
 *
 * Include a PKCS#11 header (for example <p11-kit/pkcs11.h>) before this one.
 * Concepts, inputs and outputs: p11-mdoc(7).
 */
#ifndef P11_MDOC_PKCS11_MDOC_H
#define P11_MDOC_PKCS11_MDOC_H

#define MDOC_VENDOR(n) (0x80000000UL | 0x4D440000UL | (n))

/*
 * Mechanisms. None of the signing mechanisms takes a parameter (pParameter
 * NULL, ulParameterLen 0): everything they need is in the data. Single-part
 * and multi-part calls work.
 *
 * CKM_MDOC_DEVICE_SIGNATURE   Sign, Verify with an EC or Edwards device key.
 *	data: DeviceAuthenticationBytes (18013-5 12.4.2), #6.24(bstr)
 *	signature: raw COSE signature r || s (or EdDSA) over Sig_structure
 * CKM_MDOC_DEVICE_MAC         Sign with an EC or Montgomery device key that
 *	has CKA_DERIVE. data: DeviceAuthenticationBytes, whose SessionTranscript
 *	carries EReaderKeyBytes. signature: the 32-byte tag of the COSE_Mac0,
 *	HMAC 256/256, under EMacKey (18013-5 12.4.3)
 * CKM_MDOC_READER_AUTHENTICATION  Sign, Verify with a reader key.
 *	data: ReaderAuthenticationBytes or ReaderAuthenticationAllBytes
 *	(18013-5 12.5), signature: as for the device signature
 * CKM_MDOC_ISSUER_AUTHENTICATION  Sign, Verify with a document-signer key.
 *	data: MobileSecurityObjectBytes (18013-5 12.3.4), signature: as above
 *
 * Data that is not the structure named is CKR_DATA_INVALID, a parameter is
 * CKR_MECHANISM_PARAM_INVALID, a key that may not do it is
 * CKR_KEY_FUNCTION_NOT_PERMITTED or CKR_KEY_TYPE_INCONSISTENT.
 */
#define CKM_MDOC_DEVICE_SIGNATURE      MDOC_VENDOR(0x1001UL)
#define CKM_MDOC_DEVICE_MAC            MDOC_VENDOR(0x1002UL)
#define CKM_MDOC_READER_AUTHENTICATION MDOC_VENDOR(0x1003UL)
#define CKM_MDOC_ISSUER_AUTHENTICATION MDOC_VENDOR(0x1004UL)

/*
 * CKM_MDOC_KEY_DERIVE         C_DeriveKey with an EC or Montgomery private key
 *	that has CKA_DERIVE: a key of one mdoc session, as a session object of
 *	256 bits. Parameter: CK_MDOC_KEY_DERIVE_PARAMS, which the caller owns
 *	and which is not used after the call.
 *
 *	ulVersion is 1. role is one of MDOC_ROLE_*. pSessionTranscript:
 *	SessionTranscriptBytes, #6.24(bstr), whose SHA-256 as given is the salt.
 *	pPeerKey: COSE_Key of the other side; NULL and 0: the EReaderKey that is
 *	in the transcript (what a device wants; a reader says whose key it is).
 *
 *	Template: what is not said is CKO_SECRET_KEY; CKK_AES for SKReader and
 *	SKDevice (encrypt, decrypt), CKK_GENERIC_SECRET for EMacKey (sign,
 *	verify; CKK_SHA256_HMAC may be asked for); sensitive, not extractable,
 *	as private as the base key. CKA_TOKEN true is refused with
 *	CKR_ATTRIBUTE_VALUE_INVALID: such a key ends with its session. A
 *	CKA_VALUE, another class or type are CKR_TEMPLATE_INCONSISTENT, a length
 *	other than 32 is CKR_KEY_SIZE_RANGE, attributes that the device sets
 *	(CKA_LOCAL, ...) are CKR_ATTRIBUTE_READ_ONLY. The rest is up to the
 *	device, whose refusal is returned; a device that makes the key less
 *	private, sensitive or unextractable than was asked for makes none
 *	(CKR_TEMPLATE_INCONSISTENT).
 *
 *	CKR_MECHANISM_PARAM_INVALID: version, role, lengths, transcript or peer
 *	key; CKR_DOMAIN_PARAMS_INVALID: the peer key is not a point of the base
 *	key's curve; CKR_KEY_FUNCTION_NOT_PERMITTED: the key may not derive, or
 *	no key path that is allowed works. CKA_MDOC_KEY_PATH of the new key is
 *	the path that was taken.
 *
 * CKM_MDOC_HPKE_OPEN          Decrypt with a P-256 private key that has
 *	CKA_DERIVE: RFC 9180 base mode, one message (sequence number 0),
 *	DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM. Parameter:
 *	CK_MDOC_HPKE_OPEN_PARAMS, which is copied by C_DecryptInit.
 *
 *	ulVersion is 1. pEnc: 65 bytes, 04 x y. pInfo and pAAD: NULL and 0 for
 *	none; in 18013-7 annex C and 18013-5 12.6.4 info is SessionTranscript
 *	and aad is empty. pPublicKey: 65 bytes, 04 x y, the key's public half;
 *	NULL and 0: the CKA_EC_POINT of the private key, or of the public key
 *	object with its CKA_ID.
 *
 *	data: ciphertext with its tag of 16 bytes, up to 4 MiB; nothing comes
 *	out before the end, for until then it is not authentic.
 *	CKR_MECHANISM_PARAM_INVALID: version, lengths, a point that is not on
 *	the curve, no public key; CKR_ENCRYPTED_DATA_LEN_RANGE: less than a tag;
 *	CKR_ENCRYPTED_DATA_INVALID: the tag is wrong.
 */
#define CKM_MDOC_KEY_DERIVE    MDOC_VENDOR(0x1005UL)
#define CKM_MDOC_HPKE_OPEN     MDOC_VENDOR(0x1006UL)

#define CK_MDOC_PARAMS_VERSION 1UL

/* CK_ULONG and CK_BYTE by their C names, so that no header is needed. */
typedef struct CK_MDOC_KEY_DERIVE_PARAMS {
	unsigned long ulVersion;
	unsigned long role;
	unsigned char *pPeerKey;
	unsigned long ulPeerKeyLen;
	unsigned char *pSessionTranscript;
	unsigned long ulSessionTranscriptLen;
} CK_MDOC_KEY_DERIVE_PARAMS;

typedef struct CK_MDOC_HPKE_OPEN_PARAMS {
	unsigned long ulVersion;
	unsigned char *pEnc;
	unsigned long ulEncLen;
	unsigned char *pInfo;
	unsigned long ulInfoLen;
	unsigned char *pAAD;
	unsigned long ulAADLen;
	unsigned char *pPublicKey;
	unsigned long ulPublicKeyLen;
} CK_MDOC_HPKE_OPEN_PARAMS;

/*
 * The second door to CKM_MDOC_KEY_DERIVE, for what carries no vendor mechanism
 * but does carry attributes (p11-kit's remoting, for one): C_CreateObject of a
 * CKO_SECRET_KEY whose template has
 *	CKA_MDOC_ROLE                CK_ULONG, MDOC_ROLE_*
 *	CKA_MDOC_KEY_ID              CKA_ID of the private key
 *	CKA_MDOC_SESSION_TRANSCRIPT  SessionTranscriptBytes
 *	CKA_MDOC_PEER_KEY            COSE_Key; may be absent, as above
 * and else what the template of C_DeriveKey may have. The result is the same
 * object. CKR_TEMPLATE_INCOMPLETE: one of the first three is missing;
 * CKR_KEY_HANDLE_INVALID: no private key that is visible has this CKA_ID (log
 * in first); CKR_ATTRIBUTE_VALUE_INVALID: several have it, or role, transcript
 * or peer key are not what they should be; else as for C_DeriveKey.
 */

/*
 * CKO_MDOC_CREDENTIAL: an mdoc as its holder keeps it. Carried by a CKO_DATA
 * of the token (CKA_APPLICATION "p11-mdoc credential").
 *	CKA_LABEL                 text chosen by the holder
 *	CKA_ID                    CKA_ID of the device key
 *	CKA_VALUE                 IssuerSigned, CBOR as issued
 *	CKA_MDOC_DOC_TYPE         UTF-8, no NUL
 *	CKA_MDOC_VALID_FROM       CK_ULONG, seconds since 1970-01-01T00:00:00Z
 *	CKA_MDOC_VALID_UNTIL      the same
 *	CKA_MDOC_USES_LEFT        CK_ULONG; CK_UNAVAILABLE_INFORMATION: no limit
 */
#define CKO_MDOC_CREDENTIAL         MDOC_VENDOR(0x1001UL)

#define CKA_MDOC_PURPOSE            MDOC_VENDOR(0x1001UL)
#define CKA_MDOC_DOC_TYPES          MDOC_VENDOR(0x1002UL)
#define CKA_MDOC_ROLE               MDOC_VENDOR(0x1003UL)
#define CKA_MDOC_KEY_ID             MDOC_VENDOR(0x1004UL)
#define CKA_MDOC_SESSION_TRANSCRIPT MDOC_VENDOR(0x1005UL)
#define CKA_MDOC_PEER_KEY           MDOC_VENDOR(0x1006UL)
/*
 * CK_ULONG, one of MDOC_KEY_PATH_*. On an EC or Montgomery private key: the
 * path that CKM_MDOC_DEVICE_MAC takes with this key on this token, found by
 * trying it. On a key made by CKM_MDOC_KEY_DERIVE or by the second door: the
 * path that was taken for it.
 */
#define CKA_MDOC_KEY_PATH    MDOC_VENDOR(0x1007UL)
#define CKA_MDOC_DOC_TYPE    MDOC_VENDOR(0x1008UL)
#define CKA_MDOC_VALID_FROM  MDOC_VENDOR(0x1009UL)
#define CKA_MDOC_VALID_UNTIL MDOC_VENDOR(0x100AUL)
#define CKA_MDOC_USES_LEFT   MDOC_VENDOR(0x100BUL)
#define CKA_MDOC_METHOD      MDOC_VENDOR(0x100CUL)

/*
 * Purpose-bound keys: what a private key may be used for, whatever else its
 * mechanisms could do. Given in the private template of C_GenerateKeyPair,
 * C_CreateObject or C_UnwrapKey, or once afterwards, alone, by
 * C_SetAttributeValue; then read-only.
 *	CKA_MDOC_PURPOSE    CK_ULONG, MDOC_PURPOSE_* bits; 0: not bound
 *	CKA_MDOC_DOC_TYPES  UTF-8 strings separated by one NUL each, none at
 *	                    the end; empty: any docType. What a device signs
 *	                    or MACs and what an issuer signs must name one of
 *	                    them
 *	CKA_MDOC_METHOD     CK_ULONG, MDOC_METHOD_*: MAC or signature
 *	                    (18013-5 12.4.4), device keys only
 *	CKA_MDOC_USES_LEFT  CK_ULONG, counts down with every signature, tag,
 *	                    derived key or opened message;
 *	                    CK_UNAVAILABLE_INFORMATION: no limit
 * A bound key is a token object with a CKA_ID, sensitive and not extractable.
 */
/* Values of CKA_MDOC_PURPOSE, bits of a CK_ULONG. */
#define MDOC_PURPOSE_DEVICE 0x1UL
#define MDOC_PURPOSE_READER 0x2UL
#define MDOC_PURPOSE_ISSUER 0x4UL

/* Values of CKA_MDOC_METHOD. */
#define MDOC_METHOD_ANY       0x0UL /* both */
#define MDOC_METHOD_ONE       0x1UL /* the first one used, then that alone */
#define MDOC_METHOD_SIGNATURE 0x2UL
#define MDOC_METHOD_MAC       0x3UL
/* Only read: records of the token contradict each other. */
#define MDOC_METHOD_NONE 0x4UL

/* Values of CKA_MDOC_ROLE: what is derived (18013-5 12.2.1, 12.4.3). */
#define MDOC_ROLE_SKREADER 0x1UL
#define MDOC_ROLE_SKDEVICE 0x2UL
#define MDOC_ROLE_EMACKEY  0x3UL

/*
 * Key paths, strongest first: what leaves the token when a key agreement is
 * computed with a key in it. The values are the letters.
 */
#define MDOC_KEY_PATH_A 0x41UL /* native HKDF: nothing */
#define MDOC_KEY_PATH_B 0x42UL /* composed of other derivations: nothing */
#define MDOC_KEY_PATH_C 0x43UL /* C_DigestKey: PRK and the derived key */
#define MDOC_KEY_PATH_D 0x44UL /* exported: the shared secret Z */
#define MDOC_KEY_PATH_S 0x53UL /* signature only: no agreement possible */

/* ISO/IEC TS 23465-2 objects. */
#define CKO_ISO23465_APPLICATION           MDOC_VENDOR(0x2001UL)
#define CKO_ISO23465_DATA_CONTAINER        MDOC_VENDOR(0x2002UL)
#define CKO_ISO23465_CERTIFICATE_CONTAINER MDOC_VENDOR(0x2003UL)
#define CKO_ISO23465_PASSWORD              MDOC_VENDOR(0x2004UL)
#define CKA_ISO23465_CLASS                 MDOC_VENDOR(0x2001UL)

/*
 * The interface "Vendor p11-mdoc" of C_GetInterface: by it a program knows
 * this module, whatever C_GetInfo says, and asks for what PKCS#11 has no
 * function for. All strings are constant. Version 1.0; later ones have more
 * at the end.
 */
#define MDOC_INTERFACE "Vendor p11-mdoc"

/* What is named. */
#define MDOC_NAME_MECHANISM 1UL
#define MDOC_NAME_CLASS     2UL
#define MDOC_NAME_ATTRIBUTE 3UL

/* What is told of the device behind a slot. */
#define MDOC_DEVICE_NAME   1UL /* NAME of its [device NAME] */
#define MDOC_DEVICE_MODULE 2UL /* path of its PKCS#11 module */
#define MDOC_DEVICE_PKCS11 3UL /* newest version it has: "2.40", "3.2" */

/* There if a PKCS#11 header was included before, whose types it uses. */
#ifdef CRYPTOKI_VERSION_MAJOR
typedef struct mdoc_interface {
	CK_VERSION version;  /* of this structure */
	const char *library; /* version of p11-mdoc, "0.1.0" */
	/*
	 * "CKM_MDOC_DEVICE_MAC": the name of a number of this header, and of
	 * those of PKCS#11 that are known. NULL: unknown.
	 */
	const char *(*name)(CK_ULONG kind, CK_ULONG number);
	/*
	 * Text in UTF-8 without a NUL, as PKCS#11 gives out data: text NULL
	 * asks for the length, CKR_BUFFER_TOO_SMALL says it. After
	 * C_Initialize. CKR_SLOT_ID_INVALID, CKR_ARGUMENTS_BAD.
	 */
	CK_RV(*device)
	(CK_SLOT_ID slot, CK_ULONG what, CK_UTF8CHAR *text, CK_ULONG *text_len);
} mdoc_interface;
#endif

#endif
