/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * p11-uri: RFC 7512 URIs, taken apart by p11-kit, with the PIN attributes kept
 * apart in memory that is wiped.
 */
#ifndef MDOC_CRYPTO_P11_URI_H
#define MDOC_CRYPTO_P11_URI_H

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include "mdoc/crypto/ctx.h"

struct p11uri {
	P11KitUri *uri;          /* without pin-value and pin-source */
	char *text;              /* the same, as it was written: for messages */
	struct blob pin_value;   /* decoded; NULL: not given */
	struct blob pin_source;  /* decoded, with a NUL behind it */
	const char *module_path; /* of the URI, or NULL */
	struct bytes label;      /* object=, or NULL */
	struct bytes id;         /* id=, or NULL */
	bool has_class;
	CK_OBJECT_CLASS class; /* type= */
};

/* NULL: no. */
bool p11uri_is(const char *source);
/* MDOC_E_ARGUMENT: not such a URI, or an attribute that nobody knows. */
int p11uri_parse(mdoc_ctx *c, const char *text, struct p11uri *ret) NODISCARD;
void p11uri_reset(struct p11uri *u);

/*
 * The URI of an object: token and serial, id, object and type; module-path and
 * pin-source as in like (may be NULL), never a pin-value. NULL: out of memory.
 */
struct p11object {
	CK_OBJECT_CLASS class;
	struct bytes label; /* NULL: none */
	struct bytes id;
};

char *p11uri_format(const CK_TOKEN_INFO *token, const struct p11object *object,
    const struct p11uri *like) NODISCARD;

#endif
