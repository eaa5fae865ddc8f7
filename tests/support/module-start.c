/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/state/state.h"
#include "tests/support/module-start.h"

bool
module_start(struct softhsm *s, CK_SESSION_HANDLE *ret)
{
	CK_RV rv;

	if (!softhsm_new(s, "module") || !softhsm_start(s, "module"))
		return false;
	softhsm_stop(s);
	if (!module_configure(s, NULL))
		return false;
	rv = C_Initialize(NULL);
	if (rv == CKR_OK)
		rv = C_OpenSession(s->slot, MODULE_RW, NULL, NULL, ret);
	if (rv == CKR_OK)
		rv = C_Login(*ret, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN);
	if (rv != CKR_OK)
		fprintf(stderr, "module_start: 0x%lx\n", rv);
	return rv == CKR_OK;
}

void
module_stop(void)
{
	CK_RV rv = C_Finalize(NULL);

	if (rv != CKR_OK)
		fprintf(stderr, "module_stop: 0x%lx\n", rv);
}

static char stub_conf[] = "/tmp/p11-mdoc-stub-XXXXXX";

static void
stub_conf_remove(void)
{
	(void)unlink(stub_conf);
}

/* One file per program, written anew each time. */
static FILE *
stub_conf_open(void)
{
	static bool made;
	int fd;

	if (made)
		return fopen(stub_conf, "we");
	fd = mkstemp(stub_conf);
	made = fd >= 0 && atexit(stub_conf_remove) == 0;
	return made ? fdopen(fd, "w") : NULL;
}

struct stub *
module_configure_stub(const char *conf)
{
	const char *build = secure_getenv("abs_top_builddir");
	char module[1024];
	struct stub *stub;
	void *library;
	FILE *f;

	(void)snprintf(module, sizeof(module), "%s/.libs/stub-device.so",
	    build != NULL ? build : ".");
	library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		return NULL;
	}
	stub = dlsym(library, "stub");
	f = stub_conf_open();
	if (stub == NULL || f == NULL ||
	    fprintf(f, "[device stub]\nmodule = %s\n%s", module,
		conf != NULL ? conf : "") < 0 ||
	    fclose(f) != 0 || setenv("P11_MDOC_CONF", stub_conf, 1) != 0)
		return NULL;
	memset(stub, 0, sizeof(*stub));
	return stub;
}

/* Files that go away with the program. */
static char copies[MODULE_MAX_STUBS][64];

static void
copies_remove(void)
{
	for (size_t i = 0; i < MODULE_MAX_STUBS; i++)
		if (copies[i][0] != '\0')
			(void)unlink(copies[i]);
}

static bool
file_copy(const char *from, int to)
{
	static char part[4096];
	FILE *f = fopen(from, "re");
	bool good = f != NULL;
	size_t n;

	while (good && (n = fread(part, 1, sizeof(part), f)) > 0)
		good = write(to, part, n) == (ssize_t)n;
	if (f != NULL)
		(void)fclose(f);
	return good;
}

/* A module of its own, with switches of its own. */
static struct stub *
stub_copy(size_t i)
{
	const char *build = secure_getenv("abs_top_builddir");
	char module[1024];
	void *library;
	int fd;

	if (copies[i][0] == '\0') {
		(void)snprintf(module, sizeof(module),
		    "%s/.libs/stub-device.so", build != NULL ? build : ".");
		(void)snprintf(copies[i], sizeof(copies[i]),
		    "/tmp/p11-mdoc-stub-XXXXXX");
		fd = mkstemp(copies[i]);
		if (fd < 0 || !file_copy(module, fd) || close(fd) != 0 ||
		    (i == 0 && atexit(copies_remove) != 0))
			return NULL;
	}
	library = dlopen(copies[i], RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		fprintf(stderr, "%s\n", dlerror());
	return library != NULL ? dlsym(library, "stub") : NULL;
}

bool
module_configure_stubs(size_t n, const char *const *conf, struct stub **ret)
{
	FILE *f = stub_conf_open();
	bool good = f != NULL;

	for (size_t i = 0; good && i < n; i++) {
		ret[i] = stub_copy(i);
		good = ret[i] != NULL &&
		    fprintf(f, "[device stub-%zu]\nmodule = %s\n%s", i,
			copies[i], conf[i] != NULL ? conf[i] : "") > 0;
		if (good)
			memset(ret[i], 0, sizeof(*ret[i]));
	}
	return f != NULL && fclose(f) == 0 && good &&
	    setenv("P11_MDOC_CONF", stub_conf, 1) == 0;
}

struct device *
module_device_at(size_t i)
{
	struct state *s;
	struct device *d;

	if (state_read(&s) != CKR_OK)
		return NULL;
	d = i < s->devices->n ? s->devices->v[i] : NULL;
	rwlock_give(&s->lock);
	return d;
}

struct device *
module_device(void)
{
	return module_device_at(0);
}
