/* SPDX-License-Identifier: BSD-3-Clause */
/* names.c and the tables of schema.c */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/model/names.h"
#include "tests/support/diag.h"
#include "tests/support/failmalloc.h"
#include "tests/support/vectors.h"

#define SIGN1 "[<<{1: -7}>>, {33: h'30'}, h'00', h'00']"
#define MSO   "{\"digestAlgorithm\": \"SHA-256\", \"valueDigests\": {}}"

static const char *
root_name(struct bytes in)
{
	struct outline o;
	struct names x = NAMES_INIT;
	const char *name;

	assert_true(outline_read(&o, in));
	assert_true(names_find(&x, &o));
	name = x.schemas[0] != NULL ? x.schemas[0]->name : NULL;
	names_reset(&x);
	outline_reset(&o);
	return name;
}

static void
test_recognise(void **state)
{
	static const struct {
		const char *text;
		const char *name; /* NULL: not recognised */
	} roots[] = {
		{ "{\"version\": \"1.0\", \"documents\": []}",
		    "DeviceResponse" },
		{ "{\"version\": \"1.0\", \"status\": 10}", "DeviceResponse" },
		{ "{\"documents\": []}",
		    "documents in storage, not a DeviceResponse" },
		{ "{\"version\": \"1.0\", \"docRequests\": []}",
		    "DeviceRequest" },
		{ "{\"itemsRequest\": 1}", "DocRequest" },
		{ "24(<<{\"docType\": \"d\", \"nameSpaces\": {}}>>)",
		    "ItemsRequest" },
		{ "{\"docType\": \"d\", \"issuerSigned\": {}}", "Document" },
		{ "{\"issuerAuth\": []}", "IssuerSigned" },
		{ "{\"deviceAuth\": {}, \"nameSpaces\": 0}", "DeviceSigned" },
		{ "{\"digestID\": 1, \"elementIdentifier\": \"x\"}",
		    "IssuerSignedItem" },
		{ "24(<<" MSO ">>)", "MobileSecurityObject" },
		{ MSO, "MobileSecurityObject" },
		{ "{\"eReaderKey\": 1, \"data\": h''}",
		    "SessionEstablishment" },
		{ "{\"data\": h''}", "SessionData" },
		{ "{\"status\": 20}", "SessionData" },
		{ "{\"data\": h'', \"status\": 20}", "SessionData" },
		{ "{\"data\": \"text\"}", NULL },
		{ "{\"status\": 20, \"other\": 1}", NULL },
		{ "{0: \"1.0\", 1: []}", "DeviceEngagement" },
		{ "{1: 2, -1: 1}", "COSE_Key" },
		{ "{1: 2}", NULL },
		{ SIGN1, "COSE_Sign1" },
		{ "18(" SIGN1 ")", "COSE_Sign1" },
		{ "[<<{1: 5}>>, {}, null, h'']", "COSE_Mac0" },
		{ "[1, {}, null, h'']", NULL },
		{ "[h'', {}, 1, h'']", NULL },
		{ "[24(<<{0: \"1.0\", 1: []}>>), 24(<<{}>>), null]",
		    "SessionTranscript" },
		{ "24(<<[null, null, [\"x\"]]>>)", "SessionTranscript" },
		{ "[1, 2, 3]", NULL },
		{ "[\"DeviceAuthentication\", [], \"d\", 0]",
		    "DeviceAuthentication" },
		{ "24(<<[\"ReaderAuthentication\", [], 0]>>)",
		    "ReaderAuthentication" },
		{ "[\"ReaderAuthenticationAll\"]", "ReaderAuthenticationAll" },
		{ "[\"Signature1\", h'', h'', h'']", "Sig_structure" },
		{ "[\"MAC0\", h'', h'', h'']", "MAC_structure" },
		{ "7", NULL },
		{ "h'a0'", NULL },
		{ "24(7)", NULL },
		{ "[]", NULL },
		{ "{}", NULL },
	};
	struct blob b = BLOB_INIT;
	const char *name;

	(void)state;
	for (size_t i = 0; i < nitems(roots); i++) {
		diag(roots[i].text, &b);
		name = root_name(blob_bytes(&b));
		if (roots[i].name == NULL
			? name != NULL
			: name == NULL || strcmp(name, roots[i].name) != 0)
			fail_msg("%s: %s", roots[i].text,
			    name != NULL ? name : "not recognised");
	}
	blob_reset(&b);
}

static const char *
schema_name(const struct names *x, uint32_t node)
{
	assert_int_not_equal(node, OUTLINE_NONE);
	return x->schemas[node] != NULL ? x->schemas[node]->name : NULL;
}

/* Names go through tags and strings, and strings of COSE are opened. */
static void
test_inside(void **state)
{
	struct blob b = BLOB_INIT;
	struct outline o;
	struct names x = NAMES_INIT;
	uint32_t doc, auth, payload, headers, chain;

	(void)state;
	diag("{\"version\": \"1.0\", \"documents\": [{\"docType\": \"d\", "
	     "\"issuerSigned\": {\"nameSpaces\": {\"n\": [24(<<{}>>)]}, "
	     "\"issuerAuth\": [<<{1: -7, 33: [h'30']}>>, {33: h'31'}, "
	     "<<24(<<{\"deviceKeyInfo\": {\"deviceKey\": {-1: 256}}}>>)>>, "
	     "h'']}, \"deviceSigned\": {\"nameSpaces\": 24(<<{\"n\": "
	     "{}}>>)}}], "
	     "\"status\": 0}",
	    &b);
	assert_true(outline_read(&o, blob_bytes(&b)));
	assert_true(names_find(&x, &o));
	assert_int_equal(o.defects_count, 0);
	doc = outline_child(&o, outline_member(&o, 0, "documents"), 0);
	assert_string_equal(schema_name(&x, doc), "Document");
	doc = outline_member(&o, doc, "issuerSigned");
	assert_string_equal(schema_name(&x, doc), "IssuerSigned");
	assert_string_equal(schema_name(&x,
				outline_child(&o,
				    outline_member(&o,
					outline_member(&o, doc, "nameSpaces"),
					"n"),
				    0)),
	    "IssuerSignedItem");
	auth = outline_member(&o, doc, "issuerAuth");
	assert_string_equal(schema_name(&x, auth), "COSE_Sign1");
	headers = outline_child(&o, auth, 0);
	assert_string_equal(x.members[headers]->name, "protected");
	assert_true(o.nodes[headers].opened);
	headers = o.nodes[headers].child;
	assert_string_equal(names_value(&x, &o, outline_label(&o, headers, 1)),
	    "ES256");
	chain = outline_label(&o, headers, 33);
	assert_string_equal(x.members[chain]->name, "x5chain");
	assert_true(x.schemas[outline_child(&o, chain, 0)]->certificate);
	chain = outline_label(&o, outline_child(&o, auth, 1), 33);
	assert_true(x.schemas[chain]->certificate);
	payload = outline_child(&o, auth, 2);
	assert_true(o.nodes[payload].opened);
	payload = o.nodes[payload].child;
	assert_int_equal(o.nodes[payload].kind, CBOR_KIND_TAG);
	assert_string_equal(schema_name(&x, payload), "MobileSecurityObject");
	payload = o.nodes[o.nodes[payload].child].child;
	payload = outline_member(&o, payload, "deviceKeyInfo");
	payload = outline_member(&o, payload, "deviceKey");
	assert_string_equal(schema_name(&x, payload), "COSE_Key");
	assert_string_equal(names_value(&x, &o, outline_label(&o, payload, -1)),
	    "brainpoolP256r1");
	assert_string_equal(names_value(&x, &o,
				outline_member(&o, 0, "status")),
	    "OK");
	assert_null(names_value(&x, &o, 0));
	names_reset(&x);
	names_reset(&x);
	outline_reset(&o);
	blob_reset(&b);
}

static void
test_options(void **state)
{
	static const char *const names[] = { "NfcOptions", "BleOptions",
		"WifiOptions", "RestApiOptions", NULL };
	struct blob b = BLOB_INIT;
	struct outline o;
	struct names x = NAMES_INIT;
	uint32_t methods, options;

	(void)state;
	diag("{0: \"1.0\", 1: [1, 0], 2: [[1, 1, {}], [2, 1, {}], [3, 1, {}], "
	     "[4, 1, {}], [5, 1, {}]]}",
	    &b);
	assert_true(outline_read(&o, blob_bytes(&b)));
	assert_true(names_find(&x, &o));
	methods = outline_label(&o, 0, 2);
	for (size_t i = 0; i < nitems(names); i++) {
		options = outline_child(&o, outline_child(&o, methods, i), 2);
		if (names[i] != NULL)
			assert_string_equal(schema_name(&x, options), names[i]);
		else
			assert_null(x.schemas[options]);
	}
	names_reset(&x);
	outline_reset(&o);
	blob_reset(&b);
}

static void
test_vectors(void **state)
{
	static const struct {
		const char *file;
		const char *name;
	} list[] = {
		{ "annexD/device_response.hex", "DeviceResponse" },
		{ "annexD/device_request.hex", "DeviceRequest" },
		{ "annexD/device_engagement_qr.hex", "DeviceEngagement" },
		{ "annexD/session_establishment.hex", "SessionEstablishment" },
		{ "annexD/session_data.hex", "SessionData" },
		{ "annexD/session_termination.hex", "SessionData" },
		{ "annexD/session_transcript_bytes.hex", "SessionTranscript" },
		{ "annexD/issuer_auth.hex", "COSE_Sign1" },
		{ "annexD/issuer_auth_sig_structure.hex", "Sig_structure" },
		{ "annexD/device_mac_structure.hex", "MAC_structure" },
		{ "annexD/device_authentication_bytes.hex",
		    "DeviceAuthentication" },
		{ "annexD/reader_authentication_bytes.hex",
		    "ReaderAuthentication" },
	};
	struct blob b = BLOB_INIT;

	(void)state;
	for (size_t i = 0; i < nitems(list); i++) {
		VECTORS_OR_SKIP(list[i].file, &b);
		assert_string_equal(root_name(blob_bytes(&b)), list[i].name);
	}
	blob_reset(&b);
}

static void
test_no_memory(void **state)
{
	struct blob b = BLOB_INIT;
	struct outline o;
	struct names x;
	unsigned long n;
	bool good;

	(void)state;
	diag("[<<{1: -7}>>, {33: h'30'}, <<24(<<" MSO ">>)>>, h'']", &b);
	for (n = 1;; n++) {
		x = NAMES_INIT;
		failmalloc_arm(n);
		good = outline_read(&o, blob_bytes(&b)) && names_find(&x, &o);
		if (!failmalloc_disarm())
			break;
		assert_false(good);
		names_reset(&x);
		outline_reset(&o);
	}
	assert_true(good);
	assert_true(n > 2);
	names_reset(&x);
	outline_reset(&o);
	blob_reset(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recognise),
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
