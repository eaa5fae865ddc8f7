/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <limits.h>
#include <stdlib.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/log.h"
#include "vendor-ext/cose-key.h"
#include "vendor-ext/session-key.h"
#include "vendor-ext/tbs.h"

#define KEY_LEN  32
#define SALT_LEN 32

static const struct role {
	CK_ULONG role;
	const char *info;
	CK_KEY_TYPE type;
	CK_KEY_TYPE other; /* that a template may ask for instead */
	CK_ATTRIBUTE_TYPE usage[2];
} roles[] = {
	{ MDOC_ROLE_SKREADER, "SKReader", CKK_AES, CKK_AES,
	    { CKA_ENCRYPT, CKA_DECRYPT } },
	{ MDOC_ROLE_SKDEVICE, "SKDevice", CKK_AES, CKK_AES,
	    { CKA_ENCRYPT, CKA_DECRYPT } },
	{ MDOC_ROLE_EMACKEY, "EMacKey", CKK_GENERIC_SECRET, CKK_SHA256_HMAC,
	    { CKA_SIGN, CKA_VERIFY } },
};

static const struct role *
role_find(CK_ULONG number)
{
	for (size_t i = 0; i < nitems(roles); i++)
		if (roles[i].role == number)
			return &roles[i];
	return NULL;
}

/* ---- what is agreed upon */

CK_RV
session_key_peer(struct bytes cose_key, const struct curve *curve,
    bool may_compress, uint8_t *out, size_t *ret_len)
{
	struct cbor_reader r;
	struct cose_key key;

	if (bytes_is_null(cose_key))
		return CKR_DATA_INVALID;
	cbor_reader_init(&r, cose_key);
	if (!cose_key_read(&r, false, &key) || !cbor_finish(&r))
		return CKR_DATA_INVALID;
	if (key.compressed && !may_compress)
		return CKR_DATA_INVALID;
	if (key.curve != curve || !cose_key_point(&key, out, ret_len))
		return CKR_DOMAIN_PARAMS_INVALID;
	return CKR_OK;
}

/* The peer's point, and that the transcript is one. */
static CK_RV
read_peer(const struct session_key_input *in, uint8_t *point, size_t *ret_len)
{
	bool given = !bytes_is_null(in->peer);
	struct tbs_transcript t;
	struct tbs_error e;

	if (!tbs_transcript_read(in->transcript, &t, &e)) {
		log_printf(LOG_INFO, "session-key", "%s: %s at byte %zu",
		    e.what != NULL ? e.what : "SessionTranscriptBytes",
		    cbor_error_name(e.error), e.offset);
		return CKR_DATA_INVALID;
	}
	/* The tag is part of what is hashed (12.2.1), as it was received. */
	if (t.whole.len == in->transcript.len) {
		log_printf(LOG_INFO, "session-key",
		    "SessionTranscript without the tag 24 around it");
		return CKR_DATA_INVALID;
	}
	return session_key_peer(given ? in->peer : t.ereader_key, in->curve,
	    given, point, ret_len);
}

/* Everything that goes into the derivation but the private key. */
static CK_RV
read_input(struct hasher *h, const struct session_key_input *in, uint8_t *point,
    size_t *ret_len, uint8_t salt[SALT_LEN])
{
	CK_RV rv;

	rv = read_peer(in, point, ret_len);
	if (rv != CKR_OK)
		return rv;
	return hasher_digest(h, HASH_SHA256, &in->transcript, 1, salt)
	    ? CKR_OK
	    : CKR_HOST_MEMORY;
}

/* ---- the template */

static const CK_ATTRIBUTE_TYPE usages[] = { CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN,
	CKA_VERIFY, CKA_DERIVE, CKA_WRAP, CKA_UNWRAP };

/* The caller's attributes, and ours where the caller has none. */
struct attributes {
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;
	CK_BBOOL yes, no;
	CK_BBOOL private_;
	CK_ATTRIBUTE *v;
	CK_ULONG n;
};

#define DEFAULTS (6 + nitems(usages))

static const CK_ATTRIBUTE *
find(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (t[i].type == type)
			return &t[i];
	return NULL;
}

static bool
is_ulong(const CK_ATTRIBUTE *a, CK_ULONG wanted)
{
	CK_ULONG value;

	if (a->pValue == NULL || a->ulValueLen != sizeof(value))
		return false;
	memcpy(&value, a->pValue, sizeof(value));
	return value == wanted;
}

static bool
is_false(const CK_ATTRIBUTE *a)
{
	return a->pValue != NULL && a->ulValueLen == sizeof(CK_BBOOL) &&
	    *(CK_BBOOL *)a->pValue == CK_FALSE;
}

/* What protects a key, and the value that does. */
static const struct {
	CK_ATTRIBUTE_TYPE type;
	bool strong;
} flags[] = {
	{ CKA_PRIVATE, true },
	{ CKA_SENSITIVE, true },
	{ CKA_EXTRACTABLE, false },
};

static bool
is_flag(CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < nitems(flags); i++)
		if (flags[i].type == type)
			return true;
	return false;
}

/* What a template may not say of such a key, whatever the token holds. */
static CK_RV
check_attribute(const struct role *role, const CK_ATTRIBUTE *a)
{
	switch (a->type) {
	case CKA_CLASS:
		return is_ulong(a, CKO_SECRET_KEY) ? CKR_OK
						   : CKR_TEMPLATE_INCONSISTENT;
	case CKA_KEY_TYPE:
		return is_ulong(a, role->type) || is_ulong(a, role->other)
		    ? CKR_OK
		    : CKR_TEMPLATE_INCONSISTENT;
	case CKA_VALUE_LEN:
		return is_ulong(a, KEY_LEN) ? CKR_OK : CKR_KEY_SIZE_RANGE;
	case CKA_TOKEN:
		/* It lives as long as the session does (12.2.4). */
		return is_false(a) ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
	case CKA_VALUE:
		return CKR_TEMPLATE_INCONSISTENT;
	case CKA_LOCAL:
	case CKA_ALWAYS_SENSITIVE:
	case CKA_NEVER_EXTRACTABLE:
	case CKA_KEY_GEN_MECHANISM:
		return CKR_ATTRIBUTE_READ_ONLY;
	default:
		return is_flag(a->type) &&
			(a->pValue == NULL || a->ulValueLen != sizeof(CK_BBOOL))
		    ? CKR_ATTRIBUTE_VALUE_INVALID
		    : CKR_OK;
	}
}

static CK_RV
check_wish(const struct role *role, const struct session_key_wish *w)
{
	CK_RV rv = CKR_OK;

	if (w->template == NULL && w->n > 0)
		return CKR_ARGUMENTS_BAD;
	for (CK_ULONG i = 0; rv == CKR_OK && i < w->n; i++) {
		if (find(w->template, i, w->template[i].type) != NULL)
			return CKR_TEMPLATE_INCONSISTENT;
		rv = check_attribute(role, &w->template[i]);
	}
	return rv;
}

static void
add_default(struct attributes *a, CK_ATTRIBUTE_TYPE type, void *value,
    CK_ULONG len)
{
	if (find(a->v, a->n, type) == NULL)
		a->v[a->n++] = (CK_ATTRIBUTE){ type, value, len };
}

/*
 * What the key is for, and nothing else: a token may take what is not said for
 * granted. But a caller that names one use has named them all.
 */
static void
add_usages(struct attributes *a, const struct role *role)
{
	CK_ATTRIBUTE_TYPE type;
	bool meant;

	for (size_t i = 0; i < nitems(usages); i++)
		if (find(a->v, a->n, usages[i]) != NULL)
			return;
	for (size_t i = 0; i < nitems(usages); i++) {
		type = usages[i];
		meant = type == role->usage[0] || type == role->usage[1];
		add_default(a, type, meant ? &a->yes : &a->no, sizeof(a->yes));
	}
}

static CK_RV
attributes_make(const struct role *role, const struct session_key_wish *w,
    CK_BBOOL private_, struct attributes *ret)
{
	struct attributes *a = ret;

	a->class = CKO_SECRET_KEY;
	a->type = role->type;
	a->yes = CK_TRUE;
	a->no = CK_FALSE;
	a->private_ = private_;
	a->n = 0;
	if (w->n > ULONG_MAX / sizeof(*a->v) - DEFAULTS)
		return CKR_ARGUMENTS_BAD;
	a->v = calloc(w->n + DEFAULTS, sizeof(*a->v));
	if (a->v == NULL)
		return CKR_HOST_MEMORY;
	for (CK_ULONG i = 0; i < w->n; i++) {
		/* The length follows from the role. */
		if (w->template[i].type != CKA_VALUE_LEN)
			a->v[a->n++] = w->template[i];
	}
	add_usages(a, role);
	add_default(a, CKA_CLASS, &a->class, sizeof(a->class));
	add_default(a, CKA_KEY_TYPE, &a->type, sizeof(a->type));
	add_default(a, CKA_TOKEN, &a->no, sizeof(a->no));
	add_default(a, CKA_PRIVATE, &a->private_, sizeof(a->private_));
	add_default(a, CKA_SENSITIVE, &a->yes, sizeof(a->yes));
	add_default(a, CKA_EXTRACTABLE, &a->no, sizeof(a->no));
	return CKR_OK;
}

/* A token that took the template may still have made something weaker. */
static CK_RV
check_made(const struct token *at, const struct attributes *a,
    CK_OBJECT_HANDLE key)
{
	CK_BBOOL is = CK_FALSE;
	CK_RV rv;

	for (size_t i = 0; i < nitems(flags); i++) {
		if (is_false(find(a->v, a->n, flags[i].type)) ==
		    flags[i].strong)
			continue;
		rv = token_get_flag(at, key, flags[i].type, &is);
		if (rv != CKR_OK)
			return rv;
		if ((is != CK_FALSE) != flags[i].strong)
			return CKR_TEMPLATE_INCONSISTENT;
	}
	return CKR_OK;
}

static CK_RV
make(const struct token *t, struct hasher *h, const struct agree_input *in,
    const struct attributes *a, CK_SESSION_HANDLE session,
    CK_OBJECT_HANDLE *ret, enum agree_path *ret_path)
{
	const struct agree_object o = { session, a->v, a->n };
	struct token home = *t;
	CK_OBJECT_HANDLE key = 0;
	enum agree_path path;
	CK_RV rv;

	rv = agree_derive_object(t, h, in, &o, &key, &path);
	if (rv != CKR_OK)
		return rv;
	home.session = session;
	rv = check_made(&home, a, key);
	if (rv == CKR_OK) {
		*ret = key;
		*ret_path = path;
	} else {
		(void)t->f->C_DestroyObject(session, key);
	}
	return rv;
}

/* ---- */

CK_RV
session_key_check(const struct session_key_input *in,
    const struct session_key_wish *wish)
{
	const struct role *role = role_find(in->role);
	uint8_t point[CURVE_MAX_POINT];
	size_t len;
	CK_RV rv;

	if (role == NULL)
		return CKR_DATA_INVALID;
	rv = check_wish(role, wish);
	return rv == CKR_OK ? read_peer(in, point, &len) : rv;
}

CK_RV
session_key_derive(const struct token *t, struct hasher *h,
    const struct session_key_input *in, const struct session_key_wish *wish,
    CK_OBJECT_HANDLE *ret, enum agree_path *ret_path)
{
	uint8_t point[CURVE_MAX_POINT], salt[SALT_LEN];
	const struct role *role = role_find(in->role);
	struct attributes a = { .v = NULL };
	struct agree_input ai = {
		.key = in->key,
		.curve = in->curve,
		.salt = bytes_of(salt, sizeof(salt)),
		.weakest = in->weakest,
		.path = in->path,
	};
	CK_BBOOL private_;
	CK_RV rv;

	if (role == NULL)
		return CKR_DATA_INVALID;
	if ((rv = check_wish(role, wish)) != CKR_OK ||
	    (rv = read_input(h, in, point, &ai.peer.len, salt)) != CKR_OK ||
	    (rv = token_get_flag(t, in->key, CKA_PRIVATE, &private_)) != CKR_OK)
		return rv;
	if ((rv = attributes_make(role, wish, private_, &a)) != CKR_OK)
		return rv;
	ai.peer.ptr = point;
	ai.info = bytes_str(role->info);
	rv = make(t, h, &ai, &a, wish->session, ret, ret_path);
	free(a.v);
	return rv;
}
