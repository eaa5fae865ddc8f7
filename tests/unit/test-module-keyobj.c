/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys of a session through the module, by either door, and HPKE. The values
 * are tested in test-session-key and test-hpke; here it is what an application
 * sees.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/blob.h"
#include "tests/support/hpke-vectors.h"
#include "tests/support/module-start.h"
#include "tests/support/vectors.h"
#include "vendor-ext/tbs.h"

static struct softhsm hsm;
static CK_SESSION_HANDLE session;

/* The self-made vector of the device MAC. */
static struct blob transcript; /* SessionTranscriptBytes */
static struct blob reader_key; /* COSE_Key */
static struct blob mac_input;  /* MAC_structure */
static struct blob tag;
static CK_OBJECT_HANDLE device_key;
static CK_BYTE device_id[] = { 0x0d };

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static void
read_own(const char *name, struct blob *ret)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "tests/vectors/%s.hex", name);
	assert_true(vectors_read_own(path, ret));
}

/* MAC_structure, by hand, with a payload of less than 256 bytes */
static void
make_mac_input(struct bytes payload)
{
	static const uint8_t head[] = { 0x84, 0x64, 'M', 'A', 'C', '0', 0x43,
		0xa1, 0x01, 0x05, 0x40, 0x58 };

	assert_in_range(payload.len, 24, 255);
	assert_true(blob_append(&mac_input, head, sizeof(head)) &&
	    blob_append_u8(&mac_input, (uint8_t)payload.len) &&
	    blob_append_bytes(&mac_input, payload));
}

/* #6.24 around the transcript that the data hold. */
static void
make_transcript(struct bytes data)
{
	uint8_t head[11];
	struct tbs t;

	assert_true(tbs_read(data, &t, NULL));
	assert_true(blob_append(&transcript, head,
	    tbs_tag24_head(t.transcript.len, head)));
	assert_true(blob_append_bytes(&transcript, t.transcript));
	assert_true(blob_append_bytes(&reader_key, t.ereader_key));
}

static CK_OBJECT_HANDLE
import(struct bytes d, struct bytes id, struct bytes point)
{
	CK_FUNCTION_LIST f = { .C_CreateObject = C_CreateObject,
		.C_DestroyObject = C_DestroyObject };
	struct softhsm_key key = { .d = d, .id = id, .point = point };
	CK_OBJECT_HANDLE private_, public_;

	assert_int_equal(softhsm_import(&f, session, &key, &private_,
			     point.len > 0 ? &public_ : NULL),
	    CKR_OK);
	return private_;
}

static int
setup(void **state)
{
	struct blob d = BLOB_INIT, data = BLOB_INIT;

	(void)state;
	if (!module_start(&hsm, &session))
		return -1;
	read_own("device-mac/data", &data);
	read_own("device-mac/tag", &tag);
	read_own("device-mac/device-key", &d);
	make_transcript(blob_bytes(&data));
	make_mac_input(blob_bytes(&data));
	device_key = import(blob_bytes(&d), bytes_of(device_id, 1), BYTES_NULL);
	blob_reset(&d);
	blob_reset(&data);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	blob_reset(&transcript);
	blob_reset(&reader_key);
	blob_reset(&mac_input);
	blob_reset(&tag);
	return 0;
}

/* ---- the doors */

static CK_MDOC_KEY_DERIVE_PARAMS
params_of(CK_ULONG role)
{
	return (CK_MDOC_KEY_DERIVE_PARAMS){ CK_MDOC_PARAMS_VERSION, role, NULL,
		0, transcript.ptr, transcript.len };
}

static CK_RV
derive(CK_MDOC_KEY_DERIVE_PARAMS *p, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	CK_MECHANISM m = { CKM_MDOC_KEY_DERIVE, p, sizeof(*p) };

	return C_DeriveKey(session, &m, device_key, t, n, ret);
}

static CK_ULONG role = MDOC_ROLE_EMACKEY;
static CK_OBJECT_CLASS secret = CKO_SECRET_KEY;

/* A template of the second door; more is put behind it. */
static CK_ULONG
describe(CK_ATTRIBUTE t[8])
{
	t[0] = (CK_ATTRIBUTE){ CKA_CLASS, &secret, sizeof(secret) };
	t[1] = (CK_ATTRIBUTE){ CKA_MDOC_ROLE, &role, sizeof(role) };
	t[2] = (CK_ATTRIBUTE){ CKA_MDOC_KEY_ID, device_id, 1 };
	t[3] = (CK_ATTRIBUTE){ CKA_MDOC_SESSION_TRANSCRIPT, transcript.ptr,
		transcript.len };
	return 4;
}

static CK_RV
path_of(CK_OBJECT_HANDLE key, CK_ULONG *ret)
{
	CK_ATTRIBUTE a = { CKA_MDOC_KEY_PATH, ret, sizeof(*ret) };

	return C_GetAttributeValue(session, key, &a, 1);
}

static void
assert_path(CK_OBJECT_HANDLE key)
{
	CK_ULONG path = 0;

	assert_int_equal(path_of(key, &path), CKR_OK);
	assert_int_equal(path, MDOC_KEY_PATH_C);
}

/* It is EMacKey: its tag is that of the vector. */
static void
assert_key(CK_OBJECT_HANDLE key)
{
	CK_MECHANISM m = { CKM_SHA256_HMAC, NULL, 0 };
	CK_BYTE out[32];
	CK_ULONG len = sizeof(out);

	assert_int_equal(C_SignInit(session, &m, key), CKR_OK);
	assert_int_equal(C_Sign(session, mac_input.ptr, mac_input.len, out,
			     &len),
	    CKR_OK);
	assert_int_equal(len, tag.len);
	assert_memory_equal(out, tag.ptr, tag.len);
	assert_path(key);
}

static void
test_first_door(void **state)
{
	CK_MDOC_KEY_DERIVE_PARAMS p = params_of(MDOC_ROLE_EMACKEY);
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(derive(&p, NULL, 0, &key), CKR_OK);
	assert_key(key);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	p.pPeerKey = reader_key.ptr;
	p.ulPeerKeyLen = reader_key.len;
	assert_int_equal(derive(&p, NULL, 0, &key), CKR_OK);
	assert_key(key);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
}

static void
test_second_door(void **state)
{
	uint32_t narrow = MDOC_ROLE_EMACKEY;
	CK_BBOOL sensitive = CK_FALSE;
	CK_ATTRIBUTE a = { CKA_SENSITIVE, &sensitive, 1 };
	CK_ATTRIBUTE t[8];
	CK_OBJECT_HANDLE key;
	CK_ULONG n = describe(t);

	(void)state;
	assert_int_equal(C_CreateObject(session, t, n, &key), CKR_OK);
	assert_key(key);
	assert_int_equal(C_GetAttributeValue(session, key, &a, 1), CKR_OK);
	assert_true(sensitive);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	t[n++] =
	    (CK_ATTRIBUTE){ CKA_MDOC_PEER_KEY, reader_key.ptr, reader_key.len };
	t[n++] = (CK_ATTRIBUTE){ CKA_LABEL, (char[]){ "mac" }, 3 };
	t[1] = (CK_ATTRIBUTE){ CKA_MDOC_ROLE, &narrow, sizeof(narrow) };
	assert_int_equal(C_CreateObject(session, t, n, &key), CKR_OK);
	assert_key(key);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	/* RPC makes an empty value of one that is absent. */
	t[4] = (CK_ATTRIBUTE){ CKA_MDOC_PEER_KEY, NULL, 0 };
	assert_int_equal(C_CreateObject(session, t, n, &key), CKR_OK);
	assert_key(key);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
}

static void
test_bad_parameters(void **state)
{
	CK_MDOC_KEY_DERIVE_PARAMS p = params_of(MDOC_ROLE_EMACKEY);
	CK_MECHANISM m = { CKM_MDOC_KEY_DERIVE, &p, sizeof(p) };
	CK_OBJECT_HANDLE key = 77;

	(void)state;
	m.ulParameterLen--;
	assert_int_equal(C_DeriveKey(session, &m, device_key, NULL, 0, &key),
	    CKR_MECHANISM_PARAM_INVALID);
	m.pParameter = NULL;
	m.ulParameterLen = 0;
	assert_int_equal(C_DeriveKey(session, &m, device_key, NULL, 0, &key),
	    CKR_MECHANISM_PARAM_INVALID);
	for (p.ulVersion = 0; p.ulVersion < 4; p.ulVersion += 2)
		assert_int_equal(derive(&p, NULL, 0, &key),
		    CKR_MECHANISM_PARAM_INVALID);
	p = params_of(4);
	assert_int_equal(derive(&p, NULL, 0, &key),
	    CKR_MECHANISM_PARAM_INVALID);
	p = params_of(MDOC_ROLE_EMACKEY);
	p.pPeerKey = reader_key.ptr;
	assert_int_equal(derive(&p, NULL, 0, &key),
	    CKR_MECHANISM_PARAM_INVALID);
	p.ulPeerKeyLen = reader_key.len - 1;
	assert_int_equal(derive(&p, NULL, 0, &key),
	    CKR_MECHANISM_PARAM_INVALID);
	p.ulPeerKeyLen = reader_key.len;
	reader_key.ptr[reader_key.len - 1] ^= 1;
	assert_int_equal(derive(&p, NULL, 0, &key), CKR_DOMAIN_PARAMS_INVALID);
	reader_key.ptr[reader_key.len - 1] ^= 1;
	p.pPeerKey = NULL;
	assert_int_equal(derive(&p, NULL, 0, &key),
	    CKR_MECHANISM_PARAM_INVALID);
	p = params_of(MDOC_ROLE_EMACKEY);
	p.pSessionTranscript = NULL;
	assert_int_equal(derive(&p, NULL, 0, &key),
	    CKR_MECHANISM_PARAM_INVALID);
	p = params_of(MDOC_ROLE_EMACKEY);
	assert_int_equal(derive(&p, NULL, 0, NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(derive(&p, NULL, 1, &key), CKR_ARGUMENTS_BAD);
	m = (CK_MECHANISM){ CKM_MDOC_KEY_DERIVE, &p, sizeof(p) };
	assert_int_equal(C_DeriveKey(session, &m, 0x7777, NULL, 0, &key),
	    CKR_KEY_HANDLE_INVALID);
	assert_int_equal(key, 77);
}

static void
test_bad_templates(void **state)
{
	CK_OBJECT_CLASS data = CKO_DATA;
	static const CK_ATTRIBUTE_TYPE needed[] = { CKA_CLASS, CKA_MDOC_ROLE,
		CKA_MDOC_KEY_ID, CKA_MDOC_SESSION_TRANSCRIPT };
	CK_OBJECT_HANDLE key = 77;
	CK_ATTRIBUTE t[8];
	CK_ULONG n, bad = 4;
	CK_BYTE id = 0xee;

	(void)state;
	for (size_t i = 0; i < nitems(needed); i++) {
		n = describe(t);
		assert_int_equal(t[i].type, needed[i]);
		t[i] = t[n - 1];
		assert_int_equal(C_CreateObject(session, t, n - 1, &key),
		    CKR_TEMPLATE_INCOMPLETE);
	}
	n = describe(t);
	assert_int_equal(C_CreateObject(session, t, n, NULL),
	    CKR_ARGUMENTS_BAD);
	t[n] = t[1];
	assert_int_equal(C_CreateObject(session, t, n + 1, &key),
	    CKR_TEMPLATE_INCONSISTENT);
	t[n] = (CK_ATTRIBUTE){ CKA_VALUE, &id, 1 };
	assert_int_equal(C_CreateObject(session, t, n + 1, &key),
	    CKR_TEMPLATE_INCONSISTENT);
	t[n] = (CK_ATTRIBUTE){ CKA_TOKEN, &yes, 1 };
	assert_int_equal(C_CreateObject(session, t, n + 1, &key),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	t[0].pValue = &data;
	assert_int_equal(C_CreateObject(session, t, n, &key),
	    CKR_TEMPLATE_INCONSISTENT);
	n = describe(t);
	t[1].pValue = &bad;
	assert_int_equal(C_CreateObject(session, t, n, &key),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	t[1].ulValueLen = 3;
	assert_int_equal(C_CreateObject(session, t, n, &key),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	n = describe(t);
	t[3].ulValueLen--;
	assert_int_equal(C_CreateObject(session, t, n, &key),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	t[3].pValue = NULL;
	assert_int_equal(C_CreateObject(session, t, n, &key),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	/* None, and two */
	n = describe(t);
	t[2].pValue = &id;
	assert_int_equal(C_CreateObject(session, t, n, &key),
	    CKR_KEY_HANDLE_INVALID);
	t[2].ulValueLen = 0;
	assert_int_equal(C_CreateObject(session, t, n, &key),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(key, 77);
}

static void
test_two_keys(void **state)
{
	static const uint8_t one[32] = { [31] = 1 };
	CK_OBJECT_HANDLE other, key;
	CK_ATTRIBUTE t[8];
	CK_ULONG n = describe(t);

	(void)state;
	other = import(bytes_of(one, 32), bytes_of(device_id, 1), BYTES_NULL);
	assert_int_equal(C_CreateObject(session, t, n, &key),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(C_DestroyObject(session, other), CKR_OK);
	assert_int_equal(C_CreateObject(session, t, n, &key), CKR_OK);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
}

/* A key that may not derive does not, whatever the door. */
static void
test_permission(void **state)
{
	CK_MDOC_KEY_DERIVE_PARAMS p = params_of(MDOC_ROLE_EMACKEY);
	CK_ATTRIBUTE a = { CKA_DERIVE, &no, 1 };
	CK_OBJECT_HANDLE key;
	CK_ATTRIBUTE t[8];
	CK_ULONG n = describe(t);

	(void)state;
	assert_int_equal(C_SetAttributeValue(session, device_key, &a, 1),
	    CKR_OK);
	assert_int_equal(derive(&p, NULL, 0, &key),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(C_CreateObject(session, t, n, &key),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	a.pValue = &yes;
	assert_int_equal(C_SetAttributeValue(session, device_key, &a, 1),
	    CKR_OK);
}

/* ---- evidence */

/* As long as the object lives, and no longer. */
static void
test_notes(void **state)
{
	CK_MDOC_KEY_DERIVE_PARAMS p = params_of(MDOC_ROLE_SKREADER);
	CK_KEY_TYPE type = CKK_AES;
	CK_BYTE value[32] = { 1 };
	CK_ATTRIBUTE plain[] = { { CKA_CLASS, &secret, sizeof(secret) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_VALUE, value, sizeof(value) } };
	CK_ATTRIBUTE label = { CKA_LABEL, value, 1 };
	CK_OBJECT_HANDLE keys[20], copy, other;
	CK_SESSION_HANDLE second;
	CK_ULONG path = 0;
	CK_MECHANISM m = { CKM_MDOC_KEY_DERIVE, &p, sizeof(p) };

	(void)state;
	assert_int_equal(C_CreateObject(session, plain, 3, &other), CKR_OK);
	assert_int_equal(path_of(other, &path), CKR_ATTRIBUTE_TYPE_INVALID);
	for (size_t i = 0; i < nitems(keys); i++)
		assert_int_equal(derive(&p, NULL, 0, &keys[i]), CKR_OK);
	assert_int_equal(C_CopyObject(session, keys[3], &label, 1, &copy),
	    CKR_OK);
	assert_path(copy);
	for (size_t i = 0; i < nitems(keys); i++) {
		assert_path(keys[i]);
		assert_int_equal(C_DestroyObject(session, keys[i]), CKR_OK);
		assert_int_equal(path_of(keys[i], &path),
		    CKR_OBJECT_HANDLE_INVALID);
	}
	assert_path(copy);
	assert_int_equal(module_device()->notes.n, 1);
	assert_int_equal(path_of(other, &path), CKR_ATTRIBUTE_TYPE_INVALID);
	/* It goes with its session. */
	assert_int_equal(C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL,
			     &second),
	    CKR_OK);
	assert_int_equal(C_DeriveKey(second, &m, device_key, NULL, 0, keys),
	    CKR_OK);
	assert_path(keys[0]);
	assert_int_equal(C_CloseSession(second), CKR_OK);
	assert_int_equal(path_of(keys[0], &path), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(module_device()->notes.n, 1);
	assert_int_equal(C_DestroyObject(session, copy), CKR_OK);
	assert_int_equal(module_device()->notes.n, 0);
	assert_int_equal(C_DestroyObject(session, other), CKR_OK);
}

static void
test_logout(void **state)
{
	CK_MDOC_KEY_DERIVE_PARAMS p = params_of(MDOC_ROLE_SKDEVICE);
	struct blob d = BLOB_INIT;
	CK_OBJECT_HANDLE key;
	CK_ATTRIBUTE t[8];
	CK_ULONG path, n = describe(t);

	(void)state;
	assert_int_equal(derive(&p, NULL, 0, &key), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(module_device()->notes.n, 0);
	assert_int_not_equal(path_of(key, &path), CKR_OK);
	assert_int_equal(C_CreateObject(session, t, n, &key),
	    CKR_KEY_HANDLE_INVALID);
	assert_int_equal(C_Login(session, CKU_USER, softhsm_pin,
			     SOFTHSM_PIN_LEN),
	    CKR_OK);
	read_own("device-mac/device-key", &d);
	device_key = import(blob_bytes(&d), bytes_of(device_id, 1), BYTES_NULL);
	blob_reset(&d);
}

/* ---- policy */

static void
test_minimum_path(void **state)
{
	CK_MDOC_KEY_DERIVE_PARAMS p = params_of(MDOC_ROLE_EMACKEY);
	struct device *d = module_device();
	enum agree_path before = d->conf.weakest;
	CK_OBJECT_HANDLE key;
	CK_ATTRIBUTE t[8];
	CK_ULONG n = describe(t);

	(void)state;
	d->conf.weakest = AGREE_PATH_B;
	assert_int_equal(derive(&p, NULL, 0, &key),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(C_CreateObject(session, t, n, &key),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	d->conf.weakest = AGREE_PATH_C;
	assert_int_equal(derive(&p, NULL, 0, &key), CKR_OK);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	d->conf.weakest = before;
}

/* ---- HPKE */

static struct hpke_vector hpke;
static CK_OBJECT_HANDLE recipient;

static CK_MDOC_HPKE_OPEN_PARAMS
hpke_params(void)
{
	return (CK_MDOC_HPKE_OPEN_PARAMS){
		.ulVersion = CK_MDOC_PARAMS_VERSION,
		.pEnc = hpke.enc.ptr,
		.ulEncLen = hpke.enc.len,
		.pInfo = hpke.info.ptr,
		.ulInfoLen = hpke.info.len,
		.pAAD = hpke.aad.ptr,
		.ulAADLen = hpke.aad.len,
	};
}

static CK_RV
hpke_init(CK_MDOC_HPKE_OPEN_PARAMS *p)
{
	CK_MECHANISM m = { CKM_MDOC_HPKE_OPEN, p, sizeof(*p) };

	return C_DecryptInit(session, &m, recipient);
}

static void
assert_plain(const CK_BYTE *out, CK_ULONG len)
{
	assert_int_equal(len, hpke.plain.len);
	assert_memory_equal(out, hpke.plain.ptr, len);
}

static void
hpke_setup(CK_BYTE id, bool with_public)
{
	hpke_vector_rfc9180(&hpke);
	recipient = import(blob_bytes(&hpke.d), bytes_of(&id, 1),
	    with_public ? blob_bytes(&hpke.public_key) : BYTES_NULL);
}

static void
test_hpke(void **state)
{
	CK_MDOC_HPKE_OPEN_PARAMS p;
	CK_ULONG len = 1;
	CK_BYTE out[64];

	(void)state;
	hpke_setup(0x41, true);
	p = hpke_params();
	assert_int_equal(hpke_init(&p), CKR_OK);
	/* Copied: the caller's memory is not needed any more. */
	memset(&p, 0, sizeof(p));
	assert_int_equal(C_Decrypt(session, hpke.ciphertext.ptr,
			     hpke.ciphertext.len, NULL, &len),
	    CKR_OK);
	assert_int_equal(len, hpke.plain.len);
	len--;
	assert_int_equal(C_Decrypt(session, hpke.ciphertext.ptr,
			     hpke.ciphertext.len, out, &len),
	    CKR_BUFFER_TOO_SMALL);
	assert_int_equal(len, hpke.plain.len);
	assert_int_equal(C_Decrypt(session, hpke.ciphertext.ptr,
			     hpke.ciphertext.len, out, &len),
	    CKR_OK);
	assert_plain(out, len);
	assert_int_equal(C_Decrypt(session, hpke.ciphertext.ptr,
			     hpke.ciphertext.len, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	hpke_vector_reset(&hpke);
}

static void
test_hpke_parts(void **state)
{
	CK_MDOC_HPKE_OPEN_PARAMS p;
	CK_BYTE out[64];
	CK_ULONG len;

	(void)state;
	hpke_setup(0x42, true);
	p = hpke_params();
	assert_int_equal(hpke_init(&p), CKR_OK);
	for (size_t i = 0; i < hpke.ciphertext.len; i++) {
		len = sizeof(out);
		assert_int_equal(C_DecryptUpdate(session,
				     hpke.ciphertext.ptr + i, 1, out, &len),
		    CKR_OK);
		assert_int_equal(len, 0);
	}
	assert_int_equal(C_DecryptFinal(session, NULL, &len), CKR_OK);
	assert_int_equal(len, hpke.plain.len);
	assert_int_equal(C_DecryptFinal(session, out, &len), CKR_OK);
	assert_plain(out, len);
	hpke_vector_reset(&hpke);
}

static void
test_hpke_public_key(void **state)
{
	CK_MDOC_HPKE_OPEN_PARAMS p;
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);

	(void)state;
	hpke_setup(0x43, false);
	p = hpke_params();
	/* Nobody knows it */
	assert_int_equal(hpke_init(&p), CKR_MECHANISM_PARAM_INVALID);
	p.pPublicKey = hpke.public_key.ptr;
	p.ulPublicKeyLen = hpke.public_key.len;
	assert_int_equal(hpke_init(&p), CKR_OK);
	assert_int_equal(C_Decrypt(session, hpke.ciphertext.ptr,
			     hpke.ciphertext.len, out, &len),
	    CKR_OK);
	assert_plain(out, len);
	/* Another one */
	p.pPublicKey = hpke.enc.ptr;
	assert_int_equal(hpke_init(&p), CKR_OK);
	len = sizeof(out);
	assert_int_equal(C_Decrypt(session, hpke.ciphertext.ptr,
			     hpke.ciphertext.len, out, &len),
	    CKR_ENCRYPTED_DATA_INVALID);
	p.ulPublicKeyLen--;
	assert_int_equal(hpke_init(&p), CKR_MECHANISM_PARAM_INVALID);
	hpke_vector_reset(&hpke);
}

static void
test_hpke_bad(void **state)
{
	static CK_BYTE big[1];
	CK_MDOC_HPKE_OPEN_PARAMS good, p;
	CK_MECHANISM m = { CKM_MDOC_HPKE_OPEN, &p, sizeof(p) };
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);

	(void)state;
	hpke_setup(0x44, true);
	p = good = hpke_params();
	m.ulParameterLen--;
	assert_int_equal(C_DecryptInit(session, &m, recipient),
	    CKR_MECHANISM_PARAM_INVALID);
	m = (CK_MECHANISM){ CKM_MDOC_HPKE_OPEN, NULL, 0 };
	assert_int_equal(C_DecryptInit(session, &m, recipient),
	    CKR_MECHANISM_PARAM_INVALID);
	p.ulVersion = 2;
	assert_int_equal(hpke_init(&p), CKR_MECHANISM_PARAM_INVALID);
	p = good;
	p.ulEncLen = 64;
	assert_int_equal(hpke_init(&p), CKR_MECHANISM_PARAM_INVALID);
	p.ulEncLen = 0;
	assert_int_equal(hpke_init(&p), CKR_MECHANISM_PARAM_INVALID);
	p = good;
	p.pInfo = NULL;
	assert_int_equal(hpke_init(&p), CKR_MECHANISM_PARAM_INVALID);
	p.pInfo = big;
	p.ulInfoLen = CK_UNAVAILABLE_INFORMATION;
	assert_int_equal(hpke_init(&p), CKR_MECHANISM_PARAM_INVALID);
	p = good;
	hpke.enc.ptr[64] ^= 1;
	assert_int_equal(hpke_init(&p), CKR_MECHANISM_PARAM_INVALID);
	hpke.enc.ptr[64] ^= 1;
	assert_int_equal(hpke_init(&p), CKR_OK);
	assert_int_equal(C_Decrypt(session, hpke.ciphertext.ptr, 15, out, &len),
	    CKR_ENCRYPTED_DATA_LEN_RANGE);
	assert_int_equal(hpke_init(&p), CKR_OK);
	hpke.ciphertext.ptr[0] ^= 1;
	memset(out, 0x5a, sizeof(out));
	len = sizeof(out);
	assert_int_equal(C_Decrypt(session, hpke.ciphertext.ptr,
			     hpke.ciphertext.len, out, &len),
	    CKR_ENCRYPTED_DATA_INVALID);
	for (size_t i = 0; i < sizeof(out); i++)
		assert_int_equal(out[i], 0x5a);
	/* The device's key is of another kind of use, but of the right one. */
	assert_int_equal(C_DecryptInit(session, &m, 0x7777),
	    CKR_KEY_HANDLE_INVALID);
	hpke_vector_reset(&hpke);
}

static void
test_hpke_minimum_path(void **state)
{
	struct device *d = module_device();
	enum agree_path before = d->conf.weakest;
	CK_MDOC_HPKE_OPEN_PARAMS p;
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);

	(void)state;
	hpke_setup(0x45, true);
	p = hpke_params();
	d->conf.weakest = AGREE_PATH_A;
	assert_int_equal(hpke_init(&p), CKR_OK);
	assert_int_equal(C_Decrypt(session, hpke.ciphertext.ptr,
			     hpke.ciphertext.len, out, &len),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	d->conf.weakest = before;
	hpke_vector_reset(&hpke);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_door),
		cmocka_unit_test(test_second_door),
		cmocka_unit_test(test_bad_parameters),
		cmocka_unit_test(test_bad_templates),
		cmocka_unit_test(test_two_keys),
		cmocka_unit_test(test_permission),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_minimum_path),
		cmocka_unit_test(test_hpke),
		cmocka_unit_test(test_hpke_parts),
		cmocka_unit_test(test_hpke_public_key),
		cmocka_unit_test(test_hpke_bad),
		cmocka_unit_test(test_hpke_minimum_path),
		cmocka_unit_test(test_logout),
	};

	if (softhsm_module() == NULL) {
		print_message("1..0 # SKIP SoftHSMv2 is not here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
