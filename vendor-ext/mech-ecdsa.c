/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ECDSA of data, completed from ECDSA of a digest: every token that has an EC
 * key has CKM_ECDSA, not every one hashes. Data are hashed as they come, of
 * any length. CKM_ECDSA_SHA1 and _SHA224 are left out: no algorithm of mdoc and
 * no certificate of its profiles uses them.
 */
#include "config.h"

#include "vendor-ext/mechanism-ops.h"
#include "vendor-ext/sign.h"

/* CKF_EC_F_P to CKF_EC_CURVENAME */
#define EC_FLAGS 0x07f00000UL

static const struct {
	CK_MECHANISM_TYPE type;
	enum hash_alg alg;
} hashes[] = {
	{ CKM_ECDSA_SHA256, HASH_SHA256 },
	{ CKM_ECDSA_SHA384, HASH_SHA384 },
	{ CKM_ECDSA_SHA512, HASH_SHA512 },
};

static enum hash_alg
hash_of(const struct mechanism_op *op)
{
	for (size_t i = 1; i < nitems(hashes); i++) {
		if (hashes[i].type == op->mechanism->type)
			return hashes[i].alg;
	}
	return hashes[0].alg;
}

static bool
works(const struct token *t)
{
	return mech_listed(t, CKM_ECDSA, CKF_SIGN | CKF_VERIFY);
}

static bool
completes(CK_RV refusal, const CK_MECHANISM *parameter)
{
	(void)parameter;
	return refusal == CKR_MECHANISM_INVALID;
}

static bool
curve_fits(const struct curve *c)
{
	return c->hash != NULL && c->sig_len != 0;
}

/* As CKM_ECDSA, which does the work. */
static void
info(const struct token *t, CK_MECHANISM_INFO *ret)
{
	CK_MECHANISM_INFO below;

	if (t->f->C_GetMechanismInfo(t->slot, CKM_ECDSA, &below) != CKR_OK)
		return;
	below.flags &= CKF_SIGN | CKF_VERIFY | EC_FLAGS;
	*ret = below;
}

static CK_RV
start(struct mechanism_op *op, const struct token *t,
    const CK_MECHANISM *parameter)
{
	if (parameter->pParameter != NULL || parameter->ulParameterLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	if (!mech_listed(t, CKM_ECDSA, op->what))
		return CKR_MECHANISM_INVALID;
	op->state = hasher_stream_new(op->hasher, hash_of(op));
	return op->state != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

static void
end(struct mechanism_op *op)
{
	struct hasher_stream *s = op->state;

	hasher_stream_free(&s);
	op->state = NULL;
}

static CK_RV
update(struct mechanism_op *op, struct bytes part)
{
	return hasher_stream_add(op->state, part) ? CKR_OK : CKR_HOST_MEMORY;
}

static CK_ULONG
sign_len(const struct mechanism_op *op)
{
	return (CK_ULONG)op->curve->sig_len;
}

/* What was collected (because of a rule) comes in only now. */
static CK_RV
digest(struct mechanism_op *op, uint8_t out[HASHER_MAX_LEN], struct bytes *ret)
{
	size_t len;

	if (!hasher_stream_add(op->state, blob_bytes(&op->data)) ||
	    !hasher_stream_end(op->state, out, &len))
		return CKR_HOST_MEMORY;
	*ret = bytes_of(out, len);
	return CKR_OK;
}

static CK_RV
sign(struct mechanism_op *op, const struct token *token, struct hasher *h,
    const struct tbs *t, uint8_t *out)
{
	uint8_t buffer[HASHER_MAX_LEN];
	struct token at = *token;
	CK_OBJECT_HANDLE key;
	struct bytes hash;
	CK_RV rv;

	(void)h;
	(void)t;
	if ((rv = digest(op, buffer, &hash)) != CKR_OK)
		return rv;
	mech_sign_at(op, &at, &key);
	return sign_digest(&at, op->curve, key, hash, out);
}

static CK_RV
verify(struct mechanism_op *op, const struct token *token, struct hasher *h,
    struct bytes signature)
{
	uint8_t buffer[HASHER_MAX_LEN];
	struct bytes hash;
	CK_RV rv;

	(void)h;
	if ((rv = digest(op, buffer, &hash)) != CKR_OK)
		return rv;
	return sign_verify_digest(token, op->curve, op->key, hash, signature);
}

#define ECDSA(mechanism)                                                    \
	{                                                                   \
		.type = (mechanism), .name = #mechanism,                    \
		.permission = CKA_SIGN, .below = CKM_ECDSA, .works = works, \
		.completes = completes, .curve_fits = curve_fits,           \
		.info = info, .start = start, .end = end, .update = update, \
		.sign_len = sign_len, .sign = sign, .verify = verify,       \
	}

const struct mechanism mech_ecdsa_sha256 = ECDSA(CKM_ECDSA_SHA256);
const struct mechanism mech_ecdsa_sha384 = ECDSA(CKM_ECDSA_SHA384);
const struct mechanism mech_ecdsa_sha512 = ECDSA(CKM_ECDSA_SHA512);
