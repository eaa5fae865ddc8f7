/* SPDX-License-Identifier: BSD-3-Clause */
/* Objects, credentials and searches, as an application meets them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "module/object/object.h"
#include "tests/support/module-start.h"

static struct softhsm hsm;
static CK_SESSION_HANDLE s;

static CK_OBJECT_CLASS credential_class = CKO_MDOC_CREDENTIAL;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_ULONG from = 1000, until = 2000, uses = 5;
static CK_BYTE issuer_signed[] = { 0xa1, 0x61, 'x', 0x01 };
static char doc_type[] = "org.iso.18013.5.1.mDL";
static char label[] = "mine";
static CK_BYTE key_id[] = { 7, 8 };

static const CK_ATTRIBUTE all[] = {
	{ CKA_CLASS, &credential_class, sizeof(credential_class) },
	{ CKA_TOKEN, &no, 1 },
	{ CKA_LABEL, label, sizeof(label) - 1 },
	{ CKA_ID, key_id, sizeof(key_id) },
	{ CKA_VALUE, issuer_signed, sizeof(issuer_signed) },
	{ CKA_MDOC_DOC_TYPE, doc_type, sizeof(doc_type) - 1 },
	{ CKA_MDOC_VALID_FROM, &from, sizeof(from) },
	{ CKA_MDOC_VALID_UNTIL, &until, sizeof(until) },
	{ CKA_MDOC_USES_LEFT, &uses, sizeof(uses) },
};

#define N_ALL nitems(all)

static int
setup(void **state)
{
	(void)state;
	return module_start(&hsm, &s) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	return 0;
}

static CK_OBJECT_HANDLE
credential_new(CK_BBOOL *on_token)
{
	CK_ATTRIBUTE t[N_ALL];
	CK_OBJECT_HANDLE o = 0;

	memcpy(t, all, sizeof(all));
	t[1].pValue = on_token;
	assert_int_equal(C_CreateObject(s, t, N_ALL, &o), CKR_OK);
	assert_true(object_is_vendor(o));
	return o;
}

static CK_ULONG
number(CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG v = 4711;
	CK_ATTRIBUTE a = { type, &v, sizeof(v) };

	assert_int_equal(C_GetAttributeValue(s, o, &a, 1), CKR_OK);
	assert_int_equal(a.ulValueLen, sizeof(v));
	return v;
}

static CK_ULONG
count(const CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret_first)
{
	CK_ATTRIBUTE copy[8];
	CK_OBJECT_HANDLE o[16];
	CK_ULONG found = 99;

	if (n > 0)
		memcpy(copy, t, n * sizeof(*t));
	assert_int_equal(C_FindObjectsInit(s, copy, n), CKR_OK);
	assert_int_equal(C_FindObjects(s, o, 16, &found), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	if (ret_first != NULL && found > 0)
		*ret_first = o[0];
	return found;
}

static CK_RV
set_number(CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type, CK_ULONG v)
{
	CK_ATTRIBUTE a = { type, &v, sizeof(v) };

	return C_SetAttributeValue(s, o, &a, 1);
}

static void
test_get(void **state)
{
	CK_OBJECT_HANDLE o = credential_new(&no);
	CK_BYTE buf[64], text[64];
	CK_BBOOL flag = 9, private_flag = 9;
	CK_ATTRIBUTE t[] = { { CKA_VALUE, NULL, 0 },
		{ CKA_LABEL, buf, sizeof(buf) }, { CKA_SUBJECT, NULL, 0 },
		{ CKA_MDOC_DOC_TYPE, text, 3 }, { CKA_TOKEN, &flag, 1 },
		{ CKA_PRIVATE, &private_flag, 1 },
		{ CKA_MDOC_KEY_PATH, buf, 8 }, { CKA_ID, buf + 8, 8 } };

	(void)state;
	assert_int_equal(C_GetAttributeValue(s, o, t, nitems(t)),
	    CKR_ATTRIBUTE_TYPE_INVALID);
	assert_int_equal(t[0].ulValueLen, sizeof(issuer_signed));
	assert_int_equal(t[1].ulValueLen, 4);
	assert_memory_equal(buf, "mine", 4);
	assert_int_equal(t[2].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(t[3].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(flag, CK_FALSE);
	assert_int_equal(private_flag, CK_TRUE);
	assert_int_equal(t[6].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(t[7].ulValueLen, 2);
	assert_memory_equal(buf + 8, key_id, 2);
	assert_int_equal(C_GetAttributeValue(s, o, &t[3], 1), CKR_OK);
	t[3].ulValueLen = 3;
	assert_int_equal(C_GetAttributeValue(s, o, &t[3], 1),
	    CKR_BUFFER_TOO_SMALL);
	assert_int_equal(C_GetAttributeValue(s, o, NULL, 1), CKR_ARGUMENTS_BAD);
	assert_int_equal(number(o, CKA_CLASS), CKO_MDOC_CREDENTIAL);
	assert_int_equal(number(o, CKA_MDOC_VALID_FROM), 1000);
	assert_int_equal(number(o, CKA_MDOC_VALID_UNTIL), 2000);
	assert_int_equal(number(o, CKA_MDOC_USES_LEFT), 5);
	assert_int_equal(C_DestroyObject(s, o), CKR_OK);
	assert_int_equal(C_GetAttributeValue(s, o, &t[1], 1),
	    CKR_OBJECT_HANDLE_INVALID);
}

/* The handle stays, although the token has another object afterwards. */
static void
test_set(void **state)
{
	CK_OBJECT_HANDLE o = credential_new(&yes), found = 0;
	CK_ATTRIBUTE by_class = all[0];
	CK_ULONG size = 0;

	(void)state;
	for (CK_ULONG left = 5; left-- > 0;) {
		assert_int_equal(set_number(o, CKA_MDOC_USES_LEFT, left),
		    CKR_OK);
		assert_int_equal(number(o, CKA_MDOC_USES_LEFT), left);
	}
	assert_int_equal(set_number(o, CKA_MDOC_USES_LEFT,
			     CK_UNAVAILABLE_INFORMATION),
	    CKR_OK);
	assert_int_equal(number(o, CKA_MDOC_USES_LEFT),
	    CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(set_number(o, CKA_MDOC_VALID_UNTIL, 1),
	    CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(set_number(o, CKA_CLASS, 1), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(set_number(o, CKA_TOKEN, 1), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(set_number(o, CKA_SUBJECT, 1),
	    CKR_ATTRIBUTE_TYPE_INVALID);
	assert_int_equal(C_SetAttributeValue(s, o, NULL, 1), CKR_ARGUMENTS_BAD);
	assert_int_equal(number(o, CKA_MDOC_VALID_UNTIL), 2000);
	assert_int_equal(count(&by_class, 1, &found), 1);
	assert_true(object_is_vendor(found));
	assert_int_equal(number(found, CKA_MDOC_VALID_UNTIL), 2000);
	assert_int_equal(C_GetObjectSize(s, o, &size), CKR_OK);
	assert_int_equal(C_DestroyObject(s, o), CKR_OK);
	assert_int_equal(C_DestroyObject(s, o), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_GetObjectSize(s, found, &size),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(count(&by_class, 1, NULL), 0);
}

static void
create_fails(const CK_ATTRIBUTE *t, CK_ULONG n, CK_RV wanted)
{
	CK_ATTRIBUTE copy[N_ALL + 2];
	CK_OBJECT_HANDLE o = 77;

	memcpy(copy, t, n * sizeof(*t));
	assert_int_equal(C_CreateObject(s, copy, n, &o), wanted);
	assert_int_equal(o, 77);
	assert_int_equal(count(all, 1, NULL), 0);
}

static void
test_create(void **state)
{
	CK_ATTRIBUTE t[N_ALL + 1], saved;
	CK_BYTE not_cbor[] = { 0xa1, 0x61 };
	CK_ULONG too_far = ~0UL >> 1;
	CK_OBJECT_HANDLE o;

	(void)state;
	memcpy(t, all, sizeof(all));
	/* Without each of those that must be there. */
	for (size_t i = 4; i < 8; i++) {
		saved = t[i];
		t[i] = t[1];
		t[i].type = CKA_MODIFIABLE;
		t[i].pValue = &yes;
		create_fails(t, N_ALL, CKR_TEMPLATE_INCOMPLETE);
		t[i] = saved;
	}
	t[N_ALL] = t[2];
	create_fails(t, N_ALL + 1, CKR_TEMPLATE_INCONSISTENT);
	t[N_ALL].type = CKA_SUBJECT;
	create_fails(t, N_ALL + 1, CKR_ATTRIBUTE_TYPE_INVALID);
	t[N_ALL] = (CK_ATTRIBUTE){ CKA_PRIVATE, &no, 1 };
	create_fails(t, N_ALL + 1, CKR_ATTRIBUTE_VALUE_INVALID);
	t[N_ALL] = (CK_ATTRIBUTE){ CKA_PRIVATE, &yes, 2 };
	create_fails(t, N_ALL + 1, CKR_ATTRIBUTE_VALUE_INVALID);
	t[4].pValue = NULL;
	create_fails(t, N_ALL, CKR_ATTRIBUTE_VALUE_INVALID);
	t[4] = (CK_ATTRIBUTE){ CKA_VALUE, not_cbor, sizeof(not_cbor) };
	create_fails(t, N_ALL, CKR_ATTRIBUTE_VALUE_INVALID);
	t[4] = all[4];
	t[6].ulValueLen = 4;
	create_fails(t, N_ALL, CKR_ATTRIBUTE_VALUE_INVALID);
	t[6] = all[6];
	too_far += 1;
	t[6].pValue = &too_far;
	create_fails(t, N_ALL, CKR_ATTRIBUTE_VALUE_INVALID);
	t[6] = all[6];
	assert_int_equal(C_CreateObject(s, t, N_ALL, NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(count(all, 1, NULL), 0);
	/* No limit where none is given. */
	assert_int_equal(C_CreateObject(s, t, N_ALL - 1, &o), CKR_OK);
	assert_int_equal(number(o, CKA_MDOC_USES_LEFT),
	    CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(C_DestroyObject(s, o), CKR_OK);
}

/* Only the session that made it keeps it. */
static void
test_session_object(void **state)
{
	CK_SESSION_HANDLE first = s, second;

	(void)state;
	assert_int_equal(C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL,
			     &second),
	    CKR_OK);
	s = second;
	credential_new(&no);
	credential_new(&yes);
	s = first;
	assert_int_equal(count(all, 1, NULL), 2);
	assert_int_equal(C_CloseSession(second), CKR_OK);
	assert_int_equal(count(all, 1, &second), 1);
	assert_int_equal(C_DestroyObject(s, second), CKR_OK);
}

static void
test_copy(void **state)
{
	CK_OBJECT_HANDLE o = credential_new(&no), copy, bad = 5;
	CK_ATTRIBUTE t[] = { { CKA_LABEL, doc_type, 3 }, { CKA_TOKEN, &yes, 1 },
		{ CKA_ID, key_id, 1 } };

	(void)state;
	assert_int_equal(C_CopyObject(s, o, t, 3, &bad),
	    CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(bad, 5);
	assert_int_equal(C_CopyObject(s, o, t, 2, NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_CopyObject(s, o, t, 2, &copy), CKR_OK);
	assert_true(object_is_vendor(copy));
	assert_int_not_equal(copy, o);
	assert_int_equal(count(all, 1, NULL), 2);
	assert_int_equal(count(t, 1, NULL), 1);
	assert_int_equal(count(t, 2, NULL), 1);
	assert_int_equal(C_DestroyObject(s, o), CKR_OK);
	assert_int_equal(number(copy, CKA_MDOC_VALID_FROM), 1000);
	assert_int_equal(C_DestroyObject(s, copy), CKR_OK);
}

static void
test_find(void **state)
{
	CK_OBJECT_HANDLE o = credential_new(&no), found = 0;
	CK_OBJECT_CLASS data = CKO_DATA, iso = CKO_ISO23465_APPLICATION;
	CK_ATTRIBUTE odd = { CKA_MDOC_DOC_TYPE, NULL, 4 };
	CK_ATTRIBUTE by_data = { CKA_CLASS, &data, sizeof(data) };
	CK_ATTRIBUTE by_iso = { CKA_CLASS, &iso, sizeof(iso) };
	CK_ATTRIBUTE wrong = { CKA_MDOC_VALID_FROM, &until, sizeof(until) };
	CK_ATTRIBUTE shorter = { CKA_MDOC_DOC_TYPE, doc_type, 5 };
	CK_ATTRIBUTE mixed[] = { all[5], { CKA_CLASS, &data, sizeof(data) } };
	CK_ATTRIBUTE unknown = { CKA_MDOC_PURPOSE, &until, sizeof(until) };
	CK_ULONG n;

	(void)state;
	/* By each attribute alone, if it is one of ours, and by all. */
	assert_int_equal(count(all, 1, &found), 1);
	assert_int_equal(found, o);
	for (size_t i = 5; i < N_ALL; i++)
		assert_int_equal(count(&all[i], 1, NULL), 1);
	assert_int_equal(count(all + 1, 8, &found), 1);
	assert_int_equal(found, o);
	assert_int_equal(count(&wrong, 1, NULL), 0);
	assert_int_equal(count(&shorter, 1, NULL), 0);
	assert_int_equal(count(&unknown, 1, NULL), 0);
	assert_int_equal(count(&by_iso, 1, NULL), 0);
	assert_int_equal(count(mixed, 2, NULL), 0);
	/* What carries it is seen as what it is. */
	assert_int_equal(count(&by_data, 1, &found), 1);
	assert_int_equal(found | OBJECT_VENDOR_BIT, o);
	assert_int_equal(count(NULL, 0, NULL), 1);

	assert_int_equal(C_FindObjectsInit(s, &odd, 1),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(C_FindObjects(s, &found, 1, &n),
	    CKR_OPERATION_NOT_INITIALIZED);
	by_iso = all[0];
	assert_int_equal(C_FindObjectsInit(s, &by_iso, 1), CKR_OK);
	assert_int_equal(C_FindObjectsInit(s, &by_iso, 1),
	    CKR_OPERATION_ACTIVE);
	assert_int_equal(C_FindObjectsInit(s, NULL, 0), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_FindObjects(s, NULL, 1, &n), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_FindObjects(s, &found, 1, NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_FindObjects(s, &found, 0, &n), CKR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(C_FindObjects(s, &found, 1, &n), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(C_FindObjects(s, &found, 1, &n), CKR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_FindObjectsInit(s, NULL, 0), CKR_OK);
	assert_int_equal(C_FindObjectsInit(s, &by_iso, 1),
	    CKR_OPERATION_ACTIVE);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	assert_int_equal(C_DestroyObject(s, o), CKR_OK);
}

static CK_OBJECT_HANDLE
pair_new(CK_BBOOL *derive, CK_OBJECT_HANDLE *pub)
{
	CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE a[] = { { CKA_EC_PARAMS, p256, sizeof(p256) },
		{ CKA_TOKEN, &no, 1 } };
	CK_ATTRIBUTE b[] = { { CKA_TOKEN, &no, 1 }, { CKA_SIGN, &yes, 1 },
		{ CKA_DERIVE, derive, 1 }, { CKA_LABEL, label, 4 } };
	CK_OBJECT_HANDLE priv = 0;

	assert_int_equal(C_GenerateKeyPair(s, &m, a, 2, b, 4, pub, &priv),
	    CKR_OK);
	return priv;
}

/* Our attribute among the device's. */
static void
test_key_path(void **state)
{
	CK_OBJECT_HANDLE pub, key = pair_new(&yes, &pub),
			      sign_only = pair_new(&no, &pub), found = 0;
	CK_ULONG path = 0, c = MDOC_KEY_PATH_C;
	CK_BYTE buf[8];
	CK_ATTRIBUTE t[] = { { CKA_LABEL, buf, sizeof(buf) },
		{ CKA_MDOC_KEY_PATH, &path, sizeof(path) },
		{ CKA_VALUE, buf, sizeof(buf) },
		{ CKA_MDOC_DOC_TYPE, buf, sizeof(buf) } };
	CK_ATTRIBUTE query[] = { { CKA_MDOC_KEY_PATH, NULL, 0 },
		{ CKA_LABEL, NULL, 0 } };
	CK_ATTRIBUTE by_path[] = { { CKA_MDOC_KEY_PATH, &c, sizeof(c) },
		{ CKA_LABEL, label, 4 } };

	(void)state;
	assert_int_equal(C_GetAttributeValue(s, key, t, 2), CKR_OK);
	assert_int_equal(t[0].ulValueLen, 4);
	assert_int_equal(path, MDOC_KEY_PATH_C);
	/* Sensitive weighs more than not there. */
	t[0].ulValueLen = sizeof(buf);
	assert_int_equal(C_GetAttributeValue(s, key, t, 4),
	    CKR_ATTRIBUTE_SENSITIVE);
	assert_int_equal(t[0].ulValueLen, 4);
	assert_int_equal(t[1].ulValueLen, sizeof(path));
	assert_int_equal(t[2].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(t[3].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(C_GetAttributeValue(s, key, query, 2), CKR_OK);
	assert_int_equal(query[0].ulValueLen, sizeof(path));
	assert_int_equal(query[1].ulValueLen, 4);
	t[1].ulValueLen = 3;
	assert_int_equal(C_GetAttributeValue(s, key, &t[1], 1),
	    CKR_BUFFER_TOO_SMALL);
	t[1].ulValueLen = sizeof(path);
	assert_int_equal(C_GetAttributeValue(s, sign_only, &t[1], 1), CKR_OK);
	assert_int_equal(path, MDOC_KEY_PATH_S);
	assert_int_equal(C_GetAttributeValue(s, pub, &t[1], 1),
	    CKR_ATTRIBUTE_TYPE_INVALID);
	assert_int_equal(t[1].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	t[1].ulValueLen = sizeof(path);
	assert_int_equal(C_GetAttributeValue(s, 99999, &t[1], 1),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(count(by_path, 1, &found), 1);
	assert_int_equal(found, key);
	assert_int_equal(count(by_path, 2, &found), 1);
	c = MDOC_KEY_PATH_S;
	assert_int_equal(count(by_path, 1, &found), 1);
	assert_int_equal(found, sign_only);
	c = MDOC_KEY_PATH_A;
	assert_int_equal(count(by_path, 1, &found), 0);
}

/* A private object: seen by the user only, and old handles stay dead. */
static void
test_logout(void **state)
{
	CK_OBJECT_HANDLE o = credential_new(&yes), found = 0;
	CK_BYTE buf[8];
	CK_ATTRIBUTE a = { CKA_LABEL, buf, sizeof(buf) };

	(void)state;
	assert_int_equal(set_number(o, CKA_MDOC_USES_LEFT, 3), CKR_OK);
	assert_int_equal(C_Logout(s), CKR_OK);
	assert_int_equal(count(all, 1, NULL), 0);
	assert_int_equal(C_GetAttributeValue(s, o, &a, 1),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_Login(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN),
	    CKR_OK);
	assert_int_equal(C_GetAttributeValue(s, o, &a, 1),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(count(all, 1, &found), 1);
	assert_int_equal(number(found, CKA_MDOC_USES_LEFT), 3);
	assert_int_equal(C_DestroyObject(s, found), CKR_OK);
}

/* The top bit alone makes nothing a credential. */
static void
test_not_ours(void **state)
{
	CK_OBJECT_HANDLE pub, key = pair_new(&yes, &pub) | OBJECT_VENDOR_BIT;
	CK_ULONG size = 0;
	CK_BYTE buf[8];
	CK_ATTRIBUTE a = { CKA_LABEL, buf, sizeof(buf) };

	(void)state;
	assert_int_equal(C_DestroyObject(s, key), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_GetObjectSize(s, key, &size),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_GetAttributeValue(s, key, &a, 1),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_SetAttributeValue(s, key, &a, 1),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_CopyObject(s, key, &a, 1, &pub),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_DestroyObject(s, key & ~OBJECT_VENDOR_BIT), CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_session_object),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_key_path),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_logout),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
