/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the input is. The order decides where several answers are possible:
 * 1. "mdoc:" and "-----BEGIN" say it themselves.
 * 2. Text (printable ASCII and white space): hex, base64, base64url, or CBOR as
 *    it is; the first whose bytes are one item of CBOR or a certificate. If
 *    there is none, the first encoding that can be decoded at all, so that
 *    broken data can be looked at.
 * 3. Anything else is binary: CBOR, or DER.
 */
#include "config.h"

#include <strings.h>

#include <mdoc/inspect.h>

#include "mdoc/crypto/cert.h"
#include "mdoc/crypto/ctx.h"
#include "mdoc/crypto/pem.h"

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_text(struct bytes in)
{
	for (size_t i = 0; i < in.len; i++) {
		if (!is_space(in.ptr[i]) &&
		    (in.ptr[i] < 0x20 || in.ptr[i] > 0x7e))
			return false;
	}
	return true;
}

/* Without white space, which people and mail programs put anywhere. */
static bool
strip(struct bytes in, struct blob *ret)
{
	for (size_t i = 0; i < in.len; i++) {
		if (!is_space(in.ptr[i]) && !blob_append_u8(ret, in.ptr[i]))
			return false;
	}
	return true;
}

/* Does it look like what it should be? */
static bool
is_plausible(struct bytes b)
{
	struct cert cert;

	return cbor_check(b, NULL) == CBOR_OK ||
	    cert_read(b, &cert, NULL, NULL);
}

/* Base64, also without its padding: there is room for that in out. */
static bool
from_base64(struct bytes in, uint8_t *out, size_t *ret_len)
{
	size_t n = in.len;

	memcpy(out, in.ptr, n);
	while (n % 4 != 0)
		out[n++] = '=';
	return bytes_from_base64(bytes_of(out, n), out, ret_len);
}

static const struct {
	const char *name;
	bool (*decode)(struct bytes in, uint8_t *out, size_t *ret_len);
} encodings[] = {
	{ "hex", bytes_from_hex },
	{ "base64", from_base64 },
	{ "base64url", bytes_from_base64url },
};

/*
 * *ret_encoding NULL: it is none of these; *ret_plausible: the result looks
 * like what it should be. false: out of memory.
 */
static bool
text_decode(struct bytes in, struct blob *ret, const char **ret_encoding,
    bool *ret_plausible)
{
	struct blob bytes = BLOB_INIT;
	uint8_t *p;
	size_t n;
	bool good = true, plausible = false;

	*ret_encoding = NULL;
	for (size_t i = 0; good && !plausible && i < nitems(encodings); i++) {
		blob_clear(&bytes);
		p = blob_extend(&bytes, in.len + 3);
		good = p != NULL;
		if (!good || !encodings[i].decode(in, p, &n) || n == 0)
			continue;
		blob_truncate(&bytes, n);
		plausible = is_plausible(blob_bytes(&bytes));
		if (*ret_encoding == NULL || plausible) {
			*ret_encoding = encodings[i].name;
			good = blob_set(ret, blob_bytes(&bytes));
		}
	}
	blob_reset(&bytes);
	*ret_plausible = plausible;
	return good;
}

/* text: without white space */
static int
uri_decode(mdoc_ctx *ctx, struct bytes text, struct blob *ret)
{
	uint8_t *p;
	size_t n;

	/* "mdoc://" is how 18013-7 A.4 begins. */
	text = bytes_of(text.ptr + 5, text.len - 5);
	if (text.len >= 2 && memcmp(text.ptr, "//", 2) == 0)
		text = bytes_of(text.ptr + 2, text.len - 2);
	p = blob_extend(ret, text.len + 1);
	if (p == NULL)
		return ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
	if (!bytes_from_base64url(text, p, &n) || n == 0)
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "input: no base64url after \"mdoc:\"");
	blob_truncate(ret, n);
	return MDOC_OK;
}

struct pem_found {
	mdoc_ctx *ctx;
	struct blob *out;
};

static int
pem_found(void *arg, const struct pem_block *block)
{
	struct pem_found *f = arg;

	if (!blob_set(f->out, block->der))
		return ctx_fail(f->ctx, MDOC_E_MEMORY, "out of memory");
	return MDOC_OK;
}

/* The first block. */
static int
pem_decode(mdoc_ctx *ctx, struct bytes in, struct blob *ret)
{
	struct pem_found found = { ctx, ret };
	const int r = pem_each(ctx, in, pem_found, &found);

	if (r == PEM_NEXT)
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "input: no complete PEM block");
	return r;
}

static bool
is_uri(struct bytes text)
{
	return text.len >= 5 &&
	    strncasecmp((const char *)text.ptr, "mdoc:", 5) == 0;
}

static int
binary_decode(mdoc_ctx *ctx, struct bytes in, struct blob *out,
    const char **encoding)
{
	*encoding = "CBOR";
	if (cbor_check(in, NULL) != CBOR_OK && is_plausible(in))
		*encoding = "DER";
	if (!blob_set(out, in))
		return ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
	return MDOC_OK;
}

/* text: in without white space */
static int
any_text_decode(mdoc_ctx *ctx, struct bytes in, struct bytes text,
    struct blob *out, const char **encoding)
{
	bool plausible;

	if (text.len == 0)
		return ctx_fail(ctx, MDOC_E_ARGUMENT, "input: empty");
	if (is_uri(text)) {
		*encoding = "mdoc URI";
		return uri_decode(ctx, text, out);
	}
	if (!text_decode(text, out, encoding, &plausible))
		return ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
	if (!plausible && is_plausible(in))
		return binary_decode(ctx, in, out, encoding);
	if (*encoding == NULL)
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "input: text that is neither hex (in pairs of digits), "
		    "base64, base64url, an mdoc: URI nor PEM");
	return MDOC_OK;
}

static int
decode(mdoc_ctx *ctx, struct bytes in, struct blob *out, const char **encoding)
{
	struct blob text = BLOB_INIT;
	int r;

	if (!is_text(in))
		return binary_decode(ctx, in, out, encoding);
	if (pem_is(in)) {
		*encoding = "PEM";
		return pem_decode(ctx, in, out);
	}
	if (strip(in, &text))
		r = any_text_decode(ctx, in, blob_bytes(&text), out, encoding);
	else
		r = ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
	blob_reset(&text);
	return r;
}

int
mdoc_inspect_decode(mdoc_ctx *ctx, mdoc_bytes in, mdoc_buf *ret,
    const char **ret_encoding)
{
	struct blob out = BLOB_INIT;
	const char *encoding = NULL;
	int r;

	if (in.ptr == NULL && in.len > 0)
		return ctx_fail(ctx, MDOC_E_ARGUMENT, "input: absent");
	/* White space and four digits for a byte are still bounded. */
	if (in.len > 8 * CBOR_MAX_SIZE)
		return ctx_fail(ctx, MDOC_E_ARGUMENT, "input: too long");
	r = decode(ctx, from_public(in), &out, &encoding);
	if (r == MDOC_OK) {
		buf_take_blob(ret, &out);
		if (ret_encoding != NULL)
			*ret_encoding = encoding;
	}
	blob_reset(&out);
	return r;
}
