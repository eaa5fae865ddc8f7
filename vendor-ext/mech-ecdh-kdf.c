/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CKM_ECDH1_DERIVE with a key derivation function, completed for tokens that
 * agree and hash, and know CKD_NULL alone: ANSI X9.63 (CKD_SHA256_KDF) and
 * SP 800-56A (CKD_SHA256_KDF_SP800), which is the Concat KDF of JWE's ECDH-ES
 * that OpenID4VP responses are encrypted with. Each block is a hash around the
 * shared secret, which stays in the token if that digests keys (path C), and is
 * read otherwise (path D).
 */
#include "config.h"

#include <string.h>

#include <openssl/crypto.h>

#include "vendor-ext/derived.h"
#include "vendor-ext/digest-key.h"
#include "vendor-ext/mechanism-ops.h"
#include "vendor-ext/pkcs11-3.h"

/* Far more than any key; a template of peers is no reason to hash for hours. */
#define MAX_LEN     4096

#define COUNTER_LEN 4

static const struct kdf {
	CK_ULONG id;
	enum hash_alg alg;
	bool counter_first; /* SP 800-56A */
} kdfs[] = {
	{ CKD_SHA256_KDF, HASH_SHA256, false },
	{ CKD_SHA384_KDF, HASH_SHA384, false },
	{ CKD_SHA512_KDF, HASH_SHA512, false },
	{ CKD_SHA256_KDF_SP800, HASH_SHA256, true },
	{ CKD_SHA384_KDF_SP800, HASH_SHA384, true },
	{ CKD_SHA512_KDF_SP800, HASH_SHA512, true },
};

/* One derivation: what its steps share. */
struct job {
	const struct token *t;
	struct hasher *h;
	struct mechanism_derivation *d;
	CK_ECDH1_DERIVE_PARAMS params; /* a copy, aligned */
	const struct kdf *kdf;
	struct bytes info; /* SharedInfo, OtherInfo */
};

/* Never listed as ours: the token has it, for CKD_NULL. */
static bool
works(const struct token *t)
{
	(void)t;
	return false;
}

/* NULL: the parameter names none of ours, if it is one at all. */
static const struct kdf *
kdf_of(const CK_MECHANISM *m)
{
	CK_ECDH1_DERIVE_PARAMS p;

	if (m->pParameter == NULL || m->ulParameterLen != sizeof(p))
		return NULL;
	memcpy(&p, m->pParameter, sizeof(p));
	for (size_t i = 0; i < nitems(kdfs); i++) {
		if (kdfs[i].id == p.kdf)
			return &kdfs[i];
	}
	return NULL;
}

static bool
completes(CK_RV refusal, const CK_MECHANISM *parameter)
{
	return refusal == CKR_MECHANISM_PARAM_INVALID &&
	    kdf_of(parameter) != NULL;
}

static bool
curve_fits(const struct curve *c)
{
	return c->kind != CURVE_EDWARDS;
}

static CK_RV
read_parameter(struct job *j)
{
	const CK_MECHANISM *m = j->d->parameter;

	if ((j->kdf = kdf_of(m)) == NULL)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&j->params, m->pParameter, sizeof(j->params));
	if (j->params.pSharedData == NULL && j->params.ulSharedDataLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	j->info = bytes_of(j->params.pSharedData, j->params.ulSharedDataLen);
	return CKR_OK;
}

/* The shared secret as an object, which may be read or not. */
static CK_RV
agree(const struct job *j, CK_BBOOL may_read, CK_OBJECT_HANDLE *ret)
{
	CK_ECDH1_DERIVE_PARAMS plain = j->params;
	CK_MECHANISM m = { CKM_ECDH1_DERIVE, &plain, sizeof(plain) };
	CK_ULONG len = (CK_ULONG)j->d->curve->field_len;
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	CK_BBOOL sensitive = !may_read, private_;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_PRIVATE, &private_, sizeof(private_) },
		{ CKA_SENSITIVE, &sensitive, sizeof(sensitive) },
		{ CKA_EXTRACTABLE, &may_read, sizeof(may_read) },
		{ CKA_DERIVE, &yes, sizeof(yes) },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
	};
	CK_RV rv;

	rv = token_get_flag(j->t, j->d->base, CKA_PRIVATE, &private_);
	if (rv != CKR_OK)
		return rv;
	plain.kdf = CKD_NULL;
	plain.pSharedData = NULL;
	plain.ulSharedDataLen = 0;
	return j->t->f->C_DeriveKey(j->t->session, &m, j->d->base, template,
	    nitems(template), ret);
}

/* One block; z NULL: it is the object. */
static CK_RV
hash_block_of(const struct job *j, CK_OBJECT_HANDLE object,
    const struct blob *z, uint32_t counter, uint8_t *out)
{
	const struct kdf *k = j->kdf;
	uint8_t be[COUNTER_LEN] = { (uint8_t)(counter >> 24),
		(uint8_t)(counter >> 16), (uint8_t)(counter >> 8),
		(uint8_t)counter };
	const struct bytes number = bytes_of(be, sizeof(be));
	struct bytes parts[3];
	struct blob behind = BLOB_INIT;
	CK_RV rv;

	if (z != NULL) {
		parts[0] = k->counter_first ? number : blob_bytes(z);
		parts[1] = k->counter_first ? blob_bytes(z) : number;
		parts[2] = j->info;
		return hasher_digest(j->h, k->alg, parts, nitems(parts), out)
		    ? CKR_OK
		    : CKR_HOST_MEMORY;
	}
	if (!k->counter_first && !blob_append_bytes(&behind, number))
		return CKR_HOST_MEMORY;
	rv = blob_append_bytes(&behind, j->info) ? CKR_OK : CKR_HOST_MEMORY;
	if (rv == CKR_OK)
		rv = digest_key(j->t, k->alg,
		    k->counter_first ? number : BYTES_NULL, object,
		    blob_bytes(&behind), out);
	blob_reset(&behind);
	return rv;
}

static CK_RV
expand(const struct job *j, CK_OBJECT_HANDLE object, const struct blob *z,
    size_t len, struct blob *ret)
{
	uint8_t block[HASHER_MAX_LEN];
	uint32_t counter = 0;
	CK_RV rv = CKR_OK;

	blob_clear(ret);
	while (rv == CKR_OK && ret->len < len) {
		rv = hash_block_of(j, object, z, ++counter, block);
		if (rv == CKR_OK &&
		    !blob_append(ret, block, hash_len(j->kdf->alg)))
			rv = CKR_HOST_MEMORY;
	}
	if (rv == CKR_OK)
		blob_truncate(ret, len);
	OPENSSL_cleanse(block, sizeof(block));
	return rv;
}

/* Path C, path D. */
static CK_RV
derive_inside(const struct job *j, size_t len, struct blob *ret)
{
	CK_OBJECT_HANDLE z = 0;
	CK_RV rv;

	if ((rv = agree(j, CK_FALSE, &z)) != CKR_OK)
		return rv;
	rv = expand(j, z, NULL, len, ret);
	(void)j->t->f->C_DestroyObject(j->t->session, z);
	return rv;
}

static CK_RV
derive_outside(const struct job *j, size_t len, struct blob *ret)
{
	struct blob value = BLOB_INIT;
	CK_OBJECT_HANDLE z = 0;
	CK_RV rv;

	if ((rv = agree(j, CK_TRUE, &z)) != CKR_OK)
		return rv;
	rv = token_get(j->t, z, CKA_VALUE, &value);
	if (rv == CKR_OK && value.len != j->d->curve->field_len)
		rv = CKR_DEVICE_ERROR;
	if (rv == CKR_OK)
		rv = expand(j, z, &value, len, ret);
	(void)j->t->f->C_DestroyObject(j->t->session, z);
	blob_reset(&value);
	return rv;
}

static CK_RV
derive_bytes(struct job *j, size_t len, struct blob *ret)
{
	enum agree_path weakest = j->d->weakest;
	CK_RV rv;

	if (weakest == AGREE_PATH_UNKNOWN)
		weakest = AGREE_PATH_S;
	if (weakest < AGREE_PATH_C)
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	j->d->path = AGREE_PATH_C;
	rv = derive_inside(j, len, ret);
	if (token_is_refusal(rv) && weakest >= AGREE_PATH_D) {
		j->d->path = AGREE_PATH_D;
		rv = derive_outside(j, len, ret);
	}
	return rv;
}

static CK_RV
derive(const struct token *t, struct hasher *h, struct mechanism_derivation *d,
    CK_OBJECT_HANDLE *ret)
{
	struct job j = { .t = t, .h = h, .d = d };
	struct blob okm = BLOB_INIT;
	struct derived what;
	CK_RV rv;

	if ((rv = read_parameter(&j)) != CKR_OK ||
	    (rv = derived_read(d, CKO_SECRET_KEY, 0, MAX_LEN, &what)) != CKR_OK)
		return rv;
	rv = derive_bytes(&j, what.len, &okm);
	if (rv == CKR_OK)
		rv = derived_create(t, d, &what, &okm, ret);
	blob_reset(&okm);
	return rv;
}

const struct mechanism mech_ecdh_kdf = {
	.type = CKM_ECDH1_DERIVE,
	.name = "CKM_ECDH1_DERIVE",
	.permission = CKA_DERIVE,
	.below = CKM_ECDH1_DERIVE,
	.works = works,
	.completes = completes,
	.curve_fits = curve_fits,
	.derive = derive,
};
