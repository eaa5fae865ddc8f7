/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <p11-kit/p11-kit.h>

#include "module/device/device.h"
#include "tests/support/module-start.h"

static const struct lock_ops system_locks;

static CK_RV
open_path(const char *path, struct device **ret)
{
	struct conf_device c = { .name = strdup("test"),
		.module = strdup(path) };
	CK_RV rv;

	assert_non_null(c.name);
	assert_non_null(c.module);
	assert_int_equal(device_new(&c, &system_locks, ret), CKR_OK);
	assert_null(c.module);
	assert_string_equal((*ret)->conf.module, path);
	assert_false(device_is_open(*ret));
	rv = device_open(*ret);
	assert_int_equal(device_is_open(*ret), rv == CKR_OK);
	return rv;
}

static void
refused(const char *path)
{
	struct device *d = NULL;

	assert_int_equal(open_path(path, &d), CKR_GENERAL_ERROR);
	device_unref(d);
}

static void
test_refused(void **state)
{
	union {
		CK_FUNCTION_LIST *(*load)(const char *, int);
		void *object;
	} kit = { p11_kit_module_load };

	static const char name[] = "p11-kit-proxy.so";
	char proxy[1024];
	Dl_info info;

	(void)state;
	refused("/nowhere/module.so");
	refused("/dev/null");
	/* A library, and no module. */
	refused("libm.so.6");
	/* p11-kit, and by its other name the proxy. */
	refused("libp11-kit.so.0");
	assert_true(dladdr(kit.object, &info) != 0);
	assert_true(strlen(info.dli_fname) < sizeof(proxy) - sizeof(name));
	memcpy(proxy, info.dli_fname, strlen(info.dli_fname) + 1);
	assert_non_null(strrchr(proxy, '/'));
	memcpy(strrchr(proxy, '/') + 1, name, sizeof(name));
	refused(proxy);
}

/* p11-mdoc.so below p11-mdoc.so, by its own name and by a link. */
static void
test_refused_self(void **state)
{
	const char *build = secure_getenv("abs_top_builddir");
	char module[1024], text[2048], link_name[] = "/tmp/p11-mdoc-XXXXXX";
	struct softhsm s;
	CK_FUNCTION_LIST *f;
	CK_INFO info;
	int fd;

	(void)state;
	(void)snprintf(module, sizeof(module), "%s/p11-mdoc.so",
	    build != NULL ? build : ".");
	if (access(module, R_OK) != 0 || !softhsm_new(&s, "self"))
		skip();
	f = module_open(module);
	assert_non_null(f);
	(void)snprintf(text, sizeof(text), "[device self]\nmodule = %s\n",
	    module);
	assert_true(module_configure(&s, text));
	assert_int_equal(f->C_Initialize(NULL), CKR_GENERAL_ERROR);

	fd = mkstemp(link_name);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(unlink(link_name), 0);
	assert_int_equal(symlink(module, link_name), 0);
	(void)snprintf(text, sizeof(text), "[device self]\nmodule = %s\n",
	    link_name);
	assert_true(module_configure(&s, text));
	assert_int_equal(f->C_Initialize(NULL), CKR_GENERAL_ERROR);
	assert_int_equal(unlink(link_name), 0);

	assert_true(module_configure(&s, NULL));
	assert_int_equal(f->C_Initialize(NULL), CKR_OK);
	assert_int_equal(f->C_GetInfo(&info), CKR_OK);
	assert_int_equal(f->C_Finalize(NULL), CKR_OK);
}

static void
test_info(void **state)
{
	struct stub *stub =
	    module_configure_stub("[module]\ninfo = downstream\n");
	CK_INFO info;

	(void)state;
	assert_non_null(stub);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetInfo(&info), CKR_OK);
	assert_memory_equal(info.manufacturerID, "stub    ", 8);
	assert_int_equal(info.cryptokiVersion.minor, 20);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_non_null(module_configure_stub(NULL));
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetInfo(&info), CKR_OK);
	assert_memory_equal(info.manufacturerID, "p11-mdoc    ", 12);
	assert_int_equal(info.cryptokiVersion.major, 2);
	assert_int_equal(info.cryptokiVersion.minor, 40);
	assert_int_equal(info.flags, 0);
	assert_int_equal(C_GetInfo(NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

/* The device's own initialisation string; it is ours to finalise. */
static void
test_init_args(void **state)
{
	struct stub *stub =
	    module_configure_stub("init-args = dir='x y'\n\tflags=\n");

	(void)state;
	assert_non_null(stub);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_string_equal(stub->init_args, "dir='x y' flags=");
	assert_false(module_device()->managed);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(stub->finalized, 1);
}

/* Somebody else was first: the device is theirs, our sessions are ours. */
static void
test_shared_directly(void **state)
{
	struct stub *stub = module_configure_stub("init-args = x\n");
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE s, theirs;
	char module[1024];

	(void)state;
	assert_non_null(stub);
	(void)snprintf(module, sizeof(module), "%s/.libs/stub-device.so",
	    secure_getenv("abs_top_builddir") != NULL
		? secure_getenv("abs_top_builddir")
		: ".");
	f = module_open(module);
	assert_non_null(f);
	assert_int_equal(f->C_Initialize(NULL), CKR_OK);
	assert_int_equal(f->C_OpenSession(0, MODULE_RW, NULL, NULL, &theirs),
	    CKR_OK);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_OpenSession(0, MODULE_RW, NULL, NULL, &s), CKR_OK);
	assert_int_equal(stub->sessions, 2);
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(stub->sessions, 1);
	assert_int_equal(C_OpenSession(0, MODULE_RW, NULL, NULL, &s), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(stub->finalized, 0);
	assert_int_equal(stub->sessions, 1);
	assert_int_equal(f->C_Finalize(NULL), CKR_OK);
}

/* The same through p11-kit, which counts who uses a module. */
static void
test_shared_by_p11_kit(void **state)
{
	struct stub *stub = module_configure_stub(NULL);
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE s, theirs;
	CK_SESSION_INFO info;
	const char *path;

	(void)state;
	assert_non_null(stub);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	path = module_device()->conf.module;
	f = p11_kit_module_load(path, 0);
	assert_non_null(f);
	assert_int_equal(p11_kit_module_initialize(f), CKR_OK);
	assert_int_equal(stub->initialized, 1);
	assert_int_equal(f->C_OpenSession(0, MODULE_RW, NULL, NULL, &theirs),
	    CKR_OK);
	assert_int_equal(C_OpenSession(0, MODULE_RW, NULL, NULL, &s), CKR_OK);
	/* All of ours, and none of theirs. */
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(f->C_GetSessionInfo(theirs, &info), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(stub->finalized, 0);
	assert_int_equal(f->C_GetSessionInfo(theirs, &info), CKR_OK);
	assert_int_equal(p11_kit_module_finalize(f), CKR_OK);
	assert_int_equal(stub->finalized, 1);
	p11_kit_module_release(f);
}

static void
test_cannot_lock(void **state)
{
	struct stub *stub = module_configure_stub(NULL);

	(void)state;
	assert_non_null(stub);
	stub->cannot_lock = true;
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(module_device()->conf.lock, CONF_LOCK_MODULE);
	assert_int_equal(module_device()->n_locks, 1);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(stub->finalized, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_self),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_init_args),
		cmocka_unit_test(test_shared_directly),
		cmocka_unit_test(test_shared_by_p11_kit),
		cmocka_unit_test(test_cannot_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
