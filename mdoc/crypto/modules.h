/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * modules: the PKCS#11 modules that a context has loaded, each once, and the
 * tokens that it has a session on. p11-kit shares a module's life with other
 * users in the process.
 */
#ifndef MDOC_CRYPTO_MODULES_H
#define MDOC_CRYPTO_MODULES_H

#include "mdoc/crypto/p11-uri.h"

struct p11token;

struct module {
	struct module *next;
	char *path;               /* NULL: all that p11-kit knows */
	CK_FUNCTION_LIST **lists; /* ends with NULL */
	CK_FUNCTION_LIST *one[2]; /* lists of a module loaded by its path */
	CK_FUNCTION_LIST **all;   /* lists of p11-kit */
};

struct modules {
	struct module *loaded;
	struct p11token *tokens;
};

/*
 * The modules that a URI speaks of: its module-path, else the context's, else
 * the installed p11-mdoc.so, else all that p11-kit knows. uri may be NULL.
 */
int modules_get(mdoc_ctx *c, const struct p11uri *uri,
    const struct module **ret) NODISCARD;

/* Closes sessions, finalises and releases. */
void modules_free(struct modules **m);

#endif
