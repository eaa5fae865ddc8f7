/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CKM_HKDF_DERIVE and CKM_HKDF_DATA (PKCS#11 3.0 6.62), completed for tokens
 * that hash but do not know RFC 5869. What is derived passes through this
 * process, and so does what it is expanded from; the base key itself stays
 * where it is if the token digests keys (path C), and is read where that is not
 * possible and its attributes allow it (path D).
 */
#include "config.h"

#include <string.h>

#include <openssl/crypto.h>

#include "common/log.h"
#include "vendor-ext/derived.h"
#include "vendor-ext/digest-key.h"
#include "vendor-ext/mechanism-ops.h"
#include "vendor-ext/pkcs11-3.h"

#define MAX_BLOCKS 255 /* RFC 5869 2.3 */

/* One derivation: what its steps share. */
struct job {
	const struct token *t;
	struct hasher *h;
	struct mechanism_derivation *d;
	struct pkcs11_hkdf_params params; /* a copy, aligned */
	enum hash_alg alg;
	bool base_is_data;
	struct blob salt; /* as data, wherever it came from */
	bool salt_inside; /* it is a key that cannot be read */
	uint8_t prk[HASHER_MAX_LEN];
};

static bool
works(const struct token *t)
{
	return mech_listed(t, CKM_GENERIC_SECRET_KEY_GEN, CKF_GENERATE);
}

static bool
completes(CK_RV refusal, const CK_MECHANISM *parameter)
{
	(void)parameter;
	return refusal == CKR_MECHANISM_INVALID;
}

/* Bytes; a longer key makes no sense. */
static void
info(const struct token *t, CK_MECHANISM_INFO *ret)
{
	(void)t;
	ret->ulMinKeySize = 1;
	ret->ulMaxKeySize = (CK_ULONG)MAX_BLOCKS * HASHER_MAX_LEN;
	ret->flags = CKF_DERIVE;
}

/* ---- what is asked for */

static CK_RV
read_parameter(struct job *j)
{
	const CK_MECHANISM *m = j->d->parameter;
	struct pkcs11_hkdf_params *p = &j->params;

	if (m->pParameter == NULL || m->ulParameterLen != sizeof(*p))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(p, m->pParameter, sizeof(*p));
	if (!digest_by_mechanism(p->prf, &j->alg))
		return CKR_MECHANISM_PARAM_INVALID;
	if (p->extract == CK_FALSE && p->expand == CK_FALSE)
		return CKR_MECHANISM_PARAM_INVALID;
	if (p->expand != CK_FALSE && p->info == NULL && p->info_len != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	if (p->extract == CK_FALSE)
		return CKR_OK;
	switch (p->salt_type) {
	case PKCS11_HKDF_SALT_NULL:
	case PKCS11_HKDF_SALT_KEY:
		return CKR_OK;
	case PKCS11_HKDF_SALT_DATA:
		return p->salt != NULL || p->salt_len == 0
		    ? CKR_OK
		    : CKR_MECHANISM_PARAM_INVALID;
	default:
		return CKR_MECHANISM_PARAM_INVALID;
	}
}

/* Of the base key. A data object may be extracted from, with a salt. */
static CK_RV
check_base(struct job *j)
{
	const struct token *t = j->t;
	CK_OBJECT_HANDLE base = j->d->base;
	struct mech_key k;
	CK_RV rv;

	if ((rv = mech_key_read(t, base, CKA_DERIVE, &k)) != CKR_OK)
		return rv;
	if (k.class == CKO_DATA) {
		j->base_is_data = true;
		return j->params.extract != CK_FALSE &&
			j->params.salt_type != PKCS11_HKDF_SALT_NULL
		    ? CKR_OK
		    : CKR_KEY_TYPE_INCONSISTENT;
	}
	if (k.class != CKO_SECRET_KEY ||
	    (k.type != CKK_GENERIC_SECRET && k.type != CKK_HKDF))
		return CKR_KEY_TYPE_INCONSISTENT;
	if (!k.permitted)
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (k.restricted) {
		CK_MECHANISM_TYPE type = j->d->parameter->mechanism;

		return mech_key_allows(t, base, type, type);
	}
	return CKR_OK;
}

/* ---- paths: each step is taken on the strongest one that goes */

/* May the path be taken? Then it counts. */
static bool
may_take(struct job *j, enum agree_path path)
{
	enum agree_path weakest = j->d->weakest;

	if (weakest != AGREE_PATH_UNKNOWN && path > weakest)
		return false;
	if (path > j->d->path)
		j->d->path = path;
	return true;
}

/* The value of a key, where its attributes let it be read. */
static CK_RV
read_value(struct job *j, CK_OBJECT_HANDLE key, struct blob *ret)
{
	CK_RV rv;

	if (!may_take(j, AGREE_PATH_D))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	rv = token_get(j->t, key, CKA_VALUE, ret);
	if (rv == CKR_OBJECT_HANDLE_INVALID)
		return CKR_KEY_HANDLE_INVALID;
	return token_is_refusal(rv) ? CKR_KEY_FUNCTION_NOT_PERMITTED : rv;
}

/* HMAC under a key of the token. */
static CK_RV
hmac_with_key(const struct job *j, CK_OBJECT_HANDLE key,
    const struct bytes *parts, size_t n, uint8_t *out)
{
	CK_MECHANISM m = { digest_hmac_mechanism(j->alg), NULL, 0 };
	const struct token *t = j->t;
	CK_BYTE tag[HASHER_MAX_LEN];
	CK_ULONG len = sizeof(tag);
	struct blob data = BLOB_INIT;
	CK_RV rv = CKR_HOST_MEMORY;

	for (size_t i = 0; i < n; i++) {
		if (!blob_append_bytes(&data, parts[i]))
			goto out;
	}
	rv = t->f->C_SignInit(t->session, &m, key);
	if (rv == CKR_OK)
		rv = t->f->C_Sign(t->session, data.ptr, (CK_ULONG)data.len, tag,
		    &len);
	if (rv == CKR_OK && len != hash_len(j->alg))
		rv = CKR_DEVICE_ERROR;
	if (rv == CKR_OK)
		memcpy(out, tag, len);
	OPENSSL_cleanse(tag, sizeof(tag));
out:
	blob_reset(&data);
	return rv;
}

/*
 * The same with a key that may derive and not sign: a copy that signs, for as
 * long as this takes. HKDF is HMAC; that the key is not for signatures of the
 * application's choice remains true.
 */
static CK_RV
copy_for_hmac(const struct job *j, CK_OBJECT_HANDLE key, CK_OBJECT_HANDLE *ret)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE template[] = {
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SIGN, &yes, sizeof(yes) },
	};

	return j->t->f->C_CopyObject(j->t->session, key, template,
	    nitems(template), ret);
}

/* ---- HKDF-Extract */

static CK_RV
read_salt(struct job *j)
{
	const struct pkcs11_hkdf_params *p = &j->params;
	struct mech_key k;
	CK_RV rv;

	if (p->salt_type == PKCS11_HKDF_SALT_NULL)
		return CKR_OK;
	if (p->salt_type == PKCS11_HKDF_SALT_DATA)
		return blob_set(&j->salt, bytes_of(p->salt, p->salt_len))
		    ? CKR_OK
		    : CKR_HOST_MEMORY;
	rv = mech_key_read(j->t, p->salt_key, CKA_SIGN, &k);
	if (rv != CKR_OK)
		return rv;
	if (k.class != CKO_SECRET_KEY && k.class != CKO_DATA)
		return CKR_KEY_TYPE_INCONSISTENT;
	rv = read_value(j, p->salt_key, &j->salt);
	if (rv == CKR_KEY_FUNCTION_NOT_PERMITTED && k.permitted) {
		j->salt_inside = true;
		rv = CKR_OK;
	}
	return rv;
}

/* The base key is hashed by the token. */
static CK_RV
extract_inside(struct job *j)
{
	uint8_t pad[HASHER_MAX_BLOCK], inner[HASHER_MAX_LEN];
	const struct bytes block = bytes_of(pad, hash_block(j->alg));
	const struct bytes outer[] = { block,
		bytes_of(inner, hash_len(j->alg)) };
	CK_RV rv = CKR_HOST_MEMORY;

	if (!may_take(j, AGREE_PATH_C))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (!hasher_hmac_block(j->h, j->alg, blob_bytes(&j->salt), pad))
		goto out;
	for (size_t i = 0; i < block.len; i++)
		pad[i] ^= 0x36;
	rv = digest_key(j->t, j->alg, block, j->d->base, BYTES_NULL, inner);
	if (rv != CKR_OK)
		goto out;
	for (size_t i = 0; i < block.len; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	if (!hasher_digest(j->h, j->alg, outer, nitems(outer), j->prk))
		rv = CKR_HOST_MEMORY;
out:
	OPENSSL_cleanse(pad, sizeof(pad));
	OPENSSL_cleanse(inner, sizeof(inner));
	return rv;
}

/* The base key is read. */
static CK_RV
extract_outside(struct job *j)
{
	struct blob value = BLOB_INIT;
	struct bytes ikm;
	CK_RV rv;

	if ((rv = read_value(j, j->d->base, &value)) != CKR_OK)
		return rv;
	ikm = blob_bytes(&value);
	if (j->salt_inside)
		rv = hmac_with_key(j, j->params.salt_key, &ikm, 1, j->prk);
	else if (!hasher_hmac_with(j->h, j->alg, blob_bytes(&j->salt), &ikm, 1,
		     j->prk))
		rv = CKR_HOST_MEMORY;
	blob_reset(&value);
	return rv;
}

static CK_RV
extract(struct job *j)
{
	CK_RV rv;

	if ((rv = read_salt(j)) != CKR_OK)
		return rv;
	rv = CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (!j->base_is_data && !j->salt_inside)
		rv = extract_inside(j);
	return token_is_refusal(rv) ? extract_outside(j) : rv;
}

/* ---- HKDF-Expand */

static CK_RV
expand_blocks(const struct job *j, CK_OBJECT_HANDLE prk, struct bytes info,
    struct blob *okm, size_t len)
{
	uint8_t block[HASHER_MAX_LEN], counter = 0;
	CK_RV rv = CKR_OK;

	while (rv == CKR_OK && okm->len < len) {
		const struct bytes parts[] = {
			bytes_of(block, counter == 0 ? 0 : hash_len(j->alg)),
			info,
			bytes_of(&counter, 1),
		};

		counter++;
		rv = hmac_with_key(j, prk, parts, nitems(parts), block);
		if (rv == CKR_OK && !blob_append(okm, block, hash_len(j->alg)))
			rv = CKR_HOST_MEMORY;
	}
	if (rv == CKR_OK)
		blob_truncate(okm, len);
	OPENSSL_cleanse(block, sizeof(block));
	return rv;
}

/* The base key stays: the token computes the HMACs. */
static CK_RV
expand_inside(struct job *j, struct bytes info, struct blob *okm, size_t len)
{
	CK_OBJECT_HANDLE copy = 0;
	CK_RV rv;

	if (!may_take(j, AGREE_PATH_C))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	rv = expand_blocks(j, j->d->base, info, okm, len);
	if (!token_is_refusal(rv))
		return rv;
	if ((rv = copy_for_hmac(j, j->d->base, &copy)) != CKR_OK)
		return rv;
	blob_clear(okm);
	rv = expand_blocks(j, copy, info, okm, len);
	(void)j->t->f->C_DestroyObject(j->t->session, copy);
	return rv;
}

static CK_RV
expand_outside(struct job *j, struct bytes prk, struct bytes info,
    struct blob *okm, size_t len)
{
	uint8_t *out;

	blob_clear(okm);
	out = blob_extend(okm, len);
	return out != NULL &&
		hasher_hkdf_expand_with(j->h, j->alg, prk, info, out, len)
	    ? CKR_OK
	    : CKR_HOST_MEMORY;
}

static CK_RV
expand(struct job *j, struct blob *okm, size_t len)
{
	const struct bytes prk = bytes_of(j->prk, hash_len(j->alg));
	const struct bytes info = bytes_of(j->params.info, j->params.info_len);
	struct blob value = BLOB_INIT;
	CK_RV rv;

	if (j->params.extract != CK_FALSE)
		return expand_outside(j, prk, info, okm, len);
	rv = expand_inside(j, info, okm, len);
	if (token_is_refusal(rv)) {
		rv = read_value(j, j->d->base, &value);
		if (rv == CKR_OK)
			rv = expand_outside(j, blob_bytes(&value), info, okm,
			    len);
		blob_reset(&value);
	}
	return rv;
}

/* ---- both */

static CK_RV
derive_bytes(struct job *j, size_t len, struct blob *okm)
{
	CK_RV rv = CKR_OK;

	if (j->params.extract != CK_FALSE)
		rv = extract(j);
	if (rv == CKR_OK && j->params.expand != CK_FALSE)
		rv = expand(j, okm, len);
	else if (rv == CKR_OK && !blob_append(okm, j->prk, len))
		rv = CKR_HOST_MEMORY;
	return rv;
}

static CK_RV
derive(const struct token *t, struct hasher *h, struct mechanism_derivation *d,
    CK_OBJECT_HANDLE *ret)
{
	struct job j = { .t = t, .h = h, .d = d, .salt = BLOB_INIT };
	CK_OBJECT_CLASS class = d->parameter->mechanism == CKM_HKDF_DATA
	    ? CKO_DATA
	    : CKO_SECRET_KEY;
	struct blob okm = BLOB_INIT;
	struct derived what;
	size_t fixed = 0;
	CK_RV rv;

	if ((rv = read_parameter(&j)) != CKR_OK ||
	    (rv = check_base(&j)) != CKR_OK)
		return rv;
	if (j.params.expand == CK_FALSE)
		fixed = hash_len(j.alg);
	rv = derived_read(d, class, fixed, MAX_BLOCKS * hash_len(j.alg), &what);
	if (rv != CKR_OK)
		return rv;
	rv = derive_bytes(&j, what.len, &okm);
	if (rv == CKR_OK)
		rv = derived_create(t, d, &what, &okm, ret);
	else if (rv == CKR_KEY_FUNCTION_NOT_PERMITTED)
		log_printf(LOG_INFO, "mechanism",
		    "HKDF: no key path that is allowed works with this key");
	OPENSSL_cleanse(j.prk, sizeof(j.prk));
	blob_reset(&j.salt);
	blob_reset(&okm);
	return rv;
}

const struct mechanism mech_hkdf_derive = {
	.type = CKM_HKDF_DERIVE,
	.name = "CKM_HKDF_DERIVE",
	.works = works,
	.completes = completes,
	.info = info,
	.derive = derive,
};

const struct mechanism mech_hkdf_data = {
	.type = CKM_HKDF_DATA,
	.name = "CKM_HKDF_DATA",
	.works = works,
	.completes = completes,
	.info = info,
	.derive = derive,
};
