/* SPDX-License-Identifier: BSD-3-Clause */
/* What p11-mdoc.so hands out, as an application sees it that loads it. */
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

#include "common/util.h"
#include "module/api/pkcs11-3.h"
#include "tests/support/module-start.h"

#define MAX 8

static CK_C_GetFunctionList get_list;
static CK_C_GetInterfaceList get_interfaces;
static CK_C_GetInterface get_interface;
static CK_UTF8CHAR pkcs11[] = "PKCS 11";
static CK_UTF8CHAR vendor[] = MDOC_INTERFACE;

static int
setup(void **state)
{
	const char *build = secure_getenv("abs_top_builddir");
	char path[1024];
	void *library;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/.libs/p11-mdoc.so",
	    build != NULL ? build : ".");
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		print_error("%s\n", dlerror());
		return -1;
	}
	*(void **)&get_list = dlsym(library, "C_GetFunctionList");
	*(void **)&get_interfaces = dlsym(library, "C_GetInterfaceList");
	*(void **)&get_interface = dlsym(library, "C_GetInterface");
	return get_list != NULL && get_interfaces != NULL &&
		get_interface != NULL
	    ? 0
	    : -1;
}

/* After its version, a list is nothing but functions. */
static void
check_full(const void *list, size_t size)
{
	const char *p = list;
	void *f;

	for (size_t at = sizeof(void *); at < size; at += sizeof(f)) {
		memcpy(&f, p + at, sizeof(f));
		assert_non_null(f);
	}
}

static const CK_VERSION *
version_of(const CK_INTERFACE *i)
{
	return i->pFunctionList;
}

static void
check_version(const CK_INTERFACE *i, unsigned major, unsigned minor)
{
	assert_int_equal(version_of(i)->major, major);
	assert_int_equal(version_of(i)->minor, minor);
	/* A child has to initialise: that is not what fork-safe means. */
	assert_int_equal(i->flags, 0);
}

static void
test_function_list(void **state)
{
	CK_FUNCTION_LIST *list = NULL, *again = NULL;

	(void)state;
	assert_int_equal(get_list(NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(get_list(&list), CKR_OK);
	assert_int_equal(list->version.major, 2);
	assert_int_equal(list->version.minor, 40);
	check_full(list, sizeof(*list));
	assert_int_equal(list->C_GetFunctionList(&again), CKR_OK);
	assert_ptr_equal(again, list);
}

/* Of a device of 2.40: three. */
static void
test_interfaces(void **state)
{
	struct stub *stub = module_configure_stub(NULL);
	CK_INTERFACE list[MAX];
	CK_ULONG n = 0;

	(void)state;
	assert_non_null(stub);
	stub->lacks_3 = true;
	assert_int_equal(get_interfaces(NULL, NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(get_interfaces(NULL, &n), CKR_OK);
	assert_int_equal(n, 3);
	n = 2;
	assert_int_equal(get_interfaces(list, &n), CKR_BUFFER_TOO_SMALL);
	assert_int_equal(n, 3);
	n = MAX;
	assert_int_equal(get_interfaces(list, &n), CKR_OK);
	assert_int_equal(n, 3);
	check_version(&list[0], 3, 0);
	check_full(list[0].pFunctionList, sizeof(CK_FUNCTION_LIST_3_0));
	check_version(&list[1], 2, 40);
	check_version(&list[2], 1, 0);
	assert_string_equal((char *)list[0].pInterfaceName, "PKCS 11");
	assert_string_equal((char *)list[1].pInterfaceName, "PKCS 11");
	assert_string_equal((char *)list[2].pInterfaceName, MDOC_INTERFACE);
}

/* Only where a device has it; and never the default. */
static void
test_3_2(void **state)
{
	struct stub *stub = module_configure_stub(NULL);
	CK_VERSION v = { 3, 2 };
	CK_INTERFACE *i = NULL;
	CK_ULONG n = 0;

	(void)state;
	assert_non_null(stub);
	assert_int_equal(get_interface(pkcs11, &v, &i, 0), CKR_FUNCTION_FAILED);
	stub->minor_3 = 2;
	assert_int_equal(get_interfaces(NULL, &n), CKR_OK);
	assert_int_equal(n, 4);
	assert_int_equal(get_interface(pkcs11, &v, &i, 0), CKR_OK);
	check_version(i, 3, 2);
	check_full(i->pFunctionList, sizeof(CK_FUNCTION_LIST_3_2));
	stub->asked = false;
	assert_int_equal(get_interface(pkcs11, NULL, &i, 0), CKR_OK);
	check_version(i, 3, 0);
	/* Who does not ask for 3.2 does not make us load anything. */
	assert_false(stub->asked);
}

static void
test_interface(void **state)
{
	CK_VERSION v = { 2, 40 }, none = { 2, 20 }, one = { 1, 0 };
	CK_INTERFACE *i = NULL;
	CK_FUNCTION_LIST *list;

	(void)state;
	assert_int_equal(get_interface(NULL, NULL, NULL, 0), CKR_ARGUMENTS_BAD);
	assert_int_equal(get_interface(NULL, NULL, &i, 0), CKR_OK);
	check_version(i, 3, 0);
	assert_int_equal(get_interface(NULL, &v, &i, 0), CKR_OK);
	check_version(i, 2, 40);
	assert_int_equal(get_list(&list), CKR_OK);
	assert_ptr_equal(i->pFunctionList, list);
	assert_int_equal(get_interface(vendor, NULL, &i, 0), CKR_OK);
	check_version(i, 1, 0);
	i = NULL;
	assert_int_equal(get_interface(pkcs11, &none, &i, 0),
	    CKR_FUNCTION_FAILED);
	assert_int_equal(get_interface(pkcs11, &one, &i, 0),
	    CKR_FUNCTION_FAILED);
	assert_int_equal(get_interface(NULL, NULL, &i, CKF_INTERFACE_FORK_SAFE),
	    CKR_FUNCTION_FAILED);
	assert_null(i);
}

static void
test_info(void **state)
{
	static const CK_VERSION versions[] = { { 2, 40 }, { 3, 0 }, { 3, 2 } };
	struct stub *stub = module_configure_stub(NULL);
	CK_INTERFACE *i = NULL;
	CK_FUNCTION_LIST *f;
	CK_INFO info;

	(void)state;
	assert_non_null(stub);
	stub->minor_3 = 2;
	for (size_t k = 0; k < nitems(versions); k++) {
		CK_VERSION v = versions[k];

		assert_int_equal(get_interface(pkcs11, &v, &i, 0), CKR_OK);
		/* All lists begin as that of 2.40 does. */
		f = i->pFunctionList;
		assert_int_equal(f->C_GetInfo(&info),
		    CKR_CRYPTOKI_NOT_INITIALIZED);
		assert_int_equal(f->C_Initialize(NULL), CKR_OK);
		assert_int_equal(f->C_GetInfo(&info), CKR_OK);
		assert_int_equal(info.cryptokiVersion.major, v.major);
		assert_int_equal(info.cryptokiVersion.minor, v.minor);
		assert_memory_equal(info.manufacturerID, "p11-mdoc ", 9);
		assert_int_equal(f->C_Finalize(NULL), CKR_OK);
	}
}

static void
test_vendor(void **state)
{
	struct stub *stub = module_configure_stub(NULL);
	CK_INTERFACE *i = NULL;
	const mdoc_interface *m;
	CK_FUNCTION_LIST *f;
	CK_UTF8CHAR name[16];
	CK_ULONG len = sizeof(name);

	(void)state;
	assert_non_null(stub);
	assert_int_equal(get_interface(vendor, NULL, &i, 0), CKR_OK);
	m = i->pFunctionList;
	assert_string_equal(m->library, PACKAGE_VERSION);
	assert_string_equal(m->name(MDOC_NAME_MECHANISM, CKM_MDOC_DEVICE_MAC),
	    "CKM_MDOC_DEVICE_MAC");
	assert_int_equal(get_list(&f), CKR_OK);
	assert_int_equal(f->C_Initialize(NULL), CKR_OK);
	assert_int_equal(m->device(0, MDOC_DEVICE_NAME, name, &len), CKR_OK);
	assert_int_equal(len, 4);
	assert_memory_equal(name, "stub", 4);
	assert_int_equal(f->C_Finalize(NULL), CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_function_list),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_3_2),
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_vendor),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
