/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include <openssl/evp.h>

#include "tests/support/xdh-device.h"
#include "vendor-ext/hasher.h"
#include "vendor-ext/pkcs11-3.h"

#define MAX_SESSIONS 16
#define DIGEST_LEN   32

/* One operation of each kind, as sessions have them. */
static struct session {
	bool open;
	bool finding;
	CK_OBJECT_HANDLE at;
	CK_ATTRIBUTE wanted[4];
	CK_BYTE wanted_value[4][64];
	CK_ULONG n_wanted;
	EVP_MD_CTX *digest;
	CK_OBJECT_HANDLE mac;
	CK_OBJECT_HANDLE cipher;
} sessions[MAX_SESSIONS];

static bool running;

static struct session *
of(CK_SESSION_HANDLE h)
{
	return h > 0 && h <= MAX_SESSIONS && sessions[h - 1].open
	    ? &sessions[h - 1]
	    : NULL;
}

#define SESSION_OR_RETURN(s, h)                            \
	struct session *(s) = of(h);                       \
	do {                                               \
		if ((s) == NULL)                           \
			return CKR_SESSION_HANDLE_INVALID; \
	} while (0)

/* ---- library, slot, sessions */

static CK_RV
initialize(void *args)
{
	(void)args;
	if (running)
		return CKR_CRYPTOKI_ALREADY_INITIALIZED;
	running = true;
	return CKR_OK;
}

static CK_RV
close_one(CK_SESSION_HANDLE h)
{
	SESSION_OR_RETURN(s, h);
	xdh_object_remove_of(h);
	EVP_MD_CTX_free(s->digest);
	memset(s, 0, sizeof(*s));
	return CKR_OK;
}

static CK_RV
close_all(CK_SLOT_ID slot)
{
	if (slot != XDH_SLOT)
		return CKR_SLOT_ID_INVALID;
	for (CK_SESSION_HANDLE h = 1; h <= MAX_SESSIONS; h++)
		(void)close_one(h);
	return CKR_OK;
}

static CK_RV
finalize(void *args)
{
	(void)args;
	if (!running)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	(void)close_all(XDH_SLOT);
	running = false;
	return CKR_OK;
}

static CK_RV
get_info(CK_INFO *info)
{
	memset(info, ' ', sizeof(*info));
	info->cryptokiVersion = (CK_VERSION){ 2, 40 };
	info->libraryVersion = (CK_VERSION){ 1, 0 };
	info->flags = 0;
	return CKR_OK;
}

static CK_RV
slot_list(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *n)
{
	(void)present;
	if (list != NULL && *n < 1) {
		*n = 1;
		return CKR_BUFFER_TOO_SMALL;
	}
	if (list != NULL)
		list[0] = XDH_SLOT;
	*n = 1;
	return CKR_OK;
}

static CK_RV
slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
	if (slot != XDH_SLOT)
		return CKR_SLOT_ID_INVALID;
	memset(info, ' ', sizeof(*info));
	info->flags = CKF_TOKEN_PRESENT;
	return CKR_OK;
}

static CK_RV
token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	if (slot != XDH_SLOT)
		return CKR_SLOT_ID_INVALID;
	memset(info, ' ', sizeof(*info));
	memcpy(info->label, "xdh", 3);
	info->flags = CKF_TOKEN_INITIALIZED;
	return CKR_OK;
}

static const struct {
	CK_MECHANISM_TYPE type;
	CK_FLAGS flags;
} mechanisms[] = {
	{ CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR },
	{ CKM_ECDH1_DERIVE, CKF_DERIVE },
	{ CKM_HKDF_DERIVE, CKF_DERIVE },
	{ CKM_SHA256, CKF_DIGEST },
	{ CKM_SHA256_HMAC, CKF_SIGN },
	{ CKM_AES_ECB, CKF_ENCRYPT },
};

static CK_RV
mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *n)
{
	CK_ULONG room = *n;

	if (slot != XDH_SLOT)
		return CKR_SLOT_ID_INVALID;
	*n = nitems(mechanisms);
	if (list != NULL && room < *n)
		return CKR_BUFFER_TOO_SMALL;
	for (size_t i = 0; list != NULL && i < nitems(mechanisms); i++)
		list[i] = mechanisms[i].type;
	return CKR_OK;
}

static CK_RV
mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
	if (slot != XDH_SLOT)
		return CKR_SLOT_ID_INVALID;
	for (size_t i = 0; i < nitems(mechanisms); i++) {
		if (mechanisms[i].type == type) {
			*info =
			    (CK_MECHANISM_INFO){ 0, 0, mechanisms[i].flags };
			return CKR_OK;
		}
	}
	return CKR_MECHANISM_INVALID;
}

static CK_RV
open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify,
    CK_SESSION_HANDLE *ret)
{
	(void)flags;
	(void)app;
	(void)notify;
	if (slot != XDH_SLOT)
		return CKR_SLOT_ID_INVALID;
	for (size_t i = 0; i < MAX_SESSIONS; i++) {
		if (!sessions[i].open) {
			sessions[i].open = true;
			*ret = i + 1;
			return CKR_OK;
		}
	}
	return CKR_SESSION_COUNT;
}

static CK_RV
session_info(CK_SESSION_HANDLE h, CK_SESSION_INFO *info)
{
	SESSION_OR_RETURN(s, h);
	*info = (CK_SESSION_INFO){ XDH_SLOT, CKS_RW_PUBLIC_SESSION,
		CKF_SERIAL_SESSION | CKF_RW_SESSION, 0 };
	return CKR_OK;
}

/* ---- objects */

static CK_RV
create(CK_SESSION_HANDLE h, CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	SESSION_OR_RETURN(s, h);
	return xdh_object_add(h, t, n, NULL, 0, ret);
}

static CK_RV
destroy(CK_SESSION_HANDLE h, CK_OBJECT_HANDLE object)
{
	SESSION_OR_RETURN(s, h);
	return xdh_object_remove(object);
}

static CK_RV
get_attributes(CK_SESSION_HANDLE h, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	const struct xdh_object *o = xdh_object_find(object);

	SESSION_OR_RETURN(s, h);
	return o != NULL ? xdh_object_read(o, t, n) : CKR_OBJECT_HANDLE_INVALID;
}

static CK_RV
set_attributes(CK_SESSION_HANDLE h, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	struct xdh_object *o = xdh_object_find(object);

	SESSION_OR_RETURN(s, h);
	return o != NULL ? xdh_object_write(o, t, n)
			 : CKR_OBJECT_HANDLE_INVALID;
}

static CK_RV
find_init(CK_SESSION_HANDLE h, CK_ATTRIBUTE *t, CK_ULONG n)
{
	SESSION_OR_RETURN(s, h);
	if (s->finding)
		return CKR_OPERATION_ACTIVE;
	if (n > nitems(s->wanted))
		return CKR_ARGUMENTS_BAD;
	for (CK_ULONG i = 0; i < n; i++) {
		if (t[i].ulValueLen > sizeof(s->wanted_value[i]))
			return CKR_ARGUMENTS_BAD;
		memcpy(s->wanted_value[i], t[i].pValue, t[i].ulValueLen);
		s->wanted[i] = (CK_ATTRIBUTE){ t[i].type, s->wanted_value[i],
			t[i].ulValueLen };
	}
	s->n_wanted = n;
	s->at = 0;
	s->finding = true;
	return CKR_OK;
}

static CK_RV
find_next(CK_SESSION_HANDLE h, CK_OBJECT_HANDLE *list, CK_ULONG max,
    CK_ULONG *ret_n)
{
	SESSION_OR_RETURN(s, h);
	if (!s->finding)
		return CKR_OPERATION_NOT_INITIALIZED;
	*ret_n = 0;
	while (*ret_n < max &&
	    (list[*ret_n] = xdh_object_next(&s->at, s->wanted, s->n_wanted)) !=
		0)
		++*ret_n;
	return CKR_OK;
}

static CK_RV
find_final(CK_SESSION_HANDLE h)
{
	SESSION_OR_RETURN(s, h);
	if (!s->finding)
		return CKR_OPERATION_NOT_INITIALIZED;
	s->finding = false;
	return CKR_OK;
}

/* ---- operations */

static CK_RV
digest_init(CK_SESSION_HANDLE h, CK_MECHANISM *m)
{
	SESSION_OR_RETURN(s, h);
	if (s->digest != NULL)
		return CKR_OPERATION_ACTIVE;
	if (m->mechanism != CKM_SHA256)
		return CKR_MECHANISM_INVALID;
	s->digest = EVP_MD_CTX_new();
	return EVP_DigestInit_ex(s->digest, EVP_sha256(), NULL) == 1
	    ? CKR_OK
	    : CKR_FUNCTION_FAILED;
}

static CK_RV
digest_update(CK_SESSION_HANDLE h, CK_BYTE *in, CK_ULONG len)
{
	SESSION_OR_RETURN(s, h);
	if (s->digest == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	return EVP_DigestUpdate(s->digest, in, len) == 1 ? CKR_OK
							 : CKR_FUNCTION_FAILED;
}

static CK_RV
digest_key(CK_SESSION_HANDLE h, CK_OBJECT_HANDLE key)
{
	const struct xdh_object *o = xdh_object_find(key);
	const CK_ATTRIBUTE *value;

	SESSION_OR_RETURN(s, h);
	if (s->digest == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (o == NULL)
		return CKR_KEY_HANDLE_INVALID;
	if (xdh_device.no_digest_key)
		return CKR_KEY_INDIGESTIBLE;
	value = xdh_object_get(o, CKA_VALUE);
	return digest_update(h, value->pValue, value->ulValueLen);
}

static CK_RV
digest_final(CK_SESSION_HANDLE h, CK_BYTE *out, CK_ULONG *len)
{
	SESSION_OR_RETURN(s, h);
	if (s->digest == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (*len < DIGEST_LEN)
		return CKR_BUFFER_TOO_SMALL;
	EVP_DigestFinal_ex(s->digest, out, NULL);
	EVP_MD_CTX_free(s->digest);
	s->digest = NULL;
	*len = DIGEST_LEN;
	return CKR_OK;
}

static CK_RV
sign_init(CK_SESSION_HANDLE h, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
	const struct xdh_object *o = xdh_object_find(key);

	SESSION_OR_RETURN(s, h);
	if (m->mechanism != CKM_SHA256_HMAC)
		return CKR_MECHANISM_INVALID;
	if (o == NULL)
		return CKR_KEY_HANDLE_INVALID;
	if (!xdh_object_is(o, CKA_SIGN))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	s->mac = key;
	return CKR_OK;
}

static CK_RV
sign(CK_SESSION_HANDLE h, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *len)
{
	const struct bytes part = bytes_of(in, in_len);
	const struct xdh_object *o;
	const CK_ATTRIBUTE *value;
	struct hasher *hasher;
	bool good;

	SESSION_OR_RETURN(s, h);
	o = xdh_object_find(s->mac);
	if (o == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (*len < DIGEST_LEN)
		return CKR_BUFFER_TOO_SMALL;
	value = xdh_object_get(o, CKA_VALUE);
	hasher = hasher_new();
	good = hasher != NULL &&
	    hasher_hmac(hasher, bytes_of(value->pValue, value->ulValueLen),
		&part, 1, out);
	hasher_free(&hasher);
	s->mac = 0;
	*len = DIGEST_LEN;
	return good ? CKR_OK : CKR_HOST_MEMORY;
}

static CK_RV
encrypt_init(CK_SESSION_HANDLE h, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
	const struct xdh_object *o = xdh_object_find(key);

	SESSION_OR_RETURN(s, h);
	if (m->mechanism != CKM_AES_ECB)
		return CKR_MECHANISM_INVALID;
	if (o == NULL)
		return CKR_KEY_HANDLE_INVALID;
	if (!xdh_object_is(o, CKA_ENCRYPT))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	s->cipher = key;
	return CKR_OK;
}

/* One block under a key of 256 bits. */
static CK_RV
encrypt(CK_SESSION_HANDLE h, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *len)
{
	const struct xdh_object *o;
	EVP_CIPHER_CTX *ctx;
	int n;

	SESSION_OR_RETURN(s, h);
	o = xdh_object_find(s->cipher);
	s->cipher = 0;
	if (o == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (in_len != 16 || *len < 16)
		return CKR_DATA_LEN_RANGE;
	ctx = EVP_CIPHER_CTX_new();
	EVP_EncryptInit_ex(ctx, EVP_aes_256_ecb(), NULL,
	    xdh_object_get(o, CKA_VALUE)->pValue, NULL);
	EVP_EncryptUpdate(ctx, out, &n, in, 16);
	EVP_CIPHER_CTX_free(ctx);
	*len = 16;
	return CKR_OK;
}

/* ---- */

static CK_FUNCTION_LIST functions = {
	.version = { 2, 40 },
	.C_Initialize = initialize,
	.C_Finalize = finalize,
	.C_GetInfo = get_info,
	.C_GetSlotList = slot_list,
	.C_GetSlotInfo = slot_info,
	.C_GetTokenInfo = token_info,
	.C_GetMechanismList = mechanism_list,
	.C_GetMechanismInfo = mechanism_info,
	.C_OpenSession = open_session,
	.C_CloseSession = close_one,
	.C_CloseAllSessions = close_all,
	.C_GetSessionInfo = session_info,
	.C_CreateObject = create,
	.C_DestroyObject = destroy,
	.C_GetAttributeValue = get_attributes,
	.C_SetAttributeValue = set_attributes,
	.C_FindObjectsInit = find_init,
	.C_FindObjects = find_next,
	.C_FindObjectsFinal = find_final,
	.C_DigestInit = digest_init,
	.C_DigestUpdate = digest_update,
	.C_DigestKey = digest_key,
	.C_DigestFinal = digest_final,
	.C_SignInit = sign_init,
	.C_Sign = sign,
	.C_EncryptInit = encrypt_init,
	.C_Encrypt = encrypt,
	.C_GenerateKeyPair = xdh_generate,
	.C_DeriveKey = xdh_derive,
};

CK_FUNCTION_LIST *
xdh_functions(void)
{
	return &functions;
}
