/* SPDX-License-Identifier: BSD-3-Clause */
/* Purpose-bound keys through the module, over SoftHSMv2. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/support/bound.h"
#include "tests/support/module-start.h"
#include "vendor-ext/pkcs11-3.h"
#include "vendor-ext/purpose.h"

#define DENIED     CKR_KEY_FUNCTION_NOT_PERMITTED
#define OTHER_TYPE "org.example.other"

static struct softhsm hsm;
static CK_SESSION_HANDLE s;
static struct blob peer, device_data, other_data, reader_data, issuer_data;
static CK_BYTE out[256];
static CK_ULONG len;

static int
setup(void **state)
{
	const struct curve *p256 = curve_by_cose(1);

	(void)state;
	if (!module_start(&hsm, &s))
		return -1;
	bound_peer(p256, &peer);
	bound_device_data(BOUND_DOC_TYPE, p256, blob_bytes(&peer),
	    &device_data);
	bound_device_data(OTHER_TYPE, p256, blob_bytes(&peer), &other_data);
	bound_reader_data(&reader_data);
	bound_issuer_data(BOUND_DOC_TYPE, blob_bytes(&peer), &issuer_data);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	blob_reset(&peer);
	blob_reset(&device_data);
	blob_reset(&other_data);
	blob_reset(&reader_data);
	blob_reset(&issuer_data);
	return 0;
}

static CK_RV
sign(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, const struct blob *data)
{
	CK_RV rv;

	len = sizeof(out);
	memset(out, 0, sizeof(out));
	rv = bound_sign(s, type, key, blob_bytes(data), out, &len);
	if (rv != CKR_OK)
		for (size_t i = 0; i < sizeof(out); i++)
			assert_int_equal(out[i], 0);
	return rv;
}

static CK_RV
sign_structure(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, int alg,
    const struct blob *payload)
{
	struct blob data = BLOB_INIT;
	CK_RV rv;

	bound_sig_structure(alg, blob_bytes(payload), &data);
	rv = sign(type, key, &data);
	blob_reset(&data);
	return rv;
}

static CK_OBJECT_HANDLE
generate(const struct bound_key *k)
{
	CK_OBJECT_HANDLE key;

	assert_int_equal(bound_generate(s, k, &key, NULL), CKR_OK);
	return key;
}

static CK_ULONG
count(CK_OBJECT_CLASS class)
{
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE found[64];
	CK_ULONG n;

	assert_int_equal(C_FindObjectsInit(s, &t, 1), CKR_OK);
	assert_int_equal(C_FindObjects(s, found, nitems(found), &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	return n;
}

/* Nothing stays of a test: keys go, and their rules with them. */
static int
clean(void **state)
{
	CK_OBJECT_HANDLE found[64];
	CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY };
	CK_ATTRIBUTE t = { CKA_CLASS, NULL, sizeof(CK_OBJECT_CLASS) };
	CK_ULONG n;

	(void)state;
	for (size_t i = 0; i < nitems(classes); i++) {
		t.pValue = &classes[i];
		assert_int_equal(C_FindObjectsInit(s, &t, 1), CKR_OK);
		assert_int_equal(C_FindObjects(s, found, nitems(found), &n),
		    CKR_OK);
		assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
		for (CK_ULONG j = 0; j < n; j++)
			assert_int_equal(C_DestroyObject(s, found[j]), CKR_OK);
	}
	assert_int_equal(count(CKO_DATA), 0);
	return 0;
}

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

static CK_OBJECT_HANDLE
find_one(CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_HANDLE found[4];
	CK_ULONG n_found;

	assert_int_equal(C_FindObjectsInit(s, t, n), CKR_OK);
	assert_int_equal(C_FindObjects(s, found, nitems(found), &n_found),
	    CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	return n_found == 1 ? found[0] : CK_INVALID_HANDLE;
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

/* ---- every call of the device fails once */

static unsigned long calls_left;
static bool failed;

static CK_RV
fail_one(const char *function)
{
	(void)function;
	if (failed || calls_left-- > 0)
		return CKR_OK;
	failed = true;
	return CKR_DEVICE_ERROR;
}

typedef CK_RV work_fn(void);

/* check: after every one of them, and after the last, which does not fail. */
static unsigned long
fail_each(work_fn *work, void (*check)(CK_RV))
{
	unsigned long at = 0;
	CK_RV rv;

	do {
		calls_left = at++;
		failed = false;
		module_device()->fault = fail_one;
		rv = work();
		module_device()->fault = NULL;
		check(rv);
	} while (failed);
	assert_int_equal(rv, CKR_OK);
	return at;
}

static CK_OBJECT_HANDLE made;
static CK_ULONG left;

static CK_RV
work_generate(void)
{
	const struct bound_key k = {
		.id = "x", .purpose = MDOC_PURPOSE_DEVICE, .uses = 5
	};

	return bound_generate(s, &k, &made, NULL);
}

/* No key, or one with its rule; what is left of one is taken away. */
static void
check_generate(CK_RV rv)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE key = find_one(&t, 1);

	assert_true(rv == CKR_OK || key == CK_INVALID_HANDLE ||
	    bound_get(s, key, CKA_MDOC_PURPOSE) == MDOC_PURPOSE_DEVICE);
	if (rv != CKR_OK && key == CK_INVALID_HANDLE)
		return;
	assert_int_equal(bound_get(s, key, CKA_MDOC_USES_LEFT), 5);
	assert_int_equal(sign(CKM_ECDSA, key, &peer), DENIED);
	assert_int_equal(C_DestroyObject(s, key), CKR_OK);
	assert_int_equal(count(CKO_DATA), 0);
}

static CK_RV
work_sign(void)
{
	return sign(CKM_MDOC_DEVICE_SIGNATURE, made, &device_data);
}

static void
check_sign(CK_RV rv)
{
	CK_ULONG now = bound_get(s, made, CKA_MDOC_USES_LEFT);

	assert_true(now <= left && (rv != CKR_OK || now < left));
	assert_int_not_equal(rv, DENIED);
	left = now;
}

static CK_RV
work_refused(void)
{
	CK_RV rv = sign(CKM_ECDSA, made, &peer);

	/* Refused by us, or by the fault: never done. */
	assert_int_not_equal(rv, CKR_OK);
	return rv == DENIED ? CKR_OK : rv;
}

static void
check_refused(CK_RV rv)
{
	assert_true(rv == CKR_OK || rv == CKR_DEVICE_ERROR);
}

static const struct bound_key unbound = { .id = "u" };

static CK_RV
work_bind(void)
{
	const struct bound_key k = { .purpose = MDOC_PURPOSE_DEVICE,
		.uses = 5 };

	return bound_set(s, made, &k);
}

static void
check_bind(CK_RV rv)
{
	CK_ULONG purpose = bound_get(s, made, CKA_MDOC_PURPOSE);

	assert_int_equal(purpose, rv == CKR_OK ? MDOC_PURPOSE_DEVICE : 0);
	/* The next one: what failed may have been of no importance. */
	if (rv == CKR_OK) {
		assert_int_equal(C_DestroyObject(s, made), CKR_OK);
		made = generate(&unbound);
	}
}

static void
test_faults(void **state)
{
	const struct bound_key many = {
		.id = "m", .purpose = MDOC_PURPOSE_DEVICE, .uses = 1000
	};

	(void)state;
	assert_true(fail_each(work_generate, check_generate) > 8);
	made = generate(&many);
	left = 1000;
	assert_true(fail_each(work_sign, check_sign) > 20);
	assert_true(fail_each(work_refused, check_refused) > 4);
	made = generate(&unbound);
	assert_true(fail_each(work_bind, check_bind) > 8);
}

/* ---- what it costs those who have none */

static unsigned long calls;

static CK_RV
count_calls(const char *function)
{
	(void)function;
	calls++;
	return CKR_OK;
}

static unsigned long
calls_of_sign(CK_OBJECT_HANDLE key)
{
	calls = 0;
	module_device()->fault = count_calls;
	assert_int_equal(sign(CKM_ECDSA, key, &peer), CKR_OK);
	module_device()->fault = NULL;
	return calls;
}

/* Of the second of two within the second for which the first is remembered. */
static unsigned long
calls_of_next_sign(CK_OBJECT_HANDLE key)
{
	unsigned long n = 0;
	struct timespec from, to;

	for (int i = 0; i < 20; i++) {
		(void)clock_gettime(CLOCK_MONOTONIC, &from);
		calls_of_sign(key);
		n = calls_of_sign(key);
		(void)clock_gettime(CLOCK_MONOTONIC, &to);
		if (to.tv_sec - from.tv_sec < 1)
			break;
	}
	return n;
}

/* C_SignInit and C_Sign, and nothing else, from the second use on. */
static void
test_hot_path(void **state)
{
	const struct bound_key k = { .id = "b",
		.purpose = MDOC_PURPOSE_DEVICE };
	CK_OBJECT_HANDLE key = generate(&unbound);

	(void)state;
	assert_int_equal(calls_of_next_sign(key), 2);
	/* also where other keys of the token are bound */
	(void)generate(&k);
	assert_int_equal(calls_of_next_sign(key), 2);
}

/* ---- who goes around the module */

static CK_SESSION_HANDLE
session_below(void)
{
	CK_SESSION_HANDLE below;

	assert_int_equal(module_device()->f->C_OpenSession(hsm.slot, MODULE_RW,
			     NULL, NULL, &below),
	    CKR_OK);
	return below;
}

/* A rule whose key was destroyed below binds the next of its name. */
static void
test_orphan(void **state)
{
	const struct bound_key k = {
		.id = "u", .purpose = MDOC_PURPOSE_DEVICE, .uses = 3
	};
	const struct bound_key again = { .id = "u",
		.purpose = MDOC_PURPOSE_ISSUER };
	CK_FUNCTION_LIST *f = module_device()->f;
	CK_SESSION_HANDLE below = session_below();
	CK_OBJECT_HANDLE key = generate(&k);

	(void)state;
	assert_int_equal(f->C_DestroyObject(below, key), CKR_OK);
	key = generate(&unbound);
	assert_int_equal(bound_get(s, key, CKA_MDOC_PURPOSE),
	    MDOC_PURPOSE_DEVICE);
	assert_int_equal(sign(CKM_ECDSA, key, &peer), DENIED);
	assert_int_equal(f->C_DestroyObject(below, key), CKR_OK);
	key = generate(&again);
	assert_int_equal(bound_get(s, key, CKA_MDOC_PURPOSE),
	    MDOC_PURPOSE_ISSUER);
	assert_int_equal(sign(CKM_MDOC_ISSUER_AUTHENTICATION, key,
			     &issuer_data),
	    CKR_OK);
	assert_int_equal(f->C_CloseSession(below), CKR_OK);
}

/* A state that was destroyed below is no state to begin with. */
static void
test_state_destroyed(void **state)
{
	const struct bound_key k = {
		.id = "x", .purpose = MDOC_PURPOSE_DEVICE, .uses = 3
	};
	CK_ATTRIBUTE name = { CKA_APPLICATION,
		(void *)(uintptr_t)PURPOSE_STATE_APPLICATION,
		sizeof(PURPOSE_STATE_APPLICATION) - 1 };
	CK_FUNCTION_LIST *f = module_device()->f;
	CK_SESSION_HANDLE below = session_below();
	CK_OBJECT_HANDLE key = generate(&k);

	(void)state;
	assert_int_equal(f->C_DestroyObject(below, find_one(&name, 1)), CKR_OK);
	assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, key, &device_data), DENIED);
	assert_int_equal(sign(CKM_ECDSA, key, &peer), DENIED);
	assert_int_equal(bound_set(s, key, &k), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(f->C_CloseSession(below), CKR_OK);
}

/* ---- a device that shows what it should not */

static CK_FUNCTION_LIST lying;
static CK_FUNCTION_LIST *honest;

static CK_RV
lie(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	if (n != 1 || t->type != CKA_VALUE)
		return honest->C_GetAttributeValue(session, object, t, n);
	if (t->pValue != NULL)
		memset(t->pValue, 0x5e, 32);
	t->ulValueLen = 32;
	return CKR_OK;
}

static void
test_shown(void **state)
{
	const struct bound_key k = { .id = "x",
		.purpose = MDOC_PURPOSE_DEVICE };
	CK_OBJECT_HANDLE key = generate(&k), free_key = generate(&unbound);
	CK_BYTE value[32] = { 0 };
	CK_ATTRIBUTE a = { CKA_VALUE, value, sizeof(value) }, both[2];

	(void)state;
	honest = module_device()->f;
	lying = *honest;
	lying.C_GetAttributeValue = lie;
	module_device()->f = &lying;
	assert_int_equal(C_GetAttributeValue(s, key, &a, 1),
	    CKR_ATTRIBUTE_SENSITIVE);
	assert_true(a.ulValueLen == CK_UNAVAILABLE_INFORMATION);
	for (size_t i = 0; i < sizeof(value); i++)
		assert_int_equal(value[i], 0);
	/* what else is asked for is answered */
	both[0] = (CK_ATTRIBUTE){ CKA_VALUE, value, sizeof(value) };
	both[1] = (CK_ATTRIBUTE){ CKA_ID, out, sizeof(out) };
	assert_int_equal(C_GetAttributeValue(s, key, both, 2),
	    CKR_ATTRIBUTE_SENSITIVE);
	assert_true(both[0].ulValueLen == CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(both[1].ulValueLen, 1);
	assert_int_equal(out[0], 'x');
	a.ulValueLen = sizeof(value);
	assert_int_equal(C_GetAttributeValue(s, free_key, &a, 1), CKR_OK);
	assert_int_equal(value[0], 0x5e);
	module_device()->f = honest;
}

/* And one that forgets what it was asked for: such a key is not kept. */
static CK_RV
forgetful(CK_SESSION_HANDLE session, CK_MECHANISM *m, CK_ATTRIBUTE *pub,
    CK_ULONG n_pub, CK_ATTRIBUTE *priv, CK_ULONG n_priv,
    CK_OBJECT_HANDLE *ret_pub, CK_OBJECT_HANDLE *ret_priv)
{
	CK_ATTRIBUTE some[32];
	CK_ULONG n = 0;

	for (CK_ULONG i = 0; i < n_priv && n < nitems(some); i++)
		if (priv[i].type != CKA_ID)
			some[n++] = priv[i];
	return honest->C_GenerateKeyPair(session, m, pub, n_pub, some, n,
	    ret_pub, ret_priv);
}

static void
test_forgetful(void **state)
{
	const struct bound_key k = { .id = "x",
		.purpose = MDOC_PURPOSE_DEVICE };
	CK_OBJECT_HANDLE key;

	(void)state;
	honest = module_device()->f;
	lying = *honest;
	lying.C_GenerateKeyPair = forgetful;
	module_device()->f = &lying;
	assert_int_equal(bound_generate(s, &k, &key, NULL), CKR_DEVICE_ERROR);
	module_device()->f = honest;
	assert_int_equal(count(CKO_PRIVATE_KEY), 0);
	assert_int_equal(count(CKO_PUBLIC_KEY), 0);
	assert_int_equal(count(CKO_DATA), 0);
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
		TEST(test_faults),
		TEST(test_always),
		TEST(test_hot_path),
		TEST(test_orphan),
		TEST(test_state_destroyed),
		TEST(test_shown),
		TEST(test_forgetful),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
