/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/model/response.h"
#include "tests/support/diag.h"
#include "tests/support/hostile.h"
#include "tests/support/vectors.h"

#define RANDOM "h'000102030405060708090a0b0c0d0e0f'"
#define ITEM(id, name, value)                                             \
	"24(<<{\"digestID\": " id ", \"random\": " RANDOM                 \
	", \"elementIdentifier\": \"" name "\", \"elementValue\": " value \
	"}>>)"
#define AUTH  "[<<{1: -7}>>, {33: h'30'}, h'd81840', h'00']"
#define SIGN1 "[<<{1: -7}>>, {}, null, h'00']"
#define MAC0  "[<<{1: 5}>>, {}, null, h'00']"
#define ISSUER                                      \
	"{\"nameSpaces\": {\"n\": [" ITEM("0", "e", \
	    "1") "]}, \"issuerAuth\": " AUTH "}"
#define DEVICE                                                               \
	"{\"nameSpaces\": 24(<<{}>>), \"deviceAuth\": {\"deviceMac\": " MAC0 \
	"}}"
#define DOC                                              \
	"{\"docType\": \"d\", \"issuerSigned\": " ISSUER \
	", \"deviceSigned\": " DEVICE "}"
#define RESPONSE(members) "{\"version\": \"1.0\", " members ", \"status\": 0}"
/* A response of one document with this in place of a good one. */
#define WITH_DOC(doc) RESPONSE("\"documents\": [" doc "]")
#define WITH_ISSUER(issuer) \
	WITH_DOC("{\"docType\": \"d\", \"issuerSigned\": " issuer "}")
#define WITH_ITEMS(items) \
	WITH_ISSUER("{\"nameSpaces\": " items ", \"issuerAuth\": " AUTH "}")
#define WITH_DEVICE(device)                                       \
	WITH_DOC("{\"docType\": \"d\", \"issuerSigned\": " ISSUER \
		 ", \"deviceSigned\": " device "}")

/* Everything that there is to be read; errors of the walks end up in r. */
static bool
read_response(struct cbor_reader *r)
{
	struct response q;
	struct document d;
	struct item_walk w;
	struct item item;
	size_t docs = 0;

	if (!response_read(r, &q))
		return false;
	while (response_next(&q, &d)) {
		docs++;
		item_walk_start(&w, &d.issuer_signed);
		while (item_walk_next(&w, &item))
			assert_true(item.random.len >= 16);
		if (!cbor_reader_leave(r, &w.r))
			return false;
	}
	/* What was read before can be read again. */
	assert_int_equal(q.docs.error, CBOR_OK);
	assert_int_equal(docs, q.count);
	return true;
}

static void
test_read(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	struct response q;
	struct document d;

	(void)state;
	diag("{\"version\": \"1.2\", \"documents\": [" DOC
	     ", {\"docType\": \"second\", \"issuerSigned\": "
	     "{\"issuerAuth\": " AUTH
	     "}, \"errors\": {\"n\": {\"x\": 0, \"y\": -1}}, \"z\": 0}, "
	     "{\"docType\": \"third\", \"issuerSigned\": " ISSUER
	     ", \"deviceSigned\": {\"nameSpaces\": 24(<<{\"n\": {\"x\": "
	     "[1]}}>>), \"deviceAuth\": {\"deviceSignature\": " SIGN1
	     "}}}], \"documentErrors\": [{\"a\": 0, \"b\": -7}, {\"c\": 1}], "
	     "\"zkDocuments\": [0], \"encryptedDocuments\": [{}], "
	     "\"ours\": {1: 2}, \"status\": 10}",
	    &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(response_read(&r, &q));
	assert_true(bytes_equal_str(q.version, "1.2"));
	assert_int_equal(q.status, 10);
	assert_int_equal(q.count, 3);
	assert_true(q.has_zk_documents && q.has_encrypted_documents);
	assert_int_equal(q.document_errors.ptr[0], 0x82);

	assert_true(response_next(&q, &d));
	assert_true(bytes_equal_str(d.doc_type, "d"));
	assert_int_equal(d.device_auth_kind, DEVICE_AUTH_MAC);
	assert_int_equal(d.device_auth.alg, 5);
	assert_int_equal(d.device_name_spaces.len, 1);
	assert_int_equal(d.device_name_spaces_bytes.len, 4);
	assert_true(bytes_is_null(d.errors));
	assert_ptr_equal(d.whole.ptr, b.ptr + d.offset);
	assert_int_equal(d.whole.ptr[0], 0xa3);

	assert_true(response_next(&q, &d));
	assert_true(bytes_equal_str(d.doc_type, "second"));
	assert_false(d.has_device_signed);
	assert_int_equal(d.device_auth_kind, DEVICE_AUTH_NONE);
	assert_true(bytes_is_null(d.issuer_signed.name_spaces));
	assert_int_equal(d.errors.ptr[0], 0xa1);

	assert_true(response_next(&q, &d));
	assert_true(bytes_equal_str(d.doc_type, "third"));
	assert_int_equal(d.device_auth_kind, DEVICE_AUTH_SIGNATURE);
	assert_int_equal(d.device_name_spaces.ptr[0], 0xa1);
	assert_false(response_next(&q, &d));
	assert_false(response_next(&q, &d));
	assert_true(bytes_equal_str(d.doc_type, "third"));
	assert_int_equal(q.docs.error, CBOR_OK);
	hostile_sweep(blob_bytes(&b), read_response);
	blob_reset(&b);
}

static void
test_empty(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	struct response q;
	struct document d;

	(void)state;
	diag("{\"version\": \"1.0\", \"status\": 12}", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(response_read(&r, &q));
	assert_int_equal(q.status, 12);
	assert_int_equal(q.count, 0);
	assert_false(response_next(&q, &d));
	assert_true(bytes_is_null(q.document_errors));
	blob_reset(&b);
}

static void
test_refused(void **state)
{
	static const struct hostile bad[] = {
		{ "@[]", CBOR_E_TYPE, "DeviceResponse: a map" },
		{ "@{\"status\": 0}", CBOR_E_MISSING,
		    "DeviceResponse.version" },
		{ "@{\"version\": \"1.0\"}", CBOR_E_MISSING,
		    "DeviceResponse.status" },
		{ "{\"version\": @1.0, \"status\": 0}", CBOR_E_TYPE,
		    "DeviceResponse.version" },
		{ "{\"version\": \"1.0\", \"status\": @-1}", CBOR_E_TYPE,
		    "DeviceResponse.status" },
		{ "{\"version\": \"1.0\", \"status\": 0, @\"status\": 0}",
		    CBOR_E_DUPLICATE, "DeviceResponse: a map" },
		{ RESPONSE("\"documents\": @[]"), CBOR_E_RANGE,
		    "DeviceResponse.documents" },
		{ RESPONSE("\"documents\": @{}"), CBOR_E_TYPE,
		    "DeviceResponse.documents" },
		{ RESPONSE("\"documentErrors\": @[]"), CBOR_E_RANGE,
		    "DeviceResponse.documentErrors" },
		{ RESPONSE("\"documentErrors\": [@{}]"), CBOR_E_RANGE,
		    "documentErrors: docType" },
		{ RESPONSE("\"documentErrors\": [{\"d\": @\"x\"}]"),
		    CBOR_E_TYPE, "documentErrors: docType" },
		{ RESPONSE("\"documentErrors\": [{@1: 0}]"), CBOR_E_TYPE,
		    "documentErrors: docType" },
		{ RESPONSE("\"zkDocuments\": @[]"), CBOR_E_RANGE,
		    "DeviceResponse.zkDocuments" },
		{ RESPONSE("\"encryptedDocuments\": @0"), CBOR_E_TYPE,
		    "DeviceResponse.encryptedDocuments" },
		{ WITH_DOC("@0"), CBOR_E_TYPE, "Document: a map" },
		{ WITH_DOC("@{\"docType\": \"d\"}"), CBOR_E_MISSING,
		    "Document.issuerSigned" },
		{ WITH_DOC("@{\"issuerSigned\": " ISSUER "}"), CBOR_E_MISSING,
		    "Document.docType" },
		{ WITH_DOC("{\"docType\": @h'64'}"), CBOR_E_TYPE,
		    "Document.docType" },
		{ WITH_DOC("{\"docType\": \"d\", \"issuerSigned\": " ISSUER
			   ", \"errors\": @{}}"),
		    CBOR_E_RANGE, "Document.errors" },
		{ WITH_DOC("{\"docType\": \"d\", \"issuerSigned\": " ISSUER
			   ", \"errors\": {\"n\": @{}}}"),
		    CBOR_E_RANGE, "Document.errors: element" },
		{ WITH_DOC("{\"docType\": \"d\", \"issuerSigned\": " ISSUER
			   ", \"errors\": {\"n\": {\"e\": @null}}}"),
		    CBOR_E_TYPE, "Document.errors: element" },
		{ WITH_DOC(DOC ", @0"), CBOR_E_TYPE, "Document: a map" },
		{ WITH_ISSUER("@[]"), CBOR_E_TYPE, "issuerSigned: a map" },
		{ WITH_ISSUER("@{}"), CBOR_E_MISSING,
		    "issuerSigned.issuerAuth" },
		{ WITH_ISSUER("{\"issuerAuth\": @[]}"), CBOR_E_RANGE,
		    "COSE_Sign1: an array of 4" },
		{ WITH_ITEMS("@{}"), CBOR_E_RANGE, "issuerSigned.nameSpaces" },
		{ WITH_ITEMS("{@0: 0}"), CBOR_E_TYPE,
		    "issuerSigned.nameSpaces" },
		{ WITH_ITEMS("{\"n\": @[]}"), CBOR_E_RANGE,
		    "IssuerNameSpaces: an array" },
		{ WITH_ITEMS("{\"n\": @{}}"), CBOR_E_TYPE,
		    "IssuerNameSpaces: an array" },
		{ WITH_ITEMS("{\"n\": [@h'00']}"), CBOR_E_TYPE,
		    "IssuerSignedItemBytes" },
		{ WITH_ITEMS("{\"n\": [@25(h'00')]}"), CBOR_E_TYPE,
		    "IssuerSignedItemBytes" },
		{ WITH_ITEMS("{\"n\": [24(<<1>>)], @\"n\": [24(<<1>>)]}"),
		    CBOR_E_DUPLICATE, "issuerSigned.nameSpaces" },
	};

	(void)state;
	hostile_check(bad, nitems(bad), read_response);
}

static void
test_refused_device_signed(void **state)
{
	static const struct hostile bad[] = {
		{ WITH_DEVICE("@null"), CBOR_E_TYPE, "deviceSigned: a map" },
		{ WITH_DEVICE("@{}"), CBOR_E_MISSING,
		    "deviceSigned.nameSpaces" },
		{ WITH_DEVICE("@{\"nameSpaces\": 24(<<{}>>)}"), CBOR_E_MISSING,
		    "deviceSigned.deviceAuth" },
		{ WITH_DEVICE("{\"nameSpaces\": @{}}"), CBOR_E_TYPE,
		    "deviceSigned.nameSpaces" },
		{ WITH_DEVICE("{\"nameSpaces\": 24(<<@[]>>)}"), CBOR_E_TYPE,
		    "DeviceNameSpaces: a map of n" },
		{ WITH_DEVICE("{\"nameSpaces\": 24(<<{\"n\": @{}}>>)}"),
		    CBOR_E_RANGE, "DeviceNameSpaces: a map of e" },
		{ WITH_DEVICE("{\"nameSpaces\": 24(<<{\"n\": {@1: 1}}>>)}"),
		    CBOR_E_TYPE, "DeviceNameSpaces: a map of e" },
		{ WITH_DEVICE("{\"nameSpaces\": 24(<<{}>>), \"deviceAuth\": "
			      "@{}}"),
		    CBOR_E_MISSING, "deviceAuth: deviceSignature or" },
		{ WITH_DEVICE("{\"nameSpaces\": 24(<<{}>>), \"deviceAuth\": "
			      "{\"deviceMac\": " MAC0
			      ", \"deviceSignature\": @" SIGN1 "}}"),
		    CBOR_E_RANGE, "deviceAuth: deviceSignature or" },
		{ WITH_DEVICE("{\"nameSpaces\": 24(<<{}>>), \"deviceAuth\": "
			      "{\"deviceMac\": @18(" SIGN1 ")}}"),
		    CBOR_E_TYPE, "COSE_Mac0" },
	};

	(void)state;
	hostile_check(bad, nitems(bad), read_response);
}

static void
test_write(void **state)
{
	struct blob b = BLOB_INIT, want = BLOB_INIT, auth = BLOB_INIT;
	struct blob mac = BLOB_INIT, names = BLOB_INIT;
	struct document d = { .device_auth_kind = DEVICE_AUTH_MAC };
	struct cbor_writer w;

	(void)state;
	diag(AUTH, &auth);
	diag(MAC0, &mac);
	diag("{\"n\": [0]}", &names);
	d.doc_type = bytes_str("d");
	d.issuer_signed.name_spaces = blob_bytes(&names);
	d.issuer_signed.issuer_auth.whole = blob_bytes(&auth);
	d.device_name_spaces = bytes_of("\xa0", 1);
	d.device_auth.whole = blob_bytes(&mac);
	cbor_writer_init(&w, &b);
	response_write_head(&w, 2, true);
	document_write(&w, &d);
	d.device_auth_kind = DEVICE_AUTH_SIGNATURE;
	d.issuer_signed.name_spaces = BYTES_NULL;
	d.errors = bytes_of("\xa0", 1);
	document_write(&w, &d);
	response_write_tail(&w, bytes_of("\x80", 1), 0);
	assert_int_equal(w.error, CBOR_OK);
	diag("{\"version\": \"1.0\", \"documents\": [{\"docType\": \"d\", "
	     "\"issuerSigned\": {\"nameSpaces\": {\"n\": [0]}, "
	     "\"issuerAuth\": " AUTH "}, \"deviceSigned\": " DEVICE
	     "}, {\"docType\": \"d\", \"issuerSigned\": {\"issuerAuth\": " AUTH
	     "}, \"deviceSigned\": {\"nameSpaces\": 24(<<{}>>), "
	     "\"deviceAuth\": {\"deviceSignature\": " MAC0
	     "}}, \"errors\": {}}], \"documentErrors\": [], \"status\": 0}",
	    &want);
	assert_true(bytes_equal(blob_bytes(&b), blob_bytes(&want)));

	blob_clear(&b);
	response_write_head(&w, 0, false);
	response_write_tail(&w, BYTES_NULL, 11);
	diag("{\"version\": \"1.0\", \"status\": 11}", &want);
	assert_true(bytes_equal(blob_bytes(&b), blob_bytes(&want)));
	blob_reset(&b);
	blob_reset(&want);
	blob_reset(&auth);
	blob_reset(&mac);
	blob_reset(&names);
}

static void
test_annex_d(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	struct response q;
	struct document d;

	(void)state;
	VECTORS_OR_SKIP("annexD/device_response.hex", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(response_read(&r, &q));
	assert_int_equal(q.status, 0);
	assert_int_equal(q.count, 1);
	assert_true(response_next(&q, &d));
	assert_int_equal(d.device_auth_kind, DEVICE_AUTH_MAC);
	assert_int_equal(d.device_auth.signature.len, 32);
	assert_int_equal(d.issuer_signed.issuer_auth.alg, -7);
	assert_true(bytes_equal_str(d.doc_type, "org.iso.18013.5.1.mDL"));
	hostile_sweep(blob_bytes(&b), read_response);
	blob_reset(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_device_signed),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_annex_d),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
