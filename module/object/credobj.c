/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "module/object/attrs.h"
#include "module/object/credobj.h"
#include "vendor-ext/credential.h"

enum kind {
	KIND_BLOB,
	KIND_NUMBER /* of 64 bits; CK_UNAVAILABLE_INFORMATION is all ones */
};

/* What a credential is made of. */
static const struct field {
	CK_ATTRIBUTE_TYPE type;
	enum kind kind;
	size_t offset;
	bool required; /* when it is made */
	bool settable; /* afterwards */
} fields[] = {
	{ CKA_LABEL, KIND_BLOB, offsetof(struct credential, label), false,
	    true },
	{ CKA_ID, KIND_BLOB, offsetof(struct credential, key_id), false,
	    false },
	{ CKA_VALUE, KIND_BLOB, offsetof(struct credential, issuer_signed),
	    true, false },
	{ CKA_MDOC_DOC_TYPE, KIND_BLOB, offsetof(struct credential, doc_type),
	    true, false },
	{ CKA_MDOC_VALID_FROM, KIND_NUMBER,
	    offsetof(struct credential, valid_from), true, false },
	{ CKA_MDOC_VALID_UNTIL, KIND_NUMBER,
	    offsetof(struct credential, valid_until), true, false },
	{ CKA_MDOC_USES_LEFT, KIND_NUMBER,
	    offsetof(struct credential, uses_left), false, true },
};

/* What is asked of the object that carries it. Only this is possible. */
static const struct flag {
	CK_ATTRIBUTE_TYPE type;
	bool any; /* either value is */
} flags[] = {
	{ CKA_TOKEN, true },
	{ CKA_PRIVATE, false },
	{ CKA_MODIFIABLE, false },
	{ CKA_COPYABLE, false },
	{ CKA_DESTROYABLE, false },
};

_Static_assert(nitems(fields) + nitems(flags) + 1 < 32, "bits of seen");

static const struct field *
field_find(CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < nitems(fields); i++)
		if (fields[i].type == type)
			return &fields[i];
	return NULL;
}

static const struct flag *
flag_find(CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < nitems(flags); i++)
		if (flags[i].type == type)
			return &flags[i];
	return NULL;
}

bool
credobj_is_asked(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_CLASS class;

	return attrs_ulong(t, n, CKA_CLASS, &class) &&
	    class == CKO_MDOC_CREDENTIAL;
}

CK_RV
credobj_check(const struct token *t, CK_OBJECT_HANDLE object)
{
	struct credential c = { 0 };
	CK_RV rv;

	rv = credential_load(t, object, &c);
	credential_reset(&c);
	return rv == CKR_DATA_INVALID ? CKR_OK : rv;
}

static CK_RV
field_set(struct credential *c, const struct field *f, const CK_ATTRIBUTE *a)
{
	void *p = (uint8_t *)c + f->offset;
	CK_ULONG number;
	uint64_t wide;

	if (a->pValue == NULL && a->ulValueLen > 0)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (f->kind == KIND_BLOB)
		return blob_set(p, bytes_of(a->pValue, a->ulValueLen))
		    ? CKR_OK
		    : CKR_HOST_MEMORY;
	if (!attrs_ulong(a, 1, a->type, &number))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	wide = number == CK_UNAVAILABLE_INFORMATION ? UINT64_MAX : number;
	/* Times are signed: what does not fit is no time. */
	if (f->required && wide > INT64_MAX)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	memcpy(p, &wide, sizeof(wide));
	return CKR_OK;
}

static CK_RV
flag_set(const struct flag *f, const CK_ATTRIBUTE *a, CK_BBOOL *on_token)
{
	CK_BBOOL value;

	if (a->pValue == NULL || a->ulValueLen != sizeof(value))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	memcpy(&value, a->pValue, sizeof(value));
	if (f->type == CKA_TOKEN)
		*on_token = value;
	else if (!f->any && !value)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return CKR_OK;
}

/* A class among the attributes says what the object is anyway. */
static CK_RV
attribute_set(struct credential *c, const CK_ATTRIBUTE *a, CK_BBOOL *on_token)
{
	const struct field *field = field_find(a->type);
	const struct flag *flag = flag_find(a->type);

	if (field != NULL)
		return field_set(c, field, a);
	if (flag != NULL)
		return flag_set(flag, a, on_token);
	if (a->type == CKA_CLASS)
		return credobj_is_asked(a, 1) ? CKR_OK
					      : CKR_TEMPLATE_INCONSISTENT;
	return CKR_ATTRIBUTE_TYPE_INVALID;
}

static CK_RV
template_check(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	if (t == NULL && n > 0)
		return CKR_ARGUMENTS_BAD;
	for (CK_ULONG i = 0; i < n; i++)
		if (attrs_find(t, i, t[i].type) != NULL)
			return CKR_TEMPLATE_INCONSISTENT;
	return CKR_OK;
}

CK_RV
credobj_create(const struct token *t, const CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	struct credential c = { .uses_left = CREDENTIAL_NO_LIMIT };
	CK_BBOOL on_token = CK_FALSE;
	CK_RV rv;

	if (ret == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = template_check(template, n);
	for (size_t i = 0; rv == CKR_OK && i < nitems(fields); i++)
		if (fields[i].required &&
		    attrs_find(template, n, fields[i].type) == NULL)
			rv = CKR_TEMPLATE_INCOMPLETE;
	for (CK_ULONG i = 0; rv == CKR_OK && i < n; i++)
		rv = attribute_set(&c, &template[i], &on_token);
	if (rv == CKR_OK)
		rv = credential_create(t, &c, on_token, ret);
	credential_reset(&c);
	return rv;
}

/* Changes what may be changed; on_token is NULL where that is fixed too. */
static CK_RV
template_apply(struct credential *c, const CK_ATTRIBUTE *t, CK_ULONG n,
    CK_BBOOL *on_token)
{
	const struct field *f;
	CK_RV rv;

	rv = template_check(t, n);
	for (CK_ULONG i = 0; rv == CKR_OK && i < n; i++) {
		f = field_find(t[i].type);
		if (f != NULL && f->settable)
			rv = field_set(c, f, &t[i]);
		else if (t[i].type == CKA_TOKEN && on_token != NULL)
			rv = attribute_set(c, &t[i], on_token);
		else if (f != NULL || flag_find(t[i].type) != NULL ||
		    t[i].type == CKA_CLASS)
			rv = CKR_ATTRIBUTE_READ_ONLY;
		else
			rv = CKR_ATTRIBUTE_TYPE_INVALID;
	}
	return rv;
}

CK_RV
credobj_copy(const struct token *t, CK_OBJECT_HANDLE object,
    const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	struct credential c = { 0 };
	CK_BBOOL on_token;
	CK_RV rv;

	if (ret == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = credential_load(t, object, &c);
	if (rv != CKR_OK)
		return rv;
	rv = token_get_flag(t, object, CKA_TOKEN, &on_token);
	if (rv == CKR_OK)
		rv = template_apply(&c, template, n, &on_token);
	if (rv == CKR_OK)
		rv = credential_create(t, &c, on_token, ret);
	credential_reset(&c);
	return rv;
}

CK_RV
credobj_set(const struct token *t, CK_OBJECT_HANDLE object,
    const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	struct credential c = { 0 };
	CK_RV rv;

	rv = credential_load(t, object, &c);
	if (rv != CKR_OK)
		return rv;
	rv = template_apply(&c, template, n, NULL);
	if (rv == CKR_OK)
		rv = credential_update(t, object, &c, ret);
	credential_reset(&c);
	return rv;
}

static CK_RV
field_get(const struct credential *c, const struct field *f, CK_ATTRIBUTE *a)
{
	const void *p = (const uint8_t *)c + f->offset;
	const struct blob *b = p;
	uint64_t wide;

	if (f->kind == KIND_BLOB)
		return attrs_put(a, blob_bytes(b));
	memcpy(&wide, p, sizeof(wide));
	return attrs_put_ulong(a,
	    wide > CK_UNAVAILABLE_INFORMATION ? CK_UNAVAILABLE_INFORMATION
					      : (CK_ULONG)wide);
}

CK_RV
credobj_get(const struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *template, CK_ULONG n)
{
	struct credential c = { 0 };
	const struct field *f;
	CK_RV rv, one;

	if (template == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = credential_load(t, object, &c);
	if (rv != CKR_OK)
		return rv;
	for (CK_ULONG i = 0; attrs_is_partial(rv) && i < n; i++) {
		CK_ATTRIBUTE *a = &template[i];

		f = field_find(a->type);
		if (f != NULL)
			one = field_get(&c, f, a);
		else if (a->type == CKA_CLASS)
			one = attrs_put_ulong(a, CKO_MDOC_CREDENTIAL);
		else if (flag_find(a->type) != NULL)
			one =
			    t->f->C_GetAttributeValue(t->session, object, a, 1);
		else
			one = attrs_put_none(a);
		rv = attrs_worse(rv, one);
	}
	credential_reset(&c);
	return rv;
}

CK_RV
credobj_find(const struct token *t, const CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE **ret, CK_ULONG *ret_n)
{
	struct bytes doc_type = attrs_bytes(template, n, CKA_MDOC_DOC_TYPE);
	struct bytes label = attrs_bytes(template, n, CKA_LABEL);
	struct bytes key_id = attrs_bytes(template, n, CKA_ID);
	CK_OBJECT_HANDLE *found = NULL, *more;
	CK_ULONG max = 0, n_found;
	CK_RV rv;

	do {
		max = max == 0 ? 32 : max * 4;
		more = reallocarray(found, max, sizeof(*found));
		if (more == NULL) {
			free(found);
			return CKR_HOST_MEMORY;
		}
		found = more;
		rv = credential_find(t, doc_type, label, key_id, found, max,
		    &n_found);
	} while (rv == CKR_OK && n_found == max);
	if (rv != CKR_OK) {
		free(found);
		return rv;
	}
	*ret = found;
	*ret_n = n_found;
	return CKR_OK;
}
