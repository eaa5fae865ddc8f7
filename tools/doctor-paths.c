/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In the child: why not a stronger key path? The steps of each path, asked of
 * the device itself, until one is refused (p11-mdoc(7), key paths).
 */
#include "config.h"

#include <openssl/crypto.h>

#include "doctor.h"

#ifndef CKM_HKDF_DERIVE
#define CKM_HKDF_DERIVE 0x402aUL
#endif
#ifndef CKM_SP800_108_COUNTER_KDF
#define CKM_SP800_108_COUNTER_KDF 0x3acUL
#endif

#define SECRET_LEN  32
#define BLOCK_LEN   64

#define HANDLE_MASK ((~(CK_OBJECT_HANDLE)0) >> 8)

/* CK_HKDF_PARAMS, CK_SP800_108_KDF_PARAMS and its parts, of PKCS#11 3.0 */
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

struct counter {
	CK_BBOOL little_endian;
	CK_ULONG bits;
};

struct kdf_data {
	CK_ULONG type;
	void *value;
	CK_ULONG len;
};

struct kdf {
	CK_MECHANISM_TYPE prf;
	CK_ULONG n;
	struct kdf_data *data;
	CK_ULONG more_n;
	void *more;
};

/* The device's session, a key of it, and what was derived from that. */
struct trial {
	struct doctor_child *d;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key; /* of the agreement; not to be destroyed */
	CK_OBJECT_HANDLE public, private, z, made; /* made here */
	unsigned char peer[160];
	CK_ULONG peer_len;
};

#define DEVICE_CALL(t, name, ...) \
	(doctor_at((t)->d, "C_" #name), (t)->d->device->C_##name(__VA_ARGS__))

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static CK_RV
derive(struct trial *t, CK_MECHANISM *m, CK_OBJECT_HANDLE base, bool secret,
    CK_ULONG len, CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_TOKEN, &no, sizeof no },
		{ CKA_PRIVATE, t->d->logged_in ? &yes : &no, sizeof yes },
		{ CKA_SENSITIVE, secret ? &yes : &no, sizeof yes },
		{ CKA_EXTRACTABLE, secret ? &no : &yes, sizeof yes },
		{ CKA_VALUE_LEN, &len, sizeof len },
		{ CKA_DERIVE, &yes, sizeof yes },
		{ CKA_SIGN, &yes, sizeof yes },
	};
	CK_ULONG n = sizeof a / sizeof a[0];
	CK_RV rv;

	doctor_at_mechanism(t->d, m->mechanism);
	rv = DEVICE_CALL(t, DeriveKey, t->session, m, base, a, n, ret);
	/* Not every token lets a key that derives also sign. */
	if (rv == CKR_TEMPLATE_INCONSISTENT ||
	    rv == CKR_ATTRIBUTE_VALUE_INVALID ||
	    rv == CKR_ATTRIBUTE_TYPE_INVALID)
		rv = DEVICE_CALL(t, DeriveKey, t->session, m, base, a, n - 1,
		    ret);
	return rv;
}

static void
forget(struct trial *t, CK_OBJECT_HANDLE *o)
{
	if (*o != CK_INVALID_HANDLE)
		(void)DEVICE_CALL(t, DestroyObject, t->session, *o);
	*o = CK_INVALID_HANDLE;
}

static CK_RV
agree(struct trial *t, bool secret, CK_OBJECT_HANDLE *ret)
{
	CK_ECDH1_DERIVE_PARAMS p = { CKD_NULL, 0, NULL, t->peer_len, t->peer };
	CK_MECHANISM m = { CKM_ECDH1_DERIVE, &p, sizeof p };

	return derive(t, &m, t->key, secret, SECRET_LEN, ret);
}

static CK_RV
inside(struct trial *t)
{
	return t->z != CK_INVALID_HANDLE ? CKR_OK : agree(t, true, &t->z);
}

static CK_RV
hmac(struct trial *t, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM m = { CKM_SHA256_HMAC, NULL, 0 };
	CK_BYTE data[1] = { 0 }, mac[SECRET_LEN];
	CK_ULONG n = sizeof mac;
	CK_RV rv;

	doctor_at_mechanism(t->d, m.mechanism);
	rv = DEVICE_CALL(t, SignInit, t->session, &m, key);
	if (rv == CKR_OK)
		rv = DEVICE_CALL(t, Sign, t->session, data, sizeof data, mac,
		    &n);
	return rv;
}

static CK_RV
path_a(struct trial *t)
{
	CK_BYTE salt[SECRET_LEN] = { 1 }, info[7] = "EMacKey";
	/* 2: the salt is given as bytes */
	struct hkdf p = { CK_TRUE, CK_TRUE, CKM_SHA256, 2, salt, sizeof salt, 0,
		info, sizeof info };
	CK_MECHANISM m = { CKM_HKDF_DERIVE, &p, sizeof p };
	CK_RV rv = inside(t);

	if (rv == CKR_OK)
		rv = derive(t, &m, t->z, true, SECRET_LEN, &t->made);
	return rv == CKR_OK ? hmac(t, t->made) : rv;
}

static CK_RV
path_b(struct trial *t)
{
	CK_BYTE pad[BLOCK_LEN] = { 0x36 }, info[7] = "EMacKey";
	CK_KEY_DERIVATION_STRING_DATA p = { pad, sizeof pad };
	CK_MECHANISM join = { CKM_CONCATENATE_DATA_AND_BASE, &p, sizeof p };
	CK_MECHANISM hash = { CKM_SHA256_KEY_DERIVATION, NULL, 0 };
	struct counter counter = { CK_FALSE, 8 };
	/* 4: bytes; 1: the counter */
	struct kdf_data data[] = { { 4, info, sizeof info },
		{ 1, &counter, sizeof counter } };
	struct kdf kp = { CKM_SHA256_HMAC, 2, data, 0, NULL };
	CK_MECHANISM expand = { CKM_SP800_108_COUNTER_KDF, &kp, sizeof kp };
	CK_OBJECT_HANDLE joined = 0, prk = 0;
	CK_RV rv = inside(t);

	if (rv == CKR_OK)
		rv = derive(t, &join, t->z, true, BLOCK_LEN + SECRET_LEN,
		    &joined);
	if (rv == CKR_OK)
		rv = derive(t, &hash, joined, true, SECRET_LEN, &prk);
	if (rv == CKR_OK)
		rv = derive(t, &expand, prk, true, SECRET_LEN, &t->made);
	if (rv == CKR_OK)
		rv = hmac(t, t->made);
	forget(t, &joined);
	forget(t, &prk);
	return rv;
}

static CK_RV
path_c(struct trial *t)
{
	CK_MECHANISM m = { CKM_SHA256, NULL, 0 };
	CK_BYTE digest[SECRET_LEN];
	CK_ULONG n = sizeof digest;
	CK_RV rv = inside(t), last;

	if (rv != CKR_OK)
		return rv;
	doctor_at_mechanism(t->d, m.mechanism);
	rv = DEVICE_CALL(t, DigestInit, t->session, &m);
	if (rv != CKR_OK)
		return rv;
	rv = DEVICE_CALL(t, DigestKey, t->session, t->z);
	/* What failed is what is to be said. */
	last = t->d->device->C_DigestFinal(t->session, digest, &n);
	return rv != CKR_OK ? rv : last;
}

static CK_RV
path_d(struct trial *t)
{
	CK_BYTE z[128];
	CK_ATTRIBUTE a = { CKA_VALUE, z, sizeof z };
	CK_RV rv = agree(t, false, &t->made);

	if (rv == CKR_OK)
		rv = DEVICE_CALL(t, GetAttributeValue, t->session, t->made, &a,
		    1);
	OPENSSL_cleanse(z, sizeof z);
	return rv;
}

static const struct {
	const char *letter;
	CK_RV (*run)(struct trial *t);
} paths[] = { { "A", path_a }, { "B", path_b }, { "C", path_c },
	{ "D", path_d } };

static CK_RV
trial_generate(struct trial *t)
{
	const struct doctor_curve *c = doctor_curve_at(0);
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL *private = t->d->logged_in ? &yes : &no;
	CK_ATTRIBUTE pub[] = {
		{ CKA_TOKEN, &no, sizeof no },
		{ CKA_EC_PARAMS, (void *)(uintptr_t)c->params, c->params_len },
	};
	CK_ATTRIBUTE priv[] = {
		{ CKA_TOKEN, &no, sizeof no },
		{ CKA_PRIVATE, private, sizeof no },
		{ CKA_DERIVE, &yes, sizeof yes },
	};

	doctor_at_mechanism(t->d, m.mechanism);
	return DEVICE_CALL(t, GenerateKeyPair, t->session, &m, pub, 2, priv, 3,
	    &t->public, &t->private);
}

/* Handles carry the number of the device in the high byte, as slots do. */
static void
trial_key(struct trial *t)
{
	CK_OBJECT_HANDLE named = t->d->named;

	if (trial_generate(t) == CKR_OK) {
		t->key = t->private;
		return;
	}
	t->public = t->private = CK_INVALID_HANDLE;
	t->key = t->d->plan->several ? named & HANDLE_MASK : named;
}

static bool
trial_peer(struct trial *t)
{
	EVP_PKEY *peer = doctor_reader_key(doctor_curve_at(0));
	size_t len = 0;
	bool ok;

	ok = peer != NULL &&
	    EVP_PKEY_get_octet_string_param(peer, "pub", t->peer,
		sizeof t->peer, &len) == 1;
	t->peer_len = len;
	EVP_PKEY_free(peer);
	return ok;
}

static void
emit_path(struct doctor_child *d, const char *letter, CK_RV rv)
{
	json_t *o = json_pack("{s:s,s:s,s:s}", "type", "path", "path", letter,
	    "result", rv == CKR_OK ? "yes" : "no");

	if (rv == CKR_OK)
		doctor_emit(d, o);
	else
		doctor_emit_failure(d, o, rv);
}

static void
run_path(struct trial *t, size_t i)
{
	CK_RV rv;

	if (!doctor_step(t->d) || t->key == CK_INVALID_HANDLE)
		return;
	rv = paths[i].run(t);
	/* Said first: destroying is a call, too. */
	emit_path(t->d, paths[i].letter, rv);
	forget(t, &t->made);
}

void
doctor_probe_paths(struct doctor_child *d)
{
	CK_FLAGS flags =
	    CKF_SERIAL_SESSION | (d->writable ? CKF_RW_SESSION : 0);
	struct trial t = { .d = d };
	bool open;

	open = d->device != NULL && !(d->plan->broken & 1) &&
	    DEVICE_CALL(&t, OpenSession, d->device_slot, flags, NULL, NULL,
		&t.session) == CKR_OK;
	if (open && !trial_peer(&t))
		open = false;
	if (open)
		trial_key(&t);
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		run_path(&t, i);
	if (!open)
		return;
	forget(&t, &t.z);
	forget(&t, &t.private);
	forget(&t, &t.public);
	(void)DEVICE_CALL(&t, CloseSession, t.session);
}
