/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/util.h"
#include "tests/support/p11-double.h"

#define MAX_RULES 8

static struct {
	CK_FUNCTION_LIST *real;
	CK_FUNCTION_LIST list;
	unsigned long calls;
	unsigned long nth;
	CK_RV rv;
	const char *failed;

	struct {
		const char *function; /* NULL: the mechanism */
		CK_MECHANISM_TYPE mechanism;
		CK_RV rv;
	} rules[MAX_RULES];

	size_t rule_count;
} d;

/* Must this call fail? m: the mechanism, if it has one. */
static bool
fails(const char *function, const CK_MECHANISM *m, CK_RV *rv)
{
	if (++d.calls == d.nth) {
		d.failed = function;
		*rv = d.rv;
		return true;
	}
	for (size_t i = 0; i < d.rule_count; i++) {
		bool hit = d.rules[i].function != NULL
		    ? strcmp(d.rules[i].function, function) == 0
		    : m != NULL && m->mechanism == d.rules[i].mechanism;

		if (hit) {
			*rv = d.rules[i].rv;
			return true;
		}
	}
	return false;
}

#define WRAP(name, mechanism, params, args)            \
	static CK_RV name params                       \
	{                                              \
		CK_RV rv;                              \
                                                       \
		if (fails("C_" #name, mechanism, &rv)) \
			return rv;                     \
		return d.real->C_##name args;          \
	}

/* clang-format off */
WRAP(GetMechanismInfo, NULL,
    (CK_SLOT_ID a, CK_MECHANISM_TYPE b, CK_MECHANISM_INFO *c), (a, b, c))
WRAP(CreateObject, NULL,
    (CK_SESSION_HANDLE a, CK_ATTRIBUTE *b, CK_ULONG c, CK_OBJECT_HANDLE *e),
    (a, b, c, e))
WRAP(DestroyObject, NULL, (CK_SESSION_HANDLE a, CK_OBJECT_HANDLE b), (a, b))
WRAP(GetAttributeValue, NULL,
    (CK_SESSION_HANDLE a, CK_OBJECT_HANDLE b, CK_ATTRIBUTE *c, CK_ULONG e),
    (a, b, c, e))
WRAP(SetAttributeValue, NULL,
    (CK_SESSION_HANDLE a, CK_OBJECT_HANDLE b, CK_ATTRIBUTE *c, CK_ULONG e),
    (a, b, c, e))
WRAP(FindObjectsInit, NULL,
    (CK_SESSION_HANDLE a, CK_ATTRIBUTE *b, CK_ULONG c), (a, b, c))
WRAP(FindObjects, NULL,
    (CK_SESSION_HANDLE a, CK_OBJECT_HANDLE *b, CK_ULONG c, CK_ULONG *e),
    (a, b, c, e))
WRAP(FindObjectsFinal, NULL, (CK_SESSION_HANDLE a), (a))
WRAP(DigestInit, m, (CK_SESSION_HANDLE a, CK_MECHANISM *m), (a, m))
WRAP(DigestUpdate, NULL, (CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c),
    (a, b, c))
WRAP(DigestKey, NULL, (CK_SESSION_HANDLE a, CK_OBJECT_HANDLE b), (a, b))
WRAP(DigestFinal, NULL, (CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG *c),
    (a, b, c))
WRAP(SignInit, m,
    (CK_SESSION_HANDLE a, CK_MECHANISM *m, CK_OBJECT_HANDLE b), (a, m, b))
WRAP(Sign, NULL,
    (CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *e, CK_ULONG *f),
    (a, b, c, e, f))
WRAP(VerifyInit, m,
    (CK_SESSION_HANDLE a, CK_MECHANISM *m, CK_OBJECT_HANDLE b), (a, m, b))
WRAP(Verify, NULL,
    (CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *e, CK_ULONG f),
    (a, b, c, e, f))
WRAP(DecryptInit, m,
    (CK_SESSION_HANDLE a, CK_MECHANISM *m, CK_OBJECT_HANDLE b), (a, m, b))
WRAP(Decrypt, NULL,
    (CK_SESSION_HANDLE a, CK_BYTE *b, CK_ULONG c, CK_BYTE *e, CK_ULONG *f),
    (a, b, c, e, f))
WRAP(DeriveKey, m,
    (CK_SESSION_HANDLE a, CK_MECHANISM *m, CK_OBJECT_HANDLE b, CK_ATTRIBUTE *c,
    CK_ULONG e, CK_OBJECT_HANDLE *f), (a, m, b, c, e, f))

/* clang-format on */

CK_FUNCTION_LIST *
p11_double_over(CK_FUNCTION_LIST *real)
{
	memset(&d, 0, sizeof(d));
	d.real = real;
	d.list = *real;
	d.list.C_GetMechanismInfo = GetMechanismInfo;
	d.list.C_CreateObject = CreateObject;
	d.list.C_DestroyObject = DestroyObject;
	d.list.C_GetAttributeValue = GetAttributeValue;
	d.list.C_SetAttributeValue = SetAttributeValue;
	d.list.C_FindObjectsInit = FindObjectsInit;
	d.list.C_FindObjects = FindObjects;
	d.list.C_FindObjectsFinal = FindObjectsFinal;
	d.list.C_DigestInit = DigestInit;
	d.list.C_DigestUpdate = DigestUpdate;
	d.list.C_DigestKey = DigestKey;
	d.list.C_DigestFinal = DigestFinal;
	d.list.C_SignInit = SignInit;
	d.list.C_Sign = Sign;
	d.list.C_VerifyInit = VerifyInit;
	d.list.C_Verify = Verify;
	d.list.C_DecryptInit = DecryptInit;
	d.list.C_Decrypt = Decrypt;
	d.list.C_DeriveKey = DeriveKey;
	return &d.list;
}

void
p11_double_fail(unsigned long nth, CK_RV rv)
{
	d.calls = 0;
	d.nth = nth;
	d.rv = rv;
	d.failed = NULL;
}

const char *
p11_double_failed(void)
{
	const char *function = d.failed;

	d.failed = NULL;
	return function;
}

unsigned long
p11_double_calls(void)
{
	return d.calls;
}

static void
rule_add(const char *function, CK_MECHANISM_TYPE mechanism, CK_RV rv)
{
	if (d.rule_count == nitems(d.rules))
		abort();
	d.rules[d.rule_count].function = function;
	d.rules[d.rule_count].mechanism = mechanism;
	d.rules[d.rule_count++].rv = rv;
}

void
p11_double_answer(const char *function, CK_RV rv)
{
	rule_add(function, 0, rv);
}

void
p11_double_refuse(CK_MECHANISM_TYPE mechanism, CK_RV rv)
{
	rule_add(NULL, mechanism, rv);
}

void
p11_double_clear(void)
{
	d.rule_count = 0;
}
