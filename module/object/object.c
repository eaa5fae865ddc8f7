/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "module/guard/bind.h"
#include "module/guard/guard-object.h"
#include "module/guard/guard.h"
#include "module/object/attrs.h"
#include "module/object/credobj.h"
#include "module/object/keyobj.h"
#include "module/object/object.h"
#include "module/object/profobj.h"
#include "module/session/inner.h"
#include "vendor-ext/agree.h"
#include "vendor-ext/pkcs11-3.h"

/* ---- aliases; the device's own lock guards them */

static struct object_alias *
alias_find(const struct device *d, CK_SLOT_ID slot, CK_OBJECT_HANDLE from)
{
	for (size_t i = 0; i < d->aliases.n; i++) {
		struct object_alias *a = &d->aliases.v[i];

		if (a->slot == slot && a->from == from)
			return a;
	}
	return NULL;
}

static void
alias_remove(struct device *d, struct object_alias *a)
{
	if (a != NULL)
		*a = d->aliases.v[--d->aliases.n];
}

/* What carries the object of this handle. */
static CK_RV
resolve(const struct api_call *c, CK_OBJECT_HANDLE object,
    CK_OBJECT_HANDLE *ret)
{
	const struct object_alias *a;
	CK_RV rv;

	object &= ~OBJECT_VENDOR_BIT;
	rv = lock_take(device_alias_lock(c->device));
	if (rv != CKR_OK)
		return rv;
	a = alias_find(c->device, c->slot, object);
	*ret = a != NULL ? a->to : object;
	lock_give(device_alias_lock(c->device));
	return CKR_OK;
}

static CK_RV
alias_set(const struct api_call *c, CK_OBJECT_HANDLE object,
    CK_OBJECT_HANDLE to)
{
	struct device *d = c->device;
	struct object_alias *a, *more;
	CK_RV rv;

	object &= ~OBJECT_VENDOR_BIT;
	rv = lock_take(device_alias_lock(d));
	if (rv != CKR_OK)
		return rv;
	a = alias_find(d, c->slot, object);
	if (a != NULL) {
		a->to = to;
	} else {
		more =
		    reallocarray(d->aliases.v, d->aliases.n + 1, sizeof(*more));
		if (more != NULL) {
			d->aliases.v = more;
			more[d->aliases.n++] =
			    (struct object_alias){ c->slot, object, to };
		} else {
			rv = CKR_HOST_MEMORY;
		}
	}
	lock_give(device_alias_lock(d));
	return rv;
}

static void
alias_drop(const struct api_call *c, CK_OBJECT_HANDLE object)
{
	struct device *d = c->device;

	if (lock_take(device_alias_lock(d)) != CKR_OK)
		return;
	alias_remove(d, alias_find(d, c->slot, object & ~OBJECT_VENDOR_BIT));
	lock_give(device_alias_lock(d));
}

CK_RV
object_handle(struct api_call *c, CK_OBJECT_HANDLE down, CK_OBJECT_HANDLE *ret)
{
	CK_RV rv;

	/* No device known gives out such handles. */
	if (object_is_vendor(down) || profobj_is(down | OBJECT_VENDOR_BIT))
		return CKR_DEVICE_ERROR;
	rv = lock_take(device_alias_lock(c->device));
	if (rv != CKR_OK)
		return rv;
	/* The device has given an old number to a new object. */
	alias_remove(c->device, alias_find(c->device, c->slot, down));
	lock_give(device_alias_lock(c->device));
	*ret = down | OBJECT_VENDOR_BIT;
	return CKR_OK;
}

void
object_forget(struct device *d, CK_SLOT_ID slot)
{
	if (lock_take(device_alias_lock(d)) != CKR_OK)
		return;
	for (size_t i = d->aliases.n; i > 0; i--)
		if (d->aliases.v[i - 1].slot == slot)
			alias_remove(d, &d->aliases.v[i - 1]);
	lock_give(device_alias_lock(d));
}

/* ---- the functions of PKCS#11 */

/* An object of the device: nobody's rule, and with one of its own if asked. */
static CK_RV
create_down(struct api_call *c, CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	struct bind b;
	CK_RV rv;

	rv = guard_object_template(template, n);
	if (rv == CKR_OK)
		rv = bind_begin(c, &b, template, n);
	if (rv != CKR_OK)
		return rv;
	rv = c->f->C_CreateObject(c->down, b.template, b.n, ret);
	return bind_end(c, &b, rv, ret, NULL);
}

CK_RV
object_create(struct api_call *c, CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	struct token t = inner_caller(c);
	CK_OBJECT_HANDLE down;
	CK_RV rv;

	if (!credobj_is_asked(template, n) && !keyobj_is_asked(template, n))
		return create_down(c, template, n, ret);
	if (ret == NULL)
		return CKR_ARGUMENTS_BAD;
	if (!credobj_is_asked(template, n))
		return keyobj_create(c, template, n, ret);
	/* On the caller's session: a session object belongs to it. */
	rv = credobj_create(&t, template, n, &down);
	if (rv == CKR_OK)
		rv = object_handle(c, down, ret);
	return rv;
}

/* The copy of a derived key has come the same way. */
static CK_RV
copy_down(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
    CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	CK_ULONG path;
	CK_RV rv;

	rv = guard_object_copy(c, object, template, n);
	if (rv == CKR_OK)
		rv = c->f->C_CopyObject(c->down, object, template, n, ret);
	if (rv == CKR_OK && note_find(c, object, &path)) {
		rv = note_add(c, *ret, path);
		if (rv != CKR_OK)
			(void)c->f->C_DestroyObject(c->down, *ret);
	}
	return rv;
}

CK_RV
object_copy(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
    CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	struct token t = inner_caller(c);
	CK_OBJECT_HANDLE down;
	CK_RV rv;

	if (!object_is_vendor(object))
		return copy_down(c, object, template, n, ret);
	if (profobj_is(object))
		return profobj_refuse(c, object);
	if (ret == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = resolve(c, object, &down);
	if (rv == CKR_OK)
		rv = credobj_copy(&t, down, template, n, &down);
	if (rv == CKR_OK)
		rv = object_handle(c, down, ret);
	return rv;
}

/* The device's object; CKR_OBJECT_HANDLE_INVALID if it carries nothing. */
static CK_RV
resolve_checked(const struct api_call *c, CK_OBJECT_HANDLE object,
    CK_OBJECT_HANDLE *ret)
{
	struct token t = inner_caller(c);
	CK_OBJECT_HANDLE down;
	CK_RV rv;

	rv = resolve(c, object, &down);
	if (rv == CKR_OK)
		rv = credobj_check(&t, down);
	if (rv == CKR_OK)
		*ret = down;
	return rv;
}

/* Once it is destroyed, its number may be another object's. */
static CK_RV
destroy_down(struct api_call *c, CK_OBJECT_HANDLE object)
{
	CK_ULONG path;
	bool noted;
	CK_RV rv, again;

	noted = note_find(c, object, &path);
	if (noted)
		note_drop(c, object);
	expect_forget(&c->device->expect);
	rv = guard_object_destroy(c, object);
	if (rv != CKR_OK && noted) {
		again = note_add(c, object, path);
		rv = again == CKR_OK ? rv : again;
	}
	return rv;
}

CK_RV
object_destroy(struct api_call *c, CK_OBJECT_HANDLE object)
{
	CK_OBJECT_HANDLE down;
	CK_RV rv;

	if (!object_is_vendor(object))
		return destroy_down(c, object);
	if (profobj_is(object))
		return profobj_refuse(c, object);
	rv = resolve_checked(c, object, &down);
	if (rv == CKR_OK)
		rv = c->f->C_DestroyObject(c->down, down);
	if (rv == CKR_OK)
		alias_drop(c, object);
	return rv;
}

CK_RV
object_size(struct api_call *c, CK_OBJECT_HANDLE object, CK_ULONG *size)
{
	CK_OBJECT_HANDLE down;
	CK_RV rv;

	if (!object_is_vendor(object))
		return c->f->C_GetObjectSize(c->down, object, size);
	if (profobj_is(object))
		return profobj_size(c, object, size);
	rv = resolve_checked(c, object, &down);
	if (rv == CKR_OK)
		rv = c->f->C_GetObjectSize(c->down, down, size);
	return rv;
}

CK_RV
object_set(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
    CK_ULONG n)
{
	struct token t = inner_caller(c);
	CK_OBJECT_HANDLE down;
	CK_RV rv;

	if (!object_is_vendor(object))
		return bind_is_asked(template, n)
		    ? bind_key(c, object, template, n)
		    : guard_object_set(c, object, template, n);
	if (profobj_is(object))
		return profobj_refuse(c, object);
	rv = resolve(c, object, &down);
	if (rv == CKR_OK)
		rv = credobj_set(&t, down, template, n, &down);
	if (rv == CKR_OK)
		rv = alias_set(c, object, down);
	return rv;
}

/* ---- attributes of ours on the device's own objects */

/* Agreement keys have a key path; anything else has none. */
static bool
is_agreement_key(const struct token *t, CK_OBJECT_HANDLE object)
{
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;

	return token_get_ulong(t, object, CKA_CLASS, &class) == CKR_OK &&
	    class == CKO_PRIVATE_KEY &&
	    token_get_ulong(t, object, CKA_KEY_TYPE, &type) == CKR_OK &&
	    (type == CKK_EC || type == CKK_EC_MONTGOMERY);
}

static CK_RV
get_key_path(const struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *a)
{
	enum agree_path path = AGREE_PATH_UNKNOWN;
	struct token t = inner_caller(c);
	struct hasher *h = inner_hasher(c);
	struct inner inner;
	CK_ULONG noted;
	CK_RV rv;

	if (note_find(c, object, &noted))
		return attrs_put_ulong(a, noted);
	if (!is_agreement_key(&t, object))
		return attrs_put_none(a);
	/* Only the length: no need to try. */
	if (a->pValue == NULL || a->ulValueLen < sizeof(CK_ULONG))
		return attrs_put_ulong(a, MDOC_KEY_PATH_S);
	if (h == NULL)
		return CKR_HOST_MEMORY;
	rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = agree_probe(&inner.token, h, object, &path);
	inner_close(&inner);
	return rv == CKR_OK ? attrs_put_ulong(a, (CK_ULONG)path) : rv;
}

/* The device answers for the others; its answers come back in their places. */
static CK_RV
get_others(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
    CK_ULONG n)
{
	CK_OBJECT_CLASS class;
	CK_ATTRIBUTE *others;
	CK_ULONG m = 0;
	CK_RV rv;

	others = calloc(n + 1, sizeof(*others));
	if (others == NULL)
		return CKR_HOST_MEMORY;
	for (CK_ULONG i = 0; i < n; i++)
		if (!attrs_is_ours(template[i].type))
			others[m++] = template[i];
	/* Is there such an object at all? */
	if (m == 0)
		others[m++] =
		    (CK_ATTRIBUTE){ CKA_CLASS, &class, sizeof(class) };
	rv = guard_object_get(c, object, others, m);
	m = 0;
	for (CK_ULONG i = 0; i < n; i++)
		if (!attrs_is_ours(template[i].type))
			template[i].ulValueLen = others[m++].ulValueLen;
	free(others);
	return rv;
}

/* What a private key is bound to: all that is asked for, of one rule. */
static CK_RV
get_rule(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
    CK_ULONG n)
{
	struct token t = inner_caller(c);
	struct purpose *rule = NULL;
	CK_OBJECT_CLASS class;
	bool is_key;
	CK_RV rv;

	is_key = token_get_ulong(&t, object, CKA_CLASS, &class) == CKR_OK &&
	    class == CKO_PRIVATE_KEY;
	rv = is_key ? guard_rule(c, object, &rule) : CKR_OK;
	for (CK_ULONG i = 0; attrs_is_partial(rv) && i < n; i++)
		if (bind_is_asked(&template[i], 1))
			rv = attrs_worse(rv,
			    is_key ? bind_get(rule, &template[i])
				   : attrs_put_none(&template[i]));
	guard_rule_free(&rule);
	return rv;
}

static CK_RV
get_mixed(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
    CK_ULONG n)
{
	CK_ATTRIBUTE *a;
	CK_RV rv;

	rv = get_others(c, object, template, n);
	if (attrs_is_partial(rv) && bind_is_asked(template, n))
		rv = attrs_worse(rv, get_rule(c, object, template, n));
	for (CK_ULONG i = 0; attrs_is_partial(rv) && i < n; i++) {
		a = &template[i];
		if (bind_is_asked(a, 1))
			continue;
		if (a->type == CKA_MDOC_KEY_PATH)
			rv = attrs_worse(rv, get_key_path(c, object, a));
		else if (attrs_is_ours(a->type))
			rv = attrs_worse(rv, attrs_put_none(a));
	}
	return rv;
}

CK_RV
object_get(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
    CK_ULONG n)
{
	struct token t = inner_caller(c);
	CK_OBJECT_HANDLE down;
	bool ours = false;
	CK_RV rv;

	if (profobj_is(object))
		return profobj_get(c, object, template, n);
	if (object_is_vendor(object)) {
		rv = resolve(c, object, &down);
		return rv == CKR_OK ? credobj_get(&t, down, template, n) : rv;
	}
	for (CK_ULONG i = 0; template != NULL && i < n && !ours; i++)
		ours = attrs_is_ours(template[i].type);
	return ours ? get_mixed(c, object, template, n)
		    : guard_object_get(c, object, template, n);
}
