/* SPDX-License-Identifier: BSD-3-Clause */
/* engagement-uri: what a QR code holds (18013-5 9.3). */
#include "config.h"

#include <string.h>
#include <strings.h>

#include <mdoc/session.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/model/engagement.h"

#define SCHEME     "mdoc:"
#define SCHEME_LEN (sizeof(SCHEME) - 1)

static int
check_engagement(mdoc_ctx *ctx, struct bytes in)
{
	struct engagement e;
	struct cbor_reader r;

	cbor_reader_init(&r, in);
	if (!engagement_read(&r, &e))
		return ctx_fail_cbor(ctx, &r, "DeviceEngagement");
	return MDOC_OK;
}

int
mdoc_engagement_uri(mdoc_ctx *ctx, mdoc_bytes device_engagement, mdoc_buf *ret)
{
	struct bytes in = from_public(device_engagement);
	struct blob out = BLOB_INIT;
	size_t len;
	int r;

	if ((r = check_engagement(ctx, in)) != MDOC_OK)
		return r;
	/* A NUL follows, which does not count. */
	len = SCHEME_LEN + (in.len * 4 + 2) / 3;
	if (!blob_reserve(&out, len + 1))
		return ctx_fail(ctx, MDOC_E_MEMORY, "URI: out of memory");
	memcpy(out.ptr, SCHEME, SCHEME_LEN);
	bytes_to_base64url(in, (char *)out.ptr + SCHEME_LEN);
	out.len = len;
	buf_take_blob(ret, &out);
	return MDOC_OK;
}

int
mdoc_engagement_from_uri(mdoc_ctx *ctx, const char *uri, mdoc_buf *ret)
{
	struct blob out = BLOB_INIT;
	struct bytes text;
	size_t len;
	int r;

	/* A scheme is the same in capitals (RFC 3986 3.1). */
	if (strncasecmp(uri, SCHEME, SCHEME_LEN) != 0)
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "URI: it does not start with \"" SCHEME "\"");
	text = bytes_str(uri + SCHEME_LEN);
	if (text.len >= 2 && memcmp(text.ptr, "//", 2) == 0)
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "URI: \"" SCHEME "//\" carries a ReaderEngagement, not a "
		    "DeviceEngagement");
	if (text.len == 0 || text.len > CBOR_MAX_SIZE)
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "URI: %zu characters after \"" SCHEME "\"", text.len);
	if (!blob_reserve(&out, text.len))
		return ctx_fail(ctx, MDOC_E_MEMORY, "URI: out of memory");
	if (!bytes_from_base64url(text, out.ptr, &len)) {
		r = ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "URI: not base64url after \"" SCHEME "\"");
		goto out;
	}
	out.len = len;
	if ((r = check_engagement(ctx, blob_bytes(&out))) != MDOC_OK)
		goto out;
	buf_take_blob(ret, &out);
	r = MDOC_OK;
out:
	blob_reset(&out);
	return r;
}
