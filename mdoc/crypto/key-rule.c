/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <limits.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "mdoc/crypto/key-rule.h"

_Static_assert(MDOC_KEY_FOR_DEVICE == MDOC_PURPOSE_DEVICE &&
	MDOC_KEY_FOR_READER == MDOC_PURPOSE_READER &&
	MDOC_KEY_FOR_ISSUER == MDOC_PURPOSE_ISSUER,
    "bits of purposes");
_Static_assert(MDOC_KEY_METHOD_ONE == MDOC_METHOD_ONE &&
	MDOC_KEY_METHOD_SIGNATURE == MDOC_METHOD_SIGNATURE &&
	MDOC_KEY_METHOD_MAC == MDOC_METHOD_MAC,
    "methods");

static void
add(struct key_rule *r, CK_ATTRIBUTE_TYPE type, void *value, size_t len)
{
	r->a[r->n++] = (CK_ATTRIBUTE){ type, value, (CK_ULONG)len };
}

int
key_rule_make(mdoc_ctx *c, const mdoc_key_rule *from, struct key_rule *ret)
{
	struct bytes type;

	*ret = (struct key_rule){ .purpose = from->purpose,
		.method = from->method };
	if (from->purpose == 0)
		return ctx_fail(c, MDOC_E_ARGUMENT,
		    "a purpose is needed to bind a key");
	if (from->uses == 0)
		return ctx_fail(c, MDOC_E_ARGUMENT,
		    "a key with no uses is of no use");
	for (size_t i = 0;
	     from->doc_types != NULL && from->doc_types[i] != NULL; i++) {
		type = bytes_str(from->doc_types[i]);
		if (type.len == 0)
			return ctx_fail(c, MDOC_E_ARGUMENT, "an empty docType");
		if ((i > 0 && !blob_append_u8(&ret->doc_types, 0)) ||
		    !blob_append_bytes(&ret->doc_types, type))
			return ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	}
	add(ret, CKA_MDOC_PURPOSE, &ret->purpose, sizeof(ret->purpose));
	if (ret->doc_types.len > 0)
		add(ret, CKA_MDOC_DOC_TYPES, ret->doc_types.ptr,
		    ret->doc_types.len);
	if (ret->method != MDOC_METHOD_ANY)
		add(ret, CKA_MDOC_METHOD, &ret->method, sizeof(ret->method));
	if (from->uses > 0) {
		ret->uses = (CK_ULONG)from->uses;
		add(ret, CKA_MDOC_USES_LEFT, &ret->uses, sizeof(ret->uses));
	}
	return MDOC_OK;
}

void
key_rule_reset(struct key_rule *r)
{
	blob_reset(&r->doc_types);
	r->n = 0;
}

int
key_rule_fail(mdoc_ctx *c, const struct p11token *t, CK_RV rv)
{
	/* SoftHSMv2's word for an attribute that it does not know. */
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
		return ctx_fail(c, MDOC_E_UNSUPPORTED,
		    "token \"%s\" cannot bind keys to a purpose: p11-mdoc.so "
		    "over a token that stores data objects can",
		    t->label);
	if (rv == CKR_ATTRIBUTE_READ_ONLY)
		return ctx_fail(c, MDOC_E_KEY,
		    "token \"%s\": the key is bound already", t->label);
	if (rv == CKR_TEMPLATE_INCONSISTENT)
		return ctx_fail(c, MDOC_E_KEY,
		    "token \"%s\": this key cannot be bound to that (it is "
		    "extractable, or its id is another key's, or the method or "
		    "a docType does not go with the purpose)",
		    t->label);
	return p11token_fail(c, t, rv, "binding a key");
}

void
key_rule_read(const struct token *t, CK_OBJECT_HANDLE object,
    mdoc_key_info *ret, struct blob *types)
{
	CK_ULONG purpose, method, uses;

	ret->uses_left = -1;
	if (token_get_ulong(t, object, CKA_MDOC_PURPOSE, &purpose) != CKR_OK ||
	    purpose == 0)
		return;
	ret->purpose = (unsigned)purpose;
	if (token_get_ulong(t, object, CKA_MDOC_METHOD, &method) == CKR_OK)
		ret->method = (unsigned)method;
	if (token_get_ulong(t, object, CKA_MDOC_USES_LEFT, &uses) == CKR_OK &&
	    uses <= LONG_MAX)
		ret->uses_left = (long)uses;
	if (token_get(t, object, CKA_MDOC_DOC_TYPES, types) == CKR_OK)
		ret->doc_types = (mdoc_bytes){ types->ptr, types->len };
}

static int
bind_found(mdoc_ctx *c, struct p11token *t, CK_OBJECT_HANDLE key,
    struct key_rule *rule)
{
	struct token rw = { .f = NULL };
	CK_RV rv;
	int r;

	if ((r = p11token_begin(c, t, &rw)) != MDOC_OK)
		return r;
	rv = rw.f->C_SetAttributeValue(rw.session, key, rule->a, rule->n);
	p11token_end(&rw);
	return rv == CKR_OK ? MDOC_OK : key_rule_fail(c, t, rv);
}

static int
bind_key(mdoc_ctx *c, const struct p11uri *u, struct key_rule *rule)
{
	CK_OBJECT_HANDLE found[P11TOKEN_FOUND];
	struct p11token *t;
	CK_ULONG n = 0;
	CK_RV rv;
	int r;

	if (bytes_is_null(u->label) && bytes_is_null(u->id))
		return ctx_fail(c, MDOC_E_ARGUMENT,
		    "%s: object= or id= is needed to bind a key", u->text);
	if ((r = p11token_get(c, u, &t)) != MDOC_OK ||
	    (r = p11token_login(c, t, u)) != MDOC_OK)
		return r;
	rv = p11token_find(&t->t, CKO_PRIVATE_KEY, u->label, u->id, found, &n);
	if (rv != CKR_OK)
		return p11token_fail(c, t, rv, "looking for the key");
	if (n != 1)
		return ctx_fail(c, MDOC_E_TOKEN, "%s: %s", u->text,
		    n == 0 ? "no such private key"
			   : "more than one private key matches");
	return bind_found(c, t, found[0], rule);
}

int
mdoc_key_bind(mdoc_ctx *ctx, const char *uri, const mdoc_key_rule *rule)
{
	struct key_rule made;
	struct p11uri u;
	int r;

	if (!p11uri_is(uri))
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "%s: a pkcs11: URI of the key is needed",
		    uri == NULL ? "(none)" : uri);
	r = key_rule_make(ctx, rule, &made);
	if (r == MDOC_OK && (r = p11uri_parse(ctx, uri, &u)) == MDOC_OK) {
		r = bind_key(ctx, &u, &made);
		p11uri_reset(&u);
	}
	key_rule_reset(&made);
	return r;
}
