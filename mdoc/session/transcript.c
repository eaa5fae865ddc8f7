/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <mdoc/session.h>

#include "mdoc/session/transcript.h"

/* More than all heads take: only for the size of memory. */
#define HEADS_MAX 64

const struct handover *
transcript_handover(mdoc_ctx *c, const char *name, size_t n)
{
	const struct handover *h = handover_find(name);

	if (h == NULL) {
		ctx_fail(c, MDOC_E_ARGUMENT, "handover: \"%.40s\" is not known",
		    name == NULL ? "" : name);
		return NULL;
	}
	if (n < h->min_parts || n > h->max_parts) {
		ctx_fail(c, MDOC_E_ARGUMENT,
		    "handover: %zu parts given, %s takes %s", n, h->name,
		    h->parts);
		return NULL;
	}
	return h;
}

bool
transcript_write(const struct transcript_input *in, struct blob *ret)
{
	struct blob inner = BLOB_INIT, outer = BLOB_INIT;
	size_t size = in->engagement.len + in->ereader_key.len + HEADS_MAX;
	struct cbor_writer w;
	bool ok = false;

	for (size_t i = 0; i < in->n; i++)
		size += in->parts[i].len;
	if (!blob_reserve(&inner, size) || !blob_reserve(&outer, size))
		goto out;
	cbor_writer_init(&w, &inner);
	cbor_put_array(&w, 3);
	cbor_put_tag24(&w, in->engagement);
	cbor_put_raw(&w, in->ereader_key);
	in->handover->write(&w, in->parts, in->n);
	if (w.error != CBOR_OK)
		goto out;
	cbor_writer_init(&w, &outer);
	cbor_put_tag24(&w, blob_bytes(&inner));
	if (w.error != CBOR_OK)
		goto out;
	blob_move(ret, &outer);
	ok = true;
out:
	blob_reset(&inner);
	blob_reset(&outer);
	return ok;
}

int
transcript_salt(mdoc_ctx *c, struct bytes transcript, uint8_t *out)
{
	if (!hasher_digest(c->hasher, HASH_SHA256, &transcript, 1, out))
		return ctx_fail(c, MDOC_E_CRYPTO, "transcript: SHA-256 failed");
	return MDOC_OK;
}

/* What is to be one complete item and travels inside a byte string. */
static int
check_item(mdoc_ctx *c, mdoc_bytes in, const char *what)
{
	enum cbor_error e;
	size_t offset = 0;

	if ((e = cbor_check(from_public(in), &offset)) != CBOR_OK)
		return ctx_fail(c, MDOC_E_CBOR, "%s: %s at offset %zu", what,
		    cbor_error_name(e), offset);
	return MDOC_OK;
}

int
mdoc_transcript_make(mdoc_ctx *ctx, mdoc_bytes device_engagement,
    mdoc_bytes ereader_key, const char *handover, const mdoc_bytes *parts,
    size_t n, mdoc_buf *ret)
{
	struct bytes spans[HANDOVER_MAX_PARTS];
	struct transcript_input in = {
		.engagement = from_public(device_engagement),
		.parts = spans,
		.n = n,
	};
	struct blob key = BLOB_INIT, transcript = BLOB_INIT;
	struct cbor_writer w;
	int r;

	if ((in.handover = transcript_handover(ctx, handover, n)) == NULL)
		return MDOC_E_ARGUMENT;
	if ((r = check_item(ctx, device_engagement, "DeviceEngagement")) !=
		MDOC_OK ||
	    (r = check_item(ctx, ereader_key, "EReaderKey")) != MDOC_OK)
		return r;
	for (size_t i = 0; i < n; i++)
		spans[i] = from_public(parts[i]);
	cbor_writer_init(&w, &key);
	cbor_put_tag24(&w, from_public(ereader_key));
	in.ereader_key = blob_bytes(&key);
	if (w.error != CBOR_OK || !transcript_write(&in, &transcript)) {
		r = ctx_fail(ctx, MDOC_E_MEMORY, "transcript: out of memory");
		goto out;
	}
	buf_take_blob(ret, &transcript);
	r = MDOC_OK;
out:
	blob_reset(&key);
	blob_reset(&transcript);
	return r;
}

int
mdoc_transcript_qr(mdoc_ctx *ctx, mdoc_bytes device_engagement,
    mdoc_bytes ereader_key, mdoc_buf *ret)
{
	return mdoc_transcript_make(ctx, device_engagement, ereader_key, "qr",
	    NULL, 0, ret);
}
