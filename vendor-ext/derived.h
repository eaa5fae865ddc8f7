/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * derived: a secret that was computed in this process becomes an object of the
 * token, as the template of C_DeriveKey asks for it.
 */
#ifndef VENDOR_EXT_DERIVED_H
#define VENDOR_EXT_DERIVED_H

#include "vendor-ext/mechanism.h"

/* What is to be made, of which class and length. */
struct derived {
	CK_OBJECT_CLASS class; /* CKO_SECRET_KEY, CKO_DATA */
	CK_KEY_TYPE type;      /* of a key */
	size_t len;
};

/*
 * Reads the template: class says what the mechanism makes, fixed how long it
 * is (0: the template says, or the type of the key), max how long it can be.
 * CKR_TEMPLATE_INCOMPLETE without a length, CKR_TEMPLATE_INCONSISTENT for what
 * cannot be.
 */
CK_RV derived_read(const struct mechanism_derivation *d, CK_OBJECT_CLASS class,
    size_t fixed, size_t max, struct derived *ret) NODISCARD;

/*
 * Makes it, in the session d->home. Where the template says nothing, it is as
 * private, sensitive and unextractable as the base key. Nothing is kept of an
 * object that turns out weaker than was asked for. value: what->len bytes.
 */
CK_RV derived_create(const struct token *t,
    const struct mechanism_derivation *d, const struct derived *what,
    struct blob *value, CK_OBJECT_HANDLE *ret) NODISCARD;

#endif
