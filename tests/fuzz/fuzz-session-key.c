/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parameters of CKM_MDOC_KEY_DERIVE over an honest device with an X25519
 * key: no bad point reaches it, a key comes out or an error that the header
 * names, and nothing is left behind.
 *
 * Input: role, template, length of the peer key (two bytes; none: 0xffff), the
 * peer key, and the rest is the transcript.
 */
#include "config.h"

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "tests/fuzz/check.h"
#include "tests/support/xdh-device.h"
#include "vendor-ext/pkcs11-3.h"
#include "vendor-ext/session-key.h"

static struct token token;
static struct hasher *hasher;
static CK_OBJECT_HANDLE key;

static void
start(void)
{
	const struct curve *c = curve_by_name(bytes_str("X25519"));
	CK_MECHANISM m = { CKM_EC_MONTGOMERY_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE public_[] = { { CKA_EC_PARAMS,
	    (void *)(uintptr_t)c->oid.ptr, c->oid.len } };
	CK_ATTRIBUTE private_[] = { { CKA_DERIVE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) } };
	CK_OBJECT_HANDLE other;

	token.f = xdh_functions();
	token.slot = XDH_SLOT;
	hasher = hasher_new();
	CHECK(hasher != NULL);
	CHECK(token.f->C_Initialize(NULL) == CKR_OK);
	CHECK(token.f->C_OpenSession(XDH_SLOT, CKF_SERIAL_SESSION, NULL, NULL,
		  &token.session) == CKR_OK);
	CHECK(token.f->C_GenerateKeyPair(token.session, &m, public_, 1,
		  private_, 2, &other, &key) == CKR_OK);
}

static CK_ULONG
objects(void)
{
	CK_OBJECT_HANDLE found[32];
	CK_ULONG n;

	CHECK(token_find(&token, NULL, 0, found, 32, &n) == CKR_OK);
	return n;
}

/* What a template may say, a bit for each. */
static struct session_key_wish
wish_of(uint8_t bits, CK_ATTRIBUTE room[8])
{
	static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	static CK_ULONG len = 32, aes = CKK_AES, hmac = CKK_SHA256_HMAC;
	static const CK_ATTRIBUTE all[8] = {
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_KEY_TYPE, &aes, sizeof(aes) },
		{ CKA_KEY_TYPE, &hmac, sizeof(hmac) },
		{ CKA_SIGN, &yes, sizeof(yes) },
		{ CKA_LOCAL, &yes, sizeof(yes) },
	};
	struct session_key_wish w = { token.session, room, 0 };

	for (int i = 0; i < 8; i++)
		if ((bits & 1 << i) != 0)
			room[w.n++] = all[i];
	return w;
}

static void
check_result(CK_RV rv, CK_OBJECT_HANDLE made, enum agree_path path)
{
	static const CK_RV errors[] = { CKR_DATA_INVALID,
		CKR_DOMAIN_PARAMS_INVALID, CKR_TEMPLATE_INCONSISTENT,
		CKR_ATTRIBUTE_VALUE_INVALID, CKR_ATTRIBUTE_READ_ONLY };
	bool known = false;

	if (rv == CKR_OK) {
		CHECK(path == AGREE_PATH_A);
		CHECK(token.f->C_DestroyObject(token.session, made) == CKR_OK);
		return;
	}
	for (size_t i = 0; i < nitems(errors); i++)
		known = known || errors[i] == rv;
	CHECK(known);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session_key_input in = { .key = key };
	struct bytes rest = bytes_of(data, size);
	enum agree_path path = AGREE_PATH_UNKNOWN;
	CK_OBJECT_HANDLE made = 0;
	CK_ATTRIBUTE room[8];
	uint8_t role, bits;
	uint16_t peer_len;
	CK_ULONG before;
	CK_RV rv;

	if (hasher == NULL)
		start();
	if (!bytes_take_u8(&rest, &role) || !bytes_take_u8(&rest, &bits) ||
	    !bytes_take_be16(&rest, &peer_len) ||
	    (peer_len != 0xffff && !bytes_take(&rest, peer_len, &in.peer)))
		return 0;
	const struct session_key_wish w = wish_of(bits, room);
	in.key = key;
	in.curve = curve_by_name(bytes_str("X25519"));
	in.role = role;
	in.transcript = rest;
	before = objects();
	rv = session_key_derive(&token, hasher, &in, &w, &made, &path);
	check_result(rv, made, path);
	CHECK(objects() == before);
	CHECK(xdh_device.bad_points == 0);
	return 0;
}
