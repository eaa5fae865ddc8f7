/* SPDX-License-Identifier: BSD-3-Clause */
/* profile and profobj: what is said of a token, and to whom. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "module/device/downstream.h"
#include "module/object/profobj.h"
#include "tests/support/failmalloc.h"
#include "tests/support/module-start.h"

static struct softhsm token;
static CK_SESSION_HANDLE s;

static int
setup(void **state)
{
	(void)state;
	return module_start(&token, &s) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	return 0;
}

/* Bits of the profiles that a search for the class finds. */
static CK_ULONG
found(CK_SESSION_HANDLE session)
{
	CK_OBJECT_CLASS class = CKO_PROFILE;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE o[8];
	CK_ULONG n = 0, bits = 0;
	CK_PROFILE_ID id = 0;
	CK_ATTRIBUTE a = { CKA_PROFILE_ID, &id, sizeof(id) };

	assert_int_equal(C_FindObjectsInit(session, &t, 1), CKR_OK);
	assert_int_equal(C_FindObjects(session, o, 8, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
	for (CK_ULONG i = 0; i < n; i++) {
		assert_int_equal(C_GetAttributeValue(session, o[i], &a, 1),
		    CKR_OK);
		assert_in_range(id, 1, PROFILE_MAX);
		assert_false(bits & (1UL << id));
		bits |= 1UL << id;
	}
	return bits;
}

#define BIT(name) (1UL << (name))
#define THREE                                                      \
	(BIT(CKP_BASELINE_PROVIDER) | BIT(CKP_EXTENDED_PROVIDER) | \
	    BIT(CKP_AUTHENTICATION_TOKEN))
#define FOUR (THREE | BIT(CKP_PUBLIC_CERTIFICATES_TOKEN))

/* A certificate is only kept: nobody reads this one. */
static CK_OBJECT_HANDLE
certificate(CK_BYTE id, CK_BBOOL private)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE value[] = { 0x30, 0x00 };
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_CERTIFICATE_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &yes, 1 }, { CKA_PRIVATE, &private, 1 },
		{ CKA_ID, &id, 1 }, { CKA_SUBJECT, value, 2 },
		{ CKA_VALUE, value, 2 } };
	CK_OBJECT_HANDLE o;

	assert_int_equal(C_CreateObject(s, t, 7, &o), CKR_OK);
	return o;
}

/* A key pair in the token; returns the public key. */
static CK_OBJECT_HANDLE
key_pair(CK_BYTE id, CK_OBJECT_HANDLE *ret_private)
{
	CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE pub[] = { { CKA_EC_PARAMS, p256, sizeof(p256) },
		{ CKA_TOKEN, &yes, 1 }, { CKA_PRIVATE, &no, 1 },
		{ CKA_ID, &id, 1 } };
	CK_ATTRIBUTE priv[] = { { CKA_TOKEN, &yes, 1 }, { CKA_SIGN, &yes, 1 },
		{ CKA_ID, &id, 1 } };
	CK_OBJECT_HANDLE public;

	assert_int_equal(C_GenerateKeyPair(s, &m, pub, 4, priv, 3, &public,
			     ret_private),
	    CKR_OK);
	return public;
}

static void
login(bool in)
{
	if (in)
		assert_int_equal(C_Login(s, CKU_USER, softhsm_pin,
				     SOFTHSM_PIN_LEN),
		    CKR_OK);
	else
		assert_int_equal(C_Logout(s), CKR_OK);
}

static CK_OBJECT_HANDLE
find_one(CK_ATTRIBUTE_TYPE type, void *value, CK_ULONG len)
{
	CK_ATTRIBUTE t = { type, value, len };
	CK_OBJECT_HANDLE o = CK_INVALID_HANDLE;
	CK_ULONG n = 0;

	assert_int_equal(C_FindObjectsInit(s, &t, 1), CKR_OK);
	assert_int_equal(C_FindObjects(s, &o, 1, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	return n == 1 ? o : CK_INVALID_HANDLE;
}

static void
test_token(void **state)
{
	CK_SESSION_HANDLE read_only;

	(void)state;
	assert_int_equal(found(s), THREE);
	/* Everybody sees them. */
	login(false);
	assert_int_equal(found(s), THREE);
	assert_int_equal(C_OpenSession(token.slot, CKF_SERIAL_SESSION, NULL,
			     NULL, &read_only),
	    CKR_OK);
	assert_int_equal(found(read_only), THREE);
	assert_int_equal(C_CloseSession(read_only), CKR_OK);
	login(true);
}

/* Each step of what Public Certificates Token asks for. */
static void
test_certificates(void **state)
{
	CK_OBJECT_HANDLE public, private, mine, hidden, lonely;

	(void)state;
	public = key_pair(1, &private);
	assert_int_equal(found(s), THREE);
	mine = certificate(1, CK_FALSE);
	assert_int_equal(found(s), FOUR);
	login(false);
	assert_int_equal(found(s), FOUR);
	login(true);
	/* Its key cannot be found without a login. */
	public = find_one(CKA_ID, (CK_BYTE[]){ 1 }, 1);
	assert_int_not_equal(public, CK_INVALID_HANDLE);
	/* One without a key: only who has logged in knows that. */
	lonely = certificate(2, CK_FALSE);
	assert_int_equal(found(s), FOUR);
	login(false);
	assert_int_equal(found(s), THREE);
	login(true);
	lonely = find_one(CKA_ID, (CK_BYTE[]){ 2 }, 1);
	assert_int_equal(C_DestroyObject(s, lonely), CKR_OK);
	/* A certificate that not everybody sees. */
	hidden = certificate(3, CK_TRUE);
	assert_int_equal(found(s), THREE);
	assert_int_equal(C_DestroyObject(s, hidden), CKR_OK);
	assert_int_equal(found(s), FOUR);
	/* The private key alone, which nobody sees. */
	mine = find_one(CKA_CERTIFICATE_TYPE,
	    &(CK_CERTIFICATE_TYPE){ CKC_X_509 }, sizeof(CK_ULONG));
	assert_int_equal(C_DestroyObject(s, mine), CKR_OK);
	public = key_pair(4, &private);
	assert_int_equal(C_DestroyObject(s, public), CKR_OK);
	mine = certificate(4, CK_FALSE);
	assert_int_equal(found(s), THREE);
	assert_int_equal(C_DestroyObject(s, mine), CKR_OK);
	assert_int_equal(C_DestroyObject(s, private), CKR_OK);
}

static CK_OBJECT_HANDLE
baseline(void)
{
	return find_one(CKA_PROFILE_ID, &(CK_PROFILE_ID){ 1 },
	    sizeof(CK_PROFILE_ID));
}

static void
test_attributes(void **state)
{
	CK_OBJECT_CLASS class = 0;
	CK_PROFILE_ID id = 0;
	CK_BBOOL on_token = 9, private = 9, modifiable = 9;
	CK_BYTE label[64], unique[64], none[4];
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_PROFILE_ID, &id, sizeof(id) },
		{ CKA_TOKEN, &on_token, 1 }, { CKA_PRIVATE, &private, 1 },
		{ CKA_MODIFIABLE, &modifiable, 1 },
		{ CKA_LABEL, label, sizeof(label) },
		{ CKA_UNIQUE_ID, unique, sizeof(unique) },
		{ CKA_VALUE, none, sizeof(none) } };
	CK_OBJECT_HANDLE o = baseline();

	(void)state;
	assert_int_not_equal(o, CK_INVALID_HANDLE);
	assert_true(profobj_is(o));
	assert_int_equal(C_GetAttributeValue(s, o, t, 7), CKR_OK);
	assert_int_equal(class, CKO_PROFILE);
	assert_int_equal(id, CKP_BASELINE_PROVIDER);
	assert_true(on_token);
	assert_false(private);
	assert_false(modifiable);
	assert_int_equal(t[5].ulValueLen, strlen("Baseline Provider"));
	assert_memory_equal(label, "Baseline Provider", t[5].ulValueLen);
	assert_true(t[6].ulValueLen > 0);
	/* Lengths, and what there is not. */
	t[0].pValue = NULL;
	t[1].ulValueLen = 1;
	assert_int_equal(C_GetAttributeValue(s, o, t, 8),
	    CKR_ATTRIBUTE_TYPE_INVALID);
	assert_int_equal(t[0].ulValueLen, sizeof(class));
	assert_int_equal(t[1].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(t[7].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(C_GetAttributeValue(s, o, NULL, 1), CKR_ARGUMENTS_BAD);
}

static void
test_unchangeable(void **state)
{
	CK_BYTE text[] = "mine";
	CK_ATTRIBUTE t = { CKA_LABEL, text, 4 };
	CK_MECHANISM m = { CKM_ECDSA, NULL, 0 };
	CK_OBJECT_HANDLE o = baseline(), copy = 0;
	CK_ULONG size = 99;

	(void)state;
	assert_int_equal(C_SetAttributeValue(s, o, &t, 1),
	    CKR_ACTION_PROHIBITED);
	assert_int_equal(C_DestroyObject(s, o), CKR_ACTION_PROHIBITED);
	assert_int_equal(C_CopyObject(s, o, &t, 1, &copy),
	    CKR_ACTION_PROHIBITED);
	assert_int_equal(C_GetObjectSize(s, o, &size), CKR_OK);
	assert_int_equal(size, 0);
	assert_int_equal(C_GetObjectSize(s, o, NULL), CKR_ARGUMENTS_BAD);
	/* It is no key, and numbers beside it are nothing. */
	assert_int_equal(C_SignInit(s, &m, o),
	    C_SignInit(s, &m, CK_INVALID_HANDLE));
	t.pValue = NULL;
	assert_int_equal(C_GetAttributeValue(s, o + PROFILE_MAX, &t, 1),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_GetAttributeValue(s, PROFOBJ_HANDLE, &t, 1),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_GetAttributeValue(s, ~(CK_OBJECT_HANDLE)0, &t, 1),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_DestroyObject(s, ~(CK_OBJECT_HANDLE)0),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(baseline(), o);
}

static CK_ULONG
count(CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_HANDLE o[64];
	CK_ULONG found_n = 0;

	assert_int_equal(C_FindObjectsInit(s, t, n), CKR_OK);
	assert_int_equal(C_FindObjects(s, o, 64, &found_n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	for (CK_ULONG i = 0; i < found_n; i++)
		if (!profobj_is(o[i]))
			found_n += 1000;
	return found_n;
}

/* Who asks for them, and in which words. */
static void
test_asked(void **state)
{
	CK_OBJECT_CLASS class = CKO_PROFILE, data = CKO_DATA;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_PROFILE_ID id = CKP_EXTENDED_PROVIDER;
	CK_ATTRIBUTE of[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, 1 }, { CKA_PRIVATE, &no, 1 } };
	CK_ATTRIBUTE private[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_PRIVATE, &yes, 1 } };
	CK_ATTRIBUTE value[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_VALUE, &yes, 1 } };
	CK_ATTRIBUTE one[] = { { CKA_PROFILE_ID, &id, sizeof(id) } };
	CK_ATTRIBUTE other[] = { { CKA_CLASS, &data, sizeof(data) },
		{ CKA_PROFILE_ID, &id, sizeof(id) } };
	CK_ATTRIBUTE on_token[] = { { CKA_TOKEN, &yes, 1 } };
	CK_ATTRIBUTE broken[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_PROFILE_ID, NULL, sizeof(id) } };
	CK_OBJECT_HANDLE o[64];
	CK_ULONG n;

	(void)state;
	assert_int_equal(count(of, 3), 3);
	assert_int_equal(count(one, 1), 1);
	assert_int_equal(count(private, 2), 0);
	assert_int_equal(count(value, 2), 0);
	assert_int_equal(count(other, 2), 0);
	/* Nobody stumbles over them. */
	assert_int_equal(C_FindObjectsInit(s, on_token, 1), CKR_OK);
	assert_int_equal(C_FindObjects(s, o, 64, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	for (CK_ULONG i = 0; i < n; i++)
		assert_false(profobj_is(o[i]));
	(void)C_FindObjectsInit(s, broken, 2);
	(void)C_FindObjectsFinal(s);
}

/* One by one; a search at a time; and its end. */
static void
test_search(void **state)
{
	CK_OBJECT_CLASS class = CKO_PROFILE;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE o, seen[4];
	CK_ULONG n, all = 0;

	(void)state;
	assert_int_equal(C_FindObjectsInit(s, &t, 1), CKR_OK);
	assert_int_equal(C_FindObjectsInit(s, &t, 1), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_FindObjectsInit(s, NULL, 0), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_FindObjects(s, &o, 1, NULL), CKR_ARGUMENTS_BAD);
	do {
		assert_int_equal(C_FindObjects(s, &o, 1, &n), CKR_OK);
		if (n == 1 && all < 4)
			seen[all++] = o;
	} while (n == 1);
	assert_int_equal(all, 3);
	assert_int_not_equal(seen[0], seen[1]);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_FindObjects(s, &o, 1, &n),
	    CKR_OPERATION_NOT_INITIALIZED);
	/* The device's search is what is running: it says so. */
	assert_int_equal(C_FindObjectsInit(s, NULL, 0), CKR_OK);
	assert_int_equal(C_FindObjectsInit(s, &t, 1), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
}

/* ---- a device with profile objects of its own, in front of SoftHSMv2 */

#define THEIRS 0x70001UL

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST patched;
static unsigned left;
static CK_RV refusal;

static bool
asks_for_profiles(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_CLASS class;

	for (CK_ULONG i = 0; i < n; i++) {
		if (t[i].type != CKA_CLASS)
			continue;
		memcpy(&class, t[i].pValue, sizeof(class));
		return class == CKO_PROFILE;
	}
	return false;
}

static CK_RV
their_init(CK_SESSION_HANDLE h, CK_ATTRIBUTE *t, CK_ULONG n)
{
	left = asks_for_profiles(t, n) ? 2 : 0;
	if (left > 0 && refusal != CKR_OK)
		return refusal;
	return real->C_FindObjectsInit(h, t, n);
}

/* Extended Provider, and one that we do not have. */
static CK_RV
their_find(CK_SESSION_HANDLE h, CK_OBJECT_HANDLE *o, CK_ULONG max, CK_ULONG *n)
{
	if (left == 0)
		return real->C_FindObjects(h, o, max, n);
	for (*n = 0; *n < max && left > 0; left--)
		o[(*n)++] = THEIRS + left;
	return CKR_OK;
}

static CK_RV
their_get(CK_SESSION_HANDLE h, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *t, CK_ULONG n)
{
	const CK_PROFILE_ID ids[] = { CKP_EXTENDED_PROVIDER,
		CKP_HKDF_TLS_TOKEN };

	if (o != THEIRS + 1 && o != THEIRS + 2)
		return real->C_GetAttributeValue(h, o, t, n);
	assert_int_equal(n, 1);
	assert_int_equal(t->type, CKA_PROFILE_ID);
	memcpy(t->pValue, &ids[o - THEIRS - 1], sizeof(*ids));
	t->ulValueLen = sizeof(*ids);
	return CKR_OK;
}

static void
patch(bool on)
{
	struct device *d = module_device();

	if (on) {
		real = d->f;
		patched = *real;
		patched.C_FindObjectsInit = their_init;
		patched.C_FindObjects = their_find;
		patched.C_GetAttributeValue = their_get;
	}
	d->f = on ? &patched : real;
}

/* Ours come first, and then theirs; of two for one profile, theirs is it. */
static void
test_theirs(void **state)
{
	CK_OBJECT_CLASS class = CKO_PROFILE;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE o[8];
	CK_ULONG n = 0;

	(void)state;
	patch(true);
	for (CK_ULONG max = 3; max <= 8; max += 5) {
		assert_int_equal(C_FindObjectsInit(s, &t, 1), CKR_OK);
		assert_int_equal(C_FindObjects(s, o, max, &n), CKR_OK);
		assert_int_equal(n, max == 8 ? 4 : 3);
		assert_int_equal(o[0], PROFOBJ_HANDLE | CKP_BASELINE_PROVIDER);
		assert_int_equal(o[1],
		    PROFOBJ_HANDLE | CKP_AUTHENTICATION_TOKEN);
		assert_int_equal(o[2], THEIRS + 2);
		assert_int_equal(C_FindObjects(s, o, max, &n), CKR_OK);
		assert_int_equal(n, max == 8 ? 0 : 1);
		assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	}
	/* A device that has never heard of the class; and a real failure. */
	refusal = CKR_ATTRIBUTE_VALUE_INVALID;
	assert_int_equal(found(s), THREE);
	refusal = CKR_DEVICE_MEMORY;
	assert_int_equal(C_FindObjectsInit(s, &t, 1), CKR_DEVICE_MEMORY);
	refusal = CKR_OK;
	patch(false);
	assert_int_equal(found(s), THREE);
}

static CK_RV
fault(const char *function)
{
	return !strcmp(function, "C_GetTokenInfo") ? CKR_FUNCTION_FAILED
						   : CKR_OK;
}

/* What cannot be found out is not said, and nothing else is lost. */
static void
test_fault(void **state)
{
	CK_OBJECT_CLASS class = CKO_PROFILE;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE o;
	CK_ULONG n = 9;

	(void)state;
	module_device()->fault = fault;
	assert_int_equal(C_FindObjectsInit(s, &t, 1), CKR_OK);
	assert_int_equal(C_FindObjects(s, &o, 1, &n), CKR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	module_device()->fault = NULL;
	assert_int_equal(found(s), THREE);
}

/* Each allocation that fails, and each call of the device, is said. */
static void
test_faults(void **state)
{
	CK_OBJECT_CLASS class = CKO_PROFILE;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	unsigned long n;
	CK_RV rv;

	(void)state;
	for (n = 1;; n++) {
		failmalloc_arm(n);
		rv = C_FindObjectsInit(s, &t, 1);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(rv, CKR_HOST_MEMORY);
		assert_int_equal(C_FindObjectsFinal(s),
		    CKR_OPERATION_NOT_INITIALIZED);
	}
	assert_true(n > 2);
	assert_int_equal(rv, CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	assert_int_equal(found(s), THREE);
}

static void
test_names(void **state)
{
	struct token t = { downstream_functions(), 0, 0 };
	bool holds = true;

	(void)state;
	assert_string_equal(profile_name(CKP_AUTHENTICATION_TOKEN),
	    "Authentication Token");
	assert_null(profile_name(CKP_INVALID_ID));
	assert_null(profile_name(CKP_COMPLETE_PROVIDER));
	assert_null(profile_name(~0UL));
	assert_int_equal(profile_holds(&t, CKP_COMPLETE_PROVIDER, &holds),
	    CKR_OK);
	assert_false(holds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_unchangeable),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_theirs),
		cmocka_unit_test(test_fault),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_certificates),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
