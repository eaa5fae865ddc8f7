/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/softhsm.h"
#include "tests/support/vectors.h"

static const char point_hex[] =
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

/* d = 1: the public key is the generator, and Z with itself its x. */
static void
test_import(void **state)
{
	struct blob point = BLOB_INIT;
	struct softhsm s;
	struct softhsm_key key = { 0 };
	uint8_t d[32] = { 0 }, signature[64], digest[32] = { 1 };
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_ULONG len = sizeof(signature);
	CK_OBJECT_HANDLE private_half, public_half;
	CK_SESSION_HANDLE session;

	(void)state;
	if (softhsm_module() == NULL) {
		print_message("# skipped: SoftHSMv2 is not here\n");
		skip();
	}
	assert_true(softhsm_new(&s, "one"));
	assert_true(softhsm_add(&s, "two"));
	assert_true(softhsm_start(&s, "two"));
	assert_int_equal(softhsm_session(&s, &session), CKR_OK);
	vectors_hex(point_hex, &point);
	d[31] = 1;
	key.d = bytes_of(d, sizeof(d));
	key.point = blob_bytes(&point);
	assert_int_equal(softhsm_import(s.f, session, &key, &private_half,
			     &public_half),
	    CKR_OK);
	assert_int_equal(s.f->C_SignInit(session, &ecdsa, private_half),
	    CKR_OK);
	assert_int_equal(s.f->C_Sign(session, digest, sizeof(digest), signature,
			     &len),
	    CKR_OK);
	assert_int_equal(len, 64);
	assert_int_equal(s.f->C_VerifyInit(session, &ecdsa, public_half),
	    CKR_OK);
	assert_int_equal(s.f->C_Verify(session, digest, sizeof(digest),
			     signature, len),
	    CKR_OK);
	key.token = true;
	assert_int_equal(softhsm_import(s.f, session, &key, &private_half,
			     NULL),
	    CKR_OK);
	softhsm_stop(&s);
	assert_true(softhsm_start(&s, "one"));
	softhsm_stop(&s);
	assert_false(softhsm_start(&s, "three"));
	blob_reset(&point);
}

static void
test_vectors(void **state)
{
	struct blob b = BLOB_INIT;

	(void)state;
	assert_false(vectors_read("no/such/file", &b));
	VECTORS_OR_SKIP("annexD/device_auth.hex", &b);
	assert_int_equal(b.len, 52);
	assert_true(vectors_read_key("SDeviceKey d", &b));
	assert_int_equal(b.len, 32);
	assert_int_equal(b.ptr[0], 0x6e);
	assert_false(vectors_read_key("NoKey d", &b));
	assert_int_equal(b.len, 32);
	assert_true(vectors_read_own("COPYING", &b));
	blob_reset(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_import),
		cmocka_unit_test(test_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
