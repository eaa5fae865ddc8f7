/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "common/log.h"
#include "module/guard/guard-object.h"
#include "module/guard/guard.h"
#include "module/object/attrs.h"
#include "module/session/inner.h"
#include "vendor-ext/pkcs11-3.h"

CK_RV
guard_object_read(const struct token *t, CK_OBJECT_HANDLE object,
    struct guard_object *ret)
{
	struct guard_object o = { .class = CKO_VENDOR_DEFINED,
		.private = CK_TRUE,
		.extractable = CK_TRUE };
	CK_BYTE application[sizeof(PURPOSE_STATE_APPLICATION)];
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &o.class, sizeof(o.class) },
		{ CKA_TOKEN, &o.token, sizeof(o.token) },
		{ CKA_PRIVATE, &o.private, sizeof(o.private) },
		{ CKA_ID, o.id, sizeof(o.id) },
		{ CKA_APPLICATION, application, sizeof(application) },
		{ CKA_SENSITIVE, &o.sensitive, sizeof(o.sensitive) },
		{ CKA_EXTRACTABLE, &o.extractable, sizeof(o.extractable) },
	};
	CK_RV rv;

	rv = t->f->C_GetAttributeValue(t->session, object, a, nitems(a));
	if (!attrs_is_partial(rv))
		return rv;
	if (a[3].ulValueLen <= sizeof(o.id))
		o.id_len = a[3].ulValueLen;
	o.is_rule = o.class == CKO_DATA &&
	    a[4].ulValueLen <= sizeof(application) &&
	    purpose_is_ours(bytes_of(application, a[4].ulValueLen));
	*ret = o;
	return CKR_OK;
}

CK_RV
guard_object_keys(const struct token *t, struct bytes id, CK_ULONG *ret_n)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BYTE copy[PURPOSE_MAX_ID]; /* PKCS#11 wants what is not const */
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, copy, id.len },
	};
	CK_OBJECT_HANDLE keys[2];

	if (id.len == 0 || id.len > sizeof(copy))
		return CKR_ARGUMENTS_BAD;
	memcpy(copy, id.ptr, id.len);
	return token_find(t, template, nitems(template), keys, nitems(keys),
	    ret_n);
}

static CK_RV
prohibited(const char *what)
{
	log_printf(LOG_INFO, "guard", "%s", what);
	return CKR_ACTION_PROHIBITED;
}

CK_RV
guard_object_template(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	/* Each of them: which of two a device takes is its business. */
	for (CK_ULONG i = 0; t != NULL && i < n; i++)
		if (t[i].type == CKA_APPLICATION && t[i].pValue != NULL &&
		    purpose_is_ours(bytes_of(t[i].pValue, t[i].ulValueLen)))
			return prohibited("a rule is made by binding a key");
	return CKR_OK;
}

/*
 * CKR_ACTION_PROHIBITED for a rule. What is done to an object stays: here it is
 * always the device that is asked, not what is remembered.
 */
static CK_RV
look(struct api_call *c, CK_OBJECT_HANDLE object, struct guard_object *ret,
    bool *ret_bound)
{
	struct token t = inner_caller(c);
	struct purpose *rule = NULL;
	bool any = true;
	CK_RV rv;

	*ret_bound = false;
	rv = guard_object_read(&t, object, ret);
	/* The device will say that there is no such object. */
	if (rv == CKR_OBJECT_HANDLE_INVALID)
		return CKR_OK;
	if (rv != CKR_OK)
		return guard_any(c, &any) == CKR_OK && !any ? CKR_OK : rv;
	if (ret->is_rule)
		return prohibited("a rule can only be read");
	if (ret->class == CKO_PRIVATE_KEY)
		rv = guard_rule_now(c, object, &rule);
	*ret_bound = rule != NULL;
	guard_rule_free(&rule);
	return rv;
}

CK_RV
guard_object_copy(struct api_call *c, CK_OBJECT_HANDLE object,
    const CK_ATTRIBUTE *t, CK_ULONG n)
{
	struct guard_object o = { 0 };
	bool bound;
	CK_RV rv;

	rv = guard_object_template(t, n);
	if (rv == CKR_OK)
		rv = look(c, object, &o, &bound);
	if (rv == CKR_OK && bound)
		rv = prohibited("a purpose-bound key cannot be copied");
	return rv;
}

static bool
is_harmless(CK_ATTRIBUTE_TYPE type)
{
	static const CK_ATTRIBUTE_TYPE harmless[] = { CKA_LABEL, CKA_SUBJECT,
		CKA_START_DATE, CKA_END_DATE };

	for (size_t i = 0; i < nitems(harmless); i++)
		if (harmless[i] == type)
			return true;
	return false;
}

static CK_RV
check_set(struct api_call *c, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *t,
    CK_ULONG n, struct guard_object *ret)
{
	bool bound;
	CK_RV rv;

	rv = look(c, object, ret, &bound);
	for (CK_ULONG i = 0; rv == CKR_OK && bound && t != NULL && i < n; i++)
		if (!is_harmless(t[i].type))
			rv = CKR_ATTRIBUTE_READ_ONLY;
	return rv;
}

/* A key that is just being bound cannot leave its rule behind. */
static CK_RV
set_id(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t, CK_ULONG n)
{
	struct process_lock processes;
	struct guard_object o;
	struct inner inner;
	CK_RV rv;

	/* The device will say so. */
	if ((c->session->flags & CKF_RW_SESSION) == 0)
		return c->f->C_SetAttributeValue(c->down, object, t, n);
	rv = guard_lock(c, &processes, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = check_set(c, object, t, n, &o);
	if (rv == CKR_OK)
		rv = c->f->C_SetAttributeValue(c->down, object, t, n);
	guard_unlock(c, &processes, &inner);
	/* It may be the key of a rule from now on. */
	guard_forget(c->device);
	return rv;
}

CK_RV
guard_object_set(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	struct guard_object o = { 0 };
	CK_RV rv;

	rv = guard_object_template(t, n);
	if (rv == CKR_OK)
		rv = check_set(c, object, t, n, &o);
	if (rv != CKR_OK)
		return rv;
	if (o.class == CKO_PRIVATE_KEY && t != NULL &&
	    attrs_find(t, n, CKA_ID) != NULL)
		return set_id(c, object, t, n);
	return c->f->C_SetAttributeValue(c->down, object, t, n);
}

/* The key is gone: a rule that stays would bind the next key of its name. */
static void
remove_rule(const struct token *t, struct bytes id)
{
	CK_ULONG n;
	CK_RV rv;

	rv = guard_object_keys(t, id, &n);
	if (rv == CKR_OK && n == 0)
		rv = purpose_remove(t, id);
	if (rv != CKR_OK)
		log_printf(LOG_ERROR, "guard",
		    "the rule of a destroyed key stays: %s", token_rv_name(rv));
}

CK_RV
guard_object_destroy(struct api_call *c, CK_OBJECT_HANDLE object)
{
	struct process_lock processes;
	struct guard_object o = { 0 };
	struct inner inner;
	bool bound;
	CK_RV rv;

	rv = look(c, object, &o, &bound);
	if (rv != CKR_OK)
		return rv;
	if (!bound) {
		rv = c->f->C_DestroyObject(c->down, object);
		/* Its handle may soon be that of a bound key. */
		if (rv == CKR_OK)
			guard_forget_key(c, object);
		return rv;
	}
	rv = guard_lock(c, &processes, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = c->f->C_DestroyObject(c->down, object);
	if (rv == CKR_OK)
		remove_rule(&inner.token, bytes_of(o.id, o.id_len));
	guard_unlock(c, &processes, &inner);
	guard_forget(c->device);
	return rv;
}

static bool
is_secret(CK_ATTRIBUTE_TYPE type)
{
	static const CK_ATTRIBUTE_TYPE secrets[] = { CKA_VALUE,
		CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1,
		CKA_EXPONENT_2, CKA_COEFFICIENT };

	for (size_t i = 0; i < nitems(secrets); i++)
		if (secrets[i] == type)
			return true;
	return false;
}

/* The device is not even asked for what is secret. */
static CK_RV
get_rest(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	CK_ATTRIBUTE *rest;
	CK_ULONG m = 0;
	CK_RV rv = CKR_OK;

	rest = calloc(n + 1, sizeof(*rest));
	if (rest == NULL)
		return CKR_HOST_MEMORY;
	for (CK_ULONG i = 0; i < n; i++)
		if (!is_secret(t[i].type))
			rest[m++] = t[i];
	if (m > 0)
		rv = c->f->C_GetAttributeValue(c->down, object, rest, m);
	m = 0;
	for (CK_ULONG i = 0; i < n; i++)
		t[i].ulValueLen = is_secret(t[i].type)
		    ? CK_UNAVAILABLE_INFORMATION
		    : rest[m++].ulValueLen;
	free(rest);
	return attrs_worse(rv, CKR_ATTRIBUTE_SENSITIVE);
}

CK_RV
guard_object_get(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	struct purpose *rule = NULL;
	bool secret = false, bound;
	CK_RV rv = CKR_OK;

	for (CK_ULONG i = 0; t != NULL && i < n && !secret; i++)
		secret = is_secret(t[i].type);
	if (secret)
		rv = guard_rule(c, object, &rule);
	if (rv != CKR_OK)
		return rv;
	bound = rule != NULL;
	guard_rule_free(&rule);
	return bound ? get_rest(c, object, t, n)
		     : c->f->C_GetAttributeValue(c->down, object, t, n);
}
