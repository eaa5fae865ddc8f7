/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * profile: which profiles of OASIS (PKCS #11 Profiles 3.0 and later) the token
 * in a slot has, seen through us. Said is what is true of this token as far as
 * this session sees it, and nothing that cannot be known:
 *
 * Baseline Provider: a session can be opened; the rest we do.
 * Extended Provider: there are mechanisms, and somebody can log in.
 * Authentication Token: the same, and a mechanism signs with a private key.
 * Public Certificates Token: there are certificates, all of them are public,
 * and the key of each can be found without a login or is known not to exist.
 */
#ifndef MODULE_PROFILE_H
#define MODULE_PROFILE_H

#include <stdbool.h>

#include "module/api/pkcs11-3.h"
#include "vendor-ext/token.h"

/* Their identifiers are 1 to PROFILE_MAX. */
#define PROFILE_MAX CKP_PUBLIC_CERTIFICATES_TOKEN

/* t: a session without a search of its own. */
CK_RV
profile_holds(const struct token *t, CK_PROFILE_ID id, bool *ret) NODISCARD;
/* "Baseline Provider"; NULL: none of ours. */
const char *profile_name(CK_PROFILE_ID id);

#endif
