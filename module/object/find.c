/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "module/object/attrs.h"
#include "module/object/credobj.h"
#include "module/object/find.h"
#include "module/object/object.h"
#include "module/object/profobj.h"
#include "module/session/inner.h"

/* In memory of its owner. */
struct handles {
	CK_OBJECT_HANDLE *v;
	CK_ULONG n;
};

void
find_drop(struct find *f)
{
	free(f->found);
	f->found = NULL;
	f->n = 0;
	f->next = 0;
	f->vendor = false;
}

/* Does the template name a class or an attribute of ours? */
static bool
names_ours(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_CLASS class;

	if (attrs_ulong(t, n, CKA_CLASS, &class) && attrs_is_ours(class))
		return true;
	for (CK_ULONG i = 0; t != NULL && i < n; i++)
		if (attrs_is_ours(t[i].type))
			return true;
	return false;
}

/* The values that an object has, beside those that are wanted. */
static CK_RV
values_get(struct api_call *c, CK_OBJECT_HANDLE object,
    const CK_ATTRIBUTE *wanted, CK_ULONG n, CK_ATTRIBUTE *values)
{
	for (CK_ULONG i = 0; i < n; i++) {
		values[i].type = wanted[i].type;
		values[i].ulValueLen = wanted[i].ulValueLen;
		/* One more, so that nothing wanted is not a length query. */
		values[i].pValue = malloc(wanted[i].ulValueLen + 1);
		if (values[i].pValue == NULL)
			return CKR_HOST_MEMORY;
	}
	return object_get(c, object, values, n);
}

static bool
values_equal(const CK_ATTRIBUTE *a, const CK_ATTRIBUTE *b, CK_ULONG n)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (!bytes_equal(bytes_of(a[i].pValue, a[i].ulValueLen),
			bytes_of(b[i].pValue, b[i].ulValueLen)))
			return false;
	return true;
}

/* An answer about single attributes means that one is not as wanted. */
static CK_RV
matches(struct api_call *c, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *wanted,
    CK_ULONG n, bool *ret)
{
	CK_ATTRIBUTE *values;
	CK_RV rv;

	values = calloc(n + 1, sizeof(*values));
	if (values == NULL)
		return CKR_HOST_MEMORY;
	rv = values_get(c, object, wanted, n, values);
	*ret = rv == CKR_OK && values_equal(values, wanted, n);
	for (CK_ULONG i = 0; i < n; i++) {
		if (values[i].pValue != NULL)
			OPENSSL_cleanse(values[i].pValue, wanted[i].ulValueLen);
		free(values[i].pValue);
	}
	free(values);
	/* Removed meanwhile, or a record that cannot be read: no match. */
	if (attrs_is_partial(rv) || rv == CKR_OBJECT_HANDLE_INVALID ||
	    rv == CKR_DATA_INVALID)
		rv = CKR_OK;
	return rv;
}

/* Credentials, with our handles. */
static CK_RV
gather_credentials(struct api_call *c, const struct token *t,
    const CK_ATTRIBUTE *template, CK_ULONG n, struct handles *ret)
{
	CK_RV rv;

	rv = credobj_find(t, template, n, &ret->v, &ret->n);
	for (CK_ULONG i = 0; rv == CKR_OK && i < ret->n; i++)
		rv = object_handle(c, ret->v[i], &ret->v[i]);
	return rv;
}

/* The device's objects that match what is not ours in the template. */
static CK_RV
gather_others(const struct token *t, const CK_ATTRIBUTE *template, CK_ULONG n,
    struct handles *ret)
{
	CK_ATTRIBUTE *others;
	CK_ULONG m = 0;
	CK_RV rv;

	others = calloc(n + 1, sizeof(*others));
	if (others == NULL)
		return CKR_HOST_MEMORY;
	for (CK_ULONG i = 0; i < n; i++)
		if (!attrs_is_ours(template[i].type))
			others[m++] = template[i];
	rv = token_find_all(t, others, m, &ret->v, &ret->n);
	free(others);
	return rv;
}

/* Attributes that the device's own private keys have through us. */
static bool
names_key(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_MDOC_KEY_PATH,
		CKA_MDOC_PURPOSE, CKA_MDOC_DOC_TYPES, CKA_MDOC_METHOD };

	for (size_t i = 0; i < nitems(types); i++)
		if (attrs_find(t, n, types[i]) != NULL)
			return true;
	return false;
}

static CK_RV
handles_append(struct handles *to, struct handles *from)
{
	CK_OBJECT_HANDLE *more;

	more = reallocarray(to->v, to->n + from->n + 1, sizeof(*more));
	if (more == NULL)
		return CKR_HOST_MEMORY;
	if (from->n > 0)
		memcpy(more + to->n, from->v, from->n * sizeof(*more));
	to->v = more;
	to->n += from->n;
	return CKR_OK;
}

/*
 * Where objects that could match are looked for: of the device's own, only
 * private keys have an attribute of ours. Keys and credentials have uses left.
 */
static CK_RV
gather(struct api_call *c, const struct token *t, const CK_ATTRIBUTE *template,
    CK_ULONG n, struct handles *ret)
{
	bool key = names_key(template, n);
	bool uses = attrs_find(template, n, CKA_MDOC_USES_LEFT) != NULL;
	struct handles others = { NULL, 0 };
	CK_OBJECT_CLASS class = 0;
	bool any = !attrs_ulong(template, n, CKA_CLASS, &class);
	CK_RV rv = CKR_OK;

	if (!key && (any || class == CKO_MDOC_CREDENTIAL))
		rv = gather_credentials(c, t, template, n, ret);
	if (rv == CKR_OK && (key || uses) && (any || !attrs_is_ours(class))) {
		rv = gather_others(t, template, n, &others);
		if (rv == CKR_OK)
			rv = handles_append(ret, &others);
		free(others.v);
	}
	return rv;
}

static CK_RV
vendor_init(struct api_call *c, const CK_ATTRIBUTE *template, CK_ULONG n)
{
	struct handles found = { NULL, 0 };
	struct find *f = &c->session->find;
	struct inner inner;
	CK_ULONG kept = 0;
	bool match;
	CK_RV rv;

	for (CK_ULONG i = 0; i < n; i++)
		if ((template[i].pValue == NULL &&
			template[i].ulValueLen > 0) ||
		    template[i].ulValueLen == CK_UNAVAILABLE_INFORMATION)
			return CKR_ATTRIBUTE_VALUE_INVALID;
	rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = gather(c, &inner.token, template, n, &found);
	inner_close(&inner);
	for (CK_ULONG i = 0; rv == CKR_OK && i < found.n; i++) {
		rv = matches(c, found.v[i], template, n, &match);
		if (rv == CKR_OK && match)
			found.v[kept++] = found.v[i];
	}
	if (rv != CKR_OK) {
		free(found.v);
		return rv;
	}
	*f = (struct find){ .vendor = true, .found = found.v, .n = kept };
	return CKR_OK;
}

/*
 * Profile objects: ours first, then the device's own. One that has never heard
 * of the class has none.
 */
static CK_RV
profile_init(struct api_call *c, CK_ATTRIBUTE *template, CK_ULONG n)
{
	struct find *f = &c->session->find;
	CK_OBJECT_HANDLE *found;
	CK_ULONG n_found = 0;
	CK_RV rv;

	found = calloc(PROFILE_MAX, sizeof(*found));
	if (found == NULL)
		return CKR_HOST_MEMORY;
	rv = profobj_find(c, template, n, found, &n_found);
	if (rv == CKR_HOST_MEMORY) {
		free(found);
		return rv;
	}
	/* What else goes wrong there, the device says here too. */
	if (rv != CKR_OK)
		n_found = 0;
	rv = c->f->C_FindObjectsInit(c->down, template, n);
	f->passed = rv == CKR_OK;
	if (n_found > 0 && rv == CKR_ATTRIBUTE_VALUE_INVALID)
		rv = CKR_OK;
	if (rv != CKR_OK || n_found == 0) {
		free(found);
		return rv;
	}
	f->vendor = true;
	f->found = found;
	f->n = n_found;
	f->next = 0;
	return CKR_OK;
}

CK_RV
find_init(struct api_call *c, CK_ATTRIBUTE *template, CK_ULONG n)
{
	struct find *f = &c->session->find;
	CK_RV rv;

	if (f->vendor)
		return CKR_OPERATION_ACTIVE;
	if (names_ours(template, n))
		return f->passed ? CKR_OPERATION_ACTIVE
				 : vendor_init(c, template, n);
	if (profobj_is_asked(template, n) && !f->passed)
		return profile_init(c, template, n);
	rv = c->f->C_FindObjectsInit(c->down, template, n);
	if (rv == CKR_OK)
		f->passed = true;
	return rv;
}

/* Fewer than asked for means that there are no more: the device goes on. */
CK_RV
find_next(struct api_call *c, CK_OBJECT_HANDLE *objects, CK_ULONG max,
    CK_ULONG *n)
{
	struct find *f = &c->session->find;
	CK_ULONG count, more = 0;
	CK_RV rv = CKR_OK;

	if (!f->vendor)
		return c->f->C_FindObjects(c->down, objects, max, n);
	if (objects == NULL || n == NULL)
		return CKR_ARGUMENTS_BAD;
	count = f->n - f->next < max ? f->n - f->next : max;
	if (f->passed && count < max)
		rv = c->f->C_FindObjects(c->down, objects + count, max - count,
		    &more);
	if (rv != CKR_OK)
		return rv;
	if (count > 0)
		memcpy(objects, f->found + f->next, count * sizeof(*objects));
	f->next += count;
	*n = count + more;
	return CKR_OK;
}

CK_RV
find_final(struct api_call *c)
{
	struct find *f = &c->session->find;
	bool ours = f->vendor;
	CK_RV rv;

	find_drop(f);
	if (ours && !f->passed)
		return CKR_OK;
	rv = c->f->C_FindObjectsFinal(c->down);
	if (rv == CKR_OK || rv == CKR_OPERATION_NOT_INITIALIZED)
		f->passed = false;
	return rv;
}
