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

/*
 * Of a digest that is longer than the field, ECDSA takes the leftmost bits
 * (FIPS 186-5 6.4.1); not every token accepts the others.
 */
static CK_RV
input_digest(struct input *in, const struct curve *curve, struct bytes digest)
{
	if (curve->hash == NULL || digest.len > sizeof(in->digest))
		return CKR_KEY_TYPE_INCONSISTENT;
	if (digest.len > curve->field_len)
		digest.len = curve->field_len;
	memcpy(in->digest, digest.ptr, digest.len);
	in->type = CKM_ECDSA;
	in->ptr = in->digest;
	in->len = (CK_ULONG)digest.len;
	return CKR_OK;
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
sign_begin(const struct token *t, const struct curve *curve,
    CK_OBJECT_HANDLE key)
{
	if (curve->sig_len == 0)
		return CKR_KEY_TYPE_INCONSISTENT;
	return start(t->f->C_SignInit, t->session,
	    curve->hash != NULL ? CKM_ECDSA : CKM_EDDSA, key);
}

/*
 * PKCS#11 2.40 has no function for it. Raw ECDSA and EdDSA take no data in
 * parts: being given some ends them in most tokens (SoftHSMv2, OpenSC).
 */
void
sign_cancel(const struct token *t)
{
	CK_BYTE none = 0;

	(void)t->f->C_SignUpdate(t->session, &none, 0);
}

static CK_RV
sign_input(const struct token *t, const struct curve *curve,
    CK_OBJECT_HANDLE key, const struct input *in, uint8_t *out)
{
	CK_BYTE sig[CURVE_MAX_SIG];
	CK_ULONG len = sizeof(sig);
	CK_RV rv = CKR_OK;

	if (key != SIGN_BEGUN)
		rv = start(t->f->C_SignInit, t->session, in->type, key);
	if (rv == CKR_OK)
		rv = t->f->C_Sign(t->session, in->ptr, in->len, sig, &len);
	if (rv == CKR_OK && len != curve->sig_len)
		rv = CKR_DEVICE_ERROR;
	if (rv == CKR_OK)
		memcpy(out, sig, len);
	return rv;
}

CK_RV
sign_data(const struct token *t, struct hasher *h, const struct curve *curve,
    CK_OBJECT_HANDLE key, const struct bytes *parts, size_t n, uint8_t *out)
{
	struct input in = { .message = BLOB_INIT };
	CK_RV rv;

	rv = input_make(&in, h, curve, parts, n);
	if (rv == CKR_OK)
		rv = sign_input(t, curve, key, &in, out);
	blob_reset(&in.message);
	return rv;
}

CK_RV
sign_digest(const struct token *t, const struct curve *curve,
    CK_OBJECT_HANDLE key, struct bytes digest, uint8_t *out)
{
	struct input in = { .message = BLOB_INIT };
	CK_RV rv;

	rv = input_digest(&in, curve, digest);
	return rv == CKR_OK ? sign_input(t, curve, key, &in, out) : rv;
}

static CK_RV
verify_input(const struct token *t, const struct curve *curve,
    CK_OBJECT_HANDLE key, const struct input *in, struct bytes signature)
{
	CK_BYTE sig[CURVE_MAX_SIG];
	CK_RV rv;

	if (signature.len != curve->sig_len)
		return CKR_SIGNATURE_LEN_RANGE;
	/* A copy: PKCS#11 takes it as not const. */
	memcpy(sig, signature.ptr, signature.len);
	rv = start(t->f->C_VerifyInit, t->session, in->type, key);
	if (rv == CKR_OK)
		rv = t->f->C_Verify(t->session, in->ptr, in->len, sig,
		    (CK_ULONG)signature.len);
	return rv;
}

CK_RV
sign_verify(const struct token *t, struct hasher *h, const struct curve *curve,
    CK_OBJECT_HANDLE key, const struct bytes *parts, size_t n,
    struct bytes signature)
{
	struct input in = { .message = BLOB_INIT };
	CK_RV rv;

	rv = input_make(&in, h, curve, parts, n);
	if (rv == CKR_OK)
		rv = verify_input(t, curve, key, &in, signature);
	blob_reset(&in.message);
	return rv;
}

CK_RV
sign_verify_digest(const struct token *t, const struct curve *curve,
    CK_OBJECT_HANDLE key, struct bytes digest, struct bytes signature)
{
	struct input in = { .message = BLOB_INIT };
	CK_RV rv;

	rv = input_digest(&in, curve, digest);
	return rv == CKR_OK ? verify_input(t, curve, key, &in, signature) : rv;
}
