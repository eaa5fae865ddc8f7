/* SPDX-License-Identifier: BSD-3-Clause */
/* DeviceResponse, and the same bytes as IssuerSigned. */
#include "config.h"

#include "mdoc/model/response.h"
#include "tests/fuzz/check.h"

static void
check_issuer_signed(const struct issuer_signed *s, struct bytes in)
{
	struct item_walk w;
	struct item item;

	check_item(s->name_spaces, in);
	check_item(s->issuer_auth.whole, in);
	for (size_t i = 0; i < s->issuer_auth.x5chain_n; i++)
		check_inside(s->issuer_auth.x5chain[i], in);
	item_walk_start(&w, s);
	while (item_walk_next(&w, &item)) {
		check_item(item.whole, in);
		CHECK(item.whole.ptr == in.ptr + item.offset);
		check_item(item.value, item.whole);
		check_inside(item.element, item.whole);
		check_inside(item.random, item.whole);
		CHECK(item.random.len >= 16);
		CHECK(item.digest_id <= INT32_MAX);
	}
	if (w.r.error != CBOR_OK)
		check_error(&w.r, in.len);
}

static void
check_document(const struct document *d, struct bytes in)
{
	check_item(d->whole, in);
	check_item(d->errors, in);
	check_item(d->device_name_spaces, in);
	check_item(d->device_name_spaces_bytes, in);
	CHECK(d->has_device_signed ==
	    (d->device_auth_kind != DEVICE_AUTH_NONE));
	CHECK(d->has_device_signed == !bytes_is_null(d->device_auth.whole));
	check_issuer_signed(&d->issuer_signed, in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes in = { data, size };
	struct issuer_signed s;
	struct response q;
	struct document d;
	struct cbor_reader r;
	uint64_t n = 0;

	cbor_reader_init(&r, in);
	if (issuer_signed_read(&r, &s))
		check_issuer_signed(&s, in);
	else
		check_error(&r, size);
	cbor_reader_init(&r, in);
	if (!response_read(&r, &q)) {
		check_error(&r, size);
		return 0;
	}
	CHECK(cbor_check(in, NULL) == CBOR_OK);
	check_item(q.document_errors, in);
	while (response_next(&q, &d)) {
		check_document(&d, in);
		n++;
	}
	CHECK(q.docs.error == CBOR_OK);
	CHECK(n == q.count);
	return 0;
}
