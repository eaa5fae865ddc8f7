/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "mdoc/crypto/key.h"
#include "mdoc/crypto/sigver.h"
#include "tests/support/expect.h"

static mdoc_ctx *c;

static int
setup(void **state)
{
	(void)state;
	return mdoc_ctx_new(&c);
}

static int
teardown(void **state)
{
	(void)state;
	mdoc_ctx_free(&c);
	return 0;
}

struct signed_ {
	mdoc_key *key;
	struct bytes part;
	uint8_t sig[CURVE_MAX_SIG];
	struct sigver_input in;
};

static void
make(const char *curve, struct signed_ *s)
{
	size_t len = 0;

	memset(s, 0, sizeof(*s));
	s->part = bytes_str("message");
	expect_ok(c, mdoc_key_generate(c, curve, &s->key));
	expect_ok(c, key_sign_raw(s->key, &s->part, 1, s->sig, &len));
	s->in = (struct sigver_input){ key_alg(s->key), &s->part, 1,
		bytes_of(s->sig, len) };
}

static enum sigver_result
verify(const struct signed_ *s)
{
	return sigver_cose(c->sigver, c->hasher, key_curve(s->key),
	    key_point(s->key), &s->in);
}

/* The kept key object takes one key after the other, bad ones in between. */
static void
test_alternating(void **state)
{
	uint8_t off[CURVE_MAX_POINT];
	struct signed_ a, b, p384, ed;
	struct bytes point;

	(void)state;
	make("P-256", &a);
	make("P-256", &b);
	make("P-384", &p384);
	make("Ed25519", &ed);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(verify(&a), SIGVER_GOOD);
		assert_int_equal(verify(&p384), SIGVER_GOOD);
		assert_int_equal(verify(&ed), SIGVER_GOOD);
		assert_int_equal(sigver_cose(c->sigver, c->hasher,
				     key_curve(b.key), key_point(b.key), &a.in),
		    SIGVER_BAD);
		assert_int_equal(verify(&b), SIGVER_GOOD);

		point = key_point(a.key);
		memcpy(off, point.ptr, point.len);
		off[40] ^= 1;
		assert_int_equal(sigver_cose(c->sigver, c->hasher,
				     key_curve(a.key), bytes_of(off, point.len),
				     &a.in),
		    SIGVER_BAD_KEY);
	}
	mdoc_key_free(&a.key);
	mdoc_key_free(&b.key);
	mdoc_key_free(&p384.key);
	mdoc_key_free(&ed.key);
}

static enum sigver_result
with_point(const struct signed_ *s, struct bytes point)
{
	struct pubkey *k = pubkey_new(c->sigver, key_curve(s->key), point);

	assert_null(k);
	return sigver_cose(c->sigver, c->hasher, key_curve(s->key), point,
	    &s->in);
}

static void
test_bad_keys(void **state)
{
	uint8_t p[CURVE_MAX_POINT] = { 0 };
	struct signed_ s, ed;

	(void)state;
	make("P-256", &s);
	make("Ed25519", &ed);
	/* The neutral element, a compressed and a hybrid form, lengths. */
	assert_int_equal(with_point(&s, bytes_of(p, 1)), SIGVER_BAD_KEY);
	assert_int_equal(with_point(&s, bytes_of(p, 65)), SIGVER_BAD_KEY);
	memcpy(p, key_point(s.key).ptr, 65);
	p[0] = 0x02 | (p[64] & 1);
	assert_int_equal(with_point(&s, bytes_of(p, 33)), SIGVER_BAD_KEY);
	assert_int_equal(with_point(&s, bytes_of(p, 65)), SIGVER_BAD_KEY);
	p[0] = 0x06 | (p[64] & 1);
	assert_int_equal(with_point(&s, bytes_of(p, 65)), SIGVER_BAD_KEY);
	p[0] = 0x04;
	assert_int_equal(with_point(&s, bytes_of(p, 64)), SIGVER_BAD_KEY);
	assert_int_equal(with_point(&s, bytes_of(p, 66)), SIGVER_BAD_KEY);
	assert_int_equal(with_point(&s, BYTES_NULL), SIGVER_BAD_KEY);
	/* Ed25519: small order (0, 1), length */
	memset(p, 0, sizeof(p));
	assert_int_equal(with_point(&ed, bytes_of(p, 32)), SIGVER_BAD_KEY);
	p[0] = 1;
	assert_int_equal(with_point(&ed, bytes_of(p, 32)), SIGVER_BAD_KEY);
	assert_int_equal(with_point(&ed, bytes_of(p, 31)), SIGVER_BAD_KEY);
	assert_null(pubkey_new(c->sigver, curve_by_name(bytes_str("X25519")),
	    key_point(ed.key)));
	mdoc_key_free(&s.key);
	mdoc_key_free(&ed.key);
}

/* Which algorithm goes with which curve (18013-5 Table 17, RFC 9864). */
static void
test_algorithms(void **state)
{
	static const int algs[] = { -7, -8, -9, -19, -35, -36, -51, -52, -53,
		-265, -266, -267, -268, -47, 0, 5 };

	static const struct {
		const char *curve;
		int good[2];
	} list[] = {
		{ "P-256", { -7, -9 } },
		{ "P-384", { -35, -51 } },
		{ "P-521", { -36, -52 } },
		{ "Ed25519", { -8, -19 } },
		{ "Ed448", { -8, -53 } },
		{ "brainpoolP256r1", { -7, -265 } },
		{ "brainpoolP320r1", { -35, -266 } },
		{ "brainpoolP384r1", { -35, -267 } },
		{ "brainpoolP512r1", { -36, -268 } },
	};
	struct signed_ s;
	enum sigver_result want;

	(void)state;
	for (size_t i = 0; i < nitems(list); i++) {
		make(list[i].curve, &s);
		for (size_t j = 0; j < nitems(algs); j++) {
			s.in.alg = algs[j];
			want = algs[j] == list[i].good[0] ||
				algs[j] == list[i].good[1]
			    ? SIGVER_GOOD
			    : SIGVER_BAD_FORM;
			assert_int_equal(verify(&s), want);
		}
		mdoc_key_free(&s.key);
	}
}

static void
test_forms(void **state)
{
	struct signed_ s, ed;
	struct bytes parts[3];
	struct pubkey *k;

	(void)state;
	make("P-256", &s);
	make("Ed448", &ed);
	s.in.signature.len--;
	assert_int_equal(verify(&s), SIGVER_BAD_FORM);
	s.in.signature.len += 2;
	assert_int_equal(verify(&s), SIGVER_BAD_FORM);
	s.in.signature.len--;
	s.sig[63] ^= 1;
	assert_int_equal(verify(&s), SIGVER_BAD);
	s.sig[63] ^= 1;
	/* r = 0, s = 0 */
	memset(s.sig, 0, 64);
	assert_int_equal(verify(&s), SIGVER_BAD);
	/* However the message is cut. */
	parts[0] = bytes_of("mess", 4);
	parts[1] = bytes_of("", 0);
	parts[2] = bytes_of("age", 3);
	ed.in.parts = parts;
	ed.in.n = 3;
	assert_int_equal(verify(&ed), SIGVER_GOOD);
	k = pubkey_new(c->sigver, key_curve(ed.key), key_point(ed.key));
	assert_non_null(k);
	assert_int_equal(sigver_cose_key(c->sigver, c->hasher, k, &ed.in),
	    SIGVER_GOOD);
	/* Certificates are not signed with EdDSA (18013-5 B.1). */
	assert_int_equal(sigver_x509(c->sigver, c->hasher, k, HASH_SHA512,
			     parts[0], ed.in.signature),
	    SIGVER_BAD_FORM);
	pubkey_free(&k);
	assert_null(k);
	pubkey_free(NULL);
	/* What failed here is nobody else's business. */
	assert_true(ERR_peek_error() == 0);
	mdoc_key_free(&s.key);
	mdoc_key_free(&ed.key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alternating),
		cmocka_unit_test(test_bad_keys),
		cmocka_unit_test(test_algorithms),
		cmocka_unit_test(test_forms),
	};

	return cmocka_run_group_tests_name("sigver", tests, setup, teardown);
}
