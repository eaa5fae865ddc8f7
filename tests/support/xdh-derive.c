/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tests/support/xdh-device.h"
#include "vendor-ext/curve.h"
#include "vendor-ext/hasher.h"
#include "vendor-ext/pkcs11-3.h"

#define MAX_Z 56

struct xdh_device xdh_device;

static const struct curve *
curve_of(const CK_ATTRIBUTE *params)
{
	const struct curve *c;

	if (params == NULL)
		return NULL;
	c = curve_by_oid(bytes_of(params->pValue, params->ulValueLen));
	return c != NULL && c->kind == CURVE_MONTGOMERY ? c : NULL;
}

static const CK_ATTRIBUTE *
find(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (t[i].type == type)
			return &t[i];
	return NULL;
}

/* Raw, as PKCS#11 3.0 has keys of RFC 7748; in both halves. */
CK_RV
xdh_generate(CK_SESSION_HANDLE session, CK_MECHANISM *m, CK_ATTRIBUTE *public_,
    CK_ULONG n_public, CK_ATTRIBUTE *private_, CK_ULONG n_private,
    CK_OBJECT_HANDLE *ret_public, CK_OBJECT_HANDLE *ret_private)
{
	const CK_ATTRIBUTE *params = find(public_, n_public, CKA_EC_PARAMS);
	const struct curve *c = curve_of(params);
	CK_OBJECT_CLASS class[] = { CKO_PUBLIC_KEY, CKO_PRIVATE_KEY };
	CK_KEY_TYPE type = CKK_EC_MONTGOMERY;
	CK_BYTE point[MAX_Z], secret[MAX_Z];
	size_t point_len = sizeof(point), secret_len = sizeof(secret);
	EVP_PKEY *key;
	CK_RV rv;

	if (m->mechanism != CKM_EC_MONTGOMERY_KEY_PAIR_GEN)
		return CKR_MECHANISM_INVALID;
	if (c == NULL)
		return CKR_CURVE_NOT_SUPPORTED;
	key = EVP_PKEY_Q_keygen(NULL, NULL, c->group);
	if (key == NULL ||
	    EVP_PKEY_get_raw_public_key(key, point, &point_len) != 1 ||
	    EVP_PKEY_get_raw_private_key(key, secret, &secret_len) != 1)
		return CKR_FUNCTION_FAILED;
	EVP_PKEY_free(key);
	const CK_ATTRIBUTE more_public[] = {
		{ CKA_CLASS, &class[0], sizeof(class[0]) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_EC_POINT, point, point_len },
	};
	const CK_ATTRIBUTE more_private[] = {
		{ CKA_CLASS, &class[1], sizeof(class[1]) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		*params,
		{ CKA_VALUE, secret, secret_len },
	};
	rv = xdh_object_add(session, public_, n_public, more_public, 3,
	    ret_public);
	if (rv == CKR_OK)
		rv = xdh_object_add(session, private_, n_private, more_private,
		    4, ret_private);
	return rv;
}

static CK_RV
agree(const struct xdh_object *base, CK_MECHANISM *m, CK_BYTE *out,
    size_t *ret_len)
{
	const CK_ECDH1_DERIVE_PARAMS *p = m->pParameter;
	const CK_ATTRIBUTE *d = xdh_object_get(base, CKA_VALUE);
	const struct curve *c = curve_of(xdh_object_get(base, CKA_EC_PARAMS));
	EVP_PKEY *mine, *theirs;
	EVP_PKEY_CTX *ctx;
	bool good;

	if (c == NULL || d == NULL)
		return CKR_KEY_TYPE_INCONSISTENT;
	if (p == NULL || p->kdf != CKD_NULL ||
	    p->ulPublicDataLen != c->field_len)
		return CKR_MECHANISM_PARAM_INVALID;
	xdh_device.agreements++;
	if (!curve_point_valid(c, bytes_of(p->pPublicData, c->field_len)))
		xdh_device.bad_points++;
	mine = EVP_PKEY_new_raw_private_key_ex(NULL, c->group, NULL, d->pValue,
	    d->ulValueLen);
	theirs = EVP_PKEY_new_raw_public_key_ex(NULL, c->group, NULL,
	    p->pPublicData, p->ulPublicDataLen);
	ctx = EVP_PKEY_CTX_new(mine, NULL);
	*ret_len = MAX_Z;
	good = mine != NULL && theirs != NULL && ctx != NULL &&
	    EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, theirs) == 1 &&
	    EVP_PKEY_derive(ctx, out, ret_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(mine);
	EVP_PKEY_free(theirs);
	return good ? CKR_OK : CKR_FUNCTION_FAILED;
}

/* Extract and expand, 32 bytes at most, salt as data. */
static CK_RV
hkdf(const struct xdh_object *base, CK_MECHANISM *m, CK_BYTE *out, size_t len)
{
	const struct pkcs11_hkdf_params *p = m->pParameter;
	const CK_ATTRIBUTE *ikm = xdh_object_get(base, CKA_VALUE);
	struct hasher *h;
	bool good;

	if (xdh_device.no_hkdf)
		return CKR_MECHANISM_INVALID;
	if (p == NULL || !p->extract || !p->expand || p->prf != CKM_SHA256 ||
	    p->salt_type != PKCS11_HKDF_SALT_DATA)
		return CKR_MECHANISM_PARAM_INVALID;
	h = hasher_new();
	good = h != NULL &&
	    hasher_hkdf(h, bytes_of(p->salt, p->salt_len),
		bytes_of(ikm->pValue, ikm->ulValueLen),
		bytes_of(p->info, p->info_len), out, len);
	hasher_free(&h);
	return good ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV
xdh_derive(CK_SESSION_HANDLE session, CK_MECHANISM *m, CK_OBJECT_HANDLE base,
    CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	const struct xdh_object *key = xdh_object_find(base);
	const CK_ATTRIBUTE *wanted = find(t, n, CKA_VALUE_LEN);
	CK_BYTE out[MAX_Z];
	size_t len = sizeof(out);
	CK_RV rv;

	if (key == NULL)
		return CKR_KEY_HANDLE_INVALID;
	if (!xdh_object_is(key, CKA_DERIVE))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (m->mechanism == CKM_ECDH1_DERIVE) {
		rv = agree(key, m, out, &len);
	} else if (m->mechanism == CKM_HKDF_DERIVE && wanted != NULL) {
		len = *(CK_ULONG *)wanted->pValue;
		rv = len <= 32 ? hkdf(key, m, out, len) : CKR_KEY_SIZE_RANGE;
	} else {
		return CKR_MECHANISM_INVALID;
	}
	if (rv != CKR_OK)
		return rv;
	const CK_ATTRIBUTE value = { CKA_VALUE, out, len };
	return xdh_object_add(session, t, n, &value, 1, ret);
}
