/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mechanism-ops: what a vendor mechanism is made of, for the files mech-*.c,
 * one for each. The table of them is in mechanism.c.
 */
#ifndef VENDOR_EXT_MECHANISM_OPS_H
#define VENDOR_EXT_MECHANISM_OPS_H

#include "vendor-ext/mechanism.h"

#define TBS_BIT(kind) (1U << (kind))

struct mechanism_op {
	const struct mechanism *mechanism;
	CK_FLAGS what; /* CKF_SIGN or CKF_VERIFY */
	CK_OBJECT_HANDLE key;
	const struct curve *curve;
	enum agree_path weakest;
	enum agree_path path;
	struct blob data; /* what was given so far */
};

struct mechanism {
	CK_MECHANISM_TYPE type;
	const char *name;
	unsigned kinds;               /* of data that are accepted, TBS_BIT */
	CK_ATTRIBUTE_TYPE permission; /* that a private key must have */
	bool (*curve_fits)(const struct curve *c);
	bool (*works)(const struct token *t);
	CK_ULONG (*sign_len)(const struct curve *c);
	/* t: the structure of op->data, which is one of the kinds. */
	CK_RV(*sign)
	(struct mechanism_op *op, const struct token *token, struct hasher *h,
	    const struct tbs *t, uint8_t *out);
	CK_RV(*verify)
	(struct mechanism_op *op, const struct token *token, struct hasher *h,
	    struct bytes signature);
};

extern const struct mechanism mech_device_signature;
extern const struct mechanism mech_device_mac;
extern const struct mechanism mech_reader_authentication;
extern const struct mechanism mech_issuer_authentication;

/* COSE_Sign1 with a detached payload, common to three of them. */
bool mech_cose_curve_fits(const struct curve *c);
bool mech_cose_works(const struct token *t);
CK_ULONG mech_cose_sign_len(const struct curve *c);
CK_RV mech_cose_sign(struct mechanism_op *op, const struct token *token,
    struct hasher *h, const struct tbs *t, uint8_t *out) NODISCARD;
CK_RV mech_cose_verify(struct mechanism_op *op, const struct token *token,
    struct hasher *h, struct bytes signature) NODISCARD;

/* Does the token list the mechanism with one of the flags? */
bool mech_listed(const struct token *t, CK_MECHANISM_TYPE type, CK_FLAGS flags);

#endif
