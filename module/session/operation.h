/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * operation: the one place that decides, when an operation begins, who does
 * the work: the device (passed through), a vendor mechanism of ours, or, where
 * the device refuses a standard mechanism, one that we build from what it has
 * (completed). All functions are called inside of a session
 * (api_enter_session) and follow PKCS#11 in when an operation ends.
 */
#ifndef MODULE_OPERATION_H
#define MODULE_OPERATION_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#include "common/util.h"

struct api_call;
struct mechanism_op;
struct purpose;

enum operation_kind {
	OPERATION_SIGN,
	OPERATION_VERIFY,
	OPERATION_DECRYPT
};

#define OPERATION_KINDS 3

/* Of one kind, in one session. */
struct operation {
	bool passed; /* the device has one running, as far as we can tell */
	bool parts;  /* data was given in parts */
	bool left;   /* the device may have one running that was begun by us */
	struct mechanism_op *ours; /* vendor or completed; NULL: none */
	struct purpose *rule;      /* of its key, if that is bound */
	CK_OBJECT_HANDLE key;
	CK_MECHANISM_TYPE type;
};

/* Without a mechanism: ends what is running (PKCS#11 3.0). */
CK_RV operation_init(struct api_call *c, enum operation_kind kind,
    CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key) NODISCARD;
CK_RV operation_update(struct api_call *c, enum operation_kind kind,
    CK_BYTE *in, CK_ULONG in_len) NODISCARD;
CK_RV operation_sign(struct api_call *c, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *out, CK_ULONG *out_len) NODISCARD;
CK_RV operation_sign_final(struct api_call *c, CK_BYTE *out,
    CK_ULONG *out_len) NODISCARD;
CK_RV operation_verify(struct api_call *c, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *signature, CK_ULONG signature_len) NODISCARD;
CK_RV operation_verify_final(struct api_call *c, CK_BYTE *signature,
    CK_ULONG signature_len) NODISCARD;
CK_RV operation_decrypt(struct api_call *c, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *out, CK_ULONG *out_len) NODISCARD;
CK_RV operation_decrypt_update(struct api_call *c, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *out, CK_ULONG *out_len) NODISCARD;
CK_RV operation_decrypt_final(struct api_call *c, CK_BYTE *out,
    CK_ULONG *out_len) NODISCARD;
/* C_GetOperationState. */
CK_RV operation_state(struct api_call *c, CK_BYTE *state,
    CK_ULONG *state_len) NODISCARD;
/* C_SetOperationState went well: what it brought back is the device's. */
void operation_restored(struct api_call *c, CK_OBJECT_HANDLE signing_key);

/*
 * Before a function that is about two operations: CKR_OPERATION_NOT_INITIALIZED
 * if one is ours, which knows no such functions, though the device may have
 * one running on our behalf.
 */
CK_RV operation_dual(const struct api_call *c) NODISCARD;

/* Ends an operation of ours; the device's is left alone. */
void operation_drop(struct operation *op);

#endif
