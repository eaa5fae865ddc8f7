/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * expect: which key path worked for a key with a mechanism, so that it is tried
 * first next time and what the device refuses is not asked again. A hint:
 * minimum-path is looked at each time, and all of it is forgotten whenever a
 * handle may have become another object's (logout, end of a session, objects
 * destroyed), so that no key is led to a weaker path than it needs.
 */
#ifndef MODULE_EXPECT_H
#define MODULE_EXPECT_H

#include <stdatomic.h>
#include <stdint.h>

#include "vendor-ext/agree.h"

struct api_call;

#define EXPECT_PATHS 32

/* Of a device; each a hash of slot, key and mechanism, and the letter. */
struct expect {
	_Atomic uint64_t v[EXPECT_PATHS];
};

/* AGREE_PATH_UNKNOWN: nothing is. */
enum agree_path expect_path(const struct api_call *c, CK_OBJECT_HANDLE key,
    CK_MECHANISM_TYPE mechanism);
/* AGREE_PATH_UNKNOWN: what was expected did not come true. */
void expect_note(const struct api_call *c, CK_OBJECT_HANDLE key,
    CK_MECHANISM_TYPE mechanism, enum agree_path path);
void expect_forget(struct expect *e);

#endif
