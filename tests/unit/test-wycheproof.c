/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wycheproof through the functions that messages go through: sigver_cose, the
 * agreement of a key in memory, aead. Of the results "acceptable" each flag is
 * judged here: what is refused must be refused, what is computed must be right.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "mdoc/crypto/aead.h"
#include "mdoc/crypto/key-bytes.h"
#include "mdoc/crypto/key-memory.h"
#include "mdoc/crypto/sigver.h"
#include "tests/support/vectors.h"

struct count {
	unsigned good;       /* valid: accepted, and the value is right */
	unsigned refused;    /* invalid: refused */
	unsigned acceptable; /* acceptable: accepted, and the value is right */
	unsigned declined;   /* acceptable: refused */
	unsigned skipped;    /* of a size that mdoc does not have */
	unsigned wrong;
};

static const char *file;
static struct count count;

static json_t *
load(const char *name)
{
	struct blob text = BLOB_INIT;
	char path[128];
	json_t *j;

	(void)snprintf(path, sizeof(path), "wycheproof/%s_test.json", name);
	VECTORS_OR_SKIP(path, &text);
	j = json_loadb((const char *)text.ptr, text.len, 0, NULL);
	assert_non_null(j);
	blob_reset(&text);
	file = name;
	memset(&count, 0, sizeof(count));
	return j;
}

static void
report(json_t *j)
{
	unsigned total = count.good + count.refused + count.acceptable +
	    count.declined + count.skipped + count.wrong;

	print_message("# %s: %u tests: %u valid accepted, %u invalid refused, "
		      "%u acceptable accepted, %u acceptable refused, "
		      "%u skipped, %u wrong\n",
	    file, total, count.good, count.refused, count.acceptable,
	    count.declined, count.skipped, count.wrong);
	assert_int_equal(total,
	    json_integer_value(json_object_get(j, "numberOfTests")));
	assert_int_equal(count.wrong, 0);
	assert_true(count.good > 0);
	json_decref(j);
}

static void
get_hex(const json_t *o, const char *name, struct blob *ret)
{
	const char *hex = json_string_value(json_object_get(o, name));

	assert_non_null(hex);
	vectors_hex(hex, ret);
}

static bool
has_flag(const json_t *test, const char *flag)
{
	size_t i;
	json_t *f;

	json_array_foreach(json_object_get(test, "flags"), i, f)
	{
		if (strcmp(json_string_value(f), flag) == 0)
			return true;
	}
	return false;
}

/* done: accepted, with the value expected; anything: accepted at all. */
static void
judge(const json_t *test, bool anything, bool done)
{
	const char *result = json_string_value(json_object_get(test, "result"));
	unsigned *slot = &count.wrong;

	if (strcmp(result, "valid") == 0 && done)
		slot = &count.good;
	else if (strcmp(result, "invalid") == 0 && !anything)
		slot = &count.refused;
	else if (strcmp(result, "acceptable") == 0 && done)
		slot = &count.acceptable;
	else if (strcmp(result, "acceptable") == 0 && !anything)
		slot = &count.declined;
	else
		print_message("# %s: tcId %lld %s: wrong\n", file,
		    (long long)json_integer_value(json_object_get(test,
			"tcId")),
		    result);
	(*slot)++;
}

#define each_test(j, group, test)                                        \
	size_t gi_, ti_;                                                 \
	json_array_foreach(json_object_get(j, "testGroups"), gi_, group) \
	    json_array_foreach(json_object_get(group, "tests"), ti_, test)

static void
signatures(const char *name, const char *curve_name, const char *point)
{
	const struct curve *curve = curve_by_name(bytes_str(curve_name));
	struct hasher *h = hasher_new();
	struct sigver *v = sigver_new();
	struct blob pub = BLOB_INIT, msg = BLOB_INIT, sig = BLOB_INIT;
	json_t *j = load(name);
	json_t *group, *test;
	struct pubkey *kept;
	enum sigver_result r, again;
	struct bytes parts[2];
	struct sigver_input in;

	each_test(j, group, test)
	{
		get_hex(json_object_get(group, "publicKey"), point, &pub);
		get_hex(test, "msg", &msg);
		get_hex(test, "sig", &sig);
		/* In two parts, as a Sig_structure comes. */
		parts[0] = bytes_of(msg.ptr, msg.len / 2);
		parts[1] =
		    bytes_of(msg.ptr + msg.len / 2, msg.len - msg.len / 2);
		in = (struct sigver_input){ curve->alg, parts, 2,
			blob_bytes(&sig) };
		r = sigver_cose(v, h, curve, blob_bytes(&pub), &in);
		kept = pubkey_new(v, curve, blob_bytes(&pub));
		assert_non_null(kept);
		again = sigver_cose_key(v, h, kept, &in);
		pubkey_free(&kept);
		assert_int_equal(r, again);
		assert_int_not_equal(r, SIGVER_ERROR);
		judge(test, r == SIGVER_GOOD, r == SIGVER_GOOD);
	}
	report(j);
	blob_reset(&pub);
	blob_reset(&msg);
	blob_reset(&sig);
	sigver_free(&v);
	hasher_free(&h);
}

static void
test_ecdsa(void **state)
{
	static const char *const list[][2] = {
		{ "ecdsa_secp256r1_sha256_p1363", "P-256" },
		{ "ecdsa_secp384r1_sha384_p1363", "P-384" },
		{ "ecdsa_secp521r1_sha512_p1363", "P-521" },
		{ "ecdsa_brainpoolP256r1_sha256_p1363", "brainpoolP256r1" },
		{ "ecdsa_brainpoolP320r1_sha384_p1363", "brainpoolP320r1" },
		{ "ecdsa_brainpoolP384r1_sha384_p1363", "brainpoolP384r1" },
		{ "ecdsa_brainpoolP512r1_sha512_p1363", "brainpoolP512r1" },
	};

	(void)state;
	for (size_t i = 0; i < nitems(list); i++)
		signatures(list[i][0], list[i][1], "uncompressed");
}

static void
test_eddsa(void **state)
{
	(void)state;
	signatures("ed25519", "Ed25519", "pk");
	signatures("ed448", "Ed448", "pk");
}

/* The private key with or without leading zeros, as long as the field. */
static mdoc_key *
private_key(mdoc_ctx *c, const struct curve *curve, const json_t *test)
{
	uint8_t d[CURVE_MAX_FIELD] = { 0 };
	struct blob b = BLOB_INIT;
	struct bytes v;
	mdoc_key *key = NULL;

	get_hex(test, "private", &b);
	v = blob_bytes(&b);
	while (v.len > curve->field_len && v.ptr[0] == 0)
		v = bytes_of(v.ptr + 1, v.len - 1);
	assert_true(v.len <= curve->field_len);
	memcpy(d + curve->field_len - v.len, v.ptr, v.len);
	assert_int_equal(key_memory_from_private(c, curve,
			     bytes_of(d, curve->field_len), BYTES_NULL, &key),
	    MDOC_OK);
	blob_reset(&b);
	return key;
}

static void
agree(mdoc_ctx *c, const struct curve *curve, const json_t *test, bool asn)
{
	struct blob pub = BLOB_INIT, shared = BLOB_INIT, z = BLOB_INIT;
	mdoc_key *key = private_key(c, curve, test);
	const struct curve *found = curve;
	struct bytes point;
	bool ok = true;

	get_hex(test, "public", &pub);
	get_hex(test, "shared", &shared);
	point = blob_bytes(&pub);
	if (asn)
		ok = spki_read(point, &found, &point) && found == curve;
	ok = ok && key_memory_agree(key, point, &z) == MDOC_OK;
	judge(test, ok, ok && bytes_equal(blob_bytes(&z), blob_bytes(&shared)));
	/* What we decided to refuse. (Of X448, three tests called
	 * LowOrderPublic are not: their shared secret is not zero.) */
	if (ok &&
	    (has_flag(test, "ZeroSharedSecret") ||
		has_flag(test, "CompressedPoint") ||
		has_flag(test, "UnnamedCurve")))
		fail_msg("%s: accepted what must be refused", file);
	mdoc_key_free(&key);
	blob_reset(&pub);
	blob_reset(&shared);
	blob_reset(&z);
}

static void
test_ecdh(void **state)
{
	static const struct {
		const char *name;
		const char *curve;
		bool asn;
	} list[] = {
		{ "ecdh_secp256r1_ecpoint", "P-256", false },
		{ "ecdh_secp384r1_ecpoint", "P-384", false },
		{ "ecdh_secp521r1_ecpoint", "P-521", false },
		{ "ecdh_brainpoolP256r1", "brainpoolP256r1", true },
		{ "ecdh_brainpoolP320r1", "brainpoolP320r1", true },
		{ "ecdh_brainpoolP384r1", "brainpoolP384r1", true },
		{ "ecdh_brainpoolP512r1", "brainpoolP512r1", true },
		{ "x25519", "X25519", false },
		{ "x448", "X448", false },
	};
	const struct curve *curve;
	json_t *j, *group, *test;
	mdoc_ctx *c = NULL;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&c), MDOC_OK);
	for (size_t i = 0; i < nitems(list); i++) {
		curve = curve_by_name(bytes_str(list[i].curve));
		j = load(list[i].name);
		each_test(j, group, test) agree(c, curve, test, list[i].asn);
		report(j);
	}
	mdoc_ctx_free(&c);
}

static void
gcm(struct aead *a, const json_t *test)
{
	uint8_t out[1024];
	struct blob key = BLOB_INIT, iv = BLOB_INIT, msg = BLOB_INIT,
		    ct = BLOB_INIT, tag = BLOB_INIT;
	bool opened, right;

	get_hex(test, "key", &key);
	get_hex(test, "iv", &iv);
	get_hex(test, "msg", &msg);
	get_hex(test, "ct", &ct);
	get_hex(test, "tag", &tag);
	assert_true(blob_append_bytes(&ct, blob_bytes(&tag)));
	assert_true(ct.len <= sizeof(out));
	opened = aead_open(a, blob_bytes(&key), iv.ptr, blob_bytes(&ct), out);
	right = opened &&
	    bytes_equal(bytes_of(out, ct.len - tag.len), blob_bytes(&msg));
	if (right) {
		right = aead_seal(a, blob_bytes(&key), iv.ptr, blob_bytes(&msg),
			    out) &&
		    bytes_equal(bytes_of(out, ct.len), blob_bytes(&ct));
	}
	judge(test, opened, right);
	blob_reset(&key);
	blob_reset(&iv);
	blob_reset(&msg);
	blob_reset(&ct);
	blob_reset(&tag);
}

static void
test_aes_gcm(void **state)
{
	json_t *j = load("aes_gcm");
	json_t *group, *test;
	struct aead *a = aead_new();
	const char *aad;

	(void)state;
	assert_non_null(a);
	each_test(j, group, test)
	{
		aad = json_string_value(json_object_get(test, "aad"));
		/* Session encryption: 256-bit keys, 12-byte IVs, no AAD. */
		if (json_integer_value(json_object_get(group, "keySize")) !=
			256 ||
		    json_integer_value(json_object_get(group, "ivSize")) !=
			96 ||
		    aad[0] != '\0')
			count.skipped++;
		else
			gcm(a, test);
	}
	report(j);
	aead_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ecdsa),
		cmocka_unit_test(test_eddsa),
		cmocka_unit_test(test_ecdh),
		cmocka_unit_test(test_aes_gcm),
	};

	return cmocka_run_group_tests_name("wycheproof", tests, NULL, NULL);
}
