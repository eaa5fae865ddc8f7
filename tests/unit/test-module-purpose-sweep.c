/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Everything that can be asked of a purpose-bound key: all functions that take
 * a key, with all mechanisms. Nothing but what its purpose allows may reach the
 * device, and nothing may come out. The same with a key that is not bound
 * shows that the sweep would notice.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "module/api/pkcs11-3.h"
#include "module/device/downstream.h"
#include "tests/support/bound.h"
#include "tests/support/module-start.h"
#include "vendor-ext/cose-key.h"
#include "vendor-ext/mechanism.h"

#define MAX_MECHANISMS 300
#define DENIED         CKR_KEY_FUNCTION_NOT_PERMITTED

static struct softhsm hsm;
static CK_SESSION_HANDLE s;
static struct blob peer, device_data, reader_data, issuer_data, transcript;
static CK_OBJECT_HANDLE aes, public;
static CK_MECHANISM_TYPE mechanisms[MAX_MECHANISMS];
static size_t n_mechanisms;

/* ---- what reaches the device */

static const char *const watched[] = { "C_EncryptInit", "C_DecryptInit",
	"C_DigestKey", "C_SignInit", "C_SignRecoverInit", "C_VerifyInit",
	"C_VerifyRecoverInit", "C_WrapKey", "C_UnwrapKey", "C_DeriveKey",
	"C_CopyObject", "C_SetOperationState", "C_MessageEncryptInit",
	"C_MessageDecryptInit", "C_MessageSignInit", "C_MessageVerifyInit",
	"C_EncapsulateKey", "C_DecapsulateKey", "C_VerifySignatureInit",
	"C_WrapKeyAuthenticated", "C_UnwrapKeyAuthenticated" };
static unsigned long reached, derived;

static CK_RV
watch(const char *function)
{
	for (size_t i = 0; i < nitems(watched); i++)
		if (strcmp(watched[i], function) == 0)
			reached++;
	if (strcmp("C_DeriveKey", function) == 0)
		derived++;
	return CKR_OK;
}

/* ---- setting up */

static void
add_mechanism(CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < n_mechanisms; i++)
		if (mechanisms[i] == type)
			return;
	assert_true(n_mechanisms < MAX_MECHANISMS);
	mechanisms[n_mechanisms++] = type;
}

/*
 * The device's and ours, as listed; ours that are not; a vendor's that nobody
 * knows; and, from the standard's numbers, signatures and derivations that
 * this device lacks, with which another one could be asked.
 */
static void
list_mechanisms(void)
{
	static const CK_MECHANISM_TYPE more[] = { CKM_ECDSA, CKM_ECDSA_SHA1,
		CKM_ECDSA_SHA224, CKM_ECDH1_DERIVE, CKM_ECDH1_COFACTOR_DERIVE,
		CKM_ECMQV_DERIVE, CKM_CONCATENATE_BASE_AND_KEY, 0x1043, 0x1047,
		0x1048, 0x1049, 0x104a, 0x1053, 0x1057, 0x402a, 0x402b, 0x3ac,
		0x3ad, 0x3ae, 0xffff, CKM_VENDOR_DEFINED,
		CKM_VENDOR_DEFINED | 0x4e534350UL, MDOC_VENDOR(0x1000UL),
		MDOC_VENDOR(0x1fffUL), ~0UL };
	CK_MECHANISM_TYPE listed[MAX_MECHANISMS];
	CK_ULONG n = nitems(listed);

	assert_int_equal(C_GetMechanismList(hsm.slot, listed, &n), CKR_OK);
	for (CK_ULONG i = 0; i < n; i++)
		add_mechanism(listed[i]);
	for (size_t i = 0; mechanism_at(i) != NULL; i++)
		add_mechanism(mechanism_type(mechanism_at(i)));
	for (size_t i = 0; i < nitems(more); i++)
		add_mechanism(more[i]);
}

static int
setup(void **state)
{
	const struct curve *p256 = curve_by_cose(1);
	CK_MECHANISM m = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG len = 32;
	CK_ATTRIBUTE t[] = { { CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_WRAP, &yes, 1 }, { CKA_UNWRAP, &yes, 1 },
		{ CKA_ENCRYPT, &yes, 1 }, { CKA_DERIVE, &yes, 1 } };

	(void)state;
	if (!module_start(&hsm, &s))
		return -1;
	list_mechanisms();
	bound_peer(p256, &peer);
	bound_device_data(BOUND_DOC_TYPE, p256, blob_bytes(&peer),
	    &device_data);
	bound_reader_data(&reader_data);
	bound_issuer_data(BOUND_DOC_TYPE, blob_bytes(&peer), &issuer_data);
	bound_transcript(p256, blob_bytes(&peer), &transcript);
	return C_GenerateKey(s, &m, t, nitems(t), &aes) == CKR_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	blob_reset(&peer);
	blob_reset(&device_data);
	blob_reset(&reader_data);
	blob_reset(&issuer_data);
	blob_reset(&transcript);
	return 0;
}

/* ---- one mechanism, one key, all functions */

static CK_BYTE out[4096], digest[32];
static CK_ULONG len;
static unsigned long tried, came_out;

/* What was answered, and whether it wrote anything. */
static void
answer(CK_RV rv)
{
	bool wrote = false;

	tried++;
	for (size_t i = 0; i < sizeof(out); i++)
		wrote = wrote || out[i] != 0;
	if (rv == CKR_OK || wrote)
		came_out++;
	memset(out, 0, sizeof(out));
	len = sizeof(out);
}

/* It has begun: with data that no purpose signs. */
static void
finish_sign(void)
{
	answer(C_Sign(s, digest, sizeof(digest), out, &len));
}

static void
use(CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
	CK_BBOOL no = CK_FALSE;
	CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ULONG value_len = 32;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &secret, sizeof(secret) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_VALUE_LEN, &value_len, sizeof(value_len) },
		{ CKA_SENSITIVE, &no, 1 } };
	CK_OBJECT_HANDLE made;

	if (C_SignInit(s, m, key) == CKR_OK)
		finish_sign();
	if (C_SignInit(s, m, key) == CKR_OK) {
		answer(C_SignEncryptUpdate(s, digest, 16, out, &len));
		if (C_SignUpdate(s, digest, sizeof(digest)) == CKR_OK)
			answer(C_SignFinal(s, out, &len));
	}
	if (C_SignRecoverInit(s, m, key) == CKR_OK)
		answer(C_SignRecover(s, digest, sizeof(digest), out, &len));
	if (C_DecryptInit(s, m, key) == CKR_OK)
		answer(C_Decrypt(s, device_data.ptr, device_data.len, out,
		    &len));
	if (C_EncryptInit(s, m, key) == CKR_OK)
		answer(C_Encrypt(s, digest, sizeof(digest), out, &len));
	answer(C_DeriveKey(s, m, key, t, nitems(t), &made));
	answer(C_WrapKey(s, m, key, aes, out, &len));
	answer(C_WrapKey(s, m, aes, key, out, &len));
	answer(C_UnwrapKey(s, m, key, device_data.ptr, 40, t, nitems(t),
	    &made));
	answer(C_VerifyInit(s, m, key));
	answer(C_VerifyRecoverInit(s, m, key));
	answer(C_MessageSignInit(s, m, key));
	answer(C_MessageVerifyInit(s, m, key));
	answer(C_MessageEncryptInit(s, m, key));
	answer(C_MessageDecryptInit(s, m, key));
	answer(C_EncapsulateKey(s, m, key, t, nitems(t), out, &len, &made));
	answer(C_DecapsulateKey(s, m, key, t, nitems(t), device_data.ptr, 65,
	    &made));
	answer(C_VerifySignatureInit(s, m, key, digest, sizeof(digest)));
	answer(C_WrapKeyAuthenticated(s, m, key, aes, NULL, 0, out, &len));
	answer(C_WrapKeyAuthenticated(s, m, aes, key, NULL, 0, out, &len));
	answer(C_UnwrapKeyAuthenticated(s, m, key, device_data.ptr, 40, t,
	    nitems(t), NULL, 0, &made));
}

/* Without a mechanism. */
static void
use_object(CK_OBJECT_HANDLE key)
{
	static const CK_ATTRIBUTE_TYPE secrets[] = { CKA_VALUE,
		CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1,
		CKA_EXPONENT_2, CKA_COEFFICIENT };
	CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE change[] = { { CKA_EXTRACTABLE, &yes, 1 },
		{ CKA_SENSITIVE, &no, 1 }, { CKA_DECRYPT, &yes, 1 },
		{ CKA_UNWRAP, &yes, 1 }, { CKA_ID, digest, 4 },
		{ CKA_TOKEN, &no, 1 }, { CKA_PRIVATE, &no, 1 } };
	CK_OBJECT_HANDLE copy;

	for (size_t i = 0; i < nitems(secrets); i++) {
		CK_ATTRIBUTE a = { secrets[i], out, sizeof(out) };

		answer(C_GetAttributeValue(s, key, &a, 1));
	}
	for (size_t i = 0; i < nitems(change); i++) {
		answer(C_SetAttributeValue(s, key, &change[i], 1));
		answer(C_CopyObject(s, key, &change[i], 1, &copy));
	}
	answer(C_CopyObject(s, key, NULL, 0, &copy));
	assert_int_equal(C_DigestInit(s, &sha256), CKR_OK);
	answer(C_DigestKey(s, key));
	/* Ended, whatever that answered: the hash of nothing. */
	(void)C_DigestFinal(s, out, &len);
	memset(out, 0, sizeof(out));
	answer(C_SetOperationState(s, digest, sizeof(digest), key, 0));
	answer(C_SetOperationState(s, digest, sizeof(digest), 0, key));
}

/* As the second key, in parameters. */
static void
use_inside(CK_OBJECT_HANDLE key)
{
	CK_ULONG mqv[10] = { 1, 0, 0, 65, 0, 32, key, 0, 65, key };
	CK_ULONG hkdf[8] = { 0x0101, CKM_SHA256, 4, 0, 0, key, 0, 0 };

	struct {
		CK_ULONG type;
		void *value;
		CK_ULONG len;
	} data[] = { { 5, &key, sizeof(key) } };

	CK_ULONG kdf[5] = { CKM_SHA256_HMAC, 1, 0, 0, 0 };
	CK_MECHANISM m[] = {
		{ CKM_CONCATENATE_BASE_AND_KEY, &key, sizeof(key) },
		{ CKM_ECMQV_DERIVE, mqv, sizeof(mqv) },
		{ 0x402a, hkdf, sizeof(hkdf) },
		{ 0x402b, hkdf, sizeof(hkdf) },
		{ 0x3ac, kdf, sizeof(kdf) },
	};
	CK_OBJECT_HANDLE made;
	void *pointer = data;

	memcpy(&kdf[2], &pointer, sizeof(pointer));
	for (size_t i = 0; i < nitems(m); i++)
		answer(C_DeriveKey(s, &m[i], aes, NULL, 0, &made));
}

static void
sweep(CK_OBJECT_HANDLE key, const CK_MECHANISM_TYPE *types, size_t n)
{
	CK_ECDH1_DERIVE_PARAMS ecdh = { 1, 0, NULL, peer.len, peer.ptr };
	CK_MECHANISM m;

	tried = 0;
	came_out = 0;
	len = sizeof(out);
	reached = 0;
	module_device()->fault = watch;
	for (size_t i = 0; i < n; i++) {
		m = (CK_MECHANISM){ types[i], NULL, 0 };
		use(&m, key);
		m.pParameter = &ecdh;
		m.ulParameterLen = sizeof(ecdh);
		use(&m, key);
		m.pParameter = digest;
		m.ulParameterLen = 16;
		use(&m, key);
	}
	use_object(key);
	use_inside(key);
	module_device()->fault = NULL;
}

static CK_OBJECT_HANDLE
generate(const char *id, CK_ULONG purpose)
{
	const struct bound_key k = { .id = id, .purpose = purpose };
	CK_OBJECT_HANDLE key;

	assert_int_equal(bound_generate(s, &k, &key, &public), CKR_OK);
	return key;
}

static void
test_sweep(void **state)
{
	static const CK_ULONG purposes[] = {
		MDOC_PURPOSE_DEVICE, MDOC_PURPOSE_READER, MDOC_PURPOSE_ISSUER,
		MDOC_PURPOSE_DEVICE | MDOC_PURPOSE_READER | MDOC_PURPOSE_ISSUER
	};
	CK_OBJECT_HANDLE key;
	char id[] = "0";

	(void)state;
	for (size_t i = 0; i < nitems(purposes); i++) {
		id[0] = (char)('0' + i);
		key = generate(id, purposes[i]);
		sweep(key, mechanisms, n_mechanisms);
		assert_int_equal(came_out, 0);
		assert_int_equal(reached, 0);
		assert_true(tried > 40 * n_mechanisms);
		/* and it is still there, and still works */
		assert_int_equal(bound_get(s, key, CKA_MDOC_PURPOSE),
		    purposes[i]);
	}
	print_message("# %zu mechanisms, %lu uses of each key\n", n_mechanisms,
	    tried);
}

/*
 * A key that is not bound, with the mechanisms that fit it: with others,
 * SoftHSMv2 takes its value for that of another type, and crashes.
 */
static void
test_unbound(void **state)
{
	static const CK_MECHANISM_TYPE types[] = { CKM_ECDSA,
		CKM_ECDH1_DERIVE };
	CK_SESSION_HANDLE old = s;
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL, &s),
	    CKR_OK);
	key = generate("free", 0);
	sweep(key, types, nitems(types));
	assert_true(came_out > 5);
	assert_true(reached > 2 * tried / 3);
	assert_int_equal(C_CloseSession(s), CKR_OK);
	s = old;
}

/* ---- what is allowed is allowed, and nothing beside it */

static CK_RV
sign(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, const struct blob *data)
{
	len = sizeof(out);
	return bound_sign(s, type, key, blob_bytes(data), out, &len);
}

static void
test_structures(void **state)
{
	static const struct {
		CK_MECHANISM_TYPE type;
		const struct blob *data;
		CK_ULONG purpose;
	} uses[] = {
		{ CKM_MDOC_DEVICE_SIGNATURE, &device_data, 1 },
		{ CKM_MDOC_DEVICE_MAC, &device_data, 1 },
		{ CKM_MDOC_READER_AUTHENTICATION, &reader_data, 2 },
		{ CKM_MDOC_ISSUER_AUTHENTICATION, &issuer_data, 4 },
	};
	struct blob data = BLOB_INIT;
	CK_OBJECT_HANDLE key;
	char id[] = "a";

	(void)state;
	for (CK_ULONG purpose = 1; purpose <= 7; purpose++) {
		id[0] = (char)('a' + purpose);
		key = generate(id, purpose);
		for (size_t i = 0; i < nitems(uses); i++) {
			CK_RV wanted =
			    (purpose & uses[i].purpose) != 0 ? CKR_OK : DENIED;

			assert_int_equal(sign(uses[i].type, key, uses[i].data),
			    wanted);
			blob_clear(&data);
			bound_sig_structure(COSE_ALG_ES256,
			    blob_bytes(uses[i].data), &data);
			assert_int_equal(sign(CKM_ECDSA_SHA256, key, &data),
			    wanted);
		}
	}
	blob_reset(&data);
}

/* ---- derivations */

static CK_RV
derive(CK_OBJECT_HANDLE key, CK_ULONG role, const struct blob *cose)
{
	CK_MDOC_KEY_DERIVE_PARAMS p = { CK_MDOC_PARAMS_VERSION, role, cose->ptr,
		cose->len, transcript.ptr, transcript.len };
	CK_MECHANISM m = { CKM_MDOC_KEY_DERIVE, &p, sizeof(p) };
	CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
	CK_RV rv;

	rv = C_DeriveKey(s, &m, key, NULL, 0, &made);
	assert_true((rv == CKR_OK) == (made != CK_INVALID_HANDLE));
	if (rv == CKR_OK)
		assert_int_equal(C_DestroyObject(s, made), CKR_OK);
	return rv;
}

static CK_RV
second_door(const char *id, CK_ULONG role, const struct blob *cose)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_MDOC_ROLE, &role, sizeof(role) },
		{ CKA_MDOC_KEY_ID, (void *)(uintptr_t)id, strlen(id) },
		{ CKA_MDOC_SESSION_TRANSCRIPT, transcript.ptr, transcript.len },
		{ CKA_MDOC_PEER_KEY, cose->ptr, cose->len } };
	CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
	CK_RV rv;

	rv = C_CreateObject(s, t, nitems(t) - (cose->len == 0), &made);
	assert_true((rv == CKR_OK) == (made != CK_INVALID_HANDLE));
	if (rv == CKR_OK)
		assert_int_equal(C_DestroyObject(s, made), CKR_OK);
	return rv;
}

static void
test_derive(void **state)
{
	static const CK_ULONG roles[] = { MDOC_ROLE_SKREADER,
		MDOC_ROLE_SKDEVICE, MDOC_ROLE_EMACKEY };
	const struct bound_key limited = { .id = "limited",
		.purpose = MDOC_PURPOSE_DEVICE,
		.doc_types = BOUND_DOC_TYPE };
	const struct bound_key counted = { .id = "counted",
		.purpose = MDOC_PURPOSE_DEVICE,
		.method = MDOC_METHOD_ONE,
		.uses = 3 };
	const struct blob none = BLOB_INIT;
	CK_OBJECT_HANDLE key;

	(void)state;
	for (size_t i = 0; i < nitems(roles); i++) {
		bool mac = roles[i] == MDOC_ROLE_EMACKEY;
		char id[] = "d0";

		id[1] = (char)('0' + i);
		key = generate(id, MDOC_PURPOSE_DEVICE);
		assert_int_equal(derive(key, roles[i], &none),
		    mac ? CKR_OK : DENIED);
		assert_int_equal(second_door(id, roles[i], &none),
		    mac ? CKR_OK : DENIED);
		id[0] = 'r';
		key = generate(id, MDOC_PURPOSE_READER);
		assert_int_equal(derive(key, roles[i], &none), CKR_OK);
		assert_int_equal(second_door(id, roles[i], &none), CKR_OK);
		id[0] = 'i';
		key = generate(id, MDOC_PURPOSE_ISSUER);
		assert_int_equal(derive(key, roles[i], &none), DENIED);
		assert_int_equal(second_door(id, roles[i], &none), DENIED);
	}
	/* which document it would be for, nobody knows here */
	assert_int_equal(bound_generate(s, &limited, &key, NULL), CKR_OK);
	assert_int_equal(derive(key, MDOC_ROLE_EMACKEY, &none), DENIED);
	assert_int_equal(second_door("limited", MDOC_ROLE_EMACKEY, &none),
	    DENIED);
	/* it is a MAC, and a use */
	assert_int_equal(bound_generate(s, &counted, &key, NULL), CKR_OK);
	assert_int_equal(derive(key, MDOC_ROLE_EMACKEY, &none), CKR_OK);
	assert_int_equal(bound_get(s, key, CKA_MDOC_USES_LEFT), 2);
	assert_int_equal(bound_get(s, key, CKA_MDOC_METHOD), MDOC_METHOD_MAC);
	assert_int_equal(second_door("counted", MDOC_ROLE_EMACKEY, &none),
	    CKR_OK);
	assert_int_equal(bound_get(s, key, CKA_MDOC_USES_LEFT), 1);
	assert_int_equal(sign(CKM_MDOC_DEVICE_SIGNATURE, key, &device_data),
	    DENIED);
	assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, key, &device_data), CKR_OK);
	assert_int_equal(derive(key, MDOC_ROLE_EMACKEY, &none), DENIED);
}

static CK_RV
open_hpke(CK_OBJECT_HANDLE key, const struct blob *enc)
{
	CK_MDOC_HPKE_OPEN_PARAMS p = { .ulVersion = CK_MDOC_PARAMS_VERSION,
		.pEnc = enc->ptr,
		.ulEncLen = enc->len };
	CK_MECHANISM m = { CKM_MDOC_HPKE_OPEN, &p, sizeof(p) };
	CK_RV rv;

	len = sizeof(out);
	rv = C_DecryptInit(s, &m, key);
	return rv == CKR_OK ? C_Decrypt(s, digest, sizeof(digest), out, &len)
			    : rv;
}

static void
test_hpke(void **state)
{
	CK_OBJECT_HANDLE key;

	(void)state;
	key = generate("hd", MDOC_PURPOSE_DEVICE | MDOC_PURPOSE_ISSUER);
	assert_int_equal(open_hpke(key, &peer), DENIED);
	/* it comes as far as finding that this is no message */
	key = generate("hr", MDOC_PURPOSE_READER);
	assert_int_equal(open_hpke(key, &peer), CKR_ENCRYPTED_DATA_INVALID);
}

/* ---- points that never reach the device */

/* A COSE_Key whatever its coordinates are. */
static void
cose(int crv, struct bytes x, struct bytes y, struct blob *ret)
{
	struct cbor_writer w;

	blob_clear(ret);
	cbor_writer_init(&w, ret);
	cbor_put_map(&w, bytes_is_null(y) ? 3 : 4);
	cbor_put_int(&w, 1);
	cbor_put_int(&w, bytes_is_null(y) ? 1 : 2);
	cbor_put_int(&w, -1);
	cbor_put_int(&w, crv);
	cbor_put_int(&w, -2);
	cbor_put_bstr(&w, x);
	if (!bytes_is_null(y)) {
		cbor_put_int(&w, -3);
		cbor_put_bstr(&w, y);
	}
	assert_int_equal(w.error, CBOR_OK);
}

/* DeviceAuthenticationBytes whose reader has this COSE_Key. */
static void
device_data_with(const struct blob *key, struct blob *ret)
{
	static const uint8_t empty[] = { 0xa0 };
	struct blob body = BLOB_INIT;
	struct cbor_writer w;

	blob_clear(ret);
	cbor_writer_init(&w, &body);
	cbor_put_array(&w, 4);
	cbor_put_str(&w, "DeviceAuthentication");
	cbor_put_array(&w, 3);
	cbor_put_null(&w);
	cbor_put_tag24(&w, blob_bytes(key));
	cbor_put_null(&w);
	cbor_put_str(&w, BOUND_DOC_TYPE);
	cbor_put_tag24(&w, bytes_of(empty, 1));
	cbor_writer_init(&w, ret);
	cbor_put_tag24(&w, blob_bytes(&body));
	assert_int_equal(w.error, CBOR_OK);
	blob_reset(&body);
}

static void
refuse_peer(const struct blob *key, CK_OBJECT_HANDLE device,
    CK_OBJECT_HANDLE reader, const struct blob *enc)
{
	struct blob data = BLOB_INIT;

	device_data_with(key, &data);
	derived = 0;
	module_device()->fault = watch;
	assert_int_not_equal(sign(CKM_MDOC_DEVICE_MAC, device, &data), CKR_OK);
	assert_int_not_equal(derive(device, MDOC_ROLE_EMACKEY, key), CKR_OK);
	assert_int_not_equal(second_door("pd", MDOC_ROLE_EMACKEY, key), CKR_OK);
	assert_int_not_equal(derive(reader, MDOC_ROLE_SKREADER, key), CKR_OK);
	assert_int_not_equal(second_door("pr", MDOC_ROLE_SKDEVICE, key),
	    CKR_OK);
	if (enc != NULL)
		assert_int_not_equal(open_hpke(reader, enc), CKR_OK);
	module_device()->fault = NULL;
	assert_int_equal(derived, 0);
	/* and no use was made of */
	assert_int_equal(bound_get(s, device, CKA_MDOC_USES_LEFT), 9);
	assert_int_equal(bound_get(s, device, CKA_MDOC_METHOD),
	    MDOC_METHOD_ONE);
	assert_int_equal(bound_get(s, reader, CKA_MDOC_USES_LEFT), 9);
	blob_reset(&data);
}

static void
test_peers(void **state)
{
	const struct bound_key d = { .id = "pd",
		.purpose = MDOC_PURPOSE_DEVICE,
		.method = MDOC_METHOD_ONE,
		.uses = 9 };
	const struct bound_key r = {
		.id = "pr", .purpose = MDOC_PURPOSE_READER, .uses = 9
	};
	struct blob key = BLOB_INIT, other = BLOB_INIT, enc = BLOB_INIT;
	static const uint8_t zero[32], small[32] = { 1 };
	struct bytes x = bytes_of(peer.ptr + 1, 32);
	struct bytes y = bytes_of(peer.ptr + 33, 32);
	CK_OBJECT_HANDLE device, reader;

	(void)state;
	assert_int_equal(bound_generate(s, &d, &device, NULL), CKR_OK);
	assert_int_equal(bound_generate(s, &r, &reader, NULL), CKR_OK);
	/* off the curve: x for y, none, too large, one of them missing */
	assert_true(blob_set(&enc, blob_bytes(&peer)));
	enc.ptr[64] ^= 1;
	cose(1, x, bytes_of(enc.ptr + 33, 32), &key);
	refuse_peer(&key, device, reader, &enc);
	cose(1, y, x, &key);
	refuse_peer(&key, device, reader, NULL);
	memset(enc.ptr + 1, 0, 64);
	cose(1, bytes_of(zero, 32), bytes_of(zero, 32), &key);
	refuse_peer(&key, device, reader, &enc);
	memset(enc.ptr + 1, 0xff, 64);
	cose(1, bytes_of(enc.ptr + 1, 32), bytes_of(enc.ptr + 33, 32), &key);
	refuse_peer(&key, device, reader, &enc);
	cose(1, x, bytes_of(zero, 31), &key);
	refuse_peer(&key, device, reader, NULL);
	/* the point at infinity, as PKCS#11 would write it */
	assert_true(blob_set(&enc, bytes_of(zero, 1)));
	cose(1, bytes_of(zero, 1), bytes_of(zero, 1), &key);
	refuse_peer(&key, device, reader, &enc);
	/* of another curve, under its own name and under that of the key */
	bound_peer(curve_by_cose(256), &other);
	x = bytes_of(other.ptr + 1, 32);
	y = bytes_of(other.ptr + 33, 32);
	cose(256, x, y, &key);
	refuse_peer(&key, device, reader, &other);
	cose(1, x, y, &key);
	refuse_peer(&key, device, reader, NULL);
	bound_peer(curve_by_cose(2), &other);
	cose(2, bytes_of(other.ptr + 1, 48), bytes_of(other.ptr + 49, 48),
	    &key);
	refuse_peer(&key, device, reader, &other);
	/* of small order */
	cose(4, bytes_of(small, 32), BYTES_NULL, &key);
	refuse_peer(&key, device, reader, NULL);
	cose(4, bytes_of(zero, 32), BYTES_NULL, &key);
	refuse_peer(&key, device, reader, NULL);
	blob_reset(&key);
	blob_reset(&other);
	blob_reset(&enc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unbound),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_structures),
		cmocka_unit_test(test_derive),
		cmocka_unit_test(test_hpke),
		cmocka_unit_test(test_peers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
