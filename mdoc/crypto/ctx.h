/* SPDX-License-Identifier: BSD-3-Clause */
/* ctx: the inside of mdoc_ctx. */
#ifndef MDOC_CRYPTO_CTX_H
#define MDOC_CRYPTO_CTX_H

#include <mdoc/types.h>

#include "common/blob.h"
#include "common/cbor.h"
#include "vendor-ext/hasher.h"

struct sigver;  /* crypto/sigver.h */
struct aead;    /* crypto/aead.h */
struct pkeys;   /* crypto/pkey.h */
struct modules; /* crypto/modules.h: PKCS#11 modules and tokens in use */

struct mdoc_ctx {
	struct hasher *hasher;
	struct sigver *sigver;
	struct aead *aead;
	struct pkeys *pkeys;
	struct modules *modules; /* NULL until the first pkcs11: URI */
	char *module_path;       /* NULL: the default */
	int64_t (*now)(void *arg);
	void *now_arg;
	int (*random)(void *arg, unsigned char *buf, size_t len);
	void *random_arg;
	mdoc_pin_fn *pin;
	void *pin_arg;
	char minimum_path;
	char error[2048]; /* room for a list of tokens or keys */
};

/* Sets the error text and returns code, so that one can return it. */
int ctx_fail(mdoc_ctx *c, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for an error of the CBOR layer: "WHAT: duplicate map key at offset
 * 17 (expected text string)". MDOC_E_CBOR, or MDOC_E_STRUCTURE for a wrong
 * type, range or missing member. */
int ctx_fail_cbor(mdoc_ctx *c, const struct cbor_reader *r, const char *what);
/* The same with the reason of the crypto library appended. */
int ctx_fail_crypto(mdoc_ctx *c, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with what errno says. */
int ctx_fail_errno(mdoc_ctx *c, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int ctx_random(mdoc_ctx *c, uint8_t *out, size_t len) NODISCARD;
/* Do keys come from the caller's bytes (tests, vectors)? */
bool ctx_has_insecure_random(const mdoc_ctx *c);

static inline struct bytes
from_public(mdoc_bytes b)
{
	return (struct bytes){ b.ptr, b.len };
}

static inline mdoc_bytes
to_public(struct bytes b)
{
	return (mdoc_bytes){ b.ptr, b.len };
}

/* An mdoc_buf is a blob under its public name: hands the content over. */
void buf_take_blob(mdoc_buf *to, struct blob *from);

#endif
