/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "vendor-ext/pkcs11-3.h"
#include "vendor-ext/sign.h"

/* What C_Sign and C_Verify get: the digest, or with EdDSA the message. */
struct input {
	uint8_t digest[HASHER_MAX_LEN];
	struct blob message;
	CK_BYTE *ptr;
	CK_ULONG len;
	CK_MECHANISM_TYPE type;
};

static CK_RV
input_hash(struct input *in, struct hasher *h, const struct curve *curve,
    const struct bytes *parts, size_t n)
{
	enum hash_alg alg;

	if (!hash_by_name(bytes_str(curve->hash), &alg) ||
	    !hasher_digest(h, alg, parts, n, in->digest))
		return CKR_HOST_MEMORY;
	in->type = CKM_ECDSA;
	in->ptr = in->digest;
	in->len = (CK_ULONG)hash_len(alg);
	return CKR_OK;
}

static CK_RV
input_join(struct input *in, const struct bytes *parts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!blob_append_bytes(&in->message, parts[i]))
			return CKR_HOST_MEMORY;
	}
	in->type = CKM_EDDSA;
	in->ptr = in->message.ptr;
	in->len = (CK_ULONG)in->message.len;
	return CKR_OK;
}

static CK_RV
input_make(struct input *in, struct hasher *h, const struct curve *curve,
    const struct bytes *parts, size_t n)
{
	if (curve->sig_len == 0)
		return CKR_KEY_TYPE_INCONSISTENT;
	return curve->hash != NULL ? input_hash(in, h, curve, parts, n)
				   : input_join(in, parts, n);
}

typedef CK_RV init_fn(CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE);

/*
 * PKCS#11 3.0 wants a parameter for Ed448 and none for Ed25519; SoftHSMv2
 * wants none for either.
 */
static CK_RV
start(init_fn *init, CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type,
    CK_OBJECT_HANDLE key)
{
	struct pkcs11_eddsa_params pure = { CK_FALSE, 0, NULL };
	CK_MECHANISM m = { type, NULL, 0 };
	CK_RV rv;

	rv = init(session, &m, key);
	if (rv != CKR_MECHANISM_PARAM_INVALID || type != CKM_EDDSA)
		return rv;
	m.pParameter = &pure;
	m.ulParameterLen = sizeof(pure);
	return init(session, &m, key);
}

CK_RV
sign_data(const struct token *t, struct hasher *h, const struct curve *curve,
    CK_OBJECT_HANDLE key, const struct bytes *parts, size_t n, uint8_t *out)
{
	struct input in = { .message = BLOB_INIT };
	CK_BYTE sig[CURVE_MAX_SIG];
	CK_ULONG len = sizeof(sig);
	CK_RV rv;

	if ((rv = input_make(&in, h, curve, parts, n)) != CKR_OK)
		goto out;
	rv = start(t->f->C_SignInit, t->session, in.type, key);
	if (rv != CKR_OK)
		goto out;
	rv = t->f->C_Sign(t->session, in.ptr, in.len, sig, &len);
	if (rv != CKR_OK)
		goto out;
	if (len != curve->sig_len) {
		rv = CKR_DEVICE_ERROR;
		goto out;
	}
	memcpy(out, sig, len);
out:
	blob_reset(&in.message);
	return rv;
}

CK_RV
sign_verify(const struct token *t, struct hasher *h, const struct curve *curve,
    CK_OBJECT_HANDLE key, const struct bytes *parts, size_t n,
    struct bytes signature)
{
	struct input in = { .message = BLOB_INIT };
	CK_BYTE sig[CURVE_MAX_SIG];
	CK_RV rv;

	if ((rv = input_make(&in, h, curve, parts, n)) != CKR_OK)
		goto out;
	if (signature.len != curve->sig_len) {
		rv = CKR_SIGNATURE_LEN_RANGE;
		goto out;
	}
	/* A copy: PKCS#11 takes it as not const. */
	memcpy(sig, signature.ptr, signature.len);
	rv = start(t->f->C_VerifyInit, t->session, in.type, key);
	if (rv == CKR_OK)
		rv = t->f->C_Verify(t->session, in.ptr, in.len, sig,
		    (CK_ULONG)signature.len);
out:
	blob_reset(&in.message);
	return rv;
}
