/* SPDX-License-Identifier: BSD-3-Clause */
/* token.h: the tokens within reach, and making a new one. mdoc_key(3). */
#ifndef MDOC_TOKEN_H
#define MDOC_TOKEN_H

#include <mdoc/types.h>

/* clang-format off */
MDOC_C_BEGIN
MDOC_VISIBLE

/* clang-format on */

typedef struct mdoc_token_info {
	const char *uri; /* "pkcs11:model=...;token=..." */
	const char *label;
	const char *manufacturer;
	const char *model;
	const char *serial;
	int initialized;
	int login_required;
} mdoc_token_info;

/* Calls fn for each token; a return value other than 0 ends it. */
int mdoc_token_list(mdoc_ctx *ctx,
    int (*fn)(void *arg, const mdoc_token_info *info), void *arg);

/*
 * Initialises the first token that is not initialised yet, sets its label and
 * user PIN. Never touches a token that is in use; a label that exists is
 * MDOC_E_TOKEN. so_pin: of the security officer, set at the same time.
 */
int mdoc_token_init(mdoc_ctx *ctx, const char *label, mdoc_bytes so_pin,
    mdoc_bytes pin);

/* clang-format off */
MDOC_USUAL
MDOC_C_END
/* clang-format on */

#endif
