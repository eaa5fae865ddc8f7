/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * softhsm: SoftHSMv2 with private tokens in a temporary folder, which goes
 * away when the program ends. Everything is done through the PKCS#11 functions
 * of libsofthsm2.so itself.
 */
#ifndef TESTS_SUPPORT_SOFTHSM_H
#define TESTS_SUPPORT_SOFTHSM_H

#include <p11-kit/pkcs11.h>

#include "common/bytes.h"

#define SOFTHSM_PIN        "1234"
#define SOFTHSM_SO_PIN     "12345678"
#define SOFTHSM_PIN_LEN    4
#define SOFTHSM_SO_PIN_LEN 8

/* The same, as PKCS#11 functions want them: not const. */
extern CK_UTF8CHAR softhsm_pin[];
extern CK_UTF8CHAR softhsm_so_pin[];

struct softhsm {
	CK_FUNCTION_LIST *f;
	const char *module; /* path of libsofthsm2.so */
	char folder[64];    /* of this program alone: other files may go here */
	CK_SLOT_ID slot;    /* of the token that was asked for last */
};

/* NULL: SoftHSMv2 is not here. P11_MDOC_SOFTHSM may name it. */
const char *softhsm_module(void);
/*
 * A folder with one token of this label and the PINs above, and SOFTHSM2_CONF
 * set to it. The library is left finalised, so that a module under test may
 * load it. false: something is missing; a line on standard error says what.
 */
bool softhsm_new(struct softhsm *ret, const char *label) NODISCARD;
/* One more token in the same folder; the library must not be initialised. */
bool softhsm_add(struct softhsm *s, const char *label) NODISCARD;
/* C_Initialize, and s->slot is the slot of the token. */
bool softhsm_start(struct softhsm *s, const char *label) NODISCARD;
/* C_Finalize. */
void softhsm_stop(struct softhsm *s);
/* A read-write session of s->slot, logged in as the user. */
CK_RV softhsm_session(const struct softhsm *s, CK_SESSION_HANDLE *ret);

/* An EC key to import. Empty or NULL: the default. */
struct softhsm_key {
	struct bytes params; /* DER of the curve's OID; P-256 */
	struct bytes d;
	struct bytes point; /* 04 x y: then the public key too, if asked for */
	struct bytes id;    /* one byte 01 */
	const char *label;  /* "key" */
	bool token;         /* a token object; else of the session */
	bool extractable;
};

/*
 * Through any function list and session: the private key may sign and derive,
 * and is private and sensitive. ret_public may be NULL.
 */
CK_RV softhsm_import(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session,
    const struct softhsm_key *key, CK_OBJECT_HANDLE *ret_private,
    CK_OBJECT_HANDLE *ret_public);

#endif
