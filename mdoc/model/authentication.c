/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/model/authentication.h"

/* Where the heads of COSE, of tag 24 and of the inner array are kept. */
#define HEAD_COSE    0
#define HEAD_PAYLOAD 32
#define HEAD_TAG24   64
#define HEAD_SIZE    32

static struct bytes
head_done(const uint8_t *start, const struct cbor_writer *w)
{
	return bytes_of(start, w->len);
}

static void
part_add(struct authentication *a, struct bytes part)
{
	a->parts[a->n++] = part;
	a->payload_len += part.len;
}

/* [context, SessionTranscript, ...]; the head of tag 24 comes at the end. */
static void
array_begin(struct authentication *a, struct cbor_writer *w, uint64_t n,
    const char *context)
{
	a->n = AUTHENTICATION_COSE + 1;
	a->payload_len = 0;
	cbor_writer_fixed(w, a->text, sizeof(a->text));
	cbor_put_array(w, n);
	cbor_put_str(w, context);
	part_add(a, bytes_of(a->text, w->len));
}

static void
tag24_begin(struct authentication *a)
{
	uint8_t *start = a->head + HEAD_TAG24;
	struct cbor_writer w;

	cbor_writer_fixed(&w, start, HEAD_SIZE);
	cbor_put_tag(&w, 24);
	cbor_put_bstr_head(&w, a->payload_len);
	a->parts[AUTHENTICATION_COSE] = head_done(start, &w);
	a->payload_len += w.len;
}

void
authentication_device(struct authentication *a, struct bytes transcript,
    struct bytes doc_type, struct bytes name_spaces)
{
	uint8_t *start = a->head + HEAD_PAYLOAD;
	struct cbor_writer w;

	array_begin(a, &w, 4, "DeviceAuthentication");
	part_add(a, transcript);
	/* A text string has the head of a byte string with another type. */
	cbor_writer_fixed(&w, start, HEAD_SIZE);
	cbor_put_bstr_head(&w, doc_type.len);
	start[0] |= 0x20;
	part_add(a, head_done(start, &w));
	part_add(a, doc_type);
	part_add(a, name_spaces);
	tag24_begin(a);
}

void
authentication_reader(struct authentication *a, struct bytes transcript,
    struct bytes items)
{
	struct cbor_writer w;

	array_begin(a, &w, 3, "ReaderAuthentication");
	part_add(a, transcript);
	part_add(a, items);
	tag24_begin(a);
}

bool
authentication_reader_all(struct authentication *a, struct bytes transcript,
    const struct bytes *items, size_t n, struct bytes info)
{
	static const uint8_t null_item[] = { 0xf6 };
	uint8_t *start = a->head + HEAD_PAYLOAD;
	struct cbor_writer w;

	if (n > AUTHENTICATION_MAX_DOCS)
		return false;
	array_begin(a, &w, 4, "ReaderAuthenticationAll");
	part_add(a, transcript);
	cbor_writer_fixed(&w, start, HEAD_SIZE);
	cbor_put_array(&w, n);
	part_add(a, head_done(start, &w));
	for (size_t i = 0; i < n; i++)
		part_add(a, items[i]);
	part_add(a,
	    bytes_is_null(info) ? bytes_of(null_item, sizeof(null_item))
				: info);
	tag24_begin(a);
	return true;
}

void
authentication_payload(struct authentication *a, struct bytes payload)
{
	a->n = AUTHENTICATION_COSE;
	a->payload_len = 0;
	part_add(a, payload);
}

const struct bytes *
authentication_parts(const struct authentication *a, size_t *ret_n)
{
	*ret_n = a->n - AUTHENTICATION_COSE;
	return a->parts + AUTHENTICATION_COSE;
}

const struct bytes *
authentication_cose(struct authentication *a, const char *context,
    struct bytes protected_, size_t *ret_n)
{
	uint8_t *start = a->head + HEAD_COSE;
	struct cbor_writer w;
	size_t first;

	cbor_writer_fixed(&w, start, HEAD_SIZE);
	cbor_put_array(&w, 4);
	cbor_put_str(&w, context);
	cbor_put_bstr_head(&w, protected_.len);
	first = w.len;
	/* external_aad is empty (18013-5 12.3.4, 12.4, 12.5). */
	cbor_put_bstr(&w, bytes_of("", 0));
	cbor_put_bstr_head(&w, a->payload_len);
	a->parts[0] = bytes_of(start, first);
	a->parts[1] = protected_;
	a->parts[2] = bytes_of(start + first, w.len - first);
	*ret_n = a->n;
	return a->parts;
}
