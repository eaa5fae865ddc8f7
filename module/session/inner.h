/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inner: a short-lived session of ours on the caller's slot, for vendor work:
 * the caller's own may have a digest or a search running. It is closed before
 * the entry point returns, so it never outlives the caller's last session and
 * never keeps a login alive. Where the device has no session left, the
 * caller's own is used.
 */
#ifndef MODULE_INNER_H
#define MODULE_INNER_H

#include "module/api/api.h"
#include "vendor-ext/token.h"

struct inner {
	struct token token;
	bool own; /* ours to close */
};

/* Inside of a session. */
CK_RV inner_open(const struct api_call *c, struct inner *ret) NODISCARD;
/* One with other flags than the caller's. */
CK_RV inner_open_flags(const struct api_call *c, CK_FLAGS flags,
    struct inner *ret) NODISCARD;
void inner_close(struct inner *i);
/* The caller's own session as vendor code wants it. */
struct token inner_caller(const struct api_call *c);
/* The session's; NULL: out of memory. */
struct hasher *inner_hasher(const struct api_call *c);

#endif
