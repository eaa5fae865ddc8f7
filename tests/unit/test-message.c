/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "mdoc/session/message.h"
#include "tests/support/failmalloc.h"
#include "tests/support/vectors.h"

static bool
read_bytes(struct bytes in, struct message *ret, struct cbor_reader *r)
{
	cbor_reader_init(r, in);
	return message_read(r, ret);
}

static void
test_annex_d(void **state)
{
	struct blob establishment = BLOB_INIT, data = BLOB_INIT;
	struct blob termination = BLOB_INIT, again = BLOB_INIT;
	struct cbor_reader r;
	struct message m;
	uint8_t *place;

	(void)state;
	VECTORS_OR_SKIP("annexD/session_establishment.hex", &establishment);
	VECTORS_OR_SKIP("annexD/session_data.hex", &data);
	VECTORS_OR_SKIP("annexD/session_termination.hex", &termination);

	assert_true(read_bytes(blob_bytes(&establishment), &m, &r));
	assert_int_equal(m.ereader_key.len, 75);
	assert_int_equal(m.ereader_key_bytes.len, 75 + 4);
	assert_int_equal(m.status, MESSAGE_NO_STATUS);
	/* Written again from its parts it is the same message. */
	place = message_write(&again, m.ereader_key_bytes, m.data.len,
	    MESSAGE_NO_STATUS);
	assert_non_null(place);
	memcpy(place, m.data.ptr, m.data.len);
	assert_int_equal(again.len, establishment.len);
	assert_memory_equal(again.ptr, establishment.ptr, again.len);

	assert_true(read_bytes(blob_bytes(&data), &m, &r));
	assert_null(m.ereader_key_bytes.ptr);
	blob_clear(&again);
	place =
	    message_write(&again, BYTES_NULL, m.data.len, MESSAGE_NO_STATUS);
	assert_non_null(place);
	memcpy(place, m.data.ptr, m.data.len);
	assert_int_equal(again.len, data.len);
	assert_memory_equal(again.ptr, data.ptr, again.len);

	assert_true(read_bytes(blob_bytes(&termination), &m, &r));
	assert_null(m.data.ptr);
	assert_int_equal(m.status, 20);
	assert_true(bytes_equal(message_status(20), blob_bytes(&termination)));
	blob_reset(&establishment);
	blob_reset(&data);
	blob_reset(&termination);
	blob_reset(&again);
}

static void
test_status_messages(void **state)
{
	struct cbor_reader r;
	struct message m;

	(void)state;
	for (int status = 0; status < 30; status++) {
		struct bytes b = message_status(status);

		if (status != 10 && status != 11 && status != 20) {
			assert_null(b.ptr);
			continue;
		}
		assert_true(read_bytes(b, &m, &r));
		assert_int_equal(m.status, status);
		assert_null(m.data.ptr);
	}
}

static void
test_data_with_status(void **state)
{
	struct blob out = BLOB_INIT;
	struct cbor_reader r;
	struct message m;
	uint8_t *place;

	(void)state;
	place = message_write(&out, BYTES_NULL, 300, 20);
	assert_non_null(place);
	memset(place, 0x5a, 300);
	assert_true(read_bytes(blob_bytes(&out), &m, &r));
	assert_int_equal(m.data.len, 300);
	assert_ptr_equal(m.data.ptr, place);
	assert_int_equal(m.status, 20);
	blob_reset(&out);
}

/* Members that are not known are skipped (18013-5 8.3). */
static void
test_extensions(void **state)
{
	struct blob in = BLOB_INIT;
	struct cbor_reader r;
	struct message m;

	(void)state;
	vectors_hex("a5"
		    "6373657100"
		    "01820203"
		    "6464617461"
		    "42aabb"
		    "6673746174757314"
		    "6178a0",
	    &in);
	assert_true(read_bytes(blob_bytes(&in), &m, &r));
	assert_int_equal(m.data.len, 2);
	assert_int_equal(m.status, 20);
	blob_reset(&in);
}

static void
test_bad(void **state)
{
	static const struct {
		const char *hex;
		enum cbor_error error;
		size_t offset;
		const char *what;
	} bad[] = {
		{ "", CBOR_E_TRUNCATED, 0, "SessionData" },
		{ "80", CBOR_E_TYPE, 0, "SessionData" },
		{ "a0", CBOR_E_MISSING, 0, "data or status" },
		{ "a1617800", CBOR_E_MISSING, 0, "data or status" },
		{ "a1646461746100", CBOR_E_TYPE, 6, "data" },
		{ "a1646461746160", CBOR_E_TYPE, 6, "data" },
		{ "a16673746174757340", CBOR_E_TYPE, 8, "status" },
		{ "a16673746174757320", CBOR_E_TYPE, 8, "status" },
		{ "a1667374617475731a00010000", CBOR_E_RANGE, 8, "status" },
		{ "a26a655265616465724b657941006464617461"
		  "40",
		    CBOR_E_TYPE, 12, "eReaderKey" },
		{ "a2646461746140646461746140", CBOR_E_DUPLICATE, 7, NULL },
		{ "a164646174614000", CBOR_E_TRAILING, 7, NULL },
		{ "bf6464617461"
		  "40ff",
		    CBOR_E_INDEFINITE, 0, NULL },
		{ "a164646174615f4100ff", CBOR_E_INDEFINITE, 6, NULL },
		{ "a1646461746144aabb", CBOR_E_TRUNCATED, 6, NULL },
	};
	struct blob in = BLOB_INIT;
	struct cbor_reader r;
	struct message m;

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		vectors_hex(bad[i].hex, &in);
		m.status = 77;
		assert_false(read_bytes(blob_bytes(&in), &m, &r));
		assert_int_equal(m.status, 77);
		assert_int_equal(r.error, bad[i].error);
		assert_int_equal(r.error_offset, bad[i].offset);
		if (bad[i].what != NULL)
			assert_non_null(strstr(r.error_what, bad[i].what));
	}
	blob_reset(&in);
}

static void
test_memory(void **state)
{
	struct blob out = BLOB_INIT;

	(void)state;
	failmalloc_arm(1);
	assert_null(message_write(&out, BYTES_NULL, 10, 20));
	assert_true(failmalloc_disarm());
	assert_null(message_write(&out, BYTES_NULL, SIZE_MAX - 8, 20));
	assert_int_equal(out.len, 0);
	blob_reset(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annex_d),
		cmocka_unit_test(test_status_messages),
		cmocka_unit_test(test_data_with_status),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
