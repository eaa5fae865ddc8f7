/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Purpose-bound keys over NSS softokn with a database: it has no place for a
 * private CKO_DATA, so that a key there cannot be bound, and says so before
 * there is one.
 */
#include "config.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/bound.h"
#include "tests/support/module-start.h"

/* "NSS Certificate DB" */
#define SLOT 2

static char folder[] = "/tmp/p11-mdoc-nss-XXXXXX";
static CK_SESSION_HANDLE s;

/* A database with a PIN; false: there is no certutil, or no NSS. */
static bool
database_make(void)
{
	char command[256];

	if (mkdtemp(folder) == NULL)
		return false;
	(void)snprintf(command, sizeof(command),
	    "cd %s && printf '%s\\n' >pin && "
	    "certutil -N -d sql:. -f pin >certutil.log 2>&1",
	    folder, SOFTHSM_PIN);
	return system(command) == 0;
}

static bool
configure(void)
{
	void *library = dlopen("libsoftokn3.so", RTLD_NOW | RTLD_LOCAL);
	char path[64];
	Dl_info info;
	FILE *f;

	if (library == NULL ||
	    dladdr(dlsym(library, "C_GetFunctionList"), &info) == 0)
		return false;
	(void)snprintf(path, sizeof(path), "%s/p11-mdoc.conf", folder);
	f = fopen(path, "we");
	if (f == NULL)
		return false;
	fprintf(f,
	    "[device nss]\nmodule = %s\nslots = %d\n"
	    "init-args = configdir='sql:%s' certPrefix='' keyPrefix=''\n"
	    "\tsecmod='' flags=\n",
	    info.dli_fname, SLOT, folder);
	return fclose(f) == 0 && setenv("P11_MDOC_CONF", path, 1) == 0;
}

static int
setup(void **state)
{
	(void)state;
	if (!database_make() || !configure())
		return 0;
	if (C_Initialize(NULL) != CKR_OK ||
	    C_OpenSession(SLOT, MODULE_RW, NULL, NULL, &s) != CKR_OK)
		return -1;
	return C_Login(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN) == CKR_OK
	    ? 0
	    : -1;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (s != 0 && C_Finalize(NULL) != CKR_OK)
		return -1;
	return system(command) == 0 ? 0 : -1;
}

static CK_ULONG
count(CK_OBJECT_CLASS class)
{
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE found[16];
	CK_ULONG n;

	assert_int_equal(C_FindObjectsInit(s, &t, 1), CKR_OK);
	assert_int_equal(C_FindObjects(s, found, nitems(found), &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	return n;
}

static void
test_bind(void **state)
{
	struct bound_key k = { .id = "k", .purpose = MDOC_PURPOSE_DEVICE };
	const struct bound_key device = { .purpose = MDOC_PURPOSE_DEVICE };
	CK_BYTE digest[32] = { 1 }, signature[64];
	CK_ULONG len = sizeof(signature);
	CK_OBJECT_HANDLE key;

	(void)state;
	if (s == 0) {
		print_message("# skipped: no certutil, or no NSS softokn\n");
		skip();
	}
	assert_int_equal(bound_generate(s, &k, &key, NULL),
	    CKR_ATTRIBUTE_TYPE_INVALID);
	assert_int_equal(count(CKO_PRIVATE_KEY), 0);
	k.of_session = true;
	assert_int_equal(bound_generate(s, &k, &key, NULL),
	    CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(count(CKO_PRIVATE_KEY), 0);
	/* a key of the token, later: it stays as it is */
	k = (struct bound_key){ .id = "k", .sealed = true };
	assert_int_equal(bound_generate(s, &k, &key, NULL), CKR_OK);
	assert_int_equal(bound_set(s, key, &device),
	    CKR_ATTRIBUTE_TYPE_INVALID);
	assert_int_equal(bound_get(s, key, CKA_MDOC_PURPOSE), 0);
	assert_int_equal(bound_sign(s, CKM_ECDSA, key, bytes_of(digest, 32),
			     signature, &len),
	    CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bind),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
