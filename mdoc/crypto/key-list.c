/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include <p11-kit/pkcs11.h>

#include "mdoc/crypto/key-rule.h"
#include "mdoc/crypto/key-token.h"
#include "vendor-ext/pkcs11-3.h"

/* Most keys of one kind in one token. */
#define MAX_LISTED 65536

struct listing {
	mdoc_ctx *ctx;
	const struct p11uri *uri;
	int (*fn)(void *arg, const mdoc_key_info *info);
	void *arg;
	bool stopped;
	struct blob *ids; /* of the private keys of this token */
	size_t n;
};

static int
tell(struct listing *l, struct p11token *t, CK_OBJECT_CLASS class,
    CK_OBJECT_HANDLE object)
{
	struct blob label = BLOB_INIT, id = BLOB_INIT, types = BLOB_INIT;
	struct p11object o = { .class = class };
	mdoc_key_info info = { .is_private = class == CKO_PRIVATE_KEY,
		.uses_left = -1 };
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
		key_rule_read(&t->t, object, &info, &types);
	}
	l->stopped = l->fn(l->arg, &info) != 0;
out:
	free(uri);
	blob_reset(&label);
	blob_reset(&id);
	blob_reset(&types);
	return r;
}

/* Does a public key belong to a private key that was listed? */
static bool
was_listed(const struct listing *l, struct p11token *t, CK_OBJECT_HANDLE object)
{
	struct blob id = BLOB_INIT;
	bool found = false;

	if (token_get(&t->t, object, CKA_ID, &id) == CKR_OK && id.len != 0) {
		for (size_t i = 0; i < l->n && !found; i++)
			found = bytes_equal(blob_bytes(&l->ids[i]),
			    blob_bytes(&id));
	}
	blob_reset(&id);
	return found;
}

static void
forget_ids(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		blob_reset(&l->ids[i]);
	free(l->ids);
	l->ids = NULL;
	l->n = 0;
}

/* Of one class; those of private keys are remembered. */
static int
tell_all(struct listing *l, struct p11token *t, CK_OBJECT_CLASS class,
    const CK_OBJECT_HANDLE *found, CK_ULONG n)
{
	int r = MDOC_OK;

	if (class == CKO_PRIVATE_KEY && n > 0) {
		if ((l->ids = calloc(n, sizeof(*l->ids))) == NULL)
			return ctx_fail(l->ctx, MDOC_E_MEMORY, "out of memory");
		for (l->n = 0; l->n < n; l->n++) {
			if (token_get(&t->t, found[l->n], CKA_ID,
				&l->ids[l->n]) == CKR_HOST_MEMORY)
				return ctx_fail(l->ctx, MDOC_E_MEMORY,
				    "out of memory");
		}
	}
	for (CK_ULONG i = 0; i < n && r == MDOC_OK && !l->stopped; i++) {
		if (class == CKO_PRIVATE_KEY || !was_listed(l, t, found[i]))
			r = tell(l, t, class, found[i]);
	}
	return r;
}

static int
list_class(struct listing *l, struct p11token *t, CK_OBJECT_CLASS class)
{
	CK_OBJECT_HANDLE *found;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) } };
	const struct p11uri *u = l->uri;
	CK_ULONG max = MAX_LISTED, n = 0;
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
	else
		r = tell_all(l, t, class, found, n);
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
	forget_ids(l);
	return r;
}

int
mdoc_key_list(mdoc_ctx *ctx, const char *uri,
    int (*fn)(void *arg, const mdoc_key_info *info), void *arg)
{
	struct p11token *tokens[P11TOKEN_MAX];
	struct p11uri u;
	struct listing l = { .ctx = ctx, .uri = &u, .fn = fn, .arg = arg };
	size_t n = 0;
	int r;

	if (!p11uri_is(uri))
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "%s: a pkcs11: URI is needed",
		    uri == NULL ? "(none)" : uri);
	if ((r = p11uri_parse(ctx, uri, &u)) != MDOC_OK)
		return r;
	r = p11token_match(ctx, &u, tokens, nitems(tokens), &n);
	for (size_t i = 0; i < n && r == MDOC_OK && !l.stopped; i++)
		r = list_token(&l, tokens[i]);
	p11uri_reset(&u);
	return r;
}
