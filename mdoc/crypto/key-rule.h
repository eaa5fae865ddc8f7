/* SPDX-License-Identifier: BSD-3-Clause */
/* key-rule: what a key in a token is bound to, as attributes of p11-mdoc.so. */
#ifndef MDOC_CRYPTO_KEY_RULE_H
#define MDOC_CRYPTO_KEY_RULE_H

#include <mdoc/key.h>

#include "mdoc/crypto/p11-token.h"

#define KEY_RULE_ATTRIBUTES 4

/* The values of the attributes; they point into it. */
struct key_rule {
	CK_ULONG purpose, method, uses;
	struct blob doc_types; /* separated by NUL */
	CK_ATTRIBUTE a[KEY_RULE_ATTRIBUTES];
	CK_ULONG n;
};

int key_rule_make(mdoc_ctx *c, const mdoc_key_rule *from,
    struct key_rule *ret) NODISCARD;
void key_rule_reset(struct key_rule *r);
/* The error that a token could not bind a key. */
int key_rule_fail(mdoc_ctx *c, const struct p11token *t, CK_RV rv);

/* What a private key is bound to; left alone if it is not, or if the token
 * knows no such thing. types: memory for ret->doc_types. */
void key_rule_read(const struct token *t, CK_OBJECT_HANDLE object,
    mdoc_key_info *ret, struct blob *types);

#endif
