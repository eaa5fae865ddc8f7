/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys of a token behind p11-mdoc.so: the verbs go to its vendor mechanisms,
 * and give what standard mechanisms and memory give.
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
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "mdoc/crypto/key-memory.h"
#include "mdoc/crypto/key-token.h"
#include "mdoc/crypto/sigver.h"
#include "tests/support/expect.h"
#include "tests/support/module.h"
#include "tests/support/vectors.h"

#define PIN   "?pin-value=1234"
#define TOKEN "pkcs11:token=vendor;object="

static struct softhsm hsm;
static mdoc_ctx *c;
static char module[512];

static int
setup(void **state)
{
	const char *build = getenv("abs_top_builddir");

	(void)state;
	(void)snprintf(module, sizeof(module), "%s/.libs/p11-mdoc.so",
	    build == NULL ? "." : build);
	if (softhsm_module() == NULL || access(module, R_OK) != 0)
		return 0;
	return softhsm_new(&hsm, "vendor") && module_configure(&hsm, NULL) &&
		mdoc_ctx_new(&c) == MDOC_OK &&
		mdoc_ctx_set_module(c, module) == MDOC_OK
	    ? 0
	    : -1;
}

static int
teardown(void **state)
{
	(void)state;
	mdoc_ctx_free(&c);
	return 0;
}

static void
need_module(void)
{
	if (c == NULL) {
		print_message("# skipped: SoftHSMv2 or %s is not here\n",
		    module);
		skip();
	}
}

/* Which mechanisms signatures are started with. */
static struct {
	CK_FUNCTION_LIST list;
	CK_FUNCTION_LIST *real;
	CK_MECHANISM_TYPE last;
	unsigned signs, derives;
} spy;

static CK_RV
spy_sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
	spy.last = m->mechanism;
	spy.signs++;
	return spy.real->C_SignInit(session, m, key);
}

static CK_RV
spy_derive(CK_SESSION_HANDLE session, CK_MECHANISM *m, CK_OBJECT_HANDLE key,
    CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	spy.derives++;
	return spy.real->C_DeriveKey(session, m, key, a, n, ret);
}

static void
spy_on(mdoc_key *key)
{
	struct p11token *t = key_token_of(key)->token;

	memset(&spy, 0, sizeof(spy));
	spy.real = t->t.f;
	spy.list = *t->t.f;
	spy.list.C_SignInit = spy_sign_init;
	spy.list.C_DeriveKey = spy_derive;
	t->t.f = &spy.list;
}

static void
spy_off(mdoc_key *key)
{
	key_token_of(key)->token->t.f = spy.real;
}

static mdoc_key *
annexd_key(const char *name)
{
	struct blob d = BLOB_INIT;
	mdoc_key *key = NULL;

	assert_true(vectors_read_key(name, &d));
	expect_ok(c,
	    key_memory_from_private(c, curve_by_name(bytes_str("P-256")),
		blob_bytes(&d), BYTES_NULL, &key));
	blob_reset(&d);
	return key;
}

static void
cose_of(const mdoc_key *key, mdoc_buf *buf, struct cose_key *ret)
{
	struct cbor_reader r;

	expect_ok(c, mdoc_key_cose(key, buf));
	cbor_reader_init(&r, bytes_of(buf->ptr, buf->len));
	assert_true(cose_key_read(&r, false, ret));
}

static void
test_device_mac(void **state)
{
	struct blob transcript = BLOB_INIT, auth = BLOB_INIT, mac = BLOB_INIT;
	mdoc_key *memory, *ereader, *other = NULL, *device = NULL;
	mdoc_buf buf = MDOC_BUF_INIT;
	struct cose_key peer;
	uint8_t salt[32], tag[32], again[32];
	struct bytes parts[2], part;
	char path = 0;

	(void)state;
	need_module();
	VECTORS_OR_SKIP("annexD/session_transcript_bytes.hex", &transcript);
	VECTORS_OR_SKIP("annexD/device_authentication_bytes.hex", &auth);
	VECTORS_OR_SKIP("annexD/device_auth.hex", &mac);
	memory = annexd_key("SDeviceKey d");
	ereader = annexd_key("EReaderKey d");
	expect_ok(c,
	    mdoc_key_import(c, TOKEN "annexd" PIN, memory,
		MDOC_KEY_USE_SIGN | MDOC_KEY_USE_DERIVE, &device));
	part = blob_bytes(&transcript);
	assert_true(hasher_digest(c->hasher, HASH_SHA256, &part, 1, salt));
	cose_of(ereader, &buf, &peer);
	parts[0] = bytes_of(auth.ptr, 17);
	parts[1] = bytes_of(auth.ptr + 17, auth.len - 17);

	spy_on(device);
	expect_ok(c, key_device_mac(device, &peer, salt, parts, 2, tag, &path));
	assert_memory_equal(mac.ptr + mac.len - 32, tag, 32);
	assert_int_equal(path, 'C');
	assert_true(spy.last == CKM_MDOC_DEVICE_MAC);
	assert_int_equal(spy.derives, 0);
	expect_ok(c, mdoc_key_path(device, &path));
	assert_int_equal(path, 'C');

	/* The policy holds here, too. */
	expect_ok(c, mdoc_ctx_set_minimum_path(c, 'A'));
	expect_error(c,
	    key_device_mac(device, &peer, salt, parts, 2, tag, &path),
	    MDOC_E_POLICY, "key path C of token \"vendor\" is weaker");
	expect_ok(c, mdoc_ctx_set_minimum_path(c, 'S'));

	/* A peer that the transcript does not name: standard mechanisms. */
	expect_ok(c, mdoc_key_generate(c, "P-256", &other));
	cose_of(other, &buf, &peer);
	spy.signs = 0;
	expect_ok(c, key_device_mac(device, &peer, salt, parts, 2, tag, &path));
	assert_int_equal(spy.signs, 0);
	assert_true(spy.derives > 0);
	expect_ok(c,
	    key_device_mac(memory, &peer, salt, parts, 2, again, &path));
	assert_memory_equal(tag, again, 32);
	spy_off(device);
	mdoc_key_free(&memory);
	mdoc_key_free(&ereader);
	mdoc_key_free(&other);
	mdoc_key_free(&device);
	mdoc_buf_reset(&buf);
	blob_reset(&transcript);
	blob_reset(&auth);
	blob_reset(&mac);
}

/* The structure as it is signed: Sig_structure around the bytes. */
static void
check_signature(mdoc_key *key, struct bytes payload, struct bytes signature)
{
	uint8_t header[16], prefix[TBS_PREFIX_MAX + 16];
	struct bytes parts[2];
	struct sigver_input in = { key_alg(key), parts, 2, signature };

	parts[0] = bytes_of(prefix,
	    tbs_cose_prefix("Signature1",
		bytes_of(header, tbs_protected_alg(key_alg(key), header)),
		payload.len, prefix));
	parts[1] = payload;
	assert_int_equal(sigver_cose(c->sigver, c->hasher, key_curve(key),
			     key_point(key), &in),
	    SIGVER_GOOD);
}

static void
test_signatures(void **state)
{
	static const struct {
		enum tbs_kind kind;
		const char *file;
		CK_MECHANISM_TYPE mechanism;
	} list[] = {
		{ TBS_DEVICE_AUTHENTICATION,
		    "annexD/device_authentication_bytes.hex",
		    CKM_MDOC_DEVICE_SIGNATURE },
		{ TBS_READER_AUTHENTICATION,
		    "annexD/reader_authentication_bytes.hex",
		    CKM_MDOC_READER_AUTHENTICATION },
	};

	static const char *const curves[] = { "P-256", "P-521",
		"brainpoolP320r1", "Ed25519" };
	struct blob in = BLOB_INIT;
	uint8_t sig[CURVE_MAX_SIG];
	mdoc_key *key = NULL;
	struct bytes part;
	char uri[96];
	size_t len;

	(void)state;
	need_module();
	for (size_t i = 0; i < nitems(curves); i++) {
		(void)snprintf(uri, sizeof(uri), TOKEN "%s" PIN, curves[i]);
		expect_ok(c,
		    mdoc_key_create(c, uri, curves[i], MDOC_KEY_USE_SIGN,
			&key));
		spy_on(key);
		for (size_t j = 0; j < nitems(list); j++) {
			VECTORS_OR_SKIP(list[j].file, &in);
			part = blob_bytes(&in);
			expect_ok(c,
			    key_sign(key, list[j].kind, &part, 1, sig, &len));
			assert_true(spy.last == list[j].mechanism);
			check_signature(key, part, bytes_of(sig, len));
			/* Not that structure: the module looks. */
			part.len--;
			expect_error(c,
			    key_sign(key, list[j].kind, &part, 1, sig, &len),
			    MDOC_E_STRUCTURE, "CKR_DATA_INVALID");
		}
		/* Certificates are no structure of mdoc. */
		part = bytes_str("any bytes");
		expect_ok(c, key_sign_raw(key, &part, 1, sig, &len));
		assert_true(spy.last < 0x80000000UL);
		spy_off(key);
		mdoc_key_free(&key);
	}
	blob_reset(&in);
}

/* The payload of the issuerAuth in Annex D, signed by a key in the token. */
static void
test_issuer(void **state)
{
	struct blob in = BLOB_INIT;
	uint8_t sig[CURVE_MAX_SIG];
	mdoc_key *key = NULL;
	struct cbor_reader r;
	struct bytes payload;
	size_t len;

	(void)state;
	need_module();
	VECTORS_OR_SKIP("annexD/issuer_auth.hex", &in);
	cbor_reader_init(&r, blob_bytes(&in));
	assert_true(cbor_enter_array_of(&r, 4));
	assert_true(cbor_skip(&r, NULL) && cbor_skip(&r, NULL) &&
	    cbor_get_bstr(&r, &payload));
	expect_ok(c,
	    mdoc_key_create(c, TOKEN "issuer" PIN, "P-384", MDOC_KEY_USE_SIGN,
		&key));
	spy_on(key);
	expect_ok(c,
	    key_sign(key, TBS_MOBILE_SECURITY_OBJECT, &payload, 1, sig, &len));
	assert_true(spy.last == CKM_MDOC_ISSUER_AUTHENTICATION);
	check_signature(key, payload, bytes_of(sig, len));
	/* A device structure is not for the mechanism of the issuer. */
	expect_error(c,
	    key_sign(key, TBS_DEVICE_AUTHENTICATION, &payload, 1, sig, &len),
	    MDOC_E_STRUCTURE, "CKR_DATA_INVALID");
	spy_off(key);
	mdoc_key_free(&key);
	blob_reset(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_device_mac),
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_issuer),
	};

	return cmocka_run_group_tests_name("key-vendor", tests, setup,
	    teardown);
}
