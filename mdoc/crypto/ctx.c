/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/rand.h>

#include "mdoc/crypto/aead.h"
#include "mdoc/crypto/ctx.h"
#include "mdoc/crypto/modules.h"
#include "mdoc/crypto/pkey.h"
#include "mdoc/crypto/sigver.h"

static const struct {
	int code;
	const char *text;
} errors[] = {
	{ MDOC_OK, "success" },
	{ MDOC_E_MEMORY, "out of memory" },
	{ MDOC_E_ARGUMENT, "invalid argument" },
	{ MDOC_E_CBOR, "not well-formed or not allowed CBOR" },
	{ MDOC_E_STRUCTURE, "not the expected structure" },
	{ MDOC_E_CRYPTO, "the crypto library failed" },
	{ MDOC_E_KEY, "unusable, unknown or wrong key" },
	{ MDOC_E_CERTIFICATE, "not a certificate, or not of its profile" },
	{ MDOC_E_TRUST, "a signature, MAC or chain does not hold" },
	{ MDOC_E_TOKEN, "no such token or object, or ambiguous" },
	{ MDOC_E_LOGIN, "login failed" },
	{ MDOC_E_UNSUPPORTED, "the token or build cannot do it" },
	{ MDOC_E_POLICY, "a policy forbids it" },
	{ MDOC_E_SESSION, "session encryption failed" },
	{ MDOC_E_PEER, "the peer hung up or sent garbage" },
	{ MDOC_E_TIMEOUT, "timed out" },
	{ MDOC_E_AGAIN, "nothing there yet" },
	{ MDOC_E_IO, "file or socket error" },
	{ MDOC_E_JSON, "JSON that cannot be read or used" },
	{ MDOC_E_REFUSED, "refused by the user" },
	{ MDOC_E_INTERNAL, "internal error" },
};

const char *
mdoc_strerror(int error)
{
	for (size_t i = 0; i < nitems(errors); i++) {
		if (errors[i].code == error)
			return errors[i].text;
	}
	return "unknown error";
}

static int64_t
system_now(void *arg)
{
	(void)arg;
	return (int64_t)time(NULL);
}

static int
library_random(void *arg, unsigned char *buf, size_t len)
{
	(void)arg;
	return RAND_bytes_ex(NULL, buf, len, 0) == 1 ? MDOC_OK : MDOC_E_CRYPTO;
}

int
mdoc_ctx_new(mdoc_ctx **ret)
{
	mdoc_ctx *c;

	if (ret == NULL)
		return MDOC_E_ARGUMENT;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return MDOC_E_MEMORY;
	c->now = system_now;
	c->random = library_random;
	c->minimum_path = 'S';
	c->hasher = hasher_new();
	c->sigver = sigver_new();
	c->aead = aead_new();
	c->pkeys = pkeys_new();
	if (c->hasher == NULL || c->sigver == NULL || c->aead == NULL ||
	    c->pkeys == NULL) {
		mdoc_ctx_free(&c);
		return MDOC_E_MEMORY;
	}
	*ret = c;
	return MDOC_OK;
}

void
mdoc_ctx_free(mdoc_ctx **ctx)
{
	mdoc_ctx *c;

	if (ctx == NULL || (c = *ctx) == NULL)
		return;
	modules_free(&c->modules);
	hasher_free(&c->hasher);
	sigver_free(&c->sigver);
	aead_free(&c->aead);
	pkeys_free(&c->pkeys);
	free(c->module_path);
	free(c);
	*ctx = NULL;
}

const char *
mdoc_ctx_error(const mdoc_ctx *ctx)
{
	return ctx->error;
}

void
mdoc_ctx_set_clock(mdoc_ctx *ctx, int64_t (*now)(void *arg), void *arg)
{
	ctx->now = now == NULL ? system_now : now;
	ctx->now_arg = arg;
}

int64_t
mdoc_ctx_now(const mdoc_ctx *ctx)
{
	return ctx->now(ctx->now_arg);
}

void
mdoc_ctx_set_insecure_random(mdoc_ctx *ctx,
    int (*fill)(void *arg, unsigned char *buf, size_t len), void *arg)
{
	ctx->random = fill == NULL ? library_random : fill;
	ctx->random_arg = arg;
}

bool
ctx_has_insecure_random(const mdoc_ctx *c)
{
	return c->random != library_random;
}

int
mdoc_ctx_set_module(mdoc_ctx *ctx, const char *path)
{
	char *copy = NULL;

	if (path != NULL && path[0] == '\0')
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "the path of the PKCS#11 module is empty");
	if (path != NULL && (copy = strdup(path)) == NULL)
		return ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
	free(ctx->module_path);
	ctx->module_path = copy;
	return MDOC_OK;
}

void
mdoc_ctx_set_pin(mdoc_ctx *ctx, mdoc_pin_fn *fn, void *arg)
{
	ctx->pin = fn;
	ctx->pin_arg = arg;
}

int
mdoc_ctx_set_minimum_path(mdoc_ctx *ctx, char path)
{
	if (path == '\0' || strchr("ABCDS", path) == NULL)
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "the minimum key path is A, B, C, D or S");
	ctx->minimum_path = path;
	return MDOC_OK;
}

/* The arguments may point into the text that is replaced. */
static void __attribute__((format(printf, 2, 0)))
set_error(mdoc_ctx *c, const char *format, va_list ap)
{
	char text[sizeof(c->error)];

	if (vsnprintf(text, sizeof(text), format, ap) < 0)
		text[0] = '\0';
	memcpy(c->error, text, strlen(text) + 1);
}

int
ctx_fail(mdoc_ctx *c, int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	set_error(c, format, ap);
	va_end(ap);
	return code;
}

static void
append_error(mdoc_ctx *c, const char *reason)
{
	size_t len = strlen(c->error);

	if (reason != NULL)
		(void)snprintf(c->error + len, sizeof(c->error) - len, ": %s",
		    reason);
}

int
ctx_fail_crypto(mdoc_ctx *c, int code, const char *format, ...)
{
	unsigned long e = ERR_peek_last_error();
	va_list ap;

	va_start(ap, format);
	set_error(c, format, ap);
	va_end(ap);
	append_error(c, e == 0 ? NULL : ERR_reason_error_string(e));
	return code;
}

int
ctx_fail_errno(mdoc_ctx *c, int code, const char *format, ...)
{
	char buf[128];
	const char *reason = strerror_r(errno, buf, sizeof(buf));
	va_list ap;

	va_start(ap, format);
	set_error(c, format, ap);
	va_end(ap);
	append_error(c, reason);
	return code;
}

int
ctx_fail_cbor(mdoc_ctx *c, const struct cbor_reader *r, const char *what)
{
	int code = MDOC_E_CBOR;

	if (r->error == CBOR_E_TYPE || r->error == CBOR_E_RANGE ||
	    r->error == CBOR_E_MISSING)
		code = MDOC_E_STRUCTURE;
	if (r->error == CBOR_E_MEMORY)
		code = MDOC_E_MEMORY;
	if (r->error_what != NULL)
		return ctx_fail(c, code, "%s: %s at offset %zu (expected %s)",
		    what, cbor_error_name(r->error), r->error_offset,
		    r->error_what);
	return ctx_fail(c, code, "%s: %s at offset %zu", what,
	    cbor_error_name(r->error), r->error_offset);
}

int
ctx_random(mdoc_ctx *c, uint8_t *out, size_t len)
{
	if (c->random(c->random_arg, out, len) != MDOC_OK)
		return ctx_fail(c, MDOC_E_CRYPTO,
		    "no random bytes could be had");
	return MDOC_OK;
}

void
mdoc_buf_reset(mdoc_buf *buf)
{
	struct blob b;

	if (buf == NULL)
		return;
	b = (struct blob){ buf->ptr, buf->len, buf->cap };
	blob_reset(&b);
	*buf = (mdoc_buf)MDOC_BUF_INIT;
}

int
mdoc_buf_append(mdoc_buf *buf, mdoc_bytes in)
{
	struct blob b = { buf->ptr, buf->len, buf->cap };

	if (!blob_append_bytes(&b, from_public(in)))
		return MDOC_E_MEMORY;
	*buf = (mdoc_buf){ b.ptr, b.len, b.cap };
	return MDOC_OK;
}

void
buf_take_blob(mdoc_buf *to, struct blob *from)
{
	mdoc_buf_reset(to);
	*to = (mdoc_buf){ from->ptr, from->len, from->cap };
	*from = BLOB_INIT;
}
