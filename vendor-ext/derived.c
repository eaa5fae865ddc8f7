/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "vendor-ext/derived.h"
#include "vendor-ext/pkcs11-3.h"

/* Attributes that are added to the template. */
#define MAX_MORE 8

/* Types of keys that do not have any length. */
static const struct {
	CK_KEY_TYPE type;
	size_t len[3];
	bool fixed; /* needs no CKA_VALUE_LEN */
} types[] = {
	{ CKK_AES, { 16, 24, 32 }, false },
	{ CKK_DES, { 8 }, true },
	{ CKK_DES2, { 16 }, true },
	{ CKK_DES3, { 24 }, true },
	{ CKK_CHACHA20, { 32 }, true },
};

static const CK_ATTRIBUTE *
find(const struct mechanism_derivation *d, CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; i < d->n; i++) {
		if (d->template[i].type == type)
			return &d->template[i];
	}
	return NULL;
}

/* As it is in the template; *value stays if it is not there. */
static CK_RV
get_ulong(const struct mechanism_derivation *d, CK_ATTRIBUTE_TYPE type,
    CK_ULONG *value)
{
	const CK_ATTRIBUTE *a = find(d, type);

	if (a == NULL)
		return CKR_OK;
	if (a->pValue == NULL || a->ulValueLen != sizeof(*value))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	memcpy(value, a->pValue, sizeof(*value));
	return CKR_OK;
}

static CK_RV
check_type(const struct derived *what, size_t *len)
{
	for (size_t i = 0; i < nitems(types); i++) {
		if (types[i].type != what->type)
			continue;
		if (types[i].fixed && *len == 0)
			*len = types[i].len[0];
		for (size_t k = 0; k < nitems(types[i].len); k++) {
			if (*len != 0 && types[i].len[k] == *len)
				return CKR_OK;
		}
		return *len == 0 ? CKR_TEMPLATE_INCOMPLETE
				 : CKR_TEMPLATE_INCONSISTENT;
	}
	return CKR_OK;
}

CK_RV
derived_read(const struct mechanism_derivation *d, CK_OBJECT_CLASS class,
    size_t fixed, size_t max, struct derived *ret)
{
	struct derived what = { class, CKK_GENERIC_SECRET, 0 };
	CK_ULONG value_len = (CK_ULONG)fixed;
	size_t len;
	CK_RV rv;

	if (find(d, CKA_VALUE) != NULL)
		return CKR_TEMPLATE_INCONSISTENT;
	if ((rv = get_ulong(d, CKA_CLASS, &what.class)) != CKR_OK ||
	    (rv = get_ulong(d, CKA_KEY_TYPE, &what.type)) != CKR_OK ||
	    (rv = get_ulong(d, CKA_VALUE_LEN, &value_len)) != CKR_OK)
		return rv;
	if (what.class != class ||
	    (class != CKO_SECRET_KEY && find(d, CKA_KEY_TYPE) != NULL))
		return CKR_TEMPLATE_INCONSISTENT;
	len = value_len;
	if (class == CKO_SECRET_KEY && (rv = check_type(&what, &len)) != CKR_OK)
		return rv;
	if (len == 0)
		return find(d, CKA_VALUE_LEN) == NULL
		    ? CKR_TEMPLATE_INCOMPLETE
		    : CKR_TEMPLATE_INCONSISTENT;
	if (len > max || (fixed != 0 && len != fixed))
		return CKR_TEMPLATE_INCONSISTENT;
	what.len = len;
	*ret = what;
	return CKR_OK;
}

/* ---- making it */

/* Flags of a key that the base key hands on; true is the stronger of some. */
static const struct {
	CK_ATTRIBUTE_TYPE type;
	bool strong;
	bool of_data; /* a CKO_DATA has it too */
} flags[] = {
	{ CKA_PRIVATE, true, true },
	{ CKA_SENSITIVE, true, false },
	{ CKA_EXTRACTABLE, false, false },
};

/* The template of C_CreateObject. */
struct making {
	CK_ATTRIBUTE *v;
	CK_ULONG n;
	CK_BBOOL flag[nitems(flags)];
};

static void
put(struct making *m, CK_ATTRIBUTE_TYPE type, void *value, CK_ULONG len)
{
	m->v[m->n++] = (CK_ATTRIBUTE){ type, value, len };
}

/* Those that the template leaves open. */
static CK_RV
put_flags(struct making *m, const struct token *t,
    const struct mechanism_derivation *d, const struct derived *what)
{
	CK_RV rv;

	for (size_t i = 0; i < nitems(flags); i++) {
		CK_ATTRIBUTE a = { flags[i].type, &m->flag[i],
			sizeof(m->flag[i]) };

		if ((what->class == CKO_DATA && !flags[i].of_data) ||
		    find(d, flags[i].type) != NULL)
			continue;
		rv = t->f->C_GetAttributeValue(t->session, d->base, &a, 1);
		/* A data object as the base: the token's own default. */
		if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
			continue;
		if (rv != CKR_OK)
			return rv;
		put(m, flags[i].type, &m->flag[i], sizeof(m->flag[i]));
	}
	return CKR_OK;
}

/* A token that took the template may still have made something weaker. */
static CK_RV
check_flags(const struct token *at, const struct making *m,
    CK_OBJECT_HANDLE object)
{
	const CK_BBOOL *asked;
	CK_BBOOL is;
	CK_RV rv;

	for (CK_ULONG i = 0; i < m->n; i++) {
		for (size_t k = 0; k < nitems(flags); k++) {
			if (m->v[i].type != flags[k].type)
				continue;
			asked = m->v[i].pValue;
			if ((*asked != CK_FALSE) != flags[k].strong)
				continue;
			rv = token_get_flag(at, object, flags[k].type, &is);
			if (rv != CKR_OK)
				return rv;
			if ((is != CK_FALSE) != flags[k].strong)
				return CKR_TEMPLATE_INCONSISTENT;
		}
	}
	return CKR_OK;
}

static CK_RV
fill(struct making *m, const struct token *t,
    const struct mechanism_derivation *d, struct derived *what,
    struct blob *value)
{
	for (CK_ULONG i = 0; i < d->n; i++) {
		const CK_ATTRIBUTE *a = &d->template[i];

		if (a->pValue == NULL && a->ulValueLen != 0)
			return CKR_ATTRIBUTE_VALUE_INVALID;
		for (size_t k = 0; k < nitems(flags); k++) {
			if (a->type == flags[k].type &&
			    a->ulValueLen != sizeof(CK_BBOOL))
				return CKR_ATTRIBUTE_VALUE_INVALID;
		}
		/* Of a new key, the length is that of its value. */
		if (a->type != CKA_CLASS && a->type != CKA_KEY_TYPE &&
		    a->type != CKA_VALUE_LEN)
			m->v[m->n++] = *a;
	}
	put(m, CKA_CLASS, &what->class, sizeof(what->class));
	if (what->class == CKO_SECRET_KEY)
		put(m, CKA_KEY_TYPE, &what->type, sizeof(what->type));
	put(m, CKA_VALUE, value->ptr, (CK_ULONG)value->len);
	return put_flags(m, t, d, what);
}

CK_RV
derived_create(const struct token *t, const struct mechanism_derivation *d,
    const struct derived *what, struct blob *value, CK_OBJECT_HANDLE *ret)
{
	struct derived copy = *what;
	struct making m = { .n = 0 };
	struct token home = *t;
	CK_OBJECT_HANDLE object;
	CK_RV rv;

	if (d->home != 0)
		home.session = d->home;
	m.v = calloc((size_t)d->n + MAX_MORE, sizeof(*m.v));
	if (m.v == NULL)
		return CKR_HOST_MEMORY;
	if ((rv = fill(&m, t, d, &copy, value)) != CKR_OK)
		goto out;
	rv = t->f->C_CreateObject(home.session, m.v, m.n, &object);
	if (rv != CKR_OK)
		goto out;
	rv = check_flags(&home, &m, object);
	if (rv == CKR_OK)
		*ret = object;
	else
		(void)t->f->C_DestroyObject(home.session, object);
out:
	free(m.v);
	return rv;
}
