/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/vectors.h"
#include "vendor-ext/cose-key.h"
#include "vendor-ext/tbs.h"

#define KEY                                                                  \
	"a401022001215820"                                                   \
	"65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d22" \
	"5820"                                                               \
	"1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"
#define TRANSCRIPT "83<a10063312e30><" KEY ">f6"
#define NO_KEYS    "83f6f68163666f6f"
#define DEVICE               \
	"744465766963654175" \
	"7468656e7469636174696f6e"
#define READER               \
	"745265616465724175" \
	"7468656e7469636174696f6e"
#define READER_ALL           \
	"775265616465724175" \
	"7468656e7469636174696f6e416c6c"
#define DOC_TYPE    "67646f6354797065"
#define NAME_SPACES "6a6e616d65537061636573"
#define ITEMS       "<a2" DOC_TYPE "6161" NAME_SPACES "a16162a16163f4>"

#define MSO_VERSION "6776657273696f6e63312e30"
#define ALGORITHM   "6f646967657374416c676f726974686d675348412d323536"
#define DIGESTS     "6c76616c756544696765737473a16162a10041ff"
#define DEVICE_KEY  "696465766963654b6579"
#define KEY_INFO    "6d6465766963654b6579496e666fa1" DEVICE_KEY KEY
#define DATE        "c074323032302d30312d30315430303a30303a30305a"
#define SIGNED      "667369676e6564" DATE
#define FROM        "6976616c696446726f6d" DATE
#define UNTIL       "6a76616c6964556e74696c" DATE
#define VALIDITY    "6c76616c6964697479496e666fa3" SIGNED FROM UNTIL
#define MSO_HEAD    MSO_VERSION ALGORITHM DIGESTS KEY_INFO
#define MSO         MSO_HEAD DOC_TYPE "6161" VALIDITY

/* Hex digits; <...> stands for #6.24(bstr) around what is between. */
static const char *
assemble(const char *text, struct blob *out)
{
	char pair[3] = { 0 };
	uint8_t byte, head[11];
	size_t n;

	while (*text != '\0' && *text != '>') {
		if (*text == '<') {
			struct blob inner = BLOB_INIT;

			text = assemble(text + 1, &inner);
			assert_int_equal(*text++, '>');
			n = tbs_tag24_head(inner.len, head);
			assert_true(n != 0 && blob_append(out, head, n));
			assert_true(blob_append_bytes(out, blob_bytes(&inner)));
			blob_reset(&inner);
			continue;
		}
		pair[0] = *text++;
		pair[1] = *text++;
		assert_true(bytes_from_hex(bytes_of(pair, 2), &byte, &n));
		assert_true(blob_append_u8(out, byte));
	}
	return text;
}

static void
assert_is(struct bytes b, const char *text)
{
	struct blob want = BLOB_INIT;

	assemble(text, &want);
	assert_true(bytes_equal(b, blob_bytes(&want)));
	blob_reset(&want);
}

static const struct {
	const char *text;
	enum tbs_kind kind;
	const char *transcript; /* NULL: none */
	const char *key;
	const char *doc_type;
} good[] = {
	{ "<84" DEVICE TRANSCRIPT "6161<a0>>", TBS_DEVICE_AUTHENTICATION,
	    TRANSCRIPT, KEY, "a" },
	{ "<84" DEVICE NO_KEYS "6161<a0>>", TBS_DEVICE_AUTHENTICATION, NO_KEYS,
	    NULL, "a" },
	/* elements of any kind */
	{ "<84" DEVICE NO_KEYS "6161<a16162a26163016164f6>>",
	    TBS_DEVICE_AUTHENTICATION, NO_KEYS, NULL, "a" },
	/* EncryptionParametersBytes are not an EReaderKey */
	{ "<84" DEVICE "83f6<a1616b" KEY ">f66161<a0>>",
	    TBS_DEVICE_AUTHENTICATION, "83f6<a1616b" KEY ">f6", NULL, "a" },
	{ "<83" READER TRANSCRIPT ITEMS ">", TBS_READER_AUTHENTICATION,
	    TRANSCRIPT, KEY, NULL },
	{ "<84" READER_ALL NO_KEYS "82" ITEMS ITEMS "f6>",
	    TBS_READER_AUTHENTICATION_ALL, NO_KEYS, NULL, NULL },
	{ "<84" READER_ALL NO_KEYS "80<a1617501>>",
	    TBS_READER_AUTHENTICATION_ALL, NO_KEYS, NULL, NULL },
	{ "<a6" MSO ">", TBS_MOBILE_SECURITY_OBJECT, NULL, NULL, "a" },
	/* a status, and a member that is not known */
	{ "<a8" MSO "66737461747573a16175a0"
	  "617881f4>",
	    TBS_MOBILE_SECURITY_OBJECT, NULL, NULL, "a" },
};

static void
test_good(void **state)
{
	struct blob in = BLOB_INIT;
	struct tbs_error error;
	struct tbs t;

	(void)state;
	for (size_t i = 0; i < nitems(good); i++) {
		blob_clear(&in);
		assemble(good[i].text, &in);
		if (!tbs_read(blob_bytes(&in), &t, &error))
			fail_msg("%zu: %s, %s at %zu", i, error.what,
			    cbor_error_name(error.error), error.offset);
		assert_int_equal(t.kind, good[i].kind);
		assert_is(t.transcript,
		    good[i].transcript != NULL ? good[i].transcript : "");
		assert_is(t.ereader_key,
		    good[i].key != NULL ? good[i].key : "");
		assert_int_equal(bytes_is_null(t.ereader_key),
		    good[i].key == NULL);
		assert_int_equal(bytes_is_null(t.doc_type),
		    good[i].doc_type == NULL);
		if (good[i].doc_type != NULL)
			assert_true(bytes_equal_str(t.doc_type,
			    good[i].doc_type));
	}
	blob_reset(&in);
}

static const struct {
	const char *text;
	enum cbor_error error;
	size_t offset;
	const char *what;
} bad[] = {
	{ "", CBOR_E_TRUNCATED, 0, "tagged" },
	{ "40", CBOR_E_TYPE, 0, "tagged" },
	{ "d84140", CBOR_E_TYPE, 0, "tagged" },
	{ "<>", CBOR_E_TRUNCATED, 3, "" },
	{ "<01>", CBOR_E_TYPE, 3, "array or a map" },
	{ "<80>", CBOR_E_TRUNCATED, 4, "context" },
	{ "<8101>", CBOR_E_TYPE, 4, "context" },
	{ "<816161>", CBOR_E_RANGE, 3, "context" },
	{ "<84" DEVICE TRANSCRIPT "6161<a0>>00", CBOR_E_TRAILING, 122,
	    "nothing after" },
	{ "<84" DEVICE NO_KEYS "6161<a0>00>", CBOR_E_TRAILING, 40, "" },
	/* the right context with other elements */
	{ "<83" DEVICE NO_KEYS "6161>", CBOR_E_RANGE, 4, "number of elements" },
	{ "<84" READER NO_KEYS ITEMS "f6>", CBOR_E_RANGE, 4,
	    "number of elements" },
	/* not a transcript */
	{ "<84" DEVICE "82f6f66161<a0>>", CBOR_E_RANGE, 26, "Transcript" },
	{ "<84" DEVICE "83f6f6ff6161<a0>>", CBOR_E_MALFORMED, 29, "Handover" },
	{ "<84" DEVICE "8340f6f66161<a0>>", CBOR_E_TYPE, 27,
	    "DeviceEngagementBytes" },
	{ "<84" DEVICE "83f640f66161<a0>>", CBOR_E_TYPE, 28,
	    "EReaderKeyBytes" },
	{ "<84" DEVICE "83<>f6f66161<a0>>", CBOR_E_TRUNCATED, 30, "" },
	{ "<84" DEVICE "83f6<0000>f66161<a0>>", CBOR_E_TRAILING, 32, "" },
	{ "<84" DEVICE "83f6<a201010102>f66161<a0>>", CBOR_E_DUPLICATE, 34,
	    "" },
	/* not a docType, not name spaces */
	{ "<84" DEVICE NO_KEYS "4161<a0>>", CBOR_E_TYPE, 34, "DocType" },
	{ "<84" DEVICE NO_KEYS "61ff<a0>>", CBOR_E_UTF8, 35, "DocType" },
	{ "<84" DEVICE NO_KEYS "616140>", CBOR_E_TYPE, 36, "DeviceNameSpaces" },
	{ "<84" DEVICE NO_KEYS "6161<80>>", CBOR_E_TYPE, 39,
	    "DeviceNameSpaces" },
	{ "<84" DEVICE NO_KEYS "6161<a101a0>>", CBOR_E_TYPE, 40,
	    "DeviceNameSpaces" },
	{ "<84" DEVICE NO_KEYS "6161<a16162a0>>", CBOR_E_RANGE, 42,
	    "DeviceNameSpaces" },
	{ "<84" DEVICE NO_KEYS "6161<a1616280>>", CBOR_E_TYPE, 42,
	    "DeviceNameSpaces" },
	{ "<84" DEVICE NO_KEYS "6161<bf6162a1616301ff>>", CBOR_E_INDEFINITE, 39,
	    "" },
	/* not an ItemsRequest */
	{ "<83" READER NO_KEYS "<a0>>", CBOR_E_MISSING, 37, "docType" },
	{ "<83" READER NO_KEYS "<a1" DOC_TYPE "6161>>", CBOR_E_MISSING, 37,
	    "nameSpaces" },
	{ "<83" READER NO_KEYS "<a2" DOC_TYPE
	  "61616a6e616d65537061636573a16162a1616300>>",
	    CBOR_E_TYPE, 66, "nameSpaces" },
	{ "<84" READER_ALL NO_KEYS "f6f6>", CBOR_E_TYPE, 37, "an array" },
	{ "<84" READER_ALL NO_KEYS "81f6f6>", CBOR_E_TYPE, 38,
	    "ItemsRequestBytes" },
	{ "<84" READER_ALL NO_KEYS "81" ITEMS "40>", CBOR_E_TYPE, 71,
	    "DeviceRequestInfoBytes" },
	/* not an MSO */
	{ "<a0>", CBOR_E_MISSING, 3, "version" },
	{ "<a5" MSO_VERSION ALGORITHM DIGESTS KEY_INFO VALIDITY ">",
	    CBOR_E_MISSING, 5, "docType" },
	{ "<a7" MSO MSO_VERSION ">", CBOR_E_DUPLICATE, 280, "" },
	{ "<a1" MSO_VERSION ">", CBOR_E_MISSING, 3, "digestAlgorithm" },
	{ "<a16776657273696f6e01>", CBOR_E_TYPE, 12, "version" },
	{ "<a16c76616c756544696765737473a0>", CBOR_E_RANGE, 17,
	    "valueDigests" },
	{ "<a16c76616c756544696765737473a16162a12041ff>", CBOR_E_TYPE, 21,
	    "digestID" },
	{ "<a16c76616c756544696765737473a16162a1006161>", CBOR_E_TYPE, 22,
	    "valueDigests" },
	{ "<a16d6465766963654b6579496e666fa0>", CBOR_E_MISSING, 18,
	    "deviceKey" },
	{ "<a16d6465766963654b6579496e666fa1" DEVICE_KEY "a0>", CBOR_E_MISSING,
	    30, "kty" },
	{ "<a16c76616c6964697479496e666fa1667369676e6564c000>", CBOR_E_TYPE, 27,
	    "signed" },
	{ "<a16c76616c6964697479496e666fa1667369676e6564c100>", CBOR_E_RANGE,
	    26, "signed" },
};

static void
test_bad(void **state)
{
	struct blob in = BLOB_INIT;
	struct tbs_error e;
	struct tbs t = { .kind = TBS_READER_AUTHENTICATION_ALL };

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		blob_clear(&in);
		assemble(bad[i].text, &in);
		assert_false(tbs_read(blob_bytes(&in), &t, &e));
		if (e.error != bad[i].error || e.offset != bad[i].offset ||
		    strstr(e.what != NULL ? e.what : "", bad[i].what) == NULL)
			fail_msg("%s: %s, %s at %zu", bad[i].text, e.what,
			    cbor_error_name(e.error), e.offset);
		assert_false(tbs_read(blob_bytes(&in), &t, NULL));
		assert_int_equal(t.kind, TBS_READER_AUTHENTICATION_ALL);
	}
	blob_reset(&in);
}

/* A private device key in an MSO would be published. */
static void
test_private_device_key(void **state)
{
	struct blob in = BLOB_INIT;
	struct tbs_error e;
	struct tbs t;

	(void)state;
	assemble("<a16d6465766963654b6579496e666fa1" DEVICE_KEY
		 "a401012006215820"
		 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707"
		 "511a"
		 "235820"
		 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707"
		 "511a>",
	    &in);
	assert_false(tbs_read(blob_bytes(&in), &t, &e));
	assert_non_null(strstr(e.what, "private"));
	blob_reset(&in);
}

/* No prefix of a structure is one. */
static void
test_truncated(void **state)
{
	struct blob in = BLOB_INIT;
	struct tbs_transcript st;
	struct tbs t;

	(void)state;
	for (size_t i = 0; i < nitems(good); i++) {
		blob_clear(&in);
		assemble(good[i].text, &in);
		for (size_t n = 0; n < in.len; n++) {
			assert_false(tbs_read(bytes_of(in.ptr, n), &t, NULL));
			assert_false(tbs_transcript_read(bytes_of(in.ptr, n),
			    &st, NULL));
		}
	}
	blob_reset(&in);
}

static void
test_transcript(void **state)
{
	static const char *const forms[] = { TRANSCRIPT, "<" TRANSCRIPT ">" };
	static const char *const wrong[] = { "", "f6", "40", "82f6f6",
		"83f6f6f600", "<83f6f6f600>", "<83f6f6f6>00", "<40>" };

	struct blob in = BLOB_INIT;
	struct tbs_transcript t;
	struct tbs_error e;
	const uint8_t *whole;

	(void)state;
	for (size_t i = 0; i < nitems(forms); i++) {
		blob_clear(&in);
		assemble(forms[i], &in);
		assert_true(tbs_transcript_read(blob_bytes(&in), &t, &e));
		assert_is(t.whole, TRANSCRIPT);
		assert_is(t.engagement, "a10063312e30");
		assert_is(t.ereader_key, KEY);
		assert_is(t.handover, "f6");
	}
	blob_clear(&in);
	assemble(NO_KEYS, &in);
	assert_true(tbs_transcript_read(blob_bytes(&in), &t, &e));
	assert_true(bytes_is_null(t.engagement));
	assert_true(bytes_is_null(t.ereader_key));
	assert_is(t.handover, "8163666f6f");
	whole = t.whole.ptr;
	for (size_t i = 0; i < nitems(wrong); i++) {
		blob_clear(&in);
		assemble(wrong[i], &in);
		assert_false(tbs_transcript_read(blob_bytes(&in), &t, &e));
		assert_int_not_equal(e.error, CBOR_OK);
		assert_ptr_equal(t.whole.ptr, whole);
	}
	blob_reset(&in);
}

static void
test_prefix(void **state)
{
	static const uint8_t alg5[] = { 0xa1, 0x01, 0x05 };

	static const struct {
		int alg;
		const char *hex;
	} algs[] = { { -7, "a10126" }, { -8, "a10127" }, { -35, "a1013822" },
		{ -36, "a1013823" }, { 5, "a10105" } };

	uint8_t out[TBS_PREFIX_MAX + 16];
	uint8_t head[11];

	(void)state;
	for (size_t i = 0; i < nitems(algs); i++)
		assert_is(bytes_of(out, tbs_protected_alg(algs[i].alg, out)),
		    algs[i].hex);
	assert_is(bytes_of(out,
		      tbs_cose_prefix("MAC0", bytes_of(alg5, 3), 644, out)),
	    "84644d41433043a1010540590284");
	assert_is(bytes_of(out,
		      tbs_cose_prefix("Signature1", bytes_of(alg5, 3), 0, out)),
	    "846a5369676e61747572653143a101054040");
	assert_true(tbs_cose_prefix("Signature1", bytes_of(alg5, 3), SIZE_MAX,
			out) != 0);
	assert_is(bytes_of(head, tbs_tag24_head(23, head)), "d81857");
	assert_is(bytes_of(head, tbs_tag24_head(256, head)), "d818590100");
	assert_int_equal(tbs_tag24_head(SIZE_MAX, head), 11);
}

/* ISO/IEC 18013-5 Annex D */
static void
test_annex_d(void **state)
{
	static const struct {
		const char *file;
		enum tbs_kind kind;
	} files[] = {
		{ "annexD/device_authentication_bytes.hex",
		    TBS_DEVICE_AUTHENTICATION },
		{ "annexD/reader_authentication_bytes.hex",
		    TBS_READER_AUTHENTICATION },
	};

	struct blob in = BLOB_INIT, st = BLOB_INIT;
	struct tbs_transcript transcript;
	struct tbs_error e;
	struct cbor_reader r;
	struct cose_key key;
	struct tbs t;

	(void)state;
	VECTORS_OR_SKIP("annexD/session_transcript_bytes.hex", &st);
	assert_true(tbs_transcript_read(blob_bytes(&st), &transcript, &e));
	for (size_t i = 0; i < nitems(files); i++) {
		assert_true(vectors_read(files[i].file, &in));
		assert_true(tbs_read(blob_bytes(&in), &t, &e));
		assert_int_equal(t.kind, files[i].kind);
		assert_true(bytes_equal(t.transcript, transcript.whole));
		assert_true(bytes_equal(t.ereader_key, transcript.ereader_key));
		cbor_reader_init(&r, t.ereader_key);
		assert_true(cose_key_read(&r, false, &key));
		assert_ptr_equal(key.curve, curve_by_cose(1));
	}
	blob_reset(&in);
	blob_reset(&st);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_private_device_key),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_transcript),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_annex_d),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
