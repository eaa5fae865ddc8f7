/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include <openssl/crypto.h>

#include "vendor-ext/digest-key.h"

static const struct {
	CK_MECHANISM_TYPE digest;
	CK_MECHANISM_TYPE hmac;
} mechanisms[] = {
	[HASH_SHA1] = { CKM_SHA_1, CKM_SHA_1_HMAC },
	[HASH_SHA256] = { CKM_SHA256, CKM_SHA256_HMAC },
	[HASH_SHA384] = { CKM_SHA384, CKM_SHA384_HMAC },
	[HASH_SHA512] = { CKM_SHA512, CKM_SHA512_HMAC },
};

CK_MECHANISM_TYPE
digest_mechanism(enum hash_alg alg)
{
	return mechanisms[alg].digest;
}

CK_MECHANISM_TYPE
digest_hmac_mechanism(enum hash_alg alg)
{
	return mechanisms[alg].hmac;
}

bool
digest_by_mechanism(CK_MECHANISM_TYPE type, enum hash_alg *ret)
{
	for (size_t i = HASH_SHA256; i < nitems(mechanisms); i++) {
		if (mechanisms[i].digest == type) {
			*ret = (enum hash_alg)i;
			return true;
		}
	}
	return false;
}

/* A copy: PKCS#11 takes it as not const. */
static CK_RV
add(const struct token *t, struct bytes part)
{
	struct blob copy = BLOB_INIT;
	CK_RV rv;

	if (part.len == 0)
		return CKR_OK;
	if (!blob_set(&copy, part))
		return CKR_HOST_MEMORY;
	rv = t->f->C_DigestUpdate(t->session, copy.ptr, (CK_ULONG)copy.len);
	blob_reset(&copy);
	return rv;
}

CK_RV
digest_key(const struct token *t, enum hash_alg alg, struct bytes before,
    CK_OBJECT_HANDLE key, struct bytes behind, uint8_t *out)
{
	CK_MECHANISM m = { mechanisms[alg].digest, NULL, 0 };
	CK_BYTE digest[HASHER_MAX_LEN];
	CK_ULONG len = sizeof(digest);
	CK_RV rv, final;

	rv = t->f->C_DigestInit(t->session, &m);
	if (rv != CKR_OK)
		return rv;
	rv = add(t, before);
	if (rv == CKR_OK)
		rv = t->f->C_DigestKey(t->session, key);
	if (rv == CKR_OK)
		rv = add(t, behind);
	/* The operation must not stay: the session may be used on. */
	final = t->f->C_DigestFinal(t->session, digest, &len);
	if (rv == CKR_OK)
		rv = final;
	if (rv == CKR_OK && len != hash_len(alg))
		rv = CKR_DEVICE_ERROR;
	if (rv == CKR_OK)
		memcpy(out, digest, len);
	OPENSSL_cleanse(digest, sizeof(digest));
	return rv;
}
