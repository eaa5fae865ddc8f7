/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HMAC with keys shorter than the hash, which RFC 2104 discourages and allows,
 * and which some tokens (SoftHSMv2) refuse. Computed here with the value of the
 * key, where its attributes let that be read; otherwise the token's refusal
 * stands.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "vendor-ext/digest-key.h"
#include "vendor-ext/mechanism-ops.h"

static const struct {
	CK_MECHANISM_TYPE type;
	CK_KEY_TYPE key;
	enum hash_alg alg;
} hmacs[] = {
	{ CKM_SHA256_HMAC, CKK_SHA256_HMAC, HASH_SHA256 },
	{ CKM_SHA384_HMAC, CKK_SHA384_HMAC, HASH_SHA384 },
	{ CKM_SHA512_HMAC, CKK_SHA512_HMAC, HASH_SHA512 },
};

/* A running HMAC. */
struct mac {
	enum hash_alg alg;
	struct hasher_stream *inner;
	uint8_t opad[HASHER_MAX_BLOCK];
};

static size_t
index_of(const struct mechanism *m)
{
	size_t i = 0;

	while (i + 1 < nitems(hmacs) && hmacs[i].type != m->type)
		i++;
	return i;
}

/* Never listed as ours: the token has it, for other keys. */
static bool
works(const struct token *t)
{
	(void)t;
	return false;
}

static bool
completes(CK_RV refusal, const CK_MECHANISM *parameter)
{
	(void)parameter;
	return refusal == CKR_KEY_SIZE_RANGE;
}

/* In bytes, as all HMAC mechanisms have it. */
static void
widen(CK_MECHANISM_INFO *info)
{
	if (info->ulMinKeySize > 1)
		info->ulMinKeySize = 1;
}

static CK_RV
check_key(const struct mechanism_op *op, const struct token *t)
{
	const size_t i = index_of(op->mechanism);
	struct mech_key k;
	CK_RV rv;

	rv = mech_key_read(t, op->key,
	    op->what == CKF_VERIFY ? CKA_VERIFY : CKA_SIGN, &k);
	if (rv != CKR_OK)
		return rv;
	if (k.class != CKO_SECRET_KEY ||
	    (k.type != CKK_GENERIC_SECRET && k.type != hmacs[i].key))
		return CKR_KEY_TYPE_INCONSISTENT;
	if (!k.permitted)
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	return k.restricted
	    ? mech_key_allows(t, op->key, hmacs[i].type, hmacs[i].type)
	    : CKR_OK;
}

/* MECHANISM_INVALID: not read, so that the token's own code is the answer. */
static CK_RV
read_value(const struct mechanism_op *op, const struct token *t,
    struct blob *ret)
{
	CK_RV rv;

	if (op->weakest != AGREE_PATH_UNKNOWN && op->weakest < AGREE_PATH_D)
		return CKR_MECHANISM_INVALID;
	rv = token_get(t, op->key, CKA_VALUE, ret);
	return token_is_refusal(rv) ? CKR_MECHANISM_INVALID : rv;
}

static bool
mac_begin(struct mac *m, struct hasher *h, struct bytes key)
{
	const size_t block = hash_block(m->alg);
	bool ok;

	m->inner = hasher_stream_new(h, m->alg);
	if (m->inner == NULL || !hasher_hmac_block(h, m->alg, key, m->opad))
		return false;
	for (size_t i = 0; i < block; i++)
		m->opad[i] ^= 0x36;
	ok = hasher_stream_add(m->inner, bytes_of(m->opad, block));
	for (size_t i = 0; i < block; i++)
		m->opad[i] ^= 0x36 ^ 0x5c;
	return ok;
}

static CK_RV
start(struct mechanism_op *op, const struct token *t,
    const CK_MECHANISM *parameter)
{
	struct blob value = BLOB_INIT;
	struct mac *m;
	CK_RV rv;

	if (parameter->pParameter != NULL || parameter->ulParameterLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	if ((rv = check_key(op, t)) != CKR_OK)
		return rv;
	if ((rv = read_value(op, t, &value)) != CKR_OK)
		return rv;
	if ((m = calloc(1, sizeof(*m))) != NULL) {
		m->alg = hmacs[index_of(op->mechanism)].alg;
		op->state = m;
	}
	if (m == NULL || !mac_begin(m, op->hasher, blob_bytes(&value)))
		rv = CKR_HOST_MEMORY;
	blob_reset(&value);
	return rv;
}

static void
end(struct mechanism_op *op)
{
	struct mac *m = op->state;

	if (m == NULL)
		return;
	hasher_stream_free(&m->inner);
	OPENSSL_cleanse(m, sizeof(*m));
	free(m);
	op->state = NULL;
}

static CK_RV
update(struct mechanism_op *op, struct bytes part)
{
	struct mac *m = op->state;

	return hasher_stream_add(m->inner, part) ? CKR_OK : CKR_HOST_MEMORY;
}

static CK_ULONG
sign_len(const struct mechanism_op *op)
{
	return (CK_ULONG)hash_len(hmacs[index_of(op->mechanism)].alg);
}

static CK_RV
sign(struct mechanism_op *op, const struct token *token, struct hasher *h,
    const struct tbs *t, uint8_t *out)
{
	struct mac *m = op->state;
	uint8_t inner[HASHER_MAX_LEN];
	struct bytes parts[2];
	CK_RV rv = CKR_HOST_MEMORY;

	(void)token;
	(void)t;
	parts[0] = bytes_of(m->opad, hash_block(m->alg));
	parts[1] = bytes_of(inner, 0);
	if (hasher_stream_add(m->inner, blob_bytes(&op->data)) &&
	    hasher_stream_end(m->inner, inner, &parts[1].len) &&
	    hasher_digest(h, m->alg, parts, nitems(parts), out))
		rv = CKR_OK;
	OPENSSL_cleanse(inner, sizeof(inner));
	return rv;
}

static CK_RV
verify(struct mechanism_op *op, const struct token *token, struct hasher *h,
    struct bytes signature)
{
	uint8_t tag[HASHER_MAX_LEN];
	CK_RV rv;

	if (signature.len != sign_len(op))
		return CKR_SIGNATURE_LEN_RANGE;
	rv = sign(op, token, h, NULL, tag);
	if (rv == CKR_OK &&
	    !bytes_equal_secret(bytes_of(tag, signature.len), signature))
		rv = CKR_SIGNATURE_INVALID;
	OPENSSL_cleanse(tag, sizeof(tag));
	return rv;
}

#define HMAC(mechanism)                                                       \
	{                                                                     \
		.type = (mechanism), .name = #mechanism,                      \
		.permission = CKA_SIGN, .below = (mechanism), .works = works, \
		.completes = completes, .widen = widen, .start = start,       \
		.end = end, .update = update, .sign_len = sign_len,           \
		.sign = sign, .verify = verify,                               \
	}

const struct mechanism mech_sha256_hmac = HMAC(CKM_SHA256_HMAC);
const struct mechanism mech_sha384_hmac = HMAC(CKM_SHA384_HMAC);
const struct mechanism mech_sha512_hmac = HMAC(CKM_SHA512_HMAC);
