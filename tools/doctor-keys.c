/* SPDX-License-Identifier: BSD-3-Clause */
/* In the child: keys that are there, named by URIs. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <p11-mdoc/pkcs11-mdoc.h>

#include "doctor.h"

#define MAX_KEYS  32
#define MAX_MATCH 12

struct key {
	CK_OBJECT_HANDLE handle;
	CK_KEY_TYPE type;
	CK_BBOOL sign, derive, extractable, sensitive, always;
	CK_ULONG purpose;
	CK_ULONG path;
	unsigned char label[256], id[256], params[64];
	CK_ULONG label_len, id_len, params_len;
};

/* Each by itself: a token that lacks one says nothing of the others, some. */
static CK_ULONG
get(struct doctor_child *d, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type,
    void *value, CK_ULONG size)
{
	CK_ATTRIBUTE a = { type, value, size };

	if (DOCTOR_CALL(d, GetAttributeValue, d->session, o, &a, 1) != CKR_OK ||
	    a.ulValueLen > size)
		return 0;
	return a.ulValueLen;
}

static void
read_key(struct doctor_child *d, CK_OBJECT_HANDLE o, struct key *k)
{
	memset(k, 0, sizeof *k);
	k->handle = o;
	k->type = CKK_VENDOR_DEFINED;
	(void)get(d, o, CKA_KEY_TYPE, &k->type, sizeof k->type);
	(void)get(d, o, CKA_SIGN, &k->sign, 1);
	(void)get(d, o, CKA_DERIVE, &k->derive, 1);
	(void)get(d, o, CKA_EXTRACTABLE, &k->extractable, 1);
	(void)get(d, o, CKA_SENSITIVE, &k->sensitive, 1);
	(void)get(d, o, CKA_ALWAYS_AUTHENTICATE, &k->always, 1);
	(void)get(d, o, CKA_MDOC_PURPOSE, &k->purpose, sizeof k->purpose);
	k->label_len = get(d, o, CKA_LABEL, k->label, sizeof k->label);
	k->id_len = get(d, o, CKA_ID, k->id, sizeof k->id);
	k->params_len = get(d, o, CKA_EC_PARAMS, k->params, sizeof k->params);
}

static json_t *
key_uri(struct doctor_child *d, const struct key *k)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_LABEL, (void *)(uintptr_t)k->label, k->label_len },
		{ CKA_ID, (void *)(uintptr_t)k->id, k->id_len },
	};
	P11KitUri *uri = p11_kit_uri_new();
	json_t *o = json_null();
	char *text = NULL;

	if (uri == NULL)
		return o;
	(void)DOCTOR_CALL(d, GetTokenInfo, d->plan->slot,
	    p11_kit_uri_get_token_info(uri));
	for (size_t i = 0; i < sizeof a / sizeof a[0]; i++) {
		if (a[i].ulValueLen > 0)
			(void)p11_kit_uri_set_attribute(uri, &a[i]);
	}
	if (p11_kit_uri_format(uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, &text) ==
	    P11_KIT_URI_OK)
		o = json_string(text);
	free(text);
	p11_kit_uri_free(uri);
	return o;
}

static json_t *
purposes(CK_ULONG bits)
{
	static const char *const names[] = { "device", "reader", "issuer" };
	json_t *a = json_array();

	for (unsigned i = 0; i < 3; i++) {
		if (bits & 1UL << i)
			json_array_append_new(a, json_string(names[i]));
	}
	return a;
}

/* The public half, for the check of a signature; NULL: not there. */
static EVP_PKEY *
find_public(struct doctor_child *d, const struct key *k,
    const struct doctor_curve *c)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_ID, (void *)(uintptr_t)k->id, k->id_len },
	};
	CK_OBJECT_HANDLE o = CK_INVALID_HANDLE;
	unsigned char point[160];
	CK_ULONG n = 0, len;

	if (k->id_len == 0 ||
	    DOCTOR_CALL(d, FindObjectsInit, d->session, t, 2) != CKR_OK)
		return NULL;
	if (DOCTOR_CALL(d, FindObjects, d->session, &o, 1, &n) != CKR_OK)
		n = 0;
	(void)DOCTOR_CALL(d, FindObjectsFinal, d->session);
	len = n == 1 ? get(d, o, CKA_EC_POINT, point, sizeof point) : 0;
	return len > 0 ? doctor_public(c, (mdoc_bytes){ point, len }) : NULL;
}

/*
 * One operation of each kind that the key may do. Not with a key that is bound:
 * what it did may count, or decide what it may do next.
 */
static void
try_key(struct doctor_child *d, const struct key *k,
    const struct doctor_curve *c, json_t *o)
{
	struct doctor_pair pair = {
		.curve = c, .private = k->handle, .context_login = k->always
	};
	json_t *results = json_array();

	pair.key = find_public(d, k, c);
	for (const struct doctor_capability *p = doctor_capabilities;
	     p->id != NULL; p++) {
		struct doctor_result r = { .rv = CKR_OK };
		json_t *one;

		if (!p->fits(c) || (p->agrees ? !k->derive : !k->sign))
			continue;
		p->run(d, &pair, &r);
		one = json_pack("{s:s,s:s}", "id", p->id, "result",
		    r.rv == CKR_OK && r.wrong == NULL ? "yes" : "no");
		if (r.path != 0 && r.rv == CKR_OK)
			json_object_set_new(one, "path",
			    json_stringn(&r.path, 1));
		if (r.rv != CKR_OK || r.wrong != NULL) {
			json_object_set_new(one, "function",
			    json_string(d->at->function));
			json_object_set_new(one, "mechanism",
			    json_string(d->at->mechanism));
			json_object_set_new(one, "error",
			    json_string(doctor_rv_name(r.rv)));
		}
		if (r.wrong != NULL)
			json_object_set_new(one, "text", json_string(r.wrong));
		json_array_append_new(results, one);
	}
	EVP_PKEY_free(pair.key);
	json_object_set_new(o, "tried", results);
}

static void
emit_key(struct doctor_child *d, CK_OBJECT_HANDLE handle, size_t uri)
{
	const struct doctor_curve *c;
	struct key k;
	char path[2] = "";
	json_t *o;

	read_key(d, handle, &k);
	c = doctor_curve_of((mdoc_bytes){ k.params, k.params_len });
	o = json_pack("{s:s,s:i,s:o,s:s?,s:b,s:b,s:b,s:b,s:b,s:o}", "type",
	    "key", "for", (int)uri, "uri", key_uri(d, &k), "curve",
	    c != NULL ? c->name : NULL, "sign", k.sign, "derive", k.derive,
	    "extractable", k.extractable, "sensitive", k.sensitive,
	    "alwaysAuthenticate", k.always, "purpose", purposes(k.purpose));
	if (c == NULL) {
		doctor_emit(d, o);
		return;
	}
	d->at->mechanism[0] = '\0';
	k.path = 0;
	(void)get(d, handle, CKA_MDOC_KEY_PATH, &k.path, sizeof k.path);
	if (k.path >= 'A' && k.path <= 'Z') {
		path[0] = (char)k.path;
		json_object_set_new(o, "path", json_string(path));
	}
	if (k.purpose == 0)
		try_key(d, &k, c, o);
	/* The paths are asked for with the curve of doctor_curve_at(0). */
	if (k.purpose == 0 && k.derive && c == doctor_curve_at(0) &&
	    d->named == CK_INVALID_HANDLE)
		d->named = handle;
	doctor_emit(d, o);
}

static CK_ULONG
find_keys(struct doctor_child *d, P11KitUri *uri, CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE t[MAX_MATCH] = { { CKA_CLASS, &class, sizeof class } };
	CK_ATTRIBUTE *given;
	CK_ULONG n = 0, n_given = 0, n_t = 1;
	CK_RV rv;

	given = p11_kit_uri_get_attributes(uri, &n_given);
	for (CK_ULONG i = 0; i < n_given && n_t < MAX_MATCH; i++) {
		if (given[i].type != CKA_CLASS)
			t[n_t++] = given[i];
	}
	rv = DOCTOR_CALL(d, FindObjectsInit, d->session, t, n_t);
	if (rv == CKR_OK)
		rv = DOCTOR_CALL(d, FindObjects, d->session, ret, MAX_KEYS, &n);
	(void)DOCTOR_CALL(d, FindObjectsFinal, d->session);
	if (rv != CKR_OK)
		return 0;
	return n < MAX_KEYS ? n : MAX_KEYS;
}

/* A URI that names nothing but the token asks for no key. */
static bool
names_object(P11KitUri *uri)
{
	return p11_kit_uri_get_attribute(uri, CKA_LABEL) != NULL ||
	    p11_kit_uri_get_attribute(uri, CKA_ID) != NULL ||
	    p11_kit_uri_get_attribute(uri, CKA_CLASS) != NULL;
}

static void
probe_uri(struct doctor_child *d, size_t i)
{
	P11KitUri *uri = d->plan->uris[i];
	CK_OBJECT_HANDLE keys[MAX_KEYS];
	CK_TOKEN_INFO info;
	CK_ULONG n;

	if (!doctor_step(d) || !names_object(uri) ||
	    DOCTOR_CALL(d, GetTokenInfo, d->plan->slot, &info) != CKR_OK ||
	    !p11_kit_uri_match_token_info(uri, &info))
		return;
	n = find_keys(d, uri, keys);
	if (n == 0)
		doctor_emit(d,
		    json_pack("{s:s,s:i,s:s}", "type", "nokey", "for", (int)i,
			"text",
			d->logged_in ? "there is no such private key"
				     : "not seen without logging in"));
	for (CK_ULONG k = 0; k < n; k++)
		emit_key(d, keys[k], i);
}

/* Where no key could be made: which ones could be named? */
static void
emit_candidates(struct doctor_child *d)
{
	CK_OBJECT_HANDLE keys[MAX_KEYS];
	P11KitUri *any = p11_kit_uri_new();
	CK_ULONG n = any != NULL ? find_keys(d, any, keys) : 0;
	struct key k;

	for (CK_ULONG i = 0; i < n; i++) {
		read_key(d, keys[i], &k);
		if (doctor_curve_of((mdoc_bytes){ k.params, k.params_len }))
			doctor_emit(d,
			    json_pack("{s:s,s:o}", "type", "candidate", "uri",
				key_uri(d, &k)));
	}
	p11_kit_uri_free(any);
}

void
doctor_probe_keys(struct doctor_child *d)
{
	bool named = false;

	for (size_t i = 0; i < d->plan->n_uris; i++) {
		probe_uri(d, i);
		named = named || names_object(d->plan->uris[i]);
	}
	if (doctor_step(d) && !named && !d->generated)
		emit_candidates(d);
}
