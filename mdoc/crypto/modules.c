/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

#include "mdoc/crypto/modules.h"
#include "mdoc/crypto/p11-token.h"
#include "vendor-ext/token.h"

static bool
same_path(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void
module_free(struct module *m)
{
	if (m == NULL)
		return;
	if (m->one[0] != NULL) {
		(void)p11_kit_module_finalize(m->one[0]);
		p11_kit_module_release(m->one[0]);
	}
	if (m->all != NULL)
		p11_kit_modules_finalize_and_release(m->all);
	free(m->path);
	free(m);
}

static int
load_one(mdoc_ctx *c, const char *path, struct module *m)
{
	char *full = NULL;
	CK_RV rv;

	if ((m->path = strdup(path)) == NULL)
		return ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	m->lists = m->one;
	/* p11-kit has a folder for names; a path is one of the caller's. */
	if (path[0] != '/' && strchr(path, '/') != NULL &&
	    (full = realpath(path, NULL)) == NULL)
		return ctx_fail_errno(c, MDOC_E_TOKEN,
		    "PKCS#11 module %s cannot be loaded", path);
	m->one[0] = p11_kit_module_load(full == NULL ? path : full, 0);
	free(full);
	if (m->one[0] == NULL)
		return ctx_fail(c, MDOC_E_TOKEN,
		    "PKCS#11 module %s cannot be loaded: %s", path,
		    p11_kit_message());
	rv = p11_kit_module_initialize(m->one[0]);
	if (rv != CKR_OK) {
		p11_kit_module_release(m->one[0]);
		m->one[0] = NULL;
		return ctx_fail(c, MDOC_E_TOKEN,
		    "PKCS#11 module %s cannot be initialised: %s", path,
		    token_rv_name(rv));
	}
	return MDOC_OK;
}

static int
load_all(mdoc_ctx *c, struct module *m)
{
	m->all = p11_kit_modules_load_and_initialize(0);
	if (m->all == NULL)
		return ctx_fail(c, MDOC_E_TOKEN,
		    "the PKCS#11 modules of p11-kit cannot be loaded: %s",
		    p11_kit_message());
	m->lists = m->all;
	return MDOC_OK;
}

int
modules_get(mdoc_ctx *c, const struct p11uri *uri, const struct module **ret)
{
	const char *path = uri == NULL ? NULL : uri->module_path;
	struct module *m;
	int r;

	if (path == NULL)
		path = c->module_path;
	if (path == NULL && access(P11_MDOC_MODULE, R_OK) == 0)
		path = P11_MDOC_MODULE;
	if (c->modules == NULL &&
	    (c->modules = calloc(1, sizeof(*c->modules))) == NULL)
		return ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	for (m = c->modules->loaded; m != NULL; m = m->next) {
		if (same_path(m->path, path)) {
			*ret = m;
			return MDOC_OK;
		}
	}
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	r = path != NULL ? load_one(c, path, m) : load_all(c, m);
	if (r != MDOC_OK) {
		module_free(m);
		return r;
	}
	m->next = c->modules->loaded;
	c->modules->loaded = m;
	*ret = m;
	return MDOC_OK;
}

void
modules_free(struct modules **m)
{
	struct module *next;

	if (m == NULL || *m == NULL)
		return;
	p11token_free_all(&(*m)->tokens);
	for (struct module *i = (*m)->loaded; i != NULL; i = next) {
		next = i->next;
		module_free(i);
	}
	free(*m);
	*m = NULL;
}
