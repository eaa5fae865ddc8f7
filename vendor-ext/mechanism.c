/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "vendor-ext/mechanism-ops.h"
#include "vendor-ext/purpose.h"
#include "vendor-ext/sign.h"

static const struct mechanism *const mechanisms[] = {
	&mech_device_signature,
	&mech_device_mac,
	&mech_reader_authentication,
	&mech_issuer_authentication,
	&mech_key_derive,
	&mech_hpke_open,
	&mech_ecdsa_sha256,
	&mech_ecdsa_sha384,
	&mech_ecdsa_sha512,
	&mech_ecdh_kdf,
	&mech_hkdf_derive,
	&mech_hkdf_data,
	&mech_sha256_hmac,
	&mech_sha384_hmac,
	&mech_sha512_hmac,
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

bool
mechanism_is_completed(const struct mechanism *m)
{
	return m->completes != NULL;
}

bool
mechanism_completes(const struct mechanism *m, CK_RV refusal,
    const CK_MECHANISM *parameter)
{
	return m->completes != NULL && m->completes(refusal, parameter);
}

void
mechanism_info(const struct mechanism *m, const struct token *t,
    CK_MECHANISM_INFO *ret)
{
	/* From Ed25519 and X25519 to P-521; named curves over prime fields */
	CK_MECHANISM_INFO info = { 255, 521,
		CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS };

	if (m->info != NULL) {
		m->info(t, &info);
	} else {
		info.flags |= m->sign != NULL ? CKF_SIGN : 0;
		info.flags |= m->verify != NULL ? CKF_VERIFY : 0;
		info.flags |= m->decrypt != NULL ? CKF_DECRYPT : 0;
		info.flags |= m->derive != NULL ? CKF_DERIVE : 0;
	}
	info.flags &= ~(CK_FLAGS)CKF_HW;
	*ret = info;
}

void
mechanism_widen(const struct mechanism *m, enum agree_path weakest,
    CK_MECHANISM_INFO *info)
{
	bool may_read =
	    weakest == AGREE_PATH_UNKNOWN || weakest >= AGREE_PATH_D;

	if (m->widen != NULL && may_read)
		m->widen(info);
}

bool
mech_listed(const struct token *t, CK_MECHANISM_TYPE type, CK_FLAGS flags)
{
	CK_MECHANISM_INFO info;

	return t->f->C_GetMechanismInfo(t->slot, type, &info) == CKR_OK &&
	    (info.flags & flags) != 0;
}

void
mech_sign_at(struct mechanism_op *op, struct token *at, CK_OBJECT_HANDLE *key)
{
	*key = op->key;
	if (op->begun == 0)
		return;
	at->session = op->begun;
	*key = SIGN_BEGUN;
	op->begun = 0;
}

bool
mechanism_works(const struct mechanism *m, const struct token *t)
{
	return m->works(t);
}

CK_RV
mech_key_read(const struct token *t, CK_OBJECT_HANDLE key,
    CK_ATTRIBUTE_TYPE permission, struct mech_key *ret)
{
	/* What it does not have is left at the value that refuses it. */
	struct mech_key k = { .class = CKO_DATA, .type = CKK_VENDOR_DEFINED };
	CK_BBOOL permitted = CK_FALSE, always = CK_FALSE;
	CK_BYTE params[32]; /* longer ones are not of a named curve */
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &k.class, sizeof(k.class) },
		{ CKA_KEY_TYPE, &k.type, sizeof(k.type) },
		{ permission, &permitted, sizeof(permitted) },
		{ CKA_EC_PARAMS, params, sizeof(params) },
		{ CKA_ALWAYS_AUTHENTICATE, &always, sizeof(always) },
		{ CKA_ALLOWED_MECHANISMS, NULL, 0 },
	};
	CK_RV rv;

	rv = t->f->C_GetAttributeValue(t->session, key, a, nitems(a));
	if (rv == CKR_OBJECT_HANDLE_INVALID)
		return CKR_KEY_HANDLE_INVALID;
	if (rv != CKR_OK && rv != CKR_ATTRIBUTE_TYPE_INVALID &&
	    rv != CKR_ATTRIBUTE_SENSITIVE && rv != CKR_BUFFER_TOO_SMALL)
		return rv;
	if (a[3].ulValueLen <= sizeof(params))
		k.curve =
		    token_curve_of(k.type, bytes_of(params, a[3].ulValueLen));
	k.permitted = permitted != CK_FALSE;
	k.always = a[4].ulValueLen == sizeof(always) && always != CK_FALSE;
	k.restricted = a[5].ulValueLen != CK_UNAVAILABLE_INFORMATION &&
	    a[5].ulValueLen != 0;
	*ret = k;
	return CKR_OK;
}

CK_RV
mech_key_allows(const struct token *t, CK_OBJECT_HANDLE key,
    CK_MECHANISM_TYPE type, CK_MECHANISM_TYPE below)
{
	struct blob list = BLOB_INIT;
	bool has_type = false, has_below = false;
	CK_MECHANISM_TYPE one;
	struct bytes rest, item;
	CK_RV rv;

	rv = token_get(t, key, CKA_ALLOWED_MECHANISMS, &list);
	if (rv != CKR_OK)
		return rv;
	rest = blob_bytes(&list);
	while (bytes_take(&rest, sizeof(one), &item)) {
		memcpy(&one, item.ptr, sizeof(one));
		has_type = has_type || one == type;
		has_below = has_below || one == below;
	}
	blob_reset(&list);
	return has_type && has_below ? CKR_OK : CKR_MECHANISM_INVALID;
}

/* A private key on a curve that fits; of the public one to verify. */
static CK_RV
check_key(const struct mechanism *m, CK_FLAGS what, const struct token *t,
    CK_OBJECT_HANDLE key, struct mech_key *ret)
{
	bool verifies = what == CKF_VERIFY;
	struct mech_key k;
	CK_RV rv;

	rv = mech_key_read(t, key, verifies ? CKA_VERIFY : m->permission, &k);
	if (rv != CKR_OK)
		return rv;
	if (k.class != (verifies ? CKO_PUBLIC_KEY : CKO_PRIVATE_KEY))
		return CKR_KEY_TYPE_INCONSISTENT;
	/* On a curve that is none of ours: the token has spoken. */
	if (k.curve == NULL && k.type == CKK_EC && m->completes != NULL)
		return CKR_MECHANISM_INVALID;
	if (k.curve == NULL || !m->curve_fits(k.curve))
		return CKR_KEY_TYPE_INCONSISTENT;
	if (!k.permitted)
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	*ret = k;
	/* What a token would check for a mechanism of its own. */
	if (m->completes != NULL && k.restricted)
		return mech_key_allows(t, key, m->type, m->below);
	return CKR_OK;
}

static bool
has_operation(const struct mechanism *m, CK_FLAGS what)
{
	switch (what) {
	case CKF_SIGN:
		return m->sign != NULL;
	case CKF_VERIFY:
		return m->verify != NULL;
	case CKF_DECRYPT:
		return m->decrypt != NULL;
	default:
		return false;
	}
}

/*
 * A login for this one use (CKU_CONTEXT_SPECIFIC) comes after C_SignInit and
 * goes to the caller's session: there and then the token must know which
 * operation it is for.
 */
static CK_RV
begin_at_home(struct mechanism_op *op, const struct token *t,
    CK_SESSION_HANDLE home)
{
	struct token at = *t;
	CK_RV rv;

	at.session = home;
	rv = sign_begin(&at, op->curve, op->key);
	if (rv == CKR_OK) {
		op->begun = home;
		op->at_home = true;
	}
	return rv;
}

static CK_RV
op_start(struct mechanism_op *op, const struct token *t,
    const struct mechanism_request *r)
{
	const struct mechanism *m = op->mechanism;
	struct mech_key k = { .curve = NULL };
	CK_RV rv;

	if (m->start == NULL &&
	    (r->parameter->pParameter != NULL ||
		r->parameter->ulParameterLen != 0))
		return CKR_MECHANISM_PARAM_INVALID;
	if (m->curve_fits != NULL &&
	    (rv = check_key(m, op->what, t, op->key, &k)) != CKR_OK)
		return rv;
	op->curve = k.curve;
	if (m->start != NULL && (rv = m->start(op, t, r->parameter)) != CKR_OK)
		return rv;
	if (k.always && r->home != 0 && op->what == CKF_SIGN &&
	    m->permission == CKA_SIGN)
		return begin_at_home(op, t, r->home);
	return CKR_OK;
}

CK_RV
mechanism_init(const struct mechanism *m, const struct token *t,
    const struct mechanism_request *r, struct mechanism_op **ret)
{
	struct mechanism_op *op;
	CK_RV rv;

	if (!has_operation(m, r->what))
		return CKR_MECHANISM_INVALID;
	if ((op = calloc(1, sizeof(*op))) == NULL)
		return CKR_HOST_MEMORY;
	op->mechanism = m;
	op->what = r->what;
	op->key = r->key;
	op->weakest = r->weakest;
	op->path = AGREE_PATH_UNKNOWN;
	op->rule = r->rule;
	op->hasher = r->hasher;
	rv = op_start(op, t, r);
	if (rv == CKR_OK)
		*ret = op;
	else
		mechanism_op_free(&op);
	return rv;
}

CK_RV
mechanism_update(struct mechanism_op *op, struct bytes part)
{
	if (op->mechanism->update != NULL && op->rule == NULL)
		return op->mechanism->update(op, part);
	if (part.len > MECHANISM_MAX_DATA - op->data.len)
		return op->what == CKF_DECRYPT ? CKR_ENCRYPTED_DATA_LEN_RANGE
					       : CKR_DATA_LEN_RANGE;
	return blob_append_bytes(&op->data, part) ? CKR_OK : CKR_HOST_MEMORY;
}

CK_ULONG
mechanism_sign_len(const struct mechanism_op *op)
{
	return op->mechanism->sign_len(op);
}

static CK_RV
read_data(const struct mechanism_op *op, struct tbs *ret)
{
	struct bytes data = blob_bytes(&op->data);
	struct tbs_error e;

	if (op->mechanism->kinds == 0)
		return CKR_OK;
	if (op->mechanism->payload != NULL &&
	    !op->mechanism->payload(op, &data)) {
		log_printf(LOG_INFO, "mechanism",
		    "%s: data is no Sig_structure for this key",
		    op->mechanism->name);
		return CKR_DATA_INVALID;
	}
	if (!tbs_read(data, ret, &e)) {
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

CK_ULONG
mechanism_purposes(const struct mechanism *m)
{
	CK_ULONG purposes = m->purposes;

	for (unsigned kind = 0; kind <= TBS_MOBILE_SECURITY_OBJECT; kind++)
		if ((m->kinds & TBS_BIT(kind)) != 0)
			purposes |= purpose_of((enum tbs_kind)kind);
	return purposes;
}

CK_RV
mechanism_want(const struct mechanism_op *op, struct purpose_want *ret)
{
	const struct mechanism *m = op->mechanism;
	struct tbs data = { .doc_type = BYTES_NULL };
	CK_RV rv;

	rv = read_data(op, &data);
	if (rv == CKR_OK && m->check != NULL)
		rv = m->check(op, &data);
	if (rv != CKR_OK)
		return rv;
	*ret = (struct purpose_want){ m->purposes, BYTES_NULL, PURPOSE_OTHER };
	if (m->kinds != 0)
		*ret =
		    (struct purpose_want){ purpose_of(data.kind), data.doc_type,
			    m->permission == CKA_DERIVE ? PURPOSE_MAC
							: PURPOSE_SIGN };
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
	return op->mechanism->sign(op, t, h,
	    op->mechanism->kinds != 0 ? &data : NULL, out);
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

CK_ULONG
mechanism_decrypt_len(const struct mechanism_op *op, size_t in_len)
{
	return op->mechanism->decrypt_len(op, op->data.len + in_len);
}

CK_RV
mechanism_decrypt(struct mechanism_op *op, const struct token *t,
    struct hasher *h, struct blob *ret)
{
	if (op->what != CKF_DECRYPT)
		return CKR_OPERATION_NOT_INITIALIZED;
	return op->mechanism->decrypt(op, t, h, ret);
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
mechanism_op_cancel(struct mechanism_op *op, const struct token *home)
{
	if (op == NULL || op->begun == 0)
		return;
	sign_cancel(home);
	op->begun = 0;
}

bool
mechanism_op_at_home(const struct mechanism_op *op)
{
	return op != NULL && op->at_home;
}

void
mechanism_op_free(struct mechanism_op **op)
{
	if (op == NULL || *op == NULL)
		return;
	if ((*op)->mechanism->end != NULL)
		(*op)->mechanism->end(*op);
	blob_reset(&(*op)->data);
	free(*op);
	*op = NULL;
}

static CK_RV
derive_check(const struct mechanism *m, const struct token *t,
    struct mechanism_derivation *d)
{
	struct mech_key k;
	CK_RV rv;

	d->path = AGREE_PATH_UNKNOWN;
	d->curve = NULL;
	if (m->derive == NULL)
		return CKR_MECHANISM_INVALID;
	if (m->curve_fits == NULL)
		return CKR_OK;
	rv = check_key(m, CKF_DERIVE, t, d->base, &k);
	if (rv == CKR_OK)
		d->curve = k.curve;
	return rv;
}

CK_RV
mechanism_derive_want(const struct mechanism *m, const struct token *t,
    struct mechanism_derivation *d, struct purpose_want *ret)
{
	CK_RV rv;

	rv = derive_check(m, t, d);
	if (rv != CKR_OK)
		return rv;
	if (m->derive_want != NULL)
		return m->derive_want(d, ret);
	*ret = (struct purpose_want){ m->purposes, BYTES_NULL, PURPOSE_OTHER };
	return CKR_OK;
}

CK_RV
mechanism_derive(const struct mechanism *m, const struct token *t,
    struct hasher *h, struct mechanism_derivation *d, CK_OBJECT_HANDLE *ret)
{
	CK_RV rv;

	rv = derive_check(m, t, d);
	return rv == CKR_OK ? m->derive(t, h, d, ret) : rv;
}
