/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One token in a folder of this program. A program begins with a session, a
 * P-256 key pair (d is 1) and a secret key; all objects are of sessions.
 */
#include "config.h"

#include <stdlib.h>

#include "tests/fuzz/below.h"
#include "tests/fuzz/check.h"
#include "tests/support/module.h"

static struct softhsm token;

void
below_start(void)
{
	if (softhsm_module() == NULL) {
		printf("1..0 # SKIP SoftHSMv2 is not here\n");
		fflush(stdout);
		_Exit(0);
	}
	CHECK(softhsm_new(&token, "fuzz") && softhsm_start(&token, "fuzz"));
	softhsm_stop(&token);
	CHECK(module_configure(&token, NULL));
}

void
below_begin(struct stream answers)
{
	(void)answers;
}

static void
make(CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_HANDLE o;

	CHECK(C_CreateObject(s, t, n, &o) == CKR_OK);
}

static void
make_keys(CK_SESSION_HANDLE s)
{
	/* The base point, as an octet string. */
	static CK_BYTE point[] = { 0x04, 0x41, 0x04, 0x6b, 0x17, 0xd1, 0xf2,
		0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4,
		0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0,
		0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3,
		0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a,
		0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31,
		0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5 };
	static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
		0x03, 0x01, 0x07 };
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_BYTE d[32] = { [31] = 1 }, id[] = { 'k', 'e', 'y' };
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) }, { CKA_TOKEN, &no, 1 },
		{ CKA_PRIVATE, &no, 1 }, { CKA_ID, id, sizeof(id) },
		{ CKA_EC_PARAMS, p256, sizeof(p256) },
		{ CKA_VALUE, d, sizeof(d) }, { CKA_SIGN, &yes, 1 },
		{ CKA_DERIVE, &yes, 1 } };

	make(s, t, 9);
	class = CKO_PUBLIC_KEY;
	t[6] = (CK_ATTRIBUTE){ CKA_EC_POINT, point, sizeof(point) };
	t[7].type = CKA_VERIFY;
	make(s, t, 8);
	class = CKO_SECRET_KEY;
	type = CKK_GENERIC_SECRET;
	t[5] = (CK_ATTRIBUTE){ CKA_VALUE, d, sizeof(d) };
	t[6] = (CK_ATTRIBUTE){ CKA_SIGN, &yes, 1 };
	make(s, t, 9);
}

size_t
below_sessions(CK_SESSION_HANDLE *ret, size_t max)
{
	CHECK(max >= 1);
	CHECK(C_OpenSession(token.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
		  NULL, NULL, ret) == CKR_OK);
	CHECK(C_Login(*ret, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN) == CKR_OK);
	make_keys(*ret);
	return 1;
}

CK_SLOT_ID
below_slot(uint8_t n)
{
	return n % BELOW_SLOTS == 0 ? token.slot : n % BELOW_SLOTS;
}

void
below_template(CK_ATTRIBUTE *t, CK_ULONG n)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (t[i].type == CKA_TOKEN && t[i].pValue != NULL)
			memset(t[i].pValue, CK_FALSE, t[i].ulValueLen);
}

void
below_calm(void)
{
}

/* Who initialises it anew finds the token as it was. */
void
below_end(void)
{
	CK_TOKEN_INFO info;

	CHECK(softhsm_start(&token, "fuzz"));
	CHECK(token.f->C_GetTokenInfo(token.slot, &info) == CKR_OK);
	CHECK((info.flags & CKF_USER_PIN_INITIALIZED) != 0);
	softhsm_stop(&token);
}
