/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/util.h"
#include "tests/support/xdh-device.h"

#define MAX_OBJECTS 256

struct xdh_object {
	CK_OBJECT_HANDLE handle;
	CK_SESSION_HANDLE session;
	CK_ATTRIBUTE *v;
	CK_ULONG n;
};

static struct xdh_object *objects[MAX_OBJECTS];
static CK_OBJECT_HANDLE last;

static void
object_free(struct xdh_object *o)
{
	for (CK_ULONG i = 0; i < o->n; i++)
		free(o->v[i].pValue);
	free(o->v);
	free(o);
}

/* Replaces it, or adds it. */
static bool
attribute_put(struct xdh_object *o, const CK_ATTRIBUTE *a)
{
	void *copy = malloc(a->ulValueLen + 1);
	CK_ATTRIBUTE *more;

	if (copy == NULL)
		return false;
	if (a->ulValueLen > 0)
		memcpy(copy, a->pValue, a->ulValueLen);
	for (CK_ULONG i = 0; i < o->n; i++) {
		if (o->v[i].type == a->type) {
			free(o->v[i].pValue);
			o->v[i] =
			    (CK_ATTRIBUTE){ a->type, copy, a->ulValueLen };
			return true;
		}
	}
	more = reallocarray(o->v, o->n + 1, sizeof(*more));
	if (more == NULL) {
		free(copy);
		return false;
	}
	o->v = more;
	more[o->n++] = (CK_ATTRIBUTE){ a->type, copy, a->ulValueLen };
	return true;
}

struct xdh_object *
xdh_object_find(CK_OBJECT_HANDLE handle)
{
	for (size_t i = 0; i < MAX_OBJECTS; i++)
		if (objects[i] != NULL && objects[i]->handle == handle)
			return objects[i];
	return NULL;
}

CK_RV
xdh_object_add(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *t, CK_ULONG n,
    const CK_ATTRIBUTE *more, CK_ULONG n_more, CK_OBJECT_HANDLE *ret)
{
	struct xdh_object *o = calloc(1, sizeof(*o));
	bool good = o != NULL;
	size_t i = 0;

	while (i < MAX_OBJECTS && objects[i] != NULL)
		i++;
	for (CK_ULONG k = 0; good && k < n; k++)
		good = attribute_put(o, &t[k]);
	for (CK_ULONG k = 0; good && k < n_more; k++)
		good = attribute_put(o, &more[k]);
	if (!good || i == MAX_OBJECTS) {
		if (o != NULL)
			object_free(o);
		return CKR_HOST_MEMORY;
	}
	o->session = session;
	o->handle = ++last;
	objects[i] = o;
	*ret = o->handle;
	return CKR_OK;
}

CK_RV
xdh_object_remove(CK_OBJECT_HANDLE handle)
{
	for (size_t i = 0; i < MAX_OBJECTS; i++) {
		if (objects[i] != NULL && objects[i]->handle == handle) {
			object_free(objects[i]);
			objects[i] = NULL;
			return CKR_OK;
		}
	}
	return CKR_OBJECT_HANDLE_INVALID;
}

void
xdh_object_remove_of(CK_SESSION_HANDLE session)
{
	for (size_t i = 0; i < MAX_OBJECTS; i++) {
		if (objects[i] != NULL &&
		    (session == 0 || objects[i]->session == session)) {
			object_free(objects[i]);
			objects[i] = NULL;
		}
	}
}

const CK_ATTRIBUTE *
xdh_object_get(const struct xdh_object *o, CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; i < o->n; i++)
		if (o->v[i].type == type)
			return &o->v[i];
	return NULL;
}

bool
xdh_object_is(const struct xdh_object *o, CK_ATTRIBUTE_TYPE type)
{
	const CK_ATTRIBUTE *a = xdh_object_get(o, type);

	return a != NULL && a->ulValueLen == 1 && *(CK_BBOOL *)a->pValue;
}

static bool
matches(const struct xdh_object *o, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	const CK_ATTRIBUTE *a;

	for (CK_ULONG i = 0; i < n; i++) {
		a = xdh_object_get(o, t[i].type);
		if (a == NULL || a->ulValueLen != t[i].ulValueLen ||
		    memcmp(a->pValue, t[i].pValue, a->ulValueLen) != 0)
			return false;
	}
	return true;
}

CK_OBJECT_HANDLE
xdh_object_next(CK_OBJECT_HANDLE *pos, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_HANDLE best = 0;

	for (size_t i = 0; i < MAX_OBJECTS; i++)
		if (objects[i] != NULL && objects[i]->handle > *pos &&
		    (best == 0 || objects[i]->handle < best) &&
		    matches(objects[i], t, n))
			best = objects[i]->handle;
	if (best != 0)
		*pos = best;
	return best;
}

static CK_RV
read_one(const struct xdh_object *o, CK_ATTRIBUTE *a)
{
	const CK_ATTRIBUTE *mine = xdh_object_get(o, a->type);
	CK_RV rv = CKR_OK;

	if (mine == NULL)
		rv = CKR_ATTRIBUTE_TYPE_INVALID;
	else if (a->type == CKA_VALUE &&
	    (xdh_object_is(o, CKA_SENSITIVE) ||
		!xdh_object_is(o, CKA_EXTRACTABLE)))
		rv = CKR_ATTRIBUTE_SENSITIVE;
	else if (a->pValue != NULL && a->ulValueLen < mine->ulValueLen)
		rv = CKR_BUFFER_TOO_SMALL;
	if (rv != CKR_OK) {
		a->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return rv;
	}
	if (a->pValue != NULL)
		memcpy(a->pValue, mine->pValue, mine->ulValueLen);
	a->ulValueLen = mine->ulValueLen;
	return CKR_OK;
}

CK_RV
xdh_object_read(const struct xdh_object *o, CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_RV rv = CKR_OK, one;

	for (CK_ULONG i = 0; i < n; i++) {
		one = read_one(o, &t[i]);
		rv = one != CKR_OK ? one : rv;
	}
	return rv;
}

CK_RV
xdh_object_write(struct xdh_object *o, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (!attribute_put(o, &t[i]))
			return CKR_HOST_MEMORY;
	return CKR_OK;
}
