/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bound: purpose-bound keys and what they sign, for tests that use the module
 * in their own program. A test that uses it links $(module_libs).
 */
#ifndef TESTS_SUPPORT_BOUND_H
#define TESTS_SUPPORT_BOUND_H

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/blob.h"
#include "vendor-ext/curve.h"

#define BOUND_DOC_TYPE "org.iso.18013.5.1.mDL"

/* What is asked for; 0 and NULL: nothing is said. */
struct bound_key {
	const struct curve *curve; /* NULL: P-256 */
	const char *id;            /* CKA_ID; NULL: none */
	CK_ULONG purpose;
	const char *doc_types; /* one, or NULL */
	CK_ULONG method;
	CK_ULONG uses;    /* 0: nothing is said */
	bool of_session;  /* CKA_TOKEN false */
	bool extractable; /* and not sensitive */
	bool sealed;      /* said to be sensitive and not extractable */
	bool always;      /* CKA_ALWAYS_AUTHENTICATE */
};

/* C_GenerateKeyPair. ret_public may be NULL. */
CK_RV bound_generate(CK_SESSION_HANDLE s, const struct bound_key *k,
    CK_OBJECT_HANDLE *ret, CK_OBJECT_HANDLE *ret_public);
/* C_SetAttributeValue. */
CK_RV
bound_set(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key, const struct bound_key *k);
/* One CK_ULONG of a key; fails the test if it has none. */
CK_ULONG
bound_get(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type);

/*
 * DeviceAuthenticationBytes; the reader's point on this curve is in its
 * transcript (NULL: the reader has no key there).
 */
void bound_device_data(const char *doc_type, const struct curve *c,
    struct bytes reader, struct blob *ret);
void bound_reader_data(struct blob *ret);
/* MobileSecurityObjectBytes with this device key on P-256. */
void
bound_issuer_data(const char *doc_type, struct bytes device, struct blob *ret);
/* Sig_structure around one of those. */
void bound_sig_structure(int alg, struct bytes payload, struct blob *ret);
/* SessionTranscriptBytes of bound_device_data(). */
void
bound_transcript(const struct curve *c, struct bytes reader, struct blob *ret);
/* A valid point of the curve. */
void bound_peer(const struct curve *c, struct blob *ret);

/* C_SignInit and C_Sign; *len as in C_Sign. */
CK_RV bound_sign(CK_SESSION_HANDLE s, CK_MECHANISM_TYPE type,
    CK_OBJECT_HANDLE key, struct bytes data, CK_BYTE *out, CK_ULONG *len);

#endif
