/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/log.h"
#include "module/guard/bind.h"
#include "module/guard/guard-object.h"
#include "module/guard/guard.h"
#include "module/object/attrs.h"
#include "vendor-ext/pkcs11-3.h"

static bool
is_binding(CK_ATTRIBUTE_TYPE type)
{
	return type == CKA_MDOC_PURPOSE || type == CKA_MDOC_DOC_TYPES ||
	    type == CKA_MDOC_METHOD || type == CKA_MDOC_USES_LEFT;
}

bool
bind_is_asked(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	for (CK_ULONG i = 0; t != NULL && i < n; i++)
		if (is_binding(t[i].type))
			return true;
	return false;
}

static CK_RV
inconsistent(CK_RV rv, const char *why)
{
	log_printf(LOG_INFO, "bind", "a key cannot be bound: %s", why);
	return rv;
}

/* ---- what is asked for */

/* A number that may be left out. */
static CK_RV
take_number(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type,
    CK_ULONG *ret)
{
	if (attrs_find(t, n, type) == NULL || attrs_ulong(t, n, type, ret))
		return CKR_OK;
	return CKR_ATTRIBUTE_VALUE_INVALID;
}

/* rule->key_id is set already. */
static CK_RV
take_rule(const CK_ATTRIBUTE *t, CK_ULONG n, struct purpose *rule)
{
	const CK_ATTRIBUTE *types = attrs_find(t, n, CKA_MDOC_DOC_TYPES);
	CK_ULONG uses = CK_UNAVAILABLE_INFORMATION;
	CK_RV rv;

	for (CK_ULONG i = 0; i < n; i++)
		if (is_binding(t[i].type) &&
		    attrs_find(t, i, t[i].type) != NULL)
			return CKR_TEMPLATE_INCONSISTENT;
	rv = take_number(t, n, CKA_MDOC_PURPOSE, &rule->purposes);
	if (rv == CKR_OK)
		rv = take_number(t, n, CKA_MDOC_METHOD, &rule->method);
	if (rv == CKR_OK)
		rv = take_number(t, n, CKA_MDOC_USES_LEFT, &uses);
	if (rv != CKR_OK)
		return rv;
	rule->uses_left =
	    uses == CK_UNAVAILABLE_INFORMATION ? PURPOSE_NO_LIMIT : uses;
	if (types != NULL && types->ulValueLen > 0 &&
	    (types->pValue == NULL ||
		types->ulValueLen > PURPOSE_MAX_DOC_TYPES))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (types != NULL &&
	    !blob_set(&rule->doc_types,
		bytes_of(types->pValue, types->ulValueLen)))
		return CKR_HOST_MEMORY;
	if (attrs_find(t, n, CKA_MDOC_PURPOSE) == NULL)
		return inconsistent(CKR_TEMPLATE_INCOMPLETE,
		    "there is no CKA_MDOC_PURPOSE");
	return purpose_validate(rule);
}

/* ---- a key that is being made */

/* What a bound key is; either: as the caller wants, or else this value. */
static const struct demand {
	CK_ATTRIBUTE_TYPE type;
	CK_BBOOL value;
	bool either;
	bool spoken; /* the caller has to say so */
	const char *why;
} demands[] = {
	{ CKA_TOKEN, CK_TRUE, false, true, "it is no token object" },
	{ CKA_PRIVATE, CK_TRUE, true, false, NULL },
	{ CKA_SENSITIVE, CK_TRUE, false, false, "it is not sensitive" },
	{ CKA_EXTRACTABLE, CK_FALSE, false, false, "it is extractable" },
	{ CKA_DECRYPT, CK_FALSE, false, false, "it may decrypt" },
	{ CKA_UNWRAP, CK_FALSE, false, false, "it may unwrap" },
	{ CKA_SIGN_RECOVER, CK_FALSE, false, false, "it may sign to recover" },
};

static CK_RV
check_demand(const struct demand *d, const CK_ATTRIBUTE *a)
{
	CK_BBOOL value;

	if (a == NULL)
		return d->spoken
		    ? inconsistent(CKR_TEMPLATE_INCONSISTENT, d->why)
		    : CKR_OK;
	if (a->pValue == NULL || a->ulValueLen != sizeof(value))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	memcpy(&value, a->pValue, sizeof(value));
	if (d->either || (value != CK_FALSE) == (d->value != CK_FALSE))
		return CKR_OK;
	return inconsistent(CKR_TEMPLATE_INCONSISTENT, d->why);
}

static CK_RV
check_template(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_RV rv;

	rv = take_number(t, n, CKA_CLASS, &class);
	if (rv == CKR_OK && class != CKO_PRIVATE_KEY)
		rv = inconsistent(CKR_TEMPLATE_INCONSISTENT,
		    "it is no private key");
	for (size_t i = 0; rv == CKR_OK && i < nitems(demands); i++)
		rv = check_demand(&demands[i],
		    attrs_find(t, n, demands[i].type));
	return rv;
}

/* Without what is ours, with what the caller left to us. */
static CK_RV
make_template(struct bind *b, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	const CK_ATTRIBUTE *private = attrs_find(t, n, CKA_PRIVATE);
	CK_ATTRIBUTE *made;
	CK_ULONG m = 0;

	made = calloc(n + nitems(demands), sizeof(*made));
	if (made == NULL)
		return CKR_HOST_MEMORY;
	for (CK_ULONG i = 0; i < n; i++)
		if (!is_binding(t[i].type))
			made[m++] = t[i];
	for (size_t i = 0; i < nitems(demands); i++)
		if (attrs_find(t, n, demands[i].type) == NULL)
			made[m++] = (CK_ATTRIBUTE){ demands[i].type,
				demands[i].value ? &b->yes : &b->no,
				sizeof(b->yes) };
	b->yes = CK_TRUE;
	b->no = CK_FALSE;
	b->private = CK_TRUE;
	if (private != NULL)
		memcpy(&b->private, private->pValue, sizeof(b->private));
	b->template = made;
	b->n = m;
	return CKR_OK;
}

static CK_RV
take_id(struct bytes id, struct purpose *rule)
{
	if (bytes_is_null(id) || id.len == 0)
		return inconsistent(CKR_TEMPLATE_INCOMPLETE,
		    "it has no CKA_ID");
	if (id.len > PURPOSE_MAX_ID)
		return inconsistent(CKR_ATTRIBUTE_VALUE_INVALID,
		    "its CKA_ID is too long");
	return blob_set(&rule->key_id, id) ? CKR_OK : CKR_HOST_MEMORY;
}

/*
 * Tokens that have no place for a rule refuse one of its attributes, as a
 * module that knows nothing of rules refuses CKA_MDOC_PURPOSE.
 */
static CK_RV
write_rule(const struct token *t, const struct purpose *rule, CK_BBOOL private)
{
	CK_RV rv;

	rv = purpose_create(t, rule, private);
	if (rv != CKR_ATTRIBUTE_VALUE_INVALID &&
	    rv != CKR_ATTRIBUTE_TYPE_INVALID &&
	    rv != CKR_TEMPLATE_INCONSISTENT && rv != CKR_TEMPLATE_INCOMPLETE &&
	    rv != CKR_FUNCTION_NOT_SUPPORTED)
		return rv;
	log_printf(LOG_ERROR, "bind",
	    "this token cannot hold the rule of a key (CKO_DATA: %s)",
	    token_rv_name(rv));
	return CKR_ATTRIBUTE_TYPE_INVALID;
}

/*
 * keys: how many have this CKA_ID before. A rule that is there without any was
 * left by a crash.
 */
static CK_RV
write_new_rule(const struct token *t, const struct purpose *rule,
    CK_ULONG max_keys, CK_BBOOL private)
{
	struct bytes id = blob_bytes(&rule->key_id);
	CK_ULONG keys;
	CK_RV rv;

	rv = guard_object_keys(t, id, &keys);
	if (rv == CKR_OK && keys > max_keys)
		rv = inconsistent(CKR_TEMPLATE_INCONSISTENT,
		    "another private key has its CKA_ID");
	if (rv == CKR_OK)
		rv = purpose_remove(t, id);
	if (rv == CKR_OK)
		rv = write_rule(t, rule, private);
	return rv;
}

static void
bind_reset(struct bind *b)
{
	if (b->wanted)
		free(b->template);
	b->template = NULL;
	b->wanted = false;
	purpose_reset(&b->rule);
}

CK_RV
bind_begin(struct api_call *c, struct bind *b, CK_ATTRIBUTE *template,
    CK_ULONG n)
{
	CK_RV rv;

	*b = (struct bind){ .template = template, .n = n };
	if (!bind_is_asked(template, n))
		return CKR_OK;
	b->wanted = true;
	b->template = NULL;
	if ((c->session->flags & CKF_RW_SESSION) == 0)
		return CKR_SESSION_READ_ONLY;
	rv = check_template(template, n);
	if (rv == CKR_OK)
		rv = take_id(attrs_bytes(template, n, CKA_ID), &b->rule);
	if (rv == CKR_OK)
		rv = take_rule(template, n, &b->rule);
	if (rv == CKR_OK)
		rv = make_template(b, template, n);
	if (rv == CKR_OK)
		rv = guard_lock(c, &b->processes, &b->inner);
	if (rv != CKR_OK) {
		bind_reset(b);
		return rv;
	}
	rv = write_new_rule(&b->inner.token, &b->rule, 0, b->private);
	/* Of handles that the device may give out again now. */
	guard_forget(c->device);
	if (rv != CKR_OK) {
		guard_unlock(c, &b->processes, &b->inner);
		bind_reset(b);
	}
	return rv;
}

/* A device may have left out what it was asked for. */
static CK_RV
check_made(const struct bind *b, CK_OBJECT_HANDLE key)
{
	const struct token *t = &b->inner.token;
	struct guard_object o;
	CK_RV rv;

	rv = guard_object_read(t, key, &o);
	if (rv != CKR_OK)
		return rv;
	if (o.class != CKO_PRIVATE_KEY || !o.token || !o.sensitive ||
	    o.extractable ||
	    !bytes_equal(bytes_of(o.id, o.id_len), blob_bytes(&b->rule.key_id)))
		return inconsistent(CKR_DEVICE_ERROR,
		    "the device made another one than was asked for");
	return CKR_OK;
}

/*
 * The key was not made. SoftHSMv2 leaves a broken one behind all the same, and
 * a device may fail after it has made it: then the rule stays.
 */
static void
unmake_rule(const struct bind *b)
{
	const struct token *t = &b->inner.token;
	struct bytes id = blob_bytes(&b->rule.key_id);
	CK_ULONG keys;
	CK_RV rv;

	rv = guard_object_keys(t, id, &keys);
	if (rv == CKR_OK && keys == 0)
		rv = purpose_remove(t, id);
	if (rv != CKR_OK)
		log_printf(LOG_INFO, "bind", "a rule without a key stays: %s",
		    token_rv_name(rv));
}

CK_RV
bind_end(struct api_call *c, struct bind *b, CK_RV rv,
    const CK_OBJECT_HANDLE *key, const CK_OBJECT_HANDLE *public)
{
	const struct token *t = &b->inner.token;

	if (!b->wanted)
		return rv;
	if (rv == CKR_OK) {
		rv = check_made(b, *key);
		if (rv != CKR_OK)
			(void)t->f->C_DestroyObject(t->session, *key);
		if (rv != CKR_OK && public != NULL)
			(void)t->f->C_DestroyObject(t->session, *public);
	}
	if (rv != CKR_OK)
		unmake_rule(b);
	guard_unlock(c, &b->processes, &b->inner);
	guard_forget(c->device);
	bind_reset(b);
	return rv;
}

/* ---- a key that exists */

/* Can C_SetAttributeValue make up for it? */
static bool
can_change(CK_ATTRIBUTE_TYPE type)
{
	return type == CKA_SENSITIVE || type == CKA_DECRYPT ||
	    type == CKA_UNWRAP || type == CKA_SIGN_RECOVER;
}

/*
 * What it must be by now, and what it can become; what it could do besides is
 * taken away. One that is not extractable was never readable, sensitive or not.
 */
static CK_RV
restrict_key(const struct token *t, CK_OBJECT_HANDLE key,
    const struct guard_object *o)
{
	CK_RV rv = CKR_OK;

	if (!o->token || o->extractable)
		return inconsistent(CKR_TEMPLATE_INCONSISTENT,
		    "it is no token object, or extractable");
	for (size_t i = 0; rv == CKR_OK && i < nitems(demands); i++) {
		const struct demand *d = &demands[i];
		CK_BBOOL value = d->value;
		CK_ATTRIBUTE a = { d->type, &value, sizeof(value) };

		if (can_change(d->type) &&
		    token_get_bool(t, key, d->type) != (value != CK_FALSE) &&
		    t->f->C_SetAttributeValue(t->session, key, &a, 1) != CKR_OK)
			rv = inconsistent(CKR_TEMPLATE_INCONSISTENT, d->why);
	}
	return rv;
}

/* Another process, or another way to the token, may be giving it a new name. */
static CK_RV
check_bound(const struct token *t, CK_OBJECT_HANDLE key,
    const struct purpose *rule)
{
	struct bytes id = blob_bytes(&rule->key_id);
	struct guard_object o;
	CK_RV rv, removed;

	rv = guard_object_read(t, key, &o);
	if (rv == CKR_OK && bytes_equal(bytes_of(o.id, o.id_len), id))
		return CKR_OK;
	if (rv == CKR_OK)
		rv = inconsistent(CKR_TEMPLATE_INCONSISTENT,
		    "its CKA_ID has changed meanwhile");
	removed = purpose_remove(t, id);
	if (removed != CKR_OK)
		log_printf(LOG_INFO, "bind", "a rule without a key stays: %s",
		    token_rv_name(removed));
	return rv;
}

static CK_RV
bind_locked(const struct token *t, CK_OBJECT_HANDLE key, struct purpose *rule)
{
	struct purpose old = { 0 };
	struct guard_object o;
	bool found = false;
	CK_RV rv;

	rv = guard_object_read(t, key, &o);
	if (rv == CKR_OK && o.class != CKO_PRIVATE_KEY)
		rv = CKR_ATTRIBUTE_TYPE_INVALID;
	if (rv == CKR_OK)
		rv = purpose_find(t, bytes_of(o.id, o.id_len), &old, &found);
	purpose_reset(&old);
	if (rv == CKR_OK && found)
		rv = CKR_ATTRIBUTE_READ_ONLY;
	if (rv == CKR_OK &&
	    !bytes_equal(bytes_of(o.id, o.id_len), blob_bytes(&rule->key_id)))
		rv = CKR_TEMPLATE_INCOMPLETE;
	if (rv == CKR_OK)
		rv = restrict_key(t, key, &o);
	if (rv == CKR_OK)
		rv = write_new_rule(t, rule, 1, o.private);
	if (rv == CKR_OK)
		rv = check_bound(t, key, rule);
	return rv;
}

CK_RV
bind_key(struct api_call *c, CK_OBJECT_HANDLE key, const CK_ATTRIBUTE *template,
    CK_ULONG n)
{
	struct token t = inner_caller(c);
	struct purpose rule = { 0 };
	struct process_lock processes;
	struct guard_object o;
	struct inner inner;
	CK_RV rv;

	for (CK_ULONG i = 0; i < n; i++)
		if (!is_binding(template[i].type))
			return inconsistent(CKR_TEMPLATE_INCONSISTENT,
			    "other attributes are to change with it");
	if ((c->session->flags & CKF_RW_SESSION) == 0)
		return CKR_SESSION_READ_ONLY;
	rv = guard_object_read(&t, key, &o);
	if (rv == CKR_OK && o.class != CKO_PRIVATE_KEY)
		rv = CKR_ATTRIBUTE_TYPE_INVALID;
	if (rv == CKR_OK)
		rv = take_id(bytes_of(o.id, o.id_len), &rule);
	if (rv == CKR_OK)
		rv = take_rule(template, n, &rule);
	if (rv == CKR_OK)
		rv = guard_lock(c, &processes, &inner);
	if (rv == CKR_OK) {
		rv = bind_locked(&inner.token, key, &rule);
		guard_unlock(c, &processes, &inner);
		guard_forget(c->device);
	}
	purpose_reset(&rule);
	return rv;
}

/* ---- what can be read of it */

CK_RV
bind_get(const struct purpose *rule, CK_ATTRIBUTE *a)
{
	bool limited;

	if (rule == NULL)
		return a->type == CKA_MDOC_PURPOSE ? attrs_put_ulong(a, 0)
						   : attrs_put_none(a);
	limited = rule->uses_left < CK_UNAVAILABLE_INFORMATION;
	switch (a->type) {
	case CKA_MDOC_PURPOSE:
		return attrs_put_ulong(a, rule->purposes);
	case CKA_MDOC_DOC_TYPES:
		return attrs_put(a, blob_bytes(&rule->doc_types));
	case CKA_MDOC_METHOD:
		return attrs_put_ulong(a, rule->method);
	case CKA_MDOC_USES_LEFT:
		return attrs_put_ulong(a,
		    limited ? (CK_ULONG)rule->uses_left
			    : CK_UNAVAILABLE_INFORMATION);
	default:
		return attrs_put_none(a);
	}
}
