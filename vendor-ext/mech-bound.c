/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Standard mechanisms with a purpose-bound key: they sign a Sig_structure (RFC
 * 9052, 4.4) that carries a structure of mdoc, and nothing else, so that COSE
 * libraries can work with such a key.
 */
#include "config.h"

#include "vendor-ext/mechanism-ops.h"
#include "vendor-ext/pkcs11-3.h"
#include "vendor-ext/sign.h"

#define ALL_KINDS                                    \
	(TBS_BIT(TBS_DEVICE_AUTHENTICATION) |        \
	    TBS_BIT(TBS_READER_AUTHENTICATION) |     \
	    TBS_BIT(TBS_READER_AUTHENTICATION_ALL) | \
	    TBS_BIT(TBS_MOBILE_SECURITY_OBJECT))

/* The algorithm of a protected header; other parameters may be there. */
static bool
read_alg(struct bytes in, int64_t *ret)
{
	struct cbor_reader r;
	struct cbor_map m;
	struct cbor_item key;
	int64_t label;
	bool found = false;

	cbor_reader_init(&r, in);
	if (!cbor_enter_map(&r, &m))
		return false;
	while (cbor_map_next(&r, &m, &key)) {
		if (cbor_key_int(&key, &label) && label == 1)
			found = cbor_get_int(&r, ret);
		else if (!cbor_skip(&r, NULL))
			return false;
	}
	return cbor_finish(&r) && found;
}

/* The payload of a Sig_structure for this curve's algorithm. */
static bool
read_sig_structure(const struct curve *c, struct bytes in, struct bytes *ret)
{
	struct bytes context, protected, aad, payload;
	struct cbor_reader r;
	int64_t alg;

	cbor_reader_init(&r, in);
	if (!cbor_enter_array_of(&r, 4) || !cbor_get_tstr(&r, &context) ||
	    !cbor_get_bstr(&r, &protected) || !cbor_get_bstr(&r, &aad) ||
	    !cbor_get_bstr(&r, &payload))
		return false;
	cbor_leave(&r);
	if (!cbor_finish(&r) || !bytes_equal_str(context, "Signature1") ||
	    aad.len != 0 || !read_alg(protected, &alg) || alg != c->alg)
		return false;
	*ret = payload;
	return true;
}

static bool
payload(const struct mechanism_op *op, struct bytes *ret)
{
	return read_sig_structure(op->curve, blob_bytes(&op->data), ret);
}

static bool
fits_es256(const struct curve *c)
{
	return c->alg == COSE_ALG_ES256;
}

static bool
fits_es384(const struct curve *c)
{
	return c->alg == COSE_ALG_ES384;
}

static bool
fits_es512(const struct curve *c)
{
	return c->alg == COSE_ALG_ES512;
}

static bool
fits_eddsa(const struct curve *c)
{
	return c->alg == COSE_ALG_EDDSA;
}

/* CKM_EDDSA: Ed25519 has none; pure Ed448 may say so (PKCS#11 3.0, 6.3.16). */
static CK_RV
start(struct mechanism_op *op, const struct token *t,
    const CK_MECHANISM *parameter)
{
	struct pkcs11_eddsa_params p;

	(void)t;
	if (parameter->pParameter == NULL)
		return parameter->ulParameterLen == 0
		    ? CKR_OK
		    : CKR_MECHANISM_PARAM_INVALID;
	if (op->mechanism->type != CKM_EDDSA ||
	    parameter->ulParameterLen != sizeof(p))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&p, parameter->pParameter, sizeof(p));
	return p.prehash == CK_FALSE && p.context_len == 0
	    ? CKR_OK
	    : CKR_MECHANISM_PARAM_INVALID;
}

static CK_RV
sign(struct mechanism_op *op, const struct token *token, struct hasher *h,
    const struct tbs *t, uint8_t *out)
{
	CK_OBJECT_HANDLE key = op->key;
	struct bytes data = blob_bytes(&op->data);
	struct token at = *token;

	(void)t;
	mech_sign_at(op, &at, &key);
	return sign_data(&at, h, op->curve, key, &data, 1, out);
}

#define BOUND(name_, fits)                                                \
	{                                                                 \
		.type = (name_), .name = #name_, .permission = CKA_SIGN,  \
		.works = mech_cose_works, .kinds = ALL_KINDS,             \
		.curve_fits = (fits), .start = start, .payload = payload, \
		.sign_len = mech_cose_sign_len, .sign = sign              \
	}

static const struct mechanism bound[] = {
	BOUND(CKM_ECDSA_SHA256, fits_es256),
	BOUND(CKM_ECDSA_SHA384, fits_es384),
	BOUND(CKM_ECDSA_SHA512, fits_es512),
	BOUND(CKM_EDDSA, fits_eddsa),
};

const struct mechanism *
mechanism_bound(CK_MECHANISM_TYPE type)
{
	const struct mechanism *m = mechanism_find(type);

	for (size_t i = 0; i < nitems(bound); i++)
		if (bound[i].type == type)
			return &bound[i];
	return m != NULL && !mechanism_is_completed(m) ? m : NULL;
}
