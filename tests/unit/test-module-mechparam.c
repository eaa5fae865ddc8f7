/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "module/device/handle.h"
#include "module/device/mechparam.h"

#define NSS(n)   (CKM_VENDOR_DEFINED | (0x4e534350UL + (n)))
#define INDEX    5UL
#define PREFIX   (INDEX << HANDLE_SHIFT)
#define OTHER(h) ((h) | 6UL << HANDLE_SHIFT)

static struct device device;
static struct device alone;

static int
setup(void **state)
{
	(void)state;
	device_number(&device, INDEX);
	device.conf.name = (char[]){ "test" };
	return 0;
}

/* Structures of PKCS#11 as they are in its headers. */
struct mqv {
	CK_ULONG kdf, info_len;
	CK_BYTE *info;
	CK_ULONG public_len;
	CK_BYTE *public;
	CK_ULONG private_len;
	CK_OBJECT_HANDLE private;
	CK_ULONG public2_len;
	CK_BYTE *public2;
	CK_OBJECT_HANDLE own;
};

struct dh2 {
	CK_ULONG kdf, info_len;
	CK_BYTE *info;
	CK_ULONG public_len;
	CK_BYTE *public;
	CK_ULONG private_len;
	CK_OBJECT_HANDLE private;
	CK_ULONG public2_len;
	CK_BYTE *public2;
};

struct hkdf {
	CK_BBOOL extract, expand;
	CK_MECHANISM_TYPE prf;
	CK_ULONG salt_type;
	CK_BYTE *salt;
	CK_ULONG salt_len;
	CK_OBJECT_HANDLE salt_key;
	CK_BYTE *info;
	CK_ULONG info_len;
};

struct ike2_plus {
	CK_MECHANISM_TYPE prf;
	CK_BBOOL has_key;
	CK_OBJECT_HANDLE key;
	CK_BYTE *data;
	CK_ULONG len;
};

struct ike {
	CK_MECHANISM_TYPE prf;
	CK_BBOOL as_key, rekey;
	CK_BYTE *ni;
	CK_ULONG ni_len;
	CK_BYTE *nr;
	CK_ULONG nr_len;
	CK_OBJECT_HANDLE key;
};

struct ike1 {
	CK_MECHANISM_TYPE prf;
	CK_BBOOL has_previous;
	CK_OBJECT_HANDLE gxy, previous;
	CK_BYTE *cky_i;
	CK_ULONG cky_i_len;
	CK_BYTE *cky_r;
	CK_ULONG cky_r_len;
	CK_BYTE number;
};

struct x3dh_initiate {
	CK_ULONG kdf;
	CK_OBJECT_HANDLE peer, peer_prekey;
	CK_BYTE *signature, *onetime;
	CK_OBJECT_HANDLE own, own_ephemeral;
};

struct x3dh_respond {
	CK_ULONG kdf;
	CK_BYTE *identity, *prekey, *onetime;
	CK_OBJECT_HANDLE initiator;
	CK_BYTE *ephemeral;
};

struct x2ratchet {
	CK_BYTE *sk;
	CK_OBJECT_HANDLE a, b, c;
	CK_BBOOL encrypted;
	CK_ULONG curve;
	CK_MECHANISM_TYPE aead;
	CK_ULONG kdf;
};

struct cms {
	CK_OBJECT_HANDLE certificate;
	CK_MECHANISM *sign, *digest;
	CK_BYTE *type, *requested;
	CK_ULONG requested_len;
	CK_BYTE *required;
	CK_ULONG required_len;
};

struct kip {
	CK_MECHANISM *mechanism;
	CK_OBJECT_HANDLE key;
	CK_BYTE *seed;
	CK_ULONG seed_len;
};

#define AT(s, field) offsetof(struct s, field)

static const struct {
	CK_MECHANISM_TYPE type;
	size_t size;
	size_t n;
	size_t offset[4];
} reads[] = {
	{ CKM_X9_42_DH_HYBRID_DERIVE, sizeof(struct dh2), 1,
	    { AT(dh2, private) } },
	{ CKM_X9_42_MQV_DERIVE, sizeof(struct mqv), 2,
	    { AT(mqv, private), AT(mqv, own) } },
	{ CKM_ECMQV_DERIVE, sizeof(struct mqv), 2,
	    { AT(mqv, private), AT(mqv, own) } },
	{ CKM_CONCATENATE_BASE_AND_KEY, sizeof(CK_OBJECT_HANDLE), 1, { 0 } },
	{ CKM_CMS_SIG, sizeof(struct cms), 1, { AT(cms, certificate) } },
	{ 0x510, sizeof(struct kip), 1, { AT(kip, key) } },
	{ 0x511, sizeof(struct kip), 1, { AT(kip, key) } },
	{ 0x512, sizeof(struct kip), 1, { AT(kip, key) } },
	{ 0x4023, sizeof(struct x3dh_initiate), 4,
	    { AT(x3dh_initiate, peer), AT(x3dh_initiate, peer_prekey),
		AT(x3dh_initiate, own), AT(x3dh_initiate, own_ephemeral) } },
	{ 0x4024, sizeof(struct x3dh_respond), 1,
	    { AT(x3dh_respond, initiator) } },
	{ 0x4025, sizeof(struct x2ratchet), 3,
	    { AT(x2ratchet, a), AT(x2ratchet, b), AT(x2ratchet, c) } },
	{ 0x4026, sizeof(struct x2ratchet), 3,
	    { AT(x2ratchet, a), AT(x2ratchet, b), AT(x2ratchet, c) } },
	{ 0x402a, sizeof(struct hkdf), 1, { AT(hkdf, salt_key) } },
	{ 0x402b, sizeof(struct hkdf), 1, { AT(hkdf, salt_key) } },
	{ 0x402e, sizeof(struct ike2_plus), 1, { AT(ike2_plus, key) } },
	{ 0x402f, sizeof(struct ike), 1, { AT(ike, key) } },
	{ 0x4030, sizeof(struct ike1), 2,
	    { AT(ike1, gxy), AT(ike1, previous) } },
	{ 0x4031, sizeof(struct ike2_plus), 1, { AT(ike2_plus, key) } },
	{ NSS(34), sizeof(struct ike2_plus), 1, { AT(ike2_plus, key) } },
	{ NSS(35), sizeof(struct ike), 1, { AT(ike, key) } },
	{ NSS(36), sizeof(struct ike1), 2,
	    { AT(ike1, gxy), AT(ike1, previous) } },
	{ NSS(37), sizeof(struct ike2_plus), 1, { AT(ike2_plus, key) } },
};

/* Bytes that are handles of the device, and no others, are changed. */
static void
test_reads(void **state)
{
	unsigned char own[128], expected[128], before[128];
	struct mechparam p;
	CK_OBJECT_HANDLE h;

	(void)state;
	for (size_t i = 0; i < nitems(reads); i++) {
		CK_MECHANISM m = { reads[i].type, own, reads[i].size };

		memset(own, 0xa5, sizeof(own));
		memcpy(expected, own, sizeof(own));
		for (size_t j = 0; j < reads[i].n; j++) {
			h = PREFIX | (0x100 + j);
			/* The last one is of another device. */
			if (j + 1 == reads[i].n && j > 0)
				h = OTHER(0x100 + j);
			memcpy(own + reads[i].offset[j], &h, sizeof(h));
			h = handle_down(&device, h);
			memcpy(expected + reads[i].offset[j], &h, sizeof(h));
		}
		memcpy(before, own, sizeof(own));
		assert_int_equal(mechparam_down(&device, &m, &p), CKR_OK);
		assert_ptr_not_equal(p.m, &m);
		assert_int_equal(p.m->mechanism, reads[i].type);
		assert_int_equal(p.m->ulParameterLen, reads[i].size);
		assert_memory_equal(p.m->pParameter, expected, reads[i].size);
		assert_int_equal(mechparam_up(&device, &p, CKR_OK), CKR_OK);
		/* The application's is as it was. */
		assert_memory_equal(own, before, sizeof(own));
		assert_ptr_equal(m.pParameter, own);
	}
}

/* One device, no parameter, another length, another mechanism: as they are. */
static void
test_unchanged(void **state)
{
	CK_ULONG words[16];
	CK_MECHANISM cases[] = {
		{ 0x402a, words, sizeof(struct hkdf) },
		{ 0x402a, words, sizeof(struct hkdf) - 1 },
		{ 0x402a, words, sizeof(struct hkdf) + 8 },
		{ 0x402a, NULL, sizeof(struct hkdf) },
		{ 0x402a, NULL, 0 },
		{ CKM_ECDH1_DERIVE, words, sizeof(CK_ECDH1_DERIVE_PARAMS) },
		{ CKM_ECDSA, NULL, 0 },
	};
	struct mechparam p;

	(void)state;
	memset(words, 0x05, sizeof(words));
	for (size_t i = 0; i < nitems(cases); i++) {
		const struct device *d = i == 0 ? &alone : &device;

		assert_int_equal(mechparam_down(d, &cases[i], &p), CKR_OK);
		assert_ptr_equal(p.m, &cases[i]);
		assert_int_equal(mechparam_up(d, &p, CKR_DEVICE_ERROR),
		    CKR_DEVICE_ERROR);
	}
	assert_int_equal(mechparam_down(&device, NULL, &p), CKR_OK);
	assert_null(p.m);
	assert_int_equal(mechparam_up(&device, &p, CKR_OK), CKR_OK);
}

struct ssl3 {
	CK_ULONG mac_bits, key_bits, iv_bits;
	CK_BBOOL export;
	CK_BYTE *client;
	CK_ULONG client_len;
	CK_BYTE *server;
	CK_ULONG server_len;
	void *out;
	CK_MECHANISM_TYPE prf; /* TLS 1.2 */
};

struct wtls {
	CK_MECHANISM_TYPE digest;
	CK_ULONG mac_bits, key_bits, iv_bits, sequence;
	CK_BBOOL export;
	CK_BYTE *client;
	CK_ULONG client_len;
	CK_BYTE *server;
	CK_ULONG server_len;
	void *out;
};

struct key_mat {
	CK_OBJECT_HANDLE h[4];
	CK_BYTE *iv[2];
};

static const struct {
	CK_MECHANISM_TYPE type;
	size_t size;
	size_t offset;
	size_t n;
} writes[] = {
	{ CKM_SSL3_KEY_AND_MAC_DERIVE, AT(ssl3, prf), AT(ssl3, out), 4 },
	{ CKM_TLS_KEY_AND_MAC_DERIVE, AT(ssl3, prf), AT(ssl3, out), 4 },
	{ 0x3e1, sizeof(struct ssl3), AT(ssl3, out), 4 },
	{ 0x3e3, sizeof(struct ssl3), AT(ssl3, out), 4 },
	{ NSS(23), AT(ssl3, prf), AT(ssl3, out), 4 },
	{ CKM_WTLS_SERVER_KEY_AND_MAC_DERIVE, sizeof(struct wtls),
	    AT(wtls, out), 2 },
	{ CKM_WTLS_CLIENT_KEY_AND_MAC_DERIVE, sizeof(struct wtls),
	    AT(wtls, out), 2 },
};

/* What the device wrote into the application's memory becomes ours. */
static void
test_writes(void **state)
{
	unsigned char param[128];
	struct key_mat made, *out = &made;
	struct mechparam p;

	(void)state;
	for (size_t i = 0; i < nitems(writes); i++) {
		CK_MECHANISM m = { writes[i].type, param, writes[i].size };

		memset(param, 0xa5, sizeof(param));
		memcpy(param + writes[i].offset, &out, sizeof(out));
		assert_int_equal(mechparam_down(&device, &m, &p), CKR_OK);
		assert_memory_equal(p.m->pParameter, param, writes[i].size);
		made = (struct key_mat){ { 1, 2, 3, 0 }, { NULL, NULL } };
		assert_int_equal(mechparam_up(&device, &p, CKR_OK), CKR_OK);
		assert_int_equal(made.h[0], PREFIX | 1);
		assert_int_equal(made.h[1], PREFIX | 2);
		assert_int_equal(made.h[2], writes[i].n > 2 ? PREFIX | 3 : 3);
		/* No key is no key. */
		assert_int_equal(made.h[3], CK_INVALID_HANDLE);
		assert_null(made.iv[0]);
		/* A failure has made nothing. */
		assert_int_equal(mechparam_down(&device, &m, &p), CKR_OK);
		made.h[0] = 7;
		assert_int_equal(mechparam_up(&device, &p, CKR_DEVICE_MEMORY),
		    CKR_DEVICE_MEMORY);
		assert_int_equal(made.h[0], 7);
		/* No room for our byte. */
		assert_int_equal(mechparam_down(&device, &m, &p), CKR_OK);
		made.h[0] = OTHER(1);
		assert_int_equal(mechparam_up(&device, &p, CKR_OK),
		    CKR_DEVICE_ERROR);
	}
}

struct data_param {
	CK_ULONG type;
	void *value;
	CK_ULONG len;
};

struct derived_key {
	CK_ATTRIBUTE *template;
	CK_ULONG n;
	CK_OBJECT_HANDLE *ret;
};

struct kdf {
	CK_MECHANISM_TYPE prf;
	CK_ULONG n_data;
	struct data_param *data;
	CK_ULONG n_keys;
	struct derived_key *keys;
};

struct kdf_feedback {
	CK_MECHANISM_TYPE prf;
	CK_ULONG n_data;
	struct data_param *data;
	CK_ULONG iv_len;
	CK_BYTE *iv;
	CK_ULONG n_keys;
	struct derived_key *keys;
};

static const CK_MECHANISM_TYPE kdfs[] = { 0x3ac, 0x3ad, 0x3ae, NSS(42), NSS(43),
	NSS(44) };

/* Of SP 800-108: keys among the data, and more keys than one come out. */
static void
kdf(CK_MECHANISM_TYPE type)
{
	CK_OBJECT_HANDLE key = PREFIX | 9, alien = OTHER(9), a = 1, b = 2;
	CK_BYTE label[] = { 1, 2, 3 };
	struct data_param data[] = {
		{ 4, label, sizeof(label) },
		{ 5, &key, sizeof(key) },
		{ 5, &alien, sizeof(alien) },
		{ 5, &key, 1 }, /* not a handle: the device says so */
		{ 5, NULL, 0 },
	};
	struct data_param before[nitems(data)], *down;
	struct derived_key keys[] = { { NULL, 0, &a }, { NULL, 0, NULL },
		{ NULL, 0, &b } };
	struct kdf plain = { 1, nitems(data), data, nitems(keys), keys };
	struct kdf_feedback feedback = { 1, nitems(data), data, 0, NULL,
		nitems(keys), keys };
	bool fed = type == kdfs[1] || type == kdfs[4];
	CK_MECHANISM m = { type, fed ? (void *)&feedback : &plain,
		fed ? sizeof(feedback) : sizeof(plain) };
	struct mechparam p;

	memcpy(before, data, sizeof(data));
	assert_int_equal(mechparam_down(&device, &m, &p), CKR_OK);
	/* data is at the same place in both. */
	down = ((struct kdf *)p.m->pParameter)->data;
	assert_ptr_not_equal(down, data);
	assert_memory_equal(&down[0], &data[0], sizeof(data[0]));
	assert_int_equal(*(CK_OBJECT_HANDLE *)down[1].value, 9);
	assert_int_equal(*(CK_OBJECT_HANDLE *)down[2].value, CK_INVALID_HANDLE);
	assert_memory_equal(&down[3], &data[3], 2 * sizeof(data[0]));
	assert_int_equal(mechparam_up(&device, &p, CKR_OK), CKR_OK);
	assert_memory_equal(before, data, sizeof(data));
	assert_int_equal(key, PREFIX | 9);
	assert_int_equal(a, PREFIX | 1);
	assert_int_equal(b, PREFIX | 2);
	/* Without a key among them, the data are the application's own. */
	plain.n_data = feedback.n_data = 1;
	assert_int_equal(mechparam_down(&device, &m, &p), CKR_OK);
	assert_ptr_equal(((struct kdf *)p.m->pParameter)->data, data);
	a = OTHER(1);
	assert_int_equal(mechparam_up(&device, &p, CKR_OK), CKR_DEVICE_ERROR);
	plain.data = feedback.data = NULL;
	plain.keys = feedback.keys = NULL;
	assert_int_equal(mechparam_down(&device, &m, &p), CKR_OK);
	assert_int_equal(mechparam_up(&device, &p, CKR_OK), CKR_OK);
}

static void
test_kdf(void **state)
{
	(void)state;
	for (size_t i = 0; i < nitems(kdfs); i++)
		kdf(kdfs[i]);
}

/* The guard's view: more may follow than PKCS#11 says, less may not. */
static void
test_keys(void **state)
{
	CK_OBJECT_HANDLE words[3] = { 9, 8, 7 }, *keys;
	CK_MECHANISM m = { CKM_CONCATENATE_BASE_AND_KEY, words, 0 };
	size_t n;

	(void)state;
	for (size_t len = 0; len <= sizeof(words); len++) {
		m.ulParameterLen = len;
		assert_int_equal(mechparam_keys(&m, &keys, &n), CKR_OK);
		assert_int_equal(n, len >= sizeof(words[0]) ? 1 : 0);
		if (n > 0)
			assert_int_equal(keys[0], 9);
		free(keys);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_unchanged),
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_kdf),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
