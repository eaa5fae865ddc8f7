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
struct modules; /* crypto/modules.h: PKCS#11 modules in use */

struct mdoc_ctx {
	struct hasher *hasher;
	struct sigver *sigver;
	struct aead *aead;
	struct modules *modules;
	int64_t (*now)(void *arg);
	void *now_arg;
	int (*random)(void *arg, unsigned char *buf, size_t len);
	void *random_arg;
	mdoc_pin_fn *pin;
	void *pin_arg;
	char minimum_path;
	char error[512];
};

/* Sets the error text and returns code, so that one can return it. */
int ctx_fail(mdoc_ctx *c, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for an error of the CBOR layer: "WHAT: duplicate map key at offset
 * 17 (expected text string)". MDOC_E_CBOR, or MDOC_E_STRUCTURE for a wrong
 * type, range or missing member. */
int ctx_fail_cbor(mdoc_ctx *c, const struct cbor_reader *r, const char *what);
int ctx_random(mdoc_ctx *c, uint8_t *out, size_t len) NODISCARD;

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
