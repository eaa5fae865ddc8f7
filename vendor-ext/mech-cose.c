/* SPDX-License-Identifier: BSD-3-Clause */
/* What the mechanisms that make a COSE_Sign1 have in common. */
#include "config.h"

#include "vendor-ext/mechanism-ops.h"
#include "vendor-ext/pkcs11-3.h"
#include "vendor-ext/sign.h"

#define ALG_MAX 16

bool
mech_cose_curve_fits(const struct curve *c)
{
	return c->sig_len != 0;
}

bool
mech_cose_works(const struct token *t)
{
	return mech_listed(t, CKM_ECDSA, CKF_SIGN | CKF_VERIFY) ||
	    mech_listed(t, CKM_EDDSA, CKF_SIGN | CKF_VERIFY);
}

CK_ULONG
mech_cose_sign_len(const struct mechanism_op *op)
{
	return (CK_ULONG)op->curve->sig_len;
}

/* Sig_structure with the payload left where it is (RFC 9052 4.4) */
static void
sig_structure(const struct mechanism_op *op,
    uint8_t prefix[TBS_PREFIX_MAX + ALG_MAX], struct bytes parts[2])
{
	uint8_t alg[ALG_MAX];
	size_t n;

	n = tbs_protected_alg(op->curve->alg, alg);
	n = tbs_cose_prefix("Signature1", bytes_of(alg, n), op->data.len,
	    prefix);
	parts[0] = bytes_of(prefix, n);
	parts[1] = blob_bytes(&op->data);
}

CK_RV
mech_cose_sign(struct mechanism_op *op, const struct token *token,
    struct hasher *h, const struct tbs *t, uint8_t *out)
{
	uint8_t prefix[TBS_PREFIX_MAX + ALG_MAX];
	CK_OBJECT_HANDLE key = op->key;
	struct token at = *token;
	struct bytes parts[2];

	(void)t;
	sig_structure(op, prefix, parts);
	mech_sign_at(op, &at, &key);
	return sign_data(&at, h, op->curve, key, parts, nitems(parts), out);
}

CK_RV
mech_cose_verify(struct mechanism_op *op, const struct token *token,
    struct hasher *h, struct bytes signature)
{
	uint8_t prefix[TBS_PREFIX_MAX + ALG_MAX];
	struct bytes parts[2];

	sig_structure(op, prefix, parts);
	return sign_verify(token, h, op->curve, op->key, parts, nitems(parts),
	    signature);
}
