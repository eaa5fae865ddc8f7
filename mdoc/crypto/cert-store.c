/* SPDX-License-Identifier: BSD-3-Clause */
/* cert-store: certificates in files and tokens, and as text. */
#include "config.h"

#include <string.h>

#include <p11-kit/pkcs11.h>

#include "mdoc/codec/date.h"
#include "mdoc/crypto/cert-name.h"
#include "mdoc/crypto/cert-store.h"
#include "mdoc/crypto/cert.h"
#include "mdoc/crypto/p11-token.h"
#include "mdoc/crypto/pem.h"

#define SHA1_LEN 20

int
cert_parse(mdoc_ctx *c, struct bytes der, struct cert *ret)
{
	const char *what;
	size_t offset;

	if (cert_read(der, ret, &offset, &what))
		return MDOC_OK;
	return ctx_fail(c, MDOC_E_CERTIFICATE,
	    "certificate: expected %s at offset %zu", what, offset);
}

/* ---- files */

struct each {
	mdoc_ctx *ctx;
	cert_each_fn *fn;
	void *arg;
	size_t n;
};

static int
each_block(void *arg, const struct pem_block *block)
{
	struct each *e = arg;
	int r;

	if (strcmp(block->name, "CERTIFICATE") != 0 &&
	    strcmp(block->name, "X509 CERTIFICATE") != 0)
		return PEM_NEXT;
	e->n++;
	r = e->fn(e->arg, block->der);
	return r == MDOC_OK ? PEM_NEXT : r;
}

static int
each_in_file(mdoc_ctx *c, const char *path, cert_each_fn *fn, void *arg)
{
	struct each e = { c, fn, arg, 0 };
	struct blob content = BLOB_INIT;
	struct bytes in;
	int r;

	if ((r = file_read(c, path, &content)) != MDOC_OK)
		return r;
	in = blob_bytes(&content);
	if (!pem_is(in)) {
		r = fn(arg, in);
	} else {
		r = pem_each(c, in, each_block, &e);
		if (r == PEM_NEXT)
			r = e.n > 0 ? MDOC_OK
				    : ctx_fail(c, MDOC_E_CERTIFICATE,
					  "no PEM block is a certificate");
	}
	blob_reset(&content);
	return r == MDOC_OK ? r : ctx_fail(c, r, "%s: %s", path, c->error);
}

/* ---- tokens */

static int
each_in_token(struct each *e, struct p11token *t, const struct p11uri *u)
{
	CK_OBJECT_HANDLE found[P11TOKEN_FOUND];
	struct blob der = BLOB_INIT;
	CK_ULONG n = 0;
	int r = MDOC_OK;
	CK_RV rv;

	rv = p11token_find(&t->t, CKO_CERTIFICATE, u->label, u->id, found, &n);
	if (rv != CKR_OK)
		return p11token_fail(e->ctx, t, rv, "looking for certificates");
	for (CK_ULONG i = 0; i < n && r == MDOC_OK; i++) {
		rv = token_get(&t->t, found[i], CKA_VALUE, &der);
		e->n++;
		r = rv == CKR_OK
		    ? e->fn(e->arg, blob_bytes(&der))
		    : p11token_fail(e->ctx, t, rv, "reading a certificate");
	}
	blob_reset(&der);
	return r;
}

/* Certificates are mostly public: a login only if nothing is seen without. */
static int
each_by_uri(mdoc_ctx *c, const char *uri, cert_each_fn *fn, void *arg)
{
	struct each e = { c, fn, arg, 0 };
	struct p11token *tokens[P11TOKEN_MAX];
	struct p11uri u;
	size_t n = 0;
	int r;

	if ((r = p11uri_parse(c, uri, &u)) != MDOC_OK)
		return r;
	if (u.has_class && u.class != CKO_CERTIFICATE)
		r = ctx_fail(c, MDOC_E_ARGUMENT, "%s: type=cert is needed",
		    u.text);
	if (r == MDOC_OK)
		r = p11token_match(c, &u, tokens, nitems(tokens), &n);
	for (size_t i = 0; i < n && r == MDOC_OK; i++)
		r = each_in_token(&e, tokens[i], &u);
	if (r == MDOC_OK && e.n == 0 && n == 1 &&
	    !p11token_is_open(tokens[0]) &&
	    (r = p11token_login(c, tokens[0], &u)) == MDOC_OK)
		r = each_in_token(&e, tokens[0], &u);
	if (r == MDOC_OK && e.n == 0)
		r = ctx_fail(c, MDOC_E_TOKEN, "%s: no such certificate",
		    u.text);
	p11uri_reset(&u);
	return r;
}

int
cert_each(mdoc_ctx *c, const char *source, cert_each_fn *fn, void *arg)
{
	if (source == NULL || source[0] == '\0')
		return ctx_fail(c, MDOC_E_ARGUMENT,
		    "no certificate: a file or a pkcs11: URI is needed");
	return p11uri_is(source) ? each_by_uri(c, source, fn, arg)
				 : each_in_file(c, source, fn, arg);
}

/* ---- the public functions */

struct load {
	mdoc_ctx *ctx;
	struct blob der;
	bool from_token;
};

/* The first of a file; the only one of a token. */
static int
take_first(void *arg, struct bytes der)
{
	struct load *l = arg;
	struct cert cert;
	int r;

	if (l->der.ptr != NULL)
		return l->from_token
		    ? ctx_fail(l->ctx, MDOC_E_TOKEN,
			  "more than one certificate matches: name one by its "
			  "id= or object=")
		    : MDOC_OK;
	if ((r = cert_parse(l->ctx, der, &cert)) != MDOC_OK)
		return r;
	return blob_set(&l->der, der)
	    ? MDOC_OK
	    : ctx_fail(l->ctx, MDOC_E_MEMORY, "out of memory");
}

int
mdoc_cert_load(mdoc_ctx *ctx, const char *source, mdoc_buf *ret_der)
{
	struct load l = { .ctx = ctx,
		.der = BLOB_INIT,
		.from_token = source != NULL && p11uri_is(source) };
	int r;

	if ((r = cert_each(ctx, source, take_first, &l)) == MDOC_OK)
		buf_take_blob(ret_der, &l.der);
	blob_reset(&l.der);
	return r;
}

int
mdoc_cert_pem(mdoc_ctx *ctx, mdoc_bytes der, mdoc_buf *ret)
{
	struct cert cert;
	int r;

	if ((r = cert_parse(ctx, from_public(der), &cert)) != MDOC_OK)
		return r;
	return pem_write(ctx, "CERTIFICATE", from_public(der), ret);
}

int
mdoc_cert_describe(mdoc_ctx *ctx, mdoc_bytes der, mdoc_buf *ret)
{
	static const char none[] = "(date out of range)";
	char from[32], until[32];
	struct blob line = BLOB_INIT;
	struct cert cert;
	const char *kind;
	int r;

	if ((r = cert_parse(ctx, from_public(der), &cert)) != MDOC_OK)
		return r;
	if (!date_format(cert.not_before, from))
		memcpy(from, none, sizeof(none));
	if (!date_format(cert.not_after, until))
		memcpy(until, none, sizeof(none));
	kind = cert.curve == NULL ? "other key" : cert.curve->name;
	if (!name_format(cert.subject, &line) || !blob_append(&line, "; ", 2) ||
	    !blob_append(&line, from, strlen(from)) ||
	    !blob_append(&line, " to ", 4) ||
	    !blob_append(&line, until, strlen(until)) ||
	    !blob_append(&line, "; ", 2) ||
	    !blob_append(&line, kind, strlen(kind))) {
		blob_reset(&line);
		return ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
	}
	buf_take_blob(ret, &line);
	return MDOC_OK;
}

/* ---- into a token */

struct storing {
	mdoc_ctx *ctx;
	struct p11uri uri;
	struct p11token *token;
	struct token session;
	struct cert cert;
	struct blob id;
	struct blob label;
};

/* CKA_ID and label of the key in the token that the certificate is about;
 * without one the SHA-1 of its point, the id that a key gets by default. */
static int
find_key(struct storing *s)
{
	static const CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_OBJECT_HANDLE found[P11TOKEN_FOUND];
	struct blob point = BLOB_INIT;
	uint8_t digest[SHA1_LEN];
	CK_ULONG n = 0;
	CK_RV rv;

	rv = p11token_find(&s->session, class, BYTES_NULL, BYTES_NULL, found,
	    &n);
	if (rv != CKR_OK)
		return p11token_fail(s->ctx, s->token, rv, "looking for keys");
	for (CK_ULONG i = 0; i < n && s->id.len == 0; i++) {
		if (token_key_point(&s->session, found[i], &point) != CKR_OK ||
		    !bytes_equal(blob_bytes(&point), s->cert.point))
			continue;
		rv = token_get(&s->session, found[i], CKA_ID, &s->id);
		if (rv == CKR_OK)
			rv = token_get(&s->session, found[i], CKA_LABEL,
			    &s->label);
		if (rv != CKR_OK)
			break;
	}
	blob_reset(&point);
	if (rv != CKR_OK)
		return p11token_fail(s->ctx, s->token, rv,
		    "reading the key of the certificate");
	if (s->id.len == 0 &&
	    (!hasher_digest(s->ctx->hasher, HASH_SHA1, &s->cert.point, 1,
		 digest) ||
		!blob_set(&s->id, bytes_of(digest, sizeof(digest)))))
		return ctx_fail(s->ctx, MDOC_E_MEMORY, "out of memory");
	return MDOC_OK;
}

static int
set_names(struct storing *s)
{
	int r;

	if ((r = find_key(s)) != MDOC_OK)
		return r;
	if ((!bytes_is_null(s->uri.id) && !blob_set(&s->id, s->uri.id)) ||
	    (!bytes_is_null(s->uri.label) &&
		!blob_set(&s->label, s->uri.label)) ||
	    (s->label.len == 0 && !blob_set(&s->label, s->cert.common_name)))
		return ctx_fail(s->ctx, MDOC_E_MEMORY, "out of memory");
	return MDOC_OK;
}

/* MDOC_E_AGAIN: it is not there. Another one of the same label and id would
 * make the URI ambiguous. */
static int
check_present(struct storing *s)
{
	CK_OBJECT_HANDLE found[P11TOKEN_FOUND];
	struct blob value = BLOB_INIT;
	bool same = false;
	CK_ULONG n = 0;
	CK_RV rv;

	rv = p11token_find(&s->session, CKO_CERTIFICATE, blob_bytes(&s->label),
	    BYTES_NULL, found, &n);
	if (rv != CKR_OK)
		return p11token_fail(s->ctx, s->token, rv,
		    "looking for certificates");
	for (CK_ULONG i = 0; i < n && !same; i++)
		same = token_get(&s->session, found[i], CKA_VALUE, &value) ==
			CKR_OK &&
		    bytes_equal(blob_bytes(&value), s->cert.whole);
	blob_reset(&value);
	if (same)
		return MDOC_OK;
	if (n > 0)
		return ctx_fail(s->ctx, MDOC_E_TOKEN,
		    "token \"%s\" has another certificate with the label "
		    "\"%.*s\": give an object= of its own in the URI",
		    s->token->label, (int)s->label.len, s->label.ptr);
	return MDOC_E_AGAIN;
}

/* PKCS#11 has no const. */
static void *
unconst(struct bytes b)
{
	void *p;

	memcpy(&p, &b.ptr, sizeof(p));
	return p;
}

static int
create(struct storing *s)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	const struct cert *c = &s->cert;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_CERTIFICATE_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &no, sizeof(no) },
		{ CKA_LABEL, s->label.ptr, s->label.len },
		{ CKA_ID, s->id.ptr, s->id.len },
		{ CKA_SUBJECT, unconst(c->subject), c->subject.len },
		{ CKA_ISSUER, unconst(c->issuer), c->issuer.len },
		{ CKA_SERIAL_NUMBER, unconst(c->serial_der),
		    c->serial_der.len },
		{ CKA_VALUE, unconst(c->whole), c->whole.len },
	};
	CK_OBJECT_HANDLE object;
	CK_RV rv;

	rv = s->session.f->C_CreateObject(s->session.session, template,
	    nitems(template), &object);
	return rv == CKR_OK
	    ? MDOC_OK
	    : p11token_fail(s->ctx, s->token, rv, "writing the certificate");
}

int
mdoc_cert_store(mdoc_ctx *ctx, const char *uri, mdoc_bytes der)
{
	struct storing s = { .ctx = ctx, .id = BLOB_INIT, .label = BLOB_INIT };
	int r;

	if ((r = cert_parse(ctx, from_public(der), &s.cert)) != MDOC_OK)
		return r;
	if (s.cert.curve == NULL)
		return ctx_fail(ctx, MDOC_E_CERTIFICATE,
		    "certificate with a key of another kind than the curves "
		    "of ISO/IEC 18013-5");
	if (uri == NULL || !p11uri_is(uri))
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "%s: a pkcs11: URI of the token is needed",
		    uri == NULL ? "" : uri);
	if ((r = p11uri_parse(ctx, uri, &s.uri)) != MDOC_OK ||
	    (r = p11token_get(ctx, &s.uri, &s.token)) != MDOC_OK ||
	    (r = p11token_login(ctx, s.token, &s.uri)) != MDOC_OK ||
	    (r = p11token_begin(ctx, s.token, &s.session)) != MDOC_OK ||
	    (r = set_names(&s)) != MDOC_OK)
		goto out;
	if ((r = check_present(&s)) == MDOC_E_AGAIN)
		r = create(&s);
out:
	p11token_end(&s.session);
	p11uri_reset(&s.uri);
	blob_reset(&s.id);
	blob_reset(&s.label);
	return r;
}
