/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * doctor-mdoc: what doctor gives a token to sign, for documents of a type that
 * nobody issues; and whether what comes back is right, found out with OpenSSL
 * alone.
 */
#ifndef TOOLS_DOCTOR_MDOC_H
#define TOOLS_DOCTOR_MDOC_H

#include <openssl/evp.h>

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#include <mdoc/mdoc.h>

enum doctor_kind {
	DOCTOR_EC,
	DOCTOR_EDWARDS,
	DOCTOR_MONTGOMERY
};

struct doctor_curve {
	const char *name;
	const char *group; /* OpenSSL's */
	enum doctor_kind kind;
	int cose;
	size_t field; /* bytes */
	int alg;      /* COSE, of its signatures; 0: none */
	const char *hash;
	unsigned char params[12]; /* CKA_EC_PARAMS */
	size_t params_len;
	const char *old_name; /* as PrintableString, for devices that want it */
};

/* The i-th; NULL past the end. */
const struct doctor_curve *doctor_curve_at(size_t i);
/* NULL: none of them. */
const struct doctor_curve *doctor_curve_of(mdoc_bytes params);

enum doctor_input {
	DOCTOR_DEVICE_AUTHENTICATION,
	DOCTOR_READER_AUTHENTICATION,
	DOCTOR_MOBILE_SECURITY_OBJECT
};

#define DOCTOR_DOC_TYPE "org.example.p11-mdoc.doctor"

/* A reader's ephemeral key pair, in memory. */
EVP_PKEY *doctor_reader_key(const struct doctor_curve *c);
/* SessionTranscript with that key; MDOC_OK or MDOC_E_*. */
int doctor_transcript(const struct doctor_curve *c, EVP_PKEY *reader,
    mdoc_buf *ret);
/* The bytes that the mechanism of this input signs. */
int doctor_input_make(enum doctor_input which, const struct doctor_curve *c,
    EVP_PKEY *reader, mdoc_buf *ret);
/* The COSE_Key of a public key of memory. */
int doctor_cose_key(const struct doctor_curve *c, EVP_PKEY *key, mdoc_buf *ret);

/* CKA_EC_POINT, wrapped or not. NULL: not a public key of the curve. */
EVP_PKEY *doctor_public(const struct doctor_curve *c, mdoc_bytes point);
/* A COSE signature over the Sig_structure of the payload. */
bool doctor_signature_ok(const struct doctor_curve *c, EVP_PKEY *key,
    mdoc_bytes payload, mdoc_bytes signature);
/* A raw signature: of a digest of 32 bytes (EC), of the bytes (Edwards). */
bool doctor_raw_ok(const struct doctor_curve *c, EVP_PKEY *key, mdoc_bytes data,
    mdoc_bytes signature);
/* The tag of a COSE_Mac0 over the payload, which carries the reader's key. */
bool doctor_mac_ok(const struct doctor_curve *c, EVP_PKEY *reader,
    EVP_PKEY *device, mdoc_bytes payload, mdoc_bytes tag);

/* AES-GCM: the tag is behind the text. */
#define DOCTOR_IV_LEN  12
#define DOCTOR_TAG_LEN 16
/* Is sent what SKReader (18013-5 12.2.1) makes of the text? */
bool doctor_session_ok(const struct doctor_curve *c, EVP_PKEY *reader,
    EVP_PKEY *device, const unsigned char *iv, mdoc_bytes text,
    mdoc_bytes sent);

/* ECDH. *len: room, then length. */
bool
doctor_agree(EVP_PKEY *mine, EVP_PKEY *peer, unsigned char *z, size_t *len);
/* 0x04 || x || y, or the bytes of an OKP key; its length, or 0. */
#define DOCTOR_MAX_POINT 133
size_t
doctor_point(const struct doctor_curve *c, EVP_PKEY *key, unsigned char *out);
/* text and tag into out. */
bool doctor_gcm(const char *cipher, const unsigned char *key,
    const unsigned char *iv, mdoc_bytes text, unsigned char *out);

/*
 * doctor-hpke.c: RFC 9180 base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
 * AES-128-GCM, to a public key. out: text.len + DOCTOR_TAG_LEN bytes.
 */
#define DOCTOR_ENC_LEN 65
bool doctor_hpke_seal(EVP_PKEY *to, mdoc_bytes info, mdoc_bytes text,
    unsigned char *ret_enc, unsigned char *out);

#endif
