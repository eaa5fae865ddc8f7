/* SPDX-License-Identifier: BSD-3-Clause */
/* types.h: borrowed and owned bytes, errors, the context. libmdoc(3). */
#ifndef MDOC_TYPES_H
#define MDOC_TYPES_H

#include <stddef.h>
#include <stdint.h>

/* Around the declarations of every header: C names, visible ones. */
#ifdef __cplusplus
#define MDOC_C_BEGIN extern "C" {
#define MDOC_C_END   }
#else
#define MDOC_C_BEGIN
#define MDOC_C_END
#endif
#ifdef __GNUC__
#define MDOC_VISIBLE _Pragma("GCC visibility push(default)")
#define MDOC_USUAL   _Pragma("GCC visibility pop")
#else
#define MDOC_VISIBLE
#define MDOC_USUAL
#endif

/* clang-format off */
MDOC_C_BEGIN
MDOC_VISIBLE

/* clang-format on */

/* Borrowed: the memory belongs to somebody else. ptr NULL: absent. */
typedef struct mdoc_bytes {
	const unsigned char *ptr;
	size_t len;
} mdoc_bytes;

/* Owned. Start with MDOC_BUF_INIT; outputs replace the content. */
typedef struct mdoc_buf {
	unsigned char *ptr;
	size_t len;
	size_t cap;
} mdoc_buf;

#define MDOC_BUF_INIT      \
	{                  \
		NULL, 0, 0 \
	}

/* Wipes and frees. NULL is fine. */
void mdoc_buf_reset(mdoc_buf *buf);
/* Adds a copy. MDOC_E_MEMORY: *buf is as it was. */
int mdoc_buf_append(mdoc_buf *buf, mdoc_bytes in);

/*
 * Every function that returns int returns MDOC_OK or one of these; outputs
 * are untouched on failure. mdoc_ctx_error() has the details.
 */
#define MDOC_OK            0
#define MDOC_E_MEMORY      (-1)  /* out of memory */
#define MDOC_E_ARGUMENT    (-2)  /* the caller's argument is not valid */
#define MDOC_E_CBOR        (-3)  /* not well-formed or not allowed CBOR */
#define MDOC_E_STRUCTURE   (-4)  /* well-formed, but not the structure */
#define MDOC_E_CRYPTO      (-5)  /* the crypto library failed */
#define MDOC_E_KEY         (-6)  /* unusable, unknown or wrong key */
#define MDOC_E_CERTIFICATE (-7)  /* not a certificate, or breaks its profile */
#define MDOC_E_TRUST       (-8)  /* a signature, MAC or chain does not hold */
#define MDOC_E_TOKEN       (-9)  /* no such token or object, or ambiguous */
#define MDOC_E_LOGIN       (-10) /* wrong PIN, locked, or no PIN given */
#define MDOC_E_UNSUPPORTED (-11) /* the token or build cannot do it */
#define MDOC_E_POLICY      (-12) /* a policy forbids it */
#define MDOC_E_SESSION     (-13) /* session encryption failed */
#define MDOC_E_PEER        (-14) /* the peer hung up or sent garbage */
#define MDOC_E_TIMEOUT     (-15) /* nothing came in time */
#define MDOC_E_AGAIN       (-16) /* nothing there yet */
#define MDOC_E_IO          (-17) /* file or socket error */
#define MDOC_E_JSON        (-18) /* JSON that cannot be read or used */
#define MDOC_E_REFUSED     (-19) /* the user said no */
#define MDOC_E_INTERNAL    (-20) /* cannot happen */

/* "out of memory", ... Static text. */
const char *mdoc_strerror(int error);

/*
 * A context: fetched algorithms, caches, the PKCS#11 modules in use, the text
 * of the last error. Everything made from a context is used by one thread at
 * a time together with it and is freed before it.
 */
typedef struct mdoc_ctx mdoc_ctx;

int mdoc_ctx_new(mdoc_ctx **ret);
void mdoc_ctx_free(mdoc_ctx **ctx);

/* What went wrong, where, and what to do; "" if nothing did. Valid until the
 * next call that fails. Never holds a PIN, a secret or a data element. */
const char *mdoc_ctx_error(const mdoc_ctx *ctx);

/* Seconds since 1970-01-01T00:00:00Z. NULL: the system's clock. */
void mdoc_ctx_set_clock(mdoc_ctx *ctx, int64_t (*now)(void *arg), void *arg);
int64_t mdoc_ctx_now(const mdoc_ctx *ctx);

/* Fills buf with random bytes, returns MDOC_OK. NULL: the crypto library's. */
void mdoc_ctx_set_insecure_random(mdoc_ctx *ctx,
    int (*fill)(void *arg, unsigned char *buf, size_t len), void *arg);

/*
 * The PKCS#11 module for URIs that have no module-path attribute. Default:
 * the installed p11-mdoc.so, else every module that p11-kit knows.
 */
int mdoc_ctx_set_module(mdoc_ctx *ctx, const char *path);

/*
 * Asks for the PIN of a token whose URI has neither pin-value nor pin-source
 * (file:PATH, fd:N, cred:NAME). attempt counts from 1. MDOC_OK with the PIN,
 * or MDOC_E_LOGIN to give up. The PIN is wiped after use.
 */
typedef int mdoc_pin_fn(void *arg, const char *token_label, int attempt,
    int final_try, mdoc_buf *ret_pin);
void mdoc_ctx_set_pin(mdoc_ctx *ctx, mdoc_pin_fn *fn, void *arg);

/* The weakest key path allowed, 'A', 'B', 'C', 'D' or 'S' (default); see
 * p11-mdoc(7). */
int mdoc_ctx_set_minimum_path(mdoc_ctx *ctx, char path);

/* clang-format off */
MDOC_USUAL
MDOC_C_END
/* clang-format on */

#endif
