/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "module/api.h"
#include "module/operation.h"

static struct operation *
operation(const struct api_call *c, enum operation_kind kind)
{
	return &c->session->operation[kind];
}

/*
 * PKCS#11 5.11: every answer ends the operation, except a buffer that is too
 * small and the length that was asked for.
 */
static CK_RV
passed_end(struct operation *op, CK_RV rv, bool asks_length)
{
	if (rv != CKR_BUFFER_TOO_SMALL && !(rv == CKR_OK && asks_length))
		op->passed = false;
	return rv;
}

CK_RV
operation_init(struct api_call *c, enum operation_kind kind,
    CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	struct operation *op = operation(c, kind);
	CK_RV rv;

	if (kind == OPERATION_SIGN)
		rv = c->f->C_SignInit(c->down, mechanism, key);
	else
		rv = c->f->C_VerifyInit(c->down, mechanism, key);
	if (rv == CKR_OK)
		op->passed = true;
	return rv;
}

CK_RV
operation_update(struct api_call *c, enum operation_kind kind, CK_BYTE *in,
    CK_ULONG in_len)
{
	struct operation *op = operation(c, kind);
	CK_RV rv;

	if (kind == OPERATION_SIGN)
		rv = c->f->C_SignUpdate(c->down, in, in_len);
	else
		rv = c->f->C_VerifyUpdate(c->down, in, in_len);
	if (rv != CKR_OK)
		op->passed = false;
	return rv;
}

CK_RV
operation_sign(struct api_call *c, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct operation *op = operation(c, OPERATION_SIGN);

	return passed_end(op, c->f->C_Sign(c->down, in, in_len, out, out_len),
	    out == NULL);
}

CK_RV
operation_sign_final(struct api_call *c, CK_BYTE *out, CK_ULONG *out_len)
{
	struct operation *op = operation(c, OPERATION_SIGN);

	return passed_end(op, c->f->C_SignFinal(c->down, out, out_len),
	    out == NULL);
}

CK_RV
operation_verify(struct api_call *c, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *signature, CK_ULONG signature_len)
{
	struct operation *op = operation(c, OPERATION_VERIFY);

	return passed_end(op,
	    c->f->C_Verify(c->down, in, in_len, signature, signature_len),
	    false);
}

CK_RV
operation_verify_final(struct api_call *c, CK_BYTE *signature,
    CK_ULONG signature_len)
{
	struct operation *op = operation(c, OPERATION_VERIFY);

	return passed_end(op,
	    c->f->C_VerifyFinal(c->down, signature, signature_len), false);
}

CK_RV
operation_state(struct api_call *c, CK_BYTE *state, CK_ULONG *state_len)
{
	return c->f->C_GetOperationState(c->down, state, state_len);
}
