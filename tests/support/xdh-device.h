/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xdh-device: a PKCS#11 device with keys on X25519 and X448, which no token at
 * hand has: ECDH, HKDF, digests, HMAC and AES by OpenSSL, session objects
 * only, one slot, no login, one thread. The test's own, or xdh-device.so below
 * p11-mdoc.so; then its switches are the symbol "xdh_device".
 */
#ifndef TESTS_SUPPORT_XDH_DEVICE_H
#define TESTS_SUPPORT_XDH_DEVICE_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#define XDH_SLOT   5
#define XDH_EXPORT __attribute__((visibility("default")))

struct xdh_device {
	bool no_hkdf;       /* no path A */
	bool no_digest_key; /* no path C */
	/* What happened */
	unsigned long agreements;
	unsigned long bad_points; /* peer keys that it should never see */
};

extern XDH_EXPORT struct xdh_device xdh_device;

CK_FUNCTION_LIST *xdh_functions(void);

/* ---- between its files */

struct xdh_object;

/* NULL: there is none. */
struct xdh_object *xdh_object_find(CK_OBJECT_HANDLE handle);
/* The n attributes, and then the more. */
CK_RV
xdh_object_add(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *t, CK_ULONG n,
    const CK_ATTRIBUTE *more, CK_ULONG n_more, CK_OBJECT_HANDLE *ret);
CK_RV xdh_object_remove(CK_OBJECT_HANDLE handle);
void xdh_object_remove_of(CK_SESSION_HANDLE session);
/* The first one, in order of handles, behind *pos that matches. */
CK_OBJECT_HANDLE
xdh_object_next(CK_OBJECT_HANDLE *pos, const CK_ATTRIBUTE *t, CK_ULONG n);
/* Whatever it is, secret or not; NULL: it has no such attribute. */
const CK_ATTRIBUTE *
xdh_object_get(const struct xdh_object *o, CK_ATTRIBUTE_TYPE type);
bool xdh_object_is(const struct xdh_object *o, CK_ATTRIBUTE_TYPE type);
/* As C_GetAttributeValue and C_SetAttributeValue. */
CK_RV xdh_object_read(const struct xdh_object *o, CK_ATTRIBUTE *t, CK_ULONG n);
CK_RV
xdh_object_write(struct xdh_object *o, const CK_ATTRIBUTE *t, CK_ULONG n);

CK_RV
xdh_generate(CK_SESSION_HANDLE session, CK_MECHANISM *m, CK_ATTRIBUTE *public_,
    CK_ULONG n_public, CK_ATTRIBUTE *private_, CK_ULONG n_private,
    CK_OBJECT_HANDLE *ret_public, CK_OBJECT_HANDLE *ret_private);
CK_RV xdh_derive(CK_SESSION_HANDLE session, CK_MECHANISM *m,
    CK_OBJECT_HANDLE base, CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret);

#endif
