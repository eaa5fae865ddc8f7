/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/unit/purpose-setup.h"

static void
test_device(void **state)
{
	const struct bound_key k = { .id = "d",
		.purpose = MDOC_PURPOSE_DEVICE };
	CK_OBJECT_HANDLE key = generate(&k);

	(void)state;
	assert_int_equal(bound_get(s, key, CKA_MDOC_PURPOSE), 1);
	assert_int_equal(bound_get(s, key, CKA_MDOC_METHOD), MDOC_METHOD_ANY);
	assert_true(bound_get(s, key, CKA_MDOC_USES_LEFT) ==
	    CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(sign(CKM_MDOC_DEVICE_SIGNATURE, key, &device_data),
	    CKR_OK);
	assert_int_equal(len, 64);
	assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, key, &device_data), CKR_OK);
	assert_int_equal(len, 32);
	assert_int_equal(sign_structure(CKM_ECDSA_SHA256, key, COSE_ALG_ES256,
			     &device_data),
	    CKR_OK);
	assert_int_equal(len, 64);

	/* what it is not for */
	assert_int_equal(sign(CKM_MDOC_READER_AUTHENTICATION, key,
			     &reader_data),
	    DENIED);
	assert_int_equal(sign(CKM_MDOC_ISSUER_AUTHENTICATION, key,
			     &issuer_data),
	    DENIED);
	assert_int_equal(sign(CKM_ECDSA, key, &peer), DENIED);
	assert_int_equal(sign(CKM_ECDSA_SHA1, key, &device_data), DENIED);
	assert_int_equal(sign_structure(CKM_ECDSA_SHA256, key, COSE_ALG_ES256,
			     &reader_data),
	    DENIED);
	assert_int_equal(sign_structure(CKM_ECDSA_SHA256, key, COSE_ALG_ES256,
			     &issuer_data),
	    DENIED);
	/* what no key may sign with these */
	assert_int_equal(sign(CKM_ECDSA_SHA256, key, &device_data),
	    CKR_DATA_INVALID);
	assert_int_equal(sign(CKM_ECDSA_SHA256, key, &peer), CKR_DATA_INVALID);
	assert_int_equal(sign_structure(CKM_ECDSA_SHA256, key, COSE_ALG_ES384,
			     &device_data),
	    CKR_DATA_INVALID);
	assert_int_equal(sign_structure(CKM_ECDSA_SHA384, key, COSE_ALG_ES256,
			     &device_data),
	    CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, key, &reader_data),
	    CKR_DATA_INVALID);
}

static void
test_parts(void **state)
{
	const struct bound_key k = { .id = "d",
		.purpose = MDOC_PURPOSE_DEVICE };
	CK_OBJECT_HANDLE key = generate(&k);
	CK_MECHANISM m = { CKM_ECDSA_SHA256, NULL, 0 };
	struct blob data = BLOB_INIT;

	(void)state;
	bound_sig_structure(COSE_ALG_ES256, blob_bytes(&device_data), &data);
	assert_int_equal(C_SignInit(s, &m, key), CKR_OK);
	for (size_t i = 0; i < data.len; i++)
		assert_int_equal(C_SignUpdate(s, data.ptr + i, 1), CKR_OK);
	len = sizeof(out);
	assert_int_equal(C_SignFinal(s, out, &len), CKR_OK);
	assert_int_equal(len, 64);
	/* one byte less is nothing at all */
	assert_int_equal(C_SignInit(s, &m, key), CKR_OK);
	assert_int_equal(C_SignUpdate(s, data.ptr, data.len - 1), CKR_OK);
	assert_int_equal(C_SignFinal(s, out, &len), CKR_DATA_INVALID);
	/* no other function reaches what has begun */
	assert_int_equal(C_SignInit(s, &m, key), CKR_OK);
	assert_int_equal(C_SignEncryptUpdate(s, data.ptr, 16, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_GetOperationState(s, NULL, &len),
	    CKR_STATE_UNSAVEABLE);
	assert_int_equal(C_SignFinal(s, out, &len), CKR_DATA_INVALID);
	blob_reset(&data);
}

static void
test_reader_issuer(void **state)
{
	const struct bound_key r = { .id = "r",
		.purpose = MDOC_PURPOSE_READER };
	const struct bound_key i = { .id = "i",
		.purpose = MDOC_PURPOSE_ISSUER,
		.doc_types = BOUND_DOC_TYPE };
	CK_OBJECT_HANDLE reader = generate(&r), issuer = generate(&i);
	struct blob wrong = BLOB_INIT;

	(void)state;
	assert_int_equal(sign(CKM_MDOC_READER_AUTHENTICATION, reader,
			     &reader_data),
	    CKR_OK);
	assert_int_equal(sign_structure(CKM_ECDSA_SHA256, reader,
			     COSE_ALG_ES256, &reader_data),
	    CKR_OK);
	assert_int_equal(sign(CKM_MDOC_DEVICE_SIGNATURE, reader, &device_data),
	    DENIED);
	assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, reader, &device_data),
	    DENIED);
	assert_int_equal(sign(CKM_MDOC_ISSUER_AUTHENTICATION, issuer,
			     &issuer_data),
	    CKR_OK);
	assert_int_equal(sign_structure(CKM_ECDSA_SHA256, issuer,
			     COSE_ALG_ES256, &issuer_data),
	    CKR_OK);
	bound_issuer_data(OTHER_TYPE, blob_bytes(&peer), &wrong);
	assert_int_equal(sign(CKM_MDOC_ISSUER_AUTHENTICATION, issuer, &wrong),
	    DENIED);
	assert_int_equal(sign_structure(CKM_ECDSA_SHA256, issuer,
			     COSE_ALG_ES256, &wrong),
	    DENIED);
	assert_int_equal(sign(CKM_MDOC_DEVICE_SIGNATURE, issuer, &device_data),
	    DENIED);
	blob_reset(&wrong);
}

static void
test_doc_types(void **state)
{
	const struct bound_key k = { .id = "d",
		.purpose = MDOC_PURPOSE_DEVICE,
		.doc_types = BOUND_DOC_TYPE,
		.uses = 4 };
	CK_OBJECT_HANDLE key = generate(&k);
	CK_BYTE types[64];
	CK_ATTRIBUTE a = { CKA_MDOC_DOC_TYPES, types, sizeof(types) };

	(void)state;
	assert_int_equal(sign(CKM_MDOC_DEVICE_SIGNATURE, key, &other_data),
	    DENIED);
	assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, key, &other_data), DENIED);
	assert_int_equal(sign_structure(CKM_ECDSA_SHA256, key, COSE_ALG_ES256,
			     &other_data),
	    DENIED);
	/* what failed has used nothing */
	assert_int_equal(bound_get(s, key, CKA_MDOC_USES_LEFT), 4);
	assert_int_equal(sign(CKM_MDOC_DEVICE_SIGNATURE, key, &device_data),
	    CKR_OK);
	assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, key, &device_data), CKR_OK);
	assert_int_equal(sign_structure(CKM_ECDSA_SHA256, key, COSE_ALG_ES256,
			     &device_data),
	    CKR_OK);
	assert_int_equal(bound_get(s, key, CKA_MDOC_USES_LEFT), 1);
	assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, key, &device_data), CKR_OK);
	assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, key, &device_data), DENIED);
	assert_int_equal(bound_get(s, key, CKA_MDOC_USES_LEFT), 0);
	assert_int_equal(C_GetAttributeValue(s, key, &a, 1), CKR_OK);
	assert_true(bytes_equal_str(bytes_of(types, a.ulValueLen),
	    BOUND_DOC_TYPE));
}

static void
test_method(void **state)
{
	struct bound_key k = { .id = "d",
		.purpose = MDOC_PURPOSE_DEVICE,
		.method = MDOC_METHOD_ONE };
	CK_OBJECT_HANDLE key;

	(void)state;
	key = generate(&k);
	assert_int_equal(bound_get(s, key, CKA_MDOC_METHOD), MDOC_METHOD_ONE);
	assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, key, &device_data), CKR_OK);
	assert_int_equal(bound_get(s, key, CKA_MDOC_METHOD), MDOC_METHOD_MAC);
	assert_int_equal(sign(CKM_MDOC_DEVICE_SIGNATURE, key, &device_data),
	    DENIED);
	assert_int_equal(sign_structure(CKM_ECDSA_SHA256, key, COSE_ALG_ES256,
			     &device_data),
	    DENIED);
	assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, key, &device_data), CKR_OK);
	k.id = "e";
	key = generate(&k);
	assert_int_equal(sign_structure(CKM_ECDSA_SHA256, key, COSE_ALG_ES256,
			     &device_data),
	    CKR_OK);
	assert_int_equal(bound_get(s, key, CKA_MDOC_METHOD),
	    MDOC_METHOD_SIGNATURE);
	assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, key, &device_data), DENIED);
	k.id = "f";
	k.method = MDOC_METHOD_SIGNATURE;
	key = generate(&k);
	assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, key, &device_data), DENIED);
	assert_int_equal(sign(CKM_MDOC_DEVICE_SIGNATURE, key, &device_data),
	    CKR_OK);
}

/* What a key has to be, and what is added where the caller is silent. */
static void
test_generate(void **state)
{
	static const struct {
		struct bound_key k;
		CK_RV rv;
	} bad[] = {
		{ { .purpose = 1 }, CKR_TEMPLATE_INCOMPLETE },
		{ { .id = "", .purpose = 1 }, CKR_TEMPLATE_INCOMPLETE },
		{ { .id = "x", .uses = 1 }, CKR_TEMPLATE_INCOMPLETE },
		{ { .id = "x", .doc_types = "a" }, CKR_TEMPLATE_INCOMPLETE },
		{ { .id = "x", .purpose = 8 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { .id = "x", .purpose = 1, .method = 4 },
		    CKR_ATTRIBUTE_VALUE_INVALID },
		{ { .id = "x", .purpose = 2, .method = 1 },
		    CKR_TEMPLATE_INCONSISTENT },
		{ { .id = "x", .purpose = 1, .of_session = true },
		    CKR_TEMPLATE_INCONSISTENT },
		{ { .id = "x", .purpose = 1, .extractable = true },
		    CKR_TEMPLATE_INCONSISTENT },
	};
	const struct bound_key k = { .id = "x", .purpose = 1 };
	CK_BBOOL sensitive, extractable, decrypt, unwrap, recover, private;
	CK_ATTRIBUTE a[] = { { CKA_SENSITIVE, &sensitive, 1 },
		{ CKA_EXTRACTABLE, &extractable, 1 },
		{ CKA_DECRYPT, &decrypt, 1 }, { CKA_UNWRAP, &unwrap, 1 },
		{ CKA_SIGN_RECOVER, &recover, 1 },
		{ CKA_PRIVATE, &private, 1 } };
	CK_OBJECT_HANDLE key;

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		assert_int_equal(bound_generate(s, &bad[i].k, &key, NULL),
		    bad[i].rv);
		assert_int_equal(count(CKO_PRIVATE_KEY), 0);
		assert_int_equal(count(CKO_DATA), 0);
	}
	key = generate(&k);
	assert_int_equal(C_GetAttributeValue(s, key, a, nitems(a)), CKR_OK);
	assert_true(sensitive && private);
	assert_false(extractable || decrypt || unwrap || recover);
	/* nobody else may have its name */
	assert_int_equal(bound_generate(s, &k, &key, NULL),
	    CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(count(CKO_DATA), 1);
}

static void
test_set(void **state)
{
	struct bound_key k = { .id = "x" };
	const struct bound_key device = { .purpose = 1, .uses = 2 };
	const struct bound_key uses = { .uses = 2 };
	const struct bound_key nobody = { .purpose = 16 };
	CK_ATTRIBUTE label = { CKA_LABEL, out, 1 };
	CK_ATTRIBUTE mixed[] = { { CKA_LABEL, out, 1 },
		{ CKA_MDOC_PURPOSE, (void *)(uintptr_t)&device.purpose,
		    sizeof(device.purpose) } };
	CK_BYTE other_id = 'y';
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE fixed[] = { { CKA_ID, &other_id, 1 },
		{ CKA_DECRYPT, &yes, 1 }, { CKA_SIGN, &yes, 1 },
		{ CKA_EXTRACTABLE, &yes, 1 } };
	CK_OBJECT_HANDLE key, public, copy;

	(void)state;
	assert_int_equal(bound_generate(s, &k, &key, &public), CKR_OK);
	assert_int_equal(bound_get(s, key, CKA_MDOC_PURPOSE), 0);
	/* used before, and remembered as not bound */
	assert_int_equal(sign(CKM_ECDSA, key, &peer), CKR_OK);
	assert_int_equal(bound_set(s, key, &uses), CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(bound_set(s, key, &nobody),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(C_SetAttributeValue(s, key, mixed, 2),
	    CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(bound_set(s, public, &device),
	    CKR_ATTRIBUTE_TYPE_INVALID);
	assert_int_equal(sign(CKM_ECDSA, key, &peer), CKR_OK);
	assert_int_equal(bound_set(s, key, &device), CKR_OK);
	assert_int_equal(sign(CKM_ECDSA, key, &peer), DENIED);
	assert_int_equal(bound_set(s, key, &device), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(bound_set(s, key, &uses), CKR_TEMPLATE_INCOMPLETE);
	assert_int_equal(bound_get(s, key, CKA_MDOC_USES_LEFT), 2);

	/* a label may change */
	assert_int_equal(C_SetAttributeValue(s, key, &label, 1), CKR_OK);
	for (size_t i = 0; i < nitems(fixed); i++)
		assert_int_equal(C_SetAttributeValue(s, key, &fixed[i], 1),
		    CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(C_CopyObject(s, key, NULL, 0, &copy),
	    CKR_ACTION_PROHIBITED);
	assert_int_equal(C_CopyObject(s, key, fixed, 1, &copy),
	    CKR_ACTION_PROHIBITED);
	assert_int_equal(count(CKO_PRIVATE_KEY), 1);
	/* its public half is not bound */
	assert_int_equal(C_SetAttributeValue(s, public, fixed, 1), CKR_OK);
}

/* A key that could be read before cannot be bound. */
static void
test_set_extractable(void **state)
{
	const struct bound_key k = { .id = "x", .extractable = true };
	const struct bound_key no_id = { .purpose = 0 };
	const struct bound_key session = { .id = "y", .of_session = true };
	const struct bound_key device = { .purpose = 1 };
	CK_OBJECT_HANDLE key;

	(void)state;
	key = generate(&k);
	assert_int_equal(bound_set(s, key, &device), CKR_TEMPLATE_INCONSISTENT);
	key = generate(&no_id);
	assert_int_equal(bound_set(s, key, &device), CKR_TEMPLATE_INCOMPLETE);
	key = generate(&session);
	assert_int_equal(bound_set(s, key, &device), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(count(CKO_DATA), 0);
}

/* Rules can be seen, and that is all. */
static void
test_rule_objects(void **state)
{
	const struct bound_key k = { .id = "x", .purpose = 1, .uses = 5 };
	static const char *const names[] = { PURPOSE_APPLICATION,
		PURPOSE_STATE_APPLICATION };
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	char label[] = "label";
	CK_OBJECT_HANDLE key = generate(&k), rule, other;

	(void)state;
	for (size_t i = 0; i < nitems(names); i++) {
		CK_ATTRIBUTE name = { CKA_APPLICATION,
			(void *)(uintptr_t)names[i], strlen(names[i]) };
		CK_ATTRIBUTE forged[] = { { CKA_CLASS, &class, sizeof(class) },
			{ CKA_TOKEN, &yes, 1 }, name };
		CK_ATTRIBUTE plain[] = { { CKA_CLASS, &class, sizeof(class) },
			{ CKA_TOKEN, &yes, 1 }, { CKA_LABEL, label, 5 } };

		rule = find_one(&name, 1);
		assert_int_not_equal(rule, CK_INVALID_HANDLE);
		len = 0;
		assert_int_equal(C_GetObjectSize(s, rule, &len) == CKR_OK ||
			len == 0,
		    1);
		assert_int_equal(C_DestroyObject(s, rule),
		    CKR_ACTION_PROHIBITED);
		assert_int_equal(C_SetAttributeValue(s, rule, &plain[2], 1),
		    CKR_ACTION_PROHIBITED);
		assert_int_equal(C_CopyObject(s, rule, NULL, 0, &other),
		    CKR_ACTION_PROHIBITED);
		assert_int_equal(C_CreateObject(s, forged, 3, &other),
		    CKR_ACTION_PROHIBITED);
		assert_int_equal(C_CreateObject(s, plain, 3, &other), CKR_OK);
		assert_int_equal(C_SetAttributeValue(s, other, &name, 1),
		    CKR_ACTION_PROHIBITED);
		assert_int_equal(C_CopyObject(s, other, &name, 1, &rule),
		    CKR_ACTION_PROHIBITED);
		assert_int_equal(C_DestroyObject(s, other), CKR_OK);
	}
	assert_int_equal(count(CKO_DATA), 2);
	assert_int_equal(bound_get(s, key, CKA_MDOC_USES_LEFT), 5);
}

static void
test_find(void **state)
{
	const struct bound_key d = {
		.id = "d", .purpose = 1, .doc_types = BOUND_DOC_TYPE, .uses = 7
	};
	const struct bound_key r = { .id = "r", .purpose = 2 };
	const struct bound_key u = { .id = "u" };
	CK_ULONG one = 1, two = 2, none = 0, seven = 7;
	char type[] = BOUND_DOC_TYPE;
	CK_ATTRIBUTE purpose = { CKA_MDOC_PURPOSE, &one, sizeof(one) };
	CK_ATTRIBUTE uses = { CKA_MDOC_USES_LEFT, &seven, sizeof(seven) };
	CK_ATTRIBUTE both[] = { { CKA_ID, type, 1 },
		{ CKA_MDOC_DOC_TYPES, type, sizeof(type) - 1 } };
	CK_OBJECT_HANDLE device = generate(&d), reader = generate(&r);
	CK_OBJECT_HANDLE free_key = generate(&u);

	(void)state;
	assert_int_equal(find_one(&purpose, 1), device);
	purpose.pValue = &two;
	assert_int_equal(find_one(&purpose, 1), reader);
	purpose.pValue = &none;
	assert_int_equal(find_one(&purpose, 1), free_key);
	assert_int_equal(find_one(&uses, 1), device);
	both[0].pValue = (void *)(uintptr_t) "d";
	assert_int_equal(find_one(both, 2), device);
	both[0].pValue = (void *)(uintptr_t) "r";
	assert_int_equal(find_one(both, 2), CK_INVALID_HANDLE);
}

/* The rule of a key goes with it, and not with another of its name. */
static void
test_destroy(void **state)
{
	const struct bound_key k = { .id = "x", .purpose = 1, .uses = 5 };
	struct bound_key u = { .id = "x" };
	CK_OBJECT_HANDLE first = generate(&k), second = generate(&u);

	(void)state;
	/* whoever takes the name takes the rule */
	assert_int_equal(sign(CKM_ECDSA, second, &peer), DENIED);
	assert_int_equal(C_DestroyObject(s, second), CKR_OK);
	assert_int_equal(count(CKO_DATA), 2);
	assert_int_equal(sign(CKM_ECDSA, first, &peer), DENIED);
	assert_int_equal(C_DestroyObject(s, first), CKR_OK);
	assert_int_equal(count(CKO_DATA), 0);
	second = generate(&u);
	assert_int_equal(sign(CKM_ECDSA, second, &peer), CKR_OK);
}

/* A key on another curve takes another hash. */
static void
test_curves(void **state)
{
	static const struct {
		int crv;
		CK_MECHANISM_TYPE type;
	} curves[] = { { 2, CKM_ECDSA_SHA384 }, { 3, CKM_ECDSA_SHA512 },
		{ 256, CKM_ECDSA_SHA256 }, { 259, CKM_ECDSA_SHA512 },
		{ 6, CKM_EDDSA }, { 7, CKM_EDDSA } };
	struct blob data = BLOB_INIT, point = BLOB_INIT;
	CK_OBJECT_HANDLE key;

	(void)state;
	for (size_t i = 0; i < nitems(curves); i++) {
		const struct curve *c = curve_by_cose(curves[i].crv);
		const struct bound_key k = {
			.curve = c, .id = "c", .purpose = 1
		};

		key = generate(&k);
		blob_clear(&data);
		if (c->kind == CURVE_WEIERSTRASS)
			bound_peer(c, &point);
		bound_device_data(BOUND_DOC_TYPE, c,
		    c->kind == CURVE_WEIERSTRASS ? blob_bytes(&point)
						 : BYTES_NULL,
		    &data);
		assert_int_equal(sign(CKM_MDOC_DEVICE_SIGNATURE, key, &data),
		    CKR_OK);
		assert_int_equal(sign_structure(curves[i].type, key, c->alg,
				     &data),
		    CKR_OK);
		assert_int_equal(len, c->sig_len);
		assert_int_equal(sign(curves[i].type, key, &data),
		    CKR_DATA_INVALID);
		if (c->kind == CURVE_WEIERSTRASS)
			assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, key, &data),
			    CKR_OK);
		assert_int_equal(C_DestroyObject(s, key), CKR_OK);
	}
	blob_reset(&data);
	blob_reset(&point);
}

/* ---- a key that wants a login for every use */

static CK_RV
sign_always(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type, const struct blob *in)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_RV rv;

	len = sizeof(out);
	rv = C_SignInit(s, &m, key);
	if (rv == CKR_OK)
		assert_int_equal(C_Login(s, CKU_CONTEXT_SPECIFIC, softhsm_pin,
				     SOFTHSM_PIN_LEN),
		    CKR_OK);
	return rv == CKR_OK ? C_Sign(s, in->ptr, in->len, out, &len) : rv;
}

/* The device has begun before the data are known: nobody else may end it. */
static void
test_always(void **state)
{
	const struct bound_key k = { .id = "x",
		.purpose = MDOC_PURPOSE_DEVICE,
		.doc_types = BOUND_DOC_TYPE,
		.uses = 3,
		.always = true };
	CK_OBJECT_HANDLE key = generate(&k);

	(void)state;
	assert_int_equal(sign_always(key, CKM_MDOC_DEVICE_SIGNATURE,
			     &device_data),
	    CKR_OK);
	assert_int_equal(len, 64);
	assert_int_equal(bound_get(s, key, CKA_MDOC_USES_LEFT), 2);
	assert_int_equal(sign_always(key, CKM_MDOC_DEVICE_SIGNATURE,
			     &other_data),
	    DENIED);
	len = sizeof(out);
	assert_int_equal(C_Sign(s, peer.ptr, 32, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(sign_always(key, CKM_ECDSA_SHA256, &peer),
	    CKR_DATA_INVALID);
	assert_int_equal(C_SignUpdate(s, peer.ptr, 32),
	    CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_SignFinal(s, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(bound_get(s, key, CKA_MDOC_USES_LEFT), 2);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, clean)
	const struct CMUnitTest tests[] = {
		TEST(test_device),
		TEST(test_parts),
		TEST(test_reader_issuer),
		TEST(test_doc_types),
		TEST(test_method),
		TEST(test_generate),
		TEST(test_set),
		TEST(test_set_extractable),
		TEST(test_rule_objects),
		TEST(test_find),
		TEST(test_destroy),
		TEST(test_curves),
		TEST(test_always),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
