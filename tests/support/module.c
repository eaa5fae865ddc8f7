/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/module.h"

CK_FUNCTION_LIST *
module_open(const char *path)
{
	union {
		void *object;
		CK_C_GetFunctionList get;
	} u;

	CK_FUNCTION_LIST *f = NULL;
	void *library;

	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		return NULL;
	}
	u.object = dlsym(library, "C_GetFunctionList");
	if (u.object == NULL || u.get(&f) != CKR_OK) {
		fprintf(stderr, "%s: no C_GetFunctionList\n", path);
		return NULL;
	}
	return f;
}

bool
module_configure(const struct softhsm *s, const char *lines)
{
	char path[96];
	bool good;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/p11-mdoc.conf", s->folder);
	f = fopen(path, "we");
	if (f == NULL)
		return false;
	if (lines != NULL)
		good = fputs(lines, f) >= 0;
	else
		good = fprintf(f, "[device softhsm]\nmodule = %s\n",
			   s->module) > 0;
	return fclose(f) == 0 && good && setenv("P11_MDOC_CONF", path, 1) == 0;
}
