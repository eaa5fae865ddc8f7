/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "module/guard/guard-object.h"
#include "module/guard/guard.h"
#include "module/object/note.h"
#include "module/object/object.h"
#include "module/session/derive.h"
#include "module/session/inner.h"
#include "vendor-ext/mechanism.h"
#include "vendor-ext/purpose.h"

static CK_RV
ours_derive(struct api_call *c, const struct mechanism *m,
    struct mechanism_derivation *d, CK_OBJECT_HANDLE *ret)
{
	struct hasher *h = inner_hasher(c);
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
	struct inner inner;
	CK_RV rv;

	if (ret == NULL || (d->template == NULL && d->n > 0))
		return CKR_ARGUMENTS_BAD;
	if (object_is_vendor(d->base))
		return CKR_KEY_HANDLE_INVALID;
	if (h == NULL)
		return CKR_HOST_MEMORY;
	rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = mechanism_derive(m, &inner.token, h, d, &key);
	inner_close(&inner);
	if (rv == CKR_OK && d->path != AGREE_PATH_UNKNOWN) {
		/* A key that cannot say where it was is none. */
		rv = note_add(c, key, (CK_ULONG)d->path);
		if (rv != CKR_OK)
			(void)c->f->C_DestroyObject(c->down, key);
	}
	if (rv == CKR_OK)
		*ret = key;
	return rv;
}

static CK_RV
want_of(struct api_call *c, const struct mechanism *m,
    struct mechanism_derivation *d, struct purpose_want *ret)
{
	struct inner inner;
	CK_RV rv;

	rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = mechanism_derive_want(m, &inner.token, d, ret);
	inner_close(&inner);
	return rv;
}

/* With a purpose-bound key: by a mechanism that serves its purpose, or not. */
static CK_RV
bound_derive(struct api_call *c, const struct purpose *rule,
    struct mechanism_derivation *d, CK_OBJECT_HANDLE *ret)
{
	const struct mechanism *m = NULL;
	struct purpose_want want;
	CK_RV rv;

	if (d->parameter != NULL)
		m = mechanism_bound(d->parameter->mechanism);
	if (m == NULL || (mechanism_purposes(m) & rule->purposes) == 0)
		return guard_refused(rule, "this is no use of its purpose");
	d->rule = rule;
	rv = want_of(c, m, d, &want);
	if (rv == CKR_OK)
		rv = guard_spend(c, rule, &want);
	return rv == CKR_OK ? ours_derive(c, m, d, ret) : rv;
}

CK_RV
derive_key(struct api_call *c, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base,
    CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	struct mechanism_derivation d = {
		.parameter = mechanism,
		.base = base,
		.template = template,
		.n = n,
		.weakest = c->device->conf.weakest,
		.rule = NULL,
		.home = c->down,
	};
	const struct mechanism *m = NULL;
	struct purpose *rule;
	CK_RV rv, completed;

	/* CKM_HKDF_DATA makes a CKO_DATA. */
	rv = guard_object_template(template, n);
	if (rv == CKR_OK)
		rv = guard_use(c, mechanism, base, &rule);
	if (rv != CKR_OK)
		return rv;
	if (rule != NULL) {
		rv = bound_derive(c, rule, &d, ret);
		guard_rule_free(&rule);
		return rv;
	}
	if (mechanism != NULL)
		m = mechanism_find(mechanism->mechanism);
	if (m != NULL && !mechanism_is_completed(m))
		return ours_derive(c, m, &d, ret);
	rv = c->f->C_DeriveKey(c->down, mechanism, base, template, n, ret);
	if (rv != CKR_OK && m != NULL &&
	    mechanism_completes(m, rv, mechanism)) {
		completed = ours_derive(c, m, &d, ret);
		/* Not here, or not with this key: the device has spoken. */
		if (completed != CKR_MECHANISM_INVALID)
			rv = completed;
	}
	return rv;
}
