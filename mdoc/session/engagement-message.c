/* SPDX-License-Identifier: BSD-3-Clause */
/* engagement-message: an engagement inside the connection (18013-7 A.7). */
#include "config.h"

#include <mdoc/session.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/model/engagement.h"

#define MEMBER "deviceEngagementBytes"

int
mdoc_engagement_message(mdoc_ctx *ctx, mdoc_bytes device_engagement,
    mdoc_buf *ret)
{
	struct bytes in = from_public(device_engagement);
	struct blob out = BLOB_INIT;
	struct cbor_reader r;
	struct cbor_writer w;
	struct engagement e;

	cbor_reader_init(&r, in);
	if (!engagement_read(&r, &e))
		return ctx_fail_cbor(ctx, &r, "DeviceEngagement");
	cbor_writer_init(&w, &out);
	cbor_put_map(&w, 1);
	cbor_put_str(&w, MEMBER);
	cbor_put_tag24(&w, in);
	if (w.error != CBOR_OK) {
		blob_reset(&out);
		return ctx_fail(ctx, MDOC_E_MEMORY, "engagement: no memory");
	}
	buf_take_blob(ret, &out);
	return MDOC_OK;
}

/* Members that are not known are skipped (18013-5 8.3). */
static bool
read_message(struct cbor_reader *r, struct bytes *ret)
{
	struct cbor_item key;
	struct cbor_map m;

	*ret = BYTES_NULL;
	if (!cbor_enter_map(r, &m))
		return false;
	while (cbor_map_next(r, &m, &key)) {
		bool ok = cbor_key_is(&key, MEMBER)
		    ? cbor_get_tag24(r, ret, NULL)
		    : cbor_skip(r, NULL);

		if (!ok)
			return cbor_expect(r, MEMBER ": #6.24(bstr)");
	}
	if (r->error != CBOR_OK || !cbor_finish(r))
		return false;
	if (bytes_is_null(*ret))
		return cbor_fail(r, CBOR_E_MISSING, 0, MEMBER);
	return true;
}

int
mdoc_engagement_from_message(mdoc_ctx *ctx, mdoc_bytes message, mdoc_buf *ret)
{
	struct blob out = BLOB_INIT;
	struct cbor_reader r, inner;
	struct engagement e;
	struct bytes found;

	cbor_reader_init(&r, from_public(message));
	if (!read_message(&r, &found))
		return ctx_fail_cbor(ctx, &r, "DeviceEngagementMessage");
	cbor_reader_nested(&inner, &r, found);
	if (!engagement_read(&inner, &e))
		return ctx_fail_cbor(ctx, &inner, "DeviceEngagementMessage");
	if (!blob_set(&out, found))
		return ctx_fail(ctx, MDOC_E_MEMORY, "engagement: no memory");
	buf_take_blob(ret, &out);
	return MDOC_OK;
}
