/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls of module-compare about objects and what is done with keys. */
#include "config.h"

#include <string.h>

#include "common/util.h"
#include "tests/integration/module-compare.h"

/* Another vendor's: neither module knows it. */
#define FOREIGN 0x8eadbeefUL

static CK_BYTE in[300] = { 1, 2, 3 };
static CK_BYTE out[512];
static CK_ULONG len;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS data_class = CKO_DATA, secret_class = CKO_SECRET_KEY;
static CK_KEY_TYPE generic = CKK_GENERIC_SECRET, aes = CKK_AES;

static CK_OBJECT_HANDLE
data_new(const struct side *x)
{
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &data_class, sizeof(data_class) },
		{ CKA_TOKEN, &no, 1 }, { CKA_PRIVATE, &no, 1 },
		{ CKA_LABEL, (void *)(uintptr_t) "label", 5 },
		{ CKA_VALUE, in, 100 } };
	CK_OBJECT_HANDLE o = 0;

	step("objects: a data object",
	    x->f->C_CreateObject(x->s, t, nitems(t), &o), 0);
	return o;
}

static CK_OBJECT_HANDLE
secret_new(const struct side *x, CK_KEY_TYPE *type)
{
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &secret_class, sizeof(secret_class) },
		{ CKA_KEY_TYPE, type, sizeof(*type) }, { CKA_TOKEN, &no, 1 },
		{ CKA_SIGN, &yes, 1 }, { CKA_VERIFY, &yes, 1 },
		{ CKA_ENCRYPT, &yes, 1 }, { CKA_DECRYPT, &yes, 1 },
		{ CKA_WRAP, &yes, 1 }, { CKA_UNWRAP, &yes, 1 },
		{ CKA_SENSITIVE, &yes, 1 }, { CKA_EXTRACTABLE, &no, 1 },
		{ CKA_VALUE, in, 32 } };
	CK_OBJECT_HANDLE o = 0;

	step("keys: a secret key", x->f->C_CreateObject(x->s, t, nitems(t), &o),
	    0);
	return o;
}

/* P-256; the private key. */
static CK_OBJECT_HANDLE
pair_new(const struct side *x, CK_OBJECT_HANDLE *ret_public)
{
	static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
		0x03, 0x01, 0x07 };
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE pub[] = { { CKA_EC_PARAMS, p256, sizeof(p256) },
		{ CKA_TOKEN, &no, 1 }, { CKA_VERIFY, &yes, 1 } };
	CK_ATTRIBUTE priv[] = { { CKA_TOKEN, &no, 1 }, { CKA_SIGN, &yes, 1 },
		{ CKA_DERIVE, &yes, 1 } };
	CK_OBJECT_HANDLE o = 0;

	*ret_public = 0;
	step("keys: a key pair",
	    x->f->C_GenerateKeyPair(x->s, &m, pub, nitems(pub), priv,
		nitems(priv), ret_public, &o),
	    0);
	return o;
}

void
compare_objects(struct side *x)
{
	CK_FUNCTION_LIST *f = x->f;
	CK_OBJECT_CLASS vendor = CKO_VENDOR_DEFINED | FOREIGN;
	CK_ULONG number = 7;
	CK_ATTRIBUTE bad_class = { CKA_CLASS, &vendor, sizeof(vendor) };
	CK_ATTRIBUTE foreign[] = { { CKA_CLASS, &data_class, 8 },
		{ FOREIGN, &number, sizeof(number) } };
	CK_ATTRIBUTE label = { CKA_LABEL, in, 3 };
	CK_ATTRIBUTE fixed = { CKA_CLASS, &secret_class, sizeof(secret_class) };
	CK_OBJECT_HANDLE o, other;

	compare_start(x);
	o = data_new(x);
	step("objects: vendor class",
	    f->C_CreateObject(x->s, &bad_class, 1, &other), 0);
	step("objects: vendor attribute",
	    f->C_CreateObject(x->s, foreign, 2, &other), 0);
	step("objects: nothing", f->C_CreateObject(x->s, NULL, 0, &other), 0);
	step("objects: NULL", f->C_CreateObject(x->s, NULL, 1, &other), 0);
	step("objects: no place for the handle",
	    f->C_CreateObject(x->s, foreign, 1, NULL), 0);
	step("objects: copy", f->C_CopyObject(x->s, o, &label, 1, &other), 0);
	step("objects: copy, vendor attribute",
	    f->C_CopyObject(x->s, o, &foreign[1], 1, &other), 0);
	step("objects: copy, fixed attribute",
	    f->C_CopyObject(x->s, o, &fixed, 1, &other), 0);
	step("objects: copy of nothing",
	    f->C_CopyObject(x->s, 99999, &label, 1, &other), 0);
	step("objects: copy NULL", f->C_CopyObject(x->s, o, NULL, 1, &other),
	    0);
	step("objects: set", f->C_SetAttributeValue(x->s, o, &label, 1), 0);
	step("objects: set, vendor attribute",
	    f->C_SetAttributeValue(x->s, o, &foreign[1], 1), 0);
	step("objects: set, fixed attribute",
	    f->C_SetAttributeValue(x->s, o, &fixed, 1), 0);
	step("objects: set nothing",
	    f->C_SetAttributeValue(x->s, 99999, &label, 1), 0);
	step("objects: set NULL", f->C_SetAttributeValue(x->s, o, NULL, 1), 0);
	len = 4711;
	step("objects: size", f->C_GetObjectSize(x->s, o, &len), 1, (long)len);
	step("objects: size NULL", f->C_GetObjectSize(x->s, o, NULL), 0);
	step("objects: size of nothing", f->C_GetObjectSize(x->s, 0, &len), 0);
	step("objects: destroy", f->C_DestroyObject(x->s, o), 0);
	step("objects: destroy twice", f->C_DestroyObject(x->s, o), 0);
	step("objects: destroy 0", f->C_DestroyObject(x->s, 0), 0);
	step("objects: destroy, top bit",
	    f->C_DestroyObject(x->s, ~(~0UL >> 1) | 1), 0);
	compare_stop(x);
}

/* All lengths that come back count. */
static void
get(const struct side *x, const char *name, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	CK_ATTRIBUTE a[6];
	CK_RV rv;

	memset(a, 0, sizeof(a));
	memcpy(a, t, n * sizeof(*t));
	rv = x->f->C_GetAttributeValue(x->s, o, a, n);
	step(name, rv, 6, (long)a[0].ulValueLen, (long)a[1].ulValueLen,
	    (long)a[2].ulValueLen, (long)a[3].ulValueLen, (long)a[4].ulValueLen,
	    (long)a[5].ulValueLen);
}

void
compare_attributes(struct side *x)
{
	CK_ATTRIBUTE lengths[] = { { CKA_VALUE, NULL, 0 }, { FOREIGN, NULL, 0 },
		{ CKA_LABEL, NULL, 0 }, { CKA_MODULUS, NULL, 0 } };
	CK_ATTRIBUTE small[] = { { CKA_VALUE, out, 1 },
		{ CKA_LABEL, out + 200, 64 }, { CKA_CLASS, out + 400, 2 } };
	CK_ATTRIBUTE mixed[] = { { CKA_LABEL, out, 64 }, { FOREIGN, out, 8 },
		{ CKA_VALUE, out + 64, 10 }, { CKA_CLASS, out + 200, 8 } };
	CK_ATTRIBUTE secret[] = { { CKA_VALUE, out, 64 },
		{ CKA_KEY_TYPE, out + 64, 8 }, { FOREIGN, NULL, 0 },
		{ CKA_SENSITIVE, out + 100, 1 } };
	CK_OBJECT_HANDLE data, key, pub, priv;

	compare_start(x);
	data = data_new(x);
	key = secret_new(x, &generic);
	priv = pair_new(x, &pub);
	get(x, "attributes: lengths", data, lengths, 4);
	get(x, "attributes: lengths of a key", key, lengths, 4);
	get(x, "attributes: lengths of a public key", pub, lengths, 4);
	get(x, "attributes: lengths of a private key", priv, lengths, 4);
	get(x, "attributes: small buffers", data, small, 3);
	get(x, "attributes: mixed", data, mixed, 4);
	get(x, "attributes: mixed, private key", priv, mixed, 4);
	get(x, "attributes: sensitive", key, secret, 4);
	get(x, "attributes: sensitive, private key", priv, secret, 4);
	get(x, "attributes: one that is not there", data, lengths + 1, 1);
	get(x, "attributes: of nothing", 99999, lengths, 4);
	get(x, "attributes: of 0", 0, lengths, 4);
	get(x, "attributes: of the top bit", ~(~0UL >> 1) | data, lengths, 4);
	step("attributes: none",
	    x->f->C_GetAttributeValue(x->s, data, lengths, 0), 0);
	step("attributes: none at all",
	    x->f->C_GetAttributeValue(x->s, data, NULL, 0), 0);
	step("attributes: NULL", x->f->C_GetAttributeValue(x->s, data, NULL, 1),
	    0);
	compare_stop(x);
}

static void
find(const struct side *x, const char *name, CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_HANDLE o[32];
	CK_RV rv;

	step(name, x->f->C_FindObjectsInit(x->s, t, n), 0);
	len = 77;
	rv = x->f->C_FindObjects(x->s, o, 1, &len);
	step(name, rv, 1, (long)len);
	len = 77;
	rv = x->f->C_FindObjects(x->s, o, 32, &len);
	step(name, rv, 1, (long)len);
	len = 77;
	rv = x->f->C_FindObjects(x->s, o, 32, &len);
	step(name, rv, 1, (long)len);
	step(name, x->f->C_FindObjectsFinal(x->s), 0);
}

void
compare_find(struct side *x)
{
	CK_FUNCTION_LIST *f = x->f;
	CK_OBJECT_CLASS vendor = FOREIGN;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &data_class, sizeof(data_class) },
		{ CKA_LABEL, (void *)(uintptr_t) "label", 5 } };
	CK_ATTRIBUTE none = { CKA_LABEL, in, 3 };
	CK_ATTRIBUTE foreign = { CKA_CLASS, &vendor, sizeof(vendor) };
	CK_ATTRIBUTE attribute = { FOREIGN, in, 3 };
	CK_ATTRIBUTE odd = { CKA_CLASS, &vendor, 3 };
	CK_ATTRIBUTE null = { CKA_LABEL, NULL, 3 };
	CK_OBJECT_HANDLE o, pub;

	compare_start(x);
	data_new(x);
	data_new(x);
	pair_new(x, &pub);
	find(x, "find: data", t, 1);
	find(x, "find: label", t, 2);
	find(x, "find: no such label", &none, 1);
	find(x, "find: everything", NULL, 0);
	find(x, "find: vendor class", &foreign, 1);
	find(x, "find: vendor attribute", &attribute, 1);
	find(x, "find: class of a wrong length", &odd, 1);
	find(x, "find: NULL value", &null, 1);
	step("find: NULL", f->C_FindObjectsInit(x->s, NULL, 1), 0);
	step("find: none begun", f->C_FindObjects(x->s, &o, 1, &len), 0);
	step("find: final, none begun", f->C_FindObjectsFinal(x->s), 0);
	step("find: begin", f->C_FindObjectsInit(x->s, t, 2), 0);
	step("find: begin twice", f->C_FindObjectsInit(x->s, t, 2), 0);
	len = 5;
	step("find: room for none", f->C_FindObjects(x->s, &o, 0, &len), 1,
	    (long)len);
	step("find: NULL handles", f->C_FindObjects(x->s, NULL, 1, &len), 0);
	step("find: NULL count", f->C_FindObjects(x->s, &o, 1, NULL), 0);
	step("find: final", f->C_FindObjectsFinal(x->s), 0);
	step("find: final twice", f->C_FindObjectsFinal(x->s), 0);
	compare_stop(x);
}

void
compare_digest(struct side *x)
{
	CK_FUNCTION_LIST *f = x->f;
	CK_MECHANISM sha = { CKM_SHA256, NULL, 0 },
		     wrong = { FOREIGN, NULL, 0 };
	CK_OBJECT_HANDLE key;
	CK_RV rv;

	compare_start(x);
	key = secret_new(x, &generic);
	step("digest: NULL", f->C_DigestInit(x->s, NULL), 0);
	step("digest: unknown", f->C_DigestInit(x->s, &wrong), 0);
	step("digest: none begun", f->C_DigestUpdate(x->s, in, 3), 0);
	step("digest: begin", f->C_DigestInit(x->s, &sha), 0);
	step("digest: begin twice", f->C_DigestInit(x->s, &sha), 0);
	len = 0;
	rv = f->C_Digest(x->s, in, 3, NULL, &len);
	step("digest: length", rv, 1, (long)len);
	len = 5;
	rv = f->C_Digest(x->s, in, 3, out, &len);
	step("digest: short", rv, 1, (long)len);
	len = sizeof(out);
	rv = f->C_Digest(x->s, in, 3, out, &len);
	step("digest: digest", rv, 2, (long)len, (long)out[0]);
	rv = f->C_Digest(x->s, in, 3, out, &len);
	step("digest: twice", rv, 0);
	step("digest: begin again", f->C_DigestInit(x->s, &sha), 0);
	step("digest: update", f->C_DigestUpdate(x->s, in, 3), 0);
	step("digest: key", f->C_DigestKey(x->s, key), 0);
	step("digest: key that is none", f->C_DigestKey(x->s, 99999), 0);
	step("digest: update NULL", f->C_DigestUpdate(x->s, NULL, 3), 0);
	len = 1;
	rv = f->C_DigestFinal(x->s, out, &len);
	step("digest: final, short", rv, 1, (long)len);
	len = 64;
	rv = f->C_DigestFinal(x->s, out, &len);
	step("digest: final", rv, 2, (long)len, (long)out[0]);
	step("digest: begin once more", f->C_DigestInit(x->s, &sha), 0);
	len = 4;
	step("digest: state", f->C_GetOperationState(x->s, out, &len), 0);
	step("digest: a search meanwhile", f->C_FindObjectsInit(x->s, NULL, 0),
	    0);
	compare_stop(x);
}

static void
sign_states(const struct side *x, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
	CK_FUNCTION_LIST *f = x->f;
	CK_RV rv;

	step("sign: begin", f->C_SignInit(x->s, m, key), 0);
	step("sign: begin twice", f->C_SignInit(x->s, m, key), 0);
	step("sign: verify meanwhile", f->C_VerifyInit(x->s, m, key), 0);
	len = 0;
	rv = f->C_Sign(x->s, in, 32, NULL, &len);
	step("sign: length", rv, 1, (long)len);
	len = 7;
	rv = f->C_Sign(x->s, in, 32, out, &len);
	step("sign: short", rv, 1, (long)len);
	len = sizeof(out);
	rv = f->C_Sign(x->s, in, 32, out, &len);
	step("sign: sign", rv, 1, (long)len);
	rv = f->C_Sign(x->s, in, 32, out, &len);
	step("sign: twice", rv, 0);
	step("sign: begin again", f->C_SignInit(x->s, m, key), 0);
	step("sign: NULL length", f->C_Sign(x->s, in, 32, out, NULL), 0);
	step("sign: NULL data", f->C_Sign(x->s, NULL, 32, out, &len), 0);
	len = sizeof(out);
	rv = f->C_Sign(x->s, in, 32, out, &len);
	step("sign: after that", rv, 0);
	step("sign: begin in parts", f->C_SignInit(x->s, m, key), 0);
	step("sign: part", f->C_SignUpdate(x->s, in, 10), 0);
	step("sign: part NULL", f->C_SignUpdate(x->s, NULL, 10), 0);
	len = 0;
	rv = f->C_SignFinal(x->s, NULL, &len);
	step("sign: final, length", rv, 1, (long)len);
	len = 3;
	rv = f->C_SignFinal(x->s, out, &len);
	step("sign: final, short", rv, 1, (long)len);
	len = sizeof(out);
	rv = f->C_SignFinal(x->s, out, &len);
	step("sign: final", rv, 1, (long)len);
	step("sign: final twice", f->C_SignFinal(x->s, out, &len), 0);
	step("sign: begin in parts", f->C_SignInit(x->s, m, key), 0);
	step("sign: part", f->C_SignUpdate(x->s, in, 10), 0);
	len = sizeof(out);
	rv = f->C_Sign(x->s, in, 32, out, &len);
	step("sign: whole after a part", rv, 0);
	step("sign: part, none begun", f->C_SignUpdate(x->s, in, 10), 0);
}

static void
verify_states(const struct side *x, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
	CK_FUNCTION_LIST *f = x->f;

	memset(out, 0, sizeof(out));
	step("sign: verify", f->C_VerifyInit(x->s, m, key), 0);
	step("sign: verify twice", f->C_VerifyInit(x->s, m, key), 0);
	step("sign: verify, wrong length", f->C_Verify(x->s, in, 32, out, 9),
	    0);
	step("sign: verify ended", f->C_Verify(x->s, in, 32, out, 64), 0);
	step("sign: verify", f->C_VerifyInit(x->s, m, key), 0);
	step("sign: verify, wrong", f->C_Verify(x->s, in, 32, out, 64), 0);
	step("sign: verify", f->C_VerifyInit(x->s, m, key), 0);
	step("sign: verify NULL", f->C_Verify(x->s, in, 32, NULL, 64), 0);
	step("sign: verify part", f->C_VerifyUpdate(x->s, in, 9), 0);
	step("sign: verify final", f->C_VerifyFinal(x->s, out, 32), 0);
	step("sign: verify final twice", f->C_VerifyFinal(x->s, out, 32), 0);
}

void
compare_sign(struct side *x)
{
	CK_FUNCTION_LIST *f = x->f;
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 },
		     hmac = { CKM_SHA256_HMAC, NULL, 0 },
		     wrong = { FOREIGN, NULL, 0 };
	CK_OBJECT_HANDLE secret, priv, pub;

	compare_start(x);
	secret = secret_new(x, &generic);
	priv = pair_new(x, &pub);
	step("sign: NULL", f->C_SignInit(x->s, NULL, priv), 0);
	step("sign: unknown", f->C_SignInit(x->s, &wrong, priv), 0);
	step("sign: no key", f->C_SignInit(x->s, &ecdsa, 0), 0);
	step("sign: top bit", f->C_SignInit(x->s, &ecdsa, ~(~0UL >> 1) | priv),
	    0);
	step("sign: public key", f->C_SignInit(x->s, &ecdsa, pub), 0);
	step("sign: key of a wrong type", f->C_SignInit(x->s, &hmac, priv), 0);
	step("sign: recover", f->C_SignRecoverInit(x->s, &ecdsa, priv), 0);
	step("sign: verify, private key", f->C_VerifyInit(x->s, &ecdsa, priv),
	    0);
	step("sign: verify unknown", f->C_VerifyInit(x->s, &wrong, pub), 0);
	step("sign: verify recover", f->C_VerifyRecoverInit(x->s, &ecdsa, pub),
	    0);
	step("sign: verify, none begun", f->C_Verify(x->s, in, 3, out, 3), 0);
	sign_states(x, &ecdsa, priv);
	sign_states(x, &hmac, secret);
	verify_states(x, &ecdsa, pub);
	verify_states(x, &hmac, secret);
	compare_stop(x);
}

void
compare_crypt(struct side *x)
{
	CK_FUNCTION_LIST *f = x->f;
	CK_MECHANISM ecb = { CKM_AES_ECB, NULL, 0 },
		     cbc = { CKM_AES_CBC_PAD, in, 16 },
		     short_iv = { CKM_AES_CBC, in, 5 };
	CK_OBJECT_HANDLE key, other;
	CK_RV rv;

	compare_start(x);
	key = secret_new(x, &aes);
	other = secret_new(x, &generic);
	step("crypt: short IV", f->C_EncryptInit(x->s, &short_iv, key), 0);
	step("crypt: wrong key", f->C_EncryptInit(x->s, &ecb, other), 0);
	step("crypt: NULL", f->C_EncryptInit(x->s, NULL, key), 0);
	step("crypt: begin", f->C_EncryptInit(x->s, &ecb, key), 0);
	step("crypt: begin twice", f->C_EncryptInit(x->s, &ecb, key), 0);
	len = 0;
	rv = f->C_Encrypt(x->s, in, 32, NULL, &len);
	step("crypt: length", rv, 1, (long)len);
	len = 16;
	rv = f->C_Encrypt(x->s, in, 32, out, &len);
	step("crypt: short", rv, 1, (long)len);
	len = sizeof(out);
	rv = f->C_Encrypt(x->s, in, 32, out, &len);
	step("crypt: encrypt", rv, 2, (long)len, (long)out[0]);
	step("crypt: begin", f->C_EncryptInit(x->s, &ecb, key), 0);
	len = sizeof(out);
	rv = f->C_Encrypt(x->s, in, 15, out, &len);
	step("crypt: half a block", rv, 0);
	step("crypt: in parts", f->C_EncryptInit(x->s, &cbc, key), 0);
	len = sizeof(out);
	rv = f->C_EncryptUpdate(x->s, in, 20, out, &len);
	step("crypt: part", rv, 1, (long)len);
	len = 0;
	rv = f->C_EncryptFinal(x->s, NULL, &len);
	step("crypt: final, length", rv, 1, (long)len);
	len = 1;
	rv = f->C_EncryptFinal(x->s, out + 16, &len);
	step("crypt: final, short", rv, 1, (long)len);
	len = 64;
	rv = f->C_EncryptFinal(x->s, out + 16, &len);
	step("crypt: final", rv, 1, (long)len);
	step("crypt: decrypt", f->C_DecryptInit(x->s, &cbc, key), 0);
	len = 0;
	rv = f->C_Decrypt(x->s, out, 32, NULL, &len);
	step("crypt: decrypted length", rv, 1, (long)len);
	len = sizeof(in);
	rv = f->C_Decrypt(x->s, out, 32, in, &len);
	step("crypt: decrypted", rv, 1, (long)len);
	step("crypt: decrypt", f->C_DecryptInit(x->s, &cbc, key), 0);
	len = sizeof(in);
	rv = f->C_Decrypt(x->s, in, 32, out, &len);
	step("crypt: decrypted, wrong padding", rv, 0);
	compare_stop(x);
}

static void
derive(const struct side *x, CK_OBJECT_HANDLE priv, CK_BYTE *point, CK_ULONG n)
{
	CK_ECDH1_DERIVE_PARAMS p = { CKD_NULL, 0, NULL, n, point };
	CK_MECHANISM m = { CKM_ECDH1_DERIVE, &p, sizeof(p) };
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &secret_class, sizeof(secret_class) },
		{ CKA_KEY_TYPE, &generic, sizeof(generic) },
		{ CKA_TOKEN, &no, 1 } };
	CK_OBJECT_HANDLE o = 0;

	step("keys: derive",
	    x->f->C_DeriveKey(x->s, &m, priv, t, nitems(t), &o), 0);
	p.kdf = CKD_SHA1_KDF;
	step("keys: derive, other KDF",
	    x->f->C_DeriveKey(x->s, &m, priv, t, nitems(t), &o), 0);
	m.ulParameterLen = 3;
	step("keys: derive, short parameter",
	    x->f->C_DeriveKey(x->s, &m, priv, t, nitems(t), &o), 0);
}

void
compare_keys(struct side *x)
{
	CK_FUNCTION_LIST *f = x->f;
	CK_MECHANISM gen = { CKM_AES_KEY_GEN, NULL, 0 },
		     pair = { CKM_EC_KEY_PAIR_GEN, NULL, 0 },
		     wrap = { CKM_AES_KEY_WRAP, NULL, 0 },
		     wrong = { FOREIGN, NULL, 0 };
	CK_ULONG size = 32, bad_size = 5;
	CK_ATTRIBUTE t[] = { { CKA_VALUE_LEN, &size, sizeof(size) },
		{ CKA_TOKEN, &no, 1 }, { CKA_EXTRACTABLE, &yes, 1 },
		{ CKA_SENSITIVE, &no, 1 } };
	CK_ATTRIBUTE bad = { CKA_VALUE_LEN, &bad_size, sizeof(bad_size) };
	CK_ATTRIBUTE curve = { CKA_EC_PARAMS, in, 5 };
	CK_BYTE der[80];
	CK_ATTRIBUTE point = { CKA_EC_POINT, der, sizeof(der) };
	CK_OBJECT_HANDLE key, made = 0, pub, priv;
	CK_RV rv;

	compare_start(x);
	key = secret_new(x, &aes);
	priv = pair_new(x, &pub);
	step("keys: generate", f->C_GenerateKey(x->s, &gen, t, 4, &made), 0);
	step("keys: bad length", f->C_GenerateKey(x->s, &gen, &bad, 1, &key),
	    0);
	step("keys: no length", f->C_GenerateKey(x->s, &gen, NULL, 0, &key), 0);
	step("keys: unknown", f->C_GenerateKey(x->s, &wrong, t, 4, &key), 0);
	step("keys: NULL", f->C_GenerateKey(x->s, NULL, t, 4, &key), 0);
	step("keys: pair, bad curve",
	    f->C_GenerateKeyPair(x->s, &pair, &curve, 1, NULL, 0, &pub, &priv),
	    0);
	step("keys: pair, no curve",
	    f->C_GenerateKeyPair(x->s, &pair, NULL, 0, NULL, 0, &pub, &priv),
	    0);
	len = 0;
	rv = f->C_WrapKey(x->s, &wrap, key, made, NULL, &len);
	step("keys: wrap, length", rv, 1, (long)len);
	len = sizeof(out);
	rv = f->C_WrapKey(x->s, &wrap, key, made, out, &len);
	step("keys: wrap", rv, 1, (long)len);
	rv = f->C_WrapKey(x->s, &wrap, key, priv, out, &len);
	step("keys: wrap what may not leave", rv, 0);
	step("keys: unwrap",
	    f->C_UnwrapKey(x->s, &wrap, key, in, 40, t, 1, &made), 0);
	rv = f->C_GetAttributeValue(x->s, pub, &point, 1);
	step("keys: point", rv, 1, (long)point.ulValueLen);
	derive(x, priv, der, point.ulValueLen);
	derive(x, priv, in, 65);
	derive(x, pub, der, 67);
	compare_stop(x);
}

void
compare_random(struct side *x)
{
	CK_FUNCTION_LIST *f = x->f;

	compare_start(x);
	step("random: some", f->C_GenerateRandom(x->s, out, 32), 0);
	step("random: none", f->C_GenerateRandom(x->s, out, 0), 0);
	step("random: NULL", f->C_GenerateRandom(x->s, NULL, 32), 0);
	step("random: none to NULL", f->C_GenerateRandom(x->s, NULL, 0), 0);
	step("random: seed", f->C_SeedRandom(x->s, in, 32), 0);
	step("random: seed with NULL", f->C_SeedRandom(x->s, NULL, 32), 0);
	step("random: dual function",
	    f->C_DigestEncryptUpdate(x->s, in, 8, out, &len), 0);
	compare_stop(x);
}
