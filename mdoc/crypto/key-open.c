/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>

#include "mdoc/crypto/cert.h"
#include "mdoc/crypto/key-token.h"
#include "mdoc/crypto/pem.h"
#include "vendor-ext/pkcs11-3.h"

/* The point of a certificate; CKR_KEY_TYPE_INCONSISTENT: of another curve. */
static CK_RV
certificate_point(const struct token *t, CK_OBJECT_HANDLE object,
    const struct curve *curve, struct blob *ret)
{
	struct blob der = BLOB_INIT;
	struct cert cert;
	CK_RV rv;

	rv = token_get(t, object, CKA_VALUE, &der);
	if (rv == CKR_OK &&
	    (!cert_read(blob_bytes(&der), &cert, NULL, NULL) ||
		cert.curve != curve))
		rv = CKR_KEY_TYPE_INCONSISTENT;
	if (rv == CKR_OK && !blob_set(ret, cert.point))
		rv = CKR_HOST_MEMORY;
	blob_reset(&der);
	return rv;
}

static CK_RV
object_point(const struct token *t, CK_OBJECT_CLASS class,
    CK_OBJECT_HANDLE object, const struct curve *curve, struct blob *ret)
{
	const struct curve *found;
	CK_RV rv;

	if (class == CKO_CERTIFICATE)
		return certificate_point(t, object, curve, ret);
	rv = token_key_curve(t, object, &found);
	if (rv == CKR_OK && found != curve)
		rv = CKR_KEY_TYPE_INCONSISTENT;
	return rv == CKR_OK ? token_key_point(t, object, ret) : rv;
}

/* The point that these objects have. Two that differ: which one is it?
 * CKR_KEY_CHANGED. */
static CK_RV
common_point(const struct token *t, CK_OBJECT_CLASS class,
    const CK_OBJECT_HANDLE *found, CK_ULONG n, const struct curve *curve,
    struct blob *ret)
{
	CK_RV problem = CKR_OBJECT_HANDLE_INVALID;
	struct blob one = BLOB_INIT, next = BLOB_INIT;
	CK_RV rv = CKR_OK;

	for (CK_ULONG i = 0; i < n; i++) {
		rv = object_point(t, class, found[i], curve, &next);
		if (rv == CKR_HOST_MEMORY)
			break;
		if (rv == CKR_KEY_TYPE_INCONSISTENT)
			continue; /* of another curve: not its */
		if (rv != CKR_OK) {
			problem = rv;
			continue;
		}
		if (one.len != 0 &&
		    !bytes_equal(blob_bytes(&one), blob_bytes(&next))) {
			rv = CKR_KEY_CHANGED;
			break;
		}
		blob_move(&one, &next);
	}
	if (rv != CKR_HOST_MEMORY && rv != CKR_KEY_CHANGED) {
		rv = one.len == 0 ? problem : CKR_OK;
		if (rv == CKR_OK)
			blob_move(ret, &one);
	}
	blob_reset(&one);
	blob_reset(&next);
	return rv;
}

CK_RV
key_token_point(const struct key_token *k, const struct curve *curve,
    struct blob *ret)
{
	static const CK_OBJECT_CLASS classes[] = { CKO_PUBLIC_KEY,
		CKO_CERTIFICATE };
	const struct token *t = &k->token->t;
	CK_OBJECT_HANDLE found[P11TOKEN_FOUND];
	struct bytes label = BYTES_NULL, id = BYTES_NULL;
	CK_ULONG n;
	CK_RV rv;

	rv = token_key_point(t, k->handle, ret);
	if (rv == CKR_OK || rv == CKR_HOST_MEMORY)
		return rv;
	if (k->id.len != 0)
		id = blob_bytes(&k->id);
	else if (k->label.len != 0)
		label = blob_bytes(&k->label);
	else
		return CKR_OBJECT_HANDLE_INVALID;
	rv = CKR_OBJECT_HANDLE_INVALID;
	for (size_t i = 0;
	     i < nitems(classes) && rv == CKR_OBJECT_HANDLE_INVALID; i++) {
		rv = p11token_find(t, classes[i], label, id, found, &n);
		if (rv == CKR_OK)
			rv = common_point(t, classes[i], found, n, curve, ret);
	}
	return rv;
}

static CK_RV
get_optional(const struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, struct blob *ret)
{
	CK_RV rv = token_get(t, object, type, ret);

	return rv == CKR_ATTRIBUTE_TYPE_INVALID ? CKR_OK : rv;
}

/* Everything of the key but its point. */
static int
load_attributes(mdoc_ctx *c, struct key_token *k, const struct curve **ret)
{
	const struct token *t = &k->token->t;
	CK_RV rv;

	rv = token_key_curve(t, k->handle, ret);
	if (rv == CKR_KEY_TYPE_INCONSISTENT)
		return ctx_fail(c, MDOC_E_KEY,
		    "%s: a key of another kind than the curves of "
		    "ISO/IEC 18013-5",
		    k->uri.text);
	if (rv == CKR_OK)
		rv = get_optional(t, k->handle, CKA_LABEL, &k->label);
	if (rv == CKR_OK)
		rv = get_optional(t, k->handle, CKA_ID, &k->id);
	if (rv != CKR_OK)
		return p11token_fail(c, k->token, rv, "reading the key");
	k->always_login = token_get_bool(t, k->handle, CKA_ALWAYS_AUTHENTICATE);
	return MDOC_OK;
}

static int
fail_point(mdoc_ctx *c, const struct p11token *t, const struct p11uri *u,
    CK_RV rv)
{
	if (rv == CKR_OBJECT_HANDLE_INVALID)
		return ctx_fail(c, MDOC_E_KEY,
		    "%s: the token has no public key or certificate with the "
		    "id of the private key",
		    u->text);
	if (rv == CKR_KEY_CHANGED)
		return ctx_fail(c, MDOC_E_TOKEN,
		    "%s: the token has several public keys with the id of the "
		    "private key",
		    u->text);
	return p11token_fail(c, t, rv, "reading the public key");
}

int
key_token_new(mdoc_ctx *c, struct p11token *t, CK_OBJECT_HANDLE handle,
    struct p11uri *uri, mdoc_key **ret)
{
	struct key_token *k;
	struct blob point = BLOB_INIT;
	const struct curve *curve;
	struct p11object object = { .class = CKO_PRIVATE_KEY };
	CK_RV rv;
	int r;

	if ((k = calloc(1, sizeof(*k))) == NULL)
		return ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	key_token_prepare(&k->key);
	k->token = t;
	k->handle = handle;
	k->generation = t->generation;
	k->uri = *uri;
	if ((r = load_attributes(c, k, &curve)) != MDOC_OK)
		goto out;
	rv = key_token_point(k, curve, &point);
	if (rv != CKR_OK) {
		r = fail_point(c, t, uri, rv);
		goto out;
	}
	r = key_init(&k->key, c, k->key.ops, curve, blob_bytes(&point),
	    k->id.len == 0 ? BYTES_NULL : blob_bytes(&k->id));
	if (r != MDOC_OK)
		goto out;
	k->key.is_private = true;
	object.label = blob_bytes(&k->label);
	object.id = blob_bytes(&k->id);
	k->key.uri = p11uri_format(&t->info, &object, uri);
	if (k->key.uri == NULL)
		r = ctx_fail(c, MDOC_E_MEMORY, "out of memory");
out:
	blob_reset(&point);
	if (r == MDOC_OK) {
		memset(uri, 0, sizeof(*uri));
		*ret = &k->key;
	} else {
		memset(&k->uri, 0, sizeof(k->uri)); /* still the caller's */
		k->key.ops->free(&k->key);
	}
	return r;
}

/* A key object or certificate as a public key in memory. */
static int
open_public(mdoc_ctx *c, const struct p11token *t, CK_OBJECT_CLASS class,
    CK_OBJECT_HANDLE object, const struct p11uri *uri, mdoc_key **ret)
{
	struct p11object named = { .class = class };
	struct blob value = BLOB_INIT;
	const struct curve *curve;
	mdoc_key *key = NULL;
	CK_RV rv;
	int r;

	if (class == CKO_CERTIFICATE) {
		rv = token_get(&t->t, object, CKA_VALUE, &value);
		r = rv == CKR_OK
		    ? mdoc_key_from_bytes(c, to_public(blob_bytes(&value)),
			  &key)
		    : p11token_fail(c, t, rv, "reading the certificate");
	} else {
		rv = token_key_curve(&t->t, object, &curve);
		if (rv == CKR_OK)
			rv = token_key_point(&t->t, object, &value);
		r = rv == CKR_OK
		    ? key_new_public(c, curve, blob_bytes(&value), &key)
		    : p11token_fail(c, t, rv, "reading the public key");
	}
	blob_reset(&value);
	if (r != MDOC_OK || key == NULL)
		return r;
	if (get_optional(&t->t, object, CKA_ID, &value) == CKR_OK &&
	    value.len != 0)
		blob_move(&key->id, &value);
	blob_reset(&value);
	if (get_optional(&t->t, object, CKA_LABEL, &value) == CKR_OK)
		named.label = blob_bytes(&value);
	named.id = blob_bytes(&key->id);
	key->uri = p11uri_format(&t->info, &named, uri);
	blob_reset(&value);
	if (key->uri == NULL) {
		mdoc_key_free(&key);
		return ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	}
	*ret = key;
	return MDOC_OK;
}

/* ---- the search */

struct search {
	mdoc_ctx *ctx;
	struct p11uri *uri;
	struct p11token *token; /* of the object found */
	CK_OBJECT_CLASS class;
	CK_OBJECT_HANDLE object;
	size_t n; /* found */
	struct p11list list;
};

/* Adds what one token has of a class. */
static int
look(struct search *s, struct p11token *t, CK_OBJECT_CLASS class)
{
	CK_OBJECT_HANDLE found[P11TOKEN_FOUND];
	CK_ULONG n = 0;
	CK_RV rv;

	rv = p11token_find(&t->t, class, s->uri->label, s->uri->id, found, &n);
	if (rv != CKR_OK)
		return p11token_fail(s->ctx, t, rv, "looking for the key");
	for (CK_ULONG i = 0; i < n; i++) {
		s->token = t;
		s->class = class;
		s->object = found[i];
		s->n++;
		p11list_add_object(&s->list, t, &t->t, found[i], class);
	}
	return MDOC_OK;
}

/* In one token: a private key, else what is public. */
static int
look_in(struct search *s, struct p11token *t)
{
	const struct p11uri *u = s->uri;
	int r;

	if (u->has_class && u->class != CKO_PRIVATE_KEY) {
		/* Public objects are mostly there without a login. */
		r = look(s, t, u->class);
		if (r != MDOC_OK || s->n != 0 || p11token_is_open(t))
			return r;
		if ((r = p11token_login(s->ctx, t, u)) != MDOC_OK)
			return r;
		return look(s, t, u->class);
	}
	if ((r = p11token_login(s->ctx, t, u)) != MDOC_OK)
		return r;
	r = look(s, t, CKO_PRIVATE_KEY);
	if (r == MDOC_OK && s->n == 0 && !u->has_class)
		r = look(s, t, CKO_PUBLIC_KEY);
	return r;
}

/*
 * Of several tokens that match, those that show something of this name without
 * a login: nobody wants to type the PIN of each.
 */
static int
narrow(struct search *s, struct p11token **tokens, size_t *n)
{
	static const CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY,
		CKO_PUBLIC_KEY, CKO_CERTIFICATE };
	CK_OBJECT_HANDLE found[P11TOKEN_FOUND];
	CK_ULONG some, all;
	size_t left = 0;

	for (size_t i = 0; i < *n; i++) {
		all = 0;
		for (size_t j = 0; j < nitems(classes); j++) {
			some = 0;
			if (p11token_find(&tokens[i]->t, classes[j],
				s->uri->label, s->uri->id, found,
				&some) == CKR_OK)
				all += some;
		}
		if (all > 0)
			tokens[left++] = tokens[i];
	}
	if (left == 0)
		return MDOC_E_TOKEN;
	*n = left;
	return MDOC_OK;
}

/* No such key: what keys are there? */
static int
fail_missing(struct search *s, struct p11token *t)
{
	CK_OBJECT_HANDLE found[P11TOKEN_FOUND];
	struct p11list list = { .n = 0 };
	CK_OBJECT_CLASS class =
	    s->uri->has_class ? s->uri->class : CKO_PRIVATE_KEY;
	CK_ULONG n = 0;
	int r;

	if (p11token_find(&t->t, class, BYTES_NULL, BYTES_NULL, found, &n) !=
	    CKR_OK)
		n = 0;
	for (CK_ULONG i = 0; i < n; i++)
		p11list_add_object(&list, t, &t->t, found[i], class);
	r = list.n == 0 ? ctx_fail(s->ctx, MDOC_E_TOKEN,
			      "%s: no such key; token \"%s\" has none",
			      s->uri->text, t->label)
			: ctx_fail(s->ctx, MDOC_E_TOKEN,
			      "%s: no such key; token \"%s\" has: %s",
			      s->uri->text, t->label, p11list_text(&list));
	p11list_reset(&list);
	return r;
}

static int
search_all(struct search *s)
{
	struct p11token *tokens[P11TOKEN_MAX];
	size_t n = 0;
	int r;

	r = p11token_match(s->ctx, s->uri, tokens, nitems(tokens), &n);
	if (r != MDOC_OK)
		return r;
	if (n > 1 && narrow(s, tokens, &n) != MDOC_OK)
		return p11token_fail_many(s->ctx, s->uri, tokens, n);
	for (size_t i = 0; i < n && r == MDOC_OK; i++)
		r = look_in(s, tokens[i]);
	if (r != MDOC_OK)
		return r;
	if (s->n == 0)
		return fail_missing(s, tokens[0]);
	if (s->n > 1)
		return ctx_fail(s->ctx, MDOC_E_TOKEN,
		    "%s: more than one key matches: name one of %s",
		    s->uri->text, p11list_text(&s->list));
	return MDOC_OK;
}

int
key_token_open(mdoc_ctx *c, const char *uri, mdoc_key **ret)
{
	struct p11uri u;
	struct search s = { .ctx = c, .uri = &u };
	int r;

	if ((r = p11uri_parse(c, uri, &u)) != MDOC_OK)
		return r;
	if (u.has_class && u.class != CKO_PRIVATE_KEY &&
	    u.class != CKO_PUBLIC_KEY && u.class != CKO_CERTIFICATE)
		r = ctx_fail(c, MDOC_E_ARGUMENT,
		    "%s: type=private, public or cert is needed", u.text);
	if (r == MDOC_OK)
		r = search_all(&s);
	if (r == MDOC_OK && s.class == CKO_PRIVATE_KEY)
		r = key_token_new(c, s.token, s.object, &u, ret);
	else if (r == MDOC_OK)
		r = open_public(c, s.token, s.class, s.object, &u, ret);
	p11list_reset(&s.list);
	p11uri_reset(&u);
	return r;
}

static int
open_file(mdoc_ctx *c, const char *path, mdoc_key **ret)
{
	struct blob content = BLOB_INIT;
	int r;

	if ((r = file_read(c, path, &content)) != MDOC_OK)
		return r;
	r = mdoc_key_from_bytes(c, to_public(blob_bytes(&content)), ret);
	blob_reset(&content);
	return r == MDOC_OK ? r : ctx_fail(c, r, "%s: %s", path, c->error);
}

int
mdoc_key_open(mdoc_ctx *ctx, const char *source, mdoc_key **ret)
{
	if (source == NULL || source[0] == '\0')
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "no key: a file or a pkcs11: URI is needed");
	return p11uri_is(source) ? key_token_open(ctx, source, ret)
				 : open_file(ctx, source, ret);
}
