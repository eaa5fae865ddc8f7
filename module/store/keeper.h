/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeper: the key of a token that records of its store are sealed with, and a
 * short-lived session to use it in.
 */
#ifndef MODULE_KEEPER_H
#define MODULE_KEEPER_H

#include "module/store/folder.h"
#include "module/store/store.h"
#include "vendor-ext/seal.h"

struct keeper {
	struct token token; /* its session is ours */
	struct hasher *hasher;
	struct seal_key seal;
	struct blob point;
	folder_name group; /* by the public key: where its records are */
};

/* CKR_SESSION_READ_ONLY, CKR_USER_NOT_LOGGED_IN: that session may not write. */
CK_RV keeper_may_write(const struct store_call *c) NODISCARD;
/* To seal: the key is made if there is none. */
CK_RV keeper_make(const struct store_call *c, struct keeper *ret) NODISCARD;
/*
 * To open the records of this group. CKR_OBJECT_HANDLE_INVALID: the session
 * does not see its key.
 */
CK_RV keeper_open(const struct store_call *c, const char *group,
    struct keeper *ret) NODISCARD;
void keeper_close(struct keeper *k);

#endif
