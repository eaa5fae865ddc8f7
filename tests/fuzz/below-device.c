/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/fuzz/below.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/fuzz-device.h"

static struct fuzz_device *device;
static char conf[] = "/tmp/p11-mdoc-fuzz-XXXXXX";

static void
conf_remove(void)
{
	(void)unlink(conf);
}

void
below_start(void)
{
	const char *build = secure_getenv("abs_top_builddir");
	char built[1024], *path;
	void *library;
	FILE *f;
	int fd;

	(void)snprintf(built, sizeof(built), "%s/.libs/fuzz-device.so",
	    build != NULL ? build : ".");
	path = realpath(built, NULL);
	CHECK(path != NULL);
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CHECK(library != NULL);
	device = dlsym(library, "fuzz_device");
	CHECK(device != NULL);
	fd = mkstemp(conf);
	CHECK(fd >= 0 && atexit(conf_remove) == 0);
	f = fdopen(fd, "w");
	CHECK(f != NULL);
	CHECK(fprintf(f, "[device fuzz]\nmodule = %s\n", path) > 0);
	free(path);
	CHECK(fclose(f) == 0 && setenv("P11_MDOC_CONF", conf, 1) == 0);
}

void
below_begin(struct stream answers)
{
	device->answers = answers;
}

size_t
below_sessions(CK_SESSION_HANDLE *ret, size_t max)
{
	(void)ret;
	(void)max;
	return 0;
}

CK_SLOT_ID
below_slot(uint8_t n)
{
	return n % BELOW_SLOTS;
}

void
below_template(CK_ATTRIBUTE *t, CK_ULONG n)
{
	(void)t;
	(void)n;
}

void
below_calm(void)
{
	device->answers = (struct stream){ NULL, 0 };
}

void
below_end(void)
{
	CHECK(device->open == 0);
}
