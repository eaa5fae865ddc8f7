/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/cbor.h"
#include "tests/support/p11-double.h"
#include "tests/support/tokens.h"
#include "tests/support/vectors.h"
#include "vendor-ext/cose-key.h"
#include "vendor-ext/session-key.h"
#include "vendor-ext/tbs.h"

static struct hasher *hasher;
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

/* ---- Annex D of ISO/IEC 18013-5 */

struct annex {
	struct blob transcript; /* SessionTranscriptBytes */
	struct tbs_transcript parts;
	struct blob edevice_key; /* COSE_Key */
	struct blob edevice_d;
	struct blob ereader_d;
	struct blob sdevice_d;
};

static bool
annex_read(struct annex *a)
{
	struct cbor_reader r, inner;
	struct bytes key, content;
	struct cbor_map map;
	struct cbor_item item;
	int64_t label;
	uint64_t n;

	memset(a, 0, sizeof(*a));
	if (vectors_folder() == NULL)
		return false;
	assert_true(vectors_read("annexD/session_transcript_bytes.hex",
	    &a->transcript));
	assert_true(vectors_read_key("EDeviceKey d", &a->edevice_d));
	assert_true(vectors_read_key("EReaderKey d", &a->ereader_d));
	assert_true(vectors_read_key("SDeviceKey d", &a->sdevice_d));
	assert_true(tbs_transcript_read(blob_bytes(&a->transcript), &a->parts,
	    NULL));
	/* DeviceEngagement: 1 is [1, EDeviceKeyBytes] */
	cbor_reader_init(&r, a->parts.engagement);
	assert_true(cbor_enter_map(&r, &map));
	while (cbor_map_next(&r, &map, &item)) {
		if (cbor_key_int(&item, &label) && label == 1) {
			assert_true(cbor_enter_array(&r, &n));
			assert_true(cbor_skip(&r, NULL));
			assert_true(cbor_get_tag24(&r, &content, NULL));
			cbor_reader_nested(&inner, &r, content);
			assert_true(cbor_skip(&inner, &key));
			assert_true(blob_set(&a->edevice_key, key));
			return true;
		}
		assert_true(cbor_skip(&r, NULL));
	}
	fail();
	return false;
}

static void
annex_reset(struct annex *a)
{
	blob_reset(&a->transcript);
	blob_reset(&a->edevice_key);
	blob_reset(&a->edevice_d);
	blob_reset(&a->ereader_d);
	blob_reset(&a->sdevice_d);
}

#define ANNEX_OR_SKIP(a)                                                \
	do {                                                            \
		if (!annex_read(a)) {                                   \
			print_message("# skipped: P11_MDOC_VECTORS\n"); \
			skip();                                         \
		}                                                       \
	} while (0)

static CK_OBJECT_HANDLE
import(const struct token *t, const struct blob *d)
{
	struct softhsm_key key = { .d = blob_bytes(d) };
	CK_OBJECT_HANDLE handle;

	assert_int_equal(softhsm_import(t->f, t->session, &key, &handle, NULL),
	    CKR_OK);
	return handle;
}

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

/* A block of zeros under the key, by the token. */
static void
use_key(const struct token *t, CK_OBJECT_HANDLE key, CK_ULONG role,
    uint8_t out[32])
{
	CK_BYTE zeros[16] = { 0 };
	CK_ULONG len = 32;
	bool mac = role == MDOC_ROLE_EMACKEY;
	CK_MECHANISM m = { mac ? CKM_SHA256_HMAC : CKM_AES_ECB, NULL, 0 };

	memset(out, 0, 32);
	if (mac) {
		assert_int_equal(t->f->C_SignInit(t->session, &m, key), CKR_OK);
		assert_int_equal(t->f->C_Sign(t->session, zeros, 16, out, &len),
		    CKR_OK);
	} else {
		assert_int_equal(t->f->C_EncryptInit(t->session, &m, key),
		    CKR_OK);
		assert_int_equal(t->f->C_Encrypt(t->session, zeros, 16, out,
				     &len),
		    CKR_OK);
	}
	assert_int_equal(len, mac ? 32 : 16);
}

static void
expect_use(const struct blob *key, CK_ULONG role, uint8_t out[32])
{
	static const uint8_t zeros[16];
	const struct bytes part = bytes_of(zeros, sizeof(zeros));
	EVP_CIPHER_CTX *ctx;
	int n;

	memset(out, 0, 32);
	if (role == MDOC_ROLE_EMACKEY) {
		assert_true(hasher_hmac(hasher, blob_bytes(key), &part, 1,
		    out));
		return;
	}
	ctx = EVP_CIPHER_CTX_new();
	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_256_ecb(), NULL,
			     key->ptr, NULL),
	    1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, zeros, 16), 1);
	EVP_CIPHER_CTX_free(ctx);
}

static void
assert_value(const struct token *t, const struct session_key_input *in,
    const char *published, enum agree_path wanted)
{
	struct session_key_wish wish = { .session = t->session };
	enum agree_path path = AGREE_PATH_UNKNOWN;
	uint8_t want[32], got[32];
	struct blob known = BLOB_INIT;
	CK_OBJECT_HANDLE key;

	assert_true(vectors_read_key(published, &known));
	assert_int_equal(session_key_derive(t, hasher, in, &wish, &key, &path),
	    CKR_OK);
	assert_int_equal(path, wanted);
	use_key(t, key, in->role, got);
	expect_use(&known, in->role, want);
	assert_memory_equal(got, want, 32);
	assert_int_equal(t->f->C_DestroyObject(t->session, key), CKR_OK);
	blob_reset(&known);
}

/* All keys of the annex, from either side. */
static void
check_annex(const struct token *t, enum agree_path path)
{
	struct session_key_input in = { .curve = curve_by_cose(1) };
	CK_OBJECT_HANDLE device, reader, holder;
	struct annex a;
	CK_ULONG before;

	ANNEX_OR_SKIP(&a);
	device = import(t, &a.edevice_d);
	reader = import(t, &a.ereader_d);
	holder = import(t, &a.sdevice_d);
	before = tokens_count(t);
	in.transcript = blob_bytes(&a.transcript);
	/* The device finds the reader's key in the transcript. */
	in.key = device;
	in.role = MDOC_ROLE_SKREADER;
	assert_value(t, &in, "SKReader", path);
	in.role = MDOC_ROLE_SKDEVICE;
	assert_value(t, &in, "SKDevice", path);
	in.key = holder;
	in.role = MDOC_ROLE_EMACKEY;
	assert_value(t, &in, "EMacKey", path);
	/* The reader has to say whose key it is. */
	in.key = reader;
	in.peer = blob_bytes(&a.edevice_key);
	in.role = MDOC_ROLE_SKREADER;
	assert_value(t, &in, "SKReader", path);
	in.role = MDOC_ROLE_SKDEVICE;
	assert_value(t, &in, "SKDevice", path);
	assert_int_equal(tokens_count(t), before);
	assert_int_equal(t->f->C_DestroyObject(t->session, device), CKR_OK);
	assert_int_equal(t->f->C_DestroyObject(t->session, reader), CKR_OK);
	assert_int_equal(t->f->C_DestroyObject(t->session, holder), CKR_OK);
	annex_reset(&a);
}

static void
test_annex(void **state)
{
	(void)state;
	check_annex(&softhsm, AGREE_PATH_C);
}

static void
test_annex_nss(void **state)
{
	static const struct {
		CK_MECHANISM_TYPE mechanism;
		enum agree_path path;
	} steps[] = {
		{ CKM_VENDOR_DEFINED, AGREE_PATH_A },
		{ 0x402aUL /* HKDF_DERIVE */, AGREE_PATH_B },
		{ 0x3acUL /* SP800_108_COUNTER_KDF */, AGREE_PATH_C },
		{ CKM_SHA256, AGREE_PATH_D },
	};
	struct token t = nss;

	(void)state;
	if (!have_nss)
		skip();
	t.f = p11_double_over(nss.f);
	for (size_t i = 0; i < nitems(steps); i++) {
		p11_double_refuse(steps[i].mechanism, CKR_MECHANISM_INVALID);
		check_annex(&t, steps[i].path);
	}
}

/* ---- the object */

/* SessionTranscriptBytes with a reader's key on c; *ret_cose may be NULL. */
static void
make_transcript(const struct token *t, const struct curve *c, struct blob *ret,
    struct blob *ret_cose)
{
	struct blob point = BLOB_INIT, cose = BLOB_INIT, body = BLOB_INIT;
	CK_OBJECT_HANDLE private_, public_;
	struct cbor_writer w;

	assert_int_equal(tokens_generate(t, c, &private_, &public_), CKR_OK);
	assert_int_equal(token_key_point(t, public_, &point), CKR_OK);
	cbor_writer_init(&w, &cose);
	cose_key_write(&w, c, blob_bytes(&point));
	cbor_writer_init(&w, &body);
	cbor_put_array(&w, 3);
	cbor_put_null(&w);
	cbor_put_tag24(&w, blob_bytes(&cose));
	cbor_put_null(&w);
	blob_clear(ret);
	cbor_writer_init(&w, ret);
	cbor_put_tag24(&w, blob_bytes(&body));
	assert_int_equal(w.error, CBOR_OK);
	if (ret_cose != NULL)
		blob_move(ret_cose, &cose);
	blob_reset(&cose);
	blob_reset(&body);
	blob_reset(&point);
}

struct setting {
	struct blob transcript;
	struct blob peer;
	struct session_key_input in;
	struct session_key_wish wish;
};

static void
setting_make(const struct token *t, struct setting *s)
{
	CK_OBJECT_HANDLE public_;

	memset(s, 0, sizeof(*s));
	s->in.curve = curve_by_cose(1);
	make_transcript(t, s->in.curve, &s->transcript, &s->peer);
	assert_int_equal(tokens_generate(t, s->in.curve, &s->in.key, &public_),
	    CKR_OK);
	s->in.role = MDOC_ROLE_EMACKEY;
	s->in.transcript = blob_bytes(&s->transcript);
	s->wish.session = t->session;
}

static void
setting_reset(struct setting *s)
{
	blob_reset(&s->transcript);
	blob_reset(&s->peer);
}

static CK_RV
run(const struct token *t, const struct setting *s, CK_OBJECT_HANDLE *ret)
{
	enum agree_path path;

	return session_key_derive(t, hasher, &s->in, &s->wish, ret, &path);
}

static void
assert_flag(const struct token *t, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type,
    bool wanted)
{
	CK_BBOOL value = 2;

	assert_int_equal(token_get_flag(t, key, type, &value), CKR_OK);
	assert_int_equal(value, wanted);
}

/* given: made of a value that was outside, and the token says so. */
static void
check_defaults(const struct token *t, bool given)
{
	CK_ULONG role, type;
	CK_OBJECT_HANDLE key;
	struct setting s;
	bool mac;

	setting_make(t, &s);
	for (role = MDOC_ROLE_SKREADER; role <= MDOC_ROLE_EMACKEY; role++) {
		mac = role == MDOC_ROLE_EMACKEY;
		s.in.role = role;
		assert_int_equal(run(t, &s, &key), CKR_OK);
		assert_int_equal(token_get_ulong(t, key, CKA_KEY_TYPE, &type),
		    CKR_OK);
		assert_int_equal(type, mac ? CKK_GENERIC_SECRET : CKK_AES);
		assert_flag(t, key, CKA_TOKEN, false);
		assert_flag(t, key, CKA_SENSITIVE, true);
		assert_flag(t, key, CKA_EXTRACTABLE, false);
		assert_flag(t, key, CKA_PRIVATE,
		    token_get_bool(t, s.in.key, CKA_PRIVATE));
		assert_flag(t, key, CKA_LOCAL, false);
		if (given) {
			assert_flag(t, key, CKA_NEVER_EXTRACTABLE, false);
			assert_flag(t, key, CKA_ALWAYS_SENSITIVE, false);
		}
		assert_flag(t, key, CKA_SIGN, mac);
		assert_flag(t, key, CKA_VERIFY, mac);
		assert_flag(t, key, CKA_ENCRYPT, !mac);
		assert_flag(t, key, CKA_DECRYPT, !mac);
		assert_int_equal(t->f->C_DestroyObject(t->session, key),
		    CKR_OK);
	}
	setting_reset(&s);
}

static void
test_defaults(void **state)
{
	(void)state;
	check_defaults(&softhsm, true);
	if (have_nss)
		check_defaults(&nss, false);
}

static CK_ATTRIBUTE readable[] = {
	{ CKA_SENSITIVE, &no, sizeof(no) },
	{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
};

/* What a template asks for, and what comes of it. */
static void
test_template(void **state)
{
	static CK_ULONG aes = CKK_AES, hmac = CKK_SHA256_HMAC, len32 = 32,
			len16 = 16, data = CKO_DATA, secret = CKO_SECRET_KEY;
	static char label[] = "session";

	static const struct {
		CK_RV rv;
		CK_ATTRIBUTE a;
	} cases[] = {
		{ CKR_OK, { CKA_LABEL, label, 7 } },
		{ CKR_OK, { CKA_CLASS, &secret, sizeof(secret) } },
		{ CKR_OK, { CKA_VALUE_LEN, &len32, sizeof(len32) } },
		{ CKR_OK, { CKA_TOKEN, &no, sizeof(no) } },
		{ CKR_OK, { CKA_DERIVE, &yes, sizeof(yes) } },
		{ CKR_OK, { CKA_KEY_TYPE, &hmac, sizeof(hmac) } },
		{ CKR_TEMPLATE_INCONSISTENT,
		    { CKA_KEY_TYPE, &aes, sizeof(aes) } },
		{ CKR_TEMPLATE_INCONSISTENT, { CKA_KEY_TYPE, NULL, 0 } },
		{ CKR_TEMPLATE_INCONSISTENT,
		    { CKA_CLASS, &data, sizeof(data) } },
		{ CKR_TEMPLATE_INCONSISTENT, { CKA_VALUE, label, 7 } },
		{ CKR_KEY_SIZE_RANGE,
		    { CKA_VALUE_LEN, &len16, sizeof(len16) } },
		{ CKR_ATTRIBUTE_VALUE_INVALID,
		    { CKA_TOKEN, &yes, sizeof(yes) } },
		{ CKR_ATTRIBUTE_VALUE_INVALID, { CKA_TOKEN, NULL, 0 } },
		{ CKR_ATTRIBUTE_VALUE_INVALID, { CKA_SENSITIVE, NULL, 0 } },
		{ CKR_ATTRIBUTE_VALUE_INVALID, { CKA_PRIVATE, &yes, 0 } },
		{ CKR_ATTRIBUTE_READ_ONLY, { CKA_LOCAL, &yes, sizeof(yes) } },
		{ CKR_ATTRIBUTE_READ_ONLY,
		    { CKA_NEVER_EXTRACTABLE, &yes, sizeof(yes) } },
		/* The token's own word */
		{ CKR_ATTRIBUTE_TYPE_INVALID, { CKA_MDOC_DOC_TYPE, label, 7 } },
	};

	CK_OBJECT_HANDLE key;
	struct setting s;
	CK_ULONG before;

	(void)state;
	setting_make(&softhsm, &s);
	before = tokens_count(&softhsm);
	for (size_t i = 0; i < nitems(cases); i++) {
		s.wish.template = &cases[i].a;
		s.wish.n = 1;
		assert_int_equal(run(&softhsm, &s, &key), cases[i].rv);
		if (cases[i].rv == CKR_OK)
			assert_int_equal(softhsm.f
					     ->C_DestroyObject(softhsm.session,
						 key),
			    CKR_OK);
		/* SoftHSMv2 leaves the shell of what it refuses behind. */
		if (cases[i].rv != CKR_ATTRIBUTE_TYPE_INVALID)
			assert_int_equal(tokens_count(&softhsm), before);
	}
	/* Twice the same */
	s.wish.template = readable;
	s.wish.n = 2;
	assert_int_equal(run(&softhsm, &s, &key), CKR_OK);
	s.wish.template = (CK_ATTRIBUTE[]){ readable[0], readable[0] };
	assert_int_equal(run(&softhsm, &s, &key), CKR_TEMPLATE_INCONSISTENT);
	s.wish.template = NULL;
	assert_int_equal(run(&softhsm, &s, &key), CKR_ARGUMENTS_BAD);
	setting_reset(&s);
}

/* What path A refuses the object is an error there, not a reason for C. */
static void
test_no_weaker(void **state)
{
	struct token t = nss;
	const char *failed;
	CK_OBJECT_HANDLE key;
	struct setting s;
	CK_ULONG before;
	CK_RV rv;

	(void)state;
	if (!have_nss)
		skip();
	setting_make(&nss, &s);
	before = tokens_count(&nss);
	/* Z is sensitive, and so is what comes of it. */
	s.wish.template = readable;
	s.wish.n = nitems(readable);
	assert_int_not_equal(run(&nss, &s, &key), CKR_OK);
	assert_int_equal(tokens_count(&nss), before);
	s.wish.n = 0;
	t.f = p11_double_over(nss.f);
	assert_int_equal(run(&t, &s, &key), CKR_OK);
	/* The last derivation of all */
	for (unsigned long n = p11_double_calls(); n > 0; n--) {
		p11_double_fail(n, CKR_ATTRIBUTE_VALUE_INVALID);
		rv = run(&t, &s, &key);
		failed = p11_double_failed();
		if (failed != NULL && strcmp(failed, "C_DeriveKey") == 0) {
			assert_int_equal(rv, CKR_ATTRIBUTE_VALUE_INVALID);
			break;
		}
	}
	setting_reset(&s);
}

/* A token that takes a template and makes something else of it. */
static CK_FUNCTION_LIST *below;
static CK_ATTRIBUTE_TYPE betrayed;

static CK_RV
careless_create(CK_SESSION_HANDLE session, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	CK_ATTRIBUTE *copy = calloc(n, sizeof(*copy));
	CK_RV rv;

	memcpy(copy, t, n * sizeof(*copy));
	for (CK_ULONG i = 0; i < n; i++)
		if (copy[i].type == betrayed)
			copy[i].pValue =
			    betrayed == CKA_EXTRACTABLE ? &yes : &no;
	rv = below->C_CreateObject(session, copy, n, ret);
	free(copy);
	return rv;
}

static void
test_careless_token(void **state)
{
	static const CK_ATTRIBUTE_TYPE all[] = { CKA_SENSITIVE, CKA_EXTRACTABLE,
		CKA_PRIVATE };
	CK_FUNCTION_LIST list = *softhsm.f;
	struct token t = softhsm;
	CK_OBJECT_HANDLE key;
	struct setting s;
	CK_ULONG before;

	(void)state;
	below = softhsm.f;
	list.C_CreateObject = careless_create;
	t.f = &list;
	setting_make(&softhsm, &s);
	before = tokens_count(&softhsm);
	for (size_t i = 0; i < nitems(all); i++) {
		betrayed = all[i];
		assert_int_equal(run(&t, &s, &key), CKR_TEMPLATE_INCONSISTENT);
		assert_int_equal(tokens_count(&softhsm), before);
	}
	/* What nobody asked for is not missed. */
	betrayed = CKA_SENSITIVE;
	s.wish.template = readable;
	s.wish.n = 1;
	assert_int_equal(run(&t, &s, &key), CKR_OK);
	setting_reset(&s);
}

/* What policy forbids is not even tried: not what would let something out. */
static void
test_policy(void **state)
{
	struct token t = softhsm;
	CK_OBJECT_HANDLE key;
	struct setting s;

	(void)state;
	setting_make(&softhsm, &s);
	t.f = p11_double_over(softhsm.f);
	p11_double_answer("C_DigestInit", CKR_DEVICE_ERROR);
	p11_double_answer("C_CreateObject", CKR_DEVICE_ERROR);
	for (s.in.weakest = AGREE_PATH_A; s.in.weakest <= AGREE_PATH_B;
	     s.in.weakest++)
		assert_int_equal(run(&t, &s, &key),
		    CKR_KEY_FUNCTION_NOT_PERMITTED);
	s.in.weakest = AGREE_PATH_C;
	assert_int_equal(run(&t, &s, &key), CKR_DEVICE_ERROR);
	setting_reset(&s);
}

/* The object outlives the session that it was worked out in. */
static void
check_owner(const struct token *real)
{
	struct token t = *real;
	CK_OBJECT_HANDLE key;
	struct setting s;

	setting_make(real, &s);
	assert_int_equal(tokens_session(real, &t.session), CKR_OK);
	assert_int_equal(run(&t, &s, &key), CKR_OK);
	assert_int_equal(t.f->C_CloseSession(t.session), CKR_OK);
	assert_flag(real, key, CKA_SIGN, true);
	setting_reset(&s);
}

static void
test_owner(void **state)
{
	(void)state;
	check_owner(&softhsm);
	if (have_nss)
		check_owner(&nss);
}

/* A device may compress its key, a reader may not (12.7.2). */
static void
test_compressed(void **state)
{
	struct blob small = BLOB_INIT, body = BLOB_INIT, bad = BLOB_INIT;
	uint8_t whole[32], compressed[32];
	struct cbor_reader r;
	struct cbor_writer w;
	struct cose_key peer;
	CK_OBJECT_HANDLE key;
	struct setting s;

	(void)state;
	setting_make(&softhsm, &s);
	cbor_reader_init(&r, blob_bytes(&s.peer));
	assert_true(cose_key_read(&r, false, &peer));
	cbor_writer_init(&w, &small);
	cbor_put_map(&w, 4);
	cbor_put_int(&w, 1);
	cbor_put_int(&w, 2);
	cbor_put_int(&w, -1);
	cbor_put_int(&w, 1);
	cbor_put_int(&w, -2);
	cbor_put_bstr(&w, peer.x);
	cbor_put_int(&w, -3);
	cbor_put_bool(&w, (peer.y.ptr[31] & 1) != 0);
	s.in.peer = blob_bytes(&s.peer);
	assert_int_equal(run(&softhsm, &s, &key), CKR_OK);
	use_key(&softhsm, key, s.in.role, whole);
	s.in.peer = blob_bytes(&small);
	assert_int_equal(run(&softhsm, &s, &key), CKR_OK);
	use_key(&softhsm, key, s.in.role, compressed);
	assert_memory_equal(whole, compressed, sizeof(whole));
	cbor_writer_init(&w, &body);
	cbor_put_array(&w, 3);
	cbor_put_null(&w);
	cbor_put_tag24(&w, blob_bytes(&small));
	cbor_put_null(&w);
	cbor_writer_init(&w, &bad);
	cbor_put_tag24(&w, blob_bytes(&body));
	assert_int_equal(w.error, CBOR_OK);
	s.in.peer = BYTES_NULL;
	s.in.transcript = blob_bytes(&bad);
	assert_int_equal(run(&softhsm, &s, &key), CKR_DATA_INVALID);
	blob_reset(&small);
	blob_reset(&body);
	blob_reset(&bad);
	setting_reset(&s);
}

static void
test_bad_input(void **state)
{
	struct blob other = BLOB_INIT, cose = BLOB_INIT;
	struct session_key_input good;
	struct token t = softhsm;
	CK_OBJECT_HANDLE key = 77;
	struct setting s;

	(void)state;
	setting_make(&softhsm, &s);
	good = s.in;
	/* The token sees none of it. */
	t.f = p11_double_over(softhsm.f);
	p11_double_answer("C_DeriveKey", CKR_DEVICE_ERROR);
	assert_int_equal(run(&t, &s, &key), CKR_DEVICE_ERROR);
	s.in.role = 0;
	assert_int_equal(run(&t, &s, &key), CKR_DATA_INVALID);
	s.in.role = 4;
	assert_int_equal(run(&t, &s, &key), CKR_DATA_INVALID);
	s.in = good;
	for (size_t n = 0; n < good.transcript.len; n++) {
		s.in.transcript.len = n;
		assert_int_equal(run(&t, &s, &key), CKR_DATA_INVALID);
	}
	s.in.transcript = BYTES_NULL;
	assert_int_equal(run(&t, &s, &key), CKR_DATA_INVALID);
	/* Without its tag: not what is hashed */
	s.in.transcript =
	    bytes_of(good.transcript.ptr + 4, good.transcript.len - 4);
	assert_int_equal(run(&t, &s, &key), CKR_DATA_INVALID);
	s.in = good;
	for (size_t n = 0; n < s.peer.len; n++) {
		s.in.peer = bytes_of(s.peer.ptr, n);
		assert_int_equal(run(&t, &s, &key), CKR_DATA_INVALID);
	}
	s.in.peer = blob_bytes(&s.peer);
	assert_true(blob_append_u8(&s.peer, 0xf6));
	s.in.peer = blob_bytes(&s.peer);
	assert_int_equal(run(&t, &s, &key), CKR_DATA_INVALID);
	s.in.peer.len--;
	s.peer.ptr[s.in.peer.len - 1] ^= 1;
	assert_int_equal(run(&t, &s, &key), CKR_DOMAIN_PARAMS_INVALID);
	/* Of another curve, given and found */
	make_transcript(&softhsm, curve_by_cose(2), &other, &cose);
	s.in.peer = blob_bytes(&cose);
	assert_int_equal(run(&t, &s, &key), CKR_DOMAIN_PARAMS_INVALID);
	s.in.peer = BYTES_NULL;
	s.in.transcript = blob_bytes(&other);
	assert_int_equal(run(&t, &s, &key), CKR_DOMAIN_PARAMS_INVALID);
	assert_int_equal(key, 77);
	blob_reset(&other);
	blob_reset(&cose);
	setting_reset(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annex),
		cmocka_unit_test(test_annex_nss),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_template),
		cmocka_unit_test(test_no_weaker),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_careless_token),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_bad_input),
	};

	if (softhsm_module() == NULL) {
		print_message("1..0 # SKIP SoftHSMv2 is not here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
