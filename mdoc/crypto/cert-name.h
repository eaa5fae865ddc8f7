/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cert-name: distinguished names as text, "CN=Utopia IACA,C=UT": attributes in
 * the order of the certificate, '\' before a special character or two hex
 * digits (RFC 4514 2.4).
 */
#ifndef MDOC_CRYPTO_CERT_NAME_H
#define MDOC_CRYPTO_CERT_NAME_H

#include "mdoc/crypto/ctx.h"

/* Most attributes of a name that is written. */
#define NAME_MAX_ATTRIBUTES 16

struct name_attribute {
	size_t type; /* index of the table in cert-name.c */
	struct blob value;
};

struct name {
	struct name_attribute a[NAME_MAX_ATTRIBUTES];
	size_t n;
};

/* MDOC_E_ARGUMENT says at which character. Start with a zeroed *ret. */
int name_parse(mdoc_ctx *c, const char *text, struct name *ret) NODISCARD;
/* The value of an attribute ("C"), or NULL. */
struct bytes name_get(const struct name *n, const char *type);
/* Adds one at the end. */
int name_add(mdoc_ctx *c, struct name *n, const char *type,
    struct bytes value) NODISCARD;
bool name_write(const struct name *n, struct blob *ret) NODISCARD;
void name_reset(struct name *n);

/* A Name of a certificate as text, appended. */
bool name_format(struct bytes der, struct blob *ret) NODISCARD;

#endif
