/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mechanism: the vendor mechanisms, one const table, and one running
 * operation of them. A mechanism is a struct of functions; one that is NULL
 * means that the mechanism does not have that operation.
 */
#ifndef VENDOR_EXT_MECHANISM_H
#define VENDOR_EXT_MECHANISM_H

#include "vendor-ext/agree.h"
#include "vendor-ext/tbs.h"
#include "vendor-ext/token.h"

/* Longest data of one operation, all parts together. */
#define MECHANISM_MAX_DATA ((size_t)4 << 20)

struct mechanism;
struct mechanism_op;

/* NULL: not one of ours. */
const struct mechanism *mechanism_find(CK_MECHANISM_TYPE type);
/* The i-th of the table; NULL past its end. */
const struct mechanism *mechanism_at(size_t i);
CK_MECHANISM_TYPE mechanism_type(const struct mechanism *m);
/* "CKM_MDOC_DEVICE_MAC", ... */
const char *mechanism_name(const struct mechanism *m);
/* Key sizes in bits and flags; never CKF_HW. */
void mechanism_info(const struct mechanism *m, CK_MECHANISM_INFO *ret);
/*
 * Does the token have what the mechanism is built from? Only this decides
 * whether it is listed; mechanism_init tries.
 */
bool mechanism_works(const struct mechanism *m, const struct token *t);

/*
 * Starts an operation. what: CKF_SIGN or CKF_VERIFY. Checks the parameter
 * (must be empty), the class, type, curve and permission attributes of the
 * key. weakest: see agree_input. The session of t is only used during a call
 * and may differ from call to call; the key handle must be valid in it.
 */
CK_RV mechanism_init(const struct mechanism *m, CK_FLAGS what,
    const struct token *t, const CK_MECHANISM *parameter, CK_OBJECT_HANDLE key,
    enum agree_path weakest, struct mechanism_op **ret) NODISCARD;
CK_RV mechanism_update(struct mechanism_op *op, struct bytes part) NODISCARD;
/* Length of the signature. */
CK_ULONG mechanism_sign_len(const struct mechanism_op *op);
/* The end of the operation: signs what was given; out holds sign_len bytes. */
CK_RV mechanism_sign(struct mechanism_op *op, const struct token *t,
    struct hasher *h, uint8_t *out) NODISCARD;
CK_RV mechanism_verify(struct mechanism_op *op, const struct token *t,
    struct hasher *h, struct bytes signature) NODISCARD;
/*
 * The path that worked for another key of this token: tried first, so that
 * what the token refuses is not asked again. A caller may well keep it.
 */
void mechanism_op_expect(struct mechanism_op *op, enum agree_path path);
/* The path taken, after mechanism_sign of CKM_MDOC_DEVICE_MAC. */
enum agree_path mechanism_op_path(const struct mechanism_op *op);
void mechanism_op_free(struct mechanism_op **op);

#endif
