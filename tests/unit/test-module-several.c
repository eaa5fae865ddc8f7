/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Three devices at once: SoftHSMv2, a copy of it over the same tokens (so that
 * slots and handles are the same numbers in both), and NSS softokn.
 */
#include "config.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "module/device/handle.h"
#include "module/object/object.h"
#include "tests/support/module-start.h"
#include "tests/support/vectors.h"
#include "vendor-ext/pkcs11-3.h"

enum {
	HSM,
	COPY,
	NSS,
	DEVICES
};

static struct softhsm hsm;
static CK_SLOT_ID slot[DEVICES];
static CK_SESSION_HANDLE s[DEVICES];
static size_t devices;

static bool
copy_make(char *path, size_t size)
{
	static char part[1 << 16];
	FILE *from = fopen(hsm.module, "re"), *to;
	bool good;
	size_t n;

	(void)snprintf(path, size, "%s/copy.so", hsm.folder);
	to = fopen(path, "we");
	good = from != NULL && to != NULL;
	while (good && (n = fread(part, 1, sizeof(part), from)) > 0)
		good = fwrite(part, 1, n, to) == n;
	if (from != NULL)
		(void)fclose(from);
	return to != NULL && fclose(to) == 0 && good;
}

static const char *
nss_path(void)
{
	static char path[512];
	void *library = dlopen("libsoftokn3.so", RTLD_NOW | RTLD_LOCAL);
	Dl_info info;

	if (library == NULL ||
	    dladdr(dlsym(library, "C_GetFunctionList"), &info) == 0)
		return NULL;
	(void)snprintf(path, sizeof(path), "%s", info.dli_fname);
	return path;
}

static bool
configure(void)
{
	const char *nss = nss_path();
	char copy[128], text[2048];
	int n;

	if (!copy_make(copy, sizeof(copy)))
		return false;
	n = snprintf(text, sizeof(text),
	    "[device hsm]\nmodule = %s\nminimum-path = C\n"
	    "[device copy]\nmodule = %s\nminimum-path = B\nlock = slot\n",
	    hsm.module, copy);
	devices = nss != NULL ? 3 : 2;
	if (nss != NULL)
		(void)snprintf(text + n, sizeof(text) - (size_t)n,
		    "[device nss]\nmodule = %s\nminimum-path = A\nslots = 1\n"
		    "init-args = configdir='' certPrefix='' keyPrefix=''\n"
		    "\tsecmod='' flags=readOnly,noCertDB,noModDB,forceOpen\n",
		    nss);
	return module_configure(&hsm, text);
}

static bool
sessions_open(void)
{
	for (size_t i = 0; i < devices; i++)
		if (C_OpenSession(slot[i], MODULE_RW, NULL, NULL, &s[i]) !=
		    CKR_OK)
			return false;
	return C_Login(s[HSM], CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN) ==
	    CKR_OK &&
	    C_Login(s[COPY], CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN) == CKR_OK;
}

static int
setup(void **state)
{
	(void)state;
	if (!softhsm_new(&hsm, "several") || !softhsm_start(&hsm, "several"))
		return -1;
	softhsm_stop(&hsm);
	if (!configure() || C_Initialize(NULL) != CKR_OK)
		return -1;
	slot[HSM] = hsm.slot;
	slot[COPY] = hsm.slot | (CK_SLOT_ID)COPY << HANDLE_SHIFT;
	/* "NSS Generic Crypto Services": no login, session objects only. */
	slot[NSS] = 1 | (CK_SLOT_ID)NSS << HANDLE_SHIFT;
	return sessions_open() ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	return C_Finalize(NULL) == CKR_OK ? 0 : -1;
}

static void
test_slots(void **state)
{
	CK_SLOT_ID list[16];
	CK_TOKEN_INFO info;
	CK_SESSION_INFO session;
	CK_ULONG n = nitems(list);

	(void)state;
	assert_int_equal(C_GetSlotList(CK_TRUE, list, &n), CKR_OK);
	for (size_t i = 0; i < devices; i++) {
		CK_ULONG found = 0;

		for (CK_ULONG j = 0; j < n; j++)
			found += list[j] == slot[i];
		assert_int_equal(found, 1);
		assert_int_equal(C_GetTokenInfo(slot[i], &info), CKR_OK);
		assert_memory_equal(info.label, i == NSS ? "NSS" : "several",
		    i == NSS ? 3 : 7);
		assert_int_equal(C_GetSessionInfo(s[i], &session), CKR_OK);
		assert_int_equal(session.slotID, slot[i]);
	}
	if (devices < DEVICES)
		print_message("# libsoftokn3.so is not here: two devices\n");
}

struct pair {
	CK_OBJECT_HANDLE public;
	CK_OBJECT_HANDLE private;
};

static struct pair
generate(size_t i)
{
	CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE public[] = { { CKA_EC_PARAMS, p256, sizeof(p256) },
		{ CKA_TOKEN, &no, 1 }, { CKA_VERIFY, &yes, 1 } };
	CK_ATTRIBUTE private[] = { { CKA_TOKEN, &no, 1 },
		{ CKA_DERIVE, &yes, 1 }, { CKA_SIGN, &yes, 1 },
		{ CKA_SENSITIVE, &yes, 1 }, { CKA_EXTRACTABLE, &no, 1 } };
	struct pair p = { 0, 0 };

	assert_int_equal(C_GenerateKeyPair(s[i], &m, public, nitems(public),
			     private, nitems(private), &p.public, &p.private),
	    CKR_OK);
	assert_int_equal(HANDLE_INDEX(p.public), i);
	assert_int_equal(HANDLE_INDEX(p.private), i);
	return p;
}

static void
destroy(size_t i, struct pair p)
{
	assert_int_equal(C_DestroyObject(s[i], p.public), CKR_OK);
	assert_int_equal(C_DestroyObject(s[i], p.private), CKR_OK);
}

/* Operations of all devices run beside each other. */
static void
test_sign(void **state)
{
	CK_MECHANISM m = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 1, 2, 3 }, signature[DEVICES][64];
	struct pair p[DEVICES];
	CK_ULONG len;

	(void)state;
	for (size_t i = 0; i < devices; i++) {
		p[i] = generate(i);
		assert_int_equal(C_SignInit(s[i], &m, p[i].private), CKR_OK);
	}
	for (size_t i = 0; i < devices; i++) {
		len = 64;
		assert_int_equal(C_Sign(s[i], digest, 32, signature[i], &len),
		    CKR_OK);
		assert_int_equal(len, 64);
	}
	for (size_t i = 0; i < devices; i++) {
		assert_int_equal(C_VerifyInit(s[i], &m, p[i].public), CKR_OK);
		assert_int_equal(C_Verify(s[i], digest, 32, signature[i], 64),
		    CKR_OK);
		assert_int_equal(C_VerifyInit(s[i], &m, p[i].public), CKR_OK);
		assert_int_equal(C_Verify(s[i], digest, 32,
				     signature[(i + 1) % devices], 64),
		    CKR_SIGNATURE_INVALID);
	}
	for (size_t i = 0; i < devices; i++)
		destroy(i, p[i]);
}

/* The key of one device is none of another, though the numbers are the same. */
static void
test_foreign(void **state)
{
	CK_MECHANISM m = { CKM_ECDSA, NULL, 0 };
	CK_OBJECT_CLASS class;
	CK_ATTRIBUTE a = { CKA_CLASS, &class, sizeof(class) };
	struct pair p[DEVICES];
	CK_ULONG size;

	(void)state;
	for (size_t i = 0; i < devices; i++)
		p[i] = generate(i);
	for (size_t i = 0; i < devices; i++) {
		/* What each of them says to a handle that nothing has. */
		CK_OBJECT_HANDLE none = i << HANDLE_SHIFT | 0xfffff0;
		CK_RV sign = C_SignInit(s[i], &m, none);
		CK_RV get = C_GetAttributeValue(s[i], none, &a, 1);
		CK_RV destroyed = C_DestroyObject(s[i], none);
		CK_RV sized = C_GetObjectSize(s[i], none, &size);

		assert_int_not_equal(sign, CKR_OK);
		assert_int_not_equal(get, CKR_OK);
		for (size_t j = 0; j < devices; j++) {
			if (j == i)
				continue;
			assert_int_equal(C_SignInit(s[i], &m, p[j].private),
			    sign);
			assert_int_equal(C_GetAttributeValue(s[i], p[j].private,
					     &a, 1),
			    get);
			assert_int_equal(C_DestroyObject(s[i], p[j].public),
			    destroyed);
			assert_int_equal(C_GetObjectSize(s[i], p[j].public,
					     &size),
			    sized);
		}
	}
	/* None was touched. */
	for (size_t i = 0; i < devices; i++)
		destroy(i, p[i]);
}

static CK_ULONG
find(size_t i, CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_HANDLE o[32];
	CK_ULONG found = 0;

	assert_int_equal(C_FindObjectsInit(s[i], t, n), CKR_OK);
	assert_int_equal(C_FindObjects(s[i], o, nitems(o), &found), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s[i]), CKR_OK);
	for (CK_ULONG j = 0; j < found; j++)
		assert_int_equal(HANDLE_INDEX(o[j]), i);
	if (found > 0 && ret != NULL)
		*ret = o[0];
	return found;
}

static void
test_find(void **state)
{
	CK_OBJECT_CLASS private = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE t = { CKA_CLASS, &private, sizeof(private) };
	CK_OBJECT_HANDLE o = 0;
	CK_ULONG before[DEVICES];
	struct pair p;

	(void)state;
	for (size_t i = 0; i < devices; i++)
		before[i] = find(i, &t, 1, NULL);
	for (size_t i = 0; i < devices; i++) {
		p = generate(i);
		for (size_t j = 0; j < devices; j++)
			assert_int_equal(find(j, &t, 1, &o),
			    before[j] + (i == j));
		assert_int_equal(find(i, &t, 1, &o), 1);
		assert_int_equal(o, p.private);
		destroy(i, p);
	}
}

/* Each by the path that it can, and no weaker one than it may. */
static void
test_device_mac(void **state)
{
	static const CK_ULONG path[DEVICES] = { MDOC_KEY_PATH_C,
		MDOC_KEY_PATH_C, MDOC_KEY_PATH_A };
	CK_MECHANISM m = { CKM_MDOC_DEVICE_MAC, NULL, 0 };
	struct blob data = BLOB_INIT;
	CK_BYTE tag[32];
	CK_ULONG got, len;
	CK_ATTRIBUTE a = { CKA_MDOC_KEY_PATH, &got, sizeof(got) };
	struct pair p;

	(void)state;
	assert_true(vectors_read_own("tests/vectors/device-mac/data.hex",
	    &data));
	for (size_t i = 0; i < devices; i++) {
		p = generate(i);
		assert_int_equal(C_GetAttributeValue(s[i], p.private, &a, 1),
		    CKR_OK);
		assert_int_equal(got, path[i]);
		len = sizeof(tag);
		assert_int_equal(C_SignInit(s[i], &m, p.private), CKR_OK);
		/* The copy asks for B. */
		assert_int_equal(C_Sign(s[i], data.ptr, data.len, tag, &len),
		    i == COPY ? CKR_KEY_FUNCTION_NOT_PERMITTED : CKR_OK);
		destroy(i, p);
	}
	blob_reset(&data);
}

/* With a key whose tag is known. */
static void
test_mac_vector(void **state)
{
	CK_FUNCTION_LIST f = { .C_CreateObject = C_CreateObject };
	static const CK_BYTE id[] = { 0x51 };
	CK_MECHANISM m = { CKM_MDOC_DEVICE_MAC, NULL, 0 };
	struct blob data = BLOB_INIT, d = BLOB_INIT, wanted = BLOB_INIT;
	struct softhsm_key key = { .id = bytes_of(id, sizeof(id)) };
	CK_OBJECT_HANDLE o;
	CK_BYTE tag[32];
	CK_ULONG len = sizeof(tag);

	(void)state;
	assert_true(vectors_read_own("tests/vectors/device-mac/data.hex",
			&data) &&
	    vectors_read_own("tests/vectors/device-mac/device-key.hex", &d) &&
	    vectors_read_own("tests/vectors/device-mac/tag.hex", &wanted));
	key.d = blob_bytes(&d);
	assert_int_equal(softhsm_import(&f, s[HSM], &key, &o, NULL), CKR_OK);
	assert_int_equal(C_SignInit(s[HSM], &m, o), CKR_OK);
	assert_int_equal(C_Sign(s[HSM], data.ptr, data.len, tag, &len), CKR_OK);
	assert_int_equal(len, wanted.len);
	assert_memory_equal(tag, wanted.ptr, len);
	assert_int_equal(C_DestroyObject(s[HSM], o), CKR_OK);
	blob_reset(&data);
	blob_reset(&d);
	blob_reset(&wanted);
}

static CK_OBJECT_HANDLE
credential_new(size_t i)
{
	CK_OBJECT_CLASS class = CKO_MDOC_CREDENTIAL;
	CK_BBOOL no = CK_FALSE;
	CK_ULONG uses = 5, valid = 1000;
	CK_BYTE value[] = { 0xa1, 0x61, 'x', 0x01 }, id[] = { 7 };
	char doc_type[] = "org.iso.18013.5.1.mDL";
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &no, 1 }, { CKA_ID, id, sizeof(id) },
		{ CKA_VALUE, value, sizeof(value) },
		{ CKA_MDOC_DOC_TYPE, doc_type, sizeof(doc_type) - 1 },
		{ CKA_MDOC_VALID_FROM, &valid, sizeof(valid) },
		{ CKA_MDOC_VALID_UNTIL, &valid, sizeof(valid) },
		{ CKA_MDOC_USES_LEFT, &uses, sizeof(uses) } };
	CK_OBJECT_HANDLE o = 0;

	assert_int_equal(C_CreateObject(s[i], t, nitems(t), &o), CKR_OK);
	assert_true(object_is_vendor(o));
	assert_int_equal(HANDLE_INDEX(o), i);
	return o;
}

static CK_RV
uses_of(size_t i, CK_OBJECT_HANDLE o, CK_ULONG *ret)
{
	CK_ATTRIBUTE a = { CKA_MDOC_USES_LEFT, ret, sizeof(*ret) };

	return C_GetAttributeValue(s[i], o, &a, 1);
}

/* Objects of ours, and their aliases, are those of one device too. */
static void
test_credentials(void **state)
{
	CK_OBJECT_CLASS class = CKO_MDOC_CREDENTIAL;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE o[2], found;
	CK_ULONG uses;
	CK_ATTRIBUTE a = { CKA_MDOC_USES_LEFT, &uses, sizeof(uses) };

	(void)state;
	for (size_t i = HSM; i <= COPY; i++) {
		o[i] = credential_new(i);
		assert_int_equal(find(i, &t, 1, &found), 1);
		assert_int_equal(found, o[i]);
	}
	/* Changed: another object carries it, under the old handle. */
	for (size_t i = HSM; i <= COPY; i++) {
		uses = 10 + i;
		assert_int_equal(C_SetAttributeValue(s[i], o[i], &a, 1),
		    CKR_OK);
	}
	for (size_t i = HSM; i <= COPY; i++) {
		assert_int_equal(uses_of(i, o[i], &uses), CKR_OK);
		assert_int_equal(uses, 10 + i);
		assert_int_not_equal(uses_of(i, o[1 - i], &uses), CKR_OK);
		assert_int_not_equal(C_DestroyObject(s[i], o[1 - i]), CKR_OK);
	}
	for (size_t i = HSM; i <= COPY; i++)
		assert_int_equal(C_DestroyObject(s[i], o[i]), CKR_OK);
}

static CK_OBJECT_HANDLE
secret_new(size_t i, CK_BYTE fill)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_BYTE value[32];
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) }, { CKA_TOKEN, &no, 1 },
		{ CKA_DERIVE, &yes, 1 }, { CKA_SIGN, &yes, 1 },
		{ CKA_SENSITIVE, &no, 1 }, { CKA_EXTRACTABLE, &yes, 1 },
		{ CKA_VALUE, value, sizeof(value) } };
	CK_OBJECT_HANDLE o = 0;

	memset(value, fill, sizeof(value));
	assert_int_equal(C_CreateObject(s[i], t, nitems(t), &o), CKR_OK);
	return o;
}

static CK_RV
derive(size_t i, CK_MECHANISM *m, CK_OBJECT_HANDLE base, CK_BYTE value[64])
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	CK_ULONG len = m->mechanism == CKM_HKDF_DERIVE ? 32 : 64;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_VALUE_LEN, &len, sizeof(len) }, { CKA_TOKEN, &no, 1 },
		{ CKA_SENSITIVE, &no, 1 }, { CKA_EXTRACTABLE, &yes, 1 } };
	CK_ATTRIBUTE a = { CKA_VALUE, value, 64 };
	CK_OBJECT_HANDLE o;
	CK_RV rv;

	rv = C_DeriveKey(s[i], m, base, t, nitems(t), &o);
	if (rv != CKR_OK)
		return rv;
	assert_int_equal(HANDLE_INDEX(o), i);
	assert_int_equal(C_GetAttributeValue(s[i], o, &a, 1), CKR_OK);
	assert_int_equal(a.ulValueLen, len);
	assert_int_equal(C_DestroyObject(s[i], o), CKR_OK);
	return CKR_OK;
}

/* Handles inside of parameters, by a device that takes them. */
static void
test_parameters(void **state)
{
	CK_BYTE salt[32], by_data[64], by_key[64];
	CK_OBJECT_HANDLE base, other;
	struct pkcs11_hkdf_params hkdf = { .extract = CK_TRUE,
		.expand = CK_TRUE,
		.prf = CKM_SHA256,
		.salt_type = PKCS11_HKDF_SALT_DATA,
		.salt = salt,
		.salt_len = sizeof(salt) };
	CK_MECHANISM m = { CKM_HKDF_DERIVE, &hkdf, sizeof(hkdf) };
	CK_MECHANISM join = { CKM_CONCATENATE_BASE_AND_KEY, &other,
		sizeof(other) };

	(void)state;
	if (devices < DEVICES) {
		print_message("# skipped: libsoftokn3.so is not here\n");
		skip();
	}
	memset(salt, 2, sizeof(salt));
	base = secret_new(NSS, 1);
	other = secret_new(NSS, 2);
	assert_int_equal(derive(NSS, &m, base, by_data), CKR_OK);
	hkdf.salt_type = 4; /* CKF_HKDF_SALT_KEY */
	hkdf.salt_key = other;
	assert_int_equal(derive(NSS, &m, base, by_key), CKR_OK);
	assert_memory_equal(by_data, by_key, 32);
	assert_int_equal(hkdf.salt_key, other);
	assert_int_equal(derive(NSS, &join, base, by_key), CKR_OK);
	assert_int_equal(by_key[0], 1);
	assert_int_equal(by_key[63], 2);
	/* The same number of another device. */
	hkdf.salt_key = other = other & ~HANDLE_MASK;
	assert_int_not_equal(derive(NSS, &m, base, by_key), CKR_OK);
	assert_int_not_equal(derive(NSS, &join, base, by_key), CKR_OK);
	assert_int_equal(C_DestroyObject(s[NSS], base), CKR_OK);
}

/* Logging out of one leaves the other where it was. */
static void
test_logout(void **state)
{
	CK_SESSION_INFO info;

	(void)state;
	assert_int_equal(C_Logout(s[HSM]), CKR_OK);
	assert_int_equal(C_GetSessionInfo(s[HSM], &info), CKR_OK);
	assert_int_equal(info.state, CKS_RW_PUBLIC_SESSION);
	assert_int_equal(C_GetSessionInfo(s[COPY], &info), CKR_OK);
	assert_int_equal(info.state, CKS_RW_USER_FUNCTIONS);
	assert_int_equal(C_Login(s[HSM], CKU_USER, softhsm_pin,
			     SOFTHSM_PIN_LEN),
	    CKR_OK);
}

static void
test_close_all(void **state)
{
	CK_SESSION_INFO info;
	CK_SESSION_HANDLE again;

	(void)state;
	for (size_t i = 0; i < devices; i++) {
		assert_int_equal(C_OpenSession(slot[i], MODULE_RW, NULL, NULL,
				     &again),
		    CKR_OK);
		assert_int_equal(C_CloseAllSessions(slot[i]), CKR_OK);
		assert_int_equal(C_GetSessionInfo(again, &info),
		    CKR_SESSION_HANDLE_INVALID);
		for (size_t j = 0; j < devices; j++)
			assert_int_equal(C_GetSessionInfo(s[j], &info),
			    j <= i ? CKR_SESSION_HANDLE_INVALID : CKR_OK);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_sign),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_device_mac),
		cmocka_unit_test(test_mac_vector),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_logout),
		cmocka_unit_test(test_close_all),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
