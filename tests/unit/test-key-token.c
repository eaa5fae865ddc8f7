/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <fcntl.h>
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

#include "mdoc/crypto/key-memory.h"
#include "mdoc/crypto/key-token.h"
#include "mdoc/crypto/pin.h"
#include "mdoc/crypto/sigver.h"
#include "tests/support/softhsm.h"
#include "tests/support/vectors.h"
#include "vendor-ext/pkcs11-3.h"

#define PIN "?pin-value=1234"

static struct softhsm hsm;
static mdoc_ctx *c;

static int
setup(void **state)
{
	(void)state;
	if (softhsm_module() == NULL)
		return 0;
	return softhsm_new(&hsm, "one") && softhsm_add(&hsm, "two") ? 0 : -1;
}

/* Each test has a context of its own: modules are loaded and ended each time.
 */
static int
begin(void **state)
{
	(void)state;
	if (hsm.module == NULL)
		return 0;
	return mdoc_ctx_new(&c) == MDOC_OK &&
		mdoc_ctx_set_module(c, hsm.module) == MDOC_OK
	    ? 0
	    : -1;
}

static int
end(void **state)
{
	(void)state;
	mdoc_ctx_free(&c);
	return 0;
}

static void
need_softhsm(void)
{
	if (hsm.module == NULL) {
		print_message("# skipped: SoftHSMv2 is not here\n");
		skip();
	}
}

/* r is MDOC_OK, or the test ends with the text of the error. */
static void
good(int r)
{
	if (r != MDOC_OK)
		fail_msg("%d: %s", r, mdoc_ctx_error(c));
}

static void
bad(int r, int code, const char *text)
{
	if (r != code || strstr(mdoc_ctx_error(c), text) == NULL)
		fail_msg("%d \"%s\", not %d \"%s\"", r, mdoc_ctx_error(c), code,
		    text);
	/* Never a PIN in a message. */
	assert_null(strstr(mdoc_ctx_error(c), "1234"));
}

static void
check_signature(mdoc_key *key, const char *message)
{
	struct bytes part = bytes_str(message);
	uint8_t sig[CURVE_MAX_SIG];
	struct sigver_input in;
	size_t len = 0;

	good(key_sign_raw(key, &part, 1, sig, &len));
	in =
	    (struct sigver_input){ key_alg(key), &part, 1, bytes_of(sig, len) };
	assert_int_equal(sigver_cose(c->sigver, c->hasher, key_curve(key),
			     key_point(key), &in),
	    SIGVER_GOOD);
}

static void
test_create(void **state)
{
	mdoc_key *key = NULL, *again = NULL, *public_ = NULL;
	mdoc_buf pem = MDOC_BUF_INIT;
	mdoc_key *from_pem = NULL;

	(void)state;
	need_softhsm();
	good(mdoc_key_create(c, "pkcs11:token=one;object=dev" PIN, "P-256",
	    MDOC_KEY_USE_SIGN | MDOC_KEY_USE_DERIVE, &key));
	assert_true(mdoc_key_is_private(key));
	assert_string_equal(mdoc_key_curve(key), "P-256");
	assert_non_null(strstr(mdoc_key_uri(key), "token=one"));
	assert_non_null(strstr(mdoc_key_uri(key), "object=dev"));
	assert_non_null(strstr(mdoc_key_uri(key), "type=private"));
	assert_null(strstr(mdoc_key_uri(key), "pin"));
	assert_int_equal(mdoc_key_id(key).len, 20);
	check_signature(key, "created");

	/* Everything that it told finds it again. */
	good(mdoc_key_open(c, mdoc_key_uri(key), &again));
	assert_true(mdoc_key_equal(key, again));
	assert_string_equal(mdoc_key_uri(key), mdoc_key_uri(again));
	check_signature(again, "opened");
	mdoc_key_free(&again);

	good(mdoc_key_open(c, "pkcs11:token=one;object=dev;type=public",
	    &public_));
	assert_false(mdoc_key_is_private(public_));
	assert_true(mdoc_key_equal(key, public_));
	assert_memory_equal(mdoc_key_id(public_).ptr, mdoc_key_id(key).ptr, 20);

	good(mdoc_key_pem(key, &pem));
	good(mdoc_key_from_bytes(c, (mdoc_bytes){ pem.ptr, pem.len },
	    &from_pem));
	assert_true(mdoc_key_equal(key, from_pem));
	assert_memory_equal(mdoc_key_id(from_pem).ptr, mdoc_key_id(key).ptr,
	    20);

	bad(mdoc_key_create(c, "pkcs11:token=one;object=dev" PIN, "P-256",
		MDOC_KEY_USE_SIGN, &again),
	    MDOC_E_KEY, "has a key with this label already");
	bad(mdoc_key_create(c, "pkcs11:token=one" PIN, "P-256",
		MDOC_KEY_USE_SIGN, &again),
	    MDOC_E_ARGUMENT, "object= is needed");
	/* 0: all that the curve can do. */
	mdoc_key_free(&again);
	good(mdoc_key_create(c, "pkcs11:token=one;object=all" PIN, "P-256", 0,
	    &again));
	check_signature(again, "all");
	good(mdoc_key_delete(c, "pkcs11:token=one;object=all" PIN));
	mdoc_key_free(&again);
	bad(mdoc_key_create(c, "pkcs11:token=one;object=x" PIN, "Ed25519",
		MDOC_KEY_USE_DERIVE, &again),
	    MDOC_E_ARGUMENT, "sign only");
	bad(mdoc_key_create(c, "pkcs11:token=one;object=x" PIN, "secp256k1",
		MDOC_KEY_USE_SIGN, &again),
	    MDOC_E_ARGUMENT, "secp256k1");
	assert_null(again);
	mdoc_buf_reset(&pem);
	mdoc_key_free(&key);
	mdoc_key_free(&public_);
	mdoc_key_free(&from_pem);
}

/* Whatever curve SoftHSMv2 has, made in it and written into it. */
static void
test_curves(void **state)
{
	const struct curve *curve;
	mdoc_key *key = NULL, *memory = NULL, *imported = NULL;
	char uri[128];
	unsigned use, made = 0;
	int r;

	(void)state;
	need_softhsm();
	for (size_t i = 0; (curve = curve_at(i)) != NULL; i++) {
		use = (curve->alg != 0 ? MDOC_KEY_USE_SIGN : 0) |
		    (curve->kind != CURVE_EDWARDS ? MDOC_KEY_USE_DERIVE : 0);
		(void)snprintf(uri, sizeof(uri),
		    "pkcs11:token=two;object=made-%s" PIN, curve->name);
		r = mdoc_key_create(c, uri, curve->name, use, &key);
		if (r != MDOC_OK) {
			/* No X25519, X448 in SoftHSMv2 2.6.1 */
			bad(r, MDOC_E_UNSUPPORTED, curve->name);
			assert_int_equal(curve->kind, CURVE_MONTGOMERY);
			continue;
		}
		made++;
		if (curve->alg != 0)
			check_signature(key, curve->name);
		mdoc_key_free(&key);
		good(mdoc_key_generate(c, curve->name, &memory));
		(void)snprintf(uri, sizeof(uri),
		    "pkcs11:token=two;object=put-%s;id=%%01%%%02x" PIN,
		    curve->name, (unsigned)i);
		good(mdoc_key_import(c, uri, memory, use, &imported));
		assert_true(mdoc_key_equal(memory, imported));
		assert_int_equal(mdoc_key_id(imported).len, 2);
		if (curve->alg != 0)
			check_signature(imported, curve->name);
		mdoc_key_free(&memory);
		mdoc_key_free(&imported);
	}
	assert_true(made >= 9);
}

static void
cose_of(const mdoc_key *key, mdoc_buf *buf, struct cose_key *ret)
{
	struct cbor_reader r;

	good(mdoc_key_cose(key, buf));
	cbor_reader_init(&r, bytes_of(buf->ptr, buf->len));
	assert_true(cose_key_read(&r, false, ret));
}

/* The device MAC of Annex D, with the SDeviceKey in the token. */
static void
test_device_mac(void **state)
{
	struct blob transcript = BLOB_INIT, auth = BLOB_INIT, mac = BLOB_INIT;
	struct blob d = BLOB_INIT, x = BLOB_INIT, y = BLOB_INIT;
	const struct curve *p256 = curve_by_name(bytes_str("P-256"));
	mdoc_key *memory = NULL, *ereader = NULL, *device = NULL;
	mdoc_buf buf = MDOC_BUF_INIT, buf2 = MDOC_BUF_INIT;
	struct cose_key peer;
	uint8_t salt[32], tag[32];
	struct bytes part;
	char path = 0;

	(void)state;
	need_softhsm();
	VECTORS_OR_SKIP("annexD/session_transcript_bytes.hex", &transcript);
	VECTORS_OR_SKIP("annexD/device_authentication_bytes.hex", &auth);
	VECTORS_OR_SKIP("annexD/device_auth.hex", &mac);
	assert_true(vectors_read_key("SDeviceKey d", &d));
	good(key_memory_from_private(c, p256, blob_bytes(&d), BYTES_NULL,
	    &memory));
	assert_true(vectors_read_key("EReaderKey d", &d));
	good(key_memory_from_private(c, p256, blob_bytes(&d), BYTES_NULL,
	    &ereader));
	good(mdoc_key_import(c, "pkcs11:token=one;object=annexd" PIN, memory,
	    MDOC_KEY_USE_SIGN | MDOC_KEY_USE_DERIVE, &device));
	part = blob_bytes(&transcript);
	assert_true(hasher_digest(c->hasher, HASH_SHA256, &part, 1, salt));
	cose_of(ereader, &buf, &peer);
	part = blob_bytes(&auth);
	good(key_device_mac(device, &peer, salt, &part, 1, tag, &path));
	assert_memory_equal(mac.ptr + mac.len - 32, tag, 32);
	/* SoftHSMv2: measured */
	assert_int_equal(path, 'C');
	good(mdoc_key_path(device, &path));
	assert_int_equal(path, 'C');

	/* Session keys, against memory. */
	good(key_derive2(device, &peer, salt, "SKReader", "SKDevice", &x, &y));
	cose_of(memory, &buf2, &peer);
	good(key_derive(ereader, &peer, salt, "SKReader", &d));
	assert_true(bytes_equal(blob_bytes(&x), blob_bytes(&d)));
	good(key_derive(ereader, &peer, salt, "SKDevice", &d));
	assert_true(bytes_equal(blob_bytes(&y), blob_bytes(&d)));

	/* The policy. */
	cose_of(ereader, &buf, &peer);
	good(mdoc_ctx_set_minimum_path(c, 'C'));
	good(key_device_mac(device, &peer, salt, &part, 1, tag, &path));
	good(mdoc_ctx_set_minimum_path(c, 'B'));
	memset(tag, 0, sizeof(tag));
	bad(key_device_mac(device, &peer, salt, &part, 1, tag, &path),
	    MDOC_E_POLICY, "path C of token \"one\" is weaker");
	assert_int_equal(tag[0] | tag[31], 0);
	bad(key_derive(device, &peer, salt, "SKReader", &d), MDOC_E_POLICY,
	    "minimum, B");
	bad(mdoc_ctx_set_minimum_path(c, 'E'), MDOC_E_ARGUMENT, "A, B, C");
	mdoc_key_free(&memory);
	mdoc_key_free(&ereader);
	mdoc_key_free(&device);
	mdoc_buf_reset(&buf);
	mdoc_buf_reset(&buf2);
	blob_reset(&transcript);
	blob_reset(&auth);
	blob_reset(&mac);
	blob_reset(&d);
	blob_reset(&x);
	blob_reset(&y);
}

/* A key that may only sign: no agreement. */
static void
test_sign_only(void **state)
{
	static const uint8_t salt[32] = { 1 };
	mdoc_key *key = NULL, *peer_key = NULL;
	mdoc_buf buf = MDOC_BUF_INIT;
	struct blob x = BLOB_INIT;
	struct cose_key peer;
	char path = 0;

	(void)state;
	need_softhsm();
	good(mdoc_key_create(c, "pkcs11:token=one;object=sign-only" PIN,
	    "P-256", MDOC_KEY_USE_SIGN, &key));
	good(mdoc_key_generate(c, "P-256", &peer_key));
	cose_of(peer_key, &buf, &peer);
	check_signature(key, "sign");
	bad(key_derive(key, &peer, salt, "SKReader", &x), MDOC_E_UNSUPPORTED,
	    "path S");
	good(mdoc_key_path(key, &path));
	assert_int_equal(path, 'S');
	mdoc_key_free(&key);
	good(mdoc_key_create(c, "pkcs11:token=one;object=derive-only" PIN,
	    "P-256", MDOC_KEY_USE_DERIVE, &key));
	good(key_derive(key, &peer, salt, "SKReader", &x));
	{
		struct bytes part = bytes_str("x");
		uint8_t sig[CURVE_MAX_SIG];
		size_t len;

		bad(key_sign_raw(key, &part, 1, sig, &len), MDOC_E_KEY,
		    "CKR_KEY_FUNCTION_NOT_PERMITTED");
	}
	mdoc_key_free(&key);
	mdoc_key_free(&peer_key);
	mdoc_buf_reset(&buf);
	blob_reset(&x);
}

static void
test_not_found(void **state)
{
	mdoc_key *key = NULL;

	(void)state;
	need_softhsm();
	bad(mdoc_key_open(c, "pkcs11:token=three;object=dev" PIN, &key),
	    MDOC_E_TOKEN, "no such token");
	assert_non_null(strstr(mdoc_ctx_error(c), "token=one"));
	assert_non_null(strstr(mdoc_ctx_error(c), "token=two"));
	bad(mdoc_key_open(c, "pkcs11:token=one;object=nothing" PIN, &key),
	    MDOC_E_TOKEN, "no such key");
	assert_non_null(strstr(mdoc_ctx_error(c), "object=dev"));
	/* Two tokens, and no key of that name in either. */
	bad(mdoc_key_open(c, "pkcs11:object=nothing" PIN, &key), MDOC_E_TOKEN,
	    "more than one token");
	/* The public half tells which token is meant. */
	good(mdoc_key_open(c, "pkcs11:object=dev" PIN, &key));
	assert_non_null(strstr(mdoc_key_uri(key), "token=one"));
	mdoc_key_free(&key);
	bad(mdoc_key_open(c, "pkcs11:token=one" PIN, &key), MDOC_E_TOKEN,
	    "more than one key");
	bad(mdoc_key_open(c, "pkcs11:token=one;object=dev;color=red", &key),
	    MDOC_E_ARGUMENT, "RFC 7512");
	bad(mdoc_key_open(c, "pkcs11:token=%zz", &key), MDOC_E_ARGUMENT,
	    "pkcs11:token=%zz");
	bad(mdoc_key_open(c, "pkcs11:token=one?pin-value=%1", &key),
	    MDOC_E_ARGUMENT, "PIN attribute");
	bad(mdoc_key_open(c, "pkcs11:token=one;object=dev;type=data", &key),
	    MDOC_E_ARGUMENT, "type=private");
	bad(mdoc_key_open(c, "pkcs11:token=one?module-path=/nonexistent.so",
		&key),
	    MDOC_E_TOKEN, "/nonexistent.so");
	bad(mdoc_key_open(c, "", &key), MDOC_E_ARGUMENT, "no key");
	bad(mdoc_key_open(c, "/nonexistent.pem", &key), MDOC_E_IO,
	    "/nonexistent.pem: No such file");
	assert_null(key);
}

/* ---- PINs */

struct asked {
	const char *answers[4];
	int n;
	int final[4];
};

static int
answer(void *arg, const char *token_label, int attempt, int final_try,
    mdoc_buf *ret_pin)
{
	struct asked *a = arg;
	struct blob pin = BLOB_INIT;

	assert_string_equal(token_label, "one");
	assert_int_equal(attempt, a->n + 1);
	a->final[a->n] = final_try;
	if (a->answers[a->n] == NULL)
		return MDOC_E_LOGIN;
	assert_true(blob_set(&pin, bytes_str(a->answers[a->n++])));
	ret_pin->ptr = pin.ptr;
	ret_pin->len = pin.len;
	ret_pin->cap = pin.cap;
	return MDOC_OK;
}

static void
test_pin_asked(void **state)
{
	struct asked a = { .answers = { "0000", "1234" } };
	mdoc_key *key = NULL;

	(void)state;
	need_softhsm();
	mdoc_ctx_set_pin(c, answer, &a);
	good(mdoc_key_open(c, "pkcs11:token=one;object=dev", &key));
	assert_int_equal(a.n, 2);
	mdoc_key_free(&key);
	/* Once is enough. */
	good(mdoc_key_open(c, "pkcs11:token=one;object=dev", &key));
	assert_int_equal(a.n, 2);
	mdoc_key_free(&key);
}

static void
test_pin_refused(void **state)
{
	struct asked a = { .answers = { "0000", "1111", "2222", "1234" } };
	struct asked none = { .answers = { NULL } };
	mdoc_key *key = NULL;

	(void)state;
	need_softhsm();
	bad(mdoc_key_open(c, "pkcs11:token=one;object=dev", &key), MDOC_E_LOGIN,
	    "wants a PIN");
	bad(mdoc_key_open(c, "pkcs11:token=one;object=dev?pin-value=9999",
		&key),
	    MDOC_E_LOGIN, "wrong PIN in the URI");
	assert_null(strstr(mdoc_ctx_error(c), "9999"));
	mdoc_ctx_set_pin(c, answer, &a);
	bad(mdoc_key_open(c, "pkcs11:token=one;object=dev", &key), MDOC_E_LOGIN,
	    "CKR_PIN_INCORRECT");
	assert_int_equal(a.n, PIN_MAX_TRIES);
	mdoc_ctx_set_pin(c, answer, &none);
	bad(mdoc_key_open(c, "pkcs11:token=one;object=dev", &key), MDOC_E_LOGIN,
	    "cancelled");
	assert_null(key);
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* With a new context each time, so that each one logs in. */
static void
open_with(const char *source, int code, const char *text)
{
	mdoc_key *key = NULL;
	char uri[256];
	int r;

	mdoc_ctx_free(&c);
	assert_int_equal(begin(NULL), 0);
	(void)snprintf(uri, sizeof(uri),
	    "pkcs11:token=one;object=dev?pin-source=%s", source);
	r = mdoc_key_open(c, uri, &key);
	if (code == MDOC_OK)
		good(r);
	else
		bad(r, code, text);
	mdoc_key_free(&key);
}

static void
test_pin_sources(void **state)
{
	char path[128], source[160];
	int fd;

	(void)state;
	need_softhsm();
	(void)snprintf(path, sizeof(path), "%s/pin", hsm.folder);
	write_file(path, "1234\n");
	open_with(path, MDOC_OK, NULL);
	(void)snprintf(source, sizeof(source), "file:%s", path);
	open_with(source, MDOC_OK, NULL);
	(void)snprintf(source, sizeof(source), "file://%s", path);
	open_with(source, MDOC_OK, NULL);
	assert_true((fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0);
	(void)snprintf(source, sizeof(source), "fd:%d", fd);
	open_with(source, MDOC_OK, NULL);
	(void)close(fd);
	open_with(source, MDOC_E_LOGIN, "Bad file descriptor");
	open_with("fd:x", MDOC_E_ARGUMENT, "file descriptor");
	open_with("%7Ccat", MDOC_E_ARGUMENT, "commands are not run");

	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	open_with("cred:pin", MDOC_E_LOGIN, "CREDENTIALS_DIRECTORY");
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", hsm.folder, 1), 0);
	open_with("cred:pin", MDOC_OK, NULL);
	open_with("cred:..%2Fpin", MDOC_E_ARGUMENT, "name of a credential");
	open_with("cred:none", MDOC_E_LOGIN, "No such file");

	write_file(path, "9999");
	open_with(path, MDOC_E_LOGIN, "wrong PIN in the URI");
	write_file(path, "\n");
	open_with(path, MDOC_E_LOGIN, "it is empty");
	write_file(path, "1234\r\n");
	open_with(path, MDOC_OK, NULL);
	(void)unlink(path);
	open_with(path, MDOC_E_LOGIN, "No such file");
}

/* ---- a token that says more than SoftHSMv2 does, and counts */

static struct {
	CK_FUNCTION_LIST *real;
	CK_FUNCTION_LIST list;
	CK_FLAGS more;
	unsigned null_pins, context_logins, finds, logins;
	bool always, locked;
	bool logged_in; /* for the next operation of an always-login key */
	unsigned signs_without_login;
} shim;

static CK_RV
shim_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	CK_RV rv = shim.real->C_GetTokenInfo(slot, info);

	info->flags |= shim.more;
	return rv;
}

static CK_RV
shim_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin,
    CK_ULONG len)
{
	shim.logins++;
	if (shim.locked)
		return CKR_PIN_LOCKED;
	if (user == CKU_CONTEXT_SPECIFIC) {
		shim.context_logins++;
		if (len != 4 || memcmp(pin, "1234", 4) != 0)
			return CKR_PIN_INCORRECT;
		shim.logged_in = true;
		return CKR_OK;
	}
	if (pin == NULL) {
		shim.null_pins++;
		return shim.real->C_Login(session, user, softhsm_pin,
		    SOFTHSM_PIN_LEN);
	}
	return shim.real->C_Login(session, user, pin, len);
}

static CK_RV
shim_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *a, CK_ULONG n)
{
	if (shim.always && n == 1 && a->type == CKA_ALWAYS_AUTHENTICATE &&
	    a->pValue != NULL) {
		*(CK_BBOOL *)a->pValue = CK_TRUE;
		a->ulValueLen = sizeof(CK_BBOOL);
		return CKR_OK;
	}
	return shim.real->C_GetAttributeValue(session, object, a, n);
}

static CK_RV
shim_sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len,
    CK_BYTE *signature, CK_ULONG *signature_len)
{
	CK_RV rv;

	rv = shim.real->C_Sign(session, data, len, signature, signature_len);
	if (shim.always && !shim.logged_in) {
		shim.signs_without_login++;
		return CKR_USER_NOT_LOGGED_IN;
	}
	shim.logged_in = false;
	return rv;
}

static CK_RV
shim_find(CK_SESSION_HANDLE session, CK_ATTRIBUTE *a, CK_ULONG n)
{
	shim.finds++;
	return shim.real->C_FindObjectsInit(session, a, n);
}

/* Puts the shim under the token of an open key; then logs out. */
static void
shim_under(struct p11token *t)
{
	memset(&shim, 0, sizeof(shim));
	shim.real = t->t.f;
	shim.list = *t->t.f;
	shim.list.C_GetTokenInfo = shim_token_info;
	shim.list.C_Login = shim_login;
	shim.list.C_GetAttributeValue = shim_attributes;
	shim.list.C_Sign = shim_sign;
	shim.list.C_FindObjectsInit = shim_find;
	t->t.f = &shim.list;
}

static void
shim_away(struct p11token *t)
{
	t->t.f = shim.real;
}

static void
test_pin_flags(void **state)
{
	struct asked a = { .answers = { "1234" } };
	struct p11token *t;
	struct p11uri u;
	mdoc_key *key = NULL;

	(void)state;
	need_softhsm();
	good(mdoc_key_open(c, "pkcs11:token=one;object=dev" PIN, &key));
	t = key_token_of(key)->token;
	shim_under(t);
	good(p11uri_parse(c, "pkcs11:token=one" PIN, &u));

	/* A keypad of its own: NULL PIN, whatever the URI says. */
	assert_int_equal(t->t.f->C_Logout(t->t.session), CKR_OK);
	shim.more = CKF_PROTECTED_AUTHENTICATION_PATH;
	good(p11token_login(c, t, &u));
	assert_int_equal(shim.null_pins, 1);

	/* Locked: not even tried. */
	assert_int_equal(t->t.f->C_Logout(t->t.session), CKR_OK);
	shim.more = CKF_USER_PIN_LOCKED;
	shim.logins = 0;
	bad(p11token_login(c, t, &u), MDOC_E_LOGIN, "locked");
	assert_int_equal(shim.logins, 0);
	shim.more = 0;
	shim.locked = true;
	bad(p11token_login(c, t, &u), MDOC_E_LOGIN, "CKR_PIN_LOCKED");
	shim.locked = false;

	/* The last try is for those who know that it is. */
	shim.more = CKF_USER_PIN_FINAL_TRY;
	shim.logins = 0;
	bad(p11token_login(c, t, &u), MDOC_E_LOGIN, "one try is left");
	assert_int_equal(shim.logins, 0);
	mdoc_ctx_set_pin(c, answer, &a);
	good(p11token_login(c, t, &u));
	assert_int_equal(shim.logins, 1);
	assert_int_equal(a.final[0], 1);
	shim_away(t);
	p11uri_reset(&u);
	mdoc_key_free(&key);
}

static void
test_always_login(void **state)
{
	struct asked a = { .answers = { "1234", "1234", NULL } };
	struct bytes part = bytes_str("x");
	uint8_t sig[CURVE_MAX_SIG];
	struct key_token *k;
	mdoc_key *key = NULL;
	size_t len;

	(void)state;
	need_softhsm();
	good(mdoc_key_open(c, "pkcs11:token=one;object=dev" PIN, &key));
	k = key_token_of(key);
	shim_under(k->token);
	shim.always = true;
	k->always_login = true;
	check_signature(key, "first");
	check_signature(key, "second");
	assert_int_equal(shim.context_logins, 2);
	assert_int_equal(shim.signs_without_login, 0);
	/* Cancelled: the operation is ended, the next one works. */
	blob_reset(&k->uri.pin_value);
	mdoc_ctx_set_pin(c, answer, &a);
	a.answers[0] = NULL;
	bad(key_sign_raw(key, &part, 1, sig, &len), MDOC_E_LOGIN, "cancelled");
	a.answers[0] = "1234";
	check_signature(key, "third");
	shim_away(k->token);
	mdoc_key_free(&key);
}

/* No search, no login per operation; all of it again when it is gone. */
static void
test_handles(void **state)
{
	struct key_token *k;
	mdoc_key *key = NULL;

	(void)state;
	need_softhsm();
	good(mdoc_key_open(c, "pkcs11:token=one;object=dev" PIN, &key));
	k = key_token_of(key);
	shim_under(k->token);
	for (int i = 0; i < 5; i++)
		check_signature(key, "again");
	assert_int_equal(shim.finds, 0);
	assert_int_equal(shim.logins, 0);
	assert_int_equal(k->token->t.f->C_CloseSession(k->token->t.session),
	    CKR_OK);
	check_signature(key, "after the session was closed");
	assert_int_equal(shim.logins, 1);
	/* The private key and the public one, to see that it is the same. */
	assert_int_equal(shim.finds, 2);
	assert_int_equal(k->token->t.f->C_Logout(k->token->t.session), CKR_OK);
	check_signature(key, "after a logout");
	assert_int_equal(shim.logins, 2);
	shim_away(k->token);
	mdoc_key_free(&key);
}

/* ---- lists, deletion */

struct listed {
	unsigned private_, public_;
	bool dev;
	unsigned stop_after;
};

static int
count_key(void *arg, const mdoc_key_info *info)
{
	struct listed *l = arg;

	if (info->is_private)
		l->private_++;
	else
		l->public_++;
	if (strcmp(info->label, "dev") == 0) {
		l->dev = true;
		assert_string_equal(info->curve, "P-256");
		if (info->is_private)
			assert_int_equal(info->use,
			    MDOC_KEY_USE_SIGN | MDOC_KEY_USE_DERIVE);
		assert_false(info->extractable);
		assert_int_equal(info->id.len, 20);
		assert_non_null(strstr(info->uri, "object=dev"));
	}
	return l->stop_after != 0 && l->private_ + l->public_ >= l->stop_after;
}

static void
test_list(void **state)
{
	struct listed l = { 0 }, none = { 0 }, some = { .stop_after = 2 };
	struct listed one = { 0 };

	(void)state;
	need_softhsm();
	/* Without a PIN: what is public. */
	good(mdoc_key_list(c, "pkcs11:token=one", count_key, &none));
	assert_int_equal(none.private_, 0);
	assert_true(none.public_ >= 3 && none.dev);
	good(mdoc_key_list(c, "pkcs11:token=one" PIN, count_key, &l));
	assert_int_equal(l.private_, none.public_);
	assert_int_equal(l.public_, 0);
	assert_true(l.dev);
	good(mdoc_key_list(c, "pkcs11:token=one" PIN, count_key, &some));
	assert_int_equal(some.private_, 2);
	good(mdoc_key_list(c, "pkcs11:token=one;object=dev" PIN, count_key,
	    &one));
	assert_int_equal(one.private_, 1);
	bad(mdoc_key_list(c, "pkcs11:token=nine", count_key, &one),
	    MDOC_E_TOKEN, "no such token");
	bad(mdoc_key_list(c, "nonsense", count_key, &one), MDOC_E_ARGUMENT,
	    "URI is needed");
	bad(mdoc_key_list(c, NULL, count_key, &one), MDOC_E_ARGUMENT,
	    "URI is needed");
	bad(mdoc_key_delete(c, NULL), MDOC_E_ARGUMENT, "URI is needed");
}

static void
test_delete(void **state)
{
	mdoc_key *key = NULL;
	struct listed l = { 0 };

	(void)state;
	need_softhsm();
	good(mdoc_key_create(c, "pkcs11:token=one;object=gone" PIN, "P-256",
	    MDOC_KEY_USE_SIGN, &key));
	bad(mdoc_key_delete(c, "pkcs11:token=one" PIN), MDOC_E_ARGUMENT,
	    "object= or id= is needed");
	bad(mdoc_key_delete(c, "pkcs11:token=one;object=other" PIN),
	    MDOC_E_TOKEN, "no such key");
	good(mdoc_key_delete(c, "pkcs11:token=one;object=gone" PIN));
	good(mdoc_key_list(c, "pkcs11:token=one;object=gone" PIN, count_key,
	    &l));
	assert_int_equal(l.private_ + l.public_, 0);
	/* Whoever holds it is told. */
	{
		struct bytes part = bytes_str("x");
		uint8_t sig[CURVE_MAX_SIG];
		size_t len;

		bad(key_sign_raw(key, &part, 1, sig, &len), MDOC_E_TOKEN,
		    "not there any more");
	}
	mdoc_key_free(&key);
}

/* A path that is relative is one of the caller's folder, not of p11-kit's. */
static void
test_module_paths(void **state)
{
	char path[128], old[512];
	mdoc_key *key = NULL;

	(void)state;
	need_softhsm();
	assert_non_null(getcwd(old, sizeof(old)));
	assert_int_equal(chdir(hsm.folder), 0);
	assert_int_equal(symlink(hsm.module, "link.so"), 0);
	good(mdoc_ctx_set_module(c, "./link.so"));
	good(mdoc_key_open(c, "pkcs11:token=one;object=dev" PIN, &key));
	check_signature(key, "through a link");
	mdoc_key_free(&key);
	good(mdoc_ctx_set_module(c, "./none.so"));
	bad(mdoc_key_open(c, "pkcs11:token=one;object=dev" PIN, &key),
	    MDOC_E_TOKEN, "./none.so cannot be loaded: No such file");
	write_file("text.so", "no module");
	(void)snprintf(path, sizeof(path), "%s/text.so", hsm.folder);
	good(mdoc_ctx_set_module(c, path));
	bad(mdoc_key_open(c, "pkcs11:token=one;object=dev" PIN, &key),
	    MDOC_E_TOKEN, "text.so cannot be loaded: ");
	/* The URI goes before the context. */
	(void)snprintf(path, sizeof(path),
	    "pkcs11:token=one;object=dev" PIN "&module-path=%s", hsm.module);
	good(mdoc_key_open(c, path, &key));
	assert_non_null(strstr(mdoc_key_uri(key), hsm.module));
	mdoc_key_free(&key);
	assert_int_equal(chdir(old), 0);
}

/* Deleted, and another one made with its label and id. */
static void
test_replaced(void **state)
{
	struct bytes part = bytes_str("x");
	uint8_t sig[CURVE_MAX_SIG];
	mdoc_key *key = NULL, *other = NULL;
	size_t len;

	(void)state;
	need_softhsm();
	good(mdoc_key_create(c, "pkcs11:token=one;object=r;id=%07" PIN, "P-256",
	    MDOC_KEY_USE_SIGN, &key));
	check_signature(key, "before");
	good(mdoc_key_delete(c, "pkcs11:token=one;object=r" PIN));
	good(mdoc_key_create(c, "pkcs11:token=one;object=r;id=%07" PIN, "P-256",
	    MDOC_KEY_USE_SIGN, &other));
	bad(key_sign_raw(key, &part, 1, sig, &len), MDOC_E_TOKEN,
	    "another key is in its place");
	check_signature(other, "after");
	good(mdoc_key_delete(c, "pkcs11:token=one;object=r" PIN));
	mdoc_key_free(&key);
	mdoc_key_free(&other);
}

/* Two keys with one label, made by another program. */
static void
test_ambiguous(void **state)
{
	struct softhsm_key twin = { .label = "twin", .token = true };
	struct blob d = BLOB_INIT;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE h;
	mdoc_key *key = NULL, *memory = NULL;

	(void)state;
	need_softhsm();
	good(mdoc_key_generate(c, "P-256", &memory));
	assert_int_equal(memory->ops->secret(memory, &d), MDOC_OK);
	twin.d = blob_bytes(&d);
	assert_true(softhsm_start(&hsm, "two"));
	assert_int_equal(softhsm_session(&hsm, &session), CKR_OK);
	twin.id = bytes_of("\x01", 1);
	assert_int_equal(softhsm_import(hsm.f, session, &twin, &h, NULL),
	    CKR_OK);
	twin.id = bytes_of("\x02", 1);
	assert_int_equal(softhsm_import(hsm.f, session, &twin, &h, NULL),
	    CKR_OK);
	softhsm_stop(&hsm);

	bad(mdoc_key_open(c, "pkcs11:token=two;object=twin" PIN, &key),
	    MDOC_E_TOKEN, "more than one key");
	assert_non_null(strstr(mdoc_ctx_error(c), "id=%01"));
	assert_non_null(strstr(mdoc_ctx_error(c), "id=%02"));
	bad(mdoc_key_delete(c, "pkcs11:token=two;object=twin" PIN),
	    MDOC_E_TOKEN, "more than one key");
	/* No public key, no certificate. */
	bad(mdoc_key_open(c, "pkcs11:token=two;object=twin;id=%01" PIN, &key),
	    MDOC_E_KEY, "no public key or certificate");
	good(mdoc_key_delete(c, "pkcs11:token=two;object=twin;id=%01" PIN));
	good(mdoc_key_delete(c, "pkcs11:token=two;object=twin;id=%02" PIN));
	mdoc_key_free(&memory);
	blob_reset(&d);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_create),
		T(test_curves),
		T(test_device_mac),
		T(test_sign_only),
		T(test_not_found),
		T(test_pin_asked),
		T(test_pin_refused),
		T(test_pin_sources),
		T(test_pin_flags),
		T(test_always_login),
		T(test_handles),
		T(test_list),
		T(test_delete),
		T(test_ambiguous),
		T(test_replaced),
		T(test_module_paths),
	};

	return cmocka_run_group_tests_name("key-token", tests, setup, NULL);
}
