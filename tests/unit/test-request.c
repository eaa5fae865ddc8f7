/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/model/request.h"
#include "tests/support/diag.h"
#include "tests/support/hostile.h"
#include "tests/support/vectors.h"

#define SIGN1 "[<<{1: -7}>>, {33: h'30'}, null, h'00']"
#define ITEMS \
	"24(<<{\"docType\": \"d\", \"nameSpaces\": {\"n\": {\"e\": true}}}>>)"
#define DOC   "{\"itemsRequest\": " ITEMS "}"
#define OLDER "\"version\": \"1.0\""
#define NEWER "\"version\": \"1.1\""
/* A request of one DocRequest with these ItemsRequest members. */
#define WITH(members)                                                     \
	"{" OLDER ", \"docRequests\": [{\"itemsRequest\": 24(<<{" members \
	"}>>)}]}"

static bool
nothing(void *arg, const struct element_request *e)
{
	size_t *count = arg;

	assert_non_null(e->element.ptr);
	assert_non_null(e->name_space.ptr);
	(*count)++;
	return true;
}

/* Whatever request_read lets pass can be walked to the end. */
static bool
read_request(struct cbor_reader *r)
{
	struct request q;
	struct doc_request d;
	size_t docs = 0, elements = 0;

	if (!request_read(r, &q))
		return false;
	while (request_next(&q, &d)) {
		assert_true(doc_request_each(&d, nothing, &elements));
		docs++;
	}
	assert_int_equal(q.docs.error, CBOR_OK);
	assert_int_equal(docs, q.count);
	assert_true(elements >= docs);
	return true;
}

struct seen {
	char text[256];
	size_t len;
	size_t stop;
};

static void
append(struct seen *s, struct bytes b)
{
	assert_true(b.len < sizeof(s->text) - s->len);
	memcpy(s->text + s->len, b.ptr, b.len);
	s->len += b.len;
}

static bool
note(void *arg, const struct element_request *e)
{
	struct seen *s = arg;

	append(s, e->name_space);
	append(s, bytes_str("/"));
	append(s, e->element);
	append(s, bytes_str(e->intent_to_retain ? "=1 " : "=0 "));
	return --s->stop > 0;
}

static void
test_read(void **state)
{
	struct blob b = BLOB_INIT;
	struct seen seen = { .stop = 100 };
	struct cbor_reader r;
	struct request q;
	struct doc_request d;

	(void)state;
	diag("{" OLDER ", \"docRequests\": [{\"itemsRequest\": 24(<<{"
	     "\"docType\": \"one\", \"nameSpaces\": {\"a\": {\"x\": true, "
	     "\"y\": false}, \"b\": {\"x\": false}}, \"requestInfo\": "
	     "{\"k\": [1]}, \"ours\": 0}>>), \"readerAuth\": " SIGN1 "}, " DOC
	     "], \"deviceRequestInfo\": 7, \"readerAuthAll\": \"x\", 99: 1}",
	    &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(request_read(&r, &q));
	assert_int_equal(q.count, 2);
	/* Version 1.0 does not know them. */
	assert_true(bytes_is_null(q.device_request_info));
	assert_true(bytes_is_null(q.reader_auth_all));
	assert_true(request_next(&q, &d));
	assert_true(bytes_equal_str(d.doc_type, "one"));
	assert_true(d.has_reader_auth);
	assert_int_equal(d.reader_auth.x5chain_n, 1);
	assert_int_equal(d.items_bytes.ptr[0], 0xd8);
	assert_int_equal(d.request_info.len, 5);
	assert_true(doc_request_each(&d, note, &seen));
	assert_string_equal(seen.text, "a/x=1 a/y=0 b/x=0 ");
	seen = (struct seen){ .stop = 2 };
	assert_false(doc_request_each(&d, note, &seen));
	assert_string_equal(seen.text, "a/x=1 a/y=0 ");
	assert_true(request_next(&q, &d));
	assert_true(bytes_equal_str(d.doc_type, "d"));
	assert_false(d.has_reader_auth);
	assert_true(bytes_is_null(d.request_info));
	assert_false(request_next(&q, &d));
	assert_int_equal(q.docs.error, CBOR_OK);
	hostile_sweep(blob_bytes(&b), read_request);

	diag("{" NEWER ", \"docRequests\": [" DOC "], \"deviceRequestInfo\": "
	     "24(<<{\"useCases\": []}>>), \"readerAuthAll\": [" SIGN1 "]}",
	    &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(request_read(&r, &q));
	assert_int_equal(q.device_request_info.ptr[0], 0xa1);
	assert_int_equal(q.reader_auth_all.ptr[0], 0x81);
	hostile_sweep(blob_bytes(&b), read_request);
	blob_reset(&b);
}

static void
test_refused(void **state)
{
	static const struct hostile bad[] = {
		{ "@7", CBOR_E_TYPE, "DeviceRequest: a map" },
		{ "@{\"docRequests\": [" DOC "]}", CBOR_E_MISSING,
		    "DeviceRequest.version" },
		{ "@{" OLDER "}", CBOR_E_MISSING, "DeviceRequest.docRequests" },
		{ "{\"version\": @\"0.9\", \"docRequests\": [" DOC "]}",
		    CBOR_E_RANGE, "DeviceRequest.version" },
		{ "{" OLDER ", \"docRequests\": @[]}", CBOR_E_RANGE,
		    "DeviceRequest.docRequests" },
		{ "{" OLDER ", \"docRequests\": [@[]]}", CBOR_E_TYPE,
		    "DocRequest: a map" },
		{ "{" OLDER ", \"docRequests\": [@{}]}", CBOR_E_MISSING,
		    "DocRequest.itemsRequest" },
		{ "{" OLDER ", \"docRequests\": [{\"itemsRequest\": @{}}]}",
		    CBOR_E_TYPE, "DocRequest.itemsRequest" },
		{ "{" OLDER ", \"docRequests\": [{\"itemsRequest\": "
		  "24(<<@7>>)}]}",
		    CBOR_E_TYPE, "ItemsRequest: a map" },
		{ "{" OLDER ", \"docRequests\": [{\"itemsRequest\": " ITEMS
		  ", \"readerAuth\": @{}}]}",
		    CBOR_E_TYPE, "COSE_Sign1" },
		{ "{" OLDER ", \"docRequests\": [{\"itemsRequest\": " ITEMS
		  ", @\"itemsRequest\": " ITEMS "}]}",
		    CBOR_E_DUPLICATE, "DocRequest" },
		{ "{" OLDER ", \"docRequests\": [{\"itemsRequest\": "
		  "24(<<@{\"docType\": \"d\"}>>)}]}",
		    CBOR_E_MISSING, "ItemsRequest.nameSpaces" },
		{ "{" OLDER ", \"docRequests\": [{\"itemsRequest\": "
		  "24(<<@{\"nameSpaces\": {\"n\": {\"e\": true}}}>>)}]}",
		    CBOR_E_MISSING, "ItemsRequest.docType" },
		{ WITH("\"docType\": @7, \"nameSpaces\": {\"n\": {\"e\": "
		       "true}}"),
		    CBOR_E_TYPE, "ItemsRequest.docType" },
		{ WITH("\"docType\": \"d\", \"nameSpaces\": @{}"), CBOR_E_RANGE,
		    "ItemsRequest.nameSpaces" },
		{ WITH("\"docType\": \"d\", \"nameSpaces\": {@1: {}}"),
		    CBOR_E_TYPE, "ItemsRequest.nameSpaces" },
		{ WITH("\"docType\": \"d\", \"nameSpaces\": {\"n\": @{}}"),
		    CBOR_E_RANGE, "ItemsRequest.nameSpaces" },
		{ WITH("\"docType\": \"d\", \"nameSpaces\": {\"n\": {\"e\": "
		       "@1}}"),
		    CBOR_E_TYPE, "ItemsRequest.nameSpaces: a map of elements" },
		{ WITH("\"docType\": \"d\", \"nameSpaces\": {\"n\": {\"e\": "
		       "true,"
		       " @\"e\": true}}"),
		    CBOR_E_DUPLICATE, "ItemsRequest.nameSpaces" },
		{ WITH("\"docType\": \"d\", \"nameSpaces\": {\"n\": {\"e\": "
		       "true}},"
		       " \"requestInfo\": @{}"),
		    CBOR_E_RANGE, "ItemsRequest.requestInfo" },
		{ "{" NEWER ", \"docRequests\": [" DOC
		  "], \"deviceRequestInfo\": @{}}",
		    CBOR_E_TYPE, "DeviceRequest.deviceRequestInfo" },
		{ "{" NEWER ", \"docRequests\": [" DOC
		  "], \"deviceRequestInfo\": 24(<<@{}>>)}",
		    CBOR_E_RANGE, "DeviceRequest.deviceRequestInfo" },
		{ "{" NEWER ", \"docRequests\": [" DOC
		  "], \"readerAuthAll\": @[]}",
		    CBOR_E_RANGE, "DeviceRequest.readerAuthAll" },
		{ "{" NEWER ", \"docRequests\": [" DOC
		  "], \"readerAuthAll\": [@1]}",
		    CBOR_E_TYPE, "COSE_Sign1" },
	};

	(void)state;
	hostile_check(bad, nitems(bad), read_request);
}

static void
test_write(void **state)
{
	struct blob b = BLOB_INIT, want = BLOB_INIT, items = BLOB_INIT;
	struct blob auth = BLOB_INIT;
	struct cbor_writer w, inner;

	(void)state;
	diag(SIGN1, &auth);
	cbor_writer_init(&inner, &b);
	items_request_write_head(&inner, bytes_str("d"), 1);
	cbor_put_str(&inner, "n");
	cbor_put_map(&inner, 1);
	cbor_put_str(&inner, "e");
	cbor_put_bool(&inner, true);
	cbor_writer_init(&w, &items);
	cbor_put_tag24(&w, blob_bytes(&b));
	blob_clear(&b);
	cbor_writer_init(&w, &b);
	request_write_head(&w, 2);
	doc_request_write(&w, blob_bytes(&items), blob_bytes(&auth));
	doc_request_write(&w, blob_bytes(&items), BYTES_NULL);
	assert_int_equal(w.error, CBOR_OK);
	diag("{" OLDER ", \"docRequests\": [{\"itemsRequest\": " ITEMS
	     ", \"readerAuth\": " SIGN1 "}, " DOC "]}",
	    &want);
	assert_true(bytes_equal(blob_bytes(&b), blob_bytes(&want)));
	blob_reset(&b);
	blob_reset(&want);
	blob_reset(&items);
	blob_reset(&auth);
}

static void
test_annex_d(void **state)
{
	struct blob b = BLOB_INIT;
	struct seen seen = { .stop = 100 };
	struct cbor_reader r;
	struct request q;
	struct doc_request d;

	(void)state;
	VECTORS_OR_SKIP("annexD/device_request.hex", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(request_read(&r, &q));
	assert_int_equal(q.count, 1);
	assert_true(request_next(&q, &d));
	assert_true(d.has_reader_auth);
	assert_true(bytes_equal_str(d.doc_type, "org.iso.18013.5.1.mDL"));
	assert_true(doc_request_each(&d, note, &seen));
	assert_string_equal(seen.text,
	    "org.iso.18013.5.1/family_name=1 "
	    "org.iso.18013.5.1/document_number=1 "
	    "org.iso.18013.5.1/driving_privileges=1 "
	    "org.iso.18013.5.1/issue_date=1 org.iso.18013.5.1/expiry_date=1 "
	    "org.iso.18013.5.1/portrait=0 ");
	hostile_sweep(blob_bytes(&b), read_request);

	VECTORS_OR_SKIP("annexD/device_request_extended_2nd_ed.hex", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(request_read(&r, &q));
	assert_int_equal(q.count, 3);
	assert_false(bytes_is_null(q.device_request_info));
	while (request_next(&q, &d))
		assert_false(bytes_is_null(d.request_info));
	assert_int_equal(q.docs.error, CBOR_OK);
	blob_reset(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_annex_d),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
