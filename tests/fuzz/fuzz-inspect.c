/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first byte chooses the length of strings; the rest is decoded as people
 * give it, and shown in every format. Diagnostic notation is encoded again.
 */
#include "config.h"

#include <mdoc/inspect.h>

#include "tests/fuzz/check.h"
#include "tests/support/diag.h"

/* What the notation says of flawless CBOR is all of it. */
static void
check_diag(mdoc_bytes in, const mdoc_buf *out, size_t defects,
    size_t max_string)
{
	struct blob text = BLOB_INIT, back = BLOB_INIT;

	CHECK(blob_append(&text, out->ptr, out->len) &&
	    blob_append_u8(&text, 0));
	CHECK(diag_encode((const char *)text.ptr, &back, NULL));
	if (defects == 0 && max_string == 0)
		CHECK(bytes_equal(blob_bytes(&back), bytes_of(in.ptr, in.len)));
	blob_reset(&text);
	blob_reset(&back);
}

static void
check_all(mdoc_ctx *ctx, mdoc_bytes in, size_t max_string)
{
	mdoc_buf out = MDOC_BUF_INIT;
	size_t defects, first = 0;

	for (int i = MDOC_INSPECT_TREE; i <= MDOC_INSPECT_HEX; i++) {
		CHECK(mdoc_inspect(ctx, in, (enum mdoc_inspect_format)i,
			  max_string, &out, &defects) == MDOC_OK);
		CHECK(bytes_is_utf8(bytes_of(out.ptr, out.len), NULL));
		if (i == MDOC_INSPECT_TREE)
			first = defects;
		CHECK(defects == first);
		if (i == MDOC_INSPECT_DIAG)
			check_diag(in, &out, defects, max_string);
	}
	mdoc_buf_reset(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static mdoc_ctx *ctx; /* kept: making one costs more than the rest */
	mdoc_buf decoded = MDOC_BUF_INIT;
	const char *encoding;

	if (ctx == NULL && mdoc_ctx_new(&ctx) != MDOC_OK)
		abort();
	if (size == 0)
		return 0;
	if (mdoc_inspect_decode(ctx, (mdoc_bytes){ data + 1, size - 1 },
		&decoded, &encoding) == MDOC_OK) {
		CHECK(encoding != NULL);
		check_all(ctx, (mdoc_bytes){ decoded.ptr, decoded.len },
		    data[0] % 20);
	} else {
		CHECK(mdoc_ctx_error(ctx)[0] != '\0');
	}
	mdoc_buf_reset(&decoded);
	return 0;
}
