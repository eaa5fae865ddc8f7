/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tokens: the security devices that vendor code is tested with, each with a
 * session that is ready for use.
 */
#ifndef TESTS_SUPPORT_TOKENS_H
#define TESTS_SUPPORT_TOKENS_H

#include "tests/support/softhsm.h"
#include "vendor-ext/token.h"

/* A new SoftHSMv2 token, logged in. false: a line on stderr says why. */
bool tokens_softhsm(struct token *ret) NODISCARD;
/* NSS softokn without a database: no login, session objects only. */
bool tokens_nss(struct token *ret) NODISCARD;
/* Ends whichever it is. */
void tokens_stop(struct token *t);

/* Another session of the same kind; the first one stays. */
CK_RV tokens_session(const struct token *t, CK_SESSION_HANDLE *ret);
/* How many objects the token shows, or fails the program. */
CK_ULONG tokens_count(const struct token *t);

/*
 * A key pair as session objects. point: CURVE_MAX_POINT bytes. The private
 * key may sign (if the curve can) and derive (if it can), and is neither
 * extractable nor, on NSS, private.
 */
CK_RV tokens_generate(const struct token *t, const struct curve *c,
    CK_OBJECT_HANDLE *ret_private, CK_OBJECT_HANDLE *ret_public);

#endif
