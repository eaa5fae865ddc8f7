/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Credentials in a folder instead of the token. SoftHSMv2 does what tokens
 * without private CKO_DATA do here; those are in tests/integration.
 */
#include "config.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "module/device/handle.h"
#include "module/object/object.h"
#include "module/store/store.h"
#include "tests/support/module-start.h"

static struct softhsm hsm;
static CK_SLOT_ID slot;
static CK_SESSION_HANDLE s;
static char folder[128];

static CK_OBJECT_CLASS credential_class = CKO_MDOC_CREDENTIAL;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

/* several: the token is that of the second of two devices. */
static bool
start(bool several)
{
	char text[1024], first[256] = "";
	CK_RV rv;

	if (several)
		(void)snprintf(first, sizeof(first),
		    "[device gone]\nmodule = /nowhere\n");
	(void)snprintf(text, sizeof(text),
	    "%s[device hsm]\nmodule = %s\nstore = %s\n", first, hsm.module,
	    folder);
	slot = several ? hsm.slot | (CK_SLOT_ID)1 << HANDLE_SHIFT : hsm.slot;
	if (!module_configure(&hsm, text))
		return false;
	rv = C_Initialize(NULL);
	if (rv == CKR_OK)
		rv = C_OpenSession(slot, MODULE_RW, NULL, NULL, &s);
	if (rv == CKR_OK)
		rv = C_Login(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN);
	return rv == CKR_OK;
}

static int
setup(void **state)
{
	(void)state;
	if (!softhsm_new(&hsm, "store") || !softhsm_start(&hsm, "store"))
		return -1;
	softhsm_stop(&hsm);
	(void)snprintf(folder, sizeof(folder), "%s/records", hsm.folder);
	return start(false) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	return C_Finalize(NULL) == CKR_OK ? 0 : -1;
}

static CK_RV
create(CK_BBOOL *on_token, const char *label, const char *doc_type,
    CK_OBJECT_HANDLE *ret)
{
	CK_BYTE value[] = { 0xa1, 0x61, 'x', 0x01 };
	CK_ULONG valid = 1000, uses = 5;
	CK_BYTE id[] = { 7 };
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &credential_class, sizeof(credential_class) },
		{ CKA_TOKEN, on_token, 1 },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
		{ CKA_ID, id, sizeof(id) },
		{ CKA_VALUE, value, sizeof(value) },
		{ CKA_MDOC_DOC_TYPE, (void *)(uintptr_t)doc_type,
		    strlen(doc_type) },
		{ CKA_MDOC_VALID_FROM, &valid, sizeof(valid) },
		{ CKA_MDOC_VALID_UNTIL, &valid, sizeof(valid) },
		{ CKA_MDOC_USES_LEFT, &uses, sizeof(uses) },
	};

	return C_CreateObject(s, t, nitems(t), ret);
}

static CK_OBJECT_HANDLE
create_good(const char *label)
{
	CK_OBJECT_HANDLE o = 0;

	assert_int_equal(create(&yes, label, "org.example", &o), CKR_OK);
	assert_true(object_is_vendor(o));
	return o;
}

static CK_RV
uses_get(CK_OBJECT_HANDLE o, CK_ULONG *ret)
{
	CK_ATTRIBUTE a = { CKA_MDOC_USES_LEFT, ret, sizeof(*ret) };

	return C_GetAttributeValue(s, o, &a, 1);
}

static CK_ULONG
find(CK_ATTRIBUTE_TYPE type, const char *value, CK_OBJECT_HANDLE *ret)
{
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &credential_class, sizeof(credential_class) },
		{ type, (void *)(uintptr_t)value,
		    value != NULL ? strlen(value) : 0 },
	};
	CK_OBJECT_HANDLE o[32];
	CK_ULONG n = 0;

	assert_int_equal(C_FindObjectsInit(s, t, value != NULL ? 2 : 1),
	    CKR_OK);
	assert_int_equal(C_FindObjects(s, o, nitems(o), &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	if (n > 0 && ret != NULL)
		*ret = o[0];
	return n;
}

/* Files of all groups; path: of the one seen last. */
static size_t
files(char *path, size_t size)
{
	struct dirent *g, *f;
	char group[512];
	DIR *top = opendir(folder), *dir;
	size_t n = 0;

	while (top != NULL && (g = readdir(top)) != NULL) {
		if (g->d_name[0] == '.')
			continue;
		(void)snprintf(group, sizeof(group), "%s/%.32s", folder,
		    g->d_name);
		dir = opendir(group);
		assert_non_null(dir);
		while ((f = readdir(dir)) != NULL) {
			if (f->d_name[0] == '.')
				continue;
			n++;
			if (path != NULL)
				(void)snprintf(path, size, "%s/%.32s", group,
				    f->d_name);
		}
		(void)closedir(dir);
	}
	if (top != NULL)
		(void)closedir(top);
	return n;
}

/* Does the file hold these bytes in the clear? */
static bool
holds(const char *path, const char *text)
{
	static char content[65536];
	FILE *f = fopen(path, "re");
	size_t n;

	assert_non_null(f);
	n = fread(content, 1, sizeof(content), f);
	assert_int_equal(fclose(f), 0);
	return memmem(content, n, text, strlen(text)) != NULL;
}

static void
test_life(void **state)
{
	CK_OBJECT_HANDLE o, found = 0, copy;
	CK_ULONG uses = 0, size = 0;
	CK_ATTRIBUTE a = { CKA_MDOC_USES_LEFT, &uses, sizeof(uses) };
	char path[1024];

	(void)state;
	assert_int_equal(find(CKA_LABEL, NULL, NULL), 0);
	assert_int_equal(files(NULL, 0), 0);
	o = create_good("mine");
	assert_int_equal(files(path, sizeof(path)), 1);
	assert_false(holds(path, "mine"));
	assert_false(holds(path, "org.example"));
	assert_int_equal(uses_get(o, &uses), CKR_OK);
	assert_int_equal(uses, 5);
	assert_int_equal(C_GetObjectSize(s, o, &size), CKR_OK);
	assert_true(size > 10);
	/* Changed: another file, under the old handle. */
	uses = 4;
	assert_int_equal(C_SetAttributeValue(s, o, &a, 1), CKR_OK);
	assert_int_equal(files(NULL, 0), 1);
	uses = 0;
	assert_int_equal(uses_get(o, &uses), CKR_OK);
	assert_int_equal(uses, 4);
	assert_int_equal(C_CopyObject(s, o, NULL, 0, &copy), CKR_OK);
	assert_int_equal(files(NULL, 0), 2);
	assert_int_equal(find(CKA_LABEL, "mine", &found), 2);
	assert_int_equal(find(CKA_LABEL, "other", NULL), 0);
	assert_int_equal(find(CKA_MDOC_DOC_TYPE, "org.example", NULL), 2);
	assert_int_equal(find(CKA_MDOC_DOC_TYPE, "org", NULL), 0);
	assert_int_equal(C_DestroyObject(s, copy), CKR_OK);
	assert_int_equal(C_DestroyObject(s, o), CKR_OK);
	assert_int_equal(files(NULL, 0), 0);
	assert_int_equal(uses_get(o, &uses), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_DestroyObject(s, o), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(find(CKA_LABEL, NULL, NULL), 0);
}

/* Many, so that several rounds of a search are needed. */
static void
test_many(void **state)
{
	CK_OBJECT_HANDLE o;
	char label[16];

	(void)state;
	for (int i = 0; i < 70; i++) {
		(void)snprintf(label, sizeof(label), "many %d", i);
		(void)create_good(label);
	}
	assert_int_equal(files(NULL, 0), 70);
	assert_int_equal(find(CKA_LABEL, "many 69", NULL), 1);
	for (int i = 0; i < 70; i++) {
		(void)snprintf(label, sizeof(label), "many %d", i);
		assert_int_equal(find(CKA_LABEL, label, &o), 1);
		assert_int_equal(C_DestroyObject(s, o), CKR_OK);
	}
	assert_int_equal(files(NULL, 0), 0);
}

/* As private objects: for who is logged in, and who may write. */
static void
test_rights(void **state)
{
	CK_OBJECT_HANDLE o = create_good("private"), found;
	CK_SESSION_HANDLE rw = s, ro;
	CK_ULONG uses;

	(void)state;
	assert_int_equal(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL,
			     &ro),
	    CKR_OK);
	s = ro;
	assert_int_equal(uses_get(o, &uses), CKR_OK);
	assert_int_equal(find(CKA_LABEL, "private", NULL), 1);
	assert_int_equal(create(&yes, "x", "org.example", &found),
	    CKR_SESSION_READ_ONLY);
	assert_int_equal(C_DestroyObject(s, o), CKR_SESSION_READ_ONLY);
	s = rw;
	assert_int_equal(C_Logout(s), CKR_OK);
	assert_int_equal(uses_get(o, &uses), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(find(CKA_LABEL, NULL, NULL), 0);
	assert_int_equal(create(&yes, "x", "org.example", &found),
	    CKR_USER_NOT_LOGGED_IN);
	assert_int_not_equal(C_DestroyObject(s, o), CKR_OK);
	/* The security officer, with whom there are no sessions to read. */
	assert_int_equal(C_CloseSession(ro), CKR_OK);
	assert_int_equal(C_Login(s, CKU_SO, softhsm_so_pin, SOFTHSM_SO_PIN_LEN),
	    CKR_OK);
	assert_int_equal(find(CKA_LABEL, NULL, NULL), 0);
	assert_int_equal(create(&yes, "x", "org.example", &found),
	    CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(C_Logout(s), CKR_OK);
	assert_int_equal(C_Login(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN),
	    CKR_OK);
	assert_int_equal(find(CKA_LABEL, "private", &found), 1);
	assert_int_equal(C_DestroyObject(s, found), CKR_OK);
}

/* Those of a session are the device's; both are found. */
static void
test_session_objects(void **state)
{
	CK_OBJECT_HANDLE mine, token = create_good("both");

	(void)state;
	assert_int_equal(create(&no, "both", "org.example", &mine), CKR_OK);
	assert_int_equal(files(NULL, 0), 1);
	assert_int_equal(find(CKA_LABEL, "both", NULL), 2);
	assert_int_equal(C_DestroyObject(s, mine), CKR_OK);
	assert_int_equal(find(CKA_LABEL, "both", NULL), 1);
	assert_int_equal(C_DestroyObject(s, token), CKR_OK);
}

/* The application's own operations are not disturbed. */
static void
test_beside_others(void **state)
{
	CK_MECHANISM sha = { CKM_SHA256, NULL, 0 };
	CK_OBJECT_HANDLE o, found[8];
	CK_BYTE digest[32];
	CK_ULONG n = 0, len = 32, uses;

	(void)state;
	/* SoftHSMv2 has one operation in a session. */
	assert_int_equal(C_FindObjectsInit(s, NULL, 0), CKR_OK);
	o = create_good("beside");
	assert_int_equal(uses_get(o, &uses), CKR_OK);
	assert_int_equal(C_FindObjects(s, found, 8, &n), CKR_OK);
	/* The pair that seals, at least. */
	assert_true(n >= 2);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	assert_int_equal(C_DigestInit(s, &sha), CKR_OK);
	assert_int_equal(uses_get(o, &uses), CKR_OK);
	assert_int_equal(C_DestroyObject(s, o), CKR_OK);
	assert_int_equal(C_Digest(s, digest, 1, digest, &len), CKR_OK);
}

static void
damage(const char *path)
{
	FILE *f = fopen(path, "r+e");

	assert_non_null(f);
	assert_int_equal(fseek(f, -1, SEEK_END), 0);
	assert_true(fputc(0x5a, f) != EOF && fseek(f, -2, SEEK_END) == 0 &&
	    fputc(0x5a, f) != EOF);
	assert_int_equal(fclose(f), 0);
}

/* Found again by another process; damaged: no credential, but removable. */
static void
test_again(void **state)
{
	CK_OBJECT_HANDLE o = create_good("again");
	char path[1024];
	CK_ULONG uses;

	(void)state;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_true(start(false));
	assert_int_equal(find(CKA_LABEL, "again", &o), 1);
	assert_int_equal(uses_get(o, &uses), CKR_OK);
	assert_int_equal(uses, 5);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(files(path, sizeof(path)), 1);
	damage(path);
	assert_true(start(false));
	assert_int_equal(find(CKA_LABEL, "again", NULL), 0);
	assert_int_equal(files(NULL, 0), 1);
	assert_int_equal(unlink(path), 0);
}

static void
test_damaged(void **state)
{
	CK_OBJECT_HANDLE o = create_good("first"), second;
	char path[1024];
	CK_ULONG uses;

	(void)state;
	assert_int_equal(files(path, sizeof(path)), 1);
	/* So that the first is not what was read last. */
	second = create_good("second");
	assert_int_equal(uses_get(second, &uses), CKR_OK);
	damage(path);
	assert_int_equal(uses_get(o, &uses), CKR_DATA_INVALID);
	assert_int_equal(uses_get(second, &uses), CKR_OK);
	assert_int_equal(C_DestroyObject(s, o), CKR_OK);
	assert_int_equal(files(NULL, 0), 1);
	assert_int_equal(C_DestroyObject(s, second), CKR_OK);
}

/* A record with the name of another, or of another token's key. */
static void
test_swapped(void **state)
{
	CK_OBJECT_HANDLE o[2] = { create_good("one"), 0 };
	char one[1024], two[1024], stray[1200];
	CK_ULONG uses;

	(void)state;
	assert_int_equal(files(one, sizeof(one)), 1);
	assert_int_equal(uses_get(o[0], &uses), CKR_OK);
	(void)snprintf(two, sizeof(two), "%s", one);
	two[strlen(two) - 1] = two[strlen(two) - 1] == '0' ? '1' : '0';
	assert_int_equal(rename(one, two), 0);
	/* The name is part of what is sealed. */
	assert_int_equal(find(CKA_LABEL, "one", NULL), 0);
	assert_int_equal(rename(two, one), 0);
	assert_int_equal(find(CKA_LABEL, "one", NULL), 1);
	/* A group whose key is not in this token. */
	(void)snprintf(stray, sizeof(stray), "%s/%s", folder,
	    "00000000000000000000000000000000");
	two[strlen(two) - 33] = '\0';
	assert_int_equal(rename(two, stray), 0);
	assert_int_equal(find(CKA_LABEL, "one", NULL), 0);
	assert_int_equal(uses_get(o[0], &uses), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(rename(stray, two), 0);
	assert_int_equal(C_DestroyObject(s, o[0]), CKR_OK);
}

/* With a prefix before everything. */
static void
test_several(void **state)
{
	CK_OBJECT_HANDLE o, found = 0;
	CK_ULONG uses;

	(void)state;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_true(start(true));
	o = create_good("prefix");
	assert_int_equal(HANDLE_INDEX(o), 1);
	assert_int_equal(find(CKA_LABEL, "prefix", &found), 1);
	assert_int_equal(HANDLE_INDEX(found), 1);
	assert_int_equal(uses_get(found, &uses), CKR_OK);
	/* The same number of the other device. */
	assert_int_equal(uses_get(found & ~HANDLE_MASK, &uses),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_DestroyObject(s, o), CKR_OK);
	assert_int_equal(files(NULL, 0), 0);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_true(start(false));
}

/* One key pair, however many records there were. */
static void
test_one_key(void **state)
{
	CK_OBJECT_CLASS private = CKO_PRIVATE_KEY;
	char label[] = STORE_LABEL;
	CK_BBOOL flag = CK_TRUE;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &private, sizeof(private) },
		{ CKA_LABEL, label, sizeof(label) - 1 } };
	CK_ATTRIBUTE a = { CKA_EXTRACTABLE, &flag, sizeof(flag) };
	CK_OBJECT_HANDLE o[4];
	CK_ULONG n = 0;

	(void)state;
	assert_int_equal(C_FindObjectsInit(s, t, nitems(t)), CKR_OK);
	assert_int_equal(C_FindObjects(s, o, 4, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(C_GetAttributeValue(s, o[0], &a, 1), CKR_OK);
	assert_int_equal(flag, CK_FALSE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_session_objects),
		cmocka_unit_test(test_beside_others),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_one_key),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
