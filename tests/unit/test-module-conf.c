/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "module/state/conf.h"
#include "tests/support/failmalloc.h"

static char folder[] = "/tmp/p11-mdoc-conf-XXXXXX";
static char path[64];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/p11-mdoc.conf", folder);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static void
write_to(const char *file, const char *text, size_t len)
{
	FILE *f = fopen(file, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static CK_RV
read_text(const char *text, struct conf *ret, struct conf_error *e)
{
	write_to(path, text, strlen(text));
	return conf_read(path, ret, e);
}

#define D "[device d]\nmodule = /x\n"

/* The text and what is said of it after "FILE:". */
static const char *const wrong[][2] = {
	{ "info = own\n", "1: 'info' stands before any section" },
	{ "[module]\ninfo = me\n", "2: info: 'me' is none of own, downstream" },
	{ "[module]\ninfo =\n", "2: info: '' is none of own, downstream" },
	{ "[module]\nminimum-path = c\n",
	    "2: minimum-path: 'c' is none of A, B, C, D, S" },
	{ "[module]\n\n; x\nminimum-path = AB\n",
	    "4: minimum-path: 'AB' is none of A, B, C, D, S" },
	{ "[module]\ninfo = own\ninfo = own\n", "3: info is given twice" },
	{ "[module]\nlock = none\n",
	    "2: unknown key 'lock' in section [module]" },
	{ "[modul]\n", "1: unknown section [modul]" },
	{ "[Module]\n", "1: unknown section [Module]" },
	{ "[module x]\n", "1: unknown section [module x]" },
	{ "[devices]\n", "1: unknown section [devices]" },
	{ "[]\n", "1: unknown section []" },
	{ "[device\n", "1: a section without ']'" },
	{ "[device]\n", "1: [device] needs a name: [device NAME]" },
	{ "[device  ]\n", "1: [device] needs a name: [device NAME]" },
	{ "[device d]\n", "1: [device d] has no module" },
	{ "\n[device d]\nlock = none\n[module]\n",
	    "2: [device d] has no module" },
	{ D "[device e]\n", "3: [device e] has no module" },
	{ D D, "3: [device d] is given twice" },
	{ D "\n[device e]\nmodule = /x\nlock = none\n",
	    "4: [device e]: the module is that of [device d] (/x)" },
	{ "[module]\n[module]\n", "2: [module] is given twice" },
	{ D "critical = 1\n", "3: critical: '1' is none of yes, no" },
	{ D "info = x\n", "3: info: 'x' is none of own, downstream" },
	{ D "minimum-path = x\n",
	    "3: minimum-path: 'x' is none of A, B, C, D, S" },
	{ "[module]\ncritical = yes\n",
	    "2: unknown key 'critical' in section [module]" },
	{ D "module = /y\n", "3: module is given twice" },
	{ D "modul = /y\n", "3: unknown key 'modul' in section [device]" },
	{ "[device d]\nmodule = x/y.so\n",
	    "2: module: 'x/y.so' is neither an absolute path nor a "
	    "file name" },
	{ "[device d]\nmodule =\n",
	    "2: module: '' is neither an absolute path nor a file "
	    "name" },
	{ "[device d]\nmodule = /x\n\t/y\n",
	    "3: module: an indented line goes on with the one above, "
	    "and this has one line only" },
	{ D "lock = some\n", "3: lock: 'some' is none of none, module, slot" },
	{ D "store = disk\n",
	    "3: store: 'disk' is neither token, file nor an absolute path" },
	{ D "slots =\n", "3: slots: no slot number" },
	{ D "slots = 1,x\n", "3: slots: 'x': a slot number was expected" },
	{ D "slots = -1\n", "3: slots: '-1': a slot number was expected" },
	{ D "slots = 1z\n", "3: slots: '1z': a slot number was expected" },
	{ D "slots = 99999999999999999999999\n",
	    "3: slots: '99999999999999999999999': a slot number was "
	    "expected" },
	{ D "what is this\n", "3: neither KEY = VALUE nor [SECTION]" },
};

static void
test_errors(void **state)
{
	struct conf conf;
	struct conf_error e;
	size_t n = strlen(path);

	(void)state;
	for (size_t i = 0; i < nitems(wrong); i++) {
		memset(&conf, 0x5a, sizeof(conf));
		assert_int_equal(read_text(wrong[i][0], &conf, &e),
		    CKR_GENERAL_ERROR);
		assert_memory_equal(e.text, path, n);
		assert_int_equal(e.text[n], ':');
		assert_string_equal(e.text + n + 1, wrong[i][1]);
		/* Untouched. */
		for (size_t j = 0; j < sizeof(conf); j++)
			assert_int_equal(((unsigned char *)&conf)[j], 0x5a);
	}
}

static void
test_bytes(void **state)
{
	static const char nul[] = "[module]\ninfo = own\0\ninfo = own\n";
	struct conf conf;
	struct conf_error e;
	char line[400];

	(void)state;
	write_to(path, nul, sizeof(nul) - 1);
	assert_int_equal(conf_read(path, &conf, &e), CKR_GENERAL_ERROR);
	assert_non_null(strstr(e.text, ":2: a NUL byte"));

	memset(line, ';', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(read_text(line, &conf, &e), CKR_GENERAL_ERROR);
	assert_non_null(strstr(e.text, ":1: a line longer than 198 bytes"));
	line[198] = '\0';
	assert_int_equal(read_text(line, &conf, &e), CKR_OK);
	conf_reset(&conf);
	line[197] = '\n';
	assert_int_equal(read_text(line, &conf, &e), CKR_OK);
	conf_reset(&conf);

	assert_int_equal(conf_read(folder, &conf, &e), CKR_GENERAL_ERROR);
	assert_non_null(strstr(e.text, "Is a directory"));
	assert_int_equal(conf_read("/nowhere/x", &conf, &e), CKR_GENERAL_ERROR);
	assert_string_equal(e.text, "/nowhere/x: No such file or directory");
}

static void
test_good(void **state)
{
	static const char text[] = "\xef\xbb\xbf; all there is\n"
				   "[module]\r\n"
				   "info = downstream ; not ours\r\n"
				   "minimum-path=C\n"
				   "\n"
				   "# another\n"
				   "[device  a b]\n"
				   "  module: thing.so\n"
				   "init-args = one='1'\n"
				   "\ttwo='2'\n"
				   "\t  three=\n"
				   "lock = slot\n"
				   "store = token\n"
				   "slots = 0x10, 2\t3";
	struct conf conf;
	struct conf_error e;

	(void)state;
	assert_int_equal(read_text(text, &conf, &e), CKR_OK);
	assert_string_equal(e.text, "");
	assert_int_equal(conf.devices[0].info, CONF_INFO_DOWNSTREAM);
	assert_int_equal(conf.devices[0].weakest, AGREE_PATH_C);
	assert_false(conf.devices[0].critical);
	assert_int_equal(conf.n_devices, 1);
	assert_string_equal(conf.devices[0].name, "a b");
	assert_int_equal(conf.devices[0].module[0], '/');
	assert_string_equal(strrchr(conf.devices[0].module, '/'), "/thing.so");
	assert_string_equal(conf.devices[0].init_args,
	    "one='1' two='2' three=");
	assert_int_equal(conf.devices[0].lock, CONF_LOCK_SLOT);
	assert_int_equal(conf.devices[0].n_slots, 3);
	assert_int_equal(conf.devices[0].slots[0], 16);
	assert_int_equal(conf.devices[0].slots[1], 2);
	assert_int_equal(conf.devices[0].slots[2], 3);
	conf_reset(&conf);
	conf_reset(&conf);
}

/* Each has its own; what it leaves open is that of [module], wherever. */
static void
test_several(void **state)
{
	static const char text[] = "[device a]\nmodule = /a\n"
				   "[device b]\nmodule = /b\n"
				   "minimum-path = D\ninfo = own\n"
				   "critical = yes\nlock = slot\n"
				   "[module]\nminimum-path = A\n"
				   "info = downstream\n"
				   "[device c]\nmodule = /c\nslots = 7\n"
				   "init-args = c\ncritical = no\n"
				   "store = /folder\n"
				   "[device d]\nmodule = /d\nstore = file\n";
	struct conf conf;
	struct conf_error e;
	const struct conf_device *d;

	(void)state;
	assert_int_equal(read_text(text, &conf, &e), CKR_OK);
	assert_int_equal(conf.n_devices, 4);
	d = conf.devices;
	assert_null(d[0].store);
	assert_string_equal(d[2].store, "/folder");
	assert_string_equal(d[3].store, "");
	assert_string_equal(d[0].name, "a");
	assert_int_equal(d[0].weakest, AGREE_PATH_A);
	assert_int_equal(d[0].info, CONF_INFO_DOWNSTREAM);
	assert_false(d[0].critical);
	assert_int_equal(d[0].lock, CONF_LOCK_NONE);
	assert_null(d[0].init_args);
	assert_string_equal(d[1].name, "b");
	assert_string_equal(d[1].module, "/b");
	assert_int_equal(d[1].weakest, AGREE_PATH_D);
	assert_int_equal(d[1].info, CONF_INFO_OWN);
	assert_true(d[1].critical);
	assert_int_equal(d[1].lock, CONF_LOCK_SLOT);
	assert_null(d[1].slots);
	assert_string_equal(d[2].name, "c");
	assert_int_equal(d[2].weakest, AGREE_PATH_A);
	assert_int_equal(d[2].n_slots, 1);
	assert_string_equal(d[2].init_args, "c");
	assert_false(d[2].critical);
	conf_reset(&conf);
}

/* As many as there are numbers for. */
static void
test_many(void **state)
{
	static char text[128 * 40];
	struct conf conf;
	struct conf_error e;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < CONF_MAX_DEVICES; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "[device %d]\nmodule = /%d\n", i, i);
	assert_int_equal(read_text(text, &conf, &e), CKR_OK);
	assert_int_equal(conf.n_devices, CONF_MAX_DEVICES);
	assert_string_equal(conf.devices[CONF_MAX_DEVICES - 1].name, "126");
	conf_reset(&conf);
	(void)snprintf(text + n, sizeof(text) - n, "[device x]\n");
	assert_int_equal(read_text(text, &conf, &e), CKR_GENERAL_ERROR);
	assert_non_null(strstr(e.text, ":255: more than 127 devices"));
}

/* One file by two names: it would be loaded once. */
static void
test_same_module(void **state)
{
	char file[80], other[80], text[256];
	struct conf conf;
	struct conf_error e;

	(void)state;
	(void)snprintf(file, sizeof(file), "%s/a.so", folder);
	(void)snprintf(other, sizeof(other), "%s/b.so", folder);
	(void)snprintf(text, sizeof(text),
	    "[device a]\nmodule = %s\n[device b]\nmodule = %s\n", file, other);
	write_to(file, "a", 1);
	assert_int_equal(symlink("a.so", other), 0);
	assert_int_equal(read_text(text, &conf, &e), CKR_GENERAL_ERROR);
	assert_non_null(strstr(e.text,
	    ":3: [device b]: the module is that of [device a] (/"));
	assert_int_equal(unlink(other), 0);
	assert_int_equal(link(file, other), 0);
	assert_int_equal(read_text(text, &conf, &e), CKR_GENERAL_ERROR);
	assert_non_null(strstr(e.text, ":3: [device b]: the module is"));
	assert_int_equal(unlink(other), 0);
	/* A copy is another module. */
	write_to(other, "a", 1);
	assert_int_equal(read_text(text, &conf, &e), CKR_OK);
	assert_int_equal(conf.n_devices, 2);
	conf_reset(&conf);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(unlink(file), 0);
}

/* Nothing named: SoftHSMv2. */
static void
test_default_device(void **state)
{
	struct conf conf;
	struct conf_error e;

	(void)state;
	assert_int_equal(read_text("[module]\n", &conf, &e), CKR_OK);
	assert_int_equal(conf.n_devices, 1);
	assert_int_equal(conf.devices[0].info, CONF_INFO_OWN);
	assert_int_equal(conf.devices[0].weakest, AGREE_PATH_UNKNOWN);
	assert_string_equal(conf.devices[0].name, "softhsm");
	assert_non_null(strstr(conf.devices[0].module, "softhsm2.so"));
	assert_null(conf.devices[0].init_args);
	assert_null(conf.devices[0].slots);
	assert_int_equal(conf.devices[0].lock, CONF_LOCK_NONE);
	conf_reset(&conf);
}

static void
assert_device(const char *name)
{
	struct conf conf;
	struct conf_error e;

	assert_int_equal(conf_load(&conf, &e), CKR_OK);
	assert_string_equal(conf.devices[0].name, name);
	conf_reset(&conf);
}

static void
folder_make(const char *name)
{
	char whole[128];

	(void)snprintf(whole, sizeof(whole), "%s/%s", folder, name);
	assert_int_equal(mkdir(whole, 0700), 0);
}

static void
folder_remove(const char *name)
{
	char whole[128];

	(void)snprintf(whole, sizeof(whole), "%s/%s", folder, name);
	assert_int_equal(rmdir(whole), 0);
}

/* The first file that there is, is read, and no other. */
static void
test_load(void **state)
{
	char named[128], xdg[128], home[128], missing[128];
	struct conf conf;
	struct conf_error e;

	(void)state;
	(void)snprintf(named, sizeof(named), "%s/named", folder);
	folder_make("p11-mdoc");
	folder_make(".config");
	folder_make(".config/p11-mdoc");
	(void)snprintf(home, sizeof(home), "%s/.config/p11-mdoc/p11-mdoc.conf",
	    folder);
	(void)snprintf(xdg, sizeof(xdg), "%s/p11-mdoc/p11-mdoc.conf", folder);
	(void)snprintf(missing, sizeof(missing), "%s/missing", folder);
	write_to(named, "[device named]\nmodule = /x\n", 27);
	write_to(xdg, "[device xdg]\nmodule = /x\n", 25);
	write_to(home, "[device home]\nmodule = /x\n", 26);

	setenv("P11_MDOC_CONF", named, 1);
	setenv("XDG_CONFIG_HOME", folder, 1);
	setenv("HOME", folder, 1);
	assert_device("named");
	unsetenv("P11_MDOC_CONF");
	assert_device("xdg");
	setenv("XDG_CONFIG_HOME", "relative", 1);
	assert_device("home");
	unsetenv("XDG_CONFIG_HOME");
	assert_device("home");
	/* One that is named must be there. */
	setenv("P11_MDOC_CONF", missing, 1);
	assert_int_equal(conf_load(&conf, &e), CKR_GENERAL_ERROR);
	unsetenv("P11_MDOC_CONF");
	/* One that is there must be right. */
	write_to(home, "nonsense\n", 9);
	assert_int_equal(conf_load(&conf, &e), CKR_GENERAL_ERROR);
	assert_non_null(strstr(e.text, "/.config/p11-mdoc/p11-mdoc.conf:1:"));

	(void)unlink(named);
	(void)unlink(xdg);
	(void)unlink(home);
	folder_remove(".config/p11-mdoc");
	folder_remove(".config");
	folder_remove("p11-mdoc");
}

static void
test_memory(void **state)
{
	static const char text[] = "[device d]\nmodule = x.so\n"
				   "init-args = a\n\tb\nslots = 1 2\n"
				   "[device e]\nmodule = y.so\n";
	struct conf conf;
	struct conf_error e;
	unsigned long n;
	CK_RV rv;

	(void)state;
	write_to(path, text, sizeof(text) - 1);
	for (n = 1;; n++) {
		failmalloc_arm(n);
		rv = conf_read(path, &conf, &e);
		if (!failmalloc_disarm())
			break;
		assert_int_not_equal(rv, CKR_OK);
	}
	assert_int_equal(rv, CKR_OK);
	assert_true(n > 5);
	conf_reset(&conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_same_module),
		cmocka_unit_test(test_default_device),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
