/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include <openssl/crypto.h>

#include "module/api/cancel.h"
#include "module/guard/guard.h"
#include "module/object/object.h"
#include "module/session/inner.h"
#include "module/session/operation.h"
#include "vendor-ext/mechanism.h"
#include "vendor-ext/purpose.h"

static struct operation *
operation(const struct api_call *c, enum operation_kind kind)
{
	return &c->session->operation[kind];
}

void
operation_drop(struct operation *op)
{
	/*
	 * A signature that was begun for us and not made (not every device
	 * lets us end it) is nobody's to make: it would be of any data.
	 */
	op->left = op->left || mechanism_op_at_home(op->ours);
	mechanism_op_free(&op->ours);
	guard_rule_free(&op->rule);
	op->parts = false;
}

/* ---- when an operation ends */

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

static void
ours_cancel(const struct api_call *c, struct operation *op)
{
	struct token home = inner_caller(c);

	mechanism_op_cancel(op->ours, &home);
	operation_drop(op);
}

static CK_RV
ours_end(const struct api_call *c, struct operation *op, CK_RV rv,
    bool asks_length)
{
	if (is_end(rv, asks_length)) {
		ours_cancel(c, op);
		if (rv == CKR_OK)
			op->left = false;
	}
	return rv;
}

/* ---- beginning */

static CK_RV
passed_init(struct api_call *c, enum operation_kind kind,
    CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	switch (kind) {
	case OPERATION_SIGN:
		return c->f->C_SignInit(c->down, mechanism, key);
	case OPERATION_VERIFY:
		return c->f->C_VerifyInit(c->down, mechanism, key);
	case OPERATION_DECRYPT:
		return c->f->C_DecryptInit(c->down, mechanism, key);
	}
	return CKR_GENERAL_ERROR;
}

static CK_RV
ours_init(struct api_call *c, enum operation_kind kind,
    const struct mechanism *m, const CK_MECHANISM *parameter,
    CK_OBJECT_HANDLE key)
{
	static const CK_FLAGS what[] = { CKF_SIGN, CKF_VERIFY, CKF_DECRYPT };
	struct operation *op = operation(c, kind);
	const struct mechanism_request r = {
		.what = what[kind],
		.parameter = parameter,
		.key = key,
		.weakest = c->device->conf.weakest,
		.rule = op->rule,
		.home = c->down,
		.hasher = inner_hasher(c),
	};
	struct inner inner;
	CK_RV rv;

	if (op->passed)
		return CKR_OPERATION_ACTIVE;
	if (object_is_vendor(key))
		return CKR_KEY_HANDLE_INVALID;
	if (r.hasher == NULL)
		return CKR_HOST_MEMORY;
	rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = mechanism_init(m, &inner.token, &r, &op->ours);
	inner_close(&inner);
	op->parts = false;
	op->key = key;
	op->type = mechanism_type(m);
	return rv;
}

/*
 * With a purpose-bound key (the rule is op->rule): by us, so that we see what
 * is done with it, or not at all.
 */
static CK_RV
bound_init(struct api_call *c, enum operation_kind kind,
    const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	struct operation *op = operation(c, kind);
	const struct mechanism *m;
	CK_RV rv;

	m = mechanism_bound(mechanism->mechanism);
	if (m == NULL || kind == OPERATION_VERIFY)
		rv = guard_refused(op->rule, "this is no use of its purpose");
	else if ((mechanism_purposes(m) & op->rule->purposes) == 0)
		rv = guard_refused(op->rule, "it is bound to another purpose");
	else
		rv = ours_init(c, kind, m, mechanism, key);
	if (rv != CKR_OK)
		guard_rule_free(&op->rule);
	return rv;
}

CK_RV
operation_init(struct api_call *c, enum operation_kind kind,
    CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	struct operation *op = operation(c, kind);
	const struct mechanism *m = NULL;
	CK_RV rv, completed;

	if (op->ours != NULL) {
		if (mechanism != NULL)
			return CKR_OPERATION_ACTIVE;
		ours_cancel(c, op);
		return CKR_OK;
	}
	if (mechanism != NULL) {
		m = mechanism_find(mechanism->mechanism);
		rv = guard_use(c, mechanism, key, &op->rule);
		if (rv != CKR_OK)
			return rv;
		if (op->rule != NULL)
			return bound_init(c, kind, mechanism, key);
	}
	if (m != NULL && !mechanism_is_completed(m))
		return ours_init(c, kind, m, mechanism, key);
	rv = passed_init(c, kind, mechanism, key);
	if (rv == CKR_OK) {
		op->passed = mechanism != NULL;
		op->left = false;
		op->key = key;
	} else if (m != NULL && mechanism_completes(m, rv, mechanism)) {
		completed = ours_init(c, kind, m, mechanism, key);
		/* Not here, or not with this key: the device has spoken. */
		if (completed != CKR_MECHANISM_INVALID)
			rv = completed;
	}
	return rv;
}

/*
 * The key of what has begun may have been bound since. Then it is no use of its
 * purpose, and what the device cannot end stays nobody's.
 */
static CK_RV
check_again(struct api_call *c, enum operation_kind kind)
{
	static const CK_FLAGS what[] = { CKF_SIGN, CKF_VERIFY, CKF_DECRYPT };
	struct operation *op = operation(c, kind);
	CK_RV rv;

	if ((op->ours == NULL && !op->passed) || op->rule != NULL)
		return CKR_OK;
	rv = guard_refuse(c, NULL, op->key);
	if (rv == CKR_OK)
		return CKR_OK;
	if (op->ours != NULL) {
		ours_cancel(c, op);
	} else {
		op->left = cancel_operations(c, what[kind]) != CKR_OK;
		op->passed = false;
	}
	return rv;
}

/* ---- data */

static CK_RV
ours_add(struct operation *op, CK_BYTE *in, CK_ULONG in_len)
{
	if (in == NULL && in_len > 0)
		return CKR_ARGUMENTS_BAD;
	return mechanism_update(op->ours, bytes_of(in, in_len));
}

CK_RV
operation_update(struct api_call *c, enum operation_kind kind, CK_BYTE *in,
    CK_ULONG in_len)
{
	struct operation *op = operation(c, kind);
	CK_RV rv;

	if (op->ours != NULL) {
		op->parts = true;
		rv = ours_add(op, in, in_len);
		return ours_end(c, op, rv, true);
	}
	if (op->left)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (kind == OPERATION_SIGN)
		rv = c->f->C_SignUpdate(c->down, in, in_len);
	else
		rv = c->f->C_VerifyUpdate(c->down, in, in_len);
	return passed_end(op, rv, true);
}

/* ---- signatures */

/* What works with a key is tried first the next time. */
static void
path_expect(const struct api_call *c, struct operation *op)
{
	mechanism_op_expect(op->ours, expect_path(c, op->key, op->type));
}

static void
path_note(const struct api_call *c, const struct operation *op, CK_RV rv)
{
	enum agree_path path = mechanism_op_path(op->ours);

	if (path != AGREE_PATH_UNKNOWN)
		expect_note(c, op->key, op->type,
		    rv == CKR_OK ? path : AGREE_PATH_UNKNOWN);
}

/* The data are complete: may the key, if it is bound, be used for them? */
static CK_RV
spend(struct api_call *c, const struct operation *op)
{
	struct purpose_want want;
	CK_RV rv;

	if (op->rule == NULL)
		return CKR_OK;
	rv = mechanism_want(op->ours, &want);
	return rv == CKR_OK ? guard_spend(c, op->rule, &want) : rv;
}

/* The data are complete: sign them. */
static CK_RV
ours_sign(struct api_call *c, struct operation *op, CK_BYTE *out)
{
	struct hasher *h = inner_hasher(c);
	struct inner inner;
	CK_RV rv;

	if (h == NULL)
		return CKR_HOST_MEMORY;
	rv = spend(c, op);
	if (rv == CKR_OK)
		rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	path_expect(c, op);
	rv = mechanism_sign(op->ours, &inner.token, h, out);
	path_note(c, op, rv);
	inner_close(&inner);
	return rv;
}

/* in: the last data, looked at only when there is room for the signature. */
static CK_RV
ours_sign_to(struct api_call *c, struct operation *op, struct bytes in,
    CK_BYTE *out, CK_ULONG *out_len)
{
	CK_BYTE signature[CURVE_MAX_SIG];
	CK_ULONG len = mechanism_sign_len(op->ours);
	CK_RV rv;

	if (out_len == NULL)
		return CKR_ARGUMENTS_BAD;
	if (out == NULL || *out_len < len) {
		*out_len = len;
		return out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	}
	if (len > sizeof(signature))
		return CKR_GENERAL_ERROR;
	rv = mechanism_update(op->ours, in);
	if (rv == CKR_OK)
		rv = ours_sign(c, op, signature);
	if (rv == CKR_OK) {
		memcpy(out, signature, len);
		*out_len = len;
	}
	/* A MAC of what was not sent is nobody's business. */
	OPENSSL_cleanse(signature, sizeof(signature));
	return rv;
}

CK_RV
operation_sign(struct api_call *c, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct operation *op = operation(c, OPERATION_SIGN);
	CK_RV rv;

	rv = check_again(c, OPERATION_SIGN);
	if (rv != CKR_OK)
		return rv;
	if (op->ours == NULL) {
		if (op->left)
			return CKR_OPERATION_NOT_INITIALIZED;
		rv = c->f->C_Sign(c->down, in, in_len, out, out_len);
		return passed_end(op, rv, out == NULL);
	}
	/* 5.11: not after C_SignUpdate. SoftHSMv2 says it with this code. */
	if (op->parts)
		rv = CKR_OPERATION_NOT_INITIALIZED;
	else if (in == NULL && in_len > 0)
		rv = CKR_ARGUMENTS_BAD;
	else
		rv = ours_sign_to(c, op, bytes_of(in, in_len), out, out_len);
	return ours_end(c, op, rv, out == NULL);
}

CK_RV
operation_sign_final(struct api_call *c, CK_BYTE *out, CK_ULONG *out_len)
{
	struct operation *op = operation(c, OPERATION_SIGN);
	CK_RV rv;

	rv = check_again(c, OPERATION_SIGN);
	if (rv != CKR_OK)
		return rv;
	if (op->ours == NULL) {
		if (op->left)
			return CKR_OPERATION_NOT_INITIALIZED;
		rv = c->f->C_SignFinal(c->down, out, out_len);
		return passed_end(op, rv, out == NULL);
	}
	rv = ours_sign_to(c, op, BYTES_NULL, out, out_len);
	return ours_end(c, op, rv, out == NULL);
}

/* ---- verification */

static CK_RV
ours_verify(struct api_call *c, struct operation *op, CK_BYTE *signature,
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
	rv = mechanism_verify(op->ours, &inner.token, h,
	    bytes_of(signature, signature_len));
	inner_close(&inner);
	return rv;
}

CK_RV
operation_verify(struct api_call *c, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *signature, CK_ULONG signature_len)
{
	struct operation *op = operation(c, OPERATION_VERIFY);
	CK_RV rv;

	if (op->ours == NULL) {
		rv = c->f->C_Verify(c->down, in, in_len, signature,
		    signature_len);
		return passed_end(op, rv, false);
	}
	if (op->parts)
		rv = CKR_OPERATION_NOT_INITIALIZED;
	else
		rv = ours_add(op, in, in_len);
	if (rv == CKR_OK)
		rv = ours_verify(c, op, signature, signature_len);
	return ours_end(c, op, rv, false);
}

CK_RV
operation_verify_final(struct api_call *c, CK_BYTE *signature,
    CK_ULONG signature_len)
{
	struct operation *op = operation(c, OPERATION_VERIFY);
	CK_RV rv;

	if (op->ours == NULL) {
		rv = c->f->C_VerifyFinal(c->down, signature, signature_len);
		return passed_end(op, rv, false);
	}
	rv = ours_verify(c, op, signature, signature_len);
	return ours_end(c, op, rv, false);
}

/* ---- decryption: everything comes out at the end */

static CK_RV
ours_decrypt(struct api_call *c, struct operation *op, struct blob *ret)
{
	struct hasher *h = inner_hasher(c);
	struct inner inner;
	CK_RV rv;

	if (h == NULL)
		return CKR_HOST_MEMORY;
	rv = spend(c, op);
	if (rv == CKR_OK)
		rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	path_expect(c, op);
	rv = mechanism_decrypt(op->ours, &inner.token, h, ret);
	path_note(c, op, rv);
	inner_close(&inner);
	return rv;
}

/* in: the last data, looked at only when there is room for the plaintext. */
static CK_RV
ours_decrypt_to(struct api_call *c, struct operation *op, struct bytes in,
    CK_BYTE *out, CK_ULONG *out_len)
{
	struct blob plain = BLOB_INIT;
	CK_ULONG len;
	CK_RV rv;

	if (out_len == NULL)
		return CKR_ARGUMENTS_BAD;
	len = mechanism_decrypt_len(op->ours, in.len);
	if (out == NULL || *out_len < len) {
		*out_len = len;
		return out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	}
	rv = mechanism_update(op->ours, in);
	if (rv == CKR_OK)
		rv = ours_decrypt(c, op, &plain);
	if (rv == CKR_OK && plain.len > len)
		rv = CKR_GENERAL_ERROR;
	if (rv == CKR_OK) {
		if (plain.len > 0)
			memcpy(out, plain.ptr, plain.len);
		*out_len = (CK_ULONG)plain.len;
	}
	blob_reset(&plain);
	return rv;
}

CK_RV
operation_decrypt(struct api_call *c, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *out, CK_ULONG *out_len)
{
	struct operation *op = operation(c, OPERATION_DECRYPT);
	CK_RV rv;

	rv = check_again(c, OPERATION_DECRYPT);
	if (rv != CKR_OK)
		return rv;
	if (op->ours == NULL) {
		rv = c->f->C_Decrypt(c->down, in, in_len, out, out_len);
		return passed_end(op, rv, out == NULL);
	}
	if (op->parts)
		rv = CKR_OPERATION_NOT_INITIALIZED;
	else if (in == NULL && in_len > 0)
		rv = CKR_ARGUMENTS_BAD;
	else
		rv = ours_decrypt_to(c, op, bytes_of(in, in_len), out, out_len);
	return ours_end(c, op, rv, out == NULL);
}

CK_RV
operation_decrypt_update(struct api_call *c, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *out, CK_ULONG *out_len)
{
	struct operation *op = operation(c, OPERATION_DECRYPT);
	CK_RV rv;

	rv = check_again(c, OPERATION_DECRYPT);
	if (rv != CKR_OK)
		return rv;
	if (op->ours == NULL) {
		rv = c->f->C_DecryptUpdate(c->down, in, in_len, out, out_len);
		return passed_end(op, rv, true);
	}
	if (out_len == NULL)
		rv = CKR_ARGUMENTS_BAD;
	/* 5.2: asking for the length, which is none, hands nothing over. */
	else if (out != NULL)
		rv = ours_add(op, in, in_len);
	if (rv == CKR_OK) {
		op->parts = op->parts || out != NULL;
		*out_len = 0;
	}
	return ours_end(c, op, rv, true);
}

CK_RV
operation_decrypt_final(struct api_call *c, CK_BYTE *out, CK_ULONG *out_len)
{
	struct operation *op = operation(c, OPERATION_DECRYPT);
	CK_RV rv;

	rv = check_again(c, OPERATION_DECRYPT);
	if (rv != CKR_OK)
		return rv;
	if (op->ours == NULL) {
		rv = c->f->C_DecryptFinal(c->down, out, out_len);
		return passed_end(op, rv, out == NULL);
	}
	rv = ours_decrypt_to(c, op, BYTES_NULL, out, out_len);
	return ours_end(c, op, rv, out == NULL);
}

/* ---- state */

CK_RV
operation_state(struct api_call *c, CK_BYTE *state, CK_ULONG *state_len)
{
	for (size_t i = 0; i < OPERATION_KINDS; i++)
		if (c->session->operation[i].ours != NULL ||
		    c->session->operation[i].left)
			return CKR_STATE_UNSAVEABLE;
	return c->f->C_GetOperationState(c->down, state, state_len);
}

void
operation_restored(struct api_call *c, CK_OBJECT_HANDLE signing_key)
{
	struct operation *op = operation(c, OPERATION_SIGN);

	for (size_t i = 0; i < OPERATION_KINDS; i++) {
		operation_drop(&c->session->operation[i]);
		c->session->operation[i].left = false;
	}
	/* If it is a signature, it is made with this key. */
	if (signing_key != CK_INVALID_HANDLE) {
		op->passed = true;
		op->key = signing_key;
	}
}

CK_RV
operation_dual(const struct api_call *c)
{
	for (size_t i = 0; i < OPERATION_KINDS; i++)
		if (c->session->operation[i].ours != NULL ||
		    c->session->operation[i].left)
			return CKR_OPERATION_NOT_INITIALIZED;
	return CKR_OK;
}
