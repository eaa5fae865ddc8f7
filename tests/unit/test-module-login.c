/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "module/device/login.h"
#include "tests/support/module-start.h"

static struct softhsm hsm;

static void
write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", hsm.folder, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* The module over SoftHSMv2 with this PIN source, initialised. */
static void
start(const char *source)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "[device softhsm]\nmodule = %s\npin-source = %s\n", hsm.module,
	    source);
	assert_true(module_configure(&hsm, text));
	assert_int_equal(C_Initialize(NULL), CKR_OK);
}

static void
start_file(void)
{
	char source[128];

	(void)snprintf(source, sizeof(source), "file:%s/pin", hsm.folder);
	start(source);
}

static CK_SESSION_HANDLE
session(CK_FLAGS flags)
{
	CK_SESSION_HANDLE s = CK_INVALID_HANDLE;

	assert_int_equal(C_OpenSession(hsm.slot, CKF_SERIAL_SESSION | flags,
			     NULL, NULL, &s),
	    CKR_OK);
	return s;
}

static CK_STATE
state(CK_SESSION_HANDLE s)
{
	CK_SESSION_INFO info;

	assert_int_equal(C_GetSessionInfo(s, &info), CKR_OK);
	return info.state;
}

static bool
login_required(void)
{
	CK_TOKEN_INFO info;

	assert_int_equal(C_GetTokenInfo(hsm.slot, &info), CKR_OK);
	return (info.flags & CKF_LOGIN_REQUIRED) != 0;
}

static CK_ULONG
tries_low(void)
{
	CK_TOKEN_INFO info;

	assert_int_equal(C_GetTokenInfo(hsm.slot, &info), CKR_OK);
	return info.flags & CKF_USER_PIN_COUNT_LOW;
}

static void
test_file(void **arg)
{
	CK_SESSION_HANDLE s;

	(void)arg;
	write_file("pin", SOFTHSM_PIN "\n");
	start_file();
	assert_false(login_required());
	s = session(0);
	assert_int_equal(state(s), CKS_RO_USER_FUNCTIONS);
	assert_int_equal(state(session(CKF_RW_SESSION)), CKS_RW_USER_FUNCTIONS);
	assert_int_equal(C_Login(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN),
	    CKR_USER_ALREADY_LOGGED_IN);
	/* Until the next session. */
	assert_int_equal(C_Logout(s), CKR_OK);
	assert_int_equal(state(s), CKS_RO_PUBLIC_SESSION);
	(void)session(0);
	assert_int_equal(state(s), CKS_RO_USER_FUNCTIONS);
	/* All gone, and back. */
	assert_int_equal(C_CloseAllSessions(hsm.slot), CKR_OK);
	assert_int_equal(state(session(0)), CKS_RO_USER_FUNCTIONS);
	module_stop();
}

static void
test_so(void **arg)
{
	CK_SESSION_HANDLE s;

	(void)arg;
	write_file("pin", SOFTHSM_PIN);
	start_file();
	s = session(CKF_RW_SESSION);
	assert_int_equal(C_Logout(s), CKR_OK);
	assert_int_equal(C_Login(s, CKU_SO, softhsm_so_pin, SOFTHSM_SO_PIN_LEN),
	    CKR_OK);
	assert_int_equal(state(session(CKF_RW_SESSION)), CKS_RW_SO_FUNCTIONS);
	module_stop();
}

static void
test_credential(void **arg)
{
	(void)arg;
	write_file("pin", SOFTHSM_PIN "\n");
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", hsm.folder, 1), 0);
	start("cred:pin");
	assert_int_equal(state(session(0)), CKS_RO_USER_FUNCTIONS);
	module_stop();
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	start("cred:pin");
	assert_int_equal(state(session(0)), CKS_RO_PUBLIC_SESSION);
	assert_true(login_required());
	module_stop();
}

/* SoftHSMv2 tells that a try went wrong by a flag. */
static void
test_wrong_once(void **arg)
{
	CK_SESSION_HANDLE s;

	(void)arg;
	write_file("pin", "9999\n");
	start_file();
	assert_false(login_required());
	s = session(0);
	assert_int_equal(state(s), CKS_RO_PUBLIC_SESSION);
	assert_true(tries_low() != 0);
	assert_true(login_required());
	assert_int_equal(C_Login(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN),
	    CKR_OK);
	assert_int_equal(tries_low(), 0);
	assert_int_equal(C_Logout(s), CKR_OK);
	assert_int_equal(state(session(0)), CKS_RO_PUBLIC_SESSION);
	assert_int_equal(tries_low(), 0);
	module_stop();
}

static void
test_unreadable(void **arg)
{
	static const char *const bad[] = {
		"", "\n",
		"0123456789012345678901234567890123456789012345678901234567890"
		"0123456789012345678901234567890123456789012345678901234567890"
		"0123456789012345678901234567890123456789012345678901234567890"
		"0123456789012345678901234567890123456789012345678901234567890"
		"0123456789012345678901234567890123456789012345678901234567890"
	};

	(void)arg;
	for (size_t i = 0; i < nitems(bad); i++) {
		write_file("pin", bad[i]);
		start_file();
		assert_int_equal(state(session(0)), CKS_RO_PUBLIC_SESSION);
		assert_int_equal(tries_low(), 0);
		assert_true(login_required());
		module_stop();
	}
	start("file:/nonexistent/pin");
	assert_int_equal(state(session(0)), CKS_RO_PUBLIC_SESSION);
	module_stop();
}

static void
test_without(void **arg)
{
	(void)arg;
	assert_true(module_configure(&hsm, NULL));
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_true(login_required());
	assert_int_equal(state(session(0)), CKS_RO_PUBLIC_SESSION);
	module_stop();
}

static void
test_form(void **arg)
{
	static const char *const bad[] = { "1234", "/etc/pin", "file:pin",
		"file:", "cred:", "cred:a/b", "cred:..", "|cat /etc/pin" };
	char text[512];

	(void)arg;
	for (size_t i = 0; i < nitems(bad); i++) {
		(void)snprintf(text, sizeof(text),
		    "[device softhsm]\nmodule = %s\npin-source = %s\n",
		    hsm.module, bad[i]);
		assert_true(module_configure(&hsm, text));
		assert_int_equal(C_Initialize(NULL), CKR_GENERAL_ERROR);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_so),
		cmocka_unit_test(test_credential),
		cmocka_unit_test(test_wrong_once),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_without),
		cmocka_unit_test(test_form),
	};

	if (!softhsm_new(&hsm, "login") || !softhsm_start(&hsm, "login"))
		return 77;
	softhsm_stop(&hsm);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
