/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/state.h"
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

struct device *
module_device(void)
{
	struct state *s;
	struct device *d;

	if (state_read(&s) != CKR_OK)
		return NULL;
	d = s->devices->v[0];
	rwlock_give(&s->lock);
	return d;
}
