/* SPDX-License-Identifier: BSD-3-Clause */
/* value: values of data elements for people and programs. */
#include "config.h"

#include <mdoc/inspect.h>

#include "mdoc/codec/value.h"
#include "mdoc/crypto/ctx.h"

static int
write_value(mdoc_ctx *ctx, mdoc_bytes value, enum value_style style,
    size_t max_string, mdoc_buf *ret)
{
	struct blob out = BLOB_INIT;
	struct cbor_reader r;
	size_t offset;
	int error;

	cbor_reader_init(&r, from_public(value));
	r.error = cbor_check(from_public(value), &offset);
	if (r.error != CBOR_OK) {
		r.error_offset = offset;
		return ctx_fail_cbor(ctx, &r, "value");
	}
	if (!value_write(&r, style, max_string, &out)) {
		error = r.error != CBOR_OK
		    ? ctx_fail_cbor(ctx, &r, "value")
		    : ctx_fail(ctx, MDOC_E_MEMORY, "value: out of memory");
		blob_reset(&out);
		return error;
	}
	buf_take_blob(ret, &out);
	return MDOC_OK;
}

int
mdoc_value_text(mdoc_ctx *ctx, mdoc_bytes value, size_t max_string,
    mdoc_buf *ret)
{
	return write_value(ctx, value, VALUE_TEXT, max_string, ret);
}

int
mdoc_value_json(mdoc_ctx *ctx, mdoc_bytes value, mdoc_buf *ret)
{
	return write_value(ctx, value, VALUE_JSON, 0, ret);
}
