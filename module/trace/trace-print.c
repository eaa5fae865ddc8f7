/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <p11-mdoc/pkcs11-mdoc.h>

#include "module/trace/trace-print.h"
#include "vendor-ext/curve.h"
#include "vendor-ext/pkcs11-3.h"

#define MAX_TEXT 128

struct flag {
	CK_FLAGS value;
	const char *name;
};

#define F(macro)              \
	{                     \
		macro, #macro \
	}

/* clang-format off */
static const struct flag initialize_flags[] = {
	F(CKF_LIBRARY_CANT_CREATE_OS_THREADS), F(CKF_OS_LOCKING_OK),
	{ 0, NULL }
};

static const struct flag session_flags[] = {
	F(CKF_SERIAL_SESSION), F(CKF_RW_SESSION), { 0, NULL }
};

static const struct flag slot_flags[] = {
	F(CKF_TOKEN_PRESENT), F(CKF_REMOVABLE_DEVICE), F(CKF_HW_SLOT),
	{ 0, NULL }
};

static const struct flag token_flags[] = {
	F(CKF_RNG), F(CKF_WRITE_PROTECTED), F(CKF_LOGIN_REQUIRED),
	F(CKF_USER_PIN_INITIALIZED), F(CKF_RESTORE_KEY_NOT_NEEDED),
	F(CKF_CLOCK_ON_TOKEN), F(CKF_PROTECTED_AUTHENTICATION_PATH),
	F(CKF_DUAL_CRYPTO_OPERATIONS), F(CKF_TOKEN_INITIALIZED),
	F(CKF_SECONDARY_AUTHENTICATION), F(CKF_USER_PIN_COUNT_LOW),
	F(CKF_USER_PIN_FINAL_TRY), F(CKF_USER_PIN_LOCKED),
	F(CKF_USER_PIN_TO_BE_CHANGED), F(CKF_SO_PIN_COUNT_LOW),
	F(CKF_SO_PIN_FINAL_TRY), F(CKF_SO_PIN_LOCKED),
	F(CKF_SO_PIN_TO_BE_CHANGED), { 0, NULL }
};

static const struct flag mechanism_flags[] = {
	F(CKF_HW), F(CKF_ENCRYPT), F(CKF_DECRYPT), F(CKF_DIGEST), F(CKF_SIGN),
	F(CKF_SIGN_RECOVER), F(CKF_VERIFY), F(CKF_VERIFY_RECOVER),
	F(CKF_GENERATE), F(CKF_GENERATE_KEY_PAIR), F(CKF_WRAP), F(CKF_UNWRAP),
	F(CKF_DERIVE), F(CKF_EC_F_P),
	{ 0x00200000UL, "CKF_EC_F_2M" },
	{ 0x00400000UL, "CKF_EC_ECPARAMETERS" },
	F(CKF_EC_NAMEDCURVE), F(CKF_EC_UNCOMPRESS), F(CKF_EC_COMPRESS),
	{ 0, NULL }
};

static const struct flag event_flags[] = {
	F(CKF_DONT_BLOCK), { 0, NULL }
};
/* clang-format on */

static const struct flag *const flags[] = {
	[TRACE_FLAGS_INITIALIZE] = initialize_flags,
	[TRACE_FLAGS_SESSION] = session_flags,
	[TRACE_FLAGS_SLOT] = slot_flags,
	[TRACE_FLAGS_TOKEN] = token_flags,
	[TRACE_FLAGS_MECHANISM] = mechanism_flags,
	[TRACE_FLAGS_EVENT] = event_flags,
};

void
trace_put_flags(struct trace_line *l, enum trace_flags which, CK_FLAGS f)
{
	const char *bar = "";

	for (const struct flag *i = flags[which]; i->name != NULL; i++) {
		if ((f & i->value) == 0)
			continue;
		trace_put(l, "%s%s", bar, i->name);
		bar = "|";
		f &= ~i->value;
	}
	if (f != 0 || *bar == '\0')
		trace_put(l, "%s0x%lx", bar, f);
}

void
trace_put_name(struct trace_line *l, enum trace_table t, CK_ULONG value)
{
	const char *name = trace_name(t, value);

	if (name != NULL)
		trace_put(l, "%s", name);
	else
		trace_put(l, "0x%lx", value);
}

void
trace_put_padded(struct trace_line *l, const CK_UTF8CHAR *s, size_t n)
{
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\0'))
		n--;
	trace_put_text(l, bytes_of(s, n));
}

/* ---- parameters of mechanisms */

static void
put_ecdh(struct trace_line *l, const void *parameter)
{
	const CK_ECDH1_DERIVE_PARAMS *p = parameter;

	trace_put_name(l, TRACE_KDF, p->kdf);
	trace_put(l, ", shared data %lu bytes, public data %lu bytes",
	    p->ulSharedDataLen, p->ulPublicDataLen);
}

static void
put_pss(struct trace_line *l, const void *parameter)
{
	const CK_RSA_PKCS_PSS_PARAMS *p = parameter;

	trace_put_name(l, TRACE_MECHANISM, p->hashAlg);
	trace_put(l, ", ");
	trace_put_name(l, TRACE_MGF, p->mgf);
	trace_put(l, ", salt %lu bytes", p->sLen);
}

static void
put_oaep(struct trace_line *l, const void *parameter)
{
	const CK_RSA_PKCS_OAEP_PARAMS *p = parameter;

	trace_put_name(l, TRACE_MECHANISM, p->hashAlg);
	trace_put(l, ", ");
	trace_put_name(l, TRACE_MGF, p->mgf);
	trace_put(l, ", label %lu bytes", p->ulSourceDataLen);
}

static void
put_gcm(struct trace_line *l, const void *parameter)
{
	const CK_GCM_PARAMS *p = parameter;

	trace_put(l, "iv %lu bytes, aad %lu bytes, tag %lu bits", p->ulIvLen,
	    p->ulAADLen, p->ulTagBits);
}

static void
put_eddsa(struct trace_line *l, const void *parameter)
{
	const struct pkcs11_eddsa_params *p = parameter;

	trace_put(l, "%sprehash, context %lu bytes", p->prehash ? "" : "no ",
	    p->context_len);
}

static void
put_hkdf(struct trace_line *l, const void *parameter)
{
	const struct pkcs11_hkdf_params *p = parameter;

	trace_put(l, "%s%s%s, ", p->extract ? "extract" : "",
	    p->extract && p->expand ? " and " : "", p->expand ? "expand" : "");
	trace_put_name(l, TRACE_MECHANISM, p->prf);
	trace_put(l, ", salt ");
	if (p->salt_type == PKCS11_HKDF_SALT_DATA)
		trace_put(l, "%lu bytes", p->salt_len);
	else if (p->salt_type == PKCS11_HKDF_SALT_DATA << 1)
		trace_put(l, "key 0x%lx", p->salt_key);
	else
		trace_put(l, "none");
	trace_put(l, ", info %lu bytes", p->info_len);
}

static void
put_key_derive(struct trace_line *l, const void *parameter)
{
	const CK_MDOC_KEY_DERIVE_PARAMS *p = parameter;

	trace_put_name(l, TRACE_ROLE, p->role);
	trace_put(l, ", ");
	if (p->pSessionTranscript != NULL)
		trace_put_transcript(l,
		    bytes_of(p->pSessionTranscript, p->ulSessionTranscriptLen));
	trace_put(l, ", peer key ");
	if (p->pPeerKey != NULL)
		trace_put_cose_key(l, bytes_of(p->pPeerKey, p->ulPeerKeyLen));
	else
		trace_put(l, "in the transcript");
}

static void
put_hpke_open(struct trace_line *l, const void *parameter)
{
	const CK_MDOC_HPKE_OPEN_PARAMS *p = parameter;

	trace_put(l, "enc %lu bytes, info %lu bytes, aad %lu bytes",
	    p->ulEncLen, p->ulInfoLen, p->ulAADLen);
}

static void
put_handle(struct trace_line *l, const void *parameter)
{
	trace_put(l, "key 0x%lx", *(const CK_OBJECT_HANDLE *)parameter);
}

static void
put_number(struct trace_line *l, const void *parameter)
{
	trace_put(l, "%lu", *(const CK_ULONG *)parameter);
}

static const struct {
	CK_MECHANISM_TYPE type;
	CK_ULONG size;
	void (*put)(struct trace_line *l, const void *parameter);
} parameters[] = {
	{ CKM_MDOC_KEY_DERIVE, sizeof(CK_MDOC_KEY_DERIVE_PARAMS),
	    put_key_derive },
	{ CKM_MDOC_HPKE_OPEN, sizeof(CK_MDOC_HPKE_OPEN_PARAMS), put_hpke_open },
	{ CKM_ECDH1_DERIVE, sizeof(CK_ECDH1_DERIVE_PARAMS), put_ecdh },
	{ CKM_ECDH1_COFACTOR_DERIVE, sizeof(CK_ECDH1_DERIVE_PARAMS), put_ecdh },
	{ CKM_RSA_PKCS_PSS, sizeof(CK_RSA_PKCS_PSS_PARAMS), put_pss },
	{ CKM_SHA1_RSA_PKCS_PSS, sizeof(CK_RSA_PKCS_PSS_PARAMS), put_pss },
	{ CKM_SHA256_RSA_PKCS_PSS, sizeof(CK_RSA_PKCS_PSS_PARAMS), put_pss },
	{ CKM_SHA384_RSA_PKCS_PSS, sizeof(CK_RSA_PKCS_PSS_PARAMS), put_pss },
	{ CKM_SHA512_RSA_PKCS_PSS, sizeof(CK_RSA_PKCS_PSS_PARAMS), put_pss },
	{ CKM_RSA_PKCS_OAEP, sizeof(CK_RSA_PKCS_OAEP_PARAMS), put_oaep },
	{ CKM_AES_GCM, sizeof(CK_GCM_PARAMS), put_gcm },
	{ CKM_EDDSA, sizeof(struct pkcs11_eddsa_params), put_eddsa },
	{ CKM_HKDF_DERIVE, sizeof(struct pkcs11_hkdf_params), put_hkdf },
	{ 0x402bUL, /* CKM_HKDF_DATA */ sizeof(struct pkcs11_hkdf_params),
	    put_hkdf },
	{ CKM_CONCATENATE_BASE_AND_KEY, sizeof(CK_OBJECT_HANDLE), put_handle },
	{ CKM_SHA256_HMAC_GENERAL, sizeof(CK_ULONG), put_number },
	{ CKM_SHA384_HMAC_GENERAL, sizeof(CK_ULONG), put_number },
	{ CKM_SHA512_HMAC_GENERAL, sizeof(CK_ULONG), put_number },
};

/* The size has to be right before a structure is looked into. */
static void
put_parameter(struct trace_line *l, const CK_MECHANISM *m)
{
	if (m->pParameter == NULL && m->ulParameterLen == 0)
		return;
	for (size_t i = 0; i < nitems(parameters); i++) {
		if (parameters[i].type == m->mechanism &&
		    parameters[i].size == m->ulParameterLen &&
		    m->pParameter != NULL) {
			trace_put(l, " {");
			parameters[i].put(l, m->pParameter);
			trace_put(l, "}");
			return;
		}
	}
	trace_put(l, " {%s%lu bytes}", m->pParameter == NULL ? "NULL, " : "",
	    m->ulParameterLen);
}

void
trace_put_mechanism(struct trace_line *l, const CK_MECHANISM *m)
{
	if (m == NULL) {
		trace_put(l, "NULL");
		return;
	}
	trace_put_name(l, TRACE_MECHANISM, m->mechanism);
	put_parameter(l, m);
}

/* ---- attributes */

static void
put_length(struct trace_line *l, const CK_ATTRIBUTE *a)
{
	/* PINs are there: not even how long they are. */
	if ((a->type & ~0xfffUL) == MDOC_VENDOR(0x2000UL))
		trace_put(l, "...");
	else
		trace_put(l, "%lu bytes", a->ulValueLen);
}

static void
put_bool(struct trace_line *l, const CK_ATTRIBUTE *a)
{
	if (a->ulValueLen == sizeof(CK_BBOOL))
		trace_put(l, "%s",
		    *(const CK_BBOOL *)a->pValue ? "true" : "false");
	else
		put_length(l, a);
}

static void
put_curve(struct trace_line *l, const CK_ATTRIBUTE *a)
{
	const struct curve *c =
	    curve_by_oid(bytes_of(a->pValue, a->ulValueLen));

	if (c != NULL)
		trace_put(l, "%s", c->name);
	else
		put_length(l, a);
}

static void
put_text(struct trace_line *l, const CK_ATTRIBUTE *a)
{
	if (a->ulValueLen > MAX_TEXT)
		put_length(l, a);
	else
		trace_put_text(l, bytes_of(a->pValue, a->ulValueLen));
}

static void
put_hex(struct trace_line *l, const CK_ATTRIBUTE *a)
{
	trace_put_hex(l, bytes_of(a->pValue, a->ulValueLen));
}

static void
put_transcript(struct trace_line *l, const CK_ATTRIBUTE *a)
{
	trace_put_transcript(l, bytes_of(a->pValue, a->ulValueLen));
}

static void
put_cose_key(struct trace_line *l, const CK_ATTRIBUTE *a)
{
	trace_put_cose_key(l, bytes_of(a->pValue, a->ulValueLen));
}

/* memcpy: nobody promises that values are aligned. false: not a number. */
static bool
get_ulong(const CK_ATTRIBUTE *a, CK_ULONG *ret)
{
	if (a->ulValueLen != sizeof(*ret))
		return false;
	memcpy(ret, a->pValue, sizeof(*ret));
	return true;
}

static void
put_ulong(struct trace_line *l, const CK_ATTRIBUTE *a)
{
	CK_ULONG v;

	if (!get_ulong(a, &v))
		put_length(l, a);
	else if (v == CK_UNAVAILABLE_INFORMATION)
		trace_put(l, "unavailable");
	else
		trace_put(l, "%lu", v);
}

static void
put_path(struct trace_line *l, const CK_ATTRIBUTE *a)
{
	CK_ULONG v;

	if (get_ulong(a, &v) && v >= 'A' && v <= 'Z')
		trace_put(l, "%c", (char)v);
	else
		put_ulong(l, a);
}

static void
put_value(struct trace_line *l, enum trace_table kind, const CK_ATTRIBUTE *a)
{
	static void (*const put[])(struct trace_line *,
	    const CK_ATTRIBUTE *) = {
		[TRACE_LENGTH] = put_length,
		[TRACE_BOOL] = put_bool,
		[TRACE_ULONG] = put_ulong,
		[TRACE_TEXT] = put_text,
		[TRACE_HEX] = put_hex,
		[TRACE_CURVE] = put_curve,
		[TRACE_PATH] = put_path,
		[TRACE_TRANSCRIPT] = put_transcript,
		[TRACE_COSE_KEY] = put_cose_key,
	};
	CK_ULONG v;

	if (kind >= TRACE_LENGTH)
		put[kind](l, a);
	else if (get_ulong(a, &v))
		trace_put_name(l, kind, v);
	else
		put_length(l, a);
}

static void
put_type(struct trace_line *l, CK_ATTRIBUTE_TYPE type)
{
	const struct trace_attribute *known = trace_attribute_find(type);

	if (known != NULL)
		trace_put(l, "%s", known->name);
	else
		trace_put(l, "0x%lx", type);
}

/* room: bytes that may be looked at. */
static void
put_attribute(struct trace_line *l, const CK_ATTRIBUTE *a, CK_ULONG room)
{
	const struct trace_attribute *known = trace_attribute_find(a->type);

	put_type(l, a->type);
	trace_put(l, "=");
	if (a->ulValueLen == CK_UNAVAILABLE_INFORMATION)
		trace_put(l, "unavailable");
	else if (a->pValue == NULL)
		trace_put(l, "NULL, %lu bytes", a->ulValueLen);
	else if (a->ulValueLen > room)
		put_length(l, a);
	else
		put_value(l, known != NULL ? known->kind : TRACE_LENGTH, a);
}

static void
put_wanted(struct trace_line *l, const CK_ATTRIBUTE *a, CK_ULONG room)
{
	put_type(l, a->type);
	if (a->pValue == NULL)
		trace_put(l, "[NULL]");
	else
		trace_put(l, "[%lu]", room);
}

static void
put_all(struct trace_line *l, const CK_ATTRIBUTE *t, CK_ULONG n,
    const CK_ULONG *rooms,
    void (*put)(struct trace_line *l, const CK_ATTRIBUTE *a, CK_ULONG room))
{
	if (t == NULL) {
		trace_put(l, n == 0 ? "{}" : "NULL");
		return;
	}
	trace_put(l, "{");
	for (CK_ULONG i = 0; i < n && i < TRACE_ATTRIBUTES_MAX; i++) {
		if (i > 0)
			trace_put(l, ", ");
		put(l, &t[i], rooms != NULL ? rooms[i] : t[i].ulValueLen);
	}
	if (n > TRACE_ATTRIBUTES_MAX)
		trace_put(l, ", ... %lu in all", n);
	trace_put(l, "}");
}

void
trace_put_template(struct trace_line *l, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	put_all(l, t, n, NULL, put_attribute);
}

void
trace_put_wanted(struct trace_line *l, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	put_all(l, t, n, NULL, put_wanted);
}

void
trace_put_results(struct trace_line *l, const CK_ATTRIBUTE *t, CK_ULONG n,
    const CK_ULONG *rooms)
{
	put_all(l, t, n, rooms, put_attribute);
}
