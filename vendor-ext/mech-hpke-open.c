/* SPDX-License-Identifier: BSD-3-Clause */
/* A message of HPKE to a key in the token: RFC 9180, 18013-7 annex C */
#include "config.h"

#include <stdlib.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/log.h"
#include "vendor-ext/hpke.h"
#include "vendor-ext/mechanism-ops.h"

#define CRV_P256 1

/* The parameter, copied. */
struct state {
	struct blob enc;
	struct blob info;
	struct blob aad;
	struct blob public_key;
};

static bool
curve_fits(const struct curve *c)
{
	return c->cose == CRV_P256;
}

static bool
works(const struct token *t)
{
	return mech_listed(t, CKM_ECDH1_DERIVE, CKF_DERIVE);
}

static void
info(const struct token *t, CK_MECHANISM_INFO *ret)
{
	(void)t;
	ret->ulMinKeySize = 256;
	ret->ulMaxKeySize = 256;
	ret->flags |= CKF_DECRYPT;
}

static void
end(struct mechanism_op *op)
{
	struct state *s = op->state;

	if (s == NULL)
		return;
	blob_reset(&s->enc);
	blob_reset(&s->info);
	blob_reset(&s->aad);
	blob_reset(&s->public_key);
	free(s);
	op->state = NULL;
}

static bool
is_span(const CK_BYTE *p, CK_ULONG len)
{
	return (p != NULL || len == 0) && len <= MECHANISM_MAX_DATA;
}

static CK_RV
copy(const CK_MECHANISM *m, struct state *s)
{
	const CK_MDOC_HPKE_OPEN_PARAMS *p = m->pParameter;

	if (p == NULL || m->ulParameterLen != sizeof(*p) ||
	    p->ulVersion != CK_MDOC_PARAMS_VERSION ||
	    !is_span(p->pEnc, p->ulEncLen) ||
	    !is_span(p->pInfo, p->ulInfoLen) || !is_span(p->pAAD, p->ulAADLen))
		return CKR_MECHANISM_PARAM_INVALID;
	if (!is_span(p->pPublicKey, p->ulPublicKeyLen))
		return CKR_MECHANISM_PARAM_INVALID;
	if (!blob_set(&s->enc, bytes_of(p->pEnc, p->ulEncLen)) ||
	    !blob_set(&s->info, bytes_of(p->pInfo, p->ulInfoLen)) ||
	    !blob_set(&s->aad, bytes_of(p->pAAD, p->ulAADLen)) ||
	    !blob_set(&s->public_key,
		bytes_of(p->pPublicKey, p->ulPublicKeyLen)))
		return CKR_HOST_MEMORY;
	return CKR_OK;
}

/* The recipient's point is hashed (4.1), and a private key may not have it. */
static CK_RV
find_public(const struct token *t, CK_OBJECT_HANDLE key, struct state *s)
{
	CK_RV rv;

	if (s->public_key.len > 0)
		return CKR_OK;
	rv = token_key_public(t, key, &s->public_key);
	if (rv != CKR_ATTRIBUTE_TYPE_INVALID)
		return rv;
	log_printf(LOG_INFO, "hpke",
	    "no public key with the CKA_ID of this private key: "
	    "pPublicKey is needed");
	return CKR_MECHANISM_PARAM_INVALID;
}

static CK_RV
start(struct mechanism_op *op, const struct token *t,
    const CK_MECHANISM *parameter)
{
	struct state *s = calloc(1, sizeof(*s));
	CK_RV rv;

	if (s == NULL)
		return CKR_HOST_MEMORY;
	op->state = s;
	if ((rv = copy(parameter, s)) != CKR_OK ||
	    (rv = find_public(t, op->key, s)) != CKR_OK)
		return rv;
	/* Before the token sees either of them. */
	if (!hpke_point_valid(blob_bytes(&s->enc)) ||
	    !hpke_point_valid(blob_bytes(&s->public_key)))
		return CKR_MECHANISM_PARAM_INVALID;
	return CKR_OK;
}

static CK_ULONG
decrypt_len(const struct mechanism_op *op, size_t in_len)
{
	(void)op;
	return in_len < HPKE_TAG_LEN ? 0 : (CK_ULONG)(in_len - HPKE_TAG_LEN);
}

static CK_RV
decrypt(struct mechanism_op *op, const struct token *token, struct hasher *h,
    struct blob *ret)
{
	const struct state *s = op->state;
	const struct hpke_input in = {
		.key = op->key,
		.public_key = blob_bytes(&s->public_key),
		.enc = blob_bytes(&s->enc),
		.info = blob_bytes(&s->info),
		.aad = blob_bytes(&s->aad),
		.weakest = op->weakest,
		.path = &op->path,
	};

	return hpke_open(token, h, &in, blob_bytes(&op->data), ret);
}

const struct mechanism mech_hpke_open = {
	.type = CKM_MDOC_HPKE_OPEN,
	.name = "CKM_MDOC_HPKE_OPEN",
	.permission = CKA_DERIVE,
	.purposes = MDOC_PURPOSE_READER,
	.curve_fits = curve_fits,
	.works = works,
	.info = info,
	.start = start,
	.end = end,
	.decrypt_len = decrypt_len,
	.decrypt = decrypt,
};
