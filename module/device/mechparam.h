/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mechparam: handles of objects inside the parameters of mechanisms. The
 * device gets a copy with its own handles; those that it writes become ours.
 */
#ifndef MODULE_MECHPARAM_H
#define MODULE_MECHPARAM_H

#include "module/device/device.h"

/* The longest parameter with handles in it. */
#define MECHPARAM_WORDS 11

struct mechparam_layout;

struct mechparam {
	CK_MECHANISM *m; /* for the device */
	CK_MECHANISM copy;
	CK_ULONG words[MECHPARAM_WORDS];
	const struct mechparam_layout *layout; /* set where there is a copy */
	void *extra;
};

/*
 * The keys that a parameter names, as the application wrote them; *ret is to
 * be freed, NULL if there are none. m may be NULL.
 */
CK_RV mechparam_keys(const CK_MECHANISM *m, CK_OBJECT_HANDLE **ret,
    size_t *ret_n) NODISCARD;

CK_RV mechparam_copy(const struct device *d, CK_MECHANISM *m,
    struct mechparam *p) NODISCARD;
CK_RV mechparam_end(const struct device *d, struct mechparam *p, CK_RV rv);

/* m is the application's; p->m is good until mechparam_up(). */
static inline NODISCARD CK_RV
mechparam_down(const struct device *d, CK_MECHANISM *m, struct mechparam *p)
{
	p->m = m;
	p->layout = NULL;
	/* The only device: its handles are ours. */
	if (d->prefix_mask == 0 || m == NULL)
		return CKR_OK;
	return mechparam_copy(d, m, p);
}

/* After the call, which answered rv. Returns what to answer. */
static inline CK_RV
mechparam_up(const struct device *d, struct mechparam *p, CK_RV rv)
{
	return p->layout == NULL ? rv : mechparam_end(d, p, rv);
}

#endif
