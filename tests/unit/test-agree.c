/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "tests/support/failmalloc.h"
#include "tests/support/p11-double.h"
#include "tests/support/tokens.h"
#include "vendor-ext/agree.h"
#include "vendor-ext/pkcs11-3.h"

/* A peer in this process and the key that the token should come to. */
struct peer {
	const struct curve *curve;
	int first;            /* wanted first byte of its x; -1: any */
	CK_OBJECT_HANDLE key; /* in the token */
	uint8_t point[CURVE_MAX_POINT];
	size_t point_len;
	uint8_t salt[32];
	uint8_t expected[32];
};

static struct hasher *hasher;

static void
peer_agree(struct peer *p, EVP_PKEY *mine, struct bytes theirs)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(mine, NULL);
	uint8_t z[CURVE_MAX_FIELD];
	size_t len = sizeof(z);
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
	assert_int_equal(EVP_PKEY_derive(ctx, z, &len), 1);
	assert_int_equal(len, p->curve->field_len);
	assert_true(hasher_hkdf(hasher, bytes_of(p->salt, sizeof(p->salt)),
	    bytes_of(z, len), bytes_str("EMacKey"), p->expected,
	    sizeof(p->expected)));
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(other);
}

static EVP_PKEY *
peer_generate(struct peer *p)
{
	const struct curve *c = p->curve;
	EVP_PKEY *mine = NULL;

	do {
		EVP_PKEY_free(mine);
		mine = c->kind == CURVE_WEIERSTRASS
		    ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", c->group)
		    : EVP_PKEY_Q_keygen(NULL, NULL, c->group);
		assert_int_equal(EVP_PKEY_get_octet_string_param(mine,
				     OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
				     p->point, sizeof(p->point), &p->point_len),
		    1);
	} while (p->first >= 0 && p->point[1] != p->first);
	return mine;
}

/* A peer for a key pair of the token. */
static void
peer_for(const struct token *t, CK_OBJECT_HANDLE public_, struct peer *p)
{
	struct blob point = BLOB_INIT;
	EVP_PKEY *mine = peer_generate(p);

	memset(p->salt, p->curve->cose & 0xff, sizeof(p->salt));
	assert_int_equal(token_key_point(t, public_, &point), CKR_OK);
	peer_agree(p, mine, blob_bytes(&point));
	EVP_PKEY_free(mine);
	blob_reset(&point);
}

/* false: the token does not have the curve. */
static bool
peer_make_first(const struct token *t, const struct curve *c, struct peer *p)
{
	CK_OBJECT_HANDLE public_;

	p->curve = c;
	if (tokens_generate(t, c, &p->key, &public_) != CKR_OK)
		return false;
	peer_for(t, public_, p);
	return true;
}

static bool
peer_make(const struct token *t, const struct curve *c, struct peer *p)
{
	p->first = -1;
	return peer_make_first(t, c, p);
}

static struct agree_input
input_of(const struct peer *p)
{
	return (struct agree_input){ .key = p->key,
		.curve = p->curve,
		.peer = bytes_of(p->point, p->point_len),
		.salt = bytes_of(p->salt, sizeof(p->salt)),
		.info = bytes_str("EMacKey") };
}

/* The secret is the expected one, where it should be, and nothing is left. */
static void
assert_secret(const struct token *t, const struct peer *p,
    struct agree_secret *s, enum agree_path path)
{
	const struct bytes parts[] = { bytes_str("a"), bytes_str("bc") };
	uint8_t want[32], got[32], value[64];
	CK_ATTRIBUTE a = { CKA_VALUE, value, sizeof(value) };

	assert_int_equal(s->path, path);
	assert_true(hasher_hmac(hasher, bytes_of(p->expected, 32), parts, 2,
	    want));
	assert_int_equal(agree_hmac(t, hasher, s, parts, 2, got), CKR_OK);
	assert_memory_equal(got, want, 32);
	if (path <= AGREE_PATH_B) {
		assert_int_not_equal(s->handle, 0);
		assert_int_equal(s->memory.len, 0);
		assert_int_equal(t->f->C_GetAttributeValue(t->session,
				     s->handle, &a, 1),
		    CKR_ATTRIBUTE_SENSITIVE);
	} else {
		assert_int_equal(s->handle, 0);
		assert_memory_equal(s->memory.ptr, p->expected, 32);
	}
	agree_secret_reset(t, s);
	assert_int_equal(s->handle, 0);
	assert_null(s->memory.ptr);
}

/* Every curve of the token by the path it finds, and by each it is told. */
static int
check_token(const struct token *t, enum agree_path best,
    const enum agree_path *others, size_t n)
{
	const struct curve *c;
	struct peer p;
	int curves = 0;

	for (size_t i = 0; (c = curve_at(i)) != NULL; i++) {
		struct agree_secret s = AGREE_SECRET_INIT;
		struct agree_input in;
		enum agree_path path = AGREE_PATH_UNKNOWN;
		CK_ULONG before;

		if (c->kind == CURVE_EDWARDS || !peer_make(t, c, &p))
			continue;
		before = tokens_count(t);
		in = input_of(&p);
		assert_int_equal(agree_derive(t, hasher, &in, &s), CKR_OK);
		assert_secret(t, &p, &s, best);
		in.path = &path;
		assert_int_equal(agree_derive(t, hasher, &in, &s), CKR_OK);
		assert_int_equal(path, best);
		assert_secret(t, &p, &s, best);
		assert_int_equal(agree_derive(t, hasher, &in, &s), CKR_OK);
		assert_secret(t, &p, &s, best);
		for (size_t k = 0; k < n; k++) {
			path = others[k];
			assert_int_equal(agree_derive(t, hasher, &in, &s),
			    CKR_OK);
			assert_int_equal(path, others[k]);
			assert_secret(t, &p, &s, others[k]);
		}
		assert_int_equal(agree_probe(t, hasher, p.key, &path), CKR_OK);
		assert_int_equal(path, best);
		assert_int_equal(tokens_count(t), before);
		print_message("# path %c on %s\n", (int)best, c->name);
		curves++;
	}
	return curves;
}

static struct token softhsm;
static struct token nss;
static bool have_nss;

static int
setup(void **state)
{
	(void)state;
	hasher = hasher_new();
	have_nss = tokens_nss(&nss);
	return hasher != NULL && tokens_softhsm(&softhsm) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	tokens_stop(&softhsm);
	if (have_nss)
		tokens_stop(&nss);
	hasher_free(&hasher);
	return 0;
}

/* What stands here in tests with NSS softokn. */
#define NSS_OR_SKIP()                                                        \
	do {                                                                 \
		if (!have_nss) {                                             \
			print_message("# skipped: NSS softokn is absent\n"); \
			skip();                                              \
		}                                                            \
	} while (0)

static void
test_softhsm(void **state)
{
	static const enum agree_path others[] = { AGREE_PATH_D };

	(void)state;
	assert_int_equal(check_token(&softhsm, AGREE_PATH_C, others, 1), 7);
}

static void
test_nss(void **state)
{
	static const enum agree_path others[] = { AGREE_PATH_B, AGREE_PATH_C,
		AGREE_PATH_D };

	(void)state;
	NSS_OR_SKIP();
	assert_int_equal(check_token(&nss, AGREE_PATH_A, others, 3), 3);
}

/* The weakest path that is allowed is a limit whatever is known. */
static void
test_weakest(void **state)
{
	const struct token *t = &softhsm;
	struct agree_secret s = AGREE_SECRET_INIT;
	enum agree_path path = AGREE_PATH_D;
	struct agree_input in;
	struct peer p;
	CK_ULONG before;

	(void)state;
	assert_true(peer_make(t, curve_by_cose(1), &p));
	before = tokens_count(t);
	in = input_of(&p);
	in.path = &path;
	in.weakest = AGREE_PATH_C;
	assert_int_equal(agree_derive(t, hasher, &in, &s), CKR_OK);
	assert_int_equal(path, AGREE_PATH_C);
	assert_secret(t, &p, &s, AGREE_PATH_C);
	for (in.weakest = AGREE_PATH_A; in.weakest <= AGREE_PATH_B;
	     in.weakest++) {
		assert_int_equal(agree_derive(t, hasher, &in, &s),
		    CKR_KEY_FUNCTION_NOT_PERMITTED);
		assert_int_equal(path, AGREE_PATH_C);
		assert_int_equal(s.path, AGREE_PATH_UNKNOWN);
	}
	in.weakest = AGREE_PATH_S;
	assert_int_equal(agree_derive(t, hasher, &in, &s), CKR_OK);
	assert_secret(t, &p, &s, AGREE_PATH_C);
	assert_int_equal(tokens_count(t), before);
}

static void
test_bad_input(void **state)
{
	const struct token *t = &softhsm;
	struct agree_secret s = AGREE_SECRET_INIT;
	static const uint8_t long_salt[65];
	enum agree_path path = AGREE_PATH_UNKNOWN;
	CK_OBJECT_HANDLE private_, public_;
	struct agree_input in;
	struct peer p;

	(void)state;
	assert_true(peer_make(t, curve_by_cose(1), &p));
	in = input_of(&p);
	p.point[64] ^= 1;
	assert_int_equal(agree_derive(t, hasher, &in, &s),
	    CKR_DOMAIN_PARAMS_INVALID);
	p.point[64] ^= 1;
	in.peer.len--;
	assert_int_equal(agree_derive(t, hasher, &in, &s),
	    CKR_DOMAIN_PARAMS_INVALID);
	in.peer = BYTES_NULL;
	assert_int_equal(agree_derive(t, hasher, &in, &s),
	    CKR_DOMAIN_PARAMS_INVALID);
	in = input_of(&p);
	in.salt = bytes_of(long_salt, sizeof(long_salt));
	assert_int_equal(agree_derive(t, hasher, &in, &s), CKR_ARGUMENTS_BAD);
	in = input_of(&p);
	in.key = 0x123456;
	assert_int_equal(agree_derive(t, hasher, &in, &s),
	    CKR_KEY_HANDLE_INVALID);
	assert_int_not_equal(agree_probe(t, hasher, 0x123456, &path), CKR_OK);
	/* A key that only signs */
	assert_int_equal(tokens_generate(t, curve_by_cose(6), &private_,
			     &public_),
	    CKR_OK);
	in = input_of(&p);
	in.key = private_;
	in.curve = curve_by_cose(6);
	assert_int_equal(agree_derive(t, hasher, &in, &s),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(agree_probe(t, hasher, private_, &path), CKR_OK);
	assert_int_equal(path, AGREE_PATH_S);
	assert_int_equal(s.path, AGREE_PATH_UNKNOWN);
}

/* EC key without CKA_DERIVE: no path, and that is what the probe says. */
static void
test_no_derive(void **state)
{
	const struct token *t = &softhsm;
	struct agree_secret s = AGREE_SECRET_INIT;
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE a = { CKA_DERIVE, &no, sizeof(no) };
	enum agree_path path = AGREE_PATH_UNKNOWN;
	struct agree_input in;
	struct peer p;

	(void)state;
	assert_true(peer_make(t, curve_by_cose(1), &p));
	assert_int_equal(t->f->C_SetAttributeValue(t->session, p.key, &a, 1),
	    CKR_OK);
	in = input_of(&p);
	assert_int_equal(agree_derive(t, hasher, &in, &s),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(agree_probe(t, hasher, p.key, &path), CKR_OK);
	assert_int_equal(path, AGREE_PATH_S);
}

/* A key that is not private serves without a login, as it does by itself. */
static void
test_without_login(void **state)
{
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	struct peer p = { .curve = curve_by_cose(1), .first = -1 };
	struct bytes oid = p.curve->oid;
	CK_ATTRIBUTE public_half[] = {
		{ CKA_EC_PARAMS, (void *)(uintptr_t)oid.ptr, oid.len },
	};
	CK_ATTRIBUTE private_half[] = {
		{ CKA_PRIVATE, &no, sizeof(no) },
		{ CKA_DERIVE, &yes, sizeof(yes) },
	};
	struct agree_secret s = AGREE_SECRET_INIT;
	const struct token *t = &softhsm;
	CK_OBJECT_HANDLE public_, hidden, hidden_public;
	struct agree_input in;

	(void)state;
	assert_int_equal(tokens_generate(t, p.curve, &hidden, &hidden_public),
	    CKR_OK);
	assert_int_equal(t->f->C_GenerateKeyPair(t->session, &m, public_half, 1,
			     private_half, 2, &public_, &p.key),
	    CKR_OK);
	peer_for(t, public_, &p);
	assert_int_equal(t->f->C_Logout(t->session), CKR_OK);
	in = input_of(&p);
	in.key = hidden;
	assert_int_equal(agree_derive(t, hasher, &in, &s),
	    CKR_KEY_HANDLE_INVALID);
	in.key = p.key;
	assert_int_equal(agree_derive(t, hasher, &in, &s), CKR_OK);
	assert_secret(t, &p, &s, AGREE_PATH_C);
	assert_int_equal(t->f->C_Login(t->session, CKU_USER, softhsm_pin,
			     SOFTHSM_PIN_LEN),
	    CKR_OK);
}

/* What a token refuses decides the path. */
static void
test_refusals(void **state)
{
	struct token t = softhsm;
	struct agree_secret s = AGREE_SECRET_INIT;
	struct agree_input in;
	struct peer p;
	CK_ULONG before;

	(void)state;
	t.f = p11_double_over(t.f);
	assert_true(peer_make(&t, curve_by_cose(1), &p));
	before = tokens_count(&t);
	in = input_of(&p);
	p11_double_answer("C_DigestKey", CKR_KEY_INDIGESTIBLE);
	assert_int_equal(agree_derive(&t, hasher, &in, &s), CKR_OK);
	assert_secret(&t, &p, &s, AGREE_PATH_D);
	in.weakest = AGREE_PATH_C;
	assert_int_equal(agree_derive(&t, hasher, &in, &s),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	p11_double_clear();
	/* A fault is not a refusal: no weaker path is tried. */
	in.weakest = AGREE_PATH_UNKNOWN;
	p11_double_answer("C_DigestKey", CKR_DEVICE_ERROR);
	assert_int_equal(agree_derive(&t, hasher, &in, &s), CKR_DEVICE_ERROR);
	p11_double_clear();
	p11_double_refuse(CKM_ECDH1_DERIVE, CKR_MECHANISM_INVALID);
	assert_int_equal(agree_derive(&t, hasher, &in, &s),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	p11_double_clear();
	assert_int_equal(tokens_count(&t), before);
	/* The digest that was begun is not left to the next user. */
	assert_int_equal(agree_derive(&t, hasher, &in, &s), CKR_OK);
	assert_secret(&t, &p, &s, AGREE_PATH_C);
}

static void
test_nss_refusals(void **state)
{
	static const struct {
		CK_MECHANISM_TYPE mechanism;
		enum agree_path path;
	} steps[] = {
		{ CKM_HKDF_DERIVE, AGREE_PATH_B },
		{ CKM_SP800_108_COUNTER_KDF, AGREE_PATH_C },
		{ CKM_SHA256, AGREE_PATH_D },
	};

	struct token t = nss;
	struct agree_secret s = AGREE_SECRET_INIT;
	struct agree_input in;
	struct peer p;
	CK_ULONG before;

	(void)state;
	NSS_OR_SKIP();
	t.f = p11_double_over(t.f);
	assert_true(peer_make(&t, curve_by_cose(1), &p));
	before = tokens_count(&t);
	in = input_of(&p);
	for (size_t i = 0; i < nitems(steps); i++) {
		p11_double_refuse(steps[i].mechanism, CKR_MECHANISM_INVALID);
		assert_int_equal(agree_derive(&t, hasher, &in, &s), CKR_OK);
		assert_secret(&t, &p, &s, steps[i].path);
	}
	/* Derives the key, but has no HMAC for it: not a way either. */
	p11_double_clear();
	p11_double_refuse(CKM_SHA256_HMAC, CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(agree_derive(&t, hasher, &in, &s), CKR_OK);
	assert_secret(&t, &p, &s, AGREE_PATH_C);
	p11_double_clear();
	assert_int_equal(tokens_count(&t), before);
}

/* A token that wants the peer's point in an OCTET STRING. */
static CK_FUNCTION_LIST *below;

static CK_RV
der_only(CK_SESSION_HANDLE session, CK_MECHANISM *m, CK_OBJECT_HANDLE base,
    CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	const CK_ECDH1_DERIVE_PARAMS *p = m->pParameter;
	const CK_BYTE *der = p->pPublicData;

	if (m->mechanism == CKM_ECDH1_DERIVE &&
	    (der[0] != 0x04 ||
		(der[1] + 2u != p->ulPublicDataLen &&
		    (der[1] != 0x81 || der[2] + 3u != p->ulPublicDataLen))))
		return CKR_MECHANISM_PARAM_INVALID;
	return below->C_DeriveKey(session, m, base, template, n, ret);
}

static void
test_der_point(void **state)
{
	const struct token *real = &softhsm;
	CK_FUNCTION_LIST list = *real->f;
	struct token t = { &list, real->session, real->slot };
	static const int coses[] = { 1, 3, 259 };
	struct agree_secret s = AGREE_SECRET_INIT;
	struct agree_input in;
	struct peer p;

	(void)state;
	below = real->f;
	list.C_DeriveKey = der_only;
	for (size_t i = 0; i < nitems(coses); i++) {
		assert_true(peer_make(real, curve_by_cose(coses[i]), &p));
		in = input_of(&p);
		assert_int_equal(agree_derive(&t, hasher, &in, &s), CKR_OK);
		assert_secret(&t, &p, &s, AGREE_PATH_C);
	}
}

/* A point that by itself looks like an OCTET STRING: one in 256 does. */
static void
test_ambiguous_point(void **state)
{
	static const int coses[] = { 1, 257, 259 };
	struct agree_secret s = AGREE_SECRET_INIT;
	struct agree_input in;
	struct peer p;

	(void)state;
	for (size_t i = 0; i < nitems(coses); i++) {
		const struct curve *c = curve_by_cose(coses[i]);

		p.first = (int)(2 * c->field_len - 1);
		assert_true(peer_make_first(&softhsm, c, &p));
		assert_int_equal(p.point[1] + 2, p.point_len);
		in = input_of(&p);
		assert_int_equal(agree_derive(&softhsm, hasher, &in, &s),
		    CKR_OK);
		assert_secret(&softhsm, &p, &s, AGREE_PATH_C);
	}
}

/* Each call fails in turn: the fault is handed up, and nothing stays. */
static void
check_faults(const struct token *real, enum agree_path path)
{
	static const CK_RV faults[] = { CKR_DEVICE_REMOVED,
		CKR_SESSION_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN,
		CKR_HOST_MEMORY };
	const struct bytes part = bytes_str("x");
	struct token t = *real;
	struct agree_input in;
	struct peer p;
	CK_ULONG before;
	unsigned long n;

	assert_true(peer_make(real, curve_by_cose(1), &p));
	t.f = p11_double_over(real->f);
	before = tokens_count(real);
	in = input_of(&p);
	for (n = 1;; n++) {
		struct agree_secret s = AGREE_SECRET_INIT;
		CK_RV fault = faults[n % nitems(faults)];
		enum agree_path known = path;
		const char *failed;
		uint8_t tag[32];
		CK_RV rv;

		in.path = &known;
		assert_int_equal(tokens_session(real, &t.session), CKR_OK);
		p11_double_fail(n, fault);
		rv = agree_derive(&t, hasher, &in, &s);
		if (rv == CKR_OK)
			rv = agree_hmac(&t, hasher, &s, &part, 1, tag);
		agree_secret_reset(&t, &s);
		failed = p11_double_failed();
		if (failed == NULL) {
			assert_int_equal(rv, CKR_OK);
			break;
		}
		/* What a token does not destroy, the session's end does. */
		if (strcmp(failed, "C_DestroyObject") != 0) {
			assert_int_equal(tokens_count(real), before);
			assert_int_equal(rv, fault);
		}
		real->f->C_CloseSession(t.session);
		assert_int_equal(tokens_count(real), before);
	}
	real->f->C_CloseSession(t.session);
	print_message("# path %c: %lu calls\n", (int)path, n - 1);
}

static void
test_softhsm_faults(void **state)
{
	(void)state;
	check_faults(&softhsm, AGREE_PATH_C);
	check_faults(&softhsm, AGREE_PATH_D);
}

static void
test_nss_faults(void **state)
{
	(void)state;
	NSS_OR_SKIP();
	check_faults(&nss, AGREE_PATH_A);
	check_faults(&nss, AGREE_PATH_B);
}

static void
check_memory(const struct token *t, enum agree_path path)
{
	const struct bytes part = bytes_str("x");
	struct agree_input in;
	struct peer p;
	CK_ULONG before;

	assert_true(peer_make(t, curve_by_cose(1), &p));
	before = tokens_count(t);
	in = input_of(&p);
	for (unsigned long n = 1;; n++) {
		struct agree_secret s = AGREE_SECRET_INIT;
		enum agree_path known = path;
		uint8_t tag[32];
		CK_RV rv;

		in.path = &known;
		failmalloc_arm(n);
		rv = agree_derive(t, hasher, &in, &s);
		if (rv == CKR_OK)
			rv = agree_hmac(t, hasher, &s, &part, 1, tag);
		agree_secret_reset(t, &s);
		assert_int_equal(tokens_count(t), before);
		if (!failmalloc_disarm()) {
			assert_int_equal(rv, CKR_OK);
			break;
		}
		assert_int_equal(rv, CKR_HOST_MEMORY);
	}
}

static void
test_softhsm_memory(void **state)
{
	(void)state;
	check_memory(&softhsm, AGREE_PATH_C);
	check_memory(&softhsm, AGREE_PATH_D);
}

static void
test_nss_memory(void **state)
{
	(void)state;
	NSS_OR_SKIP();
	check_memory(&nss, AGREE_PATH_A);
	check_memory(&nss, AGREE_PATH_B);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_softhsm),
		cmocka_unit_test(test_weakest),
		cmocka_unit_test(test_bad_input),
		cmocka_unit_test(test_no_derive),
		cmocka_unit_test(test_without_login),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_der_point),
		cmocka_unit_test(test_ambiguous_point),
		cmocka_unit_test(test_softhsm_faults),
		cmocka_unit_test(test_softhsm_memory),
		cmocka_unit_test(test_nss),
		cmocka_unit_test(test_nss_refusals),
		cmocka_unit_test(test_nss_faults),
		cmocka_unit_test(test_nss_memory),
	};

	if (softhsm_module() == NULL) {
		print_message("1..0 # SKIP SoftHSMv2 is not here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
