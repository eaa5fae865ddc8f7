/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "module/trace/trace-call.h"
#include "tests/support/diag.h"

static struct trace_line l;

/* What is on the line; the next begins. */
static const char *
line(void)
{
	static char text[TRACE_LINE_MAX];

	memcpy(text, l.text, l.len);
	text[l.len] = '\0';
	trace_line_start(&l);
	return text;
}

static int
setup(void **state)
{
	(void)state;
	trace_line_start(&l);
	return 0;
}

static void
test_text(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "", "\"\"" },
		{ "key 1", "\"key 1\"" },
		{ "a\"b\\c)d", "\"a\\x22b\\x5cc\\x29d\"" },
		{ "line\n\x1b[2J\x7f", "\"line\\x0a\\x1b[2J\\x7f\"" },
		{ "M\xc3\xbcnchen", "\"M\xc3\xbcnchen\"" },
		{ "M\xfcnchen", "\"M\\xfcnchen\"" },
		{ "\xc2\x9b"
		  "2J",
		    "\"\\xc2\\x9b2J\"" },
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		trace_put_text(&l, bytes_str(cases[i].in));
		assert_string_equal(line(), cases[i].out);
	}
	trace_put_padded(&l, (const CK_UTF8CHAR *)"t0   ", 5);
	assert_string_equal(line(), "\"t0\"");
	trace_put_hex(&l, bytes_str("\x01\xfe"));
	assert_string_equal(line(), "01fe");
}

/* A line that is full keeps room for what belongs to its end. */
static void
test_full(void **state)
{
	static char many[2 * TRACE_LINE_MAX];

	(void)state;
	memset(many, 'x', sizeof(many) - 1);
	trace_put(&l, "begin ");
	trace_put_text(&l, bytes_str(many));
	trace_put(&l, "not this");
	trace_line_room(&l, TRACE_ROOM_RESULTS);
	trace_put(&l, ") = CKR_OK");
	assert_true(l.len < TRACE_LINE_MAX);
	assert_non_null(strstr(line(), "xxx...) = CKR_OK"));
}

static void
test_flags(void **state)
{
	(void)state;
	trace_put_flags(&l, TRACE_FLAGS_SESSION,
	    CKF_SERIAL_SESSION | CKF_RW_SESSION);
	assert_string_equal(line(), "CKF_SERIAL_SESSION|CKF_RW_SESSION");
	trace_put_flags(&l, TRACE_FLAGS_SESSION, 0);
	assert_string_equal(line(), "0x0");
	trace_put_flags(&l, TRACE_FLAGS_TOKEN, CKF_RNG | 0x80000000UL);
	assert_string_equal(line(), "CKF_RNG|0x80000000");
}

static void
test_mechanism(void **state)
{
	CK_ECDH1_DERIVE_PARAMS ecdh = { CKD_NULL, 0, NULL, 65, NULL };
	CK_RSA_PKCS_PSS_PARAMS pss = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
	CK_BYTE iv[16] = { 0 };
	CK_MECHANISM m = { CKM_MDOC_DEVICE_MAC, NULL, 0 };

	(void)state;
	trace_put_mechanism(&l, &m);
	assert_string_equal(line(), "CKM_MDOC_DEVICE_MAC");
	trace_put_mechanism(&l, NULL);
	assert_string_equal(line(), "NULL");
	m = (CK_MECHANISM){ CKM_ECDH1_DERIVE, &ecdh, sizeof(ecdh) };
	trace_put_mechanism(&l, &m);
	assert_string_equal(line(),
	    "CKM_ECDH1_DERIVE {CKD_NULL, shared data 0 bytes, public data 65 "
	    "bytes}");
	/* Not the structure: not looked into. */
	m.ulParameterLen = 3;
	trace_put_mechanism(&l, &m);
	assert_string_equal(line(), "CKM_ECDH1_DERIVE {3 bytes}");
	m = (CK_MECHANISM){ CKM_ECDH1_DERIVE, NULL, sizeof(ecdh) };
	trace_put_mechanism(&l, &m);
	assert_non_null(strstr(line(), "{NULL, "));
	m = (CK_MECHANISM){ CKM_SHA256_RSA_PKCS_PSS, &pss, sizeof(pss) };
	trace_put_mechanism(&l, &m);
	assert_string_equal(line(),
	    "CKM_SHA256_RSA_PKCS_PSS {CKM_SHA256, CKG_MGF1_SHA256, salt 32 "
	    "bytes}");
	m = (CK_MECHANISM){ CKM_AES_CBC, iv, sizeof(iv) };
	trace_put_mechanism(&l, &m);
	assert_string_equal(line(), "CKM_AES_CBC {16 bytes}");
	m = (CK_MECHANISM){ 0x99999999UL, NULL, 0 };
	trace_put_mechanism(&l, &m);
	assert_string_equal(line(), "0x99999999");
}

static void
test_template(void **state)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG path = MDOC_KEY_PATH_C, bits = 2048;
	CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
		0x07 };
	CK_BYTE value[] = "do not show this";
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_LABEL, value, 2 },
		{ CKA_ID, value, 1 },
		{ CKA_EC_PARAMS, p256, sizeof(p256) },
		{ CKA_MODULUS_BITS, &bits, sizeof(bits) },
		{ CKA_MDOC_KEY_PATH, &path, sizeof(path) },
		{ CKA_VALUE, value, sizeof(value) },
		{ 0x80001234UL, value, sizeof(value) },
		{ MDOC_VENDOR(0x2077UL), value, sizeof(value) },
		{ CKA_CLASS, value, 3 },
		{ CKA_VALUE, NULL, 7 },
	};

	(void)state;
	trace_put_template(&l, t, nitems(t));
	assert_string_equal(line(),
	    "{CKA_CLASS=CKO_PRIVATE_KEY, CKA_TOKEN=true, CKA_LABEL=\"do\", "
	    "CKA_ID=64, CKA_EC_PARAMS=P-256, CKA_MODULUS_BITS=2048, "
	    "CKA_MDOC_KEY_PATH=C, CKA_VALUE=17 bytes, 0x80001234=17 bytes, "
	    "0xcd442077=..., CKA_CLASS=3 bytes, CKA_VALUE=NULL, 7 bytes}");
	trace_put_template(&l, NULL, 0);
	assert_string_equal(line(), "{}");
	trace_put_template(&l, NULL, 2);
	assert_string_equal(line(), "NULL");
	trace_put_wanted(&l, t, 2);
	assert_string_equal(line(), "{CKA_CLASS[8], CKA_TOKEN[1]}");
}

/* A module that says more than there was room for is not believed. */
static void
test_results(void **state)
{
	char *label = malloc(3);
	CK_ATTRIBUTE t[] = {
		{ CKA_LABEL, label, 3 },
		{ CKA_LABEL, label, 100000 },
		{ CKA_ID, label, CK_UNAVAILABLE_INFORMATION },
	};
	const CK_ULONG rooms[] = { 3, 3, 3 };

	(void)state;
	assert_non_null(label);
	memcpy(label, "abc", 3);
	trace_put_results(&l, t, nitems(t), rooms);
	assert_string_equal(line(),
	    "{CKA_LABEL=\"abc\", CKA_LABEL=100000 bytes, "
	    "CKA_ID=unavailable}");
	free(label);
}

/* ---- trace-mdoc.c */

#define KEY                                                             \
	"{1: 2, -1: 1, -2: h'6b17d1f2e12c4247f8bce6e563a440f277037d812" \
	"deb33a0f4a13945d898c296', -3: h'4fe342e2fe1a7f9b8ee7eb4a7c0f9" \
	"e162bce33576b315ececbb6406837bf51f5'}"

static void
put_diag(const char *text, void (*put)(struct trace_line *, struct bytes))
{
	struct blob b = BLOB_INIT;

	assert_true(diag_encode(text, &b, NULL));
	put(&l, blob_bytes(&b));
	blob_reset(&b);
}

static void
test_mdoc(void **state)
{
	(void)state;
	put_diag("24(<<[\"DeviceAuthentication\", [24(<<{}>>), 24(<<" KEY
		 ">>), null], \"org.iso.18013.5.1.mDL\", 24(<<{}>>)]>>)",
	    trace_put_mdoc);
	assert_string_equal(line(),
	    " (DeviceAuthentication, docType \"org.iso.18013.5.1.mDL\", "
	    "SessionTranscript 85 bytes, handover QR, EReaderKey P-256)");
	put_diag("[\"Signature1\", h'a10126', h'', <<24(<<"
		 "[\"DeviceAuthentication\", [null, null, "
		 "[\"OpenID4VPHandover\", h'00']], \"x)\", 24(<<{}>>)]"
		 ">>)>>]",
	    trace_put_mdoc);
	assert_string_equal(line(),
	    " (Sig_structure of DeviceAuthentication, docType \"x\\x29\", "
	    "SessionTranscript 24 bytes, handover \"OpenID4VPHandover\", "
	    "EReaderKey none)");
	/* Nothing is said of what is nothing. */
	put_diag("\"text\"", trace_put_mdoc);
	put_diag("24(<<{}>>)", trace_put_mdoc);
	put_diag("[1, 2, 3, 4]", trace_put_mdoc);
	trace_put_mdoc(&l, bytes_of("", 0));
	assert_string_equal(line(), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_text, setup),
		cmocka_unit_test_setup(test_full, setup),
		cmocka_unit_test_setup(test_flags, setup),
		cmocka_unit_test_setup(test_mechanism, setup),
		cmocka_unit_test_setup(test_template, setup),
		cmocka_unit_test_setup(test_results, setup),
		cmocka_unit_test_setup(test_mdoc, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
