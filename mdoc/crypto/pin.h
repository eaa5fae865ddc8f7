/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pin: where PINs come from, and logging in with them. The last try before a
 * PIN is locked is only taken when the caller's function was told so.
 */
#ifndef MDOC_CRYPTO_PIN_H
#define MDOC_CRYPTO_PIN_H

#include "mdoc/crypto/p11-token.h"

/* Tries of a PIN that is typed. */
#define PIN_MAX_TRIES 3

/*
 * pin-source: file:PATH or a plain path, fd:N, cred:NAME (a systemd
 * credential). One line end at its end is not part of the PIN.
 */
int
pin_read_source(mdoc_ctx *c, const char *source, struct blob *ret) NODISCARD;
/* user: CKU_USER or CKU_CONTEXT_SPECIFIC. */
int pin_login(mdoc_ctx *c, struct p11token *t, const struct p11uri *uri,
    CK_SESSION_HANDLE session, CK_USER_TYPE user) NODISCARD;

#endif
