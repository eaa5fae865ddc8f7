/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <time.h>

#include "common/log.h"
#include "module/device/mechparam.h"
#include "module/guard/guard-object.h"
#include "module/guard/guard.h"
#include "module/object/object.h"
#include "module/session/inner.h"
#include "vendor-ext/hasher.h"
#include "vendor-ext/purpose.h"

/* How long what is not bound is remembered. */
#define REMEMBERED_MS 1000

/* ---- what is known not to be bound */

CK_RV
guard_init(struct guard *g, const struct lock_ops *ops)
{
	CK_RV rv;

	rv = lock_init(&g->lock, ops);
	if (rv != CKR_OK)
		return rv;
	rv = lock_init(&g->write, ops);
	if (rv == CKR_OK)
		atomic_init(&g->generation, 1);
	else
		lock_destroy(&g->lock);
	return rv;
}

void
guard_destroy(struct guard *g)
{
	/* Generations begin with 1: it was never made. */
	if (g == NULL || atomic_load(&g->generation) == 0)
		return;
	lock_destroy(&g->write);
	lock_destroy(&g->lock);
}

void
guard_forget(struct device *d)
{
	/* Not 0, which an empty entry has. */
	if (atomic_fetch_add(&d->guard.generation, 1) + 1 == 0)
		atomic_fetch_add(&d->guard.generation, 1);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC_COARSE, &now) != 0)
		return INT64_MAX;
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct guard_entry *
entry_of(struct guard *g, CK_SLOT_ID slot, CK_OBJECT_HANDLE key)
{
	return &g->entries[(key + 31 * slot) % GUARD_ENTRIES];
}

static bool
is_known(struct guard *g, CK_SLOT_ID slot, CK_OBJECT_HANDLE key, int64_t now)
{
	const struct guard_entry *e = entry_of(g, slot, key);

	return e->slot == slot && e->key == key && now < e->until &&
	    e->generation == atomic_load(&g->generation);
}

static bool
is_free(const struct api_call *c, CK_OBJECT_HANDLE key)
{
	struct guard *g = &c->device->guard;
	int64_t now = now_ms();
	bool known;

	if (lock_take(&g->lock) != CKR_OK)
		return false;
	known = is_known(g, c->slot, key, now);
	lock_give(&g->lock);
	return known;
}

/* generation: from before it was found out. */
static void
remember(const struct api_call *c, CK_OBJECT_HANDLE key, unsigned generation)
{
	struct guard *g = &c->device->guard;
	int64_t now = now_ms();

	if (now == INT64_MAX || lock_take(&g->lock) != CKR_OK)
		return;
	*entry_of(g, c->slot, key) = (struct guard_entry){ c->slot, key,
		generation, now + REMEMBERED_MS };
	lock_give(&g->lock);
}

void
guard_forget_key(const struct api_call *c, CK_OBJECT_HANDLE key)
{
	struct guard *g = &c->device->guard;
	struct guard_entry *e;

	if (lock_take(&g->lock) != CKR_OK) {
		guard_forget(c->device);
		return;
	}
	e = entry_of(g, c->slot, key);
	if (e->slot == c->slot && e->key == key)
		*e = (struct guard_entry){ 0 };
	lock_give(&g->lock);
}

/* ---- rules */

CK_RV
guard_any(struct api_call *c, bool *ret)
{
	struct inner inner;
	CK_RV rv;

	*ret = false;
	rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = purpose_any(&inner.token, ret);
	inner_close(&inner);
	/* Where nothing can be looked for there is no rule. */
	return rv == CKR_FUNCTION_NOT_SUPPORTED ? CKR_OK : rv;
}

static CK_RV
find_rule(struct api_call *c, struct bytes id, struct purpose **ret)
{
	struct purpose *rule;
	bool found = false;
	struct inner inner;
	CK_RV rv;

	rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	rule = calloc(1, sizeof(*rule));
	rv = rule == NULL ? CKR_HOST_MEMORY
			  : purpose_find(&inner.token, id, rule, &found);
	inner_close(&inner);
	if (rv == CKR_OK && found)
		*ret = rule;
	else
		guard_rule_free(&rule);
	return rv == CKR_FUNCTION_NOT_SUPPORTED ? CKR_OK : rv;
}

/*
 * That there is no rule at all is not remembered: a key that is made with one
 * the next moment, by another process, would be anybody's until it is noticed.
 */
CK_RV
guard_rule_now(struct api_call *c, CK_OBJECT_HANDLE key, struct purpose **ret)
{
	unsigned generation = atomic_load(&c->device->guard.generation);
	struct token t = inner_caller(c);
	struct guard_object o;
	bool any = true;
	CK_RV rv;

	*ret = NULL;
	rv = guard_object_read(&t, key, &o);
	/* Nothing is known of it but that the device will refuse it. */
	if (rv == CKR_OBJECT_HANDLE_INVALID)
		return CKR_OK;
	if (rv != CKR_OK)
		return guard_any(c, &any) == CKR_OK && !any ? CKR_OK : rv;
	if (o.class == CKO_PRIVATE_KEY)
		rv = find_rule(c, bytes_of(o.id, o.id_len), ret);
	if (rv == CKR_OK && *ret == NULL)
		remember(c, key, generation);
	return rv;
}

CK_RV
guard_rule(struct api_call *c, CK_OBJECT_HANDLE key, struct purpose **ret)
{
	*ret = NULL;
	if (object_is_vendor(key) || key == CK_INVALID_HANDLE ||
	    is_free(c, key))
		return CKR_OK;
	return guard_rule_now(c, key, ret);
}

void
guard_rule_free(struct purpose **p)
{
	if (p == NULL || *p == NULL)
		return;
	purpose_reset(*p);
	free(*p);
	*p = NULL;
}

CK_RV
guard_refused(const struct purpose *rule, const char *why)
{
	char id[2 * PURPOSE_MAX_ID + 1] = "";

	if (rule->key_id.len <= PURPOSE_MAX_ID)
		bytes_to_hex(blob_bytes(&rule->key_id), id);
	log_printf(LOG_INFO, "guard", "key %s is purpose-bound: %s", id, why);
	return CKR_KEY_FUNCTION_NOT_PERMITTED;
}

static CK_RV
refuse_key(struct api_call *c, CK_OBJECT_HANDLE key)
{
	struct purpose *rule;
	CK_RV rv;

	rv = guard_rule(c, key, &rule);
	if (rv == CKR_OK && rule != NULL)
		rv = guard_refused(rule, "this is no use of its purpose");
	guard_rule_free(&rule);
	return rv;
}

/* Keys that a mechanism's parameter names. */
static CK_RV
refuse_inside(struct api_call *c, const CK_MECHANISM *m)
{
	CK_OBJECT_HANDLE *keys;
	size_t n;
	CK_RV rv;

	rv = mechparam_keys(m, &keys, &n);
	if (rv != CKR_OK)
		return rv;
	/* With one device they go down as they are: what would it see? */
	for (size_t i = 0; rv == CKR_OK && i < n; i++)
		rv = refuse_key(c, keys[i] & ~OBJECT_VENDOR_BIT);
	free(keys);
	return rv;
}

CK_RV
guard_use(struct api_call *c, const CK_MECHANISM *m, CK_OBJECT_HANDLE key,
    struct purpose **ret)
{
	CK_RV rv;

	*ret = NULL;
	rv = refuse_inside(c, m);
	return rv == CKR_OK ? guard_rule(c, key, ret) : rv;
}

CK_RV
guard_refuse(struct api_call *c, const CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
	CK_RV rv;

	rv = refuse_inside(c, m);
	return rv == CKR_OK ? refuse_key(c, key) : rv;
}

CK_RV
guard_check(const struct purpose *rule, const struct purpose_want *w)
{
	const char *why = "";
	CK_RV rv;

	rv = purpose_check(rule, w, &why);
	return rv == CKR_OK ? rv : guard_refused(rule, why);
}

/* ---- writing */

/* Of the token, whatever way leads to it. */
static CK_RV
token_name(struct api_call *c, uint8_t ret[32])
{
	struct hasher *h = inner_hasher(c);
	CK_TOKEN_INFO info = { .label = "" };
	const struct bytes parts[] = {
		bytes_of(info.manufacturerID, sizeof(info.manufacturerID)),
		bytes_of(info.model, sizeof(info.model)),
		bytes_of(info.serialNumber, sizeof(info.serialNumber)),
		bytes_of(info.label, sizeof(info.label)),
	};
	CK_RV rv;

	rv = c->f->C_GetTokenInfo(c->slot, &info);
	if (rv != CKR_OK)
		return rv;
	if (h == NULL ||
	    !hasher_digest(h, HASH_SHA256, parts, nitems(parts), ret))
		return CKR_HOST_MEMORY;
	return CKR_OK;
}

CK_RV
guard_lock(struct api_call *c, struct process_lock *p, struct inner *ret)
{
	uint8_t name[32];
	CK_RV rv;

	rv = token_name(c, name);
	if (rv == CKR_OK)
		rv = lock_take(&c->device->guard.write);
	if (rv != CKR_OK)
		return rv;
	process_lock_take(p, name);
	rv = inner_open_flags(c, CKF_SERIAL_SESSION | CKF_RW_SESSION, ret);
	if (rv != CKR_OK) {
		process_lock_give(p);
		lock_give(&c->device->guard.write);
	}
	return rv;
}

void
guard_unlock(struct api_call *c, struct process_lock *p, struct inner *inner)
{
	inner_close(inner);
	process_lock_give(p);
	lock_give(&c->device->guard.write);
}

CK_RV
guard_spend(struct api_call *c, const struct purpose *rule,
    const struct purpose_want *w)
{
	struct process_lock processes;
	const char *why = "";
	struct inner inner;
	CK_RV rv;

	rv = guard_check(rule, w);
	if (rv != CKR_OK || !purpose_has_state(rule))
		return rv;
	rv = guard_lock(c, &processes, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = purpose_spend(&inner.token, blob_bytes(&rule->key_id), w, &why);
	guard_unlock(c, &processes, &inner);
	return rv == CKR_KEY_FUNCTION_NOT_PERMITTED ? guard_refused(rule, why)
						    : rv;
}
