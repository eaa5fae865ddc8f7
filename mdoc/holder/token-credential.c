/* SPDX-License-Identifier: BSD-3-Clause */
/* Credentials that are kept in a token, beside their device keys. */
#include "config.h"

#include <stdlib.h>

#include "mdoc/crypto/key-token.h"
#include "mdoc/holder/credential.h"
#include "vendor-ext/credential.h"

/* Most credentials of one token that are looked at. */
#define MAX_FOUND 256

static int
uri_parse(mdoc_ctx *ctx, const char *uri, struct p11uri *ret)
{
	if (uri == NULL || !p11uri_is(uri))
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "%s: a pkcs11: URI is needed", uri == NULL ? "" : uri);
	return p11uri_parse(ctx, uri, ret);
}

/* The token of the URI, logged in: credentials are private objects. */
static int
token_open(mdoc_ctx *ctx, const struct p11uri *u, struct p11token **ret)
{
	int r;

	if ((r = p11token_get(ctx, u, ret)) != MDOC_OK)
		return r;
	return p11token_login(ctx, *ret, u);
}

/* The credentials of a URI: label and CKA_ID of the device key count. */
static int
objects_find(mdoc_ctx *ctx, const struct p11token *t, const struct p11uri *u,
    CK_OBJECT_HANDLE *ret, CK_ULONG *ret_n)
{
	CK_RV rv;

	rv = credential_find(&t->t, BYTES_NULL, u->label, u->id, ret, MAX_FOUND,
	    ret_n);
	if (rv != CKR_OK)
		return p11token_fail(ctx, t, rv, "looking for credentials");
	return MDOC_OK;
}

/* Exactly one. */
static int
object_get(mdoc_ctx *ctx, const struct p11token *t, const struct p11uri *u,
    CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_HANDLE found[MAX_FOUND];
	CK_ULONG n = 0;
	int r;

	if ((r = objects_find(ctx, t, u, found, &n)) != MDOC_OK)
		return r;
	if (n == 0)
		return ctx_fail(ctx, MDOC_E_TOKEN,
		    "%s: no such credential in token \"%s\"", u->text,
		    t->label);
	if (n > 1)
		return ctx_fail(ctx, MDOC_E_TOKEN,
		    "%s: %lu credentials match in token \"%s\"; name one with "
		    "object=",
		    u->text, n, t->label);
	*ret = found[0];
	return MDOC_OK;
}

/* ---- storing */

static int
record_fill(const mdoc_credential *c, const struct p11uri *u,
    const struct key_token *key, struct credential *ret)
{
	const struct bytes label =
	    bytes_is_null(u->label) ? c->doc_type : u->label;

	ret->valid_from = c->valid_from;
	ret->valid_until = c->valid_until;
	ret->uses_left = CREDENTIAL_NO_LIMIT;
	if (!blob_set(&ret->label, label) ||
	    !blob_set(&ret->key_id, blob_bytes(&key->id)) ||
	    !blob_set(&ret->doc_type, c->doc_type) ||
	    !blob_set(&ret->issuer_signed, blob_bytes(&c->issuer_signed)))
		return ctx_fail(c->ctx, MDOC_E_MEMORY, "out of memory");
	return MDOC_OK;
}

static int
label_check(mdoc_ctx *ctx, const struct p11token *t, struct bytes label)
{
	CK_OBJECT_HANDLE found;
	CK_ULONG n = 0;
	CK_RV rv;

	rv = credential_find(&t->t, BYTES_NULL, label, BYTES_NULL, &found, 1,
	    &n);
	if (rv != CKR_OK)
		return p11token_fail(ctx, t, rv, "looking for credentials");
	if (n > 0)
		return ctx_fail(ctx, MDOC_E_TOKEN,
		    "token \"%s\" has a credential %.*s already", t->label,
		    (int)label.len, (const char *)label.ptr);
	return MDOC_OK;
}

static int
record_store(mdoc_ctx *ctx, const struct p11token *t,
    const struct credential *record)
{
	struct token rw;
	CK_OBJECT_HANDLE object;
	CK_RV rv;
	int r;

	r = label_check(ctx, t, blob_bytes(&record->label));
	if (r != MDOC_OK || (r = p11token_begin(ctx, t, &rw)) != MDOC_OK)
		return r;
	rv = credential_create(&rw, record, CK_TRUE, &object);
	if (rv != CKR_OK)
		r = p11token_fail(ctx, t, rv, "storing a credential");
	p11token_end(&rw);
	return r;
}

int
mdoc_credential_store(mdoc_credential *credential, const char *uri,
    mdoc_key *device_key)
{
	mdoc_ctx *ctx = credential->ctx;
	struct key_token *key = key_token_of(device_key);
	struct credential record = { .valid_from = 0 };
	struct p11token *t;
	struct p11uri u;
	int r;

	if (key_curve(device_key) != credential->curve ||
	    !bytes_equal(key_point(device_key),
		bytes_of(credential->point, credential->point_len)))
		return ctx_fail(ctx, MDOC_E_KEY,
		    "the key is not the device key of the credential");
	if (key == NULL || key->id.len == 0)
		return ctx_fail(ctx, MDOC_E_KEY,
		    "the device key is not in a token, or has no CKA_ID");
	if ((r = uri_parse(ctx, uri, &u)) != MDOC_OK)
		return r;
	if ((r = token_open(ctx, &u, &t)) == MDOC_OK &&
	    (r = record_fill(credential, &u, key, &record)) == MDOC_OK)
		r = record_store(ctx, t, &record);
	credential_reset(&record);
	p11uri_reset(&u);
	return r;
}

/* ---- loading */

/* The device key is in the same token, under the CKA_ID of the record. */
static int
key_open(mdoc_ctx *ctx, const struct p11token *t, const struct p11uri *u,
    const struct credential *record, mdoc_key **ret)
{
	const struct p11object object = {
		.class = CKO_PRIVATE_KEY,
		.id = blob_bytes(&record->key_id),
	};
	char *uri = p11uri_format(&t->info, &object, u);
	int r;

	if (uri == NULL)
		return ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
	r = mdoc_key_open(ctx, uri, ret);
	free(uri);
	return r;
}

static int
record_load(mdoc_ctx *ctx, const struct p11token *t, CK_OBJECT_HANDLE object,
    struct credential *ret)
{
	CK_RV rv = credential_load(&t->t, object, ret);

	if (rv != CKR_OK)
		return p11token_fail(ctx, t, rv, "reading a credential");
	return MDOC_OK;
}

int
mdoc_credential_load(mdoc_ctx *ctx, const char *uri, mdoc_credential **ret)
{
	struct credential record = { .valid_from = 0 };
	mdoc_credential *c = NULL;
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
	mdoc_key *key = NULL;
	struct p11token *t;
	struct p11uri u;
	int r;

	if ((r = uri_parse(ctx, uri, &u)) != MDOC_OK)
		return r;
	if ((r = token_open(ctx, &u, &t)) != MDOC_OK ||
	    (r = object_get(ctx, t, &u, &object)) != MDOC_OK ||
	    (r = record_load(ctx, t, object, &record)) != MDOC_OK ||
	    (r = mdoc_credential_new(ctx,
		 to_public(blob_bytes(&record.issuer_signed)), &c)) !=
		MDOC_OK ||
	    (r = key_open(ctx, t, &u, &record, &key)) != MDOC_OK ||
	    (r = mdoc_credential_set_key(c, key)) != MDOC_OK)
		goto out;
	c->own_key = key;
	key = NULL;
	*ret = c;
	c = NULL;
out:
	mdoc_key_free(&key);
	mdoc_credential_free(&c);
	credential_reset(&record);
	p11uri_reset(&u);
	return r;
}

/* ---- the list */

struct listing {
	mdoc_ctx *ctx;
	const struct p11uri *uri;
	int (*fn)(void *arg, const mdoc_credential_info *info);
	void *arg;
	bool stopped;
};

static int
tell(struct listing *l, const struct p11token *t, CK_OBJECT_HANDLE object)
{
	struct credential record = { .valid_from = 0 };
	mdoc_credential_info info;
	int r;

	r = record_load(l->ctx, t, object, &record);
	/* A NUL behind the label makes it a string. */
	if (r == MDOC_OK && !blob_append_u8(&record.label, 0))
		r = ctx_fail(l->ctx, MDOC_E_MEMORY, "out of memory");
	if (r == MDOC_OK) {
		info = (mdoc_credential_info){
			.label = (const char *)record.label.ptr,
			.doc_type = to_public(blob_bytes(&record.doc_type)),
			.key_id = to_public(blob_bytes(&record.key_id)),
			.valid_from = record.valid_from,
			.valid_until = record.valid_until,
			.size = record.issuer_signed.len,
		};
		l->stopped = l->fn(l->arg, &info) != 0;
	}
	credential_reset(&record);
	return r;
}

static int
list_token(struct listing *l, struct p11token *t)
{
	CK_OBJECT_HANDLE found[MAX_FOUND];
	CK_ULONG n = 0;
	int r;

	if ((r = p11token_login(l->ctx, t, l->uri)) != MDOC_OK ||
	    (r = objects_find(l->ctx, t, l->uri, found, &n)) != MDOC_OK)
		return r;
	for (CK_ULONG i = 0; i < n && r == MDOC_OK && !l->stopped; i++)
		r = tell(l, t, found[i]);
	return r;
}

int
mdoc_credential_list(mdoc_ctx *ctx, const char *uri,
    int (*fn)(void *arg, const mdoc_credential_info *info), void *arg)
{
	struct p11token *tokens[P11TOKEN_MAX];
	struct p11uri u;
	struct listing l = { ctx, &u, fn, arg, false };
	size_t n = 0;
	int r;

	if ((r = uri_parse(ctx, uri, &u)) != MDOC_OK)
		return r;
	r = p11token_match(ctx, &u, tokens, nitems(tokens), &n);
	for (size_t i = 0; i < n && r == MDOC_OK && !l.stopped; i++)
		r = list_token(&l, tokens[i]);
	p11uri_reset(&u);
	return r;
}

int
mdoc_credential_delete(mdoc_ctx *ctx, const char *uri)
{
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
	struct p11token *t;
	struct token rw;
	struct p11uri u;
	CK_RV rv;
	int r;

	if ((r = uri_parse(ctx, uri, &u)) != MDOC_OK)
		return r;
	if ((r = token_open(ctx, &u, &t)) == MDOC_OK &&
	    (r = object_get(ctx, t, &u, &object)) == MDOC_OK &&
	    (r = p11token_begin(ctx, t, &rw)) == MDOC_OK) {
		rv = rw.f->C_DestroyObject(rw.session, object);
		if (rv != CKR_OK)
			r = p11token_fail(ctx, t, rv, "deleting a credential");
		p11token_end(&rw);
	}
	p11uri_reset(&u);
	return r;
}
