/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guard: purpose-bound keys. Every entry point that uses a private key asks
 * here first, and guard-object.h is asked before an object is copied, changed,
 * destroyed or shown. vendor-ext/purpose.h says what a rule is, bind.h how a
 * key gets one.
 *
 * Most tokens have no rules, and most keys of the others none: that is
 * remembered for a second, so that a use of such a key costs no call of the
 * device. What another process binds is seen at the latest then. A rule is
 * never remembered.
 */
#ifndef MODULE_GUARD_H
#define MODULE_GUARD_H

#include <stdatomic.h>

#include <p11-kit/pkcs11.h>

#include "module/guard/process-lock.h"
#include "module/state/lock.h"

struct api_call;
struct device;
struct inner;
struct purpose;
struct purpose_want;

#define GUARD_ENTRIES 64

/* Not bound. */
struct guard_entry {
	CK_SLOT_ID slot;
	CK_OBJECT_HANDLE key;
	unsigned generation;
	int64_t until; /* milliseconds */
};

/* Of one device. */
struct guard {
	struct lock lock;       /* of the entries */
	struct lock write;      /* of rules: see guard_lock() */
	atomic_uint generation; /* an entry of another one is void */
	struct guard_entry entries[GUARD_ENTRIES];
};

CK_RV guard_init(struct guard *g, const struct lock_ops *ops) NODISCARD;
/* NULL is fine, and so is one that is all zero. */
void guard_destroy(struct guard *g);
/* Handles, rules or the login have changed. */
void guard_forget(struct device *d);
/* This handle may soon be that of another object. */
void guard_forget_key(const struct api_call *c, CK_OBJECT_HANDLE key);

/* ---- inside of a session */

/* Has this slot any rule? */
CK_RV guard_any(struct api_call *c, bool *ret) NODISCARD;
/*
 * The rule of a key, by its CKA_ID; NULL if it has none, or is no private key,
 * or is not there: the device will say so. For guard_rule_free().
 */
CK_RV guard_rule(struct api_call *c, CK_OBJECT_HANDLE key,
    struct purpose **ret) NODISCARD;
/* The same, and nothing that was remembered counts. */
CK_RV guard_rule_now(struct api_call *c, CK_OBJECT_HANDLE key,
    struct purpose **ret) NODISCARD;
void guard_rule_free(struct purpose **p);

/*
 * For what a key may do if it is not bound or as its rule says. A bound key
 * inside of m (which may be NULL) is refused as guard_refuse() does.
 */
CK_RV guard_use(struct api_call *c, const CK_MECHANISM *m, CK_OBJECT_HANDLE key,
    struct purpose **ret) NODISCARD;
/*
 * For what no bound key may do: CKR_KEY_FUNCTION_NOT_PERMITTED if key is bound,
 * or one inside of m (which may be NULL) is.
 */
CK_RV guard_refuse(struct api_call *c, const CK_MECHANISM *m,
    CK_OBJECT_HANDLE key) NODISCARD;

/* A first look: may a key with this rule do that? */
CK_RV
guard_check(const struct purpose *rule, const struct purpose_want *w) NODISCARD;
/* The last look, and the use is written down: it has to follow. */
CK_RV guard_spend(struct api_call *c, const struct purpose *rule,
    const struct purpose_want *w) NODISCARD;
/* CKR_KEY_FUNCTION_NOT_PERMITTED, and the log says why. */
CK_RV guard_refused(const struct purpose *rule, const char *why) NODISCARD;

/*
 * A read-write session of ours, while no other thread or process writes rules
 * of this token. Held across calls of the device, for there the rules are.
 */
CK_RV guard_lock(struct api_call *c, struct process_lock *p,
    struct inner *ret) NODISCARD;
void
guard_unlock(struct api_call *c, struct process_lock *p, struct inner *inner);

#endif
