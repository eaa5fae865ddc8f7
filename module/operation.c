/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include <openssl/crypto.h>

#include "module/inner.h"
#include "module/object.h"
#include "module/operation.h"
#include "vendor-ext/mechanism.h"

enum route {
	ROUTE_PASSED,
	ROUTE_VENDOR
};

/*
 * Who does it. A standard mechanism that a device lacks and that we could
 * build from what it has would be a third answer.
 */
static enum route
route(const CK_MECHANISM *m, const struct mechanism **ret_vendor)
{
	*ret_vendor = m != NULL ? mechanism_find(m->mechanism) : NULL;
	return *ret_vendor != NULL ? ROUTE_VENDOR : ROUTE_PASSED;
}

static struct operation *
operation(const struct api_call *c, enum operation_kind kind)
{
	return &c->session->operation[kind];
}

void
operation_drop(struct operation *op)
{
	mechanism_op_free(&op->vendor);
	op->parts = false;
}

/*
 * PKCS#11 5.11: every answer ends an operation, except a buffer that is too
 * small and the length that was asked for.
 */
static bool
is_end(CK_RV rv, bool asks_length)
{
	return rv != CKR_BUFFER_TOO_SMALL && !(rv == CKR_OK && asks_length);
}

static CK_RV
passed_end(struct operation *op, CK_RV rv, bool asks_length)
{
	if (is_end(rv, asks_length))
		op->passed = false;
	return rv;
}

static CK_RV
vendor_end(struct operation *op, CK_RV rv, bool asks_length)
{
	if (is_end(rv, asks_length))
		operation_drop(op);
	return rv;
}

static CK_RV
vendor_init(struct api_call *c, enum operation_kind kind,
    const struct mechanism *m, const CK_MECHANISM *parameter,
    CK_OBJECT_HANDLE key)
{
	struct operation *op = operation(c, kind);
	struct inner inner;
	CK_RV rv;

	if (op->passed)
		return CKR_OPERATION_ACTIVE;
	if (object_is_vendor(key))
		return CKR_KEY_HANDLE_INVALID;
	rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = mechanism_init(m, kind == OPERATION_SIGN ? CKF_SIGN : CKF_VERIFY,
	    &inner.token, parameter, key, c->state->conf.weakest, &op->vendor);
	inner_close(&inner);
	op->parts = false;
	return rv;
}

static CK_RV
vendor_add(struct operation *op, CK_BYTE *in, CK_ULONG in_len)
{
	if (in == NULL && in_len > 0)
		return CKR_ARGUMENTS_BAD;
	return mechanism_update(op->vendor, bytes_of(in, in_len));
}

/* The data are complete: sign them. */
static CK_RV
vendor_sign(struct api_call *c, struct operation *op, CK_BYTE *out)
{
	struct hasher *h = inner_hasher(c);
	struct inner inner;
	CK_RV rv;

	if (h == NULL)
		return CKR_HOST_MEMORY;
	rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = mechanism_sign(op->vendor, &inner.token, h, out);
	inner_close(&inner);
	return rv;
}

/* in: the last data, looked at only when there is room for the signature. */
static CK_RV
vendor_sign_to(struct api_call *c, struct operation *op, struct bytes in,
    CK_BYTE *out, CK_ULONG *out_len)
{
	CK_BYTE signature[CURVE_MAX_SIG];
	CK_ULONG len = mechanism_sign_len(op->vendor);
	CK_RV rv;

	if (out_len == NULL)
		return CKR_ARGUMENTS_BAD;
	if (out == NULL || *out_len < len) {
		*out_len = len;
		return out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	}
	if (len > sizeof(signature))
		return CKR_GENERAL_ERROR;
	rv = mechanism_update(op->vendor, in);
	if (rv == CKR_OK)
		rv = vendor_sign(c, op, signature);
	if (rv == CKR_OK) {
		memcpy(out, signature, len);
		*out_len = len;
	}
	/* A MAC of what was not sent is nobody's business. */
	OPENSSL_cleanse(signature, sizeof(signature));
	return rv;
}

static CK_RV
vendor_verify(struct api_call *c, struct operation *op, CK_BYTE *signature,
    CK_ULONG signature_len)
{
	struct hasher *h = inner_hasher(c);
	struct inner inner;
	CK_RV rv;

	if (signature == NULL && signature_len > 0)
		return CKR_ARGUMENTS_BAD;
	if (h == NULL)
		return CKR_HOST_MEMORY;
	rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = mechanism_verify(op->vendor, &inner.token, h,
	    bytes_of(signature, signature_len));
	inner_close(&inner);
	return rv;
}

CK_RV
operation_init(struct api_call *c, enum operation_kind kind,
    CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	struct operation *op = operation(c, kind);
	const struct mechanism *vendor;
	CK_RV rv;

	if (op->vendor != NULL)
		return CKR_OPERATION_ACTIVE;
	if (route(mechanism, &vendor) == ROUTE_VENDOR)
		return vendor_init(c, kind, vendor, mechanism, key);
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

	if (op->vendor != NULL) {
		op->parts = true;
		rv = vendor_add(op, in, in_len);
		return vendor_end(op, rv, true);
	}
	if (kind == OPERATION_SIGN)
		rv = c->f->C_SignUpdate(c->down, in, in_len);
	else
		rv = c->f->C_VerifyUpdate(c->down, in, in_len);
	return passed_end(op, rv, true);
}

CK_RV
operation_sign(struct api_call *c, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct operation *op = operation(c, OPERATION_SIGN);
	CK_RV rv;

	if (op->vendor == NULL) {
		rv = c->f->C_Sign(c->down, in, in_len, out, out_len);
		return passed_end(op, rv, out == NULL);
	}
	/* 5.11: not after C_SignUpdate. SoftHSMv2 says it with this code. */
	if (op->parts)
		rv = CKR_OPERATION_NOT_INITIALIZED;
	else if (in == NULL && in_len > 0)
		rv = CKR_ARGUMENTS_BAD;
	else
		rv = vendor_sign_to(c, op, bytes_of(in, in_len), out, out_len);
	return vendor_end(op, rv, out == NULL);
}

CK_RV
operation_sign_final(struct api_call *c, CK_BYTE *out, CK_ULONG *out_len)
{
	struct operation *op = operation(c, OPERATION_SIGN);
	CK_RV rv;

	if (op->vendor == NULL) {
		rv = c->f->C_SignFinal(c->down, out, out_len);
		return passed_end(op, rv, out == NULL);
	}
	rv = vendor_sign_to(c, op, BYTES_NULL, out, out_len);
	return vendor_end(op, rv, out == NULL);
}

CK_RV
operation_verify(struct api_call *c, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *signature, CK_ULONG signature_len)
{
	struct operation *op = operation(c, OPERATION_VERIFY);
	CK_RV rv;

	if (op->vendor == NULL) {
		rv = c->f->C_Verify(c->down, in, in_len, signature,
		    signature_len);
		return passed_end(op, rv, false);
	}
	if (op->parts)
		rv = CKR_OPERATION_NOT_INITIALIZED;
	else
		rv = vendor_add(op, in, in_len);
	if (rv == CKR_OK)
		rv = vendor_verify(c, op, signature, signature_len);
	return vendor_end(op, rv, false);
}

CK_RV
operation_verify_final(struct api_call *c, CK_BYTE *signature,
    CK_ULONG signature_len)
{
	struct operation *op = operation(c, OPERATION_VERIFY);
	CK_RV rv;

	if (op->vendor == NULL) {
		rv = c->f->C_VerifyFinal(c->down, signature, signature_len);
		return passed_end(op, rv, false);
	}
	rv = vendor_verify(c, op, signature, signature_len);
	return vendor_end(op, rv, false);
}

CK_RV
operation_state(struct api_call *c, CK_BYTE *state, CK_ULONG *state_len)
{
	for (size_t i = 0; i < OPERATION_KINDS; i++)
		if (c->session->operation[i].vendor != NULL)
			return CKR_STATE_UNSAVEABLE;
	return c->f->C_GetOperationState(c->down, state, state_len);
}
