/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * store: "store = file". Records of ours (credential.h) that a token cannot
 * hold, because it is read-only or takes no private CKO_DATA, lie in a folder,
 * sealed with a key of the token (seal.h). To the rest they look like the
 * token's own: downstream.c asks here first.
 *
 * The key is a pair labelled STORE_LABEL, made when it is first needed; where
 * the token can make none, the first of its keys that can agree. A record is
 * there for whoever sees the key, that is, after login.
 */
#ifndef MODULE_STORE_H
#define MODULE_STORE_H

#include "module/device/device.h"

#define STORE_LABEL "p11-mdoc store"

struct store;

/* path: as in p11-mdoc.conf; "" is the default. CKR_GENERAL_ERROR: none. */
CK_RV store_new(const char *path, const struct lock_ops *ops,
    struct store **ret) NODISCARD;
void store_free(struct store **s);
/* What was read is wiped: somebody has logged out. NULL is fine. */
void store_forget(struct store *s);

/*
 * The device's handle of an object of the store. Bit 55 marks it: no device
 * known counts that far.
 */
bool store_has(const struct device *d, CK_OBJECT_HANDLE object);
/* Would this object belong there? */
bool store_takes(const struct device *d, const CK_ATTRIBUTE *t, CK_ULONG n);

/* As the C_ functions of the same name, with the device's session s of slot. */
struct store_call {
	struct device *device;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session;
};

CK_RV store_create(const struct store_call *c, const CK_ATTRIBUTE *t,
    CK_ULONG n, CK_OBJECT_HANDLE *ret) NODISCARD;
CK_RV
store_destroy(const struct store_call *c, CK_OBJECT_HANDLE object) NODISCARD;
CK_RV store_size(const struct store_call *c, CK_OBJECT_HANDLE object,
    CK_ULONG *size) NODISCARD;
CK_RV store_get(const struct store_call *c, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *t, CK_ULONG n) NODISCARD;
CK_RV store_set(const struct store_call *c, CK_OBJECT_HANDLE object) NODISCARD;

/* Before the device's own search begins: what is to follow its results. */
CK_RV store_find_init(const struct store_call *c, const CK_ATTRIBUTE *t,
    CK_ULONG n) NODISCARD;
CK_ULONG
store_find(const struct store_call *c, CK_OBJECT_HANDLE *o, CK_ULONG max);
void store_find_final(const struct store_call *c);

#endif
