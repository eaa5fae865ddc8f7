/* SPDX-License-Identifier: BSD-3-Clause */
/* pem: RFC 7468 text around DER, and files that hold either. */
#ifndef MDOC_CRYPTO_PEM_H
#define MDOC_CRYPTO_PEM_H

#include "mdoc/crypto/ctx.h"

/* Largest file read: a bundle of a thousand certificates fits. */
#define PEM_MAX_FILE ((size_t)4 << 20)

struct pem_block {
	const char *name; /* "CERTIFICATE" */
	bool encrypted;
	struct bytes der;
};

/* Does the text hold a PEM block at all? */
bool pem_is(struct bytes in);
/*
 * Calls fn for each block; any value that it returns other than
 * PEM_NEXT ends the walk and is returned. MDOC_E_IO: a block that cannot be
 * read (the text of the error says which); PEM_NEXT: the end was reached.
 */
#define PEM_NEXT 1
int pem_each(mdoc_ctx *c, struct bytes in,
    int (*fn)(void *arg, const struct pem_block *block), void *arg) NODISCARD;
int pem_write(mdoc_ctx *c, const char *name, struct bytes der,
    mdoc_buf *ret) NODISCARD;

/* A whole file; empty and overlong ones are MDOC_E_IO. */
int file_read(mdoc_ctx *c, const char *path, struct blob *ret) NODISCARD;

#endif
