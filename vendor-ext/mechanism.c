/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "common/log.h"
#include "vendor-ext/mechanism-ops.h"

static const struct mechanism *const mechanisms[] = {
	&mech_device_signature,
	&mech_device_mac,
	&mech_reader_authentication,
	&mech_issuer_authentication,
};

const struct mechanism *
mechanism_at(size_t i)
{
	return i < nitems(mechanisms) ? mechanisms[i] : NULL;
}

const struct mechanism *
mechanism_find(CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < nitems(mechanisms); i++) {
		if (mechanisms[i]->type == type)
			return mechanisms[i];
	}
	return NULL;
}

CK_MECHANISM_TYPE
mechanism_type(const struct mechanism *m)
{
	return m->type;
}

const char *
mechanism_name(const struct mechanism *m)
{
	return m->name;
}

void
mechanism_info(const struct mechanism *m, CK_MECHANISM_INFO *ret)
{
	/* From Ed25519 and X25519 to P-521; named curves over prime fields */
	ret->ulMinKeySize = 255;
	ret->ulMaxKeySize = 521;
	ret->flags = CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS;
	if (m->sign != NULL)
		ret->flags |= CKF_SIGN;
	if (m->verify != NULL)
		ret->flags |= CKF_VERIFY;
}

bool
mech_listed(const struct token *t, CK_MECHANISM_TYPE type, CK_FLAGS flags)
{
	CK_MECHANISM_INFO info;

	return t->f->C_GetMechanismInfo(t->slot, type, &info) == CKR_OK &&
	    (info.flags & flags) != 0;
}

bool
mechanism_works(const struct mechanism *m, const struct token *t)
{
	return m->works(t);
}

/*
 * All that is asked about a key, by one call: a token may read a file for
 * each. What it does not have is left at the value that refuses it.
 */
struct key_facts {
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;
	CK_BBOOL permitted;
	CK_BYTE params[32]; /* longer ones are not of a named curve */
	CK_ULONG params_len;
};

static CK_RV
read_facts(const struct token *t, CK_OBJECT_HANDLE key,
    CK_ATTRIBUTE_TYPE permission, struct key_facts *ret)
{
	struct key_facts f = { .class = CKO_DATA,
		.type = CKK_VENDOR_DEFINED,
		.permitted = CK_FALSE };
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &f.class, sizeof(f.class) },
		{ CKA_KEY_TYPE, &f.type, sizeof(f.type) },
		{ permission, &f.permitted, sizeof(f.permitted) },
		{ CKA_EC_PARAMS, f.params, sizeof(f.params) },
	};
	CK_RV rv;

	rv = t->f->C_GetAttributeValue(t->session, key, a, nitems(a));
	if (rv == CKR_OBJECT_HANDLE_INVALID)
		return CKR_KEY_HANDLE_INVALID;
	if (rv != CKR_OK && rv != CKR_ATTRIBUTE_TYPE_INVALID &&
	    rv != CKR_ATTRIBUTE_SENSITIVE && rv != CKR_BUFFER_TOO_SMALL)
		return rv;
	if (a[3].ulValueLen <= sizeof(f.params))
		f.params_len = a[3].ulValueLen;
	*ret = f;
	return CKR_OK;
}

static CK_RV
check_key(const struct mechanism *m, CK_FLAGS what, const struct token *t,
    CK_OBJECT_HANDLE key, const struct curve **ret)
{
	bool signs = what == CKF_SIGN;
	const struct curve *c;
	struct key_facts f;
	CK_RV rv;

	rv = read_facts(t, key, signs ? m->permission : CKA_VERIFY, &f);
	if (rv != CKR_OK)
		return rv;
	if (f.class != (signs ? CKO_PRIVATE_KEY : CKO_PUBLIC_KEY))
		return CKR_KEY_TYPE_INCONSISTENT;
	c = token_curve_of(f.type, bytes_of(f.params, f.params_len));
	if (c == NULL || !m->curve_fits(c))
		return CKR_KEY_TYPE_INCONSISTENT;
	if (f.permitted == CK_FALSE)
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	*ret = c;
	return CKR_OK;
}

CK_RV
mechanism_init(const struct mechanism *m, CK_FLAGS what, const struct token *t,
    const CK_MECHANISM *parameter, CK_OBJECT_HANDLE key,
    enum agree_path weakest, struct mechanism_op **ret)
{
	const struct curve *curve = NULL;
	struct mechanism_op *op;
	CK_RV rv;

	if (!(what == CKF_SIGN && m->sign != NULL) &&
	    !(what == CKF_VERIFY && m->verify != NULL))
		return CKR_MECHANISM_INVALID;
	if (parameter->pParameter != NULL || parameter->ulParameterLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	if ((rv = check_key(m, what, t, key, &curve)) != CKR_OK)
		return rv;
	if ((op = calloc(1, sizeof(*op))) == NULL)
		return CKR_HOST_MEMORY;
	op->mechanism = m;
	op->what = what;
	op->key = key;
	op->curve = curve;
	op->weakest = weakest;
	op->path = AGREE_PATH_UNKNOWN;
	*ret = op;
	return CKR_OK;
}

CK_RV
mechanism_update(struct mechanism_op *op, struct bytes part)
{
	if (part.len > MECHANISM_MAX_DATA - op->data.len)
		return CKR_DATA_LEN_RANGE;
	return blob_append_bytes(&op->data, part) ? CKR_OK : CKR_HOST_MEMORY;
}

CK_ULONG
mechanism_sign_len(const struct mechanism_op *op)
{
	return op->mechanism->sign_len(op->curve);
}

static CK_RV
read_data(const struct mechanism_op *op, struct tbs *ret)
{
	struct tbs_error e;

	if (!tbs_read(blob_bytes(&op->data), ret, &e)) {
		log_printf(LOG_INFO, "mechanism", "%s: %s: %s at byte %zu",
		    op->mechanism->name, e.what != NULL ? e.what : "data",
		    cbor_error_name(e.error), e.offset);
		return CKR_DATA_INVALID;
	}
	if ((op->mechanism->kinds & TBS_BIT(ret->kind)) == 0) {
		log_printf(LOG_INFO, "mechanism",
		    "%s: data is another structure", op->mechanism->name);
		return CKR_DATA_INVALID;
	}
	return CKR_OK;
}

CK_RV
mechanism_sign(struct mechanism_op *op, const struct token *t, struct hasher *h,
    uint8_t *out)
{
	struct tbs data;
	CK_RV rv;

	if (op->what != CKF_SIGN)
		return CKR_OPERATION_NOT_INITIALIZED;
	if ((rv = read_data(op, &data)) != CKR_OK)
		return rv;
	return op->mechanism->sign(op, t, h, &data, out);
}

CK_RV
mechanism_verify(struct mechanism_op *op, const struct token *t,
    struct hasher *h, struct bytes signature)
{
	struct tbs data;
	CK_RV rv;

	if (op->what != CKF_VERIFY)
		return CKR_OPERATION_NOT_INITIALIZED;
	if ((rv = read_data(op, &data)) != CKR_OK)
		return rv;
	return op->mechanism->verify(op, t, h, signature);
}

void
mechanism_op_expect(struct mechanism_op *op, enum agree_path path)
{
	op->path = path;
}

enum agree_path
mechanism_op_path(const struct mechanism_op *op)
{
	return op->path;
}

void
mechanism_op_free(struct mechanism_op **op)
{
	if (op == NULL || *op == NULL)
		return;
	blob_reset(&(*op)->data);
	free(*op);
	*op = NULL;
}
