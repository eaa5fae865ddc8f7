/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every vendor mechanism with every curve on every device at hand, all of them
 * below one module. What comes out is compared with what OpenSSL makes of the
 * other half of each key; the table is printed.
 */
#include "config.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/cbor.h"
#include "module/device/handle.h"
#include "tests/support/hpke-vectors.h"
#include "tests/support/module-start.h"
#include "tests/support/tokens.h"
#include "tests/support/xdh-device.h"
#include "vendor-ext/cose-key.h"
#include "vendor-ext/hasher.h"
#include "vendor-ext/tbs.h"

static struct softhsm hsm;
static struct hasher *hasher;
static struct xdh_device *xdh; /* the switches of the loaded one */

/*
 * The rows: a device as it is, or with something switched off. path: what its
 * agreements are made by; curves: those that it has, by COSE's numbers.
 */
static struct row {
	const char *name;
	const char *label; /* of its token */
	char path;
	int curves[12];
	bool no_hkdf;
	bool no_digest_key;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session; /* 0: it is not here */
} rows[] = {
	{ .name = "SoftHSMv2",
	    .label = "curves",
	    .path = 'C',
	    .curves = { 1, 2, 3, 6, 7, 256, 257, 258, 259 } },
	{ .name = "NSS softokn",
	    .label = "NSS",
	    .path = 'A',
	    .curves = { 1, 2, 3 } },
	{ .name = "test device",
	    .label = "xdh",
	    .path = 'A',
	    .curves = { 4, 5 } },
	{ .name = "without HKDF",
	    .label = "xdh",
	    .path = 'C',
	    .curves = { 4, 5 },
	    .no_hkdf = true },
	{ .name = "nor DigestKey",
	    .label = "xdh",
	    .path = 'D',
	    .curves = { 4, 5 },
	    .no_hkdf = true,
	    .no_digest_key = true },
};

/* ---- devices */

static bool
configure(void)
{
	const char *build = secure_getenv("abs_top_builddir");
	void *nss = dlopen("libsoftokn3.so", RTLD_NOW | RTLD_LOCAL);
	char text[2048], path[512];
	Dl_info info;
	void *library;
	int n;

	(void)snprintf(path, sizeof(path), "%s/.libs/xdh-device.so",
	    build != NULL ? build : ".");
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	xdh = library != NULL ? dlsym(library, "xdh_device") : NULL;
	if (xdh == NULL) {
		fprintf(stderr, "# %s\n", dlerror());
		return false;
	}
	n = snprintf(text, sizeof(text),
	    "[device softhsm]\nmodule = %s\n[device xdh]\nmodule = %s\n",
	    hsm.module, path);
	if (nss != NULL && dladdr(dlsym(nss, "C_GetFunctionList"), &info) != 0)
		(void)snprintf(text + n, sizeof(text) - (size_t)n,
		    "[device nss]\nmodule = %s\nslots = 1\n"
		    "init-args = configdir='' certPrefix='' keyPrefix=''\n"
		    "\tsecmod='' flags=readOnly,noCertDB,noModDB,forceOpen\n",
		    info.dli_fname);
	return module_configure(&hsm, text);
}

static void
row_open(struct row *r, CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;

	if (r->session != 0 || C_GetTokenInfo(slot, &info) != CKR_OK ||
	    memcmp(info.label, r->label, strlen(r->label)) != 0)
		return;
	assert_int_equal(C_OpenSession(slot, MODULE_RW, NULL, NULL,
			     &r->session),
	    CKR_OK);
	r->slot = slot;
	if ((info.flags & CKF_LOGIN_REQUIRED) != 0)
		assert_int_equal(C_Login(r->session, CKU_USER, softhsm_pin,
				     SOFTHSM_PIN_LEN),
		    CKR_OK);
}

static int
setup(void **state)
{
	CK_SLOT_ID slots[16];
	CK_ULONG n = nitems(slots);

	(void)state;
	hasher = hasher_new();
	if (hasher == NULL || !softhsm_new(&hsm, "curves") ||
	    !softhsm_start(&hsm, "curves"))
		return -1;
	softhsm_stop(&hsm);
	if (!configure() || C_Initialize(NULL) != CKR_OK ||
	    C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
		return -1;
	for (size_t i = 0; i < nitems(rows); i++)
		for (CK_ULONG k = 0; k < n; k++)
			row_open(&rows[i], slots[k]);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	hasher_free(&hasher);
	return C_Finalize(NULL) == CKR_OK ? 0 : -1;
}

static bool
row_has(const struct row *r, const struct curve *c)
{
	for (size_t i = 0; i < nitems(r->curves); i++)
		if (r->curves[i] == c->cose)
			return true;
	return false;
}

/* ---- a key pair of the device, and a peer of this process */

struct pair {
	const struct curve *curve;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE private_;
	CK_OBJECT_HANDLE public_;
	uint8_t peer[CURVE_MAX_POINT];
	size_t peer_len;
	uint8_t z[CURVE_MAX_FIELD]; /* the secret, as the peer has it */
	struct blob transcript;     /* SessionTranscriptBytes */
	struct blob device_auth;
};

/* The module as vendor code would see a token. */
static struct token
token_of(const struct row *r)
{
	static CK_FUNCTION_LIST f = {
		.C_GenerateKeyPair = C_GenerateKeyPair,
		.C_GetAttributeValue = C_GetAttributeValue,
	};

	return (struct token){ &f, r->session, r->slot };
}

static void
peer_agree(struct pair *p, EVP_PKEY *mine, struct bytes theirs)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(mine, NULL);
	size_t len = sizeof(p->z);
	EVP_PKEY *other;

	if (p->curve->kind == CURVE_WEIERSTRASS) {
		other = EVP_PKEY_Q_keygen(NULL, NULL, "EC", p->curve->group);
		assert_int_equal(EVP_PKEY_set1_encoded_public_key(other,
				     theirs.ptr, theirs.len),
		    1);
	} else {
		other = EVP_PKEY_new_raw_public_key_ex(NULL, p->curve->group,
		    NULL, theirs.ptr, theirs.len);
	}
	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, other), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, p->z, &len), 1);
	assert_int_equal(len, p->curve->field_len);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(other);
}

static void
peer_make(struct pair *p, const struct token *t)
{
	struct blob point = BLOB_INIT;
	EVP_PKEY *mine;

	/* An Edwards key agrees with nobody: then it is a key to look at. */
	mine = p->curve->kind == CURVE_WEIERSTRASS
	    ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", p->curve->group)
	    : EVP_PKEY_Q_keygen(NULL, NULL, p->curve->group);
	assert_int_equal(EVP_PKEY_get_octet_string_param(mine,
			     p->curve->kind == CURVE_EDWARDS
				 ? OSSL_PKEY_PARAM_PUB_KEY
				 : OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
			     p->peer, sizeof(p->peer), &p->peer_len),
	    1);
	assert_int_equal(token_key_point(t, p->public_, &point), CKR_OK);
	if (p->curve->kind != CURVE_EDWARDS)
		peer_agree(p, mine, blob_bytes(&point));
	EVP_PKEY_free(mine);
	blob_reset(&point);
}

static void
wrap(const struct blob *content, struct blob *ret)
{
	struct cbor_writer w;

	cbor_writer_init(&w, ret);
	cbor_put_tag24(&w, blob_bytes(content));
	assert_int_equal(w.error, CBOR_OK);
}

static void
structures_make(struct pair *p)
{
	struct blob cose = BLOB_INIT, transcript = BLOB_INIT, auth = BLOB_INIT;
	const uint8_t empty[] = { 0xa0 };
	struct cbor_writer w;

	cbor_writer_init(&w, &cose);
	cose_key_write(&w, p->curve, bytes_of(p->peer, p->peer_len));
	cbor_writer_init(&w, &transcript);
	cbor_put_array(&w, 3);
	cbor_put_null(&w);
	cbor_put_tag24(&w, blob_bytes(&cose));
	cbor_put_null(&w);
	wrap(&transcript, &p->transcript);
	cbor_writer_init(&w, &auth);
	cbor_put_array(&w, 4);
	cbor_put_str(&w, "DeviceAuthentication");
	cbor_put_raw(&w, blob_bytes(&transcript));
	cbor_put_str(&w, "org.example.doc");
	cbor_put_tag24(&w, bytes_of(empty, 1));
	assert_int_equal(w.error, CBOR_OK);
	wrap(&auth, &p->device_auth);
	blob_reset(&cose);
	blob_reset(&transcript);
	blob_reset(&auth);
}

/* false: the device does not have the curve. */
static bool
pair_make(const struct row *r, const struct curve *c, struct pair *p)
{
	struct token t = token_of(r);

	memset(p, 0, sizeof(*p));
	p->curve = c;
	p->session = r->session;
	if (tokens_generate(&t, c, &p->private_, &p->public_) != CKR_OK)
		return false;
	peer_make(p, &t);
	structures_make(p);
	return true;
}

static void
pair_reset(struct pair *p)
{
	assert_int_equal(C_DestroyObject(p->session, p->private_), CKR_OK);
	assert_int_equal(C_DestroyObject(p->session, p->public_), CKR_OK);
	blob_reset(&p->transcript);
	blob_reset(&p->device_auth);
}

/* ---- the mechanisms */

static CK_RV
sign(const struct pair *p, CK_MECHANISM_TYPE type, struct bytes data,
    CK_BYTE *out, CK_ULONG *len)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_RV rv = C_SignInit(p->session, &m, p->private_);

	return rv == CKR_OK ? C_Sign(p->session, (CK_BYTE *)(uintptr_t)data.ptr,
				  data.len, out, len)
			    : rv;
}

static CK_RV
verify(const struct pair *p, CK_MECHANISM_TYPE type, struct bytes data,
    CK_BYTE *signature, CK_ULONG len)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_RV rv = C_VerifyInit(p->session, &m, p->public_);

	return rv == CKR_OK
	    ? C_Verify(p->session, (CK_BYTE *)(uintptr_t)data.ptr, data.len,
		  signature, len)
	    : rv;
}

/* '+': signs what it should, and the signature is good for nothing else. */
static char
run_signature(const struct pair *p, CK_MECHANISM_TYPE type, struct bytes data)
{
	CK_BYTE signature[CURVE_MAX_SIG];
	CK_ULONG len = sizeof(signature);
	CK_RV rv = sign(p, type, data, signature, &len);

	if (p->curve->kind == CURVE_MONTGOMERY) {
		assert_int_equal(rv, CKR_KEY_TYPE_INCONSISTENT);
		return '.';
	}
	assert_int_equal(rv, CKR_OK);
	assert_int_equal(len, p->curve->sig_len);
	assert_int_equal(verify(p, type, data, signature, len), CKR_OK);
	signature[len / 2] ^= 1;
	assert_int_equal(verify(p, type, data, signature, len),
	    CKR_SIGNATURE_INVALID);
	return '+';
}

static char
run_device_signature(const struct row *r, const struct pair *p)
{
	(void)r;
	return run_signature(p, CKM_MDOC_DEVICE_SIGNATURE,
	    blob_bytes(&p->device_auth));
}

static char
run_reader(const struct row *r, const struct pair *p)
{
	/* ["ReaderAuthentication", [null, null, null], 24(<<{...}>>)] */
	static const uint8_t data[] = "\xd8\x18\x58\x42\x83\x74"
				      "ReaderAuthentication\x83\xf6\xf6\xf6"
				      "\xd8\x18\x58\x24\xa2\x67"
				      "docType\x61x\x6a"
				      "nameSpaces\xa1\x61n\xa1\x68"
				      "surname1\xf4";

	(void)r;
	return run_signature(p, CKM_MDOC_READER_AUTHENTICATION,
	    bytes_of(data, sizeof(data) - 1));
}

static void
put_date(struct cbor_writer *w, const char *name)
{
	cbor_put_str(w, name);
	cbor_put_tag(w, 0);
	cbor_put_str(w, "2024-01-01T00:00:00Z");
}

static char
run_issuer(const struct row *r, const struct pair *p)
{
	struct blob mso = BLOB_INIT, data = BLOB_INIT;
	struct cbor_writer w;
	char result;

	(void)r;
	cbor_writer_init(&w, &mso);
	cbor_put_map(&w, 6);
	cbor_put_str(&w, "version");
	cbor_put_str(&w, "1.0");
	cbor_put_str(&w, "digestAlgorithm");
	cbor_put_str(&w, "SHA-256");
	cbor_put_str(&w, "valueDigests");
	cbor_put_map(&w, 1);
	cbor_put_str(&w, "n");
	cbor_put_map(&w, 1);
	cbor_put_uint(&w, 0);
	cbor_put_bstr(&w, bytes_str("digest"));
	cbor_put_str(&w, "deviceKeyInfo");
	cbor_put_map(&w, 1);
	cbor_put_str(&w, "deviceKey");
	cose_key_write(&w, p->curve, bytes_of(p->peer, p->peer_len));
	cbor_put_str(&w, "docType");
	cbor_put_str(&w, "x");
	cbor_put_str(&w, "validityInfo");
	cbor_put_map(&w, 3);
	put_date(&w, "signed");
	put_date(&w, "validFrom");
	put_date(&w, "validUntil");
	assert_int_equal(w.error, CBOR_OK);
	wrap(&mso, &data);
	result =
	    run_signature(p, CKM_MDOC_ISSUER_AUTHENTICATION, blob_bytes(&data));
	blob_reset(&mso);
	blob_reset(&data);
	return result;
}

/* What the peer derives. */
static void
expect_key(const struct pair *p, const char *info, uint8_t out[32])
{
	const struct bytes transcript = blob_bytes(&p->transcript);
	uint8_t salt[32];

	assert_true(hasher_digest(hasher, HASH_SHA256, &transcript, 1, salt));
	assert_true(hasher_hkdf(hasher, bytes_of(salt, 32),
	    bytes_of(p->z, p->curve->field_len), bytes_str(info), out, 32));
}

static char
path_of(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_ULONG path = 0;
	CK_ATTRIBUTE a = { CKA_MDOC_KEY_PATH, &path, sizeof(path) };

	assert_int_equal(C_GetAttributeValue(session, key, &a, 1), CKR_OK);
	return (char)path;
}

static char
run_mac(const struct row *r, const struct pair *p)
{
	uint8_t prefix[TBS_PREFIX_MAX + 16], alg[16], key[32], wanted[32];
	const struct bytes data = blob_bytes(&p->device_auth);
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);
	struct bytes parts[2];
	CK_RV rv = sign(p, CKM_MDOC_DEVICE_MAC, data, out, &len);

	if (p->curve->kind == CURVE_EDWARDS) {
		assert_int_equal(rv, CKR_KEY_TYPE_INCONSISTENT);
		return '.';
	}
	assert_int_equal(rv, CKR_OK);
	expect_key(p, "EMacKey", key);
	parts[0] = bytes_of(prefix,
	    tbs_cose_prefix("MAC0",
		bytes_of(alg, tbs_protected_alg(COSE_ALG_HMAC256, alg)),
		data.len, prefix));
	parts[1] = data;
	assert_true(hasher_hmac(hasher, bytes_of(key, 32), parts, 2, wanted));
	assert_int_equal(len, 32);
	assert_memory_equal(out, wanted, 32);
	assert_int_equal(path_of(p->session, p->private_), r->path);
	return r->path;
}

/* The key that was derived is the one expected: a block under it. */
static void
assert_key(const struct pair *p, CK_OBJECT_HANDLE key, CK_ULONG role,
    const char *info)
{
	const bool mac = role == MDOC_ROLE_EMACKEY;
	CK_MECHANISM m = { mac ? CKM_SHA256_HMAC : CKM_AES_ECB, NULL, 0 };
	uint8_t value[32], wanted[32] = { 0 };
	CK_BYTE zeros[16] = { 0 }, out[32];
	const struct bytes part = bytes_of(zeros, sizeof(zeros));
	CK_ULONG len = sizeof(out);
	EVP_CIPHER_CTX *ctx;
	int n;

	expect_key(p, info, value);
	if (mac) {
		assert_int_equal(C_SignInit(p->session, &m, key), CKR_OK);
		assert_int_equal(C_Sign(p->session, zeros, 16, out, &len),
		    CKR_OK);
		assert_true(hasher_hmac(hasher, bytes_of(value, 32), &part, 1,
		    wanted));
	} else {
		assert_int_equal(C_EncryptInit(p->session, &m, key), CKR_OK);
		assert_int_equal(C_Encrypt(p->session, zeros, 16, out, &len),
		    CKR_OK);
		ctx = EVP_CIPHER_CTX_new();
		EVP_EncryptInit_ex(ctx, EVP_aes_256_ecb(), NULL, value, NULL);
		EVP_EncryptUpdate(ctx, wanted, &n, zeros, 16);
		EVP_CIPHER_CTX_free(ctx);
	}
	assert_int_equal(len, mac ? 32 : 16);
	assert_memory_equal(out, wanted, len);
}

static char
run_derive(const struct row *r, const struct pair *p)
{
	static const char *const infos[] = { "SKReader", "SKDevice",
		"EMacKey" };
	CK_MDOC_KEY_DERIVE_PARAMS params = { CK_MDOC_PARAMS_VERSION, 0, NULL, 0,
		p->transcript.ptr, p->transcript.len };
	CK_MECHANISM m = { CKM_MDOC_KEY_DERIVE, &params, sizeof(params) };
	CK_OBJECT_HANDLE key;
	CK_RV rv;

	for (size_t i = 0; i < nitems(infos); i++) {
		params.role = MDOC_ROLE_SKREADER + i;
		rv = C_DeriveKey(p->session, &m, p->private_, NULL, 0, &key);
		if (p->curve->kind == CURVE_EDWARDS) {
			assert_int_equal(rv, CKR_KEY_TYPE_INCONSISTENT);
			return '.';
		}
		assert_int_equal(rv, CKR_OK);
		assert_key(p, key, params.role, infos[i]);
		assert_int_equal(path_of(p->session, key), r->path);
		assert_int_equal(C_DestroyObject(p->session, key), CKR_OK);
	}
	return r->path;
}

/* The same by the second door. */
static char
run_door(const struct row *r, const struct pair *p)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_ULONG role = MDOC_ROLE_EMACKEY;
	CK_BYTE id[] = "of this key alone";
	CK_ATTRIBUTE name = { CKA_ID, id, sizeof(id) };
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_MDOC_ROLE, &role, sizeof(role) },
		{ CKA_MDOC_KEY_ID, id, sizeof(id) },
		{ CKA_MDOC_SESSION_TRANSCRIPT, p->transcript.ptr,
		    p->transcript.len } };
	CK_OBJECT_HANDLE key;
	CK_RV rv;

	assert_int_equal(C_SetAttributeValue(p->session, p->private_, &name, 1),
	    CKR_OK);
	rv = C_CreateObject(p->session, t, nitems(t), &key);
	if (p->curve->kind == CURVE_EDWARDS) {
		assert_int_equal(rv, CKR_KEY_TYPE_INCONSISTENT);
		return '.';
	}
	assert_int_equal(rv, CKR_OK);
	assert_key(p, key, role, "EMacKey");
	assert_int_equal(path_of(p->session, key), r->path);
	assert_int_equal(C_DestroyObject(p->session, key), CKR_OK);
	return r->path;
}

/* P-256 alone. The path is the one that policy lets it take. */
static char
run_hpke(const struct row *r, const struct pair *p)
{
	struct token t = token_of(r);
	CK_MDOC_HPKE_OPEN_PARAMS params = { .ulVersion =
						CK_MDOC_PARAMS_VERSION };
	CK_MECHANISM m = { CKM_MDOC_HPKE_OPEN, &params, sizeof(params) };
	struct hpke_vector v = { .d = BLOB_INIT };
	CK_BYTE out[16];
	CK_ULONG len = sizeof(out);

	if (p->curve->cose != 1) {
		assert_int_equal(C_DecryptInit(p->session, &m, p->private_),
		    CKR_KEY_TYPE_INCONSISTENT);
		return '.';
	}
	assert_int_equal(token_key_point(&t, p->public_, &v.public_key),
	    CKR_OK);
	hpke_vector_seal(&v, bytes_str("hello"));
	params.pEnc = v.enc.ptr;
	params.ulEncLen = v.enc.len;
	params.pPublicKey = v.public_key.ptr;
	params.ulPublicKeyLen = v.public_key.len;
	assert_int_equal(C_DecryptInit(p->session, &m, p->private_), CKR_OK);
	assert_int_equal(C_Decrypt(p->session, v.ciphertext.ptr,
			     v.ciphertext.len, out, &len),
	    CKR_OK);
	assert_int_equal(len, 5);
	assert_memory_equal(out, "hello", 5);
	hpke_vector_reset(&v);
	return r->path;
}

static const struct {
	const char *name;
	char (*run)(const struct row *r, const struct pair *p);
} mechanisms[] = {
	{ "DEVICE_SIGNATURE", run_device_signature },
	{ "DEVICE_MAC", run_mac },
	{ "READER_AUTHENTICATION", run_reader },
	{ "ISSUER_AUTHENTICATION", run_issuer },
	{ "KEY_DERIVE", run_derive },
	{ "by C_CreateObject", run_door },
	{ "HPKE_OPEN", run_hpke },
};

/* A column as wide as its head. */
static const char *
head_of(const struct curve *c)
{
	static char head[16];
	const bool brainpool = strncmp(c->name, "brainpoolP", 10) == 0;

	(void)snprintf(head, sizeof(head), "%s%s", brainpool ? "bp" : "",
	    brainpool ? c->name + 10 : c->name);
	return head;
}

static void
print_line(const char *name, const char *mechanism, const char *results)
{
	const struct curve *c;

	printf("# %-13s %-21s", name, mechanism);
	for (size_t i = 0; (c = curve_at(i)) != NULL; i++) {
		if (results == NULL)
			printf(" %s", head_of(c));
		else
			printf("%*c", (int)strlen(head_of(c)) + 1, results[i]);
	}
	printf("\n");
}

/* Nothing weaker will do. */
static void
row_limit(const struct row *r)
{
	module_device_at(r->slot >> HANDLE_SHIFT)->conf.weakest =
	    (enum agree_path)r->path;
}

static void
run_row(const struct row *r)
{
	char result[nitems(mechanisms)][16];
	const struct curve *c;
	struct pair p;
	size_t n;

	xdh->no_hkdf = r->no_hkdf;
	xdh->no_digest_key = r->no_digest_key;
	row_limit(r);
	for (n = 0; (c = curve_at(n)) != NULL; n++) {
		bool has = pair_make(r, c, &p);

		if (has != row_has(r, c))
			fail_msg("%s: %s", r->name, c->name);
		for (size_t k = 0; k < nitems(mechanisms); k++)
			result[k][n] = has ? mechanisms[k].run(r, &p) : '-';
		if (has)
			pair_reset(&p);
	}
	for (size_t k = 0; k < nitems(mechanisms); k++)
		print_line(r->name, mechanisms[k].name, result[k]);
}

static void
test_matrix(void **state)
{
	(void)state;
	print_line("", "", NULL);
	for (size_t i = 0; i < nitems(rows); i++) {
		if (rows[i].session != 0)
			run_row(&rows[i]);
		else
			printf("# %s is not here\n", rows[i].name);
	}
	printf("# + works; a letter: by this key path; . not for this curve; "
	       "- the device lacks the curve\n");
	assert_int_equal(xdh->bad_points, 0);
	assert_true(xdh->agreements > 0);
}

/* ---- published messages of HPKE, with the recipient's key imported */

static void
open_vector(const struct row *r, const struct hpke_vector *v, bool in_parts)
{
	CK_FUNCTION_LIST f = { .C_CreateObject = C_CreateObject };
	struct softhsm_key key = { .d = blob_bytes(&v->d),
		.point = blob_bytes(&v->public_key),
		.id = bytes_str(in_parts ? "parts" : "whole") };
	CK_MDOC_HPKE_OPEN_PARAMS params = { CK_MDOC_PARAMS_VERSION, v->enc.ptr,
		v->enc.len, v->info.ptr, v->info.len, v->aad.ptr, v->aad.len,
		NULL, 0 };
	CK_MECHANISM m = { CKM_MDOC_HPKE_OPEN, &params, sizeof(params) };
	CK_OBJECT_HANDLE private_, public_;
	CK_ULONG len = 64, none = 64;
	CK_BYTE out[64];

	assert_int_equal(softhsm_import(&f, r->session, &key, &private_,
			     &public_),
	    CKR_OK);
	assert_int_equal(C_DecryptInit(r->session, &m, private_), CKR_OK);
	if (in_parts) {
		assert_int_equal(C_DecryptUpdate(r->session, v->ciphertext.ptr,
				     v->ciphertext.len, out, &none),
		    CKR_OK);
		assert_int_equal(none, 0);
		assert_int_equal(C_DecryptFinal(r->session, out, &len), CKR_OK);
	} else {
		assert_int_equal(C_Decrypt(r->session, v->ciphertext.ptr,
				     v->ciphertext.len, out, &len),
		    CKR_OK);
	}
	assert_int_equal(len, v->plain.len);
	assert_memory_equal(out, v->plain.ptr, len);
	assert_int_equal(C_DestroyObject(r->session, private_), CKR_OK);
	assert_int_equal(C_DestroyObject(r->session, public_), CKR_OK);
}

static void
test_hpke_vectors(void **state)
{
	struct hpke_vector rfc, annex;
	bool have_annex;

	(void)state;
	hpke_vector_rfc9180(&rfc);
	have_annex = hpke_vector_annex_c(&annex);
	for (size_t i = 0; i < nitems(rows); i++) {
		const struct row *r = &rows[i];

		if (r->session == 0 || r->curves[0] != 1)
			continue;
		row_limit(r);
		for (int parts = 0; parts < 2; parts++) {
			open_vector(r, &rfc, parts);
			if (have_annex)
				open_vector(r, &annex, parts);
		}
		printf("# %s: RFC 9180 A.3.1%s by path %c\n", r->name,
		    have_annex ? ", ISO/IEC 18013-7 annex C" : "", r->path);
	}
	hpke_vector_reset(&rfc);
	if (have_annex)
		hpke_vector_reset(&annex);
}

/* ---- peers that a Montgomery key must never meet */

static void
test_bad_points(void **state)
{
	static const char *const bad[] = {
		/* X25519: order 1, 2, 4, 8; the same beyond the field */
		"0000000000000000000000000000000000000000000000000000000000000"
		"000",
		"0100000000000000000000000000000000000000000000000000000000000"
		"000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b"
		"800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1"
		"157",
		"ecfffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"f7f",
		"edfffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"f7f",
	};
	const struct row *r = NULL;
	struct pair p;

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++)
		if (rows[i].curves[0] == 4)
			r = &rows[i];
	assert_non_null(r);
	xdh->agreements = xdh->bad_points = 0;
	for (size_t i = 0; i < nitems(bad); i++) {
		size_t n;
		CK_BYTE out[64];
		CK_ULONG len = sizeof(out);
		CK_OBJECT_HANDLE key;

		assert_true(pair_make(r, curve_by_cose(4), &p));
		assert_true(bytes_from_hex(bytes_str(bad[i]), p.peer, &n));
		assert_int_equal(n, 32);
		blob_clear(&p.transcript);
		blob_clear(&p.device_auth);
		structures_make(&p);
		assert_int_equal(sign(&p, CKM_MDOC_DEVICE_MAC,
				     blob_bytes(&p.device_auth), out, &len),
		    CKR_DOMAIN_PARAMS_INVALID);
		CK_MDOC_KEY_DERIVE_PARAMS params = { CK_MDOC_PARAMS_VERSION,
			MDOC_ROLE_EMACKEY, NULL, 0, p.transcript.ptr,
			p.transcript.len };
		CK_MECHANISM m = { CKM_MDOC_KEY_DERIVE, &params,
			sizeof(params) };
		assert_int_equal(C_DeriveKey(p.session, &m, p.private_, NULL, 0,
				     &key),
		    CKR_DOMAIN_PARAMS_INVALID);
		pair_reset(&p);
	}
	assert_int_equal(xdh->agreements, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_hpke_vectors),
		cmocka_unit_test(test_bad_points),
	};

	if (softhsm_module() == NULL) {
		print_message("1..0 # SKIP SoftHSMv2 is not here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
