/* SPDX-License-Identifier: BSD-3-Clause */
/* In the child: each curve with a key pair of its own, each operation once. */
#include "config.h"

#include <string.h>
#include <time.h>

#include <p11-mdoc/pkcs11-mdoc.h>

#include "doctor.h"

#ifndef CKK_EC_EDWARDS
#define CKK_EC_EDWARDS 0x40UL
#endif
#ifndef CKK_EC_MONTGOMERY
#define CKK_EC_MONTGOMERY 0x41UL
#endif
#ifndef CKM_EC_EDWARDS_KEY_PAIR_GEN
#define CKM_EC_EDWARDS_KEY_PAIR_GEN 0x1055UL
#endif
#ifndef CKM_EC_MONTGOMERY_KEY_PAIR_GEN
#define CKM_EC_MONTGOMERY_KEY_PAIR_GEN 0x1056UL
#endif
#ifndef CKM_EDDSA
#define CKM_EDDSA 0x1057UL
#endif

#define BENCH_NS 300000000LL

/* ---- key pairs */

static const struct {
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE generate;
} kinds[] = {
	[DOCTOR_EC] = { CKK_EC, CKM_EC_KEY_PAIR_GEN },
	[DOCTOR_EDWARDS] = { CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN },
	[DOCTOR_MONTGOMERY] = { CKK_EC_MONTGOMERY,
	    CKM_EC_MONTGOMERY_KEY_PAIR_GEN },
};

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

/* What is asked for; devices refuse the oddest things (libp11 #499). */
enum ask {
	ASK_ALL,
	ASK_ONE_USE,    /* without CKA_DERIVE where it can sign */
	ASK_NO_SECRECY, /* without CKA_SENSITIVE and CKA_EXTRACTABLE */
	ASK_LEAST,
	ASK_END
};

static CK_ULONG
private_template(const struct doctor_child *d, const struct doctor_curve *c,
    enum ask ask, CK_ATTRIBUTE *t)
{
	bool signs = c->kind != DOCTOR_MONTGOMERY;
	CK_ULONG n = 0;

	t[n++] = (CK_ATTRIBUTE){ CKA_TOKEN, &no, sizeof no };
	/* Nobody else sees it; without a login it could not be there. */
	t[n++] = (CK_ATTRIBUTE){ CKA_PRIVATE, d->logged_in ? &yes : &no,
		sizeof yes };
	if (signs)
		t[n++] = (CK_ATTRIBUTE){ CKA_SIGN, &yes, sizeof yes };
	if (c->kind != DOCTOR_EDWARDS &&
	    (!signs || ask == ASK_ALL || ask == ASK_NO_SECRECY))
		t[n++] = (CK_ATTRIBUTE){ CKA_DERIVE, &yes, sizeof yes };
	if (ask == ASK_ALL || ask == ASK_ONE_USE) {
		t[n++] = (CK_ATTRIBUTE){ CKA_SENSITIVE, &yes, sizeof yes };
		t[n++] = (CK_ATTRIBUTE){ CKA_EXTRACTABLE, &no, sizeof no };
	}
	return n;
}

static CK_RV
generate_as(struct doctor_child *d, struct doctor_pair *p, enum ask ask,
    mdoc_bytes params)
{
	CK_MECHANISM m = { kinds[p->curve->kind].generate, NULL, 0 };
	CK_ATTRIBUTE public[] = {
		{ CKA_TOKEN, &no, sizeof no },
		{ CKA_EC_PARAMS, (void *)(uintptr_t)params.ptr, params.len },
		{ CKA_VERIFY, &yes, sizeof yes },
	};
	CK_ATTRIBUTE private[8];
	CK_ULONG n = private_template(d, p->curve, ask, private);
	CK_ULONG n_public = p->curve->kind == DOCTOR_MONTGOMERY ? 2 : 3;

	doctor_at_mechanism(d, m.mechanism);
	return DOCTOR_CALL(d, GenerateKeyPair, d->session, &m, public, n_public,
	    private, n, &p->public, &p->private);
}

static bool
is_about_template(CK_RV rv)
{
	return rv == CKR_TEMPLATE_INCONSISTENT ||
	    rv == CKR_TEMPLATE_INCOMPLETE ||
	    rv == CKR_ATTRIBUTE_VALUE_INVALID ||
	    rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_READ_ONLY;
}

/* Some make no key in a session that cannot write, though it is not written. */
static bool
become_writable(struct doctor_child *d)
{
	CK_SESSION_HANDLE s;

	if (d->writable ||
	    DOCTOR_CALL(d, OpenSession, d->plan->slot,
		CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s) != CKR_OK)
		return false;
	/* The login lives as long as there is a session. */
	(void)DOCTOR_CALL(d, CloseSession, d->session);
	d->session = s;
	d->writable = true;
	return true;
}

static CK_RV
generate_with(struct doctor_child *d, struct doctor_pair *p, mdoc_bytes params)
{
	CK_RV rv = CKR_OK, first = CKR_OK;

	for (enum ask ask = ASK_ALL; ask < ASK_END; ask++) {
		rv = generate_as(d, p, ask, params);
		if (rv == CKR_SESSION_READ_ONLY && become_writable(d))
			rv = generate_as(d, p, ask, params);
		if (ask == ASK_ALL)
			first = rv;
		if (!is_about_template(rv))
			break;
	}
	/* The answer to what was really wanted tells more. */
	return rv == CKR_OK ? CKR_OK : first;
}

static CK_RV
read_point(struct doctor_child *d, struct doctor_pair *p)
{
	unsigned char point[160];
	CK_ATTRIBUTE a = { CKA_EC_POINT, point, sizeof point };
	CK_RV rv;

	rv = DOCTOR_CALL(d, GetAttributeValue, d->session, p->public, &a, 1);
	if (rv != CKR_OK)
		return rv;
	if (a.ulValueLen > sizeof point)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	p->key = doctor_public(p->curve, (mdoc_bytes){ point, a.ulValueLen });
	return CKR_OK;
}

static void
pair_destroy(struct doctor_child *d, struct doctor_pair *p)
{
	EVP_PKEY_free(p->key);
	p->key = NULL;
	if (p->private != CK_INVALID_HANDLE)
		(void)DOCTOR_CALL(d, DestroyObject, d->session, p->private);
	if (p->public != CK_INVALID_HANDLE)
		(void)DOCTOR_CALL(d, DestroyObject, d->session, p->public);
	p->private = p->public = CK_INVALID_HANDLE;
}

static CK_RV
pair_generate(struct doctor_child *d, const struct doctor_curve *c,
    struct doctor_pair *ret)
{
	unsigned char name[32] = { 0x13 };
	CK_RV rv;

	*ret = (struct doctor_pair){ .curve = c };
	rv = generate_with(d, ret, (mdoc_bytes){ c->params, c->params_len });
	if (rv != CKR_OK && rv != CKR_MECHANISM_INVALID &&
	    rv != CKR_USER_NOT_LOGGED_IN && c->old_name != NULL) {
		/* curveName of PKCS#11 3.0, 6.3.5: a PrintableString */
		name[1] = (unsigned char)strlen(c->old_name);
		memcpy(name + 2, c->old_name, name[1]);
		if (generate_with(d, ret, (mdoc_bytes){ name, name[1] + 2U }) ==
		    CKR_OK)
			rv = CKR_OK;
	}
	if (rv == CKR_OK && (rv = read_point(d, ret)) != CKR_OK)
		pair_destroy(d, ret);
	return rv;
}

/* ---- operations */

static CK_RV
sign(struct doctor_child *d, const struct doctor_pair *p,
    CK_MECHANISM_TYPE type, mdoc_bytes data, mdoc_bytes *ret)
{
	static unsigned char signature[1024];
	CK_MECHANISM m = { type, NULL, 0 };
	CK_ULONG n = sizeof signature;
	CK_RV rv;

	doctor_at_mechanism(d, type);
	memset(signature, 0, sizeof signature);
	rv = DOCTOR_CALL(d, SignInit, d->session, &m, p->private);
	if (rv == CKR_OK && p->context_login)
		rv = DOCTOR_CALL(d, Login, d->session, CKU_CONTEXT_SPECIFIC,
		    d->plan->keypad
			? NULL
			: (CK_UTF8CHAR *)(uintptr_t)d->plan->pin.ptr,
		    d->plan->keypad ? 0 : d->plan->pin.len);
	if (rv == CKR_OK)
		rv = DOCTOR_CALL(d, Sign, d->session,
		    (CK_BYTE *)(uintptr_t)data.ptr, data.len, signature, &n);
	if (rv == CKR_OK && n > sizeof signature)
		n = 0;
	*ret = (mdoc_bytes){ signature, n };
	return rv;
}

static int64_t
now_ns(void)
{
	struct timespec ts = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* How often in a second? */
static double
rate(struct doctor_child *d, const struct doctor_pair *p,
    CK_MECHANISM_TYPE type, mdoc_bytes data)
{
	int64_t start = now_ns(), now = start;
	mdoc_bytes out;
	unsigned n = 0;

	while (now - start < BENCH_NS) {
		if (sign(d, p, type, data, &out) != CKR_OK)
			return 0;
		n++;
		now = now_ns();
	}
	return n * 1e9 / (double)(now - start);
}

void
doctor_judge_result(struct doctor_result *ret, CK_RV rv, bool ok,
    const char *wrong)
{
	ret->rv = rv;
	if (rv == CKR_OK && !ok)
		ret->wrong = wrong;
}

/* A signing mechanism of ours over its structure. */
static void
sign_mdoc(struct doctor_child *d, const struct doctor_pair *p,
    enum doctor_input input, CK_MECHANISM_TYPE type, struct doctor_result *ret)
{
	EVP_PKEY *reader = doctor_reader_key(doctor_curve_at(0));
	mdoc_buf data = MDOC_BUF_INIT;
	mdoc_bytes bytes, signature = { NULL, 0 };
	CK_RV rv;

	if (reader == NULL ||
	    doctor_input_make(input, doctor_curve_at(0), reader, &data) !=
		MDOC_OK) {
		doctor_judge_result(ret, CKR_HOST_MEMORY, false, NULL);
		goto out;
	}
	bytes = cli_bytes(&data);
	rv = sign(d, p, type, bytes, &signature);
	doctor_judge_result(ret, rv,
	    p->key == NULL ||
		doctor_signature_ok(p->curve, p->key, bytes, signature),
	    "the signature does not verify");
	ret->path = 'S';
	if (ret->wrong == NULL && rv == CKR_OK && d->plan->bench)
		ret->rate = rate(d, p, type, bytes);
out:
	EVP_PKEY_free(reader);
	mdoc_buf_reset(&data);
}

static void
sign_security_object(struct doctor_child *d, const struct doctor_pair *p,
    struct doctor_result *ret)
{
	sign_mdoc(d, p, DOCTOR_MOBILE_SECURITY_OBJECT,
	    CKM_MDOC_ISSUER_AUTHENTICATION, ret);
}

static void
sign_device(struct doctor_child *d, const struct doctor_pair *p,
    struct doctor_result *ret)
{
	sign_mdoc(d, p, DOCTOR_DEVICE_AUTHENTICATION, CKM_MDOC_DEVICE_SIGNATURE,
	    ret);
}

static void
sign_reader(struct doctor_child *d, const struct doctor_pair *p,
    struct doctor_result *ret)
{
	sign_mdoc(d, p, DOCTOR_READER_AUTHENTICATION,
	    CKM_MDOC_READER_AUTHENTICATION, ret);
}

/* As certificates and CRLs are signed: a digest, or with EdDSA the bytes. */
static void
sign_raw(struct doctor_child *d, const struct doctor_pair *p,
    struct doctor_result *ret)
{
	static const unsigned char digest[32] = "p11-mdoc doctor tries to sign";
	mdoc_bytes data = { digest, sizeof digest }, signature;
	CK_RV rv;

	rv = sign(d, p, p->curve->kind == DOCTOR_EC ? CKM_ECDSA : CKM_EDDSA,
	    data, &signature);
	doctor_judge_result(ret, rv,
	    p->key == NULL || doctor_raw_ok(p->curve, p->key, data, signature),
	    "the signature does not verify");
	ret->path = 'S';
}

char
doctor_key_path(struct doctor_child *d, CK_OBJECT_HANDLE key)
{
	CK_ULONG path = 0;
	CK_ATTRIBUTE a = { CKA_MDOC_KEY_PATH, &path, sizeof path };
	CK_RV rv;

	rv = DOCTOR_CALL(d, GetAttributeValue, d->session, key, &a, 1);
	return rv == CKR_OK && path >= 'A' && path <= 'Z' ? (char)path : 0;
}

static void
mac_device(struct doctor_child *d, const struct doctor_pair *p,
    struct doctor_result *ret)
{
	EVP_PKEY *reader = doctor_reader_key(p->curve);
	mdoc_buf data = MDOC_BUF_INIT;
	mdoc_bytes bytes, tag = { NULL, 0 };
	CK_RV rv;

	if (reader == NULL ||
	    doctor_input_make(DOCTOR_DEVICE_AUTHENTICATION, p->curve, reader,
		&data) != MDOC_OK) {
		doctor_judge_result(ret, CKR_HOST_MEMORY, false, NULL);
		goto out;
	}
	bytes = cli_bytes(&data);
	rv = sign(d, p, CKM_MDOC_DEVICE_MAC, bytes, &tag);
	doctor_judge_result(ret, rv,
	    p->key == NULL ||
		doctor_mac_ok(p->curve, reader, p->key, bytes, tag),
	    "the MAC is wrong");
	if (rv == CKR_OK && d->plan->bench && ret->wrong == NULL)
		ret->rate = rate(d, p, CKM_MDOC_DEVICE_MAC, bytes);
	if (rv == CKR_OK)
		ret->path = doctor_key_path(d, p->private);
out:
	EVP_PKEY_free(reader);
	mdoc_buf_reset(&data);
}

static bool
can_sign(const struct doctor_curve *c)
{
	return c->kind != DOCTOR_MONTGOMERY;
}

static bool
can_agree(const struct doctor_curve *c)
{
	return c->kind != DOCTOR_EDWARDS;
}

/* 18013-7 annex C knows no other. */
static bool
can_open(const struct doctor_curve *c)
{
	return c->cose == 1;
}

const struct doctor_capability doctor_capabilities[] = {
	{ "document-signing", "sign documents (issuer)", can_sign, false,
	    sign_security_object },
	{ "certificate-signing", "sign certificates", can_sign, false,
	    sign_raw },
	{ "reader-authentication", "sign requests (reader)", can_sign, false,
	    sign_reader },
	{ "device-signature", "device signature", can_sign, false,
	    sign_device },
	{ "device-mac", "device MAC", can_agree, true, mac_device },
	{ "session-keys", "session keys", can_agree, true,
	    doctor_session_keys },
	{ "hpke-open", "open HPKE (verifier)", can_open, true,
	    doctor_hpke_open },
	{ NULL, NULL, NULL, false, NULL },
};

/* ---- all of it */

static void
emit_result(struct doctor_child *d, const struct doctor_curve *c,
    const char *id, const struct doctor_result *r)
{
	char path[2] = { r->path, '\0' };
	const char *word = "yes";
	json_t *o;

	if (r->unknown || r->rv == CKR_USER_NOT_LOGGED_IN)
		word = "unknown";
	else if (r->rv != CKR_OK || r->wrong != NULL)
		word = "no";
	o = json_pack("{s:s,s:s,s:s,s:s}", "type", "capability", "id", id,
	    "curve", c->name, "result", word);
	if (r->wrong != NULL)
		json_object_set_new(o, "text", json_string(r->wrong));
	if (r->path != 0 && !strcmp(word, "yes"))
		json_object_set_new(o, "path", json_string(path));
	if (r->rate > 0)
		json_object_set_new(o, "perSecond", json_real(r->rate));
	if (r->rv != CKR_OK || r->wrong != NULL)
		doctor_emit_failure(d, o, r->rv);
	else
		doctor_emit(d, o);
}

static void
emit_no_key(struct doctor_child *d, const struct doctor_curve *c, CK_RV rv)
{
	doctor_emit_failure(d,
	    json_pack("{s:s,s:s,s:s}", "type", "generate", "curve", c->name,
		"result", rv == CKR_USER_NOT_LOGGED_IN ? "unknown" : "no"),
	    rv);
}

static void
probe_capability(struct doctor_child *d, const struct doctor_pair *p,
    const struct doctor_capability *k, bool crashed)
{
	struct doctor_result result = { .rv = CKR_OK };

	snprintf(d->at->id, sizeof d->at->id, "%s", k->id);
	snprintf(d->at->curve, sizeof d->at->curve, "%s", p->curve->name);
	if (crashed) {
		doctor_emit(d,
		    json_pack("{s:s,s:s,s:s,s:s,s:s}", "type", "capability",
			"id", k->id, "curve", p->curve->name, "result",
			"unknown", "text",
			"not tried: it stopped the module on another curve"));
		return;
	}
	k->run(d, p, &result);
	emit_result(d, p->curve, k->id, &result);
}

static bool
probe_pair(struct doctor_child *d, const struct doctor_curve *c, unsigned bit,
    bool fresh, struct doctor_pair *ret)
{
	CK_RV rv;

	if (d->plan->broken & bit)
		return false;
	snprintf(d->at->curve, sizeof d->at->curve, "%s", c->name);
	rv = pair_generate(d, c, ret);
	if (fresh && rv == CKR_OK)
		doctor_emit(d,
		    json_pack("{s:s,s:s,s:s}", "type", "generate", "curve",
			c->name, "result", "yes"));
	else if (fresh)
		emit_no_key(d, c, rv);
	d->generated = d->generated || rv == CKR_OK;
	return rv == CKR_OK;
}

/* A curve whose keys cannot be made has its steps all the same. */
static void
probe_curve(struct doctor_child *d, const struct doctor_curve *c, unsigned bit)
{
	struct doctor_pair pair = { .curve = c };
	bool fresh = doctor_step(d);
	bool made = probe_pair(d, c, bit, fresh, &pair);
	const struct doctor_capability *k = doctor_capabilities;

	for (unsigned i = 0; k[i].id != NULL; i++) {
		if (k[i].fits(c) && doctor_step(d) && made)
			probe_capability(d, &pair, &k[i],
			    (d->plan->crashed & 1U << i) != 0);
	}
	pair_destroy(d, &pair);
}

void
doctor_probe_curves(struct doctor_child *d)
{
	const struct doctor_curve *c;

	for (size_t i = 0; (c = doctor_curve_at(i)) != NULL; i++)
		probe_curve(d, c, 1U << i);
}
