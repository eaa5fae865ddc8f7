/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include <p11-kit/pkcs11.h>

#include "mdoc/crypto/key-token.h"
#include "vendor-ext/pkcs11-3.h"

struct listing {
	mdoc_ctx *ctx;
	const struct p11uri *uri;
	int (*fn)(void *arg, const mdoc_key_info *info);
	void *arg;
	bool stopped;
};

static int
tell(struct listing *l, struct p11token *t, CK_OBJECT_CLASS class,
    CK_OBJECT_HANDLE object)
{
	struct blob label = BLOB_INIT, id = BLOB_INIT;
	struct p11object o = { .class = class };
	mdoc_key_info info = { .is_private = class == CKO_PRIVATE_KEY };
	const struct curve *curve;
	char *uri;
	int r = MDOC_OK;

	if (token_get(&t->t, object, CKA_LABEL, &label) == CKR_OK)
		o.label = blob_bytes(&label);
	if (token_get(&t->t, object, CKA_ID, &id) == CKR_OK)
		o.id = blob_bytes(&id);
	uri = p11uri_format(&t->info, &o, l->uri);
	/* A NUL behind the label makes it a string. */
	if (uri == NULL || !blob_append_u8(&label, 0)) {
		r = ctx_fail(l->ctx, MDOC_E_MEMORY, "out of memory");
		goto out;
	}
	info.uri = uri;
	info.label = (const char *)label.ptr;
	info.id = to_public(blob_bytes(&id));
	if (token_key_curve(&t->t, object, &curve) == CKR_OK)
		info.curve = curve->name;
	if (info.is_private) {
		if (token_get_bool(&t->t, object, CKA_SIGN))
			info.use |= MDOC_KEY_USE_SIGN;
		if (token_get_bool(&t->t, object, CKA_DERIVE))
			info.use |= MDOC_KEY_USE_DERIVE;
		info.extractable =
		    token_get_bool(&t->t, object, CKA_EXTRACTABLE);
	}
	l->stopped = l->fn(l->arg, &info) != 0;
out:
	free(uri);
	blob_reset(&label);
	blob_reset(&id);
	return r;
}

/* Is there a private key that this public one belongs to? */
static bool
has_private(struct p11token *t, CK_OBJECT_HANDLE object)
{
	CK_OBJECT_HANDLE found[P11TOKEN_FOUND];
	struct blob id = BLOB_INIT;
	CK_ULONG n = 0;
	bool yes;

	yes = token_get(&t->t, object, CKA_ID, &id) == CKR_OK && id.len != 0 &&
	    p11token_find(&t->t, CKO_PRIVATE_KEY, BYTES_NULL, blob_bytes(&id),
		found, &n) == CKR_OK &&
	    n != 0;
	blob_reset(&id);
	return yes;
}

static int
list_class(struct listing *l, struct p11token *t, CK_OBJECT_CLASS class)
{
	CK_OBJECT_HANDLE *found;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) } };
	const struct p11uri *u = l->uri;
	CK_ULONG max = 4096, n = 0;
	int r = MDOC_OK;
	CK_RV rv;

	if (u->has_class && u->class != class)
		return MDOC_OK;
	if ((found = calloc(max, sizeof(*found))) == NULL)
		return ctx_fail(l->ctx, MDOC_E_MEMORY, "out of memory");
	rv = bytes_is_null(u->label) && bytes_is_null(u->id)
	    ? token_find(&t->t, template, 1, found, max, &n)
	    : p11token_find(&t->t, class, u->label, u->id, found, &n);
	if (rv != CKR_OK)
		r = p11token_fail(l->ctx, t, rv, "listing keys");
	for (CK_ULONG i = 0; i < n && r == MDOC_OK && !l->stopped; i++) {
		if (class == CKO_PRIVATE_KEY || !has_private(t, found[i]))
			r = tell(l, t, class, found[i]);
	}
	free(found);
	return r;
}

/* Private keys are seen after a login; without a way to log in, what is
 * public is listed. */
static int
list_token(struct listing *l, struct p11token *t)
{
	const struct p11uri *u = l->uri;
	bool can_log_in = u->pin_value.ptr != NULL ||
	    u->pin_source.ptr != NULL || l->ctx->pin != NULL ||
	    (t->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
	int r = MDOC_OK;

	if (can_log_in && (t->info.flags & CKF_USER_PIN_INITIALIZED) != 0)
		r = p11token_login(l->ctx, t, u);
	if (r == MDOC_OK)
		r = list_class(l, t, CKO_PRIVATE_KEY);
	if (r == MDOC_OK && !l->stopped)
		r = list_class(l, t, CKO_PUBLIC_KEY);
	return r;
}

int
mdoc_key_list(mdoc_ctx *ctx, const char *uri,
    int (*fn)(void *arg, const mdoc_key_info *info), void *arg)
{
	struct p11token *tokens[P11TOKEN_MAX];
	struct p11uri u;
	struct listing l = { ctx, &u, fn, arg, false };
	size_t n = 0;
	int r;

	if (!p11uri_is(uri))
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "%s: a pkcs11: URI is needed", uri);
	if ((r = p11uri_parse(ctx, uri, &u)) != MDOC_OK)
		return r;
	r = p11token_match(ctx, &u, tokens, nitems(tokens), &n);
	for (size_t i = 0; i < n && r == MDOC_OK && !l.stopped; i++)
		r = list_token(&l, tokens[i]);
	p11uri_reset(&u);
	return r;
}
