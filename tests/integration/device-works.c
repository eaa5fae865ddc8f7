/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device-works MODULE TOKEN-LABEL PIN: what works with a token, one line per
 * capability: its name, a tab, and "yes", a value, or the CKR_ that refused.
 * "yes" means that the result was checked: signatures are verified and secrets
 * computed by OpenSSL from the public key, with nothing of this project.
 */
#include "config.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/util.h"
#include "tests/integration/device-check.h"
#include "tests/support/hpke-vectors.h"
#include "tests/support/vectors.h"
#include "vendor-ext/pkcs11-3.h"
#include "vendor-ext/token.h"

#define VECTOR(name) "tests/vectors/device-mac/" name ".hex"
#define RW           (CKF_SERIAL_SESSION | CKF_RW_SESSION)

/* What a device answered wrongly, apart from the codes of PKCS#11. */
#define WRONG 0xffffffffUL

static CK_FUNCTION_LIST *f;
static CK_SESSION_HANDLE s;
static CK_SLOT_ID slot;
static struct blob data, reader, transcript;

/* A key pair of the token; CK_INVALID_HANDLE: the half is not there. */
struct pair {
	CK_OBJECT_HANDLE private, public;
	CK_BYTE point[65];
};

static struct pair signer, agreer;

static void
report(const char *what, CK_RV rv)
{
	printf("%s\t%s\n", what,
	    rv == CKR_OK      ? "yes"
		: rv == WRONG ? "WRONG"
			      : token_rv_name(rv));
	fflush(stdout);
}

static CK_RV
find_slot(const char *label)
{
	CK_SLOT_ID slots[64];
	CK_ULONG n = nitems(slots);
	CK_TOKEN_INFO info;
	CK_RV rv;

	rv = f->C_GetSlotList(CK_TRUE, slots, &n);
	for (CK_ULONG i = 0; rv == CKR_OK && i < n; i++) {
		size_t len = strlen(label);

		if (f->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
		    memcmp(info.label, label, len) == 0 &&
		    (len == 32 || info.label[len] == ' ')) {
			slot = slots[i];
			return CKR_OK;
		}
	}
	return rv == CKR_OK ? CKR_TOKEN_NOT_PRESENT : rv;
}

static CK_RV
find(CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	CK_ULONG found = 0;
	CK_RV rv, end;

	rv = f->C_FindObjectsInit(s, t, n);
	if (rv != CKR_OK)
		return rv;
	rv = f->C_FindObjects(s, ret, 1, &found);
	end = f->C_FindObjectsFinal(s);
	if (rv == CKR_OK && end == CKR_OK && found == 0)
		return CKR_OBJECT_HANDLE_INVALID;
	return rv != CKR_OK ? rv : end;
}

static CK_RV
value(CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type, void *to, CK_ULONG *len)
{
	CK_ATTRIBUTE a = { type, to, *len };
	CK_RV rv = f->C_GetAttributeValue(s, o, &a, 1);

	/* A device that counts wrongly must not lead us astray. */
	if (rv == CKR_OK && a.ulValueLen > *len)
		return WRONG;
	*len = a.ulValueLen;
	return rv;
}

static CK_RV
point_of(CK_OBJECT_HANDLE public, CK_BYTE *point)
{
	CK_BYTE der[80];
	CK_ULONG len = sizeof(der);
	CK_RV rv = value(public, CKA_EC_POINT, der, &len);

	if (rv != CKR_OK)
		return rv;
	/* In an OCTET STRING; some devices leave it out. */
	if (len != 65 && len != 67)
		return WRONG;
	memcpy(point, der + len - 65, 65);
	return CKR_OK;
}

/* ---- keys: one that is there, imported, or made in the token */

static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
	0x07 };
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static CK_RV
existing(CK_ATTRIBUTE_TYPE use, struct pair *ret)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BYTE id[32];
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ use, &yes, sizeof(yes) } };
	CK_ATTRIBUTE u[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, id, sizeof(id) } };
	CK_RV rv;

	rv = find(t, nitems(t), &ret->private);
	if (rv == CKR_OK)
		rv = value(ret->private, CKA_ID, id, &u[1].ulValueLen);
	class = CKO_PUBLIC_KEY;
	if (rv == CKR_OK)
		rv = find(u, nitems(u), &ret->public);
	return rv == CKR_OK ? point_of(ret->public, ret->point) : rv;
}

static CK_RV
import(struct pair *ret)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BYTE id = 1, der[67] = { 4, 65 };
	struct blob d = BLOB_INIT;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_EC_PARAMS, p256, sizeof(p256) }, { CKA_ID, &id, 1 },
		{ CKA_TOKEN, &no, 1 }, { CKA_SIGN, &yes, 1 },
		{ CKA_DERIVE, &yes, 1 }, { CKA_PRIVATE, &yes, 1 },
		{ CKA_SENSITIVE, &yes, 1 }, { CKA_EXTRACTABLE, &no, 1 },
		{ CKA_VALUE, NULL, 0 } };
	CK_ATTRIBUTE u[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_EC_PARAMS, p256, sizeof(p256) }, { CKA_ID, &id, 1 },
		{ CKA_TOKEN, &no, 1 }, { CKA_VERIFY, &yes, 1 },
		{ CKA_EC_POINT, der, sizeof(der) } };
	CK_RV rv = WRONG;

	if (!vectors_read_own(VECTOR("device-key"), &d) ||
	    !check_public(blob_bytes(&d), ret->point))
		goto out;
	t[10].pValue = d.ptr;
	t[10].ulValueLen = d.len;
	rv = f->C_CreateObject(s, t, nitems(t), &ret->private);
	class = CKO_PUBLIC_KEY;
	memcpy(der + 2, ret->point, 65);
	if (rv == CKR_OK)
		rv = f->C_CreateObject(s, u, nitems(u), &ret->public);
out:
	blob_reset(&d);
	return rv;
}

static CK_RV
generate(CK_BBOOL token, CK_ATTRIBUTE_TYPE use, struct pair *ret)
{
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BYTE id = 2;
	CK_ATTRIBUTE t[] = { { CKA_TOKEN, &token, 1 }, { CKA_ID, &id, 1 },
		{ use, &yes, 1 }, { CKA_PRIVATE, &yes, 1 },
		{ CKA_SENSITIVE, &yes, 1 } };
	CK_ATTRIBUTE u[] = { { CKA_TOKEN, &token, 1 }, { CKA_ID, &id, 1 },
		{ CKA_EC_PARAMS, p256, sizeof(p256) },
		{ CKA_VERIFY, use == CKA_SIGN ? &yes : &no, 1 } };
	CK_RV rv;

	rv = f->C_GenerateKeyPair(s, &m, u, nitems(u), t, nitems(t),
	    &ret->public, &ret->private);
	return rv == CKR_OK ? point_of(ret->public, ret->point) : rv;
}

static void
keys(void)
{
	CK_RV rv, made;

	rv = existing(CKA_SIGN, &signer);
	if (rv == CKR_OK)
		(void)existing(CKA_DERIVE, &agreer);
	report("keys on it", rv);
	if (rv == CKR_OK)
		return;
	rv = import(&signer);
	report("import", rv);
	agreer = signer;
	made = generate(CK_FALSE, CKA_SIGN, rv == CKR_OK ? &agreer : &signer);
	report("session keys", made);
	if (made != CKR_OK) {
		made = generate(CK_TRUE, CKA_SIGN,
		    rv == CKR_OK ? &agreer : &signer);
		report("token keys", made);
	}
	if (rv == CKR_OK)
		agreer = signer;
	else if (generate(CK_FALSE, CKA_DERIVE, &agreer) != CKR_OK)
		agreer = signer;
}

/* ---- what keys do */

static CK_RV
sign(CK_MECHANISM_TYPE mechanism, const struct pair *key, struct bytes in,
    CK_BYTE *out, CK_ULONG *len)
{
	CK_MECHANISM m = { mechanism, NULL, 0 };
	CK_ULONG room = *len;
	CK_RV rv = f->C_SignInit(s, &m, key->private);

	if (rv == CKR_OK)
		rv = f->C_Sign(s, (CK_BYTE *)(uintptr_t)in.ptr, in.len, out,
		    len);
	return rv == CKR_OK && *len > room ? WRONG : rv;
}

static CK_RV
signature(CK_MECHANISM_TYPE mechanism, struct bytes in, enum check_kind kind)
{
	CK_BYTE out[256];
	CK_ULONG len = sizeof(out);
	CK_RV rv = sign(mechanism, &signer, in, out, &len);

	if (rv != CKR_OK)
		return rv;
	return check_signature(kind, signer.point, in, bytes_of(out, len))
	    ? CKR_OK
	    : WRONG;
}

/* A good signature, and one that is not. */
static CK_RV
verify(CK_MECHANISM_TYPE mechanism, struct bytes in)
{
	CK_MECHANISM m = { mechanism, NULL, 0 };
	CK_BYTE *p = (CK_BYTE *)(uintptr_t)in.ptr, out[256];
	CK_ULONG len = sizeof(out);
	CK_RV rv = sign(mechanism, &signer, in, out, &len);

	if (rv == CKR_OK)
		rv = f->C_VerifyInit(s, &m, signer.public);
	if (rv == CKR_OK)
		rv = f->C_Verify(s, p, in.len, out, len);
	if (rv != CKR_OK)
		return rv;
	out[7] ^= 1;
	rv = f->C_VerifyInit(s, &m, signer.public);
	if (rv == CKR_OK)
		rv = f->C_Verify(s, p, in.len, out, len);
	return rv == CKR_SIGNATURE_INVALID ? CKR_OK : WRONG;
}

static CK_RV
device_mac(void)
{
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);
	CK_RV rv;

	rv = sign(CKM_MDOC_DEVICE_MAC, &agreer, blob_bytes(&data), out, &len);
	if (rv != CKR_OK)
		return rv;
	return check_mac(agreer.point, blob_bytes(&reader), blob_bytes(&data),
		   bytes_of(out, len))
	    ? CKR_OK
	    : WRONG;
}

static void
path(void)
{
	CK_ULONG letter = 0, len = sizeof(letter);
	CK_RV rv = value(agreer.private, CKA_MDOC_KEY_PATH, &letter, &len);

	if (rv == CKR_OK)
		printf("key path\t%c\n", (int)letter);
	else
		report("key path", rv);
}

/* The same MAC, by EMacKey as an object of the device. */
static CK_RV
mac_key(void)
{
	CK_MDOC_KEY_DERIVE_PARAMS p = { CK_MDOC_PARAMS_VERSION,
		MDOC_ROLE_EMACKEY, NULL, 0, transcript.ptr, transcript.len };
	CK_MECHANISM m = { CKM_MDOC_KEY_DERIVE, &p, sizeof(p) };
	CK_MECHANISM hmac = { CKM_SHA256_HMAC, NULL, 0 };
	CK_BYTE head[] = { 0x84, 0x64, 'M', 'A', 'C', '0', 0x43, 0xa1, 0x01,
		0x05, 0x40, 0x58, (CK_BYTE)data.len };
	CK_OBJECT_HANDLE key;
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);
	CK_RV rv;

	rv = f->C_DeriveKey(s, &m, agreer.private, NULL, 0, &key);
	if (rv != CKR_OK)
		return rv;
	rv = f->C_SignInit(s, &hmac, key);
	if (rv == CKR_OK)
		rv = f->C_SignUpdate(s, head, sizeof(head));
	if (rv == CKR_OK)
		rv = f->C_SignUpdate(s, data.ptr, data.len);
	if (rv == CKR_OK)
		rv = f->C_SignFinal(s, out, &len);
	if (rv == CKR_OK)
		rv = f->C_DestroyObject(s, key);
	if (rv != CKR_OK)
		return rv;
	return check_mac(agreer.point, blob_bytes(&reader), blob_bytes(&data),
		   bytes_of(out, len))
	    ? CKR_OK
	    : WRONG;
}

static CK_RV
hpke(void)
{
	CK_MDOC_HPKE_OPEN_PARAMS p = { .ulVersion = CK_MDOC_PARAMS_VERSION,
		.pPublicKey = agreer.point,
		.ulPublicKeyLen = sizeof(agreer.point) };
	CK_MECHANISM m = { CKM_MDOC_HPKE_OPEN, &p, sizeof(p) };
	struct hpke_vector v = { .d = BLOB_INIT };
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);
	CK_RV rv;

	/* Without a key of its own */
	if (agreer.point[0] != 4)
		return CKR_KEY_HANDLE_INVALID;
	if (!blob_append(&v.public_key, agreer.point, sizeof(agreer.point)))
		return CKR_HOST_MEMORY;
	hpke_vector_seal(&v, bytes_str("a message"));
	p.pEnc = v.enc.ptr;
	p.ulEncLen = v.enc.len;
	rv = f->C_DecryptInit(s, &m, agreer.private);
	if (rv == CKR_OK)
		rv = f->C_Decrypt(s, v.ciphertext.ptr, v.ciphertext.len, out,
		    &len);
	if (rv == CKR_OK &&
	    !bytes_equal(bytes_of(out, len), blob_bytes(&v.plain)))
		rv = WRONG;
	hpke_vector_reset(&v);
	return rv;
}

/* Of the reader's public key, with a key derivation function or without. */
static CK_RV
agree(CK_ULONG kdf, CK_OBJECT_HANDLE *ret)
{
	CK_BYTE point[65];

	/* p11-kit's header has other names for the members. */
	struct {
		CK_ULONG kdf, shared_len;
		CK_BYTE *shared;
		CK_ULONG len;
		CK_BYTE *point;
	} p = { kdf, 0, NULL, sizeof(point), point };

	CK_MECHANISM m = { CKM_ECDH1_DERIVE, &p, sizeof(p) };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ULONG size = 32;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) }, { CKA_TOKEN, &no, 1 },
		{ CKA_SENSITIVE, &no, 1 }, { CKA_EXTRACTABLE, &yes, 1 },
		{ CKA_DERIVE, &yes, 1 },
		{ CKA_VALUE_LEN, &size, sizeof(size) } };

	if (!check_public(blob_bytes(&reader), point))
		return WRONG;
	return f->C_DeriveKey(s, &m, agreer.private, t, nitems(t), ret);
}

/* What comes of the agreement, and HKDF of that, which may be the device's. */
static CK_RV
hkdf(void)
{
	CK_BYTE info[] = "EMacKey", key[64];
	struct pkcs11_hkdf_params p = { CK_TRUE, CK_TRUE, CKM_SHA256,
		PKCS11_HKDF_SALT_NULL, NULL, 0, 0, info, sizeof(info) - 1 };
	CK_MECHANISM m = { CKM_HKDF_DERIVE, &p, sizeof(p) };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ULONG size = 32, len = sizeof(key);
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) }, { CKA_TOKEN, &no, 1 },
		{ CKA_SENSITIVE, &no, 1 }, { CKA_EXTRACTABLE, &yes, 1 },
		{ CKA_VALUE_LEN, &size, sizeof(size) } };
	CK_OBJECT_HANDLE z, o;
	CK_RV rv;

	rv = agree(CKD_NULL, &z);
	if (rv == CKR_OK)
		rv = f->C_DeriveKey(s, &m, z, t, nitems(t), &o);
	if (rv == CKR_OK)
		rv = value(o, CKA_VALUE, key, &len);
	if (rv != CKR_OK)
		return rv;
	return check_hkdf(agreer.point, blob_bytes(&reader), bytes_of(key, len))
	    ? CKR_OK
	    : WRONG;
}

static CK_RV
ecdh_kdf(void)
{
	CK_BYTE key[64];
	CK_ULONG len = sizeof(key);
	CK_OBJECT_HANDLE o;
	CK_RV rv;

	rv = agree(CKD_SHA256_KDF, &o);
	if (rv == CKR_OK)
		rv = value(o, CKA_VALUE, key, &len);
	if (rv != CKR_OK)
		return rv;
	return check_x963(agreer.point, blob_bytes(&reader), bytes_of(key, len))
	    ? CKR_OK
	    : WRONG;
}

static CK_RV
ecdh(void)
{
	CK_BYTE z[64];
	CK_ULONG len = sizeof(z);
	CK_OBJECT_HANDLE o;
	CK_RV rv;

	rv = agree(CKD_NULL, &o);
	if (rv == CKR_OK)
		rv = value(o, CKA_VALUE, z, &len);
	if (rv != CKR_OK)
		return rv;
	return check_secret(agreer.point, blob_bytes(&reader), bytes_of(z, len))
	    ? CKR_OK
	    : WRONG;
}

/* ---- objects */

static CK_RV
credential(void)
{
	CK_OBJECT_CLASS class = CKO_MDOC_CREDENTIAL;
	CK_BYTE id = 1, issuer_signed[] = { 0xa0 }, back[8];
	char label[] = "works", doc_type[] = "org.iso.18013.5.1.mDL";
	CK_ULONG len = sizeof(back), from = 1700000000, until = 1900000000;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, 1 }, { CKA_LABEL, label, 5 },
		{ CKA_ID, &id, 1 }, { CKA_MDOC_DOC_TYPE, doc_type, 21 },
		{ CKA_MDOC_VALID_FROM, &from, sizeof(from) },
		{ CKA_MDOC_VALID_UNTIL, &until, sizeof(until) },
		{ CKA_VALUE, issuer_signed, sizeof(issuer_signed) } };
	CK_OBJECT_HANDLE o, found;
	CK_RV rv;

	rv = f->C_CreateObject(s, t, nitems(t), &o);
	if (rv != CKR_OK)
		return rv;
	rv = find(t, 1, &found);
	if (rv == CKR_OK)
		rv = value(found, CKA_VALUE, back, &len);
	if (rv == CKR_OK && (len != 1 || back[0] != 0xa0))
		rv = WRONG;
	return rv == CKR_OK ? f->C_DestroyObject(s, found) : rv;
}

static CK_RV
random_bytes(void)
{
	CK_BYTE a[32] = { 0 }, b[32] = { 0 };
	CK_RV rv = f->C_GenerateRandom(s, a, sizeof(a));

	if (rv == CKR_OK)
		rv = f->C_GenerateRandom(s, b, sizeof(b));
	return rv == CKR_OK && memcmp(a, b, sizeof(a)) == 0 ? WRONG : rv;
}

static void
capabilities(void)
{
	struct bytes all = blob_bytes(&data), hash = bytes_of(data.ptr, 32);

	keys();
	report("ECDSA", signature(CKM_ECDSA, hash, CHECK_HASH));
	report("ECDSA verification", verify(CKM_ECDSA, hash));
	report("ECDSA_SHA256", signature(CKM_ECDSA_SHA256, all, CHECK_MESSAGE));
	report("device signature",
	    signature(CKM_MDOC_DEVICE_SIGNATURE, all, CHECK_SIGN1));
	report("its verification", verify(CKM_MDOC_DEVICE_SIGNATURE, all));
	report("device MAC", device_mac());
	path();
	report("EMacKey", mac_key());
	report("HPKE", hpke());
	report("ECDH", ecdh());
	report("ECDH with a KDF", ecdh_kdf());
	report("HKDF", hkdf());
	report("credential", credential());
	report("random", random_bytes());
}

static bool
load(const char *module)
{
	void *library = dlopen(module, RTLD_NOW | RTLD_LOCAL);

	union {
		void *object;
		CK_C_GetFunctionList function;
	} u;

	if (library == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		return false;
	}
	u.object = dlsym(library, "C_GetFunctionList");
	return u.object != NULL && u.function(&f) == CKR_OK;
}

int
main(int argc, char **argv)
{
	CK_UTF8CHAR *pin;
	CK_RV rv;

	if (argc != 4) {
		fprintf(stderr, "usage: %s MODULE TOKEN-LABEL PIN\n", argv[0]);
		return 2;
	}
	pin = (CK_UTF8CHAR *)argv[3];
	if (!load(argv[1]) || !vectors_read_own(VECTOR("data"), &data) ||
	    !vectors_read_own(VECTOR("reader-key"), &reader) ||
	    !vectors_read_own(VECTOR("transcript"), &transcript))
		return 1;
	rv = f->C_Initialize(NULL);
	if (rv == CKR_OK)
		rv = find_slot(argv[2]);
	report("token", rv);
	if (rv != CKR_OK)
		return 1;
	rv = f->C_OpenSession(slot, RW, NULL, NULL, &s);
	report("session", rv);
	if (rv == CKR_OK)
		rv = f->C_Login(s, CKU_USER, pin, strlen(argv[3]));
	report("login", rv);
	if (rv == CKR_OK)
		capabilities();
	report("logout", f->C_Logout(s));
	report("end", f->C_Finalize(NULL));
	blob_reset(&data);
	blob_reset(&reader);
	return 0;
}
