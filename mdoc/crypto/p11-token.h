/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * p11-token: tokens with a session that is kept as long as the context, and
 * what goes wrong with them in words.
 */
#ifndef MDOC_CRYPTO_P11_TOKEN_H
#define MDOC_CRYPTO_P11_TOKEN_H

#include "mdoc/crypto/modules.h"
#include "vendor-ext/token.h"

/* Most tokens and objects that are looked at. */
#define P11TOKEN_MAX   64
#define P11TOKEN_FOUND 64

struct p11token {
	struct p11token *next;
	struct token t; /* what vendor-ext works on; a read-only session */
	CK_TOKEN_INFO info;
	char label[33];      /* without padding */
	unsigned generation; /* changes with the session: handles are stale */
	unsigned asked, has; /* vendor mechanisms: bits of their numbers */
};

/*
 * The tokens that match the URI and are initialised, each with a session.
 * None is MDOC_E_TOKEN, and the text lists those seen.
 */
int p11token_match(mdoc_ctx *c, const struct p11uri *uri, struct p11token **ret,
    size_t max, size_t *ret_n) NODISCARD;
/* The one that matches; more are MDOC_E_TOKEN, and the text lists them. */
int p11token_get(mdoc_ctx *c, const struct p11uri *uri,
    struct p11token **ret) NODISCARD;
/* The error that several tokens match where one is meant. */
int p11token_fail_many(mdoc_ctx *c, const struct p11uri *uri,
    struct p11token *const *tokens, size_t n);
/* Is the user logged in, or is there no need? */
bool p11token_is_open(struct p11token *t);
/* Logs in unless that was done, with the PIN that the URI or ctx gives. */
int p11token_login(mdoc_ctx *c, struct p11token *t,
    const struct p11uri *uri) NODISCARD;
/* A read-write session for a change; end with p11token_end. */
int p11token_begin(mdoc_ctx *c, const struct p11token *t,
    struct token *ret) NODISCARD;
void p11token_end(struct token *t);
/* After the token came back: a new session. */
int p11token_reopen(mdoc_ctx *c, struct p11token *t) NODISCARD;
/* Can it sign with this mechanism of ours (block 0x1000)? Asked for once. */
bool p11token_signs(struct p11token *t, CK_MECHANISM_TYPE type);
/* Does this answer mean that a session or a handle is gone? */
bool p11token_is_stale(CK_RV rv);

/* "TOKEN: WHAT: CKR_NAME", and the MDOC_E_ code that fits the answer. */
int p11token_fail(mdoc_ctx *c, const struct p11token *t, CK_RV rv,
    const char *what);

/* Objects of a class with this label and id (NULL spans: any). */
CK_RV
p11token_find(const struct token *t, CK_OBJECT_CLASS class, struct bytes label,
    struct bytes id, CK_OBJECT_HANDLE *ret, CK_ULONG *ret_n) NODISCARD;

/* A list of URIs for the text of an error: "pkcs11:..., pkcs11:...". */
struct p11list {
	struct blob text;
	size_t n;
};

void p11list_add(struct p11list *l, const char *uri);
const char *p11list_text(const struct p11list *l);
void p11list_reset(struct p11list *l);
void p11list_add_object(struct p11list *l, const struct p11token *t,
    const struct token *session, CK_OBJECT_HANDLE object,
    CK_OBJECT_CLASS class);

void p11token_free_all(struct p11token **list);

#endif
