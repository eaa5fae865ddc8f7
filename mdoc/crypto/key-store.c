/* SPDX-License-Identifier: BSD-3-Clause */
/* key-store: making, writing and destroying the keys of a token. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <p11-kit/pkcs11.h>

#include "mdoc/crypto/der.h"
#include "mdoc/crypto/key-rule.h"
#include "mdoc/crypto/key-token.h"
#include "vendor-ext/pkcs11-3.h"

#define SHA1_LEN       20
#define RANDOM_ID_LEN  16
#define MAX_ATTRIBUTES 20

/* By kind of curve. */
static const struct {
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE generate;
	unsigned use;
} kinds[] = {
	[CURVE_WEIERSTRASS] = { CKK_EC, CKM_EC_KEY_PAIR_GEN,
	    MDOC_KEY_USE_SIGN | MDOC_KEY_USE_DERIVE },
	[CURVE_EDWARDS] = { CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN,
	    MDOC_KEY_USE_SIGN },
	[CURVE_MONTGOMERY] = { CKK_EC_MONTGOMERY,
	    CKM_EC_MONTGOMERY_KEY_PAIR_GEN, MDOC_KEY_USE_DERIVE },
};

/* A template; the values belong to the caller. */
struct template
{
	CK_ATTRIBUTE a[MAX_ATTRIBUTES];
	CK_ULONG n;
};

static void
add(struct template *t, CK_ATTRIBUTE_TYPE type, void *value, size_t len)
{
	t->a[t->n++] = (CK_ATTRIBUTE){ type, value, (CK_ULONG)len };
}

static void
add_blob(struct template *t, CK_ATTRIBUTE_TYPE type, struct blob *b)
{
	if (b->len > 0)
		add(t, type, b->ptr, b->len);
}

/* One key to be made: everything that goes into the templates. */
struct making {
	mdoc_ctx *ctx;
	struct p11uri uri;
	struct p11token *token;
	struct token session; /* read-write */
	const struct curve *curve;
	unsigned use;
	CK_OBJECT_CLASS private_class, public_class;
	CK_KEY_TYPE type;
	CK_BBOOL yes, no;   /* PKCS#11 wants their addresses */
	struct blob params; /* CKA_EC_PARAMS */
	struct blob label;
	struct blob id;    /* empty: the SHA-1 is set once the point is known */
	struct blob value; /* import: CKA_VALUE */
	struct blob point; /* import: CKA_EC_POINT, in an OCTET STRING */
	CK_OBJECT_HANDLE private_, public_;
	struct key_rule rule; /* what it is bound to; no attributes: nothing */
};

static void
making_reset(struct making *m)
{
	p11token_end(&m->session);
	p11uri_reset(&m->uri);
	blob_reset(&m->params);
	blob_reset(&m->label);
	blob_reset(&m->id);
	blob_reset(&m->value);
	blob_reset(&m->point);
	key_rule_reset(&m->rule);
}

/* Neither label nor id may be in use: a URI must find one key. */
static int
check_new(struct making *m)
{
	static const CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY,
		CKO_PUBLIC_KEY };
	const struct p11uri *u = &m->uri;
	CK_OBJECT_HANDLE found[P11TOKEN_FOUND];
	CK_ULONG labels, ids;
	CK_RV rv;

	for (size_t i = 0; i < nitems(classes); i++) {
		labels = ids = 0;
		rv = p11token_find(&m->session, classes[i], u->label,
		    BYTES_NULL, found, &labels);
		if (rv == CKR_OK && !bytes_is_null(u->id))
			rv = p11token_find(&m->session, classes[i], BYTES_NULL,
			    u->id, found, &ids);
		if (rv != CKR_OK)
			return p11token_fail(m->ctx, m->token, rv,
			    "looking for keys");
		if (labels + ids > 0)
			return ctx_fail(m->ctx, MDOC_E_KEY,
			    "%s: token \"%s\" has a key with this %s already",
			    u->text, m->token->label,
			    labels > 0 ? "label" : "id");
	}
	return MDOC_OK;
}

static int
making_begin(mdoc_ctx *c, const char *uri, const struct curve *curve,
    unsigned use, struct making *m)
{
	int r;

	m->ctx = c;
	m->curve = curve;
	m->use = use != 0 ? use : kinds[curve->kind].use;
	m->private_class = CKO_PRIVATE_KEY;
	m->public_class = CKO_PUBLIC_KEY;
	m->type = kinds[curve->kind].type;
	m->yes = CK_TRUE;
	m->no = CK_FALSE;
	if ((use & ~kinds[curve->kind].use) != 0)
		return ctx_fail(c, MDOC_E_ARGUMENT,
		    "a key on %s can be used to %s", curve->name,
		    curve->kind == CURVE_WEIERSTRASS   ? "sign and derive"
			: curve->kind == CURVE_EDWARDS ? "sign only"
						       : "derive only");
	if (!p11uri_is(uri))
		return ctx_fail(c, MDOC_E_ARGUMENT,
		    "%s: a pkcs11: URI of the new key is needed",
		    uri == NULL ? "(none)" : uri);
	if ((r = p11uri_parse(c, uri, &m->uri)) != MDOC_OK)
		return r;
	if (bytes_is_null(m->uri.label))
		return ctx_fail(c, MDOC_E_ARGUMENT,
		    "%s: object= is needed, the label of the new key",
		    m->uri.text);
	if ((r = p11token_get(c, &m->uri, &m->token)) != MDOC_OK ||
	    (r = p11token_login(c, m->token, &m->uri)) != MDOC_OK ||
	    (r = p11token_begin(c, m->token, &m->session)) != MDOC_OK)
		return r;
	if (!blob_set(&m->params, curve->oid) ||
	    !blob_set(&m->label, m->uri.label) ||
	    !blob_append_bytes(&m->id, m->uri.id))
		return ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	return check_new(m);
}

static void
private_template(struct making *m, struct template *t)
{
	t->n = 0;
	add(t, CKA_CLASS, &m->private_class, sizeof(m->private_class));
	add(t, CKA_KEY_TYPE, &m->type, sizeof(m->type));
	add(t, CKA_TOKEN, &m->yes, sizeof(m->yes));
	add(t, CKA_PRIVATE, &m->yes, sizeof(m->yes));
	add(t, CKA_SENSITIVE, &m->yes, sizeof(m->yes));
	add(t, CKA_EXTRACTABLE, &m->no, sizeof(m->no));
	add(t, CKA_SIGN, m->use & MDOC_KEY_USE_SIGN ? &m->yes : &m->no,
	    sizeof(m->yes));
	add(t, CKA_DERIVE, m->use & MDOC_KEY_USE_DERIVE ? &m->yes : &m->no,
	    sizeof(m->yes));
	add_blob(t, CKA_LABEL, &m->label);
	add_blob(t, CKA_ID, &m->id);
	if (m->value.len > 0) {
		add_blob(t, CKA_EC_PARAMS, &m->params);
		add_blob(t, CKA_VALUE, &m->value);
	}
	for (CK_ULONG i = 0; i < m->rule.n; i++)
		t->a[t->n++] = m->rule.a[i];
}

static void
public_template(struct making *m, struct template *t)
{
	t->n = 0;
	add(t, CKA_CLASS, &m->public_class, sizeof(m->public_class));
	add(t, CKA_KEY_TYPE, &m->type, sizeof(m->type));
	add(t, CKA_TOKEN, &m->yes, sizeof(m->yes));
	add(t, CKA_PRIVATE, &m->no, sizeof(m->no));
	add_blob(t, CKA_EC_PARAMS, &m->params);
	if (m->use & MDOC_KEY_USE_SIGN)
		add(t, CKA_VERIFY, &m->yes, sizeof(m->yes));
	add_blob(t, CKA_LABEL, &m->label);
	add_blob(t, CKA_ID, &m->id);
	add_blob(t, CKA_EC_POINT, &m->point);
}

/* What was made goes away again. */
static void
undo(struct making *m)
{
	const struct token *t = &m->session;

	if (m->private_ != 0)
		(void)t->f->C_DestroyObject(t->session, m->private_);
	if (m->public_ != 0)
		(void)t->f->C_DestroyObject(t->session, m->public_);
	m->private_ = m->public_ = 0;
}

/* RFC 5280 4.2.1.2 (1): the id that certificates will have as their SKI. */
static int
set_default_id(struct making *m, struct bytes point)
{
	const struct token *t = &m->session;
	uint8_t digest[SHA1_LEN];
	CK_ATTRIBUTE a = { CKA_ID, digest, sizeof(digest) };
	CK_RV rv;

	if (!hasher_digest(m->ctx->hasher, HASH_SHA1, &point, 1, digest) ||
	    !blob_set(&m->id, bytes_of(digest, sizeof(digest))))
		return ctx_fail(m->ctx, MDOC_E_MEMORY, "out of memory");
	if (m->private_ == 0)
		return MDOC_OK; /* import: it is in the templates */
	rv = t->f->C_SetAttributeValue(t->session, m->private_, &a, 1);
	if (rv == CKR_OK)
		rv = t->f->C_SetAttributeValue(t->session, m->public_, &a, 1);
	if (rv != CKR_OK)
		return p11token_fail(m->ctx, m->token, rv,
		    "setting the id of the new key (give an id= in the URI)");
	return MDOC_OK;
}

static int
generate(struct making *m)
{
	const struct token *t = &m->session;
	CK_MECHANISM mechanism = { kinds[m->curve->kind].generate, NULL, 0 };
	struct template private_half, public_half;
	struct blob point = BLOB_INIT;
	CK_RV rv;
	int r = MDOC_OK;

	private_template(m, &private_half);
	public_template(m, &public_half);
	/* making_begin has opened the session.
	 * NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	rv = t->f->C_GenerateKeyPair(t->session, &mechanism, public_half.a,
	    public_half.n, private_half.a, private_half.n, &m->public_,
	    &m->private_);
	if (rv == CKR_DOMAIN_PARAMS_INVALID || rv == CKR_CURVE_NOT_SUPPORTED ||
	    rv == CKR_MECHANISM_INVALID)
		return ctx_fail(m->ctx, MDOC_E_UNSUPPORTED,
		    "token \"%s\" cannot make keys on %s: %s", m->token->label,
		    m->curve->name, token_rv_name(rv));
	if (rv != CKR_OK && m->rule.n > 0)
		return key_rule_fail(m->ctx, m->token, rv);
	if (rv != CKR_OK)
		return p11token_fail(m->ctx, m->token, rv, "generating a key");
	if (m->id.len == 0) {
		rv = token_key_point(t, m->public_, &point);
		r = rv == CKR_OK ? set_default_id(m, blob_bytes(&point))
				 : p11token_fail(m->ctx, m->token, rv,
				       "reading the new public key");
		blob_reset(&point);
	}
	return r;
}

/* The handle is of the session that goes away, the object of the token. */
static int
open_made(struct making *m, mdoc_key **ret)
{
	CK_OBJECT_HANDLE found[P11TOKEN_FOUND];
	CK_ULONG n = 0;
	CK_RV rv;

	rv = p11token_find(&m->token->t, CKO_PRIVATE_KEY, blob_bytes(&m->label),
	    blob_bytes(&m->id), found, &n);
	if (rv != CKR_OK || n != 1)
		return p11token_fail(m->ctx, m->token,
		    rv != CKR_OK ? rv : CKR_OBJECT_HANDLE_INVALID,
		    "finding the new key");
	return key_token_new(m->ctx, m->token, found[0], &m->uri, ret);
}

/* The rule comes first and names the key, whose point nobody knows yet. */
static int
set_rule(struct making *m, const mdoc_key_rule *rule)
{
	uint8_t *id;
	int r;

	if ((r = key_rule_make(m->ctx, rule, &m->rule)) != MDOC_OK ||
	    m->id.len > 0)
		return r;
	id = blob_extend(&m->id, RANDOM_ID_LEN);
	if (id == NULL)
		return ctx_fail(m->ctx, MDOC_E_MEMORY, "out of memory");
	return ctx_random(m->ctx, id, RANDOM_ID_LEN);
}

int
mdoc_key_create(mdoc_ctx *ctx, const char *uri, const char *curve, unsigned use,
    mdoc_key **ret)
{
	return mdoc_key_create_bound(ctx, uri, curve, use, NULL, ret);
}

int
mdoc_key_create_bound(mdoc_ctx *ctx, const char *uri, const char *curve,
    unsigned use, const mdoc_key_rule *rule, mdoc_key **ret)
{
	struct making m = { .ctx = ctx };
	const struct curve *c =
	    curve == NULL ? NULL : curve_by_name(bytes_str(curve));
	int r;

	if (c == NULL)
		return ctx_fail(ctx, MDOC_E_ARGUMENT, "unknown curve \"%s\"",
		    curve == NULL ? "" : curve);
	r = making_begin(ctx, uri, c, use, &m);
	if (r == MDOC_OK && rule != NULL)
		r = set_rule(&m, rule);
	if (r == MDOC_OK)
		r = generate(&m);
	if (r == MDOC_OK)
		r = open_made(&m, ret);
	if (r != MDOC_OK)
		undo(&m);
	making_reset(&m);
	return r;
}

/* Both halves; the private one last, so that none is there without its
 * public key. */
static int
write_pair(struct making *m)
{
	const struct token *t = &m->session;
	struct template private_half, public_half;
	CK_RV rv;

	public_template(m, &public_half);
	private_template(m, &private_half);
	rv = t->f->C_CreateObject(t->session, public_half.a, public_half.n,
	    &m->public_);
	if (rv == CKR_OK)
		rv = t->f->C_CreateObject(t->session, private_half.a,
		    private_half.n, &m->private_);
	if (rv == CKR_OK)
		return MDOC_OK;
	return p11token_fail(m->ctx, m->token, rv,
	    "writing the key into the token");
}

int
mdoc_key_import(mdoc_ctx *ctx, const char *uri, const mdoc_key *from,
    unsigned use, mdoc_key **ret)
{
	struct making m = { .ctx = ctx };
	struct der_writer w = { &m.point, false };
	int r;

	if (from->ops->secret == NULL)
		return ctx_fail(ctx, MDOC_E_KEY,
		    "only a private key in memory can be written into a "
		    "token");
	r = making_begin(ctx, uri, from->curve, use, &m);
	if (r == MDOC_OK)
		r = from->ops->secret(from, &m.value);
	if (r == MDOC_OK) {
		der_put(&w, DER_OCTET_STRING, key_point(from));
		if (w.failed)
			r = ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
	}
	if (r == MDOC_OK && m.id.len == 0)
		r = set_default_id(&m, key_point(from));
	if (r == MDOC_OK)
		r = write_pair(&m);
	if (r == MDOC_OK)
		r = open_made(&m, ret);
	if (r != MDOC_OK)
		undo(&m);
	making_reset(&m);
	return r;
}

/* ---- destroying */

static int
destroy_all(mdoc_ctx *c, struct p11token *t, CK_OBJECT_HANDLE *handles,
    CK_ULONG n)
{
	struct token rw = { .f = NULL };
	CK_RV rv = CKR_OK;
	int r;

	if ((r = p11token_begin(c, t, &rw)) != MDOC_OK)
		return r;
	for (CK_ULONG i = 0; i < n && rv == CKR_OK; i++)
		rv = rw.f->C_DestroyObject(rw.session, handles[i]);
	p11token_end(&rw);
	return rv == CKR_OK ? MDOC_OK
			    : p11token_fail(c, t, rv, "destroying the key");
}

/* More than one key of a class: which one is meant? */
static int
fail_ambiguous(mdoc_ctx *c, const struct p11uri *u, struct p11token *t,
    const CK_OBJECT_HANDLE *found, CK_ULONG n, CK_OBJECT_CLASS class)
{
	struct p11list list = { .n = 0 };
	int r;

	for (CK_ULONG i = 0; i < n; i++)
		p11list_add_object(&list, t, &t->t, found[i], class);
	r = ctx_fail(c, MDOC_E_TOKEN,
	    "%s: more than one key matches: name one of %s", u->text,
	    p11list_text(&list));
	p11list_reset(&list);
	return r;
}

static int delete (mdoc_ctx *c, const struct p11uri *u)
{
	static const CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY,
		CKO_PUBLIC_KEY };
	CK_OBJECT_HANDLE found[P11TOKEN_FOUND], doomed[nitems(classes)];
	CK_ULONG n, all = 0;
	struct p11token *t;
	CK_RV rv;
	int r;

	if (bytes_is_null(u->label) && bytes_is_null(u->id))
		return ctx_fail(c, MDOC_E_ARGUMENT,
		    "%s: object= or id= is needed to delete a key", u->text);
	if ((r = p11token_get(c, u, &t)) != MDOC_OK ||
	    (r = p11token_login(c, t, u)) != MDOC_OK)
		return r;
	for (size_t i = 0; i < nitems(classes); i++) {
		if (u->has_class && u->class != classes[i])
			continue;
		rv = p11token_find(&t->t, classes[i], u->label, u->id, found,
		    &n);
		if (rv != CKR_OK)
			return p11token_fail(c, t, rv, "looking for the key");
		if (n > 1)
			return fail_ambiguous(c, u, t, found, n, classes[i]);
		if (n == 1)
			doomed[all++] = found[0];
	}
	if (all == 0)
		return ctx_fail(c, MDOC_E_TOKEN,
		    "%s: no such key in token \"%s\"", u->text, t->label);
	return destroy_all(c, t, doomed, all);
}

int
mdoc_key_delete(mdoc_ctx *ctx, const char *uri)
{
	struct p11uri u;
	int r;

	if (!p11uri_is(uri))
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "%s: a pkcs11: URI is needed",
		    uri == NULL ? "(none)" : uri);
	if ((r = p11uri_parse(ctx, uri, &u)) != MDOC_OK)
		return r;
	r = delete (ctx, &u);
	p11uri_reset(&u);
	return r;
}
